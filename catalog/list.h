/* list: the records of a catalogue, one after the other, for those who show what there is.
 *
 * By id, page by page: a page begins behind the last id of the one before, so that nothing is held
 * between two pages and an import in between neither repeats nor skips what it left alone. Costs
 * what the page costs, however large the catalogue is. The reader is catalog.h's and belongs to one
 * thread. Not here: finding by words, which is catalog_search(); whole records, catalog_get(). */
#ifndef CATALOG_LIST_H
#define CATALOG_LIST_H

#include "catalog/catalog.h"

struct catalog_listed {
    struct str id;
    struct str name; /* an article's title */
};

/* The first LIMIT records whose ids come after AFTER (empty: all do), in the order of their bytes.
 * Views in ARENA. Errors as catalog_search(). */
int catalog_list(struct catalog *c, enum catalog_kind kind, struct str after, size_t limit,
                 struct arena *arena, struct catalog_listed **ret, size_t *ret_count,
                 struct err *err) WARN_UNUSED;

#endif
