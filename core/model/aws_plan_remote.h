/* aws_plan_remote: the plans that end at a server. Parts of aws_plan.c, which calls them: single
 * sign-on's portal, a container's agent, EC2's metadata service. Nothing is asked here. */
#ifndef MODEL_AWS_PLAN_REMOTE_H
#define MODEL_AWS_PLAN_REMOTE_H

#include <stdint.h>

#include "model/aws_plan.h"

struct aws_profiles;

/* 0: it is the way, P is filled. Positive: it is not open. <0: it would be, and cannot be gone. */
/* P has its profile and origin. ERR_AUTH: `aws sso login` has to be run (again). */
int aws_plan_sso(struct aws_plan *p, const struct aws_profiles *files, int64_t now_ms,
                 struct err *err) WARN_UNUSED;
int aws_plan_container(struct aws_plan *p, struct err *err) WARN_UNUSED;
/* Always open. */
int aws_plan_machine(struct aws_plan *p, struct err *err) WARN_UNUSED;

/* May a container's agent stand at URL: https, or http to this machine or to one of the addresses
 * that ECS and EKS use? Else its answer could be read and forged on the way. */
bool aws_container_url_allowed(struct str url);

#endif
