/* A link over HTTP as a whole: its sessions, its exchanges, its end. */
#include "mcp/mcp_http.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "mcp/mcp_http_inside.h"

enum {
    LINGER_MS = 2000, /* what may follow an answer in its stream */
    LISTEN_MS = 1000, /* to the next try of listening; twice as long after each without news */
    LISTEN_MAX_MS = 60 * 1000,
};

static struct mcp_http *
http_of(const struct mcp_link *link)
{
    return OWNER_OF(link, struct mcp_http, link);
}

/* ---- Exchanges --------------------------------------------------------------------------------*/

static void
sweep(struct mcp_http *h)
{
    struct mcp_exchange **at = &h->exchanges;
    while (*at) {
        struct mcp_exchange *x = *at;
        if (x->over && !x->lost) {
            *at = x->next;
            mcp_exchange_free(x);
        } else {
            at = &x->next;
        }
    }
}

void
mcp_http_enter(struct mcp_http *h)
{
    h->depth++;
}

void
mcp_http_leave(struct mcp_http *h)
{
    must(h->depth > 0);
    if (--h->depth == 0) {
        sweep(h);
    }
}

void
mcp_http_drop(struct mcp_exchange *x)
{
    mcp_exchange_cut(x);
    x->over = true;
}

void
mcp_http_lose(struct mcp_exchange *x, const char *why)
{
    struct mcp_http *h = x->link;
    bool open = x->purpose == MCP_ASKING && !x->answered && !x->over;
    must(h->depth > 0);
    mcp_http_drop(x);
    if (open) {
        h->link.events->lost(&h->link, x->id, why);
    }
}

static struct mcp_exchange *
add(struct mcp_http *h, enum mcp_purpose purpose, const struct mcp_sending *s,
    char why[ERR_MESSAGE_MAX])
{
    struct mcp_exchange *x = mcp_exchange_new(h, purpose, s, why);
    if (x) {
        x->next = h->exchanges;
        h->exchanges = x;
    }
    return x;
}

/* What was sent for ID and has no answer yet. */
static struct mcp_exchange *
find(struct mcp_http *h, int64_t id)
{
    for (struct mcp_exchange *x = h->exchanges; x; x = x->next) {
        if (x->purpose == MCP_ASKING && x->id == id && !x->over && !x->answered) {
            return x;
        }
    }
    return NULL;
}

static struct mcp_exchange *
find_purpose(const struct mcp_http *h, enum mcp_purpose purpose)
{
    struct mcp_exchange *x = h->exchanges;
    while (x && (x->purpose != purpose || x->over)) {
        x = x->next;
    }
    return x;
}

/* An answer may come in another's stream: it is as good there. */
void
mcp_http_hear(struct mcp_http *h, struct str text)
{
    int64_t id = h->link.events->message(&h->link, text);
    struct mcp_exchange *x = id ? find(h, id) : NULL;
    if (x) {
        x->answered = true;
        if (x->call) {
            loop_timer_start(&x->timer, LINGER_MS);
        } else {
            mcp_http_drop(x);
        }
    }
}

/* ---- Listening --------------------------------------------------------------------------------*/

void
mcp_http_listen(struct mcp_http *h)
{
    char why[ERR_MESSAGE_MAX];
    if (h->link.state == MCP_LINK_LIVE && !find_purpose(h, MCP_LISTENING) &&
        !add(h, MCP_LISTENING, NULL, why)) {
        mcp_http_listen_again(h);
    }
}

void
mcp_http_listen_again(struct mcp_http *h)
{
    if (h->link.state == MCP_LINK_LIVE) {
        loop_timer_start(&h->listen_timer, h->listen_ms);
        h->listen_ms = h->listen_ms < LISTEN_MAX_MS / 2 ? h->listen_ms * 2 : LISTEN_MAX_MS;
    }
}

static void
on_listen_timer(struct loop_timer *timer)
{
    struct mcp_http *h = OWNER_OF(timer, struct mcp_http, listen_timer);
    mcp_http_enter(h);
    mcp_http_listen(h);
    mcp_http_leave(h);
}

/* ---- Its end ----------------------------------------------------------------------------------*/

void
mcp_http_end(struct mcp_http *h, enum mcp_end end, const char *why)
{
    struct mcp_exchange *x = find_purpose(h, MCP_LISTENING);
    if (h->link.state != MCP_LINK_LIVE) {
        return;
    }
    if (x) {
        mcp_http_drop(x);
    }
    h->link.state = MCP_LINK_ENDING;
    h->end = end;
    (void)snprintf(h->link.why, sizeof(h->link.why), "%s", why);
    loop_timer_stop(&h->listen_timer);
    loop_timer_start(&h->timer, 0);
}

/* Say what is to be said of the end, from the loop. */
static void
on_timer(struct loop_timer *timer)
{
    struct mcp_http *h = OWNER_OF(timer, struct mcp_http, timer);
    mcp_http_enter(h);
    struct mcp_exchange *x = h->exchanges;
    while (x) {
        if (x->lost) {
            x->lost = false;
            h->link.events->lost(&h->link, x->id, h->link.why);
            x = h->exchanges; /* others may have come to stand before it */
        } else {
            x = x->next;
        }
    }
    if (h->link.state == MCP_LINK_ENDING) {
        h->link.state = MCP_LINK_DEAD;
        h->link.events->gone(&h->link, h->end, h->link.why);
    }
    mcp_http_leave(h);
}

static void
kill_link(struct mcp_link *link, const char *why)
{
    struct mcp_http *h = http_of(link);
    for (struct mcp_exchange *x = h->exchanges; x; x = x->next) {
        x->lost = x->lost || (x->purpose == MCP_ASKING && !x->answered && !x->over);
        mcp_http_drop(x);
    }
    mcp_http_end(h, MCP_END_FAULT, why);
    loop_timer_start(&h->timer, 0);
    if (h->depth == 0) {
        sweep(h);
    }
}

/* ---- The table --------------------------------------------------------------------------------*/

static int
init_timers(struct mcp_http *h, struct err *err)
{
    int result = h->timer.event ? 0 : loop_timer_init(&h->timer, h->loop, on_timer, err);
    return result == 0 && !h->listen_timer.event
               ? loop_timer_init(&h->listen_timer, h->loop, on_listen_timer, err)
               : result;
}

/* Requests of the time before may still be under way. */
static int
start(struct mcp_link *link, struct err *err)
{
    struct mcp_http *h = http_of(link);
    int result = init_timers(h, err);
    if (result == 0 && !h->client) {
        result = h->place.client(h->place.arg, &h->client, err);
    }
    link->state = result < 0 ? MCP_LINK_DEAD : MCP_LINK_LIVE;
    link->why[0] = '\0';
    link->wait_ms = 0;
    h->session++;
    h->session_id[0] = '\0';
    h->version[0] = '\0';
    h->heard_id[0] = '\0';
    h->listen_ms = LISTEN_MS;
    return result;
}

static bool
send_message(struct mcp_link *link, const struct mcp_sending *s)
{
    struct mcp_http *h = http_of(link);
    char why[ERR_MESSAGE_MAX];
    if (link->state != MCP_LINK_LIVE) {
        return false;
    }
    if (!s->modern) {
        (void)snprintf(h->version, sizeof(h->version), "%" STR_FMT, STR_ARG(s->version));
    }
    if (!add(h, s->id ? MCP_ASKING : MCP_TELLING, s, why)) {
        mcp_http_end(h, MCP_END_FAULT, why);
        return false;
    }
    return true;
}

static void
forget(struct mcp_link *link, int64_t id)
{
    struct mcp_http *h = http_of(link);
    struct mcp_exchange *x = find(h, id);
    if (x) {
        mcp_http_drop(x);
    }
    if (h->depth == 0) {
        sweep(h);
    }
}

static void
hang_up(struct mcp_link *link)
{
    struct mcp_http *h = http_of(link);
    char why[ERR_MESSAGE_MAX];
    if (link->state == MCP_LINK_LIVE && h->session_id[0] && !find_purpose(h, MCP_LEAVING)) {
        (void)add(h, MCP_LEAVING, NULL, why);
    }
}

static bool
has_left(const struct mcp_link *link)
{
    return find_purpose(http_of(link), MCP_LEAVING) == NULL;
}

static void
done(struct mcp_link *link)
{
    struct mcp_http *h = http_of(link);
    must(h->depth == 0);
    for (struct mcp_exchange *x = h->exchanges; x; x = x->next) {
        mcp_http_drop(x);
        x->lost = false;
    }
    sweep(h);
    loop_timer_done(&h->timer);
    loop_timer_done(&h->listen_timer);
    mcp_http_init(h, h->loop, &h->place, link->events, link->owner);
}

void
mcp_http_init(struct mcp_http *h, struct loop *l, const struct mcp_place *place,
              const struct mcp_link_events *events, void *owner)
{
    static const struct mcp_link_ops ops = {
        .start = start,
        .send = send_message,
        .forget = forget,
        .kill = kill_link,
        .hang_up = hang_up,
        .has_left = has_left,
        .done = done,
        .apart = true,
    };
    const struct mcp_place copy = *place;
    must(copy.header_count <= MCP_HEADERS_MAX);
    *h = (struct mcp_http){
        .link = {.ops = &ops, .events = events, .owner = owner},
        .loop = l,
        .place = copy,
    };
}
