/* Whatever a tool may say: behind its fence it comes out again, and nothing in it closes it. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fence.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX = 1000 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    struct str text = {(const char *)data, size};
    struct str what;
    struct str within;
    size_t half = size / 2;
    (void)fence_open(text, &what, &within);
    struct str fenced =
        fence_around(str_sub(text, 0, half), str_sub(text, half, size), MAX, &arena);
    if (!fenced.ptr || !utf8_valid(fenced) || !fence_open(fenced, &what, &within)) {
        abort();
    }
    /* The word stands three times: named, opened, closed. */
    size_t open = (size_t)(within.ptr - fenced.ptr) - FENCE_TEXT;
    struct str word = str_sub(fenced, open, FENCE_TEXT - 1);
    size_t count = 0;
    for (size_t i = 0; (i = str_find(fenced, word, i)) != SIZE_MAX; i += word.len) {
        count++;
    }
    if (count != 3) {
        abort();
    }
    return 0;
}
