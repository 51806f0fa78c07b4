/* plugin_shown: what several commands show of a plugin. */
#ifndef DESKHAND_PLUGIN_SHOWN_H
#define DESKHAND_PLUGIN_SHOWN_H

#include "base/str.h"

struct js_out;
struct manifest;

/* "escalate" out of "/x/escalate.so", for one that cannot say its name itself. */
struct str plugin_name_of_file(struct str path);

/* Its tools as the key "tools"; M may be NULL. */
void plugin_tools_json(struct js_out *out, const struct manifest *m);

#endif
