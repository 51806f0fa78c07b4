/* fence: a word to put around text from outside, so that a model can tell where it ends.
 *
 * The word is random and made when the text is there already: nobody could have put it into the
 * text, and it is looked for in it, too. What stands between two lines of it cannot close the fence
 * and speak outside it. [any] */
#ifndef BASE_FENCE_H
#define BASE_FENCE_H

#include <stdbool.h>

#include "base/str.h"

enum { FENCE_TEXT = 33 }; /* with its NUL */

/* A word that is not in TEXT. False: the system has no randomness to give. */
bool fence_make(struct str text, char out[FENCE_TEXT]);

#endif
