#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

static int
refused(const struct outfile *o, int errno_value, struct err *err)
{
    if (o->to_stdout) {
        return err_set_errno(err, errno_value, "standard output");
    }
    return err_set_errno(err, errno_value, "%" STR_FMT, STR_ARG(o->path));
}

static struct str
folder_of(struct str path)
{
    while (path.len > 0 && path.ptr[path.len - 1] != '/') {
        path.len--;
    }
    return path;
}

static int
open_draft(struct outfile *o, struct arena *arena, struct err *err)
{
    struct str dir = folder_of(o->path);
    struct str name = str_sub(o->path, dir.len, SIZE_MAX);
    struct str draft =
        arena_printf(arena, "%" STR_FMT ".%" STR_FMT ".XXXXXX", STR_ARG(dir), STR_ARG(name));
    if (!draft.ptr) {
        return err_nomem(err);
    }
    int fd = mkstemp((char *)draft.ptr);
    if (fd < 0) {
        return refused(o, errno, err);
    }
    o->draft = draft;
    o->stream = fdopen(fd, "w");
    if (!o->stream) {
        int seen = errno;
        (void)close(fd);
        return refused(o, seen, err);
    }
    return 0;
}

static int
open_in_place(struct outfile *o, struct err *err)
{
    int fd = open(o->path.ptr, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return refused(o, errno, err);
    }
    o->stream = fdopen(fd, "w");
    if (!o->stream) {
        int seen = errno;
        (void)close(fd);
        return refused(o, seen, err);
    }
    return 0;
}

int
outfile_open(struct outfile *o, struct str path, struct arena *arena, struct err *err)
{
    struct stat st;
    char real[PATH_MAX];
    *o = (struct outfile){.path = arena_str(arena, path)};
    if (!o->path.ptr) {
        return err_nomem(err);
    }
    if (path.len == 0 || str_eq(path, STR("-"))) {
        o->to_stdout = true;
        o->stream = stdout;
        return 0;
    }
    if (stat(o->path.ptr, &st) < 0) {
        return errno == ENOENT ? open_draft(o, arena, err) : refused(o, errno, err);
    }
    if (!S_ISREG(st.st_mode)) {
        return open_in_place(o, err);
    }
    /* A link stays a link: what it leads to is replaced. */
    if (!realpath(o->path.ptr, real)) {
        return refused(o, errno, err);
    }
    o->path = arena_str(arena, str_c(real));
    return o->path.ptr ? open_draft(o, arena, err) : err_nomem(err);
}

static int
write_failed(const struct outfile *o, int errno_value, struct err *err)
{
    return errno_value == EPIPE ? OUTFILE_CLOSED : refused(o, errno_value, err);
}

int
outfile_write(struct outfile *o, struct str text, struct err *err)
{
    if (fault_io("export.write")) {
        return refused(o, EIO, err);
    }
    if (fwrite(text.ptr, 1, text.len, o->stream) == text.len) {
        return 0;
    }
    return write_failed(o, errno, err);
}

/* The name itself is durable only once its folder is. */
static int
sync_folder(struct outfile *o, struct arena *arena, struct err *err)
{
    struct str dir = arena_str(arena, folder_of(o->path));
    if (!dir.ptr) {
        return err_nomem(err);
    }
    int fd = open(dir.len ? dir.ptr : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return refused(o, errno, err);
    }
    int seen = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return seen ? refused(o, seen, err) : 0;
}

int
outfile_finish(struct outfile *o, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    if (fflush(o->stream) != 0) {
        return write_failed(o, errno, err);
    }
    if (o->draft.len == 0) {
        return 0;
    }
    if (fsync(fileno(o->stream)) != 0 || fault_io("export.fsync")) {
        return refused(o, errno ? errno : EIO, err);
    }
    fault_point("export.rename.before");
    if (rename(o->draft.ptr, o->path.ptr) != 0) {
        return refused(o, errno, err);
    }
    o->draft = (struct str){0};
    fault_point("export.rename.after");
    return sync_folder(o, &arena, err);
}

void
outfile_done(struct outfile *o)
{
    if (o->stream && !o->to_stdout) {
        (void)fclose(o->stream);
    }
    if (o->draft.len > 0) {
        (void)unlink(o->draft.ptr);
    }
    *o = (struct outfile){0};
}
