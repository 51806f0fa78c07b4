#include "store/process_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

static bool
lock_path(const char *desk, struct str name, char out[PATH_MAX])
{
    int wanted = snprintf(out, PATH_MAX, "%s/run/%" STR_FMT ".lock", desk, STR_ARG(name));
    return wanted > 0 && wanted < PATH_MAX;
}

static int
lock_call(int fd, int command, short *type)
{
    struct flock lock = {.l_type = *type, .l_whence = SEEK_SET};
    int result;
    do {
        result = fcntl(fd, command, &lock);
    } while (result < 0 && errno == EINTR);
    *type = lock.l_type;
    return result;
}

static bool
lock_now(int fd)
{
    short type = F_WRLCK;
    return lock_call(fd, F_OFD_SETLK, &type) == 0;
}

static int
refused(struct err *err, int seen, const char *what, const char *path)
{
    if (seen == EACCES || seen == EPERM || seen == EROFS) {
        (void)err_set_errno(err, seen, "%s %s", what, path);
        err->code = ERR_AUTH;
        return ERR_AUTH;
    }
    return err_set_errno(err, seen, "%s %s", what, path);
}

/* One try at a fresh name. 1: it was swept away between its making and its locking. */
static int
take_name(struct process_lock *l, const char *desk, struct err *err)
{
    char path[PATH_MAX];
    struct id_gen ids;
    struct stat info;
    id_gen_init(&ids);
    id_make(&ids, 'p', l->name);
    if (!lock_path(desk, str_c(l->name), path)) {
        return err_set(err, ERR_INVALID, "%s: the path is too long", desk);
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno == EEXIST ? 1 : refused(err, errno, "make", path);
    }
    fault_point("process.lock.made");
    /* A sweeper locks what it removes: either it has the lock, or the file has lost its name, or
     * this process is safe from it. */
    if (!lock_now(fd) || fstat(fd, &info) != 0 || info.st_nlink == 0) {
        int seen = errno;
        (void)close(fd);
        return seen == EAGAIN || seen == EACCES || seen == 0 ? 1 : refused(err, seen, "lock", path);
    }
    fault_point("process.lock.taken");
    l->fd = fd;
    l->held = true;
    return 0;
}

int
process_lock_take(struct process_lock *l, const char *desk, struct err *err)
{
    enum { TRIES = 100 };
    char folder[PATH_MAX];
    int wanted = snprintf(folder, sizeof(folder), "%s/run", desk);
    if (wanted < 0 || wanted >= (int)sizeof(folder)) {
        return err_set(err, ERR_INVALID, "%s: the path is too long", desk);
    }
    if (fault_io("process.lock")) {
        return err_set_errno(err, EIO, "make %s", folder);
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return refused(err, errno, "make", folder);
    }
    for (int i = 0; i < TRIES; i++) {
        errno = 0;
        int result = take_name(l, desk, err);
        if (result <= 0) {
            return result;
        }
    }
    return err_set(err, ERR_IO, "%s: somebody removes lock files as fast as they are made", folder);
}

void
process_lock_drop(struct process_lock *l, const char *desk)
{
    char path[PATH_MAX];
    if (!l->held) {
        return;
    }
    /* While the lock is held nobody takes the file for a dead one's. */
    if (lock_path(desk, str_c(l->name), path)) {
        (void)unlink(path);
    }
    fault_point("process.lock.dropped");
    (void)close(l->fd);
    l->held = false;
}

bool
process_lock_alive(const char *desk, struct str name)
{
    char path[PATH_MAX];
    short type = F_WRLCK;
    if (!id_plausible(name) || !lock_path(desk, name, path)) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
    }
    bool alive = lock_call(fd, F_OFD_GETLK, &type) != 0 || type != F_UNLCK;
    (void)close(fd);
    return alive;
}

static bool
remove_stale(const char *desk, struct str name)
{
    char path[PATH_MAX];
    if (!lock_path(desk, name, path)) {
        return false;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    bool removed = lock_now(fd) && unlink(path) == 0;
    (void)close(fd);
    return removed;
}

size_t
process_lock_stale(const char *desk, bool remove)
{
    char folder[PATH_MAX];
    size_t count = 0;
    if (snprintf(folder, sizeof(folder), "%s/run", desk) >= (int)sizeof(folder)) {
        return 0;
    }
    DIR *dir = opendir(folder);
    if (!dir) {
        return 0;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        struct str name = str_c(entry->d_name);
        if (!str_starts(name, STR("p-")) || !str_ends(name, STR(".lock"))) {
            continue;
        }
        name.len -= 5;
        if (!process_lock_alive(desk, name)) {
            count += !remove || remove_stale(desk, name) ? 1 : 0;
        }
    }
    (void)closedir(dir);
    return count;
}
