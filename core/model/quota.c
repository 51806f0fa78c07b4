/* The queue is a list of conversations in the order of their turns; each is a list of places. A
 * conversation has no object of its own: its first place stands for it and hands that on to the
 * next, so that waiting allocates nothing and cannot fail.
 *
 * Levels are counted in sixty-thousandths (of a request, of a token): that is what a limit of one a
 * minute brings in a millisecond, so that nothing is rounded. They may be below nothing, where more
 * was used than thought. */
#include "model/quota.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/must.h"
#include "io/loop.h"

enum {
    MINUTE_MS = 60000,
    DEBT_MAX = 10, /* minutes: a server that counts nonsense must not stop us for ever */
};

struct bucket {
    int64_t per_minute; /* 0: no limit */
    int64_t level;
};

struct quota {
    struct loop_timer timer;
    const struct clock *clock;
    struct str name;
    struct bucket requests;
    struct bucket tokens;
    int64_t filled_at;
    size_t waiting;
    size_t waiting_max;
    struct quota_place *first; /* conversation */
};

/* ---- Buckets ---------------------------------------------------------------------------------*/

static void
bucket_add(struct bucket *b, int64_t level)
{
    int64_t full = b->per_minute * MINUTE_MS;
    b->level = level > full - b->level ? full : b->level + level;
    b->level = b->level < -DEBT_MAX * full ? -DEBT_MAX * full : b->level;
}

static void
bucket_take(struct bucket *b, int64_t amount)
{
    if (b->per_minute) {
        bucket_add(b, -amount * MINUTE_MS);
    }
}

/* Milliseconds until AMOUNT is there; 0: it is. */
static int64_t
bucket_wait(const struct bucket *b, int64_t amount)
{
    if (b->per_minute == 0) {
        return 0;
    }
    int64_t wanted = (amount < b->per_minute ? amount : b->per_minute) * MINUTE_MS;
    return wanted <= b->level ? 0 : (wanted - b->level + b->per_minute - 1) / b->per_minute;
}

static void
fill(struct quota *q)
{
    int64_t now = clock_mono_ms(q->clock);
    int64_t passed = now - q->filled_at;
    q->filled_at = now;
    /* Longer ago than it takes to fill from any level: no product then overflows. */
    passed = passed < INT32_MAX ? passed : INT32_MAX;
    bucket_add(&q->requests, passed * q->requests.per_minute);
    bucket_add(&q->tokens, passed * q->tokens.per_minute);
}

static int64_t
wait_for(const struct quota *q, const struct quota_place *place)
{
    int64_t requests = bucket_wait(&q->requests, 1);
    int64_t tokens = bucket_wait(&q->tokens, place->tokens);
    return requests > tokens ? requests : tokens;
}

static void
pay(struct quota *q, const struct quota_place *place)
{
    bucket_take(&q->requests, 1);
    bucket_take(&q->tokens, place->tokens);
}

/* ---- The queue -------------------------------------------------------------------------------*/

static void
append_conversation(struct quota *q, struct quota_place *place)
{
    struct quota_place **end = &q->first;
    while (*end) {
        end = &(*end)->next;
    }
    place->next = NULL;
    *end = place;
}

static void
append(struct quota *q, struct quota_place *place)
{
    struct quota_place *head = q->first;
    while (head && !str_eq(head->conversation, place->conversation)) {
        head = head->next;
    }
    place->later = NULL;
    place->last = place;
    if (head) {
        head->last->later = place;
        head->last = place;
    } else {
        append_conversation(q, place);
    }
    q->waiting++;
}

/* The place behind HEAD stands for the conversation from now on. */
static struct quota_place *
heir_of(const struct quota_place *head)
{
    struct quota_place *heir = head->later;
    if (heir) {
        heir->last = head->last;
    }
    return heir;
}

/* The first to go leaves the queue; its conversation goes to the end. */
static struct quota_place *
pop(struct quota *q)
{
    struct quota_place *place = q->first;
    struct quota_place *heir = heir_of(place);
    q->first = place->next;
    if (heir) {
        append_conversation(q, heir);
    }
    q->waiting--;
    return place;
}

static void
arm(struct quota *q)
{
    loop_timer_stop(&q->timer);
    if (q->first) {
        loop_timer_start(&q->timer, wait_for(q, q->first));
    }
}

void
quota_poll(struct quota *q)
{
    fill(q);
    /* Who is granted may ask again or leave: the queue is looked at anew each time. */
    while (q->first && wait_for(q, q->first) == 0) {
        struct quota_place *place = pop(q);
        pay(q, place);
        place->granted(place);
    }
    arm(q);
}

static void
on_timer(struct loop_timer *timer)
{
    quota_poll(OWNER_OF(timer, struct quota, timer));
}

/* ---- Callers ---------------------------------------------------------------------------------*/

int
quota_new(struct loop *l, const struct clock *clock, struct str name,
          const struct quota_limits *limits, struct quota **ret, struct err *err)
{
    must(limits->requests_per_minute >= 0 && limits->tokens_per_minute >= 0);
    must(limits->requests_per_minute < INT32_MAX && limits->tokens_per_minute < INT32_MAX);
    struct quota *q = mem_zero(1, sizeof(*q));
    if (!q) {
        return err_nomem(err);
    }
    if (loop_timer_init(&q->timer, l, on_timer, err) < 0) {
        mem_free(q);
        return err->code;
    }
    q->clock = clock;
    q->name = name;
    q->requests.per_minute = limits->requests_per_minute;
    q->tokens.per_minute = limits->tokens_per_minute;
    q->requests.level = q->requests.per_minute * MINUTE_MS;
    q->tokens.level = q->tokens.per_minute * MINUTE_MS;
    q->waiting_max = limits->waiting > 0 ? (size_t)limits->waiting : 0;
    q->filled_at = clock_mono_ms(clock);
    *ret = q;
    return 0;
}

void
quota_free(struct quota *q)
{
    if (q) {
        must(!q->first);
        loop_timer_done(&q->timer);
        mem_free(q);
    }
}

int
quota_take(struct quota *q, struct quota_place *place, struct err *err)
{
    must(place->tokens >= 0 && place->tokens < INT32_MAX);
    fill(q);
    if (!q->first && wait_for(q, place) == 0) {
        pay(q, place);
        return 0;
    }
    if (q->waiting >= q->waiting_max) {
        (void)err_set(err, ERR_LIMIT,
                      "model %" STR_FMT ": its %s a minute are used up and %zu calls wait already; "
                      "try again later, or raise models.%" STR_FMT ".waiting",
                      STR_ARG(q->name), bucket_wait(&q->requests, 1) ? "requests" : "tokens",
                      q->waiting, STR_ARG(q->name));
        return err_retryable(err);
    }
    append(q, place);
    arm(q);
    return QUOTA_WAIT;
}

void
quota_leave(struct quota *q, struct quota_place *place)
{
    struct quota_place **head = &q->first;
    while (*head && !str_eq((*head)->conversation, place->conversation)) {
        head = &(*head)->next;
    }
    must(*head);
    if (*head == place) {
        struct quota_place *heir = heir_of(place);
        if (heir) {
            heir->next = place->next;
        }
        *head = heir ? heir : place->next;
    } else {
        struct quota_place *before = *head;
        while (before->later && before->later != place) {
            before = before->later;
        }
        must(before->later == place);
        before->later = place->later;
        (*head)->last = place == (*head)->last ? before : (*head)->last;
    }
    q->waiting--;
    fill(q);
    arm(q);
}

void
quota_settle(struct quota *q, const struct quota_place *place, int64_t tokens)
{
    must(tokens >= 0);
    fill(q);
    bucket_take(&q->tokens, (tokens < INT32_MAX ? tokens : INT32_MAX) - place->tokens);
    arm(q);
}

void
quota_give_back(struct quota *q, const struct quota_place *place)
{
    fill(q);
    bucket_take(&q->requests, -1);
    bucket_take(&q->tokens, -place->tokens);
    arm(q);
}

size_t
quota_waiting(const struct quota *q)
{
    return q->waiting;
}
