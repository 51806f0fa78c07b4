/* What making a request costs before a byte is sent: mending, checking and writing the body of a
 * long history, for each of the three dialects.
 *
 *     bench-request [ROUNDS]                                     default 2000
 *
 * 40 messages, 20 of them tool uses and their results, and six tools; read by
 * message_parse_content() as the store's are. The best of ten runs counts: others share the
 * machine. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "model/tools_memo.h"
#include "model/validate.h"
#include "model/wire_anthropic.h"
#include "model/wire_converse.h"
#include "model/wire_openai.h"

enum { MESSAGES = 41, TOOLS = 6, RUNS = 10 };

struct bench {
    struct arena arena;
    struct message messages[MESSAGES];
    struct model_tool tools[TOOLS];
    struct model_request request;
    struct openai_model openai;
    struct anthropic_options anthropic;
    struct converse_options converse;
    struct tools_memo memos[3];
};

static void
stop(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench-request: %s: %s\n", what, err->message);
    exit(1);
}

static double
now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Message NUMBER: a question, a call, its result, an answer, and again. */
static struct str
content_of(struct arena *a, int number)
{
    switch (number % 4) {
    case 0:
        return arena_printf(a,
                            "[{\"text\":\"Where is my order A-%d? I have been waiting for it since "
                            "Monday, and nobody has told me \\\"why\\\" yet.\"}]",
                            number);
    case 1:
        return arena_printf(a,
                            "[{\"toolUse\":{\"toolUseId\":\"call_%08d\",\"name\":\"get_order\","
                            "\"input\":{\"order_id\":\"A-%d\",\"with_items\":true}}}]",
                            number, number);
    case 2:
        return arena_printf(
            a,
            "[{\"toolResult\":{\"toolUseId\":\"call_%08d\",\"content\":[{\"json\":{\"order_id\":"
            "\"A-%d\",\"status\":\"shipped\",\"carrier\":\"Colissimo\",\"items\":[{\"sku\":"
            "\"MUG-1\",\"count\":2,\"price\":\"12.50\"},{\"sku\":\"TEA-7\",\"count\":1,\"price\":"
            "\"7.90\"}],\"note\":\"left at the neighbour's caf\xC3\xA9\",\"expected\":"
            "\"2026-11-24\"}}],\"status\":\"success\"}}]",
            number - 1, number);
    default:
        return arena_printf(a,
                            "[{\"text\":\"It was shipped with Colissimo and should be there on "
                            "Tuesday.\\nIt holds two mugs and some tea. Anything else I can do for "
                            "you about order A-%d?\"}]",
                            number);
    }
}

static void
bench_init(struct bench *b)
{
    struct err err = {0};
    for (int i = 0; i < MESSAGES; i++) {
        struct message *m = &b->messages[i];
        m->role = i % 2 ? ROLE_ASSISTANT : ROLE_USER;
        if (message_parse_content(content_of(&b->arena, i), &b->arena, &m->blocks, &m->count,
                                  &err) < 0) {
            stop("a message", &err);
        }
    }
    for (int i = 0; i < TOOLS; i++) {
        b->tools[i] = (struct model_tool){
            .name = arena_printf(&b->arena, i ? "tool_%d" : "get_order", i),
            .description = STR("Look up one of the customer's orders by its number, as it stands "
                               "on the receipt. Never guess a number: ask for it."),
            .schema = STR("{\"type\":\"object\",\"properties\":{\"order_id\":{\"type\":\"string\","
                          "\"description\":\"The number on the receipt\",\"pattern\":"
                          "\"^A-[0-9]+$\"},\"with_items\":{\"type\":\"boolean\",\"description\":"
                          "\"Whether to list what is in it\",\"default\":false}},\"required\":"
                          "[\"order_id\"],\"additionalProperties\":false}"),
        };
    }
    b->request = (struct model_request){
        .system = STR("You are the help desk of a shop that sells tea and mugs. Be brief."),
        .messages = b->messages,
        .message_count = MESSAGES,
        .tools = b->tools,
        .tool_count = TOOLS,
    };
    b->openai = (struct openai_model){.id = STR("m"), .stream = true};
    b->anthropic =
        (struct anthropic_options){.stream = true, .model = STR("m"), .version = STR("2023-06-01")};
    b->converse = (struct converse_options){.stream = true};
}

static size_t
make_openai(struct bench *b, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf body = {0};
    const struct validate_caps caps = {0};
    struct model_request ready;
    struct tools_memo *memo = &b->memos[DIALECT_OPENAI];
    if (request_ready(&b->request, DIALECT_OPENAI, &caps, memo, &arena, &ready, err) < 0 ||
        openai_body(&b->openai, &ready, memo, &body, err) < 0) {
        stop("openai", err);
    }
    return body.len;
}

static size_t
make_anthropic(struct bench *b, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf body = {0};
    struct model_request ready;
    struct tools_memo *memo = &b->memos[DIALECT_ANTHROPIC];
    if (anthropic_ready(&b->anthropic, &b->request, memo, &arena, &ready, err) < 0 ||
        anthropic_body(&b->anthropic, &ready, memo, &body, err) < 0) {
        stop("anthropic", err);
    }
    return body.len;
}

static size_t
make_converse(struct bench *b, struct err *err)
{
    AUTO(buf) struct buf body = {0};
    struct tools_memo *memo = &b->memos[DIALECT_CONVERSE];
    if (converse_body(&b->converse, &b->request, memo, &body, err) < 0) {
        stop("converse", err);
    }
    return body.len;
}

static void
measure(struct bench *b, const char *name, size_t (*make)(struct bench *b, struct err *err),
        int rounds)
{
    double best = 0;
    size_t bytes = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = now_us();
        for (int i = 0; i < rounds; i++) {
            struct err err = {0};
            bytes = make(b, &err);
        }
        double spent = (now_us() - start) / rounds;
        best = run == 0 || spent < best ? spent : best;
    }
    (void)printf("%-10s %8.1f us, %zu bytes\n", name, best, bytes);
}

int
main(int argc, char **argv)
{
    AUTO(arena) struct arena arena = {0};
    struct bench *b = arena_zero(&arena, 1, sizeof(*b));
    int64_t rounds = 2000;
    if (!b || (argc > 1 && (!str_to_i64(str_c(argv[1]), &rounds) || rounds < 1))) {
        (void)fprintf(stderr, "usage: bench-request [ROUNDS]\n");
        return 2;
    }
    bench_init(b);
    measure(b, "openai", make_openai, (int)rounds);
    measure(b, "anthropic", make_anthropic, (int)rounds);
    measure(b, "converse", make_converse, (int)rounds);
    for (size_t i = 0; i < 3; i++) {
        tools_memo_done(&b->memos[i]);
    }
    arena_done(&b->arena);
    return 0;
}
