#include "memory/memory.h"

#include "base/must.h"
#include "memory/repair.h"
#include "store/store.h"

/* A row as a message. Discarded replies and blank ones come out with no blocks. */
static int
message_from_row(const struct message_row *row, struct arena *a, struct message *ret,
                 struct err *err)
{
    *ret = (struct message){
        .role = str_eq(row->role, STR("assistant")) ? ROLE_ASSISTANT : ROLE_USER,
        .id = row->id,
    };
    if (str_eq(row->state, MESSAGE_DISCARDED)) {
        return 0;
    }
    int result = message_parse_content(row->content, a, &ret->blocks, &ret->count, err);
    if (result < 0) {
        return err_wrap(err, "message %" STR_FMT, STR_ARG(row->id));
    }
    if (!str_starts(row->author, AUTHOR_AGENT_PREFIX)) {
        return 0;
    }
    struct str name = str_sub(row->author, AUTHOR_AGENT_PREFIX.len, SIZE_MAX);
    return repair_mark_agent(ret, name, a, err);
}

/* How many of the newest rows fit the window. The cut never falls between a tool use and its
 * results: a tool's row is kept only together with the row before it. */
static size_t
window_start(const struct message_row *rows, size_t count, const struct memory_limits *limits)
{
    size_t bytes = 0;
    size_t start = count;
    while (start > 0) {
        size_t next = start - 1;
        bytes += rows[next].content.len;
        bool over = count - next > limits->messages || bytes > limits->bytes;
        /* The newest message always goes, however large: without it there is no turn. */
        if (over && start < count) {
            break;
        }
        start = next;
    }
    while (start < count && start > 0 && str_eq(rows[start].author, AUTHOR_TOOL)) {
        start++;
    }
    return start == count && count > 0 ? count - 1 : start;
}

int
memory_from_rows(const struct message_row *rows, size_t row_count,
                 const struct memory_limits *limits, struct arena *a, struct message **ret,
                 size_t *ret_count, struct err *err)
{
    size_t start = window_start(rows, row_count, limits);
    size_t count = row_count - start;
    struct message *messages = arena_zero(a, count ? count : 1, sizeof(*messages));
    if (!messages) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        int result = message_from_row(&rows[start + i], a, &messages[i], err);
        if (result < 0) {
            return result;
        }
    }
    int result = repair_history(messages, &count, a, err);
    if (result < 0) {
        return result;
    }
    *ret = messages;
    *ret_count = count;
    return 0;
}

int
memory_build(struct store_tx *tx, struct str conversation, const struct memory_limits *limits,
             struct arena *a, struct message **ret, size_t *ret_count, struct err *err)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    int result = store_message_list(tx, conversation, 0, limits->messages, a, &rows, &count, err);
    if (result < 0) {
        return result;
    }
    return memory_from_rows(rows, count, limits, a, ret, ret_count, err);
}
