/* quota: how many requests and tokens a minute one model gets from us, so that its server has no
 * need to refuse. One for each model, shared by all turns.
 *
 * Two buckets that fill steadily and hold one minute's worth. A request takes one place and as many
 * tokens as it is thought to cost; when its usage is known, the difference is put right. A request
 * that costs more than a full bucket goes when the bucket is full.
 *
 * Who cannot go waits. The conversations take turns, one request each; within a conversation first
 * come is first served. Nobody overtakes, or a large request would wait for ever. How many may wait
 * is bounded: one more is refused at once, for a refusal now is better than an answer nobody waits
 * for any longer.
 *
 * [loop]. Nothing is granted inside the call that asked. */
#ifndef MODEL_QUOTA_H
#define MODEL_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct clock;
struct loop;
struct quota;

enum { QUOTA_WAITING = 100 }; /* setting `waiting` */

struct quota_limits {
    int64_t requests_per_minute; /* 0: no limit, as below */
    int64_t tokens_per_minute;
    int64_t waiting;
};

/* NAME, the model's, is borrowed until quota_free(), as are L and CLOCK. */
int quota_new(struct loop *l, const struct clock *clock, struct str name,
              const struct quota_limits *limits, struct quota **ret, struct err *err) WARN_UNUSED;
/* Nobody may be waiting. NULL is fine. */
void quota_free(struct quota *q);
AUTO_DEFINE(quota, struct quota *, quota_free)

/* A place in the queue, in the storage of whoever waits, at the same address until it is granted or
 * given up. The caller fills in the first four. */
struct quota_place {
    struct str conversation; /* borrowed while it waits; those without one share a turn */
    int64_t tokens;
    void (*granted)(struct quota_place *place);
    void *arg;
    struct quota_place *later; /* of the same conversation */
    struct quota_place *last;  /* of these, where this one is the conversation's first */
    struct quota_place *next;  /* conversation */
};

enum { QUOTA_WAIT = 1 };

/* 0: granted. QUOTA_WAIT: PLACE->granted comes once, later, unless quota_leave() comes first.
 * ERR_LIMIT: too many wait. */
int quota_take(struct quota *q, struct quota_place *place, struct err *err) WARN_UNUSED;
/* Give up a place that waits. */
void quota_leave(struct quota *q, struct quota_place *place);
/* What a granted request really cost. */
void quota_settle(struct quota *q, const struct quota_place *place, int64_t tokens);
/* A granted request was not sent after all. */
void quota_give_back(struct quota *q, const struct quota_place *place);

/* How many wait. */
size_t quota_waiting(const struct quota *q);
/* Grant what is due by the clock: what its timer does, for tests that wind the clock by hand. */
void quota_poll(struct quota *q);

#endif
