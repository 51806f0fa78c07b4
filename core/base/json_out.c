#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_impl.h"
#include "base/must.h"
#include "base/utf8.h"

/* As deep as `has_items` has bits. What we write ourselves is nested by our code, not by input, so
 * deeper is a bug; values and raw text written into it are not counted. */
enum { DEPTH_MAX = 64 };

void
js_out_init(struct js_out *out, struct buf *buf)
{
    *out = (struct js_out){.buf = buf};
}

/* The comma before an item, unless it is the first of its level or the value of a key. */
static void
separate(struct js_out *out)
{
    if (out->after_key) {
        out->after_key = false;
        return;
    }
    if (out->depth == 0) {
        return;
    }
    uint64_t bit = (uint64_t)1 << (out->depth - 1);
    if (out->has_items & bit) {
        buf_add_char(out->buf, ',');
    }
    out->has_items |= bit;
}

static void
begin(struct js_out *out, char open)
{
    separate(out);
    must(out->depth < DEPTH_MAX);
    out->has_items &= ~((uint64_t)1 << out->depth);
    out->depth++;
    buf_add_char(out->buf, open);
}

static void
end(struct js_out *out, char close)
{
    must(out->depth > 0 && !out->after_key);
    out->depth--;
    buf_add_char(out->buf, close);
}

void
js_begin_object(struct js_out *out)
{
    begin(out, '{');
}

void
js_end_object(struct js_out *out)
{
    end(out, '}');
}

void
js_begin_array(struct js_out *out)
{
    begin(out, '[');
}

void
js_end_array(struct js_out *out)
{
    end(out, ']');
}

void
js_key(struct js_out *out, struct str key)
{
    must(!out->after_key);
    js_add_str(out, key);
    buf_add_char(out->buf, ':');
    out->after_key = true;
}

/* How many bytes at P want an escape: 0, 1, or 2 for a C1 control, which some terminals obey. */
static size_t
escape_length(const unsigned char *p, size_t left)
{
    if (*p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7F) {
        return 1;
    }
    return *p == 0xC2 && left > 1 && p[1] < 0xA0 ? 2 : 0;
}

static void
write_escape(struct buf *buf, unsigned char c)
{
    static const char letters[] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (c < sizeof(letters) && letters[c]) {
        buf_add(buf, (struct str){(char[]){'\\', letters[c]}, 2});
        return;
    }
    static const char hex[] = "0123456789abcdef";
    buf_add(buf, (struct str){(char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6});
}

/* TEXT is valid UTF-8. */
static void
write_valid(struct buf *buf, struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t plain = 0;
    size_t i = 0;
    for (;;) {
        i += js_plain_prefix(p + i, text.len - i);
        if (i == text.len) {
            break;
        }
        size_t length = escape_length(p + i, text.len - i);
        if (length == 0) {
            i++;
            continue;
        }
        buf_add(buf, str_sub(text, plain, i - plain));
        i += length;
        write_escape(buf, p[i - 1]);
        plain = i;
    }
    buf_add(buf, str_sub(text, plain, text.len - plain));
}

static void
write_escaped(struct buf *buf, struct str text)
{
    while (text.len > 0) {
        size_t valid = utf8_valid_prefix(text);
        write_valid(buf, str_sub(text, 0, valid));
        if (valid == text.len) {
            return;
        }
        buf_add(buf, STR("\xEF\xBF\xBD"));
        text = str_sub(text, valid + 1, SIZE_MAX);
    }
}

static void
write_string(struct buf *buf, struct str text)
{
    buf_add_char(buf, '"');
    write_escaped(buf, text);
    buf_add_char(buf, '"');
}

void
js_add_str(struct js_out *out, struct str text)
{
    separate(out);
    write_string(out->buf, text);
}

void
js_add_int(struct js_out *out, int64_t value)
{
    separate(out);
    buf_printf(out->buf, "%" PRId64, value);
}

void
js_add_double(struct js_out *out, double value)
{
    if (!isfinite(value)) {
        js_add_null(out);
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    js_add_raw(out, str_c(text));
}

void
js_add_bool(struct js_out *out, bool value)
{
    js_add_raw(out, value ? STR("true") : STR("false"));
}

void
js_add_null(struct js_out *out)
{
    js_add_raw(out, STR("null"));
}

void
js_add_raw(struct js_out *out, struct str text)
{
    separate(out);
    buf_add(out->buf, text.len ? text : STR("null"));
}

static void write_value(struct buf *buf, const struct js *value);

static void
write_object(struct buf *buf, const struct js *object)
{
    const char *before = "{";
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        buf_add_c(buf, before);
        write_string(buf, member.key);
        buf_add_char(buf, ':');
        write_value(buf, member.value);
        before = ",";
    }
    buf_add_c(buf, *before == '{' ? "{}" : "}");
}

static void
write_array(struct buf *buf, const struct js *array)
{
    buf_add_char(buf, '[');
    for (size_t i = 0; i < js_count(array); i++) {
        if (i > 0) {
            buf_add_char(buf, ',');
        }
        write_value(buf, js_at(array, i));
    }
    buf_add_char(buf, ']');
}

/* Recursion is bounded: js_parse() takes no deeper tree than LIMIT_JSON_DEPTH. */
static void
write_value(struct buf *buf, const struct js *value)
{
    char space[JS_INT_TEXT];
    switch (js_type(value)) {
    case JS_NULL:
        buf_add(buf, STR("null"));
        return;
    case JS_BOOL:
        buf_add(buf, js_bool(value, false) ? STR("true") : STR("false"));
        return;
    case JS_INT:
    case JS_DOUBLE:
        buf_add(buf, js_spelling(value, space));
        return;
    case JS_STRING:
        write_string(buf, js_text(value));
        return;
    case JS_ARRAY:
        write_array(buf, value);
        return;
    case JS_OBJECT:
        write_object(buf, value);
        return;
    }
}

void
js_add_value(struct js_out *out, const struct js *value)
{
    separate(out);
    write_value(out->buf, value);
}

void
js_put_str(struct js_out *out, const char *key, struct str text)
{
    js_key(out, str_c(key));
    js_add_str(out, text);
}

void
js_put_int(struct js_out *out, const char *key, int64_t value)
{
    js_key(out, str_c(key));
    js_add_int(out, value);
}

void
js_put_double(struct js_out *out, const char *key, double value)
{
    js_key(out, str_c(key));
    js_add_double(out, value);
}

void
js_put_bool(struct js_out *out, const char *key, bool value)
{
    js_key(out, str_c(key));
    js_add_bool(out, value);
}

void
js_put_null(struct js_out *out, const char *key)
{
    js_key(out, str_c(key));
    js_add_null(out);
}

void
js_put_raw(struct js_out *out, const char *key, struct str text)
{
    js_key(out, str_c(key));
    js_add_raw(out, text);
}

void
js_put_texts(struct js_out *out, const char *key, const char *const *texts)
{
    js_key(out, str_c(key));
    js_begin_array(out);
    for (size_t i = 0; texts && texts[i]; i++) {
        js_add_str(out, str_c(texts[i]));
    }
    js_end_array(out);
}

void
js_put_str_or_null(struct js_out *out, const char *key, struct str text)
{
    js_key(out, str_c(key));
    if (text.len) {
        js_add_str(out, text);
    } else {
        js_add_null(out);
    }
}

struct str
js_to_arena(const struct js *value, struct arena *arena)
{
    AUTO(buf) struct buf buf;
    buf_init(&buf, JS_WRITTEN_MAX);
    write_value(&buf, value);
    return buf_to_arena(&buf, arena);
}
