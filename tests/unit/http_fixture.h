/* http_fixture: a tiny HTTP server on threads of its own, told what to send byte by byte, and a
 * recorder of what http_client makes of it. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/http_client.h"
#include "io/loop.h"

enum { PEERS_MAX = 1024, REQUEST_MAX = 1024 * 1024 };

struct http_server;

struct peer {
    struct http_server *server;
    pthread_t thread;
    int fd;
    void *tls; /* test-http-tls's */
    char *request;
    size_t request_len;
    bool reset; /* ends with one, not with a proper close */
};

struct http_server {
    int fd;
    int port;
    pthread_t thread;
    void (*serve)(struct peer *p); /* one connection, on its thread */
    const char *script;
    void *arg;
    atomic_int connections;
    atomic_int requests;
    pthread_mutex_t lock;
    char *request; /* the newest, a copy under LOCK */
    size_t request_len;
    struct peer *peers;
};

static inline void
peer_reset(struct peer *p)
{
    struct linger hard = {.l_onoff = 1};
    (void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    p->reset = true;
}

static inline bool
peer_write(struct peer *p, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = send(p->fd, bytes, len, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* Where the request in P ends, 0 while it is not whole. */
static inline size_t
request_end(const struct peer *p)
{
    struct str all = {p->request, p->request_len};
    size_t head = str_find(all, STR("\r\n\r\n"), 0);
    if (head == SIZE_MAX) {
        return 0;
    }
    size_t body = 0;
    size_t at = str_find(str_sub(all, 0, head), STR("Content-Length: "), 0);
    if (at != SIZE_MAX) {
        body = strtoul(p->request + at + 16, NULL, 10);
    }
    size_t end = head + 4 + body;
    return end <= p->request_len ? end : 0;
}

/* Read one request; false at the connection's end. */
static inline bool
peer_read_request(struct peer *p)
{
    p->request_len = 0;
    while (request_end(p) == 0) {
        ssize_t got = p->request_len < REQUEST_MAX ? recv(p->fd, p->request + p->request_len,
                                                          REQUEST_MAX - p->request_len, 0)
                                                   : 0;
        if (got <= 0) {
            return false;
        }
        p->request_len += (size_t)got;
    }
    struct http_server *s = p->server;
    (void)pthread_mutex_lock(&s->lock);
    memcpy(s->request, p->request, p->request_len);
    s->request_len = p->request_len;
    (void)pthread_mutex_unlock(&s->lock);
    atomic_fetch_add(&s->requests, 1);
    return true;
}

/* Send SCRIPT: its bytes, but ~ is a pause of 20 ms, $ one of 400 ms, ^ a reset, and + at the end
 * keeps the connection. True: kept. */
static inline bool
peer_play(struct peer *p, const char *script)
{
    for (;;) {
        size_t plain = strcspn(script, "~$^+");
        if (!peer_write(p, script, plain)) {
            return false;
        }
        script += plain;
        switch (*script++) {
        case '~':
            (void)usleep(20000);
            break;
        case '$':
            (void)usleep(400000);
            break;
        case '^':
            (void)usleep(20000); /* what was sent is to be read before */
            peer_reset(p);
            return false;
        case '+':
            return true;
        default:
            return false;
        }
    }
}

static inline void
serve_script(struct peer *p)
{
    while (peer_read_request(p) && peer_play(p, p->server->script)) {
    }
}

static inline void *
peer_main(void *arg)
{
    struct peer *p = arg;
    p->request = malloc(REQUEST_MAX + 1);
    p->server->serve(p);
    free(p->request);
    if (!p->reset) {
        (void)shutdown(p->fd, SHUT_WR);
    }
    (void)close(p->fd);
    return NULL;
}

static inline void *
server_main(void *arg)
{
    struct http_server *s = arg;
    for (;;) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            return NULL;
        }
        int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        int number = atomic_fetch_add(&s->connections, 1);
        assert_true(number < PEERS_MAX);
        struct peer *p = &s->peers[number];
        *p = (struct peer){.server = s, .fd = fd};
        assert_int_equal(pthread_create(&p->thread, NULL, peer_main, p), 0);
    }
}

/* A socket bound to a free port of ADDRESS. */
static inline int
bound_socket_at(in_addr_t address, int *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static inline int
bound_socket(int *ret_port)
{
    return bound_socket_at(INADDR_LOOPBACK, ret_port);
}

static inline void
server_start_at(struct http_server *s, in_addr_t address, void (*serve)(struct peer *),
                const char *script)
{
    *s = (struct http_server){.serve = serve, .script = script};
    s->request = malloc(REQUEST_MAX + 1);
    s->peers = calloc(PEERS_MAX, sizeof(*s->peers));
    assert_int_equal(pthread_mutex_init(&s->lock, NULL), 0);
    s->fd = bound_socket_at(address, &s->port);
    assert_int_equal(listen(s->fd, 1024), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline void
server_start(struct http_server *s, void (*serve)(struct peer *), const char *script)
{
    server_start_at(s, INADDR_LOOPBACK, serve, script);
}

/* The client is gone: every connection is at its end. */
static inline void
server_stop(struct http_server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    for (int i = 0; i < atomic_load(&s->connections); i++) {
        (void)pthread_join(s->peers[i].thread, NULL);
    }
    (void)close(s->fd);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->peers);
    free(s->request);
}

/* What one call brought. */
struct seen {
    struct rig *rig;
    struct http_call *call; /* while it lives */
    int heads;
    int datas;
    int dones;
    int status;
    size_t header_count;
    char type[64]; /* its Content-Type */
    struct buf body;
    int result;
    struct err err;
    void (*at_head)(struct seen *seen);
    void (*at_data)(struct seen *seen);
    void (*at_done)(struct seen *seen);
    void *arg;
};

/* A loop, a client, a server. */
struct rig {
    struct loop *loop;
    struct http_client *client;
    struct http_server server;
    int open; /* calls that have yet to end */
};

static inline void
on_head(void *arg, const struct http_head *head)
{
    struct seen *seen = arg;
    struct str type = http_head_get(head, "content-type");
    assert_non_null(seen->call); /* not cancelled */
    seen->heads++;
    seen->status = head->status;
    seen->header_count = head->header_count;
    (void)snprintf(seen->type, sizeof(seen->type), "%" STR_FMT, STR_ARG(type));
    assert_int_equal(seen->datas, 0);
    if (seen->at_head) {
        seen->at_head(seen);
    }
}

static inline void
on_data(void *arg, struct str bytes)
{
    struct seen *seen = arg;
    assert_non_null(seen->call); /* not cancelled */
    seen->datas++;
    assert_int_equal(seen->heads, 1);
    assert_int_equal(seen->dones, 0);
    assert_true(bytes.len > 0);
    buf_add(&seen->body, bytes);
    if (seen->at_data) {
        seen->at_data(seen);
    }
}

/* One call less to wait for; the last one stops the loop. */
static inline void
rig_closed(struct rig *rig)
{
    if (--rig->open == 0) {
        loop_stop(rig->loop);
    }
}

static inline void
on_done(void *arg, int result, const struct err *err)
{
    struct seen *seen = arg;
    assert_non_null(seen->call); /* not cancelled */
    seen->dones++;
    seen->result = result;
    seen->call = NULL;
    assert_int_equal(seen->dones, 1);
    assert_true((result < 0) == (err != NULL));
    if (err) {
        assert_int_equal(err->code, result);
        seen->err = *err;
    }
    if (seen->at_done) {
        seen->at_done(seen);
    }
    rig_closed(seen->rig);
}

static const struct http_events recorder = {on_head, on_data, on_done};

static inline void
seen_cancel(struct seen *seen)
{
    http_cancel(seen->call);
    seen->call = NULL;
    rig_closed(seen->rig);
}

static inline void
rig_client(struct rig *rig, const char *ca_file)
{
    struct err err = {0};
    struct http_client_options options = {.ca_file = str_c(ca_file)};
    rig->open = 0;
    assert_int_equal(loop_new(&rig->loop, &err), 0);
    assert_int_equal(http_client_new(rig->loop, &options, &rig->client, &err), 0);
}

static inline void
rig_up(struct rig *rig, void (*serve)(struct peer *), const char *script)
{
    server_start(&rig->server, serve, script);
    rig_client(rig, NULL);
}

static inline void
rig_client_down(struct rig *rig)
{
    assert_int_equal(http_client_active(rig->client), 0);
    http_client_free(rig->client);
    loop_free(rig->loop);
}

static inline void
rig_down(struct rig *rig)
{
    rig_client_down(rig);
    server_stop(&rig->server);
}

static inline struct str
rig_url(struct rig *rig, const char *path, char out[512])
{
    (void)snprintf(out, 512, "http://127.0.0.1:%d%s", rig->server.port, path);
    return str_c(out);
}

static inline void
seen_init(struct seen *seen, struct rig *rig)
{
    *seen = (struct seen){.rig = rig, .result = 99};
    buf_init(&seen->body, 64 * 1024 * 1024);
}

static inline int
rig_start(struct rig *rig, const struct http_request *request, struct seen *seen)
{
    int before = seen->heads + seen->dones;
    int result = http_start(rig->client, request, &recorder, seen, &seen->call, &seen->err);
    assert_int_equal(seen->heads + seen->dones, before);
    if (result == 0) {
        rig->open++;
    } else {
        seen->call = NULL;
    }
    return result;
}

static inline void
rig_wait(struct rig *rig)
{
    struct err err = {0};
    assert_int_equal(loop_run(rig->loop, &err), 0);
    assert_int_equal(rig->open, 0);
}

/* Start and see it end. */
static inline void
rig_ask(struct rig *rig, const struct http_request *request, struct seen *seen)
{
    seen_init(seen, rig);
    int result = rig_start(rig, request, seen);
    if (result < 0) {
        fail_msg("http_start: %s", seen->err.message);
    }
    rig_wait(rig);
}

static inline void
rig_get(struct rig *rig, const char *path, struct seen *seen)
{
    char url[512];
    struct http_request request = {.method = STR("GET"), .url = rig_url(rig, path, url)};
    rig_ask(rig, &request, seen);
}

/* The environment's proxies are not this test's, and a hang is a failure. */
static inline void
rig_environment(void)
{
    (void)setenv("no_proxy", "*", 1);
    (void)alarm(100);
}

#endif
