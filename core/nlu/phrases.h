/* phrases: the tables the rules run on. Only for this folder.
 *
 * A phrase is words in small letters, contractions opened, each standing for all of its forms
 * ("work": works, worked, working). In it
 *     a|b   either word
 *     _     up to three words of the same sentence, or none
 *     ^     in front: only where a clause opens
 *     $     behind: only at the end of the message
 */
#ifndef NLU_PHRASES_H
#define NLU_PHRASES_H

#include <stddef.h>

#include "nlu/nlu.h"

struct nlu_phrase {
    const char *words;
    enum nlu_intent intent;
    int weight; /* below zero: speaks against */
};
extern const struct nlu_phrase nlu_phrases[];
extern const size_t nlu_phrase_count;

/* Words that stand for others: short forms, slang, emoji. */
struct nlu_alias {
    const char *from;
    const char *to;
};
extern const struct nlu_alias nlu_aliases[];
extern const size_t nlu_alias_count;

struct nlu_tone {
    const char *words;
    int weight;
};
/* 1 annoyed, 3 angry; they add up. Below zero: harmless after all ("a stupid question"). */
extern const struct nlu_tone nlu_moods[];
extern const size_t nlu_mood_count;
/* enum nlu_urgency; below zero: takes it out of its words ("smoke alarm", "no rush"). */
extern const struct nlu_tone nlu_urgencies[];
extern const size_t nlu_urgency_count;

/* Lists: words separated by spaces. */
extern const char nlu_noise[];      /* say nothing about what is searched */
extern const char nlu_greetings[];  /* may open a message without meaning */
extern const char nlu_courtesies[]; /* may close one */
extern const char nlu_currencies[];
extern const char nlu_units[];       /* a number before one of these is no price */
extern const char nlu_limits[];      /* "under", "below": a price comes */
extern const char nlu_told_prices[]; /* a price behind one of these is told, not asked for */
extern const char nlu_behind_head[]; /* end the noun that is wanted: "camera for ..." */
extern const char nlu_thing_ends[];  /* what follows the thing in "my thing won't ..." */
extern const char nlu_not_things[];  /* "my phone", "my wife": never the product in trouble */
extern const char nlu_spelt[];       /* right words that look like a key word mistyped */

#endif
