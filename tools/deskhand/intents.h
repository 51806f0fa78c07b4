/* intents: what the subcommands of `deskhand intents` have in common. */
#ifndef DESKHAND_INTENTS_H
#define DESKHAND_INTENTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "nlu/intent.h"

struct app;
struct args;

/* The desk's own model, intents.model beside desk.yaml: where it is or would be. ERR_NOTFOUND
 * where there is no desk. In app->arena. */
int intents_desk_path(struct app *app, struct str *ret, struct err *err) WARN_UNUSED;

/* Open that one; *RET is NULL where the desk has none. */
int intents_open_desk(struct app *app, struct intent_model **ret, struct err *err) WARN_UNUSED;

/* The model of --model; else the desk's own where it has one; else the built-in one. *RET_NAME,
 * borrowed from app->arena, says which: its path, or "built in". */
int intents_open(struct app *app, const struct args *args, struct intent_model **ret,
                 struct str *ret_name, struct err *err) WARN_UNUSED;

/* The examples in FILE ("-": standard input), all in app->arena; lines that could not be used are
 * told on stderr. ERR_NOTFOUND, ERR_IO, and what intent_set_read() says. */
int intents_read(struct app *app, struct str file, struct intent_set *ret,
                 struct err *err) WARN_UNUSED;

#endif
