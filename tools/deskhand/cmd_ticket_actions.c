/* deskhand tickets claim|reply|note|return|resolve: an agent's work, from scripts. */
#include <stdio.h>

#include "agent.h"
#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "term.h"

#define AGENT_OPTION                                                                               \
    {                                                                                              \
        "agent", 0, "NAME", "who you are (else DESKHAND_AGENT, else your login name)"              \
    }
#define JSON_OPTION                                                                                \
    {                                                                                              \
        "json", 0, NULL, "print the ticket's state as a JSON object"                               \
    }

static const struct arg_option options[] = {AGENT_OPTION, JSON_OPTION, {0}};
static const struct arg_option claim_options[] = {
    AGENT_OPTION,
    JSON_OPTION,
    {"take", 0, NULL, "also from a colleague who has it"},
    {0},
};

static int
print_state(const struct ticket_row *row, bool json, struct err *err)
{
    char number[24];
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (!json) {
        (void)printf("ticket %lld: %" STR_FMT "%s%" STR_FMT "\n", (long long)row->number,
                     STR_ARG(row->status), row->assignee.len ? ", with " : "",
                     STR_ARG(row->assignee));
        return 0;
    }
    (void)snprintf(number, sizeof(number), "%lld", (long long)row->number);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "ticket", str_c(number));
    js_put_str(&out, "status", row->status);
    js_put_str_or_null(&out, "assignee", row->assignee);
    js_put_str(&out, "conversation", row->conversation);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "ticket", err);
}

static int
act(struct app *app, const struct args *args, agent_fn fn, bool take, struct err *err)
{
    struct ticket_row row;
    struct desk_action action = {.text = args_at(args, 1), .take = take};
    int result = agent_number(args_at(args, 0), &action.number, err);
    if (result == 0) {
        result = agent_name(args, &action.agent, err);
    }
    if (result == 0) {
        result = app_store(app, APP_WRITE, NULL, err);
    }
    if (result == 0) {
        result = fn == desk_return ? agent_return(app, &action, &app->arena, &row, err)
                                   : agent_act(app->store, fn, &action, &app->arena, &row, err);
    }
    return result < 0 ? result : print_state(&row, args_flag(args, "json"), err);
}

static int
run_claim(struct app *app, const struct args *args, struct err *err)
{
    return act(app, args, desk_claim, args_flag(args, "take"), err);
}

static int
run_reply(struct app *app, const struct args *args, struct err *err)
{
    return act(app, args, desk_reply, false, err);
}

static int
run_note(struct app *app, const struct args *args, struct err *err)
{
    return act(app, args, desk_note, false, err);
}

static int
run_return(struct app *app, const struct args *args, struct err *err)
{
    return act(app, args, desk_return, false, err);
}

static int
run_resolve(struct app *app, const struct args *args, struct err *err)
{
    return act(app, args, desk_resolve, false, err);
}

const struct command cmd_tickets_claim = {
    .name = "claim",
    .summary = "make a ticket yours; the bot stays silent",
    .usage = "N [--agent NAME] [--take]",
    .example = "deskhand tickets claim 3 --agent Sam",
    .options = claim_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_claim,
};

const struct command cmd_tickets_reply = {
    .name = "reply",
    .summary = "write to the customer",
    .usage = "N \"TEXT\" [--agent NAME]",
    .example = "deskhand tickets reply 3 \"I have ordered you a new one.\" --agent Sam",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run_reply,
};

const struct command cmd_tickets_note = {
    .name = "note",
    .summary = "a note for colleagues",
    .usage = "N \"TEXT\" [--agent NAME]",
    .example = "deskhand tickets note 3 \"asked the warehouse\" --agent Sam",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run_note,
};

const struct command cmd_tickets_return = {
    .name = "return",
    .summary = "give the conversation back to the bot",
    .details = "The customer is told what agents approved and declined since the hand-over.",
    .usage = "N [\"TEXT for the bot\"] [--agent NAME]",
    .example = "deskhand tickets return 3 \"the new hub is on its way\" --agent Sam",
    .options = options,
    .min_args = 1,
    .max_args = 2,
    .run = run_return,
};

const struct command cmd_tickets_resolve = {
    .name = "resolve",
    .summary = "close a ticket",
    .usage = "N [\"TEXT\"] [--agent NAME]",
    .example = "deskhand tickets resolve 3 \"replaced\" --agent Sam",
    .options = options,
    .min_args = 1,
    .max_args = 2,
    .run = run_resolve,
};
