/* catalog: what the shop sells and what its customers get stuck on, found by words.
 *
 * One file, catalog.db, beside the desk's record and never in one transaction with it: products
 * and troubleshooting articles, each with its whole record as JSON, and an FTS5 index over them.
 * It is derived data: the shop's export is the truth, and an import rebuilds it at will.
 *
 * A `struct catalog` is a reader. It opens in well under a millisecond (plugins open one a thread),
 * belongs to one thread, never writes, and notices when an import has put a new file in place: the
 * next search reads the new one, a search under way finishes on the old one. Anything a customer
 * types is a query: operators, quotes, emoji and a lone apostrophe find something or nothing, and
 * are never an error.
 *
 * Not here: the commands (tools/deskhand), the tools a model calls (plugins/). Results live in the
 * caller's arena. */
#ifndef CATALOG_H
#define CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

struct catalog;

enum catalog_kind { CATALOG_PRODUCTS, CATALOG_ARTICLES };

/* Positive outcomes. */
enum {
    CATALOG_NONE = 1, /* no record of that id */
};

enum {
    /* What a search hands out when its limit is 0, and at most. */
    CATALOG_HITS_DEFAULT = 10,
    CATALOG_HITS_MAX = 100,
};

/* Open the file at PATH (NUL-terminated). ERR_NOTFOUND: there is none, say so kindly; ERR_INVALID:
 * damaged, not a catalogue, or from a newer version; ERR_BUSY; ERR_IO; ERR_NOMEM. [any, then one
 * thread] */
int catalog_open(const char *path, struct catalog **ret, struct err *err) WARN_UNUSED;
void catalog_free(struct catalog *c);
AUTO_DEFINE(catalog, struct catalog *, catalog_free)

/* The version of SQLite that is really linked, "3.40.1". Static. */
const char *catalog_sqlite_version(void);

/* While a search runs STOP(ARG) is asked every few thousand steps; true ends it with
 * ERR_CANCELED. NULL takes it away. */
void catalog_set_stop(struct catalog *c, bool (*stop)(void *arg), void *arg);

/* What to look for. `{.kind, .text}` is enough; every other member may stay zero. */
struct catalog_query {
    enum catalog_kind kind;
    struct str text;  /* as typed; cut at LIMIT_QUERY_BYTES */
    size_t limit;     /* 0: CATALOG_HITS_DEFAULT */
    bool no_snippets; /* ids and scores are enough: batch runs, benchmarks */
    /* Products: narrow to these. Words of the name in order, case and plural aside: "light" fits
     * the category "Smart Lights". A product without a price passes no price filter. */
    struct str category;
    struct str brand;
    double min_price; /* in the product's currency, 49.90; 0: any */
    double max_price;
    bool in_stock; /* only what is known to be in stock */
    bool facets;   /* count brands, categories and prices of everything that was found */
    /* Score every match with the reference ranking, slowly: what the fast way is held against. */
    bool exhaustive;
    bool explain; /* fill each hit's why */
    /* Articles: the product it is about, as id, name or category. Articles that list it come
     * first; where none of those fits the query the search widens to all. */
    struct str product;
};

/* A stretch of a snippet, in bytes. */
struct catalog_mark {
    size_t start;
    size_t len;
};

enum catalog_stock { CATALOG_STOCK_UNKNOWN, CATALOG_STOCK_OUT, CATALOG_STOCK_IN };

struct catalog_price {
    bool known;
    int64_t minor;       /* in the currency's smallest unit */
    struct str currency; /* ISO 4217, or empty: two decimals assumed */
};

/* One result. Views live in the arena given to the search. */
struct catalog_hit {
    enum catalog_kind kind;
    struct str id;
    struct str name; /* an article's title */
    double score;    /* higher is better; comparable within one result only */
    /* 0..1: how much of what the query says is found here, rare words counting most. Below
     * CATALOG_FITS the honest answer is that nothing fits. */
    double confidence;
    bool exact;         /* the query names this record's id, model or SKU */
    struct str snippet; /* the passage with most of the query's words; may be empty */
    /* Where the query's words stand in it. */
    const struct catalog_mark *marks;
    size_t mark_count;
    struct str why; /* with `explain`: a JSON object, see explain.h */
    struct str brand;
    struct str category;
    struct catalog_price price;
    enum catalog_stock stock;
    struct str record; /* the whole record, JSON */
};

#define CATALOG_FITS 0.35

/* How many of what was found are of each brand and category, the commonest first. */
struct catalog_facet {
    struct str name;
    uint64_t count;
};
enum { CATALOG_FACETS_MAX = 20 };
struct catalog_facets {
    uint64_t
        found; /* records that hold as much of the query as the best one, and pass the filters */
    uint64_t in_stock;
    uint64_t priced;
    double lowest; /* of the priced, in whole units of their currencies */
    double highest;
    struct catalog_facet brands[CATALOG_FACETS_MAX];
    size_t brand_count;
    struct catalog_facet categories[CATALOG_FACETS_MAX];
    size_t category_count;
};

struct catalog_hits {
    struct catalog_hit *items; /* best first */
    size_t count;
    const struct catalog_facets *facets; /* products, with `facets`; else NULL */
    /* The query with the words that were really looked for in the place of those that no record
     * holds; empty when nothing was mended. */
    struct str mended;
    bool widened; /* articles: none that lists the product fitted, these are of all */
};

/* Search. Nothing found is count 0, not a failure. ERR_IO and ERR_INVALID for a damaged file,
 * ERR_CANCELED, ERR_NOMEM. */
int catalog_search(struct catalog *c, const struct catalog_query *query, struct arena *arena,
                   struct catalog_hits *ret, struct err *err) WARN_UNUSED;

/* The whole record of ID as JSON text in ARENA: the id itself, or for a product its model or SKU
 * in any spelling. 0; CATALOG_NONE. */
int catalog_get(struct catalog *c, enum catalog_kind kind, struct str id, struct arena *arena,
                struct str *ret_json, struct err *err) WARN_UNUSED;

struct catalog_stats {
    int64_t products;
    int64_t articles;
    int64_t brands;
    int64_t categories;
    int64_t priced;   /* products that have a price */
    int64_t in_stock; /* products known to be in stock */
    int64_t bytes;    /* of the file */
};
/* Counts everything: tens of milliseconds on a million products. */
int catalog_stats(struct catalog *c, struct catalog_stats *ret, struct err *err) WARN_UNUSED;

/* JSON views (view.c). Each writes one object.
 *
 * catalog_write_hit: a result line for people and scripts: id, name or title, score, and what the
 * hit knows besides (brand, price, currency, category, in_stock, confidence, snippet with its marks
 * as [start, length] pairs, why).
 * catalog_write_facets: found, in_stock, priced, lowest_price, highest_price, and the MAX commonest
 * of brands and categories as {"name", "count"}.
 * catalog_write_brief: a result for a model: what it needs to answer and nothing more, at most
 * CATALOG_BRIEF_BYTES; a product's key features and specifications, an article's steps as an array
 * and when to call a human. What was cut is said in "more". ARENA is scratch. */
enum { CATALOG_BRIEF_BYTES = 4096 };
void catalog_write_hit(const struct catalog_hit *hit, struct js_out *out);
void catalog_write_facets(const struct catalog_facets *facets, size_t max, struct js_out *out);
int catalog_write_brief(const struct catalog_hit *hit, struct arena *arena, struct js_out *out,
                        struct err *err) WARN_UNUSED;
/* "49.90": the decimals its currency has. */
struct str catalog_price_text(const struct catalog_price *price, struct arena *arena);

/* Import (import.c).
 *
 * Rows come from JSON Lines (*.jsonl, *.ndjson, *.json with one object a line, or anything whose
 * first byte is '{') and CSV with a header (RFC 4180: quotes, line breaks within them, CRLF or LF;
 * a byte-order mark is skipped; ',' ';' or tab, whichever the header has most of). Common field
 * names are known (fields.c); MAP names the rest. What no field takes is kept in the record under
 * "extra". A row that breaks a rule is reported and left out, the rest goes in. Of rows with one
 * id the last counts and the earlier are reported.
 *
 * Rows add to and change what is there, in one transaction; with REPLACE, or where there is no
 * catalogue yet, a new file is built beside the old one and put in its place whole, and records of
 * this kind that no row names are gone. Readers go on either way; an import that is killed, fails
 * or is stopped leaves the old file as it was (one failure comes later and says so: the new file
 * is in place and its folder cannot be synced). A second import on the same catalogue is refused
 * with ERR_BUSY. Rows equal to what is stored are not written again. */
struct catalog_map {
    struct str field;  /* ours: "name", "price", "symptoms"; "specifications.NAME" */
    struct str source; /* theirs, exactly as the file has it */
};

enum catalog_notice_kind {
    CATALOG_REJECTED,  /* this row is left out */
    CATALOG_DUPLICATE, /* an earlier row had this id; this one counts */
    CATALOG_REMARK,    /* nothing lost: a mapped field that no row has */
};

struct catalog_notice {
    enum catalog_notice_kind kind;
    const char *file;
    uint64_t line;   /* from 1 */
    uint64_t column; /* in bytes, from 1 */
    const char *reason;
};

struct catalog_progress {
    uint64_t rows;
    uint64_t bytes_done;
    uint64_t bytes_total; /* 0 where it is not known (a pipe) */
};

struct catalog_import {
    enum catalog_kind kind;
    bool replace;
    /* "de": what words are stemmed as. Empty: the language the catalogue has, English for a new
     * one. Another one than a filled catalogue has needs REPLACE, else ERR_INVALID. */
    struct str language;
    const struct catalog_map *map;
    size_t map_count;
    /* Both may be NULL. PROGRESS is called about every thousand rows; false stops the import with
     * ERR_CANCELED. */
    void (*notice)(void *arg, const struct catalog_notice *notice);
    bool (*progress)(void *arg, const struct catalog_progress *progress);
    void *arg;
};

struct catalog_report {
    uint64_t rows; /* seen, rejected ones included */
    uint64_t added;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t removed;
    uint64_t rejected;
    uint64_t duplicates;
};

/* Import FILES into the catalogue at PATH. The report is filled on success and failure alike.
 * ERR_NOTFOUND a file that is not there; ERR_INVALID a bad map, a CSV without usable header, no
 * usable row at all, a damaged catalogue; ERR_BUSY another import; ERR_CANCELED; ERR_IO;
 * ERR_NOMEM. */
int catalog_import(const char *path, const char *const *files, size_t count,
                   const struct catalog_import *options, struct catalog_report *report,
                   struct err *err) WARN_UNUSED;

/* "FIELD=SOURCE" from a command line. ERR_INVALID names the fields there are. Borrows TEXT. */
int catalog_map_parse(enum catalog_kind kind, struct str text, struct catalog_map *ret,
                      struct err *err) WARN_UNUSED;

#endif
