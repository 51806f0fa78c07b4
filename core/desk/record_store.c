/* A record out of the desk's rows, and into them. */
#include <inttypes.h>

#include "desk/record.h"
#include "store/store.h"

static int
load_tickets(struct store_tx *tx, struct arena *arena, struct record *r, struct err *err)
{
    const struct ticket_filter filter = {.conversation = r->conversation.id};
    struct ticket_row *rows = NULL;
    int result = store_ticket_list(tx, &filter, arena, &rows, &r->ticket_count, err);
    if (result < 0) {
        return result;
    }
    r->tickets = arena_zero(arena, r->ticket_count + 1, sizeof(*r->tickets));
    if (!r->tickets) {
        return err_nomem(err);
    }
    for (size_t i = 0; result == 0 && i < r->ticket_count; i++) {
        struct record_ticket *t = &r->tickets[i];
        t->row = rows[i];
        result =
            store_ticket_event_list(tx, t->row.number, arena, &t->events, &t->event_count, err);
    }
    return result;
}

static int
load_prompt(struct store_tx *tx, struct arena *arena, struct record *r, struct err *err)
{
    struct prompt_row prompt = {0};
    if (r->conversation.prompt_version.len == 0) {
        return 0;
    }
    int result = store_prompt_get(tx, r->conversation.prompt_version, arena, &prompt, err);
    r->prompt_text = prompt.text;
    return result == STORE_NONE ? 0 : result;
}

int
record_load(struct store_tx *tx, struct str id, struct arena *a, struct record *ret,
            struct err *err)
{
    struct record r = {0};
    int result = store_conversation_get(tx, id, a, &r.conversation, err);
    if (result == 0) {
        result = load_prompt(tx, a, &r, err);
    }
    if (result == 0) {
        result = store_message_list(tx, id, 0, 0, a, &r.messages, &r.message_count, err);
    }
    if (result == 0) {
        result = store_tool_call_list(tx, id, STR(""), a, &r.calls, &r.call_count, err);
    }
    if (result == 0) {
        const struct approval_filter filter = {.conversation = id};
        result = store_approval_list(tx, &filter, a, &r.approvals, &r.approval_count, err);
    }
    if (result == 0) {
        result = load_tickets(tx, a, &r, err);
    }
    if (result == 0) {
        result = store_turn_list(tx, id, a, &r.turns, &r.turn_count, err);
    }
    if (result == 0) {
        result = store_model_call_list(tx, id, a, &r.model_calls, &r.model_call_count, err);
    }
    if (result == 0) {
        result = store_owner_list(tx, id, a, &r.owners, &r.owner_count, err);
    }
    if (result == 0) {
        result = store_feedback_list(tx, id, a, &r.feedback, &r.feedback_count, err);
    }
    if (result == 0) {
        *ret = r;
    }
    return result;
}

/* ---- Into the desk ---------------------------------------------------------------------------*/

/* The two that a person can do something about, before the store meets them. */
static int
check_new(struct store_tx *tx, const struct record *r, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct conversation_row conversation;
    struct ticket_row ticket;
    struct str id = r->conversation.id;
    int result = store_conversation_get(tx, id, &arena, &conversation, err);
    if (result == 0) {
        return err_set(err, ERR_BUSY,
                       "conversation %" STR_FMT " is on this desk already: nothing was imported. "
                       "`deskhand conversations delete %" STR_FMT "` first, or import into another "
                       "desk",
                       STR_ARG(id), STR_ARG(id));
    }
    for (size_t i = 0; result == STORE_NONE && i < r->ticket_count; i++) {
        result = store_ticket_get(tx, r->tickets[i].row.number, &arena, &ticket, err);
        if (result == 0) {
            return err_set(err, ERR_BUSY,
                           "ticket %" PRId64 " is on this desk already (of conversation %" STR_FMT
                           "): nothing was imported. Import into another desk, such as a new one",
                           ticket.number, STR_ARG(ticket.conversation));
        }
    }
    return result == STORE_NONE ? 0 : result;
}

static int
store_prompt(struct store_tx *tx, const struct record *r, struct err *err)
{
    const struct conversation_row *c = &r->conversation;
    const struct prompt_row prompt = {c->prompt_version, c->prompt_name, r->prompt_text,
                                      c->created_at};
    return r->prompt_text.len ? store_prompt_add(tx, &prompt, err) : 0;
}

static int
store_talk(struct store_tx *tx, const struct record *r, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->owner_count; i++) {
        result = store_owner_add(tx, &r->owners[i], err);
    }
    for (size_t i = 0; result == 0 && i < r->turn_count; i++) {
        result = store_turn_add(tx, &r->turns[i], err);
    }
    for (size_t i = 0; result == 0 && i < r->message_count; i++) {
        result = store_message_add(tx, &r->messages[i], NULL, err);
    }
    for (size_t i = 0; result == 0 && i < r->model_call_count; i++) {
        result = store_model_call_add(tx, &r->model_calls[i], err);
    }
    for (size_t i = 0; result == 0 && i < r->call_count; i++) {
        result = store_tool_call_add(tx, &r->calls[i], err);
    }
    for (size_t i = 0; result == 0 && i < r->feedback_count; i++) {
        result = store_feedback_add(tx, &r->feedback[i], err);
    }
    return result;
}

/* Nothing is agreed to by a file. */
static int
store_approvals(struct store_tx *tx, const struct record *r, struct err *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->approval_count; i++) {
        struct approval_row row = r->approvals[i];
        if (str_eq(row.state, APPROVAL_PENDING) || str_eq(row.state, APPROVAL_APPROVED)) {
            row.state = APPROVAL_EXPIRED;
        }
        result = store_approval_add(tx, &row, err);
    }
    return result;
}

static int
store_ticket(struct store_tx *tx, const struct record_ticket *ticket, struct err *err)
{
    int result = store_ticket_add(tx, &ticket->row, NULL, err);
    for (size_t i = 0; result == 0 && i < ticket->event_count; i++) {
        result = store_ticket_event_add(tx, &ticket->events[i], err);
    }
    return result;
}

int
record_store(struct store_tx *tx, const struct record *r, struct err *err)
{
    int result = check_new(tx, r, err);
    if (result == 0) {
        result = store_prompt(tx, r, err);
    }
    if (result == 0) {
        result = store_conversation_add(tx, &r->conversation, err);
    }
    if (result == 0) {
        result = store_talk(tx, r, err);
    }
    if (result == 0) {
        result = store_approvals(tx, r, err);
    }
    for (size_t i = 0; result == 0 && i < r->ticket_count; i++) {
        result = store_ticket(tx, &r->tickets[i], err);
    }
    return result;
}
