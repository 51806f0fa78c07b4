/* The word around text from outside: never the same, never in the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/fence.h"

static void
test_a_word_nobody_knows(void **state)
{
    (void)state;
    char all[64][FENCE_TEXT];
    for (size_t i = 0; i < 64; i++) {
        char text[FENCE_TEXT + 2] = "x";
        if (i > 0) {
            memcpy(text + 1, all[i - 1], FENCE_TEXT);
        }
        assert_true(fence_make(str_c(text), all[i]));
        assert_int_equal(strlen(all[i]), FENCE_TEXT - 1);
        assert_int_equal(strspn(all[i], "0123456789abcdef"), FENCE_TEXT - 1);
        assert_null(strstr(text, all[i]));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(all[i], all[k]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_nobody_knows),
    };
    return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}
