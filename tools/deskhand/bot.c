#include "bot.h"

#include <string.h>

#include "app.h"
#include "args.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "briefing.h"
#include "command_tools.h"
#include "config/config.h"
#include "desk/desk.h"
#include "digesting.h"
#include "hosting.h"
#include "intents.h"
#include "io/loop.h"
#include "knowledge.h"
#include "mcp_servers.h"
#include "model/model.h"
#include "model/models.h"
#include "model/settings.h"
#include "parts.h"
#include "plugin/plugin.h"
#include "policy.h"
#include "prompt/prompt.h"
#include "reloading.h"
#include "spending.h"
#include "store/store.h"
#include "tool/policy.h"
#include "tool/tool.h"
#include "turn/ledger.h"
#include "turn/result_tool.h"

/* How long a message waits for another program's turn in the same conversation. */
enum { BUSY_WAIT_MS = 30000 };

struct bot {
    struct app *app;
    struct loop *loop;
    struct models *models;
    struct model *model;   /* one of them */
    struct model *cheaper; /* another, or NULL */
    struct spend_rules spend;
    struct tool_registry *tools;
    struct plugin_set *plugins;
    struct reloading *reloading; /* NULL: this program does not stay long */
    struct command_tools *commands;
    struct mcp_servers *servers;
    struct intent_model *intents; /* NULL: the desk has none of its own */
    struct prompt *system;
    struct prompt *greeting;
    struct prompt *handoff;
    struct prompt *limit_reached;
    struct prompt *apology;
    struct prompt *confirm;
    struct tool_policy *policy;
    struct engine *engine;
    struct result_tool *result_tool;
    struct briefing *briefing;       /* NULL: the desk has no real model */
    struct digesting *digesting;     /* NULL likewise */
    struct str given;                /* --var, JSON object */
    struct str vars;                 /* the desk's and those given, JSON object */
    struct str text;                 /* the rendered system prompt */
    char version[KNOWLEDGE_VERSION]; /* the catalogue's, as last looked at */
    size_t articles;                 /* put before the model with each message */
    struct knowledge *knowledge;     /* NULL: none are */
    struct model_params params;      /* what it asks of the model */
    struct str channel;
    struct str customer;
    struct arena scratch; /* bot_hand_over()'s line */
};

void
bot_close(struct bot *b)
{
    if (!b) {
        return;
    }
    mcp_servers_leave(b->servers);
    reloading_stop(b->reloading);
    briefing_close(b->briefing);
    digesting_close(b->digesting);
    engine_free(b->engine);
    knowledge_free(b->knowledge);
    models_free(b->models);
    tool_registry_free(b->tools);
    result_tool_free(b->result_tool);
    mcp_servers_close(b->servers);
    command_tools_close(b->commands);
    plugin_set_free(b->plugins);
    hosting_close(b->app->hosting);
    b->app->hosting = NULL;
    intent_model_free(b->intents);
    prompt_free(b->system);
    prompt_free(b->greeting);
    prompt_free(b->handoff);
    prompt_free(b->limit_reached);
    prompt_free(b->apology);
    prompt_free(b->confirm);
    tool_policy_free(b->policy);
    arena_done(&b->scratch);
    /* The store posts to the loop: it goes first. */
    store_free(b->app->store);
    b->app->store = NULL;
    reloading_free(b->reloading);
    loop_free(b->loop);
    mem_free(b);
}

/* ---- Prompts ---------------------------------------------------------------------------------*/

static int
load_prompts(struct bot *b, struct str name, struct err *err)
{
    struct prompt_path path;
    int result = parts_prompt_path(b->app, &path, err);
    const struct {
        struct str name;
        struct prompt **to;
    } wanted[] = {
        {name, &b->system},
        {STR("handoff"), &b->handoff},
        {STR("limit_reached"), &b->limit_reached},
        {STR("apology"), &b->apology},
        {STR("confirm"), &b->confirm},
    };
    for (size_t i = 0; result == 0 && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        result = prompt_load(&path, wanted[i].name, wanted[i].to, err);
    }
    return result;
}

/* `prompt.parameters` and `prompt.knowledge` of the prompt in use. */
static int
open_params(struct bot *b, struct err *err)
{
    struct app *app = b->app;
    struct js *map = NULL;
    struct js *articles = NULL;
    if (js_parse(config_json(app->config, "prompt.knowledge"), &app->arena, &articles, err) < 0) {
        return err->code;
    }
    b->articles = (size_t)js_int(js_get(articles, b->system->name), 0);
    int result = js_parse(config_json(app->config, "prompt.parameters"), &app->arena, &map, err);
    return result < 0 ? result
                      : setting_params(js_get(map, b->system->name), &app->arena, &b->params, err);
}

/* A desk's own question has to show what it asks for: a turn that finds it does not fails. */
static int
check_confirm(struct bot *b, struct err *err)
{
    struct str actions = STR("- 1 < 2: \"x\" & {y}");
    struct str text;
    int result = prompt_render_with(b->confirm, b->vars, STR("actions"), actions, &b->app->arena,
                                    &text, err);
    if (result == 0 && str_find(text, actions, 0) == SIZE_MAX) {
        return err_set(err, ERR_INVALID,
                       "prompt confirm: says nothing of what the customer is to agree to: put "
                       "{{actions}} on a line of its own");
    }
    return result;
}

static int
open_prompts(struct bot *b, const struct args *args, struct err *err)
{
    struct app *app = b->app;
    struct str name = args_value(args, "prompt", NULL);
    struct prompt_values values = {0};
    if (!name.ptr) {
        name = config_text(app->config, "prompt");
    }
    int result = parts_given_vars(args, &app->arena, &b->given, err);
    if (result == 0) {
        result = parts_vars(app, b->given, &b->vars, err);
    }
    if (result == 0) {
        result = load_prompts(b, name, err);
    }
    if (result == 0) {
        result = check_confirm(b, err);
    }
    if (result < 0) {
        return result;
    }
    result = open_params(b, err);
    if (result < 0) {
        return result;
    }
    values.given = b->given;
    values.offered = b->vars;
    return prompt_fill(b->system, &values, &app->arena, &b->text, err);
}

int
bot_greeting(struct bot *b, struct str *ret, struct err *err)
{
    struct prompt_path path;
    int result = 0;
    if (!b->greeting) {
        result = parts_prompt_path(b->app, &path, err);
        if (result == 0) {
            result = prompt_load(&path, STR("greeting"), &b->greeting, err);
        }
    }
    return result < 0 ? result
                      : prompt_render_with(b->greeting, b->vars, STR(""), STR(""), &b->app->arena,
                                           ret, err);
}

/* ---- Opening ---------------------------------------------------------------------------------*/

/* What every model that may be asked takes. */
static int64_t
context_tokens(const struct bot *b)
{
    int64_t least = 0;
    struct models_entry entry;
    for (size_t i = 0; models_at(b->models, i, &entry); i++) {
        bool asked = str_eq(entry.name, model_name(b->model)) ||
                     (b->cheaper && str_eq(entry.name, model_name(b->cheaper)));
        if (asked && entry.context_tokens > 0 && (least == 0 || entry.context_tokens < least)) {
            least = entry.context_tokens;
        }
    }
    return least;
}

/* Large results are seen in part, and read on by a tool of our own. */
static int
open_result_tool(struct bot *b, struct err *err)
{
    size_t bytes = (size_t)config_int(b->app->config, "memory.result_bytes");
    int result = result_tool_new(b->loop, b->app->store, bytes, &b->result_tool, err);
    return result == 0 ? result_tool_register(b->result_tool, b->tools, err) : result;
}

static int
open_engine(struct bot *b, struct err *err)
{
    const struct config *config = b->app->config;
    struct engine_parts parts = {
        .context_tokens = context_tokens(b),
        .memory_due = digesting_want,
        .memory_arg = b->digesting,
        .loop = b->loop,
        .clock = clock_real(),
        .store = b->app->store,
        .model = b->model,
        .tools = b->tools,
        .handoff = b->handoff,
        .limit_reached = b->limit_reached,
        .apology = b->apology,
        .confirm = b->confirm,
        .policy = b->policy,
        .line_vars = b->vars,
        .limits =
            {
                .model_calls = config_int(config, "turn.max_model_calls"),
                .tool_calls = config_int(config, "turn.max_tool_calls"),
                .repeats = config_int(config, "turn.max_repeats"),
                .time_ms = config_int(config, "turn.timeout"),
                .tokens = config_int(config, "turn.max_tokens"),
            },
        .memory =
            {
                .messages = (size_t)config_int(config, "memory.messages"),
                .tokens = config_int(config, "memory.tokens"),
                .result_bytes = (size_t)config_int(config, "memory.result_bytes"),
            },
        .spend = &b->spend,
        .cheaper = b->cheaper,
        .knowledge = knowledge_parts(b->knowledge),
        .intents = b->intents,
        .answer_time_ms =
            config_bool(config, "answers.cache") ? config_int(config, "answers.cache_time") : 0,
        .queue_max = (size_t)config_int(config, "conversation.queue"),
        .busy_wait_ms = BUSY_WAIT_MS,
    };
    return engine_new(&parts, &b->engine, err);
}

/* Turns that died with their process are closed before anything new begins. */
static int
recover(struct bot *b, struct err *err)
{
    struct ledger_recover r = {.store = b->app->store};
    int result = store_read_wait(b->app->store, ledger_find_dead, &r, err);
    if (result == 0 && r.closed > 0) {
        result = store_write_wait(b->app->store, ledger_recover, &r, err);
    }
    return result;
}

static int
open_models(struct bot *b, struct err *err)
{
    const struct config *config = b->app->config;
    const struct models_parts parts = {b->loop, clock_real(), config};
    struct str cheaper = config_text(config, "spend.cheaper_model");
    int result = models_new(&parts, &b->models, err);
    if (result == 0) {
        result = models_get(b->models, config_text(config, "model"), &b->model, err);
    }
    if (result == 0 && cheaper.len) {
        result = models_get(b->models, cheaper, &b->cheaper, err);
    }
    return result == 0 ? spending_rules(b->app, &b->spend, err) : result;
}

/* Topics are for reports: a desk whose model of them cannot be used answers all the same, and
 * `doctor` says it too. */
static int
open_intents(struct bot *b, struct err *err)
{
    int result = intents_open_desk(b->app, &b->intents, err);
    if (result == ERR_NOMEM || result >= 0) {
        return result;
    }
    log_err(LOG_WARN, "intents", STR(""), err);
    return 0;
}

static int
open_all(struct bot *b, const struct args *args, struct err *err)
{
    int result = app_config(b->app, err);
    if (result == 0) {
        result = open_prompts(b, args, err);
    }
    if (result == 0) {
        result = loop_new(&b->loop, err);
    }
    if (result == 0) {
        result = app_store(b->app, APP_WRITE, b->loop, err);
    }
    if (result == 0) {
        result = recover(b, err);
    }
    if (result == 0) {
        result = open_models(b, err);
    }
    if (result == 0) {
        result = tool_registry_new(b->loop, &b->tools, err);
    }
    if (result == 0) {
        result = hosting_open(b->app, b->loop, &b->app->hosting, err);
    }
    if (result == 0) {
        result = parts_plugins(b->app, b->loop, b->tools, &b->plugins, err);
    }
    if (result == 0) {
        result = command_tools_open(b->app, b->loop, b->tools, &b->commands, err);
    }
    if (result == 0) {
        result = open_result_tool(b, err);
    }
    if (result == 0) {
        result = mcp_servers_open(b->app, b->loop, b->tools, &b->servers, err);
    }
    if (result == 0) {
        result = policy_open(b->app, b->tools, true, &b->policy, err);
    }
    if (result == 0) {
        result = open_intents(b, err);
    }
    if (result == 0) {
        result = briefing_open(b->app, b->loop, b->models, NULL, NULL, &b->briefing, err);
    }
    if (result == 0) {
        result = digesting_open(b->app, b->loop, b->models, &b->spend, &b->digesting, err);
    }
    if (result == 0 && b->articles > 0) {
        result = knowledge_new(b->app, b->loop, &b->knowledge, err);
    }
    return result == 0 ? open_engine(b, err) : result;
}

int
bot_open(struct app *app, const struct args *args, const char *channel, struct bot **ret,
         struct err *err)
{
    AUTO(bot) struct bot *b = mem_zero(1, sizeof(*b));
    if (!b) {
        return err_nomem(err);
    }
    b->app = app;
    b->channel = str_c(channel);
    b->customer = args_value(args, "customer", "");
    if (b->customer.len && !id_plausible(b->customer)) {
        return err_set(err, ERR_INVALID,
                       "--customer: an id is 1 to 64 letters, digits, '_', '.', ':' or '-'");
    }
    int result = open_all(b, args, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(b);
    return 0;
}

int
bot_watch_plugins(struct bot *b, struct err *err)
{
    return reloading_open(b->app, b->plugins, b->commands, b->tools, &b->reloading, err);
}

struct loop *
bot_loop(struct bot *b)
{
    return b->loop;
}

void
bot_handed_over(struct bot *b, int64_t ticket)
{
    briefing_want(b->briefing, ticket);
}

struct engine *
bot_engine(struct bot *b)
{
    return b->engine;
}

struct turn_input
bot_input(struct bot *b, struct str conversation, struct str text, struct str greeting)
{
    if (config_bool(b->app->config, "answers.cache")) {
        knowledge_version(b->app, b->version);
    }
    return (struct turn_input){
        .conversation = conversation,
        .customer = b->customer,
        .channel = b->channel,
        .text = text,
        .prompt_name = b->system->name,
        .prompt_hash = str_c(b->system->hash),
        .prompt_text = b->system->text,
        .prompt_vars = b->given,
        .system = b->text,
        .greeting = greeting,
        .params = b->params,
        .articles = b->articles,
        .catalog_version = str_c(b->version),
    };
}

/* ---- Outside turns ---------------------------------------------------------------------------*/

struct visit {
    struct bot *bot;
    struct str conversation;
    struct desk_ticket ticket;
    int outcome;
};

static int
look_up(struct store_tx *tx, const struct visit *v, struct arena *arena,
        struct conversation_row *ret, struct err *err)
{
    int result = store_conversation_get(tx, v->conversation, arena, ret, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND,
                       "conversation %" STR_FMT
                       ": there is none: see `deskhand conversations list`",
                       STR_ARG(v->conversation));
    }
    struct str customer = v->bot->customer;
    if (result == 0 && customer.len && ret->customer.len && !str_eq(customer, ret->customer)) {
        return err_set(err, ERR_AUTH, "conversation %" STR_FMT ": belongs to another customer",
                       STR_ARG(v->conversation));
    }
    return result;
}

static int
check_body(struct store_tx *tx, void *arg, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct conversation_row row;
    return look_up(tx, arg, &arena, &row, err);
}

int
bot_check_conversation(struct bot *b, struct str conversation, struct err *err)
{
    struct visit v = {.bot = b, .conversation = conversation};
    return store_read_wait(b->app->store, check_body, &v, err);
}

static int
hand_over_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct visit *v = arg;
    struct bot *b = v->bot;
    struct arena *arena = &b->scratch;
    struct conversation_row row;
    arena_clear(arena);
    int result = look_up(tx, v, arena, &row, err);
    if (result < 0) {
        return result;
    }
    struct desk_handover handover = {
        .conversation = v->conversation,
        .epoch = row.epoch,
        .who = STR("customer"),
        .reason = STR("the customer asked for a human"),
        .priority = STR("medium"),
        .line = b->handoff,
        .line_vars = b->vars,
    };
    result = desk_hand_over(tx, &handover, arena, &v->ticket, err);
    if (result == STORE_STALE) {
        return BOT_WITH_HUMAN;
    }
    return result < 0 ? result : desk_say(tx, v->conversation, STR(""), v->ticket.line, arena, err);
}

int
bot_hand_over(struct bot *b, struct str conversation, int64_t *ret_ticket, struct str *ret_line,
              struct err *err)
{
    struct visit v = {.bot = b, .conversation = conversation};
    int result = store_write_wait(b->app->store, hand_over_body, &v, err);
    if (result == 0) {
        *ret_ticket = v.ticket.number;
        *ret_line = v.ticket.line;
        bot_handed_over(b, v.ticket.number);
    }
    return result;
}
