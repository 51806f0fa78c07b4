/* memory: whatever is in the record, the model gets a history every API accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "memory/memory.h"
#include "memory/repair.h"
#include "store/rows.h"

static struct message_row
row(const char *author, const char *content)
{
    bool user = strcmp(author, "customer") == 0 || strcmp(author, "tool") == 0;
    return (struct message_row){
        .id = STR("m-1"),
        .role = user ? STR("user") : STR("assistant"),
        .author = str_c(author),
        .state = MESSAGE_SENT,
        .content = str_c(content),
    };
}

/* A history as "role: texts and tools" in one line, easy to compare. */
static void
describe(const struct message *m, size_t count, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%c:", i ? " " : "",
                                 m[i].role == ROLE_USER ? 'u' : 'a');
        for (size_t b = 0; b < m[i].count; b++) {
            const struct block *x = &m[i].blocks[b];
            const char *kind = x->kind == BLOCK_TOOL_USE ? "use" : "res";
            struct str word = x->kind == BLOCK_TEXT ? x->text : x->tool_use_id;
            used += (size_t)snprintf(out + used, size - used, "%s%s%" STR_FMT "%s", b ? "+" : "",
                                     x->kind == BLOCK_TEXT ? "" : kind, STR_ARG(word),
                                     x->error ? "!" : "");
        }
    }
}

#define TEXT(t) "[{\"text\":\"" t "\"}]"
#define USE(id) "{\"toolUse\":{\"toolUseId\":\"" id "\",\"name\":\"look\",\"input\":{}}}"
#define RES(id) "{\"toolResult\":{\"toolUseId\":\"" id "\",\"content\":[],\"status\":\"success\"}}"

static const struct {
    const char *name;
    const char *rows[8][2];
    size_t messages;
    const char *want;
} cases[] = {
    {"plain",
     {{"customer", TEXT("hi")}, {"bot", TEXT("hello")}, {"customer", TEXT("q")}},
     40,
     "u:hi a:hello u:q"},
    {"a greeting is no start", {{"system", TEXT("welcome")}, {"customer", TEXT("hi")}}, 40, "u:hi"},
    {"neighbours merge", {{"customer", TEXT("a")}, {"customer", TEXT("b")}}, 40, "u:a+b"},
    {"a tool pair stays",
     {{"customer", TEXT("q")},
      {"bot", "[" USE("1") "]"},
      {"tool", "[" RES("1") "]"},
      {"bot", TEXT("done")},
      {"customer", TEXT("x")}},
     40,
     "u:q a:use1 u:res1 a:done u:x"},
    {"a crash left a call open",
     {{"customer", TEXT("q")}, {"bot", "[" USE("1") "]"}, {"customer", TEXT("there?")}},
     40,
     "u:q a:use1 u:res1!+there?"},
    {"results come first and in order",
     {{"customer", TEXT("q")},
      {"bot", "[" USE("1") "," USE("2") "]"},
      {"tool", "[" RES("2") "," RES("1") "]"},
      {"customer", TEXT("x")}},
     40,
     "u:q a:use1+use2 u:res1+res2+x"},
    {"a result of nothing goes", {{"customer", TEXT("q")}, {"tool", "[" RES("9") "]"}}, 40, "u:q"},
    {"blank text goes",
     {{"customer", TEXT("q")}, {"bot", TEXT(" \\n")}, {"customer", TEXT("x")}},
     40,
     "u:q+x"},
    {"text moves before a tool use",
     {{"customer", TEXT("q")},
      {"bot", "[" USE("1") ",{\"text\":\"late\"}]"},
      {"tool", "[" RES("1") "]"}},
     40,
     "u:q a:late+use1 u:res1"},
    {"an agent is named",
     {{"customer", TEXT("q")}, {"agent:Sam", TEXT("on it")}, {"customer", TEXT("ok")}},
     40,
     "u:q a:[Sam, a human colleague] on it u:ok"},
    {"the window never splits a pair",
     {{"customer", TEXT("q")},
      {"bot", "[" USE("1") "]"},
      {"tool", "[" RES("1") "]"},
      {"bot", TEXT("done")},
      {"customer", TEXT("x")}},
     3,
     "u:x"},
    {"the newest always goes",
     {{"customer", TEXT("q")}, {"customer", TEXT("newest")}},
     1,
     "u:newest"},
};

static void
test_what_the_model_sees(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct message_row rows[8];
        size_t count = 0;
        while (count < 8 && cases[c].rows[count][0]) {
            rows[count] = row(cases[c].rows[count][0], cases[c].rows[count][1]);
            count++;
        }
        struct memory_limits limits = {cases[c].messages, 100000};
        struct message *messages;
        size_t seen;
        char got[512];
        assert_int_equal(memory_from_rows(rows, count, &limits, &arena, &messages, &seen, &err), 0);
        describe(messages, seen, got, sizeof(got));
        if (strcmp(got, cases[c].want) != 0) {
            fail_msg("%s: got %s, want %s", cases[c].name, got, cases[c].want);
        }
        assert_int_equal(memory_check(messages, seen, &err), 0);
    }
}

static void
test_discarded_replies_are_not_seen(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct err err = {0};
    struct message_row rows[] = {row("customer", TEXT("q")), row("bot", TEXT("never sent")),
                                 row("customer", TEXT("x"))};
    rows[1].state = MESSAGE_DISCARDED;
    struct memory_limits limits = {40, 100000};
    struct message *messages;
    size_t count;
    char got[128];
    assert_int_equal(memory_from_rows(rows, 3, &limits, &arena, &messages, &count, &err), 0);
    describe(messages, count, got, sizeof(got));
    assert_string_equal(got, "u:q+x");
}

/* Random records: any order of authors, any mixture of blocks, ids that match or not. */
enum { HISTORIES = 20000, ROWS = 12 };

static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static struct message_row
random_row(struct arena *arena, uint64_t *seed)
{
    static const char *const authors[] = {"customer", "bot", "tool", "system", "agent:Sam"};
    static const char *const blocks[] = {
        "{\"text\":\"words\"}",
        "{\"text\":\"  \"}",
        USE("1"),
        USE("2"),
        USE("3"),
        RES("1"),
        RES("2"),
        RES("3"),
        "{\"cachePoint\":{\"type\":\"default\"}}",
    };
    AUTO(buf) struct buf content;
    buf_init(&content, 4096);
    buf_add_char(&content, '[');
    size_t count = next_random(seed) % 5;
    bool used[9] = {false};
    size_t written = 0;
    const char *author = authors[next_random(seed) % 5];
    bool user = strcmp(author, "customer") == 0 || strcmp(author, "tool") == 0;
    for (size_t i = 0; i < count; i++) {
        size_t pick = next_random(seed) % 9;
        /* The store never holds a call by the customer's side or a result by the bot's. */
        bool use = pick >= 2 && pick <= 4;
        bool res = pick >= 5 && pick <= 7;
        if (used[pick] || (user && use) || (!user && res)) {
            continue;
        }
        used[pick] = true;
        buf_printf(&content, "%s%s", written++ ? "," : "", blocks[pick]);
    }
    buf_add_char(&content, ']');
    struct message_row r = row(author, "");
    r.content = buf_to_arena(&content, arena);
    r.state = next_random(seed) % 8 ? MESSAGE_SENT : MESSAGE_DISCARDED;
    return r;
}

static void
test_any_record_gives_a_valid_history(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    size_t not_empty = 0;
    for (size_t h = 0; h < HISTORIES; h++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct message_row rows[ROWS];
        size_t count = next_random(&seed) % ROWS;
        for (size_t i = 0; i < count; i++) {
            rows[i] = random_row(&arena, &seed);
        }
        struct memory_limits limits = {1 + next_random(&seed) % 12, 400};
        struct message *messages;
        size_t seen;
        assert_int_equal(memory_from_rows(rows, count, &limits, &arena, &messages, &seen, &err), 0);
        if (memory_check(messages, seen, &err) != 0) {
            char got[1024];
            describe(messages, seen, got, sizeof(got));
            fail_msg("history %zu: %s: %s", h, err.message, got);
        }
        not_empty += seen > 0;
    }
    print_message("histories: %d random records, all valid after repair, %zu not empty\n",
                  HISTORIES, not_empty);
    assert_true(not_empty > HISTORIES / 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_model_sees),
        cmocka_unit_test(test_discarded_replies_are_not_seen),
        cmocka_unit_test(test_any_record_gives_a_valid_history),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
