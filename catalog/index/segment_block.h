/* segment_block: a dictionary's bytes. For the segment files only.
 *
 * A dictionary is its terms in byte order, in blocks that each fill one page of the file. An entry
 * names what its term shares with the one before and holds its list (postings.h) where that has up
 * to some hundred bytes (most terms are somebody's order number and stand in one record), else in
 * how many records it stands and where among the segment's lists it is.
 *
 * Pure. Bytes are hostile: whatever a block holds, a walk stays within it and ends. [any] */
#ifndef CATALOG_INDEX_SEGMENT_BLOCK_H
#define CATALOG_INDEX_SEGMENT_BLOCK_H

#include "catalog/index/postings.h"

enum {
    /* A stem; a pair is two of them with a space between. Longer words are nothing people ask by
     * and stay out of the index. */
    BLOCK_WORD_BYTES = 127,
    BLOCK_TERM_BYTES = 2 * BLOCK_WORD_BYTES + 1,
    /* What one row of the file takes without an overflow page, its headers off 4,096 bytes. */
    BLOCK_PAGE_BYTES = 4048,
    /* Lists up to so many bytes stand in the entry: one page is read instead of two. From 64 to
     * 1,024 neither the file's size nor the times move by more than a hundredth. */
    BLOCK_LIST_BYTES = 512,
    BLOCK_ENTRY_BYTES = 4 + BLOCK_TERM_BYTES + 20 + BLOCK_LIST_BYTES,
};

/* What an entry says of its term. */
struct block_entry {
    struct str list; /* the list itself, or empty where it is far */
    uint32_t count;  /* far: its records, */
    uint64_t offset; /* and its place in the segment's lists */
    uint64_t length;
};

/* Append TERM's entry to the LEN bytes at TO, which has room for BLOCK_ENTRY_BYTES more: its first
 * SHARED bytes are those of the term before. Returns the new length. */
size_t block_put(char *to, size_t len, struct str term, size_t shared,
                 const struct block_entry *entry);
struct block_walk {
    struct str rest;
    /* Of the entry at hand: its term is the SHARED first bytes of the one before and the tail. */
    size_t shared;
    struct str tail;
    struct block_entry entry;
    size_t len; /* of its term */
};
enum block_step { BLOCK_ENTRY, BLOCK_END, BLOCK_DAMAGED };
void block_start(struct block_walk *walk, struct str bytes);
enum block_step block_next(struct block_walk *walk);
/* Is TERM in the block BYTES? BLOCK_END: it is not. */
enum block_step block_find(struct str bytes, struct str term, struct block_entry *ret);

#endif
