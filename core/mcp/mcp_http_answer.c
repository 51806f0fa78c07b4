/* What comes back over HTTP for one message. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "mcp/mcp_http_inside.h"
#include "mcp/mcp_message.h"

enum {
    COMPLAINT_MAX = 64 * 1024,
    NOISE_MAX = 8 * 1024 * 1024, /* bytes of a stream without a message in them */
    WAIT_MAX_S = 10 * 60,        /* of a Retry-After */
    UNAUTHORIZED = 401,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    TOO_SLOW = 408,
    TOO_MANY = 429,
};

/* ---- The head ---------------------------------------------------------------------------------*/

/* What may be sent back in a header: it is short, and visible. */
static bool
keep_id(char out[256], struct str id)
{
    bool good = id.len < 256;
    for (size_t i = 0; good && i < id.len; i++) {
        good = id.ptr[i] > ' ' && id.ptr[i] <= '~';
    }
    (void)snprintf(out, 256, "%" STR_FMT, STR_ARG(str_sub(id, 0, good ? id.len : 0)));
    return good;
}

static bool
is_type(const struct http_head *head, const char *type)
{
    struct str all = http_head_get(head, "Content-Type");
    struct str first;
    return str_split(&all, ';', &first) && str_eq_nocase(str_trim(first), str_c(type));
}

static enum mcp_form
form_of(const struct mcp_exchange *x, const struct http_head *head)
{
    if (x->purpose == MCP_TELLING || x->purpose == MCP_LEAVING) {
        return MCP_NO_BODY;
    }
    if (head->status < 200 || head->status > 299) {
        return MCP_COMPLAINT;
    }
    return is_type(head, "text/event-stream") ? MCP_EVENTS
           : is_type(head, "application/json") && x->purpose == MCP_ASKING && !x->resumed
               ? MCP_ONE_JSON
               : MCP_NO_BODY;
}

static int on_event(void *arg, const struct sse_event *event);

static void
on_head(void *arg, const struct http_head *head)
{
    struct mcp_exchange *x = arg;
    int64_t seconds = 0;
    x->status = head->status;
    x->form = form_of(x, head);
    x->wait_ms = str_to_i64(http_head_get(head, "Retry-After"), &seconds) && seconds > 0
                     ? (seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * 1000
                     : 0;
    buf_done(&x->answer);
    buf_init(&x->answer, x->form == MCP_ONE_JSON ? MCP_LINE_MAX : COMPLAINT_MAX);
    int64_t retry_ms = x->events.retry_ms;
    sse_done(&x->events);
    sse_init(&x->events, MCP_LINE_MAX);
    x->events.retry_ms = retry_ms;
    x->events.event = on_event;
    x->events.arg = x;
    if (x->greets && (x->form == MCP_ONE_JSON || x->form == MCP_EVENTS) &&
        x->session == x->link->session) {
        (void)keep_id(x->link->session_id, http_head_get(head, "Mcp-Session-Id"));
    }
}

/* ---- The body ---------------------------------------------------------------------------------*/

static int
on_event(void *arg, const struct sse_event *event)
{
    struct mcp_exchange *x = arg;
    if (str_eq_c(event->name, "message") && str_trim(event->data).len > 0) {
        x->noise = 0;
        x->resumed = 0;
        x->link->listen_ms = x->purpose == MCP_LISTENING ? 1000 : x->link->listen_ms;
        mcp_http_hear(x->link, event->data);
    }
    return x->over;
}

/* The rest would have no end. */
static void
stop(struct mcp_exchange *x, const char *why)
{
    if (x->purpose == MCP_LISTENING) {
        mcp_http_drop(x);
        mcp_http_listen_again(x->link);
    } else {
        mcp_http_lose(x, why);
    }
}

static void
take_events(struct mcp_exchange *x, struct str bytes)
{
    struct err err;
    int result = sse_feed(&x->events, bytes, &err);
    if (x->over) {
        return;
    }
    if (result < 0) {
        stop(x, result == ERR_LIMIT ? "answered with a message that is longer than 4 MiB"
                                    : "could not be listened to, for want of memory");
    } else if (x->events.id.len || x->last_id[0]) {
        (void)keep_id(x->last_id, buf_str(&x->events.id));
    }
}

static void
on_data(void *arg, struct str bytes)
{
    struct mcp_exchange *x = arg;
    struct mcp_http *h = x->link;
    mcp_http_enter(h);
    x->noise += bytes.len;
    if (x->form == MCP_EVENTS) {
        take_events(x, bytes);
    } else if (x->form != MCP_NO_BODY) {
        buf_add(&x->answer, bytes);
    }
    if (!x->over && x->form == MCP_ONE_JSON && x->answer.failed) {
        stop(x, x->answer.failed == ERR_LIMIT ? "answered with more than 4 MiB"
                                              : "could not be listened to, for want of memory");
    } else if (!x->over && x->noise > NOISE_MAX) {
        stop(x, "answered without end, and without a message");
    }
    mcp_http_leave(h);
}

/* ---- The end of a request ---------------------------------------------------------------------*/

/* The server is at fault, and X's request is lost. In this order: who hears of the second knows of
 * the first. */
static void
fault(struct mcp_exchange *x, enum mcp_end end, const char *why)
{
    struct mcp_http *h = x->link;
    if (x->session == h->session) {
        h->link.wait_ms = x->wait_ms;
        mcp_http_end(h, end, why);
    }
    mcp_http_lose(x, why);
}

/* The session is unknown over there, so the request was not looked at. */
static void
expire(struct mcp_exchange *x)
{
    struct mcp_http *h = x->link;
    int64_t id = x->purpose == MCP_ASKING ? x->id : 0;
    if (x->session == h->session) {
        mcp_http_end(h, MCP_END_EXPIRED, "did not know its session any more");
    }
    mcp_http_drop(x);
    if (id) {
        h->link.events->unseen(&h->link, id);
    }
}

/* Is what came with an error's status an answer to X's request? One without an id is: who but X
 * could be meant. */
static bool
hear_complaint(struct mcp_exchange *x)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(buf) struct buf text;
    struct mcp_message m;
    struct err err;
    const struct mcp_id id = mcp_id_number(x->id);
    buf_init(&text, MCP_LINE_MAX);
    if (x->answer.failed || mcp_message_read(buf_str(&x->answer), &scratch, &m, &err) < 0 ||
        m.kind != MCP_ERROR || (m.id.kind != MCP_ID_NONE && !mcp_id_eq(&m.id, &id)) ||
        (m.id.kind == MCP_ID_NONE && x->in_session)) {
        return false;
    }
    mcp_write_error(&text, &id, (enum mcp_code)m.code, m.words, STR(""));
    if (text.failed) {
        return false;
    }
    mcp_http_hear(x->link, buf_str(&text));
    return x->answered;
}

static bool
has_secret(const struct mcp_http *h)
{
    for (size_t i = 0; i < h->place.header_count; i++) {
        if (str_eq_nocase(h->place.headers[i].name, STR("Authorization"))) {
            return true;
        }
    }
    return false;
}

static void
refuse(struct mcp_exchange *x)
{
    char why[ERR_MESSAGE_MAX];
    const struct mcp_http *h = x->link;
    if (x->status == UNAUTHORIZED || x->status == FORBIDDEN) {
        (void)snprintf(why, sizeof(why), "%s (HTTP %d): set mcp.%s.bearer to one that it takes",
                       has_secret(h) ? "refused the bearer secret" : "wants a bearer secret",
                       x->status, h->place.name);
    } else {
        (void)snprintf(why, sizeof(why),
                       "redirects (HTTP %d), which is not followed: set mcp.%s.url to where it is",
                       x->status, h->place.name);
    }
    fault(x, MCP_END_REFUSED, why);
}

/* An error's status, and its body if any. */
static void
end_refused(struct mcp_exchange *x)
{
    char why[ERR_MESSAGE_MAX];
    int status = x->status;
    (void)snprintf(why, sizeof(why), "answered HTTP %d", status);
    if (status == UNAUTHORIZED || (status == FORBIDDEN && !x->calls) || status / 100 == 3) {
        refuse(x);
    } else if (status == TOO_SLOW || status == TOO_MANY || status >= 500) {
        fault(x, MCP_END_FAULT, why);
    } else if (x->in_session && status == NOT_FOUND) {
        expire(x);
    } else if (x->purpose == MCP_TELLING) {
        mcp_http_drop(x);
    } else if (!hear_complaint(x)) {
        if (x->in_session && status == 400) {
            expire(x); /* some servers say it like that */
        } else {
            mcp_http_lose(x, why);
        }
    }
}

/* The connection ended its answer properly, or after the head, with ERR. */
static void
end_answer(struct mcp_exchange *x, const struct err *err)
{
    char why[ERR_MESSAGE_MAX];
    if (x->form == MCP_ONE_JSON && !err) {
        mcp_http_hear(x->link, buf_str(&x->answer));
        (void)snprintf(why, sizeof(why), "answered something else than what it was asked");
    } else if (x->form == MCP_EVENTS && !x->answered && mcp_exchange_resume(x)) {
        return;
    } else if (err) {
        (void)snprintf(why, sizeof(why), "broke its answer off: %.200s", err->message);
    } else {
        (void)snprintf(why, sizeof(why), "%s",
                       x->form == MCP_EVENTS ? "ended its stream without an answer"
                                             : "answered with neither JSON nor events");
    }
    mcp_http_lose(x, why);
}

static void
end_asking(struct mcp_exchange *x, const struct err *err)
{
    char why[ERR_MESSAGE_MAX];
    if (x->answered) {
        mcp_http_drop(x);
    } else if (x->resumed && x->form != MCP_EVENTS) {
        if (!(err || x->status >= 500) || !mcp_exchange_resume(x)) {
            mcp_http_lose(x, "ended its stream without an answer");
        }
    } else if (x->status == 0) {
        (void)snprintf(why, sizeof(why), "cannot be reached: %.220s", err->message);
        fault(x, MCP_END_FAULT, why);
    } else if (x->form == MCP_COMPLAINT) {
        end_refused(x);
    } else {
        end_answer(x, err);
    }
}

/* ---- The end of the others --------------------------------------------------------------------*/

static void
end_telling(struct mcp_exchange *x, const struct err *err)
{
    char why[ERR_MESSAGE_MAX];
    if (x->status >= 200 && x->status <= 299) {
        if (x->greeted && x->session == x->link->session) {
            mcp_http_listen(x->link);
        }
        mcp_http_drop(x);
    } else if (x->status == 0) {
        (void)snprintf(why, sizeof(why), "cannot be reached: %.220s", err->message);
        fault(x, MCP_END_FAULT, why);
    } else {
        end_refused(x);
    }
}

/* Servers that offer nothing to listen to say so with 405, or with what comes to their mind. */
static void
end_listening(struct mcp_exchange *x)
{
    struct mcp_http *h = x->link;
    bool offered = x->form == MCP_EVENTS || x->status == 0 || x->status >= 500 ||
                   x->status == TOO_MANY || x->status == TOO_SLOW;
    mcp_http_drop(x);
    if (!offered || x->session != h->session) {
        return;
    }
    memcpy(h->heard_id, x->last_id, sizeof(h->heard_id));
    mcp_http_listen_again(h);
    if (x->form == MCP_EVENTS && !x->last_id[0]) {
        h->link.events->missed(&h->link);
    }
}

static void
on_done(void *arg, int result, const struct err *err)
{
    struct mcp_exchange *x = arg;
    struct mcp_http *h = x->link;
    x->call = NULL;
    mcp_http_enter(h);
    if (x->purpose == MCP_ASKING) {
        end_asking(x, result < 0 ? err : NULL);
    } else if (x->purpose == MCP_TELLING) {
        end_telling(x, err);
    } else if (x->purpose == MCP_LISTENING) {
        end_listening(x);
    } else {
        mcp_http_drop(x);
    }
    mcp_http_leave(h);
}

const struct http_events mcp_exchange_events = {.head = on_head, .data = on_data, .done = on_done};
