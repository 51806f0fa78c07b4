/* Opening and closing, and bodies on the calling thread: all a program without a loop needs. */
#include "store/store_private.h"

#include <string.h>

#include "base/fault.h"
#include "base/must.h"

static void
init_locks(struct store *s)
{
    pthread_condattr_t monotonic;
    must(pthread_mutex_init(&s->writer_lock, NULL) == 0);
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    must(pthread_cond_init(&s->writes_wait, NULL) == 0);
    must(pthread_cond_init(&s->reads_wait, NULL) == 0);
    must(pthread_condattr_init(&monotonic) == 0);
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&s->watch_wait, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
}

static void
done_locks(struct store *s)
{
    (void)pthread_cond_destroy(&s->watch_wait);
    (void)pthread_cond_destroy(&s->reads_wait);
    (void)pthread_cond_destroy(&s->writes_wait);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_mutex_destroy(&s->writer_lock);
}

int
store_open_on(const struct backend_ops *ops, const struct store_options *options, struct loop *loop,
              struct store **ret, struct err *err)
{
    enum { READERS_DEFAULT = 2 };
    struct store *made = mem_zero(1, sizeof(*made));
    if (!made) {
        return err_nomem(err);
    }
    init_locks(made);
    AUTO(store) struct store *s = made;
    s->ops = ops;
    s->loop = loop;
    s->clock = options->clock ? options->clock : clock_real();
    s->read_only = options->read_only;
    s->readers = options->readers ? options->readers : READERS_DEFAULT;
    s->readers = s->readers > READERS_MAX ? READERS_MAX : s->readers;
    s->path = mem_str(options->path);
    if (!s->path) {
        return err_nomem(err);
    }
    int result = ops->open(options, &s->backend, err);
    if (result == 0) {
        s->writer = (struct store_tx){.store = s, .ops = ops, .writer = !s->read_only};
        id_gen_init(&s->writer.ids);
        result = ops->connect(s->backend, true, &s->writer.connection, err);
    }
    if (result == 0) {
        *ret = TAKE(s);
    }
    return result;
}

void
store_free(struct store *s)
{
    if (!s) {
        return;
    }
    store_stop_threads(s);
    store_stop_watching(s);
    if (s->writer.connection) {
        s->ops->disconnect(s->writer.connection);
    }
    arena_done(&s->writer.scratch);
    if (s->backend) {
        s->ops->close(s->backend);
    }
    process_lock_drop(&s->process, s->path);
    done_locks(s);
    mem_free(s->path);
    mem_free(s);
}

static int
commit(struct store_tx *tx, struct err *err)
{
    fault_point("store.commit.before");
    int result = tx->ops->commit(tx->connection, err);
    if (result < 0) {
        tx->ops->rollback(tx->connection);
        return result;
    }
    fault_point("store.commit.after");
    return 0;
}

static void
count_work(struct store *s, uint64_t bodies, uint64_t commits)
{
    (void)pthread_mutex_lock(&s->lock);
    s->stats.bodies += bodies;
    s->stats.commits += commits;
    (void)pthread_mutex_unlock(&s->lock);
}

int
store_run_one(struct store_tx *tx, store_body body, void *arg, struct err *err)
{
    int result = tx->ops->begin(tx->connection, err);
    if (result < 0) {
        return result;
    }
    result = body(tx, arg, err);
    arena_clear(&tx->scratch);
    if (result != 0) {
        tx->ops->rollback(tx->connection);
    } else {
        result = commit(tx, err);
    }
    count_work(tx->store, 1, result == 0);
    return result;
}

int
store_run_read(struct store_tx *tx, store_body body, void *arg, struct err *err)
{
    int result = tx->ops->begin_read(tx->connection, err);
    if (result < 0) {
        return result;
    }
    result = body(tx, arg, err);
    arena_clear(&tx->scratch);
    tx->ops->end_read(tx->connection);
    return result;
}

/* One body between its mark and its keep or undo. False: the transaction is gone, and what the
 * bodies before this one did with it. */
static bool
run_marked(struct store_tx *tx, struct store_request *r)
{
    r->result = tx->ops->mark(tx->connection, &r->err);
    if (r->result < 0) {
        return tx->ops->in_transaction(tx->connection);
    }
    r->result = r->body(tx, r->arg, &r->err);
    arena_clear(&tx->scratch);
    if (!tx->ops->in_transaction(tx->connection)) {
        return false;
    }
    if (r->result == 0) {
        r->result = tx->ops->keep(tx->connection, &r->err);
    }
    if (r->result != 0) {
        tx->ops->undo(tx->connection);
    }
    return tx->ops->in_transaction(tx->connection);
}

/* All in one transaction. False: it was lost or did not commit; then nothing was kept of any. */
static bool
run_together(struct store_tx *tx, struct store_request *first)
{
    struct err err;
    int began = tx->ops->begin(tx->connection, &err);
    uint64_t count = 0;
    for (struct store_request *r = first; r; r = r->next) {
        if (began < 0) {
            r->result = began;
            r->err = err;
        } else if (!run_marked(tx, r)) {
            tx->ops->rollback(tx->connection);
            return false;
        }
        count++;
    }
    if (began < 0) {
        return true;
    }
    if (commit(tx, &err) < 0) {
        return false;
    }
    count_work(tx->store, count, 1);
    return true;
}

void
store_run_group(struct store_tx *tx, struct store_request *first)
{
    if (first->next && run_together(tx, first)) {
        return;
    }
    /* A group of one, or one whose commit failed: each for itself, so that one body that fills the
     * disk takes no other with it. */
    for (struct store_request *r = first; r; r = r->next) {
        r->result = store_run_one(tx, r->body, r->arg, &r->err);
    }
}

int
store_write_wait(struct store *s, store_body body, void *arg, struct err *err)
{
    if (s->read_only) {
        return err_set(err, ERR_AUTH, "%s was opened read-only: nothing can be written", s->path);
    }
    (void)pthread_mutex_lock(&s->writer_lock);
    int result = store_run_one(&s->writer, body, arg, err);
    (void)pthread_mutex_unlock(&s->writer_lock);
    return result;
}

int
store_read_wait(struct store *s, store_body body, void *arg, struct err *err)
{
    (void)pthread_mutex_lock(&s->writer_lock);
    s->writer.writer = false;
    int result = store_run_read(&s->writer, body, arg, err);
    s->writer.writer = !s->read_only;
    (void)pthread_mutex_unlock(&s->writer_lock);
    return result;
}

void
store_get_stats(struct store *s, struct store_stats *ret)
{
    (void)pthread_mutex_lock(&s->lock);
    *ret = s->stats;
    (void)pthread_mutex_unlock(&s->lock);
}

/* The write lock of the desk is held: no recovery asks meanwhile who lives. */
static int
sweep(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    (void)process_lock_stale(tx->store->path, true);
    return 0;
}

int
store_process(struct store *s, struct str *ret, struct err *err)
{
    if (s->read_only) {
        return err_set(err, ERR_AUTH, "%s was opened read-only: it has no processes", s->path);
    }
    if (!s->process.name[0] && !s->ops->on_disk) {
        id_make(&s->writer.ids, 'p', s->process.name);
    }
    if (!s->process.name[0]) {
        struct process_lock taken = {0};
        int result = process_lock_take(&taken, s->path, err);
        if (result < 0) {
            return err_wrap(err, "process lock");
        }
        s->process = taken;
        if (process_lock_stale(s->path, false) > 0) {
            struct err ignored; /* files of the dead that stay harm nobody */
            result = store_write_wait(s, sweep, NULL, &ignored);
        }
    }
    *ret = str_c(s->process.name);
    return 0;
}

bool
store_process_alive(struct store *s, struct str process)
{
    if (s->process.name[0] && str_eq_c(process, s->process.name)) {
        return true;
    }
    return s->ops->on_disk && process_lock_alive(s->path, process);
}
