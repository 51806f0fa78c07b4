/* Product search as its users meet it: words mistyped, joined and taken apart, numbers in every
 * spelling, why something was found, where the words stand, and the fast way against the slow. */
#include "search_fixture.h"

#include "catalog/words.h"

static struct shelf sample;
static struct shelf shop;

static const char shop_rows[] =
    "{\"id\":\"A-1\",\"name\":\"Sony WH-1000XM4 headphones\",\"model\":\"WH-1000XM4\"}\n"
    "{\"id\":\"A-2\",\"name\":\"Sony WH-1000XM3 headphones\",\"model\":\"WH-1000XM3\"}\n"
    "{\"id\":\"A-3\",\"name\":\"Case for WH 1000XM4\",\"sku\":\"CS/77.310\"}\n"
    "{\"id\":\"T-1\",\"name\":\"Panel television 55\\\"\",\"specifications\":{\"diagonal\":\"55 "
    "inch\"}}\n"
    "{\"id\":\"T-2\",\"name\":\"Panel television 65 inch\"}\n"
    "{\"id\":\"B-1\",\"name\":\"Battery size D, pack of 2\"}\n"
    "{\"id\":\"B-2\",\"name\":\"Battery size C, pack of 2\"}\n"
    "{\"id\":\"B-3\",\"name\":\"Battery charger\",\"description\":\"for D and C cells\"}\n"
    "{\"id\":\"L-1\",\"name\":\"Smart Lock for the front door\"}\n"
    "{\"id\":\"L-2\",\"name\":\"Bicycle lock\",\"description\":\"not smart, but strong\"}\n"
    "{\"id\":\"D-1\",\"name\":\"Video doorbell\"}\n"
    "{\"id\":\"S-1\",\"name\":\"Bluetooth speaker, waterproof\",\"brand\":\"Sony\"}\n"
    "{\"id\":\"S-2\",\"name\":\"Shelf speakers\",\"features\":[\"Walnut\"]}\n"
    "{\"id\":\"C-1\",\"name\":\"Caf\xC3\xA9 grinder\"}\n";

static int
make_shelves(void **state)
{
    (void)state;
    shelf_sample(&sample);
    shelf_make(&shop, str_c(shop_rows), "");
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

struct find_case {
    const char *text;
    const char *first;  /* ids that lead, in their order */
    const char *mended; /* "" where the words stay as they are */
};

static void
check_finds(const struct shelf *s, const struct find_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = str_c(cases[i].text), .no_snippets = true};
        struct catalog_hits hits = shelf_find(s, &q, &arena);
        const char *ids = shelf_ids(s, cases[i].text, 0, &arena);
        size_t len = strlen(cases[i].first);
        if (strncmp(ids, cases[i].first, len) != 0 || (ids[len] != ' ' && ids[len] != '\0')) {
            fail_msg("'%s' finds '%s', not '%s'", cases[i].text, ids, cases[i].first);
        }
        if (!str_eq_c(hits.mended, cases[i].mended)) {
            fail_msg("'%s' is read as '%.*s', not '%s'", cases[i].text, (int)hits.mended.len,
                     hits.mended.ptr ? hits.mended.ptr : "", cases[i].mended);
        }
    }
}

static void
test_words_as_people_write_them(void **state)
{
    (void)state;
    static const struct find_case cases[] = {
        {"speaker", "S-2 S-1", ""},
        {"bluetoth speekers", "S-1", "bluetooth speaker"},
        {"blutooth spekaer waterproof", "S-1", "bluetooth speaker waterproof"},
        {"televison 65", "T-2", "television 65"},
        {"headpohnes", "A-1 A-2", "headphones"},
        {"doorbell", "D-1", ""},
        {"door bell", "D-1", ""},
        {"smart lock", "L-1", ""},
        {"smartlock", "L-1", "smart lock"},
        {"smart lokc", "L-1", "smart lock"},
        {"batterychargers", "B-3", "battery charger"},
        {"cafe grinder", "C-1", ""},
        {"d battery", "B-1", ""},
        {"battery c", "B-2", ""},
        {"55\"", "T-1", ""},
        {"55 inch", "T-1", ""},
        {"55-inch television", "T-1", ""},
        {"65in", "T-2", ""},
    };
    check_finds(&shop, cases, sizeof(cases) / sizeof(cases[0]));
}

static void
test_numbers_in_every_spelling(void **state)
{
    (void)state;
    static const struct find_case cases[] = {
        {"WH-1000XM4", "A-1", ""},
        {"wh1000xm4", "A-1", ""},
        {"WH 1000 XM4", "A-1", ""},
        {"wh-1000-xm4", "A-1", ""},
        {"sony wh 1000xm4", "A-1", ""},
        {"do you have the WH1000XM3?", "A-2", ""},
        {"A-3", "A-3", ""},
        {"a3", "A-3", ""},
        {"CS/77.310", "A-3", ""},
        {"cs77310", "A-3", ""},
        {"cs 77310", "A-3", ""},
    };
    check_finds(&shop, cases, sizeof(cases) / sizeof(cases[0]));
}

static void
test_ids_of_the_sample_come_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample.count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct str id = js_get_text(sample.rows[i], "id");
        struct catalog_query q = {.text = id};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        assert_true(hits.count > 0 && hits.items[0].exact);
        assert_true(str_eq(hits.items[0].id, id));
        assert_true(hits.items[0].confidence >= 1.0);
        for (size_t k = 1; k < hits.count; k++) {
            assert_true(hits.items[k - 1].score >= hits.items[k].score);
        }
    }
}

/* A name is found as it is; one slip in each of its long words does not lose it often. */
static void
test_names_of_the_sample(void **state)
{
    (void)state;
    size_t lost = 0;
    size_t mistyped = 0;
    for (size_t i = 0; i < sample.count; i++) {
        AUTO(arena) struct arena arena = {0};
        char text[256];
        struct str name = js_get_text(sample.rows[i], "name");
        struct catalog_query q = {.text = name, .limit = 3, .no_snippets = true};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        assert_int_equal(hits.mended.len, 0);
        assert_true(hits.count > 0 && str_eq(hits.items[0].name, name));
        (void)snprintf(text, sizeof(text), "%.*s", (int)name.len, name.ptr);
        size_t run = 0;
        bool slipped = false;
        for (size_t k = 0; k <= name.len; k++) {
            run = isalpha((unsigned char)text[k]) ? run + 1 : 0;
            if (run == 5 && isalpha((unsigned char)text[k + 1])) {
                char c = text[k - 1];
                text[k - 1] = text[k];
                text[k] = c;
                slipped = true;
            }
        }
        q.text = str_c(text);
        hits = shelf_find(&sample, &q, &arena);
        bool there = false;
        for (size_t k = 0; k < hits.count; k++) {
            there = there || str_eq(hits.items[k].name, name);
        }
        mistyped += slipped;
        lost += slipped && !there;
    }
    assert_true(mistyped > 60);
    if (lost * 10 > mistyped) {
        fail_msg("%zu of %zu names with a slip are lost", lost, mistyped);
    }
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
        cmocka_unit_test(test_words_as_people_write_them),
        cmocka_unit_test(test_numbers_in_every_spelling),
        cmocka_unit_test(test_ids_of_the_sample_come_first),
        cmocka_unit_test(test_names_of_the_sample),
        cmocka_unit_test(test_explanations_are_true),
        cmocka_unit_test(test_explanations_say_how),
        cmocka_unit_test(test_marks_are_words_of_the_query),
        cmocka_unit_test(test_marks_are_whole_words),
    };
    return cmocka_run_group_tests_name("catalog-search", tests, make_shelves, remove_shelves);
}
