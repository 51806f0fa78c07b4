/* The life of the HTTP client's calls: connections kept and lost, many at a time, cancelled and
 * started from everywhere, out of memory. */
#include "http_fixture.h"

#include "base/fault.h"

static void
test_connections_are_kept(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[512];
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok+");
    for (int i = 0; i < 5; i++) {
        rig_get(&rig, "/", &seen);
        assert_int_equal(seen.result, 0);
        buf_done(&seen.body);
    }
    assert_int_equal(atomic_load(&rig.server.connections), 1);
    struct http_request request = {
        .method = STR("POST"), .url = rig_url(&rig, "/", url), .send_once = true};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0);
    assert_int_equal(atomic_load(&rig.server.connections), 2);
    buf_done(&seen.body);
    rig_down(&rig);
}

/* The first request of each connection is answered, the second only taken. */
static void
serve_one(struct peer *p)
{
    if (peer_read_request(p) && peer_play(p, p->server->script)) {
        (void)peer_read_request(p);
        peer_reset(p);
    }
}

static void
test_a_kept_connection_that_died(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[512];
    rig_up(&rig, serve_one, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok+");
    for (int i = 0; i < 2; i++) {
        rig_get(&rig, "/", &seen);
        assert_int_equal(seen.result, 0);
        buf_done(&seen.body);
    }
    assert_int_equal(atomic_load(&rig.server.requests), 3); /* the second was sent twice */
    struct http_request request = {
        .method = STR("POST"), .url = rig_url(&rig, "/", url), .send_once = true};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0);
    assert_int_equal(atomic_load(&rig.server.requests), 4);
    buf_done(&seen.body);
    rig_down(&rig);
}

enum { MANY = 200 };

static void
test_many_side_by_side(void **state)
{
    (void)state;
    struct rig rig;
    struct seen *seen = calloc(MANY, sizeof(*seen));
    char url[512];
    rig_up(&rig, serve_script,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n~1\r\na\r\n~1\r\nb\r\n~1\r\nc\r\n"
           "0\r\n\r\n+");
    for (int i = 0; i < MANY; i++) {
        struct http_request request = {
            .method = STR("POST"), .url = rig_url(&rig, "/", url), .body = STR("x")};
        seen_init(&seen[i], &rig);
        assert_int_equal(rig_start(&rig, &request, &seen[i]), 0);
    }
    assert_int_equal(http_client_active(rig.client), MANY);
    rig_wait(&rig);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(seen[i].result, 0);
        assert_string_equal(seen[i].body.text, "abc");
        buf_done(&seen[i].body);
    }
    assert_int_equal(atomic_load(&rig.server.connections), MANY);
    rig_down(&rig);
    free(seen);
}

static void
cancel_other(struct seen *seen)
{
    struct seen *other = seen->arg;
    if (other->call) {
        seen_cancel(other);
    }
}

static void
start_another(struct seen *seen)
{
    char url[512];
    struct http_request request = {.method = STR("GET"), .url = rig_url(seen->rig, "/again", url)};
    assert_int_equal(rig_start(seen->rig, &request, seen->arg), 0);
}

static void
cancel_and_start(struct seen *seen)
{
    seen_cancel(seen);
    start_another(seen);
}

/* Two calls; the first's events do something to the second or to itself. */
static const struct {
    const char *name;
    void (*at_head)(struct seen *);
    void (*at_data)(struct seen *);
    void (*at_done)(struct seen *);
    bool start_second; /* before, so that there is one to cancel */
    int dones;         /* of the first */
    int other_dones;   /* of the second; -1: may have been quicker, then 1 */
} meddlings[] = {
    {"cancel itself at its head", seen_cancel, NULL, NULL, false, 0, 0},
    {"cancel itself at its data", NULL, seen_cancel, NULL, false, 0, 0},
    {"cancel another at the head", cancel_other, NULL, NULL, true, 1, -1},
    {"cancel another at data", NULL, cancel_other, NULL, true, 1, -1},
    {"cancel another at the end", NULL, NULL, cancel_other, true, 1, -1},
    {"start another at the head", start_another, NULL, NULL, false, 1, 1},
    {"start another at the end", NULL, NULL, start_another, false, 1, 1},
    {"cancel itself and start another", NULL, cancel_and_start, NULL, false, 0, 1},
};

static void
test_meddling_in_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(meddlings) / sizeof(meddlings[0]); i++) {
        struct rig rig;
        struct seen first;
        struct seen second;
        char url[512];
        rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello+");
        struct http_request request = {
            .method = STR("POST"), .url = rig_url(&rig, "/", url), .body = STR("x")};
        seen_init(&first, &rig);
        seen_init(&second, &rig);
        first.at_head = meddlings[i].at_head;
        first.at_data = meddlings[i].at_data;
        first.at_done = meddlings[i].at_done;
        first.arg = &second;
        assert_int_equal(rig_start(&rig, &request, &first), 0);
        if (meddlings[i].start_second) {
            assert_int_equal(rig_start(&rig, &request, &second), 0);
        }
        rig.open++; /* the loop goes on a little, so that late events would be seen */
        while (rig.open > 1) {
            assert_int_equal(loop_step(rig.loop, 10, &first.err), 0);
        }
        assert_int_equal(loop_step(rig.loop, 10, &first.err), 0);
        rig.open--;
        if (first.dones != meddlings[i].dones ||
            (meddlings[i].other_dones >= 0 && second.dones != meddlings[i].other_dones) ||
            second.dones > 1) {
            fail_msg("%s: %d and %d ends", meddlings[i].name, first.dones, second.dones);
        }
        buf_done(&first.body);
        buf_done(&second.body);
        rig_down(&rig);
    }
}

/* Several hundred calls whose data comes in one pass, each cancelling one that follows. */
static void
test_cancelling_what_waits_to_be_handed_out(void **state)
{
    (void)state;
    struct rig rig;
    struct seen *seen = calloc(MANY, sizeof(*seen));
    char url[512];
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\n\r\n~x~y~z");
    struct http_request request = {.method = STR("GET"), .url = rig_url(&rig, "/", url)};
    for (int i = 0; i < MANY; i++) {
        seen_init(&seen[i], &rig);
        seen[i].at_data = cancel_other;
        seen[i].arg = &seen[(i * 7 + 3) % MANY];
        assert_int_equal(rig_start(&rig, &request, &seen[i]), 0);
    }
    rig_wait(&rig);
    for (int i = 0; i < MANY; i++) {
        assert_true(seen[i].dones == 0 || seen[i].result == 0);
        buf_done(&seen[i].body);
    }
    rig_down(&rig);
    free(seen);
}

static void
test_cancelled_before_it_began(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char url[512];
    rig_up(&rig, serve_script, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n+");
    struct http_request request = {.method = STR("GET"), .url = rig_url(&rig, "/", url)};
    seen_init(&seen, &rig);
    assert_int_equal(rig_start(&rig, &request, &seen), 0);
    seen_cancel(&seen);
    assert_int_equal(http_client_active(rig.client), 0);
    assert_int_equal(loop_run(rig.loop, &seen.err), 0);
    assert_int_equal(loop_step(rig.loop, 50, &seen.err), 0);
    assert_int_equal(seen.heads + seen.dones, 0);
    rig_down(&rig);
}

/* Each of our allocations fails once: one end each time, never a wrong answer. */
static void
test_no_memory(void **state)
{
    (void)state;
#ifndef DESKHAND_FAULT_HOOKS
    skip();
#endif
    struct rig rig;
    rig_up(&rig, serve_script,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n~2\r\nhi\r\n0"
           "\r\n\r\n");
    for (int n = 1;; n++) {
        struct seen seen;
        char url[512];
        char spec[32];
        struct http_header header = {STR("X-Key"), STR("secret")};
        struct http_request request = {.method = STR("POST"),
                                       .url = rig_url(&rig, "/", url),
                                       .headers = &header,
                                       .header_count = 1};
        seen_init(&seen, &rig);
        buf_add_c(&seen.body, "room"); /* its own memory is there before */
        buf_clear(&seen.body);
        (void)snprintf(spec, sizeof(spec), "alloc:%d", n);
        assert_true(fault_configure(str_c(spec)));
        seen.result = rig_start(&rig, &request, &seen);
        if (seen.result == 0) {
            rig_wait(&rig);
        }
        bool fired = fault_passed() >= (unsigned long)n;
        assert_true(fault_configure((struct str){0}));
        assert_int_equal(http_client_active(rig.client), 0);
        assert_int_equal(seen.result, fired ? ERR_NOMEM : 0);
        buf_done(&seen.body);
        if (!fired) {
            assert_true(n > 5);
            break;
        }
    }
    rig_down(&rig);
}

int
main(void)
{
    rig_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_a_kept_connection_that_died),
        cmocka_unit_test(test_many_side_by_side),
        cmocka_unit_test(test_meddling_in_events),
        cmocka_unit_test(test_cancelling_what_waits_to_be_handed_out),
        cmocka_unit_test(test_cancelled_before_it_began),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
