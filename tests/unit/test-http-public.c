/* The HTTP client told to connect to public addresses alone: whatever a URL, a name, a kept
 * connection or a proxy leads to, a server on another address is never reached. */
#include "http_fixture.h"

#include <linux/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok+"

static void
ask_public(struct rig *rig, const char *host, struct seen *seen)
{
    char url[512];
    (void)snprintf(url, sizeof(url), "http://%s:%d/", host, rig->server.port);
    struct http_request request = {
        .method = STR("GET"), .url = str_c(url), .public_only = true, .total_ms = 20000};
    rig_ask(rig, &request, seen);
    buf_done(&seen->body);
}

/* Spellings that name no address to anybody fail as unknown hosts do. */
static const char *const private_hosts[] = {
    "127.0.0.1",       "127.1",      "localhost", "0.0.0.0", "0x7f.1",
    "2130706433",      "0177.0.0.1", "[::1]",     "[::]",    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
};

static void
test_servers_on_other_addresses(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig, serve_script, ANSWER);
    for (size_t i = 0; i < sizeof(private_hosts) / sizeof(private_hosts[0]); i++) {
        struct seen seen;
        ask_public(&rig, private_hosts[i], &seen);
        if (seen.result != ERR_AUTH || seen.heads != 0 || seen.err.retryable ||
            !strstr(seen.err.message, "no public address")) {
            fail_msg("%s: %d, %s", private_hosts[i], seen.result, seen.err.message);
        }
    }
    assert_int_equal(atomic_load(&rig.server.connections), 0);
    rig_down(&rig);
}

static void
test_a_kept_connection_is_not_used(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    rig_up(&rig, serve_script, ANSWER);
    for (int i = 0; i < 2; i++) {
        rig_get(&rig, "/", &seen);
        assert_int_equal(seen.result, 0);
        buf_done(&seen.body);
        ask_public(&rig, "127.0.0.1", &seen);
        assert_int_equal(seen.result, ERR_AUTH);
    }
    assert_int_equal(atomic_load(&rig.server.connections), 1);
    assert_int_equal(atomic_load(&rig.server.requests), 2);
    rig_down(&rig);
}

static void
test_a_proxy_is_passed_by(void **state)
{
    (void)state;
    struct rig rig;
    struct seen seen;
    char proxy[64];
    rig_up(&rig, serve_script, ANSWER);
    (void)snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", rig.server.port);
    (void)setenv("http_proxy", proxy, 1);
    (void)unsetenv("no_proxy");
    struct http_request request = {.method = STR("GET"), .url = STR("http://10.0.0.1/")};
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, 0); /* by the proxy */
    buf_done(&seen.body);
    assert_int_equal(atomic_load(&rig.server.requests), 1);
    request.public_only = true;
    rig_ask(&rig, &request, &seen);
    assert_int_equal(seen.result, ERR_AUTH);
    buf_done(&seen.body);
    assert_int_equal(atomic_load(&rig.server.requests), 1);
    (void)unsetenv("http_proxy");
    rig_environment();
    rig_down(&rig);
}

/* ---- A public address of our own --------------------------------------------------------------*/

#define PUBLIC "11.22.33.44"

/* A network with nothing in it but this machine, which has ADDRESS there. */
static bool
own_network(const char *address)
{
    struct ifreq request = {.ifr_name = "lo"};
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    struct ifreq alias = {.ifr_name = "lo:1"};
    struct sockaddr_in at = {.sin_family = AF_INET};
    (void)inet_pton(AF_INET, address, &at.sin_addr);
    memcpy(&alias.ifr_addr, &at, sizeof(at));
    good = good && ioctl(fd, SIOCSIFADDR, &alias) == 0;
    (void)close(fd);
    return good;
}

enum { CHILD_GOOD, CHILD_BAD, CHILD_UNABLE };

/* Not kept afterwards either: nobody else may use a connection that a URL of others opened. */
static int
in_own_network(void)
{
    struct rig rig;
    struct seen seen;
    char url[512];
    if (!own_network(PUBLIC)) {
        return CHILD_UNABLE;
    }
    rig_client(&rig, NULL);
    server_start_at(&rig.server, INADDR_ANY, serve_script, ANSWER);
    ask_public(&rig, PUBLIC, &seen);
    bool good = seen.result == 0 && seen.status == 200;
    (void)snprintf(url, sizeof(url), "http://" PUBLIC ":%d/", rig.server.port);
    struct http_request request = {.method = STR("GET"), .url = str_c(url)};
    rig_ask(&rig, &request, &seen);
    buf_done(&seen.body);
    good = good && seen.result == 0 && atomic_load(&rig.server.connections) == 2;
    ask_public(&rig, "127.0.0.1", &seen);
    good = good && seen.result == ERR_AUTH && atomic_load(&rig.server.connections) == 2;
    rig_down(&rig);
    return good ? CHILD_GOOD : CHILD_BAD;
}

/* Where a client has no others, they are. */
static int
in_own_network_alone(void)
{
    struct rig rig;
    struct seen seen;
    struct err err = {0};
    const struct http_client_options options = {.public_only = true};
    if (!own_network(PUBLIC)) {
        return CHILD_UNABLE;
    }
    rig_client(&rig, NULL);
    http_client_free(rig.client);
    bool good = http_client_new(rig.loop, &options, &rig.client, &err) == 0;
    server_start_at(&rig.server, INADDR_ANY, serve_script, ANSWER);
    for (int i = 0; i < 3; i++) {
        char url[512];
        (void)snprintf(url, sizeof(url), "http://%s:%d/", i == 2 ? "127.0.0.1" : PUBLIC,
                       rig.server.port);
        struct http_request request = {.method = STR("GET"), .url = str_c(url)};
        rig_ask(&rig, &request, &seen);
        buf_done(&seen.body);
        good = good && seen.result == (i == 2 ? ERR_AUTH : 0);
    }
    good = good && atomic_load(&rig.server.connections) == 1;
    rig_down(&rig);
    return good ? CHILD_GOOD : CHILD_BAD;
}

static void
expect_in_a_child(int (*what)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(what());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_UNABLE) {
        print_message("SKIP: this system lets us make no network of our own\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), CHILD_GOOD);
}

static void
test_a_public_address_is_reached(void **state)
{
    (void)state;
    expect_in_a_child(in_own_network);
}

static void
test_a_public_client_keeps_its_own(void **state)
{
    (void)state;
    expect_in_a_child(in_own_network_alone);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_public_address_is_reached),
        cmocka_unit_test(test_a_public_client_keeps_its_own),
        cmocka_unit_test(test_servers_on_other_addresses),
        cmocka_unit_test(test_a_kept_connection_is_not_used),
        cmocka_unit_test(test_a_proxy_is_passed_by),
    };
    rig_environment();
    return cmocka_run_group_tests_name("http-public", tests, NULL, NULL);
}
