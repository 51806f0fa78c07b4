/* base64: RFC 4648's standard alphabet with padding, strictly.
 *
 * Refused: line breaks and other bytes, missing or extra padding, bits set where the padding says
 * there are none: whoever compares two such texts compares their bytes. Nothing here is for
 * secrets: the tables are looked up in time that depends on the data. [any] */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>

#include "base/str.h"

struct buf;

/* Append BYTES encoded; errors are the buf's. */
void base64_encode(struct str bytes, struct buf *out);
/* Append what TEXT encodes; the empty text encodes nothing. False, and OUT unchanged, when it is
 * not base64. Memory and the maximum are the buf's sticky failure, as ever. */
bool base64_decode(struct str text, struct buf *out) __attribute__((warn_unused_result));
bool base64_valid(struct str text);

#endif
