/* http_date: the time in a Date or Retry-After header. [any] */
#ifndef MODEL_HTTP_DATE_H
#define MODEL_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" in milliseconds since 1970. The two older spellings that RFC 9110
 * knows have not been sent for decades and are refused. False: it is none; *RET is untouched. */
bool http_date_parse(struct str text, int64_t *ret_wall_ms);

#endif
