/* What must hold between the rows of a sound desk, over any backend: one conversation after the
 * other, so that memory stays small. */
#include "store/store_private.h"

static int
wrong(struct err *err, const char *kind, struct str id, const char *what)
{
    return err_set(err, ERR_INVALID, "%s %" STR_FMT ": %s", kind, STR_ARG(id), what);
}

static int
check_owner(struct store_tx *tx, const struct conversation_row *c, struct arena *a, struct err *err)
{
    struct owner_row *owners;
    size_t count;
    int result = store_owner_list(tx, c->id, a, &owners, &count, err);
    if (result == 0 && count > 0 && owners[count - 1].epoch != c->epoch) {
        return wrong(err, "conversation", c->id, "its epoch is not that of its last owner");
    }
    if (result == 0 && count > 0 && !str_eq(owners[count - 1].owner, c->owner)) {
        return wrong(err, "conversation", c->id, "its owner is not the last one recorded");
    }
    return result;
}

static int
check_messages(struct store_tx *tx, const struct conversation_row *c, struct arena *a,
               struct err *err)
{
    struct message_row *messages;
    size_t count;
    int result = store_message_list(tx, c->id, 0, 0, a, &messages, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (messages[i].seq != (int64_t)i + 1) {
            return wrong(err, "message", messages[i].id, "its number does not follow the last");
        }
    }
    return result;
}

static bool
turn_is_open(const struct turn_row *turns, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(turns[i].id, id)) {
            return str_eq(turns[i].state, TURN_OPEN);
        }
    }
    return false;
}

static int
check_turns(struct store_tx *tx, const struct conversation_row *c, struct arena *a, struct err *err)
{
    struct turn_row *turns;
    struct tool_call_row *calls;
    size_t turn_count;
    size_t call_count = 0;
    size_t open = 0;
    int result = store_turn_list(tx, c->id, a, &turns, &turn_count, err);
    for (size_t i = 0; result == 0 && i < turn_count; i++) {
        open += str_eq(turns[i].state, TURN_OPEN);
    }
    if (open > 1) {
        return wrong(err, "conversation", c->id, "two of its turns are open");
    }
    if (result == 0) {
        result = store_tool_call_list(tx, c->id, STR(""), a, &calls, &call_count, err);
    }
    for (size_t i = 0; result == 0 && i < call_count; i++) {
        bool is_open = str_eq(calls[i].status, CALL_OPEN);
        if (is_open && !turn_is_open(turns, turn_count, calls[i].turn)) {
            return wrong(err, "tool call", calls[i].id, "has no result though its turn is over");
        }
        if (!is_open && calls[i].result.len == 0) {
            return wrong(err, "tool call", calls[i].id, "is over and has no result");
        }
    }
    return result;
}

static bool
call_is_there(const struct tool_call_row *calls, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(calls[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* One approval lets one call through, and somebody gave it. */
static int
check_approval(const struct approval_row *row, const struct tool_call_row *calls, size_t count,
               struct err *err)
{
    bool used = str_eq(row->state, APPROVAL_USED);
    if (used && row->used_by.len == 0) {
        return wrong(err, "approval", row->id, "is used, and no call is named that used it");
    }
    if (!used && row->used_by.len > 0) {
        return wrong(err, "approval", row->id, "names a call that used it, and is not used");
    }
    if ((used || str_eq(row->state, APPROVAL_APPROVED)) && row->decided_by.len == 0) {
        return wrong(err, "approval", row->id, "is approved, and by nobody");
    }
    if (row->used_by.len > 0 && !call_is_there(calls, count, row->used_by)) {
        return wrong(err, "approval", row->id, "the call that used it is not there");
    }
    return 0;
}

static int
check_approvals(struct store_tx *tx, const struct conversation_row *c, struct arena *a,
                struct err *err)
{
    const struct approval_filter filter = {.conversation = c->id};
    struct approval_row *rows;
    struct tool_call_row *calls = NULL;
    size_t count = 0;
    size_t call_count = 0;
    int result = store_approval_list(tx, &filter, a, &rows, &count, err);
    if (result == 0 && count > 0) {
        result = store_tool_call_list(tx, c->id, STR(""), a, &calls, &call_count, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = check_approval(&rows[i], calls, call_count, err);
    }
    return result;
}

static int
check_rows(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena all = {0};
    AUTO(arena) struct arena one = {0};
    struct conversation_row *conversations;
    size_t count;
    (void)arg;
    const struct conversation_filter filter = {0};
    int result = store_conversation_list(tx, &filter, &all, &conversations, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = check_owner(tx, &conversations[i], &one, err);
        if (result == 0) {
            result = check_messages(tx, &conversations[i], &one, err);
        }
        if (result == 0) {
            result = check_turns(tx, &conversations[i], &one, err);
        }
        if (result == 0) {
            result = check_approvals(tx, &conversations[i], &one, err);
        }
        arena_clear(&one);
    }
    return result;
}

int
store_check(struct store *s, struct err *err)
{
    (void)pthread_mutex_lock(&s->writer_lock);
    int result = s->ops->check(s->writer.connection, err);
    (void)pthread_mutex_unlock(&s->writer_lock);
    return result == 0 ? store_read_wait(s, check_rows, NULL, err) : result;
}
