/* intent: a model's file, sound, damaged and made to do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "intent_fixture.h"
#include "nlu/intent_file.h"

static struct buf sound;

static int
make_model(void **state)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct intent_set set;
    struct intent_report report;
    struct err err = {0};
    (void)state;
    fixture_tsv(&text, 3);
    buf_init(&sound, INTENT_MODEL_BYTES);
    return intent_set_read(buf_str(&text), STR("x"), &arena, &set, &err) < 0 ||
           intent_train(&set, NULL, &sound, &report, &err) < 0;
}

static int
drop_model(void **state)
{
    (void)state;
    buf_done(&sound);
    return 0;
}

/* A copy that may be harmed, aligned. */
static char *
copy(void)
{
    char *bytes = malloc(sound.len);
    assert_non_null(bytes);
    memcpy(bytes, sound.text, sound.len);
    return bytes;
}

static void
seal(char *bytes)
{
    struct intent_header *h = (struct intent_header *)bytes;
    h->sum = intent_file_sum((struct str){bytes, sound.len});
}

/* Opened and asked, it may be of any opinion; it may not fall. */
static int
open_and_ask(struct str bytes, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(intent_model) struct intent_model *model = NULL;
    struct intent_answer a;
    int result = intent_model_borrow(bytes, STR("harmed"), &model, err);
    if (result < 0) {
        return result;
    }
    assert_int_equal(intent_predict(model, STR("where is my camera"), 9, &arena, &a, err), 0);
    assert_true(a.known >= 0 && a.known <= 1);
    for (size_t i = 0; i < a.count; i++) {
        assert_true(a.guesses[i].probability >= 0 && a.guesses[i].probability <= 1);
        assert_true(a.guesses[i].label.len > 0);
    }
    return 0;
}

static void
test_cut_short(void **state)
{
    (void)state;
    for (size_t len = 0; len < sound.len; len += 1 + len / 50) {
        struct err err = {0};
        char *bytes = malloc(len + 1);
        assert_non_null(bytes);
        memcpy(bytes, sound.text, len);
        assert_int_equal(open_and_ask((struct str){bytes, len}, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "harmed: "));
        free(bytes);
    }
}

static void
test_damaged(void **state)
{
    (void)state;
    /* Any bit behind the header is found by the sum. */
    for (size_t at = offsetof(struct intent_header, size); at < sound.len; at += 1 + at / 60) {
        struct err err = {0};
        char *bytes = copy();
        bytes[at] ^= 0x10;
        assert_int_equal(open_and_ask((struct str){bytes, sound.len}, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "damaged"));
        free(bytes);
    }
}

static void
test_made_to_harm(void **state)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    size_t opened = 0;
    size_t refused = 0;
    (void)state;
    for (size_t at = offsetof(struct intent_header, labels); at < sound.len; at += 1 + at / 40) {
        for (size_t i = 0; i < sizeof(values); i++) {
            struct err err = {0};
            char *bytes = copy();
            bytes[at] = (char)values[i];
            seal(bytes);
            int result = open_and_ask((struct str){bytes, sound.len}, &err);
            assert_true(result == 0 || result == ERR_INVALID);
            opened += result == 0;
            refused += result < 0;
            free(bytes);
        }
    }
    assert_true(opened > 50 && refused > 50);
}

static void
test_header(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        uint32_t value;
        const char *want;
    } cases[] = {
        {"magic", 0, 0, "no model of intents"},
        {"version", offsetof(struct intent_header, version), 2, "version 2"},
        {"byte order", offsetof(struct intent_header, endian), 0x04030201, "byte order"},
        {"size", offsetof(struct intent_header, size), 1, "damaged"},
        {"no labels", offsetof(struct intent_header, labels), 0, "damaged"},
        {"labels", offsetof(struct intent_header, labels), 0xFFFFFFFF, "damaged"},
        {"other labels", offsetof(struct intent_header, labels), 500, "contradicts"},
        {"features", offsetof(struct intent_header, features), 0xFFFFFFFF, "damaged"},
        {"other features", offsetof(struct intent_header, features), 1, "contradicts"},
        {"bits", offsetof(struct intent_header, bits), 64, "damaged"},
        {"other bits", offsetof(struct intent_header, bits), 20, "contradicts"},
        {"text", offsetof(struct intent_header, text_size), 0x7FFFFFFF, "damaged"},
        {"not a number", offsetof(struct intent_header, steepness), 0x7FC00000, "contradicts"},
        {"infinite", offsetof(struct intent_header, judge), 0x7F800000, "contradicts"},
        {"no spread", offsetof(struct intent_header, judge.spread), 0, "contradicts"},
        {"accuracy", offsetof(struct intent_header, accuracy), 0x40000000, "contradicts"},
        {"first bucket", (sizeof(struct intent_header) + 7) / 8 * 8, 0xFFFFFFFF, "contradicts"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        char *bytes = copy();
        memcpy(bytes + cases[i].offset, &cases[i].value, sizeof(uint32_t));
        seal(bytes);
        int result = open_and_ask((struct str){bytes, sound.len}, &err);
        if (result != ERR_INVALID || !strstr(err.message, cases[i].want)) {
            fail_msg("%s: %d %s", cases[i].name, result, err.message);
        }
        free(bytes);
    }
}

static void
test_names(void **state)
{
    struct intent_file f;
    struct err err = {0};
    (void)state;
    assert_int_equal(intent_file_read(buf_str(&sound), &f, &err), 0);
    size_t names = (size_t)((const char *)f.names - sound.text);
    size_t text = (size_t)(f.text - sound.text);
    static const uint32_t offsets[] = {0, 1000, 0xFFFFFFFF};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char *bytes = copy();
        memcpy(bytes + names + sizeof(uint32_t), &offsets[i], sizeof(uint32_t));
        seal(bytes);
        assert_int_equal(open_and_ask((struct str){bytes, sound.len}, &err), ERR_INVALID);
        free(bytes);
    }
    char *bytes = copy();
    bytes[text] = '\xff';
    seal(bytes);
    assert_int_equal(open_and_ask((struct str){bytes, sound.len}, &err), ERR_INVALID);
    free(bytes);
}

static void
test_files(void **state)
{
    AUTO(intent_model) struct intent_model *model = NULL;
    AUTO(intent_model) struct intent_model *none = NULL;
    char path[] = "/tmp/test-intent-XXXXXX";
    struct err err = {0};
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(intent_model_open(path, &none, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "no model of intents"));
    assert_int_equal(write(fd, sound.text, sound.len), (ssize_t)sound.len);
    assert_int_equal(intent_model_open(path, &model, &err), 0);
    assert_int_equal(intent_model_labels(model), 3);
    assert_int_equal(close(fd), 0);
    /* What is mapped stays, whatever happens to the name. */
    assert_int_equal(unlink(path), 0);
    assert_true(str_eq_c(intent_model_label(model, 1), "refund"));
    assert_int_equal(intent_model_open(path, &none, &err), ERR_NOTFOUND);
    assert_int_equal(intent_model_open("/tmp", &none, &err), ERR_INVALID);
    assert_int_equal(intent_model_open("/dev/null", &none, &err), ERR_INVALID);
    assert_null(none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_short),    cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_made_to_harm), cmocka_unit_test(test_header),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, make_model, drop_model);
}
