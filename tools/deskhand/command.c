#include "command.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "args.h"
#include "suggest.h"
#include "term.h"

int
command_exit_status(int code)
{
    switch (code) {
    case ERR_NOTFOUND:
        return EXIT_NOT_FOUND;
    case ERR_LIMIT:
    case ERR_AUTH:
        return EXIT_REFUSED;
    default:
        return code < 0 ? EXIT_FAILED : code;
    }
}

static void
print_options(const struct arg_option *options)
{
    (void)printf("\nOptions:\n");
    for (const struct arg_option *o = options; o && o->name; o++) {
        char left[48];
        (void)snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : " ",
                       o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
                       o->value ? " " : "", o->value ? o->value : "");
        (void)printf("  %-26s %s\n", left, o->help);
    }
    (void)printf("  %-26s %s\n", "-h, --help", "show this help");
}

void
command_help(const struct command *c, const char *path)
{
    (void)printf("deskhand %s: %s\n\nUsage: deskhand %s %s\n", path, c->summary, path,
                 c->subcommands ? "COMMAND ..." : c->usage);
    if (c->subcommands) {
        (void)printf("\nCommands:\n");
        for (const struct command *const *s = c->subcommands; *s; s++) {
            (void)printf("  %-10s %s\n", (*s)->name, (*s)->summary);
        }
    }
    if (c->details) {
        (void)printf("\n%s\n", c->details);
    }
    if (!c->subcommands) {
        print_options(c->options);
    }
    if (c->example) {
        (void)printf("\nExample:\n");
        struct str rest = str_c(c->example);
        struct str line;
        while (str_split(&rest, '\n', &line)) {
            (void)printf("  %" STR_FMT "\n", STR_ARG(line));
        }
    }
}

void
command_overview(void)
{
    (void)printf("deskhand %s: a support desk whose first answer comes from a bot.\n\n"
                 "Usage: deskhand [--desk DIR] COMMAND ...\n\nCommands:\n",
                 DESKHAND_VERSION);
    for (const struct command *const *c = commands; *c; c++) {
        (void)printf("  %-14s %s\n", (*c)->name, (*c)->summary);
    }
    (void)printf("\nThe desk is --desk DIR, else $DESKHAND_DESK, else the nearest folder upward "
                 "with a desk.yaml.\n`deskhand COMMAND --help` tells more about each.\n");
}

static const struct command *
find(const struct command *const *list, struct str name)
{
    for (; *list; list++) {
        if (str_eq_c(name, (*list)->name)) {
            return *list;
        }
    }
    return NULL;
}

static int
unknown_command(const struct command *const *list, const char *path, struct str name)
{
    struct suggestion best = {0};
    struct err err = {0};
    const char *space = *path ? " " : "";
    for (const struct command *const *c = list; *c; c++) {
        suggest(&best, name, str_c((*c)->name));
    }
    if (best.found.len) {
        (void)err_set(&err, ERR_INVALID,
                      "%s%s%" STR_FMT ": no such command: did you mean `deskhand %s%s%" STR_FMT
                      "`?",
                      path, space, STR_ARG(name), path, space, STR_ARG(best.found));
    } else {
        (void)err_set(&err, ERR_INVALID,
                      "%s%s%" STR_FMT ": no such command: see `deskhand %s%s--help`", path, space,
                      STR_ARG(name), path, space);
    }
    term_error(&err);
    return EXIT_USAGE;
}

static int
run(struct app *app, const struct command *c, const char *path, int argc, char **argv)
{
    struct err err = {0};
    struct args args;
    int result = args_parse(c, argc, argv, &app->arena, &args, &err);
    if (result < 0) {
        term_error(&err);
        return result == ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (args_flag(&args, "help")) {
        command_help(c, path);
        return EXIT_DONE;
    }
    result = c->run(app, &args, &err);
    if (result < 0) {
        term_error(&err);
    }
    return command_exit_status(result);
}

static bool
is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int
run_group(struct app *app, const struct command *group, int argc, char **argv)
{
    char path[64];
    if (argc == 0 || is_help(argv[0])) {
        command_help(group, group->name);
        return argc == 0 ? EXIT_USAGE : EXIT_DONE;
    }
    const struct command *c = find(group->subcommands, str_c(argv[0]));
    if (!c) {
        return unknown_command(group->subcommands, group->name, str_c(argv[0]));
    }
    (void)snprintf(path, sizeof(path), "%s %s", group->name, c->name);
    return run(app, c, path, argc - 1, argv + 1);
}

/* The options before the command: --desk and --version. *I is where the command stands. */
static int
global_options(struct app *app, int argc, char **argv, int *i)
{
    struct err err = {0};
    for (; *i < argc && argv[*i][0] == '-'; (*i)++) {
        struct str word = str_c(argv[*i]);
        if (str_eq(word, STR("--version"))) {
            (void)printf("deskhand %s\n", DESKHAND_VERSION);
            return EXIT_DONE;
        }
        if (is_help(argv[*i])) {
            command_overview();
            return EXIT_DONE;
        }
        if (str_starts(word, STR("--desk="))) {
            app->desk_option = str_sub(word, 7, SIZE_MAX);
            continue;
        }
        if (str_eq(word, STR("--desk")) && *i + 1 < argc) {
            app->desk_option = str_c(argv[++*i]);
            continue;
        }
        (void)err_set(&err, ERR_INVALID,
                      "%s: no such option before a command: see `deskhand --help`", argv[*i]);
        term_error(&err);
        return EXIT_USAGE;
    }
    return -1;
}

int
command_main(struct app *app, int argc, char **argv)
{
    int i = 1;
    int status = global_options(app, argc, argv, &i);
    if (status >= 0) {
        return status;
    }
    if (i >= argc) {
        command_overview();
        return EXIT_USAGE;
    }
    if (is_help(argv[i]) && i + 1 >= argc) {
        command_overview();
        return EXIT_DONE;
    }
    bool help = is_help(argv[i]);
    i += help;
    const struct command *c = find(commands, str_c(argv[i]));
    if (!c) {
        return unknown_command(commands, "", str_c(argv[i]));
    }
    if (help) {
        command_help(c, c->name);
        return EXIT_DONE;
    }
    return c->subcommands ? run_group(app, c, argc - i - 1, argv + i + 1)
                          : run(app, c, c->name, argc - i - 1, argv + i + 1);
}
