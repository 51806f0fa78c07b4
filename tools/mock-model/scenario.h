/* scenario: what to answer, chosen by the model's id and made from the request alone.
 *
 * The longest scenario name that the id contains decides; an id that contains none is `text`. The
 * one thing remembered between requests is how often a conversation was throttled. One thread a
 * process; the counters may be shared between processes. */
#ifndef MOCK_SCENARIO_H
#define MOCK_SCENARIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asked.h"
#include "reply.h"

enum { THROTTLE_SLOTS = 65536 };

struct throttle {
    atomic_uint refused[THROTTLE_SLOTS]; /* by a hash of model and last user text */
};

struct scenario_options {
    size_t tokens;     /* pieces of a text */
    bool stamp;        /* pieces are made at sending */
    unsigned throttle; /* refusals before `throttled` answers */
    uint64_t seed;     /* another seed, other words and ids */
    struct throttle *throttles;
};

struct scenario;

/* NULL when INDEX is past the end. *RET_NAME and *RET_HELP are static. */
const struct scenario *scenario_at(size_t index, const char **ret_name, const char **ret_help);
const struct scenario *scenario_choose(struct str model);
const char *scenario_name(const struct scenario *s);

/* The refusal with which S meets every request of its kind: 1 and REFUSED filled, else 0. */
int scenario_refuses(const struct scenario *s, const struct scenario_options *options,
                     const struct asked *a, struct refusal *refused);

/* Fill R, in ARENA, which may be short of memory then (arena->starved). */
void scenario_answer(const struct scenario *s, const struct scenario_options *options,
                     const struct asked *a, struct arena *arena, struct reply *r);

#endif
