#include "config/config_impl.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "schema/schema.h"

enum { SHOWN_MAX = 40, DESCRIBE_MAX = 1000 };

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};
enum { UNIT_COUNT = sizeof(units) / sizeof(units[0]) };

/* The largest unit that says MS without a fraction. */
static void
add_duration(struct buf *out, int64_t ms)
{
    size_t unit = UNIT_COUNT - 1;
    while (unit > 0 && (ms == 0 || ms % units[unit].ms != 0)) {
        unit--;
    }
    buf_printf(out, "%lld%s", (long long)(ms / units[unit].ms), units[unit].name);
}

static void
add_choices(struct buf *out, const char *choices)
{
    struct str rest = str_c(choices);
    struct str choice;
    bool first = true;
    while (str_split(&rest, '|', &choice)) {
        buf_printf(out, "%s%" STR_FMT, first ? "" : rest.len > 0 ? ", " : " or ", STR_ARG(choice));
        first = false;
    }
}

void
value_describe(const struct config_key *key, struct buf *out)
{
    switch (key->type) {
    case CONFIG_TEXT:
        buf_printf(out, "a text of at most %lld bytes", (long long)key->max);
        break;
    case CONFIG_INT:
        buf_printf(out, "a whole number from %lld to %lld", (long long)key->min,
                   (long long)key->max);
        break;
    case CONFIG_BOOL:
        buf_add_c(out, "true or false");
        break;
    case CONFIG_DURATION:
        buf_add_c(out, "a duration (like 500ms, 90s, 5m, 2h) from ");
        add_duration(out, key->min);
        buf_add_c(out, " to ");
        add_duration(out, key->max);
        break;
    case CONFIG_CHOICE:
        add_choices(out, key->choices);
        break;
    case CONFIG_JSON:
        buf_add_c(out, key->fallback[0] == '[' ? "a list" : "a map");
        break;
    case CONFIG_SECRET:
        buf_add_c(out, "${NAME} or file:PATH (a secret does not stand in desk.yaml)");
        break;
    }
}

static int
refuse(const struct config_key *key, const struct tree *node, struct err *err)
{
    AUTO(buf) struct buf wanted = {0};
    buf_init(&wanted, DESCRIBE_MAX);
    value_describe(key, &wanted);
    int result = buf_finish(&wanted, "message", err);
    if (result < 0) {
        return result;
    }
    if (key->type == CONFIG_SECRET) {
        return err_set(err, ERR_INVALID, "expected %s", wanted.text);
    }
    if (node->kind != TREE_SCALAR) {
        return err_set(err, ERR_INVALID, "expected %s, got a %s", wanted.text,
                       node->kind == TREE_MAP ? "map" : "list");
    }
    struct str shown = utf8_cut(node->text, SHOWN_MAX);
    return err_set(err, ERR_INVALID, "expected %s, got '%" STR_FMT "%s'", wanted.text,
                   STR_ARG(shown), shown.len < node->text.len ? "..." : "");
}

static bool
read_int(const struct config_key *key, struct str text, int64_t *ret)
{
    int64_t value;
    if (!str_to_i64(text, &value) || value < key->min || value > key->max) {
        return false;
    }
    *ret = value;
    return true;
}

bool
config_duration(struct str text, int64_t *ret_ms)
{
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    int64_t amount;
    if (!str_to_i64(str_sub(text, 0, digits), &amount)) {
        return false;
    }
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        int64_t ms;
        if (str_eq_c(str_sub(text, digits, text.len), units[i].name) &&
            !__builtin_mul_overflow(amount, units[i].ms, &ms)) {
            *ret_ms = ms;
            return true;
        }
    }
    return false;
}

static bool
read_duration(const struct config_key *key, struct str text, int64_t *ret)
{
    int64_t ms;
    if (!config_duration(text, &ms) || ms < key->min || ms > key->max) {
        return false;
    }
    *ret = ms;
    return true;
}

static bool
read_choice(const struct config_key *key, struct str text)
{
    struct str rest = str_c(key->choices);
    struct str choice;
    while (str_split(&rest, '|', &choice)) {
        if (str_eq(choice, text)) {
            return true;
        }
    }
    return false;
}

/* "${NAME}" with a name that can be one. */
static bool
is_variable(struct str text)
{
    if (!str_starts(text, STR("${")) || !str_ends(text, STR("}")) || text.len < 4) {
        return false;
    }
    for (size_t i = 2; i < text.len - 1; i++) {
        char c = text.ptr[i];
        bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
                    (i > 2 && c >= '0' && c <= '9');
        if (!word) {
            return false;
        }
    }
    return true;
}

bool
value_is_secret(struct str text)
{
    return text.len == 0 || is_variable(text) || (str_starts(text, STR("file:")) && text.len > 5);
}

static int
read_scalar(const struct config_key *key, const struct tree *node, struct config_value *ret,
            struct err *err)
{
    struct str text = node->text;
    bool good = false;
    switch (key->type) {
    case CONFIG_TEXT:
        if (is_variable(text)) {
            return err_set(err, ERR_INVALID, "%" STR_FMT " is filled in for secrets only",
                           STR_ARG(str_sub(text, 0, 80)));
        }
        good = (int64_t)text.len >= key->min && (int64_t)text.len <= key->max;
        break;
    case CONFIG_INT:
        good = read_int(key, text, &ret->number);
        break;
    case CONFIG_BOOL:
        good = node->plain && (str_eq_c(text, "true") || str_eq_c(text, "false"));
        ret->number = good && text.ptr[0] == 't';
        break;
    case CONFIG_DURATION:
        good = read_duration(key, text, &ret->number);
        break;
    case CONFIG_CHOICE:
        good = read_choice(key, text);
        break;
    case CONFIG_SECRET:
        good = value_is_secret(text);
        break;
    case CONFIG_JSON:
        break;
    }
    ret->text = text;
    return good ? 0 : refuse(key, node, err);
}

/* JSON, held against the key's schema, the schema's defaults filled in. */
static int
fit_schema(const struct config_key *key, struct str json, const struct tree *node,
           struct arena *arena, struct config_value *ret, unsigned *ret_line, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(schema) struct schema *schema = NULL;
    struct js *value;
    int result = schema_compile(str_c(key->schema), &schema, err);
    must(result != ERR_INVALID);
    result = result < 0 ? result : js_parse(json, &scratch, &value, err);
    if (result < 0) {
        return result;
    }
    struct schema_report report = {0};
    result = schema_check(schema, value, &scratch, &report, err);
    if (result == SCHEMA_MISMATCH) {
        const struct schema_finding *f = schema_report_telling(&report);
        *ret_line = tree_line(node, f->path, &scratch);
        return *ret_line > 0 ? mistake_set(key, f, err) : err_nomem(err);
    }
    if (result < 0) {
        return result;
    }
    AUTO(buf) struct buf filled = {0};
    buf_init(&filled, LIMIT_CONFIG_BYTES * 8);
    schema_apply_defaults(schema, value, &filled);
    result = buf_finish(&filled, "configuration", err);
    if (result < 0) {
        return result;
    }
    ret->text = buf_to_arena(&filled, arena);
    return ret->text.ptr ? 0 : err_nomem(err);
}

static int
read_json(const struct config_key *key, const struct tree *node, struct arena *arena,
          struct config_value *ret, unsigned *ret_line, struct err *err)
{
    if (node->kind == TREE_SCALAR) {
        return refuse(key, node, err);
    }
    AUTO(buf) struct buf json = {0};
    buf_init(&json, LIMIT_CONFIG_BYTES * 8);
    struct js_out writer;
    js_out_init(&writer, &json);
    tree_write_json(node, &writer);
    int result = buf_finish(&json, "configuration", err);
    return result < 0 ? result : fit_schema(key, buf_str(&json), node, arena, ret, ret_line, err);
}

int
value_read(const struct config_key *key, const struct tree *node, struct arena *arena,
           struct config_value *ret, unsigned *ret_line, struct err *err)
{
    if (key->type == CONFIG_JSON) {
        return read_json(key, node, arena, ret, ret_line, err);
    }
    return node->kind == TREE_SCALAR ? read_scalar(key, node, ret, err) : refuse(key, node, err);
}

int
value_default(const struct config_key *key, struct config_value *ret, struct err *err)
{
    struct str text = str_c(key->fallback);
    if (key->type == CONFIG_JSON) {
        ret->text = text; /* a test holds it against the schema */
        return 0;
    }
    struct tree node = {.text = text, .plain = true};
    return read_scalar(key, &node, ret, err);
}
