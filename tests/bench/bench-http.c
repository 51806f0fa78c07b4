/* What streaming calls cost: processor time a chunk, memory a waiting call, and how late a chunk is
 * handed out.
 *
 *     bench-http [CALLS [MILLISECONDS [SECONDS [BATCH]]]]      default 1000 500 3 1
 *
 * A forked server sends each call a chunk of some 150 bytes, as a model's delta, every so many
 * milliseconds, evenly spread; a chunk carries the time it was sent. The figures are the client's
 * alone. Needs as many descriptors as calls: the limit is raised as far as allowed. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/http_client.h"
#include "io/loop.h"

enum { LAGS_MAX = 1 << 20, CHUNK = 150 };

struct bench {
    struct loop *loop;
    struct http_client *client;
    struct loop_timer timer;
    struct http_call **calls;
    size_t call_count;
    size_t heads;
    size_t chunks;
    size_t events;
    unsigned *lags; /* microseconds */
    size_t lag_count;
    bool failed;
};

static void
stop(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-http: %s: %s\n", what, why);
    exit(1);
}

static int64_t
now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double
cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double
resident_kb(void)
{
    long total;
    long resident = 0;
    FILE *in = fopen("/proc/self/statm", "r");
    if (!in || fscanf(in, "%ld %ld", &total, &resident) != 2) {
        stop("memory", "/proc/self/statm cannot be read");
    }
    (void)fclose(in);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* The server: takes COUNT connections, answers each at once with a head, then sends. */
static void
send_chunk(int fd)
{
    char text[CHUNK + 1];
    char chunk[CHUNK + 32];
    int len = snprintf(text, sizeof(text), "%020lld", (long long)now_us());
    memset(text + len, 'x', sizeof(text) - 1 - (size_t)len);
    text[CHUNK] = '\0';
    len = snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n", CHUNK, text);
    (void)send(fd, chunk, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
take_connection(int listener, int *ret)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    char request[4096];
    int on = 1;
    *ret = accept(listener, NULL, NULL);
    if (*ret < 0 || recv(*ret, request, sizeof(request), 0) <= 0) {
        stop("server", "no connection");
    }
    (void)setsockopt(*ret, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)send(*ret, head, sizeof(head) - 1, MSG_NOSIGNAL);
}

_Noreturn static void
serve(int listener, size_t count, int64_t interval_us, size_t batch, int go)
{
    int *fds = calloc(count, sizeof(*fds));
    char byte;
    for (size_t i = 0; i < count; i++) {
        take_connection(listener, &fds[i]);
    }
    if (read(go, &byte, 1) != 1) {
        _exit(0);
    }
    int64_t begun = now_us();
    for (uint64_t sent = 0;; sent += batch) {
        int64_t due = begun + (int64_t)(sent * (uint64_t)interval_us / count);
        int64_t wait = due - now_us();
        if (wait > 0) {
            (void)usleep((useconds_t)wait);
        }
        struct pollfd gone = {.fd = go, .events = POLLIN};
        if (poll(&gone, 1, 0) > 0) {
            _exit(0);
        }
        for (size_t i = 0; i < batch; i++) {
            send_chunk(fds[(sent + i) % count]);
        }
    }
}

static void
on_head(void *arg, const struct http_head *head)
{
    struct bench *b = arg;
    (void)head;
    if (++b->heads == b->call_count) {
        loop_stop(b->loop);
    }
}

static void
on_data(void *arg, struct str bytes)
{
    struct bench *b = arg;
    int64_t now = now_us();
    b->events++;
    for (size_t at = 0; at + CHUNK <= bytes.len; at += CHUNK) {
        b->chunks++;
        if (b->lag_count < LAGS_MAX) {
            b->lags[b->lag_count++] = (unsigned)(now - strtoll(bytes.ptr + at, NULL, 10));
        }
    }
}

static void
on_done(void *arg, int result, const struct err *err)
{
    (void)arg;
    (void)result;
    stop("a call ended", err ? err->message : "early");
}

static void
on_timer(struct loop_timer *timer)
{
    loop_stop(OWNER_OF(timer, struct bench, timer)->loop);
}

static int
by_value(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a;
    unsigned y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static void
start_calls(struct bench *b, int port)
{
    static const struct http_events events = {on_head, on_data, on_done};
    static const struct http_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/json")},
        {STR_INIT("Authorization"), STR_INIT("Bearer 0123456789012345678901234567890123456789")},
    };
    char url[64];
    struct err err = {0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/chat/completions", port);
    for (size_t i = 0; i < b->call_count; i++) {
        struct http_request request = {.method = STR("POST"),
                                       .url = str_c(url),
                                       .headers = headers,
                                       .header_count = 2,
                                       .body = STR("{\"messages\":[]}")};
        if (http_start(b->client, &request, &events, b, &b->calls[i], &err) < 0) {
            stop("start", err.message);
        }
    }
}

static void
run(struct bench *b)
{
    struct err err = {0};
    if (loop_run(b->loop, &err) < 0) {
        stop("loop", err.message);
    }
}

static void
measure(struct bench *b, int go, int port, double seconds)
{
    struct err err = {0};
    double memory = resident_kb();
    int64_t begun = now_us();
    start_calls(b, port);
    run(b);
    (void)printf("start       %8.0f us/call\n", (double)(now_us() - begun) / (double)b->call_count);
    (void)printf("memory      %8.1f KB/call\n", (resident_kb() - memory) / (double)b->call_count);
    if (loop_timer_init(&b->timer, b->loop, on_timer, &err) < 0 || write(go, "x", 1) != 1) {
        stop("timer", err.message);
    }
    double cpu = cpu_us();
    loop_timer_start(&b->timer, (int64_t)(seconds * 1000));
    run(b);
    cpu = cpu_us() - cpu;
    qsort(b->lags, b->lag_count, sizeof(*b->lags), by_value);
    if (b->lag_count == 0) {
        stop("server", "sent nothing");
    }
    (void)printf("chunks      %8.0f /s, in %zu events of %zu\n", (double)b->chunks / seconds,
                 b->events, b->chunks);
    (void)printf("processor   %8.2f us/chunk\n", cpu / (double)b->chunks);
    (void)printf("lag         %8.2f ms p50, %.2f ms p99\n",
                 (double)b->lags[b->lag_count / 2] / 1000,
                 (double)b->lags[b->lag_count * 99 / 100] / 1000);
}

static int
listen_somewhere(int *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
        stop("server", "cannot listen");
    }
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void
raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static double
argument(int argc, char **argv, int n, double standard)
{
    double value = argc > n ? strtod(argv[n], NULL) : standard;
    if (value <= 0) {
        stop(argv[n], "has to be above 0");
    }
    return value;
}

int
main(int argc, char **argv)
{
    struct bench b = {.call_count = (size_t)argument(argc, argv, 1, 1000)};
    int64_t interval_us = (int64_t)(argument(argc, argv, 2, 500) * 1000);
    double seconds = argument(argc, argv, 3, 3);
    size_t batch = (size_t)argument(argc, argv, 4, 1);
    struct http_client_options options = {0};
    struct err err = {0};
    int port;
    int go[2];
    raise_limit();
    (void)setenv("no_proxy", "*", 1);
    int listener = listen_somewhere(&port);
    if (pipe(go) != 0) {
        stop("server", "no pipe");
    }
    pid_t server = fork();
    if (server == 0) {
        (void)close(go[1]);
        serve(listener, b.call_count, interval_us, batch, go[0]);
    }
    (void)close(go[0]);
    b.calls = calloc(b.call_count, sizeof(struct http_call *));
    b.lags = calloc(LAGS_MAX, sizeof(*b.lags));
    if (loop_new(&b.loop, &err) < 0 || http_client_new(b.loop, &options, &b.client, &err) < 0) {
        stop("client", err.message);
    }
    measure(&b, go[1], port, seconds);
    for (size_t i = 0; i < b.call_count; i++) {
        http_cancel(b.calls[i]);
    }
    http_client_free(b.client);
    loop_timer_done(&b.timer);
    loop_free(b.loop);
    (void)close(go[1]);
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    free(b.calls);
    free(b.lags);
    return 0;
}
