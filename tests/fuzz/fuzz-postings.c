/* Any bytes as a list of records: whatever opens is walked, peeked and sought through to its end;
 * docs ascend, impacts keep to what the directory says, and a seek never turns back. Where the
 * whole list proves sound, it is written anew and reads the same. */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "catalog/index/postings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES_MAX = 1 << 14, BYTES_MAX = 1 << 20 };

/* How many entries there were, those that found room in ITEMS. */
static size_t
walk(const struct postings *list, struct posting *items)
{
    struct postings_cursor c;
    size_t count = 0;
    uint32_t before = 0;
    for (postings_start(&c, list); c.doc != POSTINGS_END; postings_next(&c)) {
        must(count == 0 || c.doc > before);
        must(c.impact > 0 && c.impact <= c.block_best && c.block_best <= list->best);
        must(c.doc <= c.block_last && c.block_last <= list->last);
        before = c.doc;
        if (count < ENTRIES_MAX) {
            items[count] = (struct posting){c.doc, c.impact};
        }
        count++;
    }
    must(count <= list->count);
    return count;
}

static void
seek(const struct postings *list, uint32_t step, bool peek)
{
    struct postings_cursor c;
    postings_face(&c, list);
    for (uint32_t doc = 0;; doc = c.doc + step) {
        if (peek) {
            postings_peek(&c, doc);
            must(c.block_last >= doc);
        }
        postings_seek(&c, doc);
        must(c.doc >= doc);
        if (c.doc >= POSTINGS_END - step) {
            return;
        }
    }
}

static void
write_anew(const struct posting *items, size_t count)
{
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    postings_encode(items, count, &bytes);
    struct err err = {0};
    struct postings list = {0};
    must(buf_finish(&bytes, "list", &err) == 0);
    must(postings_open(buf_str(&bytes), &list, &err) == 0);
    struct postings_cursor c;
    postings_start(&c, &list);
    for (size_t i = 0; i < count; i++, postings_next(&c)) {
        must(c.doc == items[i].doc && c.impact == items[i].impact);
    }
    must(c.doc == POSTINGS_END);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct postings list = {0};
    if (postings_open((struct str){(const char *)data, size}, &list, &err)) {
        return 0;
    }
    AUTO(mem) struct posting *items = mem_zero(ENTRIES_MAX, sizeof(*items));
    must(items);
    size_t count = walk(&list, items);
    seek(&list, 1, false);
    seek(&list, 100, true);
    if (count == list.count && count <= ENTRIES_MAX) {
        write_anew(items, count);
    }
    return 0;
}
