/* What a text need not say, because it follows from the rest. */
#include "base/message.h"
#include "desk/record.h"
#include "desk/record_check.h"

static int
fill_author(struct record *rec, struct message_row *m, struct arena *arena, struct err *err)
{
    struct message parsed = {0};
    m->conversation = rec->conversation.id;
    if (m->author.len > 0) {
        return 0;
    }
    if (str_eq(m->role, STR("assistant"))) {
        m->author = AUTHOR_BOT;
        return 0;
    }
    int result = message_parse_content(m->content, arena, &parsed.blocks, &parsed.count, err);
    m->author = message_has(&parsed, BLOCK_TOOL_RESULT) ? AUTHOR_TOOL : AUTHOR_CUSTOMER;
    return result;
}

static int
fill_times(struct record *rec, struct err *err)
{
    struct conversation_row *c = &rec->conversation;
    if ((c->created_at == 0 || c->updated_at == 0) && rec->message_count == 0) {
        return err_set(err, ERR_INVALID,
                       "created_at: is missing, and there is no message to tell it");
    }
    c->created_at = c->created_at ? c->created_at : rec->messages[0].at;
    c->updated_at = c->updated_at ? c->updated_at : rec->messages[rec->message_count - 1].at;
    return 0;
}

int
record_fill(struct record *rec, struct arena *arena, struct err *err)
{
    struct str id = rec->conversation.id;
    int result = fill_times(rec, err);
    for (size_t i = 0; result == 0 && i < rec->message_count; i++) {
        result = fill_author(rec, &rec->messages[i], arena, err);
    }
    for (size_t i = 0; i < rec->call_count; i++) {
        rec->calls[i].conversation = id;
    }
    for (size_t i = 0; i < rec->approval_count; i++) {
        rec->approvals[i].conversation = id;
    }
    for (size_t i = 0; i < rec->turn_count; i++) {
        rec->turns[i].conversation = id;
    }
    for (size_t i = 0; i < rec->model_call_count; i++) {
        rec->model_calls[i].conversation = id;
    }
    for (size_t i = 0; i < rec->owner_count; i++) {
        rec->owners[i].conversation = id;
    }
    for (size_t i = 0; i < rec->feedback_count; i++) {
        rec->feedback[i].conversation = id;
    }
    for (size_t i = 0; i < rec->ticket_count; i++) {
        struct record_ticket *t = &rec->tickets[i];
        t->row.conversation = t->row.conversation.len ? t->row.conversation : id;
        for (size_t k = 0; k < t->event_count; k++) {
            t->events[k].ticket = t->row.number;
        }
    }
    return result;
}
