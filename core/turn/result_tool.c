#include "turn/result_tool.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/fence.h"
#include "base/json.h"
#include "base/limits.h"
#include "io/loop.h"
#include "memory/preview.h"
#include "schema/schema.h"
#include "store/store.h"
#include "tool/tool.h"

enum { TIMEOUT_MS = 10000 };

#define SCHEMA_TEXT                                                                                \
    "{\"type\":\"object\",\"properties\":{"                                                        \
    "\"call\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200,"                             \
    "\"description\":\"the id of the call, as the shortened result names it\"},"                   \
    "\"from\":{\"type\":\"integer\",\"minimum\":0,"                                                \
    "\"description\":\"the byte to read on from\"}},"                                              \
    "\"required\":[\"call\",\"from\"],\"additionalProperties\":false}"

struct result_tool {
    struct tool_source source; /* stays first */
    struct loop *loop;
    struct store *store;
    struct schema *schema;
    size_t bytes;
    size_t reads; /* the database has */
};

struct result_read {
    struct result_tool *owner;
    struct tool_run *run; /* NULL: abandoned */
    struct store_request request;
    struct arena arena;
    struct str conversation;
    struct str call;
    int64_t from;
    bool found;
    struct str text; /* of the whole result; of one from outside, what its fence holds */
    struct str what; /* it is from outside: by whose name */
    bool outside;
};

static void
read_free(struct result_read *r)
{
    r->owner->reads--;
    arena_done(&r->arena);
    mem_free(r);
}

/* [store thread] Calls have our ids, or, where they came with an import, those of their makers. */
static int
read_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct result_read *r = arg;
    struct tool_call_row *rows;
    size_t count;
    int result = store_tool_call_list(tx, r->conversation, STR(""), &r->arena, &rows, &count, err);
    r->found = false;
    r->outside = false;
    for (size_t i = 0; result == 0 && i < count && !r->found; i++) {
        bool asked = str_eq(rows[i].id, r->call) || str_eq(rows[i].tool_use_id, r->call);
        if (asked && rows[i].result.len) {
            r->found = true;
            result = preview_text(rows[i].result, &r->arena, &r->text, err);
            bool fenced = result == 0 && fence_open(r->text, &r->what, &r->text);
            r->outside = fenced || rows[i].untrusted;
        }
    }
    return result;
}

/* What a piece may take. Written as JSON within the fence's text it is twice as long at most. */
static size_t
piece_bytes(const struct result_read *r)
{
    size_t bytes = r->owner->bytes;
    return r->outside ? preview_fenced_bytes(bytes) / 2 : bytes;
}

static int
write_piece(struct result_read *r, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    size_t from = r->from < (int64_t)r->text.len ? (size_t)r->from : r->text.len;
    struct str piece = preview_piece(r->text, from, piece_bytes(r));
    size_t start = piece.len ? (size_t)(piece.ptr - r->text.ptr) : from;
    buf_init(&text, LIMIT_TOOL_RESULT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "call", r->call);
    js_put_int(&out, "from", (int64_t)start);
    js_put_int(&out, "to", (int64_t)(start + piece.len));
    js_put_int(&out, "of", (int64_t)r->text.len);
    js_put_str(&out, "text", piece);
    js_end_object(&out);
    int result = buf_finish(&text, "piece of a result", err);
    *ret = buf_to_arena(&text, &r->arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

static void
on_read(void *arg, int result, const struct err *read_err)
{
    struct result_read *r = arg;
    struct err err = *read_err;
    struct tool_result said = {.status = TOOL_OK};
    if (!r->run) {
        read_free(r);
        return;
    }
    if (result == 0 && r->found) {
        result = write_piece(r, &said.json, &err);
        said.untrusted = r->outside;
        said.source = r->what;
    }
    if (result < 0) {
        said = (struct tool_result){.status = TOOL_ERROR,
                                    .error_code = str_c(err_code_name(err.code)),
                                    .message = str_c(err.message),
                                    .retryable = err.retryable};
    } else if (!r->found) {
        said = (struct tool_result){
            .status = TOOL_ERROR,
            .error_code = STR("not_found"),
            .message = STR("This conversation has no result of a call of that id. Copy the id from "
                           "the shortened result.")};
    }
    r->run->done(r->run, &said);
    read_free(r);
}

static int
result_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    struct result_tool *t = (struct result_tool *)s;
    struct js *arguments = NULL;
    struct result_read *r = mem_zero(1, sizeof(*r));
    if (!r) {
        return err_nomem(err);
    }
    r->owner = t;
    t->reads++;
    int result = js_parse(run->arguments, &r->arena, &arguments, err);
    if (result == 0) {
        r->call = arena_str(&r->arena, js_get_text(arguments, "call"));
        r->conversation = arena_str(&r->arena, run->scope.conversation);
        r->from = js_get_int(arguments, "from", 0);
        result = r->arena.starved ? err_nomem(err) : 0;
    }
    if (result < 0) {
        read_free(r);
        return result;
    }
    r->run = run;
    run->source_run = r;
    r->request = (struct store_request){.body = read_body, .done = on_read, .arg = r};
    store_read(t->store, &r->request);
    return 0;
}

static void
result_abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    struct result_read *r = run->source_run;
    (void)s;
    (void)late;
    r->run = NULL;
}

static struct str
result_unavailable(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return (struct str){0};
}

static const struct tool_source_ops result_ops = {
    .start = result_start,
    .abandon = result_abandon,
    .unavailable = result_unavailable,
};

int
result_tool_new(struct loop *l, struct store *store, size_t bytes, struct result_tool **ret,
                struct err *err)
{
    AUTO(result_tool) struct result_tool *t = mem_zero(1, sizeof(*t));
    if (!t) {
        return err_nomem(err);
    }
    t->source.ops = &result_ops;
    t->loop = l;
    t->store = store;
    t->bytes = bytes;
    int result = schema_compile(STR(SCHEMA_TEXT), &t->schema, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(t);
    return 0;
}

void
result_tool_free(struct result_tool *t)
{
    struct err ignored = {0};
    if (!t) {
        return;
    }
    while (t->reads > 0 && loop_step(t->loop, 100, &ignored) == 0) {
    }
    schema_free(t->schema);
    mem_free(t);
}

int
result_tool_register(struct result_tool *t, struct tool_registry *r, struct err *err)
{
    const struct tool_def def = {
        .name = RESULT_TOOL,
        .description = STR("Reads on in the result of an earlier tool call of which only the "
                           "beginning was shown. Use it only when what is missing is needed for "
                           "the answer."),
        .schema_text = STR(SCHEMA_TEXT),
        .schema = t->schema,
        .effect = EFFECT_READ,
        .timeout_ms = TIMEOUT_MS,
        .parallel = true,
        .plugin = STR("built in"),
        .source = &t->source,
    };
    return tool_registry_add(r, &def, err);
}
