/* route_call: one call on its way, for the files route*.c alone.
 *
 *   DECIDING -> QUEUED (a quota) -> DECIDING
 *            -> WAITING (a retry's wait, a model held back) -> DECIDING
 *            -> ASKING (an attempt) -> DECIDING, or done with the reply
 *            -> FAILED (nobody is left; said by the timer, never from inside a call) */
#ifndef MODEL_ROUTE_CALL_H
#define MODEL_ROUTE_CALL_H

#include "base/buf.h"
#include "io/loop.h"
#include "model/breaker.h"
#include "model/model_impl.h"
#include "model/provider.h"
#include "model/quota.h"
#include "model/route.h"

struct route {
    struct model model;
    struct route_parts parts;
    size_t count;
    struct route_entry entries[];
};

enum route_state { ROUTE_DECIDING, ROUTE_QUEUED, ROUTE_WAITING, ROUTE_ASKING, ROUTE_FAILED };

/* Text of the reply that is shown just now. */
struct route_text {
    struct buf before; /* by the attempt that broke, where this one continues it */
    struct buf now;    /* by the attempt under way */
    bool shown;        /* anything of either */
    bool at_seam;      /* blanks are dropped until something else comes */
};

/* Why the entries so far gave no reply, and what the one being asked answered before. */
struct route_words {
    bool any;
    struct err first;
    char others[ERR_MESSAGE_MAX];
    unsigned tries;  /* of the entry being asked that failed */
    struct err last; /* the latest of them */
};

struct route_call {
    struct model_call call;
    unsigned magic;
    struct route *route;
    const struct model_request *request;
    const struct model_events *events;
    void *arg;
    struct loop_timer timer;
    enum route_state state;
    struct route_text text;
    struct route_words words;
    size_t first; /* entry */
    /* Of the entry that is being asked: */
    size_t at;
    bool entered; /* its request was written and checked */
    struct model_request asked;
    struct retry retry;
    int64_t entered_ms;
    int64_t queued_ms; /* of that, in the quota's queue */
    int64_t queued_since;
    struct quota_place place;
    enum breaker_pass pass;
    struct attempt *attempt;
};

enum { ROUTE_CALL_MAGIC = 0x726f7574 };

/* route.c */
const struct route_entry *route_entry_of(const struct route_call *c);
int64_t route_now(const struct route_call *c);
/* Since the entry was first asked, its quota's queue apart. */
int64_t route_spent(const struct route_call *c);
void route_wait(struct route_call *c, int64_t ms);
/* The entry is done for: false, for the callers' callers. */
bool route_leave_entry(struct route_call *c, const struct err *err);
bool route_try_entry(struct route_call *c);
/* What every event ends with: where the entry is done for the next is asked. The retraction of what
 * WAS_SHOWN comes last, for the call may be cancelled in it. */
void route_after_step(struct route_call *c, bool was_shown, bool under_way);
void route_release(struct route_call *c);

/* route_attempt.c. A step: begin an attempt. */
bool route_ask(struct route_call *c);

/* route_text.c */
void route_text_init(struct route_text *t);
void route_text_done(struct route_text *t);
/* DELTA as it is to be shown, which is remembered; empty: nothing of it. KEEP: it may have to be
 * continued. */
struct str route_text_add(struct route_text *t, struct str delta, bool keep);
/* What the server is to go on behind: trimmed at its end; empty when there is nothing to go on
 * behind, or it was continued before. */
struct str route_text_partial(const struct route_text *t);
/* The next attempt continues. */
void route_text_continue(struct route_text *t);
/* The next attempt begins anew. */
void route_text_withdraw(struct route_text *t);
/* REPLY with the whole text, in ARENA; as it is where nothing was continued. ERR_LIMIT, ERR_NOMEM.
 */
int route_text_join(const struct route_text *t, const struct model_reply *reply,
                    struct arena *arena, struct model_reply *ret, struct err *err) WARN_UNUSED;

/* route_words.c. The entry NAME gave no reply. */
void route_words_add(struct route_words *w, struct str name, const struct err *err);
/* The entry being asked failed and is tried again. */
void route_words_again(struct route_words *w, const struct err *err);
struct err route_words_all(const struct route_words *w);
/* What model_reply.note says of a reply that came at last, in ARENA; the first entry is called
 * FIRST, the one that gave it NAME. */
struct str route_words_note(const struct route_words *w, struct str first, struct str name,
                            struct arena *arena);

#endif
