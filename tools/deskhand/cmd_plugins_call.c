/* deskhand plugins call: one call of a tool, as the engine makes it, and nothing recorded. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "command_tools.h"
#include "host/host.h"
#include "hosting.h"
#include "io/loop.h"
#include "mcp_servers.h"
#include "parts.h"
#include "plugin/plugin.h"
#include "store/store.h"
#include "term.h"
#include "tool/policy.h"
#include "tool/tool.h"

/* What a call needs of a desk, and what came of it. */
struct calling {
    struct app *app;
    struct loop *loop;
    struct tool_registry *tools;
    struct plugin_set *plugins;
    struct hosting *hosting;
    struct command_tools *commands;
    struct mcp_servers *servers;
    struct str tool;
    int status; /* of the program */
    int result; /* what went wrong on our side */
    struct err err;
};

static void
calling_done(struct calling *c)
{
    mcp_servers_leave(c->servers);
    tool_registry_free(c->tools);
    mcp_servers_close(c->servers);
    command_tools_close(c->commands);
    plugin_set_free(c->plugins);
    hosting_close(c->hosting);
    /* The store posts to the loop: it goes first. */
    store_free(c->app->store);
    c->app->store = NULL;
    loop_free(c->loop);
}
AUTO_DEFINE_VALUE(calling, struct calling, calling_done)

/* ---- What there is to call -------------------------------------------------------------------*/

/* The tools of this desk. MCP servers are started only for a tool that nobody else brings. */
static int
open_desk(struct calling *c, struct err *err)
{
    struct err none;
    int result = app_config(c->app, err);
    /* What plugins keep is in the desk's record. Without one they cannot, and all else works. */
    if (result == 0 && app_store(c->app, APP_WRITE, c->loop, &none) < 0) {
        c->app->store = NULL;
    }
    if (result == 0) {
        result = hosting_open(c->app, c->loop, &c->app->hosting, err);
        c->hosting = c->app->hosting;
    }
    if (result == 0) {
        result = parts_plugins(c->app, c->loop, c->tools, &c->plugins, err);
    }
    if (result == 0) {
        result = command_tools_open(c->app, c->loop, c->tools, &c->commands, err);
    }
    if (result < 0 || tool_find(c->tools, c->tool)) {
        return result;
    }
    return mcp_servers_open(c->app, c->loop, c->tools, &c->servers, err);
}

/* The tools of one file, which is granted nothing; no desk is needed. */
static int
open_file(struct calling *c, struct str file, struct str config, struct err *err)
{
    const struct plugin *loaded;
    struct plugin_parts parts = {.loop = c->loop, .threads = 1};
    struct parts_plugin wanted = {.path = file, .enabled = true, .isolated = true};
    parts.extensions = host_extensions(&parts.extension_count);
    wanted.config = config;
    int result = plugin_set_new(&parts, &c->plugins, err);
    if (result == 0) {
        result = parts_cage(c->app, &wanted.cage, err);
    }
    return result == 0 ? parts_plugin_load(c->plugins, &wanted, c->tools, &loaded, err) : result;
}

static int
open_tools(struct calling *c, const struct args *args, struct err *err)
{
    struct str file = args_value(args, "file", NULL);
    struct str config = args_value(args, "config", NULL);
    if (config.ptr && !file.ptr) {
        return err_set(err, ERR_INVALID,
                       "--config: goes with --file; a desk's plugins have theirs in desk.yaml");
    }
    struct str customer = args_value(args, "as", "");
    if (customer.len && !id_plausible(customer)) {
        return err_set(err, ERR_INVALID,
                       "--as: an id is 1 to 64 letters, digits, '_', '.', ':' or '-'");
    }
    int result = loop_new(&c->loop, err);
    if (result == 0) {
        result = tool_registry_new(c->loop, &c->tools, err);
    }
    if (result < 0) {
        return result;
    }
    return file.ptr ? open_file(c, file, config, err) : open_desk(c, err);
}

/* ---- The call --------------------------------------------------------------------------------*/

static int
exit_status(const struct tool_result *r)
{
    if (r->status == TOOL_OK) {
        return EXIT_DONE;
    }
    return str_eq_c(r->error_code, "unknown_tool") ? EXIT_NOT_FOUND : EXIT_FAILED;
}

/* What the model would have read; longer than a struct err holds. */
static void
say_failure(const struct calling *c, const struct tool_result *r)
{
    (void)fprintf(stderr, "%sdeskhand:%s ", term_style(stderr, TERM_RED),
                  term_style(stderr, TERM_PLAIN));
    term_text(stderr, c->tool);
    (void)fprintf(stderr, ": ");
    term_text(stderr, r->message);
    (void)fprintf(stderr, " (");
    term_text(stderr, r->error_code);
    (void)fprintf(stderr, r->retryable ? ", may be tried again)\n" : ")\n");
}

static void
say_staged(const struct tool_staged *s)
{
    (void)fprintf(stderr, "It asks for a human, priority ");
    term_text(stderr, s->priority);
    (void)fprintf(stderr, ": ");
    term_text(stderr, s->reason);
    (void)fprintf(stderr, "\nA turn commits that with the result; here nobody was called.\n");
}

/* Written anew on one line: whatever a terminal would obey in it is escaped. */
static int
print_result(struct str json, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text;
    struct js *value;
    struct js_out out;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    int result = js_parse(json, &arena, &value, err);
    if (result < 0) {
        return result;
    }
    js_add_value(&out, value);
    buf_add_char(&text, '\n');
    return term_output(&text, "the result", err);
}

static void
on_done(void *arg, const struct tool_result *r)
{
    struct calling *c = arg;
    c->status = exit_status(r);
    if (r->status != TOOL_OK) {
        say_failure(c, r);
    } else {
        c->result = print_result(r->json, &c->err);
        if (r->staged.escalate) {
            say_staged(&r->staged);
        }
    }
    loop_stop(c->loop);
}

/* --yes, and a call that changes nothing needs none. */
static int
take_agreement(void *arg, const struct tool_def *def, struct str arguments, struct str needs,
               bool *ret, struct err *err)
{
    const bool *agreed = arg;
    (void)def, (void)arguments, (void)needs, (void)err;
    *ret = *agreed;
    return 0;
}

static int
nothing_outside(void *arg, bool *ret, struct err *err)
{
    (void)arg, (void)err;
    *ret = false;
    return 0;
}

/* Nobody has agreed to what cannot be undone. */
static void
ask_first(struct calling *c, const struct tool_judgement *judged)
{
    const struct tool_result refused = {
        .status = TOOL_REJECTED,
        .error_code = judged->code,
        .message = STR("nothing was done, for it cannot be undone"),
    };
    say_failure(c, &refused);
    (void)fprintf(stderr, "It would: ");
    term_text(stderr, judged->summary);
    (void)fprintf(stderr, "\nAdd --yes to do it, or --dry-run to ask the tool what it would do.\n");
    c->status = EXIT_REFUSED;
}

/* The desk's policy is not asked, but a tool whose argument names the customer is called for that
 * customer or not at all, and what cannot be undone only where AGREED. 1: it may be called, 0: said
 * why not. */
static int
may_call(struct calling *c, struct str arguments, struct str customer, bool agreed, struct err *err)
{
    struct tool_judgement judged;
    const struct tool_def *def = tool_find(c->tools, c->tool);
    const struct tool_question question = {
        .def = def, .arguments = arguments, .customer = customer};
    const struct tool_facts facts = {
        .take = take_agreement, .outside = nothing_outside, .arg = &agreed};
    if (!def) {
        return 1; /* dispatch says what is wrong with it */
    }
    int result = tool_policy_judge(NULL, &question, &facts, &c->app->arena, &judged, err);
    if (result < 0 || judged.verdict == TOOL_MAY_RUN) {
        return result < 0 ? result : 1;
    }
    if (judged.verdict != TOOL_REFUSED) {
        ask_first(c, &judged);
        return 0;
    }
    const struct tool_result refused = {
        .status = TOOL_REJECTED, .error_code = judged.code, .message = judged.message};
    say_failure(c, &refused);
    (void)fprintf(stderr, "Here --as CUSTOMER says for whom it is called.\n");
    c->status = EXIT_FAILED;
    return 0;
}

static int
make_call(struct calling *c, const struct args *args, struct err *err)
{
    struct id_gen ids;
    struct arena *arena = &c->app->arena;
    struct tool_call *call;
    id_gen_init(&ids);
    struct tool_scope scope = {
        .call = id_to_arena(&ids, 'x', arena),
        .conversation = id_to_arena(&ids, 'c', arena),
        .turn = id_to_arena(&ids, 't', arena),
        .customer = args_value(args, "as", ""),
        .dry_run = args_flag(args, "dry-run"),
    };
    if (!scope.call.ptr || !scope.conversation.ptr || !scope.turn.ptr) {
        return err_nomem(err);
    }
    bool agreed = scope.dry_run || args_flag(args, "yes");
    int result = may_call(c, args_at(args, 1), scope.customer, agreed, err);
    if (result <= 0) {
        return result;
    }
    result =
        tool_call_start(c->tools, c->tool, args_at(args, 1), &scope, arena, on_done, c, &call, err);
    return result == 0 ? loop_run(c->loop, err) : result;
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    AUTO(calling) struct calling c = {.app = app, .tool = args_at(args, 0)};
    int result = open_tools(&c, args, err);
    if (result == ERR_INVALID && args_value(args, "file", NULL).ptr &&
        !args_value(args, "config", NULL).ptr && strstr(err->message, ": configuration: ")) {
        term_error(err);
        (void)fprintf(stderr, "It wants a configuration: try --config '{\"NAME\":VALUE}'.\n");
        return EXIT_FAILED;
    }
    if (result == 0) {
        result = make_call(&c, args, err);
    }
    if (result == 0 && c.result < 0) {
        *err = c.err;
        result = c.result;
    }
    return result < 0 ? result : c.status;
}

static const struct arg_option options[] = {
    {"as", 0, "CUSTOMER", "the customer it is called for (default: nobody known)"},
    {"dry-run", 0, NULL, "ask the tool to say what it would do, and change nothing"},
    {"file", 0, "FILE", "a tool of this plugin file; no desk is needed"},
    {"config", 0, "JSON", "with --file, its `config` (default {})"},
    {"yes", 0, NULL, "call it also where it cannot be undone"},
    {0},
};

const struct command cmd_plugins_call = {
    .name = "call",
    .summary = "call a tool once, as the engine would",
    .usage = "TOOL [JSON] [--as CUSTOMER] [--dry-run] [--yes] [--file FILE [--config JSON]]",
    .details =
        "JSON is the arguments, {} where there are none. They are checked against the tool's "
        "schema,\nthe call runs where desk.yaml has its plugin run, with its deadline, and the "
        "result is checked\nand printed as JSON. An error is told on stderr in the words a model "
        "would read, with exit\nstatus 1, or 3 when there is no such tool.\n\nThe call is real: a "
        "tool that writes has written, and what a plugin keeps on the desk it\nhas kept. But it "
        "belongs to no conversation, nothing of it is recorded, and what it asks of the\ndesk (a "
        "hand-over) is told and not done. The desk's policy is not asked, but an "
        "irreversible\ntool "
        "wants --yes (else exit status 4). Where an argument names the customer, it has to be "
        "--as. FILE runs in a "
        "process of its own\nthat reads the file's folder and nothing else.",
    .example = "deskhand plugins call search_product_catalog '{\"query\":\"dishwasher\"}'\n"
               "deskhand plugins call order_status '{\"order\":\"A-1001\"}' --as anna",
    .options = options,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};
