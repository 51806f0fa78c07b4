/* Walking an article's steps: forward, back, the same again, round one that cannot be done. Where
 * the steps end without success the article says where to go on, and else a person takes over; so
 * it does as soon as the customer tells what the article names as a person's matter. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

enum { FAILURES_MAX = 2 }; /* steps that did not help, until a person takes over */

/* A share of "no" in a message from which on it says that the last step did not help. */
#define MEANS_NO 0.2
/* The same of "next", where the message ends with it. */
#define MEANS_NEXT 0.3

void
steps_begin(struct talk *t, const struct fact_article *a)
{
    bool on = t->walk.active;
    say(t, on ? "Then let us try these steps: " : "I have steps for this: ");
    buf_printf(&t->out, "**%" STR_FMT "**.", STR_ARG(a->title));
    say(t, on ? "\n\n" : " Let us take them one by one.\n\n");
    if (a->call_human_when.len > 0) {
        buf_printf(&t->out, "When a human should take over: %" STR_FMT "\n\n",
                   STR_ARG(a->call_human_when));
    }
    say_step(t, a, 1);
}

/* Was the article ID looked up in this conversation, or found by a look-up? */
static bool
was_walked(const struct talk *t, struct str id)
{
    struct talk_result r;
    for (size_t before = t->request->message_count; talk_find(t, TOOL_LOOKUP, 0, before, &r);
         before = r.index) {
        struct fact_article a;
        if (fact_read_article(r.content, t->arena, &a) && str_eq(a.id, id)) {
            return true;
        }
    }
    return false;
}

/* Where the article sends those whom it did not help. */
static bool
go_on_elsewhere(struct talk *t)
{
    const struct fact_article *a = &t->walk.article;
    for (size_t i = 0; i < a->next_count; i++) {
        if (!was_walked(t, a->next[i]) && talk_offers(t, TOOL_LOOKUP)) {
            ask_lookup(t, a->next[i], (struct str){0});
            return true;
        }
    }
    return false;
}

static void
end_of_steps(struct talk *t, bool failed)
{
    if (failed && go_on_elsewhere(t)) {
        return;
    }
    if (failed && talk_offers(t, TOOL_HUMAN)) {
        ask_human(t, "All steps were tried without success.");
        return;
    }
    say(t, "That was the last step I have. If it still does not work, somebody else should look "
           "at it. ");
    say_offer(t);
}

static bool
has_steps(struct talk *t)
{
    if (!t->walk.has_article) {
        say(t, "I am sorry, I no longer have the steps at hand. ");
        say_offer(t);
    }
    return t->walk.has_article;
}

void
steps_next(struct talk *t, bool failed)
{
    struct walk *w = &t->walk;
    if (!has_steps(t)) {
        return;
    }
    if (w->step >= w->count) {
        end_of_steps(t, failed);
        return;
    }
    if (failed && w->failures + 1 >= FAILURES_MAX && talk_offers(t, TOOL_HUMAN)) {
        ask_human(t, "Two steps did not help.");
        return;
    }
    if (failed) {
        say_sorry(t);
        say_either(t, " Let us try the next one.\n\n", " Here is the next one.\n\n");
    } else {
        say_either(t, "Good. Then the next one.\n\n", "Fine. On we go.\n\n");
    }
    say_step(t, &w->article, w->step + 1);
}

static void
step_round(struct talk *t)
{
    struct walk *w = &t->walk;
    if (!has_steps(t)) {
        return;
    }
    if (w->step >= w->count) {
        end_of_steps(t, true);
        return;
    }
    say_either(t, "Then we leave that one out. Try this instead.\n\n",
               "No matter, we can go round that one as well.\n\n");
    say_step(t, &w->article, w->step + 1);
}

static void
step_again(struct talk *t, bool back)
{
    struct walk *w = &t->walk;
    if (!has_steps(t)) {
        return;
    }
    bool first = back && w->step <= 1;
    size_t step = back && !first ? w->step - 1 : w->step;
    say(t, first  ? "This is the first one already.\n\n"
           : back ? "Back to the one before.\n\n"
                  : "Once more:\n\n");
    say_step(t, &w->article, step);
}

static void
say_glad(struct talk *t)
{
    say_either(t, "Glad to hear that. ", "That is good news. ");
    say_mark(t, SAID_GLAD);
}

void
steps_say_unsure(struct talk *t)
{
    if (t->last == SAID_UNSURE) {
        say(t, "I still did not understand that, I am sorry. ");
        say_offer(t);
        return;
    }
    say(t, "I did not understand that. ");
    say_mark(t, SAID_UNSURE);
}

/* What was given so far: its words say nothing new. */
static bool
was_given(const struct fact_article *a, size_t steps, struct str word)
{
    bool given = shop_overlap(a->title, word) > 0;
    for (size_t i = 0; i < steps && i < a->step_count; i++) {
        given = given || shop_overlap(a->steps[i], word) > 0;
    }
    return given;
}

/* Does the message tell what the article leaves to a person? Two words of it do, or one that is a
 * bad sign and that no step so far spoke of: "now the light is red". */
static bool
is_for_human(const struct talk *t)
{
    static const char vague[] = "person people time minutes days device same several first second "
                                "other others shows says goes still one two bulbs bulb";
    static const char signs[] = "red smell smells gas smoke burning scorched hot swollen "
                                "leaking leaks water cracked crackles discoloured brown fuse "
                                "stolen police";
    const struct walk *w = &t->walk;
    struct str rest = t->reading.query;
    size_t hits = 0;
    if (!w->has_article || w->article.call_human_when.len == 0) {
        return false;
    }
    for (struct str word; str_split(&rest, ' ', &word);) {
        bool telling = word.len >= SHOP_WORD_MIN && shop_overlap(str_c(vague), word) == 0 &&
                       shop_overlap(w->article.call_human_when, word) > 0;
        bool sign = telling && shop_overlap(str_c(signs), word) > 0 &&
                    !was_given(&w->article, w->step, word);
        hits += sign ? 2 : telling;
    }
    return hits >= 2;
}

static bool
ends_with_next(const struct talk *t)
{
    struct str text = t->reading.issue;
    bool next = str_ends(text, STR("next")) || str_ends(text, STR("Next")) ||
                str_ends(text, STR("next step"));
    return next || t->reading.scores[NLU_NEXT] >= MEANS_NEXT;
}

/* What is told along with the steps, and is neither yes nor no. */
static bool
follow_remark(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    if (is_for_human(t)) {
        ask_human(t, "The customer tells what the article leaves to a person.");
        return true;
    }
    if (r->cues & NLU_CUE_UNABLE) {
        step_round(t);
        return true;
    }
    if (ends_with_next(t)) {
        steps_next(t, false);
        return true;
    }
    if (r->intent == NLU_TROUBLE && r->scores[NLU_NO] >= MEANS_NO) {
        steps_next(t, true);
        return true;
    }
    bool vague = r->intent == NLU_UNKNOWN || (r->intent == NLU_PRODUCT && r->confidence < 0.5);
    if (vague) {
        steps_say_unsure(t);
    }
    return vague;
}

bool
steps_follow(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    if (r->cues & (NLU_CUE_BACK | NLU_CUE_REPEAT)) {
        step_again(t, (r->cues & NLU_CUE_BACK) != 0);
        return true;
    }
    switch (r->intent) {
    case NLU_YES:
        if (ends_with_next(t)) {
            steps_next(t, false);
        } else {
            say_glad(t);
        }
        return true;
    case NLU_NO:
        if (is_for_human(t)) {
            ask_human(t, "The customer tells what the article leaves to a person.");
        } else if (r->cues & NLU_CUE_UNABLE) {
            step_round(t);
        } else if (ends_with_next(t) && r->scores[NLU_NO] < r->scores[NLU_NEXT] * 2) {
            steps_next(t, false);
        } else {
            steps_next(t, true);
        }
        return true;
    case NLU_NEXT:
        steps_next(t, false);
        return true;
    case NLU_THANKS:
        say(t, "You are welcome. ");
        say_mark(t, SAID_UNSURE);
        return true;
    case NLU_TROUBLE:
    case NLU_PRODUCT:
    case NLU_UNKNOWN:
    case NLU_ORDER:
        return follow_remark(t);
    case NLU_GREETING:
    case NLU_GOODBYE:
    case NLU_COMPLAINT:
    case NLU_HUMAN:
    case NLU_INTENT_COUNT:
        break;
    }
    return false;
}
