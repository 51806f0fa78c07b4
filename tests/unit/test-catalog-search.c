/* Product search as its users meet it: words mistyped, joined and taken apart, numbers in every
 * spelling. */
#include "search_fixture.h"

#include "catalog/shortlist.h"

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
        if (strncmp(ids, cases[i].first, len) != 0 ||
            (ids[len] != '\0' && (ids[len] != ' ' || len == 0))) {
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
        {"sonyspeakers", "S-1", "sony speaker"},
        {"sonyspeakers blutooth", "S-1", "sony speaker bluetooth"},
        {"walnutspeakers", "", ""},
        {"locomotives", "", ""},
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

/* The kind of thing the first phrase ends in leads, whoever else speaks of all the words. */
static void
test_kinds_of_the_sample_lead(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *category; /* of the first three */
    } cases[] = {
        {"smart speaker", "speakers"},
        {"smart locks", "locks"},
        {"smart lock for the door", "locks"},
        {"outdoor camera", "cameras"},
        {"bulb e27", "bulbs"},
        {"cheap sensor", "sensors"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = str_c(cases[i].text), .no_snippets = true};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        assert_true(hits.count >= 3);
        for (size_t k = 0; k < 3; k++) {
            if (!str_eq_c(hits.items[k].category, cases[i].category)) {
                fail_msg("'%s' finds %.*s", cases[i].text, STR_ARG(hits.items[k].id));
            }
        }
    }
}

/* A word before another is no head: what is wanted is the battery, not the camera. */
static void
test_heads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *head; /* NULL: none */
    } cases[] = {
        {"smart speaker", "speaker"},
        {"speaker with bluetooth", "speaker"},
        {"camera battery", "battery"},
        {"battery for the camera", "battery"},
        {"bulb e27", "bulb"},
        {"GU10", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(words) struct words words = {0};
        struct query query;
        struct err err = {0};
        assert_int_equal(words_open(&words, STR("en"), &err), 0);
        assert_int_equal(
            query_read(&words, str_c(cases[i].text), QUERY_STOP_DROP, &arena, &query, &err), 0);
        const struct query_term *head = shortlist_head(&query);
        assert_int_equal(head != NULL, cases[i].head != NULL);
        assert_true(!head || str_eq_c(head->text, cases[i].head));
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
        cmocka_unit_test(test_kinds_of_the_sample_lead),
        cmocka_unit_test(test_heads),
    };
    return cmocka_run_group_tests_name("catalog-search", tests, make_shelves, remove_shelves);
}
