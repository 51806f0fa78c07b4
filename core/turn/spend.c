#include "turn/spend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "store/call_book.h"

enum { SCOPES_MAX = 1024, DAY_MS = 86400000 };

/* ---- Prices ----------------------------------------------------------------------------------*/

static const struct spend_price *
find_price(const struct spend_rules *rules, struct str model)
{
    for (size_t i = 0; i < rules->price_count; i++) {
        if (str_eq(rules->prices[i].model, model)) {
            return &rules->prices[i];
        }
    }
    return NULL;
}

int64_t
spend_cost(const struct spend_rules *rules, struct str model, int64_t input_tokens,
           int64_t cached_tokens, int64_t output_tokens)
{
    const struct spend_price *p = find_price(rules, model);
    if (!p) {
        return 0;
    }
    /* A price for a million tokens is as many millionths for one. */
    int64_t cached = cached_tokens < input_tokens ? cached_tokens : input_tokens;
    double micros = (double)(input_tokens - cached) * p->input + (double)cached * p->cached +
                    (double)output_tokens * p->output;
    return micros > 0 && micros < 9e18 ? (int64_t)ceil(micros) : 0;
}

/* ---- Scopes ----------------------------------------------------------------------------------*/

struct scope {
    struct str id; /* empty: not kept in the record */
    int64_t expires_at;
    int64_t tokens; /* spent so far */
    int64_t micros;
};

static void
utc_day(int64_t wall_ms, char ret[SPEND_DAY_TEXT], int64_t *ret_end)
{
    char text[CLOCK_TEXT];
    clock_format(wall_ms, text);
    memcpy(ret, text, SPEND_DAY_TEXT - 1);
    ret[SPEND_DAY_TEXT - 1] = '\0';
    *ret_end = wall_ms - wall_ms % DAY_MS + DAY_MS;
}

static int
name_scopes(struct store_tx *tx, const struct spend_reserve *r, struct scope *scopes,
            struct err *err)
{
    char day[SPEND_DAY_TEXT];
    int64_t end;
    if (r->rules->day) {
        r->rules->day(r->rules->day_arg, store_now(tx), day, &end);
    } else {
        utc_day(store_now(tx), day, &end);
    }
    scopes[SPEND_TURN] = (struct scope){.tokens = r->turn_tokens, .micros = r->turn_micros};
    scopes[SPEND_CONVERSATION] = (struct scope){
        .id = arena_printf(r->arena, "conversation:%" STR_FMT, STR_ARG(r->conversation)),
        .expires_at = INT64_MAX};
    /* Who is not known spends for nobody: the conversation's and the day's brakes hold. */
    scopes[SPEND_CUSTOMER] = (struct scope){.expires_at = end};
    if (r->customer.len) {
        scopes[SPEND_CUSTOMER].id =
            arena_printf(r->arena, "customer:%s:%" STR_FMT, day, STR_ARG(r->customer));
    }
    scopes[SPEND_DAY] =
        (struct scope){.id = arena_printf(r->arena, "day:%s", day), .expires_at = end};
    return r->arena->starved ? err_nomem(err) : 0;
}

static int
read_scopes(struct store_tx *tx, const struct spend_reserve *r, struct scope *scopes,
            struct err *err)
{
    int result = name_scopes(tx, r, scopes, err);
    for (size_t i = 0; result == 0 && i < SPEND_SCOPE_COUNT; i++) {
        struct spend_row row = {0};
        if (scopes[i].id.len == 0) {
            continue;
        }
        result = store_spend_get(tx, scopes[i].id, r->arena, &row, err);
        if (result == 0) {
            scopes[i].tokens = row.tokens;
            scopes[i].micros = row.micros;
        } else if (result == STORE_NONE) {
            result = 0;
        }
    }
    return result;
}

/* ---- Deciding --------------------------------------------------------------------------------*/

/* What a brake means in the end: without a cheaper model the customer is told. */
static enum spend_action
means(const struct spend_reserve *r, const struct spend_brake *b)
{
    return b->then == SPEND_CHEAPER && r->cheaper.len == 0 ? SPEND_TEXT : b->then;
}

/* The strongest brake that a call of MODEL would go above, of those stronger than ABOVE. */
static const struct spend_brake *
holding(const struct spend_reserve *r, const struct scope *scopes, struct str model,
        enum spend_action above)
{
    const struct spend_brake *found = NULL;
    int64_t tokens = r->input_tokens + r->output_tokens;
    int64_t micros = spend_cost(r->rules, model, r->input_tokens, 0, r->output_tokens);
    for (size_t i = 0; i < r->rules->brake_count; i++) {
        const struct spend_brake *b = &r->rules->brakes[i];
        const struct scope *s = &scopes[b->scope];
        bool holds = (b->tokens && s->tokens + tokens > b->tokens) ||
                     (b->micros && micros && s->micros + micros > b->micros);
        if (holds && means(r, b) > above && (!found || means(r, b) > means(r, found))) {
            found = b;
        }
    }
    return found;
}

static void
decide(struct spend_reserve *r, const struct scope *scopes)
{
    r->brake = holding(r, scopes, r->model, SPEND_GO);
    r->action = r->brake ? means(r, r->brake) : SPEND_GO;
    if (r->action == SPEND_CHEAPER) {
        const struct spend_brake *harder = holding(r, scopes, r->cheaper, SPEND_CHEAPER);
        if (harder) {
            r->brake = harder;
            r->action = means(r, harder);
        }
    }
}

/* ---- Reserving -------------------------------------------------------------------------------*/

static int
reserve(struct store_tx *tx, const struct spend_reserve *r, const struct scope *scopes,
        struct err *err)
{
    AUTO(buf) struct buf ids = {0};
    struct str model = r->action == SPEND_CHEAPER ? r->cheaper : r->model;
    struct hold_row hold = {
        .id = r->call,
        .conversation = r->conversation,
        .turn = r->turn,
        .tokens = r->input_tokens + r->output_tokens,
        .micros = spend_cost(r->rules, model, r->input_tokens, 0, r->output_tokens),
        .at = store_now(tx),
    };
    int result = 0;
    buf_init(&ids, SCOPES_MAX);
    for (size_t i = 0; result == 0 && i < SPEND_SCOPE_COUNT; i++) {
        const struct scope *s = &scopes[i];
        if (s->id.len == 0) {
            continue;
        }
        const struct spend_row add = {s->id, hold.tokens, hold.micros, s->expires_at};
        result = store_spend_change(tx, &add, err);
        buf_add(&ids, s->id);
        buf_add_char(&ids, '\n');
    }
    if (result == 0) {
        result = buf_finish(&ids, "reservation", err);
    }
    hold.scopes = buf_str(&ids);
    return result == 0 ? store_hold_add(tx, &hold, err) : result;
}

int
spend_reserve(struct store_tx *tx, void *arg, struct err *err)
{
    struct spend_reserve *r = arg;
    struct scope scopes[SPEND_SCOPE_COUNT] = {0};
    int result = store_spend_expire(tx, store_now(tx), err);
    if (result == 0) {
        result = read_scopes(tx, r, scopes, err);
    }
    if (result < 0) {
        return result;
    }
    decide(r, scopes);
    return r->action <= SPEND_CHEAPER ? reserve(tx, r, scopes, err) : 0;
}

/* ---- Settling --------------------------------------------------------------------------------*/

/* Give each scope of HOLD the difference between what was reserved and what it took. */
static int
correct(struct store_tx *tx, const struct hold_row *hold, int64_t tokens, int64_t micros,
        struct err *err)
{
    struct str rest = hold->scopes;
    struct str id;
    int result = 0;
    while (result == 0 && str_split(&rest, '\n', &id)) {
        if (id.len) {
            /* A scope that has expired meanwhile is made again, and expires with the next call. */
            const struct spend_row change = {id, tokens - hold->tokens, micros - hold->micros,
                                             store_now(tx)};
            result = store_spend_change(tx, &change, err);
        }
    }
    return result == 0 ? store_hold_remove(tx, hold->id, err) : result;
}

int
spend_settle(struct store_tx *tx, const struct model_call_row *row, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct hold_row hold;
    int result = store_model_call_add(tx, row, err);
    if (result == 0) {
        result = store_hold_get(tx, row->id, &arena, &hold, err);
    }
    if (result != 0) {
        return result == STORE_NONE ? 0 : result;
    }
    bool known = str_eq_c(row->outcome, "ok") && row->input_tokens + row->output_tokens > 0;
    bool silent = str_eq_c(row->outcome, "error") && row->first_text_ms == 0;
    if (known || silent) {
        return correct(tx, &hold, row->input_tokens + row->output_tokens, row->micros, err);
    }
    return store_hold_remove(tx, hold.id, err);
}

int
spend_recover(struct store_tx *tx, struct str conversation, struct str turn, struct arena *arena,
              struct err *err)
{
    struct hold_row *holds;
    size_t count;
    int result = store_hold_list(tx, conversation, arena, &holds, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (str_eq(holds[i].turn, turn)) {
            result = store_hold_remove(tx, holds[i].id, err);
        }
    }
    return result;
}

/* ---- Outside of turns ------------------------------------------------------------------------*/

/* The scopes of CONVERSATION as they stand. */
static int
scopes_of(struct store_tx *tx, const struct spend_rules *rules, struct str conversation,
          struct arena *arena, struct scope *scopes, struct err *err)
{
    struct conversation_row row;
    int result = store_conversation_get(tx, conversation, arena, &row, err);
    if (result != 0) {
        return result;
    }
    const struct spend_reserve r = {
        .rules = rules, .conversation = conversation, .customer = row.customer, .arena = arena};
    return read_scopes(tx, &r, scopes, err);
}

int
spend_allows(struct store_tx *tx, const void *arg, struct str conversation, struct err *err)
{
    const struct spend_rules *rules = arg;
    struct scope scopes[SPEND_SCOPE_COUNT] = {0};
    AUTO(arena) struct arena arena = {0};
    int result = 0;
    if (rules->brake_count > 0) {
        result = scopes_of(tx, rules, conversation, &arena, scopes, err);
    }
    for (size_t i = 0; result == 0 && i < rules->brake_count; i++) {
        const struct spend_brake *b = &rules->brakes[i];
        const struct scope *s = &scopes[b->scope];
        if ((b->tokens && s->tokens >= b->tokens) || (b->micros && s->micros >= b->micros)) {
            return CALL_BOOK_CLOSED;
        }
    }
    return result;
}

int
spend_record(struct store_tx *tx, const void *arg, const struct model_call_row *row,
             struct err *err)
{
    const struct spend_rules *rules = arg;
    struct model_call_row priced = *row;
    struct scope scopes[SPEND_SCOPE_COUNT] = {0};
    AUTO(arena) struct arena arena = {0};
    priced.micros =
        spend_cost(rules, row->model, row->input_tokens, row->cached_tokens, row->output_tokens);
    int result = store_model_call_add(tx, &priced, err);
    if (result != 0 || rules->brake_count == 0) {
        return result;
    }
    result = scopes_of(tx, rules, row->conversation, &arena, scopes, err);
    for (size_t i = 0; result == 0 && i < SPEND_SCOPE_COUNT; i++) {
        const struct spend_row add = {scopes[i].id, row->input_tokens + row->output_tokens,
                                      priced.micros, scopes[i].expires_at};
        result = add.id.len ? store_spend_change(tx, &add, err) : 0;
    }
    return result;
}

const char *
spend_words(enum spend_scope scope)
{
    switch (scope) {
    case SPEND_TURN:
        return "it would take more than I may spend on one question";
    case SPEND_CONVERSATION:
        return "this conversation has used up what I may spend on it";
    case SPEND_CUSTOMER:
        return "you have used up what I may spend on one customer's questions today";
    case SPEND_DAY:
        return "I have used up what I may spend today";
    case SPEND_SCOPE_COUNT:
        break;
    }
    unreachable();
}
