/* aws_endpoint: the address of Bedrock in a region. FIPS and dual-stack addresses are not made; who
 * needs one gives it as base_url. [any] */
#ifndef MODEL_AWS_ENDPOINT_H
#define MODEL_AWS_ENDPOINT_H

#include "base/err.h"
#include "base/str.h"

struct arena;

/* Could REGION be one: small letters, digits and inner hyphens, at most 63? It becomes part of a
 * host's name. FROM says where it stood. ERR_INVALID. */
int aws_region_check(struct str region, const char *from, struct err *err) WARN_UNUSED;

/* "https://bedrock-runtime.us-east-1.amazonaws.com" for a checked REGION, in ARENA; ptr NULL when
 * memory ran out. */
struct str aws_endpoint_of(struct str region, struct arena *arena);

/* Is URL http or https with a host and without white space or user name? FROM says where it stood.
 * *RET is URL without slashes at its end. ERR_INVALID. */
int aws_endpoint_check(struct str url, const char *from, struct str *ret,
                       struct err *err) WARN_UNUSED;

#endif
