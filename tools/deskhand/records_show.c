/* catalog show and stats, articles show and stats. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "records.h"
#include "term.h"

/* ---- show ------------------------------------------------------------------------------------*/

/* "call_human_when" -> "call human when" */
static void
add_label(struct buf *out, struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        buf_add_char(out, key.ptr[i] == '_' ? ' ' : key.ptr[i]);
    }
}

static void
add_scalar(struct buf *out, const struct js *value, struct arena *arena)
{
    switch (js_type(value)) {
    case JS_STRING:
        buf_add(out, js_text(value));
        break;
    case JS_BOOL:
        buf_add_c(out, js_bool(value, false) ? "yes" : "no");
        break;
    default:
        buf_add(out, js_to_arena(value, arena));
        break;
    }
}

/* The items of a list or map, one a line; steps are counted. */
static void
add_items(struct buf *out, struct str key, const struct js *value, struct arena *arena)
{
    bool steps = str_eq(key, STR("steps"));
    struct js_member member;
    for (size_t i = 0; js_type(value) == JS_ARRAY && i < js_count(value); i++) {
        if (steps) {
            buf_printf(out, "  %zu. ", i + 1);
        } else {
            buf_add_c(out, "  - ");
        }
        add_scalar(out, js_at(value, i), arena);
        buf_add_char(out, '\n');
    }
    if (js_type(value) != JS_OBJECT) {
        return;
    }
    for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
        buf_add_c(out, "  ");
        add_label(out, member.key);
        buf_add_c(out, ": ");
        add_scalar(out, member.value, arena);
        buf_add_char(out, '\n');
    }
}

static void
add_member(struct buf *out, const struct js_member *member, struct arena *arena)
{
    enum js_type type = js_type(member->value);
    bool deep = type == JS_ARRAY || type == JS_OBJECT;
    if (deep && js_count(member->value) == 0) {
        return;
    }
    add_label(out, member->key);
    buf_add_c(out, deep ? ":\n" : ": ");
    if (deep) {
        add_items(out, member->key, member->value, arena);
        return;
    }
    add_scalar(out, member->value, arena);
    buf_add_char(out, '\n');
}

static int
print_record(struct str json, struct arena *arena, struct err *err)
{
    struct js *record;
    struct js_member member;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    int result = js_parse_object(json, "record", arena, &record, err);
    if (result < 0) {
        return result;
    }
    for (struct js_iter it = js_iter(record); js_next(&it, &member);) {
        add_member(&text, &member, arena);
    }
    result = buf_finish(&text, "record", err);
    if (result == 0) {
        term_text(stdout, buf_str(&text));
    }
    return result;
}

int
records_show(struct app *app, const struct args *args, enum catalog_kind kind, struct err *err)
{
    AUTO(catalog) struct catalog *c = NULL;
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf line;
    struct str json;
    struct str id = args_at(args, 0);
    const char *command = records_command(kind);
    buf_init(&line, LIMIT_OUTPUT_BYTES);
    int result = records_open(app, kind, &c, err);
    if (result == 0) {
        result = catalog_get(c, kind, id, &arena, &json, err);
    }
    if (result == CATALOG_NONE) {
        return err_set(err, ERR_NOTFOUND,
                       "%s show: no %s has the id '%.80s': find it with `deskhand %s search`",
                       command, kind == CATALOG_PRODUCTS ? "product" : "article", id.ptr, command);
    }
    if (result < 0) {
        return result;
    }
    if (!args_flag(args, "json")) {
        return print_record(json, &arena, err);
    }
    buf_add(&line, json);
    buf_add_char(&line, '\n');
    return term_output(&line, "record", err);
}

/* ---- stats -----------------------------------------------------------------------------------*/

struct figure {
    const char *name;
    int64_t value;
};

static int
print_figures(const struct figure *figures, size_t count, bool json, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    if (json) {
        js_begin_object(&out);
    }
    for (size_t i = 0; i < count; i++) {
        if (json) {
            js_put_int(&out, figures[i].name, figures[i].value);
            continue;
        }
        add_label(&text, str_c(figures[i].name));
        buf_printf(&text, ": %lld\n", (long long)figures[i].value);
    }
    if (json) {
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "stats", err);
}

int
records_stats(struct app *app, const struct args *args, enum catalog_kind kind, struct err *err)
{
    AUTO(catalog) struct catalog *c = NULL;
    struct catalog_stats stats;
    int result = records_open(app, kind, &c, err);
    if (result == 0) {
        result = catalog_stats(c, &stats, err);
    }
    if (result < 0) {
        return result;
    }
    const struct figure products[] = {
        {"products", stats.products},     {"brands", stats.brands},
        {"categories", stats.categories}, {"priced", stats.priced},
        {"in_stock", stats.in_stock},     {"file_bytes", stats.bytes},
    };
    const struct figure articles[] = {
        {"articles", stats.articles},
        {"file_bytes", stats.bytes},
    };
    bool json = args_flag(args, "json");
    return kind == CATALOG_PRODUCTS ? print_figures(products, 6, json, err)
                                    : print_figures(articles, 2, json, err);
}
