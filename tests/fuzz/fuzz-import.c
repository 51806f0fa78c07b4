/* Any bytes as a file of conversations: each is refused with words, or is written and read back to
 * the same text; and the stream splits alike in whatever pieces it comes. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "desk/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_one(struct str text)
{
    AUTO(arena) struct arena a = {0};
    AUTO(buf) struct buf first;
    AUTO(buf) struct buf second;
    struct err err = {0};
    struct record r;
    buf_init(&first, LIMIT_JSON_BYTES);
    buf_init(&second, LIMIT_JSON_BYTES);
    if (record_read(text, &a, &r, &err) < 0) {
        must(err.message[0] != '\0');
        return;
    }
    must(record_write(&r, &first, &err) == 0);
    must(record_read(buf_str(&first), &a, &r, &err) == 0);
    must(record_write(&r, &second, &err) == 0);
    must(str_eq(buf_str(&first), buf_str(&second)));
    for (size_t i = 0; i < r.ticket_count; i++) {
        buf_clear(&second);
        must(record_write_ticket(&r, r.tickets[i].row.number, &second, &err) == 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str whole = {(const char *)data, size};
    struct record_split a = {0};
    struct record_split b = {0};
    size_t at = 0;
    while (at < size) {
        bool ended;
        size_t used = record_split(&a, str_sub(whole, at, SIZE_MAX), &ended);
        must(used > 0 && used <= size - at);
        for (size_t i = 0; i < used; i++) {
            bool piece_ended;
            must(record_split(&b, str_sub(whole, at + i, 1), &piece_ended) == 1);
            must(piece_ended == (ended && i + 1 == used));
        }
        must(a.line == b.line && a.begin == b.begin && a.started == b.started);
        check_one(str_sub(whole, at, used));
        at += used;
    }
    return 0;
}
