/* handoff: what workers hand to the loop, and wait for.
 *
 * A worker (a job's thread, or any other but the loop's) hands an item over and sleeps until the
 * loop has answered it, its own time is up, or the loop has no use for it any more. The answer may
 * come at once or much later; the loop never waits. An item is heap memory with two holders, the
 * asker and the loop: whichever lets go last has it released, so that neither can pull it away
 * from under the other. What an item holds belongs to its maker until handoff_ask(), to the loop
 * until handoff_answer(), and to the asker again afterwards; nobody else may look in between.
 *
 * A handoff must outlive the threads that may still call it. Closed, it takes nothing any more,
 * and the loop may go before it does. Its lock is held for moments only. */
#ifndef IO_HANDOFF_H
#define IO_HANDOFF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct handoff;
struct handoff_item;

struct handoff_ops {
    /* [loop] It has come. handoff_answer() ends it, in here or later; one that was told needs
     * none. */
    void (*arrive)(struct handoff_item *item);
    /* [loop] Nobody waits for its answer any more; it must not be answered after this. Only for
     * items that have arrived. */
    void (*leave)(struct handoff_item *item);
    /* [any] Both sides are through with it. */
    void (*release)(struct handoff_item *item);
};

struct handoff_item {
    struct loop_task task;
    struct handoff *owner;
    struct handoff_item *next;
    struct handoff_item *previous;
    const void *key;
    unsigned holders;
    int state;
    bool arrived;
};

/* OPS is borrowed for as long as the handoff lives. */
int handoff_new(struct loop *l, const struct handoff_ops *ops, struct handoff **ret,
                struct err *err) WARN_UNUSED;
/* [loop] Take nothing any more, and let go of what there is: whoever waits hears that there is no
 * answer. A second time is fine. */
void handoff_close(struct handoff *h);
/* After handoff_close(), when no thread can call it any more. NULL is fine. */
void handoff_free(struct handoff *h);

/* [worker] Hand ITEM over in the name of KEY and wait for the answer, until UNTIL_MS (monotonic)
 * at most. False: there is none, because time is up, KEY was dropped, *DEAD was up before, or H is
 * closed. The asker calls handoff_let_go() in either case. */
bool handoff_ask(struct handoff *h, struct handoff_item *item, const void *key,
                 const atomic_bool *dead, int64_t until_ms);
/* [any] Hand it over and wait for nothing; ITEM is taken. */
void handoff_tell(struct handoff *h, struct handoff_item *item);
/* The asker's last word about ITEM. */
void handoff_let_go(struct handoff_item *item);

/* [loop] The answer is in ITEM; the loop lets go of it. */
void handoff_answer(struct handoff_item *item);
/* [loop] Nobody is to wait in the name of KEY any more. Whoever raises an asker's DEAD does it
 * before, so that it asks nothing afterwards. */
void handoff_drop(struct handoff *h, const void *key);

#endif
