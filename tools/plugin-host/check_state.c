#include "check_state.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { TASK_TRIES = 40, TASK_PAUSE_MS = 5 };

/* ThreadSanitizer adds one of its own when the first thread is started. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHES_THREADS
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define WATCHES_THREADS
#endif
#ifdef WATCHES_THREADS
enum { NOT_THE_PLUGINS = 1 };
#else
enum { NOT_THE_PLUGINS = 0 };
#endif

bool
check_state_prepare(struct check_state *s)
{
    int ends[2];
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return false;
    }
    s->sink = ends[0];
    s->tasks = opendir("/proc/self/task");
    bool led = dup2(nothing, STDIN_FILENO) >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0 &&
               dup2(ends[1], STDERR_FILENO) >= 0;
    (void)close(nothing);
    (void)close(ends[1]);
    return led && clearenv() == 0;
}

void
check_state_done(struct check_state *s)
{
    if (s->tasks) {
        (void)closedir(s->tasks);
    }
    s->tasks = NULL;
}

static int
count_tasks(const struct check_state *s)
{
    int count = 0;
    if (!s->tasks) {
        return 0;
    }
    rewinddir(s->tasks);
    for (const struct dirent *entry; (entry = readdir(s->tasks)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    return count;
}

static mode_t
mask_now(void)
{
    mode_t mask = umask(0);
    (void)umask(mask);
    return mask;
}

static const char *
locale_now(void)
{
    const char *name = setlocale(LC_ALL, NULL);
    return name ? name : "";
}

void
check_state_take(struct check_state *s)
{
    s->task_count = count_tasks(s);
    for (int fd = 0; fd < CHECK_FDS; fd++) {
        s->open[fd] = fcntl(fd, F_GETFD) >= 0;
    }
    for (int number = 1; number < CHECK_SIGNALS; number++) {
        struct sigaction now = {0};
        (void)sigaction(number, NULL, &now);
        s->signals[number] = now.sa_handler;
    }
    if (!getcwd(s->folder, sizeof(s->folder))) {
        s->folder[0] = '\0';
    }
    (void)snprintf(s->locale, sizeof(s->locale), "%s", locale_now());
    s->mask = mask_now();
}

static void
compare_descriptors(struct check *c, const struct check_state *before)
{
    int more = 0;
    int gone = 0;
    for (int fd = 0; fd < CHECK_FDS; fd++) {
        bool open = fcntl(fd, F_GETFD) >= 0;
        more += open && !before->open[fd];
        gone += !open && before->open[fd];
    }
    if (more) {
        check_found(c, "descriptors", "%d descriptor%s left open after destroy", more,
                    more > 1 ? "s were" : " was");
    }
    if (gone) {
        check_found(c, "close", "%d of the host's descriptors closed", gone);
    }
}

/* A thread that was joined may still be on its way out. */
static void
compare_threads(struct check *c, const struct check_state *before)
{
    const struct timespec pause = {.tv_nsec = TASK_PAUSE_MS * 1000000L};
    int known = before->task_count + NOT_THE_PLUGINS;
    int more = count_tasks(before) - known;
    for (int i = 0; i < TASK_TRIES && more > 0; i++) {
        (void)nanosleep(&pause, NULL);
        more = count_tasks(before) - known;
    }
    if (more > 0) {
        check_found(c, "thread", "%d thread%s still running after destroy", more,
                    more > 1 ? "s" : "");
    }
}

static void
compare_output(struct check *c, const struct check_state *before)
{
    char said[80];
    (void)fflush(NULL);
    ssize_t got = read(before->sink, said, sizeof(said));
    if (got > 0) {
        check_found(c, "output", "\"%.*s\"", (int)got, said);
    }
}

void
check_state_compare(struct check *c, const struct check_state *before)
{
    char folder[CHECK_PATH];
    compare_output(c, before);
    compare_descriptors(c, before);
    compare_threads(c, before);
    if (before->folder[0] && getcwd(folder, sizeof(folder)) &&
        strcmp(folder, before->folder) != 0) {
        check_found(c, "chdir", "the folder is now %s", folder);
    }
    if (strcmp(locale_now(), before->locale) != 0) {
        check_found(c, "setlocale", "the locale is now %s", locale_now());
    }
    if (mask_now() != before->mask) {
        check_found(c, "umask", "the umask is now %03o", (unsigned)mask_now());
    }
    if (environ && environ[0]) {
        check_found(c, "setenv", "%s", environ[0]);
    }
    for (int number = 1; number < CHECK_SIGNALS; number++) {
        struct sigaction now = {0};
        if (sigaction(number, NULL, &now) == 0 && now.sa_handler != before->signals[number]) {
            check_found(c, "signal", "signal %d is handled anew", number);
        }
    }
}
