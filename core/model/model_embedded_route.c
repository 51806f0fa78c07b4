/* Who answers: what must not wait first, then what goes on from the last answer, then the message
 * by itself. */
#include "model/model.h"
#include "model/model_embedded.h"

static void
say_hello(struct talk *t)
{
    if (t->last == SAID_HELLO) {
        say_either(t, "Hello again! ", "Hello, I am still here. ");
        say_mark(t, SAID_HELLO);
        return;
    }
    say(t, "Hello! ");
    say(t, "I am this shop's built-in assistant, an automated one. I can find products for you, "
           "go through the steps when something does not work, and help with orders and returns");
    say(t, talk_offers(t, TOOL_HUMAN) ? ", or bring in a human colleague. " : ". ");
    say_mark(t, SAID_HELLO);
}

static void
say_unknown(struct talk *t)
{
    if (t->last == SAID_UNKNOWN) {
        say(t, "I am sorry, I still do not understand. I am an automated assistant and know "
               "products, fixes and orders. ");
        say_offer(t);
        return;
    }
    say(t, "I am sorry, I did not understand that. I can find products, help when something does "
           "not work, and help with orders and returns. ");
    say_mark(t, SAID_UNKNOWN);
}

static void
say_regret(struct talk *t)
{
    say_either(t, "I am sorry that this was not what you expected of us. ",
               "I am sorry, this should have gone better. ");
    say_offer(t);
}

static void
say_welcome(struct talk *t)
{
    say_either(t, "You are welcome. ", "Any time. ");
    say_mark(t, SAID_WELCOME);
}

static void
say_bye(struct talk *t)
{
    say_either(t, "Thank you for writing to us. ", "Goodbye. ");
    say_mark(t, SAID_BYE);
}

static bool
was_annoyed(const struct talk *t)
{
    for (size_t i = t->now; i > 0; i--) {
        const struct message *m = &t->request->messages[i - 1];
        struct str text = m->role == ROLE_USER ? message_text(m, t->arena) : (struct str){0};
        struct nlu_reading before;
        struct err ignored = {0};
        if (text.len > 0) {
            return nlu_read(text, t->arena, &before, &ignored) == 0 && before.mood != NLU_CALM;
        }
    }
    return false;
}

/* A hand-over that must not wait. */
static bool
hand_over_now(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool agrees = r->intent == NLU_YES ||
                  (r->intent == NLU_NEXT && r->query.len == 0 && t->last == SAID_OFFER);
    const char *why = NULL;
    if (r->urgency == NLU_DANGER) {
        why = "The customer may be in danger.";
    } else if (r->mood == NLU_ANGRY) {
        why = "The customer is angry.";
    } else if (r->intent == NLU_HUMAN) {
        why = "The customer asked for a human.";
    } else if (t->offered_human && agrees) {
        why = "The customer took up the offer of a human.";
    } else if (r->mood == NLU_ANNOYED && was_annoyed(t)) {
        why = "The customer is annoyed, and was so before.";
    }
    if (why) {
        ask_human(t, why);
    }
    return why != NULL;
}

static void
answer_yes(struct talk *t)
{
    if (t->reading.scores[NLU_THANKS] > 0 || t->last == SAID_PRODUCT || t->last == SAID_COMPARED) {
        say_welcome(t);
        return;
    }
    say(t, t->last == SAID_HELLO ? "Gladly. " : "Good. ");
    say_mark(t, t->last == SAID_HELLO ? SAID_ASK : SAID_HELLO);
}

static void
answer_no(struct talk *t)
{
    if (t->last == SAID_GLAD || t->last == SAID_HELLO || t->last == SAID_WELCOME) {
        say_bye(t);
        return;
    }
    if (t->last == SAID_NOTHING || t->last == SAID_OTHER) {
        /* "It still doesn't work", and nothing before it. */
        say(t, "I am sorry to hear that. ");
        say_mark(t, SAID_DETAIL);
        return;
    }
    say(t, "All right. ");
    say_mark(t, SAID_WELCOME);
}

/* Not understood, but there are words in it that a search can use: it may know more. */
static bool
try_search(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool silent = r->intent == NLU_UNKNOWN || r->intent == NLU_GREETING || r->intent == NLU_NEXT;
    bool words = str_find_char(r->query, ' ', 0) != SIZE_MAX || r->details;
    if (!silent || !words || r->query.len == 0 || t->walk.active || !talk_offers(t, TOOL_SEARCH) ||
        r->mood != NLU_CALM) {
        return false;
    }
    shop_question(t);
    return true;
}

/* The message by itself. */
static void
answer_intent(struct talk *t)
{
    if (try_search(t)) {
        return;
    }
    switch (t->reading.intent) {
    case NLU_GREETING:
        say_hello(t);
        return;
    case NLU_THANKS:
        say_welcome(t);
        return;
    case NLU_GOODBYE:
        say_bye(t);
        return;
    case NLU_PRODUCT:
        shop_question(t);
        return;
    case NLU_TROUBLE:
    case NLU_ORDER:
        help_trouble(t);
        return;
    case NLU_COMPLAINT:
        say_regret(t);
        return;
    case NLU_YES:
        answer_yes(t);
        return;
    case NLU_NO:
        answer_no(t);
        return;
    case NLU_NEXT:
    case NLU_HUMAN: /* answered before */
    case NLU_UNKNOWN:
    case NLU_INTENT_COUNT:
        say_unknown(t);
        return;
    }
}

/* The hand-over came back: the turn usually ends with it and nobody asks us. */
static void
answer_handed_over(struct talk *t)
{
    if (!t->result.error) {
        say(t, "I have passed this on to a human colleague. ");
    } else if (!refused_say(t, "bringing in a human colleague")) {
        say(t, "I tried to bring in a human colleague, and it did not work just now. Please write "
               "again in a moment. ");
    }
    say_mark(t, SAID_WELCOME);
}

static void
answer_result(struct talk *t)
{
    if (str_eq(t->result.name, TOOL_SEARCH)) {
        shop_found(t);
    } else if (str_eq(t->result.name, TOOL_PRODUCT)) {
        shop_product(t);
    } else if (str_eq(t->result.name, TOOL_LOOKUP)) {
        help_found(t);
    } else if (str_eq(t->result.name, TOOL_HUMAN)) {
        answer_handed_over(t);
    } else {
        say_unknown(t);
    }
}

static void
answer(struct talk *t)
{
    bool first = !t->has_result;
    if (first && hand_over_now(t)) {
        return;
    }
    bool searching =
        !first && !str_eq(t->result.name, TOOL_HUMAN) && !str_eq(t->result.name, TOOL_LOOKUP);
    if (first && (language_answer(t) || limits_answer(t) || help_follow(t) || kinds_follow(t))) {
        return;
    }
    if ((first || searching) && shop_follow(t)) {
        return;
    }
    if (first) {
        answer_intent(t);
    } else {
        answer_result(t);
    }
}

/* Did the customer's newest message bring an image or a document, and any words? */
static bool
brings_media(const struct model_request *request, bool *ret_words)
{
    for (size_t i = request->message_count; i > 0; i--) {
        const struct message *m = &request->messages[i - 1];
        bool results = message_has(m, BLOCK_TOOL_RESULT);
        *ret_words = message_has(m, BLOCK_TEXT);
        if (m->role == ROLE_USER && (!results || *ret_words)) {
            return message_has(m, BLOCK_IMAGE) || message_has(m, BLOCK_DOCUMENT);
        }
    }
    return false;
}

/* A failure would help nobody, and an answer to the words alone would look like one to the
 * picture: it says that it cannot see, then answers what it can. */
static void
admit_blindness(struct talk *t, bool words)
{
    if (!words) {
        buf_clear(&t->out);
        t->tool = (struct str){0};
        say(t, "I am sorry, I cannot look at pictures or files. ");
        say_mark(t, SAID_UNKNOWN);
    } else if (t->tool.len == 0) {
        struct str text = arena_str(t->arena, buf_str(&t->out));
        buf_clear(&t->out);
        say(t, "I cannot look at what you attached, I am sorry: I only read words.\n\n");
        buf_add(&t->out, text);
    }
}

/* Nobody wants to read the same words twice; and a call that was made this turn is not made again,
 * whatever led here. */
static void
settle(struct talk *t)
{
    if ((t->tool.len > 0 && talk_called(t, t->tool, t->input)) ||
        (t->tool.len > 0 && talk_count_calls(t) >= CALLS_MAX)) {
        t->tool = (struct str){0};
        buf_clear(&t->out);
        say(t, "I am sorry, I could not find that out just now. ");
        say_offer(t);
    }
    if (t->tool.len > 0) {
        return;
    }
    struct str text = str_trim(buf_str(&t->out));
    if (text.len > 0 && str_eq(text, str_trim(t->last_text))) {
        struct str again = arena_printf(t->arena, "As I said:\n\n%" STR_FMT, STR_ARG(text));
        buf_clear(&t->out);
        buf_add(&t->out, again);
    }
}

int
assistant_answer(const struct model_request *request, struct arena *arena,
                 struct assistant_reply *ret, struct err *err)
{
    struct talk t;
    *ret = (struct assistant_reply){0};
    int result = talk_read(request, arena, &t, err);
    if (result == 0) {
        bool words = true;
        answer(&t);
        settle(&t);
        if (brings_media(request, &words)) {
            admit_blindness(&t, words);
        }
        result = buf_finish(&t.out, "the assistant's answer", err);
    }
    /* What could not be read for want of memory looks like "nothing found": say neither. */
    if (result == 0 && arena->starved) {
        result = err_nomem(err);
    }
    if (result == 0) {
        ret->tool = t.tool;
        ret->input = t.input;
        ret->text = t.tool.len ? (struct str){0} : arena_str(arena, str_trim(buf_str(&t.out)));
        result = ret->tool.len || ret->text.ptr ? 0 : err_nomem(err);
    }
    buf_done(&t.out);
    return result;
}
