/* Who owns the live conversations: another process may take one over while its turn runs here.
 * After any commit to the desk one read looks at all of them; a turn whose epoch moved is
 * interrupted, which withdraws what it showed. The commit of its reply would find out by itself;
 * this only makes it soon. */
#include "base/log.h"
#include "turn/turn_impl.h"

/* One look at a time when the engine ends while a read is under way. */
enum { STEP_MS = 20 };

struct ownership_check {
    struct engine *engine;
    struct arena arena;
    struct store_request request;
    size_t count;
    struct ownership {
        struct str conversation;
        int64_t epoch; /* 0: it is gone */
    } * seen;
};

static void
check_free(struct ownership_check *check)
{
    arena_done(&check->arena);
    mem_free(check);
}

/* [store thread] */
static int
look(struct store_tx *tx, void *arg, struct err *err)
{
    struct ownership_check *check = arg;
    for (size_t i = 0; i < check->count; i++) {
        struct conversation_row row;
        struct ownership *o = &check->seen[i];
        int result = store_conversation_get(tx, o->conversation, &check->arena, &row, err);
        if (result < 0) {
            return result;
        }
        o->epoch = result == 0 ? row.epoch : 0;
    }
    return 0;
}

static void
take(struct engine *e, const struct ownership *o)
{
    struct conversation *c = conversation_find(&e->conversations, o->conversation);
    if (!c || o->epoch <= c->epoch) {
        return;
    }
    c->epoch = o->epoch;
    if (c->running && c->running->row.id.len && c->running->row.epoch != o->epoch) {
        turn_interrupt(c->running, INTERRUPT_TAKEN_OVER);
    }
}

static void start_check(struct engine *e);

static void
on_looked(void *arg, int result, const struct err *err)
{
    struct ownership_check *check = arg;
    struct engine *e = check->engine;
    e->check = NULL;
    if (result < 0) {
        log_err(LOG_WARN, "turn", STR(""), err);
    }
    for (size_t i = 0; result == 0 && i < check->count; i++) {
        take(e, &check->seen[i]);
    }
    if (e->check_again) {
        e->check_again = false;
        start_check(e);
    }
    check_free(check);
}

static bool
list_conversations(struct ownership_check *check, const struct conversation_table *table)
{
    check->seen = arena_zero(&check->arena, table->count, sizeof(*check->seen));
    for (size_t b = 0; check->seen && b < table->bucket_count; b++) {
        for (const struct conversation *c = table->buckets[b]; c; c = c->next) {
            /* A conversation that rests is looked at when its next turn opens. */
            if (c->running) {
                check->seen[check->count++].conversation = arena_str(&check->arena, str_c(c->id));
            }
        }
    }
    return check->seen != NULL;
}

static void
start_check(struct engine *e)
{
    struct ownership_check *check = mem_zero(1, sizeof(*check));
    if (!check) {
        return; /* the commit finds out */
    }
    if (!list_conversations(check, &e->conversations) || check->count == 0) {
        check_free(check);
        return;
    }
    check->engine = e;
    check->request = (struct store_request){.body = look, .done = on_looked, .arg = check};
    e->check = check;
    store_read(e->parts.store, &check->request);
}

static void
on_change(struct store_watch *watch)
{
    struct engine *e = OWNER_OF(watch, struct engine, watch);
    if (e->check) {
        e->check_again = true;
    } else {
        start_check(e);
    }
}

int
ownership_watch_start(struct engine *e, struct err *err)
{
    if (e->watching) {
        return 0;
    }
    int result = store_watch_start(e->parts.store, &e->watch, on_change, err);
    e->watching = result == 0;
    return result;
}

void
ownership_watch_stop(struct engine *e)
{
    if (e->watching) {
        store_watch_stop(&e->watch);
        e->watching = false;
    }
    e->check_again = false;
}

void
ownership_drain(struct engine *e)
{
    struct err err = {0};
    ownership_watch_stop(e);
    while (e->check && loop_step(e->parts.loop, STEP_MS, &err) == 0) {
    }
}
