/* TOOLS, the first half: the calls of one reply are taken over and committed, before any of them
 * runs. */
#include "base/clock.h"
#include "base/must.h"
#include "turn/turn_impl.h"

/* ---- Taking the reply ------------------------------------------------------------------------*/

static bool
any_hands_over(const struct turn *t, const struct reply *reply)
{
    for (size_t i = 0; i < reply->call_count; i++) {
        const struct tool_def *def = tool_find(t->engine->parts.tools, reply->calls[i].name);
        if (def && def->hands_over) {
            return true;
        }
    }
    return false;
}

bool
turn_take_calls(struct turn *t, const struct reply *reply)
{
    struct err err = {0};
    t->reply_text = reply->text;
    if (any_hands_over(t, reply)) {
        /* The template's line stands alone. */
        turn_retract(t);
        t->reply_text = (struct str){0};
    }
    if (reply_message(reply, t->reply_text, &t->step, &t->reply, &err) < 0) {
        return false;
    }
    t->calls = arena_zero(&t->step, reply->call_count, sizeof(*t->calls));
    if (!t->calls) {
        return false;
    }
    t->call_count = reply->call_count;
    for (size_t i = 0; i < reply->call_count; i++) {
        t->calls[i] = (struct turn_call){
            .turn = t,
            .id = reply->calls[i].id,
            .name = reply->calls[i].name,
            .arguments = reply->calls[i].arguments,
        };
    }
    return true;
}

/* ---- Committing ------------------------------------------------------------------------------*/

static void
on_calls_committed(void *arg, int result, const struct err *err)
{
    struct turn *t = OWNER_OF(arg, struct turn, calls_arg);
    t->writes--;
    if (result == 0) {
        if (t->calls_arg.asks) {
            turn_retract(t);
            t->reply_text = (struct str){0};
        }
        t->answers = t->calls_arg.message.id;
        t->row.tool_calls += (int64_t)t->call_count;
        t->model_row_count = 0;
        turn_committed(t, t->reply_text);
    }
    if (turn_settle(t)) {
        return;
    }
    if (result == LEDGER_STALE) {
        turn_go(t, TURN_HANDED_OVER);
        return;
    }
    if (result != 0) {
        turn_fail(t, err);
        return;
    }
    turn_run_calls(t);
}

static struct tool_call_row
call_row(const struct turn *t, size_t i, const struct tool_def *def,
         const struct message_row *message)
{
    const struct turn_call *call = &t->calls[i];
    bool known = def->name.len > 0;
    return (struct tool_call_row){
        .id = call->id,
        .conversation = t->row.conversation,
        .turn = t->row.id,
        .message = message->id,
        .seq = (int64_t)i,
        .tool_use_id = call->id,
        .name = call->name,
        .plugin = known ? def->plugin : STR(""),
        .effect = known ? tool_effect_name(def->effect) : STR(""),
        .arguments = call->arguments,
        .status = CALL_OPEN,
        .started_at = message->at, /* one for all: they are listed by it */
    };
}

/* The reply in hand as a message's content, with its text or without; ptr NULL: out of memory. */
static struct str
reply_content(struct turn *t, bool words)
{
    struct block *blocks = arena_zero(&t->step, t->reply.count + 1, sizeof(*blocks));
    size_t count = 0;
    for (size_t i = 0; blocks && i < t->reply.count; i++) {
        if (words || t->reply.blocks[i].kind != BLOCK_TEXT) {
            blocks[count++] = t->reply.blocks[i];
        }
    }
    return blocks ? message_content_json(blocks, count, &t->step) : (struct str){0};
}

void
turn_enter_tools(struct turn *t)
{
    struct err err = {0};
    struct arena *arena = &t->step;
    struct tool_call_row *rows = arena_zero(arena, t->call_count, sizeof(*rows));
    const struct tool_def *defs = turn_call_defs(t);
    struct message_row message = {
        .id = id_to_arena(&t->engine->ids, 'm', arena),
        .conversation = t->row.conversation,
        .turn = t->row.id,
        .role = STR("assistant"),
        .author = AUTHOR_BOT,
        .state = MESSAGE_SENT,
        .content = reply_content(t, true),
        .at = clock_wall_ms(t->engine->parts.clock),
    };
    struct str wordless = t->reply_text.len ? reply_content(t, false) : message.content;
    if (!rows || !defs || !message.id.ptr || !message.content.ptr || !wordless.ptr) {
        (void)err_nomem(&err);
        turn_fail(t, &err);
        return;
    }
    for (size_t i = 0; i < t->call_count; i++) {
        rows[i] = call_row(t, i, &defs[i], &message);
    }
    t->calls_arg = (struct ledger_calls){
        .conversation = t->row.conversation,
        .epoch = t->row.epoch,
        .message = message,
        .wordless = wordless,
        .calls = rows,
        .defs = defs,
        .call_count = t->call_count,
        .rules = {t->engine->parts.policy, t->input.prompt_name, t->open.customer},
        .model_calls = t->model_rows,
        .model_call_count = t->model_row_count,
        .arena = arena,
    };
    turn_write(t, ledger_calls, on_calls_committed, &t->calls_arg);
}
