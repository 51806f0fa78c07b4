#include "recorded.h"

#include <math.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

#include "shop.h"

enum { TEXT_MAX = 1024 * 1024, MEMBERS_MAX = 64 };

/* ---- The recording's spelling -----------------------------------------------------------------*/

/* Members sorted, a blank after comma and colon, amounts always with a point, and the members that
 * an order never had written as null. DIFF: amounts whose cents stand in it are spelled as there;
 * NULL: none are. */
struct speller {
    struct buf *out;
    const struct js *diff;
    struct arena *arena;
    bool replaced;
};

/* An amount of the same cents anywhere in VALUE that is spelled otherwise; NULL: none. */
static const struct js *
find_amount(const struct js *value, double amount)
{
    struct js_member m;
    const struct js *found = NULL;
    enum js_type type = js_type(value);
    if (type == JS_DOUBLE || type == JS_INT) {
        double other = js_double(value, 0);
        bool same = fabs(other - amount) < 0.001 && other != amount;
        return same ? value : NULL;
    }
    for (size_t i = 0; type == JS_ARRAY && !found && i < js_count(value); i++) {
        found = find_amount(js_at(value, i), amount);
    }
    for (struct js_iter it = js_iter(value); type == JS_OBJECT && !found && js_next(&it, &m);) {
        found = find_amount(m.value, amount);
    }
    return found;
}

static void
spell_number(struct speller *s, const struct js *value)
{
    struct str text = js_number_text(value, s->arena);
    const struct js *other = s->diff ? find_amount(s->diff, js_double(value, 0)) : NULL;
    if (other) {
        s->replaced = true;
        text = js_number_text(other, s->arena);
    }
    buf_add(s->out, text);
    if (str_find(text, STR("."), 0) == SIZE_MAX) {
        buf_add_c(s->out, ".0");
    }
}

static void spell(struct speller *s, const struct js *value);

static int
by_key(const void *a, const void *b)
{
    const struct js_member *x = a;
    const struct js_member *y = b;
    size_t shorter = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = memcmp(x->key.ptr, y->key.ptr, shorter);
    return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* The members of OBJECT, and of an order also those that it lacks. */
static size_t
list_members(const struct js *object, struct js_member *members)
{
    static const struct str optional[] = {
        STR_INIT("cancel_reason"),
        STR_INIT("exchange_items"),
        STR_INIT("exchange_new_items"),
        STR_INIT("exchange_payment_method_id"),
        STR_INIT("return_items"),
        STR_INIT("exchange_price_difference"),
        STR_INIT("return_payment_method_id"),
    };
    size_t count = 0;
    for (struct js_iter it = js_iter(object);
         count < MEMBERS_MAX / 2 && js_next(&it, &members[count]); count++) {
    }
    for (size_t i = 0; js_has(object, STR("payment_history")) && i < 7; i++) {
        if (!js_has(object, optional[i])) {
            members[count++] = (struct js_member){optional[i], NULL};
        }
    }
    qsort(members, count, sizeof(*members), by_key);
    return count;
}

static void
spell_object(struct speller *s, const struct js *object)
{
    struct js_member members[MEMBERS_MAX];
    size_t count = list_members(object, members);
    buf_add_c(s->out, "{");
    for (size_t i = 0; i < count; i++) {
        struct js_out out;
        js_out_init(&out, s->out);
        buf_add_c(s->out, i ? ", " : "");
        js_add_str(&out, members[i].key);
        buf_add_c(s->out, ": ");
        spell(s, members[i].value);
    }
    buf_add_c(s->out, "}");
}

static void
spell(struct speller *s, const struct js *value)
{
    struct js_out out;
    switch (js_type(value)) {
    case JS_OBJECT:
        spell_object(s, value);
        break;
    case JS_ARRAY:
        buf_add_c(s->out, "[");
        for (size_t i = 0; i < js_count(value); i++) {
            buf_add_c(s->out, i ? ", " : "");
            spell(s, js_at(value, i));
        }
        buf_add_c(s->out, "]");
        break;
    case JS_INT:
    case JS_DOUBLE:
        spell_number(s, value);
        break;
    default:
        js_out_init(&out, s->out);
        js_add_value(&out, value);
    }
}

static bool
hash_is(const struct buf *text, struct str want)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH];
    (void)SHA256((const unsigned char *)text->text, text->len, hash);
    for (size_t i = 0; i < sizeof(hash); i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    return str_eq(want, (struct str){hex, sizeof(hex)});
}

static bool
check_hash(const struct js *value, const struct js *diff, struct str want, bool *ret_replaced,
           struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, TEXT_MAX);
    struct speller s = {.out = &text, .diff = diff, .arena = arena};
    spell(&s, value);
    *ret_replaced = s.replaced;
    return !text.failed && hash_is(&text, want);
}

bool
recorded_matches(const struct js *call, const struct js *diff, const struct js *value,
                 struct recorded_hashes *hashes, struct arena *arena)
{
    struct str want = js_get_text(call, "result_sha256");
    struct str words = js_get_text(call, "result");
    bool replaced;
    if (!js_get_bool(call, "ok", false)) {
        /* Theirs open with "Error: ", ours go on with what to do. */
        return str_starts(words, STR("Error: ")) &&
               str_starts(js_text(value), str_sub(words, 7, words.len));
    }
    if (words.ptr) {
        /* A transfer's is an object, in which the desk wrote the ticket's number. */
        bool transfer = js_type(value) == JS_OBJECT;
        value = transfer ? js_get_c(value, "message") : value;
        if (!str_eq(words, js_text(value))) {
            return false;
        }
    }
    if (check_hash(value, NULL, want, &replaced, arena)) {
        hashes->equal++;
        return true;
    }
    bool same = check_hash(value, diff, want, &replaced, arena) && replaced;
    hashes->to_the_cent += same;
    return same;
}

/* ---- The recording's slip ---------------------------------------------------------------------*/

/* The call of CALLS that modified several items of ORDER; NULL: none did. */
static const struct js *
find_modification(const struct js *order, const struct js *calls)
{
    bool modified = str_eq(js_get_text(order, "status"), STR("pending (item modified)"));
    for (size_t i = 0; modified && i < js_count(calls); i++) {
        const struct js *call = js_at(calls, i);
        const struct js *arguments = js_get_c(call, "arguments");
        if (str_eq(js_get_text(call, "name"), STR("modify_pending_order_items")) &&
            js_get_bool(call, "ok", false) && js_count(js_get_c(arguments, "new_item_ids")) > 1 &&
            str_eq(js_get_text(arguments, "order_id"), js_get_text(order, "order_id"))) {
            return js_get_c(arguments, "new_item_ids");
        }
    }
    return NULL;
}

static const struct js *
find_item(const struct js *items, struct str id)
{
    for (size_t i = 0; i < js_count(items); i++) {
        if (str_eq(js_get_text(js_at(items, i), "item_id"), id)) {
            return js_at(items, i);
        }
    }
    return NULL;
}

static bool
lists(const struct js *ids, struct str id)
{
    for (size_t i = 0; i < js_count(ids); i++) {
        if (str_eq(js_text(js_at(ids, i)), id)) {
            return true;
        }
    }
    return false;
}

/* ITEM, with the price and the options of LAST where it is one of NEW_IDS. */
static void
write_item(struct js_out *out, const struct js *item, const struct js *new_ids,
           const struct js *last)
{
    bool slip = lists(new_ids, js_get_text(item, "item_id"));
    struct js_member m;
    js_begin_object(out);
    for (struct js_iter it = js_iter(item); js_next(&it, &m);) {
        bool details = str_eq(m.key, STR("price")) || str_eq(m.key, STR("options"));
        js_key(out, m.key);
        js_add_value(out, slip && details ? js_get(last, m.key) : m.value);
    }
    js_end_object(out);
}

const struct js *
recorded_slip(const struct js *order, const struct js *calls, struct arena *arena)
{
    const struct js *new_ids = find_modification(order, calls);
    const struct js *items = js_get_c(order, "items");
    AUTO(buf) struct buf text;
    struct js_out out;
    struct js_member m;
    struct js *slipped = NULL;
    struct err err = {0};
    buf_init(&text, TEXT_MAX);
    if (!new_ids) {
        return order;
    }
    const struct js *last = find_item(items, js_text(js_at(new_ids, js_count(new_ids) - 1)));
    js_out_init(&out, &text);
    js_begin_object(&out);
    for (struct js_iter it = js_iter(order); js_next(&it, &m);) {
        js_key(&out, m.key);
        if (m.value != items) {
            js_add_value(&out, m.value);
            continue;
        }
        js_begin_array(&out);
        for (size_t i = 0; i < js_count(items); i++) {
            write_item(&out, js_at(items, i), new_ids, last);
        }
        js_end_array(&out);
    }
    js_end_object(&out);
    return js_parse(buf_str(&text), arena, &slipped, &err) == 0 ? slipped : NULL;
}

/* ---- Changes ----------------------------------------------------------------------------------*/

/* Equal, with amounts compared in cents, and null as good as absent. */
static bool
same(const struct js *a, const struct js *b)
{
    struct js_member m;
    bool numbers = (js_type(a) == JS_INT || js_type(a) == JS_DOUBLE) &&
                   (js_type(b) == JS_INT || js_type(b) == JS_DOUBLE);
    if (numbers) {
        return shop_cents(js_double(a, 0)) == shop_cents(js_double(b, 0));
    }
    if (js_type(a) != js_type(b) || (js_type(a) == JS_ARRAY && js_count(a) != js_count(b))) {
        return false;
    }
    for (size_t i = 0; js_type(a) == JS_ARRAY && i < js_count(a); i++) {
        if (!same(js_at(a, i), js_at(b, i))) {
            return false;
        }
    }
    for (struct js_iter it = js_iter(a); js_type(a) == JS_OBJECT && js_next(&it, &m);) {
        if (!same(m.value, js_get(b, m.key))) {
            return false;
        }
    }
    for (struct js_iter it = js_iter(b); js_type(a) == JS_OBJECT && js_next(&it, &m);) {
        if (m.value && !js_has(a, m.key)) {
            return false;
        }
    }
    return js_type(a) == JS_ARRAY || js_type(a) == JS_OBJECT || js_equal(a, b);
}

static struct str
describe(struct str path, const struct js *before, const struct js *after, struct arena *arena)
{
    return arena_printf(arena, "%" STR_FMT " changed from %s to %s", STR_ARG(path),
                        js_to_arena(before, arena).ptr, js_to_arena(after, arena).ptr);
}

static size_t
one_change(const struct js *diff, struct str path, const struct js *before, const struct js *after,
           struct arena *arena, struct str *ret_why)
{
    for (size_t i = 0; i < js_count(diff); i++) {
        const struct js *change = js_at(diff, i);
        if (str_eq(js_get_text(change, "path"), path) && same(js_get_c(change, "before"), before) &&
            same(js_get_c(change, "after"), after)) {
            return 1;
        }
    }
    *ret_why = describe(path, before, after, arena);
    return 1;
}

size_t
recorded_changes(const struct js *diff, struct str path, const struct js *before,
                 const struct js *after, struct arena *arena, struct str *ret_why)
{
    struct js_member m;
    size_t count = 0;
    if (same(before, after)) {
        return 0;
    }
    if (js_type(before) != JS_OBJECT || js_type(after) != JS_OBJECT) {
        return one_change(diff, path, before, after, arena, ret_why);
    }
    for (struct js_iter it = js_iter(before); js_next(&it, &m);) {
        struct str at =
            arena_printf(arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(path), STR_ARG(m.key));
        count += recorded_changes(diff, at, m.value, js_get(after, m.key), arena, ret_why);
    }
    for (struct js_iter it = js_iter(after); js_next(&it, &m);) {
        if (!js_has(before, m.key)) {
            struct str at =
                arena_printf(arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(path), STR_ARG(m.key));
            count += recorded_changes(diff, at, NULL, m.value, arena, ret_why);
        }
    }
    return count;
}
