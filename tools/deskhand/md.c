#include "md.h"

#include <string.h>
#include <utf8proc.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "term.h"

void
md_begin(struct md *m, FILE *out, size_t width)
{
    *m = (struct md){.out = out, .width = width < 20 ? 20 : width, .line_start = true};
}

static void
put_bytes(struct md *m, const char *bytes, size_t len)
{
    if (m->word_len + len <= MD_WORD_MAX) {
        memcpy(m->word + m->word_len, bytes, len);
        m->word_len += len;
    }
}

static void
put_style(struct md *m, enum term_style style)
{
    const char *code = term_style(m->out, style);
    put_bytes(m, code, strlen(code));
}

/* The styles that are on, from plain. */
static void
put_styles(struct md *m)
{
    put_style(m, TERM_PLAIN);
    if (m->bold || m->heading) {
        put_style(m, TERM_BOLD);
    }
    if (m->emphasis) {
        put_style(m, TERM_DIM);
    }
    if (m->code) {
        put_style(m, TERM_CYAN);
    }
}

static void
new_line(struct md *m, size_t indent)
{
    (void)fputc('\n', m->out);
    (void)fprintf(m->out, "%*s", (int)indent, "");
    m->column = indent;
}

/* The collected word goes out, on the next line where this one is full. */
static void
flush_word(struct md *m)
{
    if (m->word_len == 0) {
        return;
    }
    size_t needed = m->word_width + (m->space ? 1 : 0);
    if (m->column > m->indent && m->column + needed > m->width) {
        new_line(m, m->indent);
    } else if (m->space && m->column > 0) {
        (void)fputc(' ', m->out);
        m->column++;
    }
    m->space = false;
    (void)fwrite(m->word, 1, m->word_len, m->out);
    m->column += m->word_width;
    m->word_len = 0;
    m->word_width = 0;
}

static void
put_char(struct md *m, int32_t c)
{
    char bytes[4];
    size_t len = utf8_encode(c, bytes);
    int width = utf8proc_charwidth(c);
    if (m->word_len + len + 32 > MD_WORD_MAX) {
        flush_word(m);
    }
    put_bytes(m, bytes, len);
    m->word_width += width > 0 ? (size_t)width : 0;
    m->last = len == 1 ? bytes[0] : 'x';
    m->line_start = false;
}

static void
end_line(struct md *m)
{
    if (m->heading) {
        m->heading = false;
        put_styles(m);
    }
    flush_word(m);
    m->space = false;
    m->indent = 0;
    (void)fputc('\n', m->out);
    m->column = 0;
    m->line_start = true;
    m->last = 0;
}

/* A list mark was seen: what follows wraps under its text. */
static void
begin_item(struct md *m, const char *mark)
{
    flush_word(m);
    size_t width = utf8_count(str_c(mark));
    (void)fputs(mark, m->out);
    m->column += width;
    m->indent = m->column;
    m->line_start = false;
    m->last = ' ';
}

static void
put_held(struct md *m)
{
    for (size_t i = 0; i < m->held_len; i++) {
        put_char(m, (unsigned char)m->held[i]);
    }
    m->held_len = 0;
}

static bool
held_is(const struct md *m, const char *text)
{
    return m->held_len == strlen(text) && memcmp(m->held, text, m->held_len) == 0;
}

/* Marks that wait for what follows them. True when C was used up. */
static bool
resolve_held(struct md *m, int32_t c)
{
    bool word_next = c != ' ' && c != '\n';
    if (m->line_start && c == ' ' && (held_is(m, "-") || held_is(m, "*"))) {
        m->held_len = 0;
        begin_item(m, "\xE2\x80\xA2 ");
        return true;
    }
    if (m->line_start && m->held[0] == '#') {
        if (c == '#' && m->held_len < sizeof(m->held)) {
            m->held[m->held_len++] = '#';
            return true;
        }
        if (c == ' ') {
            m->held_len = 0;
            m->heading = true;
            put_styles(m);
            return true;
        }
    }
    if (held_is(m, "*") && c == '*') {
        m->held_len = 0;
        m->bold = !m->bold;
        put_styles(m);
        m->line_start = false;
        return true;
    }
    if (held_is(m, "*") && (m->emphasis || word_next)) {
        m->held_len = 0;
        m->emphasis = !m->emphasis;
        put_styles(m);
        m->line_start = false;
        return false;
    }
    put_held(m);
    return false;
}

static bool
opens_mark(const struct md *m, int32_t c)
{
    if (m->code) {
        return false;
    }
    return c == '*' || (m->line_start && (c == '-' || c == '#'));
}

static void
take(struct md *m, int32_t c)
{
    if (m->held_len > 0 && resolve_held(m, c)) {
        return;
    }
    if (c == '\n') {
        end_line(m);
    } else if (c == ' ' || c == '\t') {
        if (m->line_start && m->word_len == 0) {
            (void)fputc(' ', m->out);
            m->column++;
            m->indent = m->column;
            return;
        }
        flush_word(m);
        m->space = true;
        m->last = ' ';
    } else if (c == '`') {
        m->code = !m->code;
        put_styles(m);
        m->line_start = false;
    } else if (opens_mark(m, c)) {
        m->held[m->held_len++] = (char)c;
    } else {
        put_char(m, c);
    }
}

void
md_add(struct md *m, struct str text)
{
    AUTO(arena) struct arena arena = {0};
    struct str clean = utf8_for_terminal(&arena, text);
    size_t pos = 0;
    int32_t c;
    while ((c = utf8_next(clean, &pos)) >= 0) {
        take(m, c);
    }
    (void)fflush(m->out);
}

void
md_end(struct md *m)
{
    put_held(m);
    if (m->bold || m->emphasis || m->code || m->heading) {
        m->bold = m->emphasis = m->code = m->heading = false;
        put_styles(m);
    }
    flush_word(m);
    if (m->column > 0) {
        (void)fputc('\n', m->out);
        m->column = 0;
    }
    (void)fflush(m->out);
}
