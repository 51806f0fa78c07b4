/* failure_aws: what Bedrock says when it refuses, as a failure in words that say what to do.
 *
 * An error has a name (x-amzn-errortype, else the body's __type or code) and a message. Where the
 * message tells more than the name (an id that wants an inference profile, a day's allowance used
 * up) it decides. Messages that may repeat what was signed are not shown. Pure. */
#ifndef MODEL_FAILURE_AWS_H
#define MODEL_FAILURE_AWS_H

#include "base/str.h"

struct failure;
struct http_head;

/* For the words. */
struct aws_place {
    struct str model;  /* its name in desk.yaml */
    struct str id;     /* the server's id */
    struct str region; /* may be empty */
};

/* An answer that is no 200; BODY may be anybody's (a proxy's page). F has status, advice and delay
 * from the head already. */
void failure_aws(struct failure *f, const struct aws_place *place, const struct http_head *head,
                 struct str body);

/* An error of this NAME ("throttlingException" too: streams begin it with a small letter) and
 * MESSAGE, inside a stream. */
void failure_aws_event(struct failure *f, const struct aws_place *place, struct str name,
                       struct str message);

#endif
