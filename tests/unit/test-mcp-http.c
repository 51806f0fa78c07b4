/* MCP servers over HTTP, against one that does whatever a test asks it to
 * (tests/fakes/mcp_fake_http.py). */
#include "mcp_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "io/http_client.h"

enum { WORDS_MAX = 12, LEAVE_MS = 3000 };

struct far_place {
    struct place p;
    struct http_client *http;
    struct http_header headers[2];
    size_t header_count;
    char url[60];
    pid_t pid;
    int stdin_fd;
};

/* ---- The server -------------------------------------------------------------------------------*/

/* In the child: nothing but what may follow fork(). */
static void
become_server(const int in[2], const int out[2], const char **argv)
{
    (void)dup2(in[0], 0);
    (void)dup2(out[1], 1);
    (void)close(in[0]);
    (void)close(in[1]);
    (void)close(out[0]);
    (void)close(out[1]);
    (void)execvp(argv[0], (char **)argv);
    _exit(127);
}

static void
server_up(struct far_place *f, const char *words)
{
    const char *source = getenv("DESKHAND_SOURCE");
    const char **argv = arena_zero(&f->p.arena, WORDS_MAX, sizeof(*argv));
    size_t count = 0;
    int in[2];
    int out[2];
    char port[20] = "";
    assert_non_null(source);
    assert_non_null(argv);
    argv[count++] = "python3";
    argv[count++] = arena_printf(&f->p.arena, "%s/tests/fakes/mcp_fake_http.py", source).ptr;
    struct str rest = str_c(words);
    struct str word;
    while (str_split(&rest, ' ', &word)) {
        argv[count++] = arena_str(&f->p.arena, word).ptr;
    }
    assert_true(count < WORDS_MAX);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    f->pid = fork();
    assert_true(f->pid >= 0);
    if (f->pid == 0) {
        become_server(in, out, argv);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    f->stdin_fd = in[1];
    for (size_t len = 0; !strchr(port, '\n');) {
        ssize_t got = read(out[0], port + len, sizeof(port) - 1 - len);
        assert_true(got > 0);
        len += (size_t)got;
    }
    (void)close(out[0]);
    (void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/mcp", (int)strtol(port, NULL, 10));
}

static void
server_down(struct far_place *f)
{
    int status = 0;
    if (f->pid > 0) {
        (void)close(f->stdin_fd);
        (void)kill(f->pid, SIGKILL);
        assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
        f->pid = 0;
    }
}

/* ---- The client -------------------------------------------------------------------------------*/

static int
open_http(void *arg, struct http_client **ret, struct err *err)
{
    struct far_place *f = arg;
    int result =
        f->http ? 0 : http_client_new(f->p.loop, &(struct http_client_options){0}, &f->http, err);
    if (result == 0) {
        *ret = f->http;
    }
    return result;
}

static struct mcp_settings
far_settings(struct far_place *f)
{
    return (struct mcp_settings){.name = STR("fake"),
                                 .timeout_ms = 10000,
                                 .place = {.url = str_c(f->url),
                                           .headers = f->headers,
                                           .header_count = f->header_count,
                                           .client = open_http,
                                           .arg = f}};
}

static void
far_open(struct far_place *f, const char *words)
{
    *f = (struct far_place){0};
    place_open(&f->p);
    server_up(f, words);
}

static void
far_start(struct far_place *f)
{
    struct mcp_settings settings = far_settings(f);
    place_start(&f->p, &settings);
}

static void
far_init(struct far_place *f, const char *words)
{
    far_open(f, words);
    far_start(f);
}

static void
far_done(struct far_place *f)
{
    tool_registry_free(f->p.tools);
    mcp_client_free(f->p.client);
    http_client_free(f->http);
    loop_free(f->p.loop);
    server_down(f);
    arena_done(&f->p.arena);
}

static bool
has(struct str text, const char *want)
{
    return str_find(text, str_c(want), 0) != SIZE_MAX;
}

static void
assert_trouble(struct far_place *f, const char *want)
{
    struct str trouble = mcp_client_trouble(f->p.client);
    if (!has(trouble, want)) {
        print_message("trouble: %.*s\nwant: %s\n", STR_ARG(trouble), want);
    }
    assert_true(has(trouble, want));
}

/* ---- Both eras, and the forms of answers ------------------------------------------------------*/

static void
test_eras(void **state)
{
    static const struct {
        const char *words;
        const char *version;
    } cases[] = {
        {"legacy", "2025-06-18"},
        {"legacy sessions", "2025-06-18"},
        {"legacy json", "2025-06-18"},
        {"legacy sessions json pages", "2025-06-18"},
        {"legacy sessions bytes", "2025-06-18"},
        {"legacy sessions listen", "2025-06-18"},
        {"modern", "2026-07-28"},
        {"modern json", "2026-07-28"},
        {"modern bytes pages", "2026-07-28"},
        {"modern json bytes heads", "2026-07-28"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct far_place f;
        far_init(&f, cases[i].words);
        if (!str_eq_c(mcp_client_version(f.p.client), cases[i].version)) {
            print_message("%s: %s\n", cases[i].words, mcp_client_trouble(f.p.client).ptr);
        }
        assert_true(str_eq_c(mcp_client_version(f.p.client), cases[i].version));
        assert_int_equal(mcp_client_trouble(f.p.client).len, 0);
        expect(&f.p, "fake_echo", "{\"text\":\"hello\"}", TOOL_OK, "hello");
        expect(&f.p, "fake_refuse", "{}", TOOL_ERROR, "no such order");
        expect(&f.p, "fake_echo", "{\"text\":5}", TOOL_REJECTED, "/text");
        far_done(&f);
    }
}

/* What every request has in its head. */
static void
test_heads(void **state)
{
    (void)state;
    struct far_place f;
    far_open(&f, "legacy sessions json");
    f.headers[0] = (struct http_header){STR("X-Shop"), STR("one")};
    f.header_count = 1;
    far_start(&f);
    struct heard h;
    pass_time(&f.p, 200);
    (void)begin(&f.p, "fake_log_http", "{}", &h);
    await(&f.p, &h);
    assert_int_equal(h.status, TOOL_OK);
    assert_non_null(strstr(h.text, "\\\"accept\\\": \\\"application/json, text/event-stream\\\""));
    assert_non_null(strstr(h.text, "\\\"mcp-session-id\\\": \\\"s1\\\""));
    assert_non_null(strstr(h.text, "\\\"mcp-protocol-version\\\": \\\"2025-06-18\\\""));
    assert_non_null(strstr(h.text, "\\\"x-shop\\\": \\\"one\\\""));
    assert_non_null(strstr(h.text, "\\\"method\\\": \\\"GET\\\""));
    heard_done(&h);
    far_done(&f);
}

/* Arguments that belong in the head of a modern request; a tool that asks for them wrongly is left
 * out, and where they mean nothing nobody cares. */
static void
test_annotated_arguments(void **state)
{
    static const char arguments[] = "{\"region\":\"Z\xc3\xbcrich\",\"more\":{\"count\":7}}";
    (void)state;
    struct far_place f;
    struct str note;
    far_init(&f, "modern heads");
    expect(&f.p, "fake_param", arguments, TOOL_OK, "in order");
    assert_null(tool_find(f.p.tools, STR("fake_bad_param")));
    assert_true(mcp_client_note(f.p.client, 0, &note));
    assert_true(has(note, "x-mcp-header"));
    far_done(&f);
    far_init(&f, "legacy heads");
    expect(&f.p, "fake_param", arguments, TOOL_OK, "in order");
    assert_non_null(tool_find(f.p.tools, STR("fake_bad_param")));
    far_done(&f);
}

/* ---- Refusals ---------------------------------------------------------------------------------*/

static void
test_a_secret(void **state)
{
    (void)state;
    struct far_place f;
    far_open(&f, "legacy bearer");
    f.headers[0] = (struct http_header){STR("Authorization"), STR("Bearer sesame")};
    f.header_count = 1;
    far_start(&f);
    expect(&f.p, "fake_echo", "{\"text\":\"open\"}", TOOL_OK, "open");
    expect(&f.p, "fake_s401", "{}", TOOL_ERROR, "refused the bearer secret (HTTP 401)");
    expect(&f.p, "fake_echo", "{}", TOOL_ERROR, "set mcp.fake.bearer");
    assert_false(has(mcp_client_trouble(f.p.client), "sesame"));
    far_done(&f);
}

static void
test_servers_that_refuse(void **state)
{
    static const struct {
        const char *words;
        const char *want;
        const char *secret;
    } cases[] = {
        {"legacy bearer", "wants a bearer secret (HTTP 401): set mcp.fake.bearer", NULL},
        {"modern bearer", "refused the bearer secret (HTTP 401)", "Bearer wrong"},
        {"legacy forbids", "wants a bearer secret (HTTP 403)", NULL},
        {"legacy redirects", "redirects (HTTP 307), which is not followed: set mcp.fake.url", NULL},
        {"legacy page", "answered with neither JSON nor events", NULL},
        {"legacy out", "left alone for a minute after 5 faults; the last: it answered HTTP 503",
         NULL},
        {"ancient", "speaks revision '1999-01-01'", NULL},
        {"nolist", "refused to list its tools: no such method: tools/list", NULL},
        {"endless", "lists tools without end", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct far_place f;
        far_open(&f, cases[i].words);
        if (cases[i].secret) {
            f.headers[0] = (struct http_header){STR("Authorization"), str_c(cases[i].secret)};
            f.header_count = 1;
        }
        far_start(&f);
        await_trouble(&f.p);
        assert_trouble(&f, cases[i].want);
        assert_false(has(mcp_client_trouble(f.p.client), "wrong"));
        assert_int_equal(tool_count(f.p.tools), 0);
        far_done(&f);
    }
}

static void
test_nobody_is_there(void **state)
{
    (void)state;
    struct far_place f;
    far_open(&f, "legacy");
    server_down(&f);
    far_start(&f);
    await_trouble(&f.p);
    assert_trouble(&f, "cannot be reached: 127.0.0.1:");
    far_done(&f);
}

/* Faults are waited out: calls wait with them, within their deadlines. */
static void
test_a_server_that_comes_up_late(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "legacy down");
    int64_t until = now_ms() + WAIT_MS;
    while (tool_count(f.p.tools) == 0) {
        assert_true(now_ms() < until);
        pass_time(&f.p, 20);
    }
    assert_int_equal(mcp_client_trouble(f.p.client).len, 0);
    expect(&f.p, "fake_echo", "{\"text\":\"late\"}", TOOL_OK, "late");
    far_done(&f);
}

/* ---- One call's failure -----------------------------------------------------------------------*/

static const struct {
    const char *tool;
    enum tool_status status;
    const char *want;
} calls[] = {
    {"fake_garbage", TOOL_ERROR, "answered something else than what it was asked"},
    {"fake_html", TOOL_ERROR, "answered with neither JSON nor events"},
    {"fake_nothing", TOOL_ERROR, "answered with neither JSON nor events"},
    {"fake_other_id", TOOL_ERROR, "answered something else than what it was asked"},
    {"fake_twice_http", TOOL_OK, "first"},
    {"fake_endless", TOOL_OK, "answered"},
    {"fake_noise", TOOL_ERROR, "answered without end, and without a message"},
    {"fake_long", TOOL_ERROR, "longer than 4 MiB"},
    {"fake_long_json", TOOL_ERROR, "more than 4 MiB"},
    {"fake_break", TOOL_ERROR, "broke its answer off"},
    {"fake_silent_end", TOOL_ERROR, "ended its stream without an answer"},
    {"fake_s403", TOOL_ERROR, "answered HTTP 403"},
    {"fake_s404", TOOL_ERROR, "answered HTTP 404"},
    {"fake_s410", TOOL_ERROR, "answered HTTP 410"},
    {"fake_refused", TOOL_ERROR, "bad arguments"},
    {"fake_wants", TOOL_ERROR, "ask back (input_required)"},
};

/* Another call that is under way has nothing to do with it. */
static void
check_calls(const char *words)
{
    struct far_place f;
    struct heard other;
    far_init(&f, words);
    struct tool_call *call = begin(&f.p, "fake_never", "{}", &other);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        expect(&f.p, calls[i].tool, "{}", calls[i].status, calls[i].want);
        expect(&f.p, "fake_echo", "{\"text\":\"well\"}", TOOL_OK, "well");
    }
    assert_int_equal(mcp_client_trouble(f.p.client).len, 0);
    assert_false(other.done);
    tool_call_cancel(call);
    far_done(&f);
}

static void
test_calls_fail_alone(void **state)
{
    (void)state;
    check_calls("legacy");
    check_calls("modern json");
}

/* Effects decide what a model is told of a loss. */
static void
test_losses_are_told_as_they_are(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "modern");
    expect(&f.p, "fake_silent_end", "{}", TOOL_ERROR, "Whether it took effect is not known");
    far_done(&f);
}

static void
test_faults_cost_their_call(void **state)
{
    static const char *const words[] = {"legacy sessions", "modern"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct far_place f;
        struct heard other;
        far_init(&f, words[i]);
        struct tool_call *call = begin(&f.p, "fake_never", "{}", &other);
        expect(&f.p, "fake_s500", "{}", TOOL_ERROR, "answered HTTP 500");
        expect(&f.p, "fake_echo", "{\"text\":\"again\"}", TOOL_OK, "again");
        int64_t began = now_ms();
        expect(&f.p, "fake_s429", "{}", TOOL_ERROR, "answered HTTP 429");
        expect(&f.p, "fake_echo", "{\"text\":\"again\"}", TOOL_OK, "again");
        assert_in_range(now_ms() - began, 900, WAIT_MS);
        assert_false(other.done);
        tool_call_cancel(call);
        far_done(&f);
    }
}

/* Three in a row without a word, and it is greeted anew; five times, and it is left alone. */
static void
test_losses_add_up(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "modern");
    int lost = 0;
    /* A word of the server's in between, on its other stream, begins the count anew. */
    for (; lost < 100 && mcp_client_trouble(f.p.client).len == 0; lost++) {
        expect(&f.p, "fake_silent_end", "{}", TOOL_ERROR, "");
        pass_time(&f.p, 20);
    }
    assert_true(lost >= 15);
    assert_trouble(&f, "left alone for a minute after 5 faults; the last: it ended its stream");
    expect(&f.p, "fake_echo", "{}", TOOL_ERROR, "left alone");
    far_done(&f);
}

/* ---- Sessions ---------------------------------------------------------------------------------*/

static void
test_sessions_that_end(void **state)
{
    static const char *const words[] = {"legacy sessions", "legacy sessions forgets json"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct far_place f;
        struct heard h[3];
        far_init(&f, words[i]);
        for (size_t j = 0; j < 3; j++) {
            (void)begin(&f.p, j ? "fake_echo" : "fake_expire", "{\"text\":\"here\"}", &h[j]);
        }
        await(&f.p, &h[1]);
        await(&f.p, &h[2]);
        assert_int_equal(h[1].status, TOOL_OK);
        assert_int_equal(h[2].status, TOOL_OK);
        await(&f.p, &h[0]);
        assert_int_equal(h[0].status, TOOL_OK);
        assert_non_null(strstr(h[0].text, "renewed"));
        for (size_t j = 0; j < 3; j++) {
            heard_done(&h[j]);
        }
        far_done(&f);
    }
}

static void
test_sessions_that_always_end(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "legacy sessions");
    expect(&f.p, "fake_expire_always", "{}", TOOL_ERROR,
           "did not know its session, nor the next one");
    expect(&f.p, "fake_echo", "{\"text\":\"well\"}", TOOL_OK, "well");
    far_done(&f);
}

static void
test_a_session_is_seen_off(void **state)
{
    (void)state;
    struct far_place f;
    char path[] = "/tmp/deskhand-mcp-gone-XXXXXX";
    char said[40] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(setenv("GONE", path, 1), 0);
    far_init(&f, "legacy sessions listen");
    assert_int_equal(unsetenv("GONE"), 0);
    int64_t until = now_ms() + LEAVE_MS;
    mcp_client_hang_up(f.p.client);
    assert_false(mcp_client_has_left(f.p.client));
    while (!mcp_client_has_left(f.p.client)) {
        assert_true(now_ms() < until);
        pass_time(&f.p, 10);
    }
    for (until = now_ms() + LEAVE_MS; said[0] == '\0' && now_ms() < until;) {
        assert_true(pread(fd, said, sizeof(said) - 1, 0) >= 0);
    }
    assert_string_equal(said, "['s1']");
    (void)close(fd);
    (void)unlink(path);
    far_done(&f);
}

/* ---- Streams ----------------------------------------------------------------------------------*/

static void
test_streams_are_taken_up(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "legacy sessions");
    expect(&f.p, "fake_resume", "{}", TOOL_OK, "resumed");
    expect(&f.p, "fake_resume_never", "{}", TOOL_ERROR, "ended its stream without an answer");
    far_done(&f);
}

static void
test_lists_change(void **state)
{
    static const char *const words[] = {"legacy sessions listen", "modern"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct far_place f;
        far_init(&f, words[i]);
        pass_time(&f.p, 200);
        expect(&f.p, "fake_add", "{}", TOOL_OK, "done");
        pass_time(&f.p, 1700);
        expect(&f.p, "fake_fresh", "{\"text\":\"new\"}", TOOL_OK, "new");
        expect(&f.p, "fake_change", "{}", TOOL_OK, "done");
        pass_time(&f.p, 1700);
        expect(&f.p, "fake_echo", "{}", TOOL_ERROR, "has changed what it is");
        far_done(&f);
    }
}

/* What was said while nobody listened is found out. */
static void
test_listening_goes_on(void **state)
{
    (void)state;
    struct far_place f;
    far_init(&f, "legacy listen");
    pass_time(&f.p, 200);
    expect(&f.p, "fake_hang_up", "{}", TOOL_OK, "hung up");
    expect(&f.p, "fake_add", "{}", TOOL_OK, "done");
    pass_time(&f.p, 2500);
    expect(&f.p, "fake_fresh", "{\"text\":\"new\"}", TOOL_OK, "new");
    expect(&f.p, "fake_change", "{}", TOOL_OK, "done");
    pass_time(&f.p, 1700);
    expect(&f.p, "fake_echo", "{}", TOOL_ERROR, "has changed what it is");
    far_done(&f);
}

/* ---- Time -------------------------------------------------------------------------------------*/

static void
test_calls_can_be_given_up(void **state)
{
    static const struct {
        const char *words;
        const char *want;
    } cases[] = {{"legacy sessions", "cancelled"}, {"modern", "closed"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct far_place f;
        struct heard h;
        far_init(&f, cases[i].words);
        struct tool_call *call = begin(&f.p, "fake_never", "{}", &h);
        pass_time(&f.p, 200);
        tool_call_cancel(call);
        pass_time(&f.p, 200);
        expect(&f.p, "fake_cancelled", "{}", TOOL_OK, cases[i].want);
        assert_false(h.done);
        pass_time(&f.p, 100);
        assert_int_equal(http_client_active(f.http), i); /* a modern server is listened to */
        far_done(&f);
    }
}

static void
test_deadlines_are_kept(void **state)
{
    (void)state;
    struct far_place f;
    struct heard h;
    far_open(&f, "modern");
    struct mcp_settings settings = far_settings(&f);
    settings.timeout_ms = 300;
    place_start(&f.p, &settings);
    (void)begin(&f.p, "fake_never", "{}", &h);
    await(&f.p, &h);
    assert_int_equal(h.status, TOOL_TIMEOUT);
    assert_in_range(h.ms, 290, 5000);
    heard_done(&h);
    expect(&f.p, "fake_echo", "{\"text\":\"well\"}", TOOL_OK, "well");
    far_done(&f);
}

/* Whatever is under way when the desk closes. */
static void
test_its_end_is_quick(void **state)
{
    static const char *const words[] = {"legacy sessions listen", "modern", "legacy out"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct far_place f;
        far_init(&f, words[i]);
        int64_t began = now_ms();
        mcp_client_hang_up(f.p.client);
        far_done(&f);
        assert_in_range(now_ms() - began, 0, 2000);
    }
}

/* ---- Memory -----------------------------------------------------------------------------------*/

/* One start and one call, while the N-th allocation fails. True when there were fewer. */
static bool
live_without(struct far_place *f, int n)
{
    struct err err = {0};
    struct heard h = {0};
    char spec[32];
    struct tool_call *call = NULL;
    const struct tool_scope scope = {STR("x-1"), STR("c-1"), STR(""), STR("t-1"), false};
    (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
    struct arena kept = f->p.arena; /* the server's command line */
    place_open(&f->p);
    f->p.arena = kept;
    struct mcp_settings settings = far_settings(f);
    assert_true(fault_configure(str_c(spec)));
    int result = mcp_client_new(f->p.loop, &settings, f->p.tools, &f->p.client, &err);
    int64_t until = now_ms() + WAIT_MS;
    while (result == 0 && !mcp_client_settled(f->p.client)) {
        assert_true(now_ms() < until);
        assert_true(loop_step(f->p.loop, 20, &err) >= 0);
    }
    if (result == 0) {
        result = tool_call_start(f->p.tools, STR("fake_parts"), STR("{}"), &scope, &f->p.arena,
                                 on_done, &h, &call, &err);
    }
    if (result == 0) {
        await(&f->p, &h);
        heard_done(&h);
    }
    bool over = fault_passed() < (unsigned long)n;
    assert_true(fault_configure((struct str){0}));
    assert_true(result == 0 || result == ERR_NOMEM);
    tool_registry_free(f->p.tools);
    mcp_client_free(f->p.client);
    http_client_free(f->http);
    f->http = NULL;
    loop_free(f->p.loop);
    return over;
}

static void
test_memory_may_run_out(void **state)
{
    static const char *const words[] = {"legacy sessions", "modern json"};
    (void)state;
    if (!fault_configure(STR("alloc:1000000"))) {
        skip();
    }
    assert_true(fault_configure((struct str){0}));
    for (size_t i = 0; i < 2; i++) {
        struct far_place f;
        far_open(&f, words[i]);
        tool_registry_free(f.p.tools);
        loop_free(f.p.loop);
        for (int n = 1; !live_without(&f, n); n += 7) {
            assert_in_range(n, 1, 5000);
        }
        server_down(&f);
        arena_done(&f.p.arena);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eras),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_annotated_arguments),
        cmocka_unit_test(test_a_secret),
        cmocka_unit_test(test_servers_that_refuse),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_a_server_that_comes_up_late),
        cmocka_unit_test(test_calls_fail_alone),
        cmocka_unit_test(test_losses_are_told_as_they_are),
        cmocka_unit_test(test_faults_cost_their_call),
        cmocka_unit_test(test_losses_add_up),
        cmocka_unit_test(test_sessions_that_end),
        cmocka_unit_test(test_sessions_that_always_end),
        cmocka_unit_test(test_a_session_is_seen_off),
        cmocka_unit_test(test_streams_are_taken_up),
        cmocka_unit_test(test_lists_change),
        cmocka_unit_test(test_listening_goes_on),
        cmocka_unit_test(test_calls_can_be_given_up),
        cmocka_unit_test(test_deadlines_are_kept),
        cmocka_unit_test(test_its_end_is_quick),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
