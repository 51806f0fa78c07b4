/* Any bytes as a customer's file, and as a block somebody made. What passes the check passes it
 * again as a block; what is told of it is one short line. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/media.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_line(const struct block *b, struct arena *arena)
{
    struct str line = media_describe(b, arena);
    must(line.ptr != NULL && line.len < 400 && str_starts(line, STR("[")));
    must(str_find_char(line, '\n', 0) == SIZE_MAX);
}

static void
try_file(enum media_kind kind, const char *name, struct str bytes)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct block b;
    if (media_block(kind, str_c(name), bytes, &arena, &b, &err) < 0) {
        must(err.message[0] != '\0');
        return;
    }
    must(media_check(&b, 1, true, &err) == 0);
    check_line(&b, &arena);
}

static void
try_content(struct str bytes)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct block *blocks = NULL;
    size_t count = 0;
    struct str outline;
    if (message_parse_content(bytes, &arena, &blocks, &count, &err) < 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (media_check(&blocks[i], 1, true, &err) == 0) {
            check_line(&blocks[i], &arena);
        }
    }
    must(media_outline(bytes, &arena, &outline, &err) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.txt", "b.doc", "c.xls", "d.csv", "e"};
    /* A copy of the exact size: what is read behind it is found. */
    AUTO(mem) char *copy = mem_zero(1, size ? size : 1);
    must(copy != NULL);
    memcpy(copy, data, size);
    struct str bytes = {copy, size};
    try_file(MEDIA_IMAGE, "", bytes);
    try_file(MEDIA_DOCUMENT, names[size % 5], bytes);
    try_content(bytes);
    return 0;
}
