/* intent_builtin: the bytes of the model that the program comes with, learned while it was built
 * (tools/embed-intents) from catalog/sample/intents.tsv. Only for intent_builtin.c. */
#ifndef NLU_INTENT_BUILTIN_H
#define NLU_INTENT_BUILTIN_H

#include <stddef.h>
#include <stdint.h>

extern const size_t intent_builtin_size;
extern const uint64_t intent_builtin[];

#endif
