/* Why something was found and where its words stand: what is said is held against the rows. */
#include "search_fixture.h"

#include "catalog/words.h"

static struct shelf sample;
static struct shelf shop;

static int
make_shelves(void **state)
{
    (void)state;
    shelf_sample(&sample);
    shelf_make(&shop, STR(SHOP_ROWS), "");
    return 0;
}

static int
remove_shelves(void **state)
{
    (void)state;
    shelf_remove(&sample);
    shelf_remove(&shop);
    return 0;
}

/* Is WORD a part of what stands in FIELD of the row? */
static bool
holds(struct str text, struct str word)
{
    return str_find(text, word, 0) != SIZE_MAX;
}

static const struct js *
field_of(const struct js *row, struct str field)
{
    const char *name = str_eq_c(field, "specs")    ? "specifications"
                       : str_eq_c(field, "issues") ? "common_issues"
                       : str_eq_c(field, "code")   ? "id"
                                                   : field.ptr;
    return js_get_c(row, name);
}

static const struct js *
row_of(const struct shelf *s, struct str id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(js_get_text(s->rows[i], "id"), id)) {
            return s->rows[i];
        }
    }
    fail_msg("no row %.*s", (int)id.len, id.ptr);
    return NULL;
}

/* Every word that is said to stand somewhere does; every one that is missing does not. Returns how
 * many words are told of. */
static size_t
check_why(const struct js *row, const struct js *why)
{
    const struct js *words = js_get_c(why, "words");
    const struct js *missing = js_get_c(why, "missing");
    const struct js *pairs = js_get_c(why, "side_by_side");
    struct js_member field;
    for (size_t i = 0; i < js_count(words); i++) {
        struct str as = js_get_text(js_at(words, i), "as");
        const struct js *fields = js_get_c(js_at(words, i), "fields");
        bool found = false;
        assert_true(as.len > 0 && js_count(fields) > 0);
        for (struct js_iter it = js_iter(fields); js_next(&it, &field);) {
            assert_true(js_int(field.value, 0) > 0);
            assert_non_null(field_of(row, field.key));
            found = found || value_has(field_of(row, field.key), as, holds);
        }
        assert_true(found);
    }
    for (size_t i = 0; i < js_count(missing); i++) {
        assert_false(row_has(row, js_text(js_at(missing, i))));
    }
    for (size_t i = 0; i < js_count(pairs); i++) {
        assert_true(holds(js_get_text(row, "name"), js_text(js_at(pairs, i))));
    }
    return js_count(words) + js_count(missing);
}

static void
test_explanations_are_true(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t words;
    } cases[] = {
        {"motion sensor", 2},
        {"outdoor motion sensr", 3},
        {"zigbee bulb dimmable", 3},
        {"doorbell camera wired", 3},
        {"hub", 1},
        {"usb charger", 2},
        {"radiator valve", 2},
        {"room thermostat plus", 3},
        {"leak detector basement", 3},
        {"plug energy meter", 3},
        {"light strip", 2},
        {"keypad lock fingerprint", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct catalog_query q = {.text = str_c(cases[i].text), .explain = true};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        assert_true(hits.count > 0);
        for (size_t k = 0; k < hits.count; k++) {
            struct js *why = NULL;
            const struct js *row = row_of(&sample, hits.items[k].id);
            assert_int_equal(js_parse_object(hits.items[k].why, "why", &arena, &why, &err), 0);
            assert_int_equal(check_why(row, why), cases[i].words);
        }
    }
}

static struct js *
why_of(const char *text, const char *id, struct arena *arena)
{
    struct err err = {0};
    struct catalog_query q = {.text = str_c(text), .explain = true};
    struct catalog_hits hits = shelf_find(&shop, &q, arena);
    struct js *why = NULL;
    for (size_t i = 0; i < hits.count; i++) {
        if (str_eq_c(hits.items[i].id, id)) {
            assert_int_equal(js_parse_object(hits.items[i].why, "why", arena, &why, &err), 0);
        }
    }
    assert_non_null(why);
    return why;
}

static void
test_explanations_say_how(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *id;
        const char *how;
        const char *as;
        const char *side_by_side;
    } cases[] = {
        {"speaker", "S-2", "typed", "speakers", ""},
        {"speekers", "S-1", "mended", "speaker", ""},
        {"smartlock", "L-1", "halves", "Smart Lock", ""},
        {"bell door", "L-1", "", "", ""},
        {"door bell", "D-1", "joined", "doorbell", ""},
        {"wh1000xm4", "A-1", "typed", "WH-1000XM4", ""},
        {"sonyspeaker", "S-1", "halves", "Sony", ""},
        {"bluetooth speaker", "S-1", "typed", "Bluetooth", "Bluetooth speaker"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        const struct js *why = why_of(cases[i].text, cases[i].id, &arena);
        const struct js *word = js_at(js_get_c(why, "words"), 0);
        struct str pair = js_text(js_at(js_get_c(why, "side_by_side"), 0));
        if (cases[i].how[0] == '\0') {
            assert_true(js_count(js_get_c(why, "missing")) > 0);
            continue;
        }
        assert_string_equal(js_get_text(word, "how").ptr, cases[i].how);
        assert_string_equal(js_get_text(word, "as").ptr, cases[i].as);
        assert_true(str_eq_c(pair, cases[i].side_by_side));
    }
}

/* The stems of TEXT between spaces. */
static struct str
stems(const struct words *words, struct str text, struct arena *arena)
{
    AUTO(buf) struct buf key;
    struct err err = {0};
    buf_init(&key, 4096);
    buf_add_char(&key, ' ');
    assert_int_equal(words_key(words, text, &key, &err), 0);
    buf_add_char(&key, ' ');
    return buf_to_arena(&key, arena);
}

static void
test_marks_are_words_of_the_query(void **state)
{
    (void)state;
    static const char *const texts[] = {"battery camera",    "zigbee hub",  "motion sensor garden",
                                        "wi-fi bulb",        "usb supply",  "two-way audio",
                                        "lock without keys", "dims evenly", "230 V"};
    AUTO(words) struct words words = {0};
    struct err err = {0};
    size_t marked = 0;
    assert_int_equal(words_open(&words, STR("en"), &err), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = str_c(texts[i])};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        struct str asked = stems(&words, q.text, &arena);
        for (size_t k = 0; k < hits.count; k++) {
            const struct catalog_hit *hit = &hits.items[k];
            size_t end = 0;
            assert_true((hit->snippet.len > 0) == (hit->mark_count > 0));
            for (size_t m = 0; m < hit->mark_count; m++) {
                struct catalog_mark mark = hit->marks[m];
                assert_true(mark.len > 0 && mark.start >= end);
                end = mark.start + mark.len;
                assert_true(end <= hit->snippet.len);
                struct str word = str_sub(hit->snippet, mark.start, mark.len);
                assert_true(holds(asked, stems(&words, word, &arena)));
                marked++;
            }
        }
    }
    assert_true(marked > 50);
}

static bool
is_letter(struct str text, size_t i)
{
    return i < text.len && isalpha((unsigned char)text.ptr[i]);
}

static void
test_marks_are_whole_words(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = STR("sensors battery door camera"), .limit = 50};
    struct catalog_hits hits = shelf_find(&sample, &q, &arena);
    assert_true(hits.count > 20);
    for (size_t i = 0; i < hits.count; i++) {
        const struct catalog_hit *hit = &hits.items[i];
        for (size_t m = 0; m < hit->mark_count; m++) {
            assert_false(hit->marks[m].start > 0 &&
                         is_letter(hit->snippet, hit->marks[m].start - 1));
            assert_false(is_letter(hit->snippet, hit->marks[m].start + hit->marks[m].len));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explanations_are_true),
        cmocka_unit_test(test_explanations_say_how),
        cmocka_unit_test(test_marks_are_words_of_the_query),
        cmocka_unit_test(test_marks_are_whole_words),
    };
    return cmocka_run_group_tests_name("catalog-why", tests, make_shelves, remove_shelves);
}
