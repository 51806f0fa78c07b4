/* make-desk DIR [--open]: fill the desk in DIR with conversations of every kind there is, so that
 * scripts have something to list, show and export. Prints a word and an id a line.
 *
 * The engine and the database are the real ones; the model and its tools follow a script. With
 * --open only a conversation is made whose turn nobody closed. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "desk_fixture.h"
#include "turn/ledger.h"

static void
check(int result, const struct err *err)
{
    if (result < 0) {
        (void)fprintf(stderr, "make-desk: %s\n", err->message);
    }
    must(result >= 0);
}

/* One conversation of one message, answered as SCRIPT says. Its id lives in the fixture's arena,
 * so the fixture is left to the end of the program. */
static struct str
converse(struct loop *loop, struct store *store, const char *word, const char *script,
         const char *text)
{
    struct desk_fixture f;
    static char ids[16][64];
    static size_t used;
    struct talk t = {0};
    desk_fixture_open_on(&f, loop, store, script, NULL);
    talk_say(&t, &f, STR(""), text);
    (void)printf("%s %" STR_FMT "\n", word, STR_ARG(t.conversation));
    char *id = ids[used++];
    (void)snprintf(id, sizeof(ids[0]), "%" STR_FMT, STR_ARG(t.conversation));
    desk_fixture_close(&f);
    return str_c(id);
}

/* ---- What no script of a model makes happen --------------------------------------------------*/

struct by_hand {
    struct str conversation;
    struct arena arena;
};

static int
message(struct store_tx *tx, struct by_hand *b, struct str turn, const char *author,
        struct str state, const char *content, struct str *ret_id, struct err *err)
{
    bool user = strcmp(author, "customer") == 0;
    const struct message_row row = {
        .id = store_new_id(tx, 'm', &b->arena),
        .conversation = b->conversation,
        .turn = turn,
        .role = user ? STR("user") : STR("assistant"),
        .author = str_c(author),
        .state = state,
        .content = str_c(content),
        .at = store_now(tx),
    };
    *ret_id = row.id;
    return store_message_add(tx, &row, NULL, err);
}

/* A turn that a dead process left open in the middle of two calls. */
static int
leave_open(struct store_tx *tx, void *arg, struct err *err)
{
    struct by_hand *b = arg;
    struct str user, reply = {0};
    struct turn_row turn = {
        .id = store_new_id(tx, 't', &b->arena),
        .conversation = b->conversation,
        .process = STR("p-dead"),
        .state = TURN_OPEN,
        .model = STR("scripted"),
        .epoch = 1,
        .opened_at = store_now(tx),
    };
    struct tool_call_row call = {
        .id = STR("call:1"),
        .conversation = b->conversation,
        .turn = turn.id,
        .tool_use_id = STR("use 1"),
        .name = STR("refund"),
        .plugin = STR("orders"),
        .effect = STR("write"),
        .arguments = STR("{\"order\": 12}"),
        .status = CALL_OPEN,
        .started_at = store_now(tx),
    };
    int result = message(tx, b, turn.id, "customer", MESSAGE_SENT,
                         "[{\"text\":\"please refund order 12\"}]", &user, err);
    turn.user_message = user;
    result = result == 0 ? store_turn_add(tx, &turn, err) : result;
    result = result == 0 ? message(tx, b, turn.id, "bot", MESSAGE_SENT,
                                   "[{\"toolUse\":{\"toolUseId\":\"use 1\",\"name\":\"refund\","
                                   "\"input\":{\"order\":12}}}]",
                                   &reply, err)
                         : result;
    call.message = reply;
    return result == 0 ? store_tool_call_add(tx, &call, err) : result;
}

/* A reply that came after a human had taken over, and what else only people do. */
static int
take_over(struct store_tx *tx, void *arg, struct err *err)
{
    struct by_hand *b = arg;
    struct str ignored;
    int64_t epoch;
    const struct feedback_row rating = {store_new_id(tx, 'f', &b->arena), b->conversation, 4,
                                        STR("quick \"and\" friendly"), store_now(tx)};
    int result = store_owner_set(tx, b->conversation, 1, OWNER_HUMAN, STR("agent:Sam"),
                                 STR("looked interesting"), &epoch, err);
    result = result == 0 ? message(tx, b, STR(""), "bot", MESSAGE_DISCARDED,
                                   "[{\"text\":\"too late to be seen\"}]", &ignored, err)
                         : result;
    result = result == 0 ? message(tx, b, STR(""), "agent:Sam", MESSAGE_SENT,
                                   "[{\"text\":\"Hello,\\nSam here.\\u001b]0;no title\\u0007\"}]",
                                   &ignored, err)
                         : result;
    return result == 0 ? store_feedback_add(tx, &rating, err) : result;
}

static void
fill(struct loop *loop, struct store *store)
{
    struct err err = {0};
    struct by_hand b = {0};
    (void)converse(loop, store, "answered",
                   "[{\"text\":\"let me look\",\"calls\":[{\"name\":\"look\",\"input\":{\"q\":"
                   "\"hub\"}},{\"name\":\"look\",\"raw\":\"{broken\"},"
                   "{\"name\":\"fail\",\"input\":{}},{\"name\":\"nothing\",\"input\":{}}]},"
                   "{\"text\":\"The hub is **white**.\"}]",
                   "what colour is the \x1b[31mhub?");
    (void)converse(loop, store, "failed", "[{\"error\":\"no such model\"}]", "hello");
    (void)converse(loop, store, "low",
                   "[{\"calls\":[{\"name\":\"human\",\"input\":{\"reason\":\"curious\","
                   "\"priority\":\"low\"}}]}]",
                   "may I talk to a person some time?");
    (void)converse(loop, store, "urgent",
                   "[{\"text\":\"hm\",\"calls\":[{\"name\":\"look\",\"input\":{\"q\":\"smoke\"}}]},"
                   "{\"calls\":[{\"name\":\"human\",\"input\":{\"reason\":\"smoke comes out of "
                   "it\",\"priority\":\"urgent\"}}]}]",
                   "my hub is smoking, help me now please");
    (void)converse(loop, store, "low2",
                   "[{\"calls\":[{\"name\":\"human\",\"input\":{\"reason\":\"bored\","
                   "\"priority\":\"low\"}}]}]",
                   "a person, please, when there is time");
    b.conversation = converse(loop, store, "taken", "[{\"text\":\"Good day.\"}]", "good day");
    check(store_write_wait(store, take_over, &b, &err), &err);
    b.conversation = converse(loop, store, "crashed", "[{\"text\":\"Yes?\"}]", "anybody there?");
    check(store_write_wait(store, leave_open, &b, &err), &err);
    struct ledger_recover recover = {.store = store};
    check(store_write_wait(store, ledger_recover, &recover, &err), &err);
    must(recover.closed == 1);
    arena_done(&b.arena);
}

int
main(int argc, char **argv)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(store) struct store *store = NULL;
    struct err err = {0};
    if (argc < 2) {
        (void)fprintf(stderr, "usage: make-desk DIR [--open]\n");
        return 2;
    }
    const struct store_options options = {
        .path = str_c(argv[1]), .create = true, .sync = STORE_SYNC_OFF};
    check(loop_new(&loop, &err), &err);
    check(store_open_sqlite(&options, loop, &store, &err), &err);
    if (argc > 2) {
        struct by_hand b = {0};
        b.conversation = converse(loop, store, "open", "[{\"text\":\"Yes?\"}]", "anybody there?");
        check(store_write_wait(store, leave_open, &b, &err), &err);
        arena_done(&b.arena);
    } else {
        fill(loop, store);
    }
    return 0;
}
