/* The store when something fails: the n-th allocation, the n-th I/O, the process itself before and
 * after each commit; n rises until nothing fires. Needs a build with -Dfault_hooks=true. */
#include "store_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "base/fault.h"
#include "io/loop.h"

static int
set_up(void **state)
{
    static struct scratch scratch;
    scratch_make(&scratch);
    *state = &scratch;
    return 0;
}

static int
tear_down(void **state)
{
    (void)fault_configure(STR(""));
    scratch_remove(*state);
    return 0;
}

static bool
hooks_are_in(void)
{
    bool in = fault_configure(STR("alloc:1000000"));
    (void)fault_configure(STR(""));
    return in;
}

static void
arm(const char *kind, int n)
{
    char spec[32];
    (void)snprintf(spec, sizeof(spec), "%s:%d", kind, n);
    assert_true(fault_configure(str_c(spec)));
}

/* Two rows that belong together. */
static int
add_pair(struct store_tx *tx, void *arg, struct err *err)
{
    char id[16];
    (void)snprintf(id, sizeof(id), "c-%d", *(int *)arg);
    struct conversation_row row = a_conversation(id, 1);
    int result = store_conversation_add(tx, &row, err);
    if (result == 0) {
        char message_id[24];
        (void)snprintf(message_id, sizeof(message_id), "m-%s", id);
        struct message_row message = a_message(message_id, id, "[]");
        result = store_message_add(tx, &message, NULL, err);
    }
    return result;
}

struct found {
    int number;
    size_t rows; /* 0: nothing, 2: both */
};

static int
find_pair(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    struct found *found = arg;
    char id[16];
    struct conversation_row row;
    struct message_row *messages;
    size_t count = 0;
    (void)snprintf(id, sizeof(id), "c-%d", found->number);
    int result = store_conversation_get(tx, str_c(id), &a, &row, err);
    found->rows = result == 0;
    if (result >= 0) {
        result = store_message_list(tx, str_c(id), 0, 0, &a, &messages, &count, err);
    }
    found->rows += count;
    return result;
}

static int
open_in(const char *path, struct loop *loop, struct store **ret, struct err *err)
{
    const struct store_options options = {.path = str_c(path), .create = true};
    return store_open_sqlite(&options, loop, ret, err);
}

/* What one program does: open, take a name, write, read, close. */
static int
whole_life(const char *path, int number, struct err *err)
{
    AUTO(store) struct store *s = NULL;
    struct str process;
    struct found found = {.number = number};
    int result = open_in(path, NULL, &s, err);
    if (result == 0) {
        result = store_process(s, &process, err);
    }
    if (result == 0) {
        result = store_write_wait(s, add_pair, &number, err);
    }
    if (result == 0) {
        result = store_read_wait(s, find_pair, &found, err);
    }
    return result;
}

/* Sound, and pair NUMBER there whole or not at all (WANTED: there). */
static void
check_desk(const char *path, int number, bool wanted)
{
    AUTO(store) struct store *s = NULL;
    struct err err = {0};
    struct found found = {.number = number};
    if (open_in(path, NULL, &s, &err) != 0 || store_check(s, &err) != 0 ||
        store_read_wait(s, find_pair, &found, &err) != 0) {
        fail_msg("%s", err.message);
    }
    if (wanted ? found.rows != 2 : found.rows == 1) {
        fail_msg("pair %d: %zu rows", number, found.rows);
    }
}

static void
each_fails_once(const char *path, const char *kind)
{
    int n = 1;
    for (;; n++) {
        struct err err = {0};
        arm(kind, n);
        int result = whole_life(path, n, &err);
        bool fired = fault_passed() >= (unsigned long)n;
        (void)fault_configure(STR(""));
        if (fired && result != 0) {
            assert_true(result < 0 && err.message[0] && (int)err.code == result);
        } else if (!fired) {
            assert_int_equal(result, 0);
            break;
        }
        check_desk(path, n, result == 0);
    }
    print_message("%s: %d points\n", kind, n - 1);
    assert_true(n > 5);
}

static void
test_each_allocation_fails(void **state)
{
    if (!hooks_are_in()) {
        skip();
    }
    each_fails_once(((struct scratch *)*state)->path, "alloc");
}

static void
test_each_io_fails(void **state)
{
    if (!hooks_are_in()) {
        skip();
    }
    each_fails_once(((struct scratch *)*state)->path, "io");
}

/* The database's own memory runs out, at more and more of it. */
static void
test_the_database_runs_out_of_memory(void **state)
{
    enum { STEP = 2048, STEPS = 200 };
    const struct scratch *f = *state;
    int failed = 0;
    int n = 1;
    for (int result = -1; result != 0 && n < STEPS; n++) {
        struct err err = {0};
        (void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + (sqlite3_int64)n * STEP);
        result = whole_life(f->path, n, &err);
        (void)sqlite3_hard_heap_limit64(0);
        if (result != 0) {
            assert_true(result < 0 && err.message[0]);
            failed++;
        }
        check_desk(f->path, n, result == 0);
    }
    print_message("database memory: %d failures\n", failed);
    assert_true(failed > 5 && n < STEPS);
}

/* The child tells through FD which pairs were acknowledged. */
static void
live_and_tell(const char *path, int n, int fd)
{
    struct err err;
    struct store *s = NULL;
    arm("kill", n);
    if (open_in(path, NULL, &s, &err) != 0) {
        _exit(1);
    }
    for (int i = 0; i < 3; i++) {
        int number = n * 10 + i;
        if (store_write_wait(s, add_pair, &number, &err) != 0 ||
            write(fd, &number, sizeof(number)) != sizeof(number)) {
            _exit(1);
        }
    }
    store_free(s);
    _exit(0);
}

static void
test_killed_at_each_point(void **state)
{
    const struct scratch *f = *state;
    int n = 1;
    if (!hooks_are_in()) {
        skip();
    }
    for (;; n++) {
        int ends[2];
        int status;
        int number;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            live_and_tell(f->path, n, ends[1]);
        }
        (void)close(ends[1]);
        assert_int_equal(waitpid(child, &status, 0), child);
        while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
            check_desk(f->path, number, true);
        }
        (void)close(ends[0]);
        for (int i = 0; i < 3; i++) {
            check_desk(f->path, n * 10 + i, false);
        }
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
        assert_int_equal(WTERMSIG(status), SIGKILL);
    }
    print_message("kill: %d points\n", n - 1);
    assert_true(n > 6);
}

/* ---- the same under a loop ---- */

enum { GROUP = 5 };

struct work {
    struct store_request request;
    int number;
    int result;
    int *left;
};

static int
work_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct work *w = arg;
    return add_pair(tx, &w->number, err);
}

static void
work_done(void *arg, int result, const struct err *err)
{
    struct work *w = arg;
    w->result = result;
    --*w->left;
    assert_true(result >= 0 || err->message[0]);
}

/* A group of writes with one failure somewhere: each is answered once, and truly. */
static bool
group_with_fault(const char *path, const char *kind, int n)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(store) struct store *s = NULL;
    struct err err;
    int left = GROUP;
    struct work works[GROUP];
    assert_int_equal(loop_new(&loop, &err), 0);
    assert_int_equal(open_in(path, loop, &s, &err), 0);
    arm(kind, n);
    for (int i = 0; i < GROUP; i++) {
        works[i] = (struct work){.number = n * 10 + i, .left = &left};
        works[i].request =
            (struct store_request){.body = work_body, .done = work_done, .arg = &works[i]};
        store_write(s, &works[i].request);
    }
    while (left > 0) {
        assert_int_equal(loop_step(loop, 0, &err), 0);
    }
    bool fired = fault_passed() >= (unsigned long)n;
    (void)fault_configure(STR(""));
    for (int i = 0; i < GROUP; i++) {
        struct found found = {.number = works[i].number};
        assert_int_equal(store_read_wait(s, find_pair, &found, &err), 0);
        assert_int_equal(found.rows, works[i].result == 0 ? 2 : 0);
    }
    assert_int_equal(store_check(s, &err), 0);
    return fired;
}

static void
test_groups_with_a_failure(void **state)
{
    const struct scratch *f = *state;
    static const char *const kinds[] = {"io", "alloc"};
    if (!hooks_are_in()) {
        skip();
    }
    for (int i = 0; i < 2; i++) {
        char path[80];
        int n = 1;
        (void)snprintf(path, sizeof(path), "%s/%s", f->path, kinds[i]);
        char command[100];
        (void)snprintf(command, sizeof(command), "mkdir %s", path);
        assert_int_equal(system(command), 0);
        while (group_with_fault(path, kinds[i], n)) {
            n++;
        }
        print_message("group, %s: %d points\n", kinds[i], n - 1);
        assert_true(n > 3);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_each_allocation_fails),           CASE(test_each_io_fails),
        CASE(test_the_database_runs_out_of_memory), CASE(test_killed_at_each_point),
        CASE(test_groups_with_a_failure),
    };
    /* Before the store turns the counting off: a limit needs it. */
    if (sqlite3_initialize() != SQLITE_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("store-faults", tests, NULL, NULL);
}
