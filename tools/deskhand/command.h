/* command: what `deskhand` can be asked to do, one row a command.
 *
 * A command is a constant: its name, its help, its options, and the function that does it. Adding
 * one is a file cmd_x.c with its `const struct command cmd_x` and one line in commands.c; help,
 * suggestions for misspelt names, completion and the manual are made from these rows. */
#ifndef DESKHAND_COMMAND_H
#define DESKHAND_COMMAND_H

#include <stddef.h>

#include "base/err.h"

struct app;
struct args;

/* What a person or a script learns from the exit status. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_REFUSED = 4, /* by policy or a limit */
};

struct arg_option {
    const char *name;  /* without the dashes */
    char letter;       /* 0: none */
    const char *value; /* the value's name in the help; NULL: a flag */
    const char *help;
};

struct command {
    const char *name;
    const char *summary;                      /* one line, no full stop */
    const char *usage;                        /* behind the name: "[--json] ID" */
    const char *details;                      /* paragraphs below; may be NULL */
    const char *example;                      /* one or more lines, as typed */
    const struct arg_option *options;         /* ends with a row without a name; may be NULL */
    const struct command *const *subcommands; /* ends with NULL; then `run` is NULL */
    unsigned min_args;                        /* positional */
    unsigned max_args;
    /* An exit status, or a negative error code with ERR filled. */
    int (*run)(struct app *app, const struct args *args, struct err *err);
};

/* Every command, in the order of the help; ends with NULL. */
extern const struct command *const commands[];

/* Find argv's command and run it; prints what is to be printed. The exit status. */
int command_main(struct app *app, int argc, char **argv);

/* Help for C, whose full name is PATH ("catalog search"), on stdout. */
void command_help(const struct command *c, const char *path);
/* The list of all commands, on stdout. */
void command_overview(void);

/* The exit status for an error code. */
int command_exit_status(int code);

#endif
