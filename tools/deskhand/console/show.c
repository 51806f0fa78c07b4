/* What an agent looks at: the queue and a ticket. */
#include <stdio.h>
#include <stdlib.h>

#include "../age.h"
#include "../approvals.h"
#include "../md.h"
#include "../term.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "console.h"
#include "desk/desk.h"
#include "store/store.h"

enum { MESSAGES_SHOWN = 30 };

int
console_read_tickets(struct store_tx *tx, void *arg, struct err *err)
{
    struct console_tickets *t = arg;
    t->now = store_now(tx);
    struct ticket_filter all = {0};
    return store_ticket_list(tx, &all, t->arena, &t->rows, &t->count, err);
}

static void
print_tickets(struct console *c, const struct console_tickets *t, bool all)
{
    static const char *const headings[] = {"#", "priority", "status", "waits", "agent", "why"};
    struct term_table table;
    term_table_init(&table, &c->arena, headings, 6);
    for (size_t i = 0; i < t->count; i++) {
        const struct ticket_row *r = &t->rows[i];
        if (!all && str_eq(r->status, TICKET_RESOLVED)) {
            continue;
        }
        struct str cells[] = {arena_printf(&c->arena, "%lld", (long long)r->number),
                              r->priority,
                              r->status,
                              age_text(&c->arena, r->updated_at, t->now),
                              r->assignee.len ? r->assignee : STR("-"),
                              r->reason};
        term_table_add(&table, cells);
    }
    if (table.rows == 0) {
        (void)printf("Nothing waits for a human.\n");
        return;
    }
    term_table_print(&table);
}

int
console_queue(struct console *c, struct str rest, struct err *err)
{
    struct console_tickets t = {.arena = &c->arena};
    int result = store_read_wait(c->store, console_read_tickets, &t, err);
    if (result == 0) {
        if (t.count) {
            qsort(t.rows, t.count, sizeof(*t.rows), desk_queue_order);
        }
        print_tickets(c, &t, str_eq(rest, STR("all")));
    }
    return result;
}

/* ---- One ticket ------------------------------------------------------------------------------*/

struct view {
    struct console *console;
    int64_t number;
    struct ticket_row ticket;
    struct ticket_event_row *events;
    size_t event_count;
    struct message_row *messages;
    size_t message_count;
    struct approval_row *approvals;
    size_t approval_count;
    int64_t now;
};

static int
read_view(struct store_tx *tx, void *arg, struct err *err)
{
    struct view *v = arg;
    struct arena *a = &v->console->arena;
    int result = store_ticket_get(tx, v->number, a, &v->ticket, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND, "ticket %lld: there is none", (long long)v->number);
    }
    if (result == 0) {
        result = store_ticket_event_list(tx, v->number, a, &v->events, &v->event_count, err);
    }
    if (result == 0) {
        result = store_message_list(tx, v->ticket.conversation, 0, MESSAGES_SHOWN, a, &v->messages,
                                    &v->message_count, err);
    }
    if (result == 0) {
        const struct approval_filter filter = {.conversation = v->ticket.conversation};
        result = store_approval_list(tx, &filter, a, &v->approvals, &v->approval_count, err);
        v->now = store_now(tx);
    }
    return result;
}

static void
print_summary(struct console *c, const struct ticket_row *t)
{
    struct js *lines = NULL;
    struct err ignored = {0};
    if (js_parse(t->summary, &c->arena, &lines, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < js_count(lines); i++) {
        const struct js *line = js_at(lines, i);
        struct str kind = js_get_text(line, "kind");
        (void)printf("  %s%" STR_FMT "%s%*s", term_style(stdout, TERM_CYAN), STR_ARG(kind),
                     term_style(stdout, TERM_PLAIN), kind.len < 8 ? (int)(9 - kind.len) : 1, "");
        term_text(stdout, js_get_text(line, "text"));
        (void)printf("\n");
    }
}

void
console_print_time(int64_t at)
{
    char text[CLOCK_TEXT];
    clock_format(at, text);
    (void)printf("%s%.10s %.5s%s ", term_style(stdout, TERM_DIM), text, text + 11,
                 term_style(stdout, TERM_PLAIN));
}

void
console_print_message(struct console *c, const struct message_row *row)
{
    struct message m = {0};
    struct err ignored = {0};
    if (str_eq(row->state, MESSAGE_DISCARDED) || str_eq(row->author, AUTHOR_TOOL) ||
        message_parse_content(row->content, &c->arena, &m.blocks, &m.count, &ignored) < 0) {
        return;
    }
    struct str text = media_text(&m, &c->arena);
    if (text.len == 0) {
        return;
    }
    bool customer = str_eq(row->author, AUTHOR_CUSTOMER);
    struct str name = str_starts(row->author, AUTHOR_AGENT_PREFIX)
                          ? str_sub(row->author, AUTHOR_AGENT_PREFIX.len, SIZE_MAX)
                          : row->author;
    console_print_time(row->at);
    (void)printf("%s", term_style(stdout, customer ? TERM_BOLD : TERM_GREEN));
    term_text(stdout, name);
    (void)printf(":%s\n", term_style(stdout, TERM_PLAIN));
    struct md md;
    md_begin(&md, stdout, term_width(stdout));
    md_add(&md, text);
    md_end(&md);
}

static void
print_note(const struct ticket_event_row *e)
{
    if (!str_eq(e->what, STR("noted"))) {
        return;
    }
    console_print_time(e->at);
    (void)printf("%snote by ", term_style(stdout, TERM_YELLOW));
    term_text(stdout, e->who);
    (void)printf(":%s ", term_style(stdout, TERM_PLAIN));
    term_text(stdout, e->detail);
    (void)printf("\n");
}

/* Below all that was said: what is to be decided stands where the eye is. */
static int
print_approvals(const struct view *v, struct err *err)
{
    size_t waiting = 0;
    if (v->approval_count == 0) {
        return 0;
    }
    (void)printf("\n");
    int result = approvals_print(v->approvals, v->approval_count, v->now, &waiting, err);
    if (result == 0 && waiting > 0) {
        (void)printf("(`approve%s` lets the bot do it, `decline%s` does not)\n",
                     waiting > 1 ? " ID" : "", waiting > 1 ? " ID" : "");
    }
    return result;
}

static void
print_head(const struct ticket_row *t)
{
    (void)printf("%sTicket %lld%s  %" STR_FMT ", %" STR_FMT "%s", term_style(stdout, TERM_BOLD),
                 (long long)t->number, term_style(stdout, TERM_PLAIN), STR_ARG(t->priority),
                 STR_ARG(t->status), t->assignee.len ? ", with " : "");
    term_text(stdout, t->assignee);
    (void)printf("  customer ");
    term_text(stdout, t->customer.len ? t->customer : STR("unknown"));
    (void)printf("  conversation %" STR_FMT "\n", STR_ARG(t->conversation));
}

int
console_open(struct console *c, struct str rest, struct err *err)
{
    struct view v = {.console = c};
    int result = console_ticket(c, &rest, &v.number, err);
    if (result == 0) {
        result = store_read_wait(c->store, read_view, &v, err);
    }
    if (result < 0) {
        return result;
    }
    const struct ticket_row *t = &v.ticket;
    print_head(t);
    print_summary(c, t);
    (void)printf("\n");
    for (size_t i = 0; i < v.message_count; i++) {
        console_print_message(c, &v.messages[i]);
    }
    for (size_t i = 0; i < v.event_count; i++) {
        print_note(&v.events[i]);
    }
    console_take_up(c, v.number);
    result = print_approvals(&v, err);
    if (t->assignee.len == 0 && !str_eq(t->status, TICKET_RESOLVED)) {
        (void)printf("(nobody has it: `claim` makes it yours)\n");
    }
    return result;
}
