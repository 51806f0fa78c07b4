/* gauntlet_report: what a gauntlet found, a group at a time.
 *
 * For a person each group is a line when it is over: how it went, its name, what was tried; below
 * it what failed and how to mend that. With --json everything is kept and written as one array. A
 * finding that was said already is not said again. */
#ifndef DESKHAND_GAUNTLET_REPORT_H
#define DESKHAND_GAUNTLET_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct js_out;

enum gauntlet_state {
    GAUNTLET_OK,
    GAUNTLET_NOTE,    /* worth knowing, nothing is broken */
    GAUNTLET_SKIPPED, /* not tried, and why */
    GAUNTLET_FAILED,
};

struct gauntlet_finding {
    struct gauntlet_finding *next;
    bool failure; /* else a note */
    struct str what;
    struct str mend;
};

struct gauntlet_group {
    struct gauntlet_group *next;
    const char *name;
    enum gauntlet_state state;
    struct str detail;
    struct gauntlet_finding *first;
    size_t count;
};

struct gauntlet_report {
    bool json;
    struct arena *arena; /* of everything below */
    struct gauntlet_group *first;
    struct gauntlet_group *last;
    struct gauntlet_group *current; /* open, or the last that was */
    struct gauntlet_group spare;    /* open where memory ran out */
    size_t groups;
    size_t failed; /* groups */
    bool lost;     /* memory ran out, or stdout took nothing */
};

/* Open the group NAME, a literal. */
void report_begin(struct gauntlet_report *r, const char *name);
/* In the open group; MEND (may be NULL), a literal, says what to do. */
void report_failure(struct gauntlet_report *r, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct gauntlet_report *r, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Close it: FORMAT says what was tried. */
void report_end(struct gauntlet_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Open and close one that was not tried. */
void report_skip(struct gauntlet_report *r, const char *name, const char *why);

/* Has something of the open group failed? */
bool report_failing(const struct gauntlet_report *r);

/* The groups as the value of a key. */
void report_json(const struct gauntlet_report *r, struct js_out *out);

#endif
