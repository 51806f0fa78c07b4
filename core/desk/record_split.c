#include "desk/record.h"

static bool
ends_value(struct record_split *s, char c)
{
    if (s->in_string) {
        bool plain = s->escaped || (c != '"' && c != '\\');
        s->escaped = !s->escaped && c == '\\';
        s->in_string = plain || c != '"';
        return false;
    }
    if (c == '"') {
        s->in_string = true;
    } else if (c == '{' || c == '[') {
        s->depth++;
    } else if ((c == '}' || c == ']') && s->depth > 0) {
        return --s->depth == 0;
    }
    return s->depth == 0 && c == '\n';
}

size_t
record_split(struct record_split *s, struct str piece, bool *ret_whole)
{
    *ret_whole = false;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.ptr[i];
        s->line += c == '\n';
        if (!s->started && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
            continue;
        }
        if (!s->started) {
            s->started = true;
            s->begin = s->line + 1;
        }
        if (ends_value(s, c)) {
            *s = (struct record_split){.line = s->line, .begin = s->begin};
            *ret_whole = true;
            return i + 1;
        }
    }
    return piece.len;
}
