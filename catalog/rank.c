#include "catalog/rank.h"

#include <math.h>
#include <string.h>

#include "base/must.h"

enum {
    /* Places of one term in one row that neighbours are looked for among. */
    PLACES = 64,
};

struct place {
    int field;
    int offset;
};

/* Where the terms stand in the row at hand: this term's and the one's before. */
struct places {
    struct place at[PLACES];
    size_t count;
};

static int
count_row(const Fts5ExtensionApi *api, Fts5Context *fts, void *arg)
{
    (void)api;
    (void)fts;
    *(double *)arg += 1;
    return SQLITE_OK;
}

/* Once a query: how rare each term is, how long each field is on average. */
static int
prepare(struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts)
{
    sqlite3_int64 rows = 0;
    int rc = api->xRowCount(fts, &rows);
    r->rows = rows > 0 ? (double)rows : 1.0;
    for (int i = 0; rc == SQLITE_OK && i < r->plan->count; i++) {
        sqlite3_int64 total = 0;
        rc = api->xColumnTotalSize(fts, i, &total);
        r->average[i] = total > 0 ? (double)total / r->rows : 1.0;
    }
    r->information = 0;
    for (size_t i = 0; rc == SQLITE_OK && i < r->query->count; i++) {
        double holders = 0;
        rc = api->xQueryPhrase(fts, (int)i, &holders, count_row);
        r->rarity[i] = log(1.0 + (r->rows - holders + 0.5) / (holders + 0.5));
        r->information += r->query->terms[i].weight * r->rarity[i];
    }
    r->ready = rc == SQLITE_OK;
    return rc;
}

static double
saturated(const struct ranker *r, double count)
{
    return count / (r->plan->saturation + count);
}

/* How often the pair (term before, this term) stands together, weighted as counts are. */
static double
count_pairs(const struct places *before, const struct places *now, const double unit[RANK_FIELDS])
{
    double sum = 0;
    size_t i = 0;
    for (size_t k = 0; k < now->count; k++) {
        struct place want = {now->at[k].field, now->at[k].offset - 1};
        while (i < before->count &&
               (before->at[i].field < want.field ||
                (before->at[i].field == want.field && before->at[i].offset < want.offset))) {
            i++;
        }
        if (i < before->count && before->at[i].field == want.field &&
            before->at[i].offset == want.offset) {
            sum += unit[want.field];
        }
    }
    return sum;
}

/* The weighted count of term I in this row; its places go to NOW. */
static int
count_term(const struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts, size_t i,
           const double unit[RANK_FIELDS], struct places *now, double *ret)
{
    Fts5PhraseIter it;
    int field = -1;
    int offset = -1;
    *ret = 0;
    now->count = 0;
    int rc = api->xPhraseFirst(fts, (int)i, &it, &field, &offset);
    while (rc == SQLITE_OK && field >= 0 && field < r->plan->count) {
        *ret += unit[field];
        if (now->count < PLACES) {
            now->at[now->count++] = (struct place){field, offset};
        }
        api->xPhraseNext(fts, &it, &field, &offset);
    }
    return rc;
}

/* What one word in each field of this row is worth. */
static int
weigh_fields(const struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts,
             double unit[RANK_FIELDS])
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < r->plan->count; i++) {
        const struct rank_field *field = &r->plan->fields[i];
        int words = 0;
        rc = api->xColumnSize(fts, i, &words);
        double relative = (double)words / r->average[i];
        unit[i] = field->weight / (1.0 - field->length + field->length * relative);
    }
    return rc;
}

static int
score_row(struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts)
{
    double unit[RANK_FIELDS] = {0};
    struct places places[2];
    const struct query *query = r->query;
    double score = 0;
    double held = 0;
    int rc = weigh_fields(r, api, fts, unit);
    for (size_t i = 0; rc == SQLITE_OK && i < query->count; i++) {
        struct places *now = &places[i & 1];
        const struct places *before = &places[(i + 1) & 1];
        double count = 0;
        rc = count_term(r, api, fts, i, unit, now, &count);
        if (rc != SQLITE_OK || now->count == 0) {
            continue;
        }
        double worth = query->terms[i].weight * r->rarity[i];
        score += worth * saturated(r, count);
        held += worth;
        if (i > 0 && query->terms[i - 1].position + 1 == query->terms[i].position) {
            double both = worth + query->terms[i - 1].weight * r->rarity[i - 1];
            score += r->plan->pair * both * saturated(r, count_pairs(before, now, unit));
        }
    }
    r->cover = r->information > 0 ? held / r->information : 0;
    r->score = score * (1.0 - r->plan->cover + r->plan->cover * r->cover);
    r->row = api->xRowid(fts);
    r->scored = rc == SQLITE_OK;
    return rc;
}

/* Both functions of a row need the same walk: whoever comes first does it. */
static int
visit(const Fts5ExtensionApi *api, Fts5Context *fts, struct ranker **ret)
{
    struct ranker *r = api->xUserData(fts);
    *ret = r;
    must(r->query && r->plan->count <= RANK_FIELDS);
    /* A file of another shape than its version says is a damaged file. */
    if (r->plan->count != api->xColumnCount(fts) ||
        (size_t)api->xPhraseCount(fts) != r->query->count) {
        return SQLITE_CORRUPT;
    }
    int rc = r->ready ? SQLITE_OK : prepare(r, api, fts);
    if (rc != SQLITE_OK || (r->scored && r->row == api->xRowid(fts))) {
        return rc;
    }
    return score_row(r, api, fts);
}

static void
rank_score(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *context, int count,
           sqlite3_value **values)
{
    (void)count;
    (void)values;
    struct ranker *r = NULL;
    int rc = visit(api, fts, &r);
    if (rc != SQLITE_OK) {
        sqlite3_result_error_code(context, rc);
        return;
    }
    sqlite3_result_double(context, r->score);
}

static void
rank_cover(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *context, int count,
           sqlite3_value **values)
{
    (void)count;
    (void)values;
    struct ranker *r = NULL;
    int rc = visit(api, fts, &r);
    if (rc != SQLITE_OK) {
        sqlite3_result_error_code(context, rc);
        return;
    }
    sqlite3_result_double(context, r->cover);
}

int
rank_register(struct ranker *ranker, fts5_api *api, struct err *err)
{
    int rc = api->xCreateFunction(api, "rank_score", ranker, rank_score, NULL);
    if (rc == SQLITE_OK) {
        rc = api->xCreateFunction(api, "rank_cover", ranker, rank_cover, NULL);
    }
    return rc == SQLITE_OK ? 0 : err_nomem(err);
}

void
rank_begin(struct ranker *ranker, const struct query *query, const struct rank_plan *plan)
{
    memset(ranker, 0, sizeof(*ranker));
    ranker->query = query;
    ranker->plan = plan;
}
