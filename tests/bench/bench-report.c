/* How long a report takes: every metric over a desk of generated conversations, whole and split.
 *
 *     bench-report [CONVERSATIONS [FOLDER]]      100,000 in the working folder, unless told
 *
 * The desk is kept in FOLDER/bench-report.desk, so that a second run measures at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/tz.h"
#include "report/format.h"
#include "store/store.h"

enum { PER_COMMIT = 1000 };
static const int64_t start_ms = INT64_C(1760000000000);

static double
now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
stop(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench-report: %s: %s\n", what, err->message);
    exit(1);
}

struct batch {
    size_t from;
    size_t count;
    uint64_t random;
};

/* Some order in the numbers, the same in every run. */
static unsigned
roll(struct batch *b, unsigned sides)
{
    b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(b->random >> 33) % sides;
}

static int
add_calls(struct store_tx *tx, struct batch *b, struct str c, const struct turn_row *turn,
          struct arena *a, struct err *err)
{
    const struct model_call_row model = {
        .id = store_new_id(tx, 'k', a),
        .conversation = c,
        .turn = turn->id,
        .model = turn->model,
        .outcome = STR("ok"),
        .input_tokens = turn->input_tokens,
        .output_tokens = turn->output_tokens,
        .started_at = turn->opened_at,
        .ended_at = turn->closed_at,
    };
    bool found = roll(b, 10) > 0;
    const struct tool_call_row tool = {
        .id = store_new_id(tx, 'x', a),
        .conversation = c,
        .turn = turn->id,
        .name = STR("search_product_catalog"),
        .effect = STR("read"),
        .arguments = STR("{\"query\":\"a lamp for the garden\"}"),
        .status = roll(b, 50) ? CALL_OK : CALL_TIMEOUT,
        .result = found ? STR("[{\"json\":{\"products\":[{\"id\":\"HS-LAMP-2\",\"name\":\"Path "
                              "light\",\"price\":39.9,\"description\":\"Lights the way from dusk "
                              "on and charges by day.\"}],\"found\":true}}]")
                        : STR("[{\"json\":{\"products\":[],\"found\":false}}]"),
        .started_at = turn->opened_at,
        .ended_at = turn->closed_at,
    };
    int result = store_model_call_add(tx, &model, err);
    return result == 0 && roll(b, 2) ? store_tool_call_add(tx, &tool, err) : result;
}

static int
add_turns(struct store_tx *tx, struct batch *b, struct str c, int64_t at, struct arena *a,
          struct err *err)
{
    static const struct str outcomes[] = {STR_INIT("answered"), STR_INIT("answered"),
                                          STR_INIT("answered"), STR_INIT("answered"),
                                          STR_INIT("limit"),    STR_INIT("failed")};
    int result = 0;
    for (unsigned i = 1 + roll(b, 4); result == 0 && i > 0; i--) {
        const struct turn_row turn = {
            .id = store_new_id(tx, 't', a),
            .conversation = c,
            .process = STR("p-bench"),
            .state = TURN_CLOSED,
            .outcome = outcomes[roll(b, 6)],
            .user_message = STR("m-1"),
            .model = roll(b, 2) ? STR("large") : STR("small"),
            .input_tokens = 500 + roll(b, 3000),
            .output_tokens = 20 + roll(b, 300),
            .first_text_ms = 100 + roll(b, 900),
            .opened_at = at + (int64_t)i * 60000,
            .closed_at = at + (int64_t)i * 60000 + 500 + roll(b, 5000),
        };
        result = store_turn_add(tx, &turn, err);
        if (result == 0) {
            result = add_calls(tx, b, c, &turn, a, err);
        }
    }
    return result;
}

static int
add_ticket(struct store_tx *tx, struct batch *b, struct str c, int64_t at, struct arena *a,
           struct err *err)
{
    static const struct str whats[] = {STR_INIT("created"), STR_INIT("claimed"),
                                       STR_INIT("replied"), STR_INIT("resolved")};
    static const struct str reasons[] = {STR_INIT("refund"), STR_INIT("warranty"),
                                         STR_INIT("asked for a human")};
    struct ticket_row ticket = {
        .conversation = c,
        .channel = STR("web"),
        .status = TICKET_RESOLVED,
        .priority = STR("medium"),
        .reason = reasons[roll(b, 3)],
        .summary = STR("[]"),
        .version = 1,
        .created_at = at + 300000,
        .resolved_at = at + 300000 + 3 * 200000,
    };
    int result = store_ticket_add(tx, &ticket, &ticket.number, err);
    for (size_t i = 0; result == 0 && i < 4; i++) {
        const struct ticket_event_row event = {
            .id = store_new_id(tx, 'e', a),
            .ticket = ticket.number,
            .who = STR("agent:Kim"),
            .what = whats[i],
            .at = at + 300000 + (int64_t)i * 200000 + roll(b, 1000),
        };
        result = store_ticket_event_add(tx, &event, err);
    }
    return result;
}

static int
add_conversation(struct store_tx *tx, struct batch *b, size_t number, struct arena *a,
                 struct err *err)
{
    int64_t at = start_ms + (int64_t)number * 60000;
    const struct conversation_row row = {
        .id = store_new_id(tx, 'c', a),
        .channel = roll(b, 2) ? STR("web") : STR("cli"),
        .prompt_name = STR("customer_service"),
        .prompt_version = STR("5f2c8a11d0"),
        .prompt_vars = STR("{\"shop\":\"Hearth & Signal\"}"),
        .owner = OWNER_BOT,
        .epoch = 1,
        .created_at = at,
        .updated_at = at + 600000,
    };
    int result = store_conversation_add(tx, &row, err);
    if (result == 0) {
        result = add_turns(tx, b, row.id, at, a, err);
    }
    if (result == 0 && roll(b, 4) == 0) {
        result = add_ticket(tx, b, row.id, at, a, err);
    }
    const struct feedback_row feedback = {store_new_id(tx, 'f', a), row.id, 1 + roll(b, 5),
                                          STR(""), at + 700000};
    return result == 0 && roll(b, 5) == 0 ? store_feedback_add(tx, &feedback, err) : result;
}

static int
add_batch(struct store_tx *tx, void *arg, struct err *err)
{
    struct batch *b = arg;
    AUTO(arena) struct arena a = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < b->count; i++) {
        result = add_conversation(tx, b, b->from + i, &a, err);
        arena_clear(&a);
    }
    return result;
}

struct job {
    struct report_request request;
    struct arena arena;
    struct report report;
};

static int
run(struct store_tx *tx, void *arg, struct err *err)
{
    struct job *job = arg;
    return report_run(tx, &job->request, &job->arena, &job->report, err);
}

static double
measure(struct store *s, const struct metric *const *metrics, size_t count, enum metric_by by,
        bool print)
{
    struct err err = {0};
    const struct tz *tz;
    struct job job = {0};
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (tz_load(STR("Europe/Berlin"), &job.arena, &tz, &err) < 0 &&
        tz_load(STR("UTC"), &job.arena, &tz, &err) < 0) {
        stop("time zone", &err);
    }
    static const struct report_price prices[] = {{STR_INIT("large"), 3, 15, 0.3},
                                                 {STR_INIT("small"), 0.25, 1.25, 0.03}};
    job.request = (struct report_request){
        .metrics = metrics,
        .metric_count = count,
        .until = INT64_MAX,
        .now = INT64_C(4000000000000),
        .by = by,
        .tz = tz,
        .prices = prices,
        .price_count = 2,
        .currency = STR("USD"),
    };
    double from = now_ms();
    if (store_read_wait(s, run, &job, &err) < 0) {
        stop("report", &err);
    }
    double ms = now_ms() - from;
    report_write(&text, &job.request, &job.report, REPORT_TEXT);
    if (print) {
        (void)printf("%s\n", text.text);
    }
    arena_done(&job.arena);
    return ms;
}

static struct store *
open_desk(const char *folder, size_t wanted)
{
    struct err err = {0};
    struct store *s = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/bench-report.desk", folder);
    bool fresh = mkdir(path, 0700) == 0;
    const struct store_options options = {
        .path = str_c(path), .create = true, .sync = STORE_SYNC_OFF};
    if (store_open_sqlite(&options, NULL, &s, &err) < 0) {
        stop(path, &err);
    }
    struct batch b = {.random = 42};
    for (size_t at = 0; fresh && at < wanted; at += PER_COMMIT) {
        b.from = at;
        b.count = wanted - at < PER_COMMIT ? wanted - at : PER_COMMIT;
        if (store_write_wait(s, add_batch, &b, &err) < 0) {
            stop("fill", &err);
        }
    }
    return s;
}

int
main(int argc, char **argv)
{
    enum { METRICS_MAX = 64, DEFAULT_COUNT = 100000 };
    static const enum metric_by splits[] = {BY_DAY,  BY_WEEK,    BY_PROMPT, BY_MODEL,
                                            BY_TOOL, BY_CHANNEL, BY_OUTCOME};
    int64_t wanted = DEFAULT_COUNT;
    size_t count;
    const struct metric *table = metric_table(&count);
    const struct metric *metrics[METRICS_MAX];
    if (argc > 1 && (!str_to_i64(str_c(argv[1]), &wanted) || wanted < 1)) {
        (void)fprintf(stderr, "usage: bench-report [CONVERSATIONS [FOLDER]]\n");
        return 2;
    }
    AUTO(store) struct store *s = open_desk(argc > 2 ? argv[2] : ".", (size_t)wanted);
    for (size_t i = 0; i < count; i++) {
        metrics[i] = &table[i];
        (void)printf("%-26s %8.1f ms\n", table[i].name, measure(s, &metrics[i], 1, BY_NONE, false));
    }
    (void)printf("%-26s %8.1f ms\n", "all", measure(s, metrics, count, BY_NONE, false));
    for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
        (void)printf("all by %-19s %8.1f ms\n", metric_by_name(splits[i]),
                     measure(s, metrics, count, splits[i], false));
    }
    (void)measure(s, metrics, count, BY_NONE, true);
    return 0;
}
