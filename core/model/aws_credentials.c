/* One renewal runs at a time; whoever comes meanwhile and cannot do with what there is waits for
 * it. A renewal of credentials that are still good has nobody waiting, and its failure is only
 * noted, so that the next is not tried at once. */
#include "model/aws_credentials.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/http_client.h"
#include "model/aws_endpoint.h"
#include "model/aws_fetch.h"
#include "model/aws_home.h"
#include "model/aws_plan.h"
#include "model/aws_sign.h"
#include "model/http_date.h"

enum {
    MINUTE_MS = 60 * 1000,
    RENEW_LEAST_MS = 5 * MINUTE_MS,
    RENEW_MOST_MS = 15 * MINUTE_MS,
    /* After a renewal that failed while the old ones are good. */
    RENEW_AGAIN_MS = MINUTE_MS,
    /* Credentials that come expired already: our clock is wrong, or theirs. The servers decide. */
    DOUBTFUL_MS = 5 * MINUTE_MS,
    /* Younger ones were not what a server called expired. */
    FRESH_MS = 30 * 1000,
    SKEW_MS = 4 * MINUTE_MS,
    /* Further off it is somebody's wish for signatures that are good some other year. */
    SKEW_MAX_MS = 48 * 60 * MINUTE_MS,
    ORIGIN_MAX = 160,
};

struct aws_wait {
    struct aws_wait *next;
    void (*ready)(void *arg, const struct err *err);
    void *arg;
};

struct aws_source {
    const struct clock *clock;
    struct aws_fetch_parts parts;
    struct aws_given given; /* views of the texts below and of `arena` */
    struct aws_text api_key;
    struct aws_text access_key;
    struct aws_text secret_key;
    struct aws_text session_token;
    struct str region_option;
    struct str url_option;
    struct str region;   /* empty until asked for */
    struct str endpoint; /* empty until asked for */
    struct arena arena;
    /* What there is. */
    bool have;
    bool stale; /* a server called it expired */
    struct aws_found found;
    struct aws_credentials keys; /* views of `found` */
    char origin[ORIGIN_MAX];
    int64_t expires_ms; /* 0: never */
    int64_t renew_ms;
    int64_t since_mono;
    int64_t again_mono; /* no renewal in the background before */
    /* What is under way. */
    struct aws_plan plan;
    struct aws_fetch *fetch;
    struct aws_wait *waiting; /* newest last */
    struct aws_wait *called;  /* those whose turn it is */
    int64_t skew_ms;          /* the servers' clock minus ours */
};

/* ---- opening ---- */

static int
copy_secrets(struct aws_source *s, const struct aws_options *o, struct err *err)
{
    const struct {
        struct str from;
        struct aws_text *to;
        struct str *view;
    } secrets[] = {
        {o->api_key, &s->api_key, &s->given.api_key},
        {o->access_key, &s->access_key, &s->given.access_key},
        {o->secret_key, &s->secret_key, &s->given.secret_key},
        {o->session_token, &s->session_token, &s->given.session_token},
    };
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (secrets[i].from.len > 0) {
            if (!aws_text_set(secrets[i].to, secrets[i].from)) {
                return err_nomem(err);
            }
            *secrets[i].view = aws_text_str(secrets[i].to);
        }
    }
    return 0;
}

static int
read_options(struct aws_source *s, const struct aws_options *o, struct err *err)
{
    struct str url = o->base_url;
    int result = 0;
    if ((o->access_key.len > 0) != (o->secret_key.len > 0)) {
        return err_set(err, ERR_INVALID, "an access key and its secret belong together");
    }
    if (o->region.len > 0) {
        result = aws_region_check(o->region, "region", err);
    }
    if (result == 0 && url.len > 0) {
        result = aws_endpoint_check(url, "base_url", &url, err);
    }
    if (result == 0) {
        result = copy_secrets(s, o, err);
    }
    if (result < 0) {
        return result;
    }
    s->given.profile = arena_str(&s->arena, o->profile);
    s->region_option = arena_str(&s->arena, o->region);
    s->url_option = arena_str(&s->arena, url);
    return s->arena.starved ? err_nomem(err) : 0;
}

int
aws_source_new(const struct aws_options *options, struct aws_source **ret, struct err *err)
{
    struct aws_source *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    s->clock = options->clock;
    s->parts = (struct aws_fetch_parts){options->loop, options->http, options->http_arg};
    int result = read_options(s, options, err);
    if (result < 0) {
        aws_source_free(s);
        return result;
    }
    *ret = s;
    return 0;
}

void
aws_source_free(struct aws_source *s)
{
    if (!s) {
        return;
    }
    must(!s->waiting && !s->called);
    aws_fetch_cancel(s->fetch);
    aws_plan_done(&s->plan);
    aws_found_done(&s->found);
    aws_text_done(&s->api_key);
    aws_text_done(&s->access_key);
    aws_text_done(&s->secret_key);
    aws_text_done(&s->session_token);
    arena_done(&s->arena);
    mem_free(s);
}

/* ---- credentials ---- */

/* How long before the end to renew. */
static int64_t
choose_lead(void)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
        random = 0;
    }
    return RENEW_LEAST_MS + random % (RENEW_MOST_MS - RENEW_LEAST_MS);
}

/* FOUND is what there is from now on. Short-lived credentials are used for half their life. */
static void
install(struct aws_source *s, struct aws_found *found)
{
    int64_t now = aws_source_now_ms(s);
    int64_t expires = found->expires_ms;
    if (expires != 0 && expires <= now) {
        expires = now + DOUBTFUL_MS;
    }
    int64_t half = expires ? now + (expires - now) / 2 : 0;
    int64_t early = expires ? expires - choose_lead() : 0;
    aws_found_done(&s->found);
    s->found = *found;
    *found = (struct aws_found){0};
    s->keys = (struct aws_credentials){aws_text_str(&s->found.access_key),
                                       aws_text_str(&s->found.secret_key),
                                       aws_text_str(&s->found.session_token)};
    struct str origin = utf8_cut(s->plan.origin, sizeof(s->origin) - 1);
    memcpy(s->origin, origin.ptr, origin.len);
    s->origin[origin.len] = '\0';
    utf8_sanitize_c(s->origin);
    s->expires_ms = expires;
    s->renew_ms = early > half ? early : half;
    s->since_mono = clock_mono_ms(s->clock);
    s->again_mono = 0;
    s->have = true;
    s->stale = false;
}

static bool
is_usable(const struct aws_source *s)
{
    return s->have && !s->stale && (s->expires_ms == 0 || aws_source_now_ms(s) < s->expires_ms);
}

/* Tell all who wait. Each may ask again, and forget others, from inside. */
static void
tell_waiting(struct aws_source *s, const struct err *err)
{
    s->called = s->waiting;
    s->waiting = NULL;
    while (s->called) {
        struct aws_wait wait = *s->called;
        mem_free(s->called);
        s->called = wait.next;
        wait.ready(wait.arg, err);
    }
}

static void
renewed(void *arg, struct aws_found *found, const struct err *err)
{
    struct aws_source *s = arg;
    s->fetch = NULL;
    if (found) {
        install(s, found);
    } else {
        s->again_mono = clock_mono_ms(s->clock) + RENEW_AGAIN_MS;
    }
    aws_plan_done(&s->plan);
    tell_waiting(s, err);
}

/* 0: what there is now is fresh. AWS_WAIT: under way. */
static int
renew(struct aws_source *s, struct err *err)
{
    int result = aws_plan_make(&s->given, aws_source_now_ms(s), &s->plan, err);
    if (result < 0) {
        return result;
    }
    if (s->plan.method == AWS_BY_HAND) {
        install(s, &s->plan.found);
        aws_plan_done(&s->plan);
        return 0;
    }
    result = aws_fetch_start(&s->parts, &s->plan, renewed, s, &s->fetch, err);
    if (result < 0) {
        aws_plan_done(&s->plan);
        return result;
    }
    return AWS_WAIT;
}

static void
renew_in_background(struct aws_source *s)
{
    int64_t mono = clock_mono_ms(s->clock);
    bool due = s->expires_ms != 0 && aws_source_now_ms(s) >= s->renew_ms && mono >= s->again_mono;
    struct err ignored = {0};
    if (due && !s->fetch && renew(s, &ignored) < 0) {
        s->again_mono = mono + RENEW_AGAIN_MS;
    }
}

static struct aws_wait *
add_wait(struct aws_source *s, void (*ready)(void *arg, const struct err *err), void *arg)
{
    struct aws_wait **last = &s->waiting;
    while (*last) {
        last = &(*last)->next;
    }
    *last = mem_zero(1, sizeof(**last));
    if (*last) {
        **last = (struct aws_wait){NULL, ready, arg};
    }
    return *last;
}

int
aws_source_get(struct aws_source *s, void (*ready)(void *arg, const struct err *err), void *arg,
               struct aws_wait **ret, struct err *err)
{
    if (is_usable(s)) {
        renew_in_background(s);
        return 0;
    }
    int result = s->fetch ? AWS_WAIT : renew(s, err);
    if (result != AWS_WAIT) {
        return result;
    }
    struct aws_wait *wait = add_wait(s, ready, arg);
    if (!wait) {
        return err_nomem(err);
    }
    *ret = wait;
    return AWS_WAIT;
}

static bool
remove_wait(struct aws_wait **list, struct aws_wait *wait)
{
    while (*list && *list != wait) {
        list = &(*list)->next;
    }
    if (!*list) {
        return false;
    }
    *list = wait->next;
    mem_free(wait);
    return true;
}

void
aws_source_forget(struct aws_source *s, struct aws_wait *wait)
{
    bool known = remove_wait(&s->waiting, wait) || remove_wait(&s->called, wait);
    must(known);
}

struct str
aws_source_api_key(const struct aws_source *s)
{
    return aws_text_str(&s->found.api_key);
}

const struct aws_credentials *
aws_source_keys(const struct aws_source *s)
{
    return s->have && s->found.api_key.len == 0 ? &s->keys : NULL;
}

struct str
aws_source_origin(const struct aws_source *s)
{
    return str_c(s->origin);
}

void
aws_source_expire(struct aws_source *s)
{
    s->stale = s->stale || (s->have && clock_mono_ms(s->clock) - s->since_mono >= FRESH_MS);
}

/* ---- region and address ---- */

int
aws_source_region(struct aws_source *s, struct str *ret, struct err *err)
{
    if (s->region.len == 0) {
        int result =
            aws_home_region(s->region_option, s->given.profile, &s->arena, &s->region, err);
        if (result < 0) {
            return result;
        }
    }
    *ret = s->region;
    return 0;
}

int
aws_source_endpoint(struct aws_source *s, struct str *ret, struct err *err)
{
    struct str url = s->endpoint.len ? s->endpoint : s->url_option;
    struct str region;
    int result = 0;
    if (url.len == 0) {
        result = aws_home_endpoint(s->given.profile, &s->arena, &url, err);
    }
    if (result == 0 && url.len == 0) {
        result = aws_source_region(s, &region, err);
        url = result == 0 ? aws_endpoint_of(region, &s->arena) : url;
    }
    if (result < 0) {
        return result;
    }
    if (!url.ptr) {
        return err_nomem(err);
    }
    s->endpoint = url;
    *ret = url;
    return 0;
}

/* ---- the time ---- */

int64_t
aws_source_now_ms(const struct aws_source *s)
{
    return clock_wall_ms(s->clock) + s->skew_ms;
}

bool
aws_source_learn_clock(struct aws_source *s, const struct http_head *head)
{
    int64_t there;
    if (http_head_get(head, "age").ptr || !http_date_parse(http_head_get(head, "date"), &there)) {
        return false;
    }
    int64_t skew = there - clock_wall_ms(s->clock);
    if (llabs(skew - s->skew_ms) < SKEW_MS || llabs(skew) > SKEW_MAX_MS) {
        return false;
    }
    s->skew_ms = skew;
    return true;
}

bool
aws_is_clock_refusal(struct str name)
{
    static const char *const names[] = {
        "RequestTimeTooSkewed",  "RequestExpired",
        "RequestInTheFuture",    "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
        "AccessDenied",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_c(name, names[i])) {
            return true;
        }
    }
    return false;
}
