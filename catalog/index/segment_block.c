#include "catalog/index/segment_block.h"

#include <string.h>

/* An entry is
 *     lengths   one byte: four bits of what is shared, four of what is not; 15 in either says that
 *               the whole length follows in a byte of its own
 *     tail      bytes
 *     head      number, the list's length * 2 + (is it far?)
 *     the list; or, far, its records and its offset, both as numbers
 * Numbers have seven bits a byte, the least first. */
enum {
    NIBBLE_MAX = 15,
    NUMBER_BYTES = 10,
};

static size_t
put_number(char *to, uint64_t value)
{
    size_t len = 0;
    while (value >= 0x80) {
        to[len++] = (char)(unsigned char)((value & 0x7f) | 0x80);
        value >>= 7;
    }
    to[len++] = (char)(unsigned char)value;
    return len;
}

static bool
take_number(struct str *rest, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < rest->len && i < NUMBER_BYTES; i++) {
        uint64_t byte = (unsigned char)rest->ptr[i];
        value |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *rest = (struct str){rest->ptr + i + 1, rest->len - i - 1};
            *ret = value;
            return true;
        }
    }
    return false;
}

static size_t
put_lengths(char *to, size_t shared, size_t tail)
{
    size_t high = shared < NIBBLE_MAX ? shared : NIBBLE_MAX;
    size_t low = tail < NIBBLE_MAX ? tail : NIBBLE_MAX;
    size_t len = 0;
    to[len++] = (char)(unsigned char)(high << 4 | low);
    if (high == NIBBLE_MAX) {
        to[len++] = (char)(unsigned char)shared;
    }
    if (low == NIBBLE_MAX) {
        to[len++] = (char)(unsigned char)tail;
    }
    return len;
}

size_t
block_put(char *to, size_t len, struct str term, size_t shared, const struct block_entry *entry)
{
    size_t tail = term.len - shared;
    len += put_lengths(to + len, shared, tail);
    memcpy(to + len, term.ptr + shared, tail);
    len += tail;
    if (entry->list.len == 0) {
        len += put_number(to + len, entry->length << 1 | 1);
        len += put_number(to + len, entry->count);
        return len + put_number(to + len, entry->offset);
    }
    len += put_number(to + len, entry->list.len << 1);
    memcpy(to + len, entry->list.ptr, entry->list.len);
    return len + entry->list.len;
}

void
block_start(struct block_walk *walk, struct str bytes)
{
    *walk = (struct block_walk){.rest = bytes};
}

static bool
take_byte(struct str *rest, size_t *ret)
{
    if (rest->len == 0) {
        return false;
    }
    *ret = (unsigned char)rest->ptr[0];
    *rest = (struct str){rest->ptr + 1, rest->len - 1};
    return true;
}

static bool
take_bytes(struct str *rest, size_t len, struct str *ret)
{
    if (rest->len < len) {
        return false;
    }
    *ret = (struct str){rest->ptr, len};
    *rest = (struct str){rest->ptr + len, rest->len - len};
    return true;
}

static bool
take_term(struct block_walk *walk)
{
    size_t lengths;
    if (!take_byte(&walk->rest, &lengths)) {
        return false;
    }
    size_t shared = lengths >> 4;
    size_t tail = lengths & NIBBLE_MAX;
    if ((shared == NIBBLE_MAX && !take_byte(&walk->rest, &shared)) ||
        (tail == NIBBLE_MAX && !take_byte(&walk->rest, &tail)) || shared > walk->len ||
        shared + tail > BLOCK_TERM_BYTES) {
        return false;
    }
    walk->shared = shared;
    walk->len = shared + tail;
    return take_bytes(&walk->rest, tail, &walk->tail);
}

static bool
take_entry(struct str *rest, struct block_entry *entry)
{
    uint64_t head;
    uint64_t count;
    *entry = (struct block_entry){0};
    if (!take_number(rest, &head) || head >> 1 == 0) {
        return false;
    }
    if ((head & 1) == 0) {
        return take_bytes(rest, head >> 1, &entry->list);
    }
    if (!take_number(rest, &count) || count == 0 || count > UINT32_MAX) {
        return false;
    }
    entry->length = head >> 1;
    entry->count = (uint32_t)count;
    return take_number(rest, &entry->offset);
}

enum block_step
block_next(struct block_walk *walk)
{
    if (walk->rest.len == 0) {
        return BLOCK_END;
    }
    return take_term(walk) && take_entry(&walk->rest, &walk->entry) ? BLOCK_ENTRY : BLOCK_DAMAGED;
}

/* Terms ascend, so an entry that shares more with the one before than that one had in common with
 * TERM still stands before TERM, and one that shares less stands behind it: only where both are
 * the same are bytes compared. */
enum block_step
block_find(struct str bytes, struct str term, struct block_entry *ret)
{
    struct block_walk walk;
    size_t common = 0;
    block_start(&walk, bytes);
    for (;;) {
        enum block_step step = block_next(&walk);
        if (step != BLOCK_ENTRY || walk.shared < common) {
            return step == BLOCK_DAMAGED ? BLOCK_DAMAGED : BLOCK_END;
        }
        if (walk.shared > common) {
            continue;
        }
        size_t i = 0;
        while (i < walk.tail.len && common < term.len && walk.tail.ptr[i] == term.ptr[common]) {
            i++;
            common++;
        }
        if (common == term.len) {
            *ret = walk.entry;
            return i == walk.tail.len ? BLOCK_ENTRY : BLOCK_END;
        }
        if (i < walk.tail.len &&
            (unsigned char)walk.tail.ptr[i] > (unsigned char)term.ptr[common]) {
            return BLOCK_END;
        }
    }
}
