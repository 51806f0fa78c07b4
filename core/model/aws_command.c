#include "model/aws_command.h"

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Where a splitter stands; words are written one behind the other, each with its NUL. */
struct splitter {
    struct str rest;
    char *out;
    char quote; /* the open one, or 0 */
};

static char
next_char(struct splitter *s)
{
    char c = s->rest.ptr[0];
    s->rest = str_sub(s->rest, 1, s->rest.len);
    return c;
}

/* Does the backslash just read take the next character's meaning away? */
static bool
escapes(const struct splitter *s)
{
    if (s->rest.len == 0 || s->quote == '\'') {
        return false;
    }
    char next = s->rest.ptr[0];
    return s->quote == 0 || next == '"' || next == '\\';
}

/* One word, up to the blank behind it. False: its quote stayed open. */
static bool
take_word(struct splitter *s)
{
    while (s->rest.len > 0 && (s->quote || !is_space(s->rest.ptr[0]))) {
        char c = next_char(s);
        if (c == '\\' && escapes(s)) {
            *s->out++ = next_char(s);
        } else if (c == s->quote) {
            s->quote = 0;
        } else if (!s->quote && (c == '"' || c == '\'')) {
            s->quote = c;
        } else {
            *s->out++ = c;
        }
    }
    *s->out++ = '\0';
    return s->quote == 0;
}

int
aws_command_split(struct str command, struct arena *arena, const char *const **ret, struct err *err)
{
    struct splitter s = {.rest = str_trim(command)};
    size_t count = 0;
    if (s.rest.len == 0 || str_find_char(s.rest, '\0', 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID, "names no program");
    }
    /* A word takes its characters and a NUL, for which there is the blank behind it. */
    s.out = arena_alloc(arena, s.rest.len + 1);
    const char **words = arena_zero(arena, AWS_COMMAND_WORDS + 1, sizeof(*words));
    if (!s.out || !words) {
        return err_nomem(err);
    }
    while (s.rest.len > 0) {
        if (count == AWS_COMMAND_WORDS) {
            return err_set(err, ERR_LIMIT, "has more than %d words", AWS_COMMAND_WORDS);
        }
        words[count++] = s.out;
        if (!take_word(&s)) {
            return err_set(err, ERR_INVALID, "a quote is not closed");
        }
        while (s.rest.len > 0 && is_space(s.rest.ptr[0])) {
            (void)next_char(&s);
        }
    }
    if (words[0][0] == '\0') {
        return err_set(err, ERR_INVALID, "names no program");
    }
    *ret = words;
    return 0;
}
