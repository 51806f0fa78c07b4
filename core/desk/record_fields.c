#include "desk/record_fields.h"

#include "desk/record.h"

static const struct str owner_words[] = {
    STR_INIT("bot"), STR_INIT("human"), STR_INIT("nobody"), {0}};
static const struct str role_words[] = {STR_INIT("user"), STR_INIT("assistant"), {0}};
static const struct str message_words[] = {STR_INIT("sent"), STR_INIT("discarded"), {0}};
static const struct str turn_words[] = {STR_INIT("open"), STR_INIT("closed"), {0}};
static const struct str outcome_words[] = {
    STR_INIT("answered"), STR_INIT("handed_over"), STR_INIT("limit"),      STR_INIT("failed"),
    STR_INIT("canceled"), STR_INIT("crashed"),     STR_INIT("taken_over"), {0}};
static const struct str model_words[] = {
    STR_INIT("ok"), STR_INIT("error"), STR_INIT("canceled"), {0}};
static const struct str effect_words[] = {
    STR_INIT("read"), STR_INIT("write"), STR_INIT("irreversible"), {0}};
static const struct str call_words[] = {
    STR_INIT("open"),     STR_INIT("ok"),       STR_INIT("error"),   STR_INIT("timeout"),
    STR_INIT("rejected"), STR_INIT("canceled"), STR_INIT("unknown"), {0}};
static const struct str ticket_words[] = {
    STR_INIT("open"), STR_INIT("claimed"), STR_INIT("waiting"), STR_INIT("resolved"), {0}};
static const struct str priority_words[] = {
    STR_INIT("low"), STR_INIT("medium"), STR_INIT("high"), STR_INIT("urgent"), {0}};

static const struct str needs_words[] = {STR_INIT("customer"), STR_INIT("agent"), {0}};
static const struct str approval_words[] = {STR_INIT("pending"),
                                            STR_INIT("approved"),
                                            STR_INIT("declined"),
                                            STR_INIT("lapsed"),
                                            STR_INIT("used"),
                                            STR_INIT("expired"),
                                            {0}};

#define F(row, member, KIND)                                                                       \
    .name = #member, .kind = RECORD_##KIND, .offset = offsetof(struct row, member)
#define AS(json, row, member, KIND)                                                                \
    .name = json, .kind = RECORD_##KIND, .offset = offsetof(struct row, member)
#define LIST(json, row, member, count_member, object)                                              \
    .name = json, .kind = RECORD_LIST, .offset = offsetof(struct row, member),                     \
    .count_offset = offsetof(struct row, count_member), .of = &(object)
#define WORDS(list) .words = (list)
#define OBJECT(variable, words, type, table)                                                       \
    const struct record_object variable = {words, sizeof(struct type), table,                      \
                                           sizeof(table) / sizeof((table)[0])}

static const struct record_field message_fields[] = {
    {F(message_row, id, ID)},
    {F(message_row, role, WORD), WORDS(role_words)},
    {F(message_row, author, TEXT)},
    {F(message_row, state, WORD), WORDS(message_words), .fallback = STR_INIT("sent")},
    {F(message_row, turn, REF)},
    {F(message_row, at, TIME)},
    {F(message_row, content, BLOCKS)},
};
OBJECT(record_message, "message", message_row, message_fields);

static const struct record_field call_fields[] = {
    {F(tool_call_row, id, ID)},
    {F(tool_call_row, turn, REF)},
    {F(tool_call_row, message, REF)},
    {F(tool_call_row, seq, INT)},
    {F(tool_call_row, tool_use_id, TEXT)},
    {F(tool_call_row, name, TEXT)},
    {F(tool_call_row, plugin, TEXT)},
    {F(tool_call_row, effect, WORD_OR_NULL), WORDS(effect_words)},
    {F(tool_call_row, arguments, ARGUMENTS)},
    {AS("arguments_text", tool_call_row, arguments, ARGUMENTS_TEXT)},
    {F(tool_call_row, status, WORD), WORDS(call_words)},
    {F(tool_call_row, error_code, TEXT)},
    {F(tool_call_row, untrusted, BOOL)},
    {F(tool_call_row, result, RESULT)},
    {F(tool_call_row, started_at, TIME)},
    {F(tool_call_row, ended_at, TIME_OR_NULL)},
};
OBJECT(record_call, "tool call", tool_call_row, call_fields);

static const struct record_field approval_fields[] = {
    {F(approval_row, id, ID)},
    {F(approval_row, turn, REF)},
    {F(approval_row, call, REF)},
    {F(approval_row, tool, TEXT)},
    {F(approval_row, arguments, OBJECT)},
    {F(approval_row, summary, TEXT)},
    {F(approval_row, needs, WORD), WORDS(needs_words)},
    {F(approval_row, state, WORD), WORDS(approval_words)},
    {F(approval_row, ticket, NUMBER_OR_NULL)},
    {F(approval_row, decided_by, TEXT)},
    {F(approval_row, used_by, REF)},
    {F(approval_row, created_at, TIME)},
    {F(approval_row, expires_at, TIME)},
    {F(approval_row, decided_at, TIME_OR_NULL)},
};
OBJECT(record_approval, "approval", approval_row, approval_fields);

static const struct record_field event_fields[] = {
    {F(ticket_event_row, id, ID)},       {F(ticket_event_row, at, TIME)},
    {F(ticket_event_row, who, TEXT)},    {F(ticket_event_row, what, TEXT)},
    {F(ticket_event_row, detail, TEXT)},
};
OBJECT(record_event, "ticket event", ticket_event_row, event_fields);

static const struct record_field ticket_fields[] = {
    {AS("ticket", ticket_row, number, NUMBER)},
    {F(ticket_row, conversation, REF)},
    {F(ticket_row, customer, TEXT)},
    {F(ticket_row, channel, TEXT)},
    {F(ticket_row, status, WORD), WORDS(ticket_words)},
    {F(ticket_row, priority, WORD), WORDS(priority_words), .fallback = STR_INIT("medium")},
    {F(ticket_row, category, TEXT), .inner = true},
    {F(ticket_row, reason, TEXT)},
    {F(ticket_row, assignee, TEXT)},
    {F(ticket_row, version, INT), .number = 1, .inner = true},
    {F(ticket_row, created_at, TIME)},
    {F(ticket_row, updated_at, TIME)},
    {F(ticket_row, resolved_at, TIME_OR_NULL)},
    {.name = "summary", .kind = RECORD_SUMMARY},
    {LIST("events", record_ticket, events, event_count, record_event), .inner = true},
};
OBJECT(record_ticket, "ticket", record_ticket, ticket_fields);

static const struct record_field turn_fields[] = {
    {F(turn_row, id, ID)},
    {F(turn_row, state, WORD), WORDS(turn_words)},
    {F(turn_row, outcome, WORD_OR_NULL), WORDS(outcome_words)},
    {F(turn_row, reason, TEXT)},
    {F(turn_row, user_message, REF)},
    {F(turn_row, model, TEXT)},
    {F(turn_row, process, TEXT)},
    {F(turn_row, epoch, INT)},
    {F(turn_row, model_calls, INT)},
    {F(turn_row, tool_calls, INT)},
    {F(turn_row, input_tokens, INT)},
    {F(turn_row, output_tokens, INT)},
    {F(turn_row, first_text_ms, INT)},
    {F(turn_row, opened_at, TIME)},
    {F(turn_row, closed_at, TIME_OR_NULL)},
};
static OBJECT(record_turn, "turn", turn_row, turn_fields);

static const struct record_field model_call_fields[] = {
    {F(model_call_row, id, ID)},
    {F(model_call_row, turn, REF)},
    {F(model_call_row, model, TEXT)},
    {F(model_call_row, outcome, WORD), WORDS(model_words)},
    {F(model_call_row, stop_reason, TEXT)},
    {F(model_call_row, error, TEXT)},
    {F(model_call_row, input_tokens, INT)},
    {F(model_call_row, output_tokens, INT)},
    {F(model_call_row, cached_tokens, INT)},
    {F(model_call_row, first_text_ms, INT)},
    {F(model_call_row, started_at, TIME)},
    {F(model_call_row, ended_at, TIME_OR_NULL)},
};
static OBJECT(record_model_call, "model call", model_call_row, model_call_fields);

static const struct record_field owner_fields[] = {
    {F(owner_row, id, ID)},
    {F(owner_row, epoch, INT)},
    {F(owner_row, owner, WORD), WORDS(owner_words)},
    {F(owner_row, who, TEXT)},
    {F(owner_row, reason, TEXT)},
    {F(owner_row, at, TIME)},
};
static OBJECT(record_owner, "change of owner", owner_row, owner_fields);

static const struct record_field feedback_fields[] = {
    {F(feedback_row, id, ID)},
    {F(feedback_row, rating, INT)},
    {F(feedback_row, comment, TEXT)},
    {F(feedback_row, at, TIME)},
};
static OBJECT(record_feedback, "feedback", feedback_row, feedback_fields);

static const struct record_field prompt_fields[] = {
    {AS("name", record, conversation.prompt_name, TEXT)},
    {AS("version", record, conversation.prompt_version, TEXT)},
    {AS("vars", record, conversation.prompt_vars, OBJECT)},
    {AS("text", record, prompt_text, TEXT)},
};
static OBJECT(record_prompt, "prompt", record, prompt_fields);

static const struct record_field conversation_fields[] = {
    {AS("conversation", record, conversation.id, ID)},
    {AS("customer", record, conversation.customer, TEXT)},
    {AS("channel", record, conversation.channel, TEXT)},
    {AS("topic", record, conversation.topic, TEXT)},
    {.name = "prompt", .kind = RECORD_PART, .of = &record_prompt},
    {AS("owner", record, conversation.owner, WORD), WORDS(owner_words)},
    {AS("epoch", record, conversation.epoch, INT), .number = 1},
    {AS("created_at", record, conversation.created_at, TIME_OR_NULL)},
    {AS("updated_at", record, conversation.updated_at, TIME_OR_NULL)},
    {LIST("messages", record, messages, message_count, record_message)},
    {LIST("tool_calls", record, calls, call_count, record_call)},
    {LIST("approvals", record, approvals, approval_count, record_approval)},
    {LIST("tickets", record, tickets, ticket_count, record_ticket)},
    {LIST("turns", record, turns, turn_count, record_turn)},
    {LIST("model_calls", record, model_calls, model_call_count, record_model_call)},
    {LIST("ownership", record, owners, owner_count, record_owner)},
    {LIST("feedback", record, feedback, feedback_count, record_feedback)},
};
OBJECT(record_conversation, "conversation", record, conversation_fields);
