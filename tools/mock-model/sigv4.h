/* sigv4: does a request bear an AWS signature, and, when the secret is known, the right one?
 *
 * Written apart from the signer in core/model on purpose. Stateless. */
#ifndef MOCK_SIGV4_H
#define MOCK_SIGV4_H

#include "asked.h"
#include "reply.h"

/* 0, or 1 with REFUSED filled. The form is always checked; the signature itself only when the
 * request has an aws_secret. */
int sigv4_check(const struct asked *a, struct refusal *refused);

#endif
