/* call_book: who keeps the books of model calls that belong to no turn (briefs, digests), for
 * floors that know no prices and no brakes. The program hands one down; turn/spend.h has the
 * functions. NULL, or one without functions: every call may be made, and is recorded as it is. */
#ifndef STORE_CALL_BOOK_H
#define STORE_CALL_BOOK_H

#include "store/store.h"

enum { CALL_BOOK_CLOSED = 20 };

struct call_book {
    /* Inside any body. 0: a model may be asked for CONVERSATION's sake; CALL_BOOK_CLOSED: a brake
     * on spending holds; <0. */
    int (*allows)(struct store_tx *tx, const void *arg, struct str conversation, struct err *err);
    /* Inside a write body: ROW is recorded, with what it cost, and counts as spent. */
    int (*record)(struct store_tx *tx, const void *arg, const struct model_call_row *row,
                  struct err *err);
    const void *arg;
};

static inline int
call_book_allows(const struct call_book *b, struct store_tx *tx, struct str conversation,
                 struct err *err)
{
    return b && b->allows ? b->allows(tx, b->arg, conversation, err) : 0;
}

static inline int
call_book_record(const struct call_book *b, struct store_tx *tx, const struct model_call_row *row,
                 struct err *err)
{
    return b && b->record ? b->record(tx, b->arg, row, err) : store_model_call_add(tx, row, err);
}

#endif
