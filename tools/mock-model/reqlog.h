/* reqlog: one JSON line for each request, for tests that ask what was sent.
 *
 * {"t":ms,"method":..,"path":..,"scenario":..,"status":..,"headers":{..},"body":".."}. Of headers
 * that hold a secret only the scheme and a hash are written. One thread a process; lines of several
 * processes do not mix. */
#ifndef MOCK_REQLOG_H
#define MOCK_REQLOG_H

#include "asked.h"
#include "base/err.h"

/* Open PATH for appending; *RET is its descriptor, closed by the caller. */
int reqlog_open(const char *path, int *ret, struct err *err) WARN_UNUSED;
/* FD -1: nothing. What cannot be written is said once on stderr, by the caller: false. */
bool reqlog_write(int fd, const struct asked *a, const char *scenario, int status);

#endif
