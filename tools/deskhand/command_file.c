#include "command_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "plugin/cage.h"

static struct str
path_of(char *const *env)
{
    static const char name[] = "PATH=";
    for (size_t i = 0; env && env[i]; i++) {
        if (strncmp(env[i], name, sizeof(name) - 1) == 0) {
            return str_c(env[i] + sizeof(name) - 1);
        }
    }
    return STR("/usr/local/bin:/usr/bin:/bin");
}

struct str
command_file_find(struct arena *arena, struct str desk, struct str word, char *const *env)
{
    struct str rest = path_of(env);
    struct str folder;
    if (str_find_char(word, '/', 0) != SIZE_MAX) {
        return app_join(arena, desk,
                        str_starts(word, STR("./")) ? str_sub(word, 2, SIZE_MAX) : word);
    }
    while (str_split(&rest, ':', &folder)) {
        struct str path = app_join(arena, folder, word);
        if (!path.ptr) {
            return path;
        }
        if (path.ptr[0] == '/' && access(path.ptr, X_OK) == 0) {
            return path;
        }
    }
    return arena_str(arena, word);
}

/* The folder PATH is in, links of its name followed; empty where it cannot be seen. */
static struct str
folder_of(struct arena *arena, struct str path)
{
    char real[PATH_MAX];
    size_t len = path.len;
    while (len > 1 && path.ptr[len - 1] != '/') {
        len--;
    }
    struct str folder = arena_str(arena, str_sub(path, 0, len > 1 ? len - 1 : len));
    return folder.ptr && realpath(folder.ptr, real) ? arena_str(arena, str_c(real))
                                                    : (struct str){0};
}

struct str
command_file_folder(struct arena *arena, struct str desk, struct str program)
{
    struct str folder = folder_of(arena, program);
    bool private = str_eq_c(folder, "/") || cage_holds(folder, desk);
    return private ? (struct str){0} : folder;
}

static int
check_rights(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        int seen = errno;
        (void)err_set_errno(err, seen, "%s", path);
        err->code = seen == ENOENT || seen == ENOTDIR ? ERR_NOTFOUND : ERR_IO;
        return err->code;
    }
    if (st.st_mode & S_IWOTH && !(S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX)) {
        return err_set(err, ERR_AUTH, "everybody may change %s; mend it with: chmod o-w %s", path,
                       path);
    }
    return 0;
}

int
command_file_check(struct str program, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct stat st;
    if (program.ptr[0] != '/') {
        return err_set(err, ERR_NOTFOUND,
                       "%s: no such program in the PATH of its env; a file beside desk.yaml is "
                       "written ./%s",
                       program.ptr, program.ptr);
    }
    int result = check_rights(program.ptr, err);
    if (result < 0) {
        return result;
    }
    if (stat(program.ptr, &st) != 0 || !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: is no file", program.ptr);
    }
    if (!(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))) {
        return err_set(err, ERR_INVALID, "%s: is not executable; mend it with: chmod +x %s",
                       program.ptr, program.ptr);
    }
    struct str folder = folder_of(&arena, program);
    return folder.ptr ? check_rights(folder.ptr, err) : 0;
}
