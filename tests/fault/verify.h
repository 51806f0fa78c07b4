/* verify: does a desk's record hold what was promised, whatever happened to the processes that
 * worked on it? The checks of the kill test, in one place.
 *
 * FOLDER holds the desk and two files beside it: `effects`, a line a call of the tool "append" that
 * took effect (effects.c), and `acks`, what the processes under test told their customers:
 *
 *     started CONVERSATION TEXT
 *     done CONVERSATION OUTCOME TICKET REPLY
 */
#ifndef FAULT_VERIFY_H
#define FAULT_VERIFY_H

#include <stddef.h>

#include "base/err.h"

struct store;

/* 0 when all of it holds; ERR_INVALID says what does not. For every conversation: no turn and no
 * call is open; every tool use has exactly one result, in the record as it is; memory accepts the
 * history; a ticket exists exactly if the bot gave the conversation away, the call's result carries
 * its number and the customer's line is stored; what was acknowledged is there, once; no effect
 * happened twice, or without a call, and every successful call had its own. And the store finds
 * itself sound. */
int verify_desk(struct store *s, const char *folder, struct err *err) WARN_UNUSED;

/* Append one line to FOLDER/NAME. */
int verify_note(const char *folder, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How many lines FOLDER/NAME has; 0 where there is no such file. */
size_t verify_lines(const char *folder, const char *name);

#endif
