/* Lists of records as bytes: what goes in comes out, short lists are short, seeking agrees with
 * walking, and damaged bytes end a walk instead of leading it astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "catalog/index/postings.h"

enum { BYTES_MAX = 16 << 20, ENTRIES_MAX = 20000 };

/* Some order in the numbers, the same in every run. */
static uint32_t
roll(uint64_t *state, uint32_t sides)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % sides);
}

/* COUNT entries whose gaps are up to GAP. */
static struct posting *
make_list(size_t count, uint32_t gap, uint64_t seed)
{
    struct posting *items = mem_zero(count, sizeof(*items));
    assert_non_null(items);
    uint32_t doc = roll(&seed, gap);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct posting){doc, (uint8_t)(1 + roll(&seed, POSTINGS_IMPACT_MAX))};
        doc += 1 + roll(&seed, gap);
    }
    return items;
}

static struct postings
open_list(const struct posting *items, size_t count, struct buf *bytes)
{
    postings_encode(items, count, bytes);
    struct err err = {0};
    struct postings list = {0};
    assert_int_equal(buf_finish(bytes, "list", &err), 0);
    assert_int_equal(postings_open(buf_str(bytes), &list, &err), 0);
    return list;
}

static void
check_end(const struct postings_cursor *c)
{
    assert_true(c->doc == POSTINGS_END);
    assert_true(c->block_last == POSTINGS_END);
    assert_int_equal(c->block_best, 0);
}

static void
check_walk(const struct posting *items, size_t count, const struct postings *list)
{
    struct postings_cursor c;
    uint8_t best = 0;
    postings_start(&c, list);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(c.doc, items[i].doc);
        assert_int_equal(c.impact, items[i].impact);
        assert_true(c.block_best >= c.impact && c.block_last >= c.doc);
        best = c.impact > best ? c.impact : best;
        postings_next(&c);
    }
    check_end(&c);
    postings_next(&c);
    postings_seek(&c, 0);
    postings_peek(&c, 7);
    check_end(&c);
    assert_int_equal(list->count, count);
    assert_int_equal(list->best, best);
    assert_int_equal(list->last, items[count - 1].doc);
}

/* Seeks of many lengths, some behind a peek, some after a step, against a plain search. */
static void
check_seeks(const struct posting *items, size_t count, const struct postings *list, uint64_t seed)
{
    struct postings_cursor c;
    postings_face(&c, list);
    size_t want = 0;
    uint32_t target = 0;
    uint32_t reach = 1 + list->last / (1 + roll(&seed, (uint32_t)count));
    while (want < count) {
        target += roll(&seed, reach + 1);
        for (; want < count && items[want].doc < target; want++) {
        }
        if (roll(&seed, 2)) {
            postings_peek(&c, target);
            assert_true(c.block_last >= target);
            assert_true(want == count ? c.block_best == 0 : c.block_best >= items[want].impact);
        }
        postings_seek(&c, target);
        assert_int_equal(c.doc, want < count ? items[want].doc : POSTINGS_END);
        if (want < count && roll(&seed, 3) == 0) {
            assert_int_equal(c.impact, items[want].impact);
            postings_next(&c);
            want++;
            assert_int_equal(c.doc, want < count ? items[want].doc : POSTINGS_END);
            target = want < count ? items[want].doc : target;
        }
    }
    check_end(&c);
}

static void
test_round_trips(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 7, 8, 9, 127, 128, 129, 255, 256, 257, 5000};
    static const uint32_t gaps[] = {1, 2, 3, 100, 70000, 400000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (size_t k = 0; k < sizeof(gaps) / sizeof(gaps[0]); k++) {
            AUTO(buf) struct buf bytes;
            buf_init(&bytes, BYTES_MAX);
            AUTO(mem) struct posting *items = make_list(counts[i], gaps[k], i * 31 + k);
            struct postings list = open_list(items, counts[i], &bytes);
            check_walk(items, counts[i], &list);
            for (uint64_t seed = 0; seed < 20; seed++) {
                check_seeks(items, counts[i], &list, seed);
            }
        }
    }
}

static void
test_the_ends_of_the_range(void **state)
{
    (void)state;
    static const struct {
        struct posting items[3];
        size_t count;
        size_t bytes;
    } cases[] = {
        {{{0, 1}}, 1, 2},
        {{{8191, 255}}, 1, 3},
        {{{131071, 9}}, 1, 4},
        {{{POSTINGS_END - 1, 255}}, 1, 6},
        {{{0, 1}, {POSTINGS_END - 1, 255}}, 2, 12},
        {{{1, 1}, {2, 2}, {131071, 3}}, 3, 12},
        {{{POSTINGS_END - 3, 1}, {POSTINGS_END - 2, 2}, {POSTINGS_END - 1, 3}}, 3, 17},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(buf) struct buf bytes;
        buf_init(&bytes, BYTES_MAX);
        struct postings list = open_list(cases[i].items, cases[i].count, &bytes);
        assert_int_equal(bytes.len, cases[i].bytes);
        check_walk(cases[i].items, cases[i].count, &list);
    }
}

/* What a million records cost: a word in half of them, one in fifty, one in a thousand. */
static void
test_lists_are_small(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        uint32_t gap;
        double most;
    } cases[] = {{20000, 3, 1.5}, {20000, 100, 2.1}, {1000, 2000, 2.7}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(buf) struct buf bytes;
        buf_init(&bytes, BYTES_MAX);
        AUTO(mem) struct posting *items = make_list(cases[i].count, cases[i].gap, i);
        (void)open_list(items, cases[i].count, &bytes);
        assert_true((double)bytes.len / (double)cases[i].count <= cases[i].most);
    }
}

static void
test_no_entries(void **state)
{
    (void)state;
    struct postings none = {0};
    struct postings_cursor c;
    postings_start(&c, &none);
    check_end(&c);
    postings_face(&c, &none);
    check_end(&c);
    postings_seek(&c, 0);
    check_end(&c);
}

static void
test_what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR_INIT(""),
        STR_INIT("\x03"),                     /* one entry without impact */
        STR_INIT("\x03\x00"),                 /* impact 0 */
        STR_INIT("\x03\x01\x01"),             /* a byte too many */
        STR_INIT("\xFF\xFF\xFF\xFF\x1F\x01"), /* doc is the end's mark */
        STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
        STR_INIT("\x00\x00"),                                         /* count 0 */
        STR_INIT("\x02\x00\x01"),                                     /* count 1 the long way */
        STR_INIT("\x04\x00\x01"),                                     /* an impact missing */
        STR_INIT("\x04\x00\x01\x00"),                                 /* impact 0 */
        STR_INIT("\x04\x21\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A"), /* 33 bits */
        STR_INIT("\x04\x20\xFF\xFF\xFF\xFF\x00\x00\x00\x00\x01\x01"), /* docs overflow */
        STR_INIT("\xFE\xFF\xFF\xFF\x0F\x00\x00"), /* a directory that is not there */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        struct postings list = {.count = 77};
        assert_int_equal(postings_open(cases[i], &list, &err), ERR_INVALID);
        assert_int_equal(list.count, 77);
        assert_true(err.message[0]);
    }
}

/* A walk through whatever opens: ascending, within the list's own word, and it ends. */
static void
walk_damaged(struct str bytes)
{
    struct err err = {0};
    struct postings list = {0};
    if (postings_open(bytes, &list, &err)) {
        return;
    }
    struct postings_cursor c;
    uint32_t seen = 0;
    uint32_t before = 0;
    for (postings_start(&c, &list); c.doc != POSTINGS_END; postings_next(&c)) {
        assert_true(seen == 0 || c.doc > before);
        assert_true(c.impact > 0 && c.impact <= c.block_best && c.doc <= c.block_last);
        before = c.doc;
        seen++;
    }
    assert_true(seen <= list.count);
    postings_face(&c, &list);
    for (uint32_t doc = 0; c.doc != POSTINGS_END; doc = c.doc + 1 + c.doc / 8) {
        postings_seek(&c, doc);
        assert_true(c.doc >= doc);
        if (c.doc == POSTINGS_END) {
            break;
        }
    }
}

/* Every byte of some lists changed, and every shorter piece of them; the bytes lie in memory of
 * their own size, so that a look past the end is seen. */
static void
test_damage_is_survived(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 5, 8, 128, 129, 400};
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        AUTO(buf) struct buf bytes;
        buf_init(&bytes, BYTES_MAX);
        AUTO(mem) struct posting *items = make_list(counts[i], 300, i);
        (void)open_list(items, counts[i], &bytes);
        for (size_t at = 0; at < bytes.len; at++) {
            AUTO(mem) char *copy = mem_alloc(bytes.len);
            assert_non_null(copy);
            memcpy(copy, bytes.text, bytes.len);
            copy[at] = (char)(copy[at] ^ (1 + roll(&seed, 255)));
            walk_damaged((struct str){copy, bytes.len});
            AUTO(mem) char *part = mem_alloc(at + 1);
            assert_non_null(part);
            memcpy(part, bytes.text, at);
            struct err err = {0};
            struct postings list = {0};
            assert_int_equal(postings_open((struct str){part, at}, &list, &err), ERR_INVALID);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_the_ends_of_the_range),
        cmocka_unit_test(test_lists_are_small),
        cmocka_unit_test(test_no_entries),
        cmocka_unit_test(test_what_is_no_list_is_refused),
        cmocka_unit_test(test_damage_is_survived),
    };
    return cmocka_run_group_tests_name("postings", tests, NULL, NULL);
}
