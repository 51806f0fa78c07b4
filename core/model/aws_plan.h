/* aws_plan: which of AWS's many ways to credentials is the one to go now. Reads options,
 * environment and files and decides; asks no program and no server: that is aws_fetch.h. A plan is
 * made anew for every renewal, so that whatever changed in the files is seen. */
#ifndef MODEL_AWS_PLAN_H
#define MODEL_AWS_PLAN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/aws_answer.h"

enum aws_method {
    AWS_BY_HAND,      /* no way to go: `found` has them */
    AWS_BY_PROCESS,   /* run `argv` */
    AWS_BY_SSO,       /* GET `url` with `token` */
    AWS_BY_CONTAINER, /* GET `url`, with `token` where there is one */
    AWS_BY_MACHINE,   /* ask the metadata service at `url` */
};

/* `{0}` is a valid empty one. */
struct aws_plan {
    enum aws_method method;
    struct str origin;       /* "profile shop", NUL-terminated: for people */
    struct str profile;      /* the profile that has no credentials, where AWS_BY_MACHINE is the way
                              * all the same; else the one that is used, or empty */
    struct aws_found found;
    const char *const *argv;
    struct str url;
    struct aws_text token;
    struct arena arena;
};

/* What the options say; empty views where they say nothing. */
struct aws_given {
    struct str api_key;
    struct str access_key;
    struct str secret_key;
    struct str session_token;
    struct str profile;
};

/* Decide, at the time NOW_MS. RET is empty, and is again on failure. ERR_AUTH: there are none, they
 * are not complete, or have to be made by `aws sso login`; ERR_NOTFOUND: no such profile;
 * ERR_INVALID: a file or variable that makes no sense, or a way that is not supported, and what to
 * do instead; ERR_IO, ERR_LIMIT, ERR_NOMEM. */
int aws_plan_make(const struct aws_given *given, int64_t now_ms, struct aws_plan *ret,
                  struct err *err) WARN_UNUSED;
void aws_plan_done(struct aws_plan *p);
AUTO_DEFINE_VALUE(aws_plan, struct aws_plan, aws_plan_done)

/* "There are no credentials", and how to give some. WHY may be empty. Returns ERR_AUTH. */
int aws_plan_nothing(struct str profile, const char *why, struct err *err);

#endif
