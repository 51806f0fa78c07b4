/* deskhand articles: what customers get stuck on, and how to get on. */
#include <limits.h>
#include <stddef.h>

#include "command.h"
#include "records.h"

static int
run_import(struct app *app, const struct args *args, struct err *err)
{
    return records_import(app, args, CATALOG_ARTICLES, err);
}

static int
run_search(struct app *app, const struct args *args, struct err *err)
{
    return records_search(app, args, CATALOG_ARTICLES, err);
}

static int
run_show(struct app *app, const struct args *args, struct err *err)
{
    return records_show(app, args, CATALOG_ARTICLES, err);
}

static int
run_stats(struct app *app, const struct args *args, struct err *err)
{
    return records_stats(app, args, CATALOG_ARTICLES, err);
}

static const struct arg_option import_options[] = {
    {"replace", 0, NULL, "take out articles that no row names"},
    {"map", 0, "FIELD=SOURCE", "our field FIELD is called SOURCE there; may be repeated"},
    {"language", 0, "CODE", "words are stemmed as in this language: en, de, fr ... (default en)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};
static const struct arg_option search_options[] = {
    {"limit", 'n', "N", "at most N results, 1 to 100 (default 10)"},
    {"product", 0, "ID", "about this product first: its id, name or category"},
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
    .summary = "take in articles from JSON Lines or CSV",
    .usage = "FILE... [--replace] [--map FIELD=SOURCE]... [--language CODE] [--json]",
    .details =
        "One article a line (JSON) or row (CSV with a header): title, symptoms, products, steps,\n"
        "call_human_when. Common names of fields are known, as `question`, `body` or `answer`;\n"
        "--map names others. Rows that cannot be used are reported with line and column and left\n"
        "out; the rest goes in. FILE - is standard input. Exit status 1 when no row could be\n"
        "used; then nothing is changed.",
    .example = "deskhand articles import faq.jsonl --map title=Frage --map text=Antwort",
    .options = import_options,
    .min_args = 1,
    .max_args = UINT_MAX,
    .run = run_import,
};
static const struct command cmd_search = {
    .name = "search",
    .summary = "find articles by words",
    .usage = "[--explain] [--json] [--limit N] QUERY... | --batch FILE",
    .details =
        "--explain says under each result which words of the query stand where. --json prints a\n"
        "line a result: id, title, score, confidence, `snippet` with the words' places in `marks`\n"
        "(start and length in bytes), and with --explain `why`.\n"
        "--batch prints {\"query\":ID,\"results\":[{\"id\":...,\"score\":...},...]} for each line "
        "of\n"
        "FILE, whose further columns are ignored. Scores compare within one query only.",
    .example = "deskhand articles search \"hub does not pair\"\n"
               "deskhand articles search offline --product HS-HUB-2 --json",
    .options = search_options,
    .max_args = UINT_MAX,
    .run = run_search,
};
static const struct command cmd_show = {
    .name = "show",
    .summary = "show one article",
    .usage = "ID [--json]",
    .example = "deskhand articles show A-HUB-PAIR-PHONE",
    .options = json_option,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
static const struct command cmd_stats = {
    .name = "stats",
    .summary = "how many articles there are",
    .usage = "[--json]",
    .example = "deskhand articles stats",
    .options = json_option,
    .run = run_stats,
};

static const struct command *const subcommands[] = {
    &cmd_import, &cmd_search, &cmd_show, &cmd_stats, NULL,
};

const struct command cmd_articles = {
    .name = "articles",
    .summary = "troubleshooting articles: import, search, show",
    .subcommands = subcommands,
    .example = "deskhand articles import articles.jsonl",
};
