/* deskhand ask: one message and its answer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "attach.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "bot.h"
#include "command.h"
#include "io/loop.h"
#include "md.h"
#include "store/rows.h"
#include "term.h"

struct ask {
    struct loop *loop;
    struct engine *engine;
    uint64_t turn;
    unsigned interrupts;
    struct loop_signal interrupt;
    bool json;
    bool line; /* a progress line stands on stderr */
    int status;
    struct err failure;
};

static void
on_interrupt(struct loop_signal *signal)
{
    struct ask *a = OWNER_OF(signal, struct ask, interrupt);
    if (a->interrupts++ > 0) {
        _exit(128 + SIGINT);
    }
    engine_cancel(a->engine, a->turn);
}

static void
on_tool_started(void *arg, struct str name)
{
    struct ask *a = arg;
    if (!a->json && term_is_terminal(stderr)) {
        (void)fprintf(stderr, "%s\xC2\xB7 %" STR_FMT " ...%s", term_style(stderr, TERM_DIM),
                      STR_ARG(name), term_style(stderr, TERM_PLAIN));
        a->line = true;
    }
}

static void
on_tool_finished(void *arg, struct str name, bool ok, int64_t ms)
{
    struct ask *a = arg;
    (void)name;
    (void)ok;
    (void)ms;
    if (a->line) {
        (void)fprintf(stderr, "\r\033[K");
        a->line = false;
    }
}

static void
write_tools(struct js_out *out, const struct turn_report *report)
{
    js_key(out, STR("tools"));
    js_begin_array(out);
    for (size_t i = 0; i < report->tool_count; i++) {
        js_begin_object(out);
        js_put_str(out, "name", report->tools[i].name);
        js_put_bool(out, "ok", report->tools[i].ok);
        js_put_int(out, "ms", report->tools[i].ms);
        js_end_object(out);
    }
    js_end_array(out);
}

static int
print_json(const struct turn_report *report, struct err *err)
{
    char ticket[24];
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    (void)snprintf(ticket, sizeof(ticket), "%lld", (long long)report->ticket);
    js_begin_object(&out);
    js_put_str_or_null(&out, "conversation", report->conversation);
    js_put_str(&out, "reply", report->reply);
    /* For a script a message that was stopped is one without an answer. */
    bool stopped = str_eq(report->outcome, OUTCOME_CANCELED);
    js_put_str(&out, "outcome", stopped ? OUTCOME_FAILED : report->outcome);
    js_put_str_or_null(&out, "ticket", report->ticket ? str_c(ticket) : STR(""));
    write_tools(&out, report);
    js_put_str_or_null(&out, "model", report->model);
    js_key(&out, STR("usage"));
    js_begin_object(&out);
    js_put_int(&out, "input_tokens", report->input_tokens);
    js_put_int(&out, "output_tokens", report->output_tokens);
    js_end_object(&out);
    js_put_int(&out, "ms", report->ms);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "answer", err);
}

static void
print_text(const struct turn_report *report)
{
    if (report->reply.len == 0) {
        return;
    }
    if (!term_is_terminal(stdout)) {
        term_text(stdout, report->reply);
        (void)printf("\n");
        return;
    }
    struct md md;
    md_begin(&md, stdout, term_width(stdout));
    md_add(&md, report->reply);
    md_end(&md);
}

/* What stands beside the answer, for a person. */
static void
print_note(const struct turn_report *report)
{
    const char *dim = term_style(stderr, TERM_DIM);
    const char *plain = term_style(stderr, TERM_PLAIN);
    if (str_eq(report->outcome, STR("with_human"))) {
        (void)fprintf(stderr,
                      "%sYour message was passed on: this conversation is with our team.%s\n", dim,
                      plain);
    }
    if (term_is_terminal(stderr) && report->conversation.len) {
        (void)fprintf(stderr, "%s(to go on: deskhand ask -c %" STR_FMT " \"...\")%s\n", dim,
                      STR_ARG(report->conversation), plain);
    }
}

static int
status_of(const struct turn_report *report, struct err *err)
{
    if (str_eq(report->outcome, OUTCOME_FAILED)) {
        (void)err_set(err, ERR_REMOTE, "no answer: %" STR_FMT, STR_ARG(report->reason));
        return report->error ? report->error : ERR_REMOTE;
    }
    if (str_eq(report->outcome, OUTCOME_CANCELED)) {
        return err_set(err, ERR_CANCELED, "canceled: your message is recorded, without an answer");
    }
    return str_eq(report->outcome, OUTCOME_LIMIT) ? EXIT_REFUSED : EXIT_DONE;
}

static void
on_done(void *arg, const struct turn_report *report)
{
    struct ask *a = arg;
    struct err out_err = {0};
    on_tool_finished(a, STR(""), true, 0);
    a->status = status_of(report, &a->failure);
    if (a->json) {
        int result = print_json(report, &out_err);
        if (result < 0) {
            a->status = result;
            a->failure = out_err;
        }
    } else {
        print_text(report);
        (void)fflush(stdout);
        print_note(report);
    }
    loop_stop(a->loop);
}

/* The text: the argument, or standard input for "-". */
static int
read_text(struct str word, struct buf *out, struct err *err)
{
    if (!str_eq(word, STR("-"))) {
        buf_add(out, word);
        return buf_finish(out, "message", err);
    }
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof(piece), stdin)) > 0) {
        buf_add(out, (struct str){piece, got});
    }
    if (ferror(stdin)) {
        return err_set_errno(err, errno, "standard input");
    }
    return buf_finish(out, "message", err);
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    static const struct turn_observer observer = {
        .tool_started = on_tool_started,
        .tool_finished = on_tool_finished,
        .done = on_done,
    };
    AUTO(buf) struct buf text;
    AUTO(bot) struct bot *bot = NULL;
    AUTO(attachments) struct attachments files = {0};
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    int result = read_text(args_at(args, 0), &text, err);
    if (result == 0) {
        result = attach_args(&files, args, err);
    }
    if (result == 0) {
        result = bot_open(app, args, "cli", &bot, err);
    }
    if (result < 0) {
        return result;
    }
    struct ask a = {
        .loop = bot_loop(bot),
        .engine = bot_engine(bot),
        .json = args_flag(args, "json"),
    };
    struct turn_input input =
        bot_input(bot, args_value(args, "conversation", ""), buf_str(&text), STR(""));
    input.attachments = files.blocks;
    input.attachment_count = files.count;
    /* Whatever can fail goes before the turn: once it began it has to be carried to its end. */
    result = loop_signal_init(&a.interrupt, a.loop, SIGINT, on_interrupt, err);
    if (result == 0) {
        result = engine_submit(a.engine, &input, &observer, &a, &a.turn, err);
    }
    if (result == 0) {
        result = loop_run(a.loop, err);
    }
    loop_signal_done(&a.interrupt);
    if (result < 0) {
        return result;
    }
    if (a.status < 0) {
        *err = a.failure;
    }
    return a.status;
}

static const struct arg_option options[] = {
    {"json", 0, NULL, "print one JSON object"},
    BOT_OPTIONS,
    ATTACH_OPTIONS,
    {0},
};

const struct command cmd_ask = {
    .name = "ask",
    .summary = "ask the bot one question, print its answer",
    .usage = "[--json] [-c ID] [--image FILE]... [--document FILE]... \"TEXT\"",
    .details = "TEXT - reads the message from standard input. Exit status: 0 answered, handed over "
               "or stored\nfor an agent; 4 when a limit ended the turn; 1 when it failed.",
    .example = "deskhand ask \"my hub won't pair with my phone\"\n"
               "deskhand ask --json -c c-6fkw3ma7qx1bd2 \"that did not help\"\n"
               "deskhand ask --image hub.jpg \"what does this light mean?\"",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
