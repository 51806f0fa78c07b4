/* The commands of desk.yaml: their programs, and what their cages lack. */
#include "app.h"
#include "command_tools.h"
#include "doctor.h"
#include "io/loop.h"
#include "plugin/cage.h"
#include "plugin/command.h"
#include "tool/tool.h"

static void
check_missing(struct doctor *d, const struct command_listed *l, unsigned missing)
{
    for (unsigned part = 1; part <= CAGE_ALL; part <<= 1) {
        if (missing & part) {
            struct str what = cage_part_name(part);
            struct str loss = cage_part_loss(part);
            checklist_add(&d->list, CHECK_NOTE, "command",
                          "%" STR_FMT " runs without %" STR_FMT ", which this system does not "
                          "offer: %" STR_FMT,
                          STR_ARG(l->def.name), STR_ARG(what), STR_ARG(loss));
        }
    }
}

static void
check_command(struct doctor *d, const struct command_listed *l)
{
    struct err err;
    unsigned missing = 0;
    if (!l->enabled) {
        checklist_add(&d->list, CHECK_OK, "command", "%" STR_FMT " is switched off",
                      STR_ARG(l->def.name));
    } else if (!l->command) {
        checklist_add(&d->list, CHECK_PROBLEM, "command", "%" STR_FMT ": %" STR_FMT,
                      STR_ARG(l->def.name), STR_ARG(l->trouble));
    } else if (command_probe(l->command, &missing, &err) < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "command", "%" STR_FMT ": %" STR_FMT ": %s",
                      STR_ARG(l->def.name), STR_ARG(l->line), err.message);
    } else {
        checklist_add(&d->list, CHECK_OK, "command", "%" STR_FMT ": %" STR_FMT,
                      STR_ARG(l->def.name), STR_ARG(l->line));
        check_missing(d, l, missing);
    }
}

void
doctor_commands(struct doctor *d)
{
    AUTO(loop) struct loop *loop = NULL;
    AUTO(command_tools) struct command_tools *commands = NULL;
    AUTO(tool_registry) struct tool_registry *tools = NULL;
    struct command_listed l;
    struct err err;
    int result = loop_new(&loop, &err);
    if (result == 0) {
        result = tool_registry_new(loop, &tools, &err);
    }
    if (result == 0) {
        result = command_tools_open(d->app, loop, tools, &commands, &err);
    }
    if (result < 0) {
        checklist_add(&d->list, CHECK_PROBLEM, "commands", "%s", err.message);
    }
    for (size_t i = 0; command_tools_at(commands, i, &l); i++) {
        check_command(d, &l);
    }
}
