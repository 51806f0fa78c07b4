/* bench-turn: what one whole turn costs the engine.
 *
 *     bench-turn [FOLDER]
 *
 * A scripted model that asks for one stub tool and then answers; every step a durable commit on a
 * real SQLite desk in FOLDER (default: a scratch folder in the current one, so that the disk is
 * the one that matters). CPU is getrusage of the whole process: loop, store threads, the fake
 * model and tool included. Beside it, in the same run: bare durable commits of the same number of
 * rows, the floor nobody can go below. Then 10,000 conversations kept resident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "desk_fixture.h"

static const char script[] =
    "[{\"calls\":[{\"name\":\"look\",\"input\":{\"q\":\"hub\"}}]},"
    "{\"text\":\"Here is what I found about your hub and how to pair it.\",\"chunks\":8}]";

enum { COMMITS_PER_TURN = 4 };

static double
seconds(clockid_t which)
{
    struct timespec now;
    (void)clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct measure {
    double wall;
    double cpu;
};

static struct measure
now(void)
{
    return (struct measure){seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void
die(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench-turn: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

/* ---- The engine ------------------------------------------------------------------------------*/

struct desk {
    struct loop *loop;
    struct store *store;
    struct desk_fixture f;
};

static void
open_desk(struct desk *d, const char *dir)
{
    struct err err = {0};
    struct store_options options = {.path = str_c(dir), .create = true};
    *d = (struct desk){0};
    if (loop_new(&d->loop, &err) < 0 || store_open_sqlite(&options, d->loop, &d->store, &err) < 0) {
        die(dir, &err);
    }
    desk_fixture_open_on(&d->f, d->loop, d->store, script, NULL);
}

static void
close_desk(struct desk *d)
{
    desk_fixture_close(&d->f);
    store_free(d->store);
    loop_free(d->loop);
}

struct lane {
    struct desk *desk;
    struct str conversation;
    struct arena arena;
    size_t left;
    size_t *running;
    uint64_t id;
};

static void lane_next(struct lane *l);

static void
lane_done(void *arg, const struct turn_report *report)
{
    struct lane *l = arg;
    if (!str_eq(report->outcome, OUTCOME_ANSWERED)) {
        die("a turn did not answer", NULL);
    }
    if (l->conversation.len == 0) {
        l->conversation = arena_str(&l->arena, report->conversation);
    }
    if (--l->left > 0) {
        lane_next(l);
    } else if (--*l->running == 0) {
        loop_stop(l->desk->loop);
    }
}

static const struct turn_observer lane_observer = {.done = lane_done};

static void
lane_next(struct lane *l)
{
    struct err err = {0};
    struct turn_input input = {
        .conversation = l->conversation,
        .channel = STR("bench"),
        .text = STR("my hub won't pair with my phone"),
        .prompt_name = STR("p"),
        .prompt_hash = STR("h"),
        .prompt_text = STR("text"),
        .prompt_vars = STR("{}"),
        .system = STR("be kind"),
    };
    if (engine_submit(l->desk->f.engine, &input, &lane_observer, l, &l->id, &err) < 0) {
        die("submit", &err);
    }
}

/* TURNS turns in all, CONCURRENCY conversations side by side. */
static struct measure
run_turns(struct desk *d, size_t turns, size_t concurrency)
{
    struct err err = {0};
    struct lane *lanes = calloc(concurrency, sizeof(*lanes));
    size_t running = concurrency;
    if (!lanes) {
        die("lanes", NULL);
    }
    struct measure begin = now();
    for (size_t i = 0; i < concurrency; i++) {
        lanes[i] = (struct lane){.desk = d, .left = turns / concurrency, .running = &running};
        lane_next(&lanes[i]);
    }
    if (loop_run(d->loop, &err) < 0) {
        die("loop", &err);
    }
    struct measure end = now();
    for (size_t i = 0; i < concurrency; i++) {
        arena_done(&lanes[i].arena);
    }
    free(lanes);
    return (struct measure){end.wall - begin.wall, end.cpu - begin.cpu};
}

/* ---- The floor -------------------------------------------------------------------------------*/

static struct measure
bare_commits(const char *dir, size_t commits)
{
    char path[4200];
    sqlite3 *db;
    sqlite3_stmt *insert;
    (void)snprintf(path, sizeof(path), "%s/bare.db", dir);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE IF NOT EXISTS m(id INTEGER PRIMARY KEY, content TEXT)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO m(content) VALUES(?)", -1, &insert, NULL) !=
            SQLITE_OK) {
        die("bare database", NULL);
    }
    struct measure begin = now();
    for (size_t i = 0; i < commits; i++) {
        (void)sqlite3_bind_text(insert, 1, script, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) {
            die("bare insert", NULL);
        }
        (void)sqlite3_reset(insert);
    }
    struct measure end = now();
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    return (struct measure){end.wall - begin.wall, end.cpu - begin.cpu};
}

/* ---- Residents -------------------------------------------------------------------------------*/

static long
resident_kb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) {
        die("/proc/self/statm", NULL);
    }
    (void)fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
measure_residents(struct desk *d, size_t count)
{
    struct err err = {0};
    long before = resident_kb();
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "c-resident%06zu", i);
        if (engine_attach(d->f.engine, str_c(id), &err) < 0) {
            die("attach", &err);
        }
    }
    long after = resident_kb();
    (void)printf("%zu conversations resident: %.2f KB each (mark: under 8 KB)\n", count,
                 (double)(after - before) / (double)count);
}

static void
report(const char *what, struct measure m, size_t turns, const char *mark)
{
    (void)printf("%-34s %7.3f ms CPU, %7.3f ms wall a turn%s\n", what, m.cpu * 1e3 / (double)turns,
                 m.wall * 1e3 / (double)turns, mark);
}

int
main(int argc, char **argv)
{
    char dir[4096] = "bench-turn-XXXXXX";
    enum { ONE = 400, MANY = 6400, LANES = 64, RESIDENT = 10000 };
    if (argc > 1) {
        (void)snprintf(dir, sizeof(dir), "%s", argv[1]);
        (void)mkdir(dir, 0700);
    } else if (!mkdtemp(dir)) {
        die(dir, NULL);
    }
    (void)printf("%ld cores; desk in %s\n", sysconf(_SC_NPROCESSORS_ONLN), dir);
    struct desk d;
    open_desk(&d, dir);
    measure_residents(&d, RESIDENT);
    (void)run_turns(&d, LANES, LANES); /* warm */
    struct measure bare = bare_commits(dir, (size_t)ONE * COMMITS_PER_TURN);
    report("4 bare durable commits", bare, ONE, "");
    report("a turn, one at a time", run_turns(&d, ONE, 1), ONE, "  (mark: CPU under 1 ms)");
    report("a turn, 64 side by side", run_turns(&d, MANY, LANES), MANY,
           "  (mark: CPU under 0.4 ms)");
    report("4 bare durable commits, again", bare_commits(dir, (size_t)ONE * COMMITS_PER_TURN), ONE,
           "");
    close_desk(&d);
    return 0;
}
