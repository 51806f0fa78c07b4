/* transcript: a conversation as a person reads it, on stdout.
 *
 * What was said, and between it what happened: tools with their outcome and time, approvals that
 * were asked for, changes of owner, what became of tickets, models that did not answer at once,
 * turns that did not end well, ratings. Everything in the order of
 * time, in UTC, cleaned for the terminal. */
#ifndef DESKHAND_TRANSCRIPT_H
#define DESKHAND_TRANSCRIPT_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct record;
struct record_ticket;

/* One line of facts about the conversation each, then an empty one. */
void transcript_print_head(const struct record *r);
/* The same for a ticket of R, with its summary. ERR_INVALID where that is broken. */
int transcript_print_ticket(const struct record *r, const struct record_ticket *ticket,
                            struct err *err) WARN_UNUSED;
int transcript_print(const struct record *r, struct err *err) WARN_UNUSED;

/* TIME as "2026-11-21 09:30:00", 19 characters and a NUL. */
enum { TRANSCRIPT_TIME = 20 };
void transcript_time(int64_t at, char out[TRANSCRIPT_TIME]);

#endif
