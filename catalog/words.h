/* words: text as the index sees it.
 *
 * One tokenizer of ours, for the FTS5 tables (it registers itself there as "deskhand"), for the
 * segments and for queries, so that what a query means and what was indexed cannot differ. It
 * belongs to a language: the stemmer and the stop words follow it. "en" is the default; a language
 * without a stemmer here ("zh", "none") is split and folded all the same.
 *
 * What it makes of text:
 * - Words are runs of letters and digits of any script, in lower case, without diacritics (sharp s
 *   is "ss"), stemmed unless a digit is in them. At most WORDS_STEM_BYTES are kept of one.
 * - Scripts written without spaces (Chinese, Japanese, Korean, Thai) become pairs of neighbouring
 *   characters; the characters by themselves stand beside them, so that one is found in a run.
 * - Model numbers ("WH-1000XM4") and hyphenated words are their parts, and beside the first part
 *   the whole ("wh1000xm4"); so are numbers with their unit ("55 inch", "55-inch" and 55" are all
 *   "55in" beside "55").
 * - "won't" is one word; what says nothing behind an apostrophe is left out ("the lamp's", "I'd");
 *   elided articles stand alone ("l'ecran" in French).
 *
 * Bytes are hostile: what is not UTF-8 is a gap between words. A struct words belongs to one
 * thread; make another for a second one. */
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

enum {
    WORDS_STEM_BYTES = 64,
    WORDS_LANGUAGE_BYTES = 16, /* "en", with its NUL */
};
#define WORDS_LANGUAGE "en"

/* What the tables' tokenize= option says, before the language. */
#define WORDS_TOKENIZER "deskhand"

struct words_core;

struct words {
    struct words_core *core;
    fts5_api *api; /* of the connection; NULL without one */
};

/* The language that the file's meta table names; WORDS_LANGUAGE where it names none. */
int words_language(sqlite3 *db, char ret[WORDS_LANGUAGE_BYTES], struct err *err) WARN_UNUSED;
/* Is TEXT fit to be a language's code: two to eight letters, lower case? */
bool words_language_valid(struct str text);

/* The tokenizer for LANGUAGE, without a database. */
int words_open(struct words *w, struct str language, struct err *err) WARN_UNUSED;
/* The same, registered with DB's FTS5 (before its tables are made). */
int words_attach(struct words *w, sqlite3 *db, struct str language, struct err *err) WARN_UNUSED;
/* The same in the language of the file. */
int words_init(struct words *w, sqlite3 *db, struct err *err) WARN_UNUSED;
/* Before or after its connection is closed. */
void words_done(struct words *w);
AUTO_DEFINE_VALUE(words, struct words, words_done)

enum words_kind {
    WORDS_WORD,      /* a word, a part of a model number, a pair of characters */
    WORDS_WHOLE,     /* parts put together; spans several positions or takes in a unit */
    WORDS_CHARACTER, /* one character of a run */
    WORDS_JOINT,     /* of a query only: neighbours written as one ("wh 1000 xm4") */
};

struct words_token {
    struct str stem; /* borrowed for the call */
    size_t start;    /* its place in the text */
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

/* Call EACH for every token of TEXT, starts ascending. False from EACH ends the walk. Text beyond
 * INT_MAX bytes is not looked at. */
typedef bool (*words_each)(void *arg, const struct words_token *token);
int words_split(const struct words *w, struct str text, words_each each, void *arg,
                struct err *err) WARN_UNUSED;
/* The same for a query: what stands beside a run's characters is left out, and neighbours that may
 * be one model number are put together. A whole or a joint is another way to say every word from
 * its position on for as long as its span: a record that holds it holds them all. */
int words_split_query(const struct words *w, struct str text, words_each each, void *arg,
                      struct err *err) WARN_UNUSED;

/* The stems of TEXT's words, one space between: how names are compared. */
int words_key(const struct words *w, struct str text, struct buf *out, struct err *err) WARN_UNUSED;

/* How much STEM says in a query, 0..1: function words little, question words some, others 1. */
double words_weight(const struct words *w, struct str stem);

/* In an FTS5 expression a string that begins with this is stems as they are, alternatives with a
 * bar between: "=55|55in". One phrase, one position. */
#define WORDS_STEM_MARK "="
#define WORDS_STEM_OR "|"

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
static inline struct words_token
words_record_token(const struct words_record *r, size_t i)
{
    const struct words_recorded *token = &r->tokens[i];
    return (struct words_token){
        .stem = {r->stems + token->stem, token->len},
        .start = token->start,
        .end = token->end,
        .position = token->position,
        .span = token->span,
        .kind = (enum words_kind)token->kind,
    };
}
void words_record_done(struct words_record *r);
AUTO_DEFINE_VALUE(words_record, struct words_record, words_record_done)

/* From now on, where this connection's FTS5 wants a text of RECORDS split, it gets the tokens there
 * instead. Texts are compared by their bytes (SQLite copies what it is given), those of the columns
 * in their order fastest. RECORDS are borrowed until words_replay(w, NULL, 0), which belongs right
 * behind the statement's step. The tables must be of W's language. */
void words_replay(const struct words *w, const struct words_record *records, size_t count);

#endif
