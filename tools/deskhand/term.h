/* term: what a person sees. Errors, colours only on a terminal, text made safe to show.
 *
 * stdout carries results and nothing else; everything said about the work goes to stderr. */
#ifndef DESKHAND_TERM_H
#define DESKHAND_TERM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;

/* `deskhand: MESSAGE` on stderr. */
void term_error(const struct err *err);

/* Is this stream a terminal that shall be coloured (NO_COLOR, TERM=dumb)? */
bool term_colored(FILE *stream);
bool term_is_terminal(FILE *stream);
/* Columns of the terminal on STREAM, 80 when it is none. */
unsigned term_width(FILE *stream);

enum term_style { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_CYAN };
/* The escape sequence that begins STYLE, or "" where STREAM takes none; TERM_PLAIN ends it. */
const char *term_style(FILE *stream, enum term_style style);

/* Print text of a customer, model or tool: cleaned of everything a terminal would obey. */
void term_text(FILE *stream, struct str text);
/* The same on one line: no text passes for a line of ours. */
void term_line(FILE *stream, struct str text);
/* The text of a buf as a whole on stdout; ERR_IO when nobody takes it (a full disk, not a closed
 * pipe, which ends quietly). */
int term_output(const struct buf *b, const char *what, struct err *err) WARN_UNUSED;

/* A table: headings and rows, columns as wide as needed, cut at the terminal's width, the
 * last one first; plain tab-separated without headings' padding where stdout is no terminal. */
enum { TERM_COLUMNS = 16 };
struct term_table {
    struct arena *arena;
    const char *const *headings;
    size_t columns;
    struct str *cells; /* rows * columns */
    size_t rows;
    size_t capacity;
    size_t widths[TERM_COLUMNS];
    bool failed; /* memory ran out: what would be printed is not all of it */
};
void term_table_init(struct term_table *t, struct arena *arena, const char *const *headings,
                     size_t columns);
/* CELLS are `columns` texts; cleaned and kept by copy. */
void term_table_add(struct term_table *t, const struct str *cells);
void term_table_print(struct term_table *t);
/* The same in pieces, for something between the rows: the headings, then each row. */
void term_table_head(struct term_table *t);
void term_table_row(const struct term_table *t, size_t row);

#endif
