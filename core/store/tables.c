#include "store/store_impl.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

#define TEXT(row, member)                                                                          \
    {                                                                                              \
#member, FIELD_TEXT, offsetof(struct row, member)                                          \
    }
#define INT(row, member)                                                                           \
    {                                                                                              \
#member, FIELD_INT, offsetof(struct row, member)                                           \
    }

static const struct field conversation_fields[] = {
    TEXT(conversation_row, id),
    TEXT(conversation_row, customer),
    TEXT(conversation_row, channel),
    TEXT(conversation_row, prompt_name),
    TEXT(conversation_row, prompt_version),
    TEXT(conversation_row, prompt_vars),
    TEXT(conversation_row, owner),
    INT(conversation_row, epoch),
    INT(conversation_row, created_at),
    INT(conversation_row, updated_at),
    TEXT(conversation_row, topic),
};

static const struct field message_fields[] = {
    TEXT(message_row, id),    TEXT(message_row, conversation), INT(message_row, seq),
    TEXT(message_row, turn),  TEXT(message_row, role),         TEXT(message_row, author),
    TEXT(message_row, state), TEXT(message_row, content),      INT(message_row, at),
};

static const struct field turn_fields[] = {
    TEXT(turn_row, id),           TEXT(turn_row, conversation), TEXT(turn_row, process),
    TEXT(turn_row, state),        TEXT(turn_row, outcome),      TEXT(turn_row, reason),
    TEXT(turn_row, user_message), TEXT(turn_row, model),        INT(turn_row, epoch),
    INT(turn_row, model_calls),   INT(turn_row, tool_calls),    INT(turn_row, input_tokens),
    INT(turn_row, output_tokens), INT(turn_row, first_text_ms), INT(turn_row, opened_at),
    INT(turn_row, closed_at),
};

static const struct field model_call_fields[] = {
    TEXT(model_call_row, id),
    TEXT(model_call_row, conversation),
    TEXT(model_call_row, turn),
    TEXT(model_call_row, model),
    TEXT(model_call_row, outcome),
    TEXT(model_call_row, stop_reason),
    TEXT(model_call_row, error),
    INT(model_call_row, input_tokens),
    INT(model_call_row, output_tokens),
    INT(model_call_row, cached_tokens),
    INT(model_call_row, first_text_ms),
    INT(model_call_row, started_at),
    INT(model_call_row, ended_at),
    INT(model_call_row, written_tokens),
    INT(model_call_row, estimated_tokens),
    INT(model_call_row, seen_from),
    TEXT(model_call_row, digest),
    INT(model_call_row, micros),
};

static const struct field tool_call_fields[] = {
    TEXT(tool_call_row, id),         TEXT(tool_call_row, conversation),
    TEXT(tool_call_row, turn),       TEXT(tool_call_row, message),
    INT(tool_call_row, seq),         TEXT(tool_call_row, tool_use_id),
    TEXT(tool_call_row, name),       TEXT(tool_call_row, plugin),
    TEXT(tool_call_row, effect),     TEXT(tool_call_row, arguments),
    TEXT(tool_call_row, status),     TEXT(tool_call_row, result),
    TEXT(tool_call_row, error_code), INT(tool_call_row, started_at),
    INT(tool_call_row, ended_at),    INT(tool_call_row, untrusted),
};

static const struct field approval_fields[] = {
    TEXT(approval_row, id),        TEXT(approval_row, conversation), TEXT(approval_row, turn),
    TEXT(approval_row, call),      TEXT(approval_row, tool),         TEXT(approval_row, arguments),
    TEXT(approval_row, summary),   TEXT(approval_row, needs),        TEXT(approval_row, state),
    INT(approval_row, ticket),     TEXT(approval_row, decided_by),   TEXT(approval_row, used_by),
    INT(approval_row, created_at), INT(approval_row, expires_at),    INT(approval_row, decided_at),
};

static const struct field tool_use_fields[] = {
    TEXT(tool_use_row, id),
    INT(tool_use_row, uses),
    INT(tool_use_row, expires_at),
};

static const struct field plugin_value_fields[] = {
    TEXT(plugin_value_row, id),
    TEXT(plugin_value_row, value),
    INT(plugin_value_row, expires_at),
    INT(plugin_value_row, at),
};

static const struct field plugin_space_fields[] = {
    TEXT(plugin_space_row, plugin),
    INT(plugin_space_row, keys),
    INT(plugin_space_row, bytes),
};

static const struct field plugin_metric_fields[] = {
    TEXT(plugin_metric_row, id),   TEXT(plugin_metric_row, plugin), TEXT(plugin_metric_row, name),
    TEXT(plugin_metric_row, kind), TEXT(plugin_metric_row, day),    INT(plugin_metric_row, count),
    INT(plugin_metric_row, sum),   INT(plugin_metric_row, least),   INT(plugin_metric_row, most),
};

static const struct field plugin_state_fields[] = {
    TEXT(plugin_state_row, plugin), TEXT(plugin_state_row, trouble), TEXT(plugin_state_row, file),
    INT(plugin_state_row, since),   INT(plugin_state_row, reload),
};

static const struct field ticket_fields[] = {
    INT(ticket_row, number),      TEXT(ticket_row, conversation), TEXT(ticket_row, customer),
    TEXT(ticket_row, channel),    TEXT(ticket_row, status),       TEXT(ticket_row, priority),
    TEXT(ticket_row, category),   TEXT(ticket_row, reason),       TEXT(ticket_row, assignee),
    TEXT(ticket_row, summary_by), TEXT(ticket_row, summary),      INT(ticket_row, version),
    INT(ticket_row, created_at),  INT(ticket_row, updated_at),    INT(ticket_row, resolved_at),
};

static const struct field ticket_event_fields[] = {
    TEXT(ticket_event_row, id),   INT(ticket_event_row, ticket),  TEXT(ticket_event_row, who),
    TEXT(ticket_event_row, what), TEXT(ticket_event_row, detail), INT(ticket_event_row, at),
};

static const struct field owner_fields[] = {
    TEXT(owner_row, id),    TEXT(owner_row, conversation), INT(owner_row, epoch),
    TEXT(owner_row, owner), TEXT(owner_row, who),          TEXT(owner_row, reason),
    INT(owner_row, at),
};

static const struct field feedback_fields[] = {
    TEXT(feedback_row, id),    TEXT(feedback_row, conversation),
    INT(feedback_row, rating), TEXT(feedback_row, comment),
    INT(feedback_row, at),
};

static const struct field prompt_fields[] = {
    TEXT(prompt_row, hash),
    TEXT(prompt_row, name),
    TEXT(prompt_row, text),
    INT(prompt_row, first_used),
};

static const struct field spend_fields[] = {
    TEXT(spend_row, id),
    INT(spend_row, tokens),
    INT(spend_row, micros),
    INT(spend_row, expires_at),
};

static const struct field hold_fields[] = {
    TEXT(hold_row, id),     TEXT(hold_row, conversation), TEXT(hold_row, turn),
    TEXT(hold_row, scopes), INT(hold_row, tokens),        INT(hold_row, micros),
    INT(hold_row, at),
};

static const struct field digest_fields[] = {
    TEXT(digest_row, id),     TEXT(digest_row, conversation), INT(digest_row, to_seq),
    TEXT(digest_row, covers), TEXT(digest_row, text),         TEXT(digest_row, model),
    INT(digest_row, at),
};

static const struct field answer_fields[] = {
    TEXT(answer_row, id),     TEXT(answer_row, conversation), TEXT(answer_row, text),
    TEXT(answer_row, model),  INT(answer_row, hits),          INT(answer_row, at),
    INT(answer_row, used_at),
};

static const struct field counter_fields[] = {
    TEXT(counter_row, name),
    INT(counter_row, value),
};

static const struct unique message_unique = {
    .offsets = {offsetof(struct message_row, conversation), offsetof(struct message_row, seq)},
    .count = 2,
    .says = "its conversation has a message of that number already",
};

static const struct unique turn_unique = {
    .offsets = {offsetof(struct turn_row, conversation)},
    .count = 1,
    .only_if_offset = offsetof(struct turn_row, state),
    .only_if = "open",
    .says = "its conversation has an open turn already",
};

static const struct unique owner_unique = {
    .offsets = {offsetof(struct owner_row, conversation), offsetof(struct owner_row, epoch)},
    .count = 2,
    .says = "its conversation had that epoch already",
};

static const struct unique digest_unique = {
    .offsets = {offsetof(struct digest_row, conversation), offsetof(struct digest_row, to_seq)},
    .count = 2,
    .says = "its conversation has a digest up to there already",
};

#define FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof((array)[0])
#define NO_PARENT .parent = TABLE_COUNT
#define OF_CONVERSATION(row)                                                                       \
    .parent = TABLE_CONVERSATION, .parent_offset = offsetof(struct row, conversation)

static const struct table tables[TABLE_COUNT] = {
    [TABLE_CONVERSATION] = {"conversation", sizeof(struct conversation_row),
                            FIELDS(conversation_fields), NO_PARENT},
    [TABLE_MESSAGE] = {"message", sizeof(struct message_row), FIELDS(message_fields),
                       OF_CONVERSATION(message_row), .unique = &message_unique},
    [TABLE_TURN] = {"turn", sizeof(struct turn_row), FIELDS(turn_fields), OF_CONVERSATION(turn_row),
                    .unique = &turn_unique},
    [TABLE_MODEL_CALL] = {"model_call", sizeof(struct model_call_row), FIELDS(model_call_fields),
                          OF_CONVERSATION(model_call_row)},
    [TABLE_TOOL_CALL] = {"tool_call", sizeof(struct tool_call_row), FIELDS(tool_call_fields),
                         OF_CONVERSATION(tool_call_row)},
    [TABLE_TICKET] = {"ticket", sizeof(struct ticket_row), FIELDS(ticket_fields),
                      OF_CONVERSATION(ticket_row)},
    [TABLE_TICKET_EVENT] = {"ticket_event", sizeof(struct ticket_event_row),
                            FIELDS(ticket_event_fields), .parent = TABLE_TICKET,
                            .parent_offset = offsetof(struct ticket_event_row, ticket)},
    [TABLE_OWNER] = {"ownership", sizeof(struct owner_row), FIELDS(owner_fields),
                     OF_CONVERSATION(owner_row), .unique = &owner_unique},
    [TABLE_FEEDBACK] = {"feedback", sizeof(struct feedback_row), FIELDS(feedback_fields),
                        OF_CONVERSATION(feedback_row)},
    [TABLE_PROMPT] = {"prompt_version", sizeof(struct prompt_row), FIELDS(prompt_fields),
                      NO_PARENT},
    [TABLE_SPEND] = {"spend", sizeof(struct spend_row), FIELDS(spend_fields), NO_PARENT},
    [TABLE_HOLD] = {"hold", sizeof(struct hold_row), FIELDS(hold_fields),
                    OF_CONVERSATION(hold_row)},
    [TABLE_DIGEST] = {"digest", sizeof(struct digest_row), FIELDS(digest_fields),
                      OF_CONVERSATION(digest_row), .unique = &digest_unique},
    [TABLE_ANSWER] = {"answer", sizeof(struct answer_row), FIELDS(answer_fields),
                      OF_CONVERSATION(answer_row)},
    [TABLE_APPROVAL] = {"approval", sizeof(struct approval_row), FIELDS(approval_fields),
                        OF_CONVERSATION(approval_row)},
    [TABLE_TOOL_USE] = {"tool_use", sizeof(struct tool_use_row), FIELDS(tool_use_fields),
                        NO_PARENT},
    [TABLE_PLUGIN_VALUE] = {"plugin_value", sizeof(struct plugin_value_row),
                            FIELDS(plugin_value_fields), NO_PARENT},
    [TABLE_PLUGIN_SPACE] = {"plugin_space", sizeof(struct plugin_space_row),
                            FIELDS(plugin_space_fields), NO_PARENT},
    [TABLE_PLUGIN_METRIC] = {"plugin_metric", sizeof(struct plugin_metric_row),
                             FIELDS(plugin_metric_fields), NO_PARENT},
    [TABLE_PLUGIN_STATE] = {"plugin_state", sizeof(struct plugin_state_row),
                            FIELDS(plugin_state_fields), NO_PARENT},
    [TABLE_COUNTER] = {"counter", sizeof(struct counter_row), FIELDS(counter_fields), NO_PARENT},
};

const struct table *
table_get(enum table_id id)
{
    must(id < TABLE_COUNT && tables[id].field_count <= TABLE_FIELDS_MAX);
    return &tables[id];
}

const struct field *
table_field(const struct table *t, size_t offset)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].offset == offset) {
            return &t->fields[i];
        }
    }
    unreachable();
}

enum { VALUE_TEXT = 72 };

/* A key in words: ids are short, and a hostile import's long one is cut. */
static const char *
value_text(const void *row, const struct field *field, char out[VALUE_TEXT])
{
    const char *at = (const char *)row + field->offset;
    if (field->type == FIELD_INT) {
        int64_t number;
        memcpy(&number, at, sizeof(number));
        (void)snprintf(out, VALUE_TEXT, "%lld", (long long)number);
        return out;
    }
    struct str value;
    memcpy(&value, at, sizeof(value));
    (void)snprintf(out, VALUE_TEXT, "%" STR_FMT, STR_ARG(value));
    return out;
}

int
table_err_exists(const struct table *t, const void *row, struct err *err)
{
    char key[VALUE_TEXT];
    (void)err_set(err, ERR_BUSY, "%s %s exists already", t->name,
                  value_text(row, &t->fields[0], key));
    return err_retryable(err);
}

int
table_err_unique(const struct table *t, const void *row, struct err *err)
{
    char key[VALUE_TEXT];
    (void)err_set(err, ERR_BUSY, "%s %s: %s", t->name, value_text(row, &t->fields[0], key),
                  t->unique ? t->unique->says : "another row has its values already");
    return err_retryable(err);
}

int
table_err_parent(const struct table *t, const void *row, struct err *err)
{
    char key[VALUE_TEXT];
    char parent[VALUE_TEXT];
    must(t->parent != TABLE_COUNT);
    return err_set(err, ERR_NOTFOUND, "%s %s: there is no %s %s", t->name,
                   value_text(row, &t->fields[0], key), tables[t->parent].name,
                   value_text(row, table_field(t, t->parent_offset), parent));
}
