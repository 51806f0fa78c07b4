#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/must.h"
#include "io/address.h"
#include "io/http_client_impl.h"

enum {
    /* curl's smallest; its default of 16 KB a call is for downloads. A model's delta fits, and with
     * this a waiting call takes less than 14 KB (bench-http). */
    RECEIVE_BUFFER = 1024,
    SEND_BUFFER = 16384, /* curl's smallest; bodies above 64 KB go through one */
    /* Seconds after which a connection is not used again: a name may have moved. */
    CONNECTION_LIFE_S = 300,
    CONNECT_MS = 10000,
    FIRST_BYTE_MS = 60000,
    STALL_MS = 60000,
};

/* RFC 9110's token: what a method and a header's name are made of. */
static bool
is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return s.len > 0;
}

/* Names no value: it may be a credential. */
static int
check_header(const struct http_header *h, struct err *err)
{
    static const char *const own[] = {"Content-Length", "Transfer-Encoding", "Expect"};
    if (!is_token(h->name)) {
        return err_set(err, ERR_INVALID, "HTTP header: its name may hold letters, digits and -");
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (str_eq_nocase(h->name, str_c(own[i]))) {
            return err_set(err, ERR_INVALID, "HTTP header %s: is not for the request to set",
                           own[i]);
        }
    }
    for (size_t i = 0; i < h->value.len; i++) {
        char c = h->value.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0') {
            return err_set(err, ERR_INVALID,
                           "HTTP header %" STR_FMT ": its value holds a line break or a NUL",
                           STR_ARG(h->name));
        }
    }
    return 0;
}

static int
check_url(struct str url, struct err *err)
{
    if (url.len > LIMIT_URL_BYTES) {
        return err_set(err, ERR_INVALID, "URL: longer than %d bytes", LIMIT_URL_BYTES);
    }
    struct str scheme = str_sub(url, 0, str_find(url, STR("://"), 0));
    if (scheme.len == url.len ||
        (!str_eq_nocase(scheme, STR("http")) && !str_eq_nocase(scheme, STR("https")))) {
        return err_set(err, ERR_INVALID, "URL: has to begin with https:// or http://");
    }
    struct str host = str_sub(url, scheme.len + 3, 1);
    if (host.len == 0 || host.ptr[0] == '/') {
        return err_set(err, ERR_INVALID, "URL: names no host"); /* curl would take the path's */
    }
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7f || url.ptr[i] == '#') {
            return err_set(err, ERR_INVALID,
                           "URL: holds a space, a control, a '#' or a letter outside ASCII; write "
                           "it as %%XX");
        }
    }
    return 0;
}

static int
check_request(const struct http_request *r, struct err *err)
{
    if (!is_token(r->method)) {
        return err_set(err, ERR_INVALID, "HTTP method: has to be a word like POST");
    }
    int result = check_url(r->url, err);
    for (size_t i = 0; result == 0 && i < r->header_count; i++) {
        result = check_header(&r->headers[i], err);
    }
    return result;
}

/* True where curl took the option. VALUE has to be of the option's type, long for numbers: nothing
 * checks it. */
#define SET(call, option, value)                                                                   \
    ((call)->client->curl.curl_easy_setopt((call)->easy, (option), (value)) == CURLE_OK)

/* "host:port" of URL, owned, or NULL with ERR: for curl's own parser decides what is a URL. */
static int
parse_peer(const struct curl *curl, const char *url, char **ret, struct err *err)
{
    CURLU *parsed = curl->curl_url();
    char *host = NULL;
    char *port = NULL;
    CURLUcode code = parsed ? curl->curl_url_set(parsed, CURLUPART_URL, url, CURLU_PATH_AS_IS)
                            : CURLUE_OUT_OF_MEMORY;
    code = code ? code : curl->curl_url_get(parsed, CURLUPART_HOST, &host, 0);
    code = code ? code : curl->curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    char *peer = NULL;
    if (code == CURLUE_OK) {
        size_t size = strlen(host) + strlen(port) + 2;
        peer = mem_alloc(size);
        if (peer) {
            (void)snprintf(peer, size, "%s:%s", host, port);
        }
    }
    curl->curl_free(host);
    curl->curl_free(port);
    curl->curl_url_cleanup(parsed);
    if (code != CURLUE_OK && code != CURLUE_OUT_OF_MEMORY) {
        return err_set(err, ERR_INVALID, "URL: %s", curl->curl_url_strerror(code));
    }
    *ret = peer;
    return peer ? 0 : err_nomem(err);
}

/* Headers may hold keys. */
static void
free_headers(struct http_call *call)
{
    for (struct curl_slist *at = call->headers; at; at = at->next) {
        explicit_bzero(at->data, strlen(at->data));
    }
    call->client->curl.curl_slist_free_all(call->headers);
}

static bool
add_line(struct http_call *call, const char *line)
{
    struct curl_slist *grown = call->client->curl.curl_slist_append(call->headers, line);
    if (grown) {
        call->headers = grown;
    }
    return grown != NULL;
}

static bool
add_header(struct http_call *call, const struct http_header *h)
{
    size_t size = h->name.len + h->value.len + 3;
    char *line = mem_alloc(size);
    if (!line) {
        return false;
    }
    struct str value = str_trim(h->value);
    /* "Name:" would take a header of curl's own away; "Name;" is one without a value. */
    (void)snprintf(line, size, value.len ? "%.*s: %.*s" : "%.*s;%.*s", STR_ARG(h->name),
                   STR_ARG(value));
    bool good = add_line(call, line);
    explicit_bzero(line, size);
    mem_free(line);
    return good;
}

static bool
set_headers(struct http_call *call, const struct http_request *r)
{
    bool typed = false;
    for (size_t i = 0; i < r->header_count; i++) {
        typed = typed || str_eq_nocase(r->headers[i].name, STR("Content-Type"));
        if (!add_header(call, &r->headers[i])) {
            return false;
        }
    }
    /* What curl would add by itself. */
    return add_line(call, "Expect:") && (typed || add_line(call, "Content-Type:")) &&
           SET(call, CURLOPT_HTTPHEADER, call->headers);
}

static bool
set_method(struct http_call *call, const struct http_request *r)
{
    if (str_eq_c(r->method, "HEAD")) {
        return SET(call, CURLOPT_NOBODY, 1L);
    }
    if (str_eq_c(r->method, "GET") && r->body.len == 0) {
        return SET(call, CURLOPT_HTTPGET, 1L);
    }
    if (!SET(call, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len) ||
        !SET(call, CURLOPT_POSTFIELDS, r->body.len ? r->body.ptr : "")) {
        return false;
    }
    if (str_eq_c(r->method, "POST")) {
        return true;
    }
    AUTO(mem) char *method = mem_str(r->method);
    return method && SET(call, CURLOPT_CUSTOMREQUEST, method);
}

/* curl asks here with each address it is about to connect to, after names were resolved. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_call *call = arg;
    (void)purpose;
    MUST_MAGIC(call, HTTP_CALL_MAGIC);
    if (call->public_only && !address_sockaddr_is_public(&address->addr, address->addrlen)) {
        call->kept_out = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool
set_connection(struct http_call *call, const struct http_request *r, const char *url,
               const char *ca_file)
{
    bool tls = str_eq_nocase(str_sub(r->url, 0, 5), STR("https"));
    bool alone = call->public_only && !call->client->public_only;
    return SET(call, CURLOPT_URL, url) && SET(call, CURLOPT_PATH_AS_IS, 1L) &&
           SET(call, CURLOPT_PROTOCOLS_STR, "http,https") &&
           SET(call, CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(call, CURLOPT_HTTP_VERSION,
               (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)) &&
           SET(call, CURLOPT_PIPEWAIT, tls ? 1L : 0L) && SET(call, CURLOPT_NOSIGNAL, 1L) &&
           SET(call, CURLOPT_FRESH_CONNECT, r->send_once || alone ? 1L : 0L) &&
           SET(call, CURLOPT_FORBID_REUSE, alone ? 1L : 0L) &&
           (!(r->direct || call->public_only) || SET(call, CURLOPT_NOPROXY, "*")) &&
           SET(call, CURLOPT_CAINFO, tls ? ca_file : NULL) && SET(call, CURLOPT_CAPATH, NULL) &&
           SET(call, CURLOPT_PROXY_CAPATH, NULL) &&
           SET(call, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           SET(call, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms) &&
           SET(call, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S) &&
           SET(call, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
           SET(call, CURLOPT_OPENSOCKETDATA, call) &&
           SET(call, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static bool
set_answer(struct http_call *call)
{
    return SET(call, CURLOPT_PRIVATE, call) && SET(call, CURLOPT_ERRORBUFFER, call->words) &&
           SET(call, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER) &&
           SET(call, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER) &&
           SET(call, CURLOPT_HEADERFUNCTION, http_answer_header) &&
           SET(call, CURLOPT_HEADERDATA, call) &&
           SET(call, CURLOPT_WRITEFUNCTION, http_answer_data) &&
           SET(call, CURLOPT_WRITEDATA, call) &&
           SET(call, CURLOPT_USERAGENT, "deskhand/" DESKHAND_VERSION);
}

static int64_t
or_default(int64_t ms, int64_t standard)
{
    return ms > 0 ? ms : standard;
}

static struct http_call *
new_call(struct http_client *c, const struct http_request *r, const char *peer)
{
    size_t size = strlen(peer) + 1;
    struct http_call *call = mem_zero(1, sizeof(*call) + size);
    if (!call) {
        return NULL;
    }
    memcpy(call->peer, peer, size);
    call->magic = HTTP_CALL_MAGIC;
    call->client = c;
    call->connect_ms = or_default(r->connect_ms, CONNECT_MS);
    call->first_byte_ms = or_default(r->first_byte_ms, FIRST_BYTE_MS);
    call->stall_ms = or_default(r->stall_ms, STALL_MS);
    call->total_ms = r->total_ms;
    call->public_only = r->public_only || c->public_only;
    call->body_len = r->body.len;
    call->answer_max = r->answer_max ? r->answer_max : LIMIT_HTTP_ANSWER_BYTES;
    buf_init(&call->head, LIMIT_HTTP_HEADER_BYTES);
    call->easy = c->curl.curl_easy_init();
    return call;
}

int
http_request_make(struct http_client *c, const struct http_request *request, struct http_call **ret,
                  struct err *err)
{
    int result = check_request(request, err);
    if (result < 0) {
        return result;
    }
    AUTO(mem) char *url = mem_str(request->url);
    AUTO(mem)
    char *ca_file = request->ca_file.len ? mem_str(request->ca_file) : mem_str(str_c(c->ca_file));
    AUTO(mem) char *peer = NULL;
    if (!url || !ca_file) {
        return err_nomem(err);
    }
    result = parse_peer(&c->curl, url, &peer, err);
    if (result < 0) {
        return result;
    }
    struct http_call *call = new_call(c, request, peer);
    if (!call || !call->easy || !set_connection(call, request, url, ca_file) || !set_answer(call) ||
        !set_method(call, request) || !set_headers(call, request)) {
        http_request_free(call);
        return err_nomem(err);
    }
    *ret = call;
    return 0;
}

/* curl counts what it handed to the socket, or into HTTP/2's frames, anew with each try. It reads a
 * body again where a kept connection proved dead (never after a byte of answer), where it logs in
 * by several steps (nobody asks it to), and where it follows a redirect (it does not). */
bool
http_call_has_sent(const struct http_call *call)
{
    curl_off_t sent = 0;
    MUST_MAGIC(call, HTTP_CALL_MAGIC);
    CURLcode code = call->client->curl.curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    return call->status != 0 && code == CURLE_OK && sent >= (curl_off_t)call->body_len;
}

void
http_request_free(struct http_call *call)
{
    if (!call) {
        return;
    }
    loop_timer_done(&call->timer);
    call->client->curl.curl_easy_cleanup(call->easy);
    free_headers(call);
    buf_done(&call->head);
    call->magic = 0;
    mem_free(call);
}
