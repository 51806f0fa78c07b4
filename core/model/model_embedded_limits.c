/* What the assistant cannot do, said plainly: orders and accounts are out of its reach, opinions
 * and general knowledge out of its line. A person is offered with it. */
#include "model/model_embedded.h"

void
limits_say_hands_off(struct talk *t)
{
    say_either(t,
               "I cannot look into orders or accounts myself, nor change them; but I know how it "
               "is done.\n\n",
               "That order or account I cannot open from here. What I have is this.\n\n");
}

static void
say_general(struct talk *t)
{
    say_either(t,
               "I cannot answer that: I only know this shop's products, its steps when something "
               "does not work, and how orders and returns go. ",
               "That is not something I can answer. I know this shop's products and how to mend "
               "what does not work. ");
    say_mark(t, SAID_HELLO);
}

static void
say_no_opinion(struct talk *t)
{
    say_either(t, "I have no opinion of my own: I can only tell you what the catalogue says. ",
               "I cannot judge that, I only have the data of each product. ");
    if (t->mind_count > 0) {
        say(t, "Ask me for the details of one, or to compare two of them. ");
        say_mark(t, SAID_PRODUCT);
        return;
    }
    say_offer(t);
}

bool
limits_answer(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool shop = r->intent == NLU_TROUBLE || r->intent == NLU_ORDER || r->intent == NLU_HUMAN;
    if ((r->cues & NLU_CUE_GENERAL) && !shop) {
        say_general(t);
        return true;
    }
    if (r->cues & NLU_CUE_WHO) {
        say_either(t, "I am this shop's built-in assistant, an automated one and no person. ",
                   "No person, no: an automated assistant, built into this shop's desk. ");
        say_mark(t, SAID_HELLO);
        return true;
    }
    if ((r->cues & NLU_CUE_DISCOUNT) && r->intent != NLU_HUMAN) {
        say_either(t, "I cannot give discounts or change prices, and I know of none. ",
                   "Prices I cannot change, I am sorry. ");
        say_offer(t);
        return true;
    }
    bool names_one = r->query.len > 0 && r->intent == NLU_PRODUCT;
    if ((r->cues & NLU_CUE_OPINION) && !shop && !names_one &&
        !(r->cues & (NLU_CUE_FITS | NLU_CUE_COMPARE))) {
        say_no_opinion(t);
        return true;
    }
    if (r->cues & NLU_CUE_LOOK_UP) {
        say_either(t, "I cannot look into orders, parcels or accounts myself, I am sorry. ",
                   "No, orders and parcels I cannot see from here. ");
        say_offer(t);
        return true;
    }
    if ((r->cues & NLU_CUE_BUY) && !shop && t->mind_count == 0 && r->query.len == 0) {
        say(t, "I cannot take orders myself. I can find products for you and say what they cost. ");
        say_mark(t, SAID_ASK);
        return true;
    }
    return false;
}
