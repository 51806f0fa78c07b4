#include "desk/approval.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "desk/actions.h"
#include "desk/inside.h"
#include "store/store.h"

/* ---- States ----------------------------------------------------------------------------------*/

struct str
desk_approval_state(const struct approval_row *row, int64_t now)
{
    bool alive = str_eq(row->state, APPROVAL_PENDING) || str_eq(row->state, APPROVAL_APPROVED);
    return alive && row->expires_at <= now ? APPROVAL_EXPIRED : row->state;
}

static bool
by_agent(const struct approval_row *row)
{
    return str_starts(row->decided_by, AUTHOR_AGENT_PREFIX);
}

/* Who decided, without the mark of agents: "Sam", "the customer". */
static struct str
decider(const struct approval_row *row)
{
    if (by_agent(row)) {
        return str_sub(row->decided_by, AUTHOR_AGENT_PREFIX.len, SIZE_MAX);
    }
    return STR("the customer");
}

struct str
desk_approval_words(const struct approval_row *row, int64_t now, struct arena *arena)
{
    struct str state = desk_approval_state(row, now);
    bool agents = str_eq(row->needs, APPROVAL_AGENT);
    if (str_eq(state, APPROVAL_PENDING)) {
        return agents ? STR("waits for an agent") : STR("waits for the customer");
    }
    if (str_eq(state, APPROVAL_LAPSED)) {
        return STR("lapsed: the customer went on to something else");
    }
    struct str by = decider(row);
    if (str_eq(state, APPROVAL_USED)) {
        return arena_printf(arena, "approved by %" STR_FMT " and used", STR_ARG(by));
    }
    if (str_eq(state, APPROVAL_EXPIRED)) {
        /* Of the customer's, what stands there may only be the message that came too late. */
        if (!by_agent(row)) {
            return STR("expired");
        }
        return arena_printf(arena, "approved by %" STR_FMT ", expired unused", STR_ARG(by));
    }
    return arena_printf(arena, "%" STR_FMT " by %" STR_FMT, STR_ARG(state), STR_ARG(by));
}

int
desk_approval_waiting(struct store_tx *tx, struct str conversation, int64_t now,
                      struct arena *arena, struct approval_row **ret, size_t *ret_count,
                      struct err *err)
{
    const struct approval_filter filter = {
        .conversation = conversation, .state = APPROVAL_PENDING, .needs = APPROVAL_AGENT};
    size_t count = 0;
    size_t kept = 0;
    int result = store_approval_list(tx, &filter, arena, ret, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (str_eq(desk_approval_state(&(*ret)[i], now), APPROVAL_PENDING)) {
            (*ret)[kept++] = (*ret)[i];
        }
    }
    *ret_count = kept;
    return result;
}

/* ---- Deciding --------------------------------------------------------------------------------*/

static int
check_decision(const struct desk_decision *d, struct err *err)
{
    if (!desk_agent_valid(d->agent)) {
        return err_set(err, ERR_INVALID,
                       "agent '%" STR_FMT "': a name is 1 to 40 letters, digits, '_', '.' or '-'",
                       STR_ARG(d->agent));
    }
    if (d->reason.len > LIMIT_MESSAGE_BYTES || !utf8_valid(d->reason)) {
        return err_set(err, ERR_INVALID, "note: must be UTF-8 and at most %d bytes",
                       LIMIT_MESSAGE_BYTES);
    }
    return 0;
}

static int
refuse(const struct approval_row *row, const char *why, struct err *err)
{
    return err_set(err, ERR_AUTH, "approval %" STR_FMT ": %s", STR_ARG(row->id), why);
}

/* ", and it was used at ...": when the one call under it began; without a time where the call is
 * not on record any more. In ARENA. */
static int
used_words(struct store_tx *tx, const struct approval_row *row, struct arena *arena,
           struct str *ret, struct err *err)
{
    struct tool_call_row *calls = NULL;
    char at[CLOCK_TEXT];
    size_t count = 0;
    int result = store_tool_call_list(tx, row->conversation, STR(""), arena, &calls, &count, err);
    *ret = STR(", and it was used");
    for (size_t i = 0; result == 0 && row->used_by.len && i < count; i++) {
        if (str_eq(calls[i].id, row->used_by)) {
            clock_format(calls[i].started_at, at);
            *ret = arena_printf(arena, ", and it was used at %.10s %.5s UTC", at, at + 11);
            break;
        }
    }
    return result < 0 || ret->ptr ? result : err_nomem(err);
}

/* Somebody was first: who, when, and what became of it. */
static int
refuse_decided(struct store_tx *tx, const struct approval_row *row, struct str state,
               struct arena *arena, struct err *err)
{
    char at[CLOCK_TEXT];
    struct str by = decider(row);
    struct str then =
        str_eq(state, APPROVAL_EXPIRED) ? STR("; it expired unused") : STR(" already");
    int result = str_eq(state, APPROVAL_USED) ? used_words(tx, row, arena, &then, err) : 0;
    if (result < 0) {
        return result;
    }
    clock_format(row->decided_at, at);
    return err_set(
        err, ERR_AUTH, "approval %" STR_FMT ": %" STR_FMT " %s it at %.10s %.5s UTC%" STR_FMT,
        STR_ARG(row->id), STR_ARG(by), str_eq(state, APPROVAL_DECLINED) ? "declined" : "approved",
        at, at + 11, STR_ARG(then));
}

/* Given by an agent and not used: it may be taken back. */
static bool
may_take_back(const struct approval_row *row, int64_t now)
{
    return by_agent(row) && str_eq(desk_approval_state(row, now), APPROVAL_APPROVED);
}

/* Is it an agent's to decide now? Else what became of it. */
static int
check_open(struct store_tx *tx, const struct approval_row *row, bool approved, struct arena *arena,
           struct err *err)
{
    char at[CLOCK_TEXT];
    struct str state = desk_approval_state(row, store_now(tx));
    bool pending = str_eq(state, APPROVAL_PENDING);
    bool waits = pending && str_eq(row->needs, APPROVAL_AGENT);
    if (waits || (!approved && may_take_back(row, store_now(tx)))) {
        return 0;
    }
    if (pending) {
        return refuse(row, "is for the customer to decide, in the conversation", err);
    }
    if (str_eq(state, APPROVAL_LAPSED)) {
        return refuse(row, "has lapsed: the customer went on to something else", err);
    }
    if (str_eq(state, APPROVAL_EXPIRED) && !by_agent(row)) {
        clock_format(row->expires_at, at);
        return err_set(err, ERR_AUTH,
                       "approval %" STR_FMT
                       ": expired at %.10s %.5s UTC: the bot asks again when the "
                       "customer still wants it",
                       STR_ARG(row->id), at, at + 11);
    }
    return refuse_decided(tx, row, state, arena, err);
}

/* The one that is meant, by its id. */
static int
find_named(struct store_tx *tx, const struct desk_decision *d, struct arena *arena,
           struct desk_decided *ret, struct err *err)
{
    int result = store_approval_get(tx, d->approval, arena, &ret->row, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND,
                       "approval %" STR_FMT ": there is none: see `deskhand tickets approvals`",
                       STR_ARG(str_sub(d->approval, 0, 64)));
    }
    bool elsewhere = result == 0 && ret->ticket.number > 0 &&
                     !str_eq(ret->row.conversation, ret->ticket.conversation);
    if (elsewhere) {
        return err_set(err, ERR_NOTFOUND,
                       "approval %" STR_FMT ": is not of ticket %lld but of conversation %" STR_FMT,
                       STR_ARG(ret->row.id), (long long)ret->ticket.number,
                       STR_ARG(ret->row.conversation));
    }
    return result;
}

/* What was given in the conversation and may be taken back, as the choice; where there is none, the
 * last one that was used is meant, for a word on when. */
static int
find_given(struct store_tx *tx, struct arena *arena, struct desk_decided *ret, struct err *err)
{
    const struct approval_filter filter = {.conversation = ret->ticket.conversation};
    struct approval_row *rows = NULL;
    size_t count = 0;
    int result = store_approval_list(tx, &filter, arena, &rows, &count, err);
    ret->waiting = rows;
    ret->waiting_count = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (by_agent(&rows[i]) && str_eq(rows[i].state, APPROVAL_USED)) {
            ret->row = rows[i];
        }
        if (may_take_back(&rows[i], store_now(tx))) {
            rows[ret->waiting_count++] = rows[i];
        }
    }
    return result;
}

/* The only one that waits at the ticket; else, to decline, the only one that was given there. */
static int
find_waiting(struct store_tx *tx, bool approved, struct arena *arena, struct desk_decided *ret,
             struct err *err)
{
    long long number = (long long)ret->ticket.number;
    if (number == 0) {
        return err_set(err, ERR_INVALID, "which approval? give a ticket's number or --approval ID");
    }
    int result = desk_approval_waiting(tx, ret->ticket.conversation, store_now(tx), arena,
                                       &ret->waiting, &ret->waiting_count, err);
    if (result == 0 && ret->waiting_count == 0 && !approved) {
        result = find_given(tx, arena, ret, err);
    }
    if (result < 0) {
        return result;
    }
    if (ret->waiting_count > 1) {
        return DESK_WHICH;
    }
    if (ret->waiting_count == 0 && ret->row.id.len == 0) {
        return err_set(err, ERR_NOTFOUND,
                       "ticket %lld: no approval waits for an agent here: `deskhand tickets "
                       "approvals` lists those that do",
                       number);
    }
    ret->row = ret->waiting_count ? ret->waiting[0] : ret->row;
    return 0;
}

/* Where it is noted: the ticket that was named, the one that asked, or the conversation's newest.
 */
static int
find_ticket(struct store_tx *tx, struct arena *arena, struct desk_decided *ret, struct err *err)
{
    const struct ticket_filter filter = {.conversation = ret->row.conversation};
    struct ticket_row *tickets = NULL;
    size_t count = 0;
    if (ret->ticket.number > 0) {
        return 0;
    }
    int result = store_ticket_list(tx, &filter, arena, &tickets, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        bool asked = tickets[i].number == ret->row.ticket;
        if (asked || i + 1 == count) {
            ret->ticket = tickets[i];
            return 0;
        }
    }
    return result;
}

/* What the bot reads. SUMMARY may hold a customer's or a model's words: desk_one_line() keeps them
 * inside the brackets of the note. */
static struct str
note_text(const struct desk_decision *d, const struct approval_row *row, struct str summary,
          struct str reason, struct arena *arena)
{
    struct str said =
        reason.len ? arena_printf(arena, " They add: %" STR_FMT ".", STR_ARG(reason)) : STR("");
    if (!said.ptr) {
        return said;
    }
    if (!d->approved) {
        return arena_printf(arena,
                            "[Note: %" STR_FMT ", a human colleague, declined: %" STR_FMT
                            ".%" STR_FMT " Do not try it again; explain it to the customer.]",
                            STR_ARG(d->agent), STR_ARG(summary), STR_ARG(said));
    }
    return arena_printf(arena,
                        "[Note: %" STR_FMT ", a human colleague, approved: %" STR_FMT ".%" STR_FMT
                        " If the customer still wants it, call %" STR_FMT
                        " with exactly these arguments: %" STR_FMT "]",
                        STR_ARG(d->agent), STR_ARG(summary), STR_ARG(said), STR_ARG(row->tool),
                        STR_ARG(row->arguments));
}

struct str
desk_one_line(struct str text, struct arena *arena)
{
    struct str clean = text.len ? utf8_for_terminal(arena, text) : STR("");
    struct str copy = clean.ptr ? arena_str(arena, clean) : clean;
    if (!copy.ptr) {
        return copy;
    }
    for (size_t i = 0; i < copy.len; i++) {
        char *c = (char *)copy.ptr + i;
        *c = *c == '\n' || *c == '\t' ? ' ' : *c == '[' ? '(' : *c == ']' ? ')' : *c;
    }
    copy = str_trim(copy);
    bool stopped = copy.len > 0 && strchr(".!?", copy.ptr[copy.len - 1]) != NULL;
    return stopped ? str_sub(copy, 0, copy.len - 1) : copy;
}

static int
note_ticket(struct store_tx *tx, struct desk_decided *ret, struct str detail, struct arena *arena,
            struct err *err)
{
    if (ret->ticket.number == 0) {
        return 0;
    }
    const char *what = str_eq(ret->row.state, APPROVAL_APPROVED) ? "approved" : "declined";
    return desk_ticket_save(tx, &ret->ticket, ret->row.decided_by, what, detail, arena, err);
}

static int
write_decision(struct store_tx *tx, const struct desk_decision *d, struct arena *arena,
               struct desk_decided *ret, struct err *err)
{
    struct approval_row *row = &ret->row;
    struct str summary = desk_one_line(row->summary, arena);
    struct str reason = desk_one_line(d->reason, arena);
    struct str before = row->state;
    row->decided_by = desk_agent_author(d->agent, arena);
    if (!summary.ptr || !reason.ptr || !row->decided_by.ptr) {
        return err_nomem(err);
    }
    row->state = d->approved ? APPROVAL_APPROVED : APPROVAL_DECLINED;
    row->decided_at = store_now(tx);
    row->expires_at = d->approved ? row->decided_at + DESK_APPROVED_MS : row->expires_at;
    row->ticket = ret->ticket.number;
    struct str note = note_text(d, row, summary, reason, arena);
    struct str detail = reason.len ? arena_printf(arena, "%" STR_FMT ": %" STR_FMT,
                                                  STR_ARG(summary), STR_ARG(reason))
                                   : summary;
    if (!note.ptr || !detail.ptr) {
        return err_nomem(err);
    }
    int result = store_approval_move(tx, row, before, err);
    if (result > 0) {
        return err_set(err, ERR_BUG, "an approval moved inside a transaction");
    }
    if (result == 0) {
        result = desk_message_add(tx, row->conversation, "user", AUTHOR_NOTE, note, arena, err);
    }
    return result < 0 ? result : note_ticket(tx, ret, detail, arena, err);
}

static int
find_owner(struct store_tx *tx, struct arena *arena, struct desk_decided *ret, struct err *err)
{
    struct conversation_row row = {0};
    int result = store_conversation_get(tx, ret->row.conversation, arena, &row, err);
    ret->owner = row.owner;
    return result == STORE_NONE ? err_set(err, ERR_BUG, "an approval without its conversation")
                                : result;
}

int
desk_decide(struct store_tx *tx, const struct desk_decision *d, struct arena *arena,
            struct desk_decided *ret, struct err *err)
{
    *ret = (struct desk_decided){0};
    int result = check_decision(d, err);
    if (result == 0 && d->number > 0) {
        result = desk_ticket_find(tx, d->number, arena, &ret->ticket, err);
    }
    if (result == 0) {
        result = d->approval.len ? find_named(tx, d, arena, ret, err)
                                 : find_waiting(tx, d->approved, arena, ret, err);
    }
    if (result == 0) {
        result = check_open(tx, &ret->row, d->approved, arena, err);
    }
    if (result == 0) {
        result = find_ticket(tx, arena, ret, err);
    }
    if (result == 0) {
        result = find_owner(tx, arena, ret, err);
    }
    return result == 0 ? write_decision(tx, d, arena, ret, err) : result;
}
