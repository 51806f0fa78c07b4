/* tool_fake: a source of tools whose behaviour a test chooses, on the loop's timers.
 *
 * Tools of the set `tool_fake_standard`:
 *   look    read,  parallel: {"found":ARGUMENTS} after "ms" milliseconds (argument, default 0)
 *   write   write, serial:   the same; counts its effects
 *   fail    read,  parallel: TOOL_ERROR "no such order"
 *   stuck   read,  parallel: never answers (its timeout is 50 ms)
 *   human   write, hands_over: stages an escalation with the arguments' reason and priority
 *   cancel  irreversible, serial: as write; counts apart. "Cancel {q}." is what it is asked by
 *   page    read, parallel: as look, but what it finds comes from outside the shop */
#ifndef FAKES_TOOL_FAKE_H
#define FAKES_TOOL_FAKE_H

#include "base/err.h"

struct loop;
struct tool_fake;
struct tool_registry;

int tool_fake_new(struct loop *l, struct tool_fake **ret, struct err *err);
void tool_fake_free(struct tool_fake *f);
int tool_fake_register(struct tool_fake *f, struct tool_registry *r, struct err *err);
/* Calls of "write" that had their effect. */
unsigned tool_fake_writes(const struct tool_fake *f);
/* Of "cancel". */
unsigned tool_fake_cancels(const struct tool_fake *f);
/* The most calls ever under way at once. */
unsigned tool_fake_peak(const struct tool_fake *f);

#endif
