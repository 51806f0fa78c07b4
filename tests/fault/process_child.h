/* process_child: starts processes in their roles (process_roles.h), hears what they say, and looks
 * at what the record holds afterwards. For processes.c alone. */
#ifndef FAULT_PROCESS_CHILD_H
#define FAULT_PROCESS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

enum { CHILD_LINE = 512 };

struct child {
    pid_t pid;
    int fd;
    char text[CHILD_LINE];
    size_t len;
};

/* Start this program as ROLE; its arguments end with the first NULL. */
void child_start(struct child *c, const char *role, const char *folder, const char *conversation,
                 const char *script, const char *text);
/* Wait until it says WORD: the time it names, and what follows in REST (may be NULL). -1: it does
 * not come within PATIENCE_MS of its last line. */
int64_t child_await(struct child *c, const char *word, char rest[CHILD_LINE], int patience_ms);
/* Wait for its end. True when that is as it should: exit code 0, or by SIGNAL_NUMBER. */
bool child_end(struct child *c, int signal_number);

/* What is recorded of CONVERSATION (NULL: of the newest), in one line each. */
struct glance {
    const char *conversation;
    char found[64];      /* its id */
    struct buf messages; /* "author:text|author*:text": a star is a discarded one */
    struct buf calls;    /* statuses */
    struct buf turns;    /* outcomes; "open" */
};
int glance_take(struct glance *g, const char *folder, struct err *err) WARN_UNUSED;
void glance_done(struct glance *g);

#endif
