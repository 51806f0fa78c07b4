#include "base/json_impl.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* RFC 8259 to the letter, one pass, nothing built. Every function leaves `at` behind what it took;
 * where it returns false, `at` is the offending byte and `code` and `problem` say what is wrong. */
struct scan {
    const unsigned char *begin;
    const unsigned char *at;
    const unsigned char *end;
    size_t values;
    int code;
    const char *problem;
    bool name_found; /* the message goes on with ", found ..." */
};

_Static_assert(LIMIT_JSON_DEPTH == 64 && LIMIT_JSON_NUMBER == 128 && LIMIT_JSON_VALUES == 1000000,
               "messages below name them");

static bool
fail(struct scan *s, int code, const char *problem)
{
    s->code = code;
    s->problem = problem;
    s->name_found = false;
    return false;
}

static bool
expected(struct scan *s, const char *what)
{
    (void)fail(s, ERR_INVALID, what);
    s->name_found = true;
    return false;
}

/* The byte at hand; at the end a NUL, which no grammar rule takes. */
static unsigned char
peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : 0;
}

static void
skip_space(struct scan *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
        s->at++;
    }
}

/* The bytes of WORD, read as eight, that are not plain string text, each by its high bit. Each term
 * sets the bit where the byte is what it looks for; borrows and carries may set others above it, so
 * only the lowest is sure. */
static uint64_t
specials(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101U;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    uint64_t found =
        (word - ones * 0x20) | (word + ones) | (quote - ones) | (backslash - ones) | word;
    return found & (ones * 0x80);
}

size_t
js_plain(struct str text)
{
    return js_plain_prefix((const unsigned char *)text.ptr, text.len);
}

size_t
js_plain_prefix(const unsigned char *p, size_t len)
{
    size_t i = 0;
    uint64_t word;
    while (len - i >= sizeof(word)) {
        memcpy(&word, p + i, sizeof(word));
        uint64_t found = specials(word);
        if (found && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) {
            return i + (size_t)__builtin_ctzll(found) / 8;
        }
        if (found) {
            break;
        }
        i += sizeof(word);
    }
    while (i < len && p[i] >= 0x20 && p[i] < 0x7F && p[i] != '"' && p[i] != '\\') {
        i++;
    }
    return i;
}

static bool
is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Behind the backslash. Surrogates may stand alone: they become U+FFFD when decoded. */
static bool
scan_escape(struct scan *s)
{
    unsigned char c = peek(s);
    if (c == 'u') {
        for (int i = 0; i < 4; i++) {
            s->at++;
            if (!is_hex(peek(s))) {
                return expected(s, "expected four hexadecimal digits after \\u");
            }
        }
    } else if (c == 0 || !strchr("\"\\/bfnrt", c)) {
        return expected(s, "expected one of \" \\ / b f n r t u after a backslash");
    }
    s->at++;
    return true;
}

static bool
scan_string(struct scan *s)
{
    s->at++;
    for (;;) {
        s->at += js_plain_prefix(s->at, (size_t)(s->end - s->at));
        if (s->at == s->end) {
            return expected(s, "expected the closing quote of a string");
        }
        unsigned char c = *s->at;
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\\') {
            s->at++;
            if (!scan_escape(s)) {
                return false;
            }
            continue;
        }
        size_t length = utf8_char_length((const char *)s->at, (size_t)(s->end - s->at));
        if (c < 0x20) {
            return fail(s, ERR_INVALID, "a control character in a string must be escaped");
        }
        if (length == 0) {
            return fail(s, ERR_INVALID, "not valid UTF-8");
        }
        s->at += length;
    }
}

static bool
scan_digits(struct scan *s, const char *what)
{
    const unsigned char *start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9') {
        s->at++;
    }
    return s->at > start || expected(s, what);
}

static bool
scan_number(struct scan *s)
{
    const unsigned char *start = s->at;
    if (peek(s) == '-') {
        s->at++;
    }
    if (peek(s) == '0') {
        s->at++;
        if (peek(s) >= '0' && peek(s) <= '9') {
            return fail(s, ERR_INVALID, "a number must not begin with 0");
        }
    } else if (!scan_digits(s, "expected a digit after '-'")) {
        return false;
    }
    if (peek(s) == '.') {
        s->at++;
        if (!scan_digits(s, "expected a digit after the decimal point")) {
            return false;
        }
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-') {
            s->at++;
        }
        if (!scan_digits(s, "expected a digit in the exponent")) {
            return false;
        }
    }
    if (s->at - start > LIMIT_JSON_NUMBER) {
        s->at = start;
        return fail(s, ERR_LIMIT, "a number of more than 128 characters");
    }
    return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0) {
        return expected(s, "expected a value");
    }
    s->at += length;
    return true;
}

static bool scan_value(struct scan *s, unsigned depth);

/* Behind an item: a comma (and another item must follow) or CLOSE. */
static bool
scan_separator(struct scan *s, unsigned char close, const char *what, bool *ret_more)
{
    skip_space(s);
    *ret_more = peek(s) == ',';
    if (!*ret_more && peek(s) != close) {
        return expected(s, what);
    }
    s->at++;
    return true;
}

static bool
scan_member(struct scan *s, unsigned depth)
{
    skip_space(s);
    if (peek(s) != '"') {
        return expected(s, "expected a key in double quotes");
    }
    if (!scan_string(s)) {
        return false;
    }
    skip_space(s);
    if (peek(s) != ':') {
        return expected(s, "expected ':' after the key");
    }
    s->at++;
    return scan_value(s, depth);
}

static bool
scan_container(struct scan *s, unsigned depth)
{
    bool object = *s->at == '{';
    unsigned char close = object ? '}' : ']';
    if (depth >= LIMIT_JSON_DEPTH) {
        return fail(s, ERR_LIMIT, "nested deeper than 64 levels");
    }
    s->at++;
    skip_space(s);
    if (peek(s) == close) {
        s->at++;
        return true;
    }
    bool more = true;
    while (more) {
        if (!(object ? scan_member(s, depth + 1) : scan_value(s, depth + 1)) ||
            !scan_separator(s, close, object ? "expected ',' or '}'" : "expected ',' or ']'",
                            &more)) {
            return false;
        }
    }
    return true;
}

static bool
scan_value(struct scan *s, unsigned depth)
{
    skip_space(s);
    if (s->values++ == LIMIT_JSON_VALUES) {
        return fail(s, ERR_LIMIT, "more than 1000000 values");
    }
    switch (peek(s)) {
    case '{':
    case '[':
        return scan_container(s, depth);
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    case '-':
    case '0' ... '9':
        return scan_number(s);
    default:
        return expected(s, "expected a value");
    }
}

/* What stands at the place of the error, in words that no terminal minds. */
static void
describe_found(const struct scan *s, char out[32])
{
    if (s->at == s->end) {
        (void)snprintf(out, 32, "the end of the text");
    } else if (*s->at > 0x20 && *s->at < 0x7F) {
        (void)snprintf(out, 32, "'%c'", *s->at);
    } else {
        (void)snprintf(out, 32, "the byte 0x%02X", *s->at);
    }
}

static int
report(const struct scan *s, struct err *err)
{
    size_t line = 1;
    const unsigned char *start = s->begin;
    for (const unsigned char *p = s->begin; p < s->at; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    size_t column = 1 + utf8_count((struct str){(const char *)start, (size_t)(s->at - start)});
    char found[32];
    describe_found(s, found);
    return err_set(err, s->code, "line %zu, column %zu: %s%s%s", line, column, s->problem,
                   s->name_found ? ", found " : "", s->name_found ? found : "");
}

int
js_scan(struct str text, struct err *err)
{
    if (text.len > LIMIT_JSON_BYTES) {
        return err_set(err, ERR_LIMIT, "%zu bytes of JSON, more than the %d that are taken",
                       text.len, LIMIT_JSON_BYTES);
    }
    const unsigned char *bytes = (const unsigned char *)(text.ptr ? text.ptr : "");
    struct scan s = {.begin = bytes, .at = bytes, .end = bytes + text.len};
    if (!scan_value(&s, 0)) {
        return report(&s, err);
    }
    skip_space(&s);
    if (s.at != s.end) {
        (void)expected(&s, "expected nothing more after the value");
        return report(&s, err);
    }
    return 0;
}
