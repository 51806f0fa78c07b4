/* consent: is this a plain yes, or a plain no?
 *
 * Read where something hangs on it that cannot be undone, so it errs to one side: a yes that is not
 * heard is asked for again, one that was never said is not. A message is a yes or a no when it is
 * nothing else: every word of it is in the tables of consent.c, in the twelve languages that our
 * search reads, and none speaks for the other side. What has a question mark, a condition ("yes,
 * but ..."), a doubt ("yes..."), a number, a quotation, a negation beside a yes, or any word that
 * is not known here, is neither. It does not know what was asked: "yes, cancel it" is a yes.
 *
 * Pure, no model, no memory. [any] */
#ifndef NLU_CONSENT_H
#define NLU_CONSENT_H

#include "base/str.h"

enum consent {
    CONSENT_NONE, /* neither, or not plainly */
    CONSENT_YES,
    CONSENT_NO,
};

/* Any bytes are fine. */
enum consent consent_read(struct str text);

#endif
