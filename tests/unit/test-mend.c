/* What a word was meant as: slips of every kind, endings they hide, the company a word keeps; and
 * what is right stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/mend.h"

/* A catalogue: stems, and pairs of them side by side in names, with their records. */
static const struct {
    const char *text;
    uint64_t count;
} shelf[] = {
    {"adapt", 900},
    {"bank", 40},
    {"batteri", 700},
    {"bell", 60},
    {"bluetooth", 500},
    {"camera", 300},
    {"case", 800},
    {"doorbel", 30},
    {"game", 200},
    {"lock", 150},
    {"mode", 600},
    {"mous", 250},
    {"oper", 5000},
    {"power", 2000},
    {"smart", 400},
    {"speaker", 350},
    {"watch", 90},
    {"with", 9000},
    {"xperia", 1},
    {"door", 80},
    {"power bank", 25},
    {"game mous", 12},
    {"smart lock", 10},
    {"smart watch", 20},
    {"bluetooth speaker", 90},
};
enum { SHELF = sizeof(shelf) / sizeof(shelf[0]) };

static struct buf vocabulary;
static struct words words;

static int
holders(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    (void)arg;
    (void)err;
    *ret = 0;
    for (size_t i = 0; i < SHELF; i++) {
        *ret += str_eq_c(stem, shelf[i].text) ? shelf[i].count : 0;
    }
    return 0;
}

static int
known(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    (void)arg;
    (void)err;
    *ret = spell_count(buf_str(&vocabulary), stem);
    return 0;
}

static int
near_words(void *arg, struct str word, struct spell_hit hits[SPELL_HITS], size_t *ret,
           struct err *err)
{
    (void)arg;
    (void)err;
    *ret = spell_near(buf_str(&vocabulary), word, hits);
    return 0;
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(((const struct spell_word *)a)->text, ((const struct spell_word *)b)->text);
}

static int
set_up(void **state)
{
    (void)state;
    struct spell_word list[SHELF];
    struct err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < SHELF; i++) {
        if (!strchr(shelf[i].text, ' ')) {
            list[count++] = (struct spell_word){str_c(shelf[i].text), (uint32_t)shelf[i].count};
        }
    }
    qsort(list, count, sizeof(list[0]), by_text);
    buf_init(&vocabulary, 65536);
    return spell_encode(list, count, &vocabulary, &err) != 0 ||
           words_open(&words, STR("en"), &err) != 0;
}

static int
tear_down(void **state)
{
    (void)state;
    words_done(&words);
    buf_done(&vocabulary);
    return 0;
}

/* The leading way of every term, a space between; '+' before what stands beside it. */
static void
told(const struct query *query, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < query->count; i++) {
        const struct query_term *t = &query->terms[i];
        buf_printf(out, "%s%.*s", i > 0 ? " " : "", STR_ARG(t->ways[0].stem));
        for (size_t k = 1; k < t->count; k++) {
            bool beside = t->ways[k].origin == QUERY_HALVES || t->ways[k].origin == QUERY_JOINED;
            if (beside) {
                buf_printf(out, "+%.*s", STR_ARG(t->ways[k].stem));
            }
        }
    }
}

static void
test_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *meant;
    } cases[] = {
        /* right as it is */
        {"bluetooth speaker", "bluetooth speaker"},
        {"smart lock", "smart lock"},
        {"cameras", "camera"},
        /* one edit of each kind */
        {"spaeker", "speaker"},
        {"speeker", "speaker"},
        {"speker", "speaker"},
        {"speakker", "speaker"},
        {"peaker", "speaker"},
        {"blutoth", "blutoth"}, /* two edits in a short word are a guess too far */
        {"bluetoht", "bluetooth"},
        /* an ending hidden by the slip */
        {"adapetr", "adapt"},
        {"batteyr", "batteri"},
        {"BATTREIES", "batteri"},
        {"gamnig", "game"},
        /* the company a word keeps beats how common it is */
        {"opwer", "oper"},
        {"opwer bank", "power bank"},
        {"game mose", "game mous"},
        {"smart wath", "smart watch"},
        /* apart and together */
        {"smartlock", "smartlock+smart lock"},
        {"door bell", "door+doorbel bell+doorbel"},
        /* nothing near, digits, one letter */
        {"qqqqqq", "qqqqqq"},
        {"wh1000", "wh1000"},
        {"x", "x"},
        /* rare, but there: it keeps its meaning */
        {"xperia", "xperia"},
    };
    struct mend_source source = {holders, near_words, known, NULL, 20000};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf got;
        struct query query;
        struct err err = {0};
        buf_init(&got, 4096);
        assert_int_equal(
            query_read(&words, str_c(cases[i].typed), QUERY_STOP_WEIGH, &arena, &query, &err), 0);
        assert_int_equal(mend_query(&words, &source, &arena, &query, &err), 0);
        told(&query, &got);
        if (strcmp(got.text, cases[i].meant) != 0) {
            fail_msg("'%s' is read as '%s', not '%s'", cases[i].typed, got.text, cases[i].meant);
        }
    }
}

static int
no_holders(void *arg, struct str stem, uint64_t *ret, struct err *err)
{
    (void)arg;
    (void)stem;
    (void)ret;
    return err_set(err, ERR_INVALID, "damaged");
}

static void
test_failures_are_handed_on(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct query query;
    struct err err = {0};
    struct mend_source source = {no_holders, near_words, known, NULL, 20000};
    assert_int_equal(query_read(&words, STR("spaeker"), QUERY_STOP_WEIGH, &arena, &query, &err), 0);
    assert_int_equal(mend_query(&words, &source, &arena, &query, &err), ERR_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_meant),
        cmocka_unit_test(test_failures_are_handed_on),
    };
    return cmocka_run_group_tests_name("mend", tests, set_up, tear_down);
}
