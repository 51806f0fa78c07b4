/* http_client_curl: libcurl, loaded when the first server is needed.
 *
 * Debian's libcurl brings some thirty libraries with it, and linking them costs every start of the
 * program about 5 ms: a third of what `deskhand ask` takes from exec to its answer where the
 * built-in assistant gives it. So nothing links libcurl; its functions are looked up here once a
 * client. Headers come from the development package as usual, and the version that is loaded is
 * checked against them. Rejected: a plugin of our own around the client, which would be one more
 * file to install and to find. See docs/adr/0007-curl-on-demand.md. */
#ifndef IO_HTTP_CLIENT_CURL_H
#define IO_HTTP_CLIENT_CURL_H

#include <curl/curl.h>

#include "base/err.h"

/* Every function of libcurl that is used. */
#define CURL_FUNCTIONS(X)                                                                          \
    X(curl_easy_cleanup)                                                                           \
    X(curl_easy_getinfo)                                                                           \
    X(curl_easy_init)                                                                              \
    X(curl_easy_setopt)                                                                            \
    X(curl_easy_strerror)                                                                          \
    X(curl_free)                                                                                   \
    X(curl_global_cleanup)                                                                         \
    X(curl_global_init)                                                                            \
    X(curl_multi_add_handle)                                                                       \
    X(curl_multi_assign)                                                                           \
    X(curl_multi_cleanup)                                                                          \
    X(curl_multi_info_read)                                                                        \
    X(curl_multi_init)                                                                             \
    X(curl_multi_remove_handle)                                                                    \
    X(curl_multi_setopt)                                                                           \
    X(curl_multi_socket_action)                                                                    \
    X(curl_slist_append)                                                                           \
    X(curl_slist_free_all)                                                                         \
    X(curl_url)                                                                                    \
    X(curl_url_cleanup)                                                                            \
    X(curl_url_get)                                                                                \
    X(curl_url_set)                                                                                \
    X(curl_url_strerror)                                                                           \
    X(curl_version_info)

/* The typed macros of curl's header stand in front of the functions' names. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

struct curl {
#define CURL_MEMBER(name) __typeof__(&name) name;
    CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};

/* ERR_NOTFOUND says what to install; ERR_INVALID: older than what this was built for. It stays
 * loaded. */
int curl_load(struct curl *ret, struct err *err) WARN_UNUSED;

#endif
