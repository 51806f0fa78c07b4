#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "plugin/cage.h"
#include "plugin/command_wire.h"

enum { PATHS_MAX = 64 };

static void __attribute__((noreturn)) give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, COMMAND_HOST_SAYS "%s: %s\n", what, why);
    _exit(COMMAND_EXIT_UNSTARTED);
}

static const char *const *
paths(const struct js *array, struct arena *arena)
{
    size_t count = js_count(array);
    const char **list = arena_zero(arena, count + 1, sizeof(*list));
    if (!list || count > PATHS_MAX) {
        give_up("paths", "too many, or no memory");
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = js_text(js_at(array, i)).ptr;
    }
    return list;
}

/* The pipes are root's. Who opens /dev/stderr, as shells do, has to be their owner; where that
 * cannot be had, it cannot open them. */
static void
hand_over_outputs(unsigned without)
{
    struct stat st;
    if (geteuid() != 0 || without & CAGE_USER) {
        return;
    }
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        bool pipe = fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
        if (pipe && fchown(fd, CAGE_NOBODY, CAGE_NOBODY) != 0) {
            return;
        }
    }
}

static unsigned
enter(const struct js *settings, const char *program)
{
    AUTO(arena) struct arena arena = {0};
    struct err err;
    unsigned missing = 0;
    const char *dir = js_get_text(settings, "dir").ptr;
    const struct cage cage = {
        .read = paths(js_get_c(settings, "read"), &arena),
        .write = paths(js_get_c(settings, "write"), &arena),
        .folder = js_get_text(settings, "folder").ptr,
        .program = program,
        .network = js_get_bool(settings, "network", false),
        .memory = js_get_int(settings, "memory", 0),
        .without = (unsigned)js_get_int(settings, "without", 0),
    };
    if (dir && chdir(dir) != 0) {
        give_up(dir, strerror(errno));
    }
    hand_over_outputs(cage.without);
    if (cage_enter(&cage, &missing, &err) < 0) {
        give_up("its cage", err.message);
    }
    return missing;
}

/* Why it will not start, as far as that can be known without trying; empty: nothing is seen. */
static const char *
trouble(const char *program)
{
    if (access(program, R_OK | X_OK) == 0) {
        return "";
    }
    return errno == EACCES
               ? "the user that it runs as may not read and execute it (the rights of its "
                 "file and of each folder above count)"
               : strerror(errno);
}

static void __attribute__((noreturn)) report(unsigned missing, const char *program)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_FRAME_HEAD_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_int(&out, "missing", missing);
    js_put_str(&out, "trouble", str_c(trouble(program)));
    js_end_object(&out);
    bool said = text.failed == 0 && write(STDOUT_FILENO, text.text, text.len) == (ssize_t)text.len;
    _exit(said ? 0 : COMMAND_EXIT_UNSTARTED);
}

static void __attribute__((noreturn)) become(const char *program, char **argv)
{
    for (char **variable = environ; *variable; variable++) {
        *variable += **variable == '+';
    }
    (void)execve(program, argv, environ);
    if (errno == ENOEXEC) {
        give_up(program, "it is no program: a script's first line names what runs it, as in "
                         "#!/usr/bin/env python3");
    }
    if (errno == EACCES) {
        give_up(program, trouble(program)[0] ? trouble(program)
                                             : "what runs it (its first line) may not be executed "
                                               "in its cage, or it may not itself");
    }
    if (errno == ENOENT && access(program, F_OK) == 0) {
        give_up(program, "what runs it (its first line) is not there");
    }
    give_up(program, strerror(errno));
}

void
command_run(char **argv)
{
    AUTO(arena) struct arena arena = {0};
    struct js *settings;
    struct err err;
    if (js_parse_object(str_c(argv[0]), "settings", &arena, &settings, &err) < 0) {
        give_up("settings", err.message);
    }
    if (access(argv[1], F_OK) != 0) {
        give_up(argv[1], strerror(errno));
    }
    unsigned missing = enter(settings, argv[1]);
    /* A desk that died before its end could be a signal to us. */
    if (js_get_int(settings, "parent", 0) != getppid()) {
        give_up("the desk", "it is gone");
    }
    if (js_get_bool(settings, "probe", false)) {
        report(missing, argv[1]);
    }
    become(argv[1], argv + 1);
}
