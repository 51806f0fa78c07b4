/* query: what somebody typed, as terms, each with the ways it may stand in a record.
 *
 * A term is a word as typed. Its ways are forms the index may have it in: its stem; the whole of a
 * model number it is a part of; and what mend.h adds, a spelling that was meant, two words written
 * as one or one as two. A term counts by the best of its ways that a record holds, times the way's
 * factor.
 *
 * Safe by construction: an FTS5 expression holds only stems that the tokenizer found, each in
 * quotes and marked as a stem; whatever else was typed (operators, quotes, column names, emoji) is
 * not in it. */
#ifndef CATALOG_QUERY_H
#define CATALOG_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "catalog/words.h"

enum {
    /* Terms of one query. A pasted page has more; its first words say what it is about. */
    QUERY_TERMS = 40,
    QUERY_WAYS = 4,
    QUERY_SPANS = 64,
    /* Spellings of model numbers and ids tried for an exact hit. */
    QUERY_CODES = 16,
    QUERY_CODE_BYTES = 64,
};

enum query_origin {
    QUERY_TYPED,
    QUERY_WHOLE,  /* of a model number: "wh1000xm4" for each part of "WH-1000XM4" */
    QUERY_JOINED, /* neighbours as one word: "doorbell" for "door bell" */
    QUERY_MENDED, /* a word of the catalogue that was probably meant */
    QUERY_HALVES, /* one word as two: "smart lock" for "smartlock" */
};
/* "typed", "mended". Static. */
const char *query_origin_name(enum query_origin origin);

struct query_way {
    struct str stem; /* of QUERY_HALVES both with a space between; or one, in a term of its own */
    double factor;   /* 0..1 against the word as typed */
    enum query_origin origin;
};

struct query_term {
    struct str text;                   /* the word as typed, a view of the query */
    double weight;                     /* 1; less for words that every question has */
    size_t position;                   /* counting all words of the query */
    struct query_way ways[QUERY_WAYS]; /* the first one stands for the term among neighbours */
    size_t count;                      /* at least 1 */
};

struct query {
    struct str text; /* cut, valid UTF-8, in the arena */
    struct query_term terms[QUERY_TERMS];
    size_t count;
};

/* What becomes of words like "the" and "how" where other words remain. */
enum query_stop { QUERY_STOP_DROP, QUERY_STOP_WEIGH };

/* Read TEXT into RET; views live in ARENA. No term at all (count 0) is no failure. */
int query_read(const struct words *words, struct str text, enum query_stop stop,
               struct arena *arena, struct query *ret, struct err *err) WARN_UNUSED;

/* Add a way to TERM; one that is there already, or one too many, is left out. */
void query_add_way(struct query_term *term, struct query_way way);

/* Is STEM one of TERM's ways? */
bool query_term_is(const struct query_term *term, struct str stem);

/* All ways of all terms: as many as an expression has phrases. */
size_t query_way_count(const struct query *query);

/* Append an FTS5 expression: the n-th phrase is the n-th way; ways of a term are alternatives,
 * terms are joined by JOINT ("AND", "OR"). */
void query_match(const struct query *query, const char *joint, struct buf *out);

/* A code as it is compared: ASCII letters in lower case and digits, everything else left out.
 * Returns its length, 0 when nothing or more than QUERY_CODE_BYTES - 1 is left. */
size_t query_code(struct str text, char out[QUERY_CODE_BYTES]);

/* Spellings in the query that may be an id, model or SKU: the whole text, and each word or pair of
 * neighbours that holds a digit. Returns how many. */
size_t query_codes(const struct query *query, char codes[QUERY_CODES][QUERY_CODE_BYTES]);

#endif
