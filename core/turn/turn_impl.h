/* turn_impl: what the files of this folder share. Not for anyone else.
 *
 * A turn's life is in states (turn_states.c). Each state has an `enter` function that starts what
 * the state waits for; the completion of that calls turn_go() with the next one. Three things may
 * come from outside at any time: a cancel, the time limit, a takeover. They set `interrupt`; what
 * can be stopped is stopped at once, store writes under way are waited for, then the turn goes to
 * its end (turn_settle()). */
#ifndef TURN_TURN_IMPL_H
#define TURN_TURN_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "io/loop.h"
#include "model/model.h"
#include "store/store.h"
#include "tool/tool.h"
#include "turn/ledger.h"
#include "turn/reply.h"
#include "turn/spend.h"
#include "turn/tokens.h"
#include "turn/turn.h"

enum turn_state {
    TURN_QUEUED,
    TURN_RECEIVED,
    TURN_ANSWERS,
    TURN_KNOWLEDGE,
    TURN_CONTEXT,
    TURN_MODEL,
    TURN_TOOLS,
    TURN_REPLY,
    TURN_SAVED,
    TURN_DONE,
    TURN_FAILED,
    TURN_CANCELED,
    TURN_HANDED_OVER,
    TURN_STATE_COUNT
};

enum interrupt { INTERRUPT_NONE, INTERRUPT_TAKEN_OVER, INTERRUPT_TIME, INTERRUPT_CANCEL };

/* A conversation the engine keeps alive: somebody is attached, or a turn runs or waits. */
struct conversation {
    struct conversation *next; /* in its bucket */
    char *id;
    int64_t epoch; /* as last seen; 0: not yet */
    struct turn *running;
    struct turn *queue_first;
    struct turn *queue_last;
    size_t queued;
    unsigned attached;
};

struct conversation_table {
    struct conversation **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
};
struct conversation *conversation_find(const struct conversation_table *t, struct str id);
/* The one of that id, made where there is none; NULL when memory ran out. */
struct conversation *conversation_get(struct conversation_table *t, struct str id);
/* Forget it when nobody needs it any more. */
void conversation_release(struct conversation_table *t, struct conversation *c);
void conversation_table_done(struct conversation_table *t);

struct engine {
    struct engine_parts parts;
    struct str process;
    struct id_gen ids;
    struct conversation_table conversations;
    struct turn *turns; /* every turn not yet done */
    size_t active;
    uint64_t next_id;
    struct store_watch watch;
    bool watching;
    struct ownership_check *check; /* under way, or NULL */
    bool check_again;
    struct token_book book; /* what requests are estimated at */
};

/* One tool call of the reply in hand. */
struct turn_call {
    struct turn *turn;
    struct tool_call *running; /* NULL: not begun, or done */
    struct str id;
    struct str name;
    struct str arguments;
    const struct tool_def *def;  /* what it was judged as, the registry's; NULL: nobody had it */
    const struct permit *permit; /* what was judged, once the call is committed */
    bool finished;               /* it has its result, in `result` */
    bool stored;                 /* the result is committed or being so */
    bool staged;                 /* it asks for a hand-over */
    struct ledger_result result;
    struct tool_staged staging;
    struct store_request write;
};

struct turn {
    struct engine *engine;
    struct turn *next; /* in engine->turns */
    struct turn *prev;
    struct turn *queue_next; /* in its conversation's queue */
    uint64_t id;
    enum turn_state state;
    enum interrupt interrupt;
    struct conversation *conversation; /* NULL until known */
    const struct turn_observer *observer;
    void *observer_arg;
    struct turn_input input; /* copies in arena */
    struct arena arena;
    struct arena step; /* the reply in hand, its calls and their results */

    struct loop_task start;
    struct loop_task interrupting;
    bool start_posted;
    bool interrupt_posted;
    bool over; /* done was reported; freed as soon as nothing points here */
    struct loop_timer time_limit;
    struct loop_timer busy_timer;
    int64_t started_mono;
    int64_t waiting_since; /* for another process' turn; 0: not */
    bool waited;           /* for another turn: written before that one's answer was there */

    struct turn_row row;           /* what is recorded of it */
    struct ledger_open open;       /* the body arguments, one of each: writes are sequential, */
    struct ledger_calls calls_arg; /* but for the results of parallel calls */
    struct ledger_close close;
    struct store_request request;
    unsigned writes; /* store requests under way */

    struct memory_limits window; /* of the history, in tokens of ours */
    struct memory_view view;     /* of the record; its tokens and previews go on being counted */
    bool previews_seen;          /* by `tools` */
    struct answer_row answer;    /* its id: the key, empty where none is kept */
    bool answered_before;        /* the answer came from the record */
    struct str knowledge;        /* for the newest message, fence and all; empty: none */
    int64_t tokens;              /* of the next request, as estimated */
    struct message *messages;    /* what the model sees */
    size_t message_count;
    size_t message_capacity;
    const struct model_tool *tools;
    size_t tool_count;
    struct model_request model_request;
    struct model_call *model_call;     /* NULL: none under way */
    struct model_call_row *model_rows; /* not yet recorded; the last one is the one under way */
    size_t model_row_count;
    size_t model_row_capacity;
    int64_t model_started_mono;
    struct spend_reserve reserve; /* the body argument */
    int64_t micros;               /* spent by this turn */
    int64_t uncounted; /* tokens, as estimated, of replies whose server did not count them */
    /* What asks for a human where no call does (a brake on spending, an approval): why, and the
     * ticket's category; empty: nothing. */
    struct str human_reason;
    struct str human_category;
    struct buf provisional; /* shown and not committed */
    unsigned empty_replies;

    struct message reply;  /* the assistant's message with the calls under way */
    struct str reply_text; /* its text, committed with it */
    struct str answers;    /* its id, once committed */
    struct turn_call *calls;
    size_t call_count;
    size_t calls_left;
    uint64_t *seen_calls; /* hashes of name and arguments, for repeats */
    size_t seen_count;
    size_t seen_capacity;

    struct buf committed;      /* text the customer may keep */
    struct str last_committed; /* its end, for when there was no memory for the whole */
    struct str last_text;      /* what the closing commit says */
    bool asks_customer;        /* that is the question whether calls may be made */
    bool outside;              /* a result of this turn came from outside the shop */
    struct turn_tool_report *reports;
    size_t report_count;
    size_t report_capacity;
    struct err failure;
    bool failed;
};

/* turn_states.c */
void turn_go(struct turn *t, enum turn_state next);
/* Something from outside wants the turn to end. Nothing happens inside the call. */
void turn_interrupt(struct turn *t, enum interrupt kind);
/* After a completion: true when an interrupt took over and the caller must not go on. */
bool turn_settle(struct turn *t);
/* Fail with ERR, from any state. */
void turn_fail(struct turn *t, const struct err *err);

/* turn_input.c: IN for MODEL, checked (ERR_INVALID says what is wrong with it), in ARENA. */
int turn_copy_input(const struct turn_input *in, const struct model *model, struct arena *arena,
                    struct turn_input *ret, struct err *err) WARN_UNUSED;
/* The message's content, JSON: attachments first, words behind them. ptr NULL: out of memory. */
struct str turn_input_content(const struct turn_input *in, struct arena *arena);

/* turn_hearing.c: the topic of TEXT by INTENTS, NULL: the built-in model; empty where it has none.
 * ERR_NOMEM. */
struct intent_model;
int turn_hear_topic(const struct intent_model *intents, struct str text, struct arena *arena,
                    struct str *ret, struct err *err) WARN_UNUSED;
/* The priority of a hand-over: what was ASKED for, but at least what the customer's newest words
 * TEXT, and the last before them in MESSAGES, call for: danger is urgent, anger and haste are high,
 * a complaint is medium. May be empty. */
struct str turn_hear_priority(const struct message *messages, size_t count, struct str text,
                              struct str asked, struct arena *arena);

/* enter functions, one a state */
void turn_enter_received(struct turn *t);
void turn_enter_answers(struct turn *t);
void turn_enter_knowledge(struct turn *t);
void turn_enter_context(struct turn *t);
void turn_enter_model(struct turn *t);
void turn_enter_tools(struct turn *t);
void turn_enter_reply(struct turn *t);
void turn_enter_saved(struct turn *t);
void turn_enter_done(struct turn *t);
void turn_enter_failed(struct turn *t);
void turn_enter_canceled(struct turn *t);
void turn_enter_handed_over(struct turn *t);

/* limits.c: NEXT, or TURN_REPLY with the sentence for a limit that is reached. */
enum turn_state turn_limited(struct turn *t, enum turn_state next);
/* Prepare the end at a limit, REASON in words for a person. */
void turn_set_limit(struct turn *t, const char *reason);

/* turn_model.c, turn_tools.c: stop what is under way. */
void turn_stop_model(struct turn *t);
void turn_stop_calls(struct turn *t);
/* turn_calls.c: take over a decoded reply with calls, for TURN_TOOLS to work on. False: out of
 * memory. */
bool turn_take_calls(struct turn *t, const struct reply *reply);
/* turn_permit.c: the definitions of the calls in hand, for the judge, in the step's arena; NULL:
 * out of memory. The calls that may not run get their results, stored already. */
const struct tool_def *turn_call_defs(struct turn *t);
void turn_refuse_calls(struct turn *t);
/* Is what CALL would reach what it was judged as? Else it has its result, not stored yet; ptr of
 * the result's content NULL: out of memory. */
bool turn_call_stands(struct turn_call *call);
/* All calls have results: does somebody have to agree before it goes on? Then it goes there. */
bool turn_asks(struct turn *t);
/* turn_tools.c: the calls are committed, and those that may run begin. CALL has its result, after
 * MS. */
void turn_run_calls(struct turn *t);
void turn_report_call(struct turn_call *call, bool ok, int64_t ms);
/* Results that are not committed or being so, into OUT (room for call_count of them); they count as
 * stored then. A hand-over among them that did not come about is recorded as canceled. */
size_t turn_gather_results(struct turn *t, struct ledger_result *out);

/* turn_answers.c: may this turn's answer be one that was given before? What CLOSE is to keep, or to
 * count. */
bool turn_wants_answer(const struct turn *t);
void turn_keep_answer(struct turn *t, struct ledger_close *close);

/* turn_knowledge.c: is there something to look for? Put what was found into the newest message;
 * false: out of memory. */
bool turn_wants_knowledge(const struct turn *t);
bool turn_add_knowledge(struct turn *t);

/* turn_context.c: list the tools, count the next request's tokens. False, here and below: out of
 * memory. */
bool turn_count_tokens(struct turn *t);
/* A message more for the model to see; one with results, large ones cut. */
bool turn_add_message(struct turn *t, const struct message *m);
bool turn_add_results(struct turn *t, struct message *m);
/* The turn is over: what is to be done for the next one. */
void turn_remember(struct turn *t);

/* Withdraw provisional text from the observer. */
void turn_retract(struct turn *t);
/* TEXT is committed: part of what the customer keeps. */
void turn_committed(struct turn *t, struct str text);

/* engine.c: start a store request; ARG's body argument comes back to DONE. */
void turn_write(struct turn *t, store_body body, store_done done, void *arg);
void turn_read(struct turn *t, store_body body, store_done done, void *arg);

/* A failure here ends the turn. */
int engine_turn_opened(struct engine *e, struct turn *t, struct err *err) WARN_UNUSED;
void engine_turn_done(struct engine *e, struct turn *t);

/* ownership.c: watch for takeovers while turns run. */
int ownership_watch_start(struct engine *e, struct err *err) WARN_UNUSED;
void ownership_watch_stop(struct engine *e);
/* Stop, and let a look under way come back, by stepping the loop. */
void ownership_drain(struct engine *e);

#endif
