/* room_ask: what the child of a room asks of the desk, and tells it (ask.h). For room.c and
 * plugin_child.c. A question lives until it is answered or its call waits for no answer any more,
 * whichever comes first. Everything is [loop]. */
#ifndef PLUGIN_ROOM_ASK_H
#define PLUGIN_ROOM_ASK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

struct child_call;
struct room;

/* A message to the child under way. */
struct saying {
    struct buf text;
    struct js_out out;
};
void room_open(struct saying *s, const char *type);
void room_say(struct room *r, struct saying *s, struct str body);

/* A question of C, which is a call of the room's; false: it makes no sense. */
bool room_take_ask(struct room *r, struct child_call *c, const struct js *head, struct str body);
/* The same for what wants no answer; C may be NULL. */
bool room_take_tell(struct room *r, struct child_call *c, const struct js *head, struct str body);
/* C waits for no answer any more. One that waits for none is fine. */
void room_drop_ask(struct child_call *c);

#endif
