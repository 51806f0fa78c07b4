/* spell: words that somebody may have meant, from the words a segment really has.
 *
 * A vocabulary is the words (stems) of a segment that are letters only, of SPELL_SHORTEST
 * characters and more, with the number of records each stands in, made once into bytes that are
 * searched where they lie. Distance is Damerau's (optimal string alignment), over UTF-8 characters:
 * one edit, two where the word asked about has SPELL_LONG characters and more; the first character
 * may be wrong as well.
 *
 * Pure: nothing is kept between calls. Bytes are hostile: whatever they hold, a search stays within
 * them, looks at each at most twice, and hands out valid UTF-8. [any] */
#ifndef CATALOG_INDEX_SPELL_H
#define CATALOG_INDEX_SPELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    SPELL_SHORTEST = 4, /* characters */
    SPELL_LONG = 8,
    SPELL_WORD_BYTES = 48, /* longer words are in no vocabulary */
    SPELL_HITS = 8,
    /* Words of one vocabulary. A segment of 131,072 real records has some ten thousand. */
    SPELL_WORDS = 4 * 1024 * 1024,
};

struct spell_word {
    struct str text; /* lower case */
    uint32_t count;  /* records that hold it */
};

/* May TEXT be in a vocabulary: valid UTF-8, lower-case letters only (no digits, no signs, no
 * ideographs), of a length that counts? */
bool spell_fits(struct str text);

/* Append the vocabulary of WORDS, sorted by bytes and without doubles, to OUT; words that do not
 * fit are passed over. About 11 bytes a word, made in about half a microsecond a word. ERR_NOMEM;
 * ERR_LIMIT more than SPELL_WORDS, or more bytes than OUT may hold. */
int spell_encode(const struct spell_word *words, size_t count, struct buf *out,
                 struct err *err) WARN_UNUSED;

struct spell_hit {
    char text[SPELL_WORD_BYTES]; /* valid UTF-8, no NUL behind it */
    size_t len;
    uint32_t count;
    uint32_t distance; /* 1 or 2 */
};

/* Words of the vocabulary BYTES within reach of WORD: nearest first, of equals the commoner, of
 * these the first by bytes. WORD itself is left out; a WORD that does not fit has none. Returns how
 * many. */
size_t spell_near(struct str bytes, struct str word, struct spell_hit hits[SPELL_HITS]);

/* In how many records WORD itself stands; 0: it is not in the vocabulary. */
uint32_t spell_count(struct str bytes, struct str word);

#endif
