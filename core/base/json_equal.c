#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_impl.h"

/* A number in the one form that equal numbers share: 0.DIGITS * 10^point, the digits without
 * leading and trailing zeros; no digits is zero. Exact, unlike double: 9007199254740993 is not
 * 9007199254740992.0, and 1e400 is not 1e500. */
struct decimal {
    char digits[LIMIT_JSON_NUMBER];
    size_t count;
    int64_t point;
    bool negative;
};

/* Exponents beyond this are taken as this: nobody can mean them. */
#define POINT_MAX ((int64_t)1 << 48)

static int64_t
read_exponent(struct str text)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    int64_t value = 0;
    for (size_t i = 0; i < text.len && value < POINT_MAX; i++) {
        if (text.ptr[i] >= '0') {
            value = value * 10 + (text.ptr[i] - '0');
        }
    }
    value = value < POINT_MAX ? value : POINT_MAX;
    return negative ? -value : value;
}

/* TEXT is a number as RFC 8259 spells it, of at most LIMIT_JSON_NUMBER bytes. */
static void
read_decimal(struct str text, struct decimal *d)
{
    *d = (struct decimal){.negative = text.ptr[0] == '-'};
    bool fraction = false;
    for (size_t i = d->negative; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == 'e' || c == 'E') {
            d->point += read_exponent(str_sub(text, i + 1, SIZE_MAX));
            break;
        }
        if (c == '.') {
            fraction = true;
            continue;
        }
        bool leading = c == '0' && d->count == 0;
        d->point += leading ? (fraction ? -1 : 0) : !fraction;
        if (!leading) {
            d->digits[d->count++] = c;
        }
    }
    while (d->count > 0 && d->digits[d->count - 1] == '0') {
        d->count--;
    }
    /* The exponent of the last digit is what gets written, so that is what must stay in range. */
    int64_t last = d->point - (int64_t)d->count;
    d->point -= last > POINT_MAX ? last - POINT_MAX : last < -POINT_MAX ? last + POINT_MAX : 0;
    if (d->count == 0) {
        d->point = 0;
        d->negative = false;
    }
}

static void
decimal_of(const struct js *number, struct decimal *d)
{
    char space[JS_INT_TEXT];
    read_decimal(js_spelling(number, space), d);
}

static bool
equal_numbers(const struct js *a, const struct js *b)
{
    if (js_type(a) == JS_INT && js_type(b) == JS_INT) {
        return js_int(a, 0) == js_int(b, 0);
    }
    struct decimal x, y;
    decimal_of(a, &x);
    decimal_of(b, &y);
    return x.negative == y.negative && x.point == y.point && x.count == y.count &&
           memcmp(x.digits, y.digits, x.count) == 0;
}

static bool
equal_arrays(const struct js *a, const struct js *b)
{
    for (size_t i = 0; i < js_count(a); i++) {
        if (!js_equal(js_at(a, i), js_at(b, i))) {
            return false;
        }
    }
    return true;
}

/* Equally many members, and each of A's is in B: then B has no others. Looked up by json-c's form
 * of the key, so that special keys are found as fast as all. */
static bool
equal_objects(const struct js *a, const struct js *b)
{
    const struct lh_entry *entry = lh_table_head(json_object_get_object(js_object(a)));
    for (; entry; entry = lh_entry_next(entry)) {
        struct json_object *other = NULL;
        if (!json_object_object_get_ex(js_object(b), lh_entry_k(entry), &other) ||
            !js_equal((const struct js *)lh_entry_v(entry), (const struct js *)other)) {
            return false;
        }
    }
    return true;
}

bool
js_equal(const struct js *a, const struct js *b)
{
    enum js_type type = js_type(a);
    bool numbers =
        (type == JS_INT || type == JS_DOUBLE) && (js_type(b) == JS_INT || js_type(b) == JS_DOUBLE);
    if (numbers) {
        return equal_numbers(a, b);
    }
    if (type != js_type(b) || js_count(a) != js_count(b)) {
        return false;
    }
    switch (type) {
    case JS_BOOL:
        return js_bool(a, false) == js_bool(b, false);
    case JS_STRING:
        return str_eq(js_text(a), js_text(b));
    case JS_ARRAY:
        return equal_arrays(a, b);
    case JS_OBJECT:
        return equal_objects(a, b);
    default:
        return true;
    }
}

/* D without an exponent, in at most SIZE - 1 characters; 0 when it is longer. */
static size_t
plain_form(const struct decimal *d, char *out, size_t size)
{
    const char *sign = d->negative ? "-" : "";
    int64_t count = (int64_t)d->count;
    int64_t zeros = d->point >= count ? d->point - count : d->point < 0 ? -d->point : 0;
    if (zeros >= (int64_t)size) {
        return 0;
    }
    int whole = (int)(d->point < 0 ? 0 : d->point > count ? count : d->point);
    const char *point = whole == count ? "" : whole > 0 ? "." : "0.";
    char padding[LIMIT_JSON_NUMBER + 1];
    memset(padding, '0', sizeof(padding));
    int length = snprintf(out, size, "%s%.*s%s%.*s%.*s", sign, whole, d->digits, point, (int)zeros,
                          padding, (int)count - whole, d->digits + whole);
    return length < (int)size ? (size_t)length : 0;
}

/* Plain up to PLAIN_MAX characters, which every int64 is; beyond that the shorter of plain and
 * DIGITSeN, so that what could be read (LIMIT_JSON_NUMBER) can be read again. */
static void
write_decimal(struct js_out *out, const struct decimal *d)
{
    enum { PLAIN_MAX = 24, SIZE = LIMIT_JSON_NUMBER + 1 };
    char plain[SIZE];
    char exponent[SIZE + 24];
    if (d->count == 0) {
        js_add_raw(out, STR("0"));
        return;
    }
    size_t plain_length = plain_form(d, plain, sizeof(plain));
    int length = snprintf(exponent, sizeof(exponent), "%s%.*se%" PRId64, d->negative ? "-" : "",
                          (int)d->count, d->digits, d->point - (int64_t)d->count);
    bool short_enough =
        plain_length > 0 && (plain_length <= PLAIN_MAX || plain_length <= (size_t)length);
    js_add_raw(out, short_enough ? (struct str){plain, plain_length} : str_c(exponent));
}

static int
compare_members(const void *a, const void *b)
{
    const struct js_member *x = a;
    const struct js_member *y = b;
    return str_cmp(x->key, y->key);
}

static bool write_canonical(struct js_out *out, const struct js *value, struct arena *arena);

static bool
write_canonical_object(struct js_out *out, const struct js *object, struct arena *arena)
{
    size_t count = js_count(object);
    struct js_member *members = arena_zero(arena, count, sizeof(*members));
    if (!members) {
        return false;
    }
    size_t used = 0;
    for (struct js_iter it = js_iter(object); js_next(&it, &members[used]);) {
        used++;
    }
    qsort(members, count, sizeof(*members), compare_members);
    js_begin_object(out);
    for (size_t i = 0; i < count; i++) {
        js_key(out, members[i].key);
        if (!write_canonical(out, members[i].value, arena)) {
            return false;
        }
    }
    js_end_object(out);
    return true;
}

static bool
write_canonical_array(struct js_out *out, const struct js *array, struct arena *arena)
{
    js_begin_array(out);
    for (size_t i = 0; i < js_count(array); i++) {
        if (!write_canonical(out, js_at(array, i), arena)) {
            return false;
        }
    }
    js_end_array(out);
    return true;
}

/* False when memory ran out. Recursion is bounded by the tree's depth. */
static bool
write_canonical(struct js_out *out, const struct js *value, struct arena *arena)
{
    struct decimal number;
    switch (js_type(value)) {
    case JS_OBJECT:
        return write_canonical_object(out, value, arena);
    case JS_ARRAY:
        return write_canonical_array(out, value, arena);
    case JS_INT:
    case JS_DOUBLE:
        decimal_of(value, &number);
        write_decimal(out, &number);
        return true;
    default:
        js_add_value(out, value);
        return true;
    }
}

struct str
js_canonical(const struct js *value, struct arena *arena)
{
    AUTO(buf) struct buf buf;
    AUTO(arena) struct arena sorting = {0};
    buf_init(&buf, JS_WRITTEN_MAX);
    struct js_out out;
    js_out_init(&out, &buf);
    if (!write_canonical(&out, value, &sorting)) {
        return (struct str){0};
    }
    return buf_to_arena(&buf, arena);
}
