#include "store/store_private.h"

int
store_query(struct store_tx *tx, const struct store_query *q, struct err *err)
{
    if (!tx->ops->query) {
        return err_set(err, ERR_INVALID, "query: the %s store understands no SQL", tx->ops->name);
    }
    return tx->ops->query(tx->connection, q, err);
}
