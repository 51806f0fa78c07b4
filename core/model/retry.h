/* retry: what to do after an attempt failed. Decides, and does nothing. [any]
 *
 * One struct retry belongs to one model within one call. What is worth another try is tried again
 * after a random wait that doubles in its bounds (full jitter: callers that failed together do not
 * come back together), until the attempts or the time are used up. What no repetition mends goes to
 * the next model. The server's own word counts: its retry-after is waited for where the time
 * allows, x-should-retry wins over the kind. */
#ifndef MODEL_RETRY_H
#define MODEL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/failure.h"

enum {
    RETRY_ATTEMPTS = 4,        /* setting `attempts` */
    RETRY_TIME_MS = 30000,     /* setting `retry_time` */
    RETRY_BASE_MS = 500,       /* the first wait is 0 to this, */
    RETRY_THROTTLED_MS = 1000, /* to this where the server wants less, */
    RETRY_CAP_MS = 20000,      /* and no later one is above this */
};

/* Where chance comes from, so that a test can say what it brings. */
struct retry_random {
    uint64_t (*next)(struct retry_random *r);
    uint64_t state;
};
/* A fair sequence, the same for the same SEED. */
void retry_random_init(struct retry_random *r, uint64_t seed);
/* 0 to MAX, both included; MAX is not negative. */
int64_t retry_random_ms(struct retry_random *r, int64_t max);

struct retry_rules {
    int attempts;
    int64_t time_ms;
};

/* `{0}` at first; retry_decide() keeps it. */
struct retry {
    int attempts;    /* that failed */
    bool continued;  /* a broken reply was continued; that is done once */
    bool continuing; /* the last decision was to continue */
    uint32_t seen;   /* kinds that failed before, one bit each */
};

struct retry_case {
    const struct failure *failure;
    int64_t spent_ms; /* since the first attempt began, waits included */
    bool continuable; /* text was shown, and the provider goes on behind it */
};

enum retry_action {
    RETRY_AGAIN,    /* from the beginning; what was shown is withdrawn */
    RETRY_CONTINUE, /* behind what was shown */
    RETRY_NEXT,     /* this model is done for: ask the next, where there is one */
    RETRY_GIVE_UP,  /* no other would do better: memory ran out, or a bug */
};

struct retry_decision {
    enum retry_action action;
    int64_t after_ms; /* AGAIN, CONTINUE */
};

/* After a failed attempt: what now? */
struct retry_decision retry_decide(struct retry *r, const struct retry_rules *rules,
                                   const struct retry_case *c, struct retry_random *random);

#endif
