/* environment: what a program that desk.yaml names gets as its environment: the map `env` of its
 * entry, secrets filled in, and nothing else. [loop] */
#ifndef DESKHAND_ENVIRONMENT_H
#define DESKHAND_ENVIRONMENT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct app;
struct js;

struct environment {
    char **list; /* NAME=VALUE up to a NULL; NULL itself before environment_read() */
    size_t count;
};

/* MAP, of texts, may be NULL. A value that is ${NAME} or file:PATH is looked up; WHAT
 * ("mcp.files.env") names the map in messages. ERR_NOTFOUND, ERR_AUTH, ERR_INVALID as
 * config_secret_from(). The list is APP's, what it points to the environment's. */
int environment_read(struct app *app, struct str what, const struct js *map,
                     struct environment *ret, struct err *err) WARN_UNUSED;
/* Wipes it. `{0}` is fine. */
void environment_done(struct environment *e);

#endif
