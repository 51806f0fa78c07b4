/* check: what the checks of the wire formats share. Stateless. */
#ifndef MOCK_CHECK_H
#define MOCK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "asked.h"
#include "base/json.h"
#include "reply.h"

/* LENGTH 1..64 of letters, digits, '_', '-' and EXTRA. */
bool check_name(struct str name, const char *extra);

/* The ids that the last assistant message waits for. */
struct pending {
    struct str ids[64];
    bool answered[64];
    size_t count;
};

/* False when there are too many. */
bool pending_add(struct pending *p, struct str id);
/* ID's result came: false when nobody waits for it (any more). */
bool pending_answer(struct pending *p, struct str id);
/* The first id without a result; the empty view when there is none. */
struct str pending_missing(const struct pending *p);

/* Is there the header by which AWS knows the caller? With a secret the signature is computed anew.
 * 0, or 1 with REFUSED filled. */
int check_aws_auth(const struct asked *a, struct refusal *refused);

/* Parse the body as an object; 0, or 1 with REFUSED filled. */
int check_body(struct asked *a, const struct js **ret, struct refusal *refused);

/* TEXT is a string, or an array of which some are {"type": "text", "text": ...}: all text in it,
 * in the request's arena. */
struct str check_flatten(const struct js *text, const struct asked *a);

#endif
