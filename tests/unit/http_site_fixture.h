/* http_site_fixture: a server that does what a request's path says, and keeps what it was sent. */
#ifndef TESTS_HTTP_SITE_FIXTURE_H
#define TESTS_HTTP_SITE_FIXTURE_H

#include "http_fixture.h"

/* Every request that came, in one text. */
struct site {
    struct http_server server;
    pthread_mutex_t lock;
    struct buf log;
    char elsewhere[64]; /* another site's host and port */
    atomic_int now;     /* requests being served, and the most that were */
    atomic_int most;
};

static inline bool
play_redirect(struct peer *p, const char *to, size_t len)
{
    char text[1024];
    (void)snprintf(text, sizeof(text),
                   "HTTP/1.1 302 Found\r\nLocation: %.*s\r\nContent-Length: 2\r\n\r\nno+", (int)len,
                   to);
    return peer_play(p, text);
}

static inline bool
play_long(struct peer *p)
{
    char text[2048];
    memset(text, 'x', sizeof(text));
    bool good = peer_play(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+");
    for (int i = 0; good && i < 200; i++) {
        good = peer_write(p, "800\r\n", 5) && peer_write(p, text, sizeof(text)) &&
               peer_write(p, "\r\n", 2);
    }
    return good && peer_play(p, "0\r\n\r\n+");
}

static inline bool
play_many_headers(struct peer *p)
{
    char line[1100];
    bool good = peer_play(p, "HTTP/1.1 200 OK\r\n+");
    for (int i = 0; good && i < 40; i++) {
        (void)snprintf(line, sizeof(line), "X-%d: %01000d\r\n+", i, 0);
        good = peer_play(p, line);
    }
    return good && peer_play(p, "Content-Length: 0\r\n\r\n+");
}

static inline bool
play_elsewhere(struct peer *p, const struct site *site)
{
    char to[128];
    (void)snprintf(to, sizeof(to), "http://%s/echo", site->elsewhere);
    return play_redirect(p, to, strlen(to));
}

static inline bool
play_path(struct peer *p, struct site *site, const char *path, size_t len)
{
    struct str at = {path, len};
    if (str_starts(at, STR("/to?"))) {
        return play_redirect(p, path + 4, len - 4);
    }
    if (str_eq_c(at, "/elsewhere")) {
        return play_elsewhere(p, site);
    }
    if (str_eq_c(at, "/loop")) {
        return play_redirect(p, "/loop", 5);
    }
    if (str_eq_c(at, "/slash")) {
        return play_redirect(p, "/\\evil.example/", 15);
    }
    if (str_eq_c(at, "/part")) {
        return play_redirect(p, "/whole#part", 11);
    }
    if (str_eq_c(at, "/long")) {
        return play_long(p);
    }
    if (str_eq_c(at, "/heads")) {
        return play_many_headers(p);
    }
    if (str_eq_c(at, "/slow")) {
        return peer_play(p, "$HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow+");
    }
    if (str_eq_c(at, "/never")) {
        return peer_play(p, "$$$$$$$$$$");
    }
    if (str_eq_c(at, "/odd")) {
        return peer_play(p, "HTTP/1.1 404 No\r\nX-ODD: a\x01\xff\r\nContent-Length: 1\r\n\r\nx+");
    }
    if (str_eq_c(at, "/lost")) {
        return peer_play(p, "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nlost+");
    }
    return peer_play(p, "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain\r\nContent-Length: "
                        "2\r\n\r\nok+");
}

static inline void
serve_site(struct peer *p)
{
    struct site *site = (struct site *)(void *)p->server;
    while (peer_read_request(p)) {
        const char *path = memchr(p->request, ' ', p->request_len);
        size_t len = strcspn(path + 1, " ");
        (void)pthread_mutex_lock(&site->lock);
        buf_add(&site->log, (struct str){p->request, p->request_len});
        (void)pthread_mutex_unlock(&site->lock);
        int now = atomic_fetch_add(&site->now, 1) + 1;
        int most = atomic_load(&site->most);
        while (now > most && !atomic_compare_exchange_weak(&site->most, &most, now)) {
        }
        bool kept = play_path(p, site, path + 1, len);
        atomic_fetch_sub(&site->now, 1);
        if (!kept) {
            return;
        }
    }
}

static inline void
site_up(struct site *site)
{
    memset(site, 0, sizeof(*site));
    buf_init(&site->log, 4 * 1024 * 1024);
    assert_int_equal(pthread_mutex_init(&site->lock, NULL), 0);
    server_start(&site->server, serve_site, NULL);
}

static inline void
site_down(struct site *site)
{
    server_stop(&site->server);
    (void)pthread_mutex_destroy(&site->lock);
    buf_done(&site->log);
}

static inline void
site_forget(struct site *site)
{
    (void)pthread_mutex_lock(&site->lock);
    buf_clear(&site->log);
    (void)pthread_mutex_unlock(&site->lock);
}

static inline bool
site_heard(struct site *site, const char *words)
{
    (void)pthread_mutex_lock(&site->lock);
    bool heard = str_find(buf_str(&site->log), str_c(words), 0) != SIZE_MAX;
    (void)pthread_mutex_unlock(&site->lock);
    return heard;
}

#endif
