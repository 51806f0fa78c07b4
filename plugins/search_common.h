/* search_common: what the two search plugins share: an instance with the catalogue's path and a few
 * open readers, and the one way a search that failed is told. A reader belongs to one thread at a
 * time; a call borrows one, so that calls may run side by side. Nothing is opened before the first
 * call, and a catalogue imported later is found then. */
#ifndef PLUGINS_SEARCH_COMMON_H
#define PLUGINS_SEARCH_COMMON_H

#include <stdatomic.h>

#include "catalog/catalog.h"
#include "sdk/deskhand_plugin.h"

/* More side by side than a pool has threads open a reader for themselves. */
enum { SEARCH_READERS = 8 };

/* The members of both manifests that say what search_create() needs. */
#define SEARCH_MANIFEST_NEEDS                                                                      \
    "\"requires\":[\"dh.json/1\",\"dh.log/1\"],"                                                   \
    "\"config_schema\":{\"type\":\"object\",\"additionalProperties\":false,"                       \
    "\"required\":[\"catalog\"],\"properties\":{\"catalog\":{\"type\":\"string\","                 \
    "\"minLength\":1,\"maxLength\":4000,\"description\":\"path of catalog.db\"}}},"

struct search {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    const struct dh_log_1 *log;
    char *path;
    _Atomic(struct catalog *) idle[SEARCH_READERS];
};

/* create and destroy of struct dh_plugin. */
void *search_create(const struct dh_host *host, const struct dh_setup *setup);
void search_destroy(void *instance);

/* A reader for CALL, which can be stopped by its cancel; give it back with search_release(). NULL:
 * there is none, and CALL was answered so. */
struct catalog *search_take(struct search *s, const struct dh_call *call);
void search_release(struct search *s, struct catalog *c);

/* Answer CALL with a failure of the catalogue. The words of ERR go to the log: they name files. */
void search_fail(const struct search *s, const struct dh_call *call, const struct err *err);

/* The text at POINTER of CALL's arguments; empty when it is not there. */
struct str search_text(const struct search *s, const struct dh_call *call, const char *pointer);

#endif
