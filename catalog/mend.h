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
    /* In how many records STEM stands, if it is a word of the vocabulary: many a guess is asked
     * about, and most are none. */
    int (*known)(void *arg, struct str stem, uint64_t *ret, struct err *err);
    void *arg;
    uint64_t rows; /* records in all */
};

/* What a term may have been meant as, the likeliest first. */
enum { MEND_HITS = 24 };
struct mend_near {
    struct spell_hit hits[MEND_HITS];
    double ratings[MEND_HITS];
    size_t count;
};

/* mend_near.c: words near to TERM of QUERY. Nearer is likelier, and of equals the commoner, and
 * what stands beside the term's neighbours in names. */
int mend_near(const struct words *words, const struct mend_source *source,
              const struct query *query, const struct query_term *term, struct mend_near *ret,
              struct err *err) WARN_UNUSED;

/* mend_edits.c: words whose stem is in the vocabulary one edit from TEXT, a word as typed in small
 * letters. The vocabulary has stems, and a slip may hide the ending that would have been cut:
 * "adapetr" is two edits from the stem "adapt", and one from "adapter". Merged into NEAR. */
int mend_edits(const struct words *words, const struct mend_source *source, struct str text,
               struct mend_near *near, struct err *err) WARN_UNUSED;

/* Add ways to QUERY's terms; their stems live in ARENA. */
int mend_query(const struct words *words, const struct mend_source *source, struct arena *arena,
               struct query *query, struct err *err) WARN_UNUSED;

#endif
