/* The typed functions of store.h over the generic operations of a backend: conversations, their
 * owners, messages and turns. Calls, tickets and the rest are in store_facts.c. */
#include "store/store.h"

#include "store/store_rows.h"

int64_t
store_now(struct store_tx *tx)
{
    return clock_wall_ms(tx->store->clock);
}

struct str
store_new_id(struct store_tx *tx, char kind, struct arena *arena)
{
    return id_to_arena(&tx->ids, kind, arena);
}

static struct match
conversation_is(struct str id)
{
    return match_text(AT(TABLE_CONVERSATION, conversation_row, id), id);
}

int
store_conversation_get(struct store_tx *tx, struct str id, struct arena *a,
                       struct conversation_row *ret, struct err *err)
{
    struct match key = conversation_is(id);
    return rows_get(tx, TABLE_CONVERSATION, &key, a, ret, err);
}

int
store_conversation_add(struct store_tx *tx, const struct conversation_row *row, struct err *err)
{
    return rows_add(tx, TABLE_CONVERSATION, row, err);
}

int
store_conversation_touch(struct store_tx *tx, struct str id, int64_t updated_at, struct err *err)
{
    const struct field *field = AT(TABLE_CONVERSATION, conversation_row, updated_at);
    const struct conversation_row row = {.updated_at = updated_at};
    const struct match matches[] = {conversation_is(id), match_int(field, MATCH_LT, updated_at)};
    const struct row_change change = {TABLE_CONVERSATION, &row, &field, 1, matches, 2};
    int result = rows_change(tx, &change, err);
    return result == STORE_STALE ? 0 : result;
}

int
store_conversation_set_topic(struct store_tx *tx, struct str id, struct str topic, struct err *err)
{
    const struct field *field = AT(TABLE_CONVERSATION, conversation_row, topic);
    const struct conversation_row row = {.topic = topic};
    const struct match matches[] = {conversation_is(id), match_text(field, STR(""))};
    const struct row_change change = {TABLE_CONVERSATION, &row, &field, 1, matches, 2};
    int result = rows_change(tx, &change, err);
    return result == STORE_STALE ? 0 : result;
}

/* The events hang on tickets, everything else on the conversation itself. */
static int
delete_events(struct store_tx *tx, struct str id, struct err *err)
{
    struct ticket_row *tickets;
    size_t count;
    const struct ticket_filter filter = {.conversation = id};
    int result = store_ticket_list(tx, &filter, &tx->scratch, &tickets, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct match of = match_int(AT(TABLE_TICKET_EVENT, ticket_event_row, ticket), MATCH_EQ,
                                    tickets[i].number);
        result = rows_remove(tx, TABLE_TICKET_EVENT, &of, err);
    }
    return result;
}

int
store_conversation_delete(struct store_tx *tx, struct str id, struct err *err)
{
    static const enum table_id children[] = {
        TABLE_MESSAGE, TABLE_TURN,     TABLE_MODEL_CALL, TABLE_TOOL_CALL, TABLE_TICKET,
        TABLE_OWNER,   TABLE_FEEDBACK, TABLE_HOLD,       TABLE_DIGEST,    TABLE_ANSWER,
        TABLE_APPROVAL};
    struct conversation_row row;
    struct match key = conversation_is(id);
    int result = store_conversation_get(tx, id, &tx->scratch, &row, err);
    if (result == 0) {
        result = delete_events(tx, id, err);
    }
    for (size_t i = 0; result == 0 && i < sizeof(children) / sizeof(children[0]); i++) {
        const struct table *t = table_get(children[i]);
        struct match of = match_text(table_field(t, t->parent_offset), id);
        result = rows_remove(tx, children[i], &of, err);
    }
    if (result == 0) {
        result = store_spend_forget(tx, id, err);
    }
    return result == 0 ? rows_remove(tx, TABLE_CONVERSATION, &key, err) : result;
}

int
store_conversation_list(struct store_tx *tx, const struct conversation_filter *filter,
                        struct arena *a, struct conversation_row **ret, size_t *ret_count,
                        struct err *err)
{
    const struct field *updated_at = AT(TABLE_CONVERSATION, conversation_row, updated_at);
    struct match matches[3];
    struct selection s = {
        .matches = matches, .order_by = {updated_at}, .descending = true, .limit = filter->limit};
    if (filter->customer.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_CONVERSATION, conversation_row, customer), filter->customer);
    }
    if (filter->owner.len) {
        matches[s.match_count++] =
            match_text(AT(TABLE_CONVERSATION, conversation_row, owner), filter->owner);
    }
    if (filter->since) {
        matches[s.match_count++] = match_int(updated_at, MATCH_GE, filter->since);
    }
    return rows_list(tx, TABLE_CONVERSATION, &s, a, ret, ret_count, err);
}

int
store_owner_set(struct store_tx *tx, struct str conversation, int64_t expected_epoch,
                struct str owner, struct str who, struct str reason, int64_t *ret_epoch,
                struct err *err)
{
    const struct field *epoch = AT(TABLE_CONVERSATION, conversation_row, epoch);
    const struct field *fields[] = {epoch, AT(TABLE_CONVERSATION, conversation_row, owner)};
    const struct conversation_row row = {.owner = owner, .epoch = expected_epoch + 1};
    const struct match matches[] = {conversation_is(conversation),
                                    match_int(epoch, MATCH_EQ, expected_epoch)};
    const struct row_change change = {TABLE_CONVERSATION, &row, fields, 2, matches, 2};
    const struct owner_row line = {
        .id = store_new_id(tx, 'o', &tx->scratch),
        .conversation = conversation,
        .epoch = row.epoch,
        .owner = owner,
        .who = who,
        .reason = reason,
        .at = store_now(tx),
    };
    int result = line.id.ptr ? rows_change(tx, &change, err) : err_nomem(err);
    if (result == 0) {
        result = store_owner_add(tx, &line, err);
    }
    if (result == 0) {
        result = store_conversation_touch(tx, conversation, line.at, err);
    }
    if (result == 0) {
        *ret_epoch = row.epoch;
    }
    return result;
}

int
store_owner_check(struct store_tx *tx, struct str conversation, int64_t epoch, struct err *err)
{
    struct conversation_row row;
    int result = store_conversation_get(tx, conversation, &tx->scratch, &row, err);
    return result == 0 && row.epoch != epoch ? STORE_STALE : result;
}

int
store_owner_add(struct store_tx *tx, const struct owner_row *row, struct err *err)
{
    return rows_add(tx, TABLE_OWNER, row, err);
}

int
store_owner_list(struct store_tx *tx, struct str conversation, struct arena *a,
                 struct owner_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_OWNER, owner_row, conversation), conversation);
    return rows_list_of(tx, TABLE_OWNER, &of, AT(TABLE_OWNER, owner_row, epoch), a, ret, ret_count,
                        err);
}

int
store_message_add(struct store_tx *tx, const struct message_row *row, int64_t *ret_seq,
                  struct err *err)
{
    struct message_row numbered = *row;
    struct match of = match_text(AT(TABLE_MESSAGE, message_row, conversation), row->conversation);
    int result =
        rows_max(tx, TABLE_MESSAGE, AT(TABLE_MESSAGE, message_row, seq), &of, &numbered.seq, err);
    numbered.seq++;
    if (result == 0) {
        result = rows_add(tx, TABLE_MESSAGE, &numbered, err);
    }
    if (result == 0 && ret_seq) {
        *ret_seq = numbered.seq;
    }
    return result;
}

int
store_message_list(struct store_tx *tx, struct str conversation, int64_t after_seq, size_t last,
                   struct arena *a, struct message_row **ret, size_t *ret_count, struct err *err)
{
    const struct field *seq = AT(TABLE_MESSAGE, message_row, seq);
    const struct match matches[] = {
        match_text(AT(TABLE_MESSAGE, message_row, conversation), conversation),
        match_int(seq, MATCH_GT, after_seq),
    };
    const struct selection s = {matches, 2, {seq}, last > 0, last};
    int result = rows_list(tx, TABLE_MESSAGE, &s, a, ret, ret_count, err);
    /* The newest were asked for and came first. */
    for (size_t i = 0; result == 0 && last > 0 && i < *ret_count / 2; i++) {
        struct message_row swap = (*ret)[i];
        (*ret)[i] = (*ret)[*ret_count - 1 - i];
        (*ret)[*ret_count - 1 - i] = swap;
    }
    return result;
}

int
store_message_list_by(struct store_tx *tx, struct str conversation, struct str author,
                      int64_t before_seq, struct arena *a, struct message_row **ret,
                      size_t *ret_count, struct err *err)
{
    const struct field *seq = AT(TABLE_MESSAGE, message_row, seq);
    const struct match matches[] = {
        match_text(AT(TABLE_MESSAGE, message_row, conversation), conversation),
        match_int(seq, MATCH_LT, before_seq),
        match_text(AT(TABLE_MESSAGE, message_row, author), author),
    };
    const struct selection s = {.matches = matches, .match_count = 3, .order_by = {seq}};
    return rows_list(tx, TABLE_MESSAGE, &s, a, ret, ret_count, err);
}

int
store_turn_add(struct store_tx *tx, const struct turn_row *row, struct err *err)
{
    return rows_add(tx, TABLE_TURN, row, err);
}

int
store_turn_get(struct store_tx *tx, struct str id, struct arena *a, struct turn_row *ret,
               struct err *err)
{
    struct match key = match_text(AT(TABLE_TURN, turn_row, id), id);
    return rows_get(tx, TABLE_TURN, &key, a, ret, err);
}

int
store_turn_update(struct store_tx *tx, const struct turn_row *row, struct err *err)
{
    enum { KEPT = 2 }; /* the id and the conversation stay what they are */
    const struct field *fields[TABLE_FIELDS_MAX];
    size_t count = rows_fields_from(TABLE_TURN, KEPT, fields);
    const struct match matches[] = {
        match_text(AT(TABLE_TURN, turn_row, id), row->id),
        match_word(AT(TABLE_TURN, turn_row, state), TURN_OPEN),
    };
    const struct row_change change = {TABLE_TURN, row, fields, count, matches, 2};
    return rows_change(tx, &change, err);
}

int
store_turn_list_open(struct store_tx *tx, struct str conversation, struct arena *a,
                     struct turn_row **ret, size_t *ret_count, struct err *err)
{
    const struct match matches[] = {
        match_word(AT(TABLE_TURN, turn_row, state), TURN_OPEN),
        match_text(AT(TABLE_TURN, turn_row, conversation), conversation),
    };
    const struct selection s = {
        .matches = matches,
        .match_count = conversation.len ? 2 : 1,
        .order_by = {AT(TABLE_TURN, turn_row, opened_at)},
    };
    return rows_list(tx, TABLE_TURN, &s, a, ret, ret_count, err);
}

int
store_turn_list(struct store_tx *tx, struct str conversation, struct arena *a,
                struct turn_row **ret, size_t *ret_count, struct err *err)
{
    struct match of = match_text(AT(TABLE_TURN, turn_row, conversation), conversation);
    return rows_list_of(tx, TABLE_TURN, &of, AT(TABLE_TURN, turn_row, opened_at), a, ret, ret_count,
                        err);
}
