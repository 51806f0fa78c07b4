/* The typed functions of store.h, continued: calls, tickets, feedback, prompt versions. */
#include "store/store.h"

#include "store/store_rows.h"

int
store_model_call_add(struct store_tx *tx, const struct model_call_row *row, struct err *err)
{
    return rows_add(tx, TABLE_MODEL_CALL, row, err);
}

int
store_model_call_list(struct store_tx *tx, struct str conversation, struct arena *a,
                      struct model_call_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_MODEL_CALL, model_call_row, conversation), conversation);
    return rows_list_of(tx, TABLE_MODEL_CALL, &of, AT(TABLE_MODEL_CALL, model_call_row, started_at),
                        a, ret, ret_count, err);
}

int
store_tool_call_add(struct store_tx *tx, const struct tool_call_row *row, struct err *err)
{
    return rows_add(tx, TABLE_TOOL_CALL, row, err);
}

int
store_tool_call_finish(struct store_tx *tx, const struct tool_call_row *row, struct err *err)
{
    const struct field *fields[] = {
        AT(TABLE_TOOL_CALL, tool_call_row, status),
        AT(TABLE_TOOL_CALL, tool_call_row, result),
        AT(TABLE_TOOL_CALL, tool_call_row, error_code),
        AT(TABLE_TOOL_CALL, tool_call_row, ended_at),
        AT(TABLE_TOOL_CALL, tool_call_row, untrusted),
    };
    const struct match matches[] = {
        match_text(AT(TABLE_TOOL_CALL, tool_call_row, id), row->id),
        match_word(AT(TABLE_TOOL_CALL, tool_call_row, status), CALL_OPEN),
    };
    const struct row_change change = {TABLE_TOOL_CALL, row, fields, 5, matches, 2};
    return rows_change(tx, &change, err);
}

int
store_tool_call_list(struct store_tx *tx, struct str conversation, struct str turn, struct arena *a,
                     struct tool_call_row **ret, size_t *ret_count, struct err *err)
{
    const struct match matches[] = {
        match_text(AT(TABLE_TOOL_CALL, tool_call_row, conversation), conversation),
        match_text(AT(TABLE_TOOL_CALL, tool_call_row, turn), turn),
    };
    const struct selection s = {
        .matches = matches,
        .match_count = turn.len ? 2 : 1,
        .order_by = {AT(TABLE_TOOL_CALL, tool_call_row, started_at),
                     AT(TABLE_TOOL_CALL, tool_call_row, seq)},
    };
    return rows_list(tx, TABLE_TOOL_CALL, &s, a, ret, ret_count, err);
}

/* Remember that ticket NUMBER was given, or give the next one when it is 0. */
static int
take_number(struct store_tx *tx, int64_t *number, struct err *err)
{
    const struct field *value = AT(TABLE_COUNTER, counter_row, value);
    const struct match key = match_text(AT(TABLE_COUNTER, counter_row, name), STR("ticket"));
    struct counter_row counter = {0};
    int result = rows_get(tx, TABLE_COUNTER, &key, &tx->scratch, &counter, err);
    if (result < 0) {
        return result;
    }
    if (*number == 0) {
        *number = counter.value + 1;
    }
    if (*number <= counter.value) {
        return 0;
    }
    counter = (struct counter_row){STR("ticket"), *number};
    const struct row_change change = {TABLE_COUNTER, &counter, &value, 1, &key, 1};
    return result == STORE_NONE ? rows_add(tx, TABLE_COUNTER, &counter, err)
                                : rows_change(tx, &change, err);
}

int
store_ticket_add(struct store_tx *tx, const struct ticket_row *row, int64_t *ret_number,
                 struct err *err)
{
    struct ticket_row numbered = *row;
    if (row->number < 0 || row->number == INT64_MAX) {
        return err_set(err, ERR_INVALID, "ticket %lld: numbers start at 1", (long long)row->number);
    }
    int result = take_number(tx, &numbered.number, err);
    if (result == 0) {
        result = rows_add(tx, TABLE_TICKET, &numbered, err);
    }
    if (result == 0 && ret_number) {
        *ret_number = numbered.number;
    }
    return result;
}

static struct match
ticket_is(int64_t number)
{
    return match_int(AT(TABLE_TICKET, ticket_row, number), MATCH_EQ, number);
}

int
store_ticket_get(struct store_tx *tx, int64_t number, struct arena *a, struct ticket_row *ret,
                 struct err *err)
{
    struct match key = ticket_is(number);
    return rows_get(tx, TABLE_TICKET, &key, a, ret, err);
}

int
store_ticket_update(struct store_tx *tx, const struct ticket_row *row, struct err *err)
{
    enum { KEPT = 2 }; /* the number and the conversation stay what they are */
    const struct field *fields[TABLE_FIELDS_MAX];
    size_t count = rows_fields_from(TABLE_TICKET, KEPT, fields);
    struct ticket_row next = *row;
    next.version++;
    const struct match matches[] = {
        ticket_is(row->number),
        match_int(AT(TABLE_TICKET, ticket_row, version), MATCH_EQ, row->version),
    };
    const struct row_change change = {TABLE_TICKET, &next, fields, count, matches, 2};
    return rows_change(tx, &change, err);
}

int
store_ticket_list(struct store_tx *tx, const struct ticket_filter *filter, struct arena *a,
                  struct ticket_row **ret, size_t *ret_count, struct err *err)
{
    struct match matches[MATCH_MAX];
    struct selection s = {.matches = matches,
                          .order_by = {AT(TABLE_TICKET, ticket_row, number)},
                          .limit = filter->limit};
    if (filter->conversation.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_TICKET, ticket_row, conversation), filter->conversation);
    }
    if (filter->status.len) {
        matches[s.match_count++] = match_text(AT(TABLE_TICKET, ticket_row, status), filter->status);
    }
    if (filter->since) {
        matches[s.match_count++] =
            match_int(AT(TABLE_TICKET, ticket_row, updated_at), MATCH_GE, filter->since);
    }
    if (filter->after) {
        matches[s.match_count++] =
            match_int(AT(TABLE_TICKET, ticket_row, number), MATCH_GT, filter->after);
    }
    return rows_list(tx, TABLE_TICKET, &s, a, ret, ret_count, err);
}

int
store_ticket_event_add(struct store_tx *tx, const struct ticket_event_row *row, struct err *err)
{
    return rows_add(tx, TABLE_TICKET_EVENT, row, err);
}

int
store_ticket_event_list(struct store_tx *tx, int64_t ticket, struct arena *a,
                        struct ticket_event_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_int(AT(TABLE_TICKET_EVENT, ticket_event_row, ticket), MATCH_EQ, ticket);
    return rows_list_of(tx, TABLE_TICKET_EVENT, &of, AT(TABLE_TICKET_EVENT, ticket_event_row, at),
                        a, ret, ret_count, err);
}

int
store_feedback_add(struct store_tx *tx, const struct feedback_row *row, struct err *err)
{
    return rows_add(tx, TABLE_FEEDBACK, row, err);
}

int
store_feedback_list(struct store_tx *tx, struct str conversation, struct arena *a,
                    struct feedback_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_FEEDBACK, feedback_row, conversation), conversation);
    return rows_list_of(tx, TABLE_FEEDBACK, &of, AT(TABLE_FEEDBACK, feedback_row, at), a, ret,
                        ret_count, err);
}

int
store_prompt_add(struct store_tx *tx, const struct prompt_row *row, struct err *err)
{
    struct prompt_row there;
    int result = store_prompt_get(tx, row->hash, &tx->scratch, &there, err);
    return result == STORE_NONE ? rows_add(tx, TABLE_PROMPT, row, err) : result;
}

int
store_prompt_get(struct store_tx *tx, struct str hash, struct arena *a, struct prompt_row *ret,
                 struct err *err)
{
    struct match key = match_text(AT(TABLE_PROMPT, prompt_row, hash), hash);
    return rows_get(tx, TABLE_PROMPT, &key, a, ret, err);
}
