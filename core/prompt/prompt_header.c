#include "prompt/prompt_header.h"

#include "base/arena.h"
#include "base/utf8.h"

/* Far more than a person keeps in mind; a file that has more is not a prompt. */
enum { VARIABLES_MAX = 64 };

struct reader {
    struct str source;
    struct arena *arena;
    struct prompt_header *out;
    size_t line;
    struct err *err;
};

#define HEADER_ERR(r, format, ...)                                                             \
    err_set((r)->err, ERR_INVALID, "%" STR_FMT ": line %zu: " format, STR_ARG((r)->source),    \
            (r)->line, ##__VA_ARGS__)
#define SHOWN(s) STR_ARG(utf8_cut(s, 48))

/* The first word of *REST, which then starts behind it and the white space after it. */
static struct str
take_word(struct str *rest)
{
    size_t end = 0;
    while (end < rest->len && (unsigned char)rest->ptr[end] > ' ') {
        end++;
    }
    struct str word = str_sub(*rest, 0, end);
    *rest = str_trim(str_sub(*rest, end, SIZE_MAX));
    return word;
}

/* The text in quotes that *REST starts with. */
static int
take_quoted(struct reader *r, struct str *rest, struct str *ret)
{
    char *text = arena_alloc(r->arena, rest->len + 1);
    if (!text) {
        return err_nomem(r->err);
    }
    size_t len = 0;
    size_t at = 1;
    while (at < rest->len && rest->ptr[at] != '"') {
        char c = rest->ptr[at++];
        if (c == '\\' && at < rest->len) {
            c = rest->ptr[at++];
            if (c != '"' && c != '\\' && c != 'n') {
                return HEADER_ERR(r, "a default knows \\\", \\\\ and \\n, not \\%c", c);
            }
            c = c == 'n' ? '\n' : c;
        }
        text[len++] = c;
    }
    if (at >= rest->len) {
        return HEADER_ERR(r, "the default has no closing quote");
    }
    text[len] = '\0';
    *ret = (struct str){text, len};
    *rest = str_trim(str_sub(*rest, at + 1, SIZE_MAX));
    return 0;
}

static bool
is_declared(const struct prompt_header *h, struct str name)
{
    for (size_t i = 0; i < h->variable_count; i++) {
        if (str_eq(h->variables[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* `name required meaning` or `name "default" meaning`. */
static int
read_variable(struct reader *r, struct str line)
{
    struct prompt_variable v = {.name = take_word(&line)};
    if (!prompt_name_valid(v.name)) {
        return HEADER_ERR(r, "'%" STR_FMT "' is no variable name; write a-z, 0-9 and _",
                          SHOWN(v.name));
    }
    if (is_declared(r->out, v.name)) {
        return HEADER_ERR(r, "'%" STR_FMT "' is declared twice", SHOWN(v.name));
    }
    if (r->out->variable_count == VARIABLES_MAX) {
        return err_set(r->err, ERR_LIMIT, "%" STR_FMT ": more than %d variables",
                       STR_ARG(r->source), VARIABLES_MAX);
    }
    if (line.len > 0 && line.ptr[0] == '"') {
        int rc = take_quoted(r, &line, &v.fallback);
        if (rc < 0) {
            return rc;
        }
    } else if (str_eq(take_word(&line), STR("required"))) {
        v.required = true;
    } else {
        return HEADER_ERR(r, "after '%" STR_FMT "' comes required or its default in quotes",
                          SHOWN(v.name));
    }
    if (line.len == 0) {
        return HEADER_ERR(r, "'%" STR_FMT "' is declared without a word on what it means",
                          SHOWN(v.name));
    }
    v.meaning = line;
    r->out->variables[r->out->variable_count++] = v;
    return 0;
}

/* `name: purpose`, the header's first line. */
static int
read_purpose(struct reader *r, struct str name, struct str line)
{
    size_t colon = str_find_char(line, ':', 0);
    struct str declared = str_trim(str_sub(line, 0, colon));
    r->out->purpose = colon == SIZE_MAX ? (struct str){0}
                                        : str_trim(str_sub(line, colon + 1, SIZE_MAX));
    if (r->out->purpose.len == 0) {
        return HEADER_ERR(r, "the header opens with {{! %" STR_FMT ": what it is for", SHOWN(name));
    }
    if (!str_eq(declared, name)) {
        return HEADER_ERR(r, "the header is that of '%" STR_FMT "', the file that of '%" STR_FMT
                          "'", SHOWN(declared), SHOWN(name));
    }
    return 0;
}

/* Skip white space from AT on, counting lines. */
static size_t
skip_space(struct reader *r, struct str text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\r' ||
                             text.ptr[at] == '\n')) {
        r->line += text.ptr[at++] == '\n';
    }
    return at;
}

/* The body's first line is kept with its margin: only whole blank lines are skipped. */
static size_t
body_start(struct reader *r, struct str text, size_t at)
{
    size_t start = skip_space(r, text, at);
    while (start > at && text.ptr[start - 1] != '\n') {
        start--;
    }
    return start;
}

int
prompt_header_read(struct str source, struct str name, struct str text, struct arena *arena,
                   struct prompt_header *ret, struct err *err)
{
    *ret = (struct prompt_header){0};
    struct reader r = {source, arena, ret, 1, err};
    ret->variables = arena_zero(arena, VARIABLES_MAX, sizeof(*ret->variables));
    if (!ret->variables) {
        return err_nomem(err);
    }
    /* Editors of another system put a byte order mark first. */
    size_t at = str_starts(text, STR("\xEF\xBB\xBF")) ? 3 : 0;
    at = skip_space(&r, text, at);
    if (!str_starts(str_sub(text, at, SIZE_MAX), STR("{{!"))) {
        return HEADER_ERR(&r, "a prompt opens with {{! %" STR_FMT ": what it is for }}",
                          SHOWN(name));
    }
    size_t end = str_find(text, STR("}}"), at);
    if (end == SIZE_MAX) {
        return HEADER_ERR(&r, "the header is never closed with }}");
    }
    struct str header = str_sub(text, at + 3, end - at - 3);
    struct str line;
    for (bool first = true; str_split(&header, '\n', &line); first = false) {
        struct str words = str_trim(line);
        int rc = first ? read_purpose(&r, name, words)
                       : words.len > 0 ? read_variable(&r, words) : 0;
        if (rc < 0) {
            return rc;
        }
        r.line += header.ptr != NULL && header.ptr[-1] == '\n';
    }
    at = body_start(&r, text, end + 2);
    ret->body = str_sub(text, at, SIZE_MAX);
    ret->body_line = r.line;
    return 0;
}
