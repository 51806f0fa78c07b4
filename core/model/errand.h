/* errand: a model asked for one whole text, off any turn: a summary, a digest.
 *
 * The request is a system prompt and one line that says to begin. Nobody watches the text come;
 * what counts is the reply. An errand is embedded in what it is for and is everything [loop]. */
#ifndef MODEL_ERRAND_H
#define MODEL_ERRAND_H

#include <stdint.h>

#include "base/message.h"
#include "model/model.h"

struct arena;

/* The end, exactly once unless cancelled, never inside errand_start(). Result 0: TEXT is all the
 * reply says, perhaps nothing. <0: ERR; with REPLY it came, and its text is longer than
 * LIMIT_REPLY_BYTES. TEXT and REPLY are borrowed for the call. */
typedef void (*errand_ended)(void *arg, int result, struct str text,
                             const struct model_reply *reply, const struct err *err);

struct errand {
    struct model_call *call; /* NULL: none is under way */
    struct block block;
    struct message asked;
    struct model_request request;
    int64_t estimated_tokens; /* of the request */
    errand_ended ended;
    void *arg;
};

/* What is wanted; all but WORDS is borrowed until the end or errand_cancel(). */
struct errand_order {
    const char *name; /* for logs */
    struct str conversation;
    struct str system;
    const char *words; /* the user's: "Write the note now." */
};

/* Some bytes come from ARENA, which must live as long as the errand. On failure ENDED is not
 * called; ERR_NOMEM and what model_start() says. */
int errand_start(struct errand *e, struct model *m, const struct errand_order *order,
                 struct arena *arena, errand_ended ended, void *arg, struct err *err) WARN_UNUSED;
/* Nothing follows; where none is under way, nothing happens. */
void errand_cancel(struct errand *e);

#endif
