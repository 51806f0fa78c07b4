#include "catalog/stored.h"

#include <string.h>

#include "base/utf8.h"

struct stored
stored_open(struct str text, struct arena *arena)
{
    return (struct stored){
        .at = text.ptr, .end = text.ptr ? text.ptr + text.len : NULL, .arena = arena};
}

/* The next byte that is no white space; NUL at the end. */
static char
peek(struct stored *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t')) {
        s->at++;
    }
    return s->at < s->end ? *s->at : '\0';
}

static void
fail(struct stored *s)
{
    s->broken = true;
    s->at = s->end;
}

enum js_type
stored_type(const struct stored *s)
{
    struct stored ahead = *s;
    char c = peek(&ahead);
    switch (c) {
    case '"':
        return JS_STRING;
    case '{':
        return JS_OBJECT;
    case '[':
        return JS_ARRAY;
    case 't':
    case 'f':
        return JS_BOOL;
    default:
        return (c >= '0' && c <= '9') || c == '-' ? JS_DOUBLE : JS_NULL;
    }
}

/* Behind the opening quote: the bytes up to the closing one, which is stepped over. */
static struct str
take_quoted(struct stored *s, bool *ret_escaped)
{
    const char *from = s->at + 1;
    const char *quote = from;
    *ret_escaped = false;
    while ((quote = memchr(quote, '"', (size_t)(s->end - quote))) != NULL) {
        const char *p = quote;
        while (p > from && p[-1] == '\\') {
            p--;
        }
        if ((quote - p) % 2 == 0) {
            break;
        }
        quote++;
    }
    if (!quote) {
        fail(s);
        return (struct str){0};
    }
    s->at = quote + 1;
    struct str text = {from, (size_t)(quote - from)};
    *ret_escaped = text.len > 0 && memchr(from, '\\', text.len);
    return text;
}

/* Four hexadecimal digits at TEXT[I], or -1. */
static int32_t
hex4(struct str text, size_t i)
{
    int32_t value = 0;
    for (size_t k = i; k < i + 4; k++) {
        char c = k < text.len ? text.ptr[k] : '?';
        char lower = (char)(c | 0x20);
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(lower >= 'a' && lower <= 'f')) {
            return -1;
        }
        value = value * 16 + (digit ? c - '0' : lower - 'a' + 10);
    }
    return value;
}

/* The escape at TEXT[*I], behind its backslash, as UTF-8. Returns the length. */
static size_t
unescape(struct str text, size_t *i, char out[4])
{
    static const char letters[] = "b\bf\fn\nr\rt\t";
    char c = text.ptr[(*i)++];
    if (c != 'u') {
        const char *letter = memchr(letters, c, sizeof(letters) - 1);
        out[0] = letter && (letter - letters) % 2 == 0 ? letter[1] : c;
        return 1;
    }
    int32_t code = hex4(text, *i);
    *i += code < 0 ? 0 : 4;
    if (code >= 0xD800 && code <= 0xDBFF && str_starts(str_sub(text, *i, 2), STR("\\u"))) {
        int32_t low = hex4(text, *i + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            *i += 6;
        }
    }
    return utf8_encode(code, out);
}

/* QUOTED without its escapes; never longer than it was. */
static struct str
decode(struct stored *s, struct str quoted)
{
    char *out = arena_alloc(s->arena, quoted.len);
    if (!out) {
        s->starved = true;
        return (struct str){0};
    }
    size_t len = 0;
    for (size_t i = 0; i < quoted.len;) {
        char bytes[4] = {quoted.ptr[i++]};
        size_t count = 1;
        if (bytes[0] == '\\' && i < quoted.len) {
            count = unescape(quoted, &i, bytes);
        }
        /* Three bytes for a bad "\u" of two: the only way to grow, and only in a damaged file. */
        count = count > i - len ? i - len : count;
        memcpy(out + len, bytes, count);
        len += count;
    }
    return (struct str){out, len};
}

struct str
stored_text(struct stored *s)
{
    if (peek(s) != '"') {
        stored_skip(s);
        return (struct str){0};
    }
    bool escaped = false;
    struct str text = take_quoted(s, &escaped);
    return escaped ? decode(s, text) : text;
}

/* Up to what ends a number or a word. */
static struct str
take_word(struct stored *s)
{
    const char *from = s->at;
    while (s->at < s->end && !memchr(",]} \n\t\"[{:", *s->at, 10)) {
        s->at++;
    }
    if (s->at == from) {
        fail(s);
        return (struct str){0};
    }
    return (struct str){from, (size_t)(s->at - from)};
}

struct str
stored_number(struct stored *s)
{
    if (stored_type(s) != JS_DOUBLE) {
        stored_skip(s);
        return (struct str){0};
    }
    (void)peek(s);
    return take_word(s);
}

bool
stored_bool(struct stored *s)
{
    if (stored_type(s) != JS_BOOL) {
        stored_skip(s);
        return false;
    }
    (void)peek(s);
    return str_eq(take_word(s), STR("true"));
}

/* From the opening bracket to behind its counterpart. */
static void
skip_nested(struct stored *s)
{
    bool escaped = false;
    size_t depth = 0;
    while (s->at < s->end) {
        char c = *s->at;
        if (c == '"') {
            (void)take_quoted(s, &escaped);
            continue;
        }
        depth += c == '{' || c == '[' ? 1 : 0;
        depth -= c == '}' || c == ']' ? 1 : 0;
        s->at++;
        if (depth == 0) {
            return;
        }
    }
    fail(s);
}

void
stored_skip(struct stored *s)
{
    bool escaped = false;
    switch (peek(s)) {
    case '"':
        (void)take_quoted(s, &escaped);
        break;
    case '{':
    case '[':
        skip_nested(s);
        break;
    default:
        (void)take_word(s);
        break;
    }
}

bool
stored_enter(struct stored *s)
{
    char c = peek(s);
    if (c != '{' && c != '[') {
        stored_skip(s);
        return false;
    }
    s->at++;
    return true;
}

/* Is there more before CLOSE? A comma before it is stepped over, and so is CLOSE itself. */
static bool
go_on(struct stored *s, char close)
{
    char c = peek(s);
    if (c == ',') {
        s->at++;
        c = peek(s);
    }
    if (c == close) {
        s->at++;
        return false;
    }
    if (c == '\0') {
        fail(s);
        return false;
    }
    return true;
}

bool
stored_member(struct stored *s, struct str *ret_key)
{
    if (!go_on(s, '}')) {
        return false;
    }
    if (peek(s) != '"') {
        fail(s);
        return false;
    }
    *ret_key = stored_text(s);
    if (peek(s) != ':') {
        fail(s);
        return false;
    }
    s->at++;
    return true;
}

bool
stored_item(struct stored *s)
{
    return go_on(s, ']');
}
