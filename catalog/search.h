/* search: pieces of search.c that articles and snippets share; for the files of this folder. */
#ifndef CATALOG_SEARCH_H
#define CATALOG_SEARCH_H

#include "catalog/handle.h"
#include "catalog/query.h"
#include "catalog/record.h"

/* Results as they are collected: unique by row, best first. */
struct gathering {
    struct catalog *c;
    const struct catalog_query *query;
    struct query *terms;
    struct arena *arena;
    struct catalog_hit *items; /* for ROOM */
    int64_t *rows;
    size_t count;
    size_t limit;
    size_t room; /* LIMIT and more: of these the best LIMIT are handed out */
};

/* Rows of STATEMENT (columns: doc, score, cover, id, name, record, then what products have) into
 * G, those it has already left out. */
int gather_rows(struct gathering *g, sqlite3_stmt *statement, bool exact,
                struct err *err) WARN_UNUSED;

/* search_articles.c */
int search_articles(struct gathering *g, struct catalog_hits *ret, struct err *err) WARN_UNUSED;

/* snippet.c: HIT's snippet: the passage of TEXT with the most of the query's words, at most some
 * 200 bytes, and where they stand in it; empty where none of them stands in it. */
int snippet_make(const struct words *words, const struct query *query, struct str text,
                 struct arena *arena, struct catalog_hit *hit, struct err *err) WARN_UNUSED;

/* mended_text.c: the query as it was understood, with the words of the hits' names for what was
 * mended; empty when nothing was. */
int mended_text(const struct words *words, const struct query *query,
                const struct catalog_hit *hits, size_t count, struct arena *arena, struct str *ret,
                struct err *err) WARN_UNUSED;

#endif
