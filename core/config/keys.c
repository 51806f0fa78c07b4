#include "config/config.h"

#include "base/limits.h"
#include "config/keys_commands.h"
#include "config/keys_mcp.h"
#include "config/keys_models.h"
#include "config/keys_policy.h"

/* The table. One row a key, sorted by name; docs/configuration.md is written from it. */

#define TEXT(name_, fallback_, help_)                                                              \
    {                                                                                              \
        .name = name_, .type = CONFIG_TEXT, .fallback = fallback_, .min = 0, .max = 1000,          \
        .help = help_                                                                              \
    }
#define INT(name_, fallback_, min_, max_, help_)                                                   \
    {                                                                                              \
        .name = name_, .type = CONFIG_INT, .fallback = fallback_, .min = min_, .max = max_,        \
        .help = help_                                                                              \
    }
#define DURATION(name_, fallback_, min_, max_, help_)                                              \
    {                                                                                              \
        .name = name_, .type = CONFIG_DURATION, .fallback = fallback_, .min = min_, .max = max_,   \
        .help = help_                                                                              \
    }
#define BOOL(name_, fallback_, help_)                                                              \
    {                                                                                              \
        .name = name_, .type = CONFIG_BOOL, .fallback = fallback_, .help = help_                   \
    }
#define CHOICE(name_, fallback_, choices_, help_)                                                  \
    {                                                                                              \
        .name = name_, .type = CONFIG_CHOICE, .fallback = fallback_, .choices = choices_,          \
        .help = help_                                                                              \
    }
#define JSON(name_, fallback_, schema_, help_)                                                     \
    {                                                                                              \
        .name = name_, .type = CONFIG_JSON, .fallback = fallback_, .schema = schema_,              \
        .help = help_                                                                              \
    }

#define PATHS_SCHEMA                                                                               \
    "{\"type\":\"array\",\"maxItems\":32,\"items\":"                                               \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}}"

#define SERVERS_SCHEMA                                                                             \
    "{\"type\":\"array\",\"maxItems\":64,\"items\":"                                               \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":300}}"

#define SECRETS_SCHEMA                                                                             \
    "{\"type\":\"object\",\"maxProperties\":32,"                                                   \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]{0,63}$\"},"                          \
    "\"additionalProperties\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}}"

#define PLUGINS_SCHEMA                                                                             \
    "{\"type\":\"array\",\"maxItems\":64,\"items\":{\"type\":\"object\",\"properties\":{"          \
    "\"name\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{1,64}$\"},"                        \
    "\"path\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000},"                           \
    "\"enabled\":{\"type\":\"boolean\",\"default\":true},"                                         \
    "\"config\":{\"type\":\"object\",\"default\":{}},"                                             \
    "\"http\":" SERVERS_SCHEMA ",\"http_private\":{\"type\":\"boolean\"},"                         \
    "\"isolation\":{\"enum\":[\"child\",\"worker\"]},"                                             \
    "\"memory_mb\":{\"type\":\"integer\",\"minimum\":16,\"maximum\":65536},"                       \
    "\"network\":{\"type\":\"boolean\"},\"read\":" PATHS_SCHEMA ",\"secrets\":" SECRETS_SCHEMA     \
    ",\"write\":" PATHS_SCHEMA "},"                                                                \
    "\"additionalProperties\":false,"                                                              \
    "\"oneOf\":[{\"required\":[\"name\"]},{\"required\":[\"path\"]}]}}"

#define VARS_SCHEMA                                                                                \
    "{\"type\":\"object\",\"maxProperties\":100,"                                                  \
    "\"propertyNames\":{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]{0,63}$\"},"                           \
    "\"additionalProperties\":{\"type\":\"string\"}}"

#define KNOWLEDGE_SCHEMA                                                                           \
    "{\"type\":\"object\",\"maxProperties\":200,\"additionalProperties\":{\"type\":\"integer\","   \
    "\"minimum\":1,\"maximum\":5}}"

#define PRICE_SCHEMA "{\"type\":\"number\",\"minimum\":0,\"maximum\":1000000}"
#define PRICES_SCHEMA                                                                              \
    "{\"type\":\"object\",\"maxProperties\":200,"                                                  \
    "\"propertyNames\":{\"minLength\":1,\"maxLength\":200},"                                       \
    "\"additionalProperties\":{\"type\":\"object\",\"properties\":{\"input\":" PRICE_SCHEMA        \
    ",\"output\":" PRICE_SCHEMA ",\"cached\":" PRICE_SCHEMA "},"                                   \
    "\"required\":[\"input\",\"output\"],\"additionalProperties\":false}}"

#define NAMES_SCHEMA                                                                               \
    "{\"type\":\"array\",\"maxItems\":16,\"uniqueItems\":true,"                                    \
    "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64}}"

#define BRAKES_SCHEMA                                                                              \
    "{\"type\":\"array\",\"maxItems\":32,\"items\":{\"type\":\"object\",\"properties\":{"          \
    "\"per\":{\"enum\":[\"turn\",\"conversation\",\"customer\",\"day\"]},"                         \
    "\"tokens\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000000000},"                   \
    "\"money\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1000000000},"               \
    "\"then\":{\"enum\":[\"cheaper\",\"text\",\"human\"]}},"                                       \
    "\"required\":[\"per\",\"then\"],"                                                             \
    "\"anyOf\":[{\"required\":[\"tokens\"]},{\"required\":[\"money\"]}],"                          \
    "\"additionalProperties\":false}}"

static const struct config_key keys[] = {
    BOOL("answers.cache", "false",
         "Whether the first question of a conversation, asked before, gets the answer it got then: "
         "under the same prompt, catalogue and model. No model is called."),
    DURATION("answers.cache_time", "24h", 1000, 30LL * 24 * 3600 * 1000,
             "How long answers are kept for that."),
    TEXT("catalog.path", "",
         "The file of products and articles; empty: catalog.db beside desk.yaml."),
    JSON(
        "commands", "{}", COMMANDS_SCHEMA,
        "Tools that are programs of yours, in any language: a map of a tool's name to a `command`, "
        "a `description` for the model, the JSON Schema of its `input` and, if wanted, further "
        "settings (below)."),
    INT("conversation.queue", "8", 0, LIMIT_QUEUE_PER_CONVERSATION,
        "How many further messages wait while a conversation's turn runs."),
    TEXT("desk.name", "Deskhand", "The name customers see."),
    TEXT("desk.timezone", "UTC",
         "The time zone of reports and opening hours, as in Europe/Berlin."),
    CHOICE("log.level", "warn", "debug|info|warn|error|none",
           "The least important log lines that are written to stderr. Chat and console write none "
           "at a terminal, unless this is set."),
    JSON("mcp", "{}", MCP_SCHEMA,
         "The MCP servers whose tools the model may use: a map of a name of yours, which their "
         "tools' names begin with, to a `command` or a `url` and, if wanted, further settings "
         "(below)."),
    INT("memory.messages", "40", 2, 1000,
        "How many of the latest messages the model is sent with each call."),
    INT("memory.result_bytes", "8000", 1000, 262144,
        "How much of one tool result the model is shown at once; it can ask for the rest."),
    BOOL("memory.summary", "true",
         "Whether older messages are summed up, by `model.background`, for the one that answers."),
    INT("memory.tokens", "24000", 1000, 10000000,
        "How many tokens a call of the model may begin with: the prompt, the tools and as many "
        "whole exchanges of the conversation, the latest, as fit."),
    TEXT("model", "embedded", "The model that answers: a name in `models`, or embedded."),
    TEXT("model.background", "",
         "The model that writes summaries in the background; empty: the one that answers."),
    TEXT("model.currency", "USD", "The currency of `model.prices`."),
    JSON("model.fallback", "[]", NAMES_SCHEMA,
         "Which models are asked, in this order, when the first cannot answer: names in `models`, "
         "or embedded."),
    JSON("model.prices", "{}", PRICES_SCHEMA,
         "What models cost, for reports: a map of a model's name to its price for a million tokens "
         "of `input`, `output` and, if it differs from input, `cached` input."),
    JSON("models", "{}", MODELS_SCHEMA,
         "The models this desk may ask: a map of a name of yours to a `provider`, an `id` and, if "
         "wanted, further settings (below)."),
    JSON(
        "plugins", "[]", PLUGINS_SCHEMA,
        "The plugins to load, each with `name` (one of the plugin directory) or `path` (a file, "
        "relative to desk.yaml), and, if wanted, `enabled` and `config`. `isolation` is child (a "
        "process of its own, the default) or worker (Deskhand's own, the default of those Deskhand "
        "brought with it). A child reads its file's folder, system libraries and the paths in "
        "`read`; it writes to those in `write`, opens no socket unless `network` is true, and has "
        "`memory_mb` of memory (256). The servers in `http` it reaches through Deskhand in "
        "either case: a host (https), *.host for all below it, or http://host:port; at private "
        "addresses only where `http_private` is true. `secrets` is a map of names, which the "
        "plugin uses, to ${NAME} or file:PATH."),
    TEXT("plugins.dir", "",
         "Where plugins given by name are; empty: the directory Deskhand brought with it."),
    JSON("policy", "{}", POLICY_SCHEMA,
         "What tools are allowed: a map of a tool's name, or `*` for all others, to when, how "
         "often and with whose agreement it may be used (below)."),
    TEXT("prompt", "customer_service", "The prompt template that conversations start with."),
    JSON("prompt.knowledge", "{}", KNOWLEDGE_SCHEMA,
         "How many of the shop's articles are put before the model with each message, unasked: a "
         "map of a prompt's name to a number from 1 to 5; none where it says nothing."),
    JSON("prompt.parameters", "{}", PARAMETERS_SCHEMA,
         "What single prompts ask of the model: a map of a prompt's name to `max_tokens`, `stop`, "
         "`temperature`, `tool_choice` and `top_p`; they win over the model's own."),
    JSON("prompt.vars", "{}", VARS_SCHEMA, "Values for the prompt's variables, a map of texts."),
    TEXT("prompts.dir", "",
         "Where prompt templates are looked for first; empty: prompts/ beside desk.yaml, then "
         "those Deskhand brought with it."),
    JSON("spend.brakes", "[]", BRAKES_SCHEMA,
         "What models may cost: a list of `per` (turn, conversation, customer or day; a customer's "
         "is a day, too), `tokens` or `money` or both, and what happens `then`: cheaper (the model "
         "below is asked), text (the customer is told) or human. The strongest that holds counts."),
    TEXT(
        "spend.cheaper_model", "",
        "The model that is asked where a brake says cheaper; empty: the customer is told instead."),
    INT("store.readers", "2", 1, 16, "How many connections read the database at once."),
    CHOICE("store.sync", "full", "full|normal|off",
           "How carefully a commit is written to the disk: full survives a power cut, normal may "
           "lose the last commits in one, off may lose the file."),
    INT("tools.threads", "4", 1, 64, "How many tool calls run at once inside the process."),
    INT("turn.max_model_calls", "8", 1, 100, "How often one turn may call the model."),
    INT("turn.max_repeats", "3", 1, 50,
        "How often one turn may make the same tool call with the same arguments."),
    INT("turn.max_tokens", "100000", 1000, 100000000,
        "How many tokens, in and out, one turn may use."),
    INT("turn.max_tool_calls", "20", 0, 500, "How many tool calls one turn may make."),
    DURATION("turn.timeout", "120s", 1000, 3600000, "How long one turn may take."),
};

const struct config_key *
config_keys(size_t *ret_count)
{
    *ret_count = sizeof(keys) / sizeof(keys[0]);
    return keys;
}
