/* language: which language a message is written in, by its letters and its small words.
 *
 * Letters that only one language uses decide at once; of what is left each word counts for the
 * languages whose common words it is among, each ending and group of letters for those it is
 * typical of. Made for a sentence: a word or two, a product's name, a number say nothing, and then
 * the answer is English, the language the rest of this floor reads. Pure, deterministic. [any] */
#ifndef NLU_LANGUAGE_H
#define NLU_LANGUAGE_H

#include "base/str.h"

enum nlu_language {
    NLU_ENGLISH, /* also: cannot tell */
    NLU_GERMAN,
    NLU_FRENCH,
    NLU_SPANISH,
    NLU_ITALIAN,
    NLU_PORTUGUESE,
    NLU_DUTCH,
    NLU_SWEDISH,
    NLU_POLISH,
    NLU_TURKISH,
    NLU_RUSSIAN,
    NLU_UKRAINIAN,
    NLU_ARABIC,
    NLU_HINDI,
    NLU_CHINESE,
    NLU_JAPANESE,
    NLU_KOREAN,
    NLU_GREEK,
    NLU_HEBREW,
    NLU_LANGUAGE_COUNT
};

enum nlu_language nlu_language_of(struct str text);

/* "German"; static. */
const char *nlu_language_name(enum nlu_language language);
/* "de"; static. */
const char *nlu_language_code(enum nlu_language language);

#endif
