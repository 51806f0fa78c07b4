/* The end of a turn, or of one round of its tools: see ledger.h. */
#include "base/json.h"
#include "base/limits.h"
#include "base/message.h"
#include "base/must.h"
#include "store/store.h"
#include "turn/ledger.h"
#include "turn/spend.h"

static const struct str interrupted_read = STR_INIT(
    "[{\"text\":\"This call was interrupted before it finished. It changes nothing, so it may be "
    "made again.\"}]");
static const struct str interrupted_write = STR_INIT(
    "[{\"text\":\"The outcome of this call is unknown: it was interrupted while it ran. It may or "
    "may not have had its effect. Do not repeat it; say so and let a human check.\"}]");

/* Every call of the turn without a result gets one that says so. */
static int
finish_open_calls(struct store_tx *tx, const struct tool_call_row *calls, size_t count,
                  struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(calls[i].status, CALL_OPEN)) {
            continue;
        }
        bool read = str_eq(calls[i].effect, STR("read")) || calls[i].effect.len == 0;
        const struct tool_call_row row = {
            .id = calls[i].id,
            .status = read ? CALL_CANCELED : CALL_UNKNOWN,
            .result = read ? interrupted_read : interrupted_write,
            .error_code = STR("interrupted"),
            .ended_at = store_now(tx),
        };
        int result = store_tool_call_finish(tx, &row, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

/* The message that answers the tool uses of assistant message ANSWERS: all results, in order. */
static int
add_results_message(struct store_tx *tx, const struct turn_row *turn, struct str answers,
                    const struct tool_call_row *calls, size_t count, struct arena *arena,
                    struct err *err)
{
    struct block *blocks = arena_zero(arena, count + 1, sizeof(*blocks));
    size_t used = 0;
    if (!blocks) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(calls[i].message, answers)) {
            continue;
        }
        bool bad = !str_eq(calls[i].status, CALL_OK);
        if (!block_tool_result(arena, calls[i].tool_use_id, calls[i].result, bad,
                               &blocks[used++])) {
            return err_nomem(err);
        }
    }
    struct message_row row = {
        .id = store_new_id(tx, 'm', arena),
        .conversation = turn->conversation,
        .turn = turn->id,
        .role = STR("user"),
        .author = AUTHOR_TOOL,
        .state = MESSAGE_SENT,
        .content = message_content_json(blocks, used, arena),
        .at = store_now(tx),
    };
    if (!row.id.ptr || !row.content.ptr) {
        return err_nomem(err);
    }
    return used ? store_message_add(tx, &row, NULL, err) : 0;
}

/* Finish what is open and answer ANSWERS (may be empty). What is read for it, each result several
 * times over, is let go at once: a turn's own arena lives as long as a model takes to answer. */
static int
complete_results(struct store_tx *tx, const struct turn_row *turn, struct str answers,
                 struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct arena *arena = &scratch;
    struct tool_call_row *calls = NULL;
    size_t count = 0;
    int result = store_tool_call_list(tx, turn->conversation, turn->id, arena, &calls, &count, err);
    if (result == 0) {
        result = finish_open_calls(tx, calls, count, err);
    }
    if (result < 0 || answers.len == 0) {
        return result;
    }
    result = store_tool_call_list(tx, turn->conversation, turn->id, arena, &calls, &count, err);
    return result < 0 ? result : add_results_message(tx, turn, answers, calls, count, arena, err);
}

/* CONTENT's object with "ticket":NUMBER in it; anything else becomes a text that names it. */
static struct str
content_with_ticket(struct str content, int64_t number, struct arena *arena, struct err *err)
{
    struct js *array = NULL;
    AUTO(buf) struct buf out_text;
    buf_init(&out_text, LIMIT_TOOL_RESULT_BYTES + 128);
    struct js_out out;
    js_out_init(&out, &out_text);
    struct js *object = NULL;
    if (js_parse(content, arena, &array, err) == 0) {
        object = js_get_c(js_at(array, 0), "json");
    }
    js_begin_array(&out);
    js_begin_object(&out);
    js_key(&out, STR("json"));
    js_begin_object(&out);
    js_put_int(&out, "ticket", number);
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        if (!str_eq(member.key, STR("ticket"))) {
            js_key(&out, member.key);
            js_add_value(&out, member.value);
        }
    }
    js_end_object(&out);
    js_end_object(&out);
    js_end_array(&out);
    return buf_to_arena(&out_text, arena);
}

/* The hand-over, and the result of the call that asked for it, together. */
static int
hand_over(struct store_tx *tx, struct ledger_close *c, struct err *err)
{
    int result = desk_hand_over(tx, c->handover, c->arena, &c->ticket, err);
    if (result < 0) {
        return result;
    }
    c->taken_over = result == STORE_STALE;
    if (c->handover_call == SIZE_MAX) {
        return 0;
    }
    struct ledger_result r = c->results[c->handover_call];
    if (c->taken_over) {
        r.status = CALL_ERROR;
        r.error_code = STR("taken_over");
        r.content = STR("[{\"text\":\"A human had already taken this conversation over.\"}]");
        return ledger_result(tx, &r, err);
    }
    r.content = content_with_ticket(r.content, c->ticket.number, c->arena, err);
    return r.content.ptr ? ledger_result(tx, &r, err) : err_nomem(err);
}

static int
store_results(struct store_tx *tx, struct ledger_close *c, struct err *err)
{
    for (size_t i = 0; i < c->result_count; i++) {
        if (c->handover && i == c->handover_call) {
            continue;
        }
        struct ledger_result r = c->results[i];
        int result = ledger_result(tx, &r, err);
        if (result < 0) {
            return result;
        }
    }
    return c->handover ? hand_over(tx, c, err) : 0;
}

/* The last word, if the conversation is still ours to speak in; else it is kept as discarded. */
static int
say_last_word(struct store_tx *tx, struct ledger_close *c, struct err *err)
{
    if (c->ticket.number) {
        return desk_say(tx, c->turn.conversation, c->turn.id, c->ticket.line, c->arena, err);
    }
    int result = store_owner_check(tx, c->turn.conversation, c->turn.epoch, err);
    if (result < 0) {
        return result;
    }
    c->taken_over |= result == STORE_STALE;
    if (c->reply.content.len == 0) {
        return 0;
    }
    struct message_row reply = c->reply;
    reply.id = store_new_id(tx, 'm', c->arena);
    reply.at = store_now(tx);
    reply.state = c->taken_over ? MESSAGE_DISCARDED : reply.state;
    return reply.id.ptr ? store_message_add(tx, &reply, NULL, err) : err_nomem(err);
}

/* What agents are asked for goes with the ticket that asks them; what the customer was not asked
 * for, whatever came between, is not waited for. */
static int
settle_permits(struct store_tx *tx, const struct ledger_close *c, struct err *err)
{
    int result = 0;
    if (c->ticket.number) {
        result = permit_ticket(tx, c->turn.conversation, c->ticket.number, err);
    }
    bool over = !c->keep_open || c->taken_over;
    bool asked = c->asks_customer && !c->taken_over;
    return result == 0 && over && !asked ? permit_unasked(tx, c->turn.conversation, err) : result;
}

static int
keep_answer(struct store_tx *tx, const struct ledger_close *c, struct err *err)
{
    struct answer_row row = c->answer;
    struct answer_row there;
    struct str id = c->answer_hit.len ? c->answer_hit : row.id;
    if (id.len == 0 || c->taken_over) {
        return 0;
    }
    int result = store_answer_get(tx, id, c->arena, &there, err);
    if (result == 0 && c->answer_hit.len) {
        return store_answer_hit(tx, &there, err);
    }
    row.at = store_now(tx);
    row.used_at = row.at;
    if (result == 0 && there.at + c->answer_time_ms <= row.at) {
        result = store_answer_remove(tx, id, err);
    }
    /* Gone with its conversation while it was said again: nothing is left to count. */
    return result < 0 || c->answer_hit.len ? (result < 0 ? result : 0)
                                           : store_answer_add(tx, &row, err);
}

static int
close_turn(struct store_tx *tx, const struct ledger_close *c, struct err *err)
{
    struct turn_row turn = c->turn;
    turn.state = TURN_CLOSED;
    turn.closed_at = store_now(tx);
    if (c->taken_over && !str_eq(turn.outcome, OUTCOME_CRASHED)) {
        turn.outcome = OUTCOME_TAKEN_OVER;
    }
    int result = store_turn_update(tx, &turn, err);
    if (result == STORE_STALE) {
        /* Somebody judged us dead and closed it. What we have to say is stored all the same. */
        result = 0;
    }
    return result == 0 ? store_conversation_touch(tx, turn.conversation, turn.closed_at, err)
                       : result;
}

int
ledger_close(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_close *c = arg;
    c->ticket = (struct desk_ticket){0};
    c->taken_over = false;
    int result = store_results(tx, c, err);
    if (result == 0) {
        result = complete_results(tx, &c->turn, c->answers, err);
    }
    for (size_t i = 0; result == 0 && i < c->model_call_count; i++) {
        result = spend_settle(tx, &c->model_calls[i], err);
    }
    if (result == 0) {
        result = say_last_word(tx, c, err);
    }
    if (result == 0) {
        result = settle_permits(tx, c, err);
    }
    if (result == 0) {
        result = keep_answer(tx, c, err);
    }
    if (result != 0 || (c->keep_open && !c->taken_over)) {
        return result;
    }
    return close_turn(tx, c, err);
}

static bool
asks(const struct tool_call_row *calls, size_t count, struct str message)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(calls[i].message, message)) {
            return true;
        }
    }
    return false;
}

/* The assistant's message of this turn whose tool uses nobody answered: the last one with calls,
 * unless a message of results follows it. The messages' order tells which is last; the times of
 * the calls need not. */
static int
find_unanswered(struct store_tx *tx, const struct turn_row *turn, struct arena *arena,
                struct str *ret, struct err *err)
{
    struct tool_call_row *calls = NULL;
    struct message_row *rows = NULL;
    size_t call_count = 0;
    size_t row_count = 0;
    *ret = (struct str){0};
    int result =
        store_tool_call_list(tx, turn->conversation, turn->id, arena, &calls, &call_count, err);
    if (result < 0 || call_count == 0) {
        return result;
    }
    result = store_message_list(tx, turn->conversation, 0, 0, arena, &rows, &row_count, err);
    for (size_t i = 0; result == 0 && i < row_count; i++) {
        if (str_eq(rows[i].author, AUTHOR_TOOL)) {
            *ret = (struct str){0};
        } else if (asks(calls, call_count, rows[i].id)) {
            *ret = rows[i].id;
        }
    }
    return result;
}

int
ledger_recover_turn(struct store_tx *tx, const struct turn_row *turn, struct arena *arena,
                    struct err *err)
{
    struct ledger_close c = {.turn = *turn, .arena = arena};
    int result = find_unanswered(tx, turn, arena, &c.answers, err);
    if (result < 0) {
        return result;
    }
    result = spend_recover(tx, turn->conversation, turn->id, arena, err);
    if (result < 0) {
        return result;
    }
    c.turn.outcome = OUTCOME_CRASHED;
    c.turn.reason = STR("the program ended while it worked on this message");
    return ledger_close(tx, &c, err);
}
