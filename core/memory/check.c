#include "base/must.h"
#include "memory/memory.h"

static size_t
count_kind(const struct message *m, enum block_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        count += m->blocks[i].kind == kind;
    }
    return count;
}

/* The results at the front of USER answer exactly the uses of ASSISTANT, in their order. */
static bool
results_match(const struct message *assistant, const struct message *user)
{
    size_t at = 0;
    for (size_t i = 0; i < assistant->count; i++) {
        const struct block *use = &assistant->blocks[i];
        if (use->kind != BLOCK_TOOL_USE) {
            continue;
        }
        if (at >= user->count || user->blocks[at].kind != BLOCK_TOOL_RESULT ||
            !str_eq(user->blocks[at].tool_use_id, use->tool_use_id)) {
            return false;
        }
        at++;
    }
    return count_kind(user, BLOCK_TOOL_RESULT) == at;
}

static int
check_one(const struct message *history, size_t count, size_t i, struct err *err)
{
    const struct message *m = &history[i];
    if (m->role != (i % 2 ? ROLE_ASSISTANT : ROLE_USER)) {
        return err_set(err, ERR_INVALID, "message %zu: the roles do not alternate", i);
    }
    if (m->count == 0) {
        return err_set(err, ERR_INVALID, "message %zu: is empty", i);
    }
    for (size_t b = 0; b < m->count; b++) {
        if (m->blocks[b].kind == BLOCK_TEXT && str_trim(m->blocks[b].text).len == 0) {
            return err_set(err, ERR_INVALID, "message %zu: block %zu is blank text", i, b);
        }
    }
    if (m->role == ROLE_USER && message_has(m, BLOCK_TOOL_USE)) {
        return err_set(err, ERR_INVALID, "message %zu: a user's message uses a tool", i);
    }
    if (m->role == ROLE_USER) {
        const struct message none = {0};
        const struct message *before = i > 0 ? &history[i - 1] : &none;
        if (!results_match(before, m)) {
            return err_set(err, ERR_INVALID, "message %zu: does not answer the tool uses before it",
                           i);
        }
        return 0;
    }
    if (message_has(m, BLOCK_TOOL_RESULT)) {
        return err_set(err, ERR_INVALID, "message %zu: an assistant's message holds a result", i);
    }
    if (i + 1 == count && message_has(m, BLOCK_TOOL_USE)) {
        return err_set(err, ERR_INVALID, "message %zu: its tool uses are not answered", i);
    }
    return 0;
}

int
memory_check(const struct message *history, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        int result = check_one(history, count, i, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}
