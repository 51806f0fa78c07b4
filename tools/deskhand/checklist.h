/* checklist: what a checking command prints, one line a check, and how it ends.
 *
 * On a terminal or in a pipe `ok desk.yaml: ...`; with --json one object a line,
 * {"check","state","detail"}. Problems are counted: one that remains makes the exit status 1.
 * Lines are printed as they are found, so that a slow check does not hide what is known. */
#ifndef DESKHAND_CHECKLIST_H
#define DESKHAND_CHECKLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum check_state {
    CHECK_OK,
    CHECK_MENDED,
    CHECK_NOTE, /* worth knowing, nothing is broken */
    CHECK_PROBLEM,
};

struct checklist {
    bool json;
    size_t problems;
    size_t mended;
    bool failed; /* stdout could not be written */
};

/* One check. CHECK names what was looked at; the rest says what was found and what to do. */
void checklist_add(struct checklist *l, enum check_state state, const char *check,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* EXIT_DONE, EXIT_FAILED while a problem remains; an error when stdout took nothing. */
int checklist_end(const struct checklist *l, struct err *err) WARN_UNUSED;

#endif
