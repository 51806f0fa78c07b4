/* The best records of a query: the short cut finds exactly what scoring every record finds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "catalog/index/match.h"

enum { BYTES_MAX = 16 << 20, DOCS_MAX = 60000, SEGMENTS_MAX = 3 };

/* Some order in the numbers, the same in every run. */
static uint32_t
roll(uint64_t *state, uint32_t sides)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % sides);
}

static struct postings
make_postings(const struct posting *items, size_t count, struct arena *arena)
{
    struct postings list = {0};
    struct err err = {0};
    if (count == 0) {
        return list;
    }
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, BYTES_MAX);
    postings_encode(items, count, &bytes);
    struct str kept = buf_to_arena(&bytes, arena);
    assert_non_null(kept.ptr);
    assert_int_equal(postings_open(kept, &list, &err), 0);
    return list;
}

/* A random list over DOCS records, about one in EVERY of them; IMPACTS different impacts, so that
 * few of them make ties. */
static struct postings
random_postings(uint64_t *seed, uint32_t docs, uint32_t every, uint32_t impacts,
                struct arena *arena)
{
    struct posting *items = arena_alloc(arena, docs * sizeof(*items));
    assert_non_null(items);
    size_t count = 0;
    for (uint32_t doc = roll(seed, every); doc < docs; doc += 1 + roll(seed, 2 * every - 1)) {
        uint32_t impact = 255 - roll(seed, impacts) * (255 / impacts);
        /* High impacts are rare, as in life. */
        impact = roll(seed, 4) ? 1 + impact / 3 : impact;
        items[count++] = (struct posting){doc, (uint8_t)impact};
    }
    return make_postings(items, count, arena);
}

struct corpus {
    struct arena arena;
    struct match_query queries[SEGMENTS_MAX]; /* one query, as each segment sees it */
    size_t segments;
    uint32_t docs;
    uint32_t modulus; /* of the filter; 0: none */
    uint64_t asked;
};

static bool
allow(void *arg, uint32_t doc)
{
    struct corpus *c = arg;
    c->asked++;
    return doc * 2654435761u % c->modulus == 0;
}

static float
random_share(uint64_t *seed)
{
    return (float)roll(seed, 11) / 10;
}

/* The same words, worths and factors in every segment, other lists. */
static void
make_query(struct corpus *c, size_t segment, uint64_t shape, uint64_t *lists)
{
    struct match_query *q = &c->queries[segment];
    static const uint32_t impacts[] = {1, 3, 40, 255};
    static const uint32_t every[] = {1, 2, 5, 30, 400, 5000, 100000};
    *q = (struct match_query){.cover = random_share(&shape)};
    uint32_t steps = impacts[roll(&shape, 4)];
    q->slot_count = roll(&shape, 30) ? roll(&shape, 6) : MATCH_SLOTS;
    q->pair_count = roll(&shape, 3) ? roll(&shape, 4) : 0;
    for (size_t i = 0; i < q->slot_count; i++) {
        struct match_slot *slot = &q->slots[i];
        slot->worth = (float)roll(&shape, 300) / 30;
        slot->count = roll(&shape, 3) ? 1 : roll(&shape, MATCH_ALTERNATIVES + 1);
        for (size_t k = 0; k < slot->count; k++) {
            slot->any[k].factor = k == 0 ? 1 : random_share(&shape);
            uint32_t one_in = every[roll(&shape, 7)];
            slot->any[k].list = random_postings(lists, c->docs, one_in, steps, &c->arena);
        }
    }
    for (size_t i = 0; i < q->pair_count; i++) {
        q->pairs[i].worth = (float)roll(&shape, 100) / 30;
        uint32_t one_in = every[2 + roll(&shape, 5)];
        q->pairs[i].list = random_postings(lists, c->docs, one_in, steps, &c->arena);
    }
    q->allowed = c->modulus ? allow : NULL;
    q->arg = c;
}

static void
make_corpus(struct corpus *c, uint64_t seed)
{
    static const uint32_t docs[] = {1, 100, 2000, 9000, DOCS_MAX};
    static const uint32_t moduli[] = {0, 0, 2, 50, 100000};
    c->docs = docs[roll(&seed, 100) ? roll(&seed, 4) : 4];
    c->segments = 1 + roll(&seed, SEGMENTS_MAX);
    c->modulus = moduli[roll(&seed, 5)];
    uint64_t lists = seed * 7 + 1;
    for (size_t i = 0; i < c->segments; i++) {
        make_query(c, i, seed, &lists);
    }
}

static void
check_hits(const struct match_hits *got, const struct match_hits *want, uint64_t seed)
{
    if (got->count != want->count) {
        fail_msg("seed %llu: %zu hits, not %zu", (unsigned long long)seed, got->count, want->count);
    }
    for (size_t i = 0; i < want->count; i++) {
        const struct match_hit *a = &got->items[i];
        const struct match_hit *b = &want->items[i];
        if (a->doc != b->doc || a->segment != b->segment || a->score != b->score ||
            a->share != b->share) {
            fail_msg("seed %llu: hit %zu is %u of %u with %g, not %u of %u with %g",
                     (unsigned long long)seed, i, a->doc, a->segment, (double)a->score, b->doc,
                     b->segment, (double)b->score);
        }
    }
}

static void
test_the_short_cut_is_exact(void **state)
{
    struct match *m = *state;
    static const size_t limits[] = {1, 3, 10, 50, MATCH_HITS};
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct corpus c = {0};
        make_corpus(&c, seed);
        struct match_hits got = {.limit = limits[seed % 5]};
        struct match_hits want = got;
        for (size_t i = 0; i < c.segments; i++) {
            assert_true(match_best(m, &c.queries[i], (uint32_t)i, &got));
        }
        uint64_t asked = c.asked;
        c.asked = 0;
        for (size_t i = 0; i < c.segments; i++) {
            assert_true(match_all(m, &c.queries[i], (uint32_t)i, &want));
        }
        check_hits(&got, &want, seed);
        assert_true(asked <= c.asked);
        arena_done(&c.arena);
    }
}

/* The score as match.h words it, in doubles, from what the explanation names. */
static double
worded_score(const struct match_query *q, const struct match_reason *r, double *ret_share)
{
    double value = 0;
    double held = 0;
    double all = 0;
    for (size_t i = 0; i < q->slot_count; i++) {
        double worth = (double)q->slots[i].worth;
        all += worth;
        if (r->alternative[i] >= 0) {
            double factor = (double)q->slots[i].any[r->alternative[i]].factor;
            value += worth * factor * r->slot_impact[i] / 255;
            held += worth * factor;
        }
    }
    for (size_t i = 0; i < q->pair_count; i++) {
        value += (double)q->pairs[i].worth * r->pair_impact[i] / 255;
    }
    *ret_share = all > 0 ? held / all : 0;
    return value * (1 - (double)q->cover + (double)q->cover * *ret_share);
}

static uint8_t
impact_in(const struct postings *list, uint32_t doc)
{
    struct postings_cursor c;
    postings_face(&c, list);
    postings_seek(&c, doc);
    return c.doc == doc ? c.impact : 0;
}

/* The alternative that counts is a best one, and what is left out is not in the record. */
static void
check_reason(const struct match_query *q, const struct match_reason *r, uint32_t doc)
{
    for (size_t i = 0; i < q->slot_count; i++) {
        const struct match_slot *slot = &q->slots[i];
        float best = -1;
        for (size_t k = 0; k < slot->count; k++) {
            uint8_t impact = impact_in(&slot->any[k].list, doc);
            float worth = slot->any[k].factor * (float)impact;
            best = impact > 0 && worth > best ? worth : best;
        }
        assert_true((best >= 0) == (r->alternative[i] >= 0));
        if (best >= 0) {
            const struct match_list *chosen = &slot->any[r->alternative[i]];
            assert_int_equal(r->slot_impact[i], impact_in(&chosen->list, doc));
            float got = chosen->factor * (float)r->slot_impact[i];
            assert_true(slot->worth == 0 || fabsf(got - best) < 1e-3F);
        }
    }
}

static void
test_scores_are_as_worded(void **state)
{
    struct match *m = *state;
    size_t checked = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct corpus c = {0};
        make_corpus(&c, seed);
        struct match_hits hits = {.limit = 20};
        assert_true(match_best(m, &c.queries[0], 0, &hits));
        for (size_t i = 0; i < hits.count; i++, checked++) {
            struct match_reason reason;
            match_explain(m, &c.queries[0], hits.items[i].doc, &reason);
            assert_true(reason.score == hits.items[i].score);
            assert_true(reason.share == hits.items[i].share);
            double share = 0;
            double score = worded_score(&c.queries[0], &reason, &share);
            assert_true(fabs(score - (double)reason.score) <= 1e-4 * (score + 1e-3));
            assert_true(fabs(share - (double)reason.share) <= 1e-5);
            check_reason(&c.queries[0], &reason, hits.items[i].doc);
        }
        arena_done(&c.arena);
    }
    assert_true(checked > 1000);
}

struct tally {
    struct corpus *corpus;
    struct match *reasons;
    uint32_t before;
    uint64_t count;
    uint64_t stop_at;
};

static bool
count_record(void *arg, uint32_t doc, float share)
{
    struct tally *t = arg;
    assert_true(t->count == 0 || doc > t->before);
    t->before = doc;
    t->count++;
    if (t->count % 64 == 1) {
        struct match_reason reason;
        match_explain(t->reasons, &t->corpus->queries[0], doc, &reason);
        assert_true(reason.share == share);
    }
    return t->count != t->stop_at;
}

/* One in every record that a list names. */
static uint64_t
count_plainly(struct corpus *c)
{
    uint8_t *seen = arena_zero(&c->arena, DOCS_MAX, 1);
    uint64_t count = 0;
    const struct match_query *q = &c->queries[0];
    for (size_t i = 0; i < q->slot_count; i++) {
        for (size_t k = 0; k < q->slots[i].count; k++) {
            struct postings_cursor at;
            postings_start(&at, &q->slots[i].any[k].list);
            for (; at.doc != POSTINGS_END; postings_next(&at)) {
                bool fine = !c->modulus || at.doc * 2654435761u % c->modulus == 0;
                count += fine && !seen[at.doc];
                seen[at.doc] = 1;
            }
        }
    }
    return count;
}

static void
test_every_record_is_counted(void **state)
{
    struct match *m = *state;
    struct match *reasons = match_new();
    assert_non_null(reasons);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct corpus c = {0};
        make_corpus(&c, seed);
        struct tally tally = {.corpus = &c, .reasons = reasons};
        c.queries[0].arg = &c;
        uint64_t want = count_plainly(&c);
        struct match_query q = c.queries[0];
        assert_true(match_each(m, &q, count_record, &tally));
        assert_int_equal(tally.count, want);
        if (want > 1) {
            tally = (struct tally){.corpus = &c, .reasons = reasons, .stop_at = want / 2};
            assert_false(match_each(m, &q, count_record, &tally));
            assert_int_equal(tally.count, want / 2);
        }
        arena_done(&c.arena);
    }
    match_free(reasons);
}

/* A query of one slot for each of the given lists, worth 1. */
static struct match_query
simple_query(const struct postings *lists, size_t count)
{
    struct match_query q = {.slot_count = count};
    for (size_t i = 0; i < count; i++) {
        q.slots[i].worth = 1;
        q.slots[i].count = 1;
        q.slots[i].any[0] = (struct match_list){lists[i], 1};
    }
    return q;
}

static void
test_edges(void **state)
{
    struct match *m = *state;
    AUTO(arena) struct arena arena = {0};
    static const struct posting a[] = {{0, 100}, {5, 200}, {POSTINGS_END - 1, 255}};
    static const struct posting b[] = {{5, 10}, {7, 255}};
    struct postings lists[2] = {make_postings(a, 3, &arena), make_postings(b, 2, &arena)};
    struct match_query q = {.cover = .5F};
    struct match_hits hits = {.limit = 10};
    assert_true(match_best(m, &q, 0, &hits));
    assert_true(match_all(m, &q, 0, &hits));
    assert_int_equal(hits.count, 0);
    /* A pair alone finds nothing; a slot without a list neither. */
    q.pair_count = 1;
    q.pairs[0] = (struct match_pair){lists[0], 3};
    q.slot_count = 1;
    q.slots[0].worth = 1;
    assert_true(match_best(m, &q, 0, &hits));
    q.slots[0].count = 1;
    q.slots[0].any[0].factor = 1;
    assert_true(match_best(m, &q, 0, &hits));
    assert_int_equal(hits.count, 0);
    q = simple_query(lists, 2);
    assert_true(match_best(m, &q, 3, &hits));
    assert_int_equal(hits.count, 4);
    static const uint32_t order[] = {7, POSTINGS_END - 1, 5, 0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hits.items[i].segment, 3);
        assert_int_equal(hits.items[i].doc, order[i]);
    }
    /* Both words weigh more than one at its best. */
    hits.count = 0;
    q.cover = 1;
    assert_true(match_best(m, &q, 0, &hits));
    assert_int_equal(hits.items[0].doc, 5);
    assert_true(hits.items[0].share == 1);
}

static bool
stop_third(void *arg)
{
    (*(int *)arg)++;
    return *(int *)arg > 2;
}

static bool
see_record(void *arg, uint32_t doc, float share)
{
    (void)doc;
    *(uint64_t *)arg += share > 0;
    return true;
}

static void
test_stopping(void **state)
{
    struct match *m = *state;
    AUTO(arena) struct arena arena = {0};
    uint64_t seed = 1;
    struct postings lists[2] = {random_postings(&seed, DOCS_MAX, 2, 40, &arena),
                                random_postings(&seed, DOCS_MAX, 2, 40, &arena)};
    struct match_query q = simple_query(lists, 2);
    int asked = 0;
    q.stop = stop_third;
    q.arg = &asked;
    struct match_hits hits = {.limit = 200};
    assert_false(match_best(m, &q, 0, &hits));
    assert_int_equal(asked, 3);
    asked = 0;
    assert_false(match_all(m, &q, 0, &hits));
    assert_int_equal(asked, 3);
    asked = 0;
    uint64_t seen = 0;
    assert_false(match_each(m, &q, see_record, &seen));
    assert_true(asked == 3 && seen > 0 && seen < lists[0].count + lists[1].count);
}

/* What is no sensible number is taken as the nearest that is. */
static void
test_senseless_numbers(void **state)
{
    struct match *m = *state;
    AUTO(arena) struct arena arena = {0};
    static const struct posting a[] = {{0, 100}, {5, 200}};
    struct postings list = make_postings(a, 2, &arena);
    static const float numbers[] = {0, -1, NAN, INFINITY, -INFINITY, 1e30F, 1e-30F};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int which = 0; which < 4; which++) {
            struct match_query q = simple_query(&list, 1);
            q.pair_count = 1;
            q.pairs[0] = (struct match_pair){list, which == 0 ? numbers[i] : 1};
            q.slots[0].worth = which == 1 ? numbers[i] : 1;
            q.slots[0].any[0].factor = which == 2 ? numbers[i] : 1;
            q.cover = which == 3 ? numbers[i] : 1;
            struct match_hits got = {.limit = 5};
            struct match_hits want = got;
            assert_true(match_best(m, &q, 0, &got));
            assert_true(match_all(m, &q, 0, &want));
            check_hits(&got, &want, i);
            assert_int_equal(got.count, 2);
            assert_true(got.items[0].score >= 0 && got.items[0].score < INFINITY);
            assert_true(got.items[0].share >= 0 && got.items[0].share <= 1);
        }
    }
}

/* Common words beside a rare one: few of their entries are unpacked. */
static void
test_most_is_passed_over(void **state)
{
    struct match *m = *state;
    AUTO(arena) struct arena arena = {0};
    uint64_t seed = 1;
    struct postings lists[3] = {random_postings(&seed, DOCS_MAX, 1, 255, &arena),
                                random_postings(&seed, DOCS_MAX, 2, 255, &arena),
                                random_postings(&seed, DOCS_MAX, 3000, 255, &arena)};
    struct match_query q = simple_query(lists, 3);
    q.slots[2].worth = 8;
    q.cover = .3F;
    struct match_hits hits = {.limit = 3};
    assert_true(match_best(m, &q, 0, &hits));
    assert_true(match_effort(m) < (lists[0].count + lists[1].count) / 4);
    assert_true(match_all(m, &q, 0, &hits));
    assert_true(match_effort(m) == lists[0].count + lists[1].count + lists[2].count);
}

/* Lists with a byte changed behind their directories' backs: the search ends, within bounds. */
static void
test_damaged_lists(void **state)
{
    struct match *m = *state;
    uint64_t seed = 3;
    for (int round = 0; round < 500; round++) {
        AUTO(arena) struct arena arena = {0};
        struct postings lists[3];
        for (size_t i = 0; i < 3; i++) {
            lists[i] = random_postings(&seed, 9000, 1 + roll(&seed, 20), 40, &arena);
            char *bytes = (char *)lists[i].bytes.ptr + lists[i].payload;
            bytes[roll(&seed, (uint32_t)(lists[i].bytes.len - lists[i].payload))] ^= 0x55;
        }
        struct match_query q = simple_query(lists, 3);
        struct match_hits hits = {.limit = 10};
        uint64_t seen = 0;
        assert_true(match_best(m, &q, 0, &hits));
        assert_true(match_all(m, &q, 1, &hits));
        assert_true(match_each(m, &q, see_record, &seen));
        assert_true(hits.count <= 10);
        assert_true(seen <= lists[0].count + lists[1].count + lists[2].count);
    }
}

static int
open_match(void **state)
{
    *state = match_new();
    return *state ? 0 : 1;
}

static int
close_match(void **state)
{
    match_free(*state);
    match_free(NULL);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_the_short_cut_is_exact),
        cmocka_unit_test(test_scores_are_as_worded),
        cmocka_unit_test(test_every_record_is_counted),
        cmocka_unit_test(test_stopping),
        cmocka_unit_test(test_senseless_numbers),
        cmocka_unit_test(test_most_is_passed_over),
        cmocka_unit_test(test_damaged_lists),
    };
    return cmocka_run_group_tests_name("match", tests, open_match, close_match);
}
