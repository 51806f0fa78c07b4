/* granting: what desk.yaml lets a plugin have besides its cage (struct plugin_grants). [loop] */
#ifndef DESKHAND_GRANTING_H
#define DESKHAND_GRANTING_H

#include "base/err.h"
#include "plugin/plugin.h"

struct app;
struct js;

/* From one ENTRY of the key `plugins`, into APP's arena, secrets filled in. ERR_INVALID,
 * ERR_NOTFOUND and ERR_AUTH name the plugin and what of its entry makes no sense. */
int granting_read(struct app *app, const struct js *entry, struct plugin_grants *ret,
                  struct err *err) WARN_UNUSED;

#endif
