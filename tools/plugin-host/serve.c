#include "serve.h"

#include <stddef.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/loop.h"

/* ---- Messages ---------------------------------------------------------------------------------*/

static struct served *
find(struct serve *s, int64_t id)
{
    struct served *c = s->all;
    while (c && c->id != id) {
        c = c->later;
    }
    return c;
}

static int ask(struct plugin_call *call, const struct ask_text *text, struct ask_answer *ret);

static void
take_call(struct serve *s, const struct js *head, struct str arguments)
{
    struct err err;
    struct served *c = mem_zero(1, sizeof(*c));
    struct tool_def def = {.name = js_get_text(head, "tool")};
    struct tool_run run = {
        .def = &def,
        .scope = {.call = js_get_text(head, "call"),
                  .conversation = js_get_text(head, "conversation"),
                  .customer = js_get_text(head, "customer"),
                  .turn = js_get_text(head, "turn"),
                  .dry_run = js_get_bool(head, "dry_run", false)},
        .arguments = arguments,
        .deadline_mono_ms = js_get_int(head, "deadline", 0),
    };
    /* Without memory for a call's inputs there is none for its answer. */
    if (!c || plugin_call_init(&c->call, &run, &err) < 0) {
        link_break();
    }
    c->call.ask = ask;
    c->serve = s;
    c->id = js_get_int(head, "id", 0);
    c->later = s->all;
    s->all = c;
    if (s->last) {
        s->last->next = c;
    } else {
        s->first = c;
    }
    s->last = c;
}

/* Into the call's arena, which nobody uses while it asks. */
static void
take_answer(struct serve *s, const struct js *head, struct str body)
{
    struct served *c = find(s, js_get_int(head, "id", 0));
    const struct js *said = js_get_c(head, "a");
    if (!c || !atomic_load(&c->call.asking)) {
        return;
    }
    c->answer = (struct ask_answer){
        .failed = js_get_bool(head, "failed", false),
        .value = js_get_int(head, "value", 0),
        .body = arena_str(&c->call.arena, body),
    };
    if (said) {
        c->answer.head = js_to_arena(said, &c->call.arena);
    }
    if (!c->answer.body.ptr || (said && !c->answer.head.ptr)) {
        c->answer.failed = true;
    }
    c->answered = true;
    (void)pthread_cond_broadcast(&s->news);
}

static void
take_message(struct serve *s, const struct frame *frame)
{
    AUTO(arena) struct arena arena = {0};
    struct err err;
    struct js *head;
    if (js_parse_object(frame->head, "message", &arena, &head, &err) < 0) {
        link_break();
    }
    struct str type = js_get_text(head, "t");
    if (str_eq_c(type, "call")) {
        take_call(s, head, frame->body);
    } else if (str_eq_c(type, "cancel")) {
        struct served *c = find(s, js_get_int(head, "id", 0));
        if (c) {
            plugin_call_kill(&c->call);
            (void)pthread_cond_broadcast(&s->news);
        }
    } else if (str_eq_c(type, "answer")) {
        take_answer(s, head, frame->body);
    } else if (str_eq_c(type, "end")) {
        s->ending = true;
    } else {
        link_break();
    }
}

/* ---- Threads ----------------------------------------------------------------------------------*/

/* With the lock: read what comes, or wait for whoever reads. */
static void
attend(struct serve *s)
{
    struct frame frame;
    if (s->reading) {
        s->idle++;
        (void)pthread_cond_wait(&s->news, &s->lock);
        s->idle--;
        return;
    }
    s->reading = true;
    (void)pthread_mutex_unlock(&s->lock);
    link_fill(s->link);
    (void)pthread_mutex_lock(&s->lock);
    while (link_next(s->link, &frame)) {
        take_message(s, &frame);
    }
    s->reading = false;
}

/* There is something to run or to read, and somebody with nothing to do. */
static void
wake_one(struct serve *s)
{
    if (s->idle > 0 && (!s->reading || s->first)) {
        (void)pthread_cond_signal(&s->news);
    }
}

/* ---- Questions --------------------------------------------------------------------------------*/

static void
open_question(struct saying *s, const char *message, const struct ask_text *text, int64_t id)
{
    link_open(s, message);
    js_put_str(&s->out, "ext", text->ext);
    js_put_int(&s->out, "id", id);
    js_put_raw(&s->out, "q", text->head);
}

/* By the call's own thread. The desk says so when nobody waits for the call any more. */
static int
ask(struct plugin_call *call, const struct ask_text *text, struct ask_answer *ret)
{
    struct served *c = OWNER_OF(call, struct served, call);
    struct serve *s = c->serve;
    struct saying question;
    (void)pthread_mutex_lock(&s->lock);
    c->answered = false;
    (void)pthread_mutex_unlock(&s->lock);
    open_question(&question, "ask", text, c->id);
    link_say(s->link, &question, text->body);
    (void)pthread_mutex_lock(&s->lock);
    while (!c->answered && !atomic_load(&call->dead)) {
        attend(s);
        wake_one(s);
    }
    bool answered = c->answered;
    *ret = c->answer;
    (void)pthread_mutex_unlock(&s->lock);
    return answered ? 0 : ASK_DEAD;
}

void
serve_tell(const struct plugin_code *code, const struct ask_text *text)
{
    const struct serve *s = OWNER_OF((struct plugin_code *)code, struct serve, code);
    struct saying told;
    open_question(&told, "tell", text, 0);
    link_say(s->link, &told, text->body);
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static void
send_done(struct served *c)
{
    const struct plugin_call *call = &c->call;
    struct saying done;
    link_open(&done, "done");
    js_put_int(&done.out, "id", c->id);
    js_put_int(&done.out, "answers", atomic_load(&call->answers));
    if (call->failed) {
        js_put_bool(&done.out, "failed", true);
        js_put_str(&done.out, "code", str_c(call->code));
        js_put_bool(&done.out, "retryable", call->retryable);
    }
    if (call->answer.failed) {
        js_put_bool(&done.out, "nomem", true);
    }
    link_say(c->serve->link, &done, buf_str(&call->answer));
}

static void
forget(struct serve *s, struct served *c)
{
    struct served **at = &s->all;
    while (*at != c) {
        at = &(*at)->later;
    }
    *at = c->later;
    plugin_call_done(&c->call);
    mem_free(c);
}

/* With the lock, which is let go meanwhile. */
static void
run_first(struct serve *s)
{
    struct served *c = s->first;
    s->first = c->next;
    s->last = s->first ? s->last : NULL;
    s->running++;
    wake_one(s);
    (void)pthread_mutex_unlock(&s->lock);
    plugin_instance_call(s->instance, &c->call);
    send_done(c);
    (void)pthread_mutex_lock(&s->lock);
    s->running--;
    forget(s, c);
}

static void *
work(void *arg)
{
    struct serve *s = arg;
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        if (s->first && s->running < s->at_once) {
            run_first(s);
        } else if (s->ending && s->running == 0 && !s->first) {
            plugin_instance_free(s->instance);
            _exit(0);
        } else {
            wake_one(s);
            attend(s);
        }
    }
}

void
serve_run(struct serve *s)
{
    struct frame frame;
    if (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_cond_init(&s->news, NULL) != 0) {
        link_break();
    }
    while (link_next(s->link, &frame)) {
        take_message(s, &frame);
    }
    /* One to listen, besides those that run; with fewer it goes slower. */
    for (unsigned i = 0; i < s->at_once; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, s) == 0) {
            (void)pthread_detach(thread);
        }
    }
    (void)work(s);
    link_break();
}
