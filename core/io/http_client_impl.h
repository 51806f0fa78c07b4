/* http_client_impl: what the files of http_client share.
 *
 * No code of a caller runs inside curl. curl's write and header callbacks only put what came into
 * the client's inbox; when curl has returned, the inbox is handed out and finished transfers are
 * ended. So events may start and cancel calls at will: curl forbids that inside its callbacks, and
 * a cancelled call's request body, which curl does not copy, is let go at once. The price is one
 * copy of a few hundred bytes into memory that is used over and over.
 *
 *   http_client.c          the client: sockets, curl's timer, start, cancel, the end of a call
 *   http_client_request.c  a request, checked and put into curl's words
 *   http_client_answer.c   what comes in: limits, the inbox, the events
 *   http_client_error.c    what went wrong, in words */
#ifndef IO_HTTP_CLIENT_IMPL_H
#define IO_HTTP_CLIENT_IMPL_H

#include <stdint.h>

#include "base/buf.h"
#include "io/http_client.h"
#include "io/http_client_curl.h"
#include "io/loop.h"

enum { HTTP_CALL_MAGIC = 0x48434c4c };

/* Why a call ends although curl has not ended it. */
enum http_verdict {
    HTTP_FINE,
    HTTP_NOMEM,
    HTTP_TOO_LARGE,    /* the body: answer_max */
    HTTP_HEAD_LARGE,   /* the head: LIMIT_HTTP_HEADER_BYTES, LIMIT_HTTP_HEADERS */
    HTTP_NOT_HTTP,     /* a head that makes no sense */
    HTTP_NO_HEAD_TIME, /* first_byte_ms */
    HTTP_STALLED,      /* stall_ms */
    HTTP_TOTAL_TIME,   /* total_ms */
    HTTP_GONE,         /* over: nothing that curl may still say is wanted */
};

/* One piece of what came: for whom, and how much of the inbox's bytes; 0 is a head. */
struct http_piece {
    struct http_call *call; /* NULL: cancelled meanwhile */
    size_t len;
};

struct http_inbox {
    struct buf bytes;
    struct http_piece *pieces;
    size_t count;
    size_t capacity;
    size_t next; /* the first not yet handed out */
    bool delivering;
};

struct http_client {
    struct loop *loop;
    struct curl curl;
    CURLM *multi;
    struct loop_timer timer; /* curl's */
    char *ca_file;
    size_t active;
    bool public_only;
    struct http_inbox inbox;
};

struct http_call {
    uint32_t magic;
    enum http_verdict verdict;
    int status; /* of the final head; 0 before it */
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct http_events events;
    void *arg;
    /* One timer for all deadlines but connecting, which is curl's. A byte only notes when it came;
     * the timer, when it fires, sees whether the stall has really lasted. */
    struct loop_timer timer;
    int64_t started;
    int64_t last_byte;
    int64_t connect_ms;
    int64_t first_byte_ms;
    int64_t stall_ms;
    int64_t total_ms;
    bool public_only;
    bool kept_out;   /* an address was not public */
    size_t body_len; /* of the request */
    size_t answer_max;
    size_t answer_bytes;
    size_t head_bytes; /* of all heads and trailers */
    unsigned head_lines;
    struct buf head; /* the lines of the head that is coming, until its event */
    char words[CURL_ERROR_SIZE];
    char peer[]; /* "host:port", for errors */
};

/* http_client.c */
/* End CALL for its verdict, with its done event. Not from inside curl. */
void http_call_end(struct http_call *call, CURLcode code);
/* Start the call's timer for its nearest deadline. */
void http_call_watch_time(struct http_call *call);

/* http_client_request.c */
/* A call with everything set, not yet handed to curl; free with http_request_free(). */
int http_request_make(struct http_client *c, const struct http_request *request,
                      struct http_call **ret, struct err *err) WARN_UNUSED;
void http_request_free(struct http_call *call);

/* http_client_answer.c: curl's CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; ARG is the call */
size_t http_answer_header(char *bytes, size_t size, size_t count, void *arg);
size_t http_answer_data(char *bytes, size_t size, size_t count, void *arg);
/* Hand out what is in the inbox. */
void http_inbox_deliver(struct http_client *c);
/* Nothing for CALL any more. */
void http_inbox_forget(struct http_inbox *inbox, const struct http_call *call);

/* http_client_error.c */
/* 0 where CODE and the call's verdict are fine; else ERR filled. */
int http_call_error(const struct http_call *call, CURLcode code, struct err *err);

#endif
