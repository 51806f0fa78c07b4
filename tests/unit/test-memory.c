/* Memory: arenas and their releases, bufs and their maximum, arrays that grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

/* alloc */

static void
test_sizes_do_not_overflow(void **state)
{
    (void)state;
    char *p = mem_alloc(4);
    assert_non_null(p);
    assert_null(mem_resize(p, SIZE_MAX / 2, 4));
    assert_null(mem_zero(SIZE_MAX / 2, 4));
    mem_free(p);
    mem_free(NULL);
    AUTO(mem) void *nothing = mem_alloc(0);
    AUTO(mem) void *none = mem_zero(0, 0);
    assert_non_null(nothing);
    assert_non_null(none);
}

static void
test_copies_keep_nul(void **state)
{
    (void)state;
    AUTO(mem) char *copy = mem_str(STR("a\0b"));
    assert_memory_equal(copy, "a\0b", 4);
    AUTO(mem) char *empty = mem_str((struct str){0});
    assert_string_equal(empty, "");
}

static void
test_arrays_grow(void **state)
{
    (void)state;
    AUTO(mem) int *items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(mem_grow(items, count, capacity));
        assert_true(capacity > count);
        items[count++] = i;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(items[i], i);
    }
    assert_true(capacity < 4000);
    /* Where doubling cannot be, nothing changes. */
    size_t huge = SIZE_MAX / 2 + 1;
    void *untouched = items;
    assert_false(mem_grow_array(&untouched, huge, &huge, 1));
    assert_ptr_equal(untouched, items);
    assert_true(huge == SIZE_MAX / 2 + 1);
}

/* arena */

struct release_log {
    char text[16];
    size_t count;
};

struct released {
    struct release_log *log;
    char name;
};

static void
note_release(void *object)
{
    struct released *r = object;
    r->log->text[r->log->count++] = r->name;
}

static void
test_releases_run_in_reverse(void **state)
{
    (void)state;
    struct release_log log = {0};
    struct arena a = {0};
    arena_clear(&a);
    for (int i = 0; i < 4; i++) {
        struct released *r = arena_alloc(&a, sizeof(*r));
        *r = (struct released){&log, (char)('a' + i)};
        assert_int_equal(arena_defer(&a, note_release, r), 0);
        assert_non_null(arena_alloc(&a, 40000));
    }
    arena_clear(&a);
    assert_string_equal(log.text, "dcba");
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 10));
    arena_done(&a);
    arena_done(&a);
    assert_int_equal(log.count, 4);
}

static void
test_arena_blocks_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,     15,      16, 17, 1000,   1024,
                                   65535, 65536, 1048576, 3,  64, 200000, 8};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    AUTO(arena) struct arena a = {0};
    char *got[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        got[i] = arena_alloc(&a, sizes[i]);
        assert_non_null(got[i]);
        assert_int_equal((uintptr_t)got[i] % _Alignof(max_align_t), 0);
        memset(got[i], (int)i, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(got[i][j], (char)i);
        }
    }
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_null(arena_zero(&a, SIZE_MAX / 2, 4));
    assert_null(arena_str(&a, (struct str){"x", SIZE_MAX}).ptr);
}

/* A piece that needs a block of its own leaves the one at hand open, and the next ones as small. */
static void
test_arena_large_pieces_cost_themselves(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    char *before = arena_alloc(&a, 16);
    assert_non_null(arena_alloc(&a, 5000));
    assert_non_null(arena_alloc(&a, 100000));
    char *after = arena_alloc(&a, 16);
    assert_ptr_equal(after, before + 16);
}

static void
test_arena_copies(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct str copy = arena_str(&a, STR("a\0b"));
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    assert_non_null(arena_str(&a, (struct str){0}).ptr);
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7).ptr, "x-7");
    assert_int_equal(arena_printf(&a, "%5000d", 1).len, 5000);
    const char *zeros = arena_zero(&a, 3, 1000);
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(zeros[i], 0);
    }
}

/* buf */

static void
test_buf_maximum_sticks(void **state)
{
    (void)state;
    AUTO(buf) struct buf b;
    struct err err = {0};
    buf_init(&b, 10);
    buf_add(&b, STR("12345"));
    buf_add_c(&b, "67890");
    assert_int_equal(buf_finish(&b, "list", &err), 0);
    assert_string_equal(b.text, "1234567890");
    buf_add_char(&b, 'x');
    buf_truncate(&b, 2);
    buf_add(&b, STR("late"));
    assert_string_equal(b.text, "12");
    assert_int_equal(buf_finish(&b, "list", &err), ERR_LIMIT);
    assert_string_equal(err.message, "list: larger than 10 bytes");
    AUTO(arena) struct arena a = {0};
    assert_null(buf_to_arena(&b, &a).ptr);
    buf_clear(&b);
    buf_printf(&b, "%s", "a");
    buf_printf(&b, "%d", 12345678);
    assert_int_equal(buf_finish(&b, "list", &err), 0);
    assert_string_equal(buf_to_arena(&b, &a).ptr, "a12345678");
    buf_printf(&b, "%s", "xy");
    assert_int_equal(buf_finish(&b, "list", &err), ERR_LIMIT);
}

static void
test_buf_grows(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(buf_str(&b).len, 0);
    buf_add(&b, (struct str){0});
    for (int i = 0; i < 10000; i++) {
        buf_printf(&b, "%d,", i);
        assert_int_equal(b.text[b.len], '\0');
    }
    assert_int_equal(b.failed, 0);
    assert_int_equal(b.len, 48890);
    assert_true(str_ends(buf_str(&b), STR("9998,9999,")));
    buf_add(&b, STR("a\0b"));
    assert_int_equal(b.len, 48893);
    buf_done(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 1 << 20);
    buf_add(&b, STR("again"));
    assert_string_equal(b.text, "again");
    buf_done(&b);
}

/* Only where the hooks are built in. */
static void
test_out_of_memory(void **state)
{
    (void)state;
    if (!fault_configure(STR("alloc:1"))) {
        skip();
    }
    AUTO(buf) struct buf b;
    buf_init(&b, 100);
    buf_add(&b, STR("x"));
    buf_add(&b, STR("y"));
    assert_int_equal(buf_finish(&b, "x", &(struct err){0}), ERR_NOMEM);
    assert_true(fault_configure(STR("alloc:1")));
    AUTO(arena) struct arena a = {0};
    struct release_log log = {0};
    struct released r = {&log, 'r'};
    assert_int_equal(arena_defer(&a, note_release, &r), ERR_NOMEM);
    assert_string_equal(log.text, "r");
    assert_true(fault_configure(STR("alloc:1")));
    int *items = NULL;
    size_t capacity = 0;
    assert_false(mem_grow(items, 0, capacity));
    assert_null(items);
    assert_int_equal(capacity, 0);
    assert_true(fault_configure((struct str){0}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_do_not_overflow),
        cmocka_unit_test(test_copies_keep_nul),
        cmocka_unit_test(test_arrays_grow),
        cmocka_unit_test(test_releases_run_in_reverse),
        cmocka_unit_test(test_arena_blocks_of_all_sizes),
        cmocka_unit_test(test_arena_large_pieces_cost_themselves),
        cmocka_unit_test(test_arena_copies),
        cmocka_unit_test(test_buf_maximum_sticks),
        cmocka_unit_test(test_buf_grows),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
