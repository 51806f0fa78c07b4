/* Filters and counts against a reading of the rows that knows no index: of every combination the
 * records found and their counts are exactly those that a person with a pencil would get. */
#include "search_fixture.h"

enum { MADE_ROWS = 2000 };

static struct shelf sample;
static struct shelf made;

/* Rows with few distinct words, from a seed. */
static struct str
made_rows(struct arena *arena)
{
    static const char *const kinds[] = {"lamp", "kettle", "drill", "tent", "radio", "mirror"};
    static const char *const traits[] = {"copper", "folding", "quiet", "compact", "striped"};
    AUTO(buf) struct buf text;
    uint64_t state = 7;
    buf_init(&text, 16UL * 1024 * 1024);
    for (int i = 0; i < MADE_ROWS; i++) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        unsigned dice = (unsigned)(state >> 33);
        buf_printf(&text, "{\"id\":\"N%d\",\"name\":\"%s %s\",\"brand\":\"Maker%c%c\"", i,
                   traits[dice % 5], kinds[dice / 5 % 6], 'a' + dice / 30 % 26,
                   'a' + dice / 780 % 2);
        buf_printf(&text, ",\"category\":\"%s goods\"", kinds[dice / 7 % 6]);
        if (dice / 1560 % 10 > 0) {
            buf_printf(&text, ",\"price\":%u.%02u,\"currency\":\"EUR\"", dice / 11 % 200,
                       dice / 13 % 100);
        }
        if (dice / 17 % 3 > 0) {
            buf_printf(&text, ",\"in_stock\":%s", dice / 17 % 3 == 1 ? "true" : "false");
        }
        buf_printf(&text, ",\"description\":\"goes well with a %s\"}\n", kinds[dice / 19 % 6]);
    }
    return buf_to_arena(&text, arena);
}

static int
make_shelves(void **state)
{
    (void)state;
    AUTO(arena) struct arena scratch = {0};
    shelf_sample(&sample);
    shelf_make(&made, made_rows(&scratch), "");
    return made.count == MADE_ROWS ? 0 : -1;
}

static int
remove_shelves(void **state)
{
    (void)state;
    shelf_remove(&sample);
    shelf_remove(&made);
    return 0;
}

static bool
row_fits(const struct js *row, const struct catalog_query *q)
{
    double price = js_get_double(row, "price", -1);
    bool priced = q->min_price > 0 || q->max_price > 0;
    return row_has(row, q->text) &&
           (q->category.len == 0 || text_has(js_get_text(row, "category"), q->category)) &&
           (q->brand.len == 0 || text_has(js_get_text(row, "brand"), q->brand)) &&
           (!priced || price >= 0) && (q->min_price <= 0 || price >= q->min_price) &&
           (q->max_price <= 0 || price <= q->max_price) &&
           (!q->in_stock || js_get_bool(row, "in_stock", false));
}

/* How many of those that fit have VALUE in MEMBER. */
static uint64_t
count_named(const struct shelf *s, const struct catalog_query *q, const char *member,
            struct str value)
{
    uint64_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        count += row_fits(s->rows[i], q) && str_eq(js_get_text(s->rows[i], member), value);
    }
    return count;
}

static uint64_t
listed(const struct catalog_facet *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].name, name)) {
            return list[i].count;
        }
    }
    return 0;
}

/* Every name of the list has its number, none that is missing has a greater one. */
static void
check_facet(const struct shelf *s, const struct catalog_query *q, const char *member,
            const struct catalog_facet *list, size_t count)
{
    uint64_t least = count == CATALOG_FACETS_MAX ? list[count - 1].count : 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || list[i - 1].count >= list[i].count);
        assert_int_equal(count_named(s, q, member, list[i].name), list[i].count);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct str name = js_get_text(s->rows[i], member);
        if (name.len > 0 && row_fits(s->rows[i], q) && listed(list, count, name) == 0) {
            assert_true(count == CATALOG_FACETS_MAX && count_named(s, q, member, name) <= least);
        }
    }
}

static void
check_counts(const struct shelf *s, const struct catalog_query *q, const struct catalog_facets *f)
{
    struct catalog_facets want = {0};
    for (size_t i = 0; i < s->count; i++) {
        double price = js_get_double(s->rows[i], "price", -1);
        if (!row_fits(s->rows[i], q)) {
            continue;
        }
        want.found++;
        want.in_stock += js_get_bool(s->rows[i], "in_stock", false);
        if (price >= 0) {
            want.lowest = want.priced == 0 || price < want.lowest ? price : want.lowest;
            want.highest = price > want.highest ? price : want.highest;
            want.priced++;
        }
    }
    if (f->found != want.found) {
        fail_msg("'%.*s', category '%.*s', brand '%.*s', %g to %g, %d: %d found, not %d",
                 (int)q->text.len, q->text.ptr, (int)q->category.len, q->category.ptr,
                 (int)q->brand.len, q->brand.ptr, q->min_price, q->max_price, q->in_stock,
                 (int)f->found, (int)want.found);
    }
    assert_int_equal(f->in_stock, want.in_stock);
    assert_int_equal(f->priced, want.priced);
    assert_true(f->lowest - want.lowest < 0.001 && want.lowest - f->lowest < 0.001);
    assert_true(f->highest - want.highest < 0.001 && want.highest - f->highest < 0.001);
}

/* Is row ID one that fits? */
static bool
id_fits(const struct shelf *s, const struct catalog_query *q, struct str id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(js_get_text(s->rows[i], "id"), id)) {
            return row_fits(s->rows[i], q);
        }
    }
    return false;
}

static void
check_query(const struct shelf *s, const struct catalog_query *q)
{
    AUTO(arena) struct arena arena = {0};
    struct catalog_hits hits = shelf_find(s, q, &arena);
    assert_non_null(hits.facets);
    check_counts(s, q, hits.facets);
    assert_int_equal(hits.count, hits.facets->found < q->limit ? hits.facets->found : q->limit);
    for (size_t i = 0; i < hits.count; i++) {
        assert_true(id_fits(s, q, hits.items[i].id));
        for (size_t k = 0; k < i; k++) {
            assert_false(str_eq(hits.items[k].id, hits.items[i].id));
        }
    }
}

static void
test_every_combination_on_the_sample(void **state)
{
    (void)state;
    static const char *const words[] = {"zigbee", "hub", "bluetooth", "owlthwaite"};
    static const char *const categories[] = {"", "hubs", "locks", "Sensor", "ACCESSORIES", "boats"};
    static const char *const brands[] = {"", "Hearth & Signal", "owlthwaite", "signal", "Nobody"};
    static const double prices[][2] = {{0, 0}, {0, 24.90}, {24.90, 0}, {20, 60}, {34.90, 34.90}};
    for (size_t n = 0; n < 4 * 6 * 5 * 5 * 2; n++) {
        struct catalog_query q = {
            .text = str_c(words[n % 4]),
            .category = str_c(categories[n / 4 % 6]),
            .brand = str_c(brands[n / 24 % 5]),
            .min_price = prices[n / 120 % 5][0],
            .max_price = prices[n / 120 % 5][1],
            .in_stock = n / 600 > 0,
            .limit = CATALOG_HITS_MAX,
            .facets = true,
            .no_snippets = true,
        };
        check_query(&sample, &q);
    }
}

static void
test_facets_of_the_sample(void **state)
{
    (void)state;
    static const char *const words[] = {"zigbee", "hub", "camera", "usb", "lithium", "unheardof"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = str_c(words[i]), .facets = true};
        struct catalog_hits hits = shelf_find(&sample, &q, &arena);
        const struct catalog_facets *f = hits.facets;
        check_counts(&sample, &q, f);
        check_facet(&sample, &q, "brand", f->brands, f->brand_count);
        check_facet(&sample, &q, "category", f->categories, f->category_count);
    }
}

static void
test_facets_of_many(void **state)
{
    (void)state;
    static const char *const words[] = {"lamp", "copper", "goods", "tent"};
    static const char *const brands[] = {"", "Makerca"};
    for (size_t n = 0; n < 4 * 2 * 2; n++) {
        AUTO(arena) struct arena arena = {0};
        struct catalog_query q = {.text = str_c(words[n % 4]),
                                  .brand = str_c(brands[n / 4 % 2]),
                                  .min_price = n / 8 > 0 ? 120.5 : 0,
                                  .facets = true,
                                  .limit = 7};
        struct catalog_hits hits = shelf_find(&made, &q, &arena);
        const struct catalog_facets *f = hits.facets;
        assert_true(f->found > 0);
        check_query(&made, &q);
        check_facet(&made, &q, "brand", f->brands, f->brand_count);
        check_facet(&made, &q, "category", f->categories, f->category_count);
    }
}

/* What holds less of the query than the best is found, but not counted. */
static void
test_facets_of_the_best_alone(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = STR("copper kettle"), .facets = true};
    uint64_t both = 0;
    uint64_t one = 0;
    for (size_t i = 0; i < made.count; i++) {
        bool copper = row_has(made.rows[i], STR("copper"));
        bool kettle = row_has(made.rows[i], STR("kettle"));
        both += copper && kettle;
        one += copper != kettle;
    }
    assert_true(both > 20 && one > 100);
    assert_int_equal(shelf_find(&made, &q, &arena).facets->found, both);
}

static void
test_a_filter_without_words_fits_nothing(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = STR("hub"), .brand = STR("!!!")};
    assert_int_equal(shelf_find(&sample, &q, &arena).count, 0);
    q = (struct catalog_query){.text = STR("hub"), .category = STR("\xF0\x9F\x92\xA1")};
    assert_int_equal(shelf_find(&sample, &q, &arena).count, 0);
    q.exhaustive = true;
    assert_int_equal(shelf_find(&sample, &q, &arena).count, 0);
}

/* What is called by its number is filtered and counted like the rest. */
static void
test_numbers_are_narrowed_and_counted(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct catalog_query q = {.text = STR("HSHUB2"), .facets = true};
    struct catalog_hits hits = shelf_find(&sample, &q, &arena);
    assert_int_equal(hits.count, 1);
    assert_true(hits.items[0].exact);
    assert_int_equal(hits.facets->found, 1);
    assert_int_equal(hits.facets->in_stock, 1);
    assert_int_equal(hits.facets->brand_count, 1);
    assert_string_equal(hits.facets->brands[0].name.ptr, "Hearth & Signal");
    assert_true(hits.facets->lowest > 79 && hits.facets->highest < 80);
    q.max_price = 50;
    hits = shelf_find(&sample, &q, &arena);
    assert_int_equal(hits.count, 0);
    assert_int_equal(hits.facets->found, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_combination_on_the_sample),
        cmocka_unit_test(test_facets_of_the_sample),
        cmocka_unit_test(test_facets_of_many),
        cmocka_unit_test(test_facets_of_the_best_alone),
        cmocka_unit_test(test_a_filter_without_words_fits_nothing),
        cmocka_unit_test(test_numbers_are_narrowed_and_counted),
    };
    return cmocka_run_group_tests_name("catalog-filters", tests, make_shelves, remove_shelves);
}
