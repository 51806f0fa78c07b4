#include "host/http_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

enum { LABEL_MAX = 63, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
all_of(struct str s, bool (*test)(char c))
{
    for (size_t i = 0; i < s.len; i++) {
        if (!test(s.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* ---- Hosts ------------------------------------------------------------------------------------*/

static bool
label_is_good(struct str label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') {
            return false;
        }
    }
    return true;
}

/* Would a reader of addresses take a host that ends in LABEL for one? 1.2.3.4, but also 127.1,
 * 0177.0.0.1 and 0x7f.0x1: such a host is an address or nothing. */
static bool
reads_as_number(struct str label)
{
    return all_of(label, is_digit) ||
           (str_starts(label, STR("0x")) && all_of(str_sub(label, 2, label.len), is_hex));
}

/* Four numbers from 0 to 255, without a needless 0 that would make them octal elsewhere. */
static bool
is_ipv4(struct str host)
{
    struct str rest = host;
    struct str part;
    int parts = 0;
    while (str_split(&rest, '.', &part)) {
        int64_t number;
        if (part.len == 0 || part.len > 3 || !all_of(part, is_digit) ||
            (part.len > 1 && part.ptr[0] == '0') || !str_to_i64(part, &number) || number > 255) {
            return false;
        }
        parts++;
    }
    return parts == 4;
}

static int
take_name(struct str host, struct http_origin *ret, struct err *err)
{
    struct str rest = host;
    struct str label = {0};
    if (host.len == 0 || host.len > HTTP_HOST_MAX || host.ptr[host.len - 1] == '.') {
        return err_set(err, ERR_INVALID, "its host is missing, too long or ends in a dot");
    }
    while (str_split(&rest, '.', &label)) {
        if (!label_is_good(label)) {
            return err_set(err, ERR_INVALID,
                           "its host may hold letters, digits, '-' and '_' between dots; names in "
                           "other letters are written as xn--");
        }
    }
    ret->numeric = reads_as_number(label);
    if (ret->numeric && !is_ipv4(host)) {
        return err_set(err, ERR_INVALID,
                       "its host reads like an address, and those are written as 192.0.2.1");
    }
    memcpy(ret->host, host.ptr, host.len);
    ret->host[host.len] = '\0';
    return 0;
}

/* Into the one spelling inet_ntop() has for it. */
static int
take_ipv6(struct str host, struct http_origin *ret, struct err *err)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    struct str inside = str_sub(host, 1, host.len - 2);
    if (inside.len == 0 || inside.len >= sizeof(text)) {
        return err_set(err, ERR_INVALID, "between [ and ] has to be an IPv6 address");
    }
    memcpy(text, inside.ptr, inside.len);
    text[inside.len] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1 ||
        !inet_ntop(AF_INET6, &address, text, sizeof(text))) {
        return err_set(err, ERR_INVALID, "between [ and ] has to be an IPv6 address");
    }
    ret->numeric = true;
    (void)snprintf(ret->host, sizeof(ret->host), "[%s]", text);
    return 0;
}

static int
take_port(struct str text, struct http_origin *ret, struct err *err)
{
    int64_t port;
    if (text.len == 0 || text.len > 5 || !all_of(text, is_digit) || text.ptr[0] == '0' ||
        !str_to_i64(text, &port) || port > UINT16_MAX) {
        return err_set(err, ERR_INVALID, "its port has to be a number from 1 to 65535");
    }
    ret->port = (uint16_t)port;
    return 0;
}

/* HOST[:PORT] in AUTHORITY, the scheme being known. */
static int
take_authority(struct str authority, struct http_origin *ret, struct err *err)
{
    char small[HTTP_HOST_MAX + 1];
    bool bracket = authority.len > 0 && authority.ptr[0] == '[';
    size_t end = bracket ? str_find_char(authority, ']', 0) : str_find_char(authority, ':', 0);
    size_t host_len = end == SIZE_MAX ? authority.len : end + (bracket ? 1 : 0);
    struct str rest = str_sub(authority, host_len, authority.len);
    if ((bracket && end == SIZE_MAX) || host_len > HTTP_HOST_MAX) {
        return err_set(err, ERR_INVALID, "its host is too long or lacks its ]");
    }
    for (size_t i = 0; i < host_len; i++) {
        small[i] = lower(authority.ptr[i]);
    }
    struct str host = {small, host_len};
    int result = bracket ? take_ipv6(host, ret, err) : take_name(host, ret, err);
    ret->port = ret->tls ? HTTPS_PORT : HTTP_PORT;
    if (result < 0 || rest.len == 0) {
        return result;
    }
    if (rest.ptr[0] != ':') {
        return err_set(err, ERR_INVALID, "behind its host may stand a port and nothing else");
    }
    return take_port(str_sub(rest, 1, rest.len), ret, err);
}

/* The scheme off the front of *REST. */
static bool
take_scheme(struct str *rest, bool *ret_tls)
{
    static const struct str schemes[] = {STR_INIT("http://"), STR_INIT("https://")};
    for (size_t i = 0; i < 2; i++) {
        if (str_eq_nocase(str_sub(*rest, 0, schemes[i].len), schemes[i])) {
            *ret_tls = i == 1;
            *rest = str_sub(*rest, schemes[i].len, rest->len);
            return true;
        }
    }
    return false;
}

/* ---- URLs -------------------------------------------------------------------------------------*/

static int
check_bytes(struct str url, struct err *err)
{
    if (url.len > LIMIT_URL_BYTES) {
        return err_set(err, ERR_INVALID, "the URL is longer than %d bytes", LIMIT_URL_BYTES);
    }
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7f || url.ptr[i] == '\\' || url.ptr[i] == '#') {
            return err_set(err, ERR_INVALID,
                           "the URL holds a space, a control, a '#', a backslash or a letter "
                           "outside ASCII; write it as %%XX");
        }
    }
    return 0;
}

int
http_target_parse(struct str url, struct http_target *ret, struct err *err)
{
    struct http_target target = {0};
    struct str rest = url;
    int result = check_bytes(url, err);
    if (result < 0) {
        return result;
    }
    if (!take_scheme(&rest, &target.origin.tls)) {
        return err_set(err, ERR_INVALID, "the URL has to begin with https:// or http://");
    }
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') {
        end++;
    }
    struct str authority = str_sub(rest, 0, end);
    if (str_find_char(authority, '@', 0) != SIZE_MAX) {
        return err_set(err, ERR_INVALID,
                       "the URL names a user; credentials belong in a header, from a secret");
    }
    result = take_authority(authority, &target.origin, err);
    if (result < 0) {
        return err_wrap(err, "the URL");
    }
    target.path = str_sub(rest, end, rest.len);
    *ret = target;
    return 0;
}

void
http_target_url(const struct http_target *target, struct buf *out)
{
    const struct http_origin *o = &target->origin;
    buf_printf(out, "%s://%s", o->tls ? "https" : "http", o->host);
    if (o->port != (o->tls ? HTTPS_PORT : HTTP_PORT)) {
        buf_printf(out, ":%u", o->port);
    }
    if (target->path.len == 0 || target->path.ptr[0] != '/') {
        buf_add_char(out, '/');
    }
    buf_add(out, target->path);
}

bool
http_origin_eq(const struct http_origin *a, const struct http_origin *b)
{
    return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* ---- Rules ------------------------------------------------------------------------------------*/

int
http_rule_parse(struct str text, struct http_rule *ret, struct err *err)
{
    struct http_rule rule = {.origin.tls = true};
    struct str rest = text;
    (void)take_scheme(&rest, &rule.origin.tls);
    rule.below = str_starts(rest, STR("*."));
    if (rule.below) {
        rest = str_sub(rest, 2, rest.len);
    }
    if (str_eq_c(rest, "*")) {
        return err_set(err, ERR_INVALID, "* would allow every server; write *. and a host");
    }
    int result = take_authority(rest, &rule.origin, err);
    if (result < 0) {
        return err_wrap(err, "a server is written as host, *.host, https://host:port or "
                             "http://host:port");
    }
    if (rule.below && rule.origin.numeric) {
        return err_set(err, ERR_INVALID, "nothing is below an address; leave the *. out");
    }
    *ret = rule;
    return 0;
}

bool
http_rule_allows(const struct http_rule *rule, const struct http_origin *origin)
{
    const struct http_origin *own = &rule->origin;
    if (!rule->below) {
        return http_origin_eq(own, origin);
    }
    struct str host = str_c(origin->host);
    size_t own_len = strlen(own->host);
    return own->tls == origin->tls && own->port == origin->port && host.len > own_len + 1 &&
           host.ptr[host.len - own_len - 1] == '.' && str_ends(host, str_c(own->host));
}
