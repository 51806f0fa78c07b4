#include "prompt/mustache_scan.h"

#include <string.h>

#include "base/limits.h"
#include "prompt/mustache_nodes.h"

enum { DELIMITER_MAX = 16 };

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

size_t
scan_blanks_before(struct str text, size_t pos, size_t floor)
{
    while (pos > floor && is_blank(text.ptr[pos - 1])) {
        pos--;
    }
    return pos;
}

bool
scan_opens_line(struct str text, size_t pos)
{
    return pos == 0 || text.ptr[pos - 1] == '\n';
}

bool
scan_closes_line(struct str text, size_t pos, bool at_end_too, size_t *ret)
{
    while (pos < text.len && is_blank(text.ptr[pos])) {
        pos++;
    }
    bool at_end = pos == text.len;
    if (!at_end && text.ptr[pos] == '\r' && pos + 1 < text.len) {
        pos++;
    }
    if (at_end ? !at_end_too : text.ptr[pos] != '\n') {
        return false;
    }
    *ret = at_end ? pos : pos + 1;
    return true;
}

size_t
scan_count_lines(struct str text)
{
    size_t lines = 0;
    for (size_t at = str_find_char(text, '\n', 0); at != SIZE_MAX;
         at = str_find_char(text, '\n', at + 1)) {
        lines++;
    }
    return lines;
}

bool
scan_first_margin(struct str text, struct str *ret)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        size_t at = 0;
        while (at < line.len && is_blank(line.ptr[at])) {
            at++;
        }
        if (at < line.len && line.ptr[at] != '\r') {
            *ret = str_sub(line, 0, at);
            return true;
        }
    }
    return false;
}

int
scan_tag(const struct mustache *t, struct str text, const struct delimiters *marks, struct tag *ret,
         struct err *err)
{
    size_t at = ret->start + marks->open.len;
    ret->sign = at < text.len && memchr("#^/!>=<$&{", text.ptr[at], 10) ? text.ptr[at] : 'v';
    at += ret->sign != 'v';
    size_t end = str_find(text, marks->close, at);
    char last = ret->sign == '{' ? '}' : '=';
    if (ret->sign == '{' || ret->sign == '=') {
        size_t inner = str_find_char(text, last, at);
        while (inner != SIZE_MAX &&
               !str_starts(str_sub(text, inner + 1, SIZE_MAX), marks->close)) {
            inner = str_find_char(text, last, inner + 1);
        }
        end = inner;
    }
    if (end == SIZE_MAX) {
        return TEMPLATE_ERR(err, ERR_INVALID, t, ret->line,
                            "the tag that starts here is never closed with '%" STR_FMT "'",
                            SHOWN(marks->close));
    }
    ret->content = str_trim(str_sub(text, at, end - at));
    ret->end = end + marks->close.len + (ret->sign == '{' || ret->sign == '=');
    return 0;
}

static bool
name_plausible(struct str name, bool dotted)
{
    if (name.len == 0 || name.len > LIMIT_TEMPLATE_NAME) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.ptr[i] <= ' ') {
            return false;
        }
    }
    if (!dotted || str_eq_c(name, ".")) {
        return true;
    }
    return name.ptr[0] != '.' && name.ptr[name.len - 1] != '.' &&
           str_find(name, STR(".."), 0) == SIZE_MAX;
}

int
scan_name(const struct mustache *t, const struct tag *tag, bool may_be_dynamic, struct str *ret,
          bool *ret_dynamic, struct err *err)
{
    *ret = tag->content;
    *ret_dynamic = may_be_dynamic && ret->len > 0 && ret->ptr[0] == '*';
    if (*ret_dynamic) {
        *ret = str_trim(str_sub(*ret, 1, SIZE_MAX));
    }
    bool dotted = *ret_dynamic || memchr("v{&#^", tag->sign, 5);
    if (name_plausible(*ret, dotted)) {
        return 0;
    }
    if (ret->len == 0) {
        return TEMPLATE_ERR(err, ERR_INVALID, t, tag->line, "a tag without a name");
    }
    return TEMPLATE_ERR(err, ERR_INVALID, t, tag->line, "'%" STR_FMT "' is not a name",
                        SHOWN(*ret));
}

int
scan_delimiters(const struct mustache *t, const struct tag *tag, struct delimiters *ret,
                struct err *err)
{
    struct str rest = tag->content;
    size_t cut = 0;
    while (cut < rest.len && (unsigned char)rest.ptr[cut] > ' ') {
        cut++;
    }
    struct str open = str_sub(rest, 0, cut);
    struct str close = str_trim(str_sub(rest, cut, SIZE_MAX));
    bool good = open.len > 0 && open.len <= DELIMITER_MAX && close.len <= DELIMITER_MAX &&
                name_plausible(close, false) && str_find_char(open, '=', 0) == SIZE_MAX &&
                str_find_char(close, '=', 0) == SIZE_MAX;
    if (!good) {
        return TEMPLATE_ERR(err, ERR_INVALID, t, tag->line,
                            "delimiters are two words like {{=<%% %%>=}}, without '='");
    }
    *ret = (struct delimiters){open, close};
    return 0;
}
