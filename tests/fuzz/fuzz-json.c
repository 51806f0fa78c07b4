/* Any bytes as JSON: refused with a message, or written, read again, equal, and the canonical form
 * a fixed point. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct js *
parse_own(struct arena *a, struct str text)
{
    struct js *value = NULL;
    must(text.ptr != NULL);
    must(js_parse(text, a, &value, &(struct err){0}) == 0);
    return value;
}

/* Every getter on every value, of whatever type. */
static size_t
visit(const struct js *value, struct arena *a)
{
    struct js_member member;
    size_t members = 0;
    for (struct js_iter it = js_iter(value); js_next(&it, &member); members++) {
        must(utf8_valid(member.key));
        must(js_has(value, member.key));
        must(js_get(value, member.key) == member.value);
        (void)visit(member.value, a);
    }
    must(js_type(value) != JS_OBJECT || members == js_count(value));
    for (size_t i = 0; js_type(value) == JS_ARRAY && i < js_count(value); i++) {
        (void)visit(js_at(value, i), a);
    }
    must(utf8_valid(js_text(value)));
    (void)js_int(value, 0);
    (void)js_double(value, 0);
    (void)js_bool(value, false);
    return js_number_text(value, a).len + js_count(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct str text = {(const char *)data, size};
    struct js *value = NULL;
    struct err err = {0};
    int result = js_parse(text, &a, &value, &err);
    must(js_check(text, &(struct err){0}) == result);
    if (result < 0) {
        must(err.code == result && err.message[0] != '\0' && utf8_valid(str_c(err.message)));
        return 0;
    }
    (void)visit(value, &a);
    struct str written = js_to_arena(value, &a);
    struct js *again = parse_own(&a, written);
    must(js_equal(value, again) && js_equal(again, value));
    must(str_eq(js_to_arena(again, &a), written));
    struct str canonical = js_canonical(value, &a);
    struct js *sorted = parse_own(&a, canonical);
    must(js_equal(value, sorted));
    must(str_eq(js_canonical(sorted, &a), canonical));
    return 0;
}
