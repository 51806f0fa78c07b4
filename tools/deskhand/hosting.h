/* hosting: what the plugins of an open desk may ask of it (core/host), made of the desk's store and
 * the network. Commands that only look at plugins go without. [loop] */
#ifndef DESKHAND_HOSTING_H
#define DESKHAND_HOSTING_H

#include "base/err.h"

struct app;
struct host;
struct hosting;
struct loop;

/* APP's store may be closed: then there is none for them. */
int hosting_open(struct app *app, struct loop *l, struct hosting **ret,
                 struct err *err) WARN_UNUSED;
/* After the plugins, before the store. NULL is fine. */
void hosting_close(struct hosting *h);

/* For parts_plugins(). NULL gives NULL. */
struct host *hosting_host(const struct hosting *h);

#endif
