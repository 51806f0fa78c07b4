/* What the customer's words say to the desk, whatever model answers them. */
#include "nlu/intent.h"
#include "nlu/nlu.h"
#include "turn/turn_impl.h"

enum {
    HEARD_MAX = 3, /* danger that was told some messages ago is still danger */
};

/* Labels that open, close or steer a talk: what it is about comes before or behind them. */
static bool
is_topic(struct str label)
{
    static const enum nlu_intent manners[] = {NLU_GREETING, NLU_THANKS, NLU_GOODBYE,
                                              NLU_YES,      NLU_NO,     NLU_NEXT};
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        if (str_eq_c(label, nlu_intent_name(manners[i]))) {
            return false;
        }
    }
    return true;
}

int
turn_hear_topic(const struct intent_model *intents, struct str text, struct arena *arena,
                struct str *ret, struct err *err)
{
    struct intent_answer answer;
    if (text.len == 0) {
        *ret = STR("");
        return 0;
    }
    int result = intents ? intent_predict(intents, text, 1, arena, &answer, err)
                         : intent_predict_builtin(text, 1, arena, &answer, err);
    if (result == 0) {
        struct str label = answer.guesses[0].label;
        *ret = answer.none ? TOPIC_OTHER : is_topic(label) ? label : STR("");
    }
    return result;
}

/* What TEXT by itself asks for at least; empty: nothing. What cannot be read asks for nothing: a
 * hand-over does not fail for it. */
static struct str
priority_of(struct str text, struct arena *arena)
{
    struct nlu_reading r;
    struct err ignored = {0};
    if (text.len == 0 || nlu_read(text, arena, &r, &ignored) < 0) {
        return STR("");
    }
    if (r.urgency == NLU_DANGER) {
        return STR("urgent");
    }
    if (r.urgency == NLU_HIGH || r.mood == NLU_ANGRY) {
        return STR("high");
    }
    return r.intent == NLU_COMPLAINT ? STR("medium") : STR("");
}

struct str
turn_hear_priority(const struct message *messages, size_t count, struct str text, struct str asked,
                   struct arena *arena)
{
    size_t heard = 0;
    struct str priority = desk_priority_higher(asked, priority_of(text, arena));
    for (size_t i = count; i > 0 && heard < HEARD_MAX; i--) {
        const struct message *m = &messages[i - 1];
        if (m->role == ROLE_USER && !message_has(m, BLOCK_TOOL_RESULT)) {
            priority = desk_priority_higher(priority, priority_of(message_text(m, arena), arena));
            heard++;
        }
    }
    return priority;
}
