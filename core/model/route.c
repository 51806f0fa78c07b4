/* A step asks the entry whose turn it is. It returns true when something is under way that will
 * come back (a place in a queue, a timer, an attempt) and false when the entry is done for, its
 * words noted; route_after_step() then goes on to the next.
 *
 * A failure to all is told by the timer, so that the call outlives whatever led to it: the callers
 * in between may go on using it, and a retraction can be the last thing that is done. */
#include "model/route.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "model/estimate.h"
#include "model/route_call.h"
#include "model/settings.h"

const struct route_entry *
route_entry_of(const struct route_call *c)
{
    return &c->route->entries[c->at];
}

int64_t
route_now(const struct route_call *c)
{
    return clock_mono_ms(c->route->parts.clock);
}

int64_t
route_spent(const struct route_call *c)
{
    return route_now(c) - c->entered_ms - c->queued_ms;
}

void
route_release(struct route_call *c)
{
    loop_timer_done(&c->timer);
    route_text_done(&c->text);
    mem_free(c);
}

bool
route_leave_entry(struct route_call *c, const struct err *err)
{
    route_words_add(&c->words, route_entry_of(c)->name, err);
    if (c->at + 1 < c->route->count) {
        log_line(LOG_INFO, "model", c->request->turn, "%s; asking %" STR_FMT " instead",
                 err->message, STR_ARG(c->route->entries[c->at + 1].name));
    }
    return false;
}

void
route_wait(struct route_call *c, int64_t ms)
{
    c->state = ROUTE_WAITING;
    loop_timer_start(&c->timer, ms);
}

/* ---- Before an attempt -----------------------------------------------------------------------*/

/* Write the request as this entry is to get it. */
static bool
enter(struct route_call *c)
{
    const struct route_entry *entry = route_entry_of(c);
    struct provider *p = entry->provider;
    struct err err = {0};
    c->asked = *c->request;
    c->asked.params = params_over(&entry->params, &c->request->params);
    c->asked.partial = (struct str){0};
    c->retry = (struct retry){0};
    c->entered_ms = route_now(c);
    c->queued_ms = 0;
    c->entered = true;
    if (p->ops->check && p->ops->check(p, &c->asked, &err) < 0) {
        return route_leave_entry(c, &err);
    }
    return true;
}

static bool
refuse_open(struct route_call *c)
{
    const struct breaker *b = route_entry_of(c)->breaker;
    struct err err = {0};
    int64_t seconds = (breaker_open_ms(b) + 999) / 1000;
    (void)err_set(&err, ERR_REMOTE,
                  "model %" STR_FMT ": not asked, for it failed again and again (last: %s); try "
                  "again in %" PRId64 " s",
                  STR_ARG(route_entry_of(c)->name), failure_kind_name(b->last),
                  seconds ? seconds : 1);
    (void)err_retryable(&err);
    return route_leave_entry(c, &err);
}

/* The whole model is held back for HOLD_MS. Who waits for that does not come back all at once. */
static bool
wait_held(struct route_call *c, int64_t hold_ms)
{
    int64_t ms = hold_ms + retry_random_ms(&c->route->parts.random, RETRY_BASE_MS);
    if (ms <= route_entry_of(c)->rules.time_ms - route_spent(c)) {
        route_wait(c, ms);
        return true;
    }
    struct err err = {0};
    (void)err_set(&err, ERR_REMOTE,
                  "model %" STR_FMT ": not asked, for its server wants no requests for another "
                  "%" PRId64 " s",
                  STR_ARG(route_entry_of(c)->name), (hold_ms + 999) / 1000);
    (void)err_retryable(&err);
    return route_leave_entry(c, &err);
}

/* A guess: what the server counts comes with the reply. */
static int64_t
tokens_of(const struct model_request *r)
{
    int64_t tokens = estimate_request(r) + r->params.max_tokens;
    return tokens < INT32_MAX ? tokens : INT32_MAX - 1;
}

/* ---- Whose turn it is ------------------------------------------------------------------------*/

static void
on_granted(struct quota_place *place)
{
    struct route_call *c = place->arg;
    MUST_MAGIC(c, ROUTE_CALL_MAGIC);
    const struct breaker *b = route_entry_of(c)->breaker;
    bool shown = c->text.shown;
    c->state = ROUTE_DECIDING;
    c->queued_ms += route_now(c) - c->queued_since;
    if (b && (!breaker_allows(b) || breaker_wait_ms(b) > 0)) {
        /* Things changed meanwhile. */
        quota_give_back(route_entry_of(c)->quota, place);
        route_after_step(c, shown, route_try_entry(c));
    } else {
        route_after_step(c, shown, route_ask(c));
    }
}

static bool
queue(struct route_call *c)
{
    const struct route_entry *entry = route_entry_of(c);
    struct err err = {0};
    c->place = (struct quota_place){
        .conversation = c->request->conversation,
        .tokens = tokens_of(&c->asked),
        .granted = on_granted,
        .arg = c,
    };
    int result = quota_take(entry->quota, &c->place, &err);
    if (result == QUOTA_WAIT) {
        c->state = ROUTE_QUEUED;
        c->queued_since = route_now(c);
        return true;
    }
    return result == 0 ? route_ask(c) : route_leave_entry(c, &err);
}

bool
route_try_entry(struct route_call *c)
{
    const struct route_entry *entry = route_entry_of(c);
    if (!c->entered && !enter(c)) {
        return false;
    }
    if (entry->breaker && !breaker_allows(entry->breaker)) {
        return refuse_open(c);
    }
    int64_t hold_ms = entry->breaker ? breaker_wait_ms(entry->breaker) : 0;
    if (hold_ms > 0) {
        return wait_held(c, hold_ms);
    }
    return entry->quota ? queue(c) : route_ask(c);
}

void
route_after_step(struct route_call *c, bool was_shown, bool under_way)
{
    while (!under_way && c->at + 1 < c->route->count) {
        c->at++;
        c->entered = false;
        route_text_withdraw(&c->text);
        under_way = route_try_entry(c);
    }
    if (!under_way) {
        route_text_withdraw(&c->text);
        c->state = ROUTE_FAILED;
        loop_timer_start(&c->timer, 0);
    }
    if (was_shown && !c->text.shown) {
        c->events->retracted(c->arg);
    }
}

static void
on_timer(struct loop_timer *timer)
{
    struct route_call *c = OWNER_OF(timer, struct route_call, timer);
    MUST_MAGIC(c, ROUTE_CALL_MAGIC);
    if (c->state == ROUTE_FAILED) {
        struct err err = route_words_all(&c->words);
        c->events->done(c->arg, err.code, NULL, &err);
        route_release(c);
        return;
    }
    must(c->state == ROUTE_WAITING);
    bool shown = c->text.shown;
    c->state = ROUTE_DECIDING;
    route_after_step(c, shown, route_try_entry(c));
}

/* ---- The model -------------------------------------------------------------------------------*/

static size_t
first_of(const struct route *r, const struct model_request *request)
{
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->entries[i].name, request->prefer)) {
            return i;
        }
    }
    return 0;
}

static int
route_start(struct model *m, const struct model_request *request, const struct model_events *events,
            void *arg, struct model_call **ret, struct err *err)
{
    struct route *r = (struct route *)(void *)m;
    struct route_call *c = mem_zero(1, sizeof(*c));
    must(loop_is_here(r->parts.loop));
    if (!c) {
        return err_nomem(err);
    }
    if (loop_timer_init(&c->timer, r->parts.loop, on_timer, err) < 0) {
        mem_free(c);
        return err->code;
    }
    c->call.model = m;
    c->magic = ROUTE_CALL_MAGIC;
    c->route = r;
    c->request = request;
    c->events = events;
    c->arg = arg;
    route_text_init(&c->text);
    c->at = c->first = first_of(r, request);
    route_after_step(c, false, route_try_entry(c));
    *ret = &c->call;
    return 0;
}

static void
route_cancel(struct model_call *call)
{
    struct route_call *c = (struct route_call *)(void *)call;
    MUST_MAGIC(c, ROUTE_CALL_MAGIC);
    if (c->state == ROUTE_QUEUED) {
        quota_leave(route_entry_of(c)->quota, &c->place);
    } else if (c->state == ROUTE_ASKING) {
        const struct route_entry *entry = route_entry_of(c);
        c->attempt->provider->ops->cancel(c->attempt);
        if (entry->breaker) {
            breaker_left(entry->breaker, c->pass);
        }
    }
    route_release(c);
}

static void
route_free(struct model *m)
{
    mem_free(m);
}

static int
route_carries(const struct model *m, const struct block *attachment, struct err *err)
{
    const struct route *r = (const struct route *)(const void *)m;
    const struct provider_ops *ops = r->entries[0].provider->ops;
    int result = ops->carries ? ops->carries(attachment, err) : 0;
    return result < 0 ? err_wrap(err, "model %" STR_FMT, STR_ARG(m->name)) : 0;
}

static const struct model_ops route_ops = {
    .free = route_free,
    .start = route_start,
    .cancel = route_cancel,
    .carries = route_carries,
};

int
route_new(const struct route_parts *parts, const struct route_entry *entries, size_t count,
          struct model **ret, struct err *err)
{
    must(count > 0);
    struct route *r = mem_zero(1, sizeof(*r) + count * sizeof(r->entries[0]));
    if (!r) {
        return err_nomem(err);
    }
    r->model = (struct model){.ops = &route_ops, .name = entries[0].name};
    r->parts = *parts;
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        r->entries[i] = entries[i];
    }
    *ret = &r->model;
    return 0;
}
