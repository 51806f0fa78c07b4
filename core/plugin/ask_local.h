/* ask_local: questions (ask.h) of calls that run on threads of this process.
 *
 * The asker's thread hands its question to the loop and sleeps. A call that was given up is
 * dropped: its thread wakes at once, and whatever it asks afterwards goes nowhere. */
#ifndef PLUGIN_ASK_LOCAL_H
#define PLUGIN_ASK_LOCAL_H

#include "base/err.h"
#include "plugin/ask.h"

struct ask_local;
struct loop;

/* CODE is borrowed for as long as it lives. [loop] */
int ask_local_new(struct loop *l, const struct plugin_code *code, struct ask_local **ret,
                  struct err *err) WARN_UNUSED;
/* Let nothing in any more. [loop] */
void ask_local_close(struct ask_local *a);
/* After closing, when no thread is in there. NULL is fine. */
void ask_local_free(struct ask_local *a);

/* [worker] What a call's ASK does; the call's ASKER is the struct ask_local. */
int ask_local_ask(struct plugin_call *call, const struct ask_text *text, struct ask_answer *ret);
/* [any] */
void ask_local_tell(struct ask_local *a, const struct ask_text *text);
/* [loop] CALL was killed: it waits for no answer. CALL may be gone afterwards. */
void ask_local_drop(struct ask_local *a, const struct plugin_call *call);

#endif
