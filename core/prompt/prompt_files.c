/* prompt_files: where a prompt's texts come from: the directories of a path, or a recorded text. */
#include "prompt/prompt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "prompt/prompt_build.h"

/* Files of one path. Nobody keeps more prompts; somebody may point us at the wrong directory. */
enum { FILES_MAX = 1000, SOURCE_SHOWN = 100 };

#define SUFFIX ".mustache"
#define SHOWN(s) STR_ARG(utf8_cut(s, 48))

const struct str prompt_needed[PROMPT_NEEDED] = {
    STR_INIT("greeting"), STR_INIT("handoff"), STR_INIT("limit_reached"), STR_INIT("apology"),
    STR_INIT("confirm"),  STR_INIT("decided"), STR_INIT("summary"),       STR_INIT("digest"),
};

struct file {
    struct str name;
    struct str path;
};

struct files {
    struct file *items;
    size_t count;
};

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}
AUTO_DEFINE_VALUE(fd, int, close_fd)

static void
close_dir(DIR *dir)
{
    if (dir) {
        closedir(dir);
    }
}
AUTO_DEFINE(dir, DIR *, close_dir)

/* A path as messages show it: its end, where it is long, so that the rest still fits. */
static struct str
shown_path(struct arena *arena, struct str path)
{
    if (path.len <= SOURCE_SHOWN) {
        return path;
    }
    struct str tail = str_sub(path, path.len - SOURCE_SHOWN, SIZE_MAX);
    return arena_printf(arena, "...%" STR_FMT, STR_ARG(tail));
}

/* All of FD into SPACE; the length, or -1 and errno. */
static ssize_t
read_all(int fd, char *space, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = -1;
        errno = EIO;
        if (!fault_io("prompt read")) {
            got = read(fd, space + len, size - len);
        }
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* The text of FILE. 0, ERR_NOTFOUND when there is no such file, or another failure. */
static int
read_file(const char *file, struct arena *arena, struct str *ret, struct err *err)
{
    /* O_NONBLOCK: a pipe that somebody left there must not hold us up. */
    AUTO(fd) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return err_set(err, ERR_NOTFOUND, "%s: no such file", file);
    }
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0) {
        return err_set_errno(err, errno, "open %s", file);
    }
    if (!S_ISREG(info.st_mode)) {
        return err_set(err, ERR_INVALID, "%s: not a regular file", file);
    }
    if (info.st_size > LIMIT_TEMPLATE_BYTES) {
        return err_set(err, ERR_LIMIT, "%s: %lld bytes; a prompt has at most %d", file,
                       (long long)info.st_size, LIMIT_TEMPLATE_BYTES);
    }
    size_t size = (size_t)info.st_size;
    char *text = arena_alloc(arena, size + 1);
    if (!text) {
        return err_nomem(err);
    }
    ssize_t len = read_all(fd, text, size);
    if (len < 0) {
        return err_set_errno(err, errno, "read %s", file);
    }
    *ret = (struct str){text, (size_t)len};
    return 0;
}

static bool
has_file(const struct files *files, struct str name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (str_eq(files->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Take ENTRY of DIR in, unless it is no prompt or an earlier directory has its name. */
static int
add_file(struct files *files, struct str dir, const char *entry, struct arena *arena,
         struct err *err)
{
    struct str name = str_c(entry);
    if (name.len == 0 || name.ptr[0] == '.' || !str_ends(name, STR(SUFFIX))) {
        return 0;
    }
    name.len -= sizeof(SUFFIX) - 1;
    if (has_file(files, name)) {
        return 0;
    }
    if (files->count == FILES_MAX) {
        return err_set(err, ERR_LIMIT, "%" STR_FMT ": more than %d prompts; is this the place?",
                       STR_ARG(dir), FILES_MAX);
    }
    struct file file = {arena_str(arena, name),
                        arena_printf(arena, "%" STR_FMT "/%s", STR_ARG(dir), entry)};
    if (!file.name.ptr || !file.path.ptr) {
        return err_nomem(err);
    }
    files->items[files->count++] = file;
    return 0;
}

static int
by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int
list_dir(struct files *files, struct str path, struct arena *arena, struct err *err)
{
    AUTO(dir) DIR *dir = opendir(path.ptr);
    if (!dir && (errno == ENOENT || errno == ENOTDIR)) {
        return 0;
    }
    if (!dir) {
        return err_set_errno(err, errno, "open %" STR_FMT, STR_ARG(path));
    }
    int rc = 0;
    for (struct dirent *entry = readdir(dir); rc == 0 && entry; entry = readdir(dir)) {
        rc = add_file(files, path, entry->d_name, arena, err);
    }
    return rc;
}

/* Every file of PATH that is named like a prompt, sorted. */
static int
list_files(const struct prompt_path *path, struct arena *arena, struct files *ret, struct err *err)
{
    *ret = (struct files){arena_zero(arena, FILES_MAX, sizeof(struct file)), 0};
    if (!ret->items) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < path->count; i++) {
        int rc = list_dir(ret, path->dirs[i], arena, err);
        if (rc < 0) {
            return rc;
        }
    }
    qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
    return 0;
}

/* Say that there is no NAME, and which name is near. */
static int
not_found(const struct prompt_path *path, struct str name, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct files files;
    if (list_files(path, &scratch, &files, err) < 0) {
        files.count = 0; /* ignoring: the better message is that NAME is not there */
    }
    struct str near = files.count == 0 ? (struct str){0}
                                       : prompt_nearest(name, &files.items->name, files.count,
                                                        sizeof(*files.items));
    if (near.len > 0) {
        return err_set(err, ERR_NOTFOUND, "no prompt '%" STR_FMT "'; did you mean '%" STR_FMT "'?",
                       SHOWN(name), SHOWN(near));
    }
    return err_set(err, ERR_NOTFOUND, "no prompt '%" STR_FMT "'; write %" STR_FMT SUFFIX
                   " in the desk's prompts directory", SHOWN(name), SHOWN(name));
}

static int
fetch_file(void *context, struct str name, struct arena *arena, struct str *ret_text,
           struct str *ret_source, struct err *err)
{
    const struct prompt_path *path = context;
    for (size_t i = 0; i < path->count; i++) {
        struct str file = arena_printf(arena, "%" STR_FMT "/%" STR_FMT SUFFIX,
                                       STR_ARG(path->dirs[i]), STR_ARG(name));
        if (!file.ptr) {
            return err_nomem(err);
        }
        int rc = read_file(file.ptr, arena, ret_text, err);
        if (rc == ERR_NOTFOUND) {
            continue;
        }
        *ret_source = shown_path(arena, file);
        return rc < 0 || ret_source->ptr ? rc : err_nomem(err);
    }
    return not_found(path, name, err);
}

int
prompt_load(const struct prompt_path *path, struct str name, struct prompt **ret, struct err *err)
{
    struct prompt_texts texts = {fetch_file, (void *)(uintptr_t)path};
    return prompt_build(name, &texts, ret, err);
}

/* What prompt_parse() cuts up: the prompt's own text, then pieces that name themselves. */
struct record {
    struct str name;
    struct str text;
};

static int
fetch_recorded(void *context, struct str name, struct arena *arena, struct str *ret_text,
               struct str *ret_source, struct err *err)
{
    const struct record *record = context;
    struct str rest = record->text;
    struct str piece_name = record->name;
    for (;;) {
        size_t cut = str_find(rest, STR(PROMPT_PART_OPEN), 0);
        struct str piece = str_sub(rest, 0, cut);
        if (str_eq(piece_name, name)) {
            *ret_text = arena_str(arena, piece);
            *ret_source = arena_str(arena, name);
            return ret_text->ptr && ret_source->ptr ? 0 : err_nomem(err);
        }
        if (cut == SIZE_MAX) {
            return err_set(err, ERR_NOTFOUND, "the recorded prompt has no part '%" STR_FMT "'",
                           SHOWN(name));
        }
        rest = str_sub(rest, cut + sizeof(PROMPT_PART_OPEN) - 1, SIZE_MAX);
        size_t close = str_find(rest, STR(PROMPT_PART_CLOSE), 0);
        piece_name = str_sub(rest, 0, close);
        rest = close == SIZE_MAX ? (struct str){0}
                                 : str_sub(rest, close + sizeof(PROMPT_PART_CLOSE) - 1, SIZE_MAX);
    }
}

int
prompt_parse(struct str name, struct str text, struct prompt **ret, struct err *err)
{
    struct record record = {name, text};
    struct prompt_texts texts = {fetch_recorded, &record};
    AUTO(prompt) struct prompt *p = NULL;
    int rc = prompt_build(name, &texts, &p, err);
    if (rc < 0) {
        return rc;
    }
    if (!str_eq(p->text, text)) {
        return err_set(err, ERR_INVALID,
                       "prompt '%" STR_FMT "': the recorded text has parts that nothing includes",
                       SHOWN(name));
    }
    *ret = TAKE(p);
    return 0;
}

/* One row: load FILE's prompt and keep what it says of itself, or why it does not load. */
static int
describe(const struct prompt_path *path, const struct file *file, struct arena *arena,
         struct prompt_entry *ret, struct err *err)
{
    *ret = (struct prompt_entry){.name = file->name, .file = file->path};
    AUTO(prompt) struct prompt *p = NULL;
    struct err fault = {0};
    int rc = prompt_load(path, file->name, &p, &fault);
    if (rc == ERR_NOMEM) {
        return err_nomem(err);
    }
    struct str *words = rc < 0 ? &ret->fault : &ret->purpose;
    *words = arena_str(arena, rc < 0 ? str_c(fault.message) : p->purpose);
    if (rc == 0) {
        memcpy(ret->hash, p->hash, sizeof(ret->hash));
    }
    return words->ptr ? 0 : err_nomem(err);
}

int
prompt_list(const struct prompt_path *path, struct arena *arena, struct prompt_entry **ret,
            size_t *ret_count, struct err *err)
{
    struct files files;
    int rc = list_files(path, arena, &files, err);
    if (rc < 0) {
        return rc;
    }
    struct prompt_entry *entries = arena_zero(arena, files.count + 1, sizeof(*entries));
    if (!entries) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < files.count; i++) {
        rc = describe(path, &files.items[i], arena, &entries[i], err);
        if (rc < 0) {
            return rc;
        }
    }
    *ret = entries;
    *ret_count = files.count;
    return 0;
}
