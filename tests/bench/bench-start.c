/* bench-start: how long a person waits for the program itself.
 *
 *     bench-start DESKHAND DESK [RUNS]
 *
 * Starts DESKHAND on DESK (a sample desk: `deskhand init DESK --sample`) and takes the time from
 * fork to the first byte of what a person came for: `ask`'s printed answer, `chat`'s greeting.
 * Beside them, in the same run, the same for /bin/true's end, and one bare durable commit on the
 * desk's disk, of which an answer with one tool call needs four. Medians; RUNS defaults to 40. */
#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
die(const char *what)
{
    (void)fprintf(stderr, "bench-start: %s\n", what);
    exit(1);
}

/* Milliseconds until ARGV's standard output has its first byte (or its end). */
static double
first_byte(char *const argv[], int must_answer)
{
    int out[2];
    pid_t child;
    int status;
    char bytes[4096];
    posix_spawn_file_actions_t actions;
    if (pipe2(out, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0) {
        die("pipe");
    }
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    double begin = now_ms();
    if (posix_spawn(&child, argv[0], &actions, NULL, argv, environ) != 0) {
        die(argv[0]);
    }
    (void)close(out[1]);
    ssize_t got = read(out[0], bytes, sizeof(bytes));
    double end = now_ms();
    while (read(out[0], bytes, sizeof(bytes)) > 0) {
    }
    (void)close(out[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)waitpid(child, &status, 0);
    if (must_answer && (got <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        die("the program did not answer");
    }
    return end - begin;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void
report(const char *what, double *times, size_t count, const char *mark)
{
    qsort(times, count, sizeof(*times), compare);
    (void)printf("%-36s median %6.2f ms, min %6.2f, p90 %6.2f%s\n", what, times[count / 2],
                 times[0], times[count * 9 / 10], mark);
}

static void
measure(const char *what, char *const argv[], int must_answer, size_t runs, const char *mark)
{
    double *times = calloc(runs, sizeof(*times));
    if (!times) {
        die("memory");
    }
    (void)first_byte(argv, must_answer);
    for (size_t i = 0; i < runs; i++) {
        times[i] = first_byte(argv, must_answer);
    }
    report(what, times, runs, mark);
    free(times);
}

static void
measure_commit(const char *desk, size_t runs)
{
    char path[4200];
    sqlite3 *db;
    double *times = calloc(runs, sizeof(*times));
    (void)snprintf(path, sizeof(path), "%s/bench-start.db", desk);
    if (!times || sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE m(t TEXT)",
                     NULL, NULL, NULL) != SQLITE_OK) {
        die("bare database");
    }
    for (size_t i = 0; i < runs; i++) {
        double begin = now_ms();
        if (sqlite3_exec(db, "INSERT INTO m VALUES('a message of some length, as they are')", NULL,
                         NULL, NULL) != SQLITE_OK) {
            die("bare insert");
        }
        times[i] = now_ms() - begin;
    }
    report("one bare durable commit", times, runs, "");
    (void)sqlite3_close(db);
    (void)unlink(path);
    free(times);
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        die("usage: bench-start DESKHAND DESK [RUNS]");
    }
    size_t runs = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 40;
    char *nothing[] = {"/bin/true", NULL};
    char *ask[] = {argv[1], "--desk", argv[2], "ask", "my hub won't pair with my phone", NULL};
    char *chat[] = {argv[1], "--desk", argv[2], "chat", NULL};
    (void)printf("%ld cores, %zu runs each, desk in %s\n", sysconf(_SC_NPROCESSORS_ONLN), runs,
                 argv[2]);
    measure("/bin/true", nothing, 0, runs, "");
    measure_commit(argv[2], runs);
    measure("ask: exec to printed answer", ask, 1, runs, "  (mark: 15 ms)");
    measure("chat: exec to greeting", chat, 1, runs, "  (mark: 15 ms)");
    return 0;
}
