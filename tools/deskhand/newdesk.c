#include "newdesk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "base/fault.h"

static const char prompts_page[] =
    "# This desk's own prompts\n"
    "\n"
    "Everything the bot says by rule comes from a prompt: how it behaves, how it greets, what a\n"
    "customer reads when a person takes over. This folder is empty because the prompts that came\n"
    "with Deskhand are in use. To change one, put a copy of it here and edit the copy; a file in\n"
    "this folder goes before the shipped one of the same name:\n"
    "\n"
    "    deskhand prompts list                        every prompt and where it is from\n"
    "    deskhand prompts show greeting > prompts/greeting.mustache\n"
    "    deskhand prompts check                       is every prompt sound?\n"
    "    deskhand prompts render greeting             what it says on this desk\n"
    "\n"
    "A value like the shop's opening hours needs no copy: set it in desk.yaml under prompt.vars.\n";

/* ---- Folders and files -----------------------------------------------------------------------*/

static int
refused(struct err *err, int seen, const char *what, const char *path)
{
    if (seen == EACCES || seen == EPERM || seen == EROFS) {
        (void)err_set(err, ERR_AUTH, "%s %s: %s: choose a folder you may write in", what, path,
                      seen == EROFS ? "the file system is read-only" : "no permission");
        err->saved_errno = seen;
        return ERR_AUTH;
    }
    if (seen == ENOTDIR) {
        return err_set(err, ERR_INVALID, "%s %s: a part of this path is a file: choose another",
                       what, path);
    }
    if (seen == ENOSPC || seen == EDQUOT) {
        return err_set(err, ERR_IO,
                       "%s %s: the disk is full: make room, then run the same command again", what,
                       path);
    }
    return err_set_errno(err, seen, "%s %s", what, path);
}

/* The folder PATH where it is missing, its parents first. PATH is changed and put back. */
static int
make_folders(char *path, struct err *err)
{
    struct stat st;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool there = stat(path, &st) == 0;
        if (!there && mkdir(path, 0755) != 0 && errno != EEXIST) {
            return refused(err, errno, "make", path);
        }
        *slash = '/';
    }
    int seen = mkdir(path, 0755) == 0 ? 0 : errno;
    if (stat(path, &st) != 0) {
        return refused(err, seen ? seen : errno, "make", path);
    }
    if (!S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: is no folder: choose another place", path);
    }
    return 0;
}

static int
write_all(int fd, struct str text, const char *path, struct err *err)
{
    while (text.len > 0) {
        ssize_t put = fault_io("init.write") ? (errno = EIO, -1) : write(fd, text.ptr, text.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return refused(err, errno, "write", path);
        }
        text = str_sub(text, (size_t)put, SIZE_MAX);
    }
    return fsync(fd) == 0 ? 0 : refused(err, errno, "write", path);
}

static int
sync_folder(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return refused(err, errno, "open", path);
    }
    int seen = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    /* Some file systems cannot sync a folder, and need not. */
    return seen == 0 || seen == EINVAL ? 0 : refused(err, seen, "write", path);
}

/* ---- The desk --------------------------------------------------------------------------------*/

static bool
has_yaml(const struct newdesk *n)
{
    struct stat st;
    return lstat(n->yaml.ptr, &st) == 0;
}

/* The draft, locked. It is not emptied before the lock is held: a maker that was first may have
 * just made desk.yaml of it, or failed and taken it away; then there is a fresh one to lock. */
static int
lock_draft(struct newdesk *n, struct err *err)
{
    struct stat st = {0};
    int locked;
    do {
        if (n->fd >= 0 && st.st_nlink == 0) {
            (void)close(n->fd);
            n->fd = -1;
        }
        if (n->fd < 0) {
            n->fd = open(n->draft.ptr, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        }
        if (n->fd < 0) {
            return refused(err, errno, "make", n->draft.ptr);
        }
        locked = flock(n->fd, LOCK_EX);
        if (locked != 0 && errno != EINTR) {
            return refused(err, errno, "lock", n->draft.ptr);
        }
        if (locked == 0 && fstat(n->fd, &st) != 0) {
            return refused(err, errno, "look at", n->draft.ptr);
        }
    } while (locked != 0 || st.st_nlink == 0);
    return has_yaml(n) ? NEWDESK_THERE : 0;
}

int
newdesk_begin(struct newdesk *n, struct str dir, struct arena *arena, struct err *err)
{
    *n = (struct newdesk){.fd = -1, .dir = arena_str(arena, dir)};
    n->yaml = app_join(arena, dir, STR("desk.yaml"));
    n->draft = app_join(arena, dir, STR("desk.yaml.new"));
    struct str path = arena_str(arena, dir);
    if (!n->dir.ptr || !n->yaml.ptr || !n->draft.ptr || !path.ptr) {
        return err_nomem(err);
    }
    if (dir.len == 0) {
        return err_set(err, ERR_INVALID,
                       "init: the folder's name is empty: name one, or leave it "
                       "out for the current folder");
    }
    if (has_yaml(n)) {
        return NEWDESK_THERE;
    }
    int result = make_folders((char *)path.ptr, err);
    return result < 0 ? result : lock_draft(n, err);
}

int
newdesk_prompts(const struct newdesk *n, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct str dir = app_join(&arena, n->dir, STR("prompts"));
    struct str page = app_join(&arena, n->dir, STR("prompts/README.md"));
    if (!dir.ptr || !page.ptr) {
        return err_nomem(err);
    }
    if (mkdir(dir.ptr, 0755) != 0 && errno != EEXIST) {
        return refused(err, errno, "make", dir.ptr);
    }
    int fd = open(page.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return errno == EEXIST ? 0 : refused(err, errno, "make", page.ptr);
    }
    int result = write_all(fd, (struct str){prompts_page, sizeof(prompts_page) - 1}, page.ptr, err);
    (void)close(fd);
    if (result < 0) {
        (void)unlink(page.ptr);
    }
    return result;
}

int
newdesk_finish(struct newdesk *n, struct str text, struct err *err)
{
    if (ftruncate(n->fd, 0) != 0) {
        return refused(err, errno, "write", n->draft.ptr);
    }
    int result = write_all(n->fd, text, n->draft.ptr, err);
    if (result < 0) {
        return result;
    }
    fault_point("init.rename.before");
    if (rename(n->draft.ptr, n->yaml.ptr) != 0) {
        return refused(err, errno, "make", n->yaml.ptr);
    }
    fault_point("init.rename.after");
    return sync_folder(n->dir.ptr, err);
}

void
newdesk_done(struct newdesk *n)
{
    if (n->fd < 0) {
        return;
    }
    /* After rename() the name is gone; a draft that became nothing is taken away. */
    (void)unlink(n->draft.ptr);
    (void)close(n->fd);
    n->fd = -1;
}
