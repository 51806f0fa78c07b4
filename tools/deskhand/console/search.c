/* What an agent looks for: words, a customer, the day in numbers. */
#include <stdio.h>

#include "../age.h"
#include "../term.h"
#include "base/media.h"
#include "base/message.h"
#include "console.h"
#include "store/store.h"

enum { FOUND_MAX = 20 };

struct search {
    struct console *console;
    struct str words;
    struct conversation_filter filter;
    size_t found;
};

/* WORDS in TEXT, ASCII letters without case. */
static bool
contains(struct str text, struct str words)
{
    for (size_t i = 0; words.len <= text.len && i <= text.len - words.len; i++) {
        if (str_eq_nocase(str_sub(text, i, words.len), words)) {
            return true;
        }
    }
    return false;
}

static int
search_one(struct store_tx *tx, struct search *s, const struct conversation_row *row,
           struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct message_row *rows;
    size_t count;
    int result = store_message_list(tx, row->id, 0, 0, &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct message m = {0};
        if (message_parse_content(rows[i].content, &arena, &m.blocks, &m.count, err) < 0) {
            continue;
        }
        struct str text = media_text(&m, &arena);
        if (contains(text, s->words)) {
            s->found++;
            (void)printf("%" STR_FMT "  ", STR_ARG(row->id));
            console_print_message(s->console, &rows[i]);
            break;
        }
    }
    return result;
}

static int
search_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct search *s = arg;
    struct conversation_row *rows;
    size_t count;
    int result = store_conversation_list(tx, &s->filter, &s->console->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count && s->found < FOUND_MAX; i++) {
        result = search_one(tx, s, &rows[i], err);
    }
    return result;
}

int
console_find(struct console *c, struct str rest, struct err *err)
{
    struct search s = {.console = c, .words = rest};
    if (rest.len < 2) {
        return err_set(err, ERR_INVALID, "find: what? write find TEXT");
    }
    int result = store_read_wait(c->store, search_body, &s, err);
    if (result == 0) {
        (void)printf("(%zu conversation%s%s)\n", s.found, s.found == 1 ? "" : "s",
                     s.found == FOUND_MAX ? ", the newest; there may be more" : "");
    }
    return result;
}

static int
customer_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct search *s = arg;
    struct arena *a = &s->console->arena;
    struct conversation_row *rows;
    struct ticket_row *tickets;
    size_t count, ticket_count;
    struct ticket_filter all = {0};
    int result = store_conversation_list(tx, &s->filter, a, &rows, &count, err);
    if (result == 0) {
        result = store_ticket_list(tx, &all, a, &tickets, &ticket_count, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        console_print_time(rows[i].updated_at);
        (void)printf("conversation %" STR_FMT ", with %" STR_FMT "\n", STR_ARG(rows[i].id),
                     STR_ARG(rows[i].owner));
    }
    for (size_t i = 0; result == 0 && i < ticket_count; i++) {
        if (str_eq(tickets[i].customer, s->words)) {
            console_print_time(tickets[i].updated_at);
            (void)printf("ticket %lld, %" STR_FMT ": ", (long long)tickets[i].number,
                         STR_ARG(tickets[i].status));
            term_text(stdout, tickets[i].reason);
            (void)printf("\n");
        }
    }
    s->found = result == 0 ? count : 0;
    return result;
}

int
console_customer(struct console *c, struct str rest, struct err *err)
{
    struct search s = {.console = c, .words = rest};
    s.filter = (struct conversation_filter){.customer = rest, .limit = FOUND_MAX};
    if (rest.len == 0) {
        return err_set(err, ERR_INVALID, "customer: who? write customer ID");
    }
    int result = store_read_wait(c->store, customer_body, &s, err);
    if (result == 0 && s.found == 0) {
        return err_set(err, ERR_NOTFOUND, "customer %" STR_FMT ": no conversations", STR_ARG(rest));
    }
    return result;
}

int
console_stats(struct console *c, struct str rest, struct err *err)
{
    struct console_tickets t = {.arena = &c->arena};
    size_t open = 0, claimed = 0, waiting = 0, resolved = 0, mine = 0;
    int64_t oldest = 0;
    (void)rest;
    int result = store_read_wait(c->store, console_read_tickets, &t, err);
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < t.count; i++) {
        const struct ticket_row *r = &t.rows[i];
        bool is_open = str_eq(r->status, TICKET_OPEN);
        bool is_resolved = str_eq(r->status, TICKET_RESOLVED);
        open += is_open;
        claimed += str_eq(r->status, TICKET_CLAIMED);
        waiting += str_eq(r->status, TICKET_WAITING);
        resolved += is_resolved;
        mine += str_eq(r->assignee, c->agent) && !is_resolved;
        if (is_open && (oldest == 0 || r->updated_at < oldest)) {
            oldest = r->updated_at;
        }
    }
    (void)printf("%zu open, %zu claimed (%zu yours), %zu waiting for the customer, %zu resolved\n",
                 open, claimed, mine, waiting, resolved);
    if (oldest) {
        (void)printf("the oldest open one waits for %" STR_FMT "\n",
                     STR_ARG(age_text(&c->arena, oldest, t.now)));
    }
    return 0;
}
