#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* "alice (uid 1000)", or the number alone when nobody has that name. */
static struct str
owner_name(uid_t uid, struct arena *arena)
{
    char space[1024];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(uid, &entry, space, sizeof(space), &found) == 0 && found) {
        return arena_printf(arena, "%s (uid %lu)", entry.pw_name, (unsigned long)uid);
    }
    return arena_printf(arena, "uid %lu", (unsigned long)uid);
}

static int
check_owner(const char *path, const struct stat *st, struct arena *arena, struct err *err)
{
    if (st->st_uid == geteuid() || st->st_uid == 0) {
        return 0;
    }
    struct str owner = owner_name(st->st_uid, arena);
    struct str self = owner_name(geteuid(), arena);
    if (!owner.ptr || !self.ptr) {
        return err_nomem(err);
    }
    return err_set(err, ERR_AUTH,
                   "%s belongs to %s, neither to you, %s, nor to root; it names code to load. If "
                   "you trust it: chown %lu '%s'",
                   path, owner.ptr, self.ptr, (unsigned long)geteuid(), path);
}

static int
check_file(const char *path, struct arena *arena, struct err *err)
{
    struct stat st;
    struct stat link;
    if (lstat(path, &link) != 0 || stat(path, &st) != 0) {
        return errno == ENOENT ? err_set(err, ERR_NOTFOUND, "%s: there is no such file", path)
                               : err_set_errno(err, errno, "%s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: is not a regular file", path);
    }
    int result = check_owner(path, &link, arena, err);
    result = result < 0 ? result : check_owner(path, &st, arena, err);
    if (result == 0 && (st.st_mode & S_IWOTH)) {
        return err_set(err, ERR_AUTH,
                       "%s can be changed by everybody, and it names code to load; mend it with: "
                       "chmod o-w '%s'",
                       path, path);
    }
    return result;
}

/* Who may replace files in the directory may replace the plugins beside desk.yaml, too. */
static int
check_dir(const char *path, struct arena *arena, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_set_errno(err, errno, "%s", path);
    }
    int result = check_owner(path, &st, arena, err);
    if (result == 0 && (st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX)) {
        return err_set(err, ERR_AUTH,
                       "%s can be changed by everybody, and its desk.yaml names code to load; "
                       "mend it with: chmod o-w '%s'",
                       path, path);
    }
    return result;
}

int
config_check_trust(struct str dir, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct str path = arena_str(&scratch, dir.len > 0 ? dir : STR("."));
    struct str file = arena_printf(&scratch, "%" STR_FMT "/desk.yaml", STR_ARG(path));
    if (!path.ptr || !file.ptr) {
        return err_nomem(err);
    }
    int result = check_file(file.ptr, &scratch, err);
    return result < 0 ? result : check_dir(path.ptr, &scratch, err);
}

/* DIR without its last part; false at the root. */
static bool
go_up(struct str *dir)
{
    if (dir->len <= 1) {
        return false;
    }
    size_t len = dir->len;
    while (len > 0 && dir->ptr[len - 1] != '/') {
        len--;
    }
    dir->len = len > 1 ? len - 1 : 1;
    return true;
}

static bool
has_desk(struct str dir, struct arena *arena)
{
    struct stat st;
    const char *slash = str_ends(dir, STR("/")) ? "" : "/";
    struct str file = arena_printf(arena, "%" STR_FMT "%sdesk.yaml", STR_ARG(dir), slash);
    return file.ptr && lstat(file.ptr, &st) == 0;
}

int
config_find_desk(struct str start, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct str name = arena_str(&scratch, start.len > 0 ? start : STR("."));
    char real[PATH_MAX];
    if (!name.ptr) {
        return err_nomem(err);
    }
    if (!realpath(name.ptr, real)) {
        return err_set_errno(err, errno, "%s", name.ptr);
    }
    struct str dir = str_c(real);
    bool found = has_desk(dir, &scratch);
    while (!found && go_up(&dir)) {
        found = has_desk(dir, &scratch);
    }
    if (!found) {
        return err_set(err, ERR_NOTFOUND,
                       "no desk.yaml in %s or above it: make a desk with `deskhand init`, or name "
                       "one with --desk DIR",
                       name.ptr);
    }
    int result = config_check_trust(dir, err);
    if (result < 0) {
        return result;
    }
    *ret = arena_str(arena, dir);
    return ret->ptr ? 0 : err_nomem(err);
}
