/* reply: what a model said, put right. Once, for all providers.
 *
 * Models err in a few ways: broken JSON for arguments, arguments that are no object, names and ids
 * no API would take back, blank texts, the same answer twice, a tool use cut by the token limit,
 * too many calls, control characters. After reply_decode() what remains is a text (maybe none) and
 * calls (maybe none), each with an id of ours, a name and an input that every API accepts in a
 * history, and beside them the name and the arguments as the model really wrote them, for dispatch
 * to refuse in words the model can learn from. */
#ifndef TURN_REPLY_H
#define TURN_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

struct id_gen;
struct model_reply;

struct reply_call {
    struct str id;        /* ours: "x-..." */
    struct str name;      /* as the model wrote it, valid UTF-8, bounded */
    struct str arguments; /* as the model wrote them, "{}" for none */
    struct block block;   /* the toolUse block for the history */
};

struct reply {
    struct str text; /* cleaned and trimmed; empty: none */
    const struct block *reasoning;
    size_t reasoning_count;
    struct reply_call *calls;
    size_t call_count;
    bool cut; /* tool uses were dropped because the token limit may have cut them */
};

int reply_decode(const struct model_reply *from, struct id_gen *ids, struct arena *arena,
                 struct reply *ret, struct err *err) WARN_UNUSED;

/* The assistant's message: reasoning, then TEXT unless empty, then the calls. */
int reply_message(const struct reply *reply, struct str text, struct arena *arena,
                  struct message *ret, struct err *err) WARN_UNUSED;

#endif
