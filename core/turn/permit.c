#include "turn/permit.h"

#include "store/store.h"

/* One call before the judge. */
struct asking {
    struct store_tx *tx;
    const struct tool_call_row *call;
};

/* ---- What the judge asks of the record -------------------------------------------------------*/

static int
count_use(void *arg, struct str id, int64_t by, int64_t expires, int64_t *ret, struct err *err)
{
    const struct asking *a = arg;
    const struct tool_use_row row = {.id = id, .uses = by, .expires_at = expires};
    /* Rare enough, and here what is old is sure to be found by whoever makes new rows. */
    int result = by > 0 ? store_tool_use_expire(a->tx, store_now(a->tx), err) : 0;
    return result < 0 ? result : store_tool_use_add(a->tx, &row, ret, err);
}

static int
outside(void *arg, bool *ret, struct err *err)
{
    const struct asking *a = arg;
    return store_tool_call_outside(a->tx, a->call->conversation, ret, err);
}

/* ROW goes from FROM to STATE. */
static int
move(struct store_tx *tx, struct approval_row *row, struct str from, struct str state,
     struct err *err)
{
    row->state = state;
    int result = store_approval_move(tx, row, from, err);
    return result < 0 ? result : 0;
}

static int
list(struct store_tx *tx, struct str conversation, struct str state, struct str needs,
     struct arena *arena, struct approval_row **ret, size_t *ret_count, struct err *err)
{
    const struct approval_filter filter = {
        .conversation = conversation, .state = state, .needs = needs};
    return store_approval_list(tx, &filter, arena, ret, ret_count, err);
}

static bool
is_about(const struct approval_row *row, const struct tool_def *def, struct str arguments)
{
    return str_eq(row->tool, def->name) && str_eq(row->arguments, arguments);
}

/* Does who decided ROW count where NEEDS has to agree? An agent's word does everywhere. */
static bool
is_enough(const struct approval_row *row, struct str needs)
{
    return str_eq(row->needs, needs) || str_eq(row->needs, APPROVAL_AGENT) ||
           str_starts(row->decided_by, AUTHOR_AGENT_PREFIX);
}

static int
take(void *arg, const struct tool_def *def, struct str arguments, struct str needs, bool *ret,
     struct err *err)
{
    const struct asking *a = arg;
    AUTO(arena) struct arena arena = {0};
    struct approval_row *rows = NULL;
    size_t count = 0;
    *ret = false;
    int result =
        list(a->tx, a->call->conversation, APPROVAL_APPROVED, STR(""), &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && !*ret && i < count; i++) {
        if (rows[i].expires_at <= store_now(a->tx)) {
            result = move(a->tx, &rows[i], APPROVAL_APPROVED, APPROVAL_EXPIRED, err);
        } else if (is_about(&rows[i], def, arguments) && is_enough(&rows[i], needs)) {
            rows[i].used_by = a->call->id;
            result = move(a->tx, &rows[i], APPROVAL_APPROVED, APPROVAL_USED, err);
            *ret = true;
        }
    }
    return result;
}

/* ---- Judging ---------------------------------------------------------------------------------*/

bool
permit_asks(const struct permit *p)
{
    return p->said.verdict == TOOL_ASK_CUSTOMER || p->said.verdict == TOOL_ASK_AGENT;
}

/* Is it waited for already? What waits too long is found out on the way. */
static int
find_pending(const struct asking *a, const struct approval_row *wanted, bool *ret, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct approval_row *rows = NULL;
    size_t count = 0;
    *ret = false;
    int result = list(a->tx, wanted->conversation, APPROVAL_PENDING, wanted->needs, &arena, &rows,
                      &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (rows[i].expires_at <= wanted->created_at) {
            result = move(a->tx, &rows[i], APPROVAL_PENDING, APPROVAL_EXPIRED, err);
        } else {
            *ret |=
                str_eq(rows[i].tool, wanted->tool) && str_eq(rows[i].arguments, wanted->arguments);
        }
    }
    return result;
}

static int
wait_for(const struct asking *a, const struct tool_judgement *said, struct arena *arena,
         struct err *err)
{
    int64_t now = store_now(a->tx);
    struct approval_row row = {
        .conversation = a->call->conversation,
        .turn = a->call->turn,
        .call = a->call->id,
        .tool = a->call->name,
        .arguments = said->arguments,
        .summary = said->summary,
        .needs = said->verdict == TOOL_ASK_AGENT ? APPROVAL_AGENT : APPROVAL_CUSTOMER,
        .state = APPROVAL_PENDING,
        .created_at = now,
        .expires_at = now + said->expires_ms,
    };
    bool there = false;
    int result = find_pending(a, &row, &there, err);
    if (result < 0 || there) {
        return result;
    }
    row.id = store_new_id(a->tx, 'a', arena);
    return row.id.ptr ? store_approval_add(a->tx, &row, err) : err_nomem(err);
}

int
permit_judge(struct store_tx *tx, const struct permit_rules *rules, const struct tool_def *def,
             const struct tool_call_row *call, struct arena *arena, struct permit *ret,
             struct err *err)
{
    struct asking a = {.tx = tx, .call = call};
    const struct tool_facts facts = {count_use, take, outside, &a};
    const struct tool_question question = {
        .def = def,
        .arguments = call->arguments,
        .prompt = rules->prompt,
        .customer = rules->customer,
        .now_ms = store_now(tx),
    };
    *ret = (struct permit){0};
    int result = tool_policy_judge(rules->policy, &question, &facts, arena, &ret->said, err);
    if (result < 0 || ret->said.verdict == TOOL_MAY_RUN) {
        return result;
    }
    const struct tool_result refusal = {
        .status = TOOL_REJECTED, .error_code = ret->said.code, .message = ret->said.message};
    ret->content = tool_result_content(&refusal, arena);
    if (!ret->content.ptr) {
        return err_nomem(err);
    }
    return permit_asks(ret) ? wait_for(&a, &ret->said, arena, err) : 0;
}

/* ---- The customer's answer -------------------------------------------------------------------*/

/* The turn whose question was the last thing said before the newest message; empty: it was none. */
static int
find_question(struct store_tx *tx, struct str conversation, struct arena *arena, struct str *ret,
              struct err *err)
{
    struct message_row *rows = NULL;
    size_t count = 0;
    int result = store_message_list(tx, conversation, 0, 2, arena, &rows, &count, err);
    bool asked = result == 0 && count == 2 && str_eq(rows[0].author, AUTHOR_SYSTEM) &&
                 str_eq(rows[0].state, MESSAGE_SENT);
    *ret = asked ? rows[0].turn : STR("");
    return result;
}

/* What becomes of ROW, pending or approved, by an answer; its own state: nothing. */
static struct str
decide(const struct approval_row *row, struct str question, enum consent consent, int64_t now)
{
    if (row->expires_at <= now) {
        return APPROVAL_EXPIRED;
    }
    if (consent == CONSENT_NO) {
        return APPROVAL_DECLINED;
    }
    if (consent == CONSENT_YES && str_eq(row->state, APPROVAL_APPROVED)) {
        return APPROVAL_APPROVED;
    }
    bool agrees = consent == CONSENT_YES && question.len && str_eq(row->turn, question);
    return agrees ? APPROVAL_APPROVED : APPROVAL_LAPSED;
}

/* Those of the customer that are in state FROM. */
static int
answer_all(struct store_tx *tx, struct str conversation, struct str from, struct str message,
           enum consent consent, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct approval_row *rows = NULL;
    size_t count = 0;
    struct str question = STR("");
    int64_t now = store_now(tx);
    int result = list(tx, conversation, from, APPROVAL_CUSTOMER, &arena, &rows, &count, err);
    if (result == 0 && count > 0) {
        result = find_question(tx, conversation, &arena, &question, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct str state = decide(&rows[i], question, consent, now);
        if (str_eq(state, from)) {
            continue;
        }
        if (str_eq(state, APPROVAL_APPROVED)) {
            rows[i].expires_at = now + (rows[i].expires_at - rows[i].created_at);
        }
        rows[i].decided_by = message;
        rows[i].decided_at = now;
        result = move(tx, &rows[i], from, state, err);
    }
    return result;
}

int
permit_answer(struct store_tx *tx, struct str conversation, struct str message,
              enum consent consent, struct err *err)
{
    int result = answer_all(tx, conversation, APPROVAL_APPROVED, message, consent, err);
    return result == 0 ? answer_all(tx, conversation, APPROVAL_PENDING, message, consent, err)
                       : result;
}

/* ---- The end of a turn -----------------------------------------------------------------------*/

int
permit_unasked(struct store_tx *tx, struct str conversation, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct approval_row *rows = NULL;
    size_t count = 0;
    int result =
        list(tx, conversation, APPROVAL_PENDING, APPROVAL_CUSTOMER, &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        rows[i].decided_at = store_now(tx);
        result = move(tx, &rows[i], APPROVAL_PENDING, APPROVAL_LAPSED, err);
    }
    return result;
}

int
permit_ticket(struct store_tx *tx, struct str conversation, int64_t ticket, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct approval_row *rows = NULL;
    size_t count = 0;
    int result =
        list(tx, conversation, APPROVAL_PENDING, APPROVAL_AGENT, &arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        rows[i].ticket = ticket;
        result = move(tx, &rows[i], APPROVAL_PENDING, APPROVAL_PENDING, err);
    }
    return result;
}
