/* mock-model: a model server to test against. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "reqlog.h"
#include "server.h"

enum { PROCESSES_MAX = 64, BACKLOG = 4096, EXIT_WRONG_USAGE = 2 };

struct options {
    struct server_options server;
    int port;
    int processes;
    const char *log;
    bool help;
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"token-ms", required_argument, NULL, 'm'},
    {"tokens", required_argument, NULL, 'n'},
    {"stamp", no_argument, NULL, 's'},
    {"seed", required_argument, NULL, 'e'},
    {"throttle", required_argument, NULL, 't'},
    {"retry-after", required_argument, NULL, 'r'},
    {"log", required_argument, NULL, 'l'},
    {"tls-cert", required_argument, NULL, 'c'},
    {"tls-key", required_argument, NULL, 'k'},
    {"aws-secret", required_argument, NULL, 'a'},
    {"processes", required_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void
say_help(void)
{
    const char *name;
    const char *help;
    (void)fputs(
        "usage: mock-model [OPTION...]\n"
        "Answers like a model service, on 127.0.0.1, the same for the same request.\n"
        "The first line of output is `listening on 127.0.0.1:PORT`. Ends at SIGTERM.\n\n"
        "  --port N           where to listen; 0, the default, is any free port\n"
        "  --token-ms N       milliseconds between two pieces of an answer (0)\n"
        "  --tokens N         pieces of a text (12)\n"
        "  --stamp            pieces of text are `w` and eleven digits: the microseconds of\n"
        "                     CLOCK_MONOTONIC, modulo 10^11, at which they are sent\n"
        "  --seed N           another seed, other words and ids (0)\n"
        "  --throttle N       how often `throttled` refuses before it answers (1)\n"
        "  --retry-after N    seconds that a 429 names, but not Bedrock's; 0: none (1)\n"
        "  --log FILE         append a JSON line for each request; secrets as hashes\n"
        "  --tls-cert FILE    speak TLS, with this PEM certificate chain\n"
        "  --tls-key FILE     and this key\n"
        "  --aws-secret KEY   recompute the signatures of Bedrock requests with it\n"
        "  --processes N      that many processes share the port (1)\n\n"
        "  POST /model/ID/converse, converse-stream, invoke, invoke-with-response-stream\n"
        "  POST /v1/messages; /v1/chat/completions, /chat/completions\n"
        "  GET  /v1/models, /health\n\n"
        "The longest of these names that the model's id contains decides the answer:\n\n",
        stdout);
    for (size_t i = 0; scenario_at(i, &name, &help); i++) {
        (void)printf("  %-18s %s\n", name, help);
    }
    (void)fputs("\nExample: mock-model --port 8099 --token-ms 20, then as model mock.tool\n",
                stdout);
}

/* TEXT as a whole number of LOW..HIGH; says what is wrong. */
static bool
read_number(const char *option, const char *text, int64_t low, int64_t high, int64_t *ret)
{
    if (str_to_i64(str_c(text), ret) && *ret >= low && *ret <= high) {
        return true;
    }
    (void)fprintf(stderr, "mock-model: --%s: '%s' is no number of %lld to %lld\n", option, text,
                  (long long)low, (long long)high);
    return false;
}

static bool
set_number(struct options *o, int which, const char *option, const char *text)
{
    int64_t n = 0;
    int64_t high = which == 'p'   ? 65535
                   : which == 'j' ? PROCESSES_MAX
                   : which == 'e' ? INT64_MAX
                                  : 1000000;
    int64_t low = which == 'n' || which == 'j' ? 1 : 0;
    if (!read_number(option, text, low, high, &n)) {
        return false;
    }
    switch (which) {
    case 'p':
        o->port = (int)n;
        break;
    case 'm':
        o->server.pacer.token_ms = (unsigned)n;
        break;
    case 'n':
        o->server.scenario.tokens = (size_t)n;
        break;
    case 'e':
        o->server.scenario.seed = (uint64_t)n;
        break;
    case 't':
        o->server.scenario.throttle = (unsigned)n;
        break;
    case 'r':
        o->server.retry_after = (unsigned)n;
        break;
    default:
        o->processes = (int)n;
        break;
    }
    return true;
}

static bool
set_option(struct options *o, int which, const char *option, const char *text)
{
    switch (which) {
    case 'h':
        o->help = true;
        return true;
    case 's':
        o->server.pacer.stamp = o->server.scenario.stamp = true;
        return true;
    case 'l':
        o->log = text;
        return true;
    case 'c':
        o->server.tls_certificate = text;
        return true;
    case 'k':
        o->server.tls_key = text;
        return true;
    case 'a':
        o->server.aws_secret = text;
        return true;
    case '?':
        return false;
    default:
        return set_number(o, which, option, text);
    }
}

static bool
read_options(int argc, char **argv, struct options *o)
{
    int index = 0;
    int which;
    while ((which = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        const char *name = which == '?' ? "" : long_options[index].name;
        if (!set_option(o, which, name, optarg)) {
            return false;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "mock-model: '%s' is no option: see --help\n", argv[optind]);
        return false;
    }
    if (!o->server.tls_certificate != !o->server.tls_key) {
        (void)fprintf(stderr, "mock-model: --tls-cert and --tls-key go together\n");
        return false;
    }
    return true;
}

/* A socket that listens on *PORT, which is filled in when it was 0. */
static int
listen_on(int *port, bool shared, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)*port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return err_set_errno(err, errno, "socket");
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if ((shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int)) != 0) ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        int status = err_set_errno(err, errno, "listen on 127.0.0.1:%d", *port);
        (void)close(fd);
        return status;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static void
on_signal(evutil_socket_t number, short what, void *base)
{
    (void)number;
    (void)what;
    (void)event_base_loopbreak(base);
}

/* Timers of a millisecond need the precise clock; one thread needs no locks. */
static struct event_base *
new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config) {
        return NULL;
    }
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int
serve(int listener, const struct server_options *options, struct err *err)
{
    struct server *server = NULL;
    struct event *term = NULL;
    struct event *interrupt = NULL;
    struct event_base *base = new_base();
    int status = base ? server_new(base, listener, options, &server, err) : err_nomem(err);
    if (!status) {
        term = evsignal_new(base, SIGTERM, on_signal, base);
        interrupt = evsignal_new(base, SIGINT, on_signal, base);
        if (!term || !interrupt || event_add(term, NULL) || event_add(interrupt, NULL)) {
            status = err_nomem(err);
        } else {
            (void)event_base_dispatch(base);
        }
    }
    if (term) {
        event_free(term);
    }
    if (interrupt) {
        event_free(interrupt);
    }
    server_free(server);
    if (base) {
        event_base_free(base);
    }
    return status;
}

/* The processes beside the first; they die with it. Which one this is: 0 in the first; -1. */
static int
fork_others(int processes)
{
    pid_t first = getpid();
    for (int i = 1; i < processes; i++) {
        pid_t child = fork();
        if (child < 0) {
            return -1;
        }
        if (child == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
            return getppid() == first ? i : -1;
        }
    }
    return 0;
}

static void
allow_many_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int
run(struct options *o, struct err *err)
{
    struct throttle *throttles =
        mmap(NULL, sizeof(*throttles), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (throttles == MAP_FAILED) {
        return err_nomem(err);
    }
    o->server.scenario.throttles = throttles;
    if (o->log && reqlog_open(o->log, &o->server.log, err)) {
        return err->code;
    }
    bool shared = o->processes > 1;
    int listener = listen_on(&o->port, shared, err);
    if (listener < 0) {
        return listener;
    }
    (void)printf("listening on 127.0.0.1:%d\n", o->port);
    (void)fflush(stdout);
    int which = fork_others(o->processes);
    if (which < 0) {
        return err_set(err, ERR_IO, "--processes %d: they cannot be started", o->processes);
    }
    if (which > 0) {
        (void)close(listener);
        listener = listen_on(&o->port, shared, err);
    }
    int status = listener < 0 ? listener : serve(listener, &o->server, err);
    if (o->server.log >= 0) {
        (void)close(o->server.log);
    }
    (void)munmap(throttles, sizeof(*throttles));
    return status;
}

int
main(int argc, char **argv)
{
    struct options o = {
        .processes = 1,
        .server = {.scenario = {.tokens = 12, .throttle = 1}, .retry_after = 1, .log = -1}};
    struct err err;
    if (!read_options(argc, argv, &o)) {
        return EXIT_WRONG_USAGE;
    }
    if (o.help) {
        say_help();
        return 0;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    allow_many_connections();
    if (run(&o, &err)) {
        (void)fprintf(stderr, "mock-model: %s\n", err.message);
        return 1;
    }
    return 0;
}
