-- What reports read, in the order and with the columns they need, so that they read no whole rows.
-- Conversations by id, like the facts that hang on them: read side by side they are next to each
-- other.
CREATE INDEX conversation_report ON conversation (id, created_at, channel, owner, updated_at);

DROP INDEX turn_conversation;
CREATE INDEX turn_conversation ON turn
    (conversation, opened_at, id, outcome, state, closed_at, first_text_ms, model);

DROP INDEX model_call_conversation;
CREATE INDEX model_call_conversation ON model_call
    (conversation, started_at, model, input_tokens, output_tokens, cached_tokens);

CREATE INDEX tool_call_status ON tool_call (conversation, status, name);

-- Searches, and those that found nothing: few of many calls. Reports use the same words.
CREATE INDEX tool_call_search ON tool_call (conversation, turn, name)
    WHERE status = 'ok' AND (result LIKE '%"found":%');
CREATE INDEX tool_call_nothing ON tool_call (conversation, turn, name)
    WHERE status = 'ok' AND (result LIKE '%"found":false%' OR result LIKE '%"found": false%');

DROP INDEX feedback_conversation;
CREATE INDEX feedback_conversation ON feedback (conversation, at, id, rating);

DROP INDEX ticket_conversation;
CREATE INDEX ticket_conversation ON ticket (conversation, status, created_at, resolved_at);

DROP INDEX ticket_event_ticket;
CREATE INDEX ticket_event_ticket ON ticket_event (ticket, at, what, id);
