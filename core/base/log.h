/* log: one JSON line an event, on stderr.
 *
 * Library code returns errors; only boundary code (the end of a turn, the server, the console,
 * main) logs, once. No customer text above debug, no credentials ever. A line looks like
 *     {"at":"2026-11-21T09:34:00.125Z","level":"warn","module":"plugin","message":"..."}
 * with "turn" and "code" where they are known. [any]: a line is one write(2). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_NONE };

/* From main only. The default is LOG_WARN. */
void log_set_level(enum log_level level);
bool log_level_from_name(struct str name, enum log_level *ret);
bool log_enabled(enum log_level level);

/* TURN may be the empty view. */
void log_line(enum log_level level, const char *module, struct str turn, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A failure that is reported and then ignored or already handled. */
void log_err(enum log_level level, const char *module, struct str turn, const struct err *err);

#endif
