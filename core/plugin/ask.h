/* ask: what a plugin's call asks of the desk, and gets an answer to, at once or much later.
 *
 * An extension whose functions need the desk is written once, in two halves, and works in both
 * cages. Its table of functions runs where the plugin does: it puts a question together and calls
 * plugin_ask(), which comes back when there is an answer, when nobody waits for the call any more,
 * or when its deadline has passed. The other half runs on the desk's loop: struct plugin_extension
 * gets the question by BEGIN, and answers it with plugin_ask_answer(), once, inside BEGIN or at
 * any time later. When the asker goes away first it is told so by DROP, and forgets the question.
 *
 * What lies between the two is the cage's: a handoff between threads (ask_local.h), or messages
 * between processes (room_ask.h, child_wire.h).
 *
 * A question is a JSON object and a body of any bytes; so is an answer, besides one number. What
 * comes from a child is worth what its plugin could have made it say: BEGIN checks all of it. A
 * call has one question open at a time, a plugin ASK_OPEN_MAX; above that they fail. */
#ifndef PLUGIN_ASK_H
#define PLUGIN_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "plugins/sdk/deskhand_plugin.h"

struct manifest;
struct plugin_call;
struct plugin_code;
struct plugin_extension;
struct plugin_grants;

enum {
    ASK_OPEN_MAX = 64,
    ASK_HEAD_MAX = LIMIT_FRAME_HEAD_BYTES - 1024, /* what the frame says of its own fits, too */
    ASK_BODY_MAX = LIMIT_ASK_BODY_BYTES,
    ASK_ANSWER_MAX = LIMIT_ASK_ANSWER_BYTES,
};

/* ---- Asking: where the plugin runs ------------------------------------------------------------*/

/* A question under way: ask_open(), members by js_put_...(&q.out, ...), then plugin_ask() or
 * plugin_tell(), which consume it. */
struct ask_question {
    struct buf head;
    struct js_out out;
};
void ask_open(struct ask_question *q);

/* HEAD (NULL: none) and BODY live in the call's arena. */
struct ask_reply {
    int64_t value;
    const struct js *head;
    struct str body;
};

enum {
    ASK_DEAD = 1,  /* nobody waits for the call any more, or its deadline passed */
    ASK_FAILED = 2 /* it was not asked, or not answered: too large, too many, no memory */
};

/* [worker] Ask the extension EXT in the name of CALL. 0 and the answer in *RET; ASK_DEAD;
 * ASK_FAILED: it may have been carried out all the same. */
int plugin_ask(struct plugin_call *call, const char *ext, struct ask_question *q, struct str body,
               struct ask_reply *ret) __attribute__((warn_unused_result));

/* [any] Tell it something that belongs to no call (struct plugin_extension's REMOTE), and wait for
 * nothing. It may be lost: when the desk is ending, without memory, or when too much is told. */
void plugin_tell(const struct dh_host *host, const char *ext, struct ask_question *q,
                 struct str body);

/* ---- Answering: on the loop -------------------------------------------------------------------*/

struct ask_answer {
    bool failed; /* the asker gets ASK_FAILED */
    int64_t value;
    struct str head; /* the text of an object; empty: none */
    struct str body;
};

/* One open question. It is the cage's, and valid until it was answered or dropped. */
struct plugin_ask {
    const struct manifest *manifest; /* whose plugin asks */
    const struct plugin_grants *grants;
    int64_t deadline_ms; /* the call's, monotonic */
    bool dry_run;
    /* Borrowed until BEGIN returns; HEAD may be NULL. */
    const struct js *head;
    struct str body;
    struct str turn;
    /* For the extension. */
    void *own;
    bool untrusted; /* raised before it is answered: text from outside is in the answer */
    /* For the cage. */
    const struct plugin_extension *extension;
    struct plugin_asks *asks;
    void (*answered)(struct plugin_ask *ask, const struct ask_answer *answer); /* ends ASK */
};

/* [loop] Answer ASK, which is gone afterwards. HEAD is the text of a JSON object, or empty. Above
 * ASK_HEAD_MAX and ASK_ANSWER_MAX the asker gets ASK_FAILED. HEAD and BODY are copied. */
void plugin_ask_answer(struct plugin_ask *ask, int64_t value, struct str head, struct str body);

/* ---- Between the two: for cages ---------------------------------------------------------------*/

/* What a question is on its way. */
struct ask_text {
    struct str ext;
    struct str head; /* the text of an object */
    struct str body;
};

/* The open questions of one plugin in one cage. [loop] */
struct plugin_asks {
    const struct plugin_code *code;
    unsigned open;
};

/* Hand ASK (its cage's members, HEAD, BODY, TURN, DEADLINE_MS and DRY_RUN are set) to the
 * extension EXT. False: the manifest does not list EXT, or it answers no questions; ASK was not
 * touched. True: ASK may be gone already. */
bool asks_begin(struct plugin_asks *asks, struct plugin_ask *ask, struct str ext);
/* Its asker is gone: the extension forgets ASK, which is its cage's to free. */
void asks_drop(struct plugin_ask *ask);
/* Does EXT take what is told, by this plugin? */
bool asks_hears(const struct plugin_asks *asks, struct str ext);
/* Hand what was told to it. False: it does not. */
bool asks_tell(const struct plugin_asks *asks, struct plugin_call *call, struct str ext,
               const struct js *head, struct str body, int64_t *ret_value);

#endif
