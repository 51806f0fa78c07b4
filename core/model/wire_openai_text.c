#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/wire_openai.h"

/* The shortcut. A strict reader of a small part of JSON: one level of members at the top, `choices`
 * with one choice, its `delta`; beside these only strings without \u, small whole numbers, true,
 * false and null. Whatever else comes, even where it would be harmless, makes it say no: then the
 * chunk is parsed as any other. So it must be right only about what it accepts; a fuzzer compares
 * that with the parser's reading. */
struct scan {
    const char *at;
    const char *end;
    struct str text;
    bool escaped; /* TEXT has escapes */
    unsigned choices;
    unsigned deltas;
    unsigned contents;
};

static void
skip_blanks(struct scan *s)
{
    while (s->at < s->end && *s->at == ' ') {
        s->at++;
    }
}

static bool
take(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->at < s->end && *s->at == c) {
        s->at++;
        return true;
    }
    return false;
}

static bool
take_word(struct scan *s, struct str word)
{
    skip_blanks(s);
    if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.ptr, word.len) != 0) {
        return false;
    }
    s->at += word.len;
    return true;
}

/* What an escape with one letter stands for; 0: none. */
static char
escape_of(char letter)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    const char *hit = letter ? strchr(letters, letter) : NULL;
    return hit ? meant[hit - letters] : 0;
}

static bool
take_string(struct scan *s, struct str *ret, bool *ret_escaped)
{
    if (!take(s, '"')) {
        return false;
    }
    const char *start = s->at;
    const char *p = start;
    *ret_escaped = false;
    for (;;) {
        p += js_plain((struct str){p, (size_t)(s->end - p)});
        if (p == s->end || *p == '"') {
            break;
        }
        unsigned char c = (unsigned char)*p;
        size_t step = 1;
        if (c == '\\') {
            step = s->end - p >= 2 && escape_of(p[1]) ? 2 : 0;
            *ret_escaped = true;
        } else if (c >= 0x80) {
            step = utf8_char_length(p, (size_t)(s->end - p));
        } else if (c < 0x20) {
            step = 0;
        }
        if (step == 0) {
            return false;
        }
        p += step;
    }
    *ret = (struct str){start, (size_t)(p - start)};
    s->at = p + 1;
    return p < s->end;
}

static bool
take_small_number(struct scan *s)
{
    enum { DIGITS_MAX = 15 };
    const char *start = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        s->at++;
    }
    ptrdiff_t digits = s->at - start;
    return digits > 0 && digits <= DIGITS_MAX && (*start != '0' || digits == 1);
}

static bool
skip_scalar(struct scan *s)
{
    struct str ignored;
    bool escaped;
    skip_blanks(s);
    switch (s->at < s->end ? *s->at : 0) {
    case '"':
        return take_string(s, &ignored, &escaped);
    case 'n':
        return take_word(s, STR("null"));
    case 't':
        return take_word(s, STR("true"));
    case 'f':
        return take_word(s, STR("false"));
    default:
        return take_small_number(s);
    }
}

/* An object whose members MEMBER reads. */
static bool
take_object(struct scan *s, bool (*member)(struct scan *s, struct str key))
{
    if (!take(s, '{')) {
        return false;
    }
    if (take(s, '}')) {
        return true;
    }
    do {
        struct str key;
        bool escaped;
        if (!take_string(s, &key, &escaped) || escaped || !take(s, ':') || !member(s, key)) {
            return false;
        }
    } while (take(s, ','));
    return take(s, '}');
}

static bool
delta_member(struct scan *s, struct str key)
{
    if (str_eq(key, STR("content"))) {
        return s->contents++ == 0 &&
               (take_word(s, STR("null")) || take_string(s, &s->text, &s->escaped));
    }
    if (str_eq(key, STR("tool_calls")) || str_eq(key, STR("refusal"))) {
        return take_word(s, STR("null"));
    }
    return skip_scalar(s);
}

static bool
choice_member(struct scan *s, struct str key)
{
    if (str_eq(key, STR("delta"))) {
        return s->deltas++ == 0 && take_object(s, delta_member);
    }
    if (str_eq(key, STR("index"))) {
        return take_word(s, STR("0"));
    }
    if (str_eq(key, STR("finish_reason")) || str_eq(key, STR("message"))) {
        return take_word(s, STR("null"));
    }
    return skip_scalar(s);
}

static bool
chunk_member(struct scan *s, struct str key)
{
    struct str kind;
    bool escaped;
    if (str_eq(key, STR("choices"))) {
        return s->choices++ == 0 && take(s, '[') && take_object(s, choice_member) && take(s, ']');
    }
    if (str_eq(key, STR("object"))) {
        return take_string(s, &kind, &escaped) && str_eq(kind, STR("chat.completion.chunk"));
    }
    if (str_eq(key, STR("usage")) || str_eq(key, STR("error"))) {
        return take_word(s, STR("null"));
    }
    return skip_scalar(s);
}

/* TEXT's escapes are the ones escape_of() knows. */
static bool
unescape(struct str text, struct buf *out)
{
    buf_clear(out);
    while (text.len > 0) {
        size_t plain = str_find_char(text, '\\', 0);
        buf_add(out, str_sub(text, 0, plain));
        if (plain == SIZE_MAX) {
            break;
        }
        buf_add_char(out, escape_of(text.ptr[plain + 1]));
        text = str_sub(text, plain + 2, SIZE_MAX);
    }
    return out->failed == 0;
}

bool
openai_chunk_text(struct str data, struct buf *scratch, struct str *ret)
{
    struct scan s = {.at = data.ptr, .end = data.ptr + data.len};
    if (!take_object(&s, chunk_member) || s.deltas != 1) {
        return false;
    }
    skip_blanks(&s);
    if (s.at != s.end || (s.escaped && !unescape(s.text, scratch))) {
        return false;
    }
    *ret = s.escaped ? buf_str(scratch) : s.text;
    return true;
}
