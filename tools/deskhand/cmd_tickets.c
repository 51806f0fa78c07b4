/* deskhand tickets: the human queue, looked at. What agents do in it is cmd_ticket_actions.c's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent.h"
#include "app.h"
#include "approvals.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "desk/desk.h"
#include "desk/record.h"
#include "outfile.h"
#include "since.h"
#include "store/store.h"
#include "term.h"
#include "transcript.h"

extern const struct command cmd_tickets_approvals;
extern const struct command cmd_tickets_approve;
extern const struct command cmd_tickets_claim;
extern const struct command cmd_tickets_decline;
extern const struct command cmd_tickets_note;
extern const struct command cmd_tickets_reply;
extern const struct command cmd_tickets_resolve;
extern const struct command cmd_tickets_return;

static int
wrong_usage(const struct err *err)
{
    term_error(err);
    return EXIT_USAGE;
}

/* --status as the store's filter wants it: empty for "all". */
static int
read_status(const struct args *args, const char *fallback, struct str *ret, struct err *err)
{
    static const char *const words[] = {"open", "claimed", "waiting", "resolved", "all"};
    *ret = args_value(args, "status", fallback);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_c(*ret, words[i])) {
            *ret = str_eq(*ret, STR("all")) ? STR("") : *ret;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "--status: '%" STR_FMT "' is none of open, claimed, waiting, resolved and all",
                   STR_ARG(*ret));
}

/* ---- list ------------------------------------------------------------------------------------*/

struct listing {
    struct ticket_filter filter;
    struct arena *arena;
    struct ticket_row *rows;
    size_t count;
};

static int
read_list(struct store_tx *tx, void *arg, struct err *err)
{
    struct listing *l = arg;
    return store_ticket_list(tx, &l->filter, l->arena, &l->rows, &l->count, err);
}

static int
print_list_json(const struct listing *l, struct err *err)
{
    char number[24];
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < l->count; i++) {
        const struct ticket_row *t = &l->rows[i];
        struct js_out out;
        js_out_init(&out, &text);
        (void)snprintf(number, sizeof(number), "%" PRId64, t->number);
        js_begin_object(&out);
        js_put_str(&out, "ticket", str_c(number));
        js_put_str(&out, "status", t->status);
        js_put_str(&out, "priority", t->priority);
        js_put_str_or_null(&out, "reason", t->reason);
        js_put_str_or_null(&out, "assignee", t->assignee);
        js_put_str(&out, "conversation", t->conversation);
        js_put_str_or_null(&out, "customer", t->customer);
        js_put_str_or_null(&out, "channel", t->channel);
        js_put_str(&out, "created_at", clock_to_arena(t->created_at, &arena));
        js_put_str(&out, "updated_at", clock_to_arena(t->updated_at, &arena));
        js_put_str_or_null(&out, "resolved_at",
                           t->resolved_at ? clock_to_arena(t->resolved_at, &arena) : STR(""));
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "tickets", err);
}

static int
print_list(const struct listing *l, struct err *err)
{
    static const char *const headings[] = {"ticket",   "priority", "status", "assignee",
                                           "customer", "created",  "reason"};
    struct term_table table;
    term_table_init(&table, l->arena, headings, 7);
    for (size_t i = 0; i < l->count; i++) {
        const struct ticket_row *t = &l->rows[i];
        char number[24];
        char created[TRANSCRIPT_TIME];
        (void)snprintf(number, sizeof(number), "%" PRId64, t->number);
        transcript_time(t->created_at, created);
        const struct str cells[] = {
            str_c(number),
            t->priority,
            t->status,
            t->assignee.len ? t->assignee : STR("-"),
            t->customer.len ? t->customer : STR("-"),
            str_c(created),
            t->reason,
        };
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    if (l->count > 0) {
        term_table_print(&table);
    } else if (term_is_terminal(stdout)) {
        (void)fprintf(stderr, "no tickets\n");
    }
    return 0;
}

/* Without --status, what still waits for somebody. */
static void
leave_out_resolved(struct listing *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (!str_eq(l->rows[i].status, TICKET_RESOLVED)) {
            l->rows[kept++] = l->rows[i];
        }
    }
    l->count = kept;
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    struct listing l = {.arena = &app->arena};
    bool queue = args_value(args, "status", "").len == 0;
    int result = read_status(args, "all", &l.filter.status, err);
    if (result < 0) {
        return wrong_usage(err);
    }
    result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = store_read_wait(app->store, read_list, &l, err);
    }
    if (result < 0) {
        return result;
    }
    if (queue) {
        leave_out_resolved(&l);
    }
    if (l.count > 0) {
        qsort(l.rows, l.count, sizeof(*l.rows), desk_queue_order);
    }
    if (args_flag(args, "json")) {
        return print_list_json(&l, err);
    }
    return print_list(&l, err);
}

/* ---- show ------------------------------------------------------------------------------------*/

/* A ticket and the conversation it is about. */
struct showing {
    int64_t number;
    struct arena *arena;
    struct record record;
};

static int
read_ticket(struct store_tx *tx, void *arg, struct err *err)
{
    struct showing *s = arg;
    struct ticket_row ticket;
    int result = store_ticket_get(tx, s->number, s->arena, &ticket, err);
    if (result == 0) {
        result = record_load(tx, ticket.conversation, s->arena, &s->record, err);
    }
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND,
                       "ticket %" PRId64 ": there is none: see `deskhand tickets "
                       "list --status all`",
                       s->number);
    }
    return result;
}

/* What is to be done stands last, where the eye is. */
static void
print_decide(int64_t number, size_t waiting)
{
    if (waiting > 0 && term_is_terminal(stdout)) {
        (void)printf("\n%s%zu approval%s%s: `deskhand tickets approve %" PRId64
                     "%s`, or `decline`\n",
                     term_style(stdout, TERM_YELLOW), waiting, waiting > 1 ? "s wait" : " waits",
                     term_style(stdout, TERM_PLAIN), number, waiting > 1 ? " --approval ID" : "");
    }
}

static int
print_ticket(const struct showing *s, struct err *err)
{
    const struct record *r = &s->record;
    size_t waiting = 0;
    for (size_t i = 0; i < r->ticket_count; i++) {
        if (r->tickets[i].row.number != s->number) {
            continue;
        }
        int result = transcript_print_ticket(r, &r->tickets[i], err);
        if (result == 0) {
            result = approvals_print(r->approvals, r->approval_count, clock_wall_ms(clock_real()),
                                     &waiting, err);
        }
        if (result == 0) {
            (void)printf("%s", r->approval_count ? "\n" : "");
            result = transcript_print(r, err);
        }
        if (result == 0) {
            print_decide(s->number, waiting);
        }
        return result;
    }
    return err_set(err, ERR_BUG, "ticket %" PRId64 " is not its conversation's", s->number);
}

static int
run_show(struct app *app, const struct args *args, struct err *err)
{
    struct showing s = {.arena = &app->arena};
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    int result = agent_number(args_at(args, 0), &s.number, err);
    if (result < 0) {
        return wrong_usage(err);
    }
    result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = store_read_wait(app->store, read_ticket, &s, err);
    }
    if (result < 0 || !args_flag(args, "json")) {
        return result < 0 ? result : print_ticket(&s, err);
    }
    result = record_write_ticket(&s.record, s.number, &text, err);
    buf_add_char(&text, '\n');
    return result < 0 ? result : term_output(&text, "ticket", err);
}

/* ---- export ----------------------------------------------------------------------------------*/

/* One ticket after the other, each read for itself: a big desk does not have to fit into memory,
 * and a slow reader holds nothing up. */
struct exporting {
    struct ticket_filter filter;
    struct buf text;
};

enum { EXPORT_END = 10 };

static int
read_next(struct store_tx *tx, void *arg, struct err *err)
{
    struct exporting *e = arg;
    AUTO(arena) struct arena arena = {0};
    struct ticket_row *rows;
    struct record record;
    size_t count;
    buf_clear(&e->text);
    int result = store_ticket_list(tx, &e->filter, &arena, &rows, &count, err);
    if (result == 0 && count == 0) {
        return EXPORT_END;
    }
    if (result == 0) {
        result = record_load(tx, rows[0].conversation, &arena, &record, err);
    }
    if (result == STORE_NONE) {
        return err_set(err, ERR_INVALID,
                       "ticket %" PRId64 ": its conversation is missing: see "
                       "`deskhand doctor`",
                       rows[0].number);
    }
    if (result == 0) {
        result = record_write_ticket(&record, rows[0].number, &e->text, err);
        e->filter.after = rows[0].number;
    }
    return result;
}

static int
write_all(struct store *store, struct exporting *e, struct outfile *out, bool lines,
          struct err *err)
{
    int result = lines ? 0 : outfile_write(out, STR("["), err);
    for (size_t i = 0; result == 0; i++) {
        result = store_read_wait(store, read_next, e, err);
        if (result == EXPORT_END) {
            break;
        }
        if (result == 0 && !lines) {
            result = outfile_write(out, i ? STR(",\n") : STR("\n"), err);
        }
        if (result == 0) {
            result = outfile_write(out, buf_str(&e->text), err);
        }
        if (result == 0 && lines) {
            result = outfile_write(out, STR("\n"), err);
        }
    }
    if (result == EXPORT_END) {
        result = lines ? 0 : outfile_write(out, e->filter.after ? STR("\n]\n") : STR("]\n"), err);
    }
    return result;
}

static int
run_export(struct app *app, const struct args *args, struct err *err)
{
    AUTO(outfile) struct outfile out = {0};
    struct exporting e = {.filter = {.limit = 1}};
    int64_t now = clock_wall_ms(clock_real());
    int result = read_status(args, "all", &e.filter.status, err);
    if (result == 0) {
        result = since_parse(args_value(args, "since", ""), "--since", now, &e.filter.since, err);
    }
    if (result < 0) {
        return wrong_usage(err);
    }
    result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = outfile_open(&out, args_value(args, "output", ""), &app->arena, err);
    }
    if (result < 0) {
        return result;
    }
    buf_init(&e.text, LIMIT_JSON_BYTES);
    result = write_all(app->store, &e, &out, args_flag(args, "jsonl"), err);
    buf_done(&e.text);
    if (result == 0) {
        result = outfile_finish(&out, err);
    }
    return result == OUTFILE_CLOSED ? EXIT_DONE : result;
}

/* ---- The table -------------------------------------------------------------------------------*/

static const struct arg_option list_options[] = {
    {"status", 0, "STATUS", "open, claimed, waiting, resolved or all (default: not resolved)"},
    {"json", 0, NULL, "print one JSON object a ticket"},
    {0},
};
static const struct arg_option show_options[] = {
    {"json", 0, NULL, "print one JSON object, as `export` does"},
    {0},
};
static const struct arg_option export_options[] = {
    {"status", 0, "STATUS", "only these: open, claimed, waiting or resolved (default: all)"},
    {"since", 0, "TIME", "changed since: 7d, 24h, a date, or an RFC 3339 time"},
    {"output", 'o', "FILE", "write FILE, whole or not at all, readable by you alone"},
    {"jsonl", 0, NULL, "one ticket a line instead of one array"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "the queue: priority, then age",
    .usage = "[--status STATUS] [--json]",
    .example = "deskhand tickets list\ndeskhand tickets list --status resolved --json",
    .options = list_options,
    .run = run_list,
};
static const struct command cmd_show = {
    .name = "show",
    .summary = "a ticket with its summary and conversation",
    .usage = "N [--json]",
    .example = "deskhand tickets show 3",
    .options = show_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
static const struct command cmd_export = {
    .name = "export",
    .summary = "tickets with everything known about them, as JSON",
    .usage = "[--status STATUS] [--since TIME] [-o FILE] [--jsonl]",
    .details =
        "docs/ticket.schema.json describes a ticket. Each is as it was at one moment; tickets\n"
        "made while the export runs may be in it.",
    .example = "deskhand tickets export --since 7d -o tickets.json\n"
               "deskhand tickets export --status resolved --jsonl | gzip > tickets.jsonl.gz",
    .options = export_options,
    .run = run_export,
};

static const struct command *const subcommands[] = {
    &cmd_list,
    &cmd_show,
    &cmd_export,
    &cmd_tickets_claim,
    &cmd_tickets_reply,
    &cmd_tickets_note,
    &cmd_tickets_return,
    &cmd_tickets_resolve,
    &cmd_tickets_approvals,
    &cmd_tickets_approve,
    &cmd_tickets_decline,
    NULL,
};

const struct command cmd_tickets = {
    .name = "tickets",
    .summary = "what waits for a human: list, show, export, work",
    .example = "deskhand tickets list",
    .subcommands = subcommands,
};
