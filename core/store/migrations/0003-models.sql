-- What real models bring: what a call saw and cost, brakes on spending, digests of long
-- conversations, answers kept for the next who asks the same.

ALTER TABLE model_call ADD COLUMN written_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_call ADD COLUMN estimated_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_call ADD COLUMN seen_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE model_call ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE model_call ADD COLUMN micros INTEGER NOT NULL DEFAULT 0;

CREATE TABLE spend (
    id TEXT PRIMARY KEY NOT NULL,
    tokens INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spend_expires ON spend (expires_at);

CREATE TABLE hold (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    turn TEXT NOT NULL,
    scopes TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    micros INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX hold_conversation ON hold (conversation);

CREATE TABLE digest (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    to_seq INTEGER NOT NULL,
    covers TEXT NOT NULL,
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX digest_seq ON digest (conversation, to_seq);

CREATE TABLE answer (
    id TEXT PRIMARY KEY NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id),
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    hits INTEGER NOT NULL,
    at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX answer_conversation ON answer (conversation);
