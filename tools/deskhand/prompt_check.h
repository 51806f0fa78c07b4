/* prompt_check: does a prompt of this desk load, and say something with what it will be given?
 *
 * A prompt that is in use (the configured one, and those the engine speaks by) must be filled by
 * the desk's variables and what the engine offers it. Of any other, a required variable may be
 * left to --var: a stand-in takes its place. */
#ifndef DESKHAND_PROMPT_CHECK_H
#define DESKHAND_PROMPT_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "prompt/prompt.h"

struct app;

/* Is NAME the configured prompt or one of prompt_needed? */
bool prompt_check_in_use(const struct app *app, struct str name);
/* VARS is what parts_vars() made. Failures are those of prompt_load() and prompt_fill(). */
int prompt_check(struct app *app, const struct prompt_path *path, struct str vars, struct str name,
                 struct err *err) WARN_UNUSED;

#endif
