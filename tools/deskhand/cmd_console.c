/* deskhand console: be the human agent. */
#include "agent.h"
#include "args.h"
#include "command.h"
#include "console/console.h"

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct str agent;
    int result = agent_name(args, &agent, err);
    return result < 0 ? result : console_run(app, agent, err);
}

static const struct arg_option options[] = {
    {"agent", 0, "NAME", "who you are (else DESKHAND_AGENT, else your login name)"},
    {0},
};

const struct command cmd_console = {
    .name = "console",
    .summary = "be the human agent: the queue, tickets, replies",
    .usage = "[--agent NAME]",
    .details = "In the console: queue, open N, claim, reply, note, return, resolve, approve, "
               "decline,\nfind TEXT, customer ID, stats, help. New tickets and customers' answers "
               "are announced\nwhile you type.",
    .example = "deskhand console --agent Sam",
    .options = options,
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
