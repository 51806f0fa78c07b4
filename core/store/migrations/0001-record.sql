-- The record of a desk: one row a fact. core/store/rows.h says what each column means.
-- Columns stand in the order of the structs there; a test compares the two.

CREATE TABLE conversation (
    id TEXT PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL,
    channel TEXT NOT NULL,
    prompt_name TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    prompt_vars TEXT NOT NULL,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_latest ON conversation (updated_at);
CREATE INDEX conversation_customer ON conversation (customer);

CREATE TABLE message (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    seq INTEGER NOT NULL,
    turn TEXT NOT NULL,
    role TEXT NOT NULL,
    author TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_seq ON message (conversation, seq);

CREATE TABLE turn (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    process TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_message TEXT NOT NULL,
    model TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    tool_calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    first_text_ms INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_conversation ON turn (conversation, opened_at);
-- One open turn a conversation, whatever else goes wrong; and the list of open ones.
CREATE UNIQUE INDEX turn_open ON turn (conversation) WHERE state = 'open';

CREATE TABLE model_call (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    turn TEXT NOT NULL,
    model TEXT NOT NULL,
    outcome TEXT NOT NULL,
    stop_reason TEXT NOT NULL,
    error TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    first_text_ms INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX model_call_conversation ON model_call (conversation, started_at);

CREATE TABLE tool_call (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    turn TEXT NOT NULL,
    message TEXT NOT NULL,
    seq INTEGER NOT NULL,
    tool_use_id TEXT NOT NULL,
    name TEXT NOT NULL,
    plugin TEXT NOT NULL,
    effect TEXT NOT NULL,
    arguments TEXT NOT NULL,
    status TEXT NOT NULL,
    result TEXT NOT NULL,
    error_code TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tool_call_turn ON tool_call (conversation, turn);

CREATE TABLE ticket (
    number INTEGER PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    customer TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    priority TEXT NOT NULL,
    category TEXT NOT NULL,
    reason TEXT NOT NULL,
    assignee TEXT NOT NULL,
    summary_by TEXT NOT NULL,
    summary TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_conversation ON ticket (conversation);
CREATE INDEX ticket_status ON ticket (status);

CREATE TABLE ticket_event (
    id TEXT PRIMARY KEY NOT NULL,
    ticket INTEGER NOT NULL REFERENCES ticket (number),
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_event_ticket ON ticket_event (ticket, at);

CREATE TABLE ownership (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    epoch INTEGER NOT NULL,
    owner TEXT NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ownership_epoch ON ownership (conversation, epoch);

CREATE TABLE feedback (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    rating INTEGER NOT NULL,
    comment TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_conversation ON feedback (conversation, at);

CREATE TABLE prompt_version (
    hash TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    first_used INTEGER NOT NULL
) STRICT;

-- The last number given of a kind: a ticket's number does not come again when it is deleted.
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
