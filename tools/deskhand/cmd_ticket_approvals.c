/* deskhand tickets approve|decline|approvals: what the bot may not do before somebody agreed. */
#include <inttypes.h>
#include <stdio.h>

#include "age.h"
#include "agent.h"
#include "app.h"
#include "approvals.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "command.h"
#include "store/store.h"
#include "term.h"
#include "transcript.h"

/* ---- approve, decline ------------------------------------------------------------------------*/

/* What the agent does next, where somebody reads it. Only the bot makes the call, and only whose
 * ticket it is gives the conversation back. */
static void
print_next(const struct desk_decided *d, struct str agent)
{
    bool approved = str_eq(d->row.state, APPROVAL_APPROVED);
    long long number = (long long)d->ticket.number;
    if (!term_is_terminal(stderr)) {
        return;
    }
    (void)fprintf(stderr, "The bot %s when the customer writes.",
                  approved ? "may do it once," : "explains it");
    if (str_eq(d->owner, OWNER_BOT) || number == 0) {
        (void)fprintf(stderr, "\n");
        return;
    }
    (void)fprintf(stderr, " Give the conversation back, which tells them:\n");
    if (!str_eq(d->ticket.assignee, agent)) {
        (void)fprintf(stderr, "  deskhand tickets claim %lld\n", number);
    }
    (void)fprintf(stderr, "  deskhand tickets return %lld\n", number);
}

static int
print_decided(const struct desk_decided *d, struct str agent, bool json, struct err *err)
{
    char until[TRANSCRIPT_TIME];
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (json) {
        int result = approvals_add_json(&text, &d->row, d->row.decided_at, err);
        return result < 0 ? result : term_output(&text, "approval", err);
    }
    transcript_time(d->row.expires_at, until);
    (void)printf("approval %" STR_FMT ": %" STR_FMT, STR_ARG(d->row.id), STR_ARG(d->row.state));
    if (str_eq(d->row.state, APPROVAL_APPROVED)) {
        (void)printf(", for one call until %.16s UTC", until);
    }
    (void)printf("\n");
    print_next(d, agent);
    return 0;
}

static int
decide(struct app *app, const struct args *args, bool approved, struct err *err)
{
    struct desk_decided decided;
    struct desk_decision d = {
        .approval = args_value(args, "approval", ""),
        .approved = approved,
        .reason = args_value(args, "note", ""),
    };
    int result = args_count(args) > 0 ? agent_number(args_at(args, 0), &d.number, err) : 0;
    if (result == 0 && d.number == 0 && d.approval.len == 0) {
        result = err_set(err, ERR_INVALID,
                         "which approval? give a ticket's number or --approval "
                         "ID: `deskhand tickets approvals` lists them");
    }
    if (result < 0) {
        term_error(err);
        return EXIT_USAGE;
    }
    result = agent_name(args, &d.agent, err);
    if (result == 0) {
        result = app_store(app, APP_WRITE, NULL, err);
    }
    if (result == 0) {
        result = agent_decide(app->store, &d, &app->arena, &decided, err);
    }
    if (result == DESK_WHICH) {
        (void)err_set(err, ERR_INVALID,
                      "ticket %" PRId64 ": %zu approvals %s here: name one with --approval ID",
                      d.number, decided.waiting_count,
                      str_eq(decided.waiting[0].state, APPROVAL_PENDING) ? "wait"
                                                                         : "may be taken back");
        term_error(err);
        approvals_print_choice(decided.waiting, decided.waiting_count);
        return EXIT_USAGE;
    }
    return result < 0 ? result : print_decided(&decided, d.agent, args_flag(args, "json"), err);
}

static int
run_approve(struct app *app, const struct args *args, struct err *err)
{
    return decide(app, args, true, err);
}

static int
run_decline(struct app *app, const struct args *args, struct err *err)
{
    return decide(app, args, false, err);
}

/* ---- approvals -------------------------------------------------------------------------------*/

struct listing {
    struct arena *arena;
    struct approval_row *rows;
    size_t count;
    int64_t now;
    bool all;
};

static int
read_list(struct store_tx *tx, void *arg, struct err *err)
{
    struct listing *l = arg;
    const struct approval_filter filter = {.state = l->all ? STR("") : APPROVAL_PENDING};
    size_t kept = 0;
    l->now = store_now(tx);
    int result = store_approval_list(tx, &filter, l->arena, &l->rows, &l->count, err);
    for (size_t i = 0; result == 0 && i < l->count; i++) {
        if (l->all || str_eq(desk_approval_state(&l->rows[i], l->now), APPROVAL_PENDING)) {
            l->rows[kept++] = l->rows[i];
        }
    }
    l->count = result == 0 ? kept : 0;
    return result;
}

static int
print_json(const struct listing *l, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < l->count; i++) {
        int result = approvals_add_json(&text, &l->rows[i], l->now, err);
        if (result < 0) {
            return result;
        }
    }
    return term_output(&text, "approvals", err);
}

enum { ID, TICKET, NEEDS, STATE, ASKED, EXPIRES, TOOL, SUMMARY, COLUMNS };

static void
fill_row(struct term_table *table, const struct listing *l, const struct approval_row *row)
{
    struct str cells[COLUMNS];
    struct str state = desk_approval_state(row, l->now);
    bool alive = str_eq(state, APPROVAL_PENDING) || str_eq(state, APPROVAL_APPROVED);
    cells[ID] = row->id;
    cells[TICKET] = row->ticket ? arena_printf(l->arena, "%" PRId64, row->ticket) : STR("-");
    cells[NEEDS] = row->needs;
    cells[STATE] = state;
    cells[ASKED] = age_text(l->arena, row->created_at, l->now);
    cells[EXPIRES] = alive ? age_text(l->arena, l->now, row->expires_at) : STR("-");
    cells[TOOL] = row->tool;
    cells[SUMMARY] = row->summary;
    table->failed |= !cells[TICKET].ptr || !cells[ASKED].ptr || !cells[EXPIRES].ptr;
    term_table_add(table, cells);
}

/* On a terminal the summary has a line of its own: there is no room for it in the row, and it is
 * what one decides by. */
static void
print_rows(struct term_table *table)
{
    static const char *const wide[] = {"id",    "ticket",  "needs", "state",
                                       "asked", "expires", "tool",  "summary"};
    table->headings = wide;
    if (!term_is_terminal(stdout)) {
        term_table_print(table);
        return;
    }
    struct term_table narrow = *table;
    struct str cells[COLUMNS];
    term_table_init(&narrow, table->arena, wide, SUMMARY);
    for (size_t i = 0; i < table->rows; i++) {
        for (size_t c = 0; c < SUMMARY; c++) {
            cells[c] = table->cells[i * COLUMNS + c];
        }
        term_table_add(&narrow, cells);
    }
    term_table_head(&narrow);
    for (size_t i = 0; i < narrow.rows; i++) {
        term_table_row(&narrow, i);
        (void)printf("    %s", term_style(stdout, TERM_BOLD));
        term_text(stdout, table->cells[i * COLUMNS + SUMMARY]);
        (void)printf("%s\n", term_style(stdout, TERM_PLAIN));
    }
    table->failed |= narrow.failed;
}

static void
print_hint(const struct listing *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct approval_row *row = &l->rows[i];
        bool waits = str_eq(desk_approval_state(row, l->now), APPROVAL_PENDING) &&
                     str_eq(row->needs, APPROVAL_AGENT);
        if (waits && row->ticket) {
            (void)fprintf(stderr,
                          "\nSee `deskhand tickets show %" PRId64
                          "`, then `tickets approve %" PRId64 "` or `tickets decline %" PRId64
                          "`.\n",
                          row->ticket, row->ticket, row->ticket);
            return;
        }
        if (waits) {
            (void)fprintf(stderr,
                          "\nSee `deskhand conversations show %" STR_FMT "`, then\n`deskhand "
                          "tickets approve --approval %" STR_FMT "` or `decline`.\n",
                          STR_ARG(row->conversation), STR_ARG(row->id));
            return;
        }
    }
}

static int
print_table(const struct listing *l, struct err *err)
{
    struct term_table table;
    term_table_init(&table, l->arena, NULL, COLUMNS);
    for (size_t i = 0; i < l->count; i++) {
        fill_row(&table, l, &l->rows[i]);
    }
    if (l->count > 0 && !table.failed) {
        print_rows(&table);
    } else if (l->count == 0 && term_is_terminal(stdout)) {
        (void)fprintf(stderr, l->all ? "no approvals\n" : "Nothing waits for approval.\n");
    }
    if (table.failed) {
        return err_nomem(err);
    }
    if (term_is_terminal(stderr)) {
        print_hint(l);
    }
    return 0;
}

static int
run_approvals(struct app *app, const struct args *args, struct err *err)
{
    struct listing l = {.arena = &app->arena, .all = args_flag(args, "all")};
    int result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = store_read_wait(app->store, read_list, &l, err);
    }
    if (result < 0) {
        return result;
    }
    return args_flag(args, "json") ? print_json(&l, err) : print_table(&l, err);
}

/* ---- The table -------------------------------------------------------------------------------*/

static const struct arg_option decide_options[] = {
    {"approval", 0, "ID", "which one, where several wait (or without a ticket)"},
    {"note", 0, "TEXT", "why: for the bot and the ticket's history"},
    {"agent", 0, "NAME", "who you are (else DESKHAND_AGENT, else your login name)"},
    {"json", 0, NULL, "print the approval as a JSON object"},
    {0},
};
static const struct arg_option list_options[] = {
    {"all", 0, NULL, "also those decided, used or expired"},
    {"json", 0, NULL, "print one JSON object an approval"},
    {0},
};

const struct command cmd_tickets_approve = {
    .name = "approve",
    .summary = "let the bot make the call that waits",
    .usage = "[N] [--approval ID] [--note TEXT] [--agent NAME]",
    .details = "Lets exactly this call through, once, within 24 hours. The bot is told by a\n"
               "note and makes the call when the customer writes; the conversation has to be\n"
               "the bot's again: `deskhand tickets return N`.",
    .example = "deskhand tickets approve 3\n"
               "deskhand tickets approve 3 --note \"regular customer\" --agent Sam",
    .options = decide_options,
    .max_args = 1,
    .run = run_approve,
};

const struct command cmd_tickets_decline = {
    .name = "decline",
    .summary = "do not let the bot make the call that waits",
    .usage = "[N] [--approval ID] [--note TEXT] [--agent NAME]",
    .details = "The bot is told by a note not to try it again, and explains it to the customer.\n"
               "What was approved is taken back, as long as no call has used it.",
    .example = "deskhand tickets decline 3 --note \"bought over a year ago\"",
    .options = decide_options,
    .max_args = 1,
    .run = run_decline,
};

const struct command cmd_tickets_approvals = {
    .name = "approvals",
    .summary = "calls that wait until somebody agrees",
    .usage = "[--all] [--json]",
    .example = "deskhand tickets approvals\ndeskhand tickets approvals --all --json",
    .options = list_options,
    .run = run_approvals,
};
