#include "plugin/room.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "plugin/cage.h"
#include "plugin/child_wire.h"
#include "plugin/manifest.h"
#include "plugin/room_ask.h"

enum {
    CREATE_MAX_MS = 30 * 1000, /* create() has no deadline of its own */
    END_MAX_MS = 1500,
};

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static struct room *
room_of(struct cell *c)
{
    return OWNER_OF(c, struct room, cell);
}

/* ---- To the child -----------------------------------------------------------------------------*/

void
room_open(struct saying *s, const char *type)
{
    buf_init(&s->text, LIMIT_FRAME_HEAD_BYTES);
    js_out_init(&s->out, &s->text);
    js_begin_object(&s->out);
    js_put_str(&s->out, "t", str_c(type));
}

void
room_say(struct room *r, struct saying *s, struct str body)
{
    js_end_object(&s->out);
    if (s->text.failed) {
        cell_starve(&r->cell);
    } else {
        cell_send(&r->cell, buf_str(&s->text), body);
    }
    buf_done(&s->text);
}

static void
say_hello(struct room *r)
{
    struct saying hello;
    room_open(&hello, "hello");
    js_key(&hello.out, STR("protocols"));
    js_begin_array(&hello.out);
    js_add_int(&hello.out, WIRE_PROTOCOL);
    js_end_array(&hello.out);
    js_put_int(&hello.out, "parent", getpid());
    room_say(r, &hello, STR(""));
}

static void
say_load(struct room *r)
{
    const struct plugin_cage *cage = r->parts->cage;
    const char *path = r->parts->path;
    const char *slash = strrchr(path, '/');
    struct str folder = slash ? str_sub(str_c(path), 0, (size_t)(slash - path)) : STR(".");
    folder = folder.len ? folder : STR("/");
    struct saying load;
    room_open(&load, "load");
    js_put_str(&load.out, "path", str_c(path));
    js_put_str(&load.out, "folder",
               cage_holds(folder, str_c(cage->private)) ? str_c(path) : folder);
    js_put_texts(&load.out, "read", cage->read);
    js_put_texts(&load.out, "write", cage->write);
    js_put_bool(&load.out, "network", cage->network);
    js_put_int(&load.out, "memory", cage->memory);
    js_put_int(&load.out, "without", cage->without);
    room_say(r, &load, STR(""));
    r->state = ROOM_LOADING;
}

/* The text has room for all of them at once: nothing of it is left behind as it grows. */
static void
put_secrets(struct saying *s, const struct plugin_grants *grants)
{
    buf_reserve(&s->text, LIMIT_FRAME_HEAD_BYTES - s->text.len);
    js_key(&s->out, STR("secrets"));
    js_begin_object(&s->out);
    for (size_t i = 0; grants && i < grants->secret_count; i++) {
        js_key(&s->out, grants->secrets[i].name);
        js_add_str(&s->out, grants->secrets[i].value);
    }
    js_end_object(&s->out);
}

void
room_create(struct room *r)
{
    const struct plugin_code *code = r->parts->code;
    const struct manifest *m = code->manifest;
    bool parallel = false;
    struct saying create;
    for (size_t i = 0; i < m->tool_count; i++) {
        parallel = parallel || m->tools[i].parallel;
    }
    room_open(&create, "create");
    js_put_str(&create.out, "name", m->name);
    js_put_int(&create.out, "at_once", parallel ? r->parts->threads : 1);
    js_key(&create.out, STR("granted"));
    js_begin_array(&create.out);
    for (size_t i = 0; i < code->extension_count; i++) {
        struct str id = str_c(code->extensions[i].id);
        if (manifest_lists(m, id)) {
            js_add_str(&create.out, id);
        }
    }
    js_end_array(&create.out);
    if (manifest_lists(m, STR(DH_SECRET_1))) {
        put_secrets(&create, code->grants);
    }
    r->state = ROOM_CREATING;
    r->due_ms = now_ms() + CREATE_MAX_MS;
    js_end_object(&create.out);
    if (create.text.failed) {
        cell_starve(&r->cell);
    } else {
        cell_send_wiped(&r->cell, buf_str(&create.text), code->config);
    }
    if (create.text.text) {
        explicit_bzero(create.text.text, create.text.len);
    }
    buf_done(&create.text);
}

bool
room_takes(const struct room *r, const struct child_call *c)
{
    if (r->state != ROOM_READY || r->retired || r->cell.state != CELL_LIVE) {
        return false;
    }
    bool free = true;
    for (const struct child_call *at = r->calls; at && free; at = at->next) {
        free = r->overlaps && !(c->serial && at->serial);
    }
    return free;
}

void
room_call(struct room *r, struct child_call *c)
{
    const struct dh_call *abi = &c->call.abi;
    struct saying call;
    c->next = r->calls;
    r->calls = c;
    room_open(&call, "call");
    js_put_int(&call.out, "id", c->id);
    js_put_str(&call.out, "tool", str_from_dh(abi->tool));
    js_put_str(&call.out, "call", str_from_dh(abi->call_id));
    js_put_str(&call.out, "turn", str_from_dh(abi->turn_id));
    js_put_str(&call.out, "conversation", str_from_dh(abi->conversation_id));
    js_put_str(&call.out, "customer", str_from_dh(abi->customer_id));
    js_put_int(&call.out, "deadline", abi->deadline_ms);
    js_put_bool(&call.out, "dry_run", (abi->flags & DH_CALL_DRY_RUN) != 0);
    room_say(r, &call, str_from_dh(abi->arguments));
}

void
room_cancel(struct room *r, struct child_call *c)
{
    struct saying cancel;
    room_drop_ask(c);
    if (r->cancels) {
        room_open(&cancel, "cancel");
        js_put_int(&cancel.out, "id", c->id);
        room_say(r, &cancel, STR(""));
    }
}

void
room_end(struct room *r)
{
    struct saying end;
    if (r->ends) {
        return;
    }
    r->retired = true;
    r->ends = true;
    r->due_ms = now_ms() + END_MAX_MS;
    room_open(&end, "end");
    room_say(r, &end, STR(""));
}

/* ---- From the child ---------------------------------------------------------------------------*/

static bool
has(const struct js *array, const char *word)
{
    for (size_t i = 0; i < js_count(array); i++) {
        if (str_eq_c(js_text(js_at(array, i)), word)) {
            return true;
        }
    }
    return false;
}

static bool
take_hello(struct room *r, const struct js *head)
{
    const struct js *capabilities = js_get_c(head, "capabilities");
    if (r->state != ROOM_GREETING || js_get_int(head, "protocol", 0) != WIRE_PROTOCOL) {
        return false;
    }
    r->cancels = has(capabilities, "cancel");
    r->overlaps = has(capabilities, "overlap");
    say_load(r);
    return true;
}

static bool
take_loaded(struct room *r, const struct js *head, struct str manifest)
{
    if (r->state != ROOM_LOADING) {
        return false;
    }
    r->state = ROOM_LOADED;
    r->due_ms = INT64_MAX;
    r->ops->loaded(r, manifest, (unsigned)js_get_int(head, "missing", 0));
    return true;
}

static bool
take_created(struct room *r)
{
    if (r->state != ROOM_CREATING) {
        return false;
    }
    r->state = ROOM_READY;
    r->due_ms = INT64_MAX;
    r->ops->created(r, NULL);
    return true;
}

static bool
take_refused(struct room *r, struct str why)
{
    struct err err;
    (void)err_set(&err, ERR_PLUGIN, "%" STR_FMT, STR_ARG(why));
    if (r->state == ROOM_CREATING) {
        r->state = ROOM_LOADED;
        r->due_ms = INT64_MAX;
        r->ops->created(r, err.message);
        return true;
    }
    if (r->state == ROOM_LOADING) {
        r->refused = true;
        cell_kill(&r->cell, err.message);
        return true;
    }
    return false;
}

static struct child_call **
find(struct room *r, int64_t id)
{
    struct child_call **at = &r->calls;
    while (*at && (*at)->id != id) {
        at = &(*at)->next;
    }
    return at;
}

static bool
take_done(struct room *r, const struct js *head, struct str body)
{
    struct child_call **at = find(r, js_get_int(head, "id", 0));
    struct child_call *c = *at;
    int64_t answers = js_get_int(head, "answers", -1);
    if (!c || c->ask || answers < 0 || answers > INT_MAX) {
        return false;
    }
    const struct plugin_answer answer = {
        .count = (int)answers,
        .text = body,
        .failed = js_get_bool(head, "failed", false),
        .code = js_get_text(head, "code"),
        .retryable = js_get_bool(head, "retryable", false),
        .nomem = js_get_bool(head, "nomem", false),
    };
    *at = c->next;
    c->next = NULL;
    plugin_call_answered(&c->call, &answer);
    r->ops->done(r, c);
    return true;
}

static bool
take_question(struct room *r, const struct js *head, struct str body, bool ask)
{
    int64_t id = js_get_int(head, "id", 0);
    struct child_call *c = *find(r, id);
    if (r->state < ROOM_CREATING || (!c && (ask || id != 0))) {
        return false;
    }
    return ask ? room_take_ask(r, c, head, body) : room_take_tell(r, c, head, body);
}

static void
on_message(struct cell *cell, const struct js *head, struct str body)
{
    struct room *r = room_of(cell);
    struct str type = js_get_text(head, "t");
    bool sense = false;
    if (str_eq_c(type, "done")) {
        sense = take_done(r, head, body);
    } else if (str_eq_c(type, "ask")) {
        sense = take_question(r, head, body, true);
    } else if (str_eq_c(type, "tell")) {
        sense = take_question(r, head, body, false);
    } else if (str_eq_c(type, "hello")) {
        sense = take_hello(r, head);
    } else if (str_eq_c(type, "loaded")) {
        sense = take_loaded(r, head, body);
    } else if (str_eq_c(type, "created")) {
        sense = take_created(r);
    } else if (str_eq_c(type, "refused")) {
        sense = take_refused(r, body);
    }
    if (!sense) {
        cell_kill(&r->cell, "sent a message that made no sense");
    }
}

static void
on_gone(struct cell *cell, const char *why)
{
    struct room *r = room_of(cell);
    char words[ERR_MESSAGE_MAX + 40];
    (void)snprintf(words, sizeof(words), "%s%s",
                   r->refused ? "could not load its file again: " : "", why);
    r->ops->gone(r, words);
}

/* ---- From start to end ------------------------------------------------------------------------*/

int
room_new(const struct child_parts *parts, const struct room_ops *ops, void *owner,
         struct room **ret, struct err *err)
{
    static const struct cell_ops cell_ops = {.message = on_message, .gone = on_gone};
    struct room *r = mem_zero(1, sizeof(*r));
    if (!r) {
        return err_nomem(err);
    }
    r->ops = ops;
    r->parts = parts;
    r->owner = owner;
    r->due_ms = now_ms() + CHILD_LOAD_MS;
    int result = cell_init(&r->cell, parts->loop, parts->cage->program, &cell_ops, err);
    if (result < 0) {
        room_free(r);
        return result;
    }
    say_hello(r);
    *ret = r;
    return 0;
}

void
room_free(struct room *r)
{
    if (r) {
        cell_done(&r->cell);
        mem_free(r);
    }
}
