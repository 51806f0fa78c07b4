/* aws_fetch: go the way of a plan: run the program or ask the server, read the answer. One way,
 * once; no second try and no other way. Everything is [loop]. */
#ifndef MODEL_AWS_FETCH_H
#define MODEL_AWS_FETCH_H

#include "base/err.h"
#include "model/aws_answer.h"

struct aws_fetch;
struct aws_plan;
struct http_client;
struct loop;

struct aws_fetch_parts {
    struct loop *loop;
    /* Asked when the way is to a server. */
    int (*http)(void *arg, struct http_client **ret, struct err *err);
    void *http_arg;
};

/* The end, exactly once unless cancelled: FOUND, whose contents may be taken (leave `{0}`), or NULL
 * and ERR. The fetch is dead when it returns. */
typedef void (*aws_fetch_done)(void *arg, struct aws_found *found, const struct err *err);

/* PLAN, not AWS_BY_HAND, and what PARTS points to are borrowed until done or cancel. DONE never
 * comes from inside. ERR_NOTFOUND: no such program; ERR_IO, ERR_INVALID, ERR_NOMEM. */
int aws_fetch_start(const struct aws_fetch_parts *parts, const struct aws_plan *plan,
                    aws_fetch_done done, void *arg, struct aws_fetch **ret,
                    struct err *err) WARN_UNUSED;
/* No DONE follows. NULL is fine. May not be called from its own DONE. */
void aws_fetch_cancel(struct aws_fetch *f);

#endif
