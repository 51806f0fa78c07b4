#include "catalog/catalog.h"

#include <math.h>

#include "base/utf8.h"
#include "catalog/price.h"

enum {
    /* Bounds of a brief's parts, as they are written, escapes included; together they stay under
     * CATALOG_BRIEF_BYTES. A step is read aloud in one breath; more of them than fit is a manual.
     */
    BRIEF_NAME = 300,
    BRIEF_SHORT = 120,
    BRIEF_TEXT = 400,
    BRIEF_ITEM = 240,
    BRIEF_STEP = 500,
    BRIEF_LIST_BYTES = 900,
    BRIEF_STEPS_BYTES = 2200,
};

/* Bytes of the character at TEXT[I] in a JSON string. */
static size_t
written_size(struct str text, size_t i)
{
    unsigned char c = (unsigned char)text.ptr[i];
    if (c < 0x20) {
        return 6;
    }
    return c == '"' || c == '\\' ? 2 : 1;
}

/* The part of TEXT that takes at most MAX bytes when it is written; *RET_SIZE is what it takes. */
static struct str
cut_written(struct str text, size_t max, size_t *ret_size)
{
    size_t size = 0;
    size_t len = 0;
    while (len < text.len && size + written_size(text, len) <= max) {
        size += written_size(text, len++);
    }
    *ret_size = size;
    return utf8_cut(text, len);
}

struct str
catalog_price_text(const struct catalog_price *price, struct arena *arena)
{
    char text[PRICE_TEXT];
    price_format(price, text);
    return arena_str(arena, str_c(text));
}

static void
write_price(const struct catalog_hit *hit, struct js_out *out)
{
    char text[PRICE_TEXT];
    if (!hit->price.known) {
        return;
    }
    price_format(&hit->price, text);
    js_put_raw(out, "price", str_c(text));
    if (hit->price.currency.len > 0) {
        js_put_str(out, "currency", hit->price.currency);
    }
}

static void
write_text(struct js_out *out, const char *key, struct str text, size_t max, bool *more)
{
    size_t size;
    struct str cut = cut_written(text, max, &size);
    *more = *more || cut.len < text.len;
    if (cut.len > 0) {
        js_put_str(out, key, cut);
    }
}

static void
write_shop_facts(const struct catalog_hit *hit, struct js_out *out, bool *more)
{
    write_text(out, "brand", hit->brand, BRIEF_SHORT, more);
    write_text(out, "category", hit->category, BRIEF_SHORT, more);
    write_price(hit, out);
    if (hit->stock != CATALOG_STOCK_UNKNOWN) {
        js_put_bool(out, "in_stock", hit->stock == CATALOG_STOCK_IN);
    }
}

/* A number of a person's size: hits come from sums in single precision. */
static double
rounded(double value)
{
    return round(value * 1e6) / 1e6;
}

/* The snippet is not cut here: its marks are places in it. */
static void
write_snippet(const struct catalog_hit *hit, struct js_out *out)
{
    if (hit->snippet.len == 0) {
        return;
    }
    js_put_str(out, "snippet", hit->snippet);
    js_key(out, STR("marks"));
    js_begin_array(out);
    for (size_t i = 0; i < hit->mark_count; i++) {
        js_begin_array(out);
        js_add_int(out, (int64_t)hit->marks[i].start);
        js_add_int(out, (int64_t)hit->marks[i].len);
        js_end_array(out);
    }
    js_end_array(out);
}

void
catalog_write_hit(const struct catalog_hit *hit, struct js_out *out)
{
    bool product = hit->kind == CATALOG_PRODUCTS;
    bool more = false; /* a line need not say that it was cut */
    js_begin_object(out);
    js_put_str(out, "id", hit->id);
    js_put_str(out, product ? "name" : "title", hit->name);
    js_put_double(out, "score", rounded(hit->score));
    js_put_double(out, "confidence", rounded(hit->confidence));
    if (hit->exact) {
        js_put_bool(out, "exact", true);
    }
    if (product) {
        write_shop_facts(hit, out, &more);
    }
    write_snippet(hit, out);
    if (hit->why.len > 0) {
        js_put_raw(out, "why", hit->why);
    }
    js_end_object(out);
}

static void
write_counts(struct js_out *out, const char *key, const struct catalog_facet *list, size_t count)
{
    bool more = false;
    js_key(out, str_c(key));
    js_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        js_begin_object(out);
        write_text(out, "name", list[i].name, BRIEF_SHORT, &more);
        js_put_int(out, "count", (int64_t)list[i].count);
        js_end_object(out);
    }
    js_end_array(out);
}

void
catalog_write_facets(const struct catalog_facets *facets, size_t max, struct js_out *out)
{
    size_t brands = facets->brand_count < max ? facets->brand_count : max;
    size_t categories = facets->category_count < max ? facets->category_count : max;
    js_begin_object(out);
    js_put_int(out, "found", (int64_t)facets->found);
    js_put_int(out, "in_stock", (int64_t)facets->in_stock);
    js_put_int(out, "priced", (int64_t)facets->priced);
    if (facets->priced > 0) {
        js_put_double(out, "lowest_price", facets->lowest);
        js_put_double(out, "highest_price", facets->highest);
    }
    write_counts(out, "brands", facets->brands, brands);
    write_counts(out, "categories", facets->categories, categories);
    js_end_object(out);
}

/* Items of a list while they fit; *MORE when some were left out or cut. */
static void
write_list(struct js_out *out, const char *key, const struct js *list, size_t item_max,
           size_t budget, bool *more)
{
    size_t count = js_count(list);
    if (js_type(list) != JS_ARRAY || count == 0) {
        return;
    }
    size_t used = 0;
    js_key(out, str_c(key));
    js_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        struct str text = js_text(js_at(list, i));
        struct str cut = cut_written(text, item_max, &size);
        if (used + size + 3 > budget) {
            *more = true;
            break;
        }
        *more = *more || cut.len < text.len;
        if (cut.len > 0) {
            js_add_str(out, cut);
        }
        used += size + 3;
    }
    js_end_array(out);
}

static void
write_specs(struct js_out *out, const struct js *specs, struct arena *arena, bool *more)
{
    size_t used = 0;
    struct js_member member;
    if (js_count(specs) == 0) {
        return;
    }
    js_key(out, STR("specifications"));
    js_begin_object(out);
    for (struct js_iter it = js_iter(specs); js_next(&it, &member);) {
        enum js_type type = js_type(member.value);
        size_t key_size = 0;
        size_t text_size = 0;
        bool fits = cut_written(member.key, BRIEF_LIST_BYTES, &key_size).len == member.key.len &&
                    cut_written(js_text(member.value), BRIEF_LIST_BYTES, &text_size).len ==
                        js_text(member.value).len;
        /* Quotes, colon and comma, or "false". */
        size_t size = key_size + text_size + js_number_text(member.value, arena).len + 8;
        if (!fits || type == JS_ARRAY || type == JS_OBJECT || used + size > BRIEF_LIST_BYTES) {
            *more = true;
            continue;
        }
        js_key(out, member.key);
        js_add_value(out, member.value);
        used += size;
    }
    js_end_object(out);
}

static void
write_product(const struct catalog_hit *hit, const struct js *record, struct arena *arena,
              struct js_out *out, bool *more)
{
    write_shop_facts(hit, out, more);
    write_text(out, "description", js_get_text(record, "description"), BRIEF_TEXT, more);
    write_list(out, "features", js_get_c(record, "features"), BRIEF_ITEM, BRIEF_LIST_BYTES, more);
    write_specs(out, js_get_c(record, "specifications"), arena, more);
}

static void
write_article(const struct catalog_hit *hit, const struct js *record, struct js_out *out,
              bool *more)
{
    const struct js *steps = js_get_c(record, "steps");
    size_t room = js_count(steps) > 0 ? BRIEF_TEXT : BRIEF_STEPS_BYTES;
    js_put_double(out, "confidence", hit->confidence);
    write_list(out, "symptoms", js_get_c(record, "symptoms"), BRIEF_ITEM, BRIEF_TEXT, more);
    write_list(out, "steps", steps, BRIEF_STEP, BRIEF_STEPS_BYTES, more);
    write_text(out, "text", js_get_text(record, "text"), room, more);
    write_text(out, "call_human_when", js_get_text(record, "call_human_when"), BRIEF_TEXT, more);
    write_list(out, "next", js_get_c(record, "next"), BRIEF_SHORT, BRIEF_TEXT, more);
}

int
catalog_write_brief(const struct catalog_hit *hit, struct arena *arena, struct js_out *out,
                    struct err *err)
{
    struct js *record = NULL;
    bool more = false;
    if (hit->record.len > 0) {
        int rc = js_parse_object(hit->record, "stored record", arena, &record, err);
        if (rc != 0) {
            return rc;
        }
    }
    js_begin_object(out);
    js_put_str(out, "id", hit->id);
    write_text(out, hit->kind == CATALOG_PRODUCTS ? "name" : "title", hit->name, BRIEF_NAME, &more);
    if (hit->kind == CATALOG_PRODUCTS) {
        write_product(hit, record, arena, out, &more);
    } else {
        write_article(hit, record, out, &more);
    }
    if (more) {
        js_put_str(out, "more", STR("cut; the whole record has more"));
    }
    js_end_object(out);
    return 0;
}
