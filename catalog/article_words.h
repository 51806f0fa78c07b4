/* article_words: what the articles' index knows of words, for mend.h.
 *
 * Products have segments, with a vocabulary each; articles are few and have their FTS5 table. Its
 * words become one vocabulary (index/spell.h) at the end of an import, kept in the meta table, for
 * reading them all takes longer than a search. */
#ifndef CATALOG_ARTICLE_WORDS_H
#define CATALOG_ARTICLE_WORDS_H

#include "catalog/handle.h"
#include "catalog/mend.h"

/* Write the vocabulary of DB's articles, within the caller's transaction. */
int article_words_write(sqlite3 *db, struct err *err) WARN_UNUSED;

/* What a reader tells mend_query(); lives as long as C and ARENA. */
struct article_words {
    struct catalog *c;
    struct str vocabulary;
};
int article_words_open(struct article_words *w, struct catalog *c, struct arena *arena,
                       struct mend_source *ret, struct err *err) WARN_UNUSED;

#endif
