/* What tools are allowed and what plugins keep, as rows: the same cases over both backends. */
#include "store_desk.h"

static int
add_conversations(struct store_tx *tx, void *arg, struct err *err)
{
    const struct conversation_row one = a_conversation("c-1", 10);
    const struct conversation_row two = a_conversation("c-2", 20);
    (void)arg;
    OK(store_conversation_add(tx, &one, err));
    OK(store_conversation_add(tx, &two, err));
    return 0;
}

static struct approval_row
an_approval(const char *id, const char *conversation, int64_t at)
{
    return (struct approval_row){
        .id = str_c(id),
        .conversation = str_c(conversation),
        .tool = STR("refund"),
        .arguments = STR("{\"order\":\"A-1\"}"),
        .summary = STR("Refund order A-1"),
        .needs = APPROVAL_AGENT,
        .state = APPROVAL_PENDING,
        .created_at = at,
        .expires_at = at + 100,
    };
}

static int
approvals(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct approval_row row;
    struct approval_row *rows;
    size_t count;
    struct approval_row made[] = {an_approval("a-2", "c-1", 20), an_approval("a-1", "c-1", 10),
                                  an_approval("a-3", "c-2", 5)};
    made[1].needs = APPROVAL_CUSTOMER;
    for (size_t i = 0; i < 3; i++) {
        OK(store_approval_add(tx, &made[i], err));
    }
    struct approval_row nowhere = an_approval("a-4", "c-9", 5);
    CHECK(store_approval_add(tx, &nowhere, err) == ERR_NOTFOUND);
    CHECK(store_approval_add(tx, &made[0], err) == ERR_BUSY);
    struct approval_filter filter = {.conversation = STR("c-1")};
    OK(store_approval_list(tx, &filter, a, &rows, &count, err));
    CHECK(count == 2 && str_eq_c(rows[0].id, "a-1") && str_eq_c(rows[1].id, "a-2"));
    filter.needs = APPROVAL_AGENT;
    OK(store_approval_list(tx, &filter, a, &rows, &count, err));
    CHECK(count == 1 && str_eq_c(rows[0].id, "a-2"));
    made[0].state = APPROVAL_APPROVED;
    made[0].decided_by = STR("agent:eva");
    made[0].ticket = 7;
    OK(store_approval_move(tx, &made[0], APPROVAL_PENDING, err));
    CHECK(store_approval_move(tx, &made[0], APPROVAL_PENDING, err) == STORE_STALE);
    CHECK(store_approval_move(tx, &nowhere, APPROVAL_PENDING, err) == STORE_NONE);
    OK(store_approval_get(tx, STR("a-2"), a, &row, err));
    CHECK(str_eq(row.state, APPROVAL_APPROVED) && row.ticket == 7 && row.created_at == 20);
    CHECK(str_eq_c(row.decided_by, "agent:eva") && str_eq_c(row.summary, "Refund order A-1"));
    const struct approval_filter pending = {.state = APPROVAL_PENDING, .limit = 1};
    OK(store_approval_list(tx, &pending, a, &rows, &count, err));
    CHECK(count == 1 && str_eq_c(rows[0].id, "a-3"));
    OK(store_conversation_delete(tx, STR("c-1"), err));
    CHECK(store_approval_get(tx, STR("a-2"), a, &row, err) == STORE_NONE);
    OK(store_approval_get(tx, STR("a-3"), a, &row, err));
    return 0;
}

static void
test_approvals(void **state)
{
    write_ok(*state, add_conversations);
    write_ok(*state, approvals);
}

static int
uses(struct store_tx *tx, void *arg, struct err *err)
{
    struct tool_use_row row = {.id = STR("day:2026-11-21:refund"), .expires_at = 50};
    int64_t now = -1;
    (void)arg;
    OK(store_tool_use_add(tx, &row, &now, err));
    CHECK(now == 0);
    row.uses = 1;
    for (int64_t i = 1; i <= 3; i++) {
        OK(store_tool_use_add(tx, &row, &now, err));
        CHECK(now == i);
    }
    row.uses = INT64_MAX;
    OK(store_tool_use_add(tx, &row, &now, err));
    CHECK(now == INT64_MAX);
    OK(store_tool_use_expire(tx, 50, err));
    row.uses = 0;
    OK(store_tool_use_add(tx, &row, &now, err));
    CHECK(now == INT64_MAX);
    OK(store_tool_use_expire(tx, 51, err));
    OK(store_tool_use_add(tx, &row, &now, err));
    CHECK(now == 0);
    return 0;
}

static void
test_uses(void **state)
{
    write_ok(*state, uses);
}

static int
values(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct plugin_value_row row;
    struct plugin_value_row *rows;
    struct plugin_space_row space = {.plugin = STR("p"), .keys = 2, .bytes = 9};
    size_t count;
    static const char *const ids[] = {"p/b", "p/a", "q/a", "p/c"};
    for (size_t i = 0; i < 4; i++) {
        const struct plugin_value_row made = {
            .id = str_c(ids[i]), .value = STR("one"), .expires_at = INT64_MAX, .at = 1};
        OK(store_plugin_value_put(tx, &made, err));
    }
    const struct plugin_value_row again = {.id = STR("p/a"), .value = STR("two")};
    OK(store_plugin_value_put(tx, &again, err));
    OK(store_plugin_value_get(tx, STR("p/a"), a, &row, err));
    CHECK(str_eq_c(row.value, "two") && row.expires_at == 0);
    OK(store_plugin_value_list(tx, STR("p/a"), 2, a, &rows, &count, err));
    CHECK(count == 2 && str_eq_c(rows[0].id, "p/b") && str_eq_c(rows[1].id, "p/c"));
    OK(store_plugin_value_remove(tx, STR("p/a"), err));
    CHECK(store_plugin_value_get(tx, STR("p/a"), a, &row, err) == STORE_NONE);
    CHECK(store_plugin_space_get(tx, STR("p"), a, &space, err) == STORE_NONE);
    OK(store_plugin_space_set(tx, &space, err));
    space.bytes = 12;
    OK(store_plugin_space_set(tx, &space, err));
    space = (struct plugin_space_row){0};
    OK(store_plugin_space_get(tx, STR("p"), a, &space, err));
    CHECK(space.keys == 2 && space.bytes == 12);
    return 0;
}

static void
test_values(void **state)
{
    write_ok(*state, values);
}

static int
metrics_and_states(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct plugin_metric_row *rows;
    struct plugin_state_row *states;
    struct plugin_state_row trouble = {
        .plugin = STR("q"), .trouble = STR("it crashed"), .since = 4};
    size_t count;
    struct plugin_metric_row row = {
        .id = STR("2026-11-21/p/ms"),
        .plugin = STR("p"),
        .name = STR("ms"),
        .kind = PLUGIN_METRIC_VALUE,
        .day = STR("2026-11-21"),
        .count = 1,
        .sum = 7,
        .least = 7,
        .most = 7,
    };
    OK(store_plugin_metric_add(tx, &row, 1, err));
    row.sum = row.least = row.most = -3;
    OK(store_plugin_metric_add(tx, &row, 1, err));
    row.sum = INT64_MIN;
    OK(store_plugin_metric_add(tx, &row, 1, err));
    OK(store_plugin_metric_list(tx, STR("p"), a, &rows, &count, err));
    CHECK(count == 1 && rows[0].count == 3 && rows[0].sum == INT64_MIN + 4);
    CHECK(rows[0].least == -3 && rows[0].most == 7 && str_eq_c(rows[0].name, "ms"));
    row.kind = PLUGIN_METRIC_COUNT;
    CHECK(store_plugin_metric_add(tx, &row, 2, err) == STORE_NONE);
    row.id = STR("2026-11-21/p/no");
    row.name = STR("no");
    CHECK(store_plugin_metric_add(tx, &row, 1, err) == STORE_NONE);
    row.id = STR("2026-11-21/o/no");
    row.plugin = STR("o");
    OK(store_plugin_metric_add(tx, &row, 1, err));
    OK(store_plugin_metric_list(tx, STR("q"), a, &rows, &count, err));
    CHECK(count == 0);
    OK(store_plugin_metric_list(tx, STR(""), a, &rows, &count, err));
    CHECK(count == 2);
    OK(store_plugin_state_set(tx, &trouble, err));
    trouble.trouble = STR("");
    OK(store_plugin_state_set(tx, &trouble, err));
    OK(store_plugin_state_list(tx, a, &states, &count, err));
    CHECK(count == 1 && states[0].trouble.len == 0 && states[0].since == 4);
    CHECK(store_plugin_state_get(tx, STR("p"), a, &trouble, err) == STORE_NONE);
    return 0;
}

static void
test_metrics_and_states(void **state)
{
    write_ok(*state, metrics_and_states);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_approvals),
        BOTH(test_uses),
        BOTH(test_values),
        BOTH(test_metrics_and_states),
    };
    return cmocka_run_group_tests_name("store-tools", tests, NULL, NULL);
}
