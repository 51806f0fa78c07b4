/* deskhand plugins new: a folder with a plugin to begin with, which builds and works as it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "plugin_files.h"
#include "term.h"

enum { NAME_MAX_BYTES = 40 }; /* as a manifest's name */

/* The source comes first. */
static const struct {
    const char *from; /* in plugin_files */
    const char *name; /* NULL: NAME.c */
    mode_t mode;
} files[] = {
    {"template.c", NULL, 0644},
    {"deskhand_plugin.h", "deskhand_plugin.h", 0644},
    {"plugin.map", "plugin.map", 0644},
    {"Makefile.in", "Makefile", 0644},
    {"meson.build.in", "meson.build", 0644},
    {"test.sh.in", "test.sh", 0755},
    {"README.md.in", "README.md", 0644},
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

struct making {
    struct arena *arena;
    struct str name;
    struct str dir;
    struct str paths[FILES];
    struct str texts[FILES];
    bool made_dir;
    size_t written;
};

/* ---- The name --------------------------------------------------------------------------------*/

/* Meson keeps these for itself. */
static bool
is_reserved(struct str name)
{
    static const char *const words[] = {"all",     "benchmark",  "clean", "dist",
                                        "install", "scan-build", "test",  "uninstall"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_c(name, words[i])) {
            return true;
        }
    }
    return str_starts(name, STR("meson-"));
}

static int
check_name(struct str name, struct err *err)
{
    bool fits =
        name.len >= 1 && name.len <= NAME_MAX_BYTES && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
    for (size_t i = 0; fits && i < name.len; i++) {
        char c = name.ptr[i];
        fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }
    if (!fits) {
        return err_set(
            err, ERR_INVALID,
            "plugins new: a plugin's name is a letter and up to %d more of a-z, 0-9, '_' "
            "and '-'",
            NAME_MAX_BYTES - 1);
    }
    if (is_reserved(name)) {
        return err_set(err, ERR_INVALID,
                       "plugins new: %" STR_FMT ": build tools keep this word for themselves: "
                       "choose another name",
                       STR_ARG(name));
    }
    return 0;
}

/* ---- The texts -------------------------------------------------------------------------------*/

/* Put TO wherever FROM stands in *TEXT. *RET_COUNT: how often it did. */
static int
replace(struct arena *arena, struct str *text, struct str from, struct str to, size_t *ret_count,
        struct err *err)
{
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    *ret_count = 0;
    size_t start = 0;
    size_t at;
    while ((at = str_find(*text, from, start)) != SIZE_MAX) {
        buf_add(&out, str_sub(*text, start, at - start));
        buf_add(&out, to);
        start = at + from.len;
        ++*ret_count;
    }
    buf_add(&out, str_sub(*text, start, SIZE_MAX));
    int result = buf_finish(&out, "plugin", err);
    *text = buf_to_arena(&out, arena);
    return result == 0 && !text->ptr ? err_nomem(err) : result;
}

/* The template as a plugin of its own: its opening words, which say how to copy it, and its names
 * are replaced. */
static int
make_source(const struct making *m, struct str *text, struct err *err)
{
    const struct {
        struct str from;
        struct str to;
    } swaps[] = {
        {STR("\"sdk/deskhand_plugin.h\""), STR("\"deskhand_plugin.h\"")},
        {STR("An example to copy: greets by name."), STR("Greets by name.")},
        {STR("\\\"name\\\":\\\"template\\\""),
         arena_printf(m->arena, "\\\"name\\\":\\\"%" STR_FMT "\\\"", STR_ARG(m->name))},
        {STR("say_hello"), m->name},
    };
    size_t code = str_find(*text, STR("#include"), 0);
    *text = arena_printf(m->arena,
                         "/* %" STR_FMT ": greets by name, until it does something of yours.\n *\n"
                         " * README.md says what to change; the rules are in deskhand_plugin.h, "
                         "which is all that a plugin\n * includes. */\n%" STR_FMT,
                         STR_ARG(m->name), STR_ARG(str_sub(*text, code, SIZE_MAX)));
    if (!text->ptr || !swaps[2].to.ptr) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
        size_t count = 0;
        int result = replace(m->arena, text, swaps[i].from, swaps[i].to, &count, err);
        if (result < 0) {
            return result;
        }
        if (count == 0) {
            return err_set(err, ERR_BUG, "plugins new: the template has changed: no %" STR_FMT,
                           STR_ARG(swaps[i].from));
        }
    }
    return 0;
}

static int
make_text(const struct making *m, size_t index, struct str *ret, struct err *err)
{
    const struct embedded_text *e = plugin_files;
    size_t count;
    while (e->name && strcmp(e->name, files[index].from) != 0) {
        e++;
    }
    if (!e->name) {
        return err_set(err, ERR_BUG, "plugins new: %s is not built in", files[index].from);
    }
    *ret = str_c(e->text);
    if (index == 0) {
        return make_source(m, ret, err);
    }
    if (!str_ends(str_c(e->name), STR(".in"))) {
        return 0;
    }
    int result = replace(m->arena, ret, STR("@NAME@"), m->name, &count, err);
    return result == 0 ? replace(m->arena, ret, STR("@TAB@"), STR("\t"), &count, err) : result;
}

/* Everything is made before anything is written. */
static int
prepare(struct making *m, struct err *err)
{
    for (size_t i = 0; i < FILES; i++) {
        struct str name = files[i].name
                              ? str_c(files[i].name)
                              : arena_printf(m->arena, "%" STR_FMT ".c", STR_ARG(m->name));
        m->paths[i] = app_join(m->arena, m->dir, name);
        if (!name.ptr || !m->paths[i].ptr) {
            return err_nomem(err);
        }
        int result = make_text(m, i, &m->texts[i], err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

/* ---- The folder ------------------------------------------------------------------------------*/

static int
is_there(const char *path, struct err *err)
{
    (void)err_set(err, ERR_BUSY,
                  "plugins new: %s is there already: nothing was changed. Name another folder with "
                  "--dir",
                  path);
    return ERR_BUSY;
}

/* A folder that is there will do, so long as none of the files is. */
static int
make_dir(struct making *m, struct err *err)
{
    struct stat st;
    if (mkdir(m->dir.ptr, 0755) == 0) {
        m->made_dir = true;
        return 0;
    }
    if (errno == ENOENT) {
        return err_set(err, ERR_NOTFOUND,
                       "plugins new: %s: the folder it would be in is not there: make that first",
                       m->dir.ptr);
    }
    if (errno != EEXIST) {
        return err_set_errno(err, errno, "plugins new: %s", m->dir.ptr);
    }
    if (stat(m->dir.ptr, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return is_there(m->dir.ptr, err);
    }
    for (size_t i = 0; i < FILES; i++) {
        if (lstat(m->paths[i].ptr, &st) == 0) {
            return is_there(m->paths[i].ptr, err);
        }
    }
    return 0;
}

static int
write_text(int fd, struct str text, const char *path, struct err *err)
{
    while (text.len > 0) {
        ssize_t put = write(fd, text.ptr, text.len);
        if (put < 0 && errno != EINTR) {
            return err_set_errno(err, errno, "plugins new: write %s", path);
        }
        text = str_sub(text, put < 0 ? 0 : (size_t)put, SIZE_MAX);
    }
    return 0;
}

static int
write_files(struct making *m, struct err *err)
{
    int result = make_dir(m, err);
    for (size_t i = 0; result == 0 && i < FILES; i++) {
        const char *path = m->paths[i].ptr;
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, files[i].mode);
        if (fd < 0) {
            return errno == EEXIST ? is_there(path, err)
                                   : err_set_errno(err, errno, "plugins new: make %s", path);
        }
        m->written++;
        result = write_text(fd, m->texts[i], path, err);
        if (close(fd) != 0 && result == 0) {
            result = err_set_errno(err, errno, "plugins new: write %s", path);
        }
    }
    return result;
}

/* Half a plugin is none. */
static void
take_back(const struct making *m)
{
    for (size_t i = 0; i < m->written; i++) {
        (void)unlink(m->paths[i].ptr);
    }
    if (m->made_dir) {
        (void)rmdir(m->dir.ptr);
    }
}

/* ---- What was made ---------------------------------------------------------------------------*/

static int
print_json(const struct making *m, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "name", m->name);
    js_put_str(&out, "dir", m->dir);
    js_key(&out, STR("files"));
    js_begin_array(&out);
    for (size_t i = 0; i < FILES; i++) {
        js_add_str(&out, m->paths[i]);
    }
    js_end_array(&out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "plugin", err);
}

static int
print_text(const struct making *m, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text,
               "%" STR_FMT ": a plugin to begin with; its code is %" STR_FMT "\n"
               "In that folder:\n"
               "  make         builds it (or: meson setup build && meson compile -C build)\n"
               "  make test    calls it\n"
               "README.md says how to make it yours.\n",
               STR_ARG(m->name), STR_ARG(m->paths[0]));
    int result = buf_finish(&text, "plugin", err);
    if (result == 0) {
        term_text(stdout, buf_str(&text));
    }
    return result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct making m = {.arena = &app->arena, .name = args_at(args, 0)};
    m.dir = args_value(args, "dir", NULL);
    m.dir = arena_str(m.arena, m.dir.len ? m.dir : m.name);
    int result = m.dir.ptr ? check_name(m.name, err) : err_nomem(err);
    if (result == 0) {
        result = prepare(&m, err);
    }
    if (result == 0) {
        result = write_files(&m, err);
        if (result < 0) {
            take_back(&m);
        }
    }
    if (result == ERR_BUSY) {
        term_error(err);
        return EXIT_REFUSED;
    }
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? print_json(&m, err) : print_text(&m, err);
}

static const struct arg_option options[] = {
    {"dir", 0, "D", "the folder to put it in, made where it is missing (default NAME)"},
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

const struct command cmd_plugins_new = {
    .name = "new",
    .summary = "make a folder with a plugin that builds and works, to change",
    .usage = "NAME [--dir D] [--json]",
    .details = "Needs no desk. The plugin brings one tool, called NAME as well, which greets by "
               "name. Beside its\nsource lie the ABI's header, a Makefile, a meson.build, a test "
               "and a README. Nothing that is there\nis written over.",
    .example = "deskhand plugins new order_status && cd order_status && make test",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
