/* The typed functions of store.h, continued: what tools are allowed, and what plugins keep. */
#include "store/store.h"

#include "base/must.h"
#include "store/store_rows.h"

/* ---- Approvals -------------------------------------------------------------------------------*/

int
store_approval_add(struct store_tx *tx, const struct approval_row *row, struct err *err)
{
    return rows_add(tx, TABLE_APPROVAL, row, err);
}

int
store_approval_get(struct store_tx *tx, struct str id, struct arena *a, struct approval_row *ret,
                   struct err *err)
{
    struct match key = match_text(AT(TABLE_APPROVAL, approval_row, id), id);
    return rows_get(tx, TABLE_APPROVAL, &key, a, ret, err);
}

int
store_approval_list(struct store_tx *tx, const struct approval_filter *filter, struct arena *a,
                    struct approval_row **ret, size_t *ret_count, struct err *err)
{
    struct match matches[3];
    struct selection s = {
        .matches = matches,
        .order_by = {AT(TABLE_APPROVAL, approval_row, created_at)},
        .limit = filter->limit,
    };
    if (filter->conversation.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_APPROVAL, approval_row, conversation), filter->conversation);
    }
    if (filter->state.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_APPROVAL, approval_row, state), filter->state);
    }
    if (filter->needs.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_APPROVAL, approval_row, needs), filter->needs);
    }
    return rows_list(tx, TABLE_APPROVAL, &s, a, ret, ret_count, err);
}

int
store_approval_move(struct store_tx *tx, const struct approval_row *row, struct str from,
                    struct err *err)
{
    const struct field *fields[] = {
        AT(TABLE_APPROVAL, approval_row, state),      AT(TABLE_APPROVAL, approval_row, ticket),
        AT(TABLE_APPROVAL, approval_row, decided_by), AT(TABLE_APPROVAL, approval_row, used_by),
        AT(TABLE_APPROVAL, approval_row, expires_at), AT(TABLE_APPROVAL, approval_row, decided_at),
    };
    const struct match matches[] = {
        match_text(AT(TABLE_APPROVAL, approval_row, id), row->id),
        match_text(AT(TABLE_APPROVAL, approval_row, state), from),
    };
    const struct row_change change = {
        TABLE_APPROVAL, row, fields, sizeof(fields) / sizeof(fields[0]), matches, 2};
    return rows_change(tx, &change, err);
}

int
store_tool_call_outside(struct store_tx *tx, struct str conversation, bool *ret, struct err *err)
{
    const struct match matches[] = {
        match_text(AT(TABLE_TOOL_CALL, tool_call_row, conversation), conversation),
        match_int(AT(TABLE_TOOL_CALL, tool_call_row, untrusted), MATCH_EQ, 1),
    };
    const struct selection s = {.matches = matches, .match_count = 2, .limit = 1};
    struct tool_call_row *rows;
    size_t count = 0;
    int result = rows_list(tx, TABLE_TOOL_CALL, &s, &tx->scratch, &rows, &count, err);
    *ret = count > 0;
    return result;
}

/* ---- How often a tool was used ---------------------------------------------------------------*/

int
store_tool_use_add(struct store_tx *tx, const struct tool_use_row *row, int64_t *ret_uses,
                   struct err *err)
{
    const struct field *fields[] = {AT(TABLE_TOOL_USE, tool_use_row, uses)};
    struct match key = match_text(AT(TABLE_TOOL_USE, tool_use_row, id), row->id);
    struct tool_use_row now = {0};
    int result = rows_get(tx, TABLE_TOOL_USE, &key, &tx->scratch, &now, err);
    if (result < 0) {
        return result;
    }
    struct tool_use_row changed = *row;
    if (__builtin_add_overflow(now.uses, row->uses, &changed.uses)) {
        changed.uses = INT64_MAX;
    }
    const struct row_change change = {TABLE_TOOL_USE, &changed, fields, 1, &key, 1};
    *ret_uses = changed.uses;
    if (row->uses == 0) {
        return 0;
    }
    return result == STORE_NONE ? rows_add(tx, TABLE_TOOL_USE, &changed, err)
                                : rows_change(tx, &change, err);
}

int
store_tool_use_expire(struct store_tx *tx, int64_t now, struct err *err)
{
    struct match old = match_int(AT(TABLE_TOOL_USE, tool_use_row, expires_at), MATCH_LT, now);
    return rows_remove(tx, TABLE_TOOL_USE, &old, err);
}

/* ---- What plugins keep -----------------------------------------------------------------------*/

static struct match
value_is(struct str id)
{
    return match_text(AT(TABLE_PLUGIN_VALUE, plugin_value_row, id), id);
}

int
store_plugin_value_get(struct store_tx *tx, struct str id, struct arena *a,
                       struct plugin_value_row *ret, struct err *err)
{
    struct match key = value_is(id);
    return rows_get(tx, TABLE_PLUGIN_VALUE, &key, a, ret, err);
}

int
store_plugin_value_put(struct store_tx *tx, const struct plugin_value_row *row, struct err *err)
{
    struct match key = value_is(row->id);
    int result = rows_remove(tx, TABLE_PLUGIN_VALUE, &key, err);
    return result == 0 ? rows_add(tx, TABLE_PLUGIN_VALUE, row, err) : result;
}

int
store_plugin_value_remove(struct store_tx *tx, struct str id, struct err *err)
{
    struct match key = value_is(id);
    return rows_remove(tx, TABLE_PLUGIN_VALUE, &key, err);
}

int
store_plugin_value_list(struct store_tx *tx, struct str after, size_t limit, struct arena *a,
                        struct plugin_value_row **ret, size_t *ret_count, struct err *err)
{
    const struct field *id = AT(TABLE_PLUGIN_VALUE, plugin_value_row, id);
    struct match above = {.field = id, .op = MATCH_GT, .text = after};
    const struct selection s = {
        .matches = &above, .match_count = 1, .order_by = {id}, .limit = limit};
    return rows_list(tx, TABLE_PLUGIN_VALUE, &s, a, ret, ret_count, err);
}

int
store_plugin_space_get(struct store_tx *tx, struct str plugin, struct arena *a,
                       struct plugin_space_row *ret, struct err *err)
{
    struct match key = match_text(AT(TABLE_PLUGIN_SPACE, plugin_space_row, plugin), plugin);
    return rows_get(tx, TABLE_PLUGIN_SPACE, &key, a, ret, err);
}

int
store_plugin_space_set(struct store_tx *tx, const struct plugin_space_row *row, struct err *err)
{
    struct match key = match_text(AT(TABLE_PLUGIN_SPACE, plugin_space_row, plugin), row->plugin);
    int result = rows_remove(tx, TABLE_PLUGIN_SPACE, &key, err);
    return result == 0 ? rows_add(tx, TABLE_PLUGIN_SPACE, row, err) : result;
}

static int64_t
sum(int64_t a, int64_t b)
{
    int64_t total;
    bool over = __builtin_add_overflow(a, b, &total);
    return over ? (b > 0 ? INT64_MAX : INT64_MIN) : total;
}

/* A new one, where its plugin and day have room: their ids are together. */
static int
add_metric(struct store_tx *tx, const struct plugin_metric_row *row, size_t max, struct err *err)
{
    const struct field *id = AT(TABLE_PLUGIN_METRIC, plugin_metric_row, id);
    struct str start = str_sub(row->id, 0, row->id.len - row->name.len);
    struct plugin_metric_row *rows;
    size_t count = 0;
    const struct match above = {.field = id, .op = MATCH_GT, .text = start};
    const struct selection s = {
        .matches = &above, .match_count = 1, .order_by = {id}, .limit = max};
    int result = rows_list(tx, TABLE_PLUGIN_METRIC, &s, &tx->scratch, &rows, &count, err);
    if (result < 0) {
        return result;
    }
    bool full = count == max && str_starts(rows[max - 1].id, start);
    return full ? STORE_NONE : rows_add(tx, TABLE_PLUGIN_METRIC, row, err);
}

int
store_plugin_metric_add(struct store_tx *tx, const struct plugin_metric_row *row, size_t max,
                        struct err *err)
{
    struct match key = match_text(AT(TABLE_PLUGIN_METRIC, plugin_metric_row, id), row->id);
    struct plugin_metric_row now;
    int result = rows_get(tx, TABLE_PLUGIN_METRIC, &key, &tx->scratch, &now, err);
    if (result < 0) {
        return result;
    }
    if (result == STORE_NONE) {
        return add_metric(tx, row, max, err);
    }
    if (!str_eq(now.kind, row->kind)) {
        return STORE_NONE;
    }
    const struct field *fields[TABLE_FIELDS_MAX];
    const size_t first = 5; /* count, and what comes after it */
    now.count = sum(now.count, row->count);
    now.sum = sum(now.sum, row->sum);
    now.least = row->least < now.least ? row->least : now.least;
    now.most = row->most > now.most ? row->most : now.most;
    const struct row_change change = {TABLE_PLUGIN_METRIC,
                                      &now,
                                      fields,
                                      rows_fields_from(TABLE_PLUGIN_METRIC, first, fields),
                                      &key,
                                      1};
    return rows_change(tx, &change, err);
}

int
store_plugin_metric_list(struct store_tx *tx, struct str plugin, struct arena *a,
                         struct plugin_metric_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_PLUGIN_METRIC, plugin_metric_row, plugin), plugin);
    const struct selection s = {
        .matches = &of,
        .match_count = plugin.len ? 1 : 0,
        .order_by = {AT(TABLE_PLUGIN_METRIC, plugin_metric_row, id)},
    };
    return rows_list(tx, TABLE_PLUGIN_METRIC, &s, a, ret, ret_count, err);
}

int
store_plugin_state_get(struct store_tx *tx, struct str plugin, struct arena *a,
                       struct plugin_state_row *ret, struct err *err)
{
    struct match key = match_text(AT(TABLE_PLUGIN_STATE, plugin_state_row, plugin), plugin);
    return rows_get(tx, TABLE_PLUGIN_STATE, &key, a, ret, err);
}

int
store_plugin_state_set(struct store_tx *tx, const struct plugin_state_row *row, struct err *err)
{
    struct match key = match_text(AT(TABLE_PLUGIN_STATE, plugin_state_row, plugin), row->plugin);
    int result = rows_remove(tx, TABLE_PLUGIN_STATE, &key, err);
    return result == 0 ? rows_add(tx, TABLE_PLUGIN_STATE, row, err) : result;
}

int
store_plugin_state_list(struct store_tx *tx, struct arena *a, struct plugin_state_row **ret,
                        size_t *ret_count, struct err *err)
{
    const struct selection s = {.order_by = {AT(TABLE_PLUGIN_STATE, plugin_state_row, plugin)}};
    return rows_list(tx, TABLE_PLUGIN_STATE, &s, a, ret, ret_count, err);
}
