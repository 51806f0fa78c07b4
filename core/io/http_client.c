#include "io/http_client.h"

#include <stddef.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/http_client_impl.h"

/* A socket curl wants watched, and whose it was. */
struct watched {
    struct loop_socket socket;
    struct http_client *client;
};

static void
forget_watched(struct watched *w)
{
    loop_socket_done(&w->socket);
    mem_free(w);
}

/* After curl has had its say: hand out what came, then end what is over. In this order, for the end
 * of a call stands behind its last bytes. */
static void
settle(struct http_client *c)
{
    http_inbox_deliver(c);
    int left;
    CURLMsg *message;
    while ((message = c->curl.curl_multi_info_read(c->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        (void)c->curl.curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        MUST_MAGIC(call, HTTP_CALL_MAGIC);
        http_call_end(call, message->data.result);
    }
}

static void
on_ready(struct loop_socket *socket, bool readable, bool writable)
{
    struct http_client *c = OWNER_OF(socket, struct watched, socket)->client;
    int ready = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    int running;
    (void)c->curl.curl_multi_socket_action(c->multi, socket->fd, ready, &running);
    settle(c); /* SOCKET may be gone by now */
}

static void
on_curl_timer(struct loop_timer *timer)
{
    struct http_client *c = OWNER_OF(timer, struct http_client, timer);
    int running;
    (void)c->curl.curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    settle(c);
}

static int
set_curl_timer(CURLM *multi, long ms, void *arg)
{
    struct http_client *c = arg;
    (void)multi;
    if (ms < 0) {
        loop_timer_stop(&c->timer);
    } else {
        loop_timer_start(&c->timer, ms);
    }
    return 0;
}

static int
watch(struct http_client *c, curl_socket_t fd, int what, struct watched *w)
{
    struct err ignored;
    if (!w) {
        w = mem_zero(1, sizeof(*w));
        if (!w || loop_socket_init(&w->socket, c->loop, fd, on_ready, &ignored) < 0) {
            mem_free(w);
            return ERR_NOMEM;
        }
        w->client = c;
        if (c->curl.curl_multi_assign(c->multi, fd, w) != CURLM_OK) {
            forget_watched(w);
            return ERR_NOMEM;
        }
    }
    return loop_socket_set(&w->socket, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0,
                           &ignored);
}

/* curl wants FD watched otherwise. To refuse would end every call there is, so a failure ends the
 * one it is for, by its timer; others on the same socket are ended by theirs. */
static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct http_client *c = arg;
    if (what == CURL_POLL_REMOVE) {
        if (known) {
            forget_watched(known);
        }
    } else if (watch(c, fd, what, known) < 0) {
        struct http_call *call = NULL;
        (void)c->curl.curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
        if (call) {
            call->verdict = HTTP_NOMEM;
            loop_timer_start(&call->timer, 0);
        }
    }
    return 0;
}

static int
set_multi(struct http_client *c, unsigned connections_max)
{
    CURLM *m = c->multi;
    bool good =
        c->curl.curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, set_socket) == CURLM_OK &&
        c->curl.curl_multi_setopt(m, CURLMOPT_SOCKETDATA, c) == CURLM_OK &&
        c->curl.curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, set_curl_timer) == CURLM_OK &&
        c->curl.curl_multi_setopt(m, CURLMOPT_TIMERDATA, c) == CURLM_OK &&
        c->curl.curl_multi_setopt(m, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) == CURLM_OK &&
        c->curl.curl_multi_setopt(m, CURLMOPT_MAXCONNECTS,
                                  (long)(connections_max ? connections_max : 256)) == CURLM_OK;
    return good ? 0 : ERR_NOMEM;
}

int
http_client_new(struct loop *l, const struct http_client_options *options, struct http_client **ret,
                struct err *err)
{
    struct curl curl;
    int result = curl_load(&curl, err);
    if (result < 0) {
        return result;
    }
    if (curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return err_nomem(err);
    }
    struct http_client *c = mem_zero(1, sizeof(*c));
    if (!c) {
        curl.curl_global_cleanup();
        return err_nomem(err);
    }
    c->curl = curl;
    AUTO(http_client) struct http_client *made = c;
    c->loop = l;
    c->public_only = options->public_only;
    buf_init(&c->inbox.bytes, LIMIT_HTTP_INBOX_BYTES);
    struct str ca_file =
        options->ca_file.len ? options->ca_file : STR("/etc/ssl/certs/ca-certificates.crt");
    c->ca_file = mem_str(ca_file);
    c->multi = c->curl.curl_multi_init();
    if (!c->ca_file || !c->multi || set_multi(c, options->connections_max) < 0) {
        return err_nomem(err);
    }
    result = loop_timer_init(&c->timer, l, on_curl_timer, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(made);
    return 0;
}

void
http_client_free(struct http_client *c)
{
    if (!c) {
        return;
    }
    must(loop_is_here(c->loop));
    must(c->active == 0 && !c->inbox.delivering);
    if (c->multi) {
        (void)c->curl.curl_multi_cleanup(c->multi);
    }
    c->curl.curl_global_cleanup();
    loop_timer_done(&c->timer);
    buf_done(&c->inbox.bytes);
    mem_free(c->inbox.pieces);
    mem_free(c->ca_file);
    mem_free(c);
}

size_t
http_client_active(const struct http_client *c)
{
    return c->active;
}

/* Take CALL away from curl and the loop; its memory stays. */
static void
detach(struct http_call *call)
{
    struct http_client *c = call->client;
    call->verdict = HTTP_GONE;
    http_inbox_forget(&c->inbox, call);
    loop_timer_stop(&call->timer);
    (void)c->curl.curl_multi_remove_handle(c->multi, call->easy);
    c->active--;
}

void
http_call_end(struct http_call *call, CURLcode code)
{
    struct err err = {0};
    int result = http_call_error(call, code, &err);
    struct http_events events = call->events;
    void *arg = call->arg;
    detach(call);
    http_request_free(call);
    events.done(arg, result, result < 0 ? &err : NULL);
}

void
http_cancel(struct http_call *call)
{
    MUST_MAGIC(call, HTTP_CALL_MAGIC);
    must(loop_is_here(call->client->loop));
    detach(call);
    http_request_free(call);
}

/* When the next of the call's deadlines is, and which. */
static int64_t
next_deadline(const struct http_call *call, enum http_verdict *ret_verdict)
{
    int64_t at =
        call->status ? call->last_byte + call->stall_ms : call->started + call->first_byte_ms;
    *ret_verdict = call->status ? HTTP_STALLED : HTTP_NO_HEAD_TIME;
    if (call->total_ms > 0 && call->started + call->total_ms < at) {
        at = call->started + call->total_ms;
        *ret_verdict = HTTP_TOTAL_TIME;
    }
    return at;
}

void
http_call_watch_time(struct http_call *call)
{
    enum http_verdict ignored;
    loop_timer_start(&call->timer, next_deadline(call, &ignored) - clock_mono_ms(clock_real()));
}

static void
on_call_timer(struct loop_timer *timer)
{
    struct http_call *call = OWNER_OF(timer, struct http_call, timer);
    enum http_verdict late;
    bool over = next_deadline(call, &late) <= clock_mono_ms(clock_real());
    if (call->verdict == HTTP_FINE && over) {
        call->verdict = late;
    }
    if (call->verdict == HTTP_FINE) {
        http_call_watch_time(call);
    } else {
        http_call_end(call, CURLE_OK);
    }
}

int
http_start(struct http_client *c, const struct http_request *request,
           const struct http_events *events, void *arg, struct http_call **ret, struct err *err)
{
    must(loop_is_here(c->loop));
    must(events->done);
    struct http_call *call = NULL;
    int result = http_request_make(c, request, &call, err);
    if (result < 0) {
        return result;
    }
    call->events = *events;
    call->arg = arg;
    call->started = clock_mono_ms(clock_real());
    result = loop_timer_init(&call->timer, c->loop, on_call_timer, err);
    if (result == 0 && c->curl.curl_multi_add_handle(c->multi, call->easy) != CURLM_OK) {
        result = err_nomem(err);
    }
    if (result < 0) {
        http_request_free(call);
        return result;
    }
    c->active++;
    http_call_watch_time(call);
    *ret = call;
    return 0;
}
