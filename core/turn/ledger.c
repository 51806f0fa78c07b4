#include "turn/ledger.h"

#include "base/message.h"
#include "base/must.h"
#include "desk/actions.h"
#include "store/store.h"
#include "turn/spend.h"
#include "turn/turn.h"

/* Close the turns of dead processes among OPEN; ERR and LEDGER_BUSY as found. */
static int
recover_all(struct store_tx *tx, struct store *store, const struct turn_row *open, size_t count,
            struct str self, struct arena *arena, size_t *ret_closed, struct err *err)
{
    bool busy = false;
    for (size_t i = 0; i < count; i++) {
        bool ours = self.len > 0 && str_eq(open[i].process, self);
        if (!ours && store_process_alive(store, open[i].process)) {
            busy = true;
            continue;
        }
        int result = ledger_recover_turn(tx, &open[i], arena, err);
        if (result < 0) {
            return result;
        }
        (*ret_closed)++;
    }
    return busy ? LEDGER_BUSY : 0;
}

int
ledger_recover(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_recover *r = arg;
    AUTO(arena) struct arena arena = {0};
    struct turn_row *open = NULL;
    size_t count = 0;
    r->closed = 0;
    int result = store_turn_list_open(tx, STR(""), &arena, &open, &count, err);
    if (result < 0) {
        return result;
    }
    result = recover_all(tx, r->store, open, count, STR(""), &arena, &r->closed, err);
    return result == LEDGER_BUSY ? 0 : result;
}

int
ledger_find_dead(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_recover *r = arg;
    AUTO(arena) struct arena arena = {0};
    struct turn_row *open = NULL;
    size_t count = 0;
    r->closed = 0;
    int result = store_turn_list_open(tx, STR(""), &arena, &open, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        r->closed += !store_process_alive(r->store, open[i].process);
    }
    return result;
}

static int
add_message(struct store_tx *tx, const struct ledger_open *o, struct str author, struct str content,
            struct str *ret_id, struct err *err)
{
    struct message_row row = {
        .id = store_new_id(tx, 'm', o->arena),
        .conversation = o->conversation,
        .turn = o->turn,
        .role = str_eq(author, AUTHOR_CUSTOMER) ? STR("user") : STR("assistant"),
        .author = author,
        .state = MESSAGE_SENT,
        .content = content,
        .at = store_now(tx),
    };
    *ret_id = row.id;
    return row.id.ptr ? store_message_add(tx, &row, NULL, err) : err_nomem(err);
}

static int
add_greeting(struct store_tx *tx, const struct ledger_open *o, struct err *err)
{
    struct block block;
    struct str id;
    if (o->input->greeting.len == 0) {
        return 0;
    }
    if (!block_text(o->arena, o->input->greeting, &block)) {
        return err_nomem(err);
    }
    struct str content = message_content_json(&block, 1, o->arena);
    struct ledger_open outside = *o;
    outside.turn = (struct str){0};
    return content.ptr ? add_message(tx, &outside, AUTHOR_SYSTEM, content, &id, err)
                       : err_nomem(err);
}

static int
create_conversation(struct store_tx *tx, struct ledger_open *o, struct err *err)
{
    const struct turn_input *in = o->input;
    int64_t now = store_now(tx);
    struct conversation_row row = {
        .id = store_new_id(tx, 'c', o->arena),
        .customer = in->customer,
        .channel = in->channel,
        .prompt_name = in->prompt_name,
        .prompt_version = in->prompt_hash,
        .prompt_vars = in->prompt_vars,
        .owner = OWNER_BOT,
        .epoch = 1,
        .created_at = now,
        .updated_at = now,
        .topic = o->topic,
    };
    struct owner_row owner = {
        .id = store_new_id(tx, 'o', o->arena),
        .conversation = row.id,
        .epoch = 1,
        .owner = OWNER_BOT,
        .who = STR("system"),
        .reason = STR("opened"),
        .at = now,
    };
    struct prompt_row prompt = {in->prompt_hash, in->prompt_name, in->prompt_text, now};
    if (!row.id.ptr || !owner.id.ptr) {
        return err_nomem(err);
    }
    int result = in->prompt_hash.len ? store_prompt_add(tx, &prompt, err) : 0;
    if (result == 0) {
        result = store_conversation_add(tx, &row, err);
    }
    if (result == 0) {
        result = store_owner_add(tx, &owner, err);
    }
    o->conversation = row.id;
    o->customer = in->customer;
    o->epoch = row.epoch;
    return result == 0 ? add_greeting(tx, o, err) : result;
}

/* The conversation this message goes to: whose it is, and that nobody else is at it. */
static int
enter_conversation(struct store_tx *tx, struct ledger_open *o, struct err *err)
{
    const struct turn_input *in = o->input;
    struct conversation_row row;
    int result = store_conversation_get(tx, in->conversation, o->arena, &row, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND,
                       "conversation %" STR_FMT
                       ": there is none: see `deskhand conversations list`",
                       STR_ARG(in->conversation));
    }
    if (result < 0) {
        return result;
    }
    if (in->customer.len && row.customer.len && !str_eq(in->customer, row.customer)) {
        return err_set(err, ERR_AUTH, "conversation %" STR_FMT ": belongs to another customer",
                       STR_ARG(in->conversation));
    }
    o->conversation = row.id;
    o->customer = row.customer;
    struct turn_row *open = NULL;
    size_t count = 0;
    result = store_turn_list_open(tx, row.id, o->arena, &open, &count, err);
    if (result == 0) {
        result = recover_all(tx, o->store, open, count, o->process, o->arena, &o->recovered, err);
    }
    o->epoch = row.epoch;
    o->with_human = !str_eq(row.owner, OWNER_BOT);
    bool first = result == 0 && row.topic.len == 0 && o->topic.len > 0;
    return first ? store_conversation_set_topic(tx, row.id, o->topic, err) : result;
}

static int
add_turn(struct store_tx *tx, struct ledger_open *o, struct err *err)
{
    struct turn_row row = {
        .id = o->turn,
        .conversation = o->conversation,
        .process = o->process,
        .state = TURN_OPEN,
        .user_message = o->message,
        .model = o->model,
        .epoch = o->epoch,
        .opened_at = store_now(tx),
    };
    return store_turn_add(tx, &row, err);
}

int
ledger_open(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_open *o = arg;
    o->recovered = 0;
    o->with_human = false;
    o->turn = (struct str){0};
    int result = o->input->conversation.len ? enter_conversation(tx, o, err)
                                            : create_conversation(tx, o, err);
    if (result != 0) {
        return result;
    }
    if (!o->with_human) {
        o->turn = store_new_id(tx, 't', o->arena);
        if (!o->turn.ptr) {
            return err_nomem(err);
        }
    }
    result = add_message(tx, o, AUTHOR_CUSTOMER, o->content, &o->message, err);
    if (result == 0) {
        result = store_conversation_touch(tx, o->conversation, store_now(tx), err);
    }
    if (result == 0 && o->input->conversation.len) {
        /* What is said to a human answers the human. */
        result = permit_answer(tx, o->conversation, o->message,
                               o->with_human ? CONSENT_NONE : o->consent, err);
    }
    if (result == 0 && o->with_human) {
        return desk_customer_wrote(tx, o->conversation, o->arena, err);
    }
    return result == 0 ? add_turn(tx, o, err) : result;
}

static int
judge_all(struct store_tx *tx, struct ledger_calls *c, struct err *err)
{
    int result = 0;
    c->asks = false;
    c->permits = arena_zero(c->arena, c->call_count + 1, sizeof(*c->permits));
    if (!c->permits) {
        return err_nomem(err);
    }
    for (size_t i = 0; result == 0 && i < c->call_count; i++) {
        struct permit *permit = &c->permits[i];
        if (c->defs[i].name.len) {
            result = permit_judge(tx, &c->rules, &c->defs[i], &c->calls[i], c->arena, permit, err);
        }
        c->asks |= permit_asks(permit);
    }
    return result;
}

/* The call, with its result where it may not run. */
static int
add_call(struct store_tx *tx, const struct tool_call_row *call, const struct permit *permit,
         struct err *err)
{
    int result = store_tool_call_add(tx, call, err);
    if (result != 0 || permit->said.verdict == TOOL_MAY_RUN) {
        return result;
    }
    const struct tool_call_row refused = {
        .id = call->id,
        .status = CALL_REJECTED,
        .result = permit->content,
        .error_code = permit->said.code,
        .ended_at = store_now(tx),
    };
    return store_tool_call_finish(tx, &refused, err);
}

int
ledger_calls(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_calls *c = arg;
    int result = store_owner_check(tx, c->conversation, c->epoch, err);
    if (result != 0) {
        return result < 0 ? result : LEDGER_STALE;
    }
    result = judge_all(tx, c, err);
    if (result == 0) {
        struct message_row message = c->message;
        message.content = c->asks ? c->wordless : message.content;
        result = store_message_add(tx, &message, NULL, err);
    }
    for (size_t i = 0; result == 0 && i < c->call_count; i++) {
        result = add_call(tx, &c->calls[i], &c->permits[i], err);
    }
    for (size_t i = 0; result == 0 && i < c->model_call_count; i++) {
        result = spend_settle(tx, &c->model_calls[i], err);
    }
    return result;
}

/* A call that has its result keeps it: a late second one changes nothing. */
int
ledger_result(struct store_tx *tx, void *arg, struct err *err)
{
    const struct ledger_result *r = arg;
    const struct tool_call_row row = {
        .id = r->call,
        .status = r->status,
        .result = r->content,
        .error_code = r->error_code,
        .ended_at = r->ended_at,
        .untrusted = r->untrusted,
    };
    int result = store_tool_call_finish(tx, &row, err);
    return result == STORE_STALE ? 0 : result;
}
