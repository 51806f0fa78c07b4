#include "host/http_errand_check.h"

#include <string.h>

#include "base/utf8.h"
#include "plugin/plugin.h"
#include "plugins/sdk/deskhand_plugin.h"

enum { TIMEOUT_MAX_MS = 3600 * 1000, SECRET_NAME_MAX = 200 };

unsigned
http_errand_code(int result)
{
    switch (result) {
    case 0:
        return DH_HTTP_OK;
    case ERR_INVALID:
        return DH_HTTP_INVALID;
    case ERR_AUTH:
        return DH_HTTP_REFUSED;
    case ERR_TIMEOUT:
        return DH_HTTP_TIMEOUT;
    case ERR_LIMIT:
        return DH_HTTP_TOO_LARGE;
    default:
        return DH_HTTP_FAILED;
    }
}

/* ---- The request ------------------------------------------------------------------------------*/

static bool
is_one_of(struct str word, const char *const *words)
{
    while (*words && !str_eq_c(word, *words)) {
        words++;
    }
    return *words != NULL;
}

static int
check_method(const struct http_errand_request *r, struct err *err)
{
    static const char *const methods[] = {"",    "GET",   "HEAD",   "POST",
                                          "PUT", "PATCH", "DELETE", NULL};
    static const char *const readers[] = {"", "GET", "HEAD", NULL};
    if (!is_one_of(r->method, methods)) {
        return err_set(err, ERR_INVALID,
                       "the method has to be GET, HEAD, POST, PUT, PATCH or DELETE");
    }
    if (str_eq_c(r->method, "HEAD") && r->body.len > 0) {
        return err_set(err, ERR_INVALID, "a HEAD has no body");
    }
    if (r->dry_run && !is_one_of(r->method, readers)) {
        return err_set(err, ERR_AUTH, "a dry run changes nothing: only GET and HEAD are sent");
    }
    return 0;
}

/* RFC 9110's token. */
static bool
is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return s.len > 0;
}

static int
check_name(struct str name, struct err *err)
{
    /* Where the request goes and where it ends is not for the plugin to say. */
    static const char *const own[] = {"Host",    "Content-Length", "Transfer-Encoding",
                                      "Expect",  "Connection",     "Keep-Alive",
                                      "Upgrade", "Trailer",        "TE"};
    if (!is_token(name)) {
        return err_set(err, ERR_INVALID, "a header's name may hold letters, digits and '-'");
    }
    bool taken = str_eq_nocase(str_sub(name, 0, 6), STR("Proxy-"));
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        taken = taken || str_eq_nocase(name, str_c(own[i]));
    }
    return taken ? err_set(err, ERR_INVALID, "the header %" STR_FMT " is the host's to set",
                           STR_ARG(str_sub(name, 0, 40)))
                 : 0;
}

/* What is one line to every server. */
static bool
is_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return utf8_valid(s);
}

/* Names no value: it may be a credential. */
static int
check_header(const struct http_header *h, struct err *err)
{
    int result = check_name(h->name, err);
    if (result < 0 || is_value(h->value)) {
        return result;
    }
    return err_set(err, ERR_INVALID,
                   "the header %" STR_FMT " holds a line break, a control or what is not UTF-8",
                   STR_ARG(str_sub(h->name, 0, 40)));
}

static int
check_headers(const struct http_errand_request *r, struct err *err)
{
    size_t size = 0;
    int result = 0;
    if (r->header_count > HTTP_ERRAND_HEADERS_MAX) {
        return err_set(err, ERR_INVALID, "more than %d headers", HTTP_ERRAND_HEADERS_MAX);
    }
    for (size_t i = 0; result == 0 && i < r->header_count; i++) {
        result = check_header(&r->headers[i], err);
        size += r->headers[i].name.len + r->headers[i].value.len;
    }
    if (result == 0 && size > HTTP_ERRAND_HEADER_BYTES) {
        return err_set(err, ERR_INVALID, "its headers have more than %d bytes",
                       HTTP_ERRAND_HEADER_BYTES);
    }
    return result;
}

static int
check_secret(const struct http_errand_request *r, struct err *err)
{
    const struct http_header h = {r->secret_header, r->secret_prefix};
    if (r->secret.len == 0 && r->secret_header.len == 0 && r->secret_prefix.len == 0) {
        return 0;
    }
    if (r->secret.len == 0) {
        return err_set(err, ERR_INVALID, "secret_header says where, secret has to say which");
    }
    for (size_t i = 0; i < r->header_count; i++) {
        if (str_eq_nocase(r->headers[i].name, r->secret_header)) {
            return err_set(err, ERR_INVALID, "the secret's header is among the headers, too");
        }
    }
    if (r->secret.len > SECRET_NAME_MAX || h.name.len > SECRET_NAME_MAX ||
        h.value.len > SECRET_NAME_MAX) {
        return err_set(err, ERR_INVALID, "what it says of its secret is longer than %d bytes",
                       SECRET_NAME_MAX);
    }
    int result = check_header(&h, err);
    return result < 0 ? err_wrap(err, "the secret's header") : 0;
}

int
http_errand_check(const struct http_errand_request *r, struct err *err)
{
    int result = check_method(r, err);
    result = result < 0 ? result : check_headers(r, err);
    result = result < 0 ? result : check_secret(r, err);
    if (result < 0) {
        return result;
    }
    if (r->body.len > HTTP_ERRAND_BODY_BYTES) {
        return err_set(err, ERR_INVALID, "its body has more than %d bytes", HTTP_ERRAND_BODY_BYTES);
    }
    if (r->answer_max > HTTP_ERRAND_ANSWER_MAX) {
        return err_set(err, ERR_INVALID, "answer_max: at most %d bytes", HTTP_ERRAND_ANSWER_MAX);
    }
    if (r->timeout_ms > TIMEOUT_MAX_MS) {
        return err_set(err, ERR_INVALID, "timeout_ms: at most an hour");
    }
    return 0;
}

/* ---- Grants -----------------------------------------------------------------------------------*/

int
http_errand_check_server(const struct plugin_grants *grants, const struct http_origin *origin,
                         struct err *err)
{
    struct err ignored;
    struct http_rule rule;
    for (size_t i = 0; grants && i < grants->http_count; i++) {
        if (http_rule_parse(grants->http[i], &rule, &ignored) == 0 &&
            http_rule_allows(&rule, origin)) {
            return 0;
        }
    }
    return err_set(err, ERR_AUTH, "%s://%s:%u is none of the servers in this plugin's `http`",
                   origin->tls ? "https" : "http", origin->host, origin->port);
}

int
http_errand_secret(const struct plugin_grants *grants, struct str name, struct str *ret,
                   struct err *err)
{
    for (size_t i = 0; grants && i < grants->secret_count; i++) {
        const struct plugin_secret *secret = &grants->secrets[i];
        if (!str_eq(secret->name, name)) {
            continue;
        }
        if (secret->value.len == 0 || !is_value(secret->value)) {
            return err_set(err, ERR_INVALID, "the secret does not fit into a header");
        }
        *ret = secret->value;
        return 0;
    }
    return err_set(err, ERR_INVALID, "there is no secret of that name in this plugin's `secrets`");
}

bool
http_errand_is_personal(const struct http_header *header, const struct plugin_grants *grants)
{
    if (str_eq_nocase(header->name, STR("Authorization")) ||
        str_eq_nocase(header->name, STR("Cookie"))) {
        return true;
    }
    for (size_t i = 0; grants && i < grants->secret_count; i++) {
        struct str value = grants->secrets[i].value;
        if (value.len > 0 && str_find(header->value, value, 0) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

/* ---- Redirects --------------------------------------------------------------------------------*/

bool
http_errand_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static size_t
find_any(struct str s, const char *chars)
{
    size_t at = 0;
    while (at < s.len && (s.ptr[at] == '\0' || !strchr(chars, s.ptr[at]))) {
        at++;
    }
    return at;
}

/* Does S begin with a scheme and its ':'? */
static bool
has_scheme(struct str s)
{
    size_t end = find_any(s, ":/?");
    return end > 0 && end < s.len && s.ptr[end] == ':';
}

/* PATH without its "." and "..", behind what OUT holds. Its ? and what follows stay. */
static void
add_path(struct buf *out, struct str path)
{
    size_t root = out->len;
    struct str rest = str_sub(path, 0, find_any(path, "?"));
    struct str query = str_sub(path, rest.len, path.len);
    struct str part;
    (void)str_split(&rest, '/', &part); /* in front of the first / is nothing */
    bool open = false;
    while (str_split(&rest, '/', &part)) {
        open = str_eq_c(part, ".") || str_eq_c(part, "..");
        if (str_eq_c(part, "..")) {
            size_t cut = out->len;
            while (cut > root && out->text[--cut] != '/') {
            }
            buf_truncate(out, cut);
        } else if (!open) {
            buf_add_char(out, '/');
            buf_add(out, part);
        }
    }
    if (open || out->len == root) {
        buf_add_char(out, '/');
    }
    buf_add(out, query);
}

void
http_errand_resolve(const struct http_target *from, struct str location, struct buf *out)
{
    const struct http_target root = {.origin = from->origin};
    struct str base = str_sub(from->path, 0, find_any(from->path, "?"));
    location = str_sub(location, 0, find_any(location, "#"));
    if (has_scheme(location)) {
        buf_add(out, location);
        return;
    }
    if (str_starts(location, STR("//"))) {
        buf_add_c(out, from->origin.tls ? "https:" : "http:");
        buf_add(out, location);
        return;
    }
    http_target_url(&root, out);
    buf_truncate(out, out->len ? out->len - 1 : 0); /* its path, "/" */
    AUTO(buf) struct buf path = {0};
    buf_init(&path, out->max);
    if (!str_starts(location, STR("/"))) {
        size_t keep = base.len;
        while (location.len > 0 && location.ptr[0] != '?' && keep > 0 &&
               base.ptr[keep - 1] != '/') {
            keep--;
        }
        buf_add(&path, keep > 0 ? str_sub(base, 0, keep) : STR("/"));
    }
    buf_add(&path, location);
    out->failed = out->failed ? out->failed : path.failed;
    add_path(out, buf_str(&path));
}
