/* knowledge: the shop's articles for a prompt that wants them (`prompt.knowledge`), found on
 * threads of their own. A desk without a catalogue has none, which is no fault. [loop] */
#ifndef DESKHAND_KNOWLEDGE_H
#define DESKHAND_KNOWLEDGE_H

#include "base/err.h"

struct app;
struct knowledge;
struct loop;
struct turn_knowledge;

int knowledge_new(struct app *app, struct loop *l, struct knowledge **ret,
                  struct err *err) WARN_UNUSED;
/* After the engine. NULL is fine. */
void knowledge_free(struct knowledge *k);
/* For engine_parts; NULL of NULL. */
const struct turn_knowledge *knowledge_parts(const struct knowledge *k);

/* A word that is another one once the catalogue has changed: from what the file system says of it.
 * It may be another one without a change. */
enum { KNOWLEDGE_VERSION = 128 };
void knowledge_version(struct app *app, char ret[KNOWLEDGE_VERSION]);

#endif
