/* Articles: which one fits, asked about where that is in doubt, and plainly none where none does.
 */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

/* Below this the tool is not sure what it found: better ask than send somebody the wrong way. */
#define SURE 0.45
/* What a remark within steps must fit another article to change over to it. */
#define SURE_TO_SWITCH 0.6

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
        return steps_follow(t);
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
    if (t->reading.intent == NLU_ORDER) {
        say_either(t, "I found no article about that, and I cannot look into orders myself. ",
                   "About that I have no article either, and orders I cannot see. ");
        say_offer(t);
    } else if (t->last == SAID_DETAIL || t->last == SAID_CHOICE) {
        say_either(t, "I still found no article that fits, I am sorry. ",
                   "None of my articles fits that, I am sorry. ");
        say_offer(t);
    } else {
        say_either(t, "I found no article that fits yet. ",
                   "For that I have found no article yet. ");
        say_mark(t, SAID_DETAIL);
    }
}

static void
say_choice(struct talk *t, const struct fact_article *a)
{
    if (t->reading.intent == NLU_ORDER) {
        limits_say_hands_off(t);
    }
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

/* Is another title about what was said, and A's is not? Then A is too likely the wrong one. */
static bool
is_doubtful(const struct talk *t, const struct fact_article *a)
{
    struct str query = t->reading.query;
    if (a->confidence >= SURE_TO_SWITCH || shop_overlap(a->title, query) > 0) {
        return false;
    }
    for (size_t i = 0; i < a->alternative_count; i++) {
        if (shop_overlap(a->alternatives[i], query) > 0) {
            return true;
        }
    }
    return false;
}

/* Did the steps that did not help send us to A? */
static bool
is_sent_to(const struct talk *t, const struct fact_article *a)
{
    const struct fact_article *walked = &t->walk.article;
    for (size_t i = 0; t->walk.active && t->walk.has_article && i < walked->next_count; i++) {
        if (a->id.len > 0 && str_eq(walked->next[i], a->id)) {
            return true;
        }
    }
    return false;
}

void
help_found(struct talk *t)
{
    struct fact_article article;
    if (t->result.error) {
        if (!refused_say(t, "looking up help")) {
            say(t, "I am sorry, looking up help did not work just now. ");
        }
        say_offer(t);
        return;
    }
    bool found = fact_read_article(t->result.content, t->arena, &article);
    if (found && is_sent_to(t, &article)) {
        steps_begin(t, &article);
        return;
    }
    bool may_ask = article.alternative_count > 0 && t->last != SAID_CHOICE;
    if (!found && t->walk.active) {
        steps_say_unsure(t);
    } else if (!found && may_ask) {
        say_choice(t, &article);
    } else if (!found) {
        say_not_found(t);
    } else if (is_walked(t, &article)) {
        /* The same trouble told again: the step did not help. */
        steps_next(t, true);
    } else if (t->walk.active && article.confidence < SURE_TO_SWITCH) {
        steps_say_unsure(t);
    } else if (may_ask && (article.confidence < SURE || is_doubtful(t, &article))) {
        say_choice(t, &article);
    } else {
        bool own = t->reading.intent == NLU_ORDER || (t->reading.cues & NLU_CUE_ACCOUNT);
        if (own && !t->walk.active) {
            limits_say_hands_off(t);
        }
        steps_begin(t, &article);
    }
}
