/* Any bytes on their way to a terminal: what arrives is valid and holds nothing it obeys. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_shown(struct str s)
{
    must(utf8_valid(s));
    size_t pos = 0;
    int32_t c;
    while ((c = utf8_next(s, &pos)) >= 0) {
        must(c == '\n' || c == '\t' || c >= 0x20);
        must(c < 0x7F || c > 0x9F);
        must(c < 0x202A || c > 0x202E);
        must(c < 0x2066 || c > 0x2069);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct str text = {(const char *)data, size};
    struct str shown = utf8_for_terminal(&a, text);
    check_shown(shown);
    must(utf8_for_terminal(&a, shown).ptr == shown.ptr);
    for (size_t max = 0; max <= size && utf8_valid(text); max += 1 + size / 16) {
        must(utf8_valid(utf8_cut(text, max)) && utf8_cut(text, max).len <= max);
    }
    AUTO(mem) char *line = mem_str(text);
    must(line != NULL);
    utf8_sanitize_c(line);
    must(utf8_valid(str_c(line)) && !strpbrk(line, "\033\n\r\t\a\x7F"));
    return 0;
}
