/* brief: the summary of a ticket, written by a model while the extractive one stands.
 *
 * desk_hand_over() gives every ticket the extractive summary at once. Where a desk has a real model
 * a brief is asked for behind it, with the prompt `summary`: the model reads the conversation with
 * its ids and answers with lines that cite them. A line is taken only when its citations hold
 * (brief_check.c); what remains replaces the summary of a ticket that still has the extractive one.
 * When nothing good comes, or the model fails, the extractive summary simply stays: an agent never
 * waits for a brief and never sees half of one. The call is on record either way.
 *
 * Everything is [loop]; the database is read and written on its own threads. */
#ifndef DESK_BRIEF_H
#define DESK_BRIEF_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/rows.h"

struct briefs;
struct call_book;
struct loop;
struct model;
struct prompt;
struct store;

struct briefs_parts { /* all borrowed until briefs_free() */
    struct loop *loop;
    struct store *store;
    struct model *model;
    const struct prompt *prompt;  /* `summary` */
    struct str vars;              /* JSON object of the desk's variables */
    const struct call_book *book; /* NULL: calls cost nothing */
    /* A brief was written, or was not to be had: for who shows tickets. May be NULL. */
    void (*finished)(void *arg, int64_t ticket, bool written);
    void *arg;
};

int briefs_new(const struct briefs_parts *parts, struct briefs **ret, struct err *err) WARN_UNUSED;
/* Gives up what is under way: the loop must not be running; it is stepped until the database has
 * given back what it was asked. NULL is fine. */
void briefs_free(struct briefs *b);
AUTO_DEFINE(briefs, struct briefs *, briefs_free)

/* Have the summary of ticket NUMBER written. One at a time is asked for, some wait; beyond that,
 * and for one that is waiting already, nothing happens: the extractive summary stands. */
void briefs_want(struct briefs *b, int64_t number);
/* Asked for and not finished. */
size_t briefs_active(const struct briefs *b);

/* ---- What a model sees and what is taken of its answer: pure ---------------------------------*/

/* The conversation for the prompt: an entry a message and tool call, in their order, each opening
 * with its id in square brackets. Newest kept where it is longer than BRIEF_TRANSCRIPT_MAX. */
enum { BRIEF_TRANSCRIPT_MAX = 60000, BRIEF_LINES_MAX = 20, BRIEF_LINE_MAX = 400 };

struct brief_source {
    const struct message_row *messages;
    size_t message_count;
    const struct tool_call_row *calls;
    size_t call_count;
};
int brief_transcript(const struct brief_source *from, struct arena *arena, struct str *ret,
                     struct err *err) WARN_UNUSED;

/* The lines of ANSWER (JSON, perhaps inside a fence) whose citations hold, as a ticket keeps them:
 * [{"kind","text","evidence":[ids]}]. A line is refused when its kind is unknown, its text blank or
 * too long, an id is not of this conversation or of the wrong sort (a fact rests on a tool call, a
 * wish or claim on the customer's words), or a number in it stands in nothing it cites.
 * ERR_INVALID: nothing usable: no JSON, or no line that says what is wanted. */
int brief_check(struct str answer, const struct brief_source *from, struct arena *arena,
                struct str *ret, size_t *ret_refused, struct err *err) WARN_UNUSED;

#endif
