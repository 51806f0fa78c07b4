/* Any bytes as CSV: whole and in pieces give the same records, offsets stay inside, and every
 * broken record lets the reading go on behind it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "catalog/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS_MAX = 64 };

static void
check_record(struct str bytes, const struct csv_record *record)
{
    must(record->used > 0 && record->used <= bytes.len && record->count > 0);
    for (size_t i = 0; i < record->count; i++) {
        must(record->fields[i].offset <= record->used);
        must(record->fields[i].text.len <= bytes.len);
        must(i == 0 || record->fields[i].offset > record->fields[i - 1].offset);
    }
}

/* A record that is complete in part of the bytes is the same in all of them. */
static void
check_pieces(struct str bytes, char separator, const struct csv_record *whole)
{
    struct arena arena = {0};
    struct csv_record part = {0};
    for (size_t len = 1; len < bytes.len && len <= whole->used + 2; len += 1 + len / 8) {
        enum csv_result result =
            csv_read(str_sub(bytes, 0, len), false, separator, FIELDS_MAX, &arena, &part);
        if (result == CSV_RECORD) {
            must(part.used == whole->used && part.count == whole->count);
        }
        must(result != CSV_END && result != CSV_NOMEM);
    }
    csv_done(&part);
    arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    struct csv_record record = {0};
    struct str rest = {(const char *)data, size};
    char separator = csv_separator(rest);
    for (;;) {
        enum csv_result result = csv_read(rest, true, separator, FIELDS_MAX, &arena, &record);
        if (result == CSV_END) {
            break;
        }
        must(result == CSV_RECORD || result == CSV_BAD);
        if (result == CSV_RECORD) {
            check_record(rest, &record);
            check_pieces(rest, separator, &record);
            rest = str_sub(rest, record.used, SIZE_MAX);
            continue;
        }
        must(record.fault <= rest.len && record.reason);
        size_t end = str_find_char(rest, '\n', record.fault);
        rest = end == SIZE_MAX ? (struct str){0} : str_sub(rest, end + 1, SIZE_MAX);
    }
    csv_done(&record);
    return 0;
}
