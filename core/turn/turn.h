/* turn: carries one customer message to its end.
 *
 * The engine keeps a desk's live conversations and runs their turns: one at a time a
 * conversation, any number side by side. A turn is a state machine (turn_states.c has its table):
 *
 *   RECEIVED -> CONTEXT -> MODEL -> (TOOLS -> MODEL)* -> REPLY -> SAVED -> DONE
 *
 * and from any state FAILED, CANCELED or HANDED_OVER. What must hold:
 *   - the customer's message is durable before the model is called;
 *   - every tool call is committed before it runs and has exactly one stored result before the
 *     next model call; an effect a tool staged happens in the commit of its result or not at all;
 *   - a call that may not run, or not before somebody agreed to it (permit.h), never begins; whom
 *     that is, is asked by the desk's own words and never by the model's;
 *   - every message to the customer is committed in a transaction that checks the ownership epoch
 *     it was written under. What is streamed before that is provisional: observers get
 *     `retracted` when a human took over, a retry replaced it, or a hand-over made it void;
 *   - a turn that ends, however, leaves a history every model API accepts, and a customer who was
 *     told something true.
 *
 * Several processes may work on one desk: see ledger.h for whose turn it is and what happens to
 * the turns of a dead one.
 *
 * Everything is [loop]. */
#ifndef TURN_TURN_H
#define TURN_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"
#include "memory/memory.h"
#include "model/model.h"

struct clock;
struct engine;
struct spend_rules;
struct intent_model;
struct loop;
struct pool;
struct prompt;
struct store;
struct tool_policy;
struct tool_registry;
struct turn;

/* Checked in one place, before each transition (limits.c). 0 is not "no limit": it is none left. */
struct turn_limits {
    int64_t model_calls;
    int64_t tool_calls;
    int64_t repeats; /* of one call with the same arguments */
    int64_t time_ms;
    int64_t tokens; /* in and out, over all model calls */
};

/* Where articles are found that fit a message: see turn_knowledge.c for what becomes of them. */
struct turn_knowledge {
    /* [worker] At most COUNT articles for TEXT into RET, in ARENA: one line of JSON each, with its
     * id; empty where none fits. */
    int (*find)(void *arg, struct str text, size_t count, struct arena *arena, struct str *ret,
                struct err *err);
    void *arg;
    struct pool *pool; /* outlives the engine's turns */
};

/* What the engine works with; all borrowed until engine_free(). */
struct engine_parts {
    struct loop *loop;
    const struct clock *clock;
    struct store *store;
    struct model *model;
    /* May be empty. Large results are seen in part only where result_tool.h's is among them. */
    struct tool_registry *tools;
    const struct prompt *handoff;
    const struct prompt *limit_reached;
    const struct prompt *apology;
    /* The question before a call that the customer has to agree to (`actions`, one a line); NULL:
     * nobody is asked, and nobody can agree. */
    const struct prompt *confirm;
    struct str line_vars;             /* JSON object of variables for those four */
    const struct tool_policy *policy; /* NULL: only what tools say of themselves holds */
    struct turn_limits limits;
    struct memory_limits memory; /* tokens: of the whole request, as the model counts */
    int64_t context_tokens;      /* what the model takes at most; 0: not said */
    /* Behind a turn of CONVERSATION: its older messages want a digest (memory/digest.h), its
     * history has room for TOKENS. May be NULL. */
    void (*memory_due)(void *arg, struct str conversation, int64_t tokens);
    void *memory_arg;
    const struct spend_rules *spend;        /* NULL: no prices, no brakes */
    struct model *cheaper;                  /* asked where a brake says so; NULL: none */
    const struct turn_knowledge *knowledge; /* NULL: none */
    const struct intent_model *intents;     /* the shop's own; NULL: the built-in ones */
    int64_t answer_time_ms; /* how long answers to first questions are kept; 0: they are not */
    size_t queue_max;       /* messages waiting in one conversation */
    int64_t busy_wait_ms;   /* how long to wait for another process' turn */
};

/* One customer message. engine_submit() copies what is the message's own; the prompt's texts, from
 * prompt_name to system, are borrowed until done. */
struct turn_input {
    struct str conversation; /* empty: a new one */
    struct str customer;
    struct str channel;
    struct str text;                 /* may be empty beside an image */
    const struct block *attachments; /* images and documents, see base/media.h */
    size_t attachment_count;
    /* For a new conversation; for an old one the turn uses them but the record keeps the first. */
    struct str prompt_name;
    struct str prompt_hash;
    struct str prompt_text;
    struct str prompt_vars; /* JSON object */
    struct str system;      /* the rendered system prompt */
    struct str greeting;    /* recorded as the first message of a new conversation; may be empty */
    struct str catalog_version; /* an answer that was kept under another is not given again */
    size_t articles;            /* how many are put before the model; 0: none */
    struct model_params params; /* what the prompt asks of the model; {0}: nothing */
};

struct turn_tool_report {
    struct str name;
    bool ok;
    int64_t ms;
};

/* How it ended. Borrowed for the call. */
struct turn_report {
    struct str conversation;
    struct str turn;
    struct str outcome; /* OUTCOME_* of rows.h, or "with_human": stored for the agent, no reply */
    struct str reply;   /* committed text the customer may see; empty: none */
    struct str reason;  /* for limit, failed: which; in words for a person */
    struct str model;
    int64_t ticket; /* 0: none */
    const struct turn_tool_report *tools;
    size_t tool_count;
    int64_t input_tokens;
    int64_t output_tokens;
    int64_t ms;
    int error; /* the failure's code, 0 otherwise */
};

/* Observers only observe. Any function but done may be NULL. After `retracted`, text begins
 * afresh. done comes exactly once for each accepted submit, last. */
struct turn_observer {
    void (*started)(void *arg, struct str conversation); /* the message is durable */
    void (*text)(void *arg, struct str delta);
    void (*tool_started)(void *arg, struct str name);
    void (*tool_finished)(void *arg, struct str name, bool ok, int64_t ms);
    void (*retracted)(void *arg);
    void (*handed_over)(void *arg, int64_t ticket, struct str line);
    void (*done)(void *arg, const struct turn_report *report);
};

int engine_new(const struct engine_parts *parts, struct engine **ret, struct err *err) WARN_UNUSED;
/* Call after every turn reported done. A read under way is waited for: the loop must not be
 * running, it is stepped. NULL is fine. */
void engine_free(struct engine *e);
AUTO_DEFINE(engine, struct engine *, engine_free)

/* Begin a turn, or queue it behind its conversation's. Refuses blank or oversized text, invalid
 * UTF-8 and NUL, attachments that media_check() or the model's server would refuse (ERR_INVALID: it
 * is said before anything is stored, for what is in the record is sent again with each turn), and a
 * full queue (ERR_LIMIT). Control characters other than newline and tab are taken out. *RET_ID
 * names the turn for engine_cancel(). */
int engine_submit(struct engine *e, const struct turn_input *input,
                  const struct turn_observer *observer, void *arg, uint64_t *ret_id,
                  struct err *err) WARN_UNUSED;

/* End a turn early: it still reports done, as canceled unless its reply was being committed
 * already. Unknown or ended ids are ignored. */
void engine_cancel(struct engine *e, uint64_t id);

/* Turns not yet done, queued ones included. */
size_t engine_active(const struct engine *e);

/* Keep a live record of CONVERSATION without a turn (a chat that waits, a web stream): its
 * ownership is watched. */
int engine_attach(struct engine *e, struct str conversation, struct err *err) WARN_UNUSED;
size_t engine_conversations(const struct engine *e);

#endif
