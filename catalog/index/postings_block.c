/* A block of a list:
 *
 *     a byte      how many bits a gap takes, 0..32
 *     gaps        packed. In a full block four lie side by side in lanes of words, the I-th in lane
 *                 I % 4, so that one instruction unpacks four; in a shorter one gap behind gap, the
 *                 lowest bits first
 *     impacts     a byte each
 *
 * A gap is a doc less the one before and one: so docs ascend whatever the bytes say, but for an
 * overflow, which a sum in 64 bits would show. Where widths make one impossible, and in a segment
 * they always do, full blocks are summed four at a time in 32 bits.
 *
 * Gaps of one width need no branch to be read: 0.7 ns an entry (bench-match), where a plain loop
 * over packed gaps took twice that. */
#include "catalog/index/postings_block.h"

#include <endian.h>
#include <string.h>

enum {
    GAP_BITS_MAX = 32,
    /* Full blocks of gaps of so many bits span at most 2^30 docs. */
    GAP_BITS_NEAR = 23,
    GAP_BYTES_MAX = POSTINGS_BLOCK * GAP_BITS_MAX / 8,
    LANES = 4,
    /* In a line a gap is fetched by a load of eight bytes from the one it starts in. */
    LOAD = 8,
};

static size_t
packed_bytes(size_t count, unsigned bits)
{
    return (count * bits + 7) / 8;
}

/* Writing ------------------------------------------------------------------------------------ */

/* The gap in front of ITEMS[I]; FLOOR is the least doc the first may have. */
static uint32_t
gap_before(const struct posting *items, size_t i, uint32_t floor)
{
    return items[i].doc - (i > 0 ? items[i - 1].doc + 1 : floor);
}

static unsigned
gap_bits(const struct posting *items, size_t count, uint32_t floor)
{
    uint32_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= gap_before(items, i, floor);
    }
    return any ? 32 - (unsigned)__builtin_clz(any) : 0;
}

/* A block that is full: four gaps side by side, each in its own row of words. */
static size_t
pack_rows(const struct posting *items, unsigned bits, uint32_t floor, unsigned char *bytes)
{
    uint32_t words[LANES * GAP_BITS_MAX] = {0};
    for (unsigned i = 0; i < POSTINGS_BLOCK; i++) {
        unsigned at = i / LANES * bits;
        uint64_t gap = (uint64_t)gap_before(items, i, floor) << at % 32;
        uint32_t *word = &words[at / 32 * LANES + i % LANES];
        *word |= (uint32_t)gap;
        if (gap >> 32) {
            word[LANES] |= (uint32_t)(gap >> 32);
        }
    }
    for (unsigned i = 0; i < bits * LANES; i++) {
        uint32_t stored = htole32(words[i]);
        memcpy(bytes + i * sizeof(stored), &stored, sizeof(stored));
    }
    return bits * LANES * sizeof(words[0]);
}

/* A shorter one: gap behind gap, the lowest bits first. */
static size_t
pack_line(const struct posting *items, size_t count, unsigned bits, uint32_t floor,
          unsigned char *bytes)
{
    size_t len = 0;
    uint64_t waiting = 0;
    unsigned held = 0;
    for (size_t i = 0; i < count; i++) {
        waiting |= (uint64_t)gap_before(items, i, floor) << held;
        for (held += bits; held >= 8; held -= 8, waiting >>= 8) {
            bytes[len++] = (unsigned char)waiting;
        }
    }
    if (held > 0) {
        bytes[len++] = (unsigned char)waiting;
    }
    return len;
}

size_t
postings_block_size(const struct posting *items, size_t count, uint32_t floor)
{
    return 1 + packed_bytes(count, gap_bits(items, count, floor)) + count;
}

void
postings_block_add(const struct posting *items, size_t count, uint32_t floor, struct buf *out)
{
    unsigned char bytes[1 + GAP_BYTES_MAX + POSTINGS_BLOCK];
    unsigned bits = gap_bits(items, count, floor);
    bytes[0] = (unsigned char)bits;
    size_t len = 1 + (count == POSTINGS_BLOCK ? pack_rows(items, bits, floor, bytes + 1)
                                              : pack_line(items, count, bits, floor, bytes + 1));
    for (size_t i = 0; i < count; i++) {
        bytes[len++] = items[i].impact;
    }
    buf_add(out, (struct str){(const char *)bytes, len});
}

/* Reading ------------------------------------------------------------------------------------ */

/* COUNT gaps of BITS each; BYTES may be read LOAD bytes further than they go. */
static void
unpack_line(const char *bytes, size_t count, unsigned bits, uint32_t *gaps)
{
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    size_t at = 0;
    for (size_t i = 0; i < count; i++, at += bits) {
        uint64_t word = 0;
        memcpy(&word, bytes + at / 8, LOAD);
        gaps[i] = (uint32_t)(le64toh(word) >> at % 8 & mask);
    }
}

/* A row of gaps, which the compiler has registers for. */
typedef uint32_t row __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* Gaps of a full block. */
static void
unpack_rows(const char *bytes, unsigned bits, row *gaps)
{
    /* One row more: the last gap looks at the words behind its own and takes nothing of them. */
    row rows[GAP_BITS_MAX + 1];
    memcpy(rows, bytes, bits * sizeof(row));
    rows[bits] = (row){0};
    for (unsigned i = 0; __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && i < bits; i++) {
        for (unsigned k = 0; k < LANES; k++) {
            rows[i][k] = le32toh(rows[i][k]);
        }
    }
    uint32_t mask = (uint32_t)((UINT64_C(1) << bits) - 1);
    unsigned at = 0;
    for (unsigned i = 0; i < POSTINGS_BLOCK / LANES; i++, at += bits) {
        unsigned word = at / 32;
        unsigned shift = at % 32;
        gaps[i] = (rows[word] >> shift | rows[word + 1] << 1 << (31 - shift)) & mask;
    }
}

/* Gaps become docs, a row at a time: its own gaps are summed in two steps, then comes what was
 * before it. For gaps that in all stay below 2^32. */
static void
sum_rows(row *rows, uint32_t floor)
{
    const row none = {0};
    row before = none + floor;
    for (unsigned i = 0; i < POSTINGS_BLOCK / LANES; i++) {
        row sum = rows[i] + 1;
        sum += __builtin_shufflevector(sum, none, 4, 0, 1, 2);
        sum += __builtin_shufflevector(sum, none, 4, 4, 0, 1);
        sum += before;
        before = __builtin_shufflevector(sum, sum, 3, 3, 3, 3);
        rows[i] = sum - 1;
    }
}

/* Gaps become docs, in place. Returns one more than the last one, before it was cut to 32 bits. */
static uint64_t
sum_gaps(uint32_t *docs, size_t count, uint64_t floor)
{
    uint64_t next = floor;
    for (size_t i = 0; i < count; i++) {
        next += docs[i];
        docs[i] = (uint32_t)next;
        next++;
    }
    return next;
}

static inline uint8_t
best_of_many(const uint8_t *impacts, size_t count, uint8_t *ret_least)
{
    uint8_t best = 0;
    uint8_t least = POSTINGS_IMPACT_MAX;
    for (size_t i = 0; i < count; i++) {
        best = impacts[i] > best ? impacts[i] : best;
        least = impacts[i] < least ? impacts[i] : least;
    }
    *ret_least = least;
    return best;
}

uint8_t
postings_block_best(const uint8_t *impacts, size_t count, uint8_t *ret_least)
{
    /* A count that the compiler knows lets it compare sixteen at once. */
    return count == POSTINGS_BLOCK ? best_of_many(impacts, POSTINGS_BLOCK, ret_least)
                                   : best_of_many(impacts, count, ret_least);
}

static bool
read_rows(const char *bytes, unsigned bits, uint64_t floor, uint32_t *docs)
{
    row rows[POSTINGS_BLOCK / LANES];
    unpack_rows(bytes, bits, rows);
    /* The gaps are short of 2^31 in all, and so is the floor: no sum turns over. */
    bool near = bits <= GAP_BITS_NEAR && floor <= POSTINGS_END / 2;
    if (near) {
        sum_rows(rows, (uint32_t)floor);
    }
    memcpy(docs, rows, sizeof(rows));
    return near || sum_gaps(docs, POSTINGS_BLOCK, floor) <= POSTINGS_END;
}

bool
postings_block_read(struct str bytes, size_t count, uint64_t floor, uint32_t *docs,
                    uint8_t *impacts)
{
    unsigned bits = bytes.len > 0 ? (unsigned char)bytes.ptr[0] : GAP_BITS_MAX + 1;
    if (bits > GAP_BITS_MAX || bytes.len != 1 + packed_bytes(count, bits) + count) {
        return false;
    }
    size_t packed = packed_bytes(count, bits);
    const char *gaps = bytes.ptr + 1;
    memcpy(impacts, gaps + packed, count);
    if (count == POSTINGS_BLOCK) {
        return read_rows(gaps, bits, floor, docs);
    }
    if (count >= LOAD) {
        unpack_line(gaps, count, bits, docs);
    } else {
        /* Too few impacts behind the gaps to read into. */
        char padded[LOAD * GAP_BITS_MAX / 8 + LOAD] = {0};
        memcpy(padded, gaps, packed);
        unpack_line(padded, count, bits, docs);
    }
    return sum_gaps(docs, count, floor) <= POSTINGS_END;
}
