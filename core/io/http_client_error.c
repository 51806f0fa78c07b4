#include <curl/curl.h>
#include <string.h>

#include "base/must.h"
#include "io/http_client_impl.h"

enum { SECOND = 1000 };

/* Curl codes whose words stand by themselves. */
struct meaning {
    CURLcode code;
    bool retryable;
    bool own_words; /* curl's own add something: which certificate, which signal */
    const char *what;
};

static const struct meaning meanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, true, false,
     "no such host, or no name server answered; check the name and the network"},
    {CURLE_COULDNT_RESOLVE_PROXY, true, false,
     "its proxy's name is not known; check http_proxy, https_proxy and all_proxy"},
    {CURLE_GOT_NOTHING, true, false, "closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, true, false, "closed the connection in the middle of its answer"},
    {CURLE_RECV_ERROR, true, true, "the connection broke"},
    {CURLE_SEND_ERROR, true, true, "the connection broke while the request was sent"},
    {CURLE_HTTP2, true, true, "the connection broke"},
    {CURLE_HTTP2_STREAM, true, true, "the server broke the answer off"},
    {CURLE_SSL_CONNECT_ERROR, false, true, "no TLS connection"},
    {CURLE_SSL_CIPHER, false, true, "no TLS connection"},
    {CURLE_PEER_FAILED_VERIFICATION, false, true,
     "its certificate does not verify; ca_file names the file of those to trust"},
    {CURLE_SSL_ISSUER_ERROR, false, true, "its certificate does not verify"},
    {CURLE_SSL_CACERT_BADFILE, false, true,
     "the file of certificates to trust cannot be read; install ca-certificates or set ca_file"},
    {CURLE_WEIRD_SERVER_REPLY, false, false, "what it sends is not HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, false, false, "what it sends is not HTTP"},
};

static int
time_error(const struct http_call *call, const char *what, int64_t ms, struct err *err)
{
    if (ms % SECOND == 0) {
        (void)err_set(err, ERR_TIMEOUT, "%s: %s %lld s", call->peer, what,
                      (long long)(ms / SECOND));
    } else {
        (void)err_set(err, ERR_TIMEOUT, "%s: %s %lld ms", call->peer, what, (long long)ms);
    }
    return err_retryable(err);
}

/* We ended it. */
static int
verdict_error(const struct http_call *call, struct err *err)
{
    switch (call->verdict) {
    case HTTP_NOMEM:
        return err_nomem(err);
    case HTTP_TOO_LARGE:
        return err_set(err, ERR_LIMIT, "%s: its answer is larger than %zu bytes", call->peer,
                       call->answer_max);
    case HTTP_HEAD_LARGE:
        return err_set(err, ERR_LIMIT, "%s: the head of its answer is too large", call->peer);
    case HTTP_NOT_HTTP:
        return err_set(err, ERR_REMOTE, "%s: what it sends is not HTTP", call->peer);
    case HTTP_NO_HEAD_TIME:
        return time_error(call, "no answer within", call->first_byte_ms, err);
    case HTTP_STALLED:
        return time_error(call, "its answer stopped half-way, nothing came for", call->stall_ms,
                          err);
    case HTTP_TOTAL_TIME:
        (void)time_error(call, "its answer was not complete within", call->total_ms, err);
        err->retryable = false; /* the caller's time is up */
        return ERR_TIMEOUT;
    case HTTP_FINE:
    case HTTP_GONE:
        break;
    }
    unreachable();
}

/* Refused, unreachable: errno says which. Where curl did not try the host itself, it tried the
 * proxy, and its words say so. */
static int
connect_error(const struct http_call *call, struct err *err)
{
    if (call->kept_out) {
        return err_set(err, ERR_AUTH,
                       "%s: has no public address, and requests to others are not allowed here",
                       call->peer);
    }
    long seen = 0;
    char words[64];
    (void)call->client->curl.curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &seen);
    const char *why = seen ? strerror_r((int)seen, words, sizeof(words)) : "no connection";
    size_t host = strcspn(call->peer, ":");
    bool named = call->peer[0] == '[' ||
                 str_find(str_c(call->words), (struct str){call->peer, host}, 0) != SIZE_MAX;
    (void)err_set(err, ERR_REMOTE, "%s: %s%s%s", call->peer, why,
                  named ? "; is it running, and is the port right?" : ": ",
                  named ? "" : call->words);
    err->saved_errno = (int)seen;
    return err_retryable(err);
}

/* A handshake that broke may work the next time, one that was refused will not. */
static bool
is_reset(const struct http_call *call)
{
    struct str words = str_c(call->words);
    return str_find(words, STR("SYSCALL"), 0) != SIZE_MAX ||
           str_find(words, STR("reset"), 0) != SIZE_MAX ||
           str_find(words, STR("unexpected eof"), 0) != SIZE_MAX;
}

static int
curl_error(const struct http_call *call, CURLcode code, struct err *err)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *m = &meanings[i];
        if (m->code != code) {
            continue;
        }
        bool more = m->own_words && call->words[0];
        (void)err_set(err, ERR_REMOTE, "%s: %s%s%s%s", call->peer, m->what, more ? " (" : "",
                      more ? call->words : "", more ? ")" : "");
        err->retryable = m->retryable || (code == CURLE_SSL_CONNECT_ERROR && is_reset(call));
        return err->code;
    }
    return err_set(err, ERR_REMOTE, "%s: %s", call->peer,
                   call->client->curl.curl_easy_strerror(code));
}

/* curl has one code for "no memory" and for a header line above its maximum of 100 KB, and says no
 * more. While a head is coming in, and as much memory is there to be had, it is the line. */
static int
memory_error(const struct http_call *call, struct err *err)
{
    curl_off_t first_byte = 0;
    (void)call->client->curl.curl_easy_getinfo(call->easy, CURLINFO_STARTTRANSFER_TIME_T,
                                               &first_byte);
    AUTO(mem)
    void *probe = call->status == 0 && first_byte > 0 ? mem_alloc(CURL_MAX_HTTP_HEADER) : NULL;
    return probe ? err_set(err, ERR_LIMIT, "%s: the head of its answer is too large", call->peer)
                 : err_nomem(err);
}

int
http_call_error(const struct http_call *call, CURLcode code, struct err *err)
{
    if (call->verdict != HTTP_FINE) {
        return verdict_error(call, err);
    }
    switch (code) {
    case CURLE_OK:
        if (call->status) {
            return 0;
        }
        /* To curl an answer that ends in its first lines is one without a body. */
        (void)err_set(err, ERR_REMOTE, "%s: closed the connection in the head of its answer",
                      call->peer);
        return err_retryable(err);
    case CURLE_OUT_OF_MEMORY:
        return memory_error(call, err);
    case CURLE_OPERATION_TIMEDOUT:
        return time_error(call, "no connection within", call->connect_ms, err);
    case CURLE_COULDNT_CONNECT:
        return connect_error(call, err);
    default:
        return curl_error(call, code, err);
    }
}
