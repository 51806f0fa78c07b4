/* rows: the facts a desk records, one struct a table.
 *
 * Facts are rows; nothing else is kept. Text views are borrowed from whatever arena the row was
 * read into or built from. Times are milliseconds since 1970 UTC, 0 = not yet. Lists of words
 * (owners, states, outcomes) are text in the database, so that a person with sqlite3 can read it,
 * and constants here.
 *
 * tables.c describes each of these structs field by field; a new column is a field here, a line
 * there and a migration. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdint.h>

#include "base/str.h"

/* Who owns a conversation: may speak to its customer. */
#define OWNER_BOT STR("bot")
#define OWNER_HUMAN STR("human")
#define OWNER_NOBODY STR("nobody")

struct conversation_row {
    struct str id;
    struct str customer; /* empty: anonymous */
    struct str channel;  /* "cli", "web", ... */
    struct str prompt_name;
    struct str prompt_version; /* hash: prompt_row.hash */
    struct str prompt_vars;    /* JSON object of the variables it was opened with */
    struct str owner;          /* OWNER_*: the current value; owner_row has the history */
    int64_t epoch;             /* grows by one with each change of owner */
    int64_t created_at;
    int64_t updated_at; /* last message or change of owner */
    struct str topic;   /* label of the first message that has one; empty: none had */
};
/* The topic where the classifier knows none. */
#define TOPIC_OTHER STR("other")

/* A message's author. Its role for the model is "user" or "assistant". */
#define AUTHOR_CUSTOMER STR("customer")
#define AUTHOR_BOT STR("bot")
#define AUTHOR_TOOL STR("tool")     /* role user: the results of a reply's tool calls */
#define AUTHOR_SYSTEM STR("system") /* role assistant: a template's line (greeting, hand-over) */
/* What an agent tells the bot on giving a conversation back: role user, never shown to the
 * customer. */
#define AUTHOR_NOTE STR("note")
/* A human agent is "agent:NAME", role assistant. */
#define AUTHOR_AGENT_PREFIX STR("agent:")

#define MESSAGE_SENT STR("sent")
/* Written by a model whose conversation was taken over meanwhile: recorded, never shown. */
#define MESSAGE_DISCARDED STR("discarded")

struct message_row {
    struct str id;
    struct str conversation;
    int64_t seq; /* 1, 2, 3 ... within its conversation; given by the store */
    struct str turn; /* empty: outside any turn */
    struct str role; /* "user" | "assistant" */
    struct str author;
    struct str state;
    struct str content; /* JSON array of blocks, see base/message.h */
    int64_t at;
};

#define TURN_OPEN STR("open")
#define TURN_CLOSED STR("closed")
/* Outcomes of a closed turn. */
#define OUTCOME_ANSWERED STR("answered")
#define OUTCOME_HANDED_OVER STR("handed_over")
#define OUTCOME_LIMIT STR("limit")
#define OUTCOME_FAILED STR("failed")
#define OUTCOME_CANCELED STR("canceled")
/* The process died in it; closed by recovery. */
#define OUTCOME_CRASHED STR("crashed")
/* Taken over by a human while it ran. */
#define OUTCOME_TAKEN_OVER STR("taken_over")

struct turn_row {
    struct str id;
    struct str conversation;
    struct str process; /* process_lock.h: who runs it */
    struct str state;
    struct str outcome; /* empty while open */
    struct str reason;  /* which limit, which failure; for people */
    struct str user_message;
    struct str model;
    int64_t epoch; /* of the conversation when it began */
    int64_t model_calls;
    int64_t tool_calls;
    int64_t input_tokens;
    int64_t output_tokens;
    int64_t first_text_ms; /* from its start to the first text shown; 0 = none was */
    int64_t opened_at;
    int64_t closed_at;
};

struct model_call_row {
    struct str id;
    struct str conversation;
    struct str turn;
    struct str model;
    struct str outcome; /* "ok" | "error" | "canceled" */
    struct str stop_reason;
    struct str error;
    int64_t input_tokens;
    int64_t output_tokens;
    int64_t cached_tokens;
    int64_t first_text_ms;
    int64_t started_at;
    int64_t ended_at;
    int64_t written_tokens;   /* of the input, written to the provider's cache */
    int64_t estimated_tokens; /* of the input, as it was estimated before */
    int64_t seen_from;        /* seq of the oldest message the model was sent; 0: not said */
    struct str digest;        /* digest_row.id that stood for those before; empty: none */
    int64_t micros;           /* what it cost, in millionths; 0 where no price is configured */
};

#define CALL_OPEN STR("open")
#define CALL_OK STR("ok")
#define CALL_ERROR STR("error")       /* the tool or its check said no; result says what */
#define CALL_TIMEOUT STR("timeout")   /* deadline missed */
#define CALL_REJECTED STR("rejected") /* never ran: unknown tool, arguments that break the schema */
#define CALL_CANCELED STR("canceled")
/* The process died while it ran, or it was abandoned: it may or may not have had its effect. */
#define CALL_UNKNOWN STR("unknown")

struct tool_call_row {
    struct str id; /* also the idempotency key a plugin sees */
    struct str conversation;
    struct str turn;
    struct str message; /* the assistant message that asked for it */
    int64_t seq;        /* place within that message's calls: 0, 1, ... */
    struct str tool_use_id;
    struct str name;
    struct str plugin;
    struct str effect;    /* "read" | "write" | "irreversible"; "" where the tool is unknown */
    struct str arguments; /* JSON text as the model sent it; may be broken */
    struct str status;
    struct str result;     /* JSON array of result content blocks; empty while open */
    struct str error_code; /* one word, empty when ok */
    int64_t started_at;
    int64_t ended_at;
    int64_t untrusted; /* 1: its result came from outside the shop; see tool/policy.h */
};

/* Who has to agree. */
#define APPROVAL_CUSTOMER STR("customer")
#define APPROVAL_AGENT STR("agent")
/* Pending is decided by approved, declined, or lapsed (the customer went on to something else);
 * approved is used by one call. Either ends by itself at expires_at, when the next one looks. */
#define APPROVAL_PENDING STR("pending")
#define APPROVAL_APPROVED STR("approved")
#define APPROVAL_DECLINED STR("declined")
#define APPROVAL_LAPSED STR("lapsed")
#define APPROVAL_USED STR("used")
#define APPROVAL_EXPIRED STR("expired")

/* One call that may not run before somebody agreed to it. */
struct approval_row {
    struct str id;
    struct str conversation;
    struct str turn;
    struct str call; /* tool_call_row.id: the one that was refused for want of it */
    struct str tool;
    struct str arguments; /* JSON, members in order: what is agreed to, and nothing else */
    struct str summary;   /* in words, as it is put to whoever decides */
    struct str needs;
    struct str state;
    int64_t ticket;        /* the hand-over that asks for it; 0: none */
    struct str decided_by; /* "agent:NAME", or the id of the customer's message */
    struct str used_by;    /* tool_call_row.id of the one call that ran under it */
    int64_t created_at;
    int64_t expires_at;
    int64_t decided_at;
};

/* How often a limited tool was used in one window of time. The id names it:
 * "minute:29384823:TOOL", "day:2026-11-21:TOOL", "day:2026-11-21:TOOL:CUSTOMER". */
struct tool_use_row {
    struct str id;
    int64_t uses;
    int64_t expires_at;
};

#define TICKET_OPEN STR("open")
#define TICKET_CLAIMED STR("claimed")
#define TICKET_WAITING STR("waiting") /* for the customer */
#define TICKET_RESOLVED STR("resolved")

struct ticket_row {
    int64_t number; /* given by the store: 1, 2, 3 ... */
    struct str conversation;
    struct str customer;
    struct str channel;
    struct str status;
    struct str priority; /* "low" | "medium" | "high" | "urgent" */
    struct str category;
    struct str reason;
    struct str assignee;   /* empty: nobody */
    struct str summary_by; /* "extractive" or a model's name */
    struct str summary;    /* JSON array of {"kind","text","evidence":[ids]} */
    int64_t version;       /* grows with each update: optimistic locking */
    int64_t created_at;
    int64_t updated_at;
    int64_t resolved_at;
};

struct ticket_event_row {
    struct str id;
    int64_t ticket;
    struct str who; /* "bot", "agent:NAME", "customer", "system" */
    struct str what; /* "created", "claimed", "replied", "noted", "returned", "resolved", ... */
    struct str detail;
    int64_t at;
};

/* One line a change of owner. */
struct owner_row {
    struct str id;
    struct str conversation;
    int64_t epoch; /* the new one */
    struct str owner;
    struct str who;
    struct str reason;
    int64_t at;
};

struct feedback_row {
    struct str id;
    struct str conversation;
    int64_t rating; /* 1 to 5 */
    struct str comment;
    int64_t at;
};

/* The bytes of every prompt version that was used. */
struct prompt_row {
    struct str hash; /* SHA-256 of the text, hex */
    struct str name;
    struct str text;
    int64_t first_used;
};

/* What was spent in one scope, reserved amounts included. The id names the scope:
 * "conversation:ID", "customer:2026-11-21:ID", "day:2026-11-21". */
struct spend_row {
    struct str id;
    int64_t tokens;
    int64_t micros;
    int64_t expires_at; /* INT64_MAX: with its conversation */
};

/* What is reserved for a model call under way: taken back when it is settled. */
struct hold_row {
    struct str id; /* model_call_row.id */
    struct str conversation;
    struct str turn;
    struct str scopes; /* ids of spend rows, one a line */
    int64_t tokens;
    int64_t micros;
    int64_t at;
};

/* A conversation's messages up to TO_SEQ in few words, for the model. */
struct digest_row {
    struct str id;
    struct str conversation;
    int64_t to_seq;
    struct str covers; /* JSON array of the ids of the messages it stands for */
    struct str text;
    struct str model;
    int64_t at;
};

/* An answer to a first question, kept for the next who asks the same. */
struct answer_row {
    struct str id; /* SHA-256 of question, prompt version, catalogue version and model, hex */
    struct str conversation; /* where it was given */
    struct str text;
    struct str model;
    int64_t hits;
    int64_t at;
    int64_t used_at;
};

/* One value that a plugin keeps (dh.kv/1). */
struct plugin_value_row {
    struct str id; /* "PLUGIN/KEY" */
    struct str value;
    int64_t expires_at; /* INT64_MAX: never */
    int64_t at;
};

/* What a plugin's values take up. */
struct plugin_space_row {
    struct str plugin;
    int64_t keys;
    int64_t bytes;
};

#define PLUGIN_METRIC_COUNT STR("count")
#define PLUGIN_METRIC_VALUE STR("value")

/* A figure of a plugin's own on one day, UTC (dh.metric/1). */
struct plugin_metric_row {
    struct str id; /* "DAY/PLUGIN/NAME" */
    struct str plugin;
    struct str name;
    struct str kind;
    struct str day; /* "2026-11-21" */
    int64_t count;
    int64_t sum;
    int64_t least;
    int64_t most;
};

/* What is to be known of a plugin in every process. */
struct plugin_state_row {
    struct str plugin;
    struct str trouble; /* why it is quarantined; empty: it is not */
    struct str file;    /* of which file that is true: size and time of change */
    int64_t since;
    int64_t reload; /* grows with each wish to have it loaded again */
};

#endif
