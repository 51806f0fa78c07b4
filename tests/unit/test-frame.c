/* Frames: however the bytes are cut the same messages come out, and what is none is refused before
 * anything is kept for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "plugin/frame.h"

static void
test_any_cut_gives_the_same_frames(void **state)
{
    static const struct {
        const char *head;
        const char *body;
    } sent[] = {{"{}", ""}, {"{\"t\":\"call\"}", "{\"a\":1}"}, {"{\"x\":[]}", "b"}};
    (void)state;
    AUTO(buf) struct buf wire;
    buf_init(&wire, 4096);
    for (size_t i = 0; i < 3; i++) {
        frame_add(&wire, str_c(sent[i].head), str_c(sent[i].body));
    }
    for (size_t piece = 1; piece <= wire.len; piece++) {
        AUTO(frames) struct frames f;
        struct frame got;
        struct err err = {0};
        size_t count = 0;
        frames_init(&f, 100);
        for (size_t at = 0; at < wire.len; at += piece) {
            assert_int_equal(frames_feed(&f, str_sub(buf_str(&wire), at, piece), &err), 0);
            while (frames_next(&f, &got, &err) == FRAME_READY) {
                assert_true(count < 3);
                assert_true(str_eq_c(got.head, sent[count].head));
                assert_true(str_eq_c(got.body, sent[count].body));
                count++;
            }
        }
        assert_int_equal(count, 3);
    }
}

static void
test_lengths_are_checked_before_the_rest_comes(void **state)
{
    static const struct {
        const char *name;
        unsigned char lengths[FRAME_LENGTHS];
        int want;
    } cases[] = {
        {"no head", {0, 0, 0, 0, 1}, ERR_INVALID},
        {"a head too short for an object", {1}, ERR_INVALID},
        {"the longest head", {0, 0, 1}, FRAME_NONE},
        {"a head too long", {1, 0, 1}, ERR_INVALID},
        {"text instead", {'H', 'e', 'l', 'l', 'o', ',', ' ', 'y'}, ERR_INVALID},
        {"the longest body", {2, 0, 0, 0, 100}, FRAME_NONE},
        {"a body too long", {2, 0, 0, 0, 101}, ERR_INVALID},
        {"all there is", {255, 255, 255, 255, 255, 255, 255, 255}, ERR_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO(frames) struct frames f;
        struct frame got;
        struct err err = {0};
        frames_init(&f, 100);
        struct str bytes = {(const char *)cases[i].lengths, FRAME_LENGTHS};
        assert_int_equal(frames_feed(&f, bytes, &err), 0);
        int result = frames_next(&f, &got, &err);
        if (result != cases[i].want) {
            fail_msg("%s: %d", cases[i].name, result);
        }
    }
}

static void
test_what_is_never_taken_has_an_end(void **state)
{
    (void)state;
    AUTO(frames) struct frames f;
    struct err err = {0};
    char piece[4096] = {0};
    int result = 0;
    size_t fed = 0;
    frames_init(&f, 0);
    while (result == 0 && fed < 10 * 1024 * 1024) {
        result = frames_feed(&f, (struct str){piece, sizeof(piece)}, &err);
        fed += sizeof(piece);
    }
    assert_int_equal(result, ERR_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_cut_gives_the_same_frames),
        cmocka_unit_test(test_lengths_are_checked_before_the_rest_comes),
        cmocka_unit_test(test_what_is_never_taken_has_an_end),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
