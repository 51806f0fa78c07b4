/* The HTTP client over TLS: certificates made here are verified against ca_file and refused
 * without; HTTP/2 where the server has it, many calls on one connection. The server speaks just
 * enough HTTP/2 to be told apart from one that does not. */
#include "http_tls_fixture.h"

#include <openssl/err.h>
#include <signal.h>

/* HTTP/2's frames, as far as needed: RFC 9113. */
enum { FRAME_DATA = 0, FRAME_HEADERS = 1, FRAME_SETTINGS = 4, FRAME_HEAD = 9 };
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1, FLAG_END_HEADERS = 4 };

static bool
tls_read(SSL *tls, void *out, size_t len)
{
    char *at = out;
    while (len > 0) {
        int got = SSL_read(tls, at, (int)len);
        if (got <= 0) {
            return false;
        }
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static void
send_frame(SSL *tls, int type, int flags, uint32_t stream, const char *body, size_t len)
{
    unsigned char frame[FRAME_HEAD + 64] = {0, 0, (unsigned char)len, (unsigned char)type,
                                            (unsigned char)flags};
    uint32_t wire = htonl(stream);
    memcpy(frame + 5, &wire, 4);
    assert_true(len <= 64);
    memcpy(frame + FRAME_HEAD, body, len);
    (void)SSL_write(tls, frame, (int)(FRAME_HEAD + len));
}

/* A request has ended: ":status: 200" is entry 8 of HPACK's table. */
static void
answer_stream(struct peer *p, uint32_t stream)
{
    atomic_fetch_add(&p->server->requests, 1);
    send_frame(p->tls, FRAME_HEADERS, FLAG_END_HEADERS, stream, "\x88", 1);
    (void)usleep(20000);
    send_frame(p->tls, FRAME_DATA, 0, stream, "hel", 3);
    (void)usleep(20000);
    send_frame(p->tls, FRAME_DATA, FLAG_END_STREAM, stream, "lo", 2);
}

static void
serve_frames(struct peer *p)
{
    unsigned char head[FRAME_HEAD];
    static char body[1 << 16];
    if (!tls_read(p->tls, body, 24)) { /* "PRI * HTTP/2.0..." */
        return;
    }
    send_frame(p->tls, FRAME_SETTINGS, 0, 0, "", 0);
    while (tls_read(p->tls, head, sizeof(head))) {
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        uint32_t stream;
        memcpy(&stream, head + 5, 4);
        if (len > sizeof(body) || !tls_read(p->tls, body, len)) {
            return;
        }
        if (head[3] == FRAME_SETTINGS && !(head[4] & FLAG_ACK)) {
            send_frame(p->tls, FRAME_SETTINGS, FLAG_ACK, 0, "", 0);
        }
        if ((head[3] == FRAME_HEADERS || head[3] == FRAME_DATA) && (head[4] & FLAG_END_STREAM)) {
            answer_stream(p, ntohl(stream));
        }
    }
}

static void
serve_lines(struct peer *p)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    char got[4096];
    int len;
    while ((len = SSL_read(p->tls, got, sizeof(got))) > 0) {
        atomic_fetch_add(&p->server->requests, 1);
        (void)usleep(100000); /* long enough for all to be under way */
        (void)SSL_write(p->tls, answer, sizeof(answer) - 1);
    }
}

static int
choose_protocol(SSL *tls, const unsigned char **out, unsigned char *out_len,
                const unsigned char *in, unsigned in_len, void *arg)
{
    (void)tls;
    (void)arg;
    return SSL_select_next_proto((unsigned char **)out, out_len, (const unsigned char *)"\x02h2", 3,
                                 in, in_len) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static void
serve_tls(struct peer *p)
{
    struct identity *id = p->server->arg;
    const unsigned char *protocol;
    unsigned len;
    SSL *tls = SSL_new(id->context);
    p->tls = tls;
    (void)SSL_set_fd(tls, p->fd);
    if (SSL_accept(tls) == 1) {
        SSL_get0_alpn_selected(tls, &protocol, &len);
        if (len == 2) {
            serve_frames(p);
        } else {
            serve_lines(p);
        }
        (void)SSL_shutdown(tls);
    }
    SSL_free(tls);
    ERR_clear_error();
}

/* A rig whose server is ID; CA_FILE is the client's. */
static void
tls_rig_up(struct rig *rig, struct identity *id, const char *ca_file)
{
    server_start(&rig->server, serve_tls, NULL);
    rig->server.arg = id;
    rig_client(rig, ca_file);
}

static struct str
tls_url(struct rig *rig, char out[64])
{
    (void)snprintf(out, 64, "https://127.0.0.1:%d/x", rig->server.port);
    return str_c(out);
}

static void
test_whom_it_trusts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *names;
        long seconds;
        const char *ca_file; /* NULL: the server's own */
        int result;
        const char *words;
    } cases[] = {
        {"trusted", "IP:127.0.0.1", 3600, NULL, 0, ""},
        {"not trusted", "IP:127.0.0.1", 3600, "", ERR_REMOTE, "does not verify"},
        {"another's", "IP:127.0.0.2,DNS:example.com", 3600, NULL, ERR_REMOTE, "does not verify"},
        {"expired", "IP:127.0.0.1", -3600, NULL, ERR_REMOTE, "expired"},
        {"no such file", "IP:127.0.0.1", 3600, "/nowhere/ca.pem", ERR_REMOTE, "cannot be read"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct identity id;
        struct rig rig;
        struct seen seen;
        char url[64];
        identity_make(&id, cases[i].names, cases[i].seconds);
        tls_rig_up(&rig, &id, cases[i].ca_file ? cases[i].ca_file : id.file);
        struct http_request request = {.method = STR("GET"), .url = tls_url(&rig, url)};
        rig_ask(&rig, &request, &seen);
        if (seen.result != cases[i].result || !strstr(seen.err.message, cases[i].words) ||
            seen.err.retryable || atomic_load(&rig.server.requests) != (seen.result == 0)) {
            fail_msg("%s: %d %s", cases[i].name, seen.result, seen.err.message);
        }
        buf_done(&seen.body);
        rig_down(&rig);
        identity_done(&id);
    }
}

/* The client's file does not know the server, the request's does; then the other way round. */
static void
test_a_request_may_trust_others(void **state)
{
    (void)state;
    struct identity id;
    struct identity stranger;
    struct rig rig;
    struct seen seen;
    char url[64];
    identity_make(&id, "IP:127.0.0.1", 3600);
    identity_make(&stranger, "IP:127.0.0.1", 3600);
    tls_rig_up(&rig, &id, stranger.file);
    struct http_request request = {
        .method = STR("POST"), .url = tls_url(&rig, url), .ca_file = str_c(id.file)};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0);
    buf_done(&seen.body);
    request.ca_file = (struct str){0}; /* a kept connection is not lent to who would not trust it */
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, ERR_REMOTE);
    assert_non_null(strstr(seen.err.message, "ca_file"));
    rig_down(&rig);
    identity_done(&id);
    identity_done(&stranger);
}

/* A greeting as a mail server sends it, and no more. */
static void
serve_greeting(struct peer *p)
{
    (void)peer_write(p, "220 mail.example\r\n", 18);
    (void)recv(p->fd, p->request, REQUEST_MAX, 0);
}

static void
test_not_tls(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[64];
    rig_up(&rig, serve_greeting, NULL);
    struct http_request request = {.method = STR("GET"), .url = tls_url(&rig, url)};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, ERR_REMOTE);
    assert_non_null(strstr(seen.err.message, "no TLS connection"));
    assert_false(seen.err.retryable);
    rig_down(&rig);
}

enum { SIDE_BY_SIDE = 30 };

static void
ask_many(struct rig *rig, struct seen seen[SIDE_BY_SIDE])
{
    char url[64];
    struct http_request request = {
        .method = STR("POST"), .url = tls_url(rig, url), .body = STR("{}")};
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        seen_init(&seen[i], rig);
        assert_int_equal(rig_start(rig, &request, &seen[i]), 0);
    }
}

static void
test_many_on_one_connection(void **state)
{
    (void)state;
    struct identity id;
    struct rig rig;
    struct seen seen[SIDE_BY_SIDE];
    identity_make(&id, "IP:127.0.0.1", 3600);
    SSL_CTX_set_alpn_select_cb(id.context, choose_protocol, NULL);
    tls_rig_up(&rig, &id, id.file);
    ask_many(&rig, seen);
    rig_wait(&rig);
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        assert_int_equal(seen[i].result, 0);
        assert_int_equal(seen[i].status, 200);
        assert_string_equal(seen[i].body.text, "hello");
        buf_done(&seen[i].body);
    }
    assert_int_equal(atomic_load(&rig.server.connections), 1);
    assert_int_equal(atomic_load(&rig.server.requests), SIDE_BY_SIDE);
    rig_down(&rig);
    identity_done(&id);
}

static void
test_many_where_each_needs_its_own(void **state)
{
    (void)state;
    struct identity id;
    struct rig rig;
    struct seen seen[SIDE_BY_SIDE];
    identity_make(&id, "IP:127.0.0.1", 3600);
    tls_rig_up(&rig, &id, id.file);
    ask_many(&rig, seen);
    rig_wait(&rig);
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        assert_int_equal(seen[i].result, 0);
        assert_string_equal(seen[i].body.text, "hello");
        buf_done(&seen[i].body);
    }
    assert_true(atomic_load(&rig.server.connections) > 1);
    rig_down(&rig);
    identity_done(&id);
}

static void
cancel_at_data(struct seen *seen)
{
    seen_cancel(seen);
}

/* Streams of one connection do not end with each other. */
static void
test_cancelling_leaves_the_others(void **state)
{
    (void)state;
    struct identity id;
    struct rig rig;
    struct seen seen[SIDE_BY_SIDE];
    identity_make(&id, "IP:127.0.0.1", 3600);
    SSL_CTX_set_alpn_select_cb(id.context, choose_protocol, NULL);
    tls_rig_up(&rig, &id, id.file);
    ask_many(&rig, seen);
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        seen[i].at_data = i % 3 == 1 ? cancel_at_data : NULL;
        if (i % 3 == 2) {
            seen_cancel(&seen[i]);
        }
    }
    rig_wait(&rig);
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        assert_int_equal(seen[i].dones, i % 3 == 0);
        assert_true(i % 3 != 0 || (seen[i].result == 0 && seen[i].body.len == 5));
        buf_done(&seen[i].body);
    }
    assert_int_equal(atomic_load(&rig.server.connections), 1);
    rig_down(&rig);
    identity_done(&id);
}

int
main(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* the server's OpenSSL; curl looks after itself */
    rig_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whom_it_trusts),
        cmocka_unit_test(test_a_request_may_trust_others),
        cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_many_on_one_connection),
        cmocka_unit_test(test_many_where_each_needs_its_own),
        cmocka_unit_test(test_cancelling_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
