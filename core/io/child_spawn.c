#include "io/child_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

static void
close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            (void)close(pair[i]);
        }
        pair[i] = -1;
    }
}

/* FD somewhere above the three standard ones, where wiring up a child's cannot overwrite it: a
 * daemon may run with those closed. */
static int
above_standard(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int seen = errno;
    (void)close(fd);
    errno = seen;
    return moved;
}

/* Our end does not block; the child's is an ordinary one. */
static int
make_pipe(int pair[2])
{
    if (pipe2(pair, O_CLOEXEC) != 0) {
        return -1;
    }
    pair[0] = above_standard(pair[0]);
    pair[1] = above_standard(pair[1]);
    return pair[0] < 0 || pair[1] < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0 ? -1 : 0;
}

/* A file in memory needs nobody to feed it. */
static int
make_input(struct str input)
{
    if (input.len == 0) {
        return above_standard(open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    int fd = above_standard(memfd_create("stdin", MFD_CLOEXEC));
    size_t written = 0;
    while (fd >= 0 && written < input.len) {
        ssize_t put = pwrite(fd, input.ptr + written, input.len - written, (off_t)written);
        if (put <= 0) {
            (void)close(fd);
            return -1;
        }
        written += (size_t)put;
    }
    return fd;
}

/* 0 or an errno value. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = failed ? failed : posix_spawnattr_setpgroup(attributes, 0);
    failed = failed ? failed : posix_spawnattr_setsigmask(attributes, &none);
    return failed ? failed : posix_spawnattr_setsigdefault(attributes, &all);
}

static int
set_actions(posix_spawn_file_actions_t *actions, int in, int out, int complaint)
{
    int failed = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(actions, complaint, STDERR_FILENO);
    return failed ? failed : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

static int
spawn(pid_t *ret_pid, const char *const argv[], const char *const env[], int in, int out,
      int complaint)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failed = posix_spawnattr_init(&attributes);
    if (failed) {
        return failed;
    }
    failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = set_attributes(&attributes);
        failed = failed ? failed : set_actions(&actions, in, out, complaint);
        failed = failed ? failed
                        : posix_spawnp(ret_pid, argv[0], &actions, &attributes, (char *const *)argv,
                                       (char *const *)env);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

int
child_spawn_in(const char *const argv[], const char *const env[], int in, struct child_process *ret,
               struct err *err)
{
    int out[2] = {-1, -1};
    int complaint[2] = {-1, -1};
    pid_t pid = -1;
    int failed = in < 0 || make_pipe(out) != 0 || make_pipe(complaint) != 0 ? errno : 0;
    failed = failed ? failed : spawn(&pid, argv, env, in, out[1], complaint[1]);
    if (failed) {
        close_pair(out);
        close_pair(complaint);
        (void)err_set_errno(err, failed, "start %s", argv[0]);
        err->code = failed == ENOENT ? ERR_NOTFOUND : failed == ENOMEM ? ERR_NOMEM : ERR_IO;
        return err->code;
    }
    (void)close(out[1]);
    (void)close(complaint[1]);
    *ret = (struct child_process){pid, out[0], complaint[0]};
    return 0;
}

int
child_spawn(const char *const argv[], const char *const env[], struct str input,
            struct child_process *ret, struct err *err)
{
    int in = make_input(input);
    env = env ? env : (const char *const *)environ;
    int result = child_spawn_in(argv, env, in, ret, err);
    if (in >= 0) {
        (void)close(in);
    }
    return result;
}
