/* language: customers' sentences in many languages, and texts that say nothing about theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "nlu/language.h"

#define FLOOR .95

static void
test_sentences(void **state)
{
    (void)state;
    static char path[4096];
    static char line[1024];
    size_t counts[NLU_LANGUAGE_COUNT] = {0};
    size_t all = 0;
    size_t right = 0;
    const char *source = getenv("DESKHAND_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/fixtures/languages.tsv", source ? source : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        struct str text = str_trim(str_c(line));
        struct str code;
        if (text.len == 0 || text.ptr[0] == '#' || !str_split(&text, '\t', &code)) {
            continue;
        }
        enum nlu_language got = nlu_language_of(text);
        bool same = str_eq_c(code, nlu_language_code(got));
        if (!same) {
            printf("  wrong: %s: %" STR_FMT "\n", nlu_language_name(got), STR_ARG(text));
        }
        all++;
        right += same;
        for (size_t i = 0; i < NLU_LANGUAGE_COUNT; i++) {
            counts[i] += str_eq_c(code, nlu_language_code((enum nlu_language)i));
        }
    }
    fclose(file);
    size_t tried = 0;
    for (size_t i = 0; i < NLU_LANGUAGE_COUNT; i++) {
        tried += counts[i] >= 10;
    }
    printf("language: %zu sentences of %zu languages: %.3f\n", all, tried,
           (double)right / (double)all);
    assert_true(tried >= 12);
    assert_true((double)right / (double)all >= FLOOR);
}

/* Too little to tell, or no text at all: English, and never a crash. */
static void
test_nothing_to_tell(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "12345",
        "OT-CAM-4K",
        "????",
        "ok",
        "die",
        "\xff\xfe\xc3",
        "\xe2\x82\xac 20",
        "\xf0\x9f\x98\xa1\xf0\x9f\x98\xa1",
        "Hub",
        "hub 3 vs hub 3 plus",
        "'''--'''",
        "\xc3",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(nlu_language_of(str_c(texts[i])), NLU_ENGLISH);
    }
    static char long_text[100000];
    memset(long_text, 'e', sizeof(long_text));
    assert_int_equal(nlu_language_of((struct str){long_text, sizeof(long_text)}), NLU_ENGLISH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_nothing_to_tell),
    };
    return cmocka_run_group_tests_name("language", tests, NULL, NULL);
}
