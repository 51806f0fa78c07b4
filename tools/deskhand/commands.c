/* The table of commands. */
#include <stddef.h>

#include "command.h"

extern const struct command cmd_articles;
extern const struct command cmd_ask;
extern const struct command cmd_bench;
extern const struct command cmd_catalog;
extern const struct command cmd_chat;
extern const struct command cmd_completion;
extern const struct command cmd_console;
extern const struct command cmd_conversations;
extern const struct command cmd_doctor;
extern const struct command cmd_init;
extern const struct command cmd_intents;
extern const struct command cmd_mcp;
extern const struct command cmd_models;
extern const struct command cmd_plugins;
extern const struct command cmd_prompts;
extern const struct command cmd_report;
extern const struct command cmd_tickets;

const struct command *const commands[] = {
    &cmd_init,
    &cmd_ask,
    &cmd_chat,
    &cmd_console,
    &cmd_conversations,
    &cmd_tickets,
    &cmd_report,
    &cmd_catalog,
    &cmd_articles,
    &cmd_intents,
    &cmd_prompts,
    &cmd_plugins,
    &cmd_models,
    &cmd_mcp,
    &cmd_doctor,
    &cmd_bench,
    &cmd_completion,
    NULL,
};
