/* parts: the steps of a reading. Only for this folder. */
#ifndef NLU_PARTS_H
#define NLU_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "nlu/nlu.h"
#include "nlu/words.h"

/* classify.c: intent, confidence, scores, mood, urgency, by rules. SEARCHABLE: how many words
 * a search could use. LOUD: how loudly the phrases spoke for each intent, 0..1. */
void nlu_classify(const struct nlu_words *words, size_t searchable, struct nlu_reading *ret,
                  double loud[NLU_INTENT_COUNT]);

/* ear.c: intent and confidence, by what the rules found and what the classifier makes of TEXT;
 * INTENTS as for nlu_read_with(). */
int nlu_listen(const struct intent_model *intents, struct str text,
               const double loud[NLU_INTENT_COUNT], struct arena *arena, struct nlu_reading *ret,
               struct err *err) WARN_UNUSED;

/* extract.c: query, head, issue, thing, max_price, cheap, cheaper, refers, fresh, ordinal.
 * *RET_SEARCHABLE: how many words the query has. False when memory ran out. */
bool nlu_extract(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret,
                 size_t *ret_searchable);

/* cues.c. */
unsigned nlu_read_cues(const struct nlu_words *words);

/* pair.c: left and right, by RET's cues. False when memory ran out. */
bool nlu_read_pair(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret);

#endif
