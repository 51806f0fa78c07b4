/* The HTTP client against a server that sends what it is told, byte by byte: answers of every
 * shape, requests as they are sent, refusals, deadlines, limits. */
#include "http_fixture.h"

#include "base/clock.h"

static const struct {
    const char *name;
    const char *script;
    int status; /* 0: no head comes */
    const char *body;
    int result;
    const char *words; /* in the error */
    bool retryable;
} answers[] = {
    {"content-length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello+", 200, "hello", 0, NULL,
     false},
    {"empty", "HTTP/1.1 204 No Content\r\n\r\n+", 204, "", 0, NULL, false},
    {"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok+", 200, "ok", 0, NULL, false},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n~6;x=y\r\n "
     "world\r\n0\r\n\r\n+",
     200, "hello world", 0, NULL, false},
    {"chunked with trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n+", 200,
     "hi", 0, NULL, false},
    {"until the close", "HTTP/1.1 200 OK\r\n\r\nall of ~it", 200, "all of it", 0, NULL, false},
    {"a head in pieces", "HT~TP/1.1 20~0 OK\r~\nContent-~Length: 2\r\n\r~\n~h~i+", 200, "hi", 0,
     NULL, false},
    {"interim answers",
     "HTTP/1.1 100 Continue\r\n\r\n~HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 2\r\n\r\nhi+",
     200, "hi", 0, NULL, false},
    {"an error is an answer", "HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops+", 500, "oops", 0,
     NULL, false},
    {"a redirect is not followed",
     "HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n+", 307, "", 0,
     NULL, false},
    {"compression is not undone",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi+", 200, "hi", 0,
     NULL, false},
    {"closed without an answer", "", 0, "", ERR_REMOTE, "without an answer", true},
    {"reset without an answer", "^", 0, "", ERR_REMOTE, "broke", true},
    {"closed in its head", "HTTP/1.1 200 OK\r\nConte", 0, "", ERR_REMOTE, "in the head", true},
    {"closed in its body", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 200, "hello",
     ERR_REMOTE, "in the middle", true},
    {"closed in its chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
     200, "hello", ERR_REMOTE, "in the middle", true},
    {"reset in its body", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello^", 200, "hello",
     ERR_REMOTE, "broke", true},
    {"broken chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", 200,
     "", ERR_REMOTE, "broke", true},
    {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", 0, "", ERR_REMOTE, "not HTTP", false},
    {"nonsense for a status", "HTTP/1.1 abc OK\r\n\r\n", 0, "", ERR_REMOTE, "not HTTP", false},
    {"another protocol", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nhi", 0, "", ERR_REMOTE,
     "not HTTP", false},
};

static void
test_answers_of_every_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct rig rig;
        struct seen seen;
        rig_up(&rig, serve_script, answers[i].script);
        rig_get(&rig, "/", &seen);
        if (seen.result != answers[i].result || seen.status != answers[i].status ||
            seen.heads != (answers[i].status ? 1 : 0) ||
            !str_eq_c(buf_str(&seen.body), answers[i].body)) {
            fail_msg("%s: result %d, status %d, %d heads, body '%s', %s", answers[i].name,
                     seen.result, seen.status, seen.heads, seen.body.text ? seen.body.text : "",
                     seen.err.message);
        }
        if (seen.result < 0 && (!strstr(seen.err.message, answers[i].words) ||
                                !strstr(seen.err.message, "127.0.0.1:") ||
                                seen.err.retryable != answers[i].retryable)) {
            fail_msg("%s: %s (retryable: %d)", answers[i].name, seen.err.message,
                     seen.err.retryable);
        }
        buf_done(&seen.body);
        rig_down(&rig);
    }
}

static void
test_headers_as_they_were_sent(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    rig_up(&rig, serve_script,
           "HTTP/1.1 200 OK\r\ncontent-TYPE: text/event-stream;\r\n  charset=utf-8 \r\nX-Empty:\r\n"
           "X-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 0\r\n\r\n+");
    rig_get(&rig, "/", &seen);
    assert_int_equal(seen.result, 0);
    assert_int_equal(seen.header_count, 5);
    assert_string_equal(seen.type, "text/event-stream; charset=utf-8");
    rig_down(&rig);
}

/* What the server got, NUL-terminated. */
static const char *
request_text(struct rig *rig)
{
    (void)pthread_mutex_lock(&rig->server.lock);
    rig->server.request[rig->server.request_len] = '\0';
    (void)pthread_mutex_unlock(&rig->server.lock);
    return rig->server.request;
}

static void
test_what_is_sent_is_what_was_given(void **state)
{
    (void)state;
    static const char path[] = "/model/arn%3aaws%3Abedrock:eu/./a/../b//converse%2Fx?b=2&a=%2f&c";
    const struct http_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/json")},
        {STR_INIT("x-api-key"), STR_INIT("secret")},
        {STR_INIT("x-nothing"), STR_INIT("")},
    };
    struct rig rig;
    struct seen seen;
    char url[512];
    char first[512];
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n+");
    struct http_request request = {.method = STR("POST"),
                                   .url = rig_url(&rig, path, url),
                                   .headers = headers,
                                   .header_count = 3,
                                   .body = STR("{\"a\":\"\0\xc3\xa4\"}")};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0);
    const char *got = request_text(&rig);
    (void)snprintf(first, sizeof(first), "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", path,
                   rig.server.port);
    assert_memory_equal(got, first, strlen(first));
    assert_non_null(strstr(got, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(got, "\r\nx-api-key: secret\r\n"));
    assert_non_null(strstr(got, "\r\nx-nothing:\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Length: 11\r\n"));
    assert_non_null(strstr(got, "\r\nUser-Agent: deskhand/"));
    assert_null(strstr(got, "Expect"));
    assert_null(strstr(got, "Encoding"));
    assert_memory_equal(got + rig.server.request_len - 11, "{\"a\":\"\0\xc3\xa4\"}", 11);
    rig_down(&rig);
}

static void
test_methods(void **state)
{
    (void)state;
    static const struct {
        struct str method;
        const char *body;
        const char *length; /* NULL: no Content-Length */
    } methods[] = {
        {STR_INIT("GET"), "", NULL}, {STR_INIT("HEAD"), "", NULL},  {STR_INIT("POST"), "", "0"},
        {STR_INIT("PUT"), "x", "1"}, {STR_INIT("DELETE"), "", "0"}, {STR_INIT("GET"), "xy", "2"},
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct rig rig;
        struct seen seen;
        char url[512];
        char want[64];
        rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n+");
        struct http_request request = {.method = methods[i].method,
                                       .url = rig_url(&rig, "/x", url),
                                       .body = str_c(methods[i].body)};
        rig_ask(&rig, &request, &seen);
        assert_int_equal(seen.result, 0);
        const char *got = request_text(&rig);
        (void)snprintf(want, sizeof(want), "%s /x HTTP/1.1\r\n", methods[i].method.ptr);
        assert_memory_equal(got, want, strlen(want));
        (void)snprintf(want, sizeof(want), "\r\nContent-Length: %s\r\n", methods[i].length);
        assert_true((strstr(got, want) != NULL) == (methods[i].length != NULL));
        assert_null(strstr(got, "Content-Type"));
        rig_down(&rig);
    }
}

/* ---- Is the body with the server? ------------------------------------------------------------*/

static void
note_sent(struct seen *seen)
{
    bool *sent = seen->arg;
    *sent = http_call_has_sent(seen->call);
}

static void
spoil_sent(struct seen *seen)
{
    char *body = seen->arg;
    assert_true(http_call_has_sent(seen->call));
    memset(body, 'x', 5); /* nobody reads it any more */
}

static void
ask_with(struct rig *rig, const struct http_request *request, struct seen *seen,
         void (*at_head)(struct seen *seen), void *arg)
{
    seen_init(seen, rig);
    seen->at_head = at_head;
    seen->arg = arg;
    assert_int_equal(rig_start(rig, request, seen), 0);
    rig_wait(rig);
}

/* Answers before it has read more than the head, and reads the rest then. */
static void
serve_early(struct peer *p)
{
    char head[64];
    if (recv(p->fd, head, sizeof(head), 0) > 0) {
        (void)peer_play(p, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n~~");
        (void)peer_play(p, "no");
    }
}

static void
test_a_sent_body_is_let_go(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[512];
    char body[] = "hello";
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n~ok+");
    struct http_request request = {
        .method = STR("POST"), .url = rig_url(&rig, "/", url), .body = {body, 5}};
    for (int i = 0; i < 2; i++) { /* on a kept connection, too */
        memcpy(body, "hello", 5);
        ask_with(&rig, &request, &seen, spoil_sent, body);
        assert_int_equal(seen.result, 0);
        assert_true(str_ends(str_c(request_text(&rig)), STR("hello")));
        buf_done(&seen.body);
    }
    rig_down(&rig);
}

static void
test_a_body_under_way_is_kept(void **state)
{
    (void)state;
    enum { SIZE = 16 * 1024 * 1024 }; /* more than sockets hold */
    struct rig rig;
    struct seen seen;
    char url[512];
    bool sent = true;
    char *body = calloc(1, SIZE);
    rig_up(&rig, serve_early, NULL);
    struct http_request request = {
        .method = STR("POST"), .url = rig_url(&rig, "/", url), .body = {body, SIZE}};
    ask_with(&rig, &request, &seen, note_sent, &sent);
    assert_int_equal(seen.status, 413);
    assert_false(sent);
    buf_done(&seen.body);
    rig_down(&rig);
    free(body);
}

/* Above 64 KB curl sends a body piece by piece. */
static void
test_a_large_body_arrives_whole(void **state)
{
    (void)state;
    enum { SIZE = 700 * 1024 };
    struct rig rig;
    struct seen seen;
    char url[512];
    char *body = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        body[i] = (char)(i * 7 + i / 251);
    }
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n+");
    struct http_request request = {
        .method = STR("POST"), .url = rig_url(&rig, "/", url), .body = {body, SIZE}};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0);
    (void)request_text(&rig);
    assert_true(rig.server.request_len > SIZE);
    assert_memory_equal(rig.server.request + rig.server.request_len - SIZE, body, SIZE);
    rig_down(&rig);
    free(body);
}

static void
test_requests_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str method;
        const char *url;
        struct http_header header;
        const char *words;
    } bad[] = {
        {"no scheme", STR_INIT("GET"), "example.com/x", {{0}, {0}}, "https://"},
        {"empty", STR_INIT("GET"), "", {{0}, {0}}, "https://"},
        {"a file", STR_INIT("GET"), "file:///etc/passwd", {{0}, {0}}, "https://"},
        {"a space", STR_INIT("GET"), "http://h/a b", {{0}, {0}}, "space"},
        {"a line", STR_INIT("GET"), "http://h/a\r\nX: y", {{0}, {0}}, "space"},
        {"a letter", STR_INIT("GET"), "http://h/\xc3\xa4", {{0}, {0}}, "ASCII"},
        {"a fragment", STR_INIT("GET"), "http://h/#a", {{0}, {0}}, "'#'"},
        {"no host", STR_INIT("GET"), "http:///a", {{0}, {0}}, "URL"},
        {"no port", STR_INIT("GET"), "http://h:99999/", {{0}, {0}}, "URL"},
        {"no method", STR_INIT(""), "http://h/", {{0}, {0}}, "method"},
        {"two methods", STR_INIT("GET /x"), "http://h/", {{0}, {0}}, "method"},
        {"a header's line",
         STR_INIT("GET"),
         "http://h/",
         {STR_INIT("A"), STR_INIT("b\r\nC: d")},
         "line break"},
        {"a header's NUL", STR_INIT("GET"), "http://h/", {STR_INIT("A"), STR_INIT("b\0c")}, "NUL"},
        {"a header's name", STR_INIT("GET"), "http://h/", {STR_INIT("A:"), STR_INIT("b")}, "name"},
        {"a length",
         STR_INIT("GET"),
         "http://h/",
         {STR_INIT("content-length"), STR_INIT("9")},
         "Content-Length"},
    };
    struct rig rig;
    rig_client(&rig, NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct seen seen;
        seen_init(&seen, &rig);
        struct http_request request = {.method = bad[i].method,
                                       .url = str_c(bad[i].url),
                                       .headers = &bad[i].header,
                                       .header_count = bad[i].header.name.len ? 1 : 0};
        int result = rig_start(&rig, &request, &seen);
        if (result != ERR_INVALID || !strstr(seen.err.message, bad[i].words)) {
            fail_msg("%s: %d %s", bad[i].name, result, seen.err.message);
        }
    }
    rig_client_down(&rig);
}

static void
test_nobody_there(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    int port;
    int fd = bound_socket(&port); /* bound, not listening: refused, and nobody else's */
    rig_client(&rig, NULL);
    rig.server.port = port;
    rig_get(&rig, "/?key=secret", &seen);
    assert_int_equal(seen.result, ERR_REMOTE);
    assert_non_null(strstr(seen.err.message, "127.0.0.1:"));
    assert_non_null(strstr(seen.err.message, "refused"));
    assert_null(strstr(seen.err.message, "secret"));
    assert_true(seen.err.retryable);
    struct http_request request = {.method = STR("GET"),
                                   .url = STR("http://nonexistent.invalid/x?key=secret"),
                                   .connect_ms = 8000};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.heads, 0);
    assert_non_null(strstr(seen.err.message, "nonexistent.invalid:80: no"));
    assert_null(strstr(seen.err.message, "secret"));
    rig_client_down(&rig);
    (void)close(fd);
}

/* A queue of connections that is full: nobody answers, nobody refuses. */
static void
test_connecting_has_its_deadline(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[512];
    int fillers[4];
    int port;
    int fd = bound_socket(&port);
    assert_int_equal(listen(fd, 0), 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)port)};
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&at, sizeof(at));
    }
    rig_client(&rig, NULL);
    rig.server.port = port;
    struct http_request request = {
        .method = STR("GET"), .url = rig_url(&rig, "/", url), .connect_ms = 150};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, ERR_TIMEOUT);
    assert_non_null(strstr(seen.err.message, "no connection within 150 ms"));
    assert_true(seen.err.retryable);
    rig_client_down(&rig);
    for (int i = 0; i < 4; i++) {
        (void)close(fillers[i]);
    }
    (void)close(fd);
}

static void
test_deadlines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *script;
        int64_t first_byte;
        int64_t stall;
        int64_t total;
        int result;
        const char *words;
        int64_t at_least;
        int64_t at_most;
        bool retryable;
    } cases[] = {
        {"no head", "$HTTP/1.1 200 OK\r\n\r\n", 100, 0, 0, ERR_TIMEOUT, "no answer within 100 ms",
         100, 350, true},
        {"interim is no head", "HTTP/1.1 100 Continue\r\n\r\n$", 100, 0, 0, ERR_TIMEOUT,
         "no answer within", 100, 350, true},
        {"a head in dribbles", "HTTP/1.1 200 OK\r\nA: ~~~~~~~~~~~~~~~\r\n\r\n", 100, 0, 0,
         ERR_TIMEOUT, "no answer within", 100, 280, true},
        {"stalled", "HTTP/1.1 200 OK\r\n\r\nhi$there", 1000, 100, 0, ERR_TIMEOUT,
         "nothing came for 100 ms", 100, 350, true},
        {"stalled after its head", "HTTP/1.1 200 OK\r\n\r\n$", 1000, 100, 0, ERR_TIMEOUT,
         "nothing came for", 100, 350, true},
        {"slow is not stalled",
         "HTTP/1.1 200 OK\r\n\r\na~b~c~d~e~f~g~h~i~j~k~l~m~n~o~p~q~r~s~t~u~v~w~x~y~z~1~2~3~4", 5000,
         500, 0, 0, "", 500, 2000, false},
        {"late, but there",
         "HTTP/1.1 200 OK\r\n\r\na~b~c~d~e~f~g~h~i~j~k~l~m~n~o~p~q~r~s~t~u~v~w~x~y~z~1~2~3~4", 500,
         5000, 0, 0, "", 500, 2000, false},
        {"too long in all", "HTTP/1.1 200 OK\r\n\r\na~b~c~d~e~f~g~h~i~j~k~l~m~n~o~p", 1000, 1000,
         150, ERR_TIMEOUT, "not complete within 150 ms", 150, 300, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        struct seen seen;
        char url[512];
        rig_up(&rig, serve_script, cases[i].script);
        struct http_request request = {.method = STR("GET"),
                                       .url = rig_url(&rig, "/", url),
                                       .first_byte_ms = cases[i].first_byte,
                                       .stall_ms = cases[i].stall,
                                       .total_ms = cases[i].total};
        int64_t before = clock_mono_ms(clock_real());
        rig_ask(&rig, &request, &seen);
        int64_t took = clock_mono_ms(clock_real()) - before;
        /* A busy machine may be late; how late is no business of this test beyond reason. */
        if (seen.result != cases[i].result || !strstr(seen.err.message, cases[i].words) ||
            seen.err.retryable != cases[i].retryable || took < cases[i].at_least ||
            took > cases[i].at_most * 10) {
            fail_msg("%s: %d %s, after %lld ms", cases[i].name, seen.result, seen.err.message,
                     (long long)took);
        }
        buf_done(&seen.body);
        rig_down(&rig);
    }
}

/* "HTTP/1.1 200 OK" and COUNT lines of LENGTH bytes. */
static char *
large_head(size_t count, size_t length)
{
    struct buf text;
    buf_init(&text, 4 * 1024 * 1024);
    buf_add_c(&text, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (size_t i = 0; i < count; i++) {
        buf_add_c(&text, "X: ");
        for (size_t j = 0; j < length; j++) {
            buf_add_char(&text, 'x');
        }
        buf_add_c(&text, "\r\n");
    }
    buf_add_c(&text, "\r\n+");
    return text.text;
}

static void
test_large_heads(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        size_t length;
        int result;
    } cases[] = {
        {200, 100, 0},         {3, 16000, 0},         {300, 1, ERR_LIMIT},
        {70, 1000, ERR_LIMIT}, {1, 90000, ERR_LIMIT}, {1, 200000, ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        struct seen seen;
        char *script = large_head(cases[i].count, cases[i].length);
        rig_up(&rig, serve_script, script);
        rig_get(&rig, "/", &seen);
        if (seen.result != cases[i].result) {
            fail_msg("%zu x %zu: %d %s", cases[i].count, cases[i].length, seen.result,
                     seen.err.message);
        }
        rig_down(&rig);
        mem_free(script);
    }
}

static void
test_a_body_above_its_maximum(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "HTTP/1.1 200 OK\r\n\r\n12345~67890~x",
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n1234567890x+",
    };
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct seen seen;
        char url[512];
        rig_up(&rig, serve_script, scripts[i]);
        struct http_request request = {
            .method = STR("GET"), .url = rig_url(&rig, "/", url), .answer_max = 10};
        rig_ask(&rig, &request, &seen);
        assert_int_equal(seen.result, ERR_LIMIT);
        assert_non_null(strstr(seen.err.message, "larger than 10 bytes"));
        assert_true(seen.body.len <= 10);
        request.answer_max = 11;
        buf_done(&seen.body);
        rig_ask(&rig, &request, &seen);
        assert_int_equal(seen.result, 0);
        assert_int_equal(seen.body.len, 11);
        buf_done(&seen.body);
        rig_down(&rig);
    }
}

int
main(void)
{
    rig_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_of_every_shape),
        cmocka_unit_test(test_headers_as_they_were_sent),
        cmocka_unit_test(test_what_is_sent_is_what_was_given),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_a_large_body_arrives_whole),
        cmocka_unit_test(test_a_sent_body_is_let_go),
        cmocka_unit_test(test_a_body_under_way_is_kept),
        cmocka_unit_test(test_requests_that_are_none),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_connecting_has_its_deadline),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_large_heads),
        cmocka_unit_test(test_a_body_above_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
