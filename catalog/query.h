/* query: what somebody typed, as terms and as an FTS5 expression.
 *
 * Safe by construction: an expression holds only stems the tokenizer found, each in quotes with
 * what else says it, joined by AND or OR; whatever else was typed (operators, quotes, column names,
 * emoji) is not in it. */
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
    /* Other ways to say one word: a model number it is part of, a number with its unit. */
    QUERY_OTHERS = 3,
    QUERY_SPANS = 64,
    /* Spellings of model numbers and ids tried for an exact hit. */
    QUERY_CODES = 16,
    QUERY_CODE_BYTES = 64,
};

struct query_term {
    struct str text; /* the word as typed, a view of the query */
    struct str stem;
    double weight;   /* 1; less for words that every question has */
    size_t position; /* counting all words of the query */
    struct str others[QUERY_OTHERS];
    size_t other_count;
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

/* Does STEM say TERM? */
bool query_term_is(const struct query_term *term, struct str stem);

/* The terms as an FTS5 expression, in order: the n-th phrase is the n-th term. */
void query_match(const struct query *query, const char *joint, struct buf *out);

/* A code as it is compared: ASCII letters in lower case and digits, everything else left out.
 * Returns its length, 0 when nothing or more than QUERY_CODE_BYTES - 1 is left. */
size_t query_code(struct str text, char out[QUERY_CODE_BYTES]);

/* Spellings in the query that may be an id, model or SKU: the whole text, and each word or pair of
 * neighbours that holds a digit. Returns how many. */
size_t query_codes(const struct query *query, char codes[QUERY_CODES][QUERY_CODE_BYTES]);

#endif
