#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct str
str_c(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

int
str_int_len(struct str s)
{
    return s.len > INT_MAX ? INT_MAX : (int)s.len;
}

bool
str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char
lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool
str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool
str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_c(b));
}

int
str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

bool
str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.ptr, prefix.len}, prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
    /* An empty view may have no pointer to count from. */
    return suffix.len == 0 ||
           (s.len >= suffix.len &&
            str_eq((struct str){s.ptr + (s.len - suffix.len), suffix.len}, suffix));
}

size_t
str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.len || needle.len > s.len - from) {
        return SIZE_MAX;
    }
    if (needle.len == 0) {
        return from;
    }
    const char *hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t
str_find_char(struct str s, char c, size_t from)
{
    if (from >= s.len) {
        return SIZE_MAX;
    }
    const char *hit = memchr(s.ptr + from, c, s.len - from);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

struct str
str_sub(struct str s, size_t from, size_t len)
{
    if (from > s.len) {
        from = s.len;
    }
    if (len > s.len - from) {
        len = s.len - from;
    }
    return (struct str){s.ptr ? s.ptr + from : NULL, len};
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_trim(struct str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool
str_split(struct str *rest, char sep, struct str *ret_part)
{
    if (!rest->ptr) {
        return false;
    }
    size_t at = str_find_char(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *ret_part = *rest;
        *rest = (struct str){0};
        return true;
    }
    *ret_part = str_sub(*rest, 0, at);
    *rest = str_sub(*rest, at + 1, SIZE_MAX);
    return true;
}

bool
str_to_i64(struct str s, int64_t *ret)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t value = 0;
    if (s.len == (negative ? 1U : 0U)) {
        return false;
    }
    for (size_t i = negative; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    /* Counted downwards, because INT64_MIN has no positive twin. */
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *ret = negative ? value : -value;
    return true;
}

bool
str_to_double(struct str s, double *ret)
{
    char text[64];
    if (s.len == 0 || s.len >= sizeof(text)) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool allowed = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
                       c == 'E';
        if (!allowed) {
            return false;
        }
        text[i] = c;
    }
    text[s.len] = '\0';
    /* The program never calls setlocale for LC_NUMERIC, so strtod reads a point. */
    char *end = NULL;
    double value = strtod(text, &end);
    if (end != text + s.len || !isfinite(value)) {
        return false;
    }
    *ret = value;
    return true;
}

uint64_t
str_hash(struct str s)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < s.len; i++) {
        hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001b3U;
    }
    return hash;
}

/* Optimal string alignment over three rolling rows. */
size_t
str_distance(struct str a, struct str b)
{
    enum { MAX = 64 };
    size_t rows[3][MAX + 1];
    a = str_sub(a, 0, MAX);
    b = str_sub(b, 0, MAX);
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            best = best < last[j] + 1 ? best : last[j] + 1;
            best = best < now[j - 1] + 1 ? best : now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
                           a.ptr[i - 2] == b.ptr[j - 1];
            if (swapped && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            now[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}
