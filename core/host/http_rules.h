/* http_rules: which servers a plugin's requests may go to.
 *
 * A rule is one entry of a plugin's `http`: a host, or *. and a host for everything below it, with
 * a scheme and a port where they are not https and its 443 (http is 80). A URL is taken apart by
 * the strictest reading there is, and put together again from its parts, so that what was checked
 * is what is sent. There is one spelling of each host: letters in lower case, labels as DNS has
 * them, IPv4 as four decimal numbers, IPv6 in brackets; whatever another reader could take for
 * another host is refused, not mended. Names say nothing of addresses: for those see io/address.h.
 *
 * Everything is [any]. */
#ifndef HOST_HTTP_RULES_H
#define HOST_HTTP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { HTTP_HOST_MAX = 253 };

/* Where a request goes. */
struct http_origin {
    bool tls;
    bool numeric; /* an address, not a name */
    uint16_t port;
    char host[HTTP_HOST_MAX + 3]; /* in lower case, NUL-terminated; IPv6 in brackets */
};

struct http_target {
    struct http_origin origin;
    struct str path; /* and query, byte for byte; borrowed from the URL. May be empty, or begin
                      * with '?': http_target_url() puts the / in front */
};

struct http_rule {
    struct http_origin origin;
    bool below; /* not the host itself, but what is below it */
};

/* ERR_INVALID in words that name no more of URL than its scheme, for it may hold credentials:
 * anything but http and https, a user, a fragment, a backslash, a space, a control or a byte
 * outside ASCII anywhere, a host that breaks the rules above, more than LIMIT_URL_BYTES. */
int http_target_parse(struct str url, struct http_target *ret, struct err *err) WARN_UNUSED;
/* The URL to send: always with a path, the port only where it is not the scheme's own. */
void http_target_url(const struct http_target *target, struct buf *out);
/* The same server? */
bool http_origin_eq(const struct http_origin *a, const struct http_origin *b);

/* One entry of the list. ERR_INVALID says what is wrong with it. */
int http_rule_parse(struct str text, struct http_rule *ret, struct err *err) WARN_UNUSED;
bool http_rule_allows(const struct http_rule *rule, const struct http_origin *origin);

#endif
