/* The typed functions of store.h, continued: what models cost and what they are spared. */
#include "store/store.h"

#include "base/must.h"
#include "store/store_rows.h"

/* ---- Spending --------------------------------------------------------------------------------*/

static struct match
spend_is(struct str id)
{
    return match_text(AT(TABLE_SPEND, spend_row, id), id);
}

int
store_spend_get(struct store_tx *tx, struct str id, struct arena *a, struct spend_row *ret,
                struct err *err)
{
    struct match key = spend_is(id);
    return rows_get(tx, TABLE_SPEND, &key, a, ret, err);
}

static int64_t
sum(int64_t a, int64_t b)
{
    int64_t total;
    bool over = __builtin_add_overflow(a, b, &total);
    return over ? (b > 0 ? INT64_MAX : 0) : total > 0 ? total : 0;
}

int
store_spend_change(struct store_tx *tx, const struct spend_row *row, struct err *err)
{
    const struct field *fields[] = {
        AT(TABLE_SPEND, spend_row, tokens),
        AT(TABLE_SPEND, spend_row, micros),
    };
    struct match key = spend_is(row->id);
    struct spend_row now = {0};
    int result = store_spend_get(tx, row->id, &tx->scratch, &now, err);
    if (result < 0) {
        return result;
    }
    struct spend_row changed = *row;
    changed.tokens = sum(now.tokens, row->tokens);
    changed.micros = sum(now.micros, row->micros);
    const struct row_change change = {TABLE_SPEND, &changed, fields, 2, &key, 1};
    return result == STORE_NONE ? rows_add(tx, TABLE_SPEND, &changed, err)
                                : rows_change(tx, &change, err);
}

int
store_spend_expire(struct store_tx *tx, int64_t now, struct err *err)
{
    struct match old = match_int(AT(TABLE_SPEND, spend_row, expires_at), MATCH_LT, now);
    return rows_remove(tx, TABLE_SPEND, &old, err);
}

int
store_spend_forget(struct store_tx *tx, struct str conversation, struct err *err)
{
    struct str id = arena_printf(&tx->scratch, "conversation:%" STR_FMT, STR_ARG(conversation));
    struct match key = spend_is(id);
    return id.ptr ? rows_remove(tx, TABLE_SPEND, &key, err) : err_nomem(err);
}

int
store_hold_add(struct store_tx *tx, const struct hold_row *row, struct err *err)
{
    return rows_add(tx, TABLE_HOLD, row, err);
}

int
store_hold_get(struct store_tx *tx, struct str id, struct arena *a, struct hold_row *ret,
               struct err *err)
{
    struct match key = match_text(AT(TABLE_HOLD, hold_row, id), id);
    return rows_get(tx, TABLE_HOLD, &key, a, ret, err);
}

int
store_hold_list(struct store_tx *tx, struct str conversation, struct arena *a,
                struct hold_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_HOLD, hold_row, conversation), conversation);
    return rows_list_of(tx, TABLE_HOLD, &of, AT(TABLE_HOLD, hold_row, at), a, ret, ret_count, err);
}

int
store_hold_remove(struct store_tx *tx, struct str id, struct err *err)
{
    struct match key = match_text(AT(TABLE_HOLD, hold_row, id), id);
    return rows_remove(tx, TABLE_HOLD, &key, err);
}

/* ---- Digests and answers ---------------------------------------------------------------------*/

int
store_digest_add(struct store_tx *tx, const struct digest_row *row, struct err *err)
{
    return rows_add(tx, TABLE_DIGEST, row, err);
}

int
store_digest_list(struct store_tx *tx, struct str conversation, struct arena *a,
                  struct digest_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_DIGEST, digest_row, conversation), conversation);
    return rows_list_of(tx, TABLE_DIGEST, &of, AT(TABLE_DIGEST, digest_row, to_seq), a, ret,
                        ret_count, err);
}

int
store_digest_newest(struct store_tx *tx, struct str conversation, struct arena *a,
                    struct digest_row *ret, struct err *err)
{
    const struct match of = match_text(AT(TABLE_DIGEST, digest_row, conversation), conversation);
    const struct selection s = {.matches = &of,
                                .match_count = 1,
                                .order_by = {AT(TABLE_DIGEST, digest_row, to_seq)},
                                .descending = true,
                                .limit = 1};
    struct digest_row *rows = NULL;
    size_t count = 0;
    int result = rows_list(tx, TABLE_DIGEST, &s, a, &rows, &count, err);
    if (result != 0 || count == 0) {
        return result ? result : STORE_NONE;
    }
    *ret = rows[0];
    return 0;
}

static struct match
answer_is(struct str id)
{
    return match_text(AT(TABLE_ANSWER, answer_row, id), id);
}

int
store_answer_get(struct store_tx *tx, struct str id, struct arena *a, struct answer_row *ret,
                 struct err *err)
{
    struct match key = answer_is(id);
    return rows_get(tx, TABLE_ANSWER, &key, a, ret, err);
}

int
store_answer_add(struct store_tx *tx, const struct answer_row *row, struct err *err)
{
    struct answer_row there;
    int result = store_answer_get(tx, row->id, &tx->scratch, &there, err);
    return result == STORE_NONE ? rows_add(tx, TABLE_ANSWER, row, err) : result;
}

int
store_answer_remove(struct store_tx *tx, struct str id, struct err *err)
{
    struct match key = answer_is(id);
    return rows_remove(tx, TABLE_ANSWER, &key, err);
}

int
store_answer_hit(struct store_tx *tx, const struct answer_row *row, struct err *err)
{
    const struct field *fields[] = {
        AT(TABLE_ANSWER, answer_row, hits),
        AT(TABLE_ANSWER, answer_row, used_at),
    };
    struct match key = answer_is(row->id);
    struct answer_row changed = *row;
    changed.hits++;
    changed.used_at = store_now(tx);
    const struct row_change change = {TABLE_ANSWER, &changed, fields, 2, &key, 1};
    return rows_change(tx, &change, err);
}
