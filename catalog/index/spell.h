/* spell: words that somebody may have meant, from the words a segment really has.
 *
 * A vocabulary is the words (stems) of a segment that are letters only, SPELL_SHORTEST and longer,
 * with the number of records each stands in, made once into bytes that are searched where they lie.
 * Distance is Damerau's (optimal string alignment), over UTF-8 characters: one edit, two for words
 * of SPELL_LONG characters and more; the first character may be wrong as well.
 *
 * Pure, hostile bytes, a fuzzer. [any] */
#ifndef CATALOG_INDEX_SPELL_H
#define CATALOG_INDEX_SPELL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    SPELL_SHORTEST = 4, /* characters */
    SPELL_LONG = 8,
    SPELL_WORD_BYTES = 48, /* longer words are left out */
    SPELL_HITS = 8,
};

struct spell_word {
    struct str text; /* valid UTF-8, lower case */
    uint32_t count;  /* records that hold it */
};

/* May TEXT be in a vocabulary: letters only, of a length that counts? */
bool spell_fits(struct str text);

/* Append the vocabulary of WORDS, sorted by bytes, without doubles, to OUT. At most some 40 bytes
 * a word, made in well under 2 us a word. ERR_NOMEM, ERR_LIMIT. */
int spell_encode(const struct spell_word *words, size_t count, struct buf *out,
                 struct err *err) WARN_UNUSED;

struct spell_hit {
    char text[SPELL_WORD_BYTES];
    size_t len;
    uint32_t count;
    uint32_t distance;
};

/* Words of the vocabulary BYTES within reach of WORD, nearest first, of equals the commoner; the
 * word itself is left out. Returns how many. Under 0.2 ms in 200,000 words. */
size_t spell_near(struct str bytes, struct str word, struct spell_hit hits[SPELL_HITS]);

#endif
