/* records: what `deskhand catalog` and `deskhand articles` have in common, which is nearly all.
 *
 * Each function runs one subcommand over records of one kind; the two command files hold the rows
 * with their help and say which kind. Options that only one kind has are asked for only there. */
#ifndef DESKHAND_RECORDS_H
#define DESKHAND_RECORDS_H

#include "base/err.h"
#include "catalog/catalog.h"

struct app;
struct args;

/* FILE... [--replace] [--map FIELD=SOURCE]... [--json] */
int records_import(struct app *app, const struct args *args, enum catalog_kind kind,
                   struct err *err) WARN_UNUSED;
/* QUERY | --batch FILE, [--json] [--limit N] [--explain]; products: --category, --brand,
 * --min-price, --max-price, --in-stock, --facets; articles: --product. */
int records_search(struct app *app, const struct args *args, enum catalog_kind kind,
                   struct err *err) WARN_UNUSED;
/* One answer line a line of FILE ("-": standard input): id TAB query, further columns ignored.
 * QUERY says all but the text. */
int records_batch(struct catalog *c, struct str file, const struct catalog_query *query,
                  struct err *err) WARN_UNUSED;
/* What a search found, on stdout: a table, on a terminal with snippets, and with each hit's reasons
 * where it was asked to explain; its facets; or a line of JSON each, the facets' last. ARENA is
 * scratch. */
int records_print_hits(const struct catalog_hits *hits, enum catalog_kind kind, struct arena *arena,
                       struct err *err) WARN_UNUSED;
void records_print_facets(const struct catalog_facets *facets);
int records_print_json(const struct catalog_hits *hits, struct err *err) WARN_UNUSED;
/* HIT's `why` in words; nothing where there is none. */
int records_print_why(const struct catalog_hit *hit, struct arena *arena,
                      struct err *err) WARN_UNUSED;
/* ID [--json] */
int records_show(struct app *app, const struct args *args, enum catalog_kind kind,
                 struct err *err) WARN_UNUSED;
/* [--json] */
int records_stats(struct app *app, const struct args *args, enum catalog_kind kind,
                  struct err *err) WARN_UNUSED;

/* The desk's catalogue. ERR_NOTFOUND says what to import. */
int records_open(struct app *app, enum catalog_kind kind, struct catalog **ret,
                 struct err *err) WARN_UNUSED;
/* "catalog" or "articles". */
const char *records_command(enum catalog_kind kind);

#endif
