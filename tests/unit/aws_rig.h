/* A source of AWS credentials on a loop and a clock wound by hand, a server on a thread to ask, and
 * what tests want of them. After cmocka.h. */
#ifndef TESTS_AWS_RIG_H
#define TESTS_AWS_RIG_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "model/aws_credentials.h"
#include "model/aws_sign.h"
#include "tests/unit/aws_fixture.h"

/* Every secret has this word in it; no message may. */
#define SECRET "hunter2"

/* 2026-01-15T12:00:00Z, where the clock stands. */
static const int64_t noon = 1768478400000;

/* ---- a server ---- */

struct page {
    const char *request; /* how the request's first line begins */
    const char *header;  /* a line it must have; NULL: any */
    int status;
    const char *body;
};

struct server {
    pthread_t thread;
    int fd;
    int port;
    const struct page *_Atomic pages; /* a row without request ends them */
    atomic_int asked;
    atomic_int refused; /* requests that no page was for */
    atomic_int delay_ms;
};

static const struct page *
find_page(const struct server *s, const char *request)
{
    for (const struct page *p = s->pages; p && p->request; p++) {
        if (strncmp(request, p->request, strlen(p->request)) == 0 &&
            (!p->header || strcasestr(request, p->header))) {
            return p;
        }
    }
    return NULL;
}

static inline void
serve_one(struct server *s, int fd)
{
    char request[4096] = "";
    char answer[8192];
    size_t len = 0;
    while (!strstr(request, "\r\n\r\n") && len + 1 < sizeof(request)) {
        ssize_t got = read(fd, request + len, sizeof(request) - 1 - len);
        if (got <= 0) {
            return;
        }
        len += (size_t)got;
        request[len] = '\0';
    }
    const struct page *page = find_page(s, request);
    atomic_fetch_add(&s->asked, 1);
    atomic_fetch_add(&s->refused, page ? 0 : 1);
    (void)usleep((useconds_t)s->delay_ms * 1000U);
    const char *body = page ? page->body : "";
    int size = snprintf(answer, sizeof(answer),
                        "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                        page ? page->status : 418, strlen(body), body);
    (void)send(fd, answer, (size_t)size, MSG_NOSIGNAL);
}

static inline void *
serve(void *arg)
{
    struct server *s = arg;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        serve_one(s, fd);
        (void)close(fd);
    }
}

static inline void
server_start(struct server *s, const struct page *pages)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    s->pages = pages;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->fd >= 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static inline void
server_stop(struct server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
}

/* VARIABLE is an address of the server. */
static inline void
point_at(const char *variable, const struct server *s, const char *path)
{
    char url[200];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", s->port, path);
    assert_int_equal(setenv(variable, url, 1), 0);
}

/* ---- a source, and who asks it ---- */

struct rig {
    struct loop *loop;
    struct http_client *http;
    struct clock_hand clock;
    struct aws_source *source;
};

static inline int
get_http(void *arg, struct http_client **ret, struct err *err)
{
    struct rig *r = arg;
    int result =
        r->http ? 0 : http_client_new(r->loop, &(struct http_client_options){0}, &r->http, err);
    *ret = r->http;
    return result;
}

static inline void
rig_open(struct rig *r, const struct aws_options *given)
{
    struct err err = {0};
    struct aws_options options = *given;
    *r = (struct rig){0};
    clock_hand_init(&r->clock, noon);
    assert_int_equal(loop_new(&r->loop, &err), 0);
    options.loop = r->loop;
    options.clock = &r->clock.clock;
    options.http = get_http;
    options.http_arg = r;
    if (aws_source_new(&options, &r->source, &err) != 0) {
        fail_msg("%s", err.message);
    }
}

static inline void
rig_close(struct rig *r)
{
    aws_source_free(r->source);
    http_client_free(r->http);
    loop_free(r->loop);
}

struct asker {
    struct rig *rig;
    struct aws_wait *wait;
    int told;       /* how often */
    bool again;     /* ask again from inside */
    struct err err; /* code 0: there are credentials */
    char key[64];
};

static inline void
note_key(struct asker *a)
{
    const struct aws_credentials *keys = aws_source_keys(a->rig->source);
    (void)snprintf(a->key, sizeof(a->key), "%.*s", keys ? (int)keys->access_key.len : 0,
                   keys ? keys->access_key.ptr : "");
}

static inline void
asker_ready(void *arg, const struct err *err)
{
    struct asker *a = arg;
    a->told++;
    a->err = err ? *err : (struct err){0};
    a->wait = NULL;
    note_key(a);
    if (a->again) {
        struct err ignored = {0};
        a->again = false;
        int result = aws_source_get(a->rig->source, asker_ready, a, &a->wait, &ignored);
        assert_true(result == 0 || result == AWS_WAIT);
    }
}

/* 0, AWS_WAIT or <0, as the get gave it. */
static inline int
ask(struct rig *r, struct asker *a)
{
    *a = (struct asker){.rig = r, .again = a->again};
    int result = aws_source_get(r->source, asker_ready, a, &a->wait, &a->err);
    assert_int_equal(a->told, 0);
    if (result == 0) {
        note_key(a);
    }
    return result;
}

static inline void
wait_told(struct rig *r, const struct asker *a)
{
    struct err err = {0};
    for (int i = 0; i < 500 && !a->told; i++) {
        assert_int_equal(loop_step(r->loop, 20, &err), 0);
    }
    assert_int_equal(a->told, 1);
}

static inline void
pass_ms(struct rig *r, int64_t ms)
{
    struct err err = {0};
    int64_t until = clock_mono_ms(clock_real()) + ms;
    while (clock_mono_ms(clock_real()) < until) {
        assert_int_equal(loop_step(r->loop, 10, &err), 0);
    }
}

/* Ask, wait where there is to wait, and want KEY. */
static inline void
want_key(struct rig *r, const char *key)
{
    struct asker a = {0};
    int result = ask(r, &a);
    if (result == AWS_WAIT) {
        wait_told(r, &a);
    }
    if (result < 0 || a.err.code != 0) {
        fail_msg("%s", a.err.message);
    }
    assert_string_equal(a.key, key);
}

/* Ask, wait, and want a failure in these words. */
static inline void
want_failure(struct rig *r, int code, const char *words)
{
    struct asker a = {0};
    int result = ask(r, &a);
    if (result == AWS_WAIT) {
        wait_told(r, &a);
    }
    if ((int)a.err.code != code || !strstr(a.err.message, words)) {
        fail_msg("%d %d %s", result, a.err.code, a.err.message);
    }
    assert_null(strstr(a.err.message, SECRET));
}

#endif
