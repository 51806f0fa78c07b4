/* words: text as the index sees it.
 *
 * One tokenizer, the same the tables use (Porter stems of unicode61 without diacritics), reached
 * through FTS5's own interface, so that what a query means and what was indexed cannot differ.
 * Belongs to one connection and its thread. */
#ifndef CATALOG_WORDS_H
#define CATALOG_WORDS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* What the tables' tokenize= option says, in words.c's spelling. */
#define WORDS_TOKENIZE "porter unicode61 remove_diacritics 2"

struct words {
    fts5_api *api;
    fts5_tokenizer methods;
    Fts5Tokenizer *tokenizer;
};

int words_init(struct words *w, sqlite3 *db, struct err *err) WARN_UNUSED;
void words_done(struct words *w);

/* Call EACH for every word of TEXT: its stem (borrowed for the call) and its place in TEXT. False
 * from EACH ends the walk. Text beyond INT_MAX bytes is not looked at. */
typedef bool (*words_each)(void *arg, struct str stem, size_t start, size_t end);
int words_split(const struct words *w, struct str text, words_each each, void *arg,
                struct err *err) WARN_UNUSED;

/* The stems of TEXT, one space between: how names are compared. */
int words_key(const struct words *w, struct str text, struct buf *out, struct err *err) WARN_UNUSED;

enum words_kind {
    WORDS_WORD,      /* a word, a part of a model number, a pair of characters */
    WORDS_WHOLE,     /* parts put together; spans several positions or takes in a unit */
    WORDS_CHARACTER, /* one character of a run */
    WORDS_JOINT,     /* of a query only: neighbours written as one ("wh 1000 xm4") */
};

struct words_token {
    struct str stem;   /* borrowed for the call */
    size_t start;      /* its place in the text */
    size_t end;
    uint32_t position; /* counting words */
    uint32_t span;     /* how many positions it stands for, 1 and more */
    enum words_kind kind;
};

/* All but words share the position of the word before them. */
static inline bool
words_colocated(const struct words_token *token)
{
    return token->kind != WORDS_WORD;
}

/* How much STEM says in a query, 0..1: function words little, question words some, others 1. */
double words_weight(const struct words *w, struct str stem);

/* Records --------------------------------------------------------------------------------------
 * The tokens of a text, kept: an import splits once for the segments and for FTS5. {0} is empty;
 * used again and again it keeps its storage. */
struct words_record {
    struct str text; /* borrowed until the next words_record_text() */
    struct words_recorded *tokens;
    size_t count;
    size_t capacity;
    char *stems;
    size_t stems_len;
    size_t stems_capacity;
};
struct words_recorded {
    uint32_t stem; /* offset */
    uint32_t start;
    uint32_t end;
    uint32_t position;
    uint8_t len;
    uint8_t span;
    uint8_t kind;
};

/* Make R the tokens of TEXT as words_split() tells them. */
int words_record_text(const struct words *w, struct str text, struct words_record *r,
                      struct err *err) WARN_UNUSED;
/* The I-th of r->count tokens; its stem is borrowed until R changes. */
struct words_token words_record_token(const struct words_record *r, size_t i);
void words_record_done(struct words_record *r);
AUTO_DEFINE_VALUE(words_record, struct words_record, words_record_done)

/* From now on, where this connection's FTS5 wants a text of RECORDS split, it gets the tokens there
 * instead. Texts are compared by their bytes (SQLite copies what it is given), those of the columns
 * in their order fastest. RECORDS are borrowed until words_replay(w, NULL, 0), which belongs right
 * behind the statement's step. The tables must be of W's language. */
void words_replay(const struct words *w, const struct words_record *records, size_t count);

#endif
