/* host_impl: what the desk's halves of the extensions share. Everything is [loop]. */
#ifndef HOST_HOST_IMPL_H
#define HOST_HOST_IMPL_H

#include <stdint.h>

#include "host/host.h"
#include "io/loop.h"
#include "store/store.h"

struct host_figures;

struct host {
    struct host_parts parts;
    unsigned under_way; /* requests of ours that the store has */
    uint64_t kv_writes;
    struct host_figures *figures; /* NULL: without a store nothing is counted */
};

/* A request to the store, embedded in its owner, counted until DONE runs. */
void host_write(struct host *h, struct store_request *request);
void host_read(struct host *h, struct store_request *request);
/* The first thing in each DONE. */
void host_done(struct host *h);

/* dh.metric/1's memory. */
int host_figures_new(struct host *h, struct host_figures **ret, struct err *err) WARN_UNUSED;
/* Have what was counted written, if there is anything. */
void host_figures_write(struct host_figures *f);
/* NULL is fine. */
void host_figures_free(struct host_figures *f);

#endif
