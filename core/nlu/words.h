/* words: a message as a row of comparable words. Only for this folder.
 *
 * Each word keeps where it stood, so that a query or an issue can be cut from the text as typed.
 * An alias ("doesn't") becomes several words of one place. */
#ifndef NLU_WORDS_H
#define NLU_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum {
    /* Longer words are compared by their first bytes: nobody types one by hand. */
    NLU_STEM_MAX = 24,
};

struct nlu_word {
    struct str raw;   /* as typed, a view of the text below */
    struct str lower; /* ASCII letters small, a typing error in a key word put right */
    struct str stem; /* of stem_bytes */
    char stem_bytes[NLU_STEM_MAX];
    bool opens_sentence;
    bool opens_clause; /* the same, or behind a comma */
    bool shouted;      /* four letters or more, all capitals */
};

struct nlu_words {
    struct str text; /* what was split: the message with plain quotes and without controls */
    struct nlu_word *items;
    size_t count;
};

/* False when memory ran out. */
bool nlu_split(struct str text, struct arena *arena, struct nlu_words *ret);

/* The light stem of a small-lettered WORD, written to OUT; a view of OUT. */
struct str nlu_stem(struct str word, char out[NLU_STEM_MAX]);

/* Does WORD have the same stem as PATTERN, a word of a table? */
bool nlu_same_word(const struct nlu_word *word, struct str pattern);
/* Is it one of LIST, words separated by spaces? */
bool nlu_in_list(const struct nlu_word *word, const char *list);

/* Where PATTERN (phrases.h has its syntax) first begins in WORDS; SIZE_MAX when nowhere. */
size_t nlu_match(const struct nlu_words *words, const char *pattern);

#endif
