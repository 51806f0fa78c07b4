#include "catalog/search.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/article_words.h"
#include "catalog/schema.h"
#include "catalog/sql.h"

static const char articles_sql[] =
    "SELECT m.doc, m.score, m.cover, a.id, a.name, a.record FROM"
    " (SELECT rowid AS doc, rank_score(article_fts) AS score, rank_cover(article_fts) AS cover"
    "  FROM article_fts WHERE article_fts MATCH ?1 ORDER BY score DESC, rowid LIMIT ?2) AS m"
    " CROSS JOIN article AS a ON a.doc = m.doc ORDER BY m.score DESC, m.doc";

/* Of those that list one of the names a product goes by: a JSON array in ?3. */
static const char articles_narrowed_sql[] =
    "SELECT m.doc, m.score, m.cover, a.id, a.name, a.record FROM"
    " (SELECT rowid AS doc, rank_score(article_fts) AS score, rank_cover(article_fts) AS cover"
    "  FROM article_fts WHERE article_fts MATCH ?1 AND rowid IN"
    "   (SELECT doc FROM article_product WHERE product IN (SELECT value FROM json_each(?3)))"
    "  ORDER BY score DESC, rowid LIMIT ?2) AS m"
    " CROSS JOIN article AS a ON a.doc = m.doc ORDER BY m.score DESC, m.doc";

static const char product_by_code_sql[] =
    "SELECT p.id, p.name, p.category FROM code AS k CROSS JOIN product AS p ON p.doc = k.doc"
    " WHERE k.code = ?1 LIMIT 1";

/* The product a name means best: every word of it, in its name above all. */
static const char product_by_name_sql[] =
    "SELECT p.id, p.name, p.category FROM"
    " (SELECT rowid AS doc, rank_score(product_fts) AS score FROM product_fts"
    "  WHERE product_fts MATCH ?1 ORDER BY score DESC, rowid LIMIT 1) AS m"
    " CROSS JOIN product AS p ON p.doc = m.doc";

static int
add_key(struct gathering *g, struct js_out *names, struct str text, struct err *err)
{
    AUTO(buf) struct buf key;
    buf_init(&key, 4 * LIMIT_QUERY_BYTES);
    int rc = words_key(&g->c->words, str_sub(text, 0, LIMIT_QUERY_BYTES), &key, err);
    if (rc == 0 && key.len > 0) {
        js_add_str(names, buf_str(&key));
    }
    return rc;
}

/* The names of the product that statement S finds, if it finds one. */
static int
add_product(struct gathering *g, sqlite3_stmt *s, struct js_out *names, bool *found,
            struct err *err)
{
    int rc = sql_step(s, "search", err);
    if (rc <= 0) {
        return rc;
    }
    *found = true;
    rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = add_key(g, names, sql_column(s, i), err);
    }
    (void)sqlite3_reset(s);
    return rc;
}

static int
find_by_code(struct gathering *g, struct js_out *names, bool *found, struct err *err)
{
    char code[QUERY_CODE_BYTES];
    if (query_code(g->query->product, code) == 0) {
        return 0;
    }
    sqlite3_stmt *s;
    int rc = handle_statement(g->c, HANDLE_PRODUCT_BY_ID_OR_MODEL, product_by_code_sql, &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, str_c(code));
    return add_product(g, s, names, found, err);
}

static int
find_by_name(struct gathering *g, struct js_out *names, bool *found, struct err *err)
{
    struct query *name = arena_alloc(g->arena, sizeof(*name));
    if (!name) {
        return err_nomem(err);
    }
    int rc = query_read(&g->c->words, g->query->product, QUERY_STOP_DROP, g->arena, name, err);
    if (rc != 0 || name->count == 0) {
        return rc;
    }
    AUTO(buf) struct buf match;
    buf_init(&match, 4 * LIMIT_QUERY_BYTES);
    buf_add_c(&match, "{name category brand} : (");
    query_match(name, "AND", &match);
    buf_add_char(&match, ')');
    sqlite3_stmt *s = NULL;
    rc = buf_finish(&match, "query", err);
    rc =
        rc != 0 ? rc : handle_statement(g->c, HANDLE_PRODUCT_BY_NAME, product_by_name_sql, &s, err);
    if (rc != 0) {
        return rc;
    }
    rank_begin(&g->c->ranker, name, &schema_product_plan, NULL);
    sql_text(s, 1, buf_str(&match));
    return add_product(g, s, names, found, err);
}

/* Everything the product goes by, as a JSON array of keys: what was said, and id, name and
 * category of the product it means. */
static int
product_names(struct gathering *g, struct buf *out, struct err *err)
{
    struct js_out names;
    bool found = false;
    js_out_init(&names, out);
    js_begin_array(&names);
    int rc = add_key(g, &names, g->query->product, err);
    rc = rc != 0 ? rc : find_by_code(g, &names, &found, err);
    if (rc == 0 && !found) {
        rc = find_by_name(g, &names, &found, err);
    }
    js_end_array(&names);
    return rc != 0 ? rc : buf_finish(out, "query", err);
}

static int
gather_articles(struct gathering *g, struct str match, struct str names, struct err *err)
{
    sqlite3_stmt *s;
    int rc = names.len > 0
                 ? handle_statement(g->c, HANDLE_ARTICLES_NARROWED, articles_narrowed_sql, &s, err)
                 : handle_statement(g->c, HANDLE_ARTICLES, articles_sql, &s, err);
    if (rc != 0) {
        return rc;
    }
    rank_begin(&g->c->ranker, g->terms, &schema_article_plan, NULL);
    sql_text(s, 1, match);
    (void)sqlite3_bind_int64(s, 2, (int64_t)g->limit);
    sql_text(s, 3, names);
    return gather_rows(g, s, false, err);
}

/* Does any of the first COUNT hits say enough of what the query says? */
static bool
any_fits(const struct gathering *g)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].confidence >= CATALOG_FITS) {
            return true;
        }
    }
    return false;
}

/* An article called by its id. */
static int
gather_id(struct gathering *g, struct err *err)
{
    sqlite3_stmt *s;
    int rc =
        handle_statement(g->c, HANDLE_ARTICLE_ROW_BY_ID,
                         "SELECT doc, 0, 1, id, name, record FROM article WHERE id = ?1", &s, err);
    if (rc != 0) {
        return rc;
    }
    sql_text(s, 1, str_trim(g->terms->text));
    return gather_rows(g, s, true, err);
}

/* Words that no article has, as they were probably meant. */
static int
mend_words(struct gathering *g, struct err *err)
{
    struct article_words words;
    struct mend_source source;
    int rc = article_words_open(&words, g->c, g->arena, &source, err);
    return rc != 0 ? rc : mend_query(&g->c->words, &source, g->arena, g->terms, err);
}

int
search_articles(struct gathering *g, struct catalog_hits *ret, struct err *err)
{
    AUTO(buf) struct buf match;
    AUTO(buf) struct buf names;
    buf_init(&match, 16 * LIMIT_QUERY_BYTES);
    buf_init(&names, LIMIT_MESSAGE_BYTES);
    int rc = gather_id(g, err);
    if (rc != 0 || g->terms->count == 0) {
        return rc;
    }
    size_t exact = g->count;
    rc = mend_words(g, err);
    query_match(g->terms, "OR", &match);
    rc = rc != 0 ? rc : buf_finish(&match, "query", err);
    if (rc == 0 && g->query->product.len > 0) {
        rc = product_names(g, &names, err);
        rc = rc != 0 ? rc : gather_articles(g, buf_str(&match), buf_str(&names), err);
    }
    if (rc == 0 && (names.len == 0 || !any_fits(g))) {
        ret->widened = names.len > 0;
        g->count = exact;
        rc = gather_articles(g, buf_str(&match), (struct str){0}, err);
    }
    for (size_t i = 0; i < exact; i++) {
        g->items[i].score = 1.0 + (g->count > exact ? g->items[exact].score : 0);
    }
    return rc;
}
