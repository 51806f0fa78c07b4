/* What happens on the desk while an agent types. */
#include <stdio.h>

#include "../briefing.h"
#include "../line.h"
#include "../md.h"
#include "../term.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "console.h"
#include "io/loop.h"
#include "store/store.h"

/* Of a customer's words only so much is announced; `open` shows all. */
enum { WORDS_SHOWN = 200, STEP_MS = 20 };

struct news {
    struct console *console;
    struct store_watch watch;
    struct store_request request;
    bool looking;
    bool again;
    int64_t since;       /* tickets changed at or after are looked at */
    int64_t last_number; /* tickets up to here are known */
    int64_t told_until;  /* messages up to this time were told */
    struct arena arena;  /* of the look under way */
    struct ticket_row *tickets;
    size_t ticket_count;
    struct said {
        int64_t ticket;
        struct str text;
        int64_t at;
    } * said;
    size_t said_count;
};

static int
collect_words(struct store_tx *tx, struct news *n, const struct ticket_row *ticket, struct err *err)
{
    struct message_row *rows;
    size_t count;
    int result = store_message_list(tx, ticket->conversation, 0, 10, &n->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct message m = {0};
        if (!str_eq(rows[i].author, AUTHOR_CUSTOMER) || rows[i].at <= n->told_until) {
            continue;
        }
        struct said *grown = arena_zero(&n->arena, n->said_count + 1, sizeof(*grown));
        if (!grown) {
            return err_nomem(err);
        }
        for (size_t k = 0; k < n->said_count; k++) {
            grown[k] = n->said[k];
        }
        n->said = grown;
        result = message_parse_content(rows[i].content, &n->arena, &m.blocks, &m.count, err);
        n->said[n->said_count++] =
            (struct said){ticket->number, media_text(&m, &n->arena), rows[i].at};
    }
    return result;
}

/* [store thread] Tickets that changed, and what customers wrote in those of this agent. */
static int
look(struct store_tx *tx, void *arg, struct err *err)
{
    struct news *n = arg;
    struct ticket_filter filter = {.since = n->since};
    arena_clear(&n->arena);
    n->said = NULL;
    n->said_count = 0;
    int result = store_ticket_list(tx, &filter, &n->arena, &n->tickets, &n->ticket_count, err);
    for (size_t i = 0; result == 0 && i < n->ticket_count; i++) {
        const struct ticket_row *t = &n->tickets[i];
        if (str_eq(t->assignee, n->console->agent) && !str_eq(t->status, TICKET_RESOLVED)) {
            result = collect_words(tx, n, t, err);
        }
    }
    return result;
}

struct told {
    const struct ticket_row *ticket; /* a new one, or NULL */
    const struct said *said;
};

static void
print_news(void *arg)
{
    const struct told *t = arg;
    (void)printf("%s", term_style(stdout, TERM_YELLOW));
    if (t->ticket) {
        (void)printf("* new ticket #%lld (%" STR_FMT "): ", (long long)t->ticket->number,
                     STR_ARG(t->ticket->priority));
        term_text(stdout, utf8_cut(t->ticket->reason, WORDS_SHOWN));
    } else {
        (void)printf("* #%lld customer: ", (long long)t->said->ticket);
        term_text(stdout, utf8_cut(t->said->text, WORDS_SHOWN));
    }
    (void)printf("%s\n", term_style(stdout, TERM_PLAIN));
}

static void start_look(struct news *n);

static void
want_brief(struct news *n, const struct ticket_row *t)
{
    if (str_eq(t->summary_by, STR("extractive")) && str_eq(t->status, TICKET_OPEN)) {
        briefing_want(n->console->briefing, t->number);
    }
}

static void
on_looked(void *arg, int result, const struct err *err)
{
    struct news *n = arg;
    (void)err; /* the next commit looks again */
    n->looking = false;
    for (size_t i = 0; result == 0 && i < n->ticket_count; i++) {
        const struct ticket_row *t = &n->tickets[i];
        struct told told = {.ticket = t};
        n->since = t->updated_at > n->since ? t->updated_at : n->since;
        want_brief(n, t);
        if (t->number > n->last_number) {
            n->last_number = t->number;
            line_announce(n->console->line, print_news, &told);
        }
    }
    for (size_t i = 0; result == 0 && i < n->said_count; i++) {
        struct told told = {.said = &n->said[i]};
        n->told_until = n->said[i].at > n->told_until ? n->said[i].at : n->told_until;
        line_announce(n->console->line, print_news, &told);
    }
    if (n->again) {
        n->again = false;
        start_look(n);
    }
}

static void
start_look(struct news *n)
{
    if (n->looking) {
        n->again = true;
        return;
    }
    n->looking = true;
    n->request = (struct store_request){.body = look, .done = on_looked, .arg = n};
    store_read(n->console->store, &n->request);
}

static void
on_change(struct store_watch *watch)
{
    start_look(OWNER_OF(watch, struct news, watch));
}

/* What is there already is no news. */
static int
first_look(struct store_tx *tx, void *arg, struct err *err)
{
    struct news *n = arg;
    int result = look(tx, n, err);
    n->told_until = store_now(tx);
    n->since = n->told_until;
    for (size_t i = 0; result == 0 && i < n->ticket_count; i++) {
        n->last_number = n->tickets[i].number;
    }
    return result;
}

int
news_new(struct console *c, struct news **ret, struct err *err)
{
    struct news *n = mem_zero(1, sizeof(*n));
    if (!n) {
        return err_nomem(err);
    }
    n->console = c;
    int result = store_read_wait(c->store, first_look, n, err);
    for (size_t i = 0; result == 0 && i < n->ticket_count; i++) {
        want_brief(n, &n->tickets[i]);
    }
    if (result == 0) {
        result = store_watch_start(c->store, &n->watch, on_change, err);
    }
    if (result < 0) {
        arena_done(&n->arena);
        mem_free(n);
        return result;
    }
    *ret = n;
    return 0;
}

void
news_free(struct news *n)
{
    struct err err = {0};
    if (!n) {
        return;
    }
    store_watch_stop(&n->watch);
    n->again = false;
    while (n->looking && loop_step(n->console->loop, STEP_MS, &err) == 0) {
    }
    arena_done(&n->arena);
    mem_free(n);
}
