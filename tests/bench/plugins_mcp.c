#include "plugins_mcp.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct server {
    pid_t pid;
    FILE *to;
    FILE *from;
    char *line;
    size_t size;
};

static double
now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool
start(struct server *s, char *const argv[])
{
    int in[2];
    int out[2];
    posix_spawn_file_actions_t actions;
    if (pipe(in) != 0 || pipe(out) != 0 || posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    (void)posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    (void)posix_spawn_file_actions_addclose(&actions, in[1]);
    (void)posix_spawn_file_actions_addclose(&actions, out[0]);
    int failed = posix_spawnp(&s->pid, argv[0], &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    s->to = fdopen(in[1], "w");
    s->from = fdopen(out[0], "r");
    return failed == 0 && s->to && s->from;
}

static void
stop(struct server *s)
{
    if (s->to) {
        (void)fclose(s->to);
    }
    if (s->from) {
        (void)fclose(s->from);
    }
    if (s->pid > 0) {
        (void)kill(s->pid, SIGKILL);
        (void)waitpid(s->pid, NULL, 0);
    }
    free(s->line);
}

/* The next answer; whose, nobody asks: all are alike. */
static bool
answered(struct server *s)
{
    do {
        if (getline(&s->line, &s->size, s->from) <= 0) {
            return false;
        }
    } while (!strstr(s->line, "\"result\""));
    return true;
}

static bool
greet(struct server *s)
{
    (void)fputs("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},"
                "\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n",
                s->to);
    if (fflush(s->to) != 0 || !answered(s)) {
        return false;
    }
    (void)fputs("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n", s->to);
    return fflush(s->to) == 0;
}

static bool
ask(struct server *s, size_t id)
{
    (void)fprintf(s->to,
                  "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"tools/call\",\"params\":{"
                  "\"name\":\"empty\",\"arguments\":{}}}\n",
                  id);
    return fflush(s->to) == 0;
}

/* Processor time of the whole process, in microseconds. */
static double
processor_us(pid_t pid)
{
    char path[64];
    unsigned long user = 0;
    unsigned long system = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f) {
        (void)fscanf(f,
                     "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", /* 14th */
                     &user, &system);
        (void)fclose(f);
    }
    return (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

long
process_kib(pid_t pid)
{
    char path[64];
    char line[200];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        (void)sscanf(line, "VmRSS: %ld", &kib);
    }
    if (f) {
        (void)fclose(f);
    }
    return kib;
}

static bool
alone(struct server *s, size_t count, double *walls)
{
    for (size_t i = 0; i < count; i++) {
        double from = now_us();
        if (!ask(s, i + 1) || !answered(s)) {
            return false;
        }
        walls[i] = now_us() - from;
    }
    return true;
}

static bool
together(struct server *s, size_t count, size_t flight)
{
    size_t asked = 0;
    for (size_t done = 0; done < count; done++) {
        while (asked < count && asked < done + flight) {
            if (!ask(s, ++asked)) {
                return false;
            }
        }
        if (!answered(s)) {
            return false;
        }
    }
    return true;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static const char *
measure(struct server *s, size_t count, size_t flight, double *walls, struct mcp_figures *ret)
{
    if (!greet(s)) {
        return "its greeting";
    }
    if (!alone(s, count / 10 + 1, walls)) {
        return "its first calls";
    }
    double cpu = processor_us(s->pid);
    if (!alone(s, count, walls)) {
        return "a call";
    }
    ret->processor = (processor_us(s->pid) - cpu) / (double)count;
    qsort(walls, count, sizeof(*walls), compare);
    ret->wall = walls[count / 2];
    double from = now_us();
    if (!together(s, count, flight)) {
        return "calls together";
    }
    ret->per_second = (double)count / (now_us() - from) * 1e6;
    ret->resident_kib = process_kib(s->pid);
    return NULL;
}

int
mcp_measure(char *const argv[], size_t count, size_t flight, double *walls, struct mcp_figures *ret,
            const char **ret_why)
{
    struct server s = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    *ret_why = start(&s, argv) ? measure(&s, count, flight, walls, ret) : "its start";
    stop(&s);
    return *ret_why == NULL;
}
