/* mend: what a word may have been meant as, where the catalogue does not have it as typed.
 *
 * Only words that no record or hardly any holds are looked at, so that a query that is right stays
 * as it is. An unknown word gets the nearest words of the catalogue's own vocabulary
 * (index/spell.h), or is taken apart ("smartlock") where its halves stand side by side in a name,
 * or where nothing is near it and both are words the catalogue knows; a rare one may be a common
 * one mistyped, and keeps its own meaning beside it. Neighbours that the catalogue writes as one
 * word
 * ("door bell") get that word. */
#ifndef CATALOG_MEND_H
#define CATALOG_MEND_H

#include "catalog/index/spell.h"
#include "catalog/query.h"

/* What the catalogue knows of words; both may fail. */
struct mend_source {
    /* In how many records STEM stands; of two with a space, side by side in a name. */
    int (*holders)(void *arg, struct str stem, uint64_t *ret, struct err *err);
    /* Words near to WORD, nearest first. */
    int (*near)(void *arg, struct str word, struct spell_hit hits[SPELL_HITS], size_t *ret_count,
                struct err *err);
    void *arg;
    uint64_t rows; /* records in all */
};

/* Add ways to QUERY's terms; their stems live in ARENA. */
int mend_query(const struct words *words, const struct mend_source *source, struct arena *arena,
               struct query *query, struct err *err) WARN_UNUSED;

#endif
