/* prompt_header: the comment that opens a prompt file. Its grammar is prompt.h's. */
#ifndef PROMPT_PROMPT_HEADER_H
#define PROMPT_PROMPT_HEADER_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "prompt/prompt.h"

struct arena;

struct prompt_header {
    struct str purpose;
    struct prompt_variable *variables;
    size_t variable_count;
    struct str body;  /* what follows the header and the blank lines after it */
    size_t body_line; /* the line it starts in */
};

/* Read the header of TEXT, which must declare NAME. SOURCE opens the messages. The variables are in
 * ARENA, their words borrowed from TEXT except for defaults with an escape. ERR_INVALID, ERR_LIMIT
 * (more than 64 variables), ERR_NOMEM. [any] */
int prompt_header_read(struct str source, struct str name, struct str text, struct arena *arena,
                       struct prompt_header *ret, struct err *err) WARN_UNUSED;

#endif
