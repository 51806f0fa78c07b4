#include "catalog/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum {
    /* Places of one term in one row that neighbours are looked for among. */
    PLACES = 64,
    /* Places of all terms that windows are laid over. */
    PASSAGE_PLACES = 512,
    WAYS = QUERY_TERMS * QUERY_WAYS,
};

struct place {
    int field;
    int offset;
};

/* Where a term's first way stands in the row at hand. */
struct places {
    struct place at[PLACES];
    size_t count;
};

/* A word of the query in a field whose windows count. */
struct word_place {
    int field;
    int offset;
    size_t term;
};

/* One row, while it is scored. */
struct row {
    struct ranker *r;
    const Fts5ExtensionApi *api;
    Fts5Context *fts;
    double unit[RANK_FIELDS]; /* what one word in each field is worth */
    struct places places[2];  /* of this term and the one before */
    struct word_place words[PASSAGE_PLACES];
    size_t word_count;
    size_t title_words; /* words of the title that the query has */
};

static int
count_row(const Fts5ExtensionApi *api, Fts5Context *fts, void *arg)
{
    (void)api;
    (void)fts;
    *(double *)arg += 1;
    return SQLITE_OK;
}

double
rank_rarity(double rows, double holders)
{
    return log(1.0 + (rows - holders + 0.5) / (holders + 0.5));
}

double
rank_worth(const struct query_term *term, double rows, const double *holders)
{
    double first = 0;
    for (size_t i = 0; i < term->count && first <= 0; i++) {
        first = holders[i];
    }
    return term->weight * rank_rarity(rows, first < rows ? first : rows);
}

bool
rank_is_pair(const struct query *query, size_t i)
{
    return i > 0 && query->terms[i - 1].position + 1 == query->terms[i].position;
}

/* FTS5's own numbers. */
static int
ask_statistics(const struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts,
               struct rank_statistics *ret)
{
    sqlite3_int64 rows = 0;
    int rc = api->xRowCount(fts, &rows);
    ret->rows = rows > 0 ? (double)rows : 1.0;
    for (int i = 0; rc == SQLITE_OK && i < r->plan->count; i++) {
        sqlite3_int64 total = 0;
        rc = api->xColumnTotalSize(fts, i, &total);
        ret->average[i] = total > 0 ? (double)total / ret->rows : 1.0;
    }
    size_t ways = query_way_count(r->query);
    for (size_t i = 0; rc == SQLITE_OK && i < ways; i++) {
        ret->holders[i] = 0;
        rc = api->xQueryPhrase(fts, (int)i, &ret->holders[i], count_row);
    }
    return rc;
}

/* Once a query: how much each term says, how long each field is on average. */
static int
prepare(struct ranker *r, const Fts5ExtensionApi *api, Fts5Context *fts)
{
    struct rank_statistics asked;
    const struct rank_statistics *s = r->given;
    if (!s) {
        int rc = ask_statistics(r, api, fts, &asked);
        if (rc != SQLITE_OK) {
            return rc;
        }
        s = &asked;
    }
    r->information = 0;
    size_t way = 0;
    for (size_t i = 0; i < r->query->count; i++) {
        r->worth[i] = rank_worth(&r->query->terms[i], s->rows, &s->holders[way]);
        r->information += r->worth[i];
        way += r->query->terms[i].count;
    }
    memcpy(r->average, s->average, sizeof(r->average));
    r->ready = true;
    return SQLITE_OK;
}

double
rank_saturated(const struct rank_plan *plan, double count)
{
    return count / (plan->saturation + count);
}

double
rank_unit(const struct rank_field *field, double words, double average)
{
    double relative = average > 0 ? words / average : 1.0;
    return field->weight / (1.0 - field->length + field->length * relative);
}

/* How often the pair (term before, this term) stands together, weighted as counts are. */
static double
count_pairs(const struct row *row, const struct places *before, const struct places *now)
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
            sum += row->unit[want.field];
        }
    }
    return sum;
}

/* One place of a word: what neighbours, windows and the title need of it. */
static void
note_place(struct row *row, size_t term, bool lead, int field, int offset, struct places *now)
{
    const struct rank_plan *plan = row->r->plan;
    if (lead && plan->fields[field].pairs && now->count < PLACES) {
        now->at[now->count++] = (struct place){field, offset};
    }
    if (plan->passage > 0 && plan->fields[field].passages && row->word_count < PASSAGE_PLACES) {
        row->words[row->word_count++] = (struct word_place){field, offset, term};
    }
    row->title_words += field == 0 ? 1 : 0;
}

/* The weighted count of a way, phrase number PHRASE; halves count in the name alone. */
static int
count_way(struct row *row, size_t term, size_t way, size_t phrase, struct places *now, double *ret)
{
    const struct ranker *r = row->r;
    bool halves = r->query->terms[term].ways[way].origin == QUERY_HALVES;
    Fts5PhraseIter it;
    int field = -1;
    int offset = -1;
    *ret = 0;
    int rc = row->api->xPhraseFirst(row->fts, (int)phrase, &it, &field, &offset);
    while (rc == SQLITE_OK && field >= 0 && field < r->plan->count) {
        if (!halves || field == 0) {
            *ret += row->unit[field];
            note_place(row, term, way == 0, field, offset, now);
        }
        row->api->xPhraseNext(row->fts, &it, &field, &offset);
    }
    return rc;
}

/* The best of a term's ways: its saturated count times its factor, and that factor. */
static int
best_way(struct row *row, size_t term, size_t phrase, struct places *now, double *ret,
         double *ret_factor)
{
    const struct query_term *t = &row->r->query->terms[term];
    int rc = SQLITE_OK;
    *ret = 0;
    *ret_factor = 0;
    now->count = 0;
    for (size_t i = 0; rc == SQLITE_OK && i < t->count; i++) {
        double count = 0;
        rc = count_way(row, term, i, phrase + i, now, &count);
        double value = t->ways[i].factor * rank_saturated(row->r->plan, count);
        if (count > 0 && value > *ret) {
            *ret = value;
            *ret_factor = t->ways[i].factor;
        }
    }
    return rc;
}

static int
weigh_fields(struct row *row)
{
    const struct ranker *r = row->r;
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < r->plan->count; i++) {
        const struct rank_field *field = &r->plan->fields[i];
        int words = 0;
        rc = row->api->xColumnSize(row->fts, i, &words);
        row->unit[i] = rank_unit(field, words, r->average[i]);
    }
    return rc;
}

static int
by_place(const void *a, const void *b)
{
    const struct word_place *x = a;
    const struct word_place *y = b;
    return x->field != y->field ? (x->field > y->field) - (x->field < y->field)
                                : (x->offset > y->offset) - (x->offset < y->offset);
}

/* The most of the query that stands in one window. */
static double
best_window(struct row *row)
{
    const struct ranker *r = row->r;
    double best = 0;
    qsort(row->words, row->word_count, sizeof(row->words[0]), by_place);
    for (size_t i = 0; i < row->word_count; i++) {
        uint64_t seen = 0;
        double worth = 0;
        for (size_t k = i; k < row->word_count && row->words[k].field == row->words[i].field &&
                           row->words[k].offset - row->words[i].offset <= r->plan->passage_words;
             k++) {
            size_t term = row->words[k].term;
            worth += seen & (1ULL << term) ? 0 : r->worth[term];
            seen |= 1ULL << term;
        }
        best = worth > best ? worth : best;
    }
    return best;
}

static int
score_texts(struct row *row)
{
    struct ranker *r = row->r;
    if (r->plan->title_share > 0) {
        int words = 0;
        int rc = row->api->xColumnSize(row->fts, 0, &words);
        if (rc != SQLITE_OK) {
            return rc;
        }
        double share = words > 0 ? (double)row->title_words / words : 0;
        r->score *= 1.0 + r->plan->title_share * (share > 1 ? 1 : share);
    }
    if (r->plan->passage > 0 && r->information > 0) {
        double worth = best_window(row);
        r->score += r->plan->passage * worth * worth / r->information;
    }
    return SQLITE_OK;
}

static int
score_row(struct row *row)
{
    struct ranker *r = row->r;
    const struct query *query = r->query;
    double score = 0;
    double held = 0;
    size_t phrase = 0;
    int rc = weigh_fields(row);
    for (size_t i = 0; rc == SQLITE_OK && i < query->count; i++) {
        struct places *now = &row->places[i & 1];
        const struct places *before = &row->places[(i + 1) & 1];
        double value = 0;
        double factor = 0;
        rc = best_way(row, i, phrase, now, &value, &factor);
        phrase += query->terms[i].count;
        score += r->worth[i] * value;
        held += r->worth[i] * factor;
        if (rc == SQLITE_OK && rank_is_pair(query, i)) {
            double both = r->worth[i] + r->worth[i - 1];
            score += r->plan->pair * both * rank_saturated(r->plan, count_pairs(row, before, now));
        }
    }
    r->cover = r->information > 0 ? held / r->information : 0;
    r->score = score * (1.0 - r->plan->cover + r->plan->cover * r->cover);
    rc = rc == SQLITE_OK ? score_texts(row) : rc;
    r->row = row->api->xRowid(row->fts);
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
        (size_t)api->xPhraseCount(fts) != query_way_count(r->query)) {
        return SQLITE_CORRUPT;
    }
    int rc = r->ready ? SQLITE_OK : prepare(r, api, fts);
    if (rc != SQLITE_OK || (r->scored && r->row == api->xRowid(fts))) {
        return rc;
    }
    struct row row;
    row.r = r;
    row.api = api;
    row.fts = fts;
    row.word_count = 0;
    row.title_words = 0;
    row.places[0].count = 0;
    row.places[1].count = 0;
    return score_row(&row);
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
rank_begin(struct ranker *ranker, const struct query *query, const struct rank_plan *plan,
           const struct rank_statistics *given)
{
    memset(ranker, 0, sizeof(*ranker));
    ranker->query = query;
    ranker->plan = plan;
    ranker->given = given;
}
