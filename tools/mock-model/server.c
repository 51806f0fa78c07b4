#include "server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "reqlog.h"

enum {
    BODY_MAX = 32 * 1024 * 1024, /* what the largest of the services takes */
    HEADERS_MAX = 64 * 1024,
    REQUEST_ID = 48,
};

struct server {
    const struct server_options *options;
    struct event_base *base;
    struct evhttp *http;
    struct pacer *pacer;
    SSL_CTX *tls;
    uint64_t requests;
    bool log_failed;
};

/* One request while it is answered. */
struct turn {
    struct server *server;
    struct evhttp_request *request;
    struct arena arena;
    struct asked asked;
    const struct format *format;
    char id[REQUEST_ID];
};

static void
say(struct turn *t, const char *scenario, int status)
{
    struct server *s = t->server;
    if (!reqlog_write(s->options->log, &t->asked, scenario, status) && !s->log_failed) {
        s->log_failed = true;
        (void)fprintf(stderr, "mock-model: the log cannot be written; going on without\n");
    }
}

static void
add_header(struct turn *t, const char *name, const char *value)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(t->request), name, value);
}

static void
send_json(struct turn *t, int status, const struct buf *body)
{
    struct evbuffer *out = evbuffer_new();
    add_header(t, "content-type", "application/json");
    if (!out || body->failed || evbuffer_add(out, body->text, body->len)) {
        evhttp_send_error(t->request, 500, NULL);
    } else {
        evhttp_send_reply(t->request, status, NULL, out);
    }
    if (out) {
        evbuffer_free(out);
    }
}

/* Bedrock names requests by a UUID, the others by letters and digits. */
static void
name_request(struct turn *t)
{
    uint64_t key = str_hash(t->asked.body) + ++t->server->requests;
    if (t->format == &format_converse || t->format == &format_invoke) {
        uint64_t more = key * 0x9e3779b97f4a7c15U;
        (void)snprintf(t->id, sizeof(t->id), "%08x-%04x-4%03x-8%03x-%012llx",
                       (unsigned)(more & 0xffffffff), (unsigned)(more >> 32 & 0xffff),
                       (unsigned)(more >> 48 & 0xfff), (unsigned)(key & 0xfff),
                       (unsigned long long)(key >> 12 & 0xffffffffffff));
    } else {
        char letters[REPLY_ID];
        reply_id(key, 22, letters);
        (void)snprintf(t->id, sizeof(t->id), "req_01%s", letters);
    }
    add_header(t, t->format->request_id_header, t->id);
}

static void
send_refusal(struct turn *t, const struct refusal *refused, const char *scenario)
{
    AUTO(buf) struct buf body;
    const char *type = NULL;
    buf_init(&body, LIMIT_REPLY_BYTES);
    int status = t->format->refuse(refused, t->id, &body, &type);
    if (type) {
        add_header(t, "x-amzn-errortype", type);
    }
    if (refused->kind == REFUSED_THROTTLED && t->server->options->retry_after > 0 && !type) {
        char seconds[16];
        (void)snprintf(seconds, sizeof(seconds), "%u", t->server->options->retry_after);
        add_header(t, "retry-after", seconds);
    }
    say(t, scenario, status);
    send_json(t, status, &body);
}

static void
add_counts(struct turn *t, const struct reply *r)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld", (long long)r->input_tokens);
    add_header(t, "x-amzn-bedrock-input-token-count", text);
    (void)snprintf(text, sizeof(text), "%lld", (long long)r->output_tokens);
    add_header(t, "x-amzn-bedrock-output-token-count", text);
    add_header(t, "x-amzn-bedrock-invocation-latency", "1531");
}

static void
answer(struct turn *t)
{
    struct refusal refused = {0};
    const struct server_options *options = t->server->options;
    name_request(t);
    if (t->format->read(&t->asked, &refused)) {
        send_refusal(t, &refused, "");
        return;
    }
    const struct scenario *scenario = scenario_choose(t->asked.model);
    if (scenario_refuses(scenario, &options->scenario, &t->asked, &refused)) {
        send_refusal(t, &refused, scenario_name(scenario));
        return;
    }
    struct stream *stream = stream_new(t->format);
    if (stream) {
        scenario_answer(scenario, &options->scenario, &t->asked, &stream->arena, &stream->reply);
    }
    if (!stream || stream->arena.starved || t->arena.starved) {
        stream_free(stream);
        evhttp_send_error(t->request, 500, "out of memory");
        return;
    }
    add_header(t, "content-type", t->asked.stream ? t->format->stream_type : "application/json");
    if (t->format == &format_invoke && !t->asked.stream) {
        add_counts(t, &stream->reply);
    } else if (t->format == &format_invoke) {
        add_header(t, "x-amzn-bedrock-content-type", "application/json");
    }
    say(t, scenario_name(scenario), 200);
    stream_send_take(t->server->pacer, stream, t->request, !t->asked.stream);
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* ID without its percent signs. */
static struct str
decode(struct turn *t, struct str id)
{
    size_t length = 0;
    char *plain = arena_alloc(&t->arena, id.len + 1);
    for (size_t i = 0; plain && i < id.len; i++) {
        int high = id.ptr[i] == '%' && i + 2 < id.len ? hex_digit(id.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(id.ptr[i + 2]) : -1;
        plain[length++] = low >= 0 ? (char)(high * 16 + low) : id.ptr[i];
        i += low >= 0 ? 2 : 0;
    }
    return (struct str){plain, length};
}

/* /model/ID/OPERATION, ID being one segment. */
static bool
find_bedrock(struct turn *t, struct str path)
{
    static const struct {
        const char *name;
        const struct format *format;
        bool stream;
    } operations[] = {
        {"converse", &format_converse, false},
        {"converse-stream", &format_converse, true},
        {"invoke", &format_invoke, false},
        {"invoke-with-response-stream", &format_invoke, true},
    };
    struct str id;
    path = str_sub(path, STR("/model/").len, SIZE_MAX);
    if (!str_split(&path, '/', &id) || id.len == 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        if (str_eq_c(path, operations[i].name)) {
            t->asked.model = decode(t, id);
            t->format = operations[i].format;
            t->asked.stream = operations[i].stream;
            return true;
        }
    }
    return false;
}

static bool
find_format(struct turn *t, struct str path)
{
    if (str_starts(path, STR("/model/"))) {
        return find_bedrock(t, path);
    }
    if (str_eq_c(path, "/v1/messages")) {
        t->format = &format_anthropic;
    } else if (str_eq_c(path, "/v1/chat/completions") || str_eq_c(path, "/chat/completions") ||
               str_eq_c(path, "/openai/v1/chat/completions")) {
        t->format = &format_openai;
    }
    return t->format != NULL;
}

static void
send_models(struct turn *t)
{
    AUTO(buf) struct buf body;
    struct js_out json;
    const char *name;
    const char *help;
    char id[64];
    buf_init(&body, LIMIT_REPLY_BYTES);
    js_out_init(&json, &body);
    js_begin_object(&json);
    js_put_str(&json, "object", STR("list"));
    js_key(&json, STR("data"));
    js_begin_array(&json);
    for (size_t i = 0; scenario_at(i, &name, &help); i++) {
        (void)snprintf(id, sizeof(id), "mock.%s", name);
        js_begin_object(&json);
        js_put_str(&json, "id", str_c(id));
        js_put_str(&json, "object", STR("model"));
        js_put_int(&json, "created", 1768478400);
        js_put_str(&json, "owned_by", STR("mock-model"));
        js_end_object(&json);
    }
    js_end_array(&json);
    js_end_object(&json);
    say(t, "models", 200);
    send_json(t, 200, &body);
}

static void
send_health(struct turn *t)
{
    AUTO(buf) struct buf body;
    const struct server *s = t->server;
    buf_init(&body, LIMIT_REPLY_BYTES);
    buf_printf(&body, "{\"status\":\"ok\",\"requests\":%llu,\"streams\":%zu,\"pieces\":%llu}",
               (unsigned long long)s->requests, pacer_streams(s->pacer),
               (unsigned long long)pacer_pieces(s->pacer));
    send_json(t, 200, &body);
}

static void
send_unknown(struct turn *t)
{
    AUTO(buf) struct buf body;
    buf_init(&body, LIMIT_REPLY_BYTES);
    buf_add_c(&body, "{\"message\":\"Not Found\"}");
    add_header(t, "x-amzn-errortype", "UnknownOperationException");
    say(t, "", 404);
    send_json(t, 404, &body);
}

/* Headers in the order they came, names in lower case. */
static void
copy_headers(struct turn *t)
{
    struct evkeyvalq *in = evhttp_request_get_input_headers(t->request);
    struct evkeyval *one;
    size_t count = 0;
    TAILQ_FOREACH(one, in, next)
    {
        count++;
    }
    t->asked.headers = arena_zero(&t->arena, count + 1, sizeof(*t->asked.headers));
    TAILQ_FOREACH(one, in, next)
    {
        struct str name = arena_str(&t->arena, str_c(one->key));
        if (!t->asked.headers || !name.ptr) {
            return;
        }
        char *letters = memcpy((char *)(uintptr_t)name.ptr, one->key, name.len);
        for (size_t i = 0; i < name.len; i++) {
            letters[i] =
                (char)(letters[i] >= 'A' && letters[i] <= 'Z' ? letters[i] + 32 : letters[i]);
        }
        t->asked.headers[t->asked.header_count++] = (struct header){name, str_c(one->value)};
    }
}

/* Small writes go out at once: Nagle would hold a piece back until the client acknowledged the one
 * before. */
static void
set_nodelay(struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void
route(struct turn *t)
{
    struct str path = str_sub(t->asked.target, 0, str_find_char(t->asked.target, '?', 0));
    bool get = str_eq_c(t->asked.method, "GET");
    if (get && str_eq_c(path, "/health")) {
        send_health(t);
    } else if (get && (str_eq_c(path, "/v1/models") || str_eq_c(path, "/models"))) {
        send_models(t);
    } else if (!get && find_format(t, path)) {
        answer(t);
    } else {
        send_unknown(t);
    }
}

static void
on_request(struct evhttp_request *request, void *server)
{
    struct server *s = server;
    struct turn t = {.server = s, .request = request};
    struct evbuffer *in = evhttp_request_get_input_buffer(request);
    const char *target = evhttp_request_get_uri(request);
    if (!target) {
        /* libevent asks again for a request that it could not read. */
        evhttp_send_error(request, HTTP_BADREQUEST, NULL);
        return;
    }
    t.asked.arena = &t.arena;
    t.asked.method =
        evhttp_request_get_command(request) == EVHTTP_REQ_GET ? STR("GET") : STR("POST");
    t.asked.target = str_c(target);
    t.asked.body = (struct str){(const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in)};
    t.asked.aws_secret = str_c(s->options->aws_secret);
    copy_headers(&t);
    set_nodelay(request);
    route(&t);
    arena_done(&t.arena);
}

static struct bufferevent *
accept_tls(struct event_base *base, void *server)
{
    struct server *s = server;
    SSL *ssl = SSL_new(s->tls);
    if (!ssl) {
        return NULL;
    }
    return bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

static int
set_tls(struct server *s, struct err *err)
{
    const struct server_options *o = s->options;
    s->tls = SSL_CTX_new(TLS_server_method());
    if (!s->tls || SSL_CTX_use_certificate_chain_file(s->tls, o->tls_certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(s->tls, o->tls_key, SSL_FILETYPE_PEM) != 1) {
        return err_set(err, ERR_INVALID,
                       "%s, %s: no PEM certificate with its key: make a pair with openssl req",
                       o->tls_certificate, o->tls_key);
    }
    evhttp_set_bevcb(s->http, accept_tls, s);
    return 0;
}

void
server_free(struct server *s)
{
    if (s) {
        if (s->http) {
            evhttp_free(s->http);
        }
        pacer_free(s->pacer);
        SSL_CTX_free(s->tls);
        mem_free(s);
    }
}

int
server_new(struct event_base *base, int listener, const struct server_options *options,
           struct server **ret, struct err *err)
{
    struct server *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    s->options = options;
    s->base = base;
    s->http = evhttp_new(base);
    s->pacer = pacer_new(base, &options->pacer);
    if (!s->http || !s->pacer) {
        server_free(s);
        return err_nomem(err);
    }
    evhttp_set_gencb(s->http, on_request, s);
    evhttp_set_allowed_methods(s->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_max_body_size(s->http, BODY_MAX);
    evhttp_set_max_headers_size(s->http, HEADERS_MAX);
    evhttp_set_default_content_type(s->http, NULL);
    int status = options->tls_certificate ? set_tls(s, err) : 0;
    if (!status && evhttp_accept_socket(s->http, listener) != 0) {
        status = err_set(err, ERR_IO, "the listening socket cannot be watched");
    }
    if (status) {
        server_free(s);
        return status;
    }
    *ret = s;
    return 0;
}
