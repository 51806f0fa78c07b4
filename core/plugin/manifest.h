/* manifest: what a plugin says about itself, checked.
 *
 * The format is described where plugin authors read it, in plugins/sdk/deskhand_plugin.h. Parsing
 * is strict: the first mistakes are named by place, and nothing is guessed. A manifest owns all it
 * points to and does not change after parsing: [any] may read it then. */
#ifndef PLUGIN_MANIFEST_H
#define PLUGIN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tool/tool.h"

struct schema;

struct manifest_tool {
    struct str name;
    struct str description;
    struct str schema_text;
    struct schema *schema;
    enum tool_effect effect;
    int64_t timeout_ms;
    bool parallel;
    bool hands_over;
    bool untrusted;            /* "trust" */
    struct str confirm;        /* may be empty */
    struct str customer_field; /* JSON pointer of the property with "scope": "customer" */
};

struct manifest {
    struct arena arena;
    struct str name;
    struct str version;
    struct str description;
    const struct str *requires; /* ids of extensions */
    size_t requires_count;
    const struct str *optional;
    size_t optional_count;
    bool child_only;
    bool threads;
    struct schema *config_schema; /* NULL: any object will do */
    const struct manifest_tool *tools;
    size_t tool_count;
};

/* Parse TEXT into *M, which is done with manifest_done() in either case. ERR_INVALID names the
 * place and what was expected there; ERR_NOMEM. */
int manifest_parse(struct str text, struct manifest *m, struct err *err) WARN_UNUSED;
/* `{0}` is fine. */
void manifest_done(struct manifest *m);
AUTO_DEFINE_VALUE(manifest, struct manifest, manifest_done)

/* Does the manifest list extension ID, required or optional? */
bool manifest_lists(const struct manifest *m, struct str id);

#endif
