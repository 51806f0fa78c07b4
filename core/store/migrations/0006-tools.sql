-- What tools are allowed: approvals of calls that change something for good, and how often limited
-- tools were used. What plugins keep: their keys and values, their figures, their state.

ALTER TABLE tool_call ADD COLUMN untrusted INTEGER NOT NULL DEFAULT 0;

CREATE TABLE approval (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    turn TEXT NOT NULL,
    call TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    summary TEXT NOT NULL,
    needs TEXT NOT NULL,
    state TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    used_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_conversation ON approval (conversation, created_at);
CREATE INDEX approval_state ON approval (state, created_at);

CREATE TABLE tool_use (
    id TEXT PRIMARY KEY NOT NULL,
    uses INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tool_use_expires ON tool_use (expires_at);

CREATE TABLE plugin_value (
    id TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE plugin_space (
    plugin TEXT PRIMARY KEY NOT NULL,
    keys INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE plugin_metric (
    id TEXT PRIMARY KEY NOT NULL,
    plugin TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    count INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    least INTEGER NOT NULL,
    most INTEGER NOT NULL
) STRICT;

CREATE TABLE plugin_state (
    plugin TEXT PRIMARY KEY NOT NULL,
    trouble TEXT NOT NULL,
    file TEXT NOT NULL,
    since INTEGER NOT NULL,
    reload INTEGER NOT NULL
) STRICT;
