/* Every item under way is in one list from the moment it is posted, so that dropping a key finds
 * those, too, that have not arrived: nothing is ever posted for a key after it was dropped, and
 * nothing at all after closing. All of an item's own members change under the lock; callbacks run
 * without it. */
#include "io/handoff.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"
#include "base/must.h"

enum item_state {
    ITEM_WAITING,  /* its asker sleeps */
    ITEM_ANSWERED, /* its asker may read it */
    ITEM_DROPPED,  /* its asker gets nothing */
    ITEM_LEFT,     /* its asker's time was up */
    ITEM_TOLD,     /* there is no asker */
};

struct handoff {
    struct loop *loop;
    const struct handoff_ops *ops;
    pthread_mutex_t lock;
    pthread_cond_t news; /* some item's state changed */
    struct handoff_item *first;
    bool closed;
};

int
handoff_new(struct loop *l, const struct handoff_ops *ops, struct handoff **ret, struct err *err)
{
    pthread_condattr_t attributes;
    struct handoff *h = mem_zero(1, sizeof(*h));
    if (!h) {
        return err_nomem(err);
    }
    h->loop = l;
    h->ops = ops;
    must(pthread_condattr_init(&attributes) == 0);
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    must(pthread_mutex_init(&h->lock, NULL) == 0);
    must(pthread_cond_init(&h->news, &attributes) == 0);
    (void)pthread_condattr_destroy(&attributes);
    *ret = h;
    return 0;
}

void
handoff_free(struct handoff *h)
{
    if (h) {
        must(h->closed && !h->first);
        (void)pthread_cond_destroy(&h->news);
        (void)pthread_mutex_destroy(&h->lock);
        mem_free(h);
    }
}

static void
link_item(struct handoff *h, struct handoff_item *item)
{
    item->previous = NULL;
    item->next = h->first;
    if (h->first) {
        h->first->previous = item;
    }
    h->first = item;
}

static void
unlink_item(struct handoff *h, struct handoff_item *item)
{
    if (item->previous) {
        item->previous->next = item->next;
    } else {
        h->first = item->next;
    }
    if (item->next) {
        item->next->previous = item->previous;
    }
}

void
handoff_let_go(struct handoff_item *item)
{
    struct handoff *h = item->owner;
    (void)pthread_mutex_lock(&h->lock);
    bool last = --item->holders == 0;
    (void)pthread_mutex_unlock(&h->lock);
    if (last) {
        h->ops->release(item);
    }
}

/* The loop is through with ITEM; an asker that still waits finds it in STATE. */
static void
end_item(struct handoff *h, struct handoff_item *item, enum item_state state)
{
    (void)pthread_mutex_lock(&h->lock);
    unlink_item(h, item);
    if (item->state == ITEM_WAITING) {
        item->state = state;
        (void)pthread_cond_broadcast(&h->news);
    }
    (void)pthread_mutex_unlock(&h->lock);
    /* It may be on its way, to arrive or to say that its asker left. */
    loop_unpost(h->loop, &item->task);
    handoff_let_go(item);
}

static void
on_left(struct loop_task *task)
{
    struct handoff_item *item = OWNER_OF(task, struct handoff_item, task);
    struct handoff *h = item->owner;
    h->ops->leave(item);
    end_item(h, item, ITEM_LEFT);
}

static void
on_arrived(struct loop_task *task)
{
    struct handoff_item *item = OWNER_OF(task, struct handoff_item, task);
    struct handoff *h = item->owner;
    (void)pthread_mutex_lock(&h->lock);
    int state = item->state;
    item->arrived = true;
    (void)pthread_mutex_unlock(&h->lock);
    if (state == ITEM_WAITING) {
        h->ops->arrive(item);
        return;
    }
    if (state == ITEM_TOLD) {
        h->ops->arrive(item);
    }
    end_item(h, item, ITEM_LEFT);
}

/* With the lock. */
static void
post_item(struct handoff *h, struct handoff_item *item, enum item_state state)
{
    item->state = state;
    item->arrived = false;
    item->holders++;
    item->task = (struct loop_task){.fn = on_arrived};
    link_item(h, item);
    loop_post(h->loop, &item->task);
}

static struct timespec
timespec_from_ms(int64_t ms)
{
    return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (ms % 1000) * 1000000};
}

/* With the lock. */
static void
wait_for(struct handoff *h, struct handoff_item *item, int64_t until_ms)
{
    struct timespec until = timespec_from_ms(until_ms);
    int failed = 0;
    while (item->state == ITEM_WAITING && failed == 0) {
        failed = pthread_cond_timedwait(&h->news, &h->lock, &until);
    }
    if (item->state != ITEM_WAITING) {
        return;
    }
    item->state = ITEM_LEFT;
    if (item->arrived) {
        item->task.fn = on_left;
        loop_post(h->loop, &item->task);
    }
}

bool
handoff_ask(struct handoff *h, struct handoff_item *item, const void *key, const atomic_bool *dead,
            int64_t until_ms)
{
    item->owner = h;
    item->key = key;
    item->holders = 1;
    item->state = ITEM_LEFT;
    (void)pthread_mutex_lock(&h->lock);
    if (!h->closed && !atomic_load(dead) && clock_mono_ms(clock_real()) < until_ms) {
        post_item(h, item, ITEM_WAITING);
        wait_for(h, item, until_ms);
    }
    bool answered = item->state == ITEM_ANSWERED;
    (void)pthread_mutex_unlock(&h->lock);
    return answered;
}

void
handoff_tell(struct handoff *h, struct handoff_item *item)
{
    item->owner = h;
    item->key = NULL;
    item->holders = 0;
    (void)pthread_mutex_lock(&h->lock);
    bool closed = h->closed;
    if (!closed) {
        post_item(h, item, ITEM_TOLD);
    }
    (void)pthread_mutex_unlock(&h->lock);
    if (closed) {
        h->ops->release(item);
    }
}

void
handoff_answer(struct handoff_item *item)
{
    must(loop_is_here(item->owner->loop));
    end_item(item->owner, item, ITEM_ANSWERED);
}

/* The next item of KEY, or of anybody (ALL). [loop] It stays: only the loop ends items. */
static struct handoff_item *
find(struct handoff *h, const void *key, bool all)
{
    (void)pthread_mutex_lock(&h->lock);
    struct handoff_item *item = h->first;
    while (item && !all && item->key != key) {
        item = item->next;
    }
    (void)pthread_mutex_unlock(&h->lock);
    return item;
}

static void
drop(struct handoff *h, const void *key, bool all)
{
    struct handoff_item *item;
    must(loop_is_here(h->loop));
    while ((item = find(h, key, all)) != NULL) {
        (void)pthread_mutex_lock(&h->lock);
        bool told = item->state == ITEM_TOLD;
        (void)pthread_mutex_unlock(&h->lock);
        /* Written by the loop alone. */
        if (item->arrived && !told) {
            h->ops->leave(item);
        }
        end_item(h, item, ITEM_DROPPED);
    }
}

void
handoff_drop(struct handoff *h, const void *key)
{
    drop(h, key, false);
}

void
handoff_close(struct handoff *h)
{
    (void)pthread_mutex_lock(&h->lock);
    h->closed = true;
    (void)pthread_mutex_unlock(&h->lock);
    drop(h, NULL, true);
}
