#include "catalog/shortlist.h"

#include "base/limits.h"
#include "catalog/record.h"
#include "catalog/rescore.h"
#include "catalog/schema.h"

/* How many times as well a thing of the wanted kind fits. From the sample shop, where 1.5 is too
 * little for a speaker that nobody calls smart against a dimmer that speaks of both, and 3 does
 * what 2 does. */
static const double kind_worth = 2.0;

int
shortlist_rescore(struct gathering *g, const struct find *f, size_t first, struct err *err)
{
    struct tally *tally = arena_alloc(g->arena, sizeof(*tally));
    if (!tally) {
        return err_nomem(err);
    }
    for (size_t i = first; i < g->count; i++) {
        AUTO(arena) struct arena scratch = {0};
        struct entry entry;
        struct rescored exact;
        int rc = entry_read(CATALOG_PRODUCTS, g->items[i].record, &scratch, &entry, err);
        rc = rc != 0 ? rc : tally_record(&g->c->words, g->terms, entry.columns, tally, err);
        if (rc != 0) {
            return rc;
        }
        rescore(g->terms, &schema_product_plan, &f->statistics, tally, &exact);
        g->items[i].score = exact.score;
        g->items[i].confidence = exact.share;
    }
    return 0;
}

static bool
holds_digit(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9') {
            return true;
        }
    }
    return false;
}

const struct query_term *
shortlist_head(const struct query *query)
{
    const struct query_term *head = NULL;
    for (size_t i = 0; i < query->count; i++) {
        /* A word left out ("for", "with") ends the phrase. */
        if (i > 0 && !rank_is_pair(query, i)) {
            break;
        }
        head = holds_digit(query->terms[i].text) ? head : &query->terms[i];
    }
    return head;
}

struct last_word {
    const struct query_term *head;
    bool same;
};

static bool
take_last(void *arg, const struct words_token *token)
{
    struct last_word *last = arg;
    if (token->kind == WORDS_WORD) {
        last->same = query_term_is(last->head, token->stem);
    }
    return true;
}

/* Categories come with their parents, the narrowest last: "Audio > Speakers". */
static int
is_kind(const struct words *words, const struct query_term *head, struct str category, bool *ret,
        struct err *err)
{
    struct last_word last = {.head = head};
    int rc = words_split(words, str_sub(category, 0, LIMIT_QUERY_BYTES), take_last, &last, err);
    *ret = last.same;
    return rc;
}

int
shortlist_sort(struct gathering *g, size_t first, struct err *err)
{
    const struct query_term *head = shortlist_head(g->terms);
    for (size_t i = first; head && i < g->count; i++) {
        bool kind = false;
        int rc = is_kind(&g->c->words, head, g->items[i].category, &kind, err);
        if (rc != 0) {
            return rc;
        }
        g->items[i].score *= kind ? kind_worth : 1.0;
    }
    for (size_t i = first + 1; i < g->count; i++) {
        struct catalog_hit hit = g->items[i];
        int64_t row = g->rows[i];
        size_t k = i;
        for (; k > first && (g->items[k - 1].score < hit.score ||
                             (g->items[k - 1].score <= hit.score && g->rows[k - 1] > row));
             k--) {
            g->items[k] = g->items[k - 1];
            g->rows[k] = g->rows[k - 1];
        }
        g->items[k] = hit;
        g->rows[k] = row;
    }
    return 0;
}
