/* store_desk: a desk's store in either backend, for tests of its typed functions, on the calling
 * thread. Bodies get the test's arena. */
#ifndef TESTS_STORE_DESK_H
#define TESTS_STORE_DESK_H

#include "store_fixture.h"

enum { START = 1000 };

struct desk {
    struct scratch scratch;
    struct clock_hand clock;
    struct store *store;
    struct arena arena;
};

typedef int (*open_fn)(const struct store_options *, struct loop *, struct store **, struct err *);

static inline int
open_desk(void **state, open_fn open_store)
{
    static struct desk desk;
    struct err err;
    memset(&desk, 0, sizeof(desk));
    scratch_make(&desk.scratch);
    clock_hand_init(&desk.clock, START);
    const struct store_options options = {
        .path = str_c(desk.scratch.path), .create = true, .clock = &desk.clock.clock};
    if (open_store(&options, NULL, &desk.store, &err) < 0) {
        fail_msg("%s", err.message);
    }
    *state = &desk;
    return 0;
}

static inline int
open_sqlite(void **state)
{
    return open_desk(state, store_open_sqlite);
}

static inline int
open_memory(void **state)
{
    return open_desk(state, store_open_memory);
}

static inline int
close_desk(void **state)
{
    struct desk *desk = *state;
    arena_done(&desk->arena);
    store_free(desk->store);
    scratch_remove(&desk->scratch);
    return 0;
}

/* CHECK inside bodies fails the body, so that the words show. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return err_set(err, ERR_BUG, "line %d: %s", __LINE__, #condition);                     \
        }                                                                                          \
    } while (0)
#define OK(call)                                                                                   \
    do {                                                                                           \
        int ok_ = (call);                                                                          \
        if (ok_ != 0) {                                                                            \
            return ok_ < 0 ? err_wrap(err, "line %d", __LINE__)                                    \
                           : err_set(err, ERR_BUG, "line %d: outcome %d", __LINE__, ok_);          \
        }                                                                                          \
    } while (0)

static inline void
write_ok(struct desk *desk, store_body body)
{
    struct err err = {0};
    int result = store_write_wait(desk->store, body, &desk->arena, &err);
    if (result != 0) {
        fail_msg("result %d: %s", result, err.message);
    }
}

static inline void
read_ok(struct desk *desk, store_body body)
{
    struct err err = {0};
    int result = store_read_wait(desk->store, body, &desk->arena, &err);
    if (result != 0) {
        fail_msg("result %d: %s", result, err.message);
    }
}

#define BOTH(test)                                                                                 \
    {#test " (sqlite)", test, open_sqlite, close_desk, NULL},                                      \
    {                                                                                              \
#test " (memory)", test, open_memory, close_desk, NULL                                     \
    }

#endif
