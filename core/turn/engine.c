/* The engine: live conversations, their queues, the watch over who owns them. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "memory/preview.h"
#include "turn/turn_impl.h"

int
engine_new(const struct engine_parts *parts, struct engine **ret, struct err *err)
{
    AUTO(engine) struct engine *e = mem_zero(1, sizeof(*e));
    if (!e) {
        return err_nomem(err);
    }
    e->parts = *parts;
    if (!tool_find(parts->tools, RESULT_TOOL)) {
        e->parts.memory.result_bytes = 0; /* what cannot be read on is seen whole */
    }
    id_gen_init(&e->ids);
    int result = store_process(parts->store, &e->process, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(e);
    return 0;
}

void
engine_free(struct engine *e)
{
    if (!e) {
        return;
    }
    must(e->active == 0);
    ownership_drain(e);
    conversation_table_done(&e->conversations);
    token_book_done(&e->book);
    mem_free(e);
}

size_t
engine_active(const struct engine *e)
{
    return e->active;
}

size_t
engine_conversations(const struct engine *e)
{
    return e->conversations.count;
}

int
engine_attach(struct engine *e, struct str conversation, struct err *err)
{
    struct conversation *c = conversation_get(&e->conversations, conversation);
    if (!c) {
        return err_nomem(err);
    }
    c->attached++;
    return 0;
}

/* ---- Store requests --------------------------------------------------------------------------*/

void
turn_write(struct turn *t, store_body body, store_done done, void *arg)
{
    t->request = (struct store_request){.body = body, .done = done, .arg = arg};
    t->writes++;
    store_write(t->engine->parts.store, &t->request);
}

void
turn_read(struct turn *t, store_body body, store_done done, void *arg)
{
    t->request = (struct store_request){.body = body, .done = done, .arg = arg};
    t->writes++;
    store_read(t->engine->parts.store, &t->request);
}

/* ---- Submit ----------------------------------------------------------------------------------*/

static void
turn_free(struct turn *t)
{
    loop_timer_done(&t->time_limit);
    loop_timer_done(&t->busy_timer);
    buf_done(&t->provisional);
    buf_done(&t->committed);
    mem_free(t->reports);
    mem_free(t->seen_calls);
    mem_free(t->model_rows);
    arena_done(&t->step);
    arena_done(&t->arena);
    mem_free(t);
}

static void
on_time_limit(struct loop_timer *timer)
{
    turn_interrupt(OWNER_OF(timer, struct turn, time_limit), INTERRUPT_TIME);
}

static void
on_busy_timer(struct loop_timer *timer)
{
    struct turn *t = OWNER_OF(timer, struct turn, busy_timer);
    if (!turn_settle(t)) {
        turn_enter_received(t);
    }
}

static void
on_start(struct loop_task *task)
{
    struct turn *t = OWNER_OF(task, struct turn, start);
    t->start_posted = false;
    if (turn_settle(t)) {
        return;
    }
    loop_timer_start(&t->time_limit, t->engine->parts.limits.time_ms);
    turn_go(t, TURN_RECEIVED);
}

static int
new_turn(struct engine *e, const struct turn_input *input, struct turn **ret, struct err *err)
{
    struct turn *t = mem_zero(1, sizeof(*t));
    if (!t) {
        return err_nomem(err);
    }
    t->engine = e;
    buf_init(&t->provisional, LIMIT_REPLY_BYTES);
    buf_init(&t->committed, LIMIT_REPLY_BYTES);
    int result = turn_copy_input(input, e->parts.model, &t->arena, &t->input, err);
    if (result == 0 && (loop_timer_init(&t->time_limit, e->parts.loop, on_time_limit, err) < 0 ||
                        loop_timer_init(&t->busy_timer, e->parts.loop, on_busy_timer, err) < 0)) {
        result = ERR_NOMEM;
    }
    if (result < 0) {
        turn_free(t);
        return result;
    }
    *ret = t;
    return 0;
}

static void
begin(struct turn *t)
{
    t->start.fn = on_start;
    t->start_posted = true;
    loop_post(t->engine->parts.loop, &t->start);
}

/* Into its conversation: at once, or behind the turn that runs there. */
static int
enter_queue(struct engine *e, struct turn *t, struct err *err)
{
    if (t->input.conversation.len == 0) {
        begin(t);
        return 0;
    }
    struct conversation *c = conversation_get(&e->conversations, t->input.conversation);
    if (!c) {
        return err_nomem(err);
    }
    if (!c->running) {
        c->running = t;
        t->conversation = c;
        begin(t);
        return 0;
    }
    if (c->queued >= e->parts.queue_max) {
        return err_set(err, ERR_LIMIT,
                       "conversation %s: %zu messages are waiting already: wait for an answer",
                       c->id, c->queued);
    }
    t->conversation = c;
    t->waited = true;
    if (c->queue_last) {
        c->queue_last->queue_next = t;
    } else {
        c->queue_first = t;
    }
    c->queue_last = t;
    c->queued++;
    return 0;
}

int
engine_submit(struct engine *e, const struct turn_input *input,
              const struct turn_observer *observer, void *arg, uint64_t *ret_id, struct err *err)
{
    struct turn *t = NULL;
    int result = new_turn(e, input, &t, err);
    if (result < 0) {
        return result;
    }
    t->observer = observer;
    t->observer_arg = arg;
    t->started_mono = clock_mono_ms(e->parts.clock);
    result = enter_queue(e, t, err);
    if (result < 0) {
        turn_free(t);
        return result;
    }
    t->id = ++e->next_id;
    t->next = e->turns;
    if (e->turns) {
        e->turns->prev = t;
    }
    e->turns = t;
    e->active++;
    *ret_id = t->id;
    return 0;
}

/* ---- Course ----------------------------------------------------------------------------------*/

void
engine_cancel(struct engine *e, uint64_t id)
{
    for (struct turn *t = e->turns; t; t = t->next) {
        if (t->id == id) {
            turn_interrupt(t, INTERRUPT_CANCEL);
            return;
        }
    }
}

/* A new conversation has its name now; whose it is, is known for all. */
int
engine_turn_opened(struct engine *e, struct turn *t, struct err *err)
{
    if (!t->conversation) {
        t->conversation = conversation_get(&e->conversations, t->open.conversation);
        if (!t->conversation) {
            return err_nomem(err);
        }
        t->conversation->running = t;
    }
    t->conversation->epoch = t->open.epoch;
    return ownership_watch_start(e, err);
}

static void
unqueue(struct conversation *c, struct turn *t)
{
    struct turn **link = &c->queue_first;
    struct turn *before = NULL;
    while (*link && *link != t) {
        before = *link;
        link = &before->queue_next;
    }
    if (*link) {
        *link = t->queue_next;
        c->queued--;
    }
    if (c->queue_last == t) {
        c->queue_last = before;
    }
}

static void
leave_conversation(struct engine *e, struct turn *t)
{
    struct conversation *c = t->conversation;
    t->conversation = NULL;
    if (c->running != t) {
        unqueue(c, t);
    } else {
        struct turn *next = c->queue_first;
        c->running = next;
        if (next) {
            unqueue(c, next);
            /* What it waited does not count against it. */
            next->started_mono = clock_mono_ms(e->parts.clock);
            begin(next);
        }
    }
    conversation_release(&e->conversations, c);
}

void
engine_turn_done(struct engine *e, struct turn *t)
{
    if (t->conversation) {
        leave_conversation(e, t);
    }
    if (t->interrupt_posted) {
        /* The posted task still points here; it calls again. */
        return;
    }
    if (t->start_posted) {
        /* Cancelled while it waited, and ended before it could begin. */
        loop_unpost(e->parts.loop, &t->start);
    }
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        e->turns = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    turn_free(t);
    if (--e->active == 0) {
        ownership_watch_stop(e);
    }
}
