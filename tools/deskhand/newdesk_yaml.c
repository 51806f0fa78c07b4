/* The text of a new desk.yaml. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "config/config.h"
#include "newdesk.h"

/* Keys that the opening sets or explains; the rest follows from the table. */
static const char *const told[] = {
    "desk.name", "model", "model.fallback", "models", "plugins", "prompt", "prompt.vars",
};

static const char opening[] =
    "# A Deskhand desk: what this shop's support bot is and does.\n"
    "#\n"
    "# Lines that begin with # are remarks. After a change, `deskhand doctor` says whether all is\n"
    "# well. Keep this file yours alone to write: it names code to load.\n"
    "\n"
    "# The shop's name, as customers see it.\n"
    "desk.name: ";

static const char middle[] =
    "\n\n"
    "# Who answers: `deskhand models list` shows what there is. \"embedded\" is the built-in\n"
    "# assistant; it needs no account and no network.\n"
    "model: embedded\n"
    "\n"
    "# Real models. Take the # away from those you want (from `models:` too), put a name behind\n"
    "# `model:` above, and see whether it works: `deskhand models test claude`. Keys stand in the\n"
    "# environment or in a file (file:PATH), never here. docs/configuration.md has every setting.\n"
    "# models:\n"
    "#   claude:                # at Anthropic\n"
    "#     provider: anthropic\n"
    "#     id: claude-sonnet-4-5\n"
    "#     key: ${ANTHROPIC_API_KEY}\n"
    "#   bedrock:               # any model there; credentials as the AWS command line finds them\n"
    "#     provider: bedrock\n"
    "#     id: us.anthropic.claude-sonnet-4-5-20250929-v1:0\n"
    "#     region: us-east-1\n"
    "#   gpt:                   # at OpenAI\n"
    "#     provider: openai\n"
    "#     id: gpt-5-mini\n"
    "#     key: ${OPENAI_API_KEY}\n"
    "#   local:                 # on your own machine: Ollama, llama.cpp, vLLM\n"
    "#     provider: openai\n"
    "#     id: qwen3:8b\n"
    "#     base_url: http://localhost:11434/v1\n"
    "# Who is asked, in this order, when the one above cannot answer.\n"
    "# model.fallback: [embedded]\n"
    "\n"
    "# How the bot speaks: `deskhand prompts list` shows what there is.\n"
    "prompt: customer_service\n"
    "\n"
    "# What the prompts may say about the shop; `deskhand prompts show customer_service` lists "
    "the\n"
    "# variables. Take the # away from the lines you want (from `prompt.vars:` too).\n"
    "# prompt.vars:\n"
    "#   bot_name: Robin\n"
    "#   sells: lamps and lighting\n"
    "#   human_hours: on weekdays from 9 to 17\n"
    "\n"
    "# The plugins that bring the bot its tools: `deskhand plugins list` shows what they can do.\n"
    "# One of your own: `- path: ./my_plugin.so`.\n"
    "plugins:\n"
    "  - name: catalog_search    # finds products\n"
    "  - name: troubleshooting   # finds steps that mend what is broken\n"
    "  - name: escalate          # calls a human\n"
    "\n"
    "# ---- Everything else, at its default ----------------------------------------------------\n";

static bool
is_told(const char *name)
{
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if (strcmp(told[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* HELP as remarks of at most some 90 columns. */
static void
add_help(struct buf *out, struct str help)
{
    enum { COLUMNS = 90 };
    struct str word;
    size_t column = COLUMNS;
    while (str_split(&help, ' ', &word)) {
        bool fits = column + 1 + word.len <= COLUMNS;
        buf_add_c(out, fits ? " " : "\n# ");
        buf_add(out, word);
        column = fits ? column + 1 + word.len : 2 + word.len;
    }
    buf_add_char(out, '\n');
}

static void
add_key(struct buf *out, const struct config_key *key)
{
    const char *value = *key->fallback ? key->fallback : "\"\"";
    add_help(out, str_c(key->help));
    if (key->choices) {
        buf_printf(out, "# One of: ");
        struct str rest = str_c(key->choices);
        struct str choice;
        for (bool first = true; str_split(&rest, '|', &choice); first = false) {
            buf_printf(out, "%s%" STR_FMT, first ? "" : ", ", STR_ARG(choice));
        }
        buf_add_char(out, '\n');
    }
    buf_printf(out, "# %s: %s\n", key->name, value);
}

void
newdesk_yaml(struct str shop_name, struct buf *out)
{
    size_t count;
    struct js_out name;
    const struct config_key *keys = config_keys(&count);
    buf_add_c(out, opening);
    /* A JSON string is a YAML string. */
    js_out_init(&name, out);
    js_add_str(&name, shop_name);
    buf_add_c(out, middle);
    for (size_t i = 0; i < count; i++) {
        if (!is_told(keys[i].name)) {
            add_key(out, &keys[i]);
        }
    }
}
