#include <string.h>

#include "base/limits.h"
#include "catalog/price.h"
#include "catalog/query.h"
#include "catalog/record.h"

/* How deep text is looked for in lists and objects. */
enum { TEXT_DEPTH = 4 };

/* Every text in VALUE, a line each. */
static void
add_texts(struct buf *out, const struct js *value, int depth)
{
    struct js_member member;
    size_t count = js_count(value);
    switch (js_type(value)) {
    case JS_STRING:
        buf_add(out, js_text(value));
        buf_add_char(out, '\n');
        break;
    case JS_ARRAY:
        for (size_t i = 0; depth > 0 && i < count; i++) {
            add_texts(out, js_at(value, i), depth - 1);
        }
        break;
    case JS_OBJECT:
        for (struct js_iter it = js_iter(value); depth > 0 && js_next(&it, &member);) {
            add_texts(out, member.value, depth - 1);
        }
        break;
    default:
        break;
    }
}

/* "colour: red", a pair a line. What a product does not have ("touchscreen": false) is left out:
 * whoever searches for a touchscreen does not mean it. */
static void
add_specs(struct buf *out, const struct js *object, struct arena *arena)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        enum js_type type = js_type(member.value);
        if (type == JS_NULL || (type == JS_BOOL && !js_bool(member.value, true))) {
            continue;
        }
        buf_add(out, member.key);
        buf_add_char(out, ' ');
        if (type == JS_INT || type == JS_DOUBLE) {
            buf_add(out, js_number_text(member.value, arena));
        }
        add_texts(out, member.value, TEXT_DEPTH);
        buf_add_char(out, '\n');
    }
}

/* Fields that we do not know may still be what somebody asks for ("material"): short texts only,
 * and no addresses. */
static void
add_extra(struct buf *out, const struct js *object)
{
    enum { SHORT = 200 };
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        struct str text = js_text(member.value);
        if (text.len > 0 && text.len <= SHORT && str_find(text, STR("://"), 0) == SIZE_MAX) {
            buf_add(out, text);
            buf_add_char(out, '\n');
        }
    }
}

/* Move what BUF holds into a column and start anew. */
static struct str
take_column(struct buf *buf, struct arena *arena, bool *failed)
{
    struct str text = buf_to_arena(buf, arena);
    *failed = *failed || buf->failed != 0 || !text.ptr;
    buf_clear(buf);
    return text;
}

static void
add_code(struct entry *entry, struct str text, struct arena *arena, bool *failed)
{
    char code[QUERY_CODE_BYTES];
    size_t len = query_code(text, code);
    if (len == 0 || entry->code_count == ENTRY_CODES) {
        return;
    }
    for (size_t i = 0; i < entry->code_count; i++) {
        if (str_eq(entry->codes[i], (struct str){code, len})) {
            return;
        }
    }
    struct str copy = arena_str(arena, (struct str){code, len});
    *failed = *failed || !copy.ptr;
    entry->codes[entry->code_count++] = copy;
}

/* Every number by which people call a product: its id, its model, and what extra names hold. */
static void
collect_codes(struct entry *entry, const struct js *record, struct arena *arena, bool *failed)
{
    static const char *const names[] = {"sku", "SKU", "mpn", "ean", "EAN", "gtin", "GTIN"};
    const struct js *extra = js_get_c(record, "extra");
    add_code(entry, entry->id, arena, failed);
    add_code(entry, js_get_text(record, "model"), arena, failed);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add_code(entry, js_get_text(extra, names[i]), arena, failed);
    }
}

static void
read_price(struct entry *entry, const struct js *record, struct arena *arena)
{
    struct str text = js_number_text(js_get_c(record, "price"), arena);
    struct str currency = js_get_text(record, "currency");
    struct catalog_price price = {0};
    if (text.len > 0 && price_parse_number(text, currency, &price, &(struct err){0}) == 0) {
        entry->price = price;
    }
}

static void
read_product(struct entry *entry, const struct js *record, struct arena *arena, struct buf *buf,
             bool *failed)
{
    entry->name = js_get_text(record, "name");
    entry->brand = js_get_text(record, "brand");
    entry->category = js_get_text(record, "category");
    entry->stock = !js_has(record, STR("in_stock"))         ? CATALOG_STOCK_UNKNOWN
                   : js_get_bool(record, "in_stock", false) ? CATALOG_STOCK_IN
                                                            : CATALOG_STOCK_OUT;
    read_price(entry, record, arena);
    collect_codes(entry, record, arena, failed);
    buf_add(buf, js_get_text(record, "model"));
    for (size_t i = 0; i < entry->code_count; i++) {
        buf_add_char(buf, ' ');
        buf_add(buf, entry->codes[i]);
    }
    entry->columns[1] = take_column(buf, arena, failed);
    add_texts(buf, js_get_c(record, "features"), TEXT_DEPTH);
    entry->columns[4] = take_column(buf, arena, failed);
    add_specs(buf, js_get_c(record, "specifications"), arena);
    add_extra(buf, js_get_c(record, "extra"));
    entry->columns[5] = take_column(buf, arena, failed);
    add_texts(buf, js_get_c(record, "common_issues"), TEXT_DEPTH);
    entry->columns[6] = take_column(buf, arena, failed);
    entry->columns[0] = entry->name;
    entry->columns[2] = entry->brand;
    entry->columns[3] = entry->category;
    entry->columns[7] = js_get_text(record, "description");
}

static void
read_article(struct entry *entry, const struct js *record, struct arena *arena, struct buf *buf,
             bool *failed)
{
    entry->name = js_get_text(record, "title");
    entry->products = js_get_c(record, "products");
    add_texts(buf, js_get_c(record, "symptoms"), TEXT_DEPTH);
    entry->columns[1] = take_column(buf, arena, failed);
    /* A path that is only the title again would count it twice. */
    struct str section = js_get_text(record, "section");
    entry->columns[2] = str_eq(section, entry->name) ? (struct str){0} : section;
    add_texts(buf, entry->products, TEXT_DEPTH);
    entry->columns[3] = take_column(buf, arena, failed);
    add_texts(buf, js_get_c(record, "steps"), TEXT_DEPTH);
    buf_add(buf, js_get_text(record, "call_human_when"));
    entry->columns[4] = take_column(buf, arena, failed);
    entry->columns[0] = entry->name;
    entry->columns[5] = js_get_text(record, "text");
}

int
entry_read(enum catalog_kind kind, struct str record, struct arena *arena, struct entry *ret,
           struct err *err)
{
    struct js *json = NULL;
    int rc = js_parse_object(record, "stored record", arena, &json, err);
    if (rc != 0) {
        return rc;
    }
    AUTO(buf) struct buf buf;
    buf_init(&buf, LIMIT_JSON_BYTES);
    bool failed = false;
    memset(ret, 0, sizeof(*ret));
    ret->kind = kind;
    ret->record = record;
    ret->id = js_get_text(json, "id");
    if (kind == CATALOG_PRODUCTS) {
        read_product(ret, json, arena, &buf, &failed);
    } else {
        read_article(ret, json, arena, &buf, &failed);
    }
    return failed ? err_nomem(err) : 0;
}
