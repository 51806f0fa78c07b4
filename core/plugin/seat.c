#include "plugin/seat.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { MAKING_MAX_MS = 30 * 1000 }; /* for create() and destroy(), which have no deadline */

static void
create_run(struct job *job)
{
    struct seat *seat = OWNER_OF(job, struct seat, job);
    seat->result = plugin_instance_new(seat->owner->code, &seat->instance, &seat->err);
}

static void
destroy_run(struct job *job)
{
    struct seat *seat = OWNER_OF(job, struct seat, job);
    plugin_instance_free(seat->instance);
    seat->instance = NULL;
}

static void
job_orphaned(struct job *job)
{
    seat_leave_lost(OWNER_OF(job, struct seat, job));
}

int
seat_submit(struct seat *seat, struct job *job, struct err *err)
{
    atomic_fetch_add(&seat->busy, 1);
    int result = pool_submit(seat->owner->pool, job, err);
    if (result < 0) {
        atomic_fetch_sub(&seat->busy, 1);
    }
    return result;
}

void
seat_leave(struct seat *seat)
{
    atomic_fetch_sub(&seat->busy, 1);
}

void
seat_leave_lost(struct seat *seat)
{
    atomic_fetch_sub(&seat->lost, 1);
    atomic_fetch_sub(&seat->busy, 1);
}

bool
seat_abandon(struct seat *seat, struct job *job)
{
    /* Counted first: the job may come back at any moment. */
    atomic_fetch_add(&seat->lost, 1);
    bool given_up = pool_abandon(seat->owner->pool, job);
    if (!given_up) {
        atomic_fetch_sub(&seat->lost, 1);
    }
    return given_up;
}

static int
submit_own(struct seat *seat, void (*run)(struct job *), void (*done)(struct job *),
           struct err *err)
{
    seat->job = (struct job){.run = run, .done = done, .orphaned = job_orphaned};
    seat->job_since_ms = clock_mono_ms(clock_real());
    seat->given_up = false;
    return seat_submit(seat, &seat->job, err);
}

static void
unlink_old(struct seats *s, struct seat *seat)
{
    struct seat **at = &s->old;
    while (*at && *at != seat) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = seat->next;
    }
}

static void
destroy_done(struct job *job)
{
    struct seat *seat = OWNER_OF(job, struct seat, job);
    unlink_old(seat->owner, seat);
    mem_free(seat);
}

static void
create_done(struct job *job)
{
    struct seat *seat = OWNER_OF(job, struct seat, job);
    struct seats *s = seat->owner;
    seat_leave(seat);
    if (seat != s->current) {
        seats_sweep(s);
        return;
    }
    if (seat->result == 0) {
        seat->state = SEAT_READY;
        s->made(s, seat, NULL);
        return;
    }
    /* Nothing was made; the next call tries again, for the reason may be gone by then. */
    s->current = NULL;
    s->made(s, seat, &seat->err);
    mem_free(seat);
}

/* The seat's own job takes longer than any honest one. */
static void
give_up_if_stuck(struct seat *seat)
{
    if (!seat->given_up && clock_mono_ms(clock_real()) - seat->job_since_ms > MAKING_MAX_MS) {
        seat->given_up = seat_abandon(seat, &seat->job);
    }
}

static void
sweep_one(struct seats *s, struct seat *seat)
{
    struct err err = {0};
    if (atomic_load(&seat->busy) > 0) {
        if (seat->state == SEAT_ENDING) {
            give_up_if_stuck(seat);
        }
        return;
    }
    if (!seat->instance) {
        unlink_old(s, seat);
        mem_free(seat);
        return;
    }
    /* Without a thread to end it on it stays for the next time. */
    seat->state = SEAT_ENDING;
    (void)submit_own(seat, destroy_run, destroy_done, &err);
}

void
seats_sweep(struct seats *s)
{
    if (s->current && s->current->state == SEAT_CREATING) {
        give_up_if_stuck(s->current);
    }
    if (s->current && s->current->given_up) {
        seats_retire(s);
    }
    struct seat *next;
    for (struct seat *seat = s->old; seat; seat = next) {
        next = seat->next;
        sweep_one(s, seat);
    }
}

void
seats_retire(struct seats *s)
{
    struct seat *seat = s->current;
    if (seat) {
        s->current = NULL;
        seat->next = s->old;
        s->old = seat;
    }
}

static int
make(struct seats *s, struct err *err)
{
    struct seat *seat = mem_zero(1, sizeof(*seat));
    if (!seat) {
        return err_nomem(err);
    }
    seat->owner = s;
    int result = submit_own(seat, create_run, create_done, err);
    if (result < 0) {
        mem_free(seat);
        return result;
    }
    s->current = seat;
    return 0;
}

int
seats_get(struct seats *s, struct seat **ret, struct err *err)
{
    seats_sweep(s);
    int result = s->current ? 0 : make(s, err);
    if (result == 0) {
        *ret = s->current;
    }
    return result;
}

unsigned
seats_lost(const struct seats *s)
{
    unsigned lost = s->current ? atomic_load(&s->current->lost) : 0;
    for (const struct seat *seat = s->old; seat; seat = seat->next) {
        lost += atomic_load(&seat->lost);
    }
    return lost;
}

void
seats_done(struct seats *s)
{
    for (struct seat *seat = s->old; seat; seat = seat->next) {
        if (!seat->given_up && atomic_load(&seat->busy) > atomic_load(&seat->lost)) {
            seat->given_up = seat_abandon(seat, &seat->job);
        }
    }
}
