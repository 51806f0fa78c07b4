/* nlu: the labelled sentences, what is extracted, and texts that mean harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "nlu/nlu.h"

enum { LINE_MAX_BYTES = 4096 };
#define FLOOR_INTENT .95
#define FLOOR_TONE .95
#define FLOOR_UNSEEN .60 /* of sentences that no rule was written from */

struct score {
    size_t count;
    size_t intents;
    size_t moods;
    size_t urgencies;
};

static struct str
column(struct str *rest, struct str fallback)
{
    struct str part = {0};
    return str_split(rest, '\t', &part) && part.len ? part : fallback;
}

static void
judge(struct str line, struct score *score)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct str text = column(&line, STR(""));
    struct str intent = column(&line, STR("unknown"));
    struct str mood = column(&line, STR("calm"));
    struct str urgency = column(&line, STR("normal"));
    struct nlu_reading r;
    assert_int_equal(nlu_read(text, &arena, &r, &err), 0);
    bool intent_right = str_eq_c(intent, nlu_intent_name(r.intent));
    bool mood_right = str_eq_c(mood, nlu_mood_name(r.mood));
    bool urgency_right = str_eq_c(urgency, nlu_urgency_name(r.urgency));
    score->count++;
    score->intents += intent_right;
    score->moods += mood_right;
    score->urgencies += urgency_right;
    if (!intent_right || !mood_right || !urgency_right) {
        printf("  wrong: \"%" STR_FMT "\": %s, %s, %s\n", STR_ARG(text),
               nlu_intent_name(r.intent), nlu_mood_name(r.mood), nlu_urgency_name(r.urgency));
    }
}

static void
test_labelled_sentences(void **state)
{
    (void)state;
    static char path[LINE_MAX_BYTES];
    static char line[LINE_MAX_BYTES];
    const char *source = getenv("DESKHAND_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/fixtures/nlu.tsv", source ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct score score = {0};
    while (fgets(line, sizeof(line), file)) {
        struct str text = str_c(line);
        text = str_ends(text, STR("\n")) ? str_sub(text, 0, text.len - 1) : text;
        if (text.len > 0 && text.ptr[0] != '#') {
            judge(text, &score);
        }
    }
    fclose(file);
    double count = (double)score.count;
    printf("nlu: %zu sentences: intent %.3f, mood %.3f, urgency %.3f\n", score.count,
           (double)score.intents / count, (double)score.moods / count,
           (double)score.urgencies / count);
    assert_true(score.count >= 150);
    assert_true((double)score.intents / count >= FLOOR_INTENT);
    assert_true((double)score.moods / count >= FLOOR_TONE);
    assert_true((double)score.urgencies / count >= FLOOR_TONE);
}

static void
judge_tone(struct str line, struct score *score)
{
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct nlu_reading r;
    struct str text = column(&line, STR(""));
    struct str mood = column(&line, STR("calm"));
    struct str urgency = column(&line, STR("normal"));
    assert_int_equal(nlu_read(text, &arena, &r, &err), 0);
    bool mood_right = str_eq_c(mood, nlu_mood_name(r.mood));
    bool urgency_right = str_eq_c(urgency, nlu_urgency_name(r.urgency));
    score->count++;
    score->moods += mood_right;
    score->urgencies += urgency_right;
    if (!mood_right || !urgency_right) {
        printf("  wrong: \"%" STR_FMT "\": %s, %s\n", STR_ARG(text), nlu_mood_name(r.mood),
               nlu_urgency_name(r.urgency));
    }
}

static void
judge_tones(const char *name, size_t at_least, double floor)
{
    static char path[LINE_MAX_BYTES];
    static char line[LINE_MAX_BYTES];
    const char *source = getenv("DESKHAND_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/fixtures/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct score score = {0};
    while (fgets(line, sizeof(line), file)) {
        struct str text = str_trim(str_c(line));
        if (text.len > 0 && text.ptr[0] != '#') {
            judge_tone(text, &score);
        }
    }
    fclose(file);
    double count = (double)score.count;
    printf("%s: %zu sentences: mood %.3f, urgency %.3f\n", name, score.count,
           (double)score.moods / count, (double)score.urgencies / count);
    assert_true(score.count >= at_least);
    assert_true((double)score.moods / count >= floor);
    assert_true((double)score.urgencies / count >= floor);
}

/* Mood and urgency: what the rules know, and what they make of sentences they do not. */
static void
test_tones(void **state)
{
    (void)state;
    judge_tones("tones.tsv", 120, FLOOR_TONE);
    judge_tones("tones-unseen.tsv", 40, FLOOR_UNSEEN);
}

static void
test_queries(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *query;
        double max_price;
        bool cheap;
        int ordinal;
    } cases[] = {
        {"hi, do you have a cheap smart plug under 20 euros please?", "smart plug", 20, true, 0},
        {"I'm looking for an E27 colour bulb for less than €19,90", "E27 colour bulb", 19.9,
         false, 0},
        {"cameras up to 1.299,00 €", "cameras", 1299, false, 0},
        {"a door lock, max. 150", "door lock", 150, false, 0},
        {"light strip at least 2 m long under 10 m", "light strip 2 m long 10 m", 0, false, 0},
        {"plugs between 20 and 50 euros", "plugs", 50, false, 0},
        {"speakers over 100 euros", "speakers", 0, false, 0},
        {"Hearth Hub 3 Plus", "Hearth Hub 3 Plus", 0, false, 0},
        {"how much is the Hub 2?", "Hub 2", 0, false, 0},
        {"tell me more about the second one", "", 0, false, 2},
        {"the last one please", "", 0, false, NLU_LAST},
        {"2", "2", 0, false, 2},
        {"number 3", "3", 0, false, 3},
        {"what's your cheapest thermostat", "thermostat", 0, true, 0},
        {"a 20euro plug", "plug", 20, false, 0},
        {"thanks!", "", 0, false, 0},
        {"is there a bulb for twenty euros", "bulb", 20, false, 0},
        {"", "", 0, false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct nlu_reading r;
        assert_int_equal(nlu_read(str_c(cases[i].text), &arena, &r, &err), 0);
        if (!str_eq_c(r.query, cases[i].query) || r.max_price != cases[i].max_price ||
            r.cheap != cases[i].cheap || r.ordinal != cases[i].ordinal) {
            fail_msg("\"%s\": query \"%" STR_FMT "\", max %.2f, cheap %d, ordinal %d",
                     cases[i].text, STR_ARG(r.query), r.max_price, r.cheap, r.ordinal);
        }
    }
}

static void
test_issues(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *issue;
        const char *thing;
    } cases[] = {
        {"my hub won't pair with my phone", "my hub won't pair with my phone", "hub"},
        {"Hi there, my Hearth Hub 3 keeps restarting. Thanks!",
         "my Hearth Hub 3 keeps restarting", "Hearth Hub 3"},
        {"Hello\n\nthe   camera\tis offline", "the camera is offline", ""},
        {"I got a new phone and my phone can't find it",
         "I got a new phone and my phone can't find it", ""},
        {"our door lock jams", "our door lock jams", "door lock"},
        {"it doesn\xe2\x80\x99t open", "it doesn't open", ""},
        {"please", "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct nlu_reading r;
        assert_int_equal(nlu_read(str_c(cases[i].text), &arena, &r, &err), 0);
        if (!str_eq_c(r.issue, cases[i].issue) || !str_eq_c(r.thing, cases[i].thing)) {
            fail_msg("\"%s\": issue \"%" STR_FMT "\", thing \"%" STR_FMT "\"", cases[i].text,
                     STR_ARG(r.issue), STR_ARG(r.thing));
        }
    }
}

/* Nothing of this may crash, and every reading keeps its bounds. */
static void
test_any_text(void **state)
{
    (void)state;
    static char text[100000];
    static const char *const pieces[] = {
        "a", "not _ $ ^ |", "\xff\xfe", "\xe2\x82", "\xf0\x9f\x91", "won't't'", "9.9.9,,", "my ",
        "\n\n!!", "\xe2\x82\xac", "$$$", "under ", "99999999999999999999999999 euros ", "--",
        "\x1b[31m",
    };
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t len = 0;
        size_t size = strlen(pieces[i]);
        while (len + size <= sizeof(text)) {
            memcpy(text + len, pieces[i], size);
            len += size;
        }
        for (size_t cut = 0; cut < 3; cut++) {
            AUTO(arena) struct arena arena = {0};
            struct err err = {0};
            struct nlu_reading r;
            struct str all = {text, cut == 0 ? size : cut == 1 ? size * 7 : len};
            assert_int_equal(nlu_read(all, &arena, &r, &err), 0);
            assert_true(r.query.len <= NLU_QUERY_MAX && r.issue.len <= NLU_ISSUE_MAX);
            assert_true(r.confidence >= 0 && r.confidence <= 1 && r.max_price >= 0);
        }
    }
}

static void
test_scores(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct nlu_reading r;
    assert_int_equal(nlu_read(STR("the bulb is still flickering"), &arena, &r, &err), 0);
    assert_int_equal(r.intent, NLU_TROUBLE);
    assert_true(r.scores[NLU_NO] > 0.2);
    double all = 0;
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++) {
        all += r.scores[i];
    }
    assert_true(all > 0.999 && all < 1.001);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labelled_sentences),
        cmocka_unit_test(test_tones),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_issues),
        cmocka_unit_test(test_any_text),
        cmocka_unit_test(test_scores),
    };
    return cmocka_run_group_tests_name("nlu", tests, NULL, NULL);
}
