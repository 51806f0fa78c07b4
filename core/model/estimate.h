/* estimate: how many tokens a text or a request will be, before anybody who knows is asked.
 *
 * Tokens are counted by what a text is made of: words and their length, digits, marks, accents,
 * letters of other alphabets. The constants were fitted (see estimate.c); models' own tokenizers
 * differ from them and from each other, mostly by a factor that is the model's own. That factor is
 * learned from what each answer's usage says. Cheap: one pass, nothing allocated for texts.
 *
 * Good to some percent for what a conversation is made of, not for a single word. Pure, [any]. */
#ifndef MODEL_ESTIMATE_H
#define MODEL_ESTIMATE_H

#include <stdint.h>

#include "base/str.h"

struct model_request;

int64_t estimate_text(struct str text);
/* The whole prompt: system, messages, tools, and what lies between them. Images and documents that
 * are no text count by rules of thumb. */
int64_t estimate_request(const struct model_request *r);

/* What one model's tokens are to ours; {0}: nothing is known yet, they are taken for the same.
 * What is learned is bounded, so that one answer with nonsense for usage does little harm. */
struct estimate_factor {
    double factor;
    uint32_t seen; /* answers it was learned from */
};

/* ESTIMATED as F corrects it; at least 1 where ESTIMATED is. */
int64_t estimate_corrected(const struct estimate_factor *f, int64_t estimated);
/* An answer's usage: ESTIMATED, before correction, was really ACTUAL. Ignored where either is too
 * small to tell anything, or 0 for "the server does not say". */
void estimate_learn(struct estimate_factor *f, int64_t estimated, int64_t actual);

#endif
