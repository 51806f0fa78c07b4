#include "console.h"

#include <stdio.h>
#include <string.h>

#include "../agent.h"
#include "../app.h"
#include "../briefing.h"
#include "../line.h"
#include "../suggest.h"
#include "../term.h"
#include "desk/approval.h"
#include "desk/desk.h"
#include "io/loop.h"
#include "store/store.h"

static int
help(struct console *c, struct str rest, struct err *err)
{
    (void)c;
    (void)rest;
    (void)err;
    for (const struct console_command *k = console_commands; k->name; k++) {
        char left[48];
        (void)snprintf(left, sizeof(left), "%s %s", k->name, k->usage);
        (void)printf("  %-22s %s\n", left, k->help);
    }
    (void)printf("A command without N means the ticket in hand. Tab completes.\n");
    return 0;
}

static int
quit(struct console *c, struct str rest, struct err *err)
{
    (void)c;
    (void)rest;
    (void)err;
    return CONSOLE_QUIT;
}

const struct console_command console_commands[] = {
    {"queue", "[all]", "what waits for a human, most urgent first", console_queue},
    {"open", "N", "take up ticket N: its summary and conversation", console_open},
    {"claim", "[N] [--take]", "make it yours; --take also from a colleague", console_claim},
    {"reply", "[TEXT|edit]", "write to the customer; several lines end with a dot", console_reply},
    {"note", "[TEXT|edit]", "a note for colleagues", console_note},
    {"return", "[TEXT|edit]", "give the conversation back to the bot, told TEXT", console_return},
    {"resolve", "[TEXT]", "close the ticket", console_resolve},
    {"approve", "[ID] [TEXT]", "let the bot make the call that waits, told TEXT", console_approve},
    {"decline", "[ID] [TEXT]", "do not; the bot explains it, told TEXT", console_decline},
    {"find", "TEXT", "conversations in which TEXT was said", console_find},
    {"customer", "ID", "a customer's conversations and tickets", console_customer},
    {"stats", "", "the desk in numbers, just now", console_stats},
    {"help", "", "this list", help},
    {"quit", "", "leave (so does Ctrl-D)", quit},
    {0},
};

void
console_take_up(struct console *c, int64_t number)
{
    c->ticket = number;
    if (number) {
        (void)snprintf(c->prompt, sizeof(c->prompt), "desk #%lld> ", (long long)number);
    } else {
        (void)snprintf(c->prompt, sizeof(c->prompt), "desk> ");
    }
    line_set_prompt(c->line, c->prompt);
}

int
console_ticket(struct console *c, struct str *rest, int64_t *ret, struct err *err)
{
    struct str after = *rest;
    struct str word = {0};
    struct err ignored = {0};
    (void)str_split(&after, ' ', &word);
    if (word.len && agent_number(word, ret, &ignored) == 0) {
        *rest = str_trim(after);
        return 0;
    }
    if (c->ticket == 0) {
        return err_set(err, ERR_INVALID, "which ticket? open one first: `queue`, then `open N`");
    }
    *ret = c->ticket;
    return 0;
}

static int
unknown(struct str name, struct err *err)
{
    struct suggestion best = {0};
    for (const struct console_command *k = console_commands; k->name; k++) {
        suggest(&best, name, str_c(k->name));
    }
    if (best.found.len) {
        return err_set(err, ERR_INVALID,
                       "%" STR_FMT ": no such command: did you mean %" STR_FMT "?", STR_ARG(name),
                       STR_ARG(best.found));
    }
    return err_set(err, ERR_INVALID, "%" STR_FMT ": no such command: `help` lists them",
                   STR_ARG(name));
}

static int
dispatch(struct console *c, struct str text, struct err *err)
{
    struct str rest = text;
    struct str name = {0};
    (void)str_split(&rest, ' ', &name);
    for (const struct console_command *k = console_commands; k->name; k++) {
        if (str_eq_c(name, k->name)) {
            return k->run(c, str_trim(rest), err);
        }
    }
    return unknown(name, err);
}

/* ---- Completion ------------------------------------------------------------------------------*/

struct numbers {
    struct arena arena;
    struct ticket_row *tickets;
    size_t count;
};

static int
list_tickets(struct store_tx *tx, void *arg, struct err *err)
{
    struct numbers *n = arg;
    struct ticket_filter filter = {0};
    return store_ticket_list(tx, &filter, &n->arena, &n->tickets, &n->count, err);
}

static void
add_numbers(struct console *c, line_add add, void *add_arg)
{
    struct err err = {0};
    struct numbers n = {0};
    if (store_read_wait(c->store, list_tickets, &n, &err) == 0) {
        for (size_t i = 0; i < n.count; i++) {
            char text[24];
            (void)snprintf(text, sizeof(text), "%lld", (long long)n.tickets[i].number);
            if (!str_eq(n.tickets[i].status, TICKET_RESOLVED)) {
                add(add_arg, str_c(text));
            }
        }
    }
    arena_done(&n.arena);
}

struct waiting {
    struct arena arena;
    int64_t ticket;
    struct approval_row *rows;
    size_t count;
};

static int
list_waiting(struct store_tx *tx, void *arg, struct err *err)
{
    struct waiting *w = arg;
    struct ticket_row ticket;
    int result = store_ticket_get(tx, w->ticket, &w->arena, &ticket, err);
    return result != 0 ? result
                       : desk_approval_waiting(tx, ticket.conversation, store_now(tx), &w->arena,
                                               &w->rows, &w->count, err);
}

/* Of the ticket in hand. */
static void
add_approvals(struct console *c, line_add add, void *add_arg)
{
    struct err err = {0};
    struct waiting w = {.ticket = c->ticket};
    if (store_read_wait(c->store, list_waiting, &w, &err) == 0) {
        for (size_t i = 0; i < w.count; i++) {
            add(add_arg, w.rows[i].id);
        }
    }
    arena_done(&w.arena);
}

static void
complete(void *arg, struct str before, struct str prefix, line_add add, void *add_arg)
{
    struct console *c = arg;
    (void)prefix;
    if (str_trim(before).len == 0) {
        for (const struct console_command *k = console_commands; k->name; k++) {
            add(add_arg, str_c(k->name));
        }
        return;
    }
    struct str word = str_trim(before);
    if (str_eq(word, STR("approve")) || str_eq(word, STR("decline"))) {
        add_approvals(c, add, add_arg);
    }
    if (str_eq(word, STR("open")) || str_eq(word, STR("claim"))) {
        add_numbers(c, add, add_arg);
    }
}

/* ---- The day's work --------------------------------------------------------------------------*/

static int
work(struct console *c, struct err *err)
{
    unsigned interrupts = 0;
    for (;;) {
        struct str text;
        int got = line_read(c->line, &text, err);
        if (got == LINE_END || (got == LINE_INTERRUPTED && ++interrupts > 1)) {
            return 0;
        }
        if (got == LINE_INTERRUPTED) {
            (void)printf("(Ctrl-C again, or quit, leaves)\n");
            continue;
        }
        interrupts = 0;
        int result = got;
        if (got == 0 && text.len > 0) {
            arena_clear(&c->arena);
            /* The line's own buffer is used again by whoever asks for more lines. */
            struct str copy = arena_str(&c->arena, text);
            result = copy.ptr ? dispatch(c, copy, err) : err_nomem(err);
        }
        if (result == CONSOLE_QUIT) {
            return 0;
        }
        if (result < 0) {
            /* A mistake is told, the console goes on. */
            term_error(err);
        }
        (void)fflush(stdout);
    }
}

static void
print_brief(void *arg)
{
    const int64_t *ticket = arg;
    (void)printf("%s* #%lld: the summary is written; `open %lld` shows it%s\n",
                 term_style(stdout, TERM_DIM), (long long)*ticket, (long long)*ticket,
                 term_style(stdout, TERM_PLAIN));
}

/* Only of the ticket in hand: what else waits in the queue is read when it is opened. */
static void
told_brief(void *arg, int64_t ticket, bool written)
{
    struct console *c = arg;
    if (written && ticket == c->ticket) {
        line_announce(c->line, print_brief, &ticket);
    }
}

int
console_run(struct app *app, struct str agent, struct err *err)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(line) struct line *line = NULL;
    struct console c = {.app = app, .agent = agent};
    int result = loop_new(&loop, err);
    if (result == 0) {
        result = app_store(app, APP_WRITE, loop, err);
    }
    if (result == 0) {
        result = line_new(loop, "desk> ", &line, err);
    }
    if (result < 0) {
        return result;
    }
    app_talks(app);
    c.loop = loop;
    c.store = app->store;
    c.line = line;
    console_take_up(&c, 0);
    line_set_complete(line, complete, &c);
    (void)printf("Hello %" STR_FMT ". `help` lists the commands.\n", STR_ARG(agent));
    result = console_queue(&c, STR(""), err);
    if (result >= 0) {
        result = briefing_open(app, loop, NULL, told_brief, &c, &c.briefing, err);
    }
    if (result >= 0) {
        result = news_new(&c, &c.news, err);
    }
    if (result == 0) {
        result = work(&c, err);
    }
    news_free(c.news);
    briefing_close(c.briefing);
    arena_done(&c.arena);
    /* The store posts to the loop: it goes first. */
    store_free(app->store);
    app->store = NULL;
    return result < 0 ? result : 0;
}
