/* Any bytes as a block of a dictionary: a walk and a search end within it, what a walk meets
 * stays within its bounds, and lists that open end too. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "catalog/index/segment_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk_list(struct str bytes)
{
    struct postings list;
    struct postings_cursor cursor;
    struct err err;
    if (postings_open(bytes, &list, &err) != 0) {
        must(err.message[0] != '\0');
        return;
    }
    uint32_t steps = 0;
    for (postings_start(&cursor, &list); cursor.doc != POSTINGS_END; postings_next(&cursor)) {
        must(++steps <= list.count);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char term[BLOCK_TERM_BYTES];
    size_t len = 0;
    size_t entries = 0;
    struct str block = {(const char *)data, size};
    struct block_walk walk;
    struct block_entry entry;
    block_start(&walk, block);
    while (block_next(&walk) == BLOCK_ENTRY) {
        must(walk.shared <= len && walk.shared + walk.tail.len == walk.len);
        must(walk.len <= sizeof(term) && ++entries <= size);
        memcpy(term + walk.shared, walk.tail.ptr, walk.tail.len);
        bool first = len == 0;
        len = walk.len;
        /* The first term is always found: nothing before it can hide it. */
        if (first && entries == 1) {
            must(len == 0 || block_find(block, (struct str){term, len}, &entry) == BLOCK_ENTRY);
        }
        (void)block_find(block, (struct str){term, len}, &entry);
        must((walk.entry.list.len == 0) == (walk.entry.count > 0));
        if (walk.entry.list.len > 0) {
            walk_list(walk.entry.list);
        }
    }
    return 0;
}
