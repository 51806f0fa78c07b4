/* http_errand_check: is a plugin's request one that may be sent? Pure; [any]. */
#ifndef HOST_HTTP_ERRAND_CHECK_H
#define HOST_HTTP_ERRAND_CHECK_H

#include "base/buf.h"
#include "base/err.h"
#include "host/http_errand.h"
#include "host/http_rules.h"

/* Method, headers, sizes, and the names that a secret needs; not the URL. ERR_INVALID; ERR_AUTH
 * for what a dry run must not send. */
int http_errand_check(const struct http_errand_request *request, struct err *err) WARN_UNUSED;
/* Is ORIGIN a server of GRANTS? ERR_AUTH. */
int http_errand_check_server(const struct plugin_grants *grants, const struct http_origin *origin,
                             struct err *err) WARN_UNUSED;
/* The secret NAME of GRANTS. ERR_INVALID. */
int http_errand_secret(const struct plugin_grants *grants, struct str name, struct str *ret,
                       struct err *err) WARN_UNUSED;

/* Must HEADER stay behind when a request moves to another server? Authorization and Cookie, and
 * whatever has a secret of GRANTS in it. */
bool http_errand_is_personal(const struct http_header *header, const struct plugin_grants *grants);

/* Is STATUS one that a Location follows? */
bool http_errand_is_redirect(int status);
/* The URL that LOCATION means in the answer of FROM, as RFC 3986 resolves it, without a fragment,
 * into OUT. What is no URL comes out as it is and is for http_target_parse() to refuse. */
void http_errand_resolve(const struct http_target *from, struct str location, struct buf *out);

#endif
