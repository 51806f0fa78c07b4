/* The in-memory backend: the same record without a disk, for unit tests and as proof that nothing
 * above leans on a database. Here its transactions; rows are store_memory_rows.c's. */
#include "store/store_memory.h"

#include <string.h>

#include "base/fault.h"
#include "base/must.h"

enum { PURGE_AT = 256 }; /* dead versions */

static int
open_backend(const struct store_options *options, struct backend **ret, struct err *err)
{
    struct backend *b = mem_zero(1, sizeof(*b));
    (void)options;
    if (!b) {
        return err_nomem(err);
    }
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    *ret = b;
    return 0;
}

static void
close_backend(struct backend *b)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        for (size_t j = 0; j < b->tables[i].count; j++) {
            mem_free(b->tables[i].items[j]);
        }
        mem_free(b->tables[i].items);
    }
    mem_free(b->changes);
    (void)pthread_mutex_destroy(&b->lock);
    mem_free(b);
}

static int
connect_to(struct backend *b, bool writer, struct connection **ret, struct err *err)
{
    struct connection *c = mem_zero(1, sizeof(*c));
    (void)writer;
    if (!c) {
        return err_nomem(err);
    }
    c->backend = b;
    *ret = c;
    return 0;
}

static void
disconnect(struct connection *c)
{
    mem_free(c);
}

static int
begin(struct connection *c, struct err *err)
{
    if (fault_io("store.begin")) {
        return err_set(err, ERR_IO, "begin: the disk failed (simulated)");
    }
    (void)pthread_mutex_lock(&c->backend->lock);
    c->open = true;
    c->mark = 0;
    c->snapshot = c->backend->committed + 1;
    (void)pthread_mutex_unlock(&c->backend->lock);
    return 0;
}

/* Free what no snapshot can reach any more. */
static void
purge(struct backend *b)
{
    if (b->snapshots > 0 || b->dead < PURGE_AT) {
        return;
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct versions *list = &b->tables[i];
        size_t kept = 0;
        for (size_t j = 0; j < list->count; j++) {
            if (list->items[j]->died == VERSION_ALIVE) {
                list->items[kept++] = list->items[j];
            } else {
                mem_free(list->items[j]);
            }
        }
        list->count = kept;
    }
    b->dead = 0;
}

static int
commit(struct connection *c, struct err *err)
{
    struct backend *b = c->backend;
    if (fault_io("store.commit")) {
        return err_set(err, ERR_IO, "commit: the disk failed (simulated)");
    }
    (void)pthread_mutex_lock(&b->lock);
    if (b->change_count > 0) {
        b->committed++;
    }
    b->change_count = 0;
    c->open = false;
    purge(b);
    (void)pthread_mutex_unlock(&b->lock);
    return 0;
}

static void
forget(struct backend *b, const struct change *change)
{
    struct versions *list = &b->tables[change->table];
    size_t at = list->count - 1;
    while (list->items[at] != change->v) {
        at--;
    }
    list->count--;
    memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof(list->items[0]));
    mem_free(change->v);
}

static void
undo_to(struct backend *b, size_t mark)
{
    while (b->change_count > mark) {
        struct change *change = &b->changes[--b->change_count];
        if (change->born) {
            forget(b, change);
        } else {
            change->v->died = VERSION_ALIVE;
            b->dead--;
        }
    }
}

static void
rollback(struct connection *c)
{
    (void)pthread_mutex_lock(&c->backend->lock);
    undo_to(c->backend, 0);
    c->open = false;
    (void)pthread_mutex_unlock(&c->backend->lock);
}

static int
mark(struct connection *c, struct err *err)
{
    (void)err;
    c->mark = c->backend->change_count;
    return 0;
}

static int
keep(struct connection *c, struct err *err)
{
    (void)c;
    (void)err;
    return 0;
}

static void
undo(struct connection *c)
{
    (void)pthread_mutex_lock(&c->backend->lock);
    undo_to(c->backend, c->mark);
    (void)pthread_mutex_unlock(&c->backend->lock);
}

static bool
in_transaction(struct connection *c)
{
    return c->open;
}

static int
begin_read(struct connection *c, struct err *err)
{
    (void)err;
    (void)pthread_mutex_lock(&c->backend->lock);
    c->snapshot = c->backend->committed;
    c->backend->snapshots++;
    (void)pthread_mutex_unlock(&c->backend->lock);
    return 0;
}

static void
end_read(struct connection *c)
{
    (void)pthread_mutex_lock(&c->backend->lock);
    c->backend->snapshots--;
    (void)pthread_mutex_unlock(&c->backend->lock);
}

static int
change_count(struct connection *c, int64_t *ret, struct err *err)
{
    (void)err;
    (void)pthread_mutex_lock(&c->backend->lock);
    *ret = (int64_t)c->backend->committed;
    (void)pthread_mutex_unlock(&c->backend->lock);
    return 0;
}

static int
check(struct connection *c, struct err *err)
{
    (void)c;
    (void)err;
    return 0;
}

static const struct backend_ops memory_ops = {
    .name = "memory",
    .open = open_backend,
    .close = close_backend,
    .connect = connect_to,
    .disconnect = disconnect,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .in_transaction = in_transaction,
    .begin_read = begin_read,
    .end_read = end_read,
    .insert = memory_insert,
    .select = memory_select,
    .update = memory_update,
    .remove = memory_remove,
    .max = memory_max,
    .change_count = change_count,
    .check = check,
};

int
store_open_memory(const struct store_options *options, struct loop *loop, struct store **ret,
                  struct err *err)
{
    return store_open_on(&memory_ops, options, loop, ret, err);
}
