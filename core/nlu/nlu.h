/* nlu: what a customer's message wants, read offline. English.
 *
 * nlu_read() looks at one message alone: its intent, its mood, how urgent it is, and what a search
 * needs from it. It knows no conversation ("no" is NLU_NO whatever was asked) and no catalogue.
 *
 * Rules and a trained classifier do it together. The rules are tables: phrases.c says which phrase
 * speaks for which intent and how loudly, lexicon.c holds the other word lists; the code only
 * matches. Words are compared by a light stem, contractions are opened ("won't" is "will not"), a
 * key word with a typing error is recognised. The classifier (intent.h, the built-in model) hears
 * what no phrase was written for; ear.c says who is believed when. Mood, urgency, and what a
 * search needs are the rules' alone.
 *
 * Deterministic: the same text gives the same reading. Any text is fine: only its first
 * NLU_WORDS_MAX words count. [any] */
#ifndef NLU_NLU_H
#define NLU_NLU_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "nlu/language.h"

enum {
    /* Enough for a long complaint; a pasted log behind it says nothing about intent. */
    NLU_WORDS_MAX = 256,
    /* What an issue and a query are cut at: tools search by them. */
    NLU_ISSUE_MAX = 300,
    NLU_QUERY_MAX = 200,
};

enum nlu_intent {
    NLU_UNKNOWN,
    NLU_GREETING, /* also "who are you", "what can you do" */
    NLU_THANKS,
    NLU_GOODBYE,
    NLU_PRODUCT,   /* looks for a product, asks about one */
    NLU_TROUBLE,   /* something does not work, or how to do something */
    NLU_ORDER,     /* parcel, return, refund, invoice, payment, warranty */
    NLU_COMPLAINT, /* about the shop, its service, or how one was treated */
    NLU_HUMAN,     /* wants a person */
    NLU_YES,       /* agrees; it helped */
    NLU_NO,        /* declines; it did not help */
    NLU_NEXT,      /* did that, what now; more of it */
    NLU_INTENT_COUNT
};
const char *nlu_intent_name(enum nlu_intent intent);

enum nlu_mood { NLU_CALM, NLU_ANNOYED, NLU_ANGRY };
const char *nlu_mood_name(enum nlu_mood mood);

enum nlu_urgency {
    NLU_NORMAL,
    NLU_HIGH,   /* the customer says that it is urgent */
    NLU_DANGER, /* smoke, fire, sparks, gas, somebody locked out */
};
const char *nlu_urgency_name(enum nlu_urgency urgency);

enum { NLU_LAST = -1 }; /* an ordinal: "the last one" */

/* What a message asks for besides its intent; a reading has a set of them. */
enum nlu_cue {
    NLU_CUE_COMPARE = 1 << 0, /* two things with each other */
    NLU_CUE_FITS = 1 << 1,    /* whether one works with the other */
    NLU_CUE_STOCK = 1 << 2,
    NLU_CUE_PRICE = 1 << 3,
    NLU_CUE_MANY = 1 << 4,  /* speaks of several: "those", "which of them", "both" */
    NLU_CUE_OTHER = 1 << 5, /* "the other one" */
    NLU_CUE_BACK = 1 << 6,  /* to the step before */
    NLU_CUE_REPEAT = 1 << 7,
    NLU_CUE_UNABLE = 1 << 8,   /* "I can't do that" */
    NLU_CUE_ANY = 1 << 9,      /* "doesn't matter", "all of them" */
    NLU_CUE_GENERAL = 1 << 10, /* the weather, a joke, the capital of somewhere */
    NLU_CUE_OPINION = 1 << 11, /* what somebody thinks, and no data says */
    NLU_CUE_ACCOUNT = 1 << 12, /* something done to the customer's account */
    NLU_CUE_BUY = 1 << 13,     /* "I'll take it" */
    NLU_CUE_LOOK_UP = 1 << 14, /* wants us to look into an order or account */
    NLU_CUE_BOTH = 1 << 15,    /* speaks of two */
    NLU_CUE_WHICH = 1 << 16,   /* asks which of several */
    NLU_CUE_WITHOUT = 1 << 17, /* "without a hub" */
    NLU_CUE_WHO = 1 << 18,     /* whom am I talking to? */
    NLU_CUE_DISCOUNT = 1 << 19,
    NLU_CUE_LIKE = 1 << 20, /* "one like that, but ..." */
    NLU_CUE_SELL = 1 << 21, /* "do you sell those?" */
};

struct nlu_reading {
    enum nlu_intent intent;
    double confidence;               /* 0..1 in the intent */
    double scores[NLU_INTENT_COUNT]; /* each one's share of what phrases said, 0..1 */
    enum nlu_mood mood;
    enum nlu_urgency urgency;
    enum nlu_language language; /* what else is read here is English */
    /* The words to search a catalogue for, as typed: greetings, politeness, question words and
     * prices left out. May be empty. */
    struct str query;
    struct str head; /* of the query what is wanted: "camera" in "camera for the garden" */
    /* The message as one line, without greeting and thanks at its ends. */
    struct str issue;
    /* What "my ..." names ("hub" in "my hub won't pair"); empty when nothing is. */
    struct str thing;
    double max_price; /* "under 20 euros"; 0: none was named */
    double min_price; /* "over 20 euros", "between 20 and 50" */
    bool cheap;       /* low price matters: "cheap", "cheapest" */
    bool cheaper;     /* "something cheaper": below what was shown */
    bool refers;      /* to something said before: "it", "that one" */
    bool details;     /* opens like what is added to a wish: "for the garden", "without a hub" */
    bool fresh;       /* asks for any of a kind: "a camera", "do you have plugs" */
    int ordinal;      /* "the second one": 2; NLU_LAST; 0: none */
    int ordinal_too;  /* the other one of two: "the first and the third" */
    unsigned cues;    /* of enum nlu_cue */
    /* The two sides of a comparison, or of "does LEFT work with RIGHT", as typed; empty where a
     * pronoun stands or nothing. */
    struct str left;
    struct str right;
};

/* Read TEXT. Views in *RET are borrowed from ARENA. ERR_NOMEM. */
int nlu_read(struct str text, struct arena *arena, struct nlu_reading *ret,
             struct err *err) WARN_UNUSED;
/* The same, with a shop's own INTENTS as the classifier; NULL: the built-in one. Where they have no
 * label for TEXT, or one that is no intent's name, the built-in one is asked all the same. */
struct intent_model;
int nlu_read_with(const struct intent_model *intents, struct str text, struct arena *arena,
                  struct nlu_reading *ret, struct err *err) WARN_UNUSED;

#endif
