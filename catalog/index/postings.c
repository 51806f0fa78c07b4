/* How a list lies in memory; numbers are little-endian:
 *
 *     head        varint; odd: the list is one entry, its doc is head >> 1, its impact follows as a
 *                 byte, and that is all. Even: head >> 1 is the count, at least 2
 *     directory   where there is more than one block: of each block its last doc (4 bytes), then
 *                 of each where it ends (4 bytes, from the first block's start), then of each its
 *                 best impact (1 byte)
 *     blocks      see postings_block.c; all hold POSTINGS_BLOCK entries but the last
 *
 * Most terms stand in one record, and such a list takes four bytes. */
#include "catalog/index/postings.h"

#include <endian.h>
#include <string.h>

#include "base/must.h"
#include "catalog/index/postings_block.h"

enum {
    VARINT_MAX = 10,
    DIRECTORY_ROW = 9,
};

static uint32_t
load_u32(const char *bytes)
{
    uint32_t value = 0;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

static void
add_u32(struct buf *out, uint32_t value)
{
    uint32_t stored = htole32(value);
    buf_add(out, (struct str){(const char *)&stored, sizeof(stored)});
}

static void
add_varint(struct buf *out, uint64_t value)
{
    char bytes[VARINT_MAX];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        bytes[len++] = (char)(value | 0x80);
    }
    bytes[len++] = (char)value;
    buf_add(out, (struct str){bytes, len});
}

/* How many bytes it took; 0: no number there. */
static size_t
read_varint(struct str bytes, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len && i < VARINT_MAX - 1; i++) {
        uint64_t byte = (unsigned char)bytes.ptr[i];
        value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *ret = value;
            return i + 1;
        }
    }
    return 0;
}

/* Writing ------------------------------------------------------------------------------------ */

static size_t
block_entries(size_t count, size_t block)
{
    size_t left = count - block * POSTINGS_BLOCK;
    return left < POSTINGS_BLOCK ? left : POSTINGS_BLOCK;
}

static uint32_t
block_floor(const struct posting *items, size_t block)
{
    return block > 0 ? items[block * POSTINGS_BLOCK - 1].doc + 1 : 0;
}

static void
add_directory(const struct posting *items, size_t count, size_t blocks, struct buf *out)
{
    for (size_t b = 0; b < blocks; b++) {
        add_u32(out, items[b * POSTINGS_BLOCK + block_entries(count, b) - 1].doc);
    }
    size_t end = 0;
    for (size_t b = 0; b < blocks; b++) {
        const struct posting *first = items + b * POSTINGS_BLOCK;
        size_t entries = block_entries(count, b);
        end += postings_block_size(first, entries, block_floor(items, b));
        add_u32(out, (uint32_t)end);
    }
    for (size_t b = 0; b < blocks; b++) {
        uint8_t best = 0;
        for (size_t i = 0; i < block_entries(count, b); i++) {
            uint8_t impact = items[b * POSTINGS_BLOCK + i].impact;
            best = impact > best ? impact : best;
        }
        buf_add_char(out, (char)best);
    }
}

void
postings_encode(const struct posting *items, size_t count, struct buf *out)
{
    must(count > 0 && count <= POSTINGS_COUNT_MAX);
    if (count == 1) {
        add_varint(out, (uint64_t)items->doc << 1 | 1);
        buf_add_char(out, (char)items->impact);
        return;
    }
    size_t blocks = (count + POSTINGS_BLOCK - 1) / POSTINGS_BLOCK;
    add_varint(out, (uint64_t)count << 1);
    if (blocks > 1) {
        add_directory(items, count, blocks, out);
    }
    for (size_t b = 0; b < blocks; b++) {
        postings_block_add(items + b * POSTINGS_BLOCK, block_entries(count, b),
                           block_floor(items, b), out);
    }
}

/* The directory ------------------------------------------------------------------------------ */

static uint32_t
directory_last(const struct postings *list, size_t block)
{
    return load_u32(list->bytes.ptr + list->directory + 4 * block);
}

static uint32_t
directory_end(const struct postings *list, size_t block)
{
    return load_u32(list->bytes.ptr + list->directory + 4 * (list->blocks + block));
}

static uint8_t
directory_best(const struct postings *list, size_t block)
{
    return (uint8_t)list->bytes.ptr[list->directory + 8 * (size_t)list->blocks + block];
}

static uint32_t
last_of(const struct postings *list, size_t block)
{
    return list->blocks > 1 ? directory_last(list, block) : list->last;
}

static uint8_t
best_of(const struct postings *list, size_t block)
{
    return list->blocks > 1 ? directory_best(list, block) : list->best;
}

/* The bytes of BLOCK; the directory was checked when the list was opened. */
static struct str
block_bytes(const struct postings *list, size_t block)
{
    struct str all = {list->bytes.ptr + list->payload, list->bytes.len - list->payload};
    if (list->blocks == 1) {
        return all;
    }
    size_t from = block > 0 ? directory_end(list, block - 1) : 0;
    return (struct str){all.ptr + from, directory_end(list, block) - from};
}

static bool
read_list_block(const struct postings *list, size_t block, uint32_t *docs, uint8_t *impacts,
                uint32_t *ret_count)
{
    if (list->count == 1) {
        docs[0] = list->last;
        impacts[0] = list->best;
        *ret_count = 1;
        return true;
    }
    size_t count = block_entries(list->count, block);
    uint64_t floor = block > 0 ? (uint64_t)directory_last(list, block - 1) + 1 : 0;
    if (!postings_block_read(block_bytes(list, block), count, floor, docs, impacts)) {
        return false;
    }
    *ret_count = (uint32_t)count;
    uint8_t least = 0;
    uint8_t best = postings_block_best(impacts, count, &least);
    return least > 0 && best == best_of(list, block) && docs[count - 1] == last_of(list, block);
}

/* Opening ------------------------------------------------------------------------------------ */

static bool
open_one(uint64_t doc, struct str rest, struct postings *list)
{
    if (doc >= POSTINGS_END || rest.len != 1 || rest.ptr[0] == 0) {
        return false;
    }
    list->count = 1;
    list->blocks = 1;
    list->last = (uint32_t)doc;
    list->best = (uint8_t)rest.ptr[0];
    return true;
}

static bool
open_block(struct postings *list)
{
    uint32_t docs[POSTINGS_BLOCK];
    uint8_t impacts[POSTINGS_BLOCK];
    struct str rest = str_sub(list->bytes, list->payload, SIZE_MAX);
    if (!postings_block_read(rest, list->count, 0, docs, impacts)) {
        return false;
    }
    uint8_t least = 0;
    list->best = postings_block_best(impacts, list->count, &least);
    list->last = docs[list->count - 1];
    return least > 0;
}

static bool
open_directory(struct postings *list)
{
    size_t room = list->bytes.len - list->directory;
    if (list->blocks > room / DIRECTORY_ROW) {
        return false;
    }
    list->payload = list->directory + (size_t)list->blocks * DIRECTORY_ROW;
    room = list->bytes.len - list->payload;
    uint64_t floor = 0;
    size_t end = 0;
    for (size_t b = 0; b < list->blocks; b++) {
        uint32_t last = directory_last(list, b);
        uint8_t best = directory_best(list, b);
        size_t count = block_entries(list->count, b);
        if (last == POSTINGS_END || last < floor + count - 1 || best == 0 ||
            directory_end(list, b) > room || directory_end(list, b) < end + 1 + count) {
            return false;
        }
        floor = (uint64_t)last + 1;
        end = directory_end(list, b);
        list->last = last;
        list->best = best > list->best ? best : list->best;
    }
    return end == room;
}

static bool
open_list(struct postings *list)
{
    uint64_t head = 0;
    size_t used = read_varint(list->bytes, &head);
    if (used == 0) {
        return false;
    }
    list->directory = used;
    list->payload = used;
    if (head & 1) {
        return open_one(head >> 1, str_sub(list->bytes, used, SIZE_MAX), list);
    }
    uint64_t count = head >> 1;
    if (count < 2 || count > POSTINGS_COUNT_MAX) {
        return false;
    }
    list->count = (uint32_t)count;
    list->blocks = (list->count + POSTINGS_BLOCK - 1) / POSTINGS_BLOCK;
    return list->blocks == 1 ? open_block(list) : open_directory(list);
}

int
postings_open(struct str bytes, struct postings *ret, struct err *err)
{
    struct postings list = {.bytes = bytes};
    if (!open_list(&list)) {
        return err_set(err, ERR_INVALID, "the index is damaged: a list of records is broken");
    }
    *ret = list;
    return 0;
}

/* Walking ------------------------------------------------------------------------------------ */

static void
end_cursor(struct postings_cursor *c)
{
    c->block = c->list->blocks;
    c->loaded = POSTINGS_END;
    c->at = 0;
    c->filled = 0;
    c->doc = POSTINGS_END;
    c->impact = 0;
    c->block_best = 0;
    c->block_last = POSTINGS_END;
}

static void
stand(struct postings_cursor *c, uint32_t at)
{
    c->at = at;
    c->doc = c->docs[at];
    c->impact = c->impacts[at];
}

/* Make BLOCK the one at hand, by the directory alone. */
static void
face_block(struct postings_cursor *c, uint32_t block)
{
    c->block = block;
    c->block_best = best_of(c->list, block);
    c->block_last = last_of(c->list, block);
}

/* The block at hand, from its first entry. False: it is damaged, the cursor has ended. */
static bool
load_block(struct postings_cursor *c)
{
    if (!read_list_block(c->list, c->block, c->docs, c->impacts, &c->filled)) {
        end_cursor(c);
        return false;
    }
    c->loaded = c->block;
    c->effort += c->filled;
    stand(c, 0);
    return true;
}

/* The first block from FROM whose last doc is at least DOC, and there is one: steps that double,
 * then halves; a walk asks for near ones far more often than for distant ones. */
static uint32_t
find_block(const struct postings *list, uint32_t from, uint32_t doc)
{
    uint32_t low = from;
    uint32_t step = 1;
    while (low + step < list->blocks && last_of(list, low + step - 1) < doc) {
        low += step;
        step *= 2;
    }
    uint32_t high = low + step < list->blocks ? low + step : list->blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (last_of(list, middle) < doc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void
postings_face(struct postings_cursor *c, const struct postings *list)
{
    c->list = list;
    c->effort = 0;
    end_cursor(c);
    if (list->count > 0) {
        face_block(c, 0);
        c->doc = 0;
    }
}

void
postings_start(struct postings_cursor *c, const struct postings *list)
{
    postings_face(c, list);
    postings_seek(c, 0);
}

bool
postings_more(struct postings_cursor *c)
{
    if (c->block + 1 >= c->list->blocks) {
        end_cursor(c);
        return false;
    }
    face_block(c, c->block + 1);
    return load_block(c);
}

void
postings_next(struct postings_cursor *c)
{
    if (c->at + 1 < c->filled) {
        stand(c, c->at + 1);
    } else {
        (void)postings_more(c);
    }
}

void
postings_peek(struct postings_cursor *c, uint32_t doc)
{
    if (doc <= c->block_last) {
        return;
    }
    if (doc > c->list->last) {
        end_cursor(c);
        return;
    }
    face_block(c, find_block(c->list, c->block + 1, doc));
}

void
postings_seek(struct postings_cursor *c, uint32_t doc)
{
    postings_peek(c, doc);
    if (c->block >= c->list->blocks || (c->loaded != c->block && !load_block(c)) || c->doc >= doc) {
        return;
    }
    /* The block's last doc is at least DOC, so this ends within it. */
    uint32_t low = c->at;
    uint32_t left = c->filled - low;
    while (left > 1) {
        uint32_t half = left / 2;
        low += c->docs[low + half - 1] < doc ? half : 0;
        left -= half;
    }
    stand(c, low);
}
