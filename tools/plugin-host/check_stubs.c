/* What these report is said once a process: the second time it is no news. */
#include "check_stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <threads.h>
#include <unistd.h>

#include "check.h"
#include "check_wire.h"

/* Written before any other thread is there, but for the counters. */
static struct {
    struct check *check;
    int64_t fail_at;
    atomic_long allocations;
    atomic_bool failed;
    atomic_bool short_of_memory;
    atomic_uint said; /* bits of enum news */
} watched;

enum news {
    NEWS_PROCESS = 1,
    NEWS_END = 2,
    NEWS_SIGNAL = 4,
    NEWS_ENVIRONMENT = 8,
    NEWS_LOCALE = 16,
    NEWS_FOLDER = 32,
    NEWS_MASK = 64,
    NEWS_CLOSE = 128,
    NEWS_WRITE = 256,
    NEWS_THREAD = 512,
    NEWS_KILL = 1024,
};

void
check_stubs_begin(struct check *c, int64_t fail_at)
{
    watched.check = c;
    watched.fail_at = fail_at;
}

bool
check_stubs_failed(void)
{
    return atomic_load(&watched.failed);
}

static void
tell(enum news news, const char *what, const char *function)
{
    int seen = errno;
    if (!(atomic_fetch_or(&watched.said, (unsigned)news) & (unsigned)news)) {
        check_found(watched.check, what, "%s() in %s", function, watched.check->place);
    }
    errno = seen;
}

/* Is FD one that the plugin found here? */
static bool
foreign(int fd)
{
    return fd >= 0 && fd < CHECK_FDS && watched.check->before.open[fd];
}

/* ---- Memory -----------------------------------------------------------------------------------*/

/* Is it this allocation's turn? */
static bool
fails(const char *function)
{
    if (atomic_fetch_add(&watched.allocations, 1) + 1 != watched.fail_at) {
        return false;
    }
    struct check_line line;
    atomic_store(&watched.failed, true);
    check_line_open(&line, "failed");
    js_put_int(&line.out, "n", watched.fail_at);
    js_put_str(&line.out, "function", str_c(function));
    js_put_str(&line.out, "in", str_c(watched.check->place));
    check_line_say(watched.check, &line);
    errno = ENOMEM;
    return true;
}

static void *
given(void *p, size_t size)
{
    if (!p && size && errno == ENOMEM && !atomic_exchange(&watched.short_of_memory, true)) {
        check_found(watched.check, "memory", "%zu bytes were not to be had in %s", size,
                    watched.check->place);
        errno = ENOMEM;
    }
    return p;
}

static void *
stub_malloc(size_t size)
{
    return fails("malloc") ? NULL : given(malloc(size), size);
}

static void *
stub_calloc(size_t count, size_t size)
{
    return fails("calloc") ? NULL : given(calloc(count, size), size);
}

static void *
stub_realloc(void *old, size_t size)
{
    return fails("realloc") ? NULL : given(realloc(old, size), size);
}

static void *
stub_reallocarray(void *old, size_t count, size_t size)
{
    return fails("reallocarray") ? NULL : given(reallocarray(old, count, size), size);
}

static void *
stub_aligned_alloc(size_t alignment, size_t size)
{
    return fails("aligned_alloc") ? NULL : given(aligned_alloc(alignment, size), size);
}

static int
stub_posix_memalign(void **ret, size_t alignment, size_t size)
{
    return fails("posix_memalign") ? ENOMEM : posix_memalign(ret, alignment, size);
}

static char *
stub_strdup(const char *text)
{
    return fails("strdup") ? NULL : strdup(text);
}

static char *
stub_strndup(const char *text, size_t max)
{
    return fails("strndup") ? NULL : strndup(text, max);
}

/* ---- Processes and their end ------------------------------------------------------------------*/

/* None is made: the cage would refuse it as well. */
static pid_t
stub_fork(void)
{
    tell(NEWS_PROCESS, "process", "fork");
    errno = EPERM;
    return -1;
}

static int
stub_system(const char *command)
{
    (void)command;
    tell(NEWS_PROCESS, "process", "system");
    errno = EPERM;
    return -1;
}

static FILE *
stub_popen(const char *command, const char *mode)
{
    (void)command;
    (void)mode;
    tell(NEWS_PROCESS, "process", "popen");
    errno = EPERM;
    return NULL;
}

static int
stub_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
           const posix_spawnattr_t *attributes, char *const argv[], char *const env[])
{
    (void)pid;
    (void)path;
    (void)actions;
    (void)attributes;
    (void)argv;
    (void)env;
    tell(NEWS_PROCESS, "process", "posix_spawn");
    return EPERM;
}

static int
stub_execve(const char *path, char *const argv[], char *const env[])
{
    (void)path;
    (void)argv;
    (void)env;
    tell(NEWS_PROCESS, "process", "execve");
    errno = EPERM;
    return -1;
}

static int
stub_execv(const char *path, char *const argv[])
{
    return stub_execve(path, argv, NULL);
}

static void __attribute__((noreturn)) stub_exit(int status)
{
    tell(NEWS_END, "exit", "exit");
    _exit(status);
}

static void __attribute__((noreturn)) stub__exit(int status)
{
    tell(NEWS_END, "exit", "_exit");
    _exit(status);
}

static void __attribute__((noreturn)) stub_abort(void)
{
    tell(NEWS_END, "exit", "abort");
    abort();
}

static void __attribute__((noreturn))
stub_assert_fail(const char *text, const char *file, unsigned line, const char *function)
{
    (void)function;
    check_found(watched.check, "exit", "assert(%s), %s:%u, in %s", text, file, line,
                watched.check->place);
    abort();
}

static int
stub_kill(pid_t pid, int number)
{
    (void)pid;
    (void)number;
    tell(NEWS_KILL, "kill", "kill");
    errno = EPERM;
    return -1;
}

static void (*stub_signal(int number, void (*handler)(int)))(int)
{
    tell(NEWS_SIGNAL, "signal", "signal");
    return signal(number, handler);
}

static int
stub_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (action) {
        tell(NEWS_SIGNAL, "signal", "sigaction");
    }
    return sigaction(number, action, old);
}

/* ---- What belongs to the whole process --------------------------------------------------------*/

static int
stub_setenv(const char *name, const char *value, int overwrite)
{
    tell(NEWS_ENVIRONMENT, "setenv", "setenv");
    return setenv(name, value, overwrite);
}

static int
stub_unsetenv(const char *name)
{
    tell(NEWS_ENVIRONMENT, "setenv", "unsetenv");
    return unsetenv(name);
}

static int
stub_putenv(char *text)
{
    tell(NEWS_ENVIRONMENT, "setenv", "putenv");
    return putenv(text);
}

static char *
stub_setlocale(int category, const char *locale)
{
    if (locale) {
        tell(NEWS_LOCALE, "setlocale", "setlocale");
    }
    return setlocale(category, locale);
}

static int
stub_chdir(const char *path)
{
    tell(NEWS_FOLDER, "chdir", "chdir");
    return chdir(path);
}

static int
stub_fchdir(int fd)
{
    tell(NEWS_FOLDER, "chdir", "fchdir");
    return fchdir(fd);
}

static mode_t
stub_umask(mode_t mask)
{
    tell(NEWS_MASK, "umask", "umask");
    return umask(mask);
}

static int
stub_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *arg)
{
    if (!watched.check->threads) {
        tell(NEWS_THREAD, "undeclared", "pthread_create");
    }
    return pthread_create(thread, attributes, start, arg);
}

static int
stub_thrd_create(thrd_t *thread, thrd_start_t start, void *arg)
{
    if (!watched.check->threads) {
        tell(NEWS_THREAD, "undeclared", "thrd_create");
    }
    return thrd_create(thread, start, arg);
}

/* ---- The host's descriptors -------------------------------------------------------------------*/

/* Theirs stay open: this process has to report. */
static int
stub_close(int fd)
{
    if (foreign(fd)) {
        tell(NEWS_CLOSE, "close", "close");
        return 0;
    }
    return close(fd);
}

static int
stub_dup2(int from, int to)
{
    if (foreign(to)) {
        tell(NEWS_CLOSE, "close", "dup2");
        return to;
    }
    return dup2(from, to);
}

static bool
strays(int fd, const char *function)
{
    if (!foreign(fd)) {
        return false;
    }
    bool printed = fd == STDOUT_FILENO || fd == STDERR_FILENO;
    tell(NEWS_WRITE, printed ? "output" : "stray", function);
    return true;
}

static ssize_t
stub_write(int fd, const void *bytes, size_t size)
{
    return strays(fd, "write") ? (ssize_t)size : write(fd, bytes, size);
}

static ssize_t
stub_send(int fd, const void *bytes, size_t size, int flags)
{
    return strays(fd, "send") ? (ssize_t)size : send(fd, bytes, size, flags);
}

/* ---- The table --------------------------------------------------------------------------------*/

#define STUB(name)                                                                                 \
    {                                                                                              \
#name, (void *)stub_##name                                                                 \
    }

void *
check_stub(const char *name)
{
    static const struct {
        const char *name;
        void *stub;
    } stubs[] = {
        STUB(malloc),
        STUB(calloc),
        STUB(realloc),
        STUB(strdup),
        STUB(strndup),
        STUB(reallocarray),
        STUB(fork),
        STUB(posix_memalign),
        STUB(aligned_alloc),
        STUB(system),
        STUB(popen),
        STUB(execve),
        STUB(execv),
        STUB(exit),
        STUB(_exit),
        STUB(abort),
        STUB(kill),
        STUB(signal),
        STUB(sigaction),
        STUB(setenv),
        STUB(unsetenv),
        STUB(putenv),
        STUB(setlocale),
        STUB(chdir),
        STUB(fchdir),
        STUB(umask),
        STUB(pthread_create),
        STUB(close),
        STUB(dup2),
        STUB(thrd_create),
        STUB(write),
        STUB(send),
        {"__strdup", (void *)stub_strdup},
        {"vfork", (void *)stub_fork},
        {"posix_spawn", (void *)stub_spawn},
        {"_Exit", (void *)stub__exit},
        {"posix_spawnp", (void *)stub_spawn},
        {"__assert_fail", (void *)stub_assert_fail},
    };
    for (size_t i = 0; i < sizeof(stubs) / sizeof(*stubs); i++) {
        if (strcmp(stubs[i].name, name) == 0) {
            return stubs[i].stub;
        }
    }
    return NULL;
}
