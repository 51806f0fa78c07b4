/* make-approvals DIR: give the desk in DIR, which make-desk has filled, calls that wait for
 * somebody to agree, in every state. Ticket 1 has one that waits for an agent; ticket 2 two, and
 * others that are over; a conversation without a ticket one. Prints a word and an id a line. */
#include <stdio.h>

#include "store/store.h"

enum { HOUR_MS = 3600 * 1000 };

struct kind {
    const char *word;
    int64_t ticket;
    struct str needs;
    struct str state;
    const char *decided_by;
    const char *summary;
    int64_t asked_min; /* minutes ago */
    int64_t hours;     /* to live from now on; below 0: over */
    bool used;
};

static const struct kind kinds[] = {
    {"one", 1, APPROVAL_AGENT, APPROVAL_PENDING, "", "Refund order A-1042, 24.90 EUR", 12, 1,
     false},
    {"two", 2, APPROVAL_AGENT, APPROVAL_PENDING, "",
     "Refund order A-1043, 1,249.00 EUR to the "
     "card it was paid with, which ends in 4711",
     130, 20, false},
    {"three", 2, APPROVAL_AGENT, APPROVAL_PENDING, "", "Cancel order A-1044\x1b[31m\n", 1, 2,
     false},
    {"late", 2, APPROVAL_AGENT, APPROVAL_PENDING, "", "Refund order A-1", 600, -1, false},
    {"used", 2, APPROVAL_AGENT, APPROVAL_USED, "agent:Ada", "Refund order A-2", 700, 10, true},
    {"declined", 2, APPROVAL_AGENT, APPROVAL_DECLINED, "agent:Ada", "Refund order A-3", 800, 1,
     false},
    {"customers", 3, APPROVAL_CUSTOMER, APPROVAL_PENDING, "", "Cancel order A-4", 3, 1, false},
    {"loose", 0, APPROVAL_AGENT, APPROVAL_PENDING, "", "Refund order A-5", 5, 1, false},
};

struct filling {
    struct arena arena;
    const struct kind *kind;
};

/* The conversation of the ticket; without one, the latest that has none. */
static int
find_conversation(struct store_tx *tx, struct filling *f, struct str *ret, struct err *err)
{
    const struct conversation_filter all = {0};
    struct conversation_row *rows = NULL;
    struct ticket_row ticket = {0};
    size_t count = 0;
    if (f->kind->ticket) {
        int result = store_ticket_get(tx, f->kind->ticket, &f->arena, &ticket, err);
        *ret = ticket.conversation;
        return result;
    }
    int result = store_conversation_list(tx, &all, &f->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        const struct ticket_filter of = {.conversation = rows[i].id};
        struct ticket_row *tickets;
        size_t ticket_count = 0;
        result = store_ticket_list(tx, &of, &f->arena, &tickets, &ticket_count, err);
        if (ticket_count == 0) {
            *ret = rows[i].id;
        }
    }
    return result;
}

static int
add(struct store_tx *tx, void *arg, struct err *err)
{
    struct filling *f = arg;
    const struct kind *k = f->kind;
    int64_t now = store_now(tx);
    struct tool_call_row *calls;
    size_t count = 0;
    struct approval_row row = {
        .id = store_new_id(tx, 'a', &f->arena),
        .tool = str_find(str_c(k->summary), STR("Cancel"), 0) == 0 ? STR("cancel_order")
                                                                   : STR("refund"),
        .arguments = STR("{\"order\":\"A-1042\",\"amount\":24.9}"),
        .summary = str_c(k->summary),
        .needs = k->needs,
        .state = k->state,
        .ticket = k->ticket,
        .decided_by = str_c(k->decided_by),
        .created_at = now - k->asked_min * 60000,
        .expires_at = now + k->hours * HOUR_MS + 60000,
        .decided_at = k->decided_by[0] ? now - k->asked_min * 30000 : 0,
    };
    int result = find_conversation(tx, f, &row.conversation, err);
    if (result == 0) {
        result =
            store_tool_call_list(tx, row.conversation, STR(""), &f->arena, &calls, &count, err);
    }
    if (result == 0 && count > 0) {
        row.turn = calls[0].turn;
        row.call = calls[0].id;
        row.used_by = k->used ? calls[0].id : STR("");
    }
    (void)printf("%s %" STR_FMT "\n%s_in %" STR_FMT "\n", k->word, STR_ARG(row.id), k->word,
                 STR_ARG(row.conversation));
    return result == 0 ? store_approval_add(tx, &row, err) : result;
}

int
main(int argc, char **argv)
{
    AUTO(store) struct store *store = NULL;
    struct err err = {0};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: make-approvals DIR\n");
        return 2;
    }
    const struct store_options options = {.path = str_c(argv[1]), .sync = STORE_SYNC_OFF};
    int result = store_open_sqlite(&options, NULL, &store, &err);
    for (size_t i = 0; result == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct filling f = {.kind = &kinds[i]};
        result = store_write_wait(store, add, &f, &err);
        arena_done(&f.arena);
    }
    if (result < 0) {
        (void)fprintf(stderr, "make-approvals: %s\n", err.message);
    }
    return result == 0 ? 0 : 1;
}
