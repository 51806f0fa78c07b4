/* deskhand catalog: the shop's products. */
#include <limits.h>
#include <stddef.h>

#include "command.h"
#include "records.h"

static int
run_import(struct app *app, const struct args *args, struct err *err)
{
    return records_import(app, args, CATALOG_PRODUCTS, err);
}

static int
run_search(struct app *app, const struct args *args, struct err *err)
{
    return records_search(app, args, CATALOG_PRODUCTS, err);
}

static int
run_show(struct app *app, const struct args *args, struct err *err)
{
    return records_show(app, args, CATALOG_PRODUCTS, err);
}

static int
run_stats(struct app *app, const struct args *args, struct err *err)
{
    return records_stats(app, args, CATALOG_PRODUCTS, err);
}

static const struct arg_option import_options[] = {
    {"replace", 0, NULL, "take out products that no row names"},
    {"map", 0, "FIELD=SOURCE", "our field FIELD is called SOURCE there; may be repeated"},
    {"language", 0, "CODE", "words are stemmed as in this language: en, de, fr ... (default en)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};
static const struct arg_option search_options[] = {
    {"limit", 'n', "N", "at most N results, 1 to 100 (default 10)"},
    {"category", 0, "NAME", "only this category"},
    {"brand", 0, "NAME", "only this brand"},
    {"min-price", 0, "PRICE", "only what costs at least that, as in 49.90"},
    {"max-price", 0, "PRICE", "only what costs at most that"},
    {"in-stock", 0, NULL, "only what is known to be in stock"},
    {"facets", 0, NULL, "count brands, categories and prices of all that fit as well"},
    {"explain", 0, NULL, "say why each result was found"},
    {"batch", 0, "FILE", "the queries of FILE: an id, a tab, a query in each line"},
    {"json", 0, NULL, "print one JSON object a result"},
    {0},
};
static const struct arg_option json_option[] = {
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const struct command cmd_import = {
    .name = "import",
    .summary = "take in products from JSON Lines or CSV",
    .usage = "FILE... [--replace] [--map FIELD=SOURCE]... [--language CODE] [--json]",
    .details =
        "One product a line (JSON) or row (CSV with a header). Common names of fields are known,\n"
        "as `title`, `sku`, `price_cents` or `attrs`; --map names others. Rows that cannot be\n"
        "used are reported with line and column and left out; the rest goes in. FILE - is\n"
        "standard input. Exit status 1 when no row could be used; then nothing is changed.",
    .example = "deskhand catalog import products.csv --map name=Bezeichnung --map price=Preis",
    .options = import_options,
    .min_args = 1,
    .max_args = UINT_MAX,
    .run = run_import,
};
static const struct command cmd_search = {
    .name = "search",
    .summary = "find products by words",
    .usage = "[--explain] [--facets] [--json] [--limit N] QUERY... | --batch FILE",
    .details =
        "Words may be mistyped or joined (`smartlock`); model numbers, ids and SKUs in any\n"
        "spelling come first. --explain says under each result which words stand where.\n"
        "--json prints a line a result: id, name, score, confidence (how much of the query it\n"
        "holds), `snippet` with the words' places in `marks` (start and length in bytes), and\n"
        "with --explain `why`; with --facets a last line {\"facets\":{...}}, with\n"
        "\"mended\":\"...\" where words were looked for in another spelling.\n"
        "--batch prints {\"query\":ID,\"results\":[{\"id\":...,\"score\":...},...]} for each line "
        "of\n"
        "FILE, whose further columns are ignored. Scores compare within one query only.",
    .example = "deskhand catalog search \"smart bulb e27\" --max-price 20\n"
               "deskhand catalog search motion sensr --explain\n"
               "deskhand catalog search hub --in-stock --facets --json",
    .options = search_options,
    .max_args = UINT_MAX,
    .run = run_search,
};
static const struct command cmd_show = {
    .name = "show",
    .summary = "show one product",
    .usage = "ID [--json]",
    .details = "ID may also be the product's model or SKU.",
    .example = "deskhand catalog show HS-HUB-2",
    .options = json_option,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
static const struct command cmd_stats = {
    .name = "stats",
    .summary = "how many products there are",
    .usage = "[--json]",
    .example = "deskhand catalog stats",
    .options = json_option,
    .run = run_stats,
};

static const struct command *const subcommands[] = {
    &cmd_import, &cmd_search, &cmd_show, &cmd_stats, NULL,
};

const struct command cmd_catalog = {
    .name = "catalog",
    .summary = "the shop's products: import, search, show",
    .subcommands = subcommands,
    .example = "deskhand catalog import products.jsonl",
};
