/* The table of a turn's states, and the only function that moves between them. */
#include "base/must.h"
#include "turn/turn_impl.h"

#define BIT(state) (1U << (state))

enum {
    /* From any state a turn works in. */
    ENDS = BIT(TURN_FAILED) | BIT(TURN_CANCELED) | BIT(TURN_HANDED_OVER),
};

struct state_def {
    void (*enter)(struct turn *t);
    unsigned next; /* where it may go */
};

static const struct state_def states[TURN_STATE_COUNT] = {
    [TURN_QUEUED] = {NULL, BIT(TURN_RECEIVED) | BIT(TURN_CANCELED)},
    [TURN_RECEIVED] = {turn_enter_received, BIT(TURN_ANSWERS) | BIT(TURN_KNOWLEDGE) |
                                                BIT(TURN_CONTEXT) | BIT(TURN_DONE) |
                                                BIT(TURN_REPLY) | ENDS},
    [TURN_ANSWERS] = {turn_enter_answers,
                      BIT(TURN_KNOWLEDGE) | BIT(TURN_CONTEXT) | BIT(TURN_REPLY) | ENDS},
    [TURN_KNOWLEDGE] = {turn_enter_knowledge, BIT(TURN_CONTEXT) | BIT(TURN_REPLY) | ENDS},
    [TURN_CONTEXT] = {turn_enter_context, BIT(TURN_MODEL) | BIT(TURN_REPLY) | ENDS},
    [TURN_MODEL] = {turn_enter_model, BIT(TURN_MODEL) | BIT(TURN_TOOLS) | BIT(TURN_REPLY) | ENDS},
    [TURN_TOOLS] = {turn_enter_tools, BIT(TURN_MODEL) | BIT(TURN_REPLY) | ENDS},
    [TURN_REPLY] = {turn_enter_reply, BIT(TURN_SAVED) | BIT(TURN_FAILED)},
    [TURN_SAVED] = {turn_enter_saved, BIT(TURN_DONE)},
    [TURN_DONE] = {turn_enter_done, 0},
    [TURN_FAILED] = {turn_enter_failed, BIT(TURN_DONE)},
    [TURN_CANCELED] = {turn_enter_canceled, BIT(TURN_DONE)},
    [TURN_HANDED_OVER] = {turn_enter_handed_over, BIT(TURN_DONE) | BIT(TURN_FAILED)},
};

void
turn_go(struct turn *t, enum turn_state next)
{
    next = turn_limited(t, next);
    must(states[t->state].next & BIT(next));
    t->state = next;
    states[next].enter(t);
}

/* From REPLY on the end is being committed: it is too late for anything but a failure. */
static bool
is_ending(const struct turn *t)
{
    return t->state >= TURN_REPLY;
}

bool
turn_settle(struct turn *t)
{
    if (t->failed) {
        if (t->writes == 0 && t->state <= TURN_REPLY) {
            turn_go(t, TURN_FAILED);
        }
        return true;
    }
    if (t->interrupt == INTERRUPT_NONE) {
        return false;
    }
    if (t->writes > 0 || is_ending(t)) {
        return true;
    }
    loop_timer_stop(&t->busy_timer);
    if (t->interrupt == INTERRUPT_TIME && t->row.id.len) {
        turn_set_limit(t, "it took longer than I am allowed to take");
        turn_go(t, TURN_REPLY);
    } else if (t->interrupt == INTERRUPT_TAKEN_OVER) {
        turn_go(t, TURN_HANDED_OVER);
    } else {
        turn_go(t, TURN_CANCELED);
    }
    return true;
}

static void
on_interrupt(struct loop_task *task)
{
    struct turn *t = OWNER_OF(task, struct turn, interrupting);
    t->interrupt_posted = false;
    if (t->over) {
        engine_turn_done(t->engine, t);
        return;
    }
    if (!is_ending(t)) {
        turn_stop_model(t);
        turn_stop_calls(t);
        (void)turn_settle(t);
    }
}

void
turn_interrupt(struct turn *t, enum interrupt kind)
{
    if (t->interrupt != INTERRUPT_NONE || is_ending(t)) {
        return;
    }
    t->interrupt = kind;
    t->interrupt_posted = true;
    t->interrupting.fn = on_interrupt;
    loop_post(t->engine->parts.loop, &t->interrupting);
}

void
turn_fail(struct turn *t, const struct err *err)
{
    if (!t->failed) {
        t->failure = *err;
        t->failed = true;
    }
    turn_stop_model(t);
    turn_stop_calls(t);
    (void)turn_settle(t);
}
