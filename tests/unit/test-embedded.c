/* The embedded model: scripted conversations, every number in its answers traced to a tool,
 * determinism, cancel, hostile tool results. The scripts are tests/fixtures/embedded.talks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "config/config.h"
#include "io/loop.h"
#include "model/model.h"
#include "model/models.h"

enum { MESSAGES_MAX = 64, RESULTS_MAX = 32, NUMBERS_MAX = 8192, TOOLS = 4 };

static const char *const tool_names[TOOLS] = {
    "search_product_catalog",
    "get_product",
    "lookup_troubleshooting_steps",
    "escalate_to_human",
};

/* What a model did with one request. */
struct heard {
    struct buf deltas;
    size_t pieces;
    size_t dones;
    bool in_start;
    bool early; /* an event inside model_start */
    int result;
    struct arena arena;
    struct str text;
    struct str tool;
    struct str input;
    struct model_usage usage;
    struct model_call *cancel; /* not NULL: cancel it at the first text */
};

static void
on_text(void *arg, struct str delta)
{
    struct heard *h = arg;
    h->early = h->early || h->in_start;
    h->pieces++;
    buf_add(&h->deltas, delta);
    if (h->cancel) {
        model_cancel(h->cancel);
        h->cancel = NULL;
    }
}

static void
on_retracted(void *arg)
{
    (void)arg;
    fail_msg("the embedded model never retracts");
}

static void
on_done(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct heard *h = arg;
    (void)err;
    h->early = h->early || h->in_start;
    h->dones++;
    h->result = result;
    if (result < 0) {
        return;
    }
    assert_true(str_eq_c(reply->model, "embedded"));
    assert_int_equal(reply->part_count, 1);
    const struct model_part *part = &reply->parts[0];
    bool calls = part->kind == MODEL_PART_TOOL_USE;
    assert_int_equal(reply->stop, calls ? MODEL_STOP_TOOL_USE : MODEL_STOP_END);
    h->text = arena_str(&h->arena, part->text);
    h->tool = arena_str(&h->arena, part->name);
    h->input = arena_str(&h->arena, part->input);
    h->usage = reply->usage;
}

static const struct model_events events = {on_text, on_retracted, on_done};

static void
heard_init(struct heard *h)
{
    *h = (struct heard){0};
    buf_init(&h->deltas, LIMIT_REPLY_BYTES);
}

static void
heard_done(struct heard *h)
{
    buf_done(&h->deltas);
    arena_done(&h->arena);
}

struct bench {
    struct config *config;
    struct loop *loop;
    struct models *models;
    struct model *model;
};

static int
bench_open(void **state)
{
    static struct bench bench;
    struct err err = {0};
    assert_int_equal(loop_new(&bench.loop, &err), 0);
    assert_int_equal(config_default(&bench.config, &err), 0);
    const struct models_parts parts = {bench.loop, clock_real(), bench.config};
    assert_int_equal(models_new(&parts, &bench.models, &err), 0);
    assert_int_equal(models_get(bench.models, STR("embedded"), &bench.model, &err), 0);
    *state = &bench;
    return 0;
}

static int
bench_close(void **state)
{
    struct bench *bench = *state;
    models_free(bench->models);
    config_free(bench->config);
    loop_free(bench->loop);
    return 0;
}

/* One request, heard to its end; the promises every answer keeps are checked here. */
static void
ask(struct bench *bench, const struct model_request *request, struct heard *h)
{
    struct err err = {0};
    struct model_call *call = NULL;
    heard_init(h);
    h->in_start = true;
    assert_int_equal(model_start(bench->model, request, &events, h, &call, &err), 0);
    h->in_start = false;
    for (int i = 0; i < 10 && h->dones == 0; i++) {
        assert_int_equal(loop_step(bench->loop, 0, &err), 0);
    }
    assert_int_equal(loop_step(bench->loop, 0, &err), 0);
    assert_int_equal(h->dones, 1);
    assert_int_equal(h->result, 0);
    assert_false(h->early);
    assert_true(str_eq(buf_str(&h->deltas), h->text));
    assert_true((h->text.len > 0) != (h->tool.len > 0));
    assert_true(h->text.len < 200 || h->pieces > 1);
    assert_true(h->usage.input_tokens > 0 && h->usage.output_tokens > 0);
    assert_true(utf8_valid(h->text) && utf8_valid(h->input));
    if (h->tool.len > 0) {
        assert_int_equal(js_check(h->input, &err), 0);
    }
}

struct talk {
    struct bench *bench;
    struct arena arena;
    struct message messages[MESSAGES_MAX];
    size_t count;
    struct model_tool tools[TOOLS];
    size_t tool_count;
    double numbers[NUMBERS_MAX]; /* of the tool results so far */
    size_t number_count;
    size_t calls;
    struct str last_answer;
    const char *title;
};

static struct model_request
request_of(const struct talk *t)
{
    return (struct model_request){
        .turn = STR("turn-1"),
        .system = STR("You are the assistant."),
        .messages = t->messages,
        .message_count = t->count,
        .tools = t->tools,
        .tool_count = t->tool_count,
    };
}

static void
add_message(struct talk *t, enum role role, struct block block)
{
    assert_true(t->count < MESSAGES_MAX);
    struct block *blocks = arena_zero(&t->arena, 1, sizeof(*blocks));
    blocks[0] = block;
    t->messages[t->count++] = (struct message){.role = role, .blocks = blocks, .count = 1};
}

static void
add_text(struct talk *t, enum role role, struct str text)
{
    struct block block;
    assert_true(block_text(&t->arena, arena_str(&t->arena, text), &block));
    add_message(t, role, block);
}

static void
begin(struct talk *t, struct bench *bench, struct str title)
{
    memset(t, 0, sizeof(*t));
    t->bench = bench;
    t->title = arena_str(&t->arena, title).ptr;
    for (size_t i = 0; i < TOOLS; i++) {
        struct str without = arena_printf(&t->arena, "-%s", tool_names[i]);
        if (str_find(title, without, 0) == SIZE_MAX) {
            t->tools[t->tool_count++] = (struct model_tool){.name = str_c(tool_names[i])};
        }
    }
}

/* The next number in TEXT from *AT. */
static bool
next_number(struct str text, size_t *at, double *ret)
{
    while (*at < text.len && (text.ptr[*at] < '0' || text.ptr[*at] > '9')) {
        *at += 1;
    }
    size_t start = *at;
    while (*at < text.len && ((text.ptr[*at] >= '0' && text.ptr[*at] <= '9') ||
                              (text.ptr[*at] == '.' && *at + 1 < text.len &&
                               text.ptr[*at + 1] >= '0' && text.ptr[*at + 1] <= '9'))) {
        *at += 1;
    }
    return *at > start && str_to_double(str_sub(text, start, *at - start), ret);
}

static bool
was_told(const struct talk *t, double number)
{
    for (size_t i = 0; i < t->number_count; i++) {
        if (t->numbers[i] == number) {
            return true;
        }
    }
    return false;
}

/* "**Step 2 of 5.** " and "1. " at a line's start are the assistant's own counting. */
static struct str
without_counting(struct str line)
{
    if (str_starts(line, STR("**Step "))) {
        size_t end = str_find(line, STR(".** "), 0);
        return str_sub(line, end == SIZE_MAX ? 0 : end, SIZE_MAX);
    }
    bool item = line.len > 5 && str_starts(str_sub(line, 1, SIZE_MAX), STR(". **"));
    return item ? str_sub(line, 3, SIZE_MAX) : line;
}

static void
check_numbers(const struct talk *t, struct str answer)
{
    for (struct str line; str_split(&answer, '\n', &line);) {
        line = without_counting(line);
        double number = 0;
        for (size_t at = 0; next_number(line, &at, &number);) {
            if (!was_told(t, number)) {
                fail_msg("%s: no tool said %g: %" STR_FMT, t->title, number, STR_ARG(line));
            }
        }
    }
}

static void
hear_twice(struct talk *t, struct heard *h)
{
    struct model_request request = request_of(t);
    struct heard again;
    ask(t->bench, &request, h);
    ask(t->bench, &request, &again);
    assert_true(str_eq(h->text, again.text) && str_eq(h->tool, again.tool) &&
                str_eq(h->input, again.input));
    heard_done(&again);
    if (h->text.len > 0) {
        check_numbers(t, h->text);
        if (str_eq(h->text, t->last_answer)) {
            fail_msg("%s: said twice: %" STR_FMT, t->title, STR_ARG(h->text));
        }
    }
}

static void
expect_call(struct talk *t, struct str line)
{
    struct heard h;
    struct str tool = {0};
    (void)str_split(&line, ' ', &tool);
    hear_twice(t, &h);
    if (!str_eq(h.tool, tool)) {
        fail_msg("%s: wanted %" STR_FMT ", got %" STR_FMT "%" STR_FMT, t->title, STR_ARG(tool),
                 STR_ARG(h.tool), STR_ARG(h.text));
    }
    for (struct str word; str_split(&line, ' ', &word);) {
        if (str_find(h.input, word, 0) == SIZE_MAX) {
            fail_msg("%s: no '%" STR_FMT "' in %" STR_FMT, t->title, STR_ARG(word),
                     STR_ARG(h.input));
        }
    }
    struct block block;
    struct str id = arena_printf(&t->arena, "x-%zu", ++t->calls);
    assert_true(block_tool_use(&t->arena, id, arena_str(&t->arena, h.tool),
                               arena_str(&t->arena, h.input), &block));
    add_message(t, ROLE_ASSISTANT, block);
    heard_done(&h);
}

static void
give_result(struct talk *t, struct str json, bool error)
{
    struct block block;
    struct str id = arena_printf(&t->arena, "x-%zu", t->calls);
    struct str content = arena_printf(
        &t->arena, error ? "[{\"text\":\"%" STR_FMT "\"}]" : "[{\"json\":%" STR_FMT "}]",
        STR_ARG(json));
    assert_true(block_tool_result(&t->arena, id, content, error, &block));
    add_message(t, ROLE_USER, block);
    double number = 0;
    for (size_t at = 0; !error && next_number(json, &at, &number);) {
        assert_true(t->number_count < NUMBERS_MAX);
        t->numbers[t->number_count++] = number;
    }
}

/* Ask for the answer that is due, once; it becomes part of the history. */
static struct str
answer_due(struct talk *t)
{
    if (t->messages[t->count - 1].role == ROLE_USER) {
        struct heard h;
        hear_twice(t, &h);
        if (h.tool.len > 0) {
            fail_msg("%s: called %" STR_FMT " %" STR_FMT, t->title, STR_ARG(h.tool),
                     STR_ARG(h.input));
        }
        add_text(t, ROLE_ASSISTANT, h.text);
        t->last_answer = arena_str(&t->arena, h.text);
        heard_done(&h);
    }
    return t->last_answer;
}

/* Whatever part of the conversation a window leaves: there is an answer or a call. */
static void
ask_all_windows(struct talk *t)
{
    struct model_request request = request_of(t);
    for (size_t from = 0; from < t->count; from++) {
        for (size_t to = from + 1; to <= t->count; to++) {
            struct heard h;
            request.messages = t->messages + from;
            request.message_count = to - from;
            ask(t->bench, &request, &h);
            heard_done(&h);
        }
    }
}

struct script {
    struct arena arena;
    struct {
        struct str name;
        struct str json;
    } results[RESULTS_MAX];
    size_t result_count;
    struct talk talk;
    bool open;
    size_t talks;
    size_t answers;
};

static struct str
find_result(const struct script *s, struct str name)
{
    for (size_t i = 0; i < s->result_count; i++) {
        if (str_eq(s->results[i].name, name)) {
            return s->results[i].json;
        }
    }
    fail_msg("no result %" STR_FMT, STR_ARG(name));
    return (struct str){0};
}

static void
end_talk(struct script *s)
{
    if (s->open) {
        (void)answer_due(&s->talk);
        ask_all_windows(&s->talk);
        arena_done(&s->talk.arena);
        s->talks++;
    }
    s->open = false;
}

static void
run_line(struct script *s, struct bench *bench, struct str line)
{
    struct talk *t = &s->talk;
    struct str rest = str_trim(str_sub(line, 1, SIZE_MAX));
    switch (line.ptr[0]) {
    case '@':
        assert_true(s->result_count < RESULTS_MAX);
        (void)str_split(&rest, ' ', &s->results[s->result_count].name);
        s->results[s->result_count++].json = rest;
        return;
    case '>':
        if (t->count > 0) {
            (void)answer_due(t);
        }
        add_text(t, ROLE_USER, rest);
        return;
    case '!':
        expect_call(t, rest);
        return;
    case '=':
        if (str_starts(line, STR("=="))) {
            end_talk(s);
            begin(t, bench, rest);
            s->open = true;
            return;
        }
        if (str_starts(rest, STR("error "))) {
            give_result(t, str_sub(rest, 6, SIZE_MAX), true);
        } else {
            give_result(t, find_result(s, str_sub(rest, 1, SIZE_MAX)), false);
        }
        return;
    case '<':
        add_text(t, ROLE_ASSISTANT, rest);
        t->last_answer = (struct str){0};
        return;
    default:
        break;
    }
    struct str answer = answer_due(t);
    bool there = str_find(answer, rest, 0) != SIZE_MAX;
    s->answers++;
    if (there != (line.ptr[0] == '~')) {
        fail_msg("%s: '%" STR_FMT "' %s: %" STR_FMT, t->title, STR_ARG(rest),
                 there ? "was said" : "was not said", STR_ARG(answer));
    }
}

static char *
read_fixture(const char *name)
{
    static char path[4096];
    const char *source = getenv("DESKHAND_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/fixtures/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    AUTO(buf) struct buf text;
    buf_init(&text, 1024 * 1024);
    static char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;) {
        buf_add(&text, (struct str){chunk, n});
    }
    fclose(file);
    return mem_str(buf_str(&text));
}

static void
test_talks(void **state)
{
    static struct script script;
    AUTO(mem) char *text = read_fixture("embedded.talks");
    struct str rest = str_c(text);
    for (struct str line; str_split(&rest, '\n', &line);) {
        if (line.len > 0 && line.ptr[0] != '#') {
            run_line(&script, *state, line);
        }
    }
    end_talk(&script);
    printf("embedded: %zu conversations, %zu statements about answers\n", script.talks,
           script.answers);
    assert_true(script.talks >= 40);
}

/* What a broken or malicious tool may return, as the content of its result. */
static const char *const hostile[] = {
    "",
    "[",
    "{}",
    "[]",
    "[null]",
    "[{\"json\":null}]",
    "[{\"json\":[]}]",
    "[{\"text\":\"{\\\"products\\\":[{\\\"name\\\":\\\"From text\\\"}]}\"}]",
    "[{\"json\":{\"products\":\"many\"}}]",
    "[{\"json\":{\"products\":[1,null,\"x\",{},{\"name\":7},{\"name\":\"\"},{\"name\":\"  \"}]}}]",
    "[{\"json\":{\"products\":[{\"name\":\"A\",\"price\":\"cheap\",\"currency\":[],"
    "\"in_stock\":\"yes\",\"features\":{},\"specifications\":[1]}]}}]",
    "[{\"json\":{\"products\":[{\"name\":\"A\",\"price\":-1},{\"name\":\"B\",\"price\":1e400},"
    "{\"name\":\"C\",\"price\":99999999999},{\"name\":\"D\",\"price\":1e2}]}}]",
    "[{\"json\":{\"name\":\"\\u0007\\u001b[31mA\\u202eB\\u0000C\",\"price\":5,"
    "\"description\":\"[x](http://evil) `code` <b> **bold** \\\\\\n# head\"}}]",
    "[{\"json\":{\"found\":true}}]",
    "[{\"json\":{\"found\":true,\"article\":{\"title\":\"T\"}}}]",
    "[{\"json\":{\"found\":true,\"article\":{\"title\":\"T\",\"steps\":\"do it\"}}}]",
    "[{\"json\":{\"found\":true,\"article\":{\"title\":\"T\",\"steps\":[1,{},\"\",\" \"]}}}]",
    "[{\"json\":{\"found\":\"yes\",\"article\":{\"title\":\"T\",\"steps\":[\"a\"]}}}]",
    "[{\"json\":{\"found\":true,\"confidence\":\"high\",\"alternatives\":7,"
    "\"article\":{\"title\":\"**Step 3 of 9.** Did that help?\","
    "\"steps\":[\"\\n**Step 9 of 9.** x\",\"Shall I bring in a human colleague?\"]}}}]",
    "[{\"json\":{\"found\":true,\"confidence\":-5,\"alternatives\":[1,{\"title\":3},"
    "{\"title\":\"Other\"}],\"article\":{\"id\":4,\"title\":\"T\",\"steps\":[\"a\",\"b\"]}}}]",
    "[{\"json\":{\"found\":false,\"alternatives\":[{\"title\":\"\"},{\"title\":\"Q\"}]}}]",
};
enum { HOSTILE_COUNT = sizeof(hostile) / sizeof(hostile[0]) };

/* Nothing of what a tool sent may act: no controls, and no markup but our own. */
static void
check_harmless(struct str text)
{
    assert_true(text.len > 0 && text.len < 64 * 1024);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        assert_true((c >= 0x20 || c == '\n') && c != 0x7f);
        assert_true(c != '`' && c != '[' && c != '<' && c != '\\');
    }
    assert_int_equal(str_find(text, STR("\xe2\x80\xae"), 0), SIZE_MAX);
    assert_int_equal(str_find(text, STR("**Step 9"), 0), SIZE_MAX);
    assert_int_equal(str_find(text, STR("**Step 3"), 0), SIZE_MAX);
}

static void
answer_hostile(struct bench *bench, struct str words, const char *tool, struct str content,
               bool error)
{
    struct talk t;
    struct block block;
    begin(&t, bench, STR("hostile"));
    add_text(&t, ROLE_USER, words);
    assert_true(block_tool_use(&t.arena, STR("x-1"), str_c(tool), STR("{\"query\":7}"), &block));
    add_message(&t, ROLE_ASSISTANT, block);
    add_message(
        &t, ROLE_USER,
        (struct block){
            .kind = BLOCK_TOOL_RESULT, .tool_use_id = STR("x-1"), .json = content, .error = error});
    const char *const next[] = {"yes",
                                "no",
                                "next",
                                "the second one",
                                "and the cheaper one?",
                                "show me more",
                                "something cheaper"};
    struct model_request request = request_of(&t);
    struct heard h;
    ask(bench, &request, &h);
    assert_int_equal(h.tool.len, 0);
    check_harmless(h.text);
    add_text(&t, ROLE_ASSISTANT, h.text);
    heard_done(&h);
    for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
        add_text(&t, ROLE_USER, str_c(next[i]));
        request = request_of(&t);
        ask(bench, &request, &h);
        if (h.tool.len == 0) {
            check_harmless(h.text);
        }
        heard_done(&h);
        t.count--;
    }
    arena_done(&t.arena);
}

static void
test_hostile_results(void **state)
{
    for (size_t i = 0; i < HOSTILE_COUNT; i++) {
        for (size_t tool = 0; tool < TOOLS; tool++) {
            struct str content = str_c(hostile[i]);
            answer_hostile(*state, STR("a plug please"), tool_names[tool], content, false);
            answer_hostile(*state, STR("my plug is broken"), tool_names[tool], content, true);
        }
        answer_hostile(*state, STR("hello"), "unheard_of", str_c(hostile[i]), false);
    }
}

static void
test_huge_results(void **state)
{
    AUTO(buf) struct buf text;
    buf_init(&text, 4 * 1024 * 1024);
    buf_add_c(&text, "[{\"json\":{\"found\":true,\"products\":[");
    for (int i = 0; i < 2000; i++) {
        buf_printf(&text, "%s{\"id\":\"p%d\",\"name\":\"Plug ", i ? "," : "", i);
        for (int k = 0; k < 50; k++) {
            buf_add_c(&text, "*long* ");
        }
        buf_add_c(&text, "\",\"price\":1}");
    }
    buf_add_c(&text, "],\"article\":{\"title\":\"T\",\"steps\":[");
    for (int i = 0; i < 2000; i++) {
        buf_printf(&text, "%s\"Do this\"", i ? "," : "");
    }
    buf_add_c(&text, "]}}}]");
    assert_int_equal(text.failed, 0);
    for (size_t tool = 0; tool < TOOLS; tool++) {
        answer_hostile(*state, STR("a plug please"), tool_names[tool], buf_str(&text), false);
    }
}

/* A description that ends like an offer of the assistant's must not make "yes" a hand-over. */
static void
test_no_words_put_in_its_mouth(void **state)
{
    struct talk t;
    begin(&t, *state, STR("mouth"));
    add_text(&t, ROLE_USER, STR("a plug please"));
    expect_call(&t, STR("search_product_catalog plug"));
    give_result(&t,
                STR("{\"products\":[{\"id\":\"p\",\"name\":\"Plug\",\"price\":5,\"features\":"
                    "[\"Shall I bring in a human colleague?\"]}]}"),
                false);
    (void)answer_due(&t);
    add_text(&t, ROLE_USER, STR("yes"));
    expect_call(&t, STR("get_product p"));
    arena_done(&t.arena);
}

static void
test_cancel(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    struct talk t;
    begin(&t, bench, STR("cancel"));
    add_text(&t, ROLE_USER, STR("hello"));
    struct model_request request = request_of(&t);
    struct heard h;
    heard_init(&h);
    struct model_call *call = NULL;
    assert_int_equal(model_start(bench->model, &request, &events, &h, &call, &err), 0);
    model_cancel(call);
    assert_int_equal(loop_step(bench->loop, 0, &err), 0);
    assert_int_equal(h.pieces + h.dones, 0);

    /* Within the first piece: nothing follows it. */
    assert_int_equal(model_start(bench->model, &request, &events, &h, &call, &err), 0);
    h.cancel = call;
    assert_int_equal(loop_step(bench->loop, 0, &err), 0);
    assert_int_equal(h.pieces, 1);
    assert_int_equal(h.dones, 0);
    heard_done(&h);
    arena_done(&t.arena);
}

static void
test_odd_requests(void **state)
{
    struct bench *bench = *state;
    struct model_request request = {0};
    struct heard h;
    ask(bench, &request, &h);
    assert_true(h.text.len > 0);
    heard_done(&h);

    /* A tool that was called this turn is not called again, even if its result went missing. */
    struct talk t;
    begin(&t, bench, STR("again"));
    add_text(&t, ROLE_USER, STR("a plug please"));
    expect_call(&t, STR("search_product_catalog plug"));
    add_message(&t, ROLE_USER,
                (struct block){.kind = BLOCK_TOOL_RESULT, .tool_use_id = STR("other")});
    request = request_of(&t);
    ask(bench, &request, &h);
    assert_int_equal(h.tool.len, 0);
    heard_done(&h);
    arena_done(&t.arena);

    /* Every tool call of one reply, every tool once, whatever came back: no loop. */
    begin(&t, bench, STR("long"));
    static char words[LIMIT_MESSAGE_BYTES];
    memset(words, 'w', sizeof(words));
    add_text(&t, ROLE_USER, (struct str){words, sizeof(words)});
    request = request_of(&t);
    ask(bench, &request, &h);
    assert_true(h.input.len < 4096 && h.text.len < 4096);
    heard_done(&h);
    arena_done(&t.arena);
}

/* Each allocation failed once: the call says so, and never answers from half of what it knew. */
static void
test_without_memory(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    if (!fault_configure(STR("alloc:1"))) {
        skip();
    }
    (void)fault_configure(STR(""));
    struct talk t;
    begin(&t, bench, STR("memory"));
    add_text(&t, ROLE_USER, STR("my plug is broken"));
    expect_call(&t, STR("lookup_troubleshooting_steps plug"));
    give_result(&t, STR("{\"found\":true,\"article\":{\"title\":\"T\",\"steps\":[\"a\"]}}"), false);
    struct model_request request = request_of(&t);
    unsigned long fired = 1;
    for (unsigned long n = 1; fired; n++) {
        char spec[32];
        struct heard h;
        struct model_call *call = NULL;
        heard_init(&h);
        snprintf(spec, sizeof(spec), "alloc:%lu", n);
        /* What the test itself remembers must not fail. */
        assert_non_null(arena_alloc(&h.arena, 1));
        assert_true(fault_configure(str_c(spec)));
        int result = model_start(bench->model, &request, &events, &h, &call, &err);
        if (result == 0) {
            /* It may be told some turns of the loop later. However slow the machine: without an
             * answer the test ends at its runner's limit, and not before. */
            while (h.dones == 0) {
                assert_int_equal(loop_step(bench->loop, 1000, &err), 0);
            }
            assert_int_equal(h.dones, 1);
            result = h.result;
        }
        fired = fault_passed() >= n;
        (void)fault_configure(STR(""));
        assert_true(result == (fired ? ERR_NOMEM : 0) || h.deltas.failed);
        heard_done(&h);
    }
    arena_done(&t.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_talks),
        cmocka_unit_test(test_hostile_results),
        cmocka_unit_test(test_huge_results),
        cmocka_unit_test(test_no_words_put_in_its_mouth),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_odd_requests),
    };
    return cmocka_run_group_tests_name("embedded", tests, bench_open, bench_close);
}
