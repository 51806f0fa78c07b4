/* ledger: the transactions a turn is made of.
 *
 * Each function is the body of one store_write() and runs on the store's thread: it touches only
 * its argument. Together they keep what turn.h promises, also when the process dies between any
 * two of them:
 *
 *   ledger_open      the customer's message and the open turn
 *   ledger_calls     a reply that asks for tools, and its calls, before any of them runs: open,
 *                    or refused with their results (permit.h)
 *   ledger_result    one call's one result
 *   ledger_close     whatever is still open is closed, results are completed, the last word is
 *                    said (reply, hand-over line, limit sentence, apology, or nothing) and the
 *                    turn is closed. Recovery of a dead process' turn is this same function.
 *
 * A turn belongs to a process by name; the process' file lock dies with it. ledger_open closes the
 * open turn of a dead process on its conversation before it begins, in the same transaction; one
 * of its own process is dead as well, because an engine opens a conversation's next turn only
 * after the last one ended. */
#ifndef TURN_LEDGER_H
#define TURN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "desk/desk.h"
#include "nlu/consent.h"
#include "store/rows.h"
#include "turn/permit.h"

struct store;
struct store_tx;
struct turn_input;

/* Positive outcomes of the bodies below, all with nothing written. */
enum {
    LEDGER_BUSY = 10,  /* a live process' turn is open on this conversation */
    LEDGER_STALE = 11, /* the conversation was taken over: the epoch moved */
};

struct ledger_open {
    const struct turn_input *input;
    struct store *store;
    struct str process; /* ours */
    struct str content; /* the message's content JSON */
    struct str model;
    struct str topic;     /* of the message; empty: none */
    enum consent consent; /* what it says to what the bot asked before */
    struct arena *arena;  /* for what is returned */
    /* returned */
    struct str conversation;
    struct str customer; /* the conversation's */
    struct str turn;
    struct str message;
    int64_t epoch;
    bool with_human;  /* stored for the agent; there is no turn */
    size_t recovered; /* turns of dead processes that were closed */
};
int ledger_open(struct store_tx *tx, void *arg, struct err *err);

struct ledger_calls {
    struct str conversation;
    int64_t epoch;
    struct message_row message;        /* the assistant's reply with its tool uses */
    struct str wordless;               /* the message's content without its text, see `asks` */
    const struct tool_call_row *calls; /* open */
    const struct tool_def *defs; /* of each; name empty: nobody has such a tool, and no rule */
    size_t call_count;
    struct permit_rules rules;
    const struct model_call_row *model_calls; /* not yet recorded */
    size_t model_call_count;
    struct arena *arena; /* for what is returned */
    /* returned */
    struct permit *permits; /* one a call */
    bool asks; /* somebody has to agree first: the message was stored `wordless`, for what a model
                  says beside such a call may sound as if it had been made */
};
int ledger_calls(struct store_tx *tx, void *arg, struct err *err);

struct ledger_result {
    struct str call;
    struct str status;
    struct str content; /* result content blocks, JSON array */
    struct str error_code;
    int64_t ended_at;
    bool untrusted; /* it came from outside the shop */
};
int ledger_result(struct store_tx *tx, void *arg, struct err *err);

struct ledger_close {
    struct turn_row turn; /* its final values; state and closed_at are set here */
    bool keep_open;       /* results are complete and stored, the turn goes on */
    const struct model_call_row *model_calls; /* not yet recorded */
    size_t model_call_count;
    /* Results to store with it. */
    const struct ledger_result *results;
    size_t result_count;
    /* The assistant's message whose tool uses these results answer; empty: none is open. Calls
     * that have no result yet get one here: "canceled" for a read, "unknown" for a write. */
    struct str answers;
    /* The last word; content empty: none. Checked against the turn's epoch. */
    struct message_row reply;
    /* A hand-over instead: the result of the call HANDOVER_CALL (index in results) gets "ticket"
     * added; SIZE_MAX: no call asked for it. NULL: none. */
    struct desk_handover *handover;
    size_t handover_call;
    /* The reply asks the customer for what this turn's calls were refused for want of. Without it
     * nothing was asked, and no answer will be taken for one. */
    bool asks_customer;
    /* The reply, to be kept for who asks the same (id empty: not), in place of one that is older;
     * or the one that was given again, to be counted. Not where the conversation was taken over. */
    struct answer_row answer;
    int64_t answer_time_ms;
    struct str answer_hit;
    struct arena *arena;
    /* returned */
    struct desk_ticket ticket;
    bool taken_over; /* the epoch had moved: the reply is stored as discarded */
};
int ledger_close(struct store_tx *tx, void *arg, struct err *err);

/* Close one open turn whose process is dead. */
int ledger_recover_turn(struct store_tx *tx, const struct turn_row *turn, struct arena *arena,
                        struct err *err) WARN_UNUSED;

/* Close every open turn of a dead process. Body argument for doctor and start-up. */
struct ledger_recover {
    struct store *store;
    size_t closed; /* returned */
};
int ledger_recover(struct store_tx *tx, void *arg, struct err *err);
/* Only count them into `closed`: a read, so that a start without any costs no write lock. */
int ledger_find_dead(struct store_tx *tx, void *arg, struct err *err);

#endif
