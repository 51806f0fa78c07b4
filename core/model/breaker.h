/* breaker: is a model worth asking just now? One for each model, shared by all turns.
 *
 * Closed, it lets everything through. After BREAKER_FAILURES failures in a row within
 * BREAKER_WINDOW_MS it opens: nobody is let through until it has cooled down. Then it lets one
 * attempt through, the probe: its success closes the breaker, its failure opens it for twice as
 * long. What counts is what says that the server is in trouble: no network, no answer, cut,
 * throttled, overloaded. A refusal in words (a wrong key, a bad request) is an answer of a sound
 * server.
 *
 * Throttling also holds the whole model back for a while: breaker_wait_ms(). A burst of attempts
 * that are throttled together is one event, not many.
 *
 * Pure but for the clock it is given; {0} is not valid. [loop] */
#ifndef MODEL_BREAKER_H
#define MODEL_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/failure.h"

struct clock;

enum {
    BREAKER_FAILURES = 5,
    BREAKER_WINDOW_MS = 60000,
    BREAKER_COOL_MS = 10000,
    BREAKER_COOL_MAX_MS = 300000,
    BREAKER_HOLD_MS = 1000, /* after throttling without a retry-after, doubling */
    BREAKER_HOLD_DOUBLED_MAX_MS = 20000,
    BREAKER_HOLD_MAX_MS = 300000, /* whatever the server asks */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    const struct clock *clock;
    enum breaker_state state;
    int64_t failed_at[BREAKER_FAILURES]; /* the last failures in a row, a ring */
    unsigned failures;                   /* in a row */
    int64_t open_until;
    int64_t cool_ms;
    bool probing;
    enum failure_kind last; /* why it opened */
    int64_t not_before;
    int64_t hold_ms;
};

void breaker_init(struct breaker *b, const struct clock *clock);

/* Would an attempt be let through? Changes nothing. */
bool breaker_allows(const struct breaker *b);
/* How long it is closed to all, throttling apart; 0: no longer. */
int64_t breaker_open_ms(const struct breaker *b);
/* How long the whole model is held back after throttling; 0: not. */
int64_t breaker_wait_ms(const struct breaker *b);

/* What an attempt was let through as; give it back with one of the three below. */
enum breaker_pass { BREAKER_REFUSED, BREAKER_PASSED, BREAKER_PROBE };
enum breaker_pass breaker_enter(struct breaker *b);
void breaker_succeeded(struct breaker *b, enum breaker_pass pass);
void breaker_failed(struct breaker *b, enum breaker_pass pass, const struct failure *f);
/* Cancelled: nothing is known. */
void breaker_left(struct breaker *b, enum breaker_pass pass);

#endif
