#include "model/breaker.h"

#include "base/clock.h"
#include "base/must.h"

/* What a failure says of the server. */
enum health { HEALTH_GOOD, HEALTH_BAD, HEALTH_UNKNOWN };

void
breaker_init(struct breaker *b, const struct clock *clock)
{
    *b = (struct breaker){
        .clock = clock,
        .cool_ms = BREAKER_COOL_MS,
        .hold_ms = BREAKER_HOLD_MS,
        .not_before = INT64_MIN,
    };
}

static int64_t
now(const struct breaker *b)
{
    return clock_mono_ms(b->clock);
}

static int64_t
left_until(const struct breaker *b, int64_t when)
{
    int64_t at = now(b);
    return when > at ? when - at : 0;
}

static enum health
health_of(enum failure_kind kind)
{
    switch (kind) {
    case FAILURE_NETWORK:
    case FAILURE_CUT:
    case FAILURE_TIMEOUT:
    case FAILURE_THROTTLED:
    case FAILURE_OVERLOADED:
        return HEALTH_BAD;
    case FAILURE_ONCE:   /* one model's trouble with one request */
    case FAILURE_FORMAT: /* not the server at all */
    case FAILURE_LOCAL:
        return HEALTH_UNKNOWN;
    case FAILURE_REQUEST:
    case FAILURE_TOO_LONG:
    case FAILURE_KEY:
    case FAILURE_EXPIRED:
    case FAILURE_CLOCK:
    case FAILURE_ACCESS:
    case FAILURE_MODEL:
    case FAILURE_QUOTA:
        return HEALTH_GOOD;
    case FAILURE_NONE:
    case FAILURE_KIND_COUNT:
        break;
    }
    unreachable();
}

int64_t
breaker_open_ms(const struct breaker *b)
{
    return b->state == BREAKER_OPEN ? left_until(b, b->open_until) : 0;
}

int64_t
breaker_wait_ms(const struct breaker *b)
{
    return left_until(b, b->not_before);
}

bool
breaker_allows(const struct breaker *b)
{
    switch (b->state) {
    case BREAKER_CLOSED:
        return true;
    case BREAKER_OPEN:
        return breaker_open_ms(b) == 0;
    case BREAKER_HALF_OPEN:
        return !b->probing;
    }
    unreachable();
}

enum breaker_pass
breaker_enter(struct breaker *b)
{
    if (!breaker_allows(b)) {
        return BREAKER_REFUSED;
    }
    if (b->state == BREAKER_CLOSED) {
        return BREAKER_PASSED;
    }
    b->state = BREAKER_HALF_OPEN;
    b->probing = true;
    return BREAKER_PROBE;
}

/* What was under way when the breaker opened says nothing new of the server. */
static bool
is_heard(const struct breaker *b, enum breaker_pass pass)
{
    must(pass != BREAKER_REFUSED);
    return pass == BREAKER_PROBE || b->state == BREAKER_CLOSED;
}

void
breaker_succeeded(struct breaker *b, enum breaker_pass pass)
{
    if (!is_heard(b, pass)) {
        return;
    }
    b->state = BREAKER_CLOSED;
    b->probing = false;
    b->failures = 0;
    b->cool_ms = BREAKER_COOL_MS;
    if (breaker_wait_ms(b) == 0) {
        b->hold_ms = BREAKER_HOLD_MS;
    }
}

void
breaker_left(struct breaker *b, enum breaker_pass pass)
{
    if (pass == BREAKER_PROBE) {
        b->probing = false;
    }
}

/* False: the model is held back already, so this failure belongs to what began that. */
static bool
hold(struct breaker *b, int64_t retry_after_ms)
{
    bool is_new = breaker_wait_ms(b) == 0;
    int64_t wait = is_new ? b->hold_ms : 0;
    if (retry_after_ms > wait) {
        wait = retry_after_ms;
    }
    if (wait > BREAKER_HOLD_MAX_MS) {
        wait = BREAKER_HOLD_MAX_MS;
    }
    if (now(b) + wait > b->not_before) {
        b->not_before = now(b) + wait;
    }
    if (is_new) {
        b->hold_ms *= 2;
        b->hold_ms =
            b->hold_ms < BREAKER_HOLD_DOUBLED_MAX_MS ? b->hold_ms : BREAKER_HOLD_DOUBLED_MAX_MS;
    }
    return is_new;
}

static void
open(struct breaker *b, enum failure_kind kind)
{
    b->state = BREAKER_OPEN;
    b->probing = false;
    b->failures = 0;
    b->last = kind;
    b->open_until = now(b) + b->cool_ms;
    b->cool_ms = b->cool_ms * 2 < BREAKER_COOL_MAX_MS ? b->cool_ms * 2 : BREAKER_COOL_MAX_MS;
}

static void
count(struct breaker *b, enum failure_kind kind)
{
    /* The slot the newest goes to holds the oldest of the last BREAKER_FAILURES. */
    b->failed_at[b->failures % BREAKER_FAILURES] = now(b);
    b->failures++;
    if (b->failures >= BREAKER_FAILURES &&
        now(b) - b->failed_at[b->failures % BREAKER_FAILURES] <= BREAKER_WINDOW_MS) {
        open(b, kind);
    }
}

void
breaker_failed(struct breaker *b, enum breaker_pass pass, const struct failure *f)
{
    enum health health = health_of(f->kind);
    bool is_new = f->kind != FAILURE_THROTTLED || hold(b, f->retry_after_ms);
    if (!is_heard(b, pass)) {
        return;
    }
    if (health == HEALTH_GOOD) {
        breaker_succeeded(b, pass);
    } else if (health == HEALTH_UNKNOWN) {
        breaker_left(b, pass);
    } else if (pass == BREAKER_PROBE) {
        open(b, f->kind);
    } else if (is_new) {
        count(b, f->kind);
    }
}
