#include "config/config_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

static int
read_all(int fd, struct str path, size_t max, struct arena *arena, struct str *ret, struct err *err)
{
    char *text = arena_alloc(arena, max + 2);
    size_t len = 0;
    if (!text) {
        return err_nomem(err);
    }
    while (len <= max) {
        ssize_t got = read(fd, text + len, max + 1 - len);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, errno, "read %" STR_FMT, STR_ARG(path));
        }
        len += (size_t)got;
    }
    if (len > max) {
        return err_set(err, ERR_LIMIT, "%" STR_FMT ": more than %zu bytes are too many",
                       STR_ARG(path), max);
    }
    text[len] = '\0';
    *ret = (struct str){text, len};
    return 0;
}

int
file_read(struct str path, size_t max, struct arena *arena, struct str *ret, struct stat *ret_stat,
          struct err *err)
{
    struct str name = arena_str(arena, path);
    if (!name.ptr) {
        return err_nomem(err);
    }
    /* Without O_NONBLOCK, opening a pipe would wait for whoever writes into it. */
    errno = EIO;
    int fd = fault_io("config.open") ? -1 : open(name.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return err_set_errno(err, errno, "open %s", name.ptr);
    }
    int result;
    if (fstat(fd, ret_stat) != 0) {
        result = err_set_errno(err, errno, "stat %s", name.ptr);
    } else if (!S_ISREG(ret_stat->st_mode)) {
        result = err_set(err, ERR_INVALID, "%s: is not a regular file", name.ptr);
    } else {
        result = read_all(fd, path, max, arena, ret, err);
    }
    (void)close(fd);
    return result;
}
