/* shortlist: the few dozen records a search for products looks at closely.
 *
 * Impacts, or the reference ranking, have found them; here they get their exact scores and their
 * order. A query often says what kind of thing is wanted ("smart speaker"), and the shop's
 * categories say what kind of thing each product is: those whose category ends in the word that the
 * query's first phrase ends in rank before things that merely mention it ("not for smart
 * speakers"), whatever else they lack. */
#ifndef CATALOG_SHORTLIST_H
#define CATALOG_SHORTLIST_H

#include "catalog/find.h"
#include "catalog/search.h"

/* The hits from FIRST on with their exact scores. */
int shortlist_rescore(struct gathering *g, const struct find *f, size_t first,
                      struct err *err) WARN_UNUSED;

/* In order: kinds, then scores, best first; of equals the one that came into the catalogue
 * first. */
int shortlist_sort(struct gathering *g, size_t first, struct err *err) WARN_UNUSED;

/* What the query's first phrase ends in, model numbers aside: "speaker" in "smart speaker 40 W for
 * the bath". NULL where there is no such word. */
const struct query_term *shortlist_head(const struct query *query);

#endif
