#include "catalog/explain.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/record.h"

static const char *const product_fields[RANK_FIELDS] = {
    "name", "code", "brand", "category", "features", "specs", "issues", "description",
};
static const char *const article_fields[RANK_FIELDS] = {
    "title", "symptoms", "section", "products", "steps", "text",
};

/* What stands in the record of each way of each term. */
struct standing {
    uint32_t counts[QUERY_TERMS][QUERY_WAYS][RANK_FIELDS];
    bool side_by_side[QUERY_TERMS]; /* with the term before, in the first field */
};

struct explaining {
    const struct query *query;
    struct standing *standing;
    int field;
    /* The word before, in the first field: which term's first way it is; -1: none. */
    int before;
    uint32_t before_position;
};

/* Does STEM, the second of two halves, stand behind the first? Halves are told by the pair they
 * make; looking at them one by one here would name records that have them apart. */
static bool
is_halves(const struct query_way *way)
{
    return way->origin == QUERY_HALVES;
}

static bool
count_word(void *arg, const struct words_token *token)
{
    struct explaining *e = arg;
    int lead = -1;
    for (size_t i = 0; i < e->query->count; i++) {
        const struct query_term *term = &e->query->terms[i];
        for (size_t k = 0; k < term->count; k++) {
            if (is_halves(&term->ways[k]) || !str_eq(term->ways[k].stem, token->stem)) {
                continue;
            }
            e->standing->counts[i][k][e->field]++;
            lead = k == 0 ? (int)i : lead;
        }
    }
    if (e->field == 0 && lead > 0 && e->before == lead - 1 &&
        e->before_position + 1 == token->position && rank_is_pair(e->query, (size_t)lead)) {
        e->standing->side_by_side[lead] = true;
    }
    if (!words_colocated(token)) {
        e->before = lead;
        e->before_position = token->position;
    }
    return true;
}

/* Halves: the pair in the first field. */
struct halves {
    struct str pair;
    struct str last;
    struct arena *arena;
    uint32_t count;
};

static bool
count_halves(void *arg, const struct words_token *token)
{
    struct halves *h = arg;
    if (words_colocated(token)) {
        return true;
    }
    if (h->last.len > 0) {
        struct str both = arena_printf(h->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(h->last),
                                       STR_ARG(token->stem));
        h->count += both.ptr && str_eq(both, h->pair) ? 1 : 0;
    }
    h->last = arena_str(h->arena, token->stem);
    return h->last.ptr != NULL;
}

static int
stand_halves(const struct words *words, const struct query *query, struct str name,
             struct standing *standing, struct arena *scratch, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < query->count; i++) {
        for (size_t k = 0; rc == 0 && k < query->terms[i].count; k++) {
            if (is_halves(&query->terms[i].ways[k])) {
                struct halves h = {.pair = query->terms[i].ways[k].stem, .arena = scratch};
                rc = words_split(words, name, count_halves, &h, err);
                standing->counts[i][k][0] = h.count;
            }
        }
    }
    return rc;
}

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
write_word(struct js_out *out, const struct query_term *term, const struct query_way *way,
           const uint32_t counts[RANK_FIELDS], const char *const *names)
{
    js_begin_object(out);
    js_put_str(out, "word", term->text);
    js_put_str(out, "how", str_c(query_origin_name(way->origin)));
    js_put_str(out, "as", way->stem);
    js_put_double(out, "factor", way->factor);
    js_key(out, STR("fields"));
    js_begin_object(out);
    for (int i = 0; i < RANK_FIELDS; i++) {
        if (counts[i] > 0 && names[i]) {
            js_put_int(out, names[i], counts[i]);
        }
    }
    js_end_object(out);
    js_end_object(out);
}

static void
write_words(struct js_out *out, const struct query *query, const struct standing *standing,
            const char *const *names)
{
    js_key(out, STR("words"));
    js_begin_array(out);
    for (size_t i = 0; i < query->count; i++) {
        size_t way = best_way(&query->terms[i], standing->counts[i]);
        if (way != SIZE_MAX) {
            write_word(out, &query->terms[i], &query->terms[i].ways[way], standing->counts[i][way],
                       names);
        }
    }
    js_end_array(out);
    js_key(out, STR("missing"));
    js_begin_array(out);
    for (size_t i = 0; i < query->count; i++) {
        if (best_way(&query->terms[i], standing->counts[i]) == SIZE_MAX) {
            js_add_str(out, query->terms[i].text);
        }
    }
    js_end_array(out);
}

static void
write_pairs(struct js_out *out, const struct query *query, const struct standing *standing,
            struct arena *scratch)
{
    js_key(out, STR("side_by_side"));
    js_begin_array(out);
    for (size_t i = 1; i < query->count; i++) {
        if (standing->side_by_side[i]) {
            js_add_str(out, arena_printf(scratch, "%" STR_FMT " %" STR_FMT,
                                         STR_ARG(query->terms[i - 1].ways[0].stem),
                                         STR_ARG(query->terms[i].ways[0].stem)));
        }
    }
    js_end_array(out);
}

static int
write_hit(const struct query *query, const struct catalog_hit *hit, const struct standing *standing,
          struct arena *scratch, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_double(&out, "score", hit->score);
    js_put_double(&out, "share", hit->confidence);
    js_put_bool(&out, "exact", hit->exact);
    write_words(&out, query, standing,
                hit->kind == CATALOG_PRODUCTS ? product_fields : article_fields);
    write_pairs(&out, query, standing, scratch);
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
    struct standing *standing = arena_zero(&scratch, 1, sizeof(*standing));
    if (!standing) {
        return err_nomem(err);
    }
    int rc = entry_read(hit->kind, hit->record, &scratch, &entry, err);
    for (int i = 0; rc == 0 && i < RANK_FIELDS; i++) {
        struct explaining e = {.query = query, .standing = standing, .field = i, .before = -1};
        rc = words_split(words, entry.columns[i], count_word, &e, err);
    }
    rc = rc != 0 ? rc : stand_halves(words, query, entry.columns[0], standing, &scratch, err);
    return rc != 0 ? rc : write_hit(query, hit, standing, &scratch, arena, ret, err);
}
