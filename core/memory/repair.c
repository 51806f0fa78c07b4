#include "memory/repair.h"

#include <string.h>

#include "base/fence.h"
#include "base/must.h"

int
repair_mark_agent(struct message *m, struct str name, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind != BLOCK_TEXT) {
            continue;
        }
        struct str marked = arena_printf(a, "[%" STR_FMT ", a human colleague] %" STR_FMT,
                                         STR_ARG(name), STR_ARG(m->blocks[i].text));
        return marked.ptr && block_text(a, marked, &m->blocks[i]) ? 0 : err_nomem(err);
    }
    return 0;
}

int
repair_mark_words(struct message *m, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < m->count; i++) {
        struct str text = m->blocks[i].text;
        if (m->blocks[i].kind != BLOCK_TEXT) {
            continue;
        }
        struct str marked = fence_mark_words(text, a);
        if ((text.len && !marked.ptr) ||
            (marked.ptr != text.ptr && !block_text(a, marked, &m->blocks[i]))) {
            return err_nomem(err);
        }
    }
    return 0;
}

static bool
is_blank(const struct block *b)
{
    return b->kind == BLOCK_TEXT && str_trim(b->text).len == 0;
}

static void
drop_blank_text(struct message *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (!is_blank(&m->blocks[i])) {
            m->blocks[kept++] = m->blocks[i];
        }
    }
    m->count = kept;
}

/* TO's blocks, then FROM's. */
static int
append_blocks(struct message *to, const struct message *from, struct arena *a, struct err *err)
{
    size_t total = to->count + from->count;
    struct block *blocks = arena_alloc(a, total * sizeof(*blocks));
    if (!blocks) {
        return err_nomem(err);
    }
    memcpy(blocks, to->blocks, to->count * sizeof(*blocks));
    memcpy(blocks + to->count, from->blocks, from->count * sizeof(*blocks));
    to->blocks = blocks;
    to->count = total;
    return 0;
}

/* An assistant's message that waits for tool results must not swallow the one behind it: what is
 * said after a tool use belongs after its results. */
static bool
may_merge(const struct message *a, const struct message *b)
{
    return a->role == b->role && !(a->role == ROLE_ASSISTANT && message_has(a, BLOCK_TOOL_USE));
}

/* Blank text, empty messages and leading assistants go; neighbours of one role become one. */
static int
merge(struct message *messages, size_t *count, struct arena *a, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        drop_blank_text(&messages[i]);
        bool leading = kept == 0 && messages[i].role == ROLE_ASSISTANT;
        if (messages[i].count == 0 || leading) {
            continue;
        }
        if (kept > 0 && may_merge(&messages[kept - 1], &messages[i])) {
            int result = append_blocks(&messages[kept - 1], &messages[i], a, err);
            if (result < 0) {
                return result;
            }
            messages[kept - 1].id = messages[i].id;
            continue;
        }
        messages[kept++] = messages[i];
    }
    *count = kept;
    return 0;
}

static struct block *
find_result(const struct message *m, struct str id)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TOOL_RESULT && str_eq(m->blocks[i].tool_use_id, id)) {
            return &m->blocks[i];
        }
    }
    return NULL;
}

static bool
missing_result(struct arena *a, struct str id, struct block *ret)
{
    return block_tool_result(a, id,
                             STR("[{\"text\":\"The outcome of this call is unknown: it was "
                                 "interrupted. Do not assume that it happened or that it did "
                                 "not.\"}]"),
                             true, ret);
}

/* USER as the answer to the tool uses of ASSISTANT (NULL: none are open): their results first, in
 * their order, made up where missing; results that answer nothing are left out. */
static int
order_results(const struct message *assistant, struct message *user, struct arena *a,
              struct err *err)
{
    size_t uses = assistant ? assistant->count : 0;
    struct block *blocks = arena_alloc(a, (uses + user->count) * sizeof(*blocks) + 1);
    if (!blocks) {
        return err_nomem(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < uses; i++) {
        if (assistant->blocks[i].kind != BLOCK_TOOL_USE) {
            continue;
        }
        struct str id = assistant->blocks[i].tool_use_id;
        const struct block *found = find_result(user, id);
        if (found) {
            blocks[count++] = *found;
        } else if (!missing_result(a, id, &blocks[count++])) {
            return err_nomem(err);
        }
    }
    for (size_t i = 0; i < user->count; i++) {
        if (user->blocks[i].kind != BLOCK_TOOL_RESULT) {
            blocks[count++] = user->blocks[i];
        }
    }
    user->blocks = blocks;
    user->count = count;
    return 0;
}

/* Text after a tool use in one assistant's message moves before it: some APIs refuse the order
 * some models write. */
static void
text_before_tools(struct message *m)
{
    size_t place = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind == BLOCK_TOOL_USE) {
            continue;
        }
        struct block moved = m->blocks[i];
        memmove(&m->blocks[place + 1], &m->blocks[place], (i - place) * sizeof(moved));
        m->blocks[place++] = moved;
    }
}

/* Tool uses without a user's message behind them cannot be answered in place: the uses go, the
 * message's text stays. */
static void
drop_tool_uses(struct message *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].kind != BLOCK_TOOL_USE) {
            m->blocks[kept++] = m->blocks[i];
        }
    }
    m->count = kept;
}

static int
pair_tools(struct message *messages, size_t count, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct message *m = &messages[i];
        if (m->role == ROLE_ASSISTANT && message_has(m, BLOCK_TOOL_USE)) {
            bool answered = i + 1 < count && messages[i + 1].role == ROLE_USER;
            if (answered) {
                text_before_tools(m);
            } else {
                drop_tool_uses(m);
            }
            continue;
        }
        if (m->role == ROLE_USER) {
            const struct message *before = i > 0 ? &messages[i - 1] : NULL;
            int result = order_results(before, m, a, err);
            if (result < 0) {
                return result;
            }
        }
    }
    return 0;
}

static bool
is_settled(const struct message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum role due = i % 2 ? ROLE_ASSISTANT : ROLE_USER;
        if (messages[i].count == 0 || messages[i].role != due) {
            return false;
        }
    }
    return true;
}

/* Pairing may empty a message, and merging may bring new pairs together. Each round that is not
 * the last has fewer messages than the one before, so this ends. */
int
repair_history(struct message *messages, size_t *count, struct arena *a, struct err *err)
{
    do {
        int result = merge(messages, count, a, err);
        if (result == 0) {
            result = pair_tools(messages, *count, a, err);
        }
        if (result < 0) {
            return result;
        }
    } while (!is_settled(messages, *count));
    return 0;
}
