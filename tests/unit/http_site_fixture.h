/* http_site_fixture: two servers that do what a request's path says, and a plugin's errands to
 * them. */
#ifndef TESTS_HTTP_SITE_FIXTURE_H
#define TESTS_HTTP_SITE_FIXTURE_H

#include "http_fixture.h"

#include "base/arena.h"
#include "base/clock.h"
#include "host/http_errand.h"
#include "plugin/plugin.h"
#include "plugins/sdk/deskhand_plugin.h"

#define SECRET "s3cr3t-value-7261"

/* ---- A server that does what the path says ----------------------------------------------------*/

enum { LOG_MAX = 64 };

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

static inline bool
site_heard(struct site *site, const char *words)
{
    (void)pthread_mutex_lock(&site->lock);
    bool heard = str_find(buf_str(&site->log), str_c(words), 0) != SIZE_MAX;
    (void)pthread_mutex_unlock(&site->lock);
    return heard;
}

/* ---- Errands ----------------------------------------------------------------------------------*/

struct outcome {
    struct desk *desk;
    struct http_errand *errand;
    int dones;
    unsigned code;
    int status;
    bool answered;
    char why[512];
    struct arena arena;
    struct str body;
    struct http_header headers[LOG_MAX];
    size_t header_count;
};

/* Two sites, and a plugin that may reach both. */
struct desk {
    struct loop *loop;
    struct http_errands *errands;
    struct site here;
    struct site there;
    struct str servers[3];
    char server_texts[2][64];
    struct plugin_secret secret;
    struct plugin_grants grants;
    struct outcome outcome;
    int open;
};

static inline void
desk_up(struct desk *d)
{
    struct err err = {0};
    memset(d, 0, sizeof(*d));
    site_up(&d->here);
    site_up(&d->there);
    for (size_t i = 0; i < 2; i++) {
        struct site *site = i ? &d->there : &d->here;
        (void)snprintf(d->server_texts[i], sizeof(d->server_texts[i]), "http://127.0.0.1:%d",
                       site->server.port);
        d->servers[i] = str_c(d->server_texts[i]);
    }
    d->servers[2] = STR("shop.invalid");
    (void)snprintf(d->here.elsewhere, sizeof(d->here.elsewhere), "127.0.0.1:%d",
                   d->there.server.port);
    d->secret = (struct plugin_secret){STR("key"), STR(SECRET)};
    d->grants = (struct plugin_grants){.secrets = &d->secret,
                                       .secret_count = 1,
                                       .http = d->servers,
                                       .http_count = 3,
                                       .http_private = true};
    assert_int_equal(loop_new(&d->loop, &err), 0);
    assert_int_equal(http_errands_new(d->loop, &d->errands, &err), 0);
}

static inline void
desk_down(struct desk *d)
{
    http_errands_free(d->errands);
    loop_free(d->loop);
    arena_done(&d->outcome.arena);
    site_down(&d->here);
    site_down(&d->there);
}

static inline void
keep_outcome(void *arg, const struct http_errand_result *r)
{
    struct outcome *o = arg;
    o->errand = NULL;
    o->dones++;
    o->code = r->code;
    o->status = r->status;
    o->answered = r->answered;
    (void)snprintf(o->why, sizeof(o->why), "%" STR_FMT, STR_ARG(r->why));
    o->body = arena_str(&o->arena, r->body);
    for (size_t i = 0; i < r->header_count && i < LOG_MAX; i++) {
        o->headers[i].name = arena_str(&o->arena, r->headers[i].name);
        o->headers[i].value = arena_str(&o->arena, r->headers[i].value);
    }
    o->header_count = r->header_count;
    if (--o->desk->open == 0) {
        loop_stop(o->desk->loop);
    }
}

static inline void
start(struct desk *d, struct http_errand_request *r, struct outcome *o)
{
    struct err err = {0};
    arena_clear(&o->arena);
    memset(o, 0, sizeof(*o));
    o->desk = d;
    r->plugin = r->plugin ? r->plugin : d;
    r->grants = &d->grants;
    r->deadline_ms = r->deadline_ms ? r->deadline_ms : clock_mono_ms(clock_real()) + 20000;
    int result = http_errand_start(d->errands, r, keep_outcome, o, &o->errand, &err);
    assert_int_equal(o->dones, 0);
    if (result < 0) {
        o->code = http_errand_code(result);
        (void)snprintf(o->why, sizeof(o->why), "%s", err.message);
    } else {
        d->open++;
    }
    /* What goes wrong is said, and never with the secret. */
    assert_true(result == 0 || o->why[0]);
}

static inline void
wait_all(struct desk *d)
{
    struct err err = {0};
    if (d->open > 0) {
        assert_int_equal(loop_run(d->loop, &err), 0);
    }
}

static inline void
ask(struct desk *d, struct http_errand_request *r)
{
    start(d, r, &d->outcome);
    wait_all(d);
    assert_null(strstr(d->outcome.why, SECRET));
    assert_true((d->outcome.code == DH_HTTP_OK) == (d->outcome.why[0] == '\0'));
}

static inline struct str
url_at(const struct site *site, const char *path, char out[512])
{
    (void)snprintf(out, 512, "http://127.0.0.1:%d%s", site->server.port, path);
    return str_c(out);
}

static inline void
get(struct desk *d, const char *path, bool follow)
{
    char url[512];
    struct http_errand_request r = {.url = url_at(&d->here, path, url), .follow = follow};
    ask(d, &r);
}

#endif
