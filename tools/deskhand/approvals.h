/* approvals: calls that may not run before somebody agreed, as a person sees them, on stdout.
 *
 * Whoever agrees has to see what to: summary and exact arguments, whole, cleaned for the terminal.
 */
#ifndef DESKHAND_APPROVALS_H
#define DESKHAND_APPROVALS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/rows.h"

struct buf;

/* Those of one conversation under a heading, each with its state at NOW, first those that wait for
 * an agent; nothing where there are none. How many of them wait for an agent. ERR_NOMEM. */
int approvals_print(const struct approval_row *rows, size_t count, int64_t now, size_t *ret_waiting,
                    struct err *err) WARN_UNUSED;

/* One line each on STDERR: which could be meant. */
void approvals_print_choice(const struct approval_row *rows, size_t count);

/* ROW as one JSON object and a newline at the end of OUT; its state is the one at NOW. */
int approvals_add_json(struct buf *out, const struct approval_row *row, int64_t now,
                       struct err *err) WARN_UNUSED;

#endif
