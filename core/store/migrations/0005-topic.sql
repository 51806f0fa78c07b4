-- What a conversation is about, for reports: the label of the first message that has one. Empty for
-- conversations from before, and where nothing but greetings was written.
ALTER TABLE conversation ADD COLUMN topic TEXT NOT NULL DEFAULT '';
