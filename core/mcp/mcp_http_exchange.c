/* One message over HTTP, as it is sent. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "mcp/mcp_http_inside.h"
#include "mcp/mcp_params.h"

enum {
    /* Above what a call may take: how long an answer may take is for who asked to say. */
    PATIENCE_MS = 11 * 60 * 1000,
    TELL_MS = 20 * 1000,
    LEAVE_MS = 500,
    RESUMES_MAX = 5, /* in a row without a message */
    RESUME_MS = 1000,
    RESUME_MIN_MS = 50,
    RESUME_MAX_MS = 30 * 1000,
    /* Accept, Content-Type, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name,
     * Last-Event-ID. */
    OWN_HEADERS = 7,
};

/* ---- Heads ------------------------------------------------------------------------------------*/

struct heads {
    struct http_header list[MCP_HEADERS_MAX + MCP_PARAMS_MAX + OWN_HEADERS];
    size_t count;
};

static void
put(struct heads *h, struct str name, struct str value)
{
    if (value.len) {
        h->list[h->count++] = (struct http_header){name, value};
    }
}

/* What belongs to every message, and what was configured. */
static void
put_place(struct heads *heads, const struct mcp_exchange *x)
{
    const struct mcp_http *h = x->link;
    for (size_t i = 0; i < h->place.header_count; i++) {
        heads->list[heads->count++] = h->place.headers[i];
    }
    if (!x->modern && !x->greets) {
        put(heads, STR("Mcp-Session-Id"), str_c(h->session_id));
        put(heads, STR("MCP-Protocol-Version"), str_c(h->version));
    }
}

/* What belongs to S. */
static int
put_message(struct heads *heads, const struct mcp_sending *s, struct arena *scratch,
            struct err *err)
{
    put(heads, STR("Accept"), STR("application/json, text/event-stream"));
    put(heads, STR("Content-Type"), STR("application/json"));
    if (!s->modern) {
        return 0;
    }
    struct str tool = s->tool.len ? mcp_header_value(s->tool, scratch) : STR("");
    if (!tool.ptr) {
        return err_nomem(err);
    }
    put(heads, STR("MCP-Protocol-Version"), s->version);
    put(heads, STR("Mcp-Method"), s->method);
    put(heads, STR("Mcp-Name"), tool);
    for (size_t i = 0; i < s->header_count && i < MCP_PARAMS_MAX; i++) {
        heads->list[heads->count++] = s->headers[i];
    }
    return 0;
}

/* ---- Sending ----------------------------------------------------------------------------------*/

/* S, or NULL for a request without a body. */
static int
begin(struct mcp_exchange *x, const struct mcp_sending *s, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct heads heads = {.count = 0};
    struct mcp_http *h = x->link;
    bool leaving = x->purpose == MCP_LEAVING;
    x->status = 0;
    x->form = MCP_NO_BODY;
    put_place(&heads, x);
    int result = 0;
    if (s) {
        result = put_message(&heads, s, &scratch, err);
    } else if (!leaving) {
        put(&heads, STR("Accept"), STR("text/event-stream"));
        put(&heads, STR("Last-Event-ID"), str_c(x->last_id));
    }
    const struct http_request request = {
        .method = s         ? STR("POST")
                  : leaving ? STR("DELETE")
                            : STR("GET"),
        .url = h->place.url,
        .headers = heads.list,
        .header_count = heads.count,
        .body = s ? buf_str(&x->body) : STR(""),
        .ca_file = h->place.ca_file,
        .first_byte_ms = PATIENCE_MS,
        .stall_ms = PATIENCE_MS,
        .total_ms = leaving                     ? LEAVE_MS
                    : x->purpose == MCP_TELLING ? TELL_MS
                                                : 0,
        .send_once = s && s->once,
        .answer_max = SIZE_MAX / 2, /* what is kept of it is bounded where it is kept */
    };
    return result == 0 ? http_start(h->client, &request, &mcp_exchange_events, x, &x->call, err)
                       : result;
}

static void
on_timer(struct loop_timer *timer)
{
    struct mcp_exchange *x = OWNER_OF(timer, struct mcp_exchange, timer);
    struct mcp_http *h = x->link;
    struct err err;
    mcp_http_enter(h);
    if (x->answered) {
        mcp_http_drop(x);
    } else if (!x->over && begin(x, NULL, &err) < 0) {
        mcp_http_lose(x, "could not be listened to, for want of memory");
    }
    mcp_http_leave(h);
}

bool
mcp_exchange_resume(struct mcp_exchange *x)
{
    int64_t ms = x->events.retry_ms ? x->events.retry_ms : RESUME_MS;
    if (x->modern || x->last_id[0] == '\0' || x->resumed >= RESUMES_MAX ||
        x->session != x->link->session) {
        return false;
    }
    x->resumed++;
    ms = ms < RESUME_MIN_MS ? RESUME_MIN_MS : ms < RESUME_MAX_MS ? ms : RESUME_MAX_MS;
    loop_timer_start(&x->timer, ms);
    return true;
}

static void
describe(struct mcp_exchange *x, const struct mcp_sending *s)
{
    x->id = s->id;
    x->modern = s->modern;
    x->greets = str_eq_c(s->method, "initialize");
    x->greeted = str_eq_c(s->method, "notifications/initialized");
    x->calls = s->tool.len > 0;
    buf_init(&x->body, s->text.len + 1);
    buf_add(&x->body, s->text);
}

struct mcp_exchange *
mcp_exchange_new(struct mcp_http *h, enum mcp_purpose purpose, const struct mcp_sending *s,
                 char why[ERR_MESSAGE_MAX])
{
    struct err err;
    struct mcp_exchange *x = mem_zero(1, sizeof(*x));
    if (!x) {
        (void)snprintf(why, ERR_MESSAGE_MAX, "could not be asked, for want of memory");
        return NULL;
    }
    x->link = h;
    x->purpose = purpose;
    if (s) {
        describe(x, s);
    } else if (purpose == MCP_LISTENING) {
        memcpy(x->last_id, h->heard_id, sizeof(x->last_id));
    }
    x->in_session = h->session_id[0] != '\0' && !x->modern && !x->greets;
    x->session = h->session;
    int result =
        x->body.failed ? err_nomem(&err) : loop_timer_init(&x->timer, h->loop, on_timer, &err);
    if (result == 0) {
        result = begin(x, s, &err);
    }
    if (result < 0) {
        (void)snprintf(why, ERR_MESSAGE_MAX, "could not be asked: %.220s", err.message);
        mcp_exchange_free(x);
        return NULL;
    }
    return x;
}

void
mcp_exchange_cut(struct mcp_exchange *x)
{
    loop_timer_stop(&x->timer);
    if (x->call) {
        http_cancel(x->call);
        x->call = NULL;
    }
}

void
mcp_exchange_free(struct mcp_exchange *x)
{
    mcp_exchange_cut(x);
    loop_timer_done(&x->timer);
    buf_done(&x->body);
    buf_done(&x->answer);
    sse_done(&x->events);
    mem_free(x);
}
