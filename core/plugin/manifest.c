#include "plugin/manifest.h"

#include "base/json.h"
#include "base/limits.h"
#include "schema/schema.h"

enum { TIMEOUT_DEFAULT_MS = 10000 };

/* The shape of a manifest, in the language that its tools' arguments are described in: one checker
 * for both, and messages of one kind. */
#define IDS                                                                                        \
    "{\"type\":\"array\",\"maxItems\":32,\"uniqueItems\":true,\"items\":"                          \
    "{\"type\":\"string\",\"pattern\":\"^[a-z0-9._-]{1,60}/[0-9]{1,4}$\"}}"
#define TEXT_OF(max) "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" max "}"
#define SCHEMA_OBJECT "{\"type\":\"object\"}"
#define YES_NO "{\"type\":\"boolean\"}"
#define TOOL_SHAPE                                                                                 \
    "{\"type\":\"object\",\"additionalProperties\":false,"                                         \
    "\"required\":[\"name\",\"description\",\"input_schema\",\"effect\"],\"properties\":{"         \
    "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-zA-Z0-9_-]{1,64}$\"},"                        \
    "\"description\":" TEXT_OF(                                                                    \
        "4000") ","                                                                                \
                "\"input_schema\":" SCHEMA_OBJECT ","                                              \
                "\"effect\":{\"enum\":[\"read\",\"write\",\"irreversible\"]},"                     \
                "\"timeout_ms\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":600000},"          \
                "\"parallel\":" YES_NO ",\"hands_over\":" YES_NO ","                               \
                "\"trust\":{\"enum\":[\"trusted\",\"untrusted\"]},\"confirm\":" TEXT_OF(           \
                    "300") "}}"

static const char manifest_shape[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"name\",\"version\",\"description\",\"tools\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"pattern\":\"^[a-z0-9_-]{1,40}$\"},"
    "\"version\":" TEXT_OF("60") ",\"description\":" TEXT_OF(
        "1000") ","
                "\"requires\":" IDS ",\"optional\":" IDS ","
                "\"isolation\":{\"enum\":[\"child\",\"either\"]},\"threads\":" YES_NO ","
                "\"config_schema\":" SCHEMA_OBJECT ","
                "\"tools\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":" TOOL_SHAPE
                "}}}";

static int
check_shape(const struct js *root, struct arena *scratch, struct err *err)
{
    AUTO(schema) struct schema *shape = NULL;
    struct schema_report report;
    int result = schema_compile(str_c(manifest_shape), &shape, err);
    if (result == 0) {
        result = schema_check(shape, root, scratch, &report, err);
    }
    return result == SCHEMA_MISMATCH ? schema_report_err(&report, err) : result;
}

static void
release_schema(void *schema)
{
    schema_free(schema);
}

/* VALUE, an object, as a compiled schema that lives as long as ARENA. */
static int
compile(const struct js *value, struct arena *arena, struct str *ret_text, struct schema **ret,
        struct err *err)
{
    AUTO(schema) struct schema *compiled = NULL;
    *ret_text = js_to_arena(value, arena);
    if (!ret_text->ptr) {
        return err_nomem(err);
    }
    int result = schema_compile(*ret_text, &compiled, err);
    if (result < 0) {
        return result;
    }
    *ret = compiled;
    return arena_defer(arena, release_schema, TAKE(compiled)) < 0 ? err_nomem(err) : 0;
}

static int
copy_ids(const struct js *array, struct arena *arena, const struct str **ret, size_t *ret_count,
         struct err *err)
{
    size_t count = js_count(array);
    struct str *ids = arena_zero(arena, count + 1, sizeof(*ids));
    for (size_t i = 0; ids && i < count; i++) {
        ids[i] = arena_str(arena, js_text(js_at(array, i)));
        if (!ids[i].ptr) {
            return err_nomem(err);
        }
    }
    *ret = ids;
    *ret_count = count;
    return ids ? 0 : err_nomem(err);
}

static int
read_tool(const struct js *from, struct arena *arena, struct manifest_tool *tool, struct err *err)
{
    const struct js *schema = js_get_c(from, "input_schema");
    if (!str_eq_c(js_get_text(schema, "type"), "object")) {
        return err_set(err, ERR_INVALID, "input_schema: its \"type\" must be \"object\"");
    }
    tool->description = arena_str(arena, js_get_text(from, "description"));
    tool->timeout_ms = js_get_int(from, "timeout_ms", TIMEOUT_DEFAULT_MS);
    tool->parallel = js_get_bool(from, "parallel", false);
    tool->hands_over = js_get_bool(from, "hands_over", false);
    tool->untrusted = str_eq_c(js_get_text(from, "trust"), "untrusted");
    tool->confirm = arena_str(arena, js_get_text(from, "confirm"));
    (void)tool_effect_from_name(js_get_text(from, "effect"), &tool->effect);
    if (!tool->description.ptr || !tool->confirm.ptr) {
        return err_nomem(err);
    }
    int result = compile(schema, arena, &tool->schema_text, &tool->schema, err);
    if (result == 0) {
        result = tool_customer_field(schema, arena, &tool->customer_field, err);
    }
    return result < 0 ? err_wrap(err, "input_schema") : 0;
}

static int
check_twice(const struct manifest_tool *tools, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(tools[i].name, tools[count].name)) {
            return err_set(err, ERR_INVALID, "there are two tools of this name");
        }
    }
    return 0;
}

static int
read_tools(const struct js *array, struct manifest *m, struct err *err)
{
    size_t count = js_count(array);
    struct manifest_tool *tools = arena_zero(&m->arena, count, sizeof(*tools));
    if (!tools) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct js *from = js_at(array, i);
        tools[i].name = arena_str(&m->arena, js_get_text(from, "name"));
        if (!tools[i].name.ptr) {
            return err_nomem(err);
        }
        int result = check_twice(tools, i, err);
        if (result == 0) {
            result = read_tool(from, &m->arena, &tools[i], err);
        }
        if (result < 0) {
            return err_wrap(err, "tool %" STR_FMT, STR_ARG(tools[i].name));
        }
    }
    m->tools = tools;
    m->tool_count = count;
    return 0;
}

static int
read_head(const struct js *root, struct manifest *m, struct err *err)
{
    struct str unused;
    const struct js *config = js_get_c(root, "config_schema");
    m->name = arena_str(&m->arena, js_get_text(root, "name"));
    m->version = arena_str(&m->arena, js_get_text(root, "version"));
    m->description = arena_str(&m->arena, js_get_text(root, "description"));
    m->child_only = str_eq_c(js_get_text(root, "isolation"), "child");
    m->threads = js_get_bool(root, "threads", false);
    if (!m->name.ptr || !m->version.ptr || !m->description.ptr) {
        return err_nomem(err);
    }
    int result =
        copy_ids(js_get_c(root, "requires"), &m->arena, &m->requires, &m->requires_count, err);
    if (result == 0) {
        result =
            copy_ids(js_get_c(root, "optional"), &m->arena, &m->optional, &m->optional_count, err);
    }
    if (result == 0 && config && compile(config, &m->arena, &unused, &m->config_schema, err) < 0) {
        result = err_wrap(err, "config_schema");
    }
    return result;
}

int
manifest_parse(struct str text, struct manifest *m, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct js *root;
    *m = (struct manifest){0};
    if (text.len > LIMIT_MANIFEST_BYTES) {
        return err_set(err, ERR_INVALID, "manifest: longer than %d KiB",
                       LIMIT_MANIFEST_BYTES / 1024);
    }
    int result = js_parse_object(text, "manifest", &scratch, &root, err);
    if (result < 0) {
        return result;
    }
    result = check_shape(root, &scratch, err);
    if (result == 0) {
        result = read_head(root, m, err);
    }
    if (result == 0) {
        result = read_tools(js_get_c(root, "tools"), m, err);
    }
    return result < 0 ? err_wrap(err, "manifest") : 0;
}

void
manifest_done(struct manifest *m)
{
    arena_done(&m->arena);
    *m = (struct manifest){0};
}
