/* console: a support desk, worked from a terminal, line by line.
 *
 * One ticket is in hand at a time: `open N` takes it up, and `claim`, `reply`, `note`, `return` and
 * `resolve` mean it. What happens elsewhere is announced above the line being typed. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct app;
struct briefing;
struct line;
struct loop;
struct news;
struct store;
struct store_tx;
struct message_row;
struct ticket_row;

enum { CONSOLE_QUIT = 1 };

struct console {
    struct app *app;
    struct loop *loop;
    struct store *store;
    struct line *line;
    struct news *news;
    struct briefing *briefing; /* NULL: the desk has no real model */
    struct str agent;
    int64_t ticket; /* in hand; 0: none */
    char prompt[32];
    struct arena arena; /* of the command that runs */
};

/* One row a command; help and completion are made from the table. */
struct console_command {
    const char *name;
    const char *usage;
    const char *help;
    int (*run)(struct console *c, struct str rest, struct err *err);
};
extern const struct console_command console_commands[]; /* ends with a row without a name */

int console_run(struct app *app, struct str agent, struct err *err) WARN_UNUSED;

/* The number in REST, else the ticket in hand; REST loses the number. ERR_INVALID: neither. */
int console_ticket(struct console *c, struct str *rest, int64_t *ret, struct err *err) WARN_UNUSED;
/* NUMBER is in hand from now on. */
void console_take_up(struct console *c, int64_t number);

/* show.c */
int console_queue(struct console *c, struct str rest, struct err *err);
int console_open(struct console *c, struct str rest, struct err *err);
/* Every ticket, by number: a read body with its argument. */
struct console_tickets {
    struct arena *arena;
    struct ticket_row *rows;
    size_t count;
    int64_t now;
};
int console_read_tickets(struct store_tx *tx, void *arg, struct err *err);
void console_print_time(int64_t at);
/* One message as a line, unless it is none for people. */
void console_print_message(struct console *c, const struct message_row *row);

/* search.c */
int console_find(struct console *c, struct str rest, struct err *err);
int console_customer(struct console *c, struct str rest, struct err *err);
int console_stats(struct console *c, struct str rest, struct err *err);

/* work.c */
int console_claim(struct console *c, struct str rest, struct err *err);
int console_reply(struct console *c, struct str rest, struct err *err);
int console_note(struct console *c, struct str rest, struct err *err);
int console_return(struct console *c, struct str rest, struct err *err);
int console_resolve(struct console *c, struct str rest, struct err *err);
int console_approve(struct console *c, struct str rest, struct err *err);
int console_decline(struct console *c, struct str rest, struct err *err);

/* compose.c: TEXT as given, or typed over several lines up to one with a single dot, or written in
 * $EDITOR (`edit` true). COMPOSE_EMPTY when nothing was written, with *RET empty; COMPOSE_GIVEN_UP:
 * Ctrl-C or the input's end. In the console's arena. */
enum { COMPOSE_EMPTY = 1, COMPOSE_GIVEN_UP };
int console_compose(struct console *c, struct str given, struct str *ret,
                    struct err *err) WARN_UNUSED;

/* news.c: new tickets, and customers' words in tickets of this agent, told as they come. */
int news_new(struct console *c, struct news **ret, struct err *err) WARN_UNUSED;
void news_free(struct news *n);

#endif
