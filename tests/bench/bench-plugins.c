/* bench-plugins: what a tool's call costs, in this process and in a child.
 *
 *     bench-plugins PLUGIN-HOST EMPTY.so [CALLS [MCP-SERVER ARGUMENT...]]
 *
 * Calls a tool that does nothing, as the engine would (schema, dispatch, one result), one after
 * another and with 64 in flight, in both cages; beside them, in the same run, a bare echo of as
 * many bytes over a socketpair, a process started for each call (/bin/true), and, where one is
 * named, an MCP server on stdio with such a tool (node mcp_empty.mjs, beside the SDK's packages).
 * Wall times are medians; processor time is both processes' together, for each call, of the MCP
 * server its own alone. CALLS defaults to 20000. */
#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "host/host.h"
#include "io/loop.h"
#include "plugin/plugin.h"
#include "plugins_mcp.h"
#include "tool/tool.h"

enum { FLIGHT = 64, ECHO_BYTES = 200, SPAWNS = 300 };

struct run {
    struct loop *loop;
    struct tool_registry *tools;
    struct plugin_set *set;
    struct arena arenas[FLIGHT][2];
    size_t done;
    size_t started;
    size_t wanted;
};

struct flight {
    struct run *run;
    size_t slot;
    unsigned turn;
};

static void
die(const char *what)
{
    (void)fprintf(stderr, "bench-plugins: %s\n", what);
    exit(1);
}

static double
clock_us(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

/* Our one child's, or 0. */
static pid_t
child_pid(void)
{
    char path[64];
    int pid = 0;
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%d", &pid) != 1) {
        pid = 0;
    }
    if (f) {
        (void)fclose(f);
    }
    return pid;
}

/* Processor time of PID's threads, in microseconds. */
static double
child_us(pid_t pid)
{
    char path[300];
    double total = 0;
    struct dirent *entry;
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *dir = pid ? opendir(path) : NULL;
    while (dir && (entry = readdir(dir))) {
        double ns = 0;
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid,
                       entry->d_name);
        FILE *f = entry->d_name[0] != '.' ? fopen(path, "r") : NULL;
        if (f && fscanf(f, "%lf", &ns) == 1) {
            total += ns / 1e3;
        }
        if (f) {
            (void)fclose(f);
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    return total;
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static void begin(struct run *r, struct flight *f);

static void
on_done(void *arg, const struct tool_result *result)
{
    struct flight *f = arg;
    if (result->status != TOOL_OK) {
        die("a call failed");
    }
    f->run->done++;
    if (f->run->started < f->run->wanted) {
        begin(f->run, f);
    }
}

/* A call lives in its arena until DONE has returned, so a slot takes turns with two. */
static void
begin(struct run *r, struct flight *f)
{
    static const struct tool_scope scope = {.call = STR_INIT("x-1234567890abcd"),
                                            .conversation = STR_INIT("c-1234567890abcd"),
                                            .customer = STR_INIT("anna"),
                                            .turn = STR_INIT("t-1234567890abcd")};
    struct err err;
    struct tool_call *call;
    struct arena *arena = &r->arenas[f->slot][f->turn++ % 2];
    arena_clear(arena);
    r->started++;
    if (tool_call_start(r->tools, STR("nothing"), STR("{}"), &scope, arena, on_done, f, &call,
                        &err) < 0) {
        die(err.message);
    }
}

static void
step(struct run *r)
{
    struct err err;
    if (loop_step(r->loop, 1000, &err) < 0) {
        die(err.message);
    }
}

static void
one_by_one(struct run *r, size_t count, double *walls)
{
    struct flight f = {.run = r};
    r->wanted = 0; /* none is started by another's end */
    for (size_t i = 0; i < count; i++) {
        double from = clock_us(CLOCK_MONOTONIC);
        r->done = 0;
        begin(r, &f);
        while (r->done == 0) {
            step(r);
        }
        walls[i] = clock_us(CLOCK_MONOTONIC) - from;
    }
}

static void
overlapping(struct run *r, size_t count)
{
    struct flight flights[FLIGHT];
    r->done = r->started = 0;
    r->wanted = count;
    for (size_t i = 0; i < FLIGHT; i++) {
        flights[i] = (struct flight){r, i, 0};
        begin(r, &flights[i]);
    }
    while (r->done < r->wanted) {
        step(r);
    }
}

static void
measure(const char *name, const char *so, const struct plugin_cage *cage, size_t count,
        double *walls)
{
    struct run r = {0};
    struct err err;
    const struct plugin *p;
    struct plugin_parts parts = {.threads = 4};
    parts.extensions = host_extensions(&parts.extension_count);
    if (loop_new(&r.loop, &err) < 0 || tool_registry_new(r.loop, &r.tools, &err) < 0) {
        die(err.message);
    }
    parts.loop = r.loop;
    if (plugin_set_new(&parts, &r.set, &err) < 0 ||
        plugin_load_in(r.set, so, &(struct plugin_wish){.cage = cage}, r.tools, &p, &err) < 0) {
        die(err.message);
    }
    pid_t pid = cage ? child_pid() : 0;
    one_by_one(&r, 500, walls);
    if (cage) {
        printf("%-28s %9ld KiB resident\n", "an idle child", process_kib(pid));
    }
    double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid);
    one_by_one(&r, count, walls);
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid) - cpu;
    printf("%-28s %9.1f us wall %9.1f us processor\n", name, median(walls, count),
           cpu / (double)count);
    double from = clock_us(CLOCK_MONOTONIC);
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid);
    overlapping(&r, count);
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid) - cpu;
    double wall = clock_us(CLOCK_MONOTONIC) - from;
    printf("%-28s %9.0f a second %8.1f us processor\n", "  64 in flight",
           (double)count / wall * 1e6, cpu / (double)count);
    tool_registry_free(r.tools);
    plugin_set_free(r.set);
    loop_free(r.loop);
    for (size_t i = 0; i < FLIGHT; i++) {
        arena_done(&r.arenas[i][0]);
        arena_done(&r.arenas[i][1]);
    }
}

/* ---- Beside them ------------------------------------------------------------------------------*/

static void
measure_echo(size_t count, double *walls)
{
    int pair[2];
    char bytes[ECHO_BYTES] = {0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        die("socketpair");
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(pair[0]);
        ssize_t got;
        while ((got = read(pair[1], bytes, sizeof(bytes))) > 0) {
            if (write(pair[1], bytes, (size_t)got) != got) {
                break;
            }
        }
        _exit(0);
    }
    (void)close(pair[1]);
    double cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid);
    for (size_t i = 0; i < count; i++) {
        double from = clock_us(CLOCK_MONOTONIC);
        size_t got = 0;
        if (write(pair[0], bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes)) {
            die("write");
        }
        while (got < sizeof(bytes)) {
            ssize_t more = read(pair[0], bytes, sizeof(bytes) - got);
            if (more <= 0) {
                die("read");
            }
            got += (size_t)more;
        }
        walls[i] = clock_us(CLOCK_MONOTONIC) - from;
    }
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) + child_us(pid) - cpu;
    (void)close(pair[0]);
    (void)waitpid(pid, NULL, 0);
    printf("%-28s %9.1f us wall %9.1f us processor\n", "a bare echo", median(walls, count),
           cpu / (double)count);
}

static void
measure_spawn(double *walls)
{
    char *const argv[] = {"/bin/true", NULL};
    for (size_t i = 0; i < SPAWNS; i++) {
        pid_t pid;
        double from = clock_us(CLOCK_MONOTONIC);
        if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0) {
            die("posix_spawn");
        }
        (void)waitpid(pid, NULL, 0);
        walls[i] = clock_us(CLOCK_MONOTONIC) - from;
    }
    printf("%-28s %9.1f us wall\n", "a process for each call", median(walls, SPAWNS));
}

static void
measure_mcp(char *const argv[], size_t count, double *walls)
{
    struct mcp_figures f;
    const char *why;
    if (!mcp_measure(argv, count, FLIGHT, walls, &f, &why)) {
        printf("%-28s did not get past %s\n", "an MCP server on stdio", why);
        return;
    }
    printf("%-28s %9.1f us wall %9.1f us processor\n", "an MCP server on stdio", f.wall,
           f.processor);
    printf("%-28s %9.0f a second\n", "  64 in flight", f.per_second);
    printf("%-28s %9ld KiB resident\n", "  its process", f.resident_kib);
}

int
main(int argc, char **argv)
{
    size_t count = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 20000;
    if (argc < 3 || count < SPAWNS) {
        die("usage: bench-plugins PLUGIN-HOST EMPTY.so [CALLS [MCP-SERVER ARGUMENT...]]");
    }
    struct plugin_cage cage = {.program = argv[1], .memory = 256 * 1024 * 1024};
    double *walls = mem_zero(count, sizeof(*walls));
    if (!walls) {
        die("out of memory");
    }
    measure_echo(count, walls);
    measure("a call in this process", argv[2], NULL, count, walls);
    measure("a call in a child", argv[2], &cage, count, walls);
    measure_echo(count, walls);
    measure_spawn(walls);
    if (argc > 4) {
        measure_mcp(argv + 4, count, walls);
    }
    mem_free(walls);
    return 0;
}
