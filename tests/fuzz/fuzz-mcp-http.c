/* Any answer over HTTP from an MCP server, cut anywhere: a request has one end, be it an answer, a
 * loss or the news that it was not looked at; and words on it that a terminal can take. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/must.h"
#include "base/utf8.h"
#include "io/loop.h"
#include "mcp/mcp_http_inside.h"
#include "mcp/mcp_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUEST = 7, FLAGS = 4 };

struct seen {
    unsigned ends; /* of the request */
    unsigned gone;
};

static int64_t
on_message(struct mcp_link *l, struct str text)
{
    AUTO(arena) struct arena scratch = {0};
    struct mcp_message m;
    struct err err;
    struct seen *seen = l->owner;
    must(text.len <= MCP_LINE_MAX);
    if (mcp_message_read(text, &scratch, &m, &err) < 0 || m.kind < MCP_RESULT ||
        m.id.kind != MCP_ID_NUMBER || m.id.number != REQUEST || seen->ends > 0) {
        return 0;
    }
    seen->ends++;
    return REQUEST;
}

static void
on_lost(struct mcp_link *l, int64_t id, const char *why)
{
    struct seen *seen = l->owner;
    must(id == REQUEST && why[0] && utf8_valid(str_c(why)));
    seen->ends++;
}

static void
on_unseen(struct mcp_link *l, int64_t id)
{
    struct seen *seen = l->owner;
    must(id == REQUEST);
    seen->ends++;
}

static void
on_missed(struct mcp_link *l)
{
    must(l->owner);
}

static void
on_gone(struct mcp_link *l, enum mcp_end how, const char *why)
{
    struct seen *seen = l->owner;
    must(how <= MCP_END_REFUSED && why[0]);
    must(++seen->gone == 1);
}

/* Exchanges as the link makes them, but for a connection. */
static struct mcp_exchange *
make(struct mcp_http *h, enum mcp_purpose purpose, uint8_t how)
{
    struct err err;
    struct mcp_exchange *x = mem_zero(1, sizeof(*x));
    must(x && loop_timer_init(&x->timer, h->loop, NULL, &err) == 0);
    x->link = h;
    x->purpose = purpose;
    x->id = purpose == MCP_ASKING ? REQUEST : 0;
    x->greets = how & 1;
    x->calls = how & 2;
    x->modern = how & 4;
    x->in_session = how & 8;
    x->session = h->session;
    x->next = h->exchanges;
    h->exchanges = x;
    return x;
}

static struct http_head
head_of(uint8_t status, uint8_t type, struct http_header headers[3], struct str id)
{
    static const int statuses[] = {200, 202, 204, 307, 400, 401, 403, 404,
                                   405, 408, 410, 429, 500, 503, 200, 200};
    static const struct str types[] = {STR_INIT("application/json"), STR_INIT("text/event-stream"),
                                       STR_INIT("text/event-stream;charset=utf-8"),
                                       STR_INIT("text/html")};
    headers[0] = (struct http_header){STR("Content-Type"), types[type % 4]};
    headers[1] = (struct http_header){STR("mcp-session-id"), id};
    headers[2] = (struct http_header){STR("Retry-After"), id};
    return (struct http_head){statuses[status % 16], headers, 3};
}

/* BODY, in pieces of STEP bytes. */
static void
feed(struct mcp_http *h, struct mcp_exchange *x, struct str body, size_t step)
{
    for (size_t at = 0; at < body.len && !x->over; at += step) {
        mcp_http_enter(h); /* so that X can be looked at behind it */
        mcp_exchange_events.data(x, str_sub(body, at, step));
        h->depth--;
    }
}

/* Four bytes choose what is asked and how it is answered; a line is the session, the rest the body.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mcp_link_events events = {.message = on_message,
                                                  .lost = on_lost,
                                                  .unseen = on_unseen,
                                                  .missed = on_missed,
                                                  .gone = on_gone};
    struct loop *l = NULL;
    struct mcp_http h;
    struct seen seen = {0};
    struct err err;
    struct http_header headers[3];
    struct str session;
    if (size < FLAGS) {
        return 0;
    }
    log_set_level(LOG_NONE);
    must(loop_new(&l, &err) == 0);
    mcp_http_init(&h, l, &(struct mcp_place){.name = "fuzz"}, &events, &seen);
    h.client = (struct http_client *)(void *)&h; /* nothing is sent through it */
    must(h.link.ops->start(&h.link, &err) == 0);
    bool asks = (data[0] & 1) == 0;
    struct mcp_exchange *x = make(&h, asks ? MCP_ASKING : MCP_LISTENING, data[0] >> 1);
    struct str body = {(const char *)data + FLAGS, size - FLAGS};
    (void)str_split(&body, '\n', &session);
    const struct http_head head = head_of(data[1], data[2], headers, session);
    mcp_exchange_events.head(x, &head);
    feed(&h, x, body, 1 + data[3] % 64);
    bool over = x->over;
    if (!over) {
        mcp_exchange_events.done(x, 0, NULL);
    }
    bool waits = h.exchanges && !h.exchanges->over; /* to be taken up again */
    must(seen.ends == (asks && !waits ? 1 : 0) || (waits && seen.ends <= 1));
    must(strlen(h.session_id) < sizeof(h.session_id) && utf8_valid(str_c(h.session_id)));
    for (int i = 0; i < 3 && h.link.state == MCP_LINK_ENDING; i++) {
        must(loop_step(l, 5, &err) >= 0);
    }
    must(seen.gone == (h.link.state == MCP_LINK_DEAD));
    h.link.ops->done(&h.link);
    loop_free(l);
    return 0;
}
