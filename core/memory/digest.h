/* digest: a long conversation's older messages in few words, written by a model in the background.
 *
 * When a view (memory.h) says that one is due, the turn's engine tells, and behind the turn's end a
 * model is asked: with the prompt `digest`, the digest that stands so far and what came after it,
 * up to the newest exchanges that fill half of the window. What it answers is kept, with the ids of
 * all messages it stands for, and is what views open with from then on. When nothing good comes
 * the older messages are simply not seen, as on a desk without a real model: no turn ever waits.
 * The call is on record either way.
 *
 * Everything is [loop]; the database is read and written on its own threads. */
#ifndef MEMORY_DIGEST_H
#define MEMORY_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "memory/memory.h"

struct arena;
struct call_book;
struct digests;
struct loop;
struct model;
struct prompt;
struct store;

struct digests_parts { /* all borrowed until digests_free() */
    struct loop *loop;
    struct store *store;
    struct model *model;
    const struct prompt *prompt; /* `digest` */
    struct str vars;             /* JSON object of the desk's variables */
    size_t messages;             /* the window's, as memory_limits has them */
    size_t result_bytes;
    const struct call_book *book; /* NULL: calls cost nothing */
    /* One was written, or was not to be had. May be NULL. */
    void (*finished)(void *arg, struct str conversation, bool written);
    void *arg;
};

int digests_new(const struct digests_parts *parts, struct digests **ret,
                struct err *err) WARN_UNUSED;
/* Gives up what is under way: the loop must not be running; it is stepped until the database has
 * given back what it was asked. NULL is fine. */
void digests_free(struct digests *d);
AUTO_DEFINE(digests, struct digests *, digests_free)

/* CONVERSATION, whose window takes TOKENS, may need one. One at a time is written, some wait;
 * beyond that, and for one that is waiting already, nothing happens: the next turn asks again. */
void digests_want(struct digests *d, struct str conversation, int64_t tokens);
/* Asked for and not finished. */
size_t digests_active(const struct digests *d);

/* ---- What a model sees and what is taken of its answer: pure ---------------------------------*/

enum { DIGEST_TRANSCRIPT_MAX = 48000, DIGEST_TEXT_MAX = 8000 };

struct digest_plan {
    size_t count; /* how many of the source's rows it will stand for, the oldest; 0: none */
    struct str transcript; /* each entry opens with its message's id in square brackets */
    struct str covers;     /* JSON array of ids, those of the digest before included */
};
/* What to sum up of SOURCE, which has all rows behind its digest. More than a transcript holds is
 * left to the next time. */
int digest_plan(const struct memory_source *source, const struct memory_limits *limits,
                struct arena *a, struct digest_plan *ret, struct err *err) WARN_UNUSED;

/* ANSWER as it is kept: clean text, at most DIGEST_TEXT_MAX bytes. ERR_INVALID: it says nothing. */
int digest_text(struct str answer, struct arena *a, struct str *ret, struct err *err) WARN_UNUSED;

#endif
