#include "catalog/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fault.h"
#include "base/limits.h"

enum { SOURCE_CHUNK = 256 * 1024 };

struct str
source_window(const struct source *s)
{
    return (struct str){s->bytes + s->start, s->len - s->start};
}

/* Room for one more chunk behind what is there; the consumed part goes first. */
static int
make_room(struct source *s, struct err *err)
{
    if (s->start > 0) {
        memmove(s->bytes, s->bytes + s->start, s->len - s->start);
        s->len -= s->start;
        s->start = 0;
    }
    if (s->capacity - s->len >= SOURCE_CHUNK) {
        return 0;
    }
    size_t capacity = s->capacity == 0 ? (size_t)2 * SOURCE_CHUNK : s->capacity * 2;
    char *bytes = mem_resize(s->bytes, capacity, 1);
    if (!bytes) {
        return err_nomem(err);
    }
    s->bytes = bytes;
    s->capacity = capacity;
    return 0;
}

/* As much as there is room for, so that a row found incomplete is looked at again only after the
 * window has doubled. */
int
source_more(struct source *s, struct err *err)
{
    if (s->len - s->start >= LIMIT_IMPORT_LINE) {
        return 1;
    }
    int rc = make_room(s, err);
    if (rc != 0) {
        return rc;
    }
    ssize_t got;
    do {
        got = fault_io("import read") ? (errno = EIO, -1)
                                      : read(s->fd, s->bytes + s->len, s->capacity - s->len);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return err_set_errno(err, errno, "import: %s", s->path);
    }
    s->len += (size_t)got;
    s->done += (uint64_t)got;
    s->eof = got == 0;
    return 0;
}

void
source_step(struct source *s, size_t bytes)
{
    const char *at = s->bytes + s->start;
    const char *end = at + bytes;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        s->line++;
        at++;
    }
    s->start += bytes;
}

int
source_skip_line(struct source *s, struct err *err)
{
    for (;;) {
        struct str window = source_window(s);
        size_t end = str_find_char(window, '\n', 0);
        if (end != SIZE_MAX) {
            source_step(s, end + 1);
            return 0;
        }
        s->start = s->len;
        if (s->eof) {
            return 0;
        }
        int rc = source_more(s, err);
        if (rc < 0) {
            return rc;
        }
    }
}

static int
skip_mark(struct source *s, struct err *err)
{
    int rc = source_more(s, err);
    if (rc < 0) {
        return rc;
    }
    struct str window = source_window(s);
    if (str_starts(window, STR("\xFF\xFE")) || str_starts(window, STR("\xFE\xFF"))) {
        return err_set(err, ERR_INVALID, "import: %s is UTF-16; save it as UTF-8", s->path);
    }
    if (str_starts(window, STR("\xEF\xBB\xBF"))) {
        s->start += 3;
    }
    return 0;
}

int
source_open(struct source *s, const char *path, struct err *err)
{
    struct stat st;
    *s = (struct source){.path = path, .line = 1};
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        int saved = errno;
        return saved == ENOENT ? err_set(err, ERR_NOTFOUND, "import: there is no file %s", path)
                               : err_set_errno(err, saved, "import: %s", path);
    }
    int rc = 0;
    if (fstat(s->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        rc = err_set(err, ERR_INVALID, "import: %s is a folder", path);
    } else {
        s->total = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
        rc = skip_mark(s, err);
    }
    if (rc != 0) {
        source_close(s);
    }
    return rc;
}

void
source_close(struct source *s)
{
    if (s->path && s->fd >= 0) {
        (void)close(s->fd);
    }
    mem_free(s->bytes);
    *s = (struct source){.fd = -1};
}
