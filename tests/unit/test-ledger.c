/* The ledger's bodies, called as the engine calls them, up to where its process died. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/message.h"
#include "store/store.h"
#include "turn/ledger.h"
#include "turn/turn.h"

enum { AT = 1000 }; /* everything happens in one millisecond */

struct fixture {
    struct store *store;
    struct clock_hand clock;
    struct arena arena;
    struct ledger_open open;
    struct turn_input input;
};

static void
run(struct fixture *f, store_body body, void *arg)
{
    struct err err = {0};
    if (store_write_wait(f->store, body, arg, &err) != 0) {
        fail_msg("%s", err.message);
    }
}

static void
open_turn(struct fixture *f)
{
    struct err err = {0};
    *f = (struct fixture){0};
    clock_hand_init(&f->clock, AT);
    struct store_options options = {.create = true, .clock = &f->clock.clock};
    assert_int_equal(store_open_memory(&options, NULL, &f->store, &err), 0);
    f->input = (struct turn_input){.customer = STR("anna"), .channel = STR("test")};
    f->open = (struct ledger_open){
        .input = &f->input,
        .store = f->store,
        .process = STR("p-dead"),
        .content = STR("[{\"text\":\"hello\"}]"),
        .model = STR("scripted"),
        .arena = &f->arena,
    };
    run(f, ledger_open, &f->open);
}

static void
close_all(struct fixture *f)
{
    store_free(f->store);
    arena_done(&f->arena);
}

/* Message ID asks for COUNT calls of a write tool. */
static void
ask(struct fixture *f, const char *id, size_t count)
{
    struct block blocks[4];
    struct tool_call_row rows[4] = {0};
    const struct tool_def defs[4] = {0}; /* nobody's tools */
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct tool_call_row){
            .id = arena_printf(&f->arena, "x-%s-%zu", id, i),
            .conversation = f->open.conversation,
            .turn = f->open.turn,
            .message = str_c(id),
            .seq = (int64_t)i,
            .name = STR("write"),
            .effect = STR("write"),
            .arguments = STR("{}"),
            .status = CALL_OPEN,
            .started_at = AT,
        };
        rows[i].tool_use_id = rows[i].id;
        assert_true(block_tool_use(&f->arena, rows[i].id, STR("write"), STR("{}"), &blocks[i]));
    }
    struct ledger_calls calls = {
        .conversation = f->open.conversation,
        .epoch = f->open.epoch,
        .message = {.id = str_c(id),
                    .conversation = f->open.conversation,
                    .turn = f->open.turn,
                    .role = STR("assistant"),
                    .author = AUTHOR_BOT,
                    .state = MESSAGE_SENT,
                    .content = message_content_json(blocks, count, &f->arena),
                    .at = AT},
        .calls = rows,
        .defs = defs,
        .call_count = count,
        .arena = &f->arena,
    };
    run(f, ledger_calls, &calls);
}

/* The results of message ID, and the turn goes on. */
static void
answer(struct fixture *f, const char *id)
{
    struct ledger_close c = {
        .turn = {.id = f->open.turn, .conversation = f->open.conversation, .epoch = f->open.epoch},
        .keep_open = true,
        .answers = str_c(id),
        .arena = &f->arena,
    };
    run(f, ledger_close, &c);
}

struct tally {
    struct fixture *f;
    size_t uses;
    size_t results;
};

static int
tally_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct tally *t = arg;
    struct message_row *rows;
    size_t count;
    int result =
        store_message_list(tx, t->f->open.conversation, 0, 0, &t->f->arena, &rows, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct block *blocks;
        size_t block_count;
        result = message_parse_content(rows[i].content, &t->f->arena, &blocks, &block_count, err);
        for (size_t b = 0; result == 0 && b < block_count; b++) {
            t->uses += blocks[b].kind == BLOCK_TOOL_USE;
            t->results += blocks[b].kind == BLOCK_TOOL_RESULT;
        }
    }
    return result;
}

/* Several rounds within one tick of the clock: the calls' times do not tell which came last. */
static void
test_the_last_round_is_answered_whatever_the_clock_says(void **state)
{
    (void)state;
    struct fixture f;
    struct err err = {0};
    open_turn(&f);
    ask(&f, "m-1", 2);
    answer(&f, "m-1");
    ask(&f, "m-2", 1);
    struct ledger_recover recover = {.store = f.store};
    run(&f, ledger_recover, &recover);
    assert_int_equal(recover.closed, 1);
    struct tally t = {.f = &f};
    assert_int_equal(store_read_wait(f.store, tally_body, &t, &err), 0);
    assert_int_equal(t.uses, 3);
    assert_int_equal(t.results, 3);
    close_all(&f);
}

static void
test_a_round_that_was_answered_is_not_answered_again(void **state)
{
    (void)state;
    struct fixture f;
    struct err err = {0};
    open_turn(&f);
    ask(&f, "m-1", 2);
    answer(&f, "m-1");
    struct ledger_recover recover = {.store = f.store};
    run(&f, ledger_recover, &recover);
    struct tally t = {.f = &f};
    assert_int_equal(store_read_wait(f.store, tally_body, &t, &err), 0);
    assert_int_equal(t.uses, 2);
    assert_int_equal(t.results, 2);
    close_all(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_round_is_answered_whatever_the_clock_says),
        cmocka_unit_test(test_a_round_that_was_answered_is_not_answered_again),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
