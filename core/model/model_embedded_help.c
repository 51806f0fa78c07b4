/* Articles: one step at a time, and a human before the customer has to ask twice. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

enum { FAILURES_MAX = 2 }; /* steps that did not help, until a person takes over */

/* Below this the tool is not sure what it found: better ask than send somebody the wrong way. */
#define SURE 0.45
/* A share of "no" in a message from which on it says that the last step did not help. */
#define MEANS_NO 0.2
/* What a remark within steps must fit another article to change over to it. */
#define SURE_TO_SWITCH 0.6

static void
say_found(struct talk *t, const struct fact_article *a)
{
    buf_printf(&t->out, "I have steps for this: **%" STR_FMT "**. Let us take them one by one.\n\n",
               STR_ARG(a->title));
    if (a->call_human_when.len > 0) {
        buf_printf(&t->out, "When a human should take over: %" STR_FMT "\n\n",
                   STR_ARG(a->call_human_when));
    }
    say_step(t, a, 1);
}

/* The step after the last one. FAILED: that one did not help. */
static void
next_step(struct talk *t, bool failed)
{
    struct walk *w = &t->walk;
    size_t failures = w->failures + failed;
    bool last = w->step >= w->count;
    if (!w->has_article) {
        say(t, "I am sorry, I no longer have the steps at hand. ");
        say_offer(t);
        return;
    }
    if (failed && (failures >= FAILURES_MAX || last) && talk_offers(t, TOOL_HUMAN)) {
        ask_human(t, last ? "All steps were tried without success."
                          : "Two steps did not help.",
                  "medium");
        return;
    }
    if (last) {
        say(t, "That was the last step I have. If it still does not work, somebody else should "
               "look at it. ");
        say_offer(t);
        return;
    }
    if (failed) {
        buf_add(&t->out, say_sorry);
        say(t, " Let us try the next one.\n\n");
    } else {
        say(t, "Good. Then the next one.\n\n");
    }
    say_step(t, &w->article, w->step + 1);
}

static void
say_glad(struct talk *t)
{
    say(t, "Glad to hear that. ");
    say_mark(t, SAID_GLAD);
}

static void
say_unsure(struct talk *t)
{
    if (t->last == SAID_UNSURE) {
        say(t, "I still did not understand that, I am sorry. ");
        say_offer(t);
        return;
    }
    say(t, "I did not understand that. ");
    say_mark(t, SAID_UNSURE);
}

/* What a message means to somebody who was asked whether a step helped. */
static bool
follow_walk(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    switch (r->intent) {
    case NLU_YES:
        say_glad(t);
        return true;
    case NLU_NO:
        next_step(t, true);
        return true;
    case NLU_NEXT:
        next_step(t, false);
        return true;
    case NLU_THANKS:
        say(t, "You are welcome. ");
        say_mark(t, SAID_UNSURE);
        return true;
    case NLU_TROUBLE:
        if (r->scores[NLU_NO] >= MEANS_NO) {
            next_step(t, true);
            return true;
        }
        return false;
    case NLU_PRODUCT:
        if (r->confidence >= 0.5) {
            return false;
        }
        say_unsure(t);
        return true;
    case NLU_UNKNOWN:
        say_unsure(t);
        return true;
    default:
        return false;
    }
}

/* One of the titles offered. "Neither" is an answer, too. */
static bool
follow_choice(struct talk *t)
{
    size_t pick = talk_pick_ordinal(t);
    if (pick == SIZE_MAX) {
        pick = talk_pick_name(t->shown, t->shown_count, t->reading.query);
    }
    if (pick != SIZE_MAX && talk_offers(t, TOOL_LOOKUP)) {
        ask_lookup(t, t->shown[pick], (struct str){0});
        return true;
    }
    if (t->reading.intent == NLU_NO) {
        say(t, "Then I have no article that fits. ");
        say_offer(t);
        return true;
    }
    return false;
}

/* More about what no article was found for: both together are looked up. */
static bool
follow_detail(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool tells = r->intent == NLU_TROUBLE || r->intent == NLU_UNKNOWN || r->intent == NLU_NO ||
                 (r->intent == NLU_PRODUCT && r->confidence < 0.5);
    struct talk_result before;
    struct js *input = NULL;
    struct err ignored = {0};
    if (!tells || r->issue.len == 0 || !talk_offers(t, TOOL_LOOKUP)) {
        return false;
    }
    struct str issue = r->issue;
    if (talk_find(t, TOOL_LOOKUP, 0, t->now, &before) &&
        js_parse_object(before.input, "input", t->arena, &input, &ignored) == 0) {
        issue = arena_printf(t->arena, "%" STR_FMT ". %" STR_FMT,
                             STR_ARG(js_get_text(input, "issue")), STR_ARG(r->issue));
    }
    ask_lookup(t, issue, r->thing);
    return true;
}

bool
help_follow(struct talk *t)
{
    if (t->walk.active) {
        return follow_walk(t);
    }
    if (t->last == SAID_CHOICE) {
        return follow_choice(t);
    }
    return t->last == SAID_DETAIL && follow_detail(t);
}

void
help_trouble(struct talk *t)
{
    if (!talk_offers(t, TOOL_LOOKUP)) {
        say(t, "I am sorry to hear that. I cannot look up help for this from here. ");
        say_offer(t);
        return;
    }
    struct str issue = t->reading.issue.len ? t->reading.issue : t->text;
    bool trouble = t->reading.intent == NLU_TROUBLE;
    ask_lookup(t, issue, trouble ? t->reading.thing : (struct str){0});
}

static void
say_not_found(struct talk *t)
{
    bool order = t->reading.intent == NLU_ORDER;
    if (order) {
        say(t, "I found no article about that, and I cannot look into orders myself. ");
        say_offer(t);
    } else if (t->last == SAID_DETAIL || t->last == SAID_CHOICE) {
        say(t, "I still found no article that fits, I am sorry. ");
        say_offer(t);
    } else {
        say(t, "I found no article that fits yet. ");
        say_mark(t, SAID_DETAIL);
    }
}

static void
say_choice(struct talk *t, const struct fact_article *a)
{
    say(t, "I am not sure which of my articles fits:\n\n");
    size_t number = 1;
    if (a->title.len > 0) {
        buf_printf(&t->out, "%zu. **%" STR_FMT "**\n", number++, STR_ARG(a->title));
    }
    for (size_t i = 0; i < a->alternative_count; i++) {
        buf_printf(&t->out, "%zu. **%" STR_FMT "**\n", number++, STR_ARG(a->alternatives[i]));
    }
    say(t, "\n");
    say_mark(t, SAID_CHOICE);
}

/* Does A describe what is being walked through already? */
static bool
is_walked(const struct talk *t, const struct fact_article *a)
{
    const struct fact_article *walked = &t->walk.article;
    return t->walk.active && t->walk.has_article && str_eq(walked->title, a->title) &&
           walked->step_count == a->step_count;
}

void
help_found(struct talk *t)
{
    struct fact_article article;
    if (t->result.error) {
        say(t, "I am sorry, looking up help did not work just now. ");
        say_offer(t);
        return;
    }
    bool found = fact_read_article(t->result.content, t->arena, &article);
    bool may_ask = article.alternative_count > 0 && t->last != SAID_CHOICE;
    if (!found && t->walk.active) {
        say_unsure(t);
    } else if (!found && may_ask) {
        say_choice(t, &article);
    } else if (!found) {
        say_not_found(t);
    } else if (is_walked(t, &article)) {
        /* The same trouble told again: the step did not help. */
        next_step(t, true);
    } else if (t->walk.active && article.confidence < SURE_TO_SWITCH) {
        say_unsure(t);
    } else if (article.confidence < SURE && may_ask) {
        say_choice(t, &article);
    } else {
        say_found(t, &article);
    }
}
