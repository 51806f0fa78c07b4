/* The clients of http_errand. A kept connection saves a request its handshake, and may be in a
 * state that whoever used it last put it in (a login that holds for the connection, an answer too
 * many behind a request that the server misread). So no two plugins share one, and none that was
 * opened to any address serves where only public ones are allowed. */
#include <stddef.h>

#include "base/must.h"
#include "host/http_errand_inside.h"

/* Clients beyond this, the longest unused first, are given up when nothing uses them: each holds
 * the certificates it trusts (some 700 KB) and its connections. */
enum { LINES_KEPT = 8 };

struct http_line {
    struct http_line *next;
    const void *plugin;
    bool public_only;
    struct http_client *client;
};

static void
free_line(struct http_line *line)
{
    http_client_free(line->client);
    mem_free(line);
}

/* From a timer: no client can be freed by one of its own events. */
static void
trim(struct loop_timer *timer)
{
    struct http_errands *e = OWNER_OF(timer, struct http_errands, trim);
    struct http_line **at = &e->lines;
    for (size_t i = 0; *at; i++) {
        struct http_line *line = *at;
        if (i < LINES_KEPT || http_client_active(line->client) > 0) {
            at = &line->next;
        } else {
            *at = line->next;
            free_line(line);
        }
    }
}

static int
new_line(struct http_errands *e, const void *plugin, bool public_only, struct http_line **ret,
         struct err *err)
{
    const struct http_client_options options = {
        .ca_file = str_c(e->ca_file),
        .connections_max = HTTP_ERRANDS_AT_ONCE,
        .public_only = public_only,
    };
    struct http_line *line = mem_zero(1, sizeof(*line));
    if (!line) {
        return err_nomem(err);
    }
    int result = http_client_new(e->loop, &options, &line->client, err);
    if (result < 0) {
        mem_free(line);
        return result;
    }
    line->plugin = plugin;
    line->public_only = public_only;
    loop_timer_start(&e->trim, 0);
    *ret = line;
    return 0;
}

int
http_lines_init(struct http_errands *e, struct err *err)
{
    return loop_timer_init(&e->trim, e->loop, trim, err);
}

void
http_lines_done(struct http_errands *e)
{
    while (e->lines) {
        struct http_line *line = e->lines;
        e->lines = line->next;
        free_line(line);
    }
    loop_timer_done(&e->trim);
}

int
http_lines_get(struct http_errands *e, const void *plugin, bool public_only,
               struct http_client **ret, struct err *err)
{
    struct http_line **at = &e->lines;
    while (*at && ((*at)->plugin != plugin || (*at)->public_only != public_only)) {
        at = &(*at)->next;
    }
    struct http_line *line = *at;
    if (line) {
        *at = line->next;
    } else {
        int result = new_line(e, plugin, public_only, &line, err);
        if (result < 0) {
            return result;
        }
    }
    line->next = e->lines;
    e->lines = line;
    *ret = line->client;
    return 0;
}
