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

#endif
