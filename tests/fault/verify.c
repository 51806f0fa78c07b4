#include "verify.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/message.h"
#include "memory/memory.h"
#include "store/store.h"

enum { FILE_BYTES = 1 << 20, LINE_BYTES = 4096 };

/* One conversation, all that is recorded of it. */
struct record {
    struct store_tx *tx;
    struct arena *arena;
    struct str effects; /* the whole file */
    struct str acks;
    const struct conversation_row *conversation;
    struct message_row *messages;
    struct message *parsed; /* the same, in order */
    size_t message_count;
    struct tool_call_row *calls;
    size_t call_count;
    struct turn_row *turns;
    size_t turn_count;
    struct ticket_row *tickets;
    size_t ticket_count;
};

/* ---- Files -----------------------------------------------------------------------------------*/

int
verify_note(const char *folder, const char *name, const char *format, ...)
{
    char path[LINE_BYTES];
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    if (len < 0 || len >= (int)sizeof(line) - 1) {
        return -1;
    }
    line[len++] = '\n';
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, line, (size_t)len) == len;
    if (fd >= 0) {
        (void)close(fd);
    }
    return written ? 0 : -1;
}

static struct str
read_file(const char *folder, const char *name, struct arena *arena)
{
    char path[LINE_BYTES];
    char *text = arena_alloc(arena, FILE_BYTES);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 && text ? read(fd, text, FILE_BYTES) : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return (struct str){text, len > 0 ? (size_t)len : 0};
}

static size_t
count_line(struct str text, struct str wanted)
{
    size_t count = 0;
    struct str line;
    while (str_split(&text, '\n', &line)) {
        count += str_eq(line, wanted);
    }
    return count;
}

size_t
verify_lines(const char *folder, const char *name)
{
    AUTO(arena) struct arena arena = {0};
    struct str text = read_file(folder, name, &arena);
    struct str line;
    size_t count = 0;
    while (str_split(&text, '\n', &line)) {
        count += line.len > 0;
    }
    return count;
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static int
parse_messages(struct record *r, struct err *err)
{
    int result = 0;
    r->parsed = arena_zero(r->arena, r->message_count + 1, sizeof(*r->parsed));
    for (size_t i = 0; result == 0 && i < r->message_count; i++) {
        result = message_parse_content(r->messages[i].content, r->arena, &r->parsed[i].blocks,
                                       &r->parsed[i].count, err);
    }
    return result;
}

static int
read_record(struct record *r, struct err *err)
{
    struct str id = r->conversation->id;
    struct ticket_filter filter = {.conversation = id};
    int result =
        store_message_list(r->tx, id, 0, 0, r->arena, &r->messages, &r->message_count, err);
    if (result == 0) {
        result = store_tool_call_list(r->tx, id, STR(""), r->arena, &r->calls, &r->call_count, err);
    }
    if (result == 0) {
        result = store_turn_list(r->tx, id, r->arena, &r->turns, &r->turn_count, err);
    }
    if (result == 0) {
        result = store_ticket_list(r->tx, &filter, r->arena, &r->tickets, &r->ticket_count, err);
    }
    return result == 0 ? parse_messages(r, err) : result;
}

/* ---- Checks of one conversation --------------------------------------------------------------*/

static int
check_history(const struct record *r, struct err *err)
{
    struct memory_limits limits = {10000, 100000000, 0};
    struct memory_view view;
    int result = memory_build(r->tx, r->conversation->id, &limits, r->arena, &view, err);
    return result == 0 ? memory_check(view.messages, view.count, err) : result;
}

static int
check_turns(const struct record *r, struct err *err)
{
    for (size_t i = 0; i < r->turn_count; i++) {
        if (!str_eq(r->turns[i].state, TURN_CLOSED)) {
            return err_set(err, ERR_INVALID, "turn %zu of %zu is open", i + 1, r->turn_count);
        }
    }
    return 0;
}

/* How often block KIND names ID, and where it did last. */
static size_t
count_blocks(const struct record *r, enum block_kind kind, struct str id, size_t *ret_at)
{
    size_t count = 0;
    for (size_t i = 0; i < r->message_count; i++) {
        for (size_t b = 0; b < r->parsed[i].count; b++) {
            const struct block *block = &r->parsed[i].blocks[b];
            if (block->kind == kind && (id.len == 0 || str_eq(block->tool_use_id, id))) {
                count++;
                *ret_at = i;
            }
        }
    }
    return count;
}

static int
check_call(const struct record *r, const struct tool_call_row *call, struct err *err)
{
    size_t asked_at = 0;
    size_t answered_at = 0;
    size_t effects = count_line(r->effects, call->id);
    size_t uses = count_blocks(r, BLOCK_TOOL_USE, call->tool_use_id, &asked_at);
    size_t results = count_blocks(r, BLOCK_TOOL_RESULT, call->tool_use_id, &answered_at);
    bool append = !str_eq(call->effect, STR("read")) && str_eq(call->plugin, STR("effects"));
    bool never = str_eq(call->status, CALL_REJECTED) || str_eq(call->status, CALL_CANCELED);
    const char *wrong = NULL;
    if (str_eq(call->status, CALL_OPEN) || call->result.len == 0) {
        wrong = "has no result";
    } else if (uses != 1 || results != 1 || answered_at <= asked_at) {
        wrong = "is not one tool use followed by one result";
    } else if (effects > 1) {
        wrong = "had its effect more than once";
    } else if (effects == 1 && (!append || never)) {
        wrong = "had an effect it may not have had";
    } else if (append && effects == 0 && str_eq(call->status, CALL_OK)) {
        wrong = "is recorded as done, and had no effect";
    }
    return wrong ? err_set(err, ERR_INVALID,
                           "call %" STR_FMT " (%" STR_FMT ", %" STR_FMT
                           "): %s (%zu uses, %zu results, %zu effects)",
                           STR_ARG(call->id), STR_ARG(call->name), STR_ARG(call->status), wrong,
                           uses, results, effects)
                 : 0;
}

static int
check_calls(const struct record *r, struct err *err)
{
    size_t at;
    size_t uses = count_blocks(r, BLOCK_TOOL_USE, STR(""), &at);
    size_t results = count_blocks(r, BLOCK_TOOL_RESULT, STR(""), &at);
    int result = 0;
    for (size_t i = 0; result == 0 && i < r->call_count; i++) {
        result = check_call(r, &r->calls[i], err);
    }
    if (result == 0 && (uses != r->call_count || results != r->call_count)) {
        return err_set(err, ERR_INVALID, "%zu calls, %zu tool uses, %zu results", r->call_count,
                       uses, results);
    }
    return result;
}

/* Messages of AUTHOR whose whole text is TEXT, and were not discarded. */
static size_t
count_texts(const struct record *r, struct str author, struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < r->message_count; i++) {
        bool sent = str_eq(r->messages[i].state, MESSAGE_SENT);
        count += sent && str_eq(r->messages[i].author, author) &&
                 str_eq(message_text(&r->parsed[i], r->arena), text);
    }
    return count;
}

/* Ticket, ownership, result and line: all or none. */
static int
check_hand_over(const struct record *r, struct err *err)
{
    size_t carried = 0;
    size_t lines = 0;
    bool gone = str_eq(r->conversation->owner, OWNER_NOBODY);
    if (r->ticket_count > 0) {
        long long number = (long long)r->tickets[0].number;
        struct str member = arena_printf(r->arena, "\"ticket\":%lld", number);
        for (size_t i = 0; i < r->call_count; i++) {
            carried += str_find(r->calls[i].result, member, 0) != SIZE_MAX;
        }
        lines = count_texts(r, AUTHOR_SYSTEM, arena_printf(r->arena, "Ticket %lld.", number));
    }
    if (r->ticket_count > 1 || gone != (r->ticket_count == 1) || carried != r->ticket_count ||
        lines != r->ticket_count) {
        return err_set(err, ERR_INVALID,
                       "a hand-over in halves: %zu tickets, owner %" STR_FMT
                       ", %zu results with the number, %zu lines to the customer",
                       r->ticket_count, STR_ARG(r->conversation->owner), carried, lines);
    }
    return 0;
}

/* "done CONVERSATION OUTCOME TICKET REPLY": the reply stands in the record, the ticket exists. */
static int
check_done(const struct record *r, struct str rest, struct err *err)
{
    struct str outcome = {0};
    struct str ticket = {0};
    int64_t number = 0;
    (void)str_split(&rest, ' ', &outcome);
    (void)str_split(&rest, ' ', &ticket);
    if (str_to_i64(ticket, &number) && number > 0 &&
        (r->ticket_count != 1 || r->tickets[0].number != number)) {
        return err_set(err, ERR_INVALID, "ticket %lld was promised and is not there",
                       (long long)number);
    }
    size_t said = count_texts(r, AUTHOR_BOT, rest) + count_texts(r, AUTHOR_SYSTEM, rest);
    if (rest.len > 0 && said == 0) {
        return err_set(err, ERR_INVALID, "the reply \"%" STR_FMT "\" was shown and is not there",
                       STR_ARG(rest));
    }
    return 0;
}

static int
check_acks(const struct record *r, struct err *err)
{
    struct str rest = r->acks;
    struct str line;
    int result = 0;
    while (result == 0 && str_split(&rest, '\n', &line)) {
        struct str kind = {0};
        struct str conversation = {0};
        (void)str_split(&line, ' ', &kind);
        (void)str_split(&line, ' ', &conversation);
        if (!str_eq(conversation, r->conversation->id)) {
            continue;
        }
        if (str_eq(kind, STR("done"))) {
            result = check_done(r, line, err);
        } else if (count_texts(r, AUTHOR_CUSTOMER, line) != 1) {
            result = err_set(err, ERR_INVALID,
                             "the message \"%" STR_FMT "\" was acknowledged and is there %zu times",
                             STR_ARG(line), count_texts(r, AUTHOR_CUSTOMER, line));
        }
    }
    return result;
}

/* What ran and cannot be undone had an approval of its own. */
static int
check_approvals(const struct record *r, struct err *err)
{
    const struct approval_filter filter = {.conversation = r->conversation->id};
    struct approval_row *rows = NULL;
    size_t count = 0;
    size_t ran = 0;
    size_t used = 0;
    int result = store_approval_list(r->tx, &filter, r->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < r->call_count; i++) {
        const struct tool_call_row *call = &r->calls[i];
        bool runs =
            str_eq(call->effect, STR("irreversible")) && !str_eq(call->status, CALL_REJECTED);
        ran += runs;
        for (size_t k = 0; runs && k < count; k++) {
            used += str_eq(rows[k].used_by, call->id) && str_eq(rows[k].state, APPROVAL_USED);
        }
    }
    return result == 0 && ran != used ? err_set(err, ERR_INVALID,
                                                "%zu calls that cannot be undone ran on %zu "
                                                "approvals",
                                                ran, used)
                                      : result;
}

static int
check_conversation(struct record *r, struct err *err)
{
    static int (*const checks[])(const struct record *r, struct err *err) = {
        check_turns, check_calls, check_approvals, check_hand_over, check_acks, check_history};
    int result = read_record(r, err);
    for (size_t i = 0; result == 0 && i < sizeof(checks) / sizeof(checks[0]); i++) {
        result = checks[i](r, err);
    }
    return result;
}

/* ---- The desk --------------------------------------------------------------------------------*/

struct visit {
    const char *folder;
    struct arena arena;
};

/* Every effect belongs to a call that was recorded before it ran. */
static int
check_effects(const struct record *r, struct str calls, struct err *err)
{
    struct str rest = r->effects;
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        if (line.len > 0 && count_line(calls, line) != 1) {
            return err_set(err, ERR_INVALID, "effect %" STR_FMT ": there is no such call",
                           STR_ARG(line));
        }
    }
    return 0;
}

/* Every conversation that was acknowledged is there. */
static int
check_known(const struct record *r, struct str conversations, struct err *err)
{
    struct str rest = r->acks;
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        struct str kind;
        struct str id = {0};
        (void)str_split(&line, ' ', &kind);
        (void)str_split(&line, ' ', &id);
        if (id.len > 0 && count_line(conversations, id) != 1) {
            return err_set(err, ERR_INVALID,
                           "conversation %" STR_FMT " was acknowledged and is not there",
                           STR_ARG(id));
        }
    }
    return 0;
}

static int
verify_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct visit *v = arg;
    struct conversation_filter all = {0};
    struct conversation_row *rows;
    size_t count;
    AUTO(buf) struct buf calls;
    AUTO(buf) struct buf conversations;
    buf_init(&calls, FILE_BYTES);
    buf_init(&conversations, FILE_BYTES);
    struct record r = {.tx = tx,
                       .arena = &v->arena,
                       .effects = read_file(v->folder, "effects", &v->arena),
                       .acks = read_file(v->folder, "acks", &v->arena)};
    int result = store_conversation_list(tx, &all, &v->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        r.conversation = &rows[i];
        result = check_conversation(&r, err);
        buf_printf(&conversations, "%" STR_FMT "\n", STR_ARG(rows[i].id));
        for (size_t c = 0; result == 0 && c < r.call_count; c++) {
            buf_printf(&calls, "%" STR_FMT "\n", STR_ARG(r.calls[c].id));
        }
    }
    if (result == 0) {
        result = check_effects(&r, buf_str(&calls), err);
    }
    return result == 0 ? check_known(&r, buf_str(&conversations), err) : result;
}

int
verify_desk(struct store *s, const char *folder, struct err *err)
{
    struct visit v = {.folder = folder};
    int result = store_read_wait(s, verify_body, &v, err);
    arena_done(&v.arena);
    return result == 0 ? store_check(s, err) : result;
}
