/* parts: the steps of a reading. Only for this folder. */
#ifndef NLU_PARTS_H
#define NLU_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "nlu/nlu.h"
#include "nlu/words.h"

/* classify.c: intent, confidence, scores, mood, urgency. SEARCHABLE: how many words
 * a search could use. */
void nlu_classify(const struct nlu_words *words, size_t searchable, struct nlu_reading *ret);

/* extract.c: query, head, issue, thing, max_price, cheap, cheaper, refers, fresh, ordinal.
 * *RET_SEARCHABLE: how many words the query has. False when memory ran out. */
bool nlu_extract(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret,
                 size_t *ret_searchable);

/* cues.c. */
unsigned nlu_read_cues(const struct nlu_words *words);

/* pair.c: left and right, by RET's cues. False when memory ran out. */
bool nlu_read_pair(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret);

#endif
