#include "term.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "config/config.h"

void
term_error(const struct err *err)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%sdeskhand:%s %s\n", term_style(stderr, TERM_RED),
                  term_style(stderr, TERM_PLAIN), err->message);
}

bool
term_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

bool
term_colored(FILE *stream)
{
    const char *kind = config_env("TERM");
    const char *no_color = config_env("NO_COLOR");
    bool dumb = !kind || strcmp(kind, "dumb") == 0;
    return !dumb && !(no_color && *no_color) && term_is_terminal(stream);
}

unsigned
term_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
        return size.ws_col;
    }
    return 80;
}

const char *
term_style(FILE *stream, enum term_style style)
{
    static const char *const codes[] = {
        [TERM_PLAIN] = "\033[0m", [TERM_BOLD] = "\033[1m",   [TERM_DIM] = "\033[2m",
        [TERM_RED] = "\033[31m",  [TERM_GREEN] = "\033[32m", [TERM_YELLOW] = "\033[33m",
        [TERM_CYAN] = "\033[36m",
    };
    return term_colored(stream) ? codes[style] : "";
}

void
term_text(FILE *stream, struct str text)
{
    AUTO(arena) struct arena arena = {0};
    struct str clean = utf8_for_terminal(&arena, text);
    (void)fwrite(clean.ptr ? clean.ptr : "", 1, clean.len, stream);
}

void
term_line(FILE *stream, struct str text)
{
    struct str rest = text;
    struct str line;
    for (bool first = true; str_split(&rest, '\n', &line); first = false) {
        (void)fprintf(stream, "%s", first ? "" : " ");
        term_text(stream, line);
    }
}

int
term_output(const struct buf *b, const char *what, struct err *err)
{
    int result = buf_finish(b, what, err);
    if (result < 0) {
        return result;
    }
    if (fwrite(b->text ? b->text : "", 1, b->len, stdout) == b->len && fflush(stdout) == 0) {
        return 0;
    }
    return errno == EPIPE ? 0 : err_set_errno(err, errno, "%s: cannot be written", what);
}

void
term_table_init(struct term_table *t, struct arena *arena, const char *const *headings,
                size_t columns)
{
    *t = (struct term_table){.arena = arena, .headings = headings, .columns = columns};
}

/* One line, safe to show. */
static struct str
cell_text(struct arena *arena, struct str text)
{
    struct str copy = arena_str(arena, utf8_for_terminal(arena, text));
    for (size_t i = 0; copy.ptr && i < copy.len; i++) {
        if (copy.ptr[i] == '\n' || copy.ptr[i] == '\t') {
            ((char *)copy.ptr)[i] = ' ';
        }
    }
    return copy;
}

void
term_table_add(struct term_table *t, const struct str *cells)
{
    if (t->rows == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 16;
        struct str *grown = arena_zero(t->arena, capacity * t->columns, sizeof(*grown));
        if (!grown) {
            t->failed = true;
            return;
        }
        if (t->rows) {
            memcpy(grown, t->cells, t->rows * t->columns * sizeof(*grown));
        }
        t->cells = grown;
        t->capacity = capacity;
    }
    for (size_t c = 0; c < t->columns; c++) {
        struct str cell = cell_text(t->arena, cells[c]);
        t->failed |= !cell.ptr;
        t->cells[t->rows * t->columns + c] = cell;
    }
    t->rows++;
}

static void
print_tabbed(const struct term_table *t, size_t row)
{
    for (size_t c = 0; c < t->columns; c++) {
        (void)printf("%" STR_FMT "%c", STR_ARG(t->cells[row * t->columns + c]),
                     c == t->columns - 1 ? '\n' : '\t');
    }
}

static size_t
column_width(const struct term_table *t, size_t column)
{
    size_t width = strlen(t->headings[column]);
    for (size_t r = 0; r < t->rows; r++) {
        size_t cell = utf8_count(t->cells[r * t->columns + column]);
        width = cell > width ? cell : width;
    }
    return width;
}

/* TEXT in WIDTH columns: padded, or cut with an ellipsis. The last column is not padded. */
static void
print_cell(struct str text, size_t width, bool last)
{
    size_t count = utf8_count(text);
    if (count <= width) {
        (void)printf("%" STR_FMT "%*s", STR_ARG(text), last ? 0 : (int)(width - count + 2), "");
        return;
    }
    size_t pos = 0;
    for (size_t i = 0; i + 1 < width; i++) {
        (void)utf8_next(text, &pos);
    }
    (void)printf("%" STR_FMT "\xE2\x80\xA6%s", STR_ARG(str_sub(text, 0, pos)), last ? "" : "  ");
}

/* What does not fit is taken from the last column, where the free text stands, and then from lists
 * in the others; never from what is as short as an id. */
static void
fit(struct term_table *t, size_t used)
{
    enum { LAST_MIN = 10, LIST_MIN = 24 };
    size_t screen = term_width(stdout);
    size_t over = used > screen ? used - screen : 0;
    for (size_t i = 0; over > 0 && i < t->columns; i++) {
        size_t c = t->columns - 1 - i;
        size_t least = i == 0 ? LAST_MIN : LIST_MIN;
        size_t spare = t->widths[c] > least ? t->widths[c] - least : 0;
        size_t cut = over < spare ? over : spare;
        t->widths[c] -= cut;
        over -= cut;
    }
}

void
term_table_head(struct term_table *t)
{
    size_t used = 0;
    if (!term_is_terminal(stdout)) {
        return;
    }
    for (size_t c = 0; c < t->columns; c++) {
        t->widths[c] = column_width(t, c);
        used += t->widths[c] + (c ? 2 : 0);
    }
    size_t last = t->columns - 1;
    fit(t, used);
    (void)printf("%s", term_style(stdout, TERM_BOLD));
    for (size_t c = 0; c < t->columns; c++) {
        print_cell(str_c(t->headings[c]), t->widths[c], c == last);
    }
    (void)printf("%s\n", term_style(stdout, TERM_PLAIN));
}

void
term_table_row(const struct term_table *t, size_t row)
{
    if (!term_is_terminal(stdout)) {
        print_tabbed(t, row);
        return;
    }
    for (size_t c = 0; c < t->columns; c++) {
        print_cell(t->cells[row * t->columns + c], t->widths[c], c == t->columns - 1);
    }
    (void)printf("\n");
}

void
term_table_print(struct term_table *t)
{
    term_table_head(t);
    for (size_t r = 0; r < t->rows; r++) {
        term_table_row(t, r);
    }
}
