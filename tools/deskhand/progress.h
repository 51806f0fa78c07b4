/* progress: how far a long piece of work is, on a terminal and nowhere else.
 *
 * One line on stderr, written over in place at most ten times a second, gone at the end. Without a
 * terminal on stderr every function does nothing. Work shorter than a third of a second shows
 * nothing. */
#ifndef DESKHAND_PROGRESS_H
#define DESKHAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "importing" */
    const char *unit; /* "rows" */
    bool on;          /* stderr is a terminal that can write over a line */
    bool shown;       /* a line stands there */
    int64_t began_ms;
    int64_t next_ms; /* when to write again */
};

/* WHAT and UNIT are borrowed until progress_end(). */
void progress_begin(struct progress *p, const char *what, const char *unit);
/* COUNT units, and how many a second; DONE of TOTAL make the bar and the time left, TOTAL 0: not
 * known, neither. */
void progress_show(struct progress *p, uint64_t count, uint64_t done, uint64_t total);
/* Take the line away, for the end or because something else is to be printed. */
void progress_clear(struct progress *p);

#endif
