/* The kinds fall into four classes:
 *
 *   transient   again, as long as attempts and time last
 *   once        again if this kind did not come before
 *   settled     the same request gets the same answer here; another server may think differently
 *   ours        not sent at all: memory, a bug
 *
 * A broken reply of which text was shown is continued rather than begun anew: that is the one retry
 * a person does not see. It is done once; when the continuation fails too, whatever for, the reply
 * is begun anew, even where the server refused it as a bad request, for it may be the continuing it
 * refused. The time does not count against a continuation: what was streaming for a minute was no
 * waste of it. */
#include "model/retry.h"

#include "base/must.h"

enum retry_class { CLASS_TRANSIENT, CLASS_ONCE, CLASS_SETTLED, CLASS_OURS };

static uint64_t
next_fair(struct retry_random *r)
{
    /* splitmix64 */
    r->state += 0x9e3779b97f4a7c15U;
    uint64_t bits = r->state;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
}

void
retry_random_init(struct retry_random *r, uint64_t seed)
{
    *r = (struct retry_random){.next = next_fair, .state = seed};
}

int64_t
retry_random_ms(struct retry_random *r, int64_t max)
{
    must(max >= 0);
    return (int64_t)(r->next(r) % ((uint64_t)max + 1));
}

static enum retry_class
class_of(const struct failure *f)
{
    switch (f->kind) {
    case FAILURE_NETWORK:
    case FAILURE_CUT:
    case FAILURE_TIMEOUT:
    case FAILURE_THROTTLED:
    case FAILURE_OVERLOADED:
        return CLASS_TRANSIENT;
    case FAILURE_ONCE:
    case FAILURE_EXPIRED:
    case FAILURE_CLOCK:
        return CLASS_ONCE;
    case FAILURE_REQUEST:
    case FAILURE_TOO_LONG:
    case FAILURE_KEY:
    case FAILURE_ACCESS:
    case FAILURE_MODEL:
    case FAILURE_QUOTA:
    case FAILURE_FORMAT:
        return CLASS_SETTLED;
    case FAILURE_LOCAL:
        return f->err.code == ERR_NOMEM || f->err.code == ERR_BUG ? CLASS_OURS : CLASS_SETTLED;
    case FAILURE_NONE:
    case FAILURE_KIND_COUNT:
        break;
    }
    unreachable();
}

static bool
worth_another(const struct failure *f, bool seen, bool was_continuing)
{
    enum retry_class class = class_of(f);
    if (f->kind == FAILURE_LOCAL || f->advice == ADVICE_GIVE_UP) {
        return false;
    }
    return f->advice == ADVICE_RETRY || class == CLASS_TRANSIENT ||
           (class == CLASS_ONCE && !seen) || (was_continuing && f->kind == FAILURE_REQUEST);
}

/* Nobody gains by waiting where the next try is with other credentials, another time or without
 * what was refused. */
static bool
may_go_at_once(const struct failure *f, bool seen)
{
    return !seen && f->advice == ADVICE_BY_KIND &&
           (f->kind == FAILURE_EXPIRED || f->kind == FAILURE_CLOCK || f->kind == FAILURE_REQUEST);
}

static int64_t
wait_before(const struct failure *f, bool at_once, int attempts, struct retry_random *random)
{
    int64_t bound = f->kind == FAILURE_THROTTLED ? RETRY_THROTTLED_MS : RETRY_BASE_MS;
    bound = at_once ? 0 : bound;
    for (int i = 1; i < attempts && bound < RETRY_CAP_MS; i++) {
        bound *= 2;
    }
    int64_t wait = retry_random_ms(random, bound < RETRY_CAP_MS ? bound : RETRY_CAP_MS);
    return f->retry_after_ms > wait ? f->retry_after_ms : wait;
}

struct retry_decision
retry_decide(struct retry *r, const struct retry_rules *rules, const struct retry_case *c,
             struct retry_random *random)
{
    const struct failure *f = c->failure;
    uint32_t bit = UINT32_C(1) << f->kind;
    bool seen = (r->seen & bit) != 0;
    bool was_continuing = r->continuing;
    r->attempts++;
    r->seen |= bit;
    r->continuing = false;
    if (class_of(f) == CLASS_OURS) {
        return (struct retry_decision){.action = RETRY_GIVE_UP};
    }
    if (r->attempts >= rules->attempts || !worth_another(f, seen, was_continuing)) {
        return (struct retry_decision){.action = RETRY_NEXT};
    }
    int64_t wait = wait_before(f, may_go_at_once(f, seen), r->attempts, random);
    bool goes_on = c->continuable && !r->continued;
    int64_t spent = goes_on ? 0 : c->spent_ms;
    if (wait > rules->time_ms - spent) {
        return (struct retry_decision){.action = RETRY_NEXT};
    }
    r->continued = r->continued || goes_on;
    r->continuing = goes_on;
    return (struct retry_decision){goes_on ? RETRY_CONTINUE : RETRY_AGAIN, wait};
}
