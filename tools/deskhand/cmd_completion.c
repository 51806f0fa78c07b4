/* deskhand completion: what a shell needs to complete our command lines, made from the table. */
#include <stdio.h>

#include "args.h"
#include "base/buf.h"
#include "base/limits.h"
#include "command.h"
#include "term.h"

/* The words that may follow PATH: subcommands, else options. */
static void
add_words(struct buf *out, const struct command *c)
{
    if (c->subcommands) {
        for (const struct command *const *s = c->subcommands; *s; s++) {
            buf_printf(out, "%s ", (*s)->name);
        }
    }
    for (const struct arg_option *o = c->options; o && o->name; o++) {
        buf_printf(out, "--%s ", o->name);
    }
    buf_add_c(out, "--help");
}

static void
bash_case(struct buf *out, const char *first, const char *second, const struct command *c)
{
    buf_printf(out, "    '%s%s%s') words='", first, second ? " " : "", second ? second : "");
    add_words(out, c);
    buf_add_c(out, "' ;;\n");
}

static void
write_bash(struct buf *out)
{
    buf_add_c(out, "# bash completion for deskhand: source <(deskhand completion bash)\n"
                   "_deskhand()\n{\n"
                   "    local word=${COMP_WORDS[COMP_CWORD]} path= words= i\n"
                   "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                   "        case ${COMP_WORDS[i]} in\n"
                   "        --desk) i=$((i + 1)) ;;\n"
                   "        -*) ;;\n"
                   "        *) path=\"$path ${COMP_WORDS[i]}\" ;;\n"
                   "        esac\n"
                   "    done\n"
                   "    read -r -a i <<<\"$path\"\n"
                   "    case \"${i[*]:0:2}\" in\n    '') words='");
    for (const struct command *const *c = commands; *c; c++) {
        buf_printf(out, "%s ", (*c)->name);
    }
    buf_add_c(out, "--desk --help --version' ;;\n");
    for (const struct command *const *c = commands; *c; c++) {
        bash_case(out, (*c)->name, NULL, *c);
        for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
            bash_case(out, (*c)->name, (*s)->name, *s);
        }
    }
    /* Behind a positional argument the command's own options go on. */
    for (const struct command *const *c = commands; *c; c++) {
        if (!(*c)->subcommands) {
            buf_printf(out, "    '%s '*) words='", (*c)->name);
            add_words(out, *c);
            buf_add_c(out, "' ;;\n");
        }
    }
    buf_add_c(out, "    esac\n"
                   "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                   "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
                   "}\ncomplete -F _deskhand deskhand\n");
}

/* zsh runs bash's completions. */
static void
write_zsh(struct buf *out)
{
    buf_add_c(out, "# zsh completion for deskhand: source <(deskhand completion zsh)\n"
                   "autoload -U +X bashcompinit && bashcompinit\n");
    write_bash(out);
}

/* A text inside single quotes, for fish. */
static void
add_quoted(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, *text);
    }
}

static void
fish_options(struct buf *out, const char *condition, const struct command *c)
{
    for (const struct arg_option *o = c->options; o && o->name; o++) {
        buf_printf(out, "complete -c deskhand -n '%s' -l %s%s -d '", condition, o->name,
                   o->value ? " -r" : "");
        add_quoted(out, o->help);
        buf_add_c(out, "'\n");
    }
}

static void
fish_word(struct buf *out, const char *condition, const struct command *c)
{
    buf_printf(out, "complete -c deskhand -f -n '%s' -a %s -d '", condition, c->name);
    add_quoted(out, c->summary);
    buf_add_c(out, "'\n");
}

static void
write_fish(struct buf *out)
{
    char condition[128];
    buf_add_c(out, "# fish completion for deskhand: deskhand completion fish | source\n");
    for (const struct command *const *c = commands; *c; c++) {
        fish_word(out, "__fish_use_subcommand", *c);
        (void)snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", (*c)->name);
        fish_options(out, condition, *c);
        for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
            fish_word(out, condition, *s);
        }
        for (const struct command *const *s = (*c)->subcommands; s && *s; s++) {
            (void)snprintf(condition, sizeof(condition),
                           "__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s",
                           (*c)->name, (*s)->name);
            fish_options(out, condition, *s);
        }
    }
}

static int
run(struct app *app, const struct args *args, struct err *err)
{
    struct str shell = args_at(args, 0);
    AUTO(buf) struct buf out;
    (void)app;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (str_eq(shell, STR("bash"))) {
        write_bash(&out);
    } else if (str_eq(shell, STR("zsh"))) {
        write_zsh(&out);
    } else if (str_eq(shell, STR("fish"))) {
        write_fish(&out);
    } else {
        (void)err_set(err, ERR_INVALID,
                      "%" STR_FMT ": no completion for that shell: use bash, zsh "
                      "or fish",
                      STR_ARG(shell));
        term_error(err);
        return EXIT_USAGE;
    }
    return term_output(&out, "completion", err);
}

const struct command cmd_completion = {
    .name = "completion",
    .summary = "completion for your shell",
    .usage = "bash|zsh|fish",
    .example = "source <(deskhand completion bash)",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
