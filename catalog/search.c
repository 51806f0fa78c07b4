#include "catalog/search.h"

#include "base/limits.h"
#include "base/must.h"
#include "catalog/explain.h"
#include "catalog/find.h"
#include "catalog/schema.h"
#include "catalog/shortlist.h"
#include "catalog/sql.h"

/* How many are scored exactly: impacts are rounded, and what they put in place fifteen may be
 * third. At most MATCH_HITS. */
enum { RESCORED_TIMES = 2, RESCORED_MORE = 20 };
_Static_assert(CATALOG_HITS_MAX *RESCORED_TIMES + RESCORED_MORE <= MATCH_HITS, "room for all");

/* What is read of a product that is shown, in gather_rows()'s order. */
#define PRODUCT_COLUMNS                                                                            \
    "p.id, p.name, p.record, p.brand, p.category, p.price, p.currency, p.in_stock"

/* The conditions on p that narrow; keys are stems with a space between, so that whole words match
 * in order. A third of a cent is taken off for prices that are no binary fraction. */
#define NARROW                                                                                     \
    "(?3 IS NULL OR instr(' ' || p.category_key || ' ', ?3) > 0)"                                  \
    " AND (?4 IS NULL OR instr(' ' || p.brand_key || ' ', ?4) > 0)"                                \
    " AND (?5 IS NULL OR p.price <= ?5 * p.unit + 0.001)"                                          \
    " AND (?6 IS NULL OR p.in_stock = 1)"                                                          \
    " AND (?7 IS NULL OR p.price >= ?7 * p.unit - 0.001)"

/* The reference: every match is scored. The inner select ranks, the outer one reads only the rows
 * that are shown. */
static const char products_sql[] =
    "SELECT m.doc, m.score, m.cover, " PRODUCT_COLUMNS " FROM"
    " (SELECT f.rowid AS doc, rank_score(product_fts) AS score, rank_cover(product_fts) AS cover"
    "  FROM product_fts AS f CROSS JOIN product AS p ON p.doc = f.rowid"
    "  WHERE product_fts MATCH ?1 AND " NARROW "  ORDER BY score DESC, f.rowid LIMIT ?2) AS m"
    " CROSS JOIN product AS p ON p.doc = m.doc ORDER BY m.score DESC, m.doc";

static const char product_by_row_sql[] =
    "SELECT p.doc, ?2, ?3, " PRODUCT_COLUMNS " FROM product AS p WHERE p.doc = ?1";

static const char product_by_code_sql[] =
    "SELECT p.doc, 0, 1, " PRODUCT_COLUMNS " FROM code AS k CROSS JOIN product AS p"
    " ON p.doc = k.doc WHERE k.code = ?1 AND " NARROW " ORDER BY p.doc LIMIT ?2";

static bool
has_row(const struct gathering *g, int64_t doc)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->rows[i] == doc) {
            return true;
        }
    }
    return false;
}

static void
read_product_columns(sqlite3_stmt *s, struct arena *arena, struct catalog_hit *hit, bool *failed)
{
    hit->brand = sql_column_copy(s, 6, arena, failed);
    hit->category = sql_column_copy(s, 7, arena, failed);
    hit->price.known = sqlite3_column_type(s, 8) != SQLITE_NULL;
    hit->price.minor = sqlite3_column_int64(s, 8);
    hit->price.currency = sql_column_copy(s, 9, arena, failed);
    hit->stock = sqlite3_column_type(s, 10) == SQLITE_NULL ? CATALOG_STOCK_UNKNOWN
                 : sqlite3_column_int(s, 10) != 0          ? CATALOG_STOCK_IN
                                                           : CATALOG_STOCK_OUT;
}

/* How surely the query means this record: an exact number is certain. */
static void
read_row(struct gathering *g, sqlite3_stmt *s, bool exact, struct catalog_hit *hit, bool *failed)
{
    *hit = (struct catalog_hit){
        .kind = g->query->kind,
        .score = sqlite3_column_double(s, 1),
        .confidence = exact ? 1.0 : sqlite3_column_double(s, 2),
        .exact = exact,
        .id = sql_column_copy(s, 3, g->arena, failed),
        .name = sql_column_copy(s, 4, g->arena, failed),
    };
    hit->record = sql_column_copy(s, 5, g->arena, failed);
    if (g->query->kind == CATALOG_PRODUCTS) {
        read_product_columns(s, g->arena, hit, failed);
    }
}

int
gather_rows(struct gathering *g, sqlite3_stmt *statement, bool exact, struct err *err)
{
    int rc;
    bool failed = false;
    while ((rc = sql_step(statement, "search", err)) > 0) {
        int64_t doc = sqlite3_column_int64(statement, 0);
        if (g->count == g->limit || has_row(g, doc)) {
            continue;
        }
        read_row(g, statement, exact, &g->items[g->count], &failed);
        g->rows[g->count++] = doc;
    }
    return rc < 0 ? rc : failed ? err_nomem(err) : 0;
}

/* NAME as a key between spaces, in the arena; empty for an empty name. One without words is a key
 * that no record has: a filter that was given never lets all through. */
static int
narrow_key(struct gathering *g, struct str name, struct str *ret, struct err *err)
{
    *ret = (struct str){0};
    if (name.len == 0) {
        return 0;
    }
    AUTO(buf) struct buf key;
    buf_init(&key, 4 * LIMIT_QUERY_BYTES);
    int rc = words_key(&g->c->words, str_sub(name, 0, LIMIT_QUERY_BYTES), &key, err);
    if (rc != 0) {
        return rc;
    }
    buf_add_c(&key, key.len == 0 ? "\x01" : "");
    rc = buf_finish(&key, "filter", err);
    if (rc != 0) {
        return rc;
    }
    *ret = arena_printf(g->arena, " %" STR_FMT " ", STR_ARG(buf_str(&key)));
    return ret->ptr ? 0 : err_nomem(err);
}

static int
read_narrowing(struct gathering *g, struct narrowing *ret, struct err *err)
{
    *ret = (struct narrowing){.min_price = g->query->min_price,
                              .max_price = g->query->max_price,
                              .in_stock = g->query->in_stock};
    int rc = narrow_key(g, g->query->category, &ret->category, err);
    rc = rc != 0 ? rc : narrow_key(g, g->query->brand, &ret->brand, err);
    ret->any = ret->category.len > 0 || ret->brand.len > 0 || ret->min_price > 0 ||
               ret->max_price > 0 || ret->in_stock;
    return rc;
}

static void
bind_narrowing(sqlite3_stmt *s, const struct narrowing *narrowing)
{
    sql_text(s, 3, narrowing->category);
    sql_text(s, 4, narrowing->brand);
    if (narrowing->max_price > 0) {
        (void)sqlite3_bind_double(s, 5, narrowing->max_price);
    }
    if (narrowing->in_stock) {
        (void)sqlite3_bind_int(s, 6, 1);
    }
    if (narrowing->min_price > 0) {
        (void)sqlite3_bind_double(s, 7, narrowing->min_price);
    }
}

/* Products that the query calls by their number. */
static int
gather_codes(struct gathering *g, const struct narrowing *narrowing, struct err *err)
{
    char codes[QUERY_CODES][QUERY_CODE_BYTES];
    size_t count = query_codes(g->terms, codes);
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *s;
        int rc = handle_statement(g->c, HANDLE_PRODUCT_BY_CODE, product_by_code_sql, &s, err);
        if (rc != 0) {
            return rc;
        }
        sql_text(s, 1, str_c(codes[i]));
        (void)sqlite3_bind_int64(s, 2, (int64_t)g->limit);
        bind_narrowing(s, narrowing);
        rc = gather_rows(g, s, true, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* The reference ranking, over everything that holds any of the words. */
static int
gather_exhaustively(struct gathering *g, const struct find *f, struct err *err)
{
    AUTO(buf) struct buf match;
    buf_init(&match, 16 * LIMIT_QUERY_BYTES);
    query_match(g->terms, "OR", &match);
    sqlite3_stmt *s = NULL;
    int rc = buf_finish(&match, "query", err);
    rc = rc != 0 ? rc : handle_statement(g->c, HANDLE_PRODUCTS, products_sql, &s, err);
    if (rc != 0) {
        return rc;
    }
    rank_begin(&g->c->ranker, g->terms, &schema_product_plan, &f->statistics);
    sql_text(s, 1, buf_str(&match));
    (void)sqlite3_bind_int64(s, 2, (int64_t)g->limit);
    bind_narrowing(s, f->narrowing);
    return gather_rows(g, s, false, err);
}

/* The products of HITS, whose rows are ROWS. */
static int
gather_found(struct gathering *g, const struct match_hits *hits, const int64_t *rows,
             struct err *err)
{
    for (size_t i = 0; i < hits->count; i++) {
        sqlite3_stmt *s;
        int rc = handle_statement(g->c, HANDLE_PRODUCT_BY_ROW, product_by_row_sql, &s, err);
        if (rc != 0) {
            return rc;
        }
        (void)sqlite3_bind_int64(s, 1, rows[i]);
        (void)sqlite3_bind_double(s, 2, (double)hits->items[i].score);
        (void)sqlite3_bind_double(s, 3, (double)hits->items[i].share);
        rc = gather_rows(g, s, false, err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* The best by their impacts. */
static int
gather_pruned(struct gathering *g, struct find *f, struct err *err)
{
    struct match_hits *hits = arena_alloc(g->arena, sizeof(*hits));
    int64_t *rows = arena_zero(g->arena, MATCH_HITS, sizeof(*rows));
    size_t exact = g->count;
    if (!hits || !rows) {
        return err_nomem(err);
    }
    int rc = find_best(f, g->limit - exact, hits, rows);
    rc = rc != 0 ? rc : gather_found(g, hits, rows, err);
    return rc != 0 ? rc : shortlist_rescore(g, f, exact, err);
}

/* More than are wanted, of these the best. */
static int
gather_best(struct gathering *g, struct find *f, struct err *err)
{
    size_t exact = g->count;
    size_t wanted = g->limit;
    g->limit = g->room;
    int rc = g->query->exhaustive ? gather_exhaustively(g, f, err) : gather_pruned(g, f, err);
    rc = rc != 0 ? rc : shortlist_sort(g, exact, err);
    g->limit = wanted;
    g->count = g->count < wanted ? g->count : wanted;
    return rc;
}

static int
count_facets(struct gathering *g, struct find *f, size_t exact, struct catalog_hits *ret,
             struct err *err)
{
    struct catalog_facets *facets = arena_zero(g->arena, 1, sizeof(*facets));
    if (!facets) {
        return err_nomem(err);
    }
    ret->facets = facets;
    if (g->count == exact) {
        find_facets_of(g->items, exact, facets);
        return 0;
    }
    return find_facets(f, g->items[exact].confidence, facets);
}

/* The exact ones came without a score: above the best of the rest, in their order. */
static void
lift_exact(struct gathering *g, size_t exact)
{
    double best = g->count > exact ? g->items[exact].score : 0;
    for (size_t i = 0; i < exact; i++) {
        g->items[i].score = best + 1.0 + (double)(exact - i);
    }
}

/* Numbers first, then the best of what holds any of the words. */
static int
search_held(struct gathering *g, struct find *f, struct catalog_hits *ret, struct err *err)
{
    int rc = gather_codes(g, f->narrowing, err);
    if (rc != 0 || g->terms->count == 0) {
        return rc;
    }
    size_t exact = g->count;
    rc = find_mend(f);
    rc = rc != 0 ? rc : gather_best(g, f, err);
    if (rc == 0 && g->query->facets) {
        rc = count_facets(g, f, exact, ret, err);
    }
    lift_exact(g, exact);
    return rc;
}

static int
search_products(struct gathering *g, struct catalog_hits *ret, struct err *err)
{
    struct narrowing narrowing;
    AUTO(find) struct find find = {0};
    int rc = read_narrowing(g, &narrowing, err);
    rc = rc != 0 ? rc : handle_index(g->c, err);
    rc = rc != 0 ? rc : find_begin(&find, g->c, g->terms, &narrowing, g->arena, err);
    return rc != 0 ? rc : search_held(g, &find, ret, err);
}

/* The text a snippet is cut from. */
static struct str
snippet_source(const struct catalog_hit *hit, struct arena *arena)
{
    struct entry entry;
    if (hit->record.len == 0 ||
        entry_read(hit->kind, hit->record, arena, &entry, &(struct err){0}) != 0) {
        return (struct str){0};
    }
    if (hit->kind == CATALOG_PRODUCTS) {
        return arena_printf(arena, "%" STR_FMT "\n%" STR_FMT "\n%" STR_FMT,
                            STR_ARG(entry.columns[7]), STR_ARG(entry.columns[4]),
                            STR_ARG(entry.columns[5]));
    }
    return arena_printf(arena, "%" STR_FMT "\n%" STR_FMT "\n%" STR_FMT, STR_ARG(entry.columns[1]),
                        STR_ARG(entry.columns[4]), STR_ARG(entry.columns[5]));
}

static int
add_snippets(struct gathering *g, struct err *err)
{
    for (size_t i = 0; i < g->count; i++) {
        AUTO(arena) struct arena scratch = {0};
        struct catalog_hit *hit = &g->items[i];
        struct str source = snippet_source(hit, &scratch);
        int rc = snippet_make(&g->c->words, g->terms, source, g->arena, hit, err);
        if (rc == 0 && g->query->explain) {
            rc = explain_hit(&g->c->words, g->terms, hit, g->arena, &hit->why, err);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int
catalog_search(struct catalog *c, const struct catalog_query *query, struct arena *arena,
               struct catalog_hits *ret, struct err *err)
{
    MUST_MAGIC(c, CATALOG_MAGIC);
    handle_refresh(c);
    struct query *terms = arena_alloc(arena, sizeof(*terms));
    size_t limit = query->limit == 0                 ? CATALOG_HITS_DEFAULT
                   : query->limit > CATALOG_HITS_MAX ? CATALOG_HITS_MAX
                                                     : query->limit;
    size_t room = limit * RESCORED_TIMES + RESCORED_MORE;
    struct gathering g = {
        .c = c,
        .query = query,
        .terms = terms,
        .arena = arena,
        .items = arena_zero(arena, room, sizeof(struct catalog_hit)),
        .rows = arena_zero(arena, room, sizeof(int64_t)),
        .limit = limit,
        .room = room,
    };
    if (!terms || !g.items || !g.rows) {
        return err_nomem(err);
    }
    bool products = query->kind == CATALOG_PRODUCTS;
    *ret = (struct catalog_hits){0};
    int rc = query_read(&c->words, query->text, products ? QUERY_STOP_DROP : QUERY_STOP_WEIGH,
                        arena, terms, err);
    if (rc == 0) {
        rc = products ? search_products(&g, ret, err) : search_articles(&g, ret, err);
    }
    if (rc == 0 && !query->no_snippets) {
        rc = add_snippets(&g, err);
    }
    if (rc == 0) {
        rc = mended_text(&c->words, terms, g.items, g.count, arena, &ret->mended, err);
    }
    if (rc == 0) {
        ret->items = g.items;
        ret->count = g.count;
    }
    return rc;
}

int
catalog_get(struct catalog *c, enum catalog_kind kind, struct str id, struct arena *arena,
            struct str *ret_json, struct err *err)
{
    MUST_MAGIC(c, CATALOG_MAGIC);
    handle_refresh(c);
    bool products = kind == CATALOG_PRODUCTS;
    char code[QUERY_CODE_BYTES];
    (void)query_code(id, code);
    const struct {
        enum handle_statement which;
        const char *text;
        struct str key;
    } ways[] = {
        {products ? HANDLE_PRODUCT_BY_ID : HANDLE_ARTICLE_BY_ID,
         products ? "SELECT record FROM product WHERE id = ?1"
                  : "SELECT record FROM article WHERE id = ?1",
         id},
        {HANDLE_PRODUCT_RECORD_BY_CODE,
         "SELECT p.record FROM code AS k CROSS JOIN product AS p ON p.doc = k.doc"
         " WHERE k.code = ?1 ORDER BY p.doc LIMIT 1",
         str_c(code)},
    };
    for (size_t i = 0; i < (products ? 2U : 1U); i++) {
        sqlite3_stmt *s;
        bool failed = false;
        int rc = handle_statement(c, ways[i].which, ways[i].text, &s, err);
        if (rc != 0) {
            return rc;
        }
        sql_text(s, 1, ways[i].key);
        rc = sql_step(s, "read", err);
        if (rc < 0) {
            return rc;
        }
        if (rc > 0) {
            *ret_json = sql_column_copy(s, 0, arena, &failed);
            (void)sqlite3_reset(s);
            return failed ? err_nomem(err) : 0;
        }
    }
    return CATALOG_NONE;
}
