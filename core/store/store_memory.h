/* store_memory: the in-memory backend's own insides, shared by store_memory*.c and nobody else.
 *
 * A table is a list of versions of rows. A version is seen by transactions from the one that made
 * it (BORN) until the one that replaced or removed it (DIED); the writer's transaction is number
 * `committed` + 1, a reader's snapshot is `committed` as it was. So readers never wait for the
 * writer and undoing is forgetting the versions made and reviving those killed since the mark.
 * Nothing is indexed: it is meant for thousands of rows, not more. */
#ifndef STORE_STORE_MEMORY_H
#define STORE_STORE_MEMORY_H

#include <pthread.h>

#include "store/store_impl.h"

#define VERSION_ALIVE UINT64_MAX /* DIED of one that has not */

struct version {
    uint64_t born;
    uint64_t died;
    uint64_t place; /* order of adding; kept by later versions of the row */
    _Alignas(max_align_t) char row[];
};

struct versions {
    struct version **items;
    size_t count;
    size_t capacity;
};

/* For undoing: V of TABLE was made (BORN) or killed. */
struct change {
    struct version *v;
    size_t table;
    bool born;
};

struct backend {
    pthread_mutex_t lock; /* held for one operation */
    struct versions tables[TABLE_COUNT];
    uint64_t committed;
    uint64_t last_place;
    size_t dead; /* versions nobody new can see */
    unsigned snapshots;
    struct change *changes; /* of the open transaction */
    size_t change_count;
    size_t change_capacity;
};

struct connection {
    struct backend *backend;
    bool open; /* the writer: in a transaction */
    uint64_t snapshot;
    size_t mark; /* changes before the body */
};

/* The operations of store_impl.h on rows. */
int memory_insert(struct connection *c, const struct table *t, const void *row, struct err *err);
int memory_select(struct connection *c, const struct table *t, const struct selection *s,
                  struct arena *a, void **ret, size_t *ret_count, struct err *err);
int memory_update(struct connection *c, const struct table *t, const void *row, uint32_t fields,
                  const struct match *matches, size_t match_count, size_t *ret_changed,
                  struct err *err);
int memory_remove(struct connection *c, const struct table *t, const struct match *match,
                  struct err *err);
int memory_max(struct connection *c, const struct table *t, const struct field *field,
               const struct match *matches, size_t match_count, int64_t *ret, struct err *err);

#endif
