/* The store under a loop: group commit, readers, DONEs, watches. Both backends where it can be. */
#include "store_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/loop.h"

struct desk {
    struct scratch scratch;
    struct loop *loop;
    struct store *store;
    int waiting; /* DONEs to come */
};

typedef int (*open_fn)(const struct store_options *, struct loop *, struct store **, struct err *);

static int
open_desk(void **state, open_fn open_store)
{
    static struct desk desk;
    struct err err;
    memset(&desk, 0, sizeof(desk));
    scratch_make(&desk.scratch);
    const struct store_options options = {
        .path = str_c(desk.scratch.path), .create = true, .busy_ms = 500};
    if (loop_new(&desk.loop, &err) < 0 || open_store(&options, desk.loop, &desk.store, &err) < 0) {
        fail_msg("%s", err.message);
    }
    *state = &desk;
    return 0;
}

static int
open_sqlite(void **state)
{
    return open_desk(state, store_open_sqlite);
}

static int
open_memory(void **state)
{
    return open_desk(state, store_open_memory);
}

static int
close_desk(void **state)
{
    struct desk *desk = *state;
    store_free(desk->store);
    loop_free(desk->loop);
    scratch_remove(&desk->scratch);
    return 0;
}

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* Run the loop until *LEFT is 0, or fail after ten seconds (sanitizers are slow). */
static void
run_until_zero(struct desk *desk, const int *left)
{
    int64_t end = now_ms() + 10000;
    struct err err;
    while (*left > 0) {
        assert_int_equal(loop_step(desk->loop, 20, &err), 0);
        if (now_ms() > end) {
            fail_msg("%d still to come", *left);
        }
    }
}

enum action { ADD, ADD_THEN_OUTCOME, ADD_THEN_FAIL, ADD_TWICE, GET };
enum { OUTCOME = 7 };

struct work {
    struct store_request request;
    struct desk *desk;
    enum action action;
    char id[16];
    int result;
    int order; /* which DONE it was */
    char words[ERR_MESSAGE_MAX];
};

static int
work_body(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    struct work *w = arg;
    struct conversation_row row = a_conversation(w->id, 1);
    if (w->action == GET) {
        return store_conversation_get(tx, str_c(w->id), &a, &row, err);
    }
    int result = store_conversation_add(tx, &row, err);
    if (result == 0 && w->action == ADD_TWICE) {
        result = store_conversation_add(tx, &row, err);
    }
    if (result == 0 && w->action == ADD_THEN_FAIL) {
        return err_set(err, ERR_INVALID, "no %s", w->id);
    }
    return result == 0 && w->action == ADD_THEN_OUTCOME ? OUTCOME : result;
}

static void
work_done(void *arg, int result, const struct err *err)
{
    static int order;
    struct work *w = arg;
    w->result = result;
    w->order = order++;
    if (result < 0) {
        (void)snprintf(w->words, sizeof(w->words), "%s", err->message);
    }
    w->desk->waiting--;
}

static void
start(struct desk *desk, struct work *w, enum action action, const char *id)
{
    *w = (struct work){.desk = desk, .action = action, .result = 99};
    (void)snprintf(w->id, sizeof(w->id), "%s", id);
    w->request = (struct store_request){.body = work_body, .done = work_done, .arg = w};
    desk->waiting++;
    if (action == GET) {
        store_read(desk->store, &w->request);
    } else {
        store_write(desk->store, &w->request);
    }
}

static int
get_now(struct desk *desk, const char *id)
{
    struct work w = {.action = GET};
    struct err err;
    (void)snprintf(w.id, sizeof(w.id), "%s", id);
    return store_read_wait(desk->store, work_body, &w, &err);
}

static void
test_a_group_shares_commits_and_fails_apart(void **state)
{
    enum { COUNT = 400 };
    struct desk *desk = *state;
    static struct work works[COUNT];
    static const enum action actions[] = {ADD, ADD, ADD_THEN_OUTCOME, ADD, ADD_THEN_FAIL,
                                          ADD, ADD, ADD_TWICE};
    static const int wanted[] = {0, 0, OUTCOME, 0, ERR_INVALID, 0, 0, ERR_BUSY};
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "c-%d", i);
        start(desk, &works[i], actions[i % 8], id);
        assert_int_equal(works[i].result, 99); /* never inside the call */
    }
    run_until_zero(desk, &desk->waiting);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(works[i].result, wanted[i % 8]);
        assert_int_equal(get_now(desk, works[i].id), wanted[i % 8] == 0 ? 0 : STORE_NONE);
        assert_int_equal(works[i].order - works[0].order, i);
    }
    assert_string_equal(works[4].words, "no c-4");
    struct store_stats stats;
    store_get_stats(desk->store, &stats);
    assert_true(stats.bodies >= COUNT - 8);
    assert_true(stats.commits < COUNT / 8);
}

struct chain {
    struct store_request request;
    struct desk *desk;
    int left;
};

static int
chain_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct chain *c = arg;
    char id[16];
    (void)snprintf(id, sizeof(id), "c-%d", c->left);
    struct conversation_row row = a_conversation(id, 1);
    return store_conversation_add(tx, &row, err);
}

static void
chain_done(void *arg, int result, const struct err *err)
{
    struct chain *c = arg;
    (void)err;
    assert_int_equal(result, 0);
    if (--c->left > 0) {
        store_write(c->desk->store, &c->request);
    }
}

static void
test_a_done_may_start_the_next(void **state)
{
    struct desk *desk = *state;
    struct chain c = {.desk = desk, .left = 50};
    c.request = (struct store_request){.body = chain_body, .done = chain_done, .arg = &c};
    store_write(desk->store, &c.request);
    run_until_zero(desk, &c.left);
    assert_int_equal(get_now(desk, "c-1"), 0);
}

/* Two reads that each wait for the other: there are two readers. */
struct meeting {
    struct store_request request;
    struct desk *desk;
    sem_t *mine;
    sem_t *theirs;
    int result;
};

static bool
wait_sem(sem_t *sem)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    return sem_timedwait(sem, &until) == 0;
}

static int
meet(struct store_tx *tx, void *arg, struct err *err)
{
    struct meeting *m = arg;
    (void)tx;
    (void)sem_post(m->theirs);
    return wait_sem(m->mine) ? 0 : err_set(err, ERR_TIMEOUT, "nobody came");
}

static void
meeting_done(void *arg, int result, const struct err *err)
{
    struct meeting *m = arg;
    (void)err;
    m->result = result;
    m->desk->waiting--;
}

static void
test_reads_run_side_by_side(void **state)
{
    struct desk *desk = *state;
    sem_t a;
    sem_t b;
    (void)sem_init(&a, 0, 0);
    (void)sem_init(&b, 0, 0);
    struct meeting m[2] = {{.desk = desk, .mine = &a, .theirs = &b},
                           {.desk = desk, .mine = &b, .theirs = &a}};
    for (int i = 0; i < 2; i++) {
        m[i].request = (struct store_request){.body = meet, .done = meeting_done, .arg = &m[i]};
        desk->waiting++;
        store_read(desk->store, &m[i].request);
    }
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(m[0].result, 0);
    assert_int_equal(m[1].result, 0);
}

/* A read that looks, waits for a commit, and looks again. */
struct onlooker {
    struct store_request request;
    struct desk *desk;
    sem_t looked;
    sem_t committed;
    int first;
    int second;
};

static int
look_twice(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    struct onlooker *o = arg;
    struct conversation_row row;
    o->first = store_conversation_get(tx, STR("c-new"), &a, &row, err);
    (void)sem_post(&o->looked);
    if (!wait_sem(&o->committed)) {
        return err_set(err, ERR_TIMEOUT, "no commit came");
    }
    o->second = store_conversation_get(tx, STR("c-new"), &a, &row, err);
    return 0;
}

static void
onlooker_done(void *arg, int result, const struct err *err)
{
    struct onlooker *o = arg;
    (void)err;
    assert_int_equal(result, 0);
    o->desk->waiting--;
}

static void
test_a_read_sees_one_moment(void **state)
{
    struct desk *desk = *state;
    struct onlooker o = {.desk = desk};
    struct work w;
    (void)sem_init(&o.looked, 0, 0);
    (void)sem_init(&o.committed, 0, 0);
    o.request = (struct store_request){.body = look_twice, .done = onlooker_done, .arg = &o};
    store_read(desk->store, &o.request);
    assert_true(wait_sem(&o.looked));
    start(desk, &w, ADD, "c-new");
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(w.result, 0);
    desk->waiting = 1;
    (void)sem_post(&o.committed);
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(o.first, STORE_NONE);
    assert_int_equal(o.second, STORE_NONE);
    start(desk, &w, GET, "c-new");
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(w.result, 0);
}

static void
test_a_read_cannot_write(void **state)
{
    struct desk *desk = *state;
    struct work w;
    start(desk, &w, GET, "c-1");
    run_until_zero(desk, &desk->waiting);
    struct work writing = {.desk = desk, .action = ADD, .id = "c-1"};
    writing.request = (struct store_request){.body = work_body, .done = work_done, .arg = &writing};
    desk->waiting++;
    store_read(desk->store, &writing.request);
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(writing.result, ERR_BUG);
}

static void
test_an_end_with_work_under_way(void **state)
{
    enum { COUNT = 50 };
    struct desk *desk = *state;
    static struct work works[COUNT * 2];
    struct err err;
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "c-%d", i);
        start(desk, &works[i], ADD, id);
        start(desk, &works[COUNT + i], GET, id);
    }
    (void)usleep(2000);
    store_free(desk->store);
    desk->store = NULL;
    assert_int_equal(loop_step(desk->loop, 5, &err), 0);
    assert_int_equal(desk->waiting, COUNT * 2); /* no DONE ran */
}

static void
test_waiting_beside_the_loop(void **state)
{
    struct desk *desk = *state;
    struct work w;
    struct err err;
    struct work direct = {.desk = desk, .action = ADD, .id = "c-direct"};
    start(desk, &w, ADD, "c-1");
    assert_int_equal(store_write_wait(desk->store, work_body, &direct, &err), 0);
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(get_now(desk, "c-1"), 0);
    assert_int_equal(get_now(desk, "c-direct"), 0);
}

/* ---- watches ---- */

struct watcher {
    struct store_watch watch;
    struct desk *desk;
    int calls;
    bool stop_in_call;
    struct watcher *stops;
};

static void
on_change(struct store_watch *watch)
{
    struct watcher *w = OWNER_OF(watch, struct watcher, watch);
    w->calls++;
    if (w->stop_in_call) {
        store_watch_stop(watch);
    }
    if (w->stops) {
        store_watch_stop(&w->stops->watch);
    }
}

static void
run_for(struct desk *desk, int64_t ms)
{
    struct err err;
    for (int64_t end = now_ms() + ms; now_ms() < end;) {
        assert_int_equal(loop_step(desk->loop, 5, &err), 0);
    }
}

/* How long until W was called again; fails after LIMIT ms. */
static int64_t
until_called(struct desk *desk, const struct watcher *w, int calls, int64_t limit)
{
    int64_t began = now_ms();
    while (w->calls <= calls) {
        run_for(desk, 5);
        if (now_ms() - began > limit) {
            fail_msg("not told within %lld ms", (long long)limit);
        }
    }
    return now_ms() - began;
}

/* The other process is this program again: a fork would share the database's state in memory. */
static int
commit_and_end(const char *path, const char *id)
{
    struct err err;
    struct store *s = NULL;
    struct work w = {.action = ADD};
    (void)snprintf(w.id, sizeof(w.id), "%s", id);
    const struct store_options options = {.path = str_c(path)};
    int result = store_open_sqlite(&options, NULL, &s, &err);
    if (result == 0) {
        result = store_write_wait(s, work_body, &w, &err);
    }
    for (int i = 0; result == 0 && strcmp(id, "busy") == 0; i++) {
        (void)snprintf(w.id, sizeof(w.id), "busy-%d", i);
        result = store_write_wait(s, work_body, &w, &err);
    }
    store_free(s);
    return result ? 1 : 0;
}

static const char *program; /* argv[0]: /proc/self/exe is valgrind under valgrind */

static void
commit_in_child(const char *path, const char *id)
{
    pid_t child = fork();
    if (child == 0) {
        (void)execl(program, program, path, id, NULL);
        _exit(2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
test_watch_tells_of_another_process(void **state)
{
    struct desk *desk = *state;
    static struct watcher w; /* the store may outlive a failed test's stack */
    w = (struct watcher){.desk = desk};
    struct err err;
    assert_int_equal(store_watch_start(desk->store, &w.watch, on_change, &err), 0);
    (void)until_called(desk, &w, 0, 3000); /* the one soon after the start */
    run_for(desk, 450);
    assert_int_equal(w.calls, 1); /* nothing happened, nothing is told */
    for (int i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "c-%d", i);
        int calls = w.calls;
        commit_in_child(desk->scratch.path, id);
        int64_t late = until_called(desk, &w, calls, 5000);
        if (late > 500) {
            fail_msg("told after %lld ms", (long long)late);
        }
    }
    store_watch_stop(&w.watch);
    int calls = w.calls;
    commit_in_child(desk->scratch.path, "c-9");
    run_for(desk, 300);
    assert_int_equal(w.calls, calls);
}

static void
test_watch_tells_of_ourselves(void **state)
{
    struct desk *desk = *state;
    static struct watcher w; /* the store may outlive a failed test's stack */
    w = (struct watcher){.desk = desk};
    struct work work;
    struct err err;
    assert_int_equal(store_watch_start(desk->store, &w.watch, on_change, &err), 0);
    (void)until_called(desk, &w, 0, 3000);
    start(desk, &work, ADD, "c-1");
    run_until_zero(desk, &desk->waiting);
    assert_true(until_called(desk, &w, 1, 5000) <= 500);
    store_watch_stop(&w.watch);
    store_watch_stop(&w.watch); /* a second time is fine */
}

static void
test_watches_stop_in_calls(void **state)
{
    struct desk *desk = *state;
    static struct watcher w[3]; /* one of them outlives this test's stack */
    struct err err;
    for (int i = 0; i < 3; i++) {
        w[i] = (struct watcher){.desk = desk};
        assert_int_equal(store_watch_start(desk->store, &w[i].watch, on_change, &err), 0);
    }
    w[2].stop_in_call = true; /* the newest is called first */
    w[2].stops = &w[1];
    (void)until_called(desk, &w[0], 0, 3000);
    assert_int_equal(w[2].calls, 1);
    assert_int_equal(w[1].calls, 0);
    store_watch_stop(&w[0].watch);
    /* Started again, and left running at the store's end. */
    assert_int_equal(store_watch_start(desk->store, &w[1].watch, on_change, &err), 0);
    (void)until_called(desk, &w[1], 0, 3000);
}

/* ---- two processes, a full disk ---- */

static void
test_busy_fails_the_group_and_passes(void **state)
{
    struct desk *desk = *state;
    struct work w[2];
    char path[128];
    sqlite3 *other;
    (void)snprintf(path, sizeof(path), "%s/desk.db", desk->scratch.path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    start(desk, &w[0], ADD, "c-0");
    start(desk, &w[1], ADD, "c-1");
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(w[0].result, ERR_BUSY);
    assert_int_equal(w[1].result, ERR_BUSY);
    assert_true(w[1].request.err.retryable);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    start(desk, &w[0], ADD, "c-0");
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(w[0].result, 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

/* Another process writes without a pause; ours gets its turn. On a machine with more to do than
 * processors the neighbour may hold the file for a whole patience's length: then the caller is told
 * to try again, and does. */
static void
test_a_busy_neighbour_starves_nobody(void **state)
{
    enum { TIMES = 5, TRIES = 5 };
    struct desk *desk = *state;
    pid_t neighbour = fork();
    if (neighbour == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* survives the exec */
        (void)execl(program, program, desk->scratch.path, "busy", NULL);
        _exit(2);
    }
    while (get_now(desk, "busy-5") != 0) {
        run_for(desk, 5);
    }
    int64_t began = now_ms();
    int failed = 0;
    for (int i = 0; i < TIMES; i++) {
        struct work w;
        char id[16];
        (void)snprintf(id, sizeof(id), "c-%d", i);
        w.result = ERR_BUSY;
        for (int try = 0; try < TRIES && w.result == ERR_BUSY; try++) {
            start(desk, &w, ADD, id);
            run_until_zero(desk, &desk->waiting);
        }
        failed += w.result != 0;
    }
    int64_t took = now_ms() - began;
    assert_int_equal(kill(neighbour, SIGKILL), 0);
    assert_int_equal(waitpid(neighbour, NULL, 0), neighbour);
    print_message("%d writes beside a busy neighbour: %lld ms\n", TIMES, (long long)took);
    assert_int_equal(failed, 0);
}

struct big {
    struct store_request request;
    struct desk *desk;
    int result;
};

static int
add_big(struct store_tx *tx, void *arg, struct err *err)
{
    static char text[1 << 20];
    (void)arg;
    memset(text, 'x', sizeof(text));
    struct conversation_row c = a_conversation("c-big", 1);
    int result = store_conversation_add(tx, &c, err);
    for (int i = 0; result == 0 && i < 8; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "m-%d", i);
        struct message_row row = a_message(id, "c-big", "");
        row.content = (struct str){text, sizeof(text)};
        result = store_message_add(tx, &row, NULL, err);
    }
    return result;
}

static void
big_done(void *arg, int result, const struct err *err)
{
    struct big *b = arg;
    (void)err;
    b->result = result;
    b->desk->waiting--;
}

/* One body of a group fills the disk: it alone fails. */
static void
test_a_full_disk_fails_one_of_a_group(void **state)
{
    enum { COUNT = 6 };
    struct desk *desk = *state;
    static struct work works[COUNT + 1];
    struct big big = {.desk = desk};
    struct rlimit before;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit limit = {3 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    big.request = (struct store_request){.body = add_big, .done = big_done, .arg = &big};
    start(desk, &works[COUNT], ADD, "c-first"); /* the others queue behind it */
    for (int i = 0; i < COUNT; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "c-%d", i);
        start(desk, &works[i], i == 1 ? ADD_THEN_OUTCOME : ADD, id);
        if (i == COUNT / 2) {
            desk->waiting++;
            store_write(desk->store, &big.request);
        }
    }
    run_until_zero(desk, &desk->waiting);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(big.result, ERR_IO);
    if (!strstr(big.request.err.message, "the disk is full")) {
        fail_msg("%s", big.request.err.message);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(works[i].result, i == 1 ? OUTCOME : 0);
        assert_int_equal(get_now(desk, works[i].id), i == 1 ? STORE_NONE : 0);
    }
    assert_int_equal(get_now(desk, "c-big"), STORE_NONE);
    struct err err = {0};
    assert_int_equal(store_check(desk->store, &err), 0);
}

#define SQLITE(test)                                                                               \
    {                                                                                              \
#test " (sqlite)", test, open_sqlite, close_desk, NULL                                     \
    }
#define BOTH(test)                                                                                 \
    SQLITE(test),                                                                                  \
    {                                                                                              \
#test " (memory)", test, open_memory, close_desk, NULL                                     \
    }

int
main(int argc, char **argv)
{
    if (argc == 3) {
        return commit_and_end(argv[1], argv[2]);
    }
    program = argv[0];
    const struct CMUnitTest tests[] = {
        BOTH(test_a_group_shares_commits_and_fails_apart),
        BOTH(test_a_done_may_start_the_next),
        BOTH(test_reads_run_side_by_side),
        BOTH(test_a_read_sees_one_moment),
        BOTH(test_a_read_cannot_write),
        BOTH(test_an_end_with_work_under_way),
        BOTH(test_waiting_beside_the_loop),
        BOTH(test_watch_tells_of_ourselves),
        BOTH(test_watches_stop_in_calls),
        SQLITE(test_watch_tells_of_another_process),
        SQLITE(test_busy_fails_the_group_and_passes),
        SQLITE(test_a_busy_neighbour_starves_nobody),
        SQLITE(test_a_full_disk_fails_one_of_a_group),
    };
    return cmocka_run_group_tests_name("store-threads", tests, NULL, NULL);
}
