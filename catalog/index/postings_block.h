/* postings_block: a block's entries as bytes and back. Part of postings; nobody else includes it.
 */
#ifndef CATALOG_INDEX_POSTINGS_BLOCK_H
#define CATALOG_INDEX_POSTINGS_BLOCK_H

#include "catalog/index/postings.h"

/* COUNT is 1..POSTINGS_BLOCK; FLOOR is the least doc the first entry may have. */
size_t postings_block_size(const struct posting *items, size_t count, uint32_t floor);
void postings_block_add(const struct posting *items, size_t count, uint32_t floor, struct buf *out);
/* False: BYTES are no block of COUNT entries that ascend from FLOOR and stay below the end. */
bool postings_block_read(struct str bytes, size_t count, uint64_t floor, uint32_t *docs,
                         uint8_t *impacts) WARN_UNUSED;
/* The greatest impact, and the least. */
uint8_t postings_block_best(const uint8_t *impacts, size_t count, uint8_t *ret_least);

#endif
