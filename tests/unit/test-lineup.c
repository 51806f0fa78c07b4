/* The line of what is done in the background: one at a time, in order, nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "io/lineup.h"

struct scene {
    struct loop *loop;
    struct lineup lineup;
    char begun[512]; /* "a1 b2 " */
    bool refuses;    /* nothing can be begun */
};

static void
begin(struct lineup *l, const struct lineup_item *item)
{
    struct scene *s = OWNER_OF(l, struct scene, lineup);
    size_t at = strlen(s->begun);
    (void)snprintf(s->begun + at, sizeof(s->begun) - at, "%s%d ", item->name, (int)item->number);
    if (s->refuses) {
        lineup_over(l);
    }
}

static void
scene_open(struct scene *s)
{
    struct err err = {0};
    *s = (struct scene){0};
    assert_int_equal(loop_new(&s->loop, &err), 0);
    lineup_init(&s->lineup, s->loop, begin);
}

static void
scene_close(struct scene *s)
{
    lineup_close(&s->lineup);
    loop_free(s->loop);
}

static void
steps(struct scene *s, int count)
{
    struct err err = {0};
    for (int i = 0; i < count; i++) {
        assert_int_equal(loop_step(s->loop, 0, &err), 0);
    }
}

static void
test_one_at_a_time(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    lineup_add(&s.lineup, STR("a"), 1);
    lineup_add(&s.lineup, STR("b"), 2);
    lineup_add(&s.lineup, STR("a"), 3);
    assert_string_equal(s.begun, "");
    steps(&s, 3);
    assert_string_equal(s.begun, "a1 ");
    lineup_add(&s.lineup, STR("a"), 4); /* still under way */
    assert_int_equal(lineup_count(&s.lineup), 2);
    lineup_over(&s.lineup);
    lineup_add(&s.lineup, STR("a"), 5);
    assert_string_equal(s.begun, "a1 ");
    steps(&s, 3);
    assert_string_equal(s.begun, "a1 b2 ");
    lineup_over(&s.lineup);
    steps(&s, 3);
    assert_string_equal(s.begun, "a1 b2 a5 ");
    lineup_over(&s.lineup);
    assert_int_equal(lineup_count(&s.lineup), 0);
    scene_close(&s);
}

static void
test_it_is_bounded(void **state)
{
    (void)state;
    struct scene s;
    char name[LINEUP_NAME_MAX + 2];
    scene_open(&s);
    memset(name, 'n', sizeof(name));
    lineup_add(&s.lineup, (struct str){name, LINEUP_NAME_MAX + 1}, 1);
    assert_int_equal(lineup_count(&s.lineup), 0);
    lineup_add(&s.lineup, (struct str){name, LINEUP_NAME_MAX}, 1);
    assert_int_equal(lineup_count(&s.lineup), 1);
    for (int i = 0; i < 2 * LINEUP_MAX; i++) {
        char digits[16];
        (void)snprintf(digits, sizeof(digits), "%d", i);
        lineup_add(&s.lineup, str_c(digits), i);
    }
    assert_int_equal(lineup_count(&s.lineup), LINEUP_MAX);
    scene_close(&s);
}

static void
test_what_cannot_begin_is_passed_over(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    s.refuses = true;
    lineup_add(&s.lineup, STR("a"), 1);
    lineup_add(&s.lineup, STR("b"), 2);
    steps(&s, 4);
    assert_string_equal(s.begun, "a1 b2 ");
    assert_int_equal(lineup_count(&s.lineup), 0);
    scene_close(&s);
}

static void
test_closed(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    lineup_add(&s.lineup, STR("a"), 1);
    lineup_close(&s.lineup);
    lineup_add(&s.lineup, STR("b"), 2);
    steps(&s, 3);
    assert_string_equal(s.begun, "");
    scene_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_it_is_bounded),
        cmocka_unit_test(test_what_cannot_begin_is_passed_over),
        cmocka_unit_test(test_closed),
    };
    return cmocka_run_group_tests_name("lineup", tests, NULL, NULL);
}
