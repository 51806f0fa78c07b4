/* soak-models: the whole engine against mock-model, while everything goes wrong at random.
 *
 * Many conversations side by side ask models of every protocol that answer, call tools, cut, stall,
 * break, refuse and throttle, with quotas, breakers, fallbacks and brakes on spending in between.
 * Turns are cancelled and taken over at any moment. Afterwards everything has to add up: one done a
 * turn, a sound record, each model call with an end, nothing held, what was spent equal to what the
 * calls say, and no descriptor and no memory more than before.
 *
 * soak-models MOCK_MODEL [SECONDS [SEED]] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "desk_fixture.h"
#include "model/model_impl.h"
#include "model/models.h"
#include "turn/spend.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECKED_BUILD true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECKED_BUILD true
#endif
#endif
#ifndef CHECKED_BUILD
#define CHECKED_BUILD false
#endif

enum {
    CHATS = 48,
    TURNS_MAX = 5, /* in one conversation */
    MODELS_MAX = 64,
    ROUNDS = 3,
    LAST_WAIT_MS = 20000,
    OUTPUT_EXPECTED = 1000, /* as turn_model.c has it */
    HEAP_SLACK = 64 * 1024,
};

static const char *const protocols[] = {"openai", "anthropic", "bedrock", "bedrock-invoke"};
static const char *const scenarios[] = {
    "text",       "tool",  "two-tools", "chain",      "split",           "throttled",
    "error500",   "cut",   "cut-tool",  "cut-frame",  "stall",           "exception",
    "max-tokens", "empty", "bad-json",  "overloaded", "max-tokens-tool", "slow",
};
enum {
    PROTOCOLS = sizeof(protocols) / sizeof(*protocols),
    SCENARIOS = sizeof(scenarios) / sizeof(*scenarios),
};

static struct {
    const char *program; /* mock-model */
    int seconds;
    uint64_t seed;
    pid_t pid;
    int port;
} mock;

/* ---- Chance ----------------------------------------------------------------------------------*/

static uint64_t chance;

static unsigned
any_below(unsigned count)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(chance >> 33) % count;
}

/* ---- A model that is another one each time ---------------------------------------------------*/

struct lottery {
    struct model model; /* stays first */
    struct model *among[MODELS_MAX];
    size_t count;
};

static int
lottery_start(struct model *m, const struct model_request *request,
              const struct model_events *events, void *arg, struct model_call **ret,
              struct err *err)
{
    struct lottery *l = (struct lottery *)(void *)m;
    return model_start(l->among[any_below((unsigned)l->count)], request, events, arg, ret, err);
}

static const struct model_ops lottery_ops = {.start = lottery_start};

/* ---- The desk --------------------------------------------------------------------------------*/

struct soak;

struct chat {
    struct soak *soak;
    struct loop_timer timer; /* what comes next: a message, a cancel, a takeover */
    struct str conversation; /* empty: a new one */
    uint64_t turn;
    unsigned under_way;
    unsigned turns;
    bool taking_over;
    struct str taken; /* the conversation: the store's thread reads it */
    struct store_request request;
};

struct message_sent {
    struct chat *chat;
    bool shown; /* text that was not withdrawn */
    bool done;
};

struct soak {
    struct desk_fixture f;
    struct config *config;
    struct models *models;
    struct lottery lottery;
    struct chat chats[CHATS];
    struct str *conversations;
    size_t conversation_count;
    size_t conversation_capacity;
    bool closing;
    uint64_t submitted;
    uint64_t done;
    uint64_t retracted;
    uint64_t takeovers;
    uint64_t outcomes[8];
};

static void
add_model(struct buf *yaml, const char *protocol, const char *scenario)
{
    const char *path = strcmp(protocol, "openai") == 0 ? "/v1" : "";
    buf_printf(yaml,
               "  %s-%s: {provider: %s, id: mock.%s, base_url: 'http://127.0.0.1:%d%s', "
               "attempts: 3, retry_time: 1s, first_byte_timeout: 400ms, stall_timeout: 150ms",
               protocol, scenario, protocol, scenario, mock.port, path);
    bool aws = strncmp(protocol, "bedrock", 7) == 0;
    buf_add_c(yaml, aws ? ", region: eu-west-1" : ", key: '${SOAK_KEY}'");
    if (any_below(4) == 0) {
        buf_printf(yaml, ", requests_per_minute: %u, waiting: 4", 60 + any_below(600));
    }
    if (any_below(6) == 0) {
        buf_add_c(yaml, ", tokens_per_minute: 60000");
    }
    buf_add_c(yaml, any_below(3) == 0 ? ", stream: false}\n" : "}\n");
}

static void
open_models(struct soak *s)
{
    struct err err = {0};
    size_t count = 0;
    AUTO(buf) struct buf yaml;
    buf_init(&yaml, 1 << 20);
    buf_add_c(&yaml, "model.fallback: [anthropic-tool, openai-text]\nmodels:\n");
    /* Three of four, another choice each round; a desk has at most MODELS_MAX. */
    for (size_t i = 0; i < PROTOCOLS * SCENARIOS; i++) {
        const char *protocol = protocols[i % PROTOCOLS];
        const char *scenario = scenarios[i / PROTOCOLS];
        bool fallback = strcmp(scenario, "text") == 0 || strcmp(scenario, "tool") == 0;
        if ((fallback || any_below(4) > 0) && count++ < MODELS_MAX) {
            add_model(&yaml, protocol, scenario);
        }
    }
    if (config_parse(buf_str(&yaml), STR("desk.yaml"), &s->config, &err) < 0) {
        fail_msg("%s", err.message);
    }
    const struct models_parts parts = {s->f.loop, clock_real(), s->config};
    if (models_new(&parts, &s->models, &err) < 0) {
        fail_msg("%s", err.message);
    }
    struct models_entry entry;
    s->lottery.model = (struct model){.ops = &lottery_ops, .name = STR("lottery")};
    for (size_t i = 1; models_at(s->models, i, &entry) && i <= MODELS_MAX; i++) {
        struct model *model;
        int result = any_below(3) ? models_get(s->models, entry.name, &model, &err)
                                  : models_get_alone(s->models, entry.name, &model, &err);
        if (result < 0) {
            fail_msg("%s", err.message);
        }
        s->lottery.among[s->lottery.count++] = model;
    }
}

/* ---- Talking ---------------------------------------------------------------------------------*/

static void
plan(struct chat *c, unsigned ms)
{
    loop_timer_start(&c->timer, any_below(ms) + 1);
}

static void
on_started(void *arg, struct str conversation)
{
    struct chat *c = ((struct message_sent *)arg)->chat;
    struct soak *s = c->soak;
    if (c->conversation.len) {
        return;
    }
    assert_true(mem_grow(s->conversations, s->conversation_count, s->conversation_capacity));
    c->conversation = arena_str(&s->f.arena, conversation);
    s->conversations[s->conversation_count++] = c->conversation;
}

static void
on_text(void *arg, struct str delta)
{
    struct message_sent *m = arg;
    assert_true(delta.len > 0 && !m->done);
    m->shown = true;
    if (any_below(100) == 0) {
        engine_cancel(m->chat->soak->f.engine, m->chat->turn);
    }
}

static void
on_retracted(void *arg)
{
    struct message_sent *m = arg;
    assert_true(m->shown && !m->done); /* there was something to withdraw */
    m->shown = false;
    m->chat->soak->retracted++;
}

static size_t
outcome_index(struct str outcome)
{
    const struct str known[] = {OUTCOME_ANSWERED, OUTCOME_LIMIT,       OUTCOME_FAILED,
                                OUTCOME_CANCELED, OUTCOME_HANDED_OVER, STR("with_human")};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (str_eq(outcome, known[i])) {
            return i;
        }
    }
    fail_msg("unknown outcome %" STR_FMT, STR_ARG(outcome));
    return 0;
}

static void
on_done(void *arg, const struct turn_report *report)
{
    struct message_sent *m = arg;
    struct chat *c = m->chat;
    struct soak *s = c->soak;
    assert_false(m->done);
    m->done = true;
    s->done++;
    s->outcomes[outcome_index(report->outcome)]++;
    assert_true(c->under_way > 0);
    c->under_way--;
    /* What was shown and not withdrawn is what was committed. */
    if (m->shown && report->reply.len == 0) {
        fail_msg("turn %" STR_FMT " (%" STR_FMT "): text is shown that was not committed",
                 STR_ARG(report->turn), STR_ARG(report->outcome));
    }
    if (c->under_way == 0 &&
        (++c->turns >= TURNS_MAX || str_eq_c(report->outcome, "with_human") || report->ticket)) {
        c->conversation = (struct str){0};
        c->turns = 0;
    }
    plan(c, 20);
}

static const struct turn_observer observer = {
    .started = on_started,
    .text = on_text,
    .retracted = on_retracted,
    .done = on_done,
};

static void
submit(struct chat *c)
{
    struct soak *s = c->soak;
    struct err err = {0};
    char text[64];
    (void)snprintf(text, sizeof(text), "message %u of chat %zu", any_below(1000),
                   (size_t)(c - s->chats));
    struct turn_input input = talk_input(c->conversation, text);
    struct message_sent *m = arena_zero(&s->f.arena, 1, sizeof(*m));
    assert_non_null(m);
    m->chat = c;
    int result = engine_submit(s->f.engine, &input, &observer, m, &c->turn, &err);
    if (result < 0) {
        fail_msg("submit: %s", err.message);
    }
    s->submitted++;
    c->under_way++;
}

static int
take_over_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct chat *c = arg;
    AUTO(arena) struct arena arena = {0};
    struct conversation_row row;
    int64_t epoch;
    int result = store_conversation_get(tx, c->taken, &arena, &row, err);
    return result ? result
                  : store_owner_set(tx, c->taken, row.epoch, OWNER_HUMAN, STR("agent:Sam"),
                                    STR("soak"), &epoch, err);
}

static void
on_taken_over(void *arg, int result, const struct err *err)
{
    struct chat *c = arg;
    (void)err;
    assert_int_equal(result, 0);
    c->taking_over = false;
}

static void
take_over(struct chat *c)
{
    if (c->taking_over || c->conversation.len == 0) {
        return;
    }
    c->taking_over = true;
    c->taken = c->conversation;
    c->soak->takeovers++;
    c->request = (struct store_request){.body = take_over_body, .done = on_taken_over, .arg = c};
    store_write(c->soak->f.store, &c->request);
}

static void
on_timer(struct loop_timer *timer)
{
    struct chat *c = OWNER_OF(timer, struct chat, timer);
    if (c->under_way == 0) {
        if (!c->soak->closing && !c->taking_over) {
            submit(c);
            plan(c, any_below(3) ? 2000 : 60);
        } else if (!c->soak->closing) {
            plan(c, 5);
        }
        return;
    }
    switch (any_below(8)) {
    case 0:
    case 1:
        engine_cancel(c->soak->f.engine, c->turn);
        break;
    case 2:
        take_over(c);
        break;
    case 3:
    case 4: /* a second message behind the first */
        if (c->under_way < 2 && c->conversation.len && !c->soak->closing) {
            submit(c);
        }
        break;
    default:
        break;
    }
    plan(c, 400);
}

/* ---- Afterwards ------------------------------------------------------------------------------*/

struct sums {
    struct soak *soak;
    struct str conversation;
    int64_t calls;
    int64_t tokens;
};

static int64_t
spent_by(const struct model_call_row *row)
{
    bool silent = str_eq_c(row->outcome, "error") && row->first_text_ms == 0;
    if (silent) {
        return 0;
    }
    int64_t counted = row->input_tokens + row->output_tokens;
    bool known = str_eq_c(row->outcome, "ok") && counted > 0;
    return known ? counted : row->estimated_tokens + OUTPUT_EXPECTED;
}

static int
spending_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct sums *s = arg;
    AUTO(arena) struct arena arena = {0};
    struct model_call_row *rows = NULL;
    struct hold_row *holds = NULL;
    struct spend_row spent = {0};
    size_t count = 0;
    size_t hold_count = 0;
    int64_t tokens = 0;
    int result = store_model_call_list(tx, s->conversation, &arena, &rows, &count, err);
    if (result == 0) {
        result = store_hold_list(tx, s->conversation, &arena, &holds, &hold_count, err);
    }
    if (result == 0) {
        struct str id = arena_printf(&arena, "conversation:%" STR_FMT, STR_ARG(s->conversation));
        result = store_spend_get(tx, id, &arena, &spent, err);
        result = result == STORE_NONE ? 0 : result;
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (rows[i].outcome.len == 0 || rows[i].ended_at < rows[i].started_at) {
            return err_set(err, ERR_BUG, "model call %zu has no end", i);
        }
        tokens += spent_by(&rows[i]);
    }
    if (result == 0 && hold_count > 0) {
        return err_set(err, ERR_BUG, "%zu reservations are held", hold_count);
    }
    if (result == 0 && tokens != spent.tokens) {
        return err_set(err, ERR_BUG, "%lld tokens are spent, the calls say %lld",
                       (long long)spent.tokens, (long long)tokens);
    }
    s->calls += (int64_t)count;
    s->tokens += tokens;
    return result;
}

static int
day_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct sums *s = arg;
    AUTO(arena) struct arena arena = {0};
    struct spend_row spent = {0};
    int result = store_spend_get(tx, STR("day:2000-01-01"), &arena, &spent, err);
    if (result == 0 && spent.tokens != s->tokens) {
        return err_set(err, ERR_BUG, "the day has spent %lld tokens, the conversations %lld",
                       (long long)spent.tokens, (long long)s->tokens);
    }
    return result;
}

static void
check_record(struct soak *s)
{
    struct sums sums = {.soak = s};
    struct err err = {0};
    for (size_t i = 0; i < s->conversation_count; i++) {
        sums.conversation = s->conversations[i];
        desk_assert_sound(&s->f, sums.conversation);
        if (store_read_wait(s->f.store, spending_body, &sums, &err) < 0) {
            fail_msg("conversation %" STR_FMT ": %s", STR_ARG(sums.conversation), err.message);
        }
    }
    if (store_read_wait(s->f.store, day_body, &sums, &err) != 0) {
        fail_msg("%s", err.message);
    }
    print_message("%zu conversations, %llu turns (answered %llu, limit %llu, failed %llu, canceled "
                  "%llu, with a human %llu), %lld model calls, %llu retractions, %llu takeovers\n",
                  s->conversation_count, (unsigned long long)s->done,
                  (unsigned long long)s->outcomes[0], (unsigned long long)s->outcomes[1],
                  (unsigned long long)s->outcomes[2], (unsigned long long)s->outcomes[3],
                  (unsigned long long)(s->outcomes[4] + s->outcomes[5]), (long long)sums.calls,
                  (unsigned long long)s->retracted, (unsigned long long)s->takeovers);
    assert_true(s->outcomes[0] > 0);
}

/* One day for ever: midnight is not what this is about. */
static void
one_day(void *arg, int64_t wall_ms, char ret[SPEND_DAY_TEXT], int64_t *ret_end)
{
    (void)arg;
    (void)wall_ms;
    memcpy(ret, "2000-01-01", SPEND_DAY_TEXT);
    *ret_end = INT64_MAX;
}

static bool
taking_over(const struct soak *s)
{
    for (size_t i = 0; i < CHATS; i++) {
        if (s->chats[i].taking_over) {
            return true;
        }
    }
    return false;
}

/* Until nothing is under way, which has to come by itself. */
static void
wind_down(struct soak *s)
{
    struct err err = {0};
    int64_t until = clock_mono_ms(clock_real()) + LAST_WAIT_MS;
    s->closing = true;
    while (engine_active(s->f.engine) > 0 || taking_over(s)) {
        assert_int_equal(loop_step(s->f.loop, 100, &err), 0);
        if (clock_mono_ms(clock_real()) > until) {
            fail_msg("%zu turns hang", engine_active(s->f.engine));
        }
    }
}

static void
one_round(int64_t ms)
{
    static const struct turn_limits limits = {6, 12, 3, 4000, 100000};
    static const struct spend_brake brakes[] = {
        {SPEND_CONVERSATION, 12000, 0, SPEND_TEXT},
        {SPEND_CUSTOMER, 1000000000, 0, SPEND_HUMAN},
        {SPEND_DAY, 1000000000, 0, SPEND_TEXT},
    };
    const struct spend_rules rules = {.brakes = brakes, .brake_count = 3, .day = one_day};
    struct err err = {0};
    struct soak *s = mem_zero(1, sizeof(*s));
    assert_non_null(s);
    desk_fixture_open(&s->f, "[{\"text\":\"never asked\"}]", &limits);
    open_models(s);
    s->f.parts.model = &s->lottery.model;
    s->f.parts.spend = &rules;
    desk_fixture_renew(&s->f);
    for (size_t i = 0; i < CHATS; i++) {
        s->chats[i].soak = s;
        assert_int_equal(loop_timer_init(&s->chats[i].timer, s->f.loop, on_timer, &err), 0);
        plan(&s->chats[i], 200);
    }
    int64_t until = clock_mono_ms(clock_real()) + ms;
    while (clock_mono_ms(clock_real()) < until) {
        assert_int_equal(loop_step(s->f.loop, 20, &err), 0);
    }
    wind_down(s);
    assert_int_equal(s->submitted, s->done);
    check_record(s);
    for (size_t i = 0; i < CHATS; i++) {
        loop_timer_done(&s->chats[i].timer);
    }
    engine_free(s->f.engine);
    s->f.engine = NULL;
    models_free(s->models);
    config_free(s->config);
    desk_fixture_close(&s->f);
    mem_free(s->conversations);
    mem_free(s);
}

/* ---- What the process holds ------------------------------------------------------------------*/

static size_t
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

static size_t
heap_used(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void
test_everything_adds_up(void **state)
{
    (void)state;
    size_t descriptors = open_descriptors();
    size_t heap = 0;
    for (int i = 0; i < ROUNDS; i++) {
        one_round((int64_t)mock.seconds * 1000 / ROUNDS);
        assert_int_equal(open_descriptors(), descriptors);
        /* The first round leaves what libraries keep for the process. */
        heap = i == 0 ? heap_used() : heap;
    }
    size_t after = heap_used();
    print_message("heap: %zu bytes after the first round, %zu after the last\n", heap, after);
    if (!CHECKED_BUILD && after > heap + HEAP_SLACK) {
        fail_msg("memory grows from round to round");
    }
}

/* ---- The server ------------------------------------------------------------------------------*/

static int
start_mock(void)
{
    extern char **environ;
    char *const argv[] = {(char *)mock.program, "--token-ms", "3", "--retry-after", "0", NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    char line[128] = {0};
    if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addclose(&actions, ends[0]) != 0 ||
        posix_spawn(&mock.pid, mock.program, &actions, NULL, argv, environ) != 0) {
        perror(mock.program);
        return -1;
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    ssize_t got = read(ends[0], line, sizeof(line) - 1);
    (void)close(ends[0]);
    const char *colon = got > 0 ? strrchr(line, ':') : NULL;
    mock.port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
    return mock.port > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs("usage: soak-models MOCK_MODEL [SECONDS [SEED]]\n", stderr);
        return 2;
    }
    mock.program = argv[1];
    mock.seconds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 60;
    mock.seed = argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)clock_wall_ms(clock_real());
    chance = mock.seed;
    (void)printf("seed %llu\n", (unsigned long long)mock.seed);
    log_set_level(LOG_NONE);
    if (setenv("SOAK_KEY", "soak", 1) != 0 || setenv("AWS_ACCESS_KEY_ID", "AKIDSOAK", 1) != 0 ||
        setenv("AWS_SECRET_ACCESS_KEY", "soak", 1) != 0 || start_mock() < 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything_adds_up)};
    int failed = cmocka_run_group_tests_name("soak-models", tests, NULL, NULL);
    (void)kill(mock.pid, SIGTERM);
    (void)waitpid(mock.pid, NULL, 0);
    return failed;
}
