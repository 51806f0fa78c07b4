/* intent: examples as text, learning from them, and asking what was learned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "intent_fixture.h"
#include "nlu/intent.h"
#include "nlu/intent_parts.h"

/* ---- Words ----------------------------------------------------------------------------------*/

static struct str
joined(const struct intent_words *words, struct arena *arena)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < words->count; i++) {
        buf_add_c(&text, i > 0 ? "|" : "");
        for (size_t at = words->starts[i]; at < words->starts[i + 1]; at++) {
            buf_printf(&text, words->chars[at] < 0x80 ? "%c" : "<%X>", words->chars[at]);
        }
    }
    buf_add_c(&text, "");
    return buf_to_arena(&text, arena);
}

static void
test_words(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", ""},
        {"  ?! ", ""},
        {"Where is my CARD?", "where|is|my|card"},
        {"can't", "cant"},
        {"can\xe2\x80\x99t", "cant"},
        {"caf\303\251 \303\234BER Stra\303\237e \305\275", "cafe|uber|strase|z"},
        {"cafe\xcc\x81", "cafe"},
        {"\xd0\x9f\xd0\xa0\xd0\x98 \xce\x91", "<43F><440><438>|<3B1>"},
        {"order 113542617735902 of 2024", "order|00000|of|2024"},
        {"wh1000xm4", "wh1000xm4"},
        {"\xe6\x96\x87\xe3\x80\x82\xe5\xad\x97", "<6587>|<5B57>"},
        {"a\xff"
         "b\x80",
         "a|b"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|aaa"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_words words;
        intent_words_read(str_c(cases[i].text), &words);
        assert_string_equal(joined(&words, &arena).ptr, cases[i].want);
    }
}

static void
test_words_are_bounded(void **state)
{
    static char text[LIMIT_MESSAGE_BYTES];
    static struct intent_words words;
    (void)state;
    memset(text, 'x', sizeof(text));
    intent_words_read((struct str){text, sizeof(text)}, &words);
    assert_int_equal(words.starts[words.count], INTENT_CHARS_MAX);
    for (size_t i = 1; i < sizeof(text); i += 2) {
        text[i] = ' ';
    }
    intent_words_read((struct str){text, sizeof(text)}, &words);
    assert_int_equal(words.count, INTENT_WORDS_MAX);
}

static void
test_misspelt(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (size_t i = 0; i < 500; i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_words words;
        struct str was = STR("card|arrived|on|monday");
        intent_words_read(STR("card arrived on monday"), &words);
        intent_words_misspell(&words, &seed);
        struct str is = joined(&words, &arena);
        assert_int_equal(words.count, 4);
        assert_true(str_starts(is, STR("card|")));
        assert_true(str_find(is, STR("|on|"), 0) != SIZE_MAX);
        /* An edit of each long word; a letter may be replaced by itself. */
        assert_true(str_distance(was, is) <= 2);
    }
    uint64_t same = 1;
    uint64_t other = 1;
    assert_int_equal(intent_random(&same), intent_random(&other));
    assert_true(intent_random(&same) != intent_random(&seed));
}

/* ---- Examples -------------------------------------------------------------------------------*/

static void
test_sets(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        size_t labels;
        size_t none;
        size_t faults;
        size_t line; /* of the first fault */
        const char *why;
    } cases[] = {
        {"hi\ta\nyo\tb\n", 2, 2, 0, 0, 0, ""},
        {"hi\ta\r\nyo\tb\r\n\r\n", 2, 2, 0, 0, 0, ""},
        {"\xEF\xBB\xBFhi\ta\nhi\toos", 2, 1, 1, 0, 0, ""},
        {"hi\ta\tfurther\t columns\nyo \t a \n", 2, 1, 0, 0, 0, ""},
        {"hi\ta\nno label\nyo\t\n", 1, 1, 0, 2, 2, "no tab"},
        {"\n\n\tx\nhi\ta", 1, 1, 0, 1, 3, "no sentence"},
        {"hi\ta\nyo\t \tc", 1, 1, 0, 1, 2, "no label"},
        {"hi\ta\n\xff\xfe\tb\n", 1, 1, 0, 1, 2, "UTF-8"},
        {"hi\ta\nyo\tb\x01\n", 1, 1, 0, 1, 2, "control"},
        {"hi\ta\nyo\t12345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789012345678901\n",
         1, 1, 0, 1, 2, "longer than 100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_set set;
        struct err err = {0};
        assert_int_equal(intent_set_read(str_c(cases[i].text), STR("x.tsv"), &arena, &set, &err),
                         0);
        assert_int_equal(set.count, cases[i].count);
        assert_int_equal(set.label_count, cases[i].labels);
        assert_int_equal(set.none_count, cases[i].none);
        assert_int_equal(set.fault_count, cases[i].faults);
        if (cases[i].faults > 0) {
            assert_int_equal(set.faults[0].line, cases[i].line);
            assert_non_null(strstr(set.faults[0].why, cases[i].why));
        }
    }
}

static void
test_labels_are_sorted(void **state)
{
    AUTO(arena) struct arena arena = {0};
    struct intent_set set;
    struct err err = {0};
    (void)state;
    assert_int_equal(
        intent_set_read(STR("1\tzoo\n2\tant\n3\toos\n4\tzoo\n"), STR("x"), &arena, &set, &err), 0);
    assert_true(str_eq_c(set.labels[0], "ant") && str_eq_c(set.labels[1], "zoo"));
    assert_int_equal(set.examples[0], 1);
    assert_int_equal(set.examples[1], 2);
    assert_int_equal(set.items[0].label, 1);
    assert_int_equal(set.items[1].label, 0);
    assert_int_equal(set.items[2].label, -1);
}

static void
test_sets_refused(void **state)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf many;
    struct intent_set set;
    struct err err = {0};
    (void)state;
    assert_int_equal(intent_set_read(STR(""), STR("x.tsv"), &arena, &set, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "x.tsv: empty"));
    assert_int_equal(intent_set_read(STR("\nhello\n"), STR("x.tsv"), &arena, &set, &err),
                     ERR_INVALID);
    assert_non_null(strstr(err.message, "x.tsv: no line can be used: line 2: no tab"));
    buf_init(&many, LIMIT_OUTPUT_BYTES);
    for (unsigned i = 0; i <= INTENT_LABELS_MAX; i++) {
        buf_printf(&many, "text\tlabel%u\n", i);
    }
    assert_int_equal(intent_set_read(buf_str(&many), STR("x.tsv"), &arena, &set, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "more than 512 labels"));
    buf_clear(&many);
    for (unsigned i = 0; i <= INTENT_EXAMPLES_MAX; i++) {
        buf_add_c(&many, "t\tl\n");
    }
    assert_int_equal(intent_set_read(buf_str(&many), STR("x.tsv"), &arena, &set, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "line 50001"));
}

/* ---- Learning -------------------------------------------------------------------------------*/

struct trained {
    struct arena arena;
    struct buf text;
    struct buf bytes;
    struct intent_set set;
    struct intent_report report;
    struct intent_model *model;
};

static void
train(struct trained *t, size_t labels)
{
    struct err err = {0};
    *t = (struct trained){0};
    fixture_tsv(&t->text, labels);
    buf_init(&t->bytes, INTENT_MODEL_BYTES);
    assert_int_equal(intent_set_read(buf_str(&t->text), STR("fixture"), &t->arena, &t->set, &err),
                     0);
    assert_int_equal(intent_train(&t->set, NULL, &t->bytes, &t->report, &err), 0);
    assert_int_equal(intent_model_borrow(buf_str(&t->bytes), STR("fixture"), &t->model, &err), 0);
}

static void
trained_done(struct trained *t)
{
    intent_model_free(t->model);
    buf_done(&t->bytes);
    buf_done(&t->text);
    arena_done(&t->arena);
}

static void
test_learns(void **state)
{
    static const struct {
        const char *text;
        const char *want; /* NULL: none of them */
    } cases[] = {
        {"Where is my doorbell?", "delivery"},
        {"when wlil the camrea arrvie", "delivery"},
        {"Please refund my order", "refund"},
        {"the bulb is broken, it does not work", "trouble"},
        {"THANK YOU!!", "thanks"},
        {"qwertz uiop", NULL},
        {"", NULL},
        {"\xff\xff\xff", NULL},
        {"tell me a joke", NULL},
    };
    struct trained t;
    struct err err = {0};
    (void)state;
    train(&t, 5);
    assert_int_equal(t.report.labels, 4);
    assert_int_equal(t.report.examples, 120);
    assert_int_equal(t.report.none, 30);
    assert_true(t.report.accuracy > .95 && t.report.accuracy <= 1);
    assert_true(t.report.auc > .7 && t.report.auc <= 1);
    assert_int_equal(intent_model_labels(t.model), 4);
    assert_true(str_eq_c(intent_model_label(t.model, 0), "delivery"));
    assert_int_equal(intent_model_examples(t.model, 0), 30);
    assert_true(fabs(intent_model_accuracy(t.model) - t.report.accuracy) < 1e-6);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_answer a;
        assert_int_equal(intent_predict(t.model, str_c(cases[i].text), 3, &arena, &a, &err), 0);
        assert_int_equal(a.count, 3);
        if (a.none != !cases[i].want ||
            (cases[i].want && !str_eq_c(a.guesses[0].label, cases[i].want))) {
            fail_msg("\"%s\": %" STR_FMT " %.2f, known %.2f", cases[i].text,
                     STR_ARG(a.guesses[0].label), a.guesses[0].probability, a.known);
        }
    }
    trained_done(&t);
}

static void
test_probabilities(void **state)
{
    AUTO(arena) struct arena arena = {0};
    struct trained t;
    struct err err = {0};
    struct intent_answer a;
    double sum = 0;
    (void)state;
    train(&t, 4);
    assert_int_equal(intent_predict(t.model, STR("refund my hub"), 99, &arena, &a, &err), 0);
    assert_int_equal(a.count, 4);
    for (size_t i = 0; i < a.count; i++) {
        sum += a.guesses[i].probability;
        assert_true(i == 0 || a.guesses[i].probability <= a.guesses[i - 1].probability);
        assert_true(str_eq(a.guesses[i].label, intent_model_label(t.model, a.guesses[i].index)));
    }
    assert_true(fabs(sum - 1) < 1e-9);
    assert_true(a.guesses[0].probability > .5);
    assert_int_equal(intent_predict(t.model, STR("refund my hub"), 0, &arena, &a, &err), 0);
    assert_int_equal(a.count, 1);
    trained_done(&t);
}

static void
test_same_bytes(void **state)
{
    struct trained a;
    struct trained b;
    (void)state;
    train(&a, 5);
    train(&b, 5);
    assert_true(str_eq(buf_str(&a.bytes), buf_str(&b.bytes)));
    trained_done(&b);
    train(&b, 4);
    assert_false(str_eq(buf_str(&a.bytes), buf_str(&b.bytes)));
    trained_done(&b);
    trained_done(&a);
}

static void
test_small_sets(void **state)
{
    static const char *const sets[] = {
        "yes\ta\nno\tb\n",
        "a\ta\na\tb\n",
        "?\ta\n!\tb\n",
        "yes\ta\nyes please\ta\nno\tb\nmaybe\tc\n",
        "one\ta\ntwo\tb\nthree\toos\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf bytes;
        AUTO(intent_model) struct intent_model *model = NULL;
        struct intent_set set;
        struct intent_report report;
        struct intent_answer a;
        struct err err = {0};
        buf_init(&bytes, INTENT_MODEL_BYTES);
        assert_int_equal(intent_set_read(str_c(sets[i]), STR("x"), &arena, &set, &err), 0);
        assert_int_equal(intent_train(&set, NULL, &bytes, &report, &err), 0);
        assert_int_equal(intent_model_borrow(buf_str(&bytes), STR("x"), &model, &err), 0);
        assert_int_equal(intent_predict(model, STR("yes"), 2, &arena, &a, &err), 0);
        assert_true(a.known >= 0 && a.known <= 1);
        assert_true(a.guesses[0].probability >= a.guesses[1].probability);
    }
}

static bool
stop_at_third(void *arg, unsigned done, unsigned all)
{
    unsigned *calls = arg;
    assert_int_equal(done, ++*calls);
    assert_true(done <= all);
    return done < 3;
}

static void
test_refused(void **state)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    AUTO(buf) struct buf bytes;
    unsigned calls = 0;
    struct intent_training how = {stop_at_third, &calls};
    struct intent_set set;
    struct intent_report report;
    struct err err = {0};
    (void)state;
    buf_init(&bytes, INTENT_MODEL_BYTES);
    fixture_tsv(&text, 3);
    assert_int_equal(intent_set_read(STR("x\ta\ny\ta\n"), STR("x"), &arena, &set, &err), 0);
    assert_int_equal(intent_train(&set, NULL, &bytes, &report, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "at least two labels"));
    assert_int_equal(intent_set_read(STR("x\toos\n"), STR("x"), &arena, &set, &err), 0);
    assert_int_equal(intent_train(&set, NULL, &bytes, &report, &err), ERR_INVALID);
    assert_int_equal(intent_set_read(buf_str(&text), STR("x"), &arena, &set, &err), 0);
    assert_int_equal(intent_train(&set, &how, &bytes, &report, &err), ERR_CANCELED);
    assert_int_equal(calls, 3);
    assert_int_equal(bytes.len, 0);
}

static void
test_without_memory(void **state)
{
    AUTO(arena) struct arena arena = {0};
    struct intent_set set;
    struct err err = {0};
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        skip();
    }
    (void)fault_configure(STR(""));
    assert_int_equal(
        intent_set_read(STR("yes\ta\nno\tb\nfine\ta\nnever\tb\n"), STR("x"), &arena, &set, &err),
        0);
    unsigned failures = 0;
    for (unsigned n = 1;; n++) {
        AUTO(buf) struct buf bytes;
        struct intent_report report;
        char spec[32];
        snprintf(spec, sizeof(spec), "alloc:%u", n);
        buf_init(&bytes, INTENT_MODEL_BYTES);
        (void)fault_configure(str_c(spec));
        int result = intent_train(&set, NULL, &bytes, &report, &err);
        bool fired = fault_passed() >= n;
        (void)fault_configure(STR(""));
        if (!fired) {
            assert_int_equal(result, 0);
            break;
        }
        failures++;
        assert_int_equal(result, ERR_NOMEM);
    }
    assert_true(failures > 100);
}

/* ---- Judging --------------------------------------------------------------------------------*/

static void
test_auc(void **state)
{
    static const struct {
        double high[3];
        double low[3];
        double want;
    } cases[] = {
        {{3, 2, 4}, {1, 0, -1}, 1},      {{1, 0, -1}, {3, 2, 4}, 0},
        {{1, 1, 1}, {1, 1, 1}, .5},      {{5, 1, 3}, {4, 2, 0}, 6.0 / 9},
        {{1, 2, 2}, {2, 0, 0}, 7.0 / 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double high[3];
        double low[3];
        memcpy(high, cases[i].high, sizeof(high));
        memcpy(low, cases[i].low, sizeof(low));
        assert_true(fabs(intent_auc(high, 3, low, 3) - cases[i].want) < 1e-12);
    }
}

static void
test_figures(void **state)
{
    struct trained t;
    struct intent_set set;
    struct intent_figures f;
    struct err err = {0};
    (void)state;
    train(&t, 5);
    /* Three right, one wrong, one whose label is not known, two strangers. */
    assert_int_equal(intent_set_read(STR("where is my hub\tdelivery\n"
                                         "please refund the lamp\trefund\n"
                                         "the lamp is broken\ttrouble\n"
                                         "refund my camera now\tdelivery\n"
                                         "thanks for the hub\tgreeting\n"
                                         "qwertz uiop\toos\n"
                                         "write a poem on the sea\toos\n"),
                                     STR("x"), &t.arena, &set, &err),
                     0);
    assert_int_equal(intent_evaluate(t.model, &set, &t.arena, &f, &err), 0);
    assert_int_equal(f.known, 5);
    assert_int_equal(f.strange, 2);
    assert_int_equal(f.strange_refused, 2);
    assert_int_equal(f.known_refused, 0);
    assert_int_equal(f.foreign, 1);
    assert_true(fabs(f.accuracy - .6) < 1e-12);
    /* delivery 2/3, refund 2/3, trouble 1, greeting 0 */
    assert_true(fabs(f.macro_f1 - (2.0 / 3 + 2.0 / 3 + 1) / 4) < 1e-12);
    assert_true(f.has_auc && f.auc == 1);
    assert_int_equal(f.confusion_count, 2);
    assert_true(str_eq_c(f.confusions[0].label, "delivery"));
    assert_true(str_eq_c(f.confusions[0].taken_for, "refund"));
    assert_true(str_eq_c(f.confusions[1].label, "greeting"));
    assert_true(str_eq_c(f.confusions[1].taken_for, "thanks"));
    trained_done(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_are_bounded),
        cmocka_unit_test(test_misspelt),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_labels_are_sorted),
        cmocka_unit_test(test_sets_refused),
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_small_sets),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_auc),
        cmocka_unit_test(test_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
