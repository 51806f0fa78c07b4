#include "base/base64.h"

#include "base/buf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a character stands for, plus one: 0 is a character outside the alphabet. */
static const unsigned char values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* Both directions go through a piece of the stack, so that the buf is asked once a piece. */
enum { PIECE = 768 };

void
base64_encode(struct str bytes, struct buf *out)
{
    char piece[PIECE];
    size_t used = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.ptr[i + 2] : 0;
        piece[used++] = alphabet[group >> 18];
        piece[used++] = alphabet[group >> 12 & 63];
        piece[used++] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        piece[used++] = left > 2 ? alphabet[group & 63] : '=';
        if (used == PIECE) {
            buf_add(out, (struct str){piece, used});
            used = 0;
        }
    }
    buf_add(out, (struct str){piece, used});
}

/* Four characters to OUT; how many bytes they are, 0 when they are no such group. Only the last
 * group may be padded. */
static size_t
decode_group(const char *text, bool last, char out[3])
{
    size_t padding = 0;
    if (last && text[3] == '=') {
        padding = text[2] == '=' ? 2 : 1;
    }
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        unsigned value = i < 4 - padding ? values[(unsigned char)text[i]] : 1;
        if (value == 0) {
            return 0;
        }
        group = group << 6 | (value - 1);
    }
    if ((group & ((UINT32_C(1) << (8 * padding)) - 1)) != 0) {
        return 0;
    }
    out[0] = (char)(group >> 16);
    out[1] = (char)(group >> 8 & 0xff);
    out[2] = (char)(group & 0xff);
    return 3 - padding;
}

/* OUT may be NULL: TEXT is only checked. */
static bool
decode(struct str text, struct buf *out)
{
    char piece[PIECE];
    size_t used = 0;
    if (text.len % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += 4) {
        size_t got = decode_group(text.ptr + i, i + 4 == text.len, piece + used);
        if (got == 0) {
            return false;
        }
        used += got;
        if (used == PIECE) {
            if (out) {
                buf_add(out, (struct str){piece, used});
            }
            used = 0;
        }
    }
    if (out) {
        buf_add(out, (struct str){piece, used});
    }
    return true;
}

bool
base64_decode(struct str text, struct buf *out)
{
    size_t before = out->len;
    if (!decode(text, out)) {
        buf_truncate(out, before);
        return false;
    }
    return true;
}

bool
base64_valid(struct str text)
{
    return decode(text, NULL);
}
