/* Every limit of a turn, in one place, checked before each transition. */
#include "base/clock.h"
#include "base/must.h"
#include "prompt/prompt.h"
#include "turn/turn_impl.h"

void
turn_set_limit(struct turn *t, const char *reason)
{
    const struct engine_parts *parts = &t->engine->parts;
    struct err err = {0};
    t->row.outcome = OUTCOME_LIMIT;
    t->row.reason = str_c(reason);
    turn_retract(t);
    int result = prompt_render_with(parts->limit_reached, parts->line_vars, STR("reason"),
                                    t->row.reason, &t->arena, &t->last_text, &err);
    if (result < 0) {
        /* The template was checked at start; what is left is memory. The turn then ends without a
         * sentence, still recorded as what it is. */
        t->last_text = (struct str){0};
    }
}

/* How often each call of the reply in hand was made this turn, itself included. */
static bool
repeats(struct turn *t)
{
    for (size_t i = 0; i < t->call_count; i++) {
        uint64_t hash = str_hash(t->calls[i].name) * 31 + str_hash(t->calls[i].arguments);
        int64_t times = 1;
        for (size_t s = 0; s < t->seen_count; s++) {
            times += t->seen_calls[s] == hash;
        }
        if (times > t->engine->parts.limits.repeats) {
            return true;
        }
        if (mem_grow(t->seen_calls, t->seen_count, t->seen_capacity)) {
            t->seen_calls[t->seen_count++] = hash;
        }
    }
    return false;
}

/* Why NEXT may not be entered; NULL when it may. */
static const char *
limit_reached(struct turn *t, enum turn_state next)
{
    const struct turn_limits *limits = &t->engine->parts.limits;
    int64_t taken = clock_mono_ms(t->engine->parts.clock) - t->started_mono;
    if (next != TURN_MODEL && next != TURN_TOOLS) {
        return NULL;
    }
    if (taken >= limits->time_ms) {
        return "it took longer than I am allowed to take";
    }
    if (next == TURN_TOOLS) {
        if (t->row.tool_calls + (int64_t)t->call_count > limits->tool_calls) {
            return "it needed more look-ups than I am allowed to make";
        }
        return repeats(t) ? "I kept making the same look-up without getting further" : NULL;
    }
    if (t->row.model_calls >= limits->model_calls) {
        return "it needed more steps than I am allowed to take";
    }
    if (t->row.input_tokens + t->row.output_tokens >= limits->tokens) {
        return "it needed more reading and writing than I am allowed to do";
    }
    return NULL;
}

enum turn_state
turn_limited(struct turn *t, enum turn_state next)
{
    const char *reason = limit_reached(t, next);
    if (!reason) {
        return next;
    }
    turn_set_limit(t, reason);
    return TURN_REPLY;
}
