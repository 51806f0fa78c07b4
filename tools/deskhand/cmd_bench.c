/* deskhand bench: what this machine can do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "bench.h"
#include "bot.h"
#include "command.h"
#include "term.h"

enum { CONVERSATIONS_MAX = 1000000, TURNS_MAX = 10000, RAMP_MAX_MS = 3600000 };

static int
read_options(const struct args *args, struct bench_options *o, struct err *err)
{
    *o = (struct bench_options){
        .base_url = args_value(args, "base-url", ""),
        .provider = args_value(args, "provider", ""),
        .model = args_value(args, "model", "mock.tool"),
        .catalog = args_value(args, "catalog", ""),
        .ca_file = args_value(args, "ca-file", ""),
        .state_dir = args_value(args, "state-dir", ""),
    };
    if (!str_eq(o->provider, STR("openai")) && !str_eq(o->provider, STR("anthropic")) &&
        !str_eq(o->provider, STR("bedrock"))) {
        return err_set(err, ERR_INVALID, "--provider: say openai, anthropic or bedrock");
    }
    if (o->base_url.len == 0 || o->state_dir.len == 0) {
        return err_set(err, ERR_INVALID, "--%s is missing: see `deskhand bench turns --help`",
                       o->base_url.len == 0 ? "base-url" : "state-dir");
    }
    int result =
        args_number(args, "conversations", 64, 1, CONVERSATIONS_MAX, &o->conversations, err);
    if (result == 0) {
        result = args_number(args, "turns", 10, 1, TURNS_MAX, &o->turns, err);
    }
    if (result == 0) {
        result = args_number(args, "concurrency", o->conversations, 1, CONVERSATIONS_MAX,
                             &o->concurrency, err);
    }
    return result < 0 ? result : args_number(args, "ramp-ms", 0, 0, RAMP_MAX_MS, &o->ramp_ms, err);
}

/* A conversation that streams holds a connection. */
static void
allow_many_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- The line --------------------------------------------------------------------------------*/

/* X to three digits behind the point, which is more than any of these figures is worth. */
static void
put_number(struct js_out *out, const char *key, double x)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.3f", x);
    js_put_raw(out, key, str_c(text));
}

/* Null where nothing was measured. */
static void
put_share(struct js_out *out, const char *key, double amount, uint64_t of)
{
    if (of == 0) {
        js_put_null(out, key);
    } else {
        put_number(out, key, amount / (double)of);
    }
}

static void
put_ms(struct js_out *out, const char *key, const struct bench_histogram *h, double percent)
{
    put_share(out, key, (double)bench_histogram_at(h, percent) / 1000, h->count ? 1 : 0);
}

static void
put_costs(struct js_out *out, const struct bench_options *o, const struct bench_result *r)
{
    put_share(out, "cpu_ms_per_turn", (double)r->cpu_us / 1000, r->turns);
    put_share(out, "cpu_us_per_token", (double)r->cpu_us, r->tokens);
    js_put_int(out, "peak_rss_kb", r->rss_peak_kb);
    int64_t open = o->concurrency < o->conversations ? o->concurrency : o->conversations;
    put_share(out, "rss_kb_per_conversation", (double)(r->rss_peak_kb - r->rss_before_kb),
              (uint64_t)open);
}

static int
print_line(const struct bench_options *o, const struct bench_result *r, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_int(&out, "errors", (int64_t)r->errors);
    js_put_str_or_null(&out, "first_error", str_c(r->first_error));
    put_ms(&out, "turn_ms_p50", &r->turn_us, 50);
    put_ms(&out, "turn_ms_p99", &r->turn_us, 99);
    put_ms(&out, "token_ms_p50", &r->token_us, 50);
    put_ms(&out, "token_ms_p99", &r->token_us, 99);
    put_ms(&out, "token_ms_max", &r->token_us, 100);
    put_costs(&out, o, r);
    js_put_int(&out, "turns", (int64_t)r->turns);
    js_put_int(&out, "tokens", (int64_t)r->tokens);
    put_number(&out, "wall_ms", (double)r->wall_us / 1000);
    put_number(&out, "cpu_ms", (double)r->cpu_us / 1000);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "figures", err);
}

/* ---- The command -----------------------------------------------------------------------------*/

static const struct arg_option bot_options[] = {BOT_OPTIONS, {0}};
/* The bot as a command without options would open it. */
static const struct command plain = {.name = "bench", .options = bot_options};

static int
run_turns(struct app *app, const struct args *args, struct err *err)
{
    AUTO(bot) struct bot *bot = NULL;
    struct bench_options o;
    struct bench_result result = {0};
    const struct args none = {.command = &plain};
    int status = read_options(args, &o, err);
    if (status < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    allow_many_connections();
    status = bench_desk_make(app, &o, err);
    if (status == 0) {
        status = bot_open(app, &none, "bench", &bot, err);
    }
    if (status == 0) {
        status = bench_drive(bot, &o, &result, err);
    }
    if (status == 0) {
        status = print_line(&o, &result, err);
    }
    return status < 0 || result.errors == 0 ? status : EXIT_FAILED;
}

static const struct arg_option turns_options[] = {
    {"base-url", 0, "URL", "the model server, as desk.yaml's base_url"},
    {"provider", 0, "NAME", "its protocol: openai, anthropic or bedrock"},
    {"model", 0, "ID", "the server's id of the model (mock.tool)"},
    {"catalog", 0, "FILE", "the catalogue to search; else the sample shop's is made"},
    {"ca-file", 0, "FILE", "certificates to trust instead of the system's"},
    {"state-dir", 0, "DIR", "where the desk is made; an earlier run's record stays"},
    {"conversations", 0, "N", "how many customers there are (64)"},
    {"turns", 0, "N", "how often each one writes (10)"},
    {"concurrency", 0, "N", "how many of them at once (all)"},
    {"ramp-ms", 0, "N", "how long the first CONCURRENCY starts take (0)"},
    {0},
};

static const struct command turns = {
    .name = "turns",
    .summary = "carry whole turns against a model server and measure them",
    .usage = "--base-url URL --provider NAME --state-dir DIR [OPTION...]",
    .details =
        "Each turn goes through the whole engine: its history grows, the model asks for a search "
        "of the\ncatalogue, every step is a durable commit. Conversation i starts at "
        "i/CONCURRENCY of the ramp.\nA key or credentials are made up: no real ones are sent.\n\n"
        "Prints one JSON object: errors, first_error; turn_ms_p50, _p99; token_ms_p50, _p99, _max: "
        "from\nsending to delivery, of text deltas that say when they were sent (`w` and eleven "
        "digits: the\nmicroseconds of CLOCK_MONOTONIC modulo 10^11; mock-model --stamp); "
        "cpu_ms_per_turn,\ncpu_us_per_token: of the whole process without its start; peak_rss_kb, "
        "rss_kb_per_conversation:\nwhat memory grew by, shared among those at once; turns, tokens, "
        "wall_ms, cpu_ms. What was not\nmeasured is null. Exit status: 1 when a turn failed.",
    .example = "deskhand bench turns --base-url http://127.0.0.1:8099 --provider openai \\\n"
               "    --state-dir /var/tmp/bench --conversations 64 --turns 10 --concurrency 64",
    .options = turns_options,
    .run = run_turns,
};

static const struct command *const subcommands[] = {&turns, NULL};

const struct command cmd_bench = {
    .name = "bench",
    .summary = "measure what this machine can do",
    .subcommands = subcommands,
};
