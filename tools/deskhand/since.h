/* since: how a person says from when on. */
#ifndef DESKHAND_SINCE_H
#define DESKHAND_SINCE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* TEXT as a moment in *RET, in milliseconds since 1970 UTC: a time back from NOW as a number and a
 * letter (90m, 24h, 7d, 2w; a day is 24 hours), an RFC 3339 time, or a date (its midnight, UTC).
 * Empty TEXT is the beginning, 0; so is whatever would lie before it. ERR_INVALID says what is
 * understood, OPTION ("--since") opening the message. [any] */
int since_parse(struct str text, const char *option, int64_t now, int64_t *ret,
                struct err *err) WARN_UNUSED;

#endif
