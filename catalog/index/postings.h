/* postings: which records hold a term and how much it says about each; a list as bytes.
 *
 * A list is ascending record ordinals (0.. within its segment), each with an impact 1..255: the
 * term's saturated, field-weighted share of that record's score (rank.h), rounded to 1/255. Bytes
 * come in blocks of POSTINGS_BLOCK entries behind a directory that says of each block where it
 * ends, which ordinal is its last and which impact its best: a cursor passes over blocks that
 * cannot matter without touching them.
 *
 * Pure: no database, no allocation but the output buffer. Bytes are hostile: whatever they hold, a
 * cursor stays within them and ends; postings_open() refuses a directory that lies. [any] */
#ifndef CATALOG_INDEX_POSTINGS_H
#define CATALOG_INDEX_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    POSTINGS_BLOCK = 128,
    POSTINGS_IMPACT_MAX = 255,
    /* Entries of one list: a segment has far fewer, and offsets of 32 bits hold this many. */
    POSTINGS_COUNT_MAX = 1 << 28,
};
/* What a cursor's doc is behind the last entry. */
#define POSTINGS_END UINT32_MAX

struct posting {
    uint32_t doc;
    uint8_t impact;
};

/* Append COUNT > 0 entries, docs strictly ascending and below POSTINGS_END, impacts from 1, to
 * OUT. */
void postings_encode(const struct posting *items, size_t count, struct buf *out);

/* A list as its bytes lie in memory. */
struct postings {
    struct str bytes;
    uint32_t count;
    uint32_t last; /* the greatest doc */
    uint8_t best;  /* the greatest impact */
    uint32_t blocks;
    /* Of the reader alone. */
    size_t directory;
    size_t payload;
};

/* ERR_INVALID: these bytes are no list. BYTES are borrowed. */
int postings_open(struct str bytes, struct postings *ret, struct err *err) WARN_UNUSED;

/* Walks a list. `doc` and `impact` are those of the entry it stands on. Where the bytes of a block
 * turn out to be damaged, the cursor ends.
 *
 * The entries of the block at hand from the one it stands on: docs[at..filled), impacts likewise;
 * who reads them in bulk goes on with postings_more(). */
struct postings_cursor {
    uint32_t doc;
    uint8_t impact;
    uint8_t block_best;  /* greatest impact in the block at hand */
    uint32_t block_last; /* greatest doc in it */
    const struct postings *list;
    uint32_t block;  /* the one at hand */
    uint32_t loaded; /* the one whose entries are below */
    uint32_t at;
    uint32_t filled;
    uint64_t effort; /* entries unpacked since the start */
    uint32_t docs[POSTINGS_BLOCK];
    uint8_t impacts[POSTINGS_BLOCK];
};

/* On the first entry; behind the last one where LIST has none. */
void postings_start(struct postings_cursor *c, const struct postings *list);
/* In front of the first entry, nothing read: a seek or a peek must follow. */
void postings_face(struct postings_cursor *c, const struct postings *list);
void postings_next(struct postings_cursor *c);
/* To the first entry of the next block. False: there is none, the cursor has ended. */
bool postings_more(struct postings_cursor *c);
/* To the first entry whose doc is at least DOC; never backwards. */
void postings_seek(struct postings_cursor *c, uint32_t doc);
/* As seek, but looks at the directory alone: block_best and block_last become those of the block
 * that would hold DOC (0 and POSTINGS_END behind the last one); doc and impact stay valid only
 * after a postings_seek() to at least DOC. */
void postings_peek(struct postings_cursor *c, uint32_t doc);

#endif
