#include "desk/actions.h"

#include <string.h>

#include "base/limits.h"
#include "base/message.h"
#include "base/utf8.h"
#include "desk/desk.h"
#include "desk/inside.h"
#include "store/store.h"

enum { AGENT_NAME_MAX = 40 };

bool
desk_agent_valid(struct str name)
{
    if (name.len == 0 || name.len > AGENT_NAME_MAX || !str_eq(name, str_trim(name))) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == ' ';
        if (!letter && !other) {
            return false;
        }
    }
    return utf8_valid(name);
}

static int
check_action(const struct desk_action *a, bool needs_text, struct err *err)
{
    if (!desk_agent_valid(a->agent)) {
        return err_set(err, ERR_INVALID,
                       "agent '%" STR_FMT "': a name is 1 to %d letters, digits, '_', '.' or '-'",
                       STR_ARG(a->agent), AGENT_NAME_MAX);
    }
    if (a->text.len > LIMIT_MESSAGE_BYTES || !utf8_valid(a->text)) {
        return err_set(err, ERR_INVALID, "text: must be UTF-8 and at most %d bytes",
                       LIMIT_MESSAGE_BYTES);
    }
    if (needs_text && str_trim(a->text).len == 0) {
        return err_set(err, ERR_INVALID, "text: is empty");
    }
    return 0;
}

int
desk_ticket_find(struct store_tx *tx, int64_t number, struct arena *arena, struct ticket_row *ret,
                 struct err *err)
{
    int result = store_ticket_get(tx, number, arena, ret, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND, "ticket %lld: there is none: see `deskhand tickets list`",
                       (long long)number);
    }
    return result;
}

int
desk_ticket_save(struct store_tx *tx, struct ticket_row *ticket, struct str who, const char *what,
                 struct str detail, struct arena *arena, struct err *err)
{
    struct ticket_event_row event = {
        .id = store_new_id(tx, 'e', arena),
        .ticket = ticket->number,
        .who = who,
        .what = str_c(what),
        .detail = detail,
        .at = store_now(tx),
    };
    if (!event.id.ptr) {
        return err_nomem(err);
    }
    ticket->updated_at = event.at;
    int result = store_ticket_update(tx, ticket, err);
    if (result == STORE_STALE) {
        return err_set(err, ERR_BUSY, "ticket %lld: was changed meanwhile: try again",
                       (long long)ticket->number);
    }
    ticket->version++;
    return result < 0 ? result : store_ticket_event_add(tx, &event, err);
}

struct str
desk_agent_author(struct str name, struct arena *arena)
{
    return arena_printf(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(AUTHOR_AGENT_PREFIX),
                        STR_ARG(name));
}

/* The conversation changes hands, whoever has it now. */
static int
give_to(struct store_tx *tx, const struct ticket_row *ticket, struct str owner, struct str who,
        struct str reason, struct arena *arena, struct err *err)
{
    struct conversation_row row;
    int64_t epoch;
    int result = store_conversation_get(tx, ticket->conversation, arena, &row, err);
    if (result != 0 || str_eq(row.owner, owner)) {
        return result < 0 ? result : 0;
    }
    result = store_owner_set(tx, row.id, row.epoch, owner, who, reason, &epoch, err);
    return result == STORE_STALE ? err_set(err, ERR_BUG, "ownership moved inside a transaction")
                                 : result;
}

int
desk_claim(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
           struct ticket_row *ret, struct err *err)
{
    int result = check_action(a, false, err);
    if (result == 0) {
        result = desk_ticket_find(tx, a->number, arena, ret, err);
    }
    if (result < 0) {
        return result;
    }
    if (str_eq(ret->status, TICKET_RESOLVED)) {
        return DESK_OVER;
    }
    if (str_eq(ret->assignee, a->agent)) {
        return 0; /* twice is once */
    }
    if (ret->assignee.len && !a->take) {
        return DESK_TAKEN;
    }
    struct str who = desk_agent_author(a->agent, arena);
    struct str before = ret->assignee;
    if (!who.ptr) {
        return err_nomem(err);
    }
    ret->assignee = a->agent;
    ret->status = TICKET_CLAIMED;
    result = give_to(tx, ret, OWNER_HUMAN, who, STR("claimed"), arena, err);
    return result < 0 ? result
                      : desk_ticket_save(tx, ret, who, before.len ? "taken over" : "claimed",
                                         before, arena, err);
}

/* The ticket, if this agent has it. */
static int
own_ticket(struct store_tx *tx, const struct desk_action *a, bool needs_text, struct arena *arena,
           struct ticket_row *ret, struct str *ret_who, struct err *err)
{
    int result = check_action(a, needs_text, err);
    if (result == 0) {
        result = desk_ticket_find(tx, a->number, arena, ret, err);
    }
    if (result < 0) {
        return result;
    }
    if (str_eq(ret->status, TICKET_RESOLVED)) {
        return DESK_OVER;
    }
    if (!str_eq(ret->assignee, a->agent)) {
        return ret->assignee.len ? DESK_TAKEN : DESK_NOT_YOURS;
    }
    *ret_who = desk_agent_author(a->agent, arena);
    return ret_who->ptr ? 0 : err_nomem(err);
}

int
desk_message_add(struct store_tx *tx, struct str conversation, const char *role, struct str author,
                 struct str text, struct arena *arena, struct err *err)
{
    struct block block;
    struct message_row row = {
        .id = store_new_id(tx, 'm', arena),
        .conversation = conversation,
        .role = str_c(role),
        .author = author,
        .state = MESSAGE_SENT,
        .at = store_now(tx),
    };
    if (!row.id.ptr || !block_text(arena, text, &block)) {
        return err_nomem(err);
    }
    row.content = message_content_json(&block, 1, arena);
    if (!row.content.ptr) {
        return err_nomem(err);
    }
    int result = store_message_add(tx, &row, NULL, err);
    return result < 0 ? result : store_conversation_touch(tx, conversation, row.at, err);
}

int
desk_reply(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
           struct ticket_row *ret, struct err *err)
{
    struct str who;
    int result = own_ticket(tx, a, true, arena, ret, &who, err);
    if (result != 0) {
        return result;
    }
    struct str text = str_trim(utf8_for_terminal(arena, a->text));
    if (text.len == 0) {
        return err_set(err, ERR_INVALID, "text: is empty");
    }
    ret->status = TICKET_WAITING;
    result = desk_message_add(tx, ret->conversation, "assistant", who, text, arena, err);
    return result < 0 ? result : desk_ticket_save(tx, ret, who, "replied", STR(""), arena, err);
}

int
desk_note(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
          struct ticket_row *ret, struct err *err)
{
    struct str who;
    int result = own_ticket(tx, a, true, arena, ret, &who, err);
    return result != 0 ? result : desk_ticket_save(tx, ret, who, "noted", a->text, arena, err);
}

static bool
ends_sentence(struct str text)
{
    return text.len == 0 || strchr(".!?:", text.ptr[text.len - 1]) != NULL;
}

int
desk_return(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
            struct ticket_row *ret, struct err *err)
{
    struct str who;
    int result = own_ticket(tx, a, false, arena, ret, &who, err);
    if (result != 0) {
        return result;
    }
    struct str note = str_trim(utf8_for_terminal(arena, a->text));
    struct str told = arena_printf(
        arena,
        "[Note from %" STR_FMT ", a human colleague, who hands this conversation back to you: "
        "%" STR_FMT "%s%sTicket %lld (%" STR_FMT ") is settled: do not hand over again for it.]",
        STR_ARG(a->agent), STR_ARG(note), ends_sentence(note) ? "" : ".", note.len ? " " : "",
        (long long)ret->number, STR_ARG(ret->reason));
    if (!told.ptr) {
        return err_nomem(err);
    }
    ret->status = TICKET_RESOLVED;
    ret->resolved_at = store_now(tx);
    result = desk_message_add(tx, ret->conversation, "user", AUTHOR_NOTE, told, arena, err);
    if (result == 0) {
        result = desk_tell_decided(tx, a, ret, arena, err);
    }
    if (result == 0) {
        result = give_to(tx, ret, OWNER_BOT, who, STR("returned to the bot"), arena, err);
    }
    return result < 0 ? result : desk_ticket_save(tx, ret, who, "returned", note, arena, err);
}

int
desk_resolve(struct store_tx *tx, const struct desk_action *a, struct arena *arena,
             struct ticket_row *ret, struct err *err)
{
    struct str who;
    int result = own_ticket(tx, a, false, arena, ret, &who, err);
    if (result != 0) {
        return result;
    }
    ret->status = TICKET_RESOLVED;
    ret->resolved_at = store_now(tx);
    result = give_to(tx, ret, OWNER_NOBODY, who, STR("resolved"), arena, err);
    return result < 0 ? result : desk_ticket_save(tx, ret, who, "resolved", a->text, arena, err);
}

int
desk_customer_wrote(struct store_tx *tx, struct str conversation, struct arena *arena,
                    struct err *err)
{
    struct ticket_filter filter = {.conversation = conversation};
    struct ticket_row *tickets = NULL;
    size_t count = 0;
    int result = store_ticket_list(tx, &filter, arena, &tickets, &count, err);
    if (result < 0 || count == 0) {
        return result;
    }
    struct ticket_row *ticket = &tickets[count - 1];
    if (str_eq(ticket->status, TICKET_WAITING)) {
        ticket->status = TICKET_CLAIMED;
        return desk_ticket_save(tx, ticket, STR("customer"), "answered", STR(""), arena, err);
    }
    if (!str_eq(ticket->status, TICKET_RESOLVED)) {
        return 0;
    }
    ticket->status = TICKET_OPEN;
    ticket->assignee = (struct str){0};
    ticket->resolved_at = 0;
    return desk_ticket_save(tx, ticket, STR("customer"), "reopened", STR(""), arena, err);
}
