#include "catalog/explain.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/record.h"
#include "catalog/tally.h"

static const char *const product_fields[RANK_FIELDS] = {
    "name", "code", "brand", "category", "features", "specs", "issues", "description",
};
static const char *const article_fields[RANK_FIELDS] = {
    "title", "symptoms", "section", "products", "steps", "text",
};

static uint32_t
total(const uint32_t counts[RANK_FIELDS])
{
    uint32_t sum = 0;
    for (int i = 0; i < RANK_FIELDS; i++) {
        sum += counts[i];
    }
    return sum;
}

/* The way that stands there with the greatest factor; SIZE_MAX: none does. */
static size_t
best_way(const struct query_term *term, const uint32_t counts[QUERY_WAYS][RANK_FIELDS])
{
    size_t best = SIZE_MAX;
    for (size_t k = 0; k < term->count; k++) {
        if (total(counts[k]) > 0 &&
            (best == SIZE_MAX || term->ways[k].factor > term->ways[best].factor)) {
            best = k;
        }
    }
    return best;
}

static void
write_word(struct js_out *out, const struct query *query, const struct tally *tally, size_t term,
           size_t way, const char *const *names)
{
    js_begin_object(out);
    js_put_str(out, "word", query->terms[term].text);
    js_put_str(out, "how", str_c(query_origin_name(query->terms[term].ways[way].origin)));
    js_put_str(out, "as", tally->first[term][way]);
    js_put_double(out, "factor", query->terms[term].ways[way].factor);
    js_key(out, STR("fields"));
    js_begin_object(out);
    for (int i = 0; i < RANK_FIELDS; i++) {
        if (tally->counts[term][way][i] > 0 && names[i]) {
            js_put_int(out, names[i], tally->counts[term][way][i]);
        }
    }
    js_end_object(out);
    js_end_object(out);
}

static void
write_words(struct js_out *out, const struct query *query, const struct tally *tally,
            const char *const *names)
{
    js_key(out, STR("words"));
    js_begin_array(out);
    for (size_t i = 0; i < query->count; i++) {
        size_t way = best_way(&query->terms[i], tally->counts[i]);
        if (way != SIZE_MAX) {
            write_word(out, query, tally, i, way, names);
        }
    }
    js_end_array(out);
    js_key(out, STR("missing"));
    js_begin_array(out);
    for (size_t i = 0; i < query->count; i++) {
        if (best_way(&query->terms[i], tally->counts[i]) == SIZE_MAX) {
            js_add_str(out, query->terms[i].text);
        }
    }
    js_end_array(out);
}

static void
write_pairs(struct js_out *out, const struct query *query, const struct tally *tally)
{
    js_key(out, STR("side_by_side"));
    js_begin_array(out);
    for (size_t i = 1; i < query->count; i++) {
        if (tally->pairs[i] > 0) {
            js_add_str(out, tally->side_by_side[i]);
        }
    }
    js_end_array(out);
}

static int
write_hit(const struct query *query, const struct catalog_hit *hit, const struct tally *tally,
          struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_double(&out, "score", hit->score);
    js_put_double(&out, "share", hit->confidence);
    js_put_bool(&out, "exact", hit->exact);
    write_words(&out, query, tally,
                hit->kind == CATALOG_PRODUCTS ? product_fields : article_fields);
    write_pairs(&out, query, tally);
    js_end_object(&out);
    int rc = buf_finish(&text, "the explanation", err);
    *ret = rc == 0 ? buf_to_arena(&text, arena) : (struct str){0};
    return rc != 0 ? rc : ret->ptr ? 0 : err_nomem(err);
}

int
explain_hit(const struct words *words, const struct query *query, const struct catalog_hit *hit,
            struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct entry entry;
    struct tally *tally = arena_zero(&scratch, 1, sizeof(*tally));
    if (!tally) {
        return err_nomem(err);
    }
    int rc = entry_read(hit->kind, hit->record, &scratch, &entry, err);
    rc = rc != 0 ? rc : tally_record(words, query, entry.columns, tally, err);
    return rc != 0 ? rc : write_hit(query, hit, tally, arena, ret, err);
}
