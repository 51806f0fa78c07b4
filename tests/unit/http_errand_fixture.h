/* http_errand_fixture: a plugin's errands to two sites, and what comes of them. */
#ifndef TESTS_HTTP_ERRAND_FIXTURE_H
#define TESTS_HTTP_ERRAND_FIXTURE_H

#include "http_site_fixture.h"

#include "base/arena.h"
#include "base/clock.h"
#include "host/http_errand.h"
#include "plugin/plugin.h"
#include "plugins/sdk/deskhand_plugin.h"

#define SECRET "s3cr3t-value-7261"

enum { HEADERS_MAX = 64 };

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
    struct http_header headers[HEADERS_MAX];
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
    assert_int_equal(http_errands_new(d->loop, STR(""), &d->errands, &err), 0);
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
    for (size_t i = 0; i < r->header_count && i < HEADERS_MAX; i++) {
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
