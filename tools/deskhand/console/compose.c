/* Longer texts: several lines up to a dot, or an editor. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../app.h"
#include "../line.h"
#include "base/buf.h"
#include "base/limits.h"
#include "config/config.h"
#include "console.h"

extern char **environ;

static int
read_lines(struct console *c, struct buf *text, struct err *err)
{
    (void)printf("(end with a line that is a single dot; Ctrl-C gives up)\n");
    line_set_prompt(c->line, "> ");
    for (;;) {
        struct str line;
        int got = line_read(c->line, &line, err);
        if (got == LINE_INTERRUPTED || got == LINE_END) {
            buf_clear(text);
            return COMPOSE_GIVEN_UP;
        }
        if (got < 0) {
            return got;
        }
        if (str_eq(line, STR("."))) {
            return buf_finish(text, "text", err);
        }
        buf_add(text, line);
        buf_add_char(text, '\n');
    }
}

/* The editor's words are split at blanks, as in EDITOR="code --wait"; no shell sees them. */
static int
run_editor(const char *editor, const char *path, struct err *err)
{
    enum { WORDS = 8 };
    char words[256];
    char *argv[WORDS + 2] = {0};
    size_t count = 0;
    pid_t child;
    int status;
    (void)snprintf(words, sizeof(words), "%s", editor);
    char *rest = words;
    for (char *word = strsep(&rest, " "); word && count < WORDS; word = strsep(&rest, " ")) {
        if (*word) {
            argv[count++] = word;
        }
    }
    argv[count] = (char *)path;
    if (count == 0) {
        return err_set(err, ERR_INVALID, "EDITOR is empty: set it, or type the text here");
    }
    int failed = posix_spawnp(&child, argv[0], NULL, NULL, argv, environ);
    if (failed) {
        return err_set_errno(err, failed, "EDITOR: %s", argv[0]);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return err_set(err, ERR_CANCELED, "%s: ended with an error: nothing is sent", argv[0]);
    }
    return 0;
}

static int
read_file(const char *path, struct buf *text, struct err *err)
{
    char piece[4096];
    size_t got;
    FILE *f = fopen(path, "re");
    if (!f) {
        return err_set_errno(err, errno, "%s", path);
    }
    while ((got = fread(piece, 1, sizeof(piece), f)) > 0) {
        buf_add(text, (struct str){piece, got});
    }
    (void)fclose(f);
    return buf_finish(text, "text", err);
}

/* The draft lies in the desk's folder, readable by its owner alone, and goes when it is read. */
static int
edit(struct console *c, struct buf *text, struct err *err)
{
    const char *editor = config_env("EDITOR");
    char path[4096];
    int len = snprintf(path, sizeof(path), "%" STR_FMT "/.draft-XXXXXX", STR_ARG(c->app->desk));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return err_set(err, ERR_INVALID, "the desk's path is too long for a draft");
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, errno, "%s", path);
    }
    (void)close(fd);
    int result = run_editor(editor && *editor ? editor : "vi", path, err);
    if (result == 0) {
        result = read_file(path, text, err);
    }
    (void)unlink(path);
    return result;
}

int
console_compose(struct console *c, struct str given, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    int result = 0;
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    if (str_eq(given, STR("edit"))) {
        result = edit(c, &text, err);
    } else if (given.len == 0) {
        result = read_lines(c, &text, err);
        console_take_up(c, c->ticket);
    } else {
        buf_add(&text, given);
    }
    if (result != 0) {
        return result;
    }
    *ret = arena_str(&c->arena, str_trim(buf_str(&text)));
    if (!ret->ptr) {
        return err_nomem(err);
    }
    return ret->len ? 0 : COMPOSE_EMPTY;
}
