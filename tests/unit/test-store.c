/* The store's typed functions, the same cases over both backends, on the calling thread. */
#include "store_desk.h"

static int
add_three(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    static const struct {
        const char *id;
        int64_t at;
    } rows[] = {{"c-1", 10}, {"c-2", 30}, {"c-3", 20}};
    for (size_t i = 0; i < 3; i++) {
        struct conversation_row row = a_conversation(rows[i].id, rows[i].at);
        row.customer = i == 1 ? STR("bob") : row.customer;
        OK(store_conversation_add(tx, &row, err));
    }
    return 0;
}

static int
conversations(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct conversation_row row;
    struct conversation_row *rows;
    size_t count;
    OK(store_conversation_get(tx, STR("c-1"), a, &row, err));
    CHECK(str_eq_c(row.id, "c-1") && str_eq_c(row.prompt_name, "customer_service"));
    CHECK(str_eq_c(row.prompt_vars, "{}") && row.epoch == 1 && row.updated_at == 10);
    CHECK(store_conversation_get(tx, STR("c-9"), a, &row, err) == STORE_NONE);
    struct conversation_filter all = {0};
    OK(store_conversation_list(tx, &all, a, &rows, &count, err));
    CHECK(count == 3 && str_eq_c(rows[0].id, "c-2") && str_eq_c(rows[2].id, "c-1"));
    struct conversation_filter ann = {.customer = STR("ann"), .owner = OWNER_BOT, .limit = 1};
    OK(store_conversation_list(tx, &ann, a, &rows, &count, err));
    CHECK(count == 1 && str_eq_c(rows[0].id, "c-3"));
    struct conversation_filter late = {.since = 20, .limit = 9};
    OK(store_conversation_list(tx, &late, a, &rows, &count, err));
    CHECK(count == 2 && str_eq_c(rows[1].id, "c-3"));
    struct conversation_filter none = {.owner = OWNER_HUMAN};
    OK(store_conversation_list(tx, &none, a, &rows, &count, err));
    CHECK(count == 0);
    return 0;
}

static int
touches(struct store_tx *tx, void *arg, struct err *err)
{
    struct conversation_row row;
    OK(store_conversation_touch(tx, STR("c-1"), 50, err));
    OK(store_conversation_touch(tx, STR("c-1"), 40, err));
    OK(store_conversation_get(tx, STR("c-1"), arg, &row, err));
    CHECK(row.updated_at == 50 && row.created_at == 10 && str_eq_c(row.customer, "ann"));
    CHECK(store_conversation_touch(tx, STR("c-9"), 50, err) == STORE_NONE);
    struct conversation_row again = a_conversation("c-1", 1);
    CHECK(store_conversation_add(tx, &again, err) == ERR_BUSY && err->retryable);
    return 0;
}

static void
test_conversations(void **state)
{
    write_ok(*state, add_three);
    read_ok(*state, conversations);
    write_ok(*state, touches);
}

static int
owners(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    int64_t epoch = 0;
    OK(store_owner_check(tx, STR("c-1"), 1, err));
    OK(store_owner_set(tx, STR("c-1"), 1, OWNER_HUMAN, STR("agent:eve"), STR("claimed"), &epoch,
                       err));
    CHECK(epoch == 2);
    CHECK(store_owner_set(tx, STR("c-1"), 1, OWNER_BOT, STR("x"), STR(""), &epoch, err) ==
          STORE_STALE);
    CHECK(epoch == 2);
    CHECK(store_owner_set(tx, STR("c-9"), 1, OWNER_BOT, STR("x"), STR(""), &epoch, err) ==
          STORE_NONE);
    CHECK(store_owner_check(tx, STR("c-1"), 1, err) == STORE_STALE);
    CHECK(store_owner_check(tx, STR("c-9"), 1, err) == STORE_NONE);
    OK(store_owner_check(tx, STR("c-1"), 2, err));
    OK(store_owner_set(tx, STR("c-1"), 2, OWNER_BOT, STR("agent:eve"), STR("back"), &epoch, err));
    struct conversation_row row;
    OK(store_conversation_get(tx, STR("c-1"), a, &row, err));
    CHECK(row.epoch == 3 && str_eq(row.owner, OWNER_BOT) && row.updated_at == START);
    struct owner_row imported = {
        .id = STR("o-1"), .conversation = STR("c-2"), .epoch = 7, .owner = OWNER_BOT, .at = 1};
    OK(store_owner_add(tx, &imported, err));
    struct owner_row *rows;
    size_t count;
    OK(store_owner_list(tx, STR("c-1"), a, &rows, &count, err));
    CHECK(count == 2 && rows[0].epoch == 2 && str_eq(rows[0].owner, OWNER_HUMAN));
    CHECK(str_eq_c(rows[0].who, "agent:eve") && rows[0].at == START && rows[1].epoch == 3);
    imported.id = STR("o-2");
    CHECK(store_owner_add(tx, &imported, err) == ERR_BUSY);
    return 0;
}

static void
test_owners(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, owners);
}

static int
messages(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    int64_t seq = 0;
    static const char *const ids[] = {"m-1", "m-2", "m-3", "m-4"};
    for (size_t i = 0; i < 4; i++) {
        struct message_row row = a_message(ids[i], "c-1", "[{\"text\":\"hi\"}]");
        row.seq = 99;
        OK(store_message_add(tx, &row, &seq, err));
        CHECK(seq == (int64_t)i + 1);
    }
    struct message_row other = a_message("n-1", "c-2", "[]");
    other.content = (struct str){"a\0b", 3};
    OK(store_message_add(tx, &other, NULL, err));
    struct message_row *rows;
    size_t count;
    OK(store_message_list(tx, STR("c-1"), 0, 0, a, &rows, &count, err));
    CHECK(count == 4 && str_eq_c(rows[3].id, "m-4") && rows[3].seq == 4);
    CHECK(str_eq_c(rows[0].content, "[{\"text\":\"hi\"}]") && rows[0].turn.len == 0);
    OK(store_message_list(tx, STR("c-1"), 2, 0, a, &rows, &count, err));
    CHECK(count == 2 && rows[0].seq == 3);
    OK(store_message_list(tx, STR("c-1"), 0, 3, a, &rows, &count, err));
    CHECK(count == 3 && rows[0].seq == 2 && rows[1].seq == 3 && rows[2].seq == 4);
    OK(store_message_list(tx, STR("c-1"), 3, 3, a, &rows, &count, err));
    CHECK(count == 1 && rows[0].seq == 4);
    OK(store_message_list(tx, STR("c-2"), 0, 0, a, &rows, &count, err));
    CHECK(count == 1 && rows[0].content.len == 3 && rows[0].content.ptr[2] == 'b');
    CHECK(store_message_add(tx, &other, NULL, err) == ERR_BUSY);
    struct message_row orphan = a_message("m-9", "c-9", "[]");
    CHECK(store_message_add(tx, &orphan, NULL, err) == ERR_NOTFOUND);
    return 0;
}

static void
test_messages(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, messages);
}

static int
turns(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct turn_row *rows;
    size_t count;
    struct turn_row row = a_turn("t-1", "c-1", 10);
    struct turn_row second = a_turn("t-2", "c-1", 20);
    struct turn_row other = a_turn("t-3", "c-2", 5);
    OK(store_turn_add(tx, &row, err));
    CHECK(store_turn_add(tx, &second, err) == ERR_BUSY && err->retryable);
    OK(store_turn_add(tx, &other, err));
    OK(store_turn_list_open(tx, STR(""), a, &rows, &count, err));
    CHECK(count == 2 && str_eq_c(rows[0].id, "t-3") && str_eq_c(rows[1].id, "t-1"));
    OK(store_turn_list_open(tx, STR("c-1"), a, &rows, &count, err));
    CHECK(count == 1 && str_eq_c(rows[0].id, "t-1") && rows[0].opened_at == 10);
    row.state = TURN_CLOSED;
    row.outcome = OUTCOME_ANSWERED;
    row.model_calls = 3;
    row.closed_at = 30;
    OK(store_turn_update(tx, &row, err));
    CHECK(store_turn_update(tx, &row, err) == STORE_STALE);
    row.id = STR("t-9");
    CHECK(store_turn_update(tx, &row, err) == STORE_NONE);
    OK(store_turn_add(tx, &second, err));
    OK(store_turn_list(tx, STR("c-1"), a, &rows, &count, err));
    CHECK(count == 2 && rows[0].model_calls == 3 && str_eq(rows[0].outcome, OUTCOME_ANSWERED));
    OK(store_turn_get(tx, STR("t-1"), a, &row, err));
    CHECK(row.closed_at == 30 && str_eq_c(row.process, "p-1"));
    CHECK(store_turn_get(tx, STR("t-9"), a, &row, err) == STORE_NONE);
    return 0;
}

static void
test_turns(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, turns);
}

static int
calls(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct tool_call_row *rows;
    size_t count;
    const struct tool_call_row made[] = {
        a_call("x-3", "c-1", "t-1", 1, 20), a_call("x-2", "c-1", "t-1", 0, 20),
        a_call("x-1", "c-1", "t-1", 5, 10), a_call("x-4", "c-1", "t-2", 0, 30)};
    for (size_t i = 0; i < 4; i++) {
        OK(store_tool_call_add(tx, &made[i], err));
    }
    OK(store_tool_call_list(tx, STR("c-1"), STR("t-1"), a, &rows, &count, err));
    CHECK(count == 3 && str_eq_c(rows[0].id, "x-1") && str_eq_c(rows[1].id, "x-2"));
    OK(store_tool_call_list(tx, STR("c-1"), STR(""), a, &rows, &count, err));
    CHECK(count == 4 && str_eq_c(rows[3].id, "x-4"));
    struct tool_call_row end = {
        .id = STR("x-1"), .status = CALL_OK, .result = STR("[1]"), .ended_at = 44, .untrusted = 1};
    bool outside = true;
    OK(store_tool_call_outside(tx, STR("c-1"), &outside, err));
    CHECK(!outside);
    OK(store_tool_call_finish(tx, &end, err));
    OK(store_tool_call_outside(tx, STR("c-1"), &outside, err));
    CHECK(outside);
    end.result = STR("[2]");
    CHECK(store_tool_call_finish(tx, &end, err) == STORE_STALE);
    end.id = STR("x-9");
    CHECK(store_tool_call_finish(tx, &end, err) == STORE_NONE);
    OK(store_tool_call_list(tx, STR("c-1"), STR("t-1"), a, &rows, &count, err));
    CHECK(str_eq(rows[0].status, CALL_OK) && str_eq_c(rows[0].result, "[1]"));
    CHECK(rows[0].ended_at == 44 && str_eq_c(rows[0].arguments, "{\"q\":1}"));
    CHECK(str_eq(rows[1].status, CALL_OPEN));
    struct model_call_row model = {.id = STR("k-1"),
                                   .conversation = STR("c-1"),
                                   .turn = STR("t-1"),
                                   .outcome = STR("ok"),
                                   .input_tokens = 7,
                                   .started_at = 9};
    struct model_call_row *models;
    OK(store_model_call_add(tx, &model, err));
    OK(store_model_call_list(tx, STR("c-1"), a, &models, &count, err));
    CHECK(count == 1 && models[0].input_tokens == 7 && str_eq_c(models[0].turn, "t-1"));
    return 0;
}

static void
test_calls(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, calls);
}

static int
tickets(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    int64_t number = 0;
    struct ticket_row row = a_ticket("c-1", 10);
    OK(store_ticket_add(tx, &row, &number, err));
    CHECK(number == 1);
    row.number = 5;
    OK(store_ticket_add(tx, &row, &number, err));
    CHECK(number == 5 && store_ticket_add(tx, &row, &number, err) == ERR_BUSY);
    row = a_ticket("c-2", 30);
    OK(store_ticket_add(tx, &row, &number, err));
    CHECK(number == 6);
    row.number = -1;
    CHECK(store_ticket_add(tx, &row, NULL, err) == ERR_INVALID);
    OK(store_ticket_get(tx, 6, a, &row, err));
    CHECK(str_eq_c(row.conversation, "c-2") && row.version == 1 && row.number == 6);
    row.status = TICKET_CLAIMED;
    row.assignee = STR("eve");
    OK(store_ticket_update(tx, &row, err));
    CHECK(store_ticket_update(tx, &row, err) == STORE_STALE);
    OK(store_ticket_get(tx, 6, a, &row, err));
    CHECK(row.version == 2 && str_eq_c(row.assignee, "eve"));
    row.number = 99;
    CHECK(store_ticket_update(tx, &row, err) == STORE_NONE);
    CHECK(store_ticket_get(tx, 99, a, &row, err) == STORE_NONE);
    struct ticket_row *rows;
    size_t count;
    OK(store_ticket_list(tx, &(struct ticket_filter){0}, a, &rows, &count, err));
    CHECK(count == 3 && rows[0].number == 1 && rows[2].number == 6);
    OK(store_ticket_list(tx, &(struct ticket_filter){.status = TICKET_CLAIMED}, a, &rows, &count,
                         err));
    CHECK(count == 1 && rows[0].number == 6);
    struct ticket_filter filter = {.conversation = STR("c-1"), .status = TICKET_OPEN, .since = 11};
    OK(store_ticket_list(tx, &filter, a, &rows, &count, err));
    CHECK(count == 0);
    return 0;
}

static int
events(struct store_tx *tx, void *arg, struct err *err)
{
    struct ticket_event_row *rows;
    size_t count;
    static const char *const ids[] = {"e-2", "e-1"};
    for (size_t i = 0; i < 2; i++) {
        struct ticket_event_row row = {
            .id = str_c(ids[i]), .ticket = 6, .what = STR("noted"), .at = 4};
        OK(store_ticket_event_add(tx, &row, err));
    }
    struct ticket_event_row orphan = {.id = STR("e-3"), .ticket = 77};
    CHECK(store_ticket_event_add(tx, &orphan, err) == ERR_NOTFOUND);
    OK(store_ticket_event_list(tx, 6, arg, &rows, &count, err));
    CHECK(count == 2 && str_eq_c(rows[0].id, "e-2") && str_eq_c(rows[1].what, "noted"));
    return 0;
}

static void
test_tickets(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, tickets);
    write_ok(*state, events);
}

static int
feedback_and_prompts(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct feedback_row row = {.id = STR("f-1"), .conversation = STR("c-1"), .rating = 4, .at = 1};
    struct feedback_row *rows;
    size_t count;
    OK(store_feedback_add(tx, &row, err));
    OK(store_feedback_list(tx, STR("c-1"), a, &rows, &count, err));
    CHECK(count == 1 && rows[0].rating == 4 && rows[0].comment.len == 0);
    struct prompt_row prompt = {STR("abc"), STR("greeting"), STR("Hello {{name}}"), 3};
    struct prompt_row got;
    OK(store_prompt_add(tx, &prompt, err));
    prompt.text = STR("other");
    OK(store_prompt_add(tx, &prompt, err));
    OK(store_prompt_get(tx, STR("abc"), a, &got, err));
    CHECK(str_eq_c(got.text, "Hello {{name}}") && got.first_used == 3);
    CHECK(store_prompt_get(tx, STR("abd"), a, &got, err) == STORE_NONE);
    struct str id = store_new_id(tx, 'm', a);
    CHECK(id.len == ID_TEXT - 1 && id.ptr[0] == 'm' && store_now(tx) == START);
    return 0;
}

static void
test_feedback_and_prompts(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, feedback_and_prompts);
}

static int
fill_two(struct store_tx *tx, void *arg, struct err *err)
{
    static const char *const ids[2][2] = {{"c-1", "1"}, {"c-2", "2"}};
    for (size_t i = 0; i < 2; i++) {
        const char *c = ids[i][0];
        struct str id = str_c(ids[i][1]);
        int64_t number;
        struct message_row message = a_message(ids[i][1], c, "[]");
        struct turn_row turn = a_turn(ids[i][1], c, 1);
        struct tool_call_row call = a_call(ids[i][1], c, ids[i][1], 0, 1);
        struct model_call_row model = {.id = id, .conversation = str_c(c)};
        struct ticket_row ticket = a_ticket(c, 1);
        struct owner_row owner = {.id = id, .conversation = str_c(c), .epoch = 1};
        struct feedback_row feedback = {.id = id, .conversation = str_c(c)};
        OK(store_message_add(tx, &message, NULL, err));
        OK(store_turn_add(tx, &turn, err));
        OK(store_tool_call_add(tx, &call, err));
        OK(store_model_call_add(tx, &model, err));
        OK(store_ticket_add(tx, &ticket, &number, err));
        struct ticket_event_row event = {.id = id, .ticket = number};
        OK(store_ticket_event_add(tx, &event, err));
        OK(store_owner_add(tx, &owner, err));
        OK(store_feedback_add(tx, &feedback, err));
    }
    (void)arg;
    return 0;
}

/* How many rows of each kind C has. */
static int
count_rows(struct store_tx *tx, struct str c, int64_t ticket, struct arena *a, size_t *total,
           struct err *err)
{
    size_t n[7];
    void *rows;
    OK(store_message_list(tx, c, 0, 0, a, (struct message_row **)&rows, &n[0], err));
    OK(store_turn_list(tx, c, a, (struct turn_row **)&rows, &n[1], err));
    OK(store_tool_call_list(tx, c, STR(""), a, (struct tool_call_row **)&rows, &n[2], err));
    OK(store_model_call_list(tx, c, a, (struct model_call_row **)&rows, &n[3], err));
    OK(store_ticket_event_list(tx, ticket, a, (struct ticket_event_row **)&rows, &n[4], err));
    OK(store_owner_list(tx, c, a, (struct owner_row **)&rows, &n[5], err));
    OK(store_feedback_list(tx, c, a, (struct feedback_row **)&rows, &n[6], err));
    *total = 0;
    for (size_t i = 0; i < 7; i++) {
        *total += n[i];
    }
    return 0;
}

static int
delete_one(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    size_t total;
    OK(count_rows(tx, STR("c-2"), 2, a, &total, err));
    CHECK(total == 7);
    OK(store_conversation_delete(tx, STR("c-2"), err));
    CHECK(store_conversation_delete(tx, STR("c-2"), err) == STORE_NONE);
    OK(count_rows(tx, STR("c-2"), 2, a, &total, err));
    CHECK(total == 0);
    OK(count_rows(tx, STR("c-1"), 1, a, &total, err));
    CHECK(total == 7);
    struct ticket_row ticket = a_ticket("c-1", 1);
    int64_t number;
    CHECK(store_ticket_get(tx, 2, a, &ticket, err) == STORE_NONE);
    ticket = a_ticket("c-1", 1);
    OK(store_ticket_add(tx, &ticket, &number, err));
    CHECK(number == 3); /* a number that was given does not come again */
    return 0;
}

static void
test_delete(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, fill_two);
    write_ok(*state, delete_one);
}

enum { OUTCOME = 42 };

static int
add_then_leave(struct store_tx *tx, void *arg, struct err *err)
{
    struct conversation_row row = a_conversation("c-1", 1);
    int64_t number;
    OK(store_conversation_add(tx, &row, err));
    struct ticket_row ticket = a_ticket("c-1", 1);
    OK(store_ticket_add(tx, &ticket, &number, err));
    CHECK(number == 1);
    return *(int *)arg < 0 ? err_set(err, ERR_INVALID, "no") : *(int *)arg;
}

static int
nothing_there(struct store_tx *tx, void *arg, struct err *err)
{
    struct conversation_row *rows;
    size_t count;
    OK(store_conversation_list(tx, &(struct conversation_filter){0}, arg, &rows, &count, err));
    CHECK(count == 0);
    return 0;
}

static void
test_what_is_not_kept_is_undone(void **state)
{
    struct desk *desk = *state;
    struct err err;
    int results[] = {OUTCOME, ERR_INVALID, 0};
    for (size_t i = 0; i < 3; i++) {
        read_ok(desk, nothing_there);
        assert_int_equal(store_write_wait(desk->store, add_then_leave, &results[i], &err),
                         results[i]);
    }
    struct store_stats stats;
    store_get_stats(desk->store, &stats);
    assert_int_equal(stats.bodies, 3);
    assert_int_equal(stats.commits, 1);
}

static int
write_in_read(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    struct conversation_row row = a_conversation("c-1", 1);
    CHECK(store_conversation_touch(tx, STR("c-1"), 3, err) == ERR_BUG);
    return store_conversation_add(tx, &row, err);
}

static void
test_a_read_cannot_write(void **state)
{
    struct desk *desk = *state;
    struct err err;
    assert_int_equal(store_read_wait(desk->store, write_in_read, NULL, &err), ERR_BUG);
    read_ok(desk, nothing_there);
}

static int
add_many(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    struct conversation_row c = a_conversation("c-big", 1);
    OK(store_conversation_add(tx, &c, err));
    for (int i = 0; i < 3000; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "m-%d", i);
        struct message_row row = a_message(id, "c-big", "[{\"text\":\"one of many\"}]");
        OK(store_message_add(tx, &row, NULL, err));
    }
    return 0;
}

static int
see_many(struct store_tx *tx, void *arg, struct err *err)
{
    struct message_row *rows;
    size_t count;
    OK(store_message_list(tx, STR("c-big"), 0, 0, arg, &rows, &count, err));
    CHECK(count == 3000 && str_eq_c(rows[2999].id, "m-2999") && rows[2999].seq == 3000);
    OK(store_message_list(tx, STR("c-big"), 0, 2, arg, &rows, &count, err));
    CHECK(count == 2 && rows[0].seq == 2999);
    return 0;
}

static void
test_a_body_of_thousands(void **state)
{
    write_ok(*state, add_many);
    read_ok(*state, see_many);
}

static void
test_check_is_content(void **state)
{
    struct desk *desk = *state;
    struct err err = {0};
    write_ok(desk, add_three);
    write_ok(desk, messages);
    if (store_check(desk->store, &err) != 0) {
        fail_msg("%s", err.message);
    }
}

static int
open_call_of_closed_turn(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    struct turn_row turn = a_turn("t-1", "c-1", 1);
    struct tool_call_row call = a_call("x-1", "c-1", "t-1", 0, 1);
    turn.state = TURN_CLOSED;
    OK(store_turn_add(tx, &turn, err));
    OK(store_tool_call_add(tx, &call, err));
    return 0;
}

static int
epoch_behind_its_history(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    struct owner_row row = {.id = STR("o-1"), .conversation = STR("c-1"), .epoch = 8};
    return store_owner_add(tx, &row, err);
}

static void
check_finds(struct desk *desk, store_body wrong, const char *word)
{
    struct err err = {0};
    write_ok(desk, add_three);
    write_ok(desk, wrong);
    assert_int_equal(store_check(desk->store, &err), ERR_INVALID);
    if (!strstr(err.message, word)) {
        fail_msg("%s", err.message);
    }
}

static void
test_check_finds_an_open_call(void **state)
{
    check_finds(*state, open_call_of_closed_turn, "tool call x-1");
}

static void
test_check_finds_a_wrong_epoch(void **state)
{
    check_finds(*state, epoch_behind_its_history, "epoch");
}

static int
digests_and_notes(struct store_tx *tx, void *arg, struct err *err)
{
    struct arena *a = arg;
    struct digest_row digest;
    struct message_row *rows;
    size_t count;
    CHECK(store_digest_newest(tx, STR("c-1"), a, &digest, err) == STORE_NONE);
    for (int i = 1; i <= 3; i++) {
        const struct digest_row row = {
            .id = arena_printf(a, "d-%d", i), .conversation = STR("c-1"), .to_seq = 10 * (i % 3)};
        struct message_row message = a_message(arena_printf(a, "m-%d", i).ptr, "c-1", "[]");
        message.author = i == 2 ? AUTHOR_CUSTOMER : AUTHOR_NOTE;
        OK(store_digest_add(tx, &row, err));
        OK(store_message_add(tx, &message, NULL, err));
    }
    OK(store_digest_newest(tx, STR("c-1"), a, &digest, err));
    CHECK(str_eq_c(digest.id, "d-2") && digest.to_seq == 20);
    CHECK(store_digest_newest(tx, STR("c-2"), a, &digest, err) == STORE_NONE);
    OK(store_message_list_by(tx, STR("c-1"), AUTHOR_NOTE, 4, a, &rows, &count, err));
    CHECK(count == 2 && rows[0].seq == 1 && rows[1].seq == 3);
    OK(store_message_list_by(tx, STR("c-1"), AUTHOR_NOTE, 3, a, &rows, &count, err));
    CHECK(count == 1);
    return 0;
}

static void
test_digests_and_notes(void **state)
{
    write_ok(*state, add_three);
    write_ok(*state, digests_and_notes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_conversations),
        BOTH(test_owners),
        BOTH(test_messages),
        BOTH(test_turns),
        BOTH(test_calls),
        BOTH(test_tickets),
        BOTH(test_feedback_and_prompts),
        BOTH(test_digests_and_notes),
        BOTH(test_delete),
        BOTH(test_what_is_not_kept_is_undone),
        BOTH(test_a_read_cannot_write),
        BOTH(test_a_body_of_thousands),
        BOTH(test_check_is_content),
        BOTH(test_check_finds_an_open_call),
        BOTH(test_check_finds_a_wrong_epoch),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
