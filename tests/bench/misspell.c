#include "misspell.h"

#include <stddef.h>

#include "base/buf.h"
#include "base/limits.h"

enum { LONG_WORD = 4 };

static uint64_t
next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
add_misspelt(struct buf *to, struct str word, uint64_t *seed)
{
    size_t at = next_random(seed) % word.len;
    char letter = (char)('a' + next_random(seed) % 26);
    unsigned edit = next_random(seed) % 4;
    if (edit == 3 && at + 1 == word.len) {
        at--;
    }
    buf_add(to, str_sub(word, 0, at));
    if (edit == 0) { /* another letter */
        buf_add_char(to, letter);
    } else if (edit == 2) { /* one too many */
        buf_add_char(to, letter);
        buf_add_char(to, word.ptr[at]);
    } else if (edit == 3) { /* two changed round */
        buf_add_char(to, word.ptr[at + 1]);
        buf_add_char(to, word.ptr[at]);
        at++;
    }
    buf_add(to, str_sub(word, at + 1, SIZE_MAX));
}

struct str
misspell(struct str text, struct arena *arena, uint64_t *seed)
{
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && is_letter(text.ptr[end])) {
            end++;
        }
        if (end == i) {
            buf_add_char(&out, text.ptr[i++]);
            continue;
        }
        struct str word = str_sub(text, i, end - i);
        if (word.len > LONG_WORD) {
            add_misspelt(&out, word, seed);
        } else {
            buf_add(&out, word);
        }
        i = end;
    }
    return buf_to_arena(&out, arena);
}
