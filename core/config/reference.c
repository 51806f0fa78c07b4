#include "base/buf.h"
#include "config/config_impl.h"
#include "config/keys_commands.h"
#include "config/keys_mcp.h"
#include "config/keys_models.h"
#include "config/keys_policy.h"

/* `|` would end a table's cell. */
static void
add_cell(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        buf_add_c(out, text.ptr[i] == '|' ? "\\" : "");
        buf_add_char(out, text.ptr[i]);
    }
}

static void
add_key(struct buf *out, const struct config_key *key)
{
    AUTO(buf) struct buf wanted = {0};
    buf_init(&wanted, 1000);
    value_describe(key, &wanted);
    buf_printf(out, "| `%s` | ", key->name);
    add_cell(out, buf_str(&wanted));
    if (key->fallback[0] == '\0') {
        buf_add_c(out, " | empty | ");
    } else {
        buf_printf(out, " | `%s` | ", key->fallback);
    }
    add_cell(out, str_c(key->help));
    buf_add_c(out, " |\n");
}

static void
add_setting(struct buf *out, const char *name, const char *takes, const char *help)
{
    buf_printf(out, "| `%s` | ", name);
    add_cell(out, str_c(takes));
    buf_add_c(out, " | ");
    add_cell(out, str_c(help));
    buf_add_c(out, " |\n");
}

#define ADD_SETTING(name_, schema_, takes_, help_) add_setting(out, #name_, takes_, help_);

static void
add_models(struct buf *out)
{
    buf_add_c(out, "\n## Models\n\n"
                   "```yaml\n"
                   "model: sonnet\n"
                   "model.fallback: [local, embedded]\n"
                   "models:\n"
                   "  sonnet:\n"
                   "    provider: bedrock\n"
                   "    id: eu.anthropic.claude-sonnet-4-5-20250929-v1:0\n"
                   "    region: eu-central-1\n"
                   "  local:\n"
                   "    provider: openai\n"
                   "    base_url: http://127.0.0.1:11434/v1\n"
                   "    id: llama3.2\n"
                   "```\n\n"
                   "`provider` is bedrock, bedrock-invoke, anthropic or openai. A setting that a "
                   "provider does not know is\nrefused. The other settings of a model:\n\n"
                   "| setting | takes | what it is |\n"
                   "|---|---|---|\n");
    PARAMETER_ROWS(ADD_SETTING)
    SETTING_ROWS(ADD_SETTING)
}

static void
add_commands(struct buf *out)
{
    buf_add_c(
        out,
        "\n## Commands\n\n"
        "```yaml\n"
        "commands:\n"
        "  delivery_date:\n"
        "    command: [./tools/delivery.py]\n"
        "    description: Says when an order will arrive. Use it when ... Returns {date}.\n"
        "    input:\n"
        "      type: object\n"
        "      required: [order]\n"
        "      properties: {order: {type: string, description: the order's number}}\n"
        "    read: [./warehouse]\n"
        "```\n\n"
        "`command` is a program with its arguments, without a shell: relative to desk.yaml when it "
        "has a\nslash, else looked for in the PATH of its `env`. It reads a call as JSON and "
        "prints "
        "its result, in a cage of\nits own: it reads its own folder and what it is granted, writes "
        "nowhere and opens no connection unless\nit is granted that. [Writing "
        "a plugin](plugins.md#without-c) has the protocol and examples. The other\nsettings of a "
        "command:\n\n"
        "| setting | takes | what it is |\n"
        "|---|---|---|\n");
    COMMAND_ROWS(ADD_SETTING)
}

static void
add_mcp(struct buf *out)
{
    buf_add_c(
        out,
        "\n## MCP servers\n\n"
        "```yaml\n"
        "mcp:\n"
        "  files:\n"
        "    command: [npx, -y, \"@modelcontextprotocol/server-filesystem\", /srv/docs]\n"
        "    env:\n"
        "      PATH: /usr/local/bin:/usr/bin:/bin\n"
        "      HOME: /srv/home\n"
        "    tools: [read_text_file, list_directory]\n"
        "  parcels:\n"
        "    url: https://mcp.example.com/mcp\n"
        "    bearer: ${PARCELS_TOKEN}\n"
        "```\n\n"
        "`command` is a program that speaks the Model Context Protocol on its stdin and "
        "stdout, with its\narguments, without a shell. It runs as you, beside the desk, "
        "in no cage: name only what you trust to\nrun. What it answers is put before the "
        "model as data from outside, and a tool that\nit changes while the desk runs is not called "
        "any more. A server that fails is started again, and after\n5 faults within ten "
        "minutes no more; `deskhand plugins list` says why.\n\n"
        "`url` is a server elsewhere, over the protocol's streamable HTTP: https, or http where it "
        "stays on this\nmachine or a private network. Nobody logs in there: where it wants a "
        "secret, `bearer` is it. Redirects\nare not followed. One that cannot be reached is tried "
        "again, and after 5 faults every minute; one that\nrefuses the secret, every ten minutes. "
        "The other settings of a server:\n\n"
        "| setting | takes | what it is |\n"
        "|---|---|---|\n");
    MCP_ROWS(ADD_SETTING)
}

static void
add_policy(struct buf *out)
{
    buf_add_c(
        out,
        "\n## Policy\n\n"
        "```yaml\n"
        "desk.timezone: Europe/Berlin\n"
        "policy:\n"
        "  \"*\":\n"
        "    per_minute: 60\n"
        "  refund:\n"
        "    confirm: Refund {amount} for order {order}?\n"
        "    per_customer_day: 3\n"
        "    hours: [mon-fri 09:00-18:00, \"sat 10:00-12:00,13:00-16:00\"]\n"
        "  cancel_order:\n"
        "    approval: agent\n"
        "```\n\n"
        "A tool's rule begins as that of `*`, which is for all tools, the hand-over to a human "
        "among them, and\nsays what differs. A rule for a tool that nobody brings is refused; it "
        "may wait for one that a\ncommand or an MCP server of desk.yaml would bring. What a rule "
        "forbids is not done, and the model is\ntold why, for the customer; calls that were "
        "refused or asked about do not count.\n\n"
        "Hours are days (sun, mon, tue, wed, thu, fri, sat), a space, and times; ranges run over "
        "the week's\nend and over midnight: `fri-mon 22:00-06:00`. 24:00 is a day's end.\n\n"
        "An agreement is for one call with exactly these arguments. A customer's is asked for in "
        "the\nconversation; an agent's hands it over, and `deskhand tickets` and the console show "
        "what waits.\n\n"
        "Limits and agreements belong to conversations. `deskhand mcp`, where there is none, "
        "keeps the hours,\ncounts nothing, and does not offer what a rule switches off, keeps to "
        "some prompts, rehearses or\nwants agreed to, nor a tool that names the customer. "
        "`deskhand plugins call` is for who runs the desk:\nno rule holds there, and what cannot "
        "be undone wants `--yes`.\n\n"
        "The settings of a tool's rule:\n\n"
        "| setting | takes | what it is |\n"
        "|---|---|---|\n");
    POLICY_ROWS(ADD_SETTING)
}

void
config_write_reference(struct buf *out)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    buf_add_c(
        out, "# Configuration\n\n"
             "A desk is a directory with a `desk.yaml`. Every key has a default, so an empty file "
             "is a\ncomplete configuration. Names are dotted; maps may be used instead of dots:\n\n"
             "```yaml\n"
             "turn:\n"
             "  timeout: 90s\n"
             "turn.max_tokens: 50000\n"
             "plugins:\n"
             "  - name: catalog_search\n"
             "  - path: ./plugins/loyalty.so\n"
             "    config:\n"
             "      greeting: hello\n"
             "plugins.dir: /opt/deskhand/plugins\n"
             "```\n\n"
             "The file is YAML or JSON. `true`, `false`, `null`, `~` and numbers as JSON writes "
             "them are what they\nare; everything else is text (`no`, `on`, `1:30`). Aliases, "
             "anchors, tags and duplicate keys are\nrefused. Mistakes are reported with file and "
             "line. Because the file names code to load, one found\nby looking upward must belong "
             "to you or to root and must not be writable by everybody.\n\n"
             "## Keys\n\n"
             "| key | takes | default | what it is |\n"
             "|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        add_key(out, &keys[i]);
    }
    add_models(out);
    add_commands(out);
    add_mcp(out);
    add_policy(out);
    buf_add_c(out, "\n## Environment\n\n"
                   "| variable | what it is |\n"
                   "|---|---|\n");
    const struct config_variable *variables = config_variables(&count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "| `%s` | %s |\n", variables[i].name, variables[i].help);
    }
    buf_add_c(out, "\nThis page is written from the tables in `core/config/keys.c` and "
                   "`core/config/env.c`.\n");
}
