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

static void
take_answer(struct serve *s, const struct js *head)
{
    struct served *c = find(s, js_get_int(head, "id", 0));
    if (c) {
        c->answer = js_get_int(head, "value", 0);
        c->answered = true;
        (void)pthread_cond_broadcast(&s->news);
    }
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
        }
    } else if (str_eq_c(type, "answer")) {
        take_answer(s, head);
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

int64_t
serve_ask(struct served *c, struct saying *question, struct str body)
{
    struct serve *s = c->serve;
    (void)pthread_mutex_lock(&s->lock);
    c->answered = false;
    (void)pthread_mutex_unlock(&s->lock);
    link_say(s->link, question, body);
    (void)pthread_mutex_lock(&s->lock);
    while (!c->answered) {
        attend(s);
        wake_one(s);
    }
    int64_t answer = c->answer;
    (void)pthread_mutex_unlock(&s->lock);
    return answer;
}
