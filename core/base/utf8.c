#include "base/utf8.h"

#include <string.h>

#include "base/arena.h"

enum { REPLACEMENT = 0xFFFD };

/* The second byte's range carries all of RFC 3629's exceptions (overlong, surrogate, beyond
 * U+10FFFF). */
static size_t
char_length(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80) {
        return 1;
    }
    size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || left < length) {
        return 0;
    }
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

size_t
utf8_char_length(const char *p, size_t left)
{
    return char_length((const unsigned char *)p, left);
}

/* Eight bytes at a time while they are ASCII: nearly all text that passes here is. */
static size_t
ascii_prefix(const unsigned char *p, size_t len)
{
    size_t i = 0;
    while (len - i >= 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof(word));
        if (word & 0x8080808080808080U) {
            break;
        }
        i += 8;
    }
    return i;
}

size_t
utf8_valid_prefix(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        if (p[i] < 0x80) {
            size_t run = ascii_prefix(p + i, s.len - i);
            i += run ? run : 1;
            continue;
        }
        size_t length = char_length(p + i, s.len - i);
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return s.len;
}

bool
utf8_valid(struct str s)
{
    return utf8_valid_prefix(s) == s.len;
}

size_t
utf8_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

int32_t
utf8_next(struct str s, size_t *pos)
{
    if (*pos >= s.len) {
        return -1;
    }
    const unsigned char *p = (const unsigned char *)s.ptr + *pos;
    size_t length = char_length(p, s.len - *pos);
    *pos += length ? length : 1;
    switch (length) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3:
        return (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    case 4:
        return (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    default:
        return REPLACEMENT;
    }
}

size_t
utf8_encode(int32_t c, char out[4])
{
    if (c < 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
        c = REPLACEMENT;
    }
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

size_t
utf8_floor(const char *text, size_t limit)
{
    while (limit > 0 && ((unsigned char)text[limit] & 0xC0) == 0x80) {
        limit--;
    }
    return limit;
}

struct str
utf8_cut(struct str s, size_t max)
{
    return s.len <= max ? s : str_sub(s, 0, utf8_floor(s.ptr, max));
}

static bool
is_unwanted(int32_t c)
{
    if (c == '\n' || c == '\t') {
        return false;
    }
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Bytes from 0x20 up to below FINAL, then one final byte from there to 0x7E. */
static void
skip_to_final(struct str s, size_t *pos, unsigned char final)
{
    while (*pos < s.len && (unsigned char)s.ptr[*pos] >= 0x20 &&
           (unsigned char)s.ptr[*pos] < final) {
        (*pos)++;
    }
    *pos += *pos < s.len && (unsigned char)s.ptr[*pos] >= final &&
            (unsigned char)s.ptr[*pos] < 0x7F;
}

/* Step over the rest of an escape sequence of which ESC and KIND (or the C1 opener that stands for
 * both) are already behind *POS: CSI runs to its final byte, the string kinds (OSC, DCS, APC, PM,
 * SOS) to BEL or ST (ESC \, or U+009C), those with intermediate bytes (ESC ( B) to their last. */
static void
skip_escape(struct str s, size_t *pos, char kind)
{
    if (kind == '[') {
        skip_to_final(s, pos, 0x40);
        return;
    }
    if (kind >= 0x20 && kind <= 0x2F) {
        skip_to_final(s, pos, 0x30);
        return;
    }
    if (kind != ']' && kind != 'P' && kind != '_' && kind != '^' && kind != 'X') {
        return;
    }
    /* An unterminated string swallows to the end of its line, not the whole message. */
    while (*pos < s.len && s.ptr[*pos] != '\n') {
        char c = s.ptr[(*pos)++];
        if (c == '\a') {
            return;
        }
        char next = *pos < s.len ? s.ptr[*pos] : '\0';
        if ((c == '\033' && next == '\\') || (c == '\xC2' && next == '\x9C')) {
            (*pos)++;
            return;
        }
    }
}

static bool
needs_cleaning(struct str s)
{
    size_t pos = 0;
    while (pos < s.len) {
        size_t at = pos;
        int32_t c = utf8_next(s, &pos);
        if (is_unwanted(c) || (c == REPLACEMENT && pos - at == 1)) {
            return true;
        }
    }
    return false;
}

struct str
utf8_for_terminal(struct arena *arena, struct str s)
{
    if (!needs_cleaning(s)) {
        return s;
    }
    /* Only an invalid byte grows, from one byte to three. */
    char *out = arena_alloc(arena, s.len * 3);
    if (!out) {
        return (struct str){0};
    }
    size_t used = 0;
    size_t pos = 0;
    while (pos < s.len) {
        int32_t c = utf8_next(s, &pos);
        if (c == 0x1B && pos < s.len) {
            char kind = s.ptr[pos];
            /* Two-byte escapes end at their second byte; a control after ESC is left for its own
             * turn. */
            if ((unsigned char)kind >= 0x20 && (unsigned char)kind < 0x7F) {
                pos++;
                skip_escape(s, &pos, kind);
            }
        } else if (c >= 0x80 && c <= 0x9F) {
            skip_escape(s, &pos, (char)(c - 0x40));
        } else if (!is_unwanted(c)) {
            used += utf8_encode(c, out + used);
        }
    }
    return (struct str){out, used};
}

void
utf8_sanitize_c(char *text)
{
    struct str s = str_c(text);
    size_t pos = 0;
    while (pos < s.len) {
        size_t at = pos;
        int32_t c = utf8_next(s, &pos);
        if (c == REPLACEMENT && pos - at == 1) {
            text[at] = '?';
        } else if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) {
            memset(text + at, ' ', pos - at);
        }
    }
}
