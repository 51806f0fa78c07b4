#include "model/aws_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_FIRST = 256 };

static bool
make_room(struct aws_text *t, size_t more)
{
    if (more < t->capacity - t->len) {
        return true;
    }
    size_t capacity = t->capacity ? t->capacity * 2 : TEXT_FIRST;
    capacity = capacity > t->len + more ? capacity : t->len + more + 1;
    char *grown = mem_alloc(capacity);
    if (!grown) {
        return false;
    }
    struct aws_text old = *t;
    if (old.len) {
        memcpy(grown, old.ptr, old.len);
    }
    aws_text_done(&old);
    t->ptr = grown;
    t->capacity = capacity;
    return true;
}

bool
aws_text_add(struct aws_text *t, struct str s)
{
    if (!make_room(t, s.len)) {
        return false;
    }
    if (s.len) {
        memcpy(t->ptr + t->len, s.ptr, s.len);
    }
    t->len += s.len;
    t->ptr[t->len] = '\0';
    return true;
}

bool
aws_text_set(struct aws_text *t, struct str s)
{
    struct aws_text fresh = {0};
    if (!aws_text_add(&fresh, s)) {
        return false;
    }
    aws_text_done(t);
    *t = fresh;
    return true;
}

struct str
aws_text_str(const struct aws_text *t)
{
    return (struct str){t->ptr, t->len};
}

void
aws_text_done(struct aws_text *t)
{
    if (t->ptr) {
        explicit_bzero(t->ptr, t->capacity);
        mem_free(t->ptr);
    }
    *t = (struct aws_text){0};
}

bool
aws_text_is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return text.len > 0;
}

/* One byte more than MAX is asked for, to see that there is more. */
static int
read_all(int fd, const char *path, size_t max, struct aws_text *t, struct err *err)
{
    while (t->len <= max) {
        ssize_t got = read(fd, t->ptr + t->len, max + 1 - t->len);
        if (got == 0) {
            t->ptr[t->len] = '\0';
            return 0;
        }
        if (got < 0 && errno != EINTR) {
            return err_set_errno(err, errno, "read %s", path);
        }
        t->len += got > 0 ? (size_t)got : 0;
    }
    return err_set(err, ERR_LIMIT, "%s: more than %zu bytes are too many", path, max);
}

static int
read_open(int fd, const char *path, size_t max, struct aws_text *ret, struct err *err)
{
    struct stat st;
    AUTO(aws_text) struct aws_text t = {0};
    if (fstat(fd, &st) != 0) {
        return err_set_errno(err, errno, "stat %s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: is not a regular file", path);
    }
    if (!make_room(&t, max + 1)) {
        return err_nomem(err);
    }
    int result = read_all(fd, path, max, &t, err);
    if (result == 0) {
        *ret = t;
        t = (struct aws_text){0};
    }
    return result;
}

int
aws_text_read(const char *path, size_t max, struct aws_text *ret, struct err *err)
{
    /* Without O_NONBLOCK, opening a pipe would wait for whoever writes into it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int why = errno;
        (void)err_set_errno(err, why, "open %s", path);
        err->code = why == ENOENT || why == ENOTDIR ? ERR_NOTFOUND : ERR_IO;
        return err->code;
    }
    int result = read_open(fd, path, max, ret, err);
    (void)close(fd);
    return result;
}
