/* What a turn hears in the customer's words: the topic it records, and what a hand-over's priority
 * is at least, whatever the model asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "desk_fixture.h"
#include "nlu/intent.h"

#define SAYS_HELLO "[{\"text\":\"hello\"}]"
#define HANDS_OVER(input)                                                                          \
    "[{\"calls\":[{\"id\":\"u1\",\"name\":\"human\",\"input\":" input "}]}]"

struct looked_up {
    struct str conversation;
    struct arena *arena;
    struct conversation_row row;
    struct ticket_row *tickets;
    size_t ticket_count;
};

static int
look_up(struct store_tx *tx, void *arg, struct err *err)
{
    struct looked_up *l = arg;
    const struct ticket_filter filter = {.conversation = l->conversation};
    int result = store_conversation_get(tx, l->conversation, l->arena, &l->row, err);
    return result == 0
               ? store_ticket_list(tx, &filter, l->arena, &l->tickets, &l->ticket_count, err)
               : result;
}

static struct looked_up
recorded(struct desk_fixture *f, struct str conversation)
{
    struct err err = {0};
    struct looked_up l = {.conversation = conversation, .arena = &f->arena};
    assert_int_equal(store_read_wait(f->store, look_up, &l, &err), 0);
    return l;
}

/* Up to three messages of one conversation, and its topic behind each. */
static void
test_topics(void **state)
{
    (void)state;
    static const struct {
        const char *says[3];
        const char *topics[3];
    } rows[] = {
        {{"where is my order?"}, {"order"}},
        {{"my hub won't turn on", "where is my order?"}, {"trouble", "trouble"}},
        {{"hello", "good morning!", "looking for a camera"}, {"", "", "product"}},
        {{"hi", "thanks", "goodbye"}, {"", "", ""}},
        {{"tell me a joke", "my hub won't turn on"}, {"other", "other"}},
        {{"qwertzuiop"}, {"other"}},
        {{"this is a complaint about your service"}, {"complaint"}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct desk_fixture f;
        struct str conversation = STR("");
        desk_fixture_open(&f, SAYS_HELLO, NULL);
        for (size_t k = 0; k < 3 && rows[i].says[k]; k++) {
            struct talk t = {0};
            talk_say(&t, &f, conversation, rows[i].says[k]);
            conversation = arena_str(&f.arena, t.conversation);
            struct str topic = recorded(&f, conversation).row.topic;
            if (!str_eq_c(topic, rows[i].topics[k])) {
                fail_msg("\"%s\": '%" STR_FMT "'", rows[i].says[k], STR_ARG(topic));
            }
        }
        desk_fixture_close(&f);
    }
}

/* A shop's own labels are its topics. */
static void
test_own_topics(void **state)
{
    (void)state;
    static const char examples[] = "the cake is dry\tcakes\ncakes with cherries\tcakes\n"
                                   "a big cake please\tcakes\nbirthday cake\tcakes\n"
                                   "rye bread\tbread\nis the bread fresh\tbread\n"
                                   "two loaves of bread\tbread\nbread rolls\tbread\n"
                                   "hello\tgreeting\nhi there\tgreeting\n"
                                   "good morning\tgreeting\nhey\tgreeting\n";
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes;
    AUTO(intent_model) struct intent_model *model = NULL;
    struct err err = {0};
    struct intent_set set;
    struct intent_report report;
    buf_init(&bytes, INTENT_MODEL_BYTES);
    assert_int_equal(intent_set_read(str_c(examples), STR("examples"), &arena, &set, &err), 0);
    assert_int_equal(intent_train(&set, NULL, &bytes, &report, &err), 0);
    assert_int_equal(intent_model_borrow(buf_str(&bytes), STR("model"), &model, &err), 0);
    struct desk_fixture f;
    struct talk greets = {0};
    struct talk asks = {0};
    desk_fixture_open(&f, SAYS_HELLO, NULL);
    f.parts.intents = model;
    desk_fixture_renew(&f);
    talk_say(&greets, &f, STR(""), "hello");
    assert_true(str_eq(recorded(&f, greets.conversation).row.topic, STR("")));
    talk_say(&asks, &f, greets.conversation, "birthday cake with cherries");
    assert_true(str_eq(recorded(&f, asks.conversation).row.topic, STR("cakes")));
    desk_fixture_close(&f);
}

static void
test_priorities(void **state)
{
    (void)state;
    static const struct {
        const char *first; /* NULL: there is none */
        const char *says;
        const char *script;
        const char *priority;
    } rows[] = {
        {NULL, "I need a person", HANDS_OVER("{}"), "medium"},
        {NULL, "I need a person", HANDS_OVER("{\"priority\":\"low\"}"), "low"},
        {NULL, "I need a person", HANDS_OVER("{\"priority\":\"high\"}"), "high"},
        {NULL, "there is smoke coming out of the plug", HANDS_OVER("{\"priority\":\"low\"}"),
         "urgent"},
        {"there is smoke coming out of the plug", "what shall I do",
         HANDS_OVER("{\"priority\":\"low\"}"), "urgent"},
        {NULL, "I am furious, this is a disgrace, you are useless",
         HANDS_OVER("{\"priority\":\"low\"}"), "high"},
        {NULL, "it is urgent, I need it today", HANDS_OVER("{\"priority\":\"medium\"}"), "high"},
        {NULL, "it is urgent, I need it today", HANDS_OVER("{\"priority\":\"urgent\"}"), "urgent"},
        {NULL, "I want to make a complaint", HANDS_OVER("{\"priority\":\"low\"}"), "medium"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct desk_fixture f;
        struct desk_fixture before;
        struct talk first = {0};
        struct talk t = {0};
        struct str conversation = STR("");
        desk_fixture_open(&before, SAYS_HELLO, NULL);
        if (rows[i].first) {
            talk_say(&first, &before, STR(""), rows[i].first);
            conversation = first.conversation;
        }
        desk_fixture_open_on(&f, before.loop, before.store, rows[i].script, NULL);
        talk_say(&t, &f, conversation, rows[i].says);
        struct looked_up l = recorded(&f, t.conversation);
        assert_int_equal(l.ticket_count, 1);
        if (!str_eq_c(l.tickets[0].priority, rows[i].priority)) {
            fail_msg("\"%s\": %" STR_FMT, rows[i].says, STR_ARG(l.tickets[0].priority));
        }
        desk_fixture_close(&f);
        desk_fixture_close(&before);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_own_topics),
        cmocka_unit_test(test_priorities),
    };
    return cmocka_run_group_tests_name("turn-hearing", tests, NULL, NULL);
}
