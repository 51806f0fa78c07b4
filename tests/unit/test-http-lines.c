/* The connections of plugins' requests: kept for what only reads, of one plugin's alone, and over
 * TLS with a server that its own authority vouches for. */
#include "http_errand_fixture.h"
#include "http_tls_fixture.h"

#include <openssl/err.h>
#include <signal.h>
#include <time.h>

enum { MANY = 12, TIMED = 50 };

/* A desk whose two sites are one server over TLS, which keeps its connections. */
struct tls_desk {
    struct desk desk;
    struct http_server server;
    struct identity id;
    char text[64];
};

static void
serve_tls(struct peer *p)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    struct identity *id = p->server->arg;
    char got[4096];
    SSL *tls = SSL_new(id->context);
    (void)SSL_set_fd(tls, p->fd);
    if (SSL_accept(tls) == 1) {
        while (SSL_read(tls, got, sizeof(got)) > 0) {
            atomic_fetch_add(&p->server->requests, 1);
            (void)SSL_write(tls, answer, sizeof(answer) - 1);
        }
    }
    SSL_free(tls);
    ERR_clear_error();
}

static void
tls_up(struct tls_desk *t, bool trusted)
{
    struct err err = {0};
    desk_up(&t->desk);
    identity_make(&t->id, "IP:127.0.0.1", 3600);
    server_start(&t->server, serve_tls, NULL);
    t->server.arg = &t->id;
    (void)snprintf(t->text, sizeof(t->text), "https://127.0.0.1:%d", t->server.port);
    t->desk.servers[0] = str_c(t->text);
    http_errands_free(t->desk.errands);
    assert_int_equal(http_errands_new(t->desk.loop, trusted ? str_c(t->id.file) : STR(""),
                                      &t->desk.errands, &err),
                     0);
}

static void
tls_down(struct tls_desk *t)
{
    desk_down(&t->desk);
    server_stop(&t->server);
    identity_done(&t->id);
}

static void
send_as(struct tls_desk *t, const void *plugin, const char *method)
{
    struct http_errand_request r = {
        .plugin = plugin,
        .method = str_c(method),
        .url = str_c(t->text),
        .secret = STR("key"),
        .secret_header = STR("Authorization"),
        .secret_prefix = STR("Bearer "),
    };
    ask(&t->desk, &r);
    assert_string_equal(t->desk.outcome.why, "");
    assert_int_equal(t->desk.outcome.status, 200);
}

static void
test_what_is_kept_and_for_whom(void **state)
{
    (void)state;
    static const struct {
        int plugin;
        const char *method;
        int connections; /* of all so far */
    } steps[] = {{0, "GET", 1},  {0, "GET", 1}, {0, "", 1},    {1, "GET", 2},
                 {0, "POST", 3}, {0, "PUT", 4}, {0, "GET", 4}, {1, "GET", 4}};
    struct tls_desk t;
    tls_up(&t, true);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        send_as(&t, &t.text[steps[i].plugin], steps[i].method);
        if (atomic_load(&t.server.connections) != steps[i].connections) {
            fail_msg("step %zu: %d", i, atomic_load(&t.server.connections));
        }
    }
    /* What was opened to any address is not for requests to public ones: these find none. */
    t.desk.grants.http_private = false;
    struct http_errand_request r = {.plugin = &t.text[0], .url = str_c(t.text)};
    ask(&t.desk, &r);
    assert_int_equal(t.desk.outcome.code, DH_HTTP_REFUSED);
    assert_int_equal(atomic_load(&t.server.requests), sizeof(steps) / sizeof(steps[0]));
    tls_down(&t);
}

static void
test_a_server_nobody_vouches_for(void **state)
{
    (void)state;
    struct tls_desk t;
    tls_up(&t, false);
    struct http_errand_request r = {.url = str_c(t.text)};
    ask(&t.desk, &r);
    assert_int_equal(t.desk.outcome.code, DH_HTTP_FAILED);
    assert_non_null(strstr(t.desk.outcome.why, "does not verify"));
    assert_int_equal(atomic_load(&t.server.requests), 0);
    tls_down(&t);
}

/* Each has its own, and the oldest are given up; not while they are in use. */
static void
test_many_plugins(void **state)
{
    (void)state;
    struct tls_desk t;
    struct outcome outcomes[MANY] = {0};
    tls_up(&t, true);
    for (int i = 0; i < MANY; i++) {
        struct http_errand_request r = {.plugin = &outcomes[i], .url = str_c(t.text)};
        start(&t.desk, &r, &outcomes[i]);
    }
    wait_all(&t.desk);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(outcomes[i].code, DH_HTTP_OK);
        arena_done(&outcomes[i].arena);
    }
    assert_int_equal(atomic_load(&t.server.connections), MANY);
    send_as(&t, &outcomes[MANY - 1], "GET");
    assert_int_equal(atomic_load(&t.server.connections), MANY);
    send_as(&t, &t, "GET"); /* one more: by then none is in use */
    send_as(&t, &outcomes[0], "GET");
    assert_int_equal(atomic_load(&t.server.connections), MANY + 2);
    tls_down(&t);
}

/* ---- Connections that the server ends ---------------------------------------------------------*/

/* The first request of each connection is answered; at the second it ends. */
static void
serve_one(struct peer *p)
{
    if (peer_read_request(p) && peer_play(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok+")) {
        (void)peer_read_request(p);
    }
}

static void
test_a_dead_one_costs_nothing(void **state)
{
    (void)state;
    struct desk d;
    struct http_server server;
    char url[64];
    desk_up(&d);
    server_start(&server, serve_one, NULL);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", server.port);
    d.servers[0] = str_c(url);
    /* The second GET meets a connection that dies, and goes again; the POST has its own. */
    static const struct {
        const char *method;
        int requests; /* so far */
    } steps[] = {{"GET", 1}, {"GET", 3}, {"POST", 4}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct http_errand_request r = {.url = str_c(url), .method = str_c(steps[i].method)};
        ask(&d, &r);
        assert_int_equal(d.outcome.code, DH_HTTP_OK);
        assert_int_equal(atomic_load(&server.requests), steps[i].requests);
    }
    desk_down(&d);
    server_stop(&server);
}

/* ---- What it is good for ----------------------------------------------------------------------*/

static double
seconds(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
test_a_handshake_saved(void **state)
{
    static const char *const methods[] = {"POST", "GET"};
    (void)state;
    struct tls_desk t;
    tls_up(&t, true);
    for (int i = 0; i < 2; i++) {
        double wall = -seconds(CLOCK_MONOTONIC);
        double cpu = -seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int n = 0; n < TIMED; n++) {
            send_as(&t, &t, methods[i]);
        }
        wall += seconds(CLOCK_MONOTONIC);
        cpu += seconds(CLOCK_PROCESS_CPUTIME_ID);
        print_message("%s over TLS: %.0f us wall, %.0f us processor, both sides\n", methods[i],
                      wall / TIMED * 1e6, cpu / TIMED * 1e6);
    }
    assert_int_equal(atomic_load(&t.server.connections), TIMED);
    tls_down(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept_and_for_whom),
        cmocka_unit_test(test_a_server_nobody_vouches_for),
        cmocka_unit_test(test_many_plugins),
        cmocka_unit_test(test_a_dead_one_costs_nothing),
        cmocka_unit_test(test_a_handshake_saved),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    rig_environment();
    return cmocka_run_group_tests_name("http-lines", tests, NULL, NULL);
}
