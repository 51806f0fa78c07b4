#include "model_scripted.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "io/loop.h"
#include "model/model_impl.h"

struct scripted {
    struct model model;
    struct loop *loop;
    struct arena arena;
    struct js *script;
    size_t calls;
    struct buf last_request;
    struct buf last_system;
    struct buf last_params;
    struct buf last_tools;
};

struct scripted_call {
    struct model_call call;
    struct scripted *owner;
    const struct js *entry;
    const struct model_events *events;
    void *arg;
    struct loop_timer timer;
};

static void
release(struct scripted_call *c)
{
    loop_timer_done(&c->timer);
    mem_free(c);
}

static void
stream(struct scripted_call *c, struct str text)
{
    size_t chunks = (size_t)js_get_int(c->entry, "chunks", 1);
    size_t size = text.len / (chunks ? chunks : 1) + 1;
    for (size_t at = 0; at < text.len; at += size) {
        c->events->text(c->arg, str_sub(text, at, size));
    }
}

static enum model_stop
stop_of(const struct js *entry, size_t calls)
{
    struct str stop = js_get_text(entry, "stop");
    if (str_eq(stop, STR("max_tokens"))) {
        return MODEL_STOP_MAX_TOKENS;
    }
    if (str_eq(stop, STR("filtered"))) {
        return MODEL_STOP_FILTERED;
    }
    return calls ? MODEL_STOP_TOOL_USE : MODEL_STOP_END;
}

static void
run_out(struct scripted_call *c)
{
    struct err err = {0};
    (void)err_nomem(&err);
    c->events->done(c->arg, ERR_NOMEM, NULL, &err);
    release(c);
}

static void
say(struct loop_timer *timer)
{
    struct scripted_call *c = OWNER_OF(timer, struct scripted_call, timer);
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct str text = js_get_text(c->entry, "text");
    struct str error = js_get_text(c->entry, "error");
    const struct js *calls = js_get_c(c->entry, "calls");
    stream(c, text);
    if (js_get_bool(c->entry, "retract", false)) {
        c->events->retracted(c->arg);
        stream(c, text);
    }
    if (js_get_bool(c->entry, "hang", false)) {
        return;
    }
    if (error.len) {
        (void)err_set(&err, ERR_REMOTE, "%" STR_FMT, STR_ARG(error));
        c->events->done(c->arg, ERR_REMOTE, NULL, &err);
        release(c);
        return;
    }
    struct model_part *parts = arena_zero(&arena, js_count(calls) + 1, sizeof(*parts));
    size_t count = 0;
    if (!parts) {
        run_out(c);
        return;
    }
    if (text.len) {
        parts[count++] = (struct model_part){.kind = MODEL_PART_TEXT, .text = text};
    }
    for (size_t i = 0; i < js_count(calls); i++) {
        const struct js *call = js_at(calls, i);
        struct str raw = js_get_text(call, "raw");
        parts[count++] = (struct model_part){
            .kind = MODEL_PART_TOOL_USE,
            .id = STR("toolu_1"),
            .name = js_get_text(call, "name"),
            .input = raw.len ? raw : js_to_arena(js_get_c(call, "input"), &arena),
        };
        if (!parts[count - 1].input.ptr) {
            run_out(c);
            return;
        }
    }
    struct model_reply reply = {
        .model = c->owner->model.name,
        .parts = parts,
        .part_count = count,
        .stop = stop_of(c->entry, js_count(calls)),
        .usage = {js_get_int(c->entry, "in", 10), js_get_int(c->entry, "out", 5), 0, 0},
        .note = js_get_text(c->entry, "note"),
    };
    c->events->done(c->arg, 0, &reply, NULL);
    release(c);
}

/* Answered tool uses since the customer last said something. */
static size_t
rounds(const struct model_request *request)
{
    size_t count = 0;
    for (size_t i = request->message_count; i > 0; i--) {
        const struct message *m = &request->messages[i - 1];
        if (m->role != ROLE_USER) {
            continue;
        }
        if (!message_has(m, BLOCK_TOOL_RESULT)) {
            break;
        }
        count++;
        if (message_has(m, BLOCK_TEXT)) {
            /* A crashed round's results and a new question in one: the question counts. */
            return count - 1;
        }
    }
    return count;
}

static void
keep_request(struct scripted *s, const struct model_request *request)
{
    struct js_out out;
    buf_clear(&s->last_request);
    js_out_init(&out, &s->last_request);
    js_begin_array(&out);
    for (size_t i = 0; i < request->message_count; i++) {
        AUTO(arena) struct arena arena = {0};
        const struct message *m = &request->messages[i];
        js_begin_object(&out);
        js_put_str(&out, "role", str_c(role_name(m->role)));
        js_put_raw(&out, "content", message_content_json(m->blocks, m->count, &arena));
        js_end_object(&out);
    }
    js_end_array(&out);
    buf_clear(&s->last_system);
    buf_add(&s->last_system, request->system);
    buf_clear(&s->last_tools);
    for (size_t i = 0; i < request->tool_count; i++) {
        buf_printf(&s->last_tools, "%s%" STR_FMT, i ? " " : "", STR_ARG(request->tools[i].name));
    }
}

static void
keep_params(struct scripted *s, const struct model_params *p)
{
    buf_clear(&s->last_params);
    buf_printf(&s->last_params, "max_tokens=%lld", (long long)p->max_tokens);
    if (p->has_temperature) {
        buf_printf(&s->last_params, " temperature=%g", p->temperature);
    }
    if (p->has_top_p) {
        buf_printf(&s->last_params, " top_p=%g", p->top_p);
    }
    for (size_t i = 0; i < p->stop_count; i++) {
        buf_printf(&s->last_params, " stop=%" STR_FMT, STR_ARG(p->stop[i]));
    }
    buf_printf(&s->last_params, " tool_choice=%" STR_FMT, STR_ARG(p->tool_choice));
}

static int
scripted_start(struct model *m, const struct model_request *request,
               const struct model_events *events, void *arg, struct model_call **ret,
               struct err *err)
{
    struct scripted *s = (struct scripted *)m;
    struct scripted_call *c = mem_zero(1, sizeof(*c));
    size_t index = rounds(request);
    size_t last = js_count(s->script) - 1;
    if (!c || loop_timer_init(&c->timer, s->loop, say, err) < 0) {
        mem_free(c);
        return err_nomem(err);
    }
    c->call.model = m;
    c->owner = s;
    c->entry = js_at(s->script, index < last ? index : last);
    c->events = events;
    c->arg = arg;
    s->calls++;
    keep_request(s, request);
    keep_params(s, &request->params);
    loop_timer_start(&c->timer, js_get_int(c->entry, "delay_ms", 0));
    *ret = &c->call;
    return 0;
}

static void
scripted_cancel(struct model_call *call)
{
    release((struct scripted_call *)call);
}

static void
scripted_free(struct model *m)
{
    struct scripted *s = (struct scripted *)m;
    buf_done(&s->last_request);
    buf_done(&s->last_system);
    buf_done(&s->last_params);
    buf_done(&s->last_tools);
    arena_done(&s->arena);
    mem_free(s);
}

static const struct model_ops scripted_ops = {
    .free = scripted_free,
    .start = scripted_start,
    .cancel = scripted_cancel,
};

int
model_scripted_new(struct loop *l, struct str script, struct model **ret, struct err *err)
{
    return model_scripted_named(l, script, STR("scripted"), ret, err);
}

int
model_scripted_named(struct loop *l, struct str script, struct str name, struct model **ret,
                     struct err *err)
{
    struct scripted *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    s->model = (struct model){.ops = &scripted_ops, .name = name};
    s->loop = l;
    buf_init(&s->last_request, LIMIT_JSON_BYTES);
    buf_init(&s->last_system, LIMIT_RENDERED_BYTES);
    buf_init(&s->last_params, LIMIT_MESSAGE_BYTES);
    buf_init(&s->last_tools, LIMIT_MESSAGE_BYTES);
    int result = js_parse(script, &s->arena, &s->script, err);
    if (result == 0 && js_count(s->script) == 0) {
        result = err_set(err, ERR_INVALID, "script: no entries");
    }
    if (result < 0) {
        scripted_free(&s->model);
        return result;
    }
    *ret = &s->model;
    return 0;
}

size_t
model_scripted_calls(const struct model *m)
{
    return ((const struct scripted *)m)->calls;
}

struct str
model_scripted_last_request(const struct model *m)
{
    return buf_str(&((const struct scripted *)m)->last_request);
}

struct str
model_scripted_last_system(const struct model *m)
{
    return buf_str(&((const struct scripted *)m)->last_system);
}

struct str
model_scripted_last_params(const struct model *m)
{
    return buf_str(&((const struct scripted *)m)->last_params);
}

struct str
model_scripted_last_tools(const struct model *m)
{
    return buf_str(&((const struct scripted *)m)->last_tools);
}
