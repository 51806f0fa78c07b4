#include "desk/record_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/message.h"
#include "desk/actions.h"
#include "desk/record.h"
#include "prompt/prompt.h"

/* Ids in order: found by halving, so that a hostile text of a million rows costs no more than it
 * weighs. */
struct ids {
    struct str *items;
    size_t count;
};

struct checker {
    struct arena *arena;
    struct err *err;
    struct ids messages;
    struct ids turns;
    struct ids calls;
};

static int
wrong(struct checker *c, const char *list, size_t i, const char *what)
{
    return err_set(c->err, ERR_INVALID, "%s[%zu]: %s", list, i, what);
}

static int
by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The ids of COUNT rows of SIZE bytes, whose id is their first member. */
static int
collect(struct checker *c, const char *list, const void *rows, size_t count, size_t size,
        struct ids *ret)
{
    ret->items = arena_zero(c->arena, count + 1, sizeof(*ret->items));
    ret->count = count;
    if (!ret->items) {
        return err_nomem(c->err);
    }
    for (size_t i = 0; i < count; i++) {
        ret->items[i] = *(const struct str *)((const char *)rows + i * size);
    }
    qsort(ret->items, count, sizeof(*ret->items), by_bytes);
    for (size_t i = 1; i < count; i++) {
        if (str_eq(ret->items[i - 1], ret->items[i])) {
            return err_set(c->err, ERR_INVALID, "%s: the id %" STR_FMT " is given twice", list,
                           STR_ARG(ret->items[i]));
        }
    }
    return 0;
}

static bool
has(const struct ids *ids, struct str id)
{
    return ids->count > 0 && bsearch(&id, ids->items, ids->count, sizeof(id), by_bytes) != NULL;
}

/* ID is empty or one of IDS. */
static int
check_reference(struct checker *c, const char *list, size_t i, const char *member,
                const struct ids *ids, struct str id)
{
    if (id.len == 0 || has(ids, id)) {
        return 0;
    }
    return err_set(c->err, ERR_INVALID, "%s[%zu].%s: %" STR_FMT " is not in this conversation",
                   list, i, member, STR_ARG(id));
}

/* ---- Messages --------------------------------------------------------------------------------*/

static bool
author_fits(const struct message_row *m)
{
    if (str_eq(m->role, STR("user"))) {
        return str_eq(m->author, AUTHOR_CUSTOMER) || str_eq(m->author, AUTHOR_TOOL) ||
               str_eq(m->author, AUTHOR_NOTE);
    }
    bool agent =
        str_starts(m->author, AUTHOR_AGENT_PREFIX) && m->author.len > AUTHOR_AGENT_PREFIX.len;
    return agent || str_eq(m->author, AUTHOR_BOT) || str_eq(m->author, AUTHOR_SYSTEM);
}

static int
check_message(struct checker *c, const struct message_row *row, size_t i)
{
    AUTO(arena) struct arena arena = {0};
    struct message m = {0};
    if (!author_fits(row)) {
        return wrong(c, "messages", i,
                     "its author must be \"customer\", \"tool\" or \"note\" for the role user, "
                     "\"bot\", \"system\" or \"agent:NAME\" for assistant");
    }
    int result = message_parse_content(row->content, &arena, &m.blocks, &m.count, c->err);
    if (result < 0) {
        return result;
    }
    bool user = str_eq(row->role, STR("user"));
    if (message_has(&m, user ? BLOCK_TOOL_USE : BLOCK_TOOL_RESULT)) {
        return wrong(c, "messages", i,
                     user ? "only an assistant's message may hold a toolUse"
                          : "only a user's message may hold a toolResult");
    }
    return check_reference(c, "messages", i, "turn", &c->turns, row->turn);
}

static int
check_messages(struct checker *c, const struct record *r)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->message_count; i++) {
        result = check_message(c, &r->messages[i], i);
    }
    return result;
}

/* ---- Turns and calls -------------------------------------------------------------------------*/

static int
check_turns(struct checker *c, const struct record *r)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->turn_count; i++) {
        const struct turn_row *t = &r->turns[i];
        if (str_eq(t->state, TURN_OPEN)) {
            return wrong(c, "turns", i,
                         "is still open: let it end (or run `deskhand doctor`) on the desk it came "
                         "from, then export again");
        }
        if (t->outcome.len == 0) {
            return wrong(c, "turns", i, "is closed without an outcome");
        }
        result = check_reference(c, "turns", i, "user_message", &c->messages, t->user_message);
    }
    for (size_t i = 0; result == 0 && i < r->model_call_count; i++) {
        result = check_reference(c, "model_calls", i, "turn", &c->turns, r->model_calls[i].turn);
    }
    return result;
}

static int
check_calls(struct checker *c, const struct record *r)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->call_count; i++) {
        const struct tool_call_row *call = &r->calls[i];
        if (str_eq(call->status, CALL_OPEN)) {
            return wrong(
                c, "tool_calls", i,
                "is still open: let its turn end (or run `deskhand doctor`) on the desk it "
                "came from, then export again");
        }
        if (call->result.len == 0) {
            return wrong(c, "tool_calls", i, "is over and has no result");
        }
        result = check_reference(c, "tool_calls", i, "turn", &c->turns, call->turn);
        if (result == 0) {
            result = check_reference(c, "tool_calls", i, "message", &c->messages, call->message);
        }
    }
    return result;
}

/* ---- Owner, tickets --------------------------------------------------------------------------*/

static int
check_owners(struct checker *c, const struct record *r)
{
    for (size_t i = 0; i < r->owner_count; i++) {
        if (r->owners[i].epoch <= (i ? r->owners[i - 1].epoch : 0)) {
            return wrong(c, "ownership", i, "its epoch does not follow the last");
        }
    }
    if (r->conversation.epoch < 1) {
        return err_set(c->err, ERR_INVALID, "epoch: must be 1 or more");
    }
    if (r->owner_count == 0) {
        return 0;
    }
    const struct owner_row *last = &r->owners[r->owner_count - 1];
    bool fits = last->epoch == r->conversation.epoch && str_eq(last->owner, r->conversation.owner);
    return fits ? 0
                : wrong(c, "ownership", r->owner_count - 1,
                        "is not the owner and epoch that the conversation has");
}

static int
check_evidence(struct checker *c, const struct ticket_row *ticket, size_t i)
{
    AUTO(arena) struct arena arena = {0};
    struct js *lines = NULL;
    int result = js_parse(ticket->summary, &arena, &lines, c->err);
    for (size_t l = 0; result == 0 && l < js_count(lines); l++) {
        const struct js *evidence = js_get_c(js_at(lines, l), "evidence");
        for (size_t k = 0; k < js_count(evidence); k++) {
            struct str id = js_text(js_at(evidence, k));
            if (!has(&c->messages, id) && !has(&c->calls, id)) {
                return err_set(c->err, ERR_INVALID,
                               "tickets[%zu].summary.lines[%zu]: its evidence %" STR_FMT
                               " is no message or tool call of this conversation",
                               i, l, STR_ARG(id));
            }
        }
    }
    return result;
}

static int
check_ticket(struct checker *c, const struct record *r, size_t i)
{
    const struct ticket_row *ticket = &r->tickets[i].row;
    if (!str_eq(ticket->conversation, r->conversation.id)) {
        return wrong(c, "tickets", i, "belongs to another conversation");
    }
    if (i > 0 && ticket->number <= r->tickets[i - 1].row.number) {
        return wrong(c, "tickets", i, "its number does not follow the last");
    }
    if (ticket->version < 1) {
        return wrong(c, "tickets", i, "its version must be 1 or more");
    }
    return check_evidence(c, ticket, i);
}

/* Events are one table on the desk, whatever ticket they belong to. */
static int
check_events(struct checker *c, const struct record *r)
{
    size_t count = 0;
    struct ids ignored;
    for (size_t i = 0; i < r->ticket_count; i++) {
        count += r->tickets[i].event_count;
    }
    struct ticket_event_row *all = arena_zero(c->arena, count + 1, sizeof(*all));
    if (!all) {
        return err_nomem(c->err);
    }
    count = 0;
    for (size_t i = 0; i < r->ticket_count; i++) {
        for (size_t k = 0; k < r->tickets[i].event_count; k++) {
            all[count++] = r->tickets[i].events[k];
        }
    }
    return collect(c, "events", all, count, sizeof(*all), &ignored);
}

static int
check_tickets(struct checker *c, const struct record *r)
{
    int result = check_events(c, r);
    for (size_t i = 0; result == 0 && i < r->ticket_count; i++) {
        result = check_ticket(c, r, i);
    }
    return result;
}

/* ---- Approvals -------------------------------------------------------------------------------*/

/* Nobody, an agent by name, or a message of the customer's. */
static bool
decider_fits(const struct checker *c, struct str who)
{
    if (str_starts(who, AUTHOR_AGENT_PREFIX)) {
        return desk_agent_valid(str_sub(who, AUTHOR_AGENT_PREFIX.len, SIZE_MAX));
    }
    return who.len == 0 || has(&c->messages, who);
}

static int
by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = ((const struct record_ticket *)b)->row.number;
    return x < y ? -1 : x > y;
}

/* By halving: check_tickets() has seen to their order. */
static bool
ticket_is_here(const struct record *r, int64_t number)
{
    return number == 0 || (r->ticket_count > 0 && bsearch(&number, r->tickets, r->ticket_count,
                                                          sizeof(*r->tickets), by_number));
}

static int
check_approval(struct checker *c, const struct record *r, size_t i)
{
    const struct approval_row *row = &r->approvals[i];
    bool used = str_eq(row->state, APPROVAL_USED);
    bool decided =
        used || str_eq(row->state, APPROVAL_APPROVED) || str_eq(row->state, APPROVAL_DECLINED);
    if (used != (row->used_by.len > 0)) {
        return wrong(c, "approvals", i,
                     "\"used_by\" goes with the state \"used\", and only with it");
    }
    if (decided && (row->decided_by.len == 0 || row->decided_at == 0)) {
        return wrong(c, "approvals", i,
                     "is decided, and \"decided_by\" or \"decided_at\" is missing");
    }
    if (!decider_fits(c, row->decided_by)) {
        return wrong(c, "approvals", i,
                     "\"decided_by\" must be \"agent:NAME\" or a message of this conversation");
    }
    if (!ticket_is_here(r, row->ticket)) {
        return wrong(c, "approvals", i, "its ticket is not in this conversation");
    }
    int result = check_reference(c, "approvals", i, "turn", &c->turns, row->turn);
    if (result == 0) {
        result = check_reference(c, "approvals", i, "call", &c->calls, row->call);
    }
    return result < 0 ? result
                      : check_reference(c, "approvals", i, "used_by", &c->calls, row->used_by);
}

static int
check_approvals(struct checker *c, const struct record *r)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->approval_count; i++) {
        result = check_approval(c, r, i);
    }
    return result;
}

/* ---- The rest ---------------------------------------------------------------------------------*/

static int
check_feedback(struct checker *c, const struct record *r)
{
    for (size_t i = 0; i < r->feedback_count; i++) {
        if (r->feedback[i].rating < 1 || r->feedback[i].rating > 5) {
            return wrong(c, "feedback", i, "a rating is a number from 1 to 5");
        }
    }
    return 0;
}

/* A text under another's hash would stand for that one on the whole desk. */
static int
check_prompt(struct checker *c, const struct record *r)
{
    char hash[PROMPT_HASH_TEXT];
    if (r->prompt_text.len == 0) {
        return 0;
    }
    int result = prompt_hash(r->prompt_text, hash, c->err);
    if (result == 0 && !str_eq_c(r->conversation.prompt_version, hash)) {
        return err_set(c->err, ERR_INVALID,
                       "prompt.text: is not the text of its version (its SHA-256 is %.12s...)",
                       hash);
    }
    return result;
}

static int
collect_all(struct checker *c, const struct record *r)
{
    struct ids ignored;
    int result =
        collect(c, "messages", r->messages, r->message_count, sizeof(*r->messages), &c->messages);
    if (result == 0) {
        result = collect(c, "turns", r->turns, r->turn_count, sizeof(*r->turns), &c->turns);
    }
    if (result == 0) {
        result = collect(c, "tool_calls", r->calls, r->call_count, sizeof(*r->calls), &c->calls);
    }
    if (result == 0) {
        result = collect(c, "approvals", r->approvals, r->approval_count, sizeof(*r->approvals),
                         &ignored);
    }
    if (result == 0) {
        result = collect(c, "model_calls", r->model_calls, r->model_call_count,
                         sizeof(*r->model_calls), &ignored);
    }
    if (result == 0) {
        result = collect(c, "ownership", r->owners, r->owner_count, sizeof(*r->owners), &ignored);
    }
    if (result == 0) {
        result =
            collect(c, "feedback", r->feedback, r->feedback_count, sizeof(*r->feedback), &ignored);
    }
    return result;
}

int
record_check(const struct record *r, struct arena *arena, struct err *err)
{
    struct checker c = {.arena = arena, .err = err};
    static int (*const checks[])(struct checker * c, const struct record *r) = {
        collect_all,   check_messages,  check_turns,    check_calls,  check_owners,
        check_tickets, check_approvals, check_feedback, check_prompt,
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
        result = checks[i](&c, r);
    }
    return result;
}
