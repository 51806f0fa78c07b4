/* spend: brakes on what models may cost.
 *
 * Before each model call its estimate is added to what its scopes have spent; after it the estimate
 * is replaced by what the call really took. Both happen in the record, in one transaction with the
 * facts they belong to, so that several processes share the brakes and a crash loses nothing: what
 * was reserved by a process that died stays spent, for nobody knows whether the call was made.
 *
 * A brake watches the tokens or the money of one scope (this turn, the conversation, the customer's
 * day, the desk's day) and says what happens when a call would go above it: a cheaper model is
 * asked, the customer gets a line that says so, or a human takes over. Of all brakes that hold the
 * strongest counts. Without brakes nothing is reserved and nothing written; costs are recorded all
 * the same where prices are configured.
 *
 * Money is counted in millionths of the configured currency. */
#ifndef TURN_SPEND_H
#define TURN_SPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct model_call_row;
struct store_tx;

enum spend_scope { SPEND_TURN, SPEND_CONVERSATION, SPEND_CUSTOMER, SPEND_DAY, SPEND_SCOPE_COUNT };

/* The stronger the later. */
enum spend_action { SPEND_GO, SPEND_CHEAPER, SPEND_TEXT, SPEND_HUMAN };

struct spend_brake {
    enum spend_scope scope;
    int64_t tokens; /* 0: not watched */
    int64_t micros; /* 0: not watched */
    enum spend_action then;
};

/* Of a million tokens, in the currency; by the model's name in desk.yaml. */
struct spend_price {
    struct str model;
    double input;
    double output;
    double cached;
};

enum { SPEND_DAY_TEXT = 11 }; /* "2026-11-21" */

struct spend_rules {
    const struct spend_brake *brakes;
    size_t brake_count;
    const struct spend_price *prices;
    size_t price_count;
    /* Which day it is at the desk, and when it ends. NULL: UTC. */
    void (*day)(void *arg, int64_t wall_ms, char ret[SPEND_DAY_TEXT], int64_t *ret_end);
    void *day_arg;
};

/* What a call of MODEL costs, rounded up; 0 where it has no price. */
int64_t spend_cost(const struct spend_rules *rules, struct str model, int64_t input_tokens,
                   int64_t cached_tokens, int64_t output_tokens);

/* Whether a call may be made, by which model, and what for. The body of one store_write(). */
struct spend_reserve {
    const struct spend_rules *rules;
    struct str call; /* the model call's id */
    struct str conversation;
    struct str customer;
    struct str turn;
    struct str model;
    struct str cheaper;    /* empty: there is none, and such a brake counts as one that says so */
    int64_t input_tokens;  /* estimated */
    int64_t output_tokens; /* expected */
    int64_t turn_tokens;   /* spent by this turn so far */
    int64_t turn_micros;
    struct arena *arena;
    /* returned */
    enum spend_action action;        /* SPEND_GO, SPEND_CHEAPER: reserved */
    const struct spend_brake *brake; /* the one that counted; NULL with SPEND_GO */
};
int spend_reserve(struct store_tx *tx, void *arg, struct err *err);

/* Inside a write body: ROW, a call that ended, is recorded; what was reserved for it becomes what
 * it took. A call that failed before it said anything took nothing; of one that was cancelled, or
 * answered by a server that does not count, nobody knows, so the estimate stays. */
int spend_settle(struct store_tx *tx, const struct model_call_row *row,
                 struct err *err) WARN_UNUSED;

/* Inside a write body: the reservations of a dead turn stay spent and are forgotten. */
int spend_recover(struct store_tx *tx, struct str conversation, struct str turn,
                  struct arena *arena, struct err *err) WARN_UNUSED;

/* For calls that belong to no turn, as store/call_book.h has them; ARG is the rules. Nothing is
 * held for them: they are few, and counted once they are made. */
int spend_allows(struct store_tx *tx, const void *arg, struct str conversation, struct err *err);
int spend_record(struct store_tx *tx, const void *arg, const struct model_call_row *row,
                 struct err *err);

/* Why, as the customer is told: "this conversation has used up what I may spend on it". */
const char *spend_words(enum spend_scope scope);

#endif
