#include "args.h"

#include <string.h>

#include "base/must.h"
#include "command.h"
#include "suggest.h"

static const struct arg_option help_option = {"help", 'h', NULL, "show this help"};

static const struct arg_option *
find_option(const struct command *c, struct str name, char letter)
{
    for (const struct arg_option *o = c->options; o && o->name; o++) {
        if (letter ? o->letter == letter : str_eq_c(name, o->name)) {
            return o;
        }
    }
    bool help = letter ? letter == 'h' : str_eq(name, STR("help"));
    return help ? &help_option : NULL;
}

static int
unknown_option(const struct command *c, struct str word, struct err *err)
{
    struct suggestion best = {0};
    struct str name = word;
    while (name.len > 0 && name.ptr[0] == '-') {
        name = str_sub(name, 1, SIZE_MAX);
    }
    for (const struct arg_option *o = c->options; o && o->name; o++) {
        suggest(&best, name, str_c(o->name));
    }
    if (best.found.len) {
        return err_set(err, ERR_INVALID,
                       "%" STR_FMT ": no such option: did you mean --%" STR_FMT "?", STR_ARG(word),
                       STR_ARG(best.found));
    }
    return err_set(err, ERR_INVALID, "%" STR_FMT ": no such option: see `deskhand %s --help`",
                   STR_ARG(word), c->name);
}

/* One word that opens with a dash; *I is the index of the last word it used. */
static int
take_option(const struct command *c, int argc, char **argv, int *i, struct args *ret,
            struct err *err)
{
    struct str word = str_c(argv[*i]);
    bool is_long = str_starts(word, STR("--"));
    size_t equals = is_long ? str_find_char(word, '=', 0) : SIZE_MAX;
    struct str name = is_long ? str_sub(word, 2, equals == SIZE_MAX ? SIZE_MAX : equals - 2) : word;
    const struct arg_option *o = NULL;
    if (is_long) {
        o = find_option(c, name, 0);
    } else if (word.len == 2) {
        o = find_option(c, name, word.ptr[1]);
    }
    if (!o) {
        return unknown_option(c, equals == SIZE_MAX ? word : str_sub(word, 0, equals), err);
    }
    struct arg *item = &ret->items[ret->count++];
    item->option = o->name;
    if (!o->value) {
        return equals == SIZE_MAX ? 0 : err_set(err, ERR_INVALID, "--%s: takes no value", o->name);
    }
    if (equals != SIZE_MAX) {
        item->value = str_sub(word, equals + 1, SIZE_MAX);
        return 0;
    }
    if (*i + 1 >= argc) {
        return err_set(err, ERR_INVALID, "--%s: needs a value: --%s %s", o->name, o->name,
                       o->value);
    }
    item->value = str_c(argv[++*i]);
    return 0;
}

static int
check_count(const struct command *c, const struct args *a, struct err *err)
{
    size_t count = args_count(a);
    if (args_flag(a, "help")) {
        return 0;
    }
    if (count < c->min_args) {
        return err_set(err, ERR_INVALID, "%s: something is missing: usage: %s %s", c->name, c->name,
                       c->usage);
    }
    if (count > c->max_args) {
        struct str extra = args_at(a, c->max_args);
        return err_set(err, ERR_INVALID,
                       "%s: '%" STR_FMT "' is one word too many (text with spaces needs quotes)",
                       c->name, STR_ARG(extra));
    }
    return 0;
}

int
args_parse(const struct command *c, int argc, char **argv, struct arena *arena, struct args *ret,
           struct err *err)
{
    *ret = (struct args){.command = c};
    ret->items = arena_zero(arena, (size_t)argc + 1, sizeof(*ret->items));
    if (!ret->items) {
        return err_nomem(err);
    }
    bool options = true;
    for (int i = 0; i < argc; i++) {
        struct str word = str_c(argv[i]);
        if (options && str_eq(word, STR("--"))) {
            options = false;
            continue;
        }
        if (options && word.len > 1 && word.ptr[0] == '-') {
            int result = take_option(c, argc, argv, &i, ret, err);
            if (result < 0) {
                return result;
            }
            continue;
        }
        ret->items[ret->count++].value = word;
    }
    return check_count(c, ret, err);
}

bool
args_repeated(const struct args *a, const char *name, size_t index, struct str *ret)
{
    must(find_option(a->command, str_c(name), 0));
    for (size_t i = 0; i < a->count; i++) {
        if (a->items[i].option && strcmp(a->items[i].option, name) == 0 && index-- == 0) {
            *ret = a->items[i].value;
            return true;
        }
    }
    return false;
}

bool
args_flag(const struct args *a, const char *name)
{
    struct str ignored;
    return args_repeated(a, name, 0, &ignored);
}

struct str
args_value(const struct args *a, const char *name, const char *fallback)
{
    struct str value = str_c(fallback);
    for (size_t i = 0; args_repeated(a, name, i, &value); i++) {
    }
    return value;
}

int
args_number(const struct args *a, const char *name, int64_t fallback, int64_t low, int64_t high,
            int64_t *ret, struct err *err)
{
    struct str text = args_value(a, name, NULL);
    *ret = fallback;
    if (!text.ptr) {
        return 0;
    }
    if (!str_to_i64(text, ret) || *ret < low || *ret > high) {
        return err_set(err, ERR_INVALID,
                       "--%s: '%" STR_FMT "' is not a whole number from %lld to %lld", name,
                       STR_ARG(text), (long long)low, (long long)high);
    }
    return 0;
}

size_t
args_count(const struct args *a)
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) {
        count += a->items[i].option == NULL;
    }
    return count;
}

struct str
args_at(const struct args *a, size_t index)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!a->items[i].option && index-- == 0) {
            return a->items[i].value;
        }
    }
    return (struct str){0};
}
