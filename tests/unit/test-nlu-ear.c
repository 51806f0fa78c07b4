/* The ear: sentences that neither the rules nor the classifier were made from, read by each alone
 * and by both; and what must stay whatever was collected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "nlu/intent.h"
#include "nlu/nlu.h"
#include "nlu/parts.h"

enum { LINE_BYTES = 4096, ROWS_AT_LEAST = 150 };
/* Today's figures are .576, .792 and .805. */
#define FLOOR_TOGETHER .77

struct score {
    size_t count;
    size_t rules;
    size_t classifier;
    size_t together;
};

static const char *
by_rules(struct str text, struct arena *arena)
{
    struct nlu_words words = {0};
    struct nlu_reading r = {0};
    double loud[NLU_INTENT_COUNT];
    size_t searchable = 0;
    assert_true(nlu_split(text, arena, &words));
    assert_true(nlu_extract(&words, arena, &r, &searchable));
    nlu_classify(&words, searchable, &r, loud);
    return nlu_intent_name(r.intent);
}

static struct str
by_classifier(struct str text, struct arena *arena)
{
    struct intent_answer answer;
    struct err err = {0};
    assert_int_equal(intent_predict_builtin(text, 1, arena, &answer, &err), 0);
    return answer.none ? STR("unknown") : answer.guesses[0].label;
}

static void
judge(struct str text, struct str label, struct score *score)
{
    AUTO(arena) struct arena arena = {0};
    struct nlu_reading r;
    struct err err = {0};
    assert_int_equal(nlu_read(text, &arena, &r, &err), 0);
    label = str_eq(label, STR(INTENT_OOS)) ? STR("unknown") : label;
    score->count++;
    score->rules += str_eq_c(label, by_rules(text, &arena));
    score->classifier += str_eq(label, by_classifier(text, &arena));
    score->together += str_eq_c(label, nlu_intent_name(r.intent));
}

static void
test_together_is_best(void **state)
{
    (void)state;
    char path[LINE_BYTES];
    char line[LINE_BYTES];
    const char *source = getenv("DESKHAND_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/fixtures/intents.tsv", source ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct score s = {0};
    while (fgets(line, sizeof(line), file)) {
        struct str label = str_trim(str_c(line));
        struct str text;
        assert_true(str_split(&label, '\t', &text));
        judge(text, label, &s);
    }
    fclose(file);
    double count = (double)s.count;
    printf("ear: %zu sentences: rules %.3f, classifier %.3f, together %.3f\n", s.count,
           (double)s.rules / count, (double)s.classifier / count, (double)s.together / count);
    assert_true(s.count >= ROWS_AT_LEAST);
    assert_true(s.together > s.rules && s.together > s.classifier);
    assert_true((double)s.together / count >= FLOOR_TOGETHER);
}

/* What no phrase was written for, and what a phrase says against every likelihood. */
static void
test_readings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum nlu_intent intent;
        enum nlu_mood mood;
        enum nlu_urgency urgency;
    } rows[] = {
        {"your service is a catastrophe", NLU_COMPLAINT, NLU_CALM, NLU_NORMAL},
        {"nobody replied to my mails, I want to complain", NLU_COMPLAINT, NLU_ANNOYED, NLU_NORMAL},
        {"something for the hallway that reacts to movement", NLU_PRODUCT, NLU_CALM, NLU_NORMAL},
        {"the plug is smoking", NLU_TROUBLE, NLU_CALM, NLU_DANGER},
        {"I want to talk to a human", NLU_HUMAN, NLU_CALM, NLU_NORMAL},
        {"", NLU_UNKNOWN, NLU_CALM, NLU_NORMAL},
        {"\xf0\x9f\xa6\x94", NLU_UNKNOWN, NLU_CALM, NLU_NORMAL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct nlu_reading r;
        struct err err = {0};
        assert_int_equal(nlu_read(str_c(rows[i].text), &arena, &r, &err), 0);
        if (r.intent != rows[i].intent || r.mood != rows[i].mood || r.urgency != rows[i].urgency ||
            r.confidence < 0 || r.confidence > 1) {
            fail_msg("\"%s\": %s, %s, %s, %.2f", rows[i].text, nlu_intent_name(r.intent),
                     nlu_mood_name(r.mood), nlu_urgency_name(r.urgency), r.confidence);
        }
    }
}

/* The built-in model is a whole one, knows every intent, and says the same opened or not. */
static void
test_builtin(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(intent_model) struct intent_model *model = NULL;
    struct intent_answer opened;
    struct intent_answer direct;
    struct err err = {0};
    assert_int_equal(intent_model_builtin(&model, &err), 0);
    assert_int_equal(intent_model_labels(model), NLU_INTENT_COUNT - 1);
    for (size_t i = 0; i < intent_model_labels(model); i++) {
        bool found = false;
        for (size_t k = 1; k < NLU_INTENT_COUNT; k++) {
            const char *name = nlu_intent_name((enum nlu_intent)k);
            found = found || str_eq_c(intent_model_label(model, i), name);
        }
        assert_true(found);
        assert_true(intent_model_examples(model, i) >= 60);
    }
    struct str text = STR("wheres my parcl");
    assert_int_equal(intent_predict(model, text, 1, &arena, &opened, &err), 0);
    assert_int_equal(intent_predict_builtin(text, 1, &arena, &direct, &err), 0);
    assert_true(str_eq(opened.guesses[0].label, STR("order")));
    assert_true(str_eq(direct.guesses[0].label, STR("order")));
    assert_true(opened.known == direct.known);
}

/* A shop's own labels route where they are an intent's, and nowhere else. */
static void
test_own_labels(void **state)
{
    (void)state;
    static const char examples[] = "zwieback is mouldy\ttrouble\n"
                                   "the zwieback crumbles\ttrouble\n"
                                   "mouldy zwieback again\ttrouble\n"
                                   "crumbling zwieback\ttrouble\n"
                                   "my zwieback is mouldy\ttrouble\n"
                                   "all zwieback in the box crumbles\ttrouble\n"
                                   "cherry strudel\tcakes\n"
                                   "strudel with cream\tcakes\n"
                                   "is there strudel\tcakes\n"
                                   "warm strudel\tcakes\n"
                                   "a strudel with cherry\tcakes\n"
                                   "cream strudel please\tcakes\n"
                                   "what time is it\toos\n"
                                   "who won the match\toos\n"
                                   "it rains\toos\n"
                                   "tell me a story\toos\n"
                                   "where is paris\toos\n"
                                   "good old days\toos\n";
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes;
    AUTO(intent_model) struct intent_model *model = NULL;
    struct err err = {0};
    struct intent_set set;
    struct intent_report report;
    struct nlu_reading own;
    struct nlu_reading builtin;
    buf_init(&bytes, INTENT_MODEL_BYTES);
    assert_int_equal(intent_set_read(str_c(examples), STR("examples"), &arena, &set, &err), 0);
    assert_int_equal(intent_train(&set, NULL, &bytes, &report, &err), 0);
    assert_int_equal(intent_model_borrow(buf_str(&bytes), STR("model"), &model, &err), 0);
    struct str crumbs = STR("all of the zwieback crumbles");
    assert_int_equal(nlu_read_with(model, crumbs, &arena, &own, &err), 0);
    assert_int_equal(nlu_read(crumbs, &arena, &builtin, &err), 0);
    assert_int_equal(own.intent, NLU_TROUBLE);
    assert_int_not_equal(builtin.intent, NLU_TROUBLE);
    static const char *const others[] = {"cherry strudel with cream", "wheres my parcl", "cheers!"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(nlu_read_with(model, str_c(others[i]), &arena, &own, &err), 0);
        assert_int_equal(nlu_read(str_c(others[i]), &arena, &builtin, &err), 0);
        assert_int_equal(own.intent, builtin.intent);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_together_is_best),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_builtin),
        cmocka_unit_test(test_own_labels),
    };
    return cmocka_run_group_tests_name("nlu-ear", tests, NULL, NULL);
}
