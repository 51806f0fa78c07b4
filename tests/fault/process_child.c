#include "process_child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/message.h"
#include "store/store.h"

enum { GLANCE_BYTES = 1 << 20 };

void
child_start(struct child *c, const char *role, const char *folder, const char *conversation,
            const char *script, const char *text)
{
    int pipes[2];
    *c = (struct child){.pid = -1, .fd = -1};
    if (pipe(pipes) != 0) {
        return;
    }
    c->pid = fork();
    if (c->pid == 0) {
        char *args[] = {
            "processes",  (char *)role, (char *)folder, (char *)conversation, (char *)script,
            (char *)text, NULL};
        (void)dup2(pipes[1], STDOUT_FILENO);
        (void)close(pipes[0]);
        (void)close(pipes[1]);
        (void)execv("/proc/self/exe", args);
        _exit(127);
    }
    (void)close(pipes[1]);
    c->fd = pipes[0];
}

/* The next line in LINE; false at the end, or when none comes for long. */
static bool
child_line(struct child *c, char line[CHILD_LINE], int patience_ms)
{
    for (;;) {
        char *end = memchr(c->text, '\n', c->len);
        if (end) {
            size_t used = (size_t)(end - c->text) + 1;
            memcpy(line, c->text, used - 1);
            line[used - 1] = '\0';
            memmove(c->text, c->text + used, c->len - used);
            c->len -= used;
            return true;
        }
        struct pollfd ready = {.fd = c->fd, .events = POLLIN};
        if (c->len == sizeof(c->text) || poll(&ready, 1, patience_ms) <= 0) {
            return false;
        }
        ssize_t got = read(c->fd, c->text + c->len, sizeof(c->text) - c->len);
        if (got <= 0) {
            return false;
        }
        c->len += (size_t)got;
    }
}

int64_t
child_await(struct child *c, const char *word, char rest[CHILD_LINE], int patience_ms)
{
    char line[CHILD_LINE];
    while (child_line(c, line, patience_ms)) {
        struct str text = str_c(line);
        struct str part;
        int64_t at = -1;
        bool mine = str_split(&text, ' ', &part) && str_eq_c(part, word);
        if (mine && str_split(&text, ' ', &part) && str_to_i64(part, &at)) {
            if (rest) {
                (void)snprintf(rest, CHILD_LINE, "%" STR_FMT, STR_ARG(text));
            }
            return at;
        }
    }
    return -1;
}

bool
child_end(struct child *c, int signal_number)
{
    int status = -1;
    while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    return signal_number ? WIFSIGNALED(status) && WTERMSIG(status) == signal_number : status == 0;
}

/* ---- What is recorded ------------------------------------------------------------------------*/

static int
glance_messages(struct store_tx *tx, struct glance *g, struct arena *a, struct err *err)
{
    struct message_row *rows;
    size_t count = 0;
    int result = store_message_list(tx, str_c(g->found), 0, 0, a, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct message m = {0};
        result = message_parse_content(rows[i].content, a, &m.blocks, &m.count, err);
        buf_printf(&g->messages, "%s%" STR_FMT "%s:%" STR_FMT, i ? "|" : "",
                   STR_ARG(rows[i].author), str_eq(rows[i].state, MESSAGE_DISCARDED) ? "*" : "",
                   STR_ARG(message_text(&m, a)));
    }
    return result;
}

static int
glance_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct glance *g = arg;
    AUTO(arena) struct arena a = {0};
    struct conversation_filter all = {0};
    struct conversation_row *rows;
    struct tool_call_row *calls;
    struct turn_row *turns;
    size_t count = 0;
    int result = store_conversation_list(tx, &all, &a, &rows, &count, err);
    struct str id = g->conversation ? str_c(g->conversation) : count ? rows[0].id : STR("");
    (void)snprintf(g->found, sizeof(g->found), "%" STR_FMT, STR_ARG(id));
    if (result == 0) {
        result = glance_messages(tx, g, &a, err);
    }
    if (result == 0) {
        result = store_tool_call_list(tx, id, STR(""), &a, &calls, &count, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        buf_printf(&g->calls, "%s%" STR_FMT, i ? " " : "", STR_ARG(calls[i].status));
    }
    if (result == 0) {
        result = store_turn_list(tx, id, &a, &turns, &count, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct str word = turns[i].outcome.len ? turns[i].outcome : turns[i].state;
        buf_printf(&g->turns, "%s%" STR_FMT, i ? " " : "", STR_ARG(word));
    }
    return result;
}

void
glance_done(struct glance *g)
{
    buf_done(&g->messages);
    buf_done(&g->calls);
    buf_done(&g->turns);
}

int
glance_take(struct glance *g, const char *folder, struct err *err)
{
    AUTO(store) struct store *s = NULL;
    struct store_options options = {.path = str_c(folder), .read_only = true};
    buf_init(&g->messages, GLANCE_BYTES);
    buf_init(&g->calls, GLANCE_BYTES);
    buf_init(&g->turns, GLANCE_BYTES);
    int result = store_open_sqlite(&options, NULL, &s, err);
    return result == 0 ? store_read_wait(s, glance_body, g, err) : result;
}
