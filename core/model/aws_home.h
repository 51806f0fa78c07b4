/* aws_home: what stands ready on this machine: AWS's variables, the files in ~/.aws, and from them
 * the profile, the region and the address. Files are read anew by each call, on the calling thread;
 * one that does not exist is an empty one. */
#ifndef MODEL_AWS_HOME_H
#define MODEL_AWS_HOME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/aws_profile.h"

struct arena;

/* A variable of core/config/env.c, without white space around; empty when it is not set. */
struct str aws_env(const char *name);
/* Is it "true", in letters of either case? */
bool aws_env_true(const char *name);

/* "/home/ann/.aws/NAME", NUL-terminated, in ARENA. ERR_NOTFOUND without HOME; ERR_NOMEM. */
int aws_home_path(const char *name, struct arena *arena, struct str *ret,
                  struct err *err) WARN_UNUSED;

/* Both files into P, which is empty and owned by the caller on failure, too. *RET_NAME is the
 * profile to use: GIVEN, AWS_PROFILE, else "default"; borrowed from those. ERR_NOTFOUND: the first
 * two name one that is in neither file. ERR_INVALID, ERR_IO, ERR_LIMIT, ERR_NOMEM. */
int aws_home_profile(struct str given, struct aws_profiles *p, struct str *ret_name,
                     struct err *err) WARN_UNUSED;

/* The region: GIVEN, AWS_REGION, AWS_DEFAULT_REGION, that of the profile (as above). In ARENA.
 * ERR_NOTFOUND, with what to do; and all of the above. */
int aws_home_region(struct str given, struct str profile, struct arena *arena, struct str *ret,
                    struct err *err) WARN_UNUSED;
/* The address somebody chose for Bedrock: AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_ENDPOINT_URL, the
 * profile's. Empty when nobody did, or AWS_IGNORE_CONFIGURED_ENDPOINT_URLS says so. */
int aws_home_endpoint(struct str profile, struct arena *arena, struct str *ret,
                      struct err *err) WARN_UNUSED;

#endif
