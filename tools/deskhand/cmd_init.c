/* deskhand init: make a desk. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/catalog.h"
#include "command.h"
#include "config/config.h"
#include "newdesk.h"
#include "store/store.h"
#include "term.h"

static const char sample_name[] = "Hearth & Signal";
static const char plain_name[] = "My Shop";

enum { NAME_MAX_BYTES = 200 };

struct making {
    struct app *app;
    struct str dir;
    struct str name;
    bool sample;
    bool json;
    uint64_t products;
    uint64_t articles;
};

static int
check_name(struct str name, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct str clean = utf8_for_terminal(&arena, name);
    if (str_trim(name).len == 0 || name.len > NAME_MAX_BYTES) {
        return err_set(err, ERR_INVALID, "--name: a shop's name has 1 to %d bytes", NAME_MAX_BYTES);
    }
    if (!str_eq(clean, name) || str_find_char(name, '\n', 0) != SIZE_MAX ||
        str_find_char(name, '\t', 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID,
                       "--name: customers read it: write one line of UTF-8 text without control "
                       "characters");
    }
    return 0;
}

static int
already_there(const struct making *m, struct err *err)
{
    (void)err_set(err, ERR_BUSY,
                  "init: %" STR_FMT "/desk.yaml is there already: nothing was changed. Use that "
                  "desk, or make one elsewhere: deskhand init OTHER-FOLDER",
                  STR_ARG(m->dir));
    term_error(err);
    return EXIT_REFUSED;
}

/* ---- Its parts -------------------------------------------------------------------------------*/

static int
make_record(const struct making *m, struct err *err)
{
    AUTO(store) struct store *store = NULL;
    struct store_options options = {.path = m->dir, .create = true};
    return store_open_sqlite(&options, NULL, &store, err);
}

static int
import_sample(struct making *m, enum catalog_kind kind, struct str file, uint64_t *ret_rows,
              struct err *err)
{
    struct str dir;
    struct catalog_report report;
    struct catalog_import options = {.kind = kind};
    int result = app_part_dir(m->app, APP_SAMPLE, &dir, err);
    if (result < 0) {
        return result;
    }
    struct str source = app_join(&m->app->arena, dir, file);
    struct str to = app_join(&m->app->arena, m->dir, STR("catalog.db"));
    if (!source.ptr || !to.ptr) {
        return err_nomem(err);
    }
    result = catalog_import(to.ptr, &source.ptr, 1, &options, &report, err);
    *ret_rows = report.rows - report.rejected;
    return result < 0 ? err_wrap(err, "sample shop") : 0;
}

static int
finish(struct making *m, struct newdesk *n, struct err *err)
{
    AUTO(buf) struct buf yaml;
    AUTO(config) struct config *config = NULL;
    buf_init(&yaml, LIMIT_CONFIG_BYTES);
    newdesk_yaml(m->name, &yaml);
    int result = buf_finish(&yaml, "desk.yaml", err);
    if (result == 0) {
        result = config_parse(buf_str(&yaml), STR("desk.yaml"), &config, err);
    }
    if (result == 0) {
        result = newdesk_finish(n, buf_str(&yaml), err);
    }
    return result == 0 ? config_check_trust(m->dir, err) : result;
}

/* desk.yaml last: a desk is whole or none. */
static int
make_all(struct making *m, struct err *err)
{
    AUTO(newdesk) struct newdesk n = {.fd = -1};
    int result = newdesk_begin(&n, m->dir, &m->app->arena, err);
    if (result != 0) {
        return result;
    }
    fault_point("init.begun");
    result = newdesk_prompts(&n, err);
    if (result == 0) {
        fault_point("init.prompts");
        result = make_record(m, err);
    }
    if (result == 0 && m->sample) {
        fault_point("init.record");
        result = import_sample(m, CATALOG_PRODUCTS, STR("products.jsonl"), &m->products, err);
    }
    if (result == 0 && m->sample) {
        result = import_sample(m, CATALOG_ARTICLES, STR("articles.jsonl"), &m->articles, err);
    }
    return result == 0 ? finish(m, &n, err) : result;
}

/* ---- What was made, and what to do now -------------------------------------------------------*/

static int
print_json(const struct making *m, struct err *err)
{
    struct js_out out;
    char real[4096];
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "desk", realpath(m->dir.ptr, real) ? str_c(real) : m->dir);
    js_put_str(&out, "name", m->name);
    js_put_bool(&out, "sample", m->sample);
    js_put_int(&out, "products", (int64_t)m->products);
    js_put_int(&out, "articles", (int64_t)m->articles);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "init", err);
}

/* WORD as a shell reads it back. */
static void
add_quoted(struct buf *out, struct str word)
{
    bool plain = word.len > 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || strchr("/._-+", c));
    }
    if (plain) {
        buf_add(out, word);
        return;
    }
    buf_add_char(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'') {
            buf_add_c(out, "'\\''");
        } else {
            buf_add_char(out, word.ptr[i]);
        }
    }
    buf_add_char(out, '\'');
}

/* As it was called: a program in a build tree is not found by its name alone. */
static void
add_command(struct buf *out, const struct making *m, const char *rest)
{
    const char *called = program_invocation_name;
    buf_add_c(out, "  ");
    add_quoted(out, called && strchr(called, '/') ? str_c(called) : STR("deskhand"));
    if (!str_eq(m->dir, STR("."))) {
        buf_add_c(out, " --desk ");
        add_quoted(out, m->dir);
    }
    buf_printf(out, " %s\n", rest);
}

static int
print_text(const struct making *m, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text, "Made a desk for %" STR_FMT " in %" STR_FMT "\n\n", STR_ARG(m->name),
               STR_ARG(m->dir));
    buf_add_c(&text, "  desk.yaml    its settings, each explained\n"
                     "  prompts/     for your own versions of what the bot says\n"
                     "  desk.db      conversations and tickets, readable by you alone\n");
    if (m->sample) {
        buf_printf(&text, "  catalog.db   the sample shop: %llu products, %llu articles\n",
                   (unsigned long long)m->products, (unsigned long long)m->articles);
    }
    buf_add_c(&text, "\nNow type:\n");
    if (m->sample) {
        add_command(&text, m, "ask \"my hub won't pair with my phone\"");
    } else {
        add_command(&text, m, "catalog import PRODUCTS.csv");
    }
    add_command(&text, m, "chat");
    int result = buf_finish(&text, "init", err);
    if (result == 0) {
        term_text(stdout, buf_str(&text));
    }
    return result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct making m = {
        .app = app,
        .sample = args_flag(args, "sample"),
        .json = args_flag(args, "json"),
    };
    m.dir = args_count(args) ? args_at(args, 0) : app->desk_option;
    m.dir = args_count(args) || m.dir.len ? m.dir : STR(".");
    while (m.dir.len > 1 && str_ends(m.dir, STR("/"))) {
        m.dir.len--;
    }
    m.dir = arena_str(&app->arena, m.dir);
    m.name = args_value(args, "name", m.sample ? sample_name : plain_name);
    if (!m.dir.ptr) {
        return err_nomem(err);
    }
    int result = check_name(m.name, err);
    if (result < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    result = make_all(&m, err);
    if (result == NEWDESK_THERE) {
        return already_there(&m, err);
    }
    if (result < 0) {
        return result;
    }
    return m.json ? print_json(&m, err) : print_text(&m, err);
}

static const struct arg_option options[] = {
    {"sample", 0, NULL, "with a sample shop: products and troubleshooting articles"},
    {"name", 0, "NAME", "the shop's name, as customers see it"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

const struct command cmd_init = {
    .name = "init",
    .summary = "make a desk: its settings, prompts and record",
    .usage = "[DIR] [--sample] [--name NAME] [--json]",
    .details = "Makes desk.yaml, prompts/ and desk.db in DIR (here, where none is named), the "
               "folder too if it is\nmissing. Nothing that is there is written over: a folder "
               "that has a desk.yaml is left as it is\n(exit status 4). An init that was "
               "interrupted is completed by running it again.",
    .example = "deskhand init shop --sample\n"
               "deskhand --desk shop chat",
    .options = options,
    .max_args = 1,
    .run = run,
};
