/* feed: what others write into a conversation, told as it is committed.
 *
 * Follows one conversation by the store's watch: any process' commit is seen within half a second.
 * Each message is told once, in order, discarded ones left out. [loop] */
#ifndef DESKHAND_FEED_H
#define DESKHAND_FEED_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct feed;
struct loop;
struct message_row;
struct store;

/* ROW and TEXT (its text, for a person) are borrowed for the call. */
typedef void (*feed_fn)(void *arg, const struct message_row *row, struct str text);

/* Tell what comes after what is there now. */
int feed_new(struct store *s, struct loop *loop, struct str conversation, feed_fn fn, void *arg,
             struct feed **ret, struct err *err) WARN_UNUSED;
/* The loop must not be running: a look under way is waited for by stepping it. NULL is fine. */
void feed_free(struct feed *f);
AUTO_DEFINE(feed, struct feed *, feed_free)

#endif
