#include "host/http_errand_inside.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "host/http_errand_check.h"
#include "io/loop.h"
#include "plugin/plugin.h"

/* The client's own deadlines are set behind the errand's, which then always is the first. */
enum { CLIENT_GRACE_MS = 5000 };

/* ---- All errands ------------------------------------------------------------------------------*/

int
http_errands_new(struct loop *l, struct str ca_file, struct http_errands **ret, struct err *err)
{
    AUTO(http_errands) struct http_errands *e = mem_zero(1, sizeof(*e));
    if (!e) {
        return err_nomem(err);
    }
    e->loop = l;
    e->ca_file = mem_str(ca_file);
    if (!e->ca_file) {
        return err_nomem(err);
    }
    int result = http_lines_init(e, err);
    if (result == 0) {
        *ret = TAKE(e);
    }
    return result;
}

void
http_errands_free(struct http_errands *e)
{
    if (!e) {
        return;
    }
    must(!e->first);
    http_lines_done(e);
    mem_free(e->ca_file);
    mem_free(e);
}

static void
enlist(struct http_errand *errand)
{
    struct http_errand **at = &errand->owner->first;
    while (*at) {
        at = &(*at)->next;
    }
    *at = errand;
}

/* Out of the list; then it is the turn of the oldest of its plugin's that wait. */
static void
strike_off(struct http_errand *errand)
{
    struct http_errand **at = &errand->owner->first;
    while (*at != errand) {
        at = &(*at)->next;
    }
    *at = errand->next;
    if (errand->stage == ERRAND_WAITING) {
        return;
    }
    for (struct http_errand *other = errand->owner->first; other; other = other->next) {
        if (other->plugin == errand->plugin && other->stage == ERRAND_WAITING) {
            other->stage = ERRAND_CALLED;
            loop_timer_start(&other->timer, 0);
            return;
        }
    }
}

static bool
has_room(const struct http_errands *e, const void *plugin)
{
    unsigned under_way = 0;
    for (const struct http_errand *other = e->first; other; other = other->next) {
        under_way += other->plugin == plugin && other->stage != ERRAND_WAITING;
    }
    return under_way < HTTP_ERRANDS_AT_ONCE;
}

/* Neither listed nor under way any more. */
static void
free_errand(struct http_errand *errand)
{
    if (errand->secret.len > 0) {
        explicit_bzero((char *)errand->secret.ptr, errand->secret.len);
    }
    loop_timer_done(&errand->timer);
    buf_done(&errand->answer);
    arena_done(&errand->arena);
    mem_free(errand);
}

void
http_errand_stop_call(struct http_errand *errand)
{
    if (errand->call) {
        http_cancel(errand->call);
        errand->call = NULL;
    }
}

void
http_errand_finish(struct http_errand *errand, const struct err *err)
{
    struct http_errand_result result = {
        .code = http_errand_code(err ? err->code : 0),
        .why = err ? str_c(err->message) : (struct str){0},
        .answered = errand->status != 0 || errand->redirects > 0,
    };
    http_errand_stop_call(errand);
    strike_off(errand);
    if (!err) {
        result.status = errand->status;
        result.headers = errand->answer_headers;
        result.header_count = errand->answer_header_count;
        result.body = buf_str(&errand->answer);
    }
    errand->done(errand->arg, &result);
    free_errand(errand);
}

void
http_errand_cancel(struct http_errand *errand)
{
    http_errand_stop_call(errand);
    strike_off(errand);
    free_errand(errand);
}

/* ---- Sending ----------------------------------------------------------------------------------*/

static int64_t
time_left(const struct http_errand *errand)
{
    return errand->deadline_ms - clock_mono_ms(clock_real());
}

static int
late(const struct http_errand *errand, struct err *err)
{
    return err_set(
        err, ERR_TIMEOUT, "%s:%u: %s", errand->target.origin.host, errand->target.origin.port,
        errand->stage == ERRAND_UNDER_WAY ? "its answer was not complete in time"
                                          : "other requests of this plugin took all the time");
}

/* May it be sent twice, where a kept connection proves dead? */
static bool
only_reads(struct str method)
{
    return str_eq_c(method, "GET") || str_eq_c(method, "HEAD");
}

int
http_errand_send(struct http_errand *errand, struct err *err)
{
    struct http_client *client = NULL;
    bool public_only = !errand->grants || !errand->grants->http_private;
    AUTO(buf) struct buf url = {0};
    buf_init(&url, LIMIT_URL_BYTES);
    errand->stage = ERRAND_UNDER_WAY;
    http_target_url(&errand->target, &url);
    int result = buf_finish(&url, "the URL", err);
    if (result == 0) {
        result = http_lines_get(errand->owner, errand->plugin, public_only, &client, err);
    }
    int64_t left = time_left(errand);
    if (result == 0 && left <= 0) {
        result = late(errand, err);
    }
    if (result < 0) {
        return result;
    }
    loop_timer_start(&errand->timer, left);
    const struct http_request request = {
        .method = errand->method,
        .url = buf_str(&url),
        .headers = errand->headers,
        .header_count = errand->header_count,
        .body = errand->body,
        .first_byte_ms = left + CLIENT_GRACE_MS,
        .stall_ms = left + CLIENT_GRACE_MS,
        .send_once = !only_reads(errand->method),
        .public_only = public_only,
        .answer_max = errand->answer_max,
    };
    return http_start(client, &request, &http_errand_events, errand, &errand->call, err);
}

static void
on_timer(struct loop_timer *timer)
{
    struct http_errand *errand = OWNER_OF(timer, struct http_errand, timer);
    struct err err = {0};
    int result =
        errand->stage == ERRAND_CALLED ? http_errand_send(errand, &err) : late(errand, &err);
    if (result < 0) {
        http_errand_finish(errand, &err);
    }
}

/* ---- Starting ---------------------------------------------------------------------------------*/

/* Copies of the headers, and room for the secret's. */
static bool
keep_headers(struct http_errand *errand, const struct http_errand_request *r)
{
    errand->headers = arena_zero(&errand->arena, r->header_count + 1, sizeof(*errand->headers));
    if (!errand->headers) {
        return false;
    }
    for (size_t i = 0; i < r->header_count; i++) {
        errand->headers[i].name = arena_str(&errand->arena, r->headers[i].name);
        errand->headers[i].value = arena_str(&errand->arena, r->headers[i].value);
    }
    errand->header_count = r->header_count;
    return true;
}

static int
keep_secret(struct http_errand *errand, const struct http_errand_request *r, struct err *err)
{
    struct str value;
    int result = http_errand_secret(r->grants, r->secret, &value, err);
    if (result < 0) {
        return result;
    }
    errand->secret = arena_printf(&errand->arena, "%" STR_FMT "%" STR_FMT,
                                  STR_ARG(r->secret_prefix), STR_ARG(value));
    if (errand->secret.ptr) {
        errand->headers[errand->header_count++] = (struct http_header){
            arena_str(&errand->arena, r->secret_header),
            errand->secret,
        };
    }
    return 0; /* the arena knows */
}

static int
fill(struct http_errand *errand, const struct http_errand_request *r, struct err *err)
{
    struct arena *arena = &errand->arena;
    errand->method = arena_str(arena, r->method.len ? r->method : STR("GET"));
    errand->body = arena_str(arena, r->body);
    struct str url = arena_str(arena, r->url);
    if (!keep_headers(errand, r) || arena->starved) {
        return err_nomem(err);
    }
    int result = http_target_parse(url, &errand->target, err);
    if (result == 0) {
        result = http_errand_check_server(r->grants, &errand->target.origin, err);
    }
    if (result == 0 && r->secret.len > 0) {
        result = keep_secret(errand, r, err);
    }
    return result == 0 && arena->starved ? err_nomem(err) : result;
}

static struct http_errand *
new_errand(struct http_errands *e, const struct http_errand_request *r)
{
    struct http_errand *errand = mem_zero(1, sizeof(*errand));
    if (!errand) {
        return NULL;
    }
    int64_t now = clock_mono_ms(clock_real());
    bool reads = r->method.len == 0 || only_reads(r->method);
    errand->owner = e;
    errand->plugin = r->plugin;
    errand->grants = r->grants;
    errand->follow = r->follow && reads && r->body.len == 0;
    errand->deadline_ms = r->deadline_ms;
    if (r->timeout_ms > 0 && now + (int64_t)r->timeout_ms < r->deadline_ms) {
        errand->deadline_ms = now + (int64_t)r->timeout_ms;
    }
    errand->answer_max = r->answer_max ? (size_t)r->answer_max : HTTP_ERRAND_ANSWER_BYTES;
    buf_init(&errand->answer, errand->answer_max);
    return errand;
}

static int
begin_or_wait(struct http_errand *errand, struct err *err)
{
    struct http_errands *e = errand->owner;
    int result = loop_timer_init(&errand->timer, e->loop, on_timer, err);
    if (result < 0) {
        return result;
    }
    if (has_room(e, errand->plugin)) {
        return http_errand_send(errand, err);
    }
    int64_t left = time_left(errand);
    loop_timer_start(&errand->timer, left > 0 ? left : 0);
    return 0;
}

int
http_errand_start(struct http_errands *e, const struct http_errand_request *request,
                  http_errand_done done, void *arg, struct http_errand **ret, struct err *err)
{
    must(loop_is_here(e->loop));
    int result = http_errand_check(request, err);
    if (result < 0) {
        return result;
    }
    struct http_errand *errand = new_errand(e, request);
    if (!errand) {
        return err_nomem(err);
    }
    errand->done = done;
    errand->arg = arg;
    result = fill(errand, request, err);
    if (result == 0) {
        result = begin_or_wait(errand, err);
    }
    if (result < 0) {
        free_errand(errand);
        return result;
    }
    enlist(errand);
    *ret = errand;
    return 0;
}
