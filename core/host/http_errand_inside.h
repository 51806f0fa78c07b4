/* http_errand_inside: what the files of http_errand share.
 *
 *   http_errand.c         all errands: turns, time, start, send, the end
 *   http_errand_lines.c   which client sends what
 *   http_errand_answer.c  what comes back, and where a redirect leads */
#ifndef HOST_HTTP_ERRAND_INSIDE_H
#define HOST_HTTP_ERRAND_INSIDE_H

#include "base/arena.h"
#include "base/buf.h"
#include "host/http_errand.h"
#include "host/http_rules.h"
#include "io/loop.h"

struct http_line;

struct http_errands {
    struct loop *loop;
    char *ca_file;             /* "": the system's */
    struct http_line *lines;   /* the newest used first */
    struct loop_timer trim;    /* of the lines */
    struct http_errand *first; /* the oldest; all there are */
};

enum http_errand_stage {
    ERRAND_WAITING, /* for one of its plugin's to end */
    ERRAND_CALLED,  /* its turn has come; the timer begins it */
    ERRAND_UNDER_WAY,
};

struct http_errand {
    struct http_errands *owner;
    struct http_errand *next;
    const void *plugin;
    const struct plugin_grants *grants;
    enum http_errand_stage stage;
    struct loop_timer timer;
    int64_t deadline_ms;
    struct http_call *call; /* NULL: none, or it is over */
    /* What is sent. Texts in ARENA. */
    struct arena arena;
    struct http_target target;
    struct str method;
    struct str body;
    struct http_header *headers; /* the secret's, if any, is the last */
    size_t header_count;
    struct str secret; /* its header's value, to be wiped */
    size_t answer_max;
    bool follow;
    int redirects;
    /* What came. */
    int status;
    struct http_header *answer_headers;
    size_t answer_header_count;
    struct buf answer;
    http_errand_done done;
    void *arg;
};

/* http_errand_lines.c */
int http_lines_init(struct http_errands *e, struct err *err) WARN_UNUSED;
/* `{0}` is fine. */
void http_lines_done(struct http_errands *e);
/* The client for requests of PLUGIN, to public addresses alone or to any; made when it is the
 * first. Good until control is back with the loop, and as long as a call of it is under way. */
int http_lines_get(struct http_errands *e, const void *plugin, bool public_only,
                   struct http_client **ret, struct err *err) WARN_UNUSED;

/* Send the request to its target, within the time that is left. */
int http_errand_send(struct http_errand *errand, struct err *err) WARN_UNUSED;
/* Whatever the server still says is for nobody. */
void http_errand_stop_call(struct http_errand *errand);
/* The outcome: ERR, or NULL where there is an answer. ERRAND is dead when it returns. Not from
 * inside http_errand_start() or http_errand_cancel(). */
void http_errand_finish(struct http_errand *errand, const struct err *err);

/* What an errand does when its server is heard. */
extern const struct http_events http_errand_events;

#endif
