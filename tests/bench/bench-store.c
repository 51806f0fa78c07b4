/* What the record costs: durable commits a second and processor time, at 1 and 64 conversations in
 * flight, beside a bare loop of INSERT and COMMIT on the same disk.
 *
 *     bench-store [FOLDER]      FOLDER on the disk to measure, default here
 *
 * A turn is what the ledger writes for one customer message with one tool call: four bodies, each
 * started when the one before is durable. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "io/loop.h"
#include "store/store.h"

enum { IN_FLIGHT_MAX = 64, STEPS = 4 };

struct measure {
    double wall;
    double cpu;
};

static double
seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static struct measure
measure_now(void)
{
    struct rusage usage;
    struct timespec now;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct measure){(double)now.tv_sec + (double)now.tv_nsec / 1e9,
                            seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

static void
stop(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-store: %s: %s\n", what, why);
    exit(1);
}

struct conversation {
    struct store_request request;
    struct bench *bench;
    char id[16];
    char turn[24];
    char call[24];
    int step;
};

struct bench {
    struct loop *loop;
    struct store *store;
    struct conversation conversations[IN_FLIGHT_MAX];
    int in_flight;
    int turns_left;
    int running;
    bool whole_turns; /* false: only the second step, over and over */
};

/* As random as the engine's: where an id falls in its index is what an insert costs. */
static struct str
name(char kind, char out[24])
{
    struct id_gen ids;
    id_gen_init(&ids);
    id_make(&ids, kind, out);
    return str_c(out);
}

static int
add_message(struct store_tx *tx, const struct conversation *c, struct str role, struct err *err)
{
    char id[24];
    struct message_row row = {
        .id = name('m', id),
        .conversation = str_c(c->id),
        .turn = str_c(c->turn),
        .role = role,
        .author = AUTHOR_BOT,
        .state = MESSAGE_SENT,
        .content = STR("[{\"text\":\"My hub will not pair with my phone, it blinks twice and then "
                       "goes dark again. I have tried it with two phones already.\"}]"),
        .at = store_now(tx),
    };
    return store_message_add(tx, &row, NULL, err);
}

static struct turn_row
turn_of(struct store_tx *tx, const struct conversation *c)
{
    return (struct turn_row){
        .id = str_c(c->turn),
        .conversation = str_c(c->id),
        .process = STR("p-bench"),
        .state = TURN_OPEN,
        .user_message = STR("m-1"),
        .model = STR("scripted"),
        .epoch = 1,
        .opened_at = store_now(tx),
    };
}

static int
step_open(struct store_tx *tx, struct conversation *c, struct err *err)
{
    struct turn_row turn = turn_of(tx, c);
    int result = store_owner_check(tx, str_c(c->id), 1, err);
    if (result == 0) {
        result = add_message(tx, c, STR("user"), err);
    }
    if (result == 0) {
        result = store_turn_add(tx, &turn, err);
    }
    return result == 0 ? store_conversation_touch(tx, str_c(c->id), store_now(tx), err) : result;
}

static int
step_calls(struct store_tx *tx, struct conversation *c, struct err *err)
{
    char id[24];
    struct tool_call_row call = {
        .id = name('x', c->call),
        .conversation = str_c(c->id),
        .turn = str_c(c->turn),
        .message = STR("m-1"),
        .tool_use_id = STR("tooluse_1"),
        .name = STR("lookup_troubleshooting_steps"),
        .plugin = STR("troubleshooting"),
        .effect = STR("read"),
        .arguments = STR("{\"issue\":\"hub does not pair with phone\"}"),
        .status = CALL_OPEN,
        .started_at = store_now(tx),
    };
    struct model_call_row model = {
        .id = name('k', id),
        .conversation = str_c(c->id),
        .turn = str_c(c->turn),
        .model = STR("scripted"),
        .outcome = STR("ok"),
        .started_at = store_now(tx),
    };
    int result = add_message(tx, c, STR("assistant"), err);
    if (result == 0) {
        result = store_tool_call_add(tx, &call, err);
    }
    return result == 0 ? store_model_call_add(tx, &model, err) : result;
}

static int
step_result(struct store_tx *tx, struct conversation *c, struct err *err)
{
    const struct tool_call_row row = {
        .id = str_c(c->call),
        .status = CALL_OK,
        .result = STR("[{\"json\":{\"steps\":[\"Hold the button for ten seconds\","
                      "\"Wait for the blue light\",\"Try again\"]}}]"),
        .ended_at = store_now(tx),
    };
    return store_tool_call_finish(tx, &row, err);
}

static int
step_close(struct store_tx *tx, struct conversation *c, struct err *err)
{
    struct turn_row turn = turn_of(tx, c);
    turn.state = TURN_CLOSED;
    turn.outcome = OUTCOME_ANSWERED;
    int result = store_owner_check(tx, str_c(c->id), 1, err);
    if (result == 0) {
        result = add_message(tx, c, STR("user"), err);
    }
    if (result == 0) {
        result = add_message(tx, c, STR("assistant"), err);
    }
    if (result == 0) {
        result = store_turn_update(tx, &turn, err);
    }
    return result == 0 ? store_conversation_touch(tx, str_c(c->id), store_now(tx), err) : result;
}

static int
run_step(struct store_tx *tx, void *arg, struct err *err)
{
    static int (*const steps[STEPS])(struct store_tx *, struct conversation *, struct err *) = {
        step_open, step_calls, step_result, step_close};
    struct conversation *c = arg;
    return steps[c->step](tx, c, err);
}

static void next_turn(struct conversation *c);

static void
step_done(void *arg, int result, const struct err *err)
{
    struct conversation *c = arg;
    if (result != 0) {
        stop("body", result < 0 ? err->message : "an outcome");
    }
    if (c->bench->whole_turns && ++c->step < STEPS) {
        store_write(c->bench->store, &c->request);
        return;
    }
    next_turn(c);
}

static void
next_turn(struct conversation *c)
{
    struct bench *b = c->bench;
    if (b->turns_left == 0) {
        if (--b->running == 0) {
            loop_stop(b->loop);
        }
        return;
    }
    b->turns_left--;
    c->step = b->whole_turns ? 0 : 1;
    (void)name('t', c->turn);
    store_write(b->store, &c->request);
}

static int
add_conversations(struct store_tx *tx, void *arg, struct err *err)
{
    struct bench *b = arg;
    int result = 0;
    for (int i = 0; result == 0 && i < IN_FLIGHT_MAX; i++) {
        struct conversation_row row = {.id = str_c(b->conversations[i].id),
                                       .customer = STR("ann"),
                                       .channel = STR("cli"),
                                       .prompt_vars = STR("{}"),
                                       .owner = OWNER_BOT,
                                       .epoch = 1};
        result = store_conversation_add(tx, &row, err);
    }
    return result;
}

static void
run(struct bench *b, const char *what, bool whole_turns, int in_flight, int turns)
{
    struct err err = {0};
    struct store_stats before;
    struct store_stats after;
    b->whole_turns = whole_turns;
    b->turns_left = turns;
    b->running = in_flight;
    store_get_stats(b->store, &before);
    struct measure began = measure_now();
    for (int i = 0; i < in_flight; i++) {
        next_turn(&b->conversations[i]);
    }
    if (loop_run(b->loop, &err) < 0) {
        stop("loop", err.message);
    }
    struct measure ended = measure_now();
    store_get_stats(b->store, &after);
    double wall = ended.wall - began.wall;
    double cpu = ended.cpu - began.cpu;
    double bodies = (double)(after.bodies - before.bodies);
    (void)printf("%-28s %3d in flight  %7.0f bodies/s  %6.0f commits/s  %6.1f us cpu a body"
                 "  %6.1f us cpu a %s\n",
                 what, in_flight, bodies / wall, (double)(after.commits - before.commits) / wall,
                 cpu / bodies * 1e6, cpu / turns * 1e6, whole_turns ? "turn" : "body");
}

static void
bare_loop(const char *folder, int count)
{
    char path[600];
    sqlite3 *db;
    sqlite3_stmt *st;
    (void)snprintf(path, sizeof(path), "%s/bare.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO t (text) VALUES ('one line of a hundred letters')", -1,
                           &st, NULL) != SQLITE_OK) {
        stop(path, sqlite3_errmsg(db));
    }
    struct measure began = measure_now();
    for (int i = 0; i < count; i++) {
        if (sqlite3_step(st) != SQLITE_DONE) {
            stop(path, sqlite3_errmsg(db));
        }
        (void)sqlite3_reset(st);
    }
    struct measure ended = measure_now();
    (void)printf("%-28s   1 in flight  %7.0f bodies/s  %6.0f commits/s  %6.1f us cpu a body\n",
                 "bare INSERT; COMMIT", count / (ended.wall - began.wall),
                 count / (ended.wall - began.wall), (ended.cpu - began.cpu) / count * 1e6);
    (void)sqlite3_finalize(st);
    (void)sqlite3_close(db);
}

static void
open_close(const char *folder)
{
    enum { TIMES = 50 };
    double open_time = 0;
    double close_time = 0;
    for (int i = 0; i < TIMES; i++) {
        struct err err;
        struct store *s = NULL;
        const struct store_options options = {.path = str_c(folder)};
        struct measure began = measure_now();
        if (store_open_sqlite(&options, NULL, &s, &err) < 0) {
            stop(folder, err.message);
        }
        struct measure opened = measure_now();
        store_free(s);
        struct measure closed = measure_now();
        open_time += opened.wall - began.wall;
        close_time += closed.wall - opened.wall;
    }
    (void)printf("open %.2f ms, close %.2f ms\n", open_time / TIMES * 1e3,
                 close_time / TIMES * 1e3);
}

static int
list_latest(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena a = {0};
    struct conversation_row *rows;
    size_t count;
    (void)arg;
    const struct conversation_filter filter = {.limit = 20};
    return store_conversation_list(tx, &filter, &a, &rows, &count, err);
}

static int
add_crowd(struct store_tx *tx, void *arg, struct err *err)
{
    int result = 0;
    for (int i = 0; result == 0 && i < *(int *)arg; i++) {
        char id[24];
        (void)snprintf(id, sizeof(id), "crowd-%d", i);
        struct conversation_row row = {.id = str_c(id), .owner = OWNER_BOT, .updated_at = i};
        result = store_conversation_add(tx, &row, err);
    }
    return result;
}

static void
crowd(const char *folder)
{
    int count = 10000;
    struct err err;
    struct store *s = NULL;
    const struct store_options options = {.path = str_c(folder)};
    if (store_open_sqlite(&options, NULL, &s, &err) < 0 ||
        store_write_wait(s, add_crowd, &count, &err) != 0) {
        stop(folder, err.message);
    }
    store_free(s);
    struct measure began = measure_now();
    if (store_open_sqlite(&options, NULL, &s, &err) < 0 ||
        store_read_wait(s, list_latest, NULL, &err) != 0) {
        stop(folder, err.message);
    }
    struct measure ended = measure_now();
    (void)printf("%d conversations: open and list the latest 20: %.2f ms\n", count,
                 (ended.wall - began.wall) * 1e3);
    store_free(s);
}

int
main(int argc, char **argv)
{
    static struct bench b;
    struct err err = {0};
    char folder[512];
    char command[600];
    (void)snprintf(folder, sizeof(folder), "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(folder)) {
        stop(folder, "cannot make it");
    }
    bare_loop(folder, 2000);
    const struct store_options options = {.path = str_c(folder), .create = true};
    if (loop_new(&b.loop, &err) < 0 || store_open_sqlite(&options, b.loop, &b.store, &err) < 0) {
        stop(folder, err.message);
    }
    for (int i = 0; i < IN_FLIGHT_MAX; i++) {
        struct conversation *c = &b.conversations[i];
        c->bench = &b;
        c->request = (struct store_request){.body = run_step, .done = step_done, .arg = c};
        (void)snprintf(c->id, sizeof(c->id), "c-%d", i);
    }
    if (store_write_wait(b.store, add_conversations, &b, &err) != 0) {
        stop("start", err.message);
    }
    run(&b, "reply with one call", false, 1, 1000);
    run(&b, "reply with one call", false, IN_FLIGHT_MAX, 20000);
    run(&b, "turn of four bodies", true, 1, 500);
    run(&b, "turn of four bodies", true, IN_FLIGHT_MAX, 10000);
    store_free(b.store);
    loop_free(b.loop);
    open_close(folder);
    crowd(folder);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : 1;
}
