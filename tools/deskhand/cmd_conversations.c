/* deskhand conversations: the record. Import and delete have files of their own. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "app.h"
#include "approvals.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "command.h"
#include "config/config.h"
#include "conversation_memory.h"
#include "conversation_metrics.h"
#include "desk/record.h"
#include "outfile.h"
#include "report/report.h"
#include "since.h"
#include "store/store.h"
#include "term.h"
#include "transcript.h"

extern const struct command cmd_conversations_delete;
extern const struct command cmd_conversations_import;

enum { LIST_DEFAULT = 50, LIST_MAX = 1000000 };

static int
wrong_usage(const struct err *err)
{
    term_error(err);
    return EXIT_USAGE;
}

static int
not_found(struct str id, struct err *err)
{
    return err_set(err, ERR_NOTFOUND,
                   "conversation %" STR_FMT ": there is none: see `deskhand conversations list`",
                   STR_ARG(id));
}

/* ---- list ------------------------------------------------------------------------------------*/

/* A conversation and its newest message, whose number is how many there are. */
struct listed {
    struct conversation_row row;
    int64_t messages;
    struct str last;
};

struct listing {
    struct conversation_filter filter;
    struct arena *arena;
    struct listed *items;
    size_t count;
    bool more;
};

static int
read_last(struct store_tx *tx, struct listed *item, struct arena *keep, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct message_row *rows;
    struct message m = {0};
    size_t count;
    int result = store_message_list(tx, item->row.id, 0, 1, &arena, &rows, &count, err);
    if (result < 0 || count == 0) {
        return result;
    }
    item->messages = rows[0].seq;
    result = message_parse_content(rows[0].content, &arena, &m.blocks, &m.count, err);
    if (result < 0) {
        return err_wrap(err, "message %" STR_FMT, STR_ARG(rows[0].id));
    }
    struct str words = media_text(&m, &arena);
    item->last = words.ptr ? arena_str(keep, utf8_cut(words, 200)) : (struct str){0};
    return item->last.ptr ? 0 : err_nomem(err);
}

static int
read_list(struct store_tx *tx, void *arg, struct err *err)
{
    struct listing *l = arg;
    struct conversation_filter filter = l->filter;
    struct conversation_row *rows;
    filter.limit += filter.limit > 0;
    int result = store_conversation_list(tx, &filter, l->arena, &rows, &l->count, err);
    if (result < 0) {
        return result;
    }
    l->more = l->filter.limit > 0 && l->count > l->filter.limit;
    l->count -= l->more;
    l->items = arena_zero(l->arena, l->count + 1, sizeof(*l->items));
    if (!l->items) {
        return err_nomem(err);
    }
    for (size_t i = 0; result == 0 && i < l->count; i++) {
        l->items[i].row = rows[i];
        result = read_last(tx, &l->items[i], l->arena, err);
    }
    return result;
}

static int
print_list_json(const struct listing *l, struct err *err)
{
    AUTO(buf) struct buf text;
    AUTO(arena) struct arena arena = {0};
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < l->count; i++) {
        const struct conversation_row *c = &l->items[i].row;
        struct js_out out;
        js_out_init(&out, &text);
        js_begin_object(&out);
        js_put_str(&out, "conversation", c->id);
        js_put_str_or_null(&out, "customer", c->customer);
        js_put_str_or_null(&out, "channel", c->channel);
        js_put_str_or_null(&out, "topic", c->topic);
        js_put_str_or_null(&out, "prompt", c->prompt_name);
        js_put_str(&out, "owner", c->owner);
        js_put_int(&out, "messages", l->items[i].messages);
        js_put_str(&out, "created_at", clock_to_arena(c->created_at, &arena));
        js_put_str(&out, "updated_at", clock_to_arena(c->updated_at, &arena));
        js_end_object(&out);
        buf_add_char(&text, '\n');
    }
    return term_output(&text, "conversations", err);
}

static int
print_list(const struct listing *l, struct err *err)
{
    static const char *const headings[] = {"conversation", "customer", "channel", "topic",
                                           "owner",        "messages", "last",    "last words"};
    struct term_table table;
    term_table_init(&table, l->arena, headings, 8);
    for (size_t i = 0; i < l->count; i++) {
        const struct listed *item = &l->items[i];
        char number[24];
        char last[TRANSCRIPT_TIME];
        (void)snprintf(number, sizeof(number), "%" PRId64, item->messages);
        transcript_time(item->row.updated_at, last);
        const struct str cells[] = {
            item->row.id,
            item->row.customer.len ? item->row.customer : STR("-"),
            item->row.channel.len ? item->row.channel : STR("-"),
            item->row.topic.len ? item->row.topic : STR("-"),
            item->row.owner,
            str_c(number),
            str_c(last),
            item->last,
        };
        term_table_add(&table, cells);
    }
    if (table.failed) {
        return err_nomem(err);
    }
    if (l->count > 0) {
        term_table_print(&table);
    } else if (term_is_terminal(stdout)) {
        (void)fprintf(stderr, "no conversations\n");
    }
    return 0;
}

static int
read_filter(const struct args *args, struct conversation_filter *ret, struct err *err)
{
    int64_t limit;
    ret->customer = args_value(args, "customer", "");
    ret->owner = args_value(args, "owner", "");
    bool owner_fine = ret->owner.len == 0 || str_eq(ret->owner, OWNER_BOT) ||
                      str_eq(ret->owner, OWNER_HUMAN) || str_eq(ret->owner, OWNER_NOBODY);
    if (!owner_fine) {
        return err_set(err, ERR_INVALID, "--owner: '%" STR_FMT "' is none of bot, human and nobody",
                       STR_ARG(ret->owner));
    }
    int result = args_number(args, "limit", LIST_DEFAULT, 0, LIST_MAX, &limit, err);
    if (result < 0) {
        return result;
    }
    ret->limit = (size_t)limit;
    return since_parse(args_value(args, "since", ""), "--since", clock_wall_ms(clock_real()),
                       &ret->since, err);
}

static int
run_list(struct app *app, const struct args *args, struct err *err)
{
    struct listing l = {.arena = &app->arena};
    int result = read_filter(args, &l.filter, err);
    if (result < 0) {
        return wrong_usage(err);
    }
    result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = store_read_wait(app->store, read_list, &l, err);
    }
    if (result == 0 && args_flag(args, "json")) {
        result = print_list_json(&l, err);
    } else if (result == 0) {
        result = print_list(&l, err);
    }
    if (result == 0 && l.more && term_is_terminal(stderr)) {
        (void)fprintf(stderr, "(only the latest %zu; --limit 0 shows all)\n", l.filter.limit);
    }
    return result;
}

/* ---- show, export ----------------------------------------------------------------------------*/

struct reading {
    struct str id;
    struct arena *arena;
    struct record record;
    struct buf *out; /* NULL: only read */
};

static int
read_one(struct store_tx *tx, void *arg, struct err *err)
{
    struct reading *r = arg;
    int result = record_load(tx, r->id, r->arena, &r->record, err);
    if (result == STORE_NONE) {
        return not_found(r->id, err);
    }
    if (result == 0 && r->out) {
        buf_clear(r->out);
        result = record_write(&r->record, r->out, err);
        buf_add_char(r->out, '\n');
    }
    return result;
}

/* The conversation in numbers instead of words. */
static int
show_metrics(struct app *app, const struct record *record, bool json, struct err *err)
{
    struct conversation_metrics m;
    struct report_price *prices = NULL;
    size_t price_count = 0;
    struct js_out out;
    AUTO(buf) struct buf text;
    struct str currency = config_text(app->config, "model.currency");
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    int result = report_prices(config_json(app->config, "model.prices"), &app->arena, &prices,
                               &price_count, err);
    if (result < 0) {
        return result;
    }
    conversation_metrics_count(record, prices, price_count, &m);
    if (!json) {
        conversation_metrics_print(&m, currency);
        return 0;
    }
    js_out_init(&out, &text);
    conversation_metrics_write(&m, record->conversation.id, currency, &out);
    buf_add_char(&text, '\n');
    return term_output(&text, "metrics", err);
}

static int
run_show(struct app *app, const struct args *args, struct err *err)
{
    AUTO(buf) struct buf text;
    bool json = args_flag(args, "json");
    bool metrics = args_flag(args, "metrics");
    bool memory = args_flag(args, "memory");
    struct reading r = {.id = args_at(args, 0), .arena = &app->arena};
    size_t waiting;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (metrics && memory) {
        (void)err_set(err, ERR_INVALID, "--metrics and --memory: one of the two at a time");
        return wrong_usage(err);
    }
    r.out = json && !metrics && !memory ? &text : NULL;
    int result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = store_read_wait(app->store, read_one, &r, err);
    }
    if (result < 0) {
        return result;
    }
    if (r.out) {
        return term_output(&text, "conversation", err);
    }
    if (!json) {
        transcript_print_head(&r.record);
    }
    if (metrics) {
        return show_metrics(app, &r.record, json, err);
    }
    if (memory) {
        return conversation_memory_show(app, &r.record, json, err);
    }
    result = approvals_print(r.record.approvals, r.record.approval_count,
                             clock_wall_ms(clock_real()), &waiting, err);
    (void)printf("%s", r.record.approval_count ? "\n" : "");
    return result < 0 ? result : transcript_print(&r.record, err);
}

static int
export_one(struct app *app, struct str id, struct outfile *out, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct reading r = {.id = id, .arena = &arena, .out = &text};
    buf_init(&text, LIMIT_JSON_BYTES);
    int result = store_read_wait(app->store, read_one, &r, err);
    return result < 0 ? result : outfile_write(out, buf_str(&text), err);
}

static int
run_export(struct app *app, const struct args *args, struct err *err)
{
    AUTO(outfile) struct outfile out = {0};
    int result = app_store(app, APP_READ, NULL, err);
    if (result == 0) {
        result = outfile_open(&out, args_value(args, "output", ""), &app->arena, err);
    }
    for (size_t i = 0; result == 0 && i < args_count(args); i++) {
        result = export_one(app, args_at(args, i), &out, err);
    }
    if (result == 0) {
        result = outfile_finish(&out, err);
    }
    return result == OUTFILE_CLOSED ? EXIT_DONE : result;
}

/* ---- The table -------------------------------------------------------------------------------*/

static const struct arg_option list_options[] = {
    {"customer", 0, "ID", "only this customer's"},
    {"owner", 0, "OWNER", "only those of bot, human or nobody"},
    {"since", 0, "TIME", "changed since: 7d, 24h, a date, or an RFC 3339 time"},
    {"limit", 'n', "N", "at most N, the latest (default 50; 0 for all)"},
    {"json", 0, NULL, "print one JSON object a conversation"},
    {0},
};
static const struct arg_option show_options[] = {
    {"json", 0, NULL, "print one JSON object, as `export` does"},
    {"metrics", 0, NULL, "the conversation in numbers instead"},
    {"memory", 0, NULL, "what models saw of it, what that cost, and what one would see now"},
    {0},
};
static const struct arg_option export_options[] = {
    {"output", 'o', "FILE", "write FILE, whole or not at all, readable by you alone"},
    {0},
};

static const struct command cmd_list = {
    .name = "list",
    .summary = "conversations, latest first",
    .usage = "[--customer ID] [--owner OWNER] [--since TIME] [--limit N] [--json]",
    .example = "deskhand conversations list --owner nobody\n"
               "deskhand conversations list --since 7d --json",
    .options = list_options,
    .run = run_list,
};
static const struct command cmd_show = {
    .name = "show",
    .summary = "a conversation as a person reads it",
    .usage = "ID [--metrics | --memory] [--json]",
    .example = "deskhand conversations show c-6fkw3ma7qx1bd2\n"
               "deskhand conversations show c-6fkw3ma7qx1bd2 --metrics\n"
               "deskhand conversations show c-6fkw3ma7qx1bd2 --memory",
    .options = show_options,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
static const struct command cmd_export = {
    .name = "export",
    .summary = "everything recorded of conversations, as JSON Lines",
    .usage = "ID... [-o FILE]",
    .details = "One JSON object a conversation, each on a line. `import` takes it back exactly.",
    .example = "deskhand conversations export c-6fkw3ma7qx1bd2 -o talk.json",
    .options = export_options,
    .min_args = 1,
    .max_args = UINT_MAX,
    .run = run_export,
};
static const struct command *const subcommands[] = {
    &cmd_list, &cmd_show, &cmd_export, &cmd_conversations_import, &cmd_conversations_delete, NULL,
};

const struct command cmd_conversations = {
    .name = "conversations",
    .summary = "the record: list, show, export, import, delete",
    .example = "deskhand conversations list",
    .subcommands = subcommands,
};
