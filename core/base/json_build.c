#include "base/json_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* The second pass. The text was accepted by js_scan(), so nothing here checks grammar; only memory
 * can run out. json-c's own tokener is not used: it cuts keys at a NUL, saturates integers and
 * forgets -0, and a text with such things would have to be rewritten for it. */
struct build {
    const char *at;
    const char *end;
    struct arena *arena;
    struct buf scratch; /* the last string that had escapes, decoded */
};

static void
skip_space(struct build *b)
{
    while (b->at < b->end && (unsigned char)*b->at <= ' ') {
        b->at++;
    }
}

static int32_t
hex4(const char *p)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10;
        value = value * 16 + digit;
    }
    return value;
}

/* P is behind "\u". A pair of surrogates is one character; a lone one is U+FFFD, which is what
 * utf8_encode makes of it. Returns what is behind the digits. */
static const char *
decode_unicode(const char *p, const char *end, struct buf *out)
{
    int32_t c = hex4(p);
    p += 4;
    if (c >= 0xD800 && c <= 0xDBFF && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        int32_t low = hex4(p + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        }
    }
    char bytes[4];
    buf_add(out, (struct str){bytes, utf8_encode(c, bytes)});
    return p;
}

static char
decode_letter(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

static struct str
decode_string(struct build *b, const char *p, const char *end)
{
    buf_clear(&b->scratch);
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        const char *plain_end = escape ? escape : end;
        buf_add(&b->scratch, (struct str){p, (size_t)(plain_end - p)});
        if (!escape) {
            break;
        }
        if (escape[1] == 'u') {
            p = decode_unicode(escape + 2, end, &b->scratch);
        } else {
            buf_add_char(&b->scratch, decode_letter(escape[1]));
            p = escape + 2;
        }
    }
    return buf_str(&b->scratch);
}

/* The string whose opening quote is at hand: a view of the text, or of the scratch buffer until
 * the next string. */
static int
take_string(struct build *b, struct str *ret)
{
    const char *start = b->at + 1;
    const char *quote = memchr(start, '"', (size_t)(b->end - start));
    const char *escape = memchr(start, '\\', (size_t)(quote - start));
    if (!escape) {
        b->at = quote + 1;
        *ret = (struct str){start, (size_t)(quote - start)};
        return 0;
    }
    const char *p = escape;
    while (*p != '"') {
        p += *p == '\\' ? 2 : 1;
        p += js_plain_prefix((const unsigned char *)p, (size_t)(b->end - p));
    }
    b->at = p + 1;
    *ret = decode_string(b, start, p);
    return b->scratch.failed;
}

bool
js_key_is_special(struct str key)
{
    if (key.len == 0) {
        return false;
    }
    /* The sign's first byte is rare, and looking for one byte is several times faster. */
    return memchr(key.ptr, '\0', key.len) || (memchr(key.ptr, JS_ESCAPE[0], key.len) &&
                                              memmem(key.ptr, key.len, JS_ESCAPE, JS_ESCAPE_LEN));
}

/* Write KEY with its NULs and escape signs escaped; room for 4 bytes each. Returns the length. */
static size_t
escape_key(struct str key, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < key.len; i++) {
        bool sign = key.len - i >= JS_ESCAPE_LEN && memcmp(key.ptr + i, JS_ESCAPE, 3) == 0;
        if (key.ptr[i] != '\0' && !sign) {
            out[used++] = key.ptr[i];
            continue;
        }
        memcpy(out + used, JS_ESCAPE, JS_ESCAPE_LEN);
        out[used + JS_ESCAPE_LEN] = sign ? '1' : '0';
        used += JS_ESCAPE_LEN + 1;
        i += sign ? JS_ESCAPE_LEN - 1 : 0;
    }
    out[used] = '\0';
    return used;
}

static const char *
make_key(struct arena *arena, struct str key)
{
    bool special = js_key_is_special(key);
    /* A special key is kept twice: escaped to be found by, and behind that as it is. */
    size_t room = special ? key.len * 5 + 1 : key.len + 1;
    struct js_key *made = arena_alloc(arena, sizeof(*made) + room);
    if (!made) {
        return NULL;
    }
    char *shown = made->lookup;
    if (special) {
        shown += escape_key(key, made->lookup) + 1;
    }
    if (key.len) {
        memcpy(shown, key.ptr, key.len);
    }
    if (!special) {
        shown[key.len] = '\0';
    }
    made->shown = (struct str){shown, key.len};
    return made->lookup;
}

static int
build_string(struct build *b, struct json_object **ret)
{
    struct str text;
    if (take_string(b, &text) < 0) {
        return ERR_NOMEM;
    }
    /* js_scan() holds the whole text below INT_MAX. */
    *ret = json_object_new_string_len(text.ptr ? text.ptr : "", (int)text.len);
    return *ret ? 0 : ERR_NOMEM;
}

static int
build_number(struct build *b, struct json_object **ret)
{
    const char *start = b->at;
    bool whole = true;
    for (; b->at < b->end; b->at++) {
        char c = *b->at;
        bool digit = (c >= '0' && c <= '9') || c == '-';
        if (!digit && c != '.' && c != 'e' && c != 'E' && c != '+') {
            break;
        }
        whole = whole && digit;
    }
    struct str text = {start, (size_t)(b->at - start)};
    int64_t value = 0;
    bool fits = whole && str_to_i64(text, &value);
    if (fits && !(value == 0 && *start == '-')) {
        *ret = json_object_new_int64(value);
        return *ret ? 0 : ERR_NOMEM;
    }
    struct str spelling = arena_str(b->arena, text);
    if (!spelling.ptr) {
        return ERR_NOMEM;
    }
    *ret = fits ? json_object_new_int64(value) : json_object_new_double(strtod(spelling.ptr, NULL));
    if (!*ret) {
        return ERR_NOMEM;
    }
    json_object_set_userdata(*ret, (void *)spelling.ptr, NULL);
    return 0;
}

static int build_value(struct build *b, struct json_object **ret);

static int
build_member(struct build *b, struct json_object *object)
{
    struct str key_text;
    if (take_string(b, &key_text) < 0) {
        return ERR_NOMEM;
    }
    const char *key = make_key(b->arena, key_text);
    if (!key) {
        return ERR_NOMEM;
    }
    skip_space(b);
    b->at++;
    struct json_object *value = NULL;
    if (build_value(b, &value) < 0) {
        return ERR_NOMEM;
    }
    if (json_object_object_add_ex(object, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY) != 0) {
        (void)json_object_put(value);
        return ERR_NOMEM;
    }
    return 0;
}

static int
build_item(struct build *b, struct json_object *array)
{
    struct json_object *value = NULL;
    if (build_value(b, &value) < 0) {
        return ERR_NOMEM;
    }
    if (json_object_array_add(array, value) != 0) {
        (void)json_object_put(value);
        return ERR_NOMEM;
    }
    return 0;
}

static int
build_container(struct build *b, struct json_object **ret)
{
    enum { FIRST_SLOTS = 4 };
    bool object = *b->at == '{';
    char close = object ? '}' : ']';
    *ret = object ? json_object_new_object() : json_object_new_array_ext(FIRST_SLOTS);
    if (!*ret) {
        return ERR_NOMEM;
    }
    b->at++;
    skip_space(b);
    while (*b->at != close) {
        if ((object ? build_member(b, *ret) : build_item(b, *ret)) < 0) {
            (void)json_object_put(*ret);
            *ret = NULL;
            return ERR_NOMEM;
        }
        skip_space(b);
        b->at += *b->at == ',';
        skip_space(b);
    }
    b->at++;
    return 0;
}

static int
build_bool(struct build *b, bool value, struct json_object **ret)
{
    b->at += value ? 4 : 5;
    *ret = json_object_new_boolean(value);
    return *ret ? 0 : ERR_NOMEM;
}

static int
build_value(struct build *b, struct json_object **ret)
{
    skip_space(b);
    switch (*b->at) {
    case '{':
    case '[':
        return build_container(b, ret);
    case '"':
        return build_string(b, ret);
    case 't':
        return build_bool(b, true, ret);
    case 'f':
        return build_bool(b, false, ret);
    case 'n':
        b->at += 4;
        *ret = NULL;
        return 0;
    default:
        return build_number(b, ret);
    }
}

int
js_build(struct str text, struct arena *arena, struct json_object **ret)
{
    struct build b = {.at = text.ptr, .end = text.ptr + text.len, .arena = arena};
    buf_init(&b.scratch, LIMIT_JSON_BYTES);
    int result = build_value(&b, ret);
    buf_done(&b.scratch);
    return result;
}
