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
/* QUERY | --batch FILE, [--json] [--limit N]; products: --category, --brand, --max-price,
 * --in-stock; articles: --product. */
int records_search(struct app *app, const struct args *args, enum catalog_kind kind,
                   struct err *err) WARN_UNUSED;
/* One answer line a line of FILE ("-": standard input): id TAB query, further columns ignored.
 * QUERY says all but the text. */
int records_batch(struct catalog *c, struct str file, const struct catalog_query *query,
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
