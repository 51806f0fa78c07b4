#include "line.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "io/loop.h"
#include "term.h"

/* How long the loop may sleep between two looks at the keyboard; the watch wakes it earlier. */
enum { STEP_MS = 1000 };

struct line {
    struct loop *loop;
    struct loop_watch watch;
    struct loop_signal interrupt;
    const char *prompt;
    EditLine *edit; /* NULL: no terminal */
    History *history;
    char *text; /* of getline */
    size_t text_size;
    bool readable;
    bool interrupted;
    bool typing;
    line_complete complete;
    void *complete_arg;
};

static void
on_readable(struct loop_watch *watch)
{
    struct line *l = OWNER_OF(watch, struct line, watch);
    l->readable = true;
}

static void
on_interrupt(struct loop_signal *signal)
{
    struct line *l = OWNER_OF(signal, struct line, interrupt);
    l->interrupted = true;
}

/* One character, by way of the loop. */
static int
read_character(EditLine *edit, wchar_t *ret)
{
    void *data = NULL;
    struct err err = {0};
    (void)el_get(edit, EL_CLIENTDATA, &data);
    struct line *l = data;
    struct pollfd now = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!l->interrupted && poll(&now, 1, 0) == 0) {
        if (loop_step(l->loop, STEP_MS, &err) < 0) {
            return -1;
        }
    }
    if (l->interrupted) {
        return 0;
    }
    char bytes[4];
    size_t have = 0;
    mbstate_t state = {0};
    while (have < sizeof(bytes) && read(STDIN_FILENO, &bytes[have], 1) == 1) {
        memset(&state, 0, sizeof(state));
        have++;
        size_t used = mbrtowc(ret, bytes, have, &state);
        if (used != (size_t)-2) {
            if (used == (size_t)-1) {
                *ret = L'?';
            }
            return 1;
        }
    }
    return 0;
}

static char *
prompt_of(EditLine *edit)
{
    void *data = NULL;
    (void)el_get(edit, EL_CLIENTDATA, &data);
    return (char *)((struct line *)data)->prompt;
}

/* ---- Completion ------------------------------------------------------------------------------*/

struct candidates {
    struct str prefix;
    struct str common; /* what all of them begin with */
    char text[256];
    size_t count;
};

static void
add_candidate(void *arg, struct str word)
{
    struct candidates *c = arg;
    if (!str_starts(word, c->prefix) || word.len >= sizeof(c->text)) {
        return;
    }
    if (c->count++ == 0) {
        memcpy(c->text, word.ptr, word.len);
        c->common = (struct str){c->text, word.len};
        return;
    }
    size_t same = 0;
    while (same < c->common.len && same < word.len && word.ptr[same] == c->common.ptr[same]) {
        same++;
    }
    c->common.len = same;
}

static void
print_candidate(void *arg, struct str word)
{
    const struct str *prefix = arg;
    if (str_starts(word, *prefix)) {
        (void)printf("%" STR_FMT "  ", STR_ARG(word));
    }
}

/* Tab: as far as it is clear; where it is not, what there is. */
static unsigned char
on_tab(EditLine *edit, int key)
{
    void *data = NULL;
    (void)key;
    (void)el_get(edit, EL_CLIENTDATA, &data);
    struct line *l = data;
    const LineInfo *info = el_line(edit);
    struct str typed = {info->buffer, (size_t)(info->cursor - info->buffer)};
    size_t start = typed.len;
    while (start > 0 && typed.ptr[start - 1] != ' ') {
        start--;
    }
    struct candidates c = {.prefix = str_sub(typed, start, SIZE_MAX)};
    struct str before = str_sub(typed, 0, start);
    if (!l->complete) {
        return CC_ERROR;
    }
    l->complete(l->complete_arg, before, c.prefix, add_candidate, &c);
    if (c.count == 0) {
        return CC_ERROR;
    }
    if (c.common.len > c.prefix.len || c.count == 1) {
        char insert[260];
        (void)snprintf(insert, sizeof(insert), "%" STR_FMT "%s",
                       STR_ARG(str_sub(c.common, c.prefix.len, SIZE_MAX)), c.count == 1 ? " " : "");
        return el_insertstr(edit, insert) == 0 ? CC_REFRESH : CC_ERROR;
    }
    (void)printf("\n");
    l->complete(l->complete_arg, before, c.prefix, print_candidate, &c.prefix);
    (void)printf("\n");
    return CC_REDISPLAY;
}

void
line_set_complete(struct line *l, line_complete fn, void *arg)
{
    l->complete = fn;
    l->complete_arg = arg;
}

void
line_set_prompt(struct line *l, const char *prompt)
{
    l->prompt = prompt;
}

static int
open_editor(struct line *l, struct err *err)
{
    HistEvent event;
    l->edit = el_init("deskhand", stdin, stdout, stderr);
    l->history = history_init();
    if (!l->edit || !l->history) {
        return err_nomem(err);
    }
    (void)history(l->history, &event, H_SETSIZE, 200);
    (void)history(l->history, &event, H_SETUNIQUE, 1);
    (void)el_set(l->edit, EL_CLIENTDATA, l);
    (void)el_set(l->edit, EL_PROMPT, prompt_of);
    (void)el_set(l->edit, EL_EDITOR, "emacs");
    (void)el_set(l->edit, EL_HIST, history, l->history);
    (void)el_set(l->edit, EL_GETCFN, read_character);
    (void)el_set(l->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    (void)el_set(l->edit, EL_ADDFN, "complete", "complete a word", on_tab);
    (void)el_set(l->edit, EL_BIND, "^I", "complete", NULL);
    return 0;
}

int
line_new(struct loop *loop, const char *prompt, struct line **ret, struct err *err)
{
    AUTO(line) struct line *l = mem_zero(1, sizeof(*l));
    if (!l) {
        return err_nomem(err);
    }
    l->loop = loop;
    l->prompt = prompt;
    if (term_is_terminal(stdin) && term_is_terminal(stdout)) {
        int result = open_editor(l, err);
        if (result == 0) {
            result = loop_watch_init(&l->watch, loop, STDIN_FILENO, on_readable, err);
        }
        if (result == 0) {
            result = loop_signal_init(&l->interrupt, loop, SIGINT, on_interrupt, err);
        }
        if (result < 0) {
            return result;
        }
        loop_watch_pause(&l->watch);
    }
    *ret = TAKE(l);
    return 0;
}

void
line_free(struct line *l)
{
    if (!l) {
        return;
    }
    loop_watch_done(&l->watch);
    loop_signal_done(&l->interrupt);
    if (l->history) {
        history_end(l->history);
    }
    if (l->edit) {
        el_end(l->edit);
    }
    mem_free(l->text);
    mem_free(l);
}

bool
line_is_terminal(const struct line *l)
{
    return l->edit != NULL;
}

static int
read_plain(struct line *l, struct str *ret, struct err *err)
{
    ssize_t len = getline(&l->text, &l->text_size, stdin);
    if (len < 0) {
        return ferror(stdin) ? err_set_errno(err, errno, "standard input") : LINE_END;
    }
    if (len > LIMIT_MESSAGE_BYTES) {
        return err_set(err, ERR_LIMIT, "that line is %zd bytes long: at most %d", len,
                       LIMIT_MESSAGE_BYTES);
    }
    *ret = str_trim((struct str){l->text, (size_t)len});
    return 0;
}

int
line_read(struct line *l, struct str *ret, struct err *err)
{
    HistEvent event;
    int count = 0;
    if (!l->edit) {
        return read_plain(l, ret, err);
    }
    l->interrupted = false;
    l->typing = true;
    loop_watch_resume(&l->watch);
    const char *text = el_gets(l->edit, &count);
    loop_watch_pause(&l->watch);
    l->typing = false;
    if (l->interrupted) {
        (void)printf("\n");
        return LINE_INTERRUPTED;
    }
    if (!text || count <= 0) {
        return LINE_END;
    }
    *ret = str_trim((struct str){text, (size_t)count});
    if (ret->len > 0) {
        (void)history(l->history, &event, H_ENTER, text);
    }
    return 0;
}

void
line_announce(struct line *l, void (*fn)(void *arg), void *arg)
{
    bool redraw = l->edit && l->typing;
    if (redraw) {
        (void)printf("\r\033[K");
    }
    fn(arg);
    (void)fflush(stdout);
    if (redraw) {
        (void)el_set(l->edit, EL_REFRESH);
    }
}
