/* grants: a copy of what the operator grants a plugin (struct plugin_grants), with the values of
 * its secrets in a vault (base/vault.h). It is made and ended on the loop, and does not change in
 * between: [any] may read it. It outlives whatever may read it. */
#ifndef PLUGIN_GRANTS_H
#define PLUGIN_GRANTS_H

#include "base/arena.h"
#include "base/err.h"
#include "plugin/plugin.h"

struct grants {
    struct plugin_grants view; /* of what is below */
    struct arena arena;
    char *values; /* of the secrets, in a vault */
};

/* FROM NULL: nothing is granted. ERR_INVALID: a secret is no text (UTF-8, no control characters but
 * line breaks and tabs), named without its value. ERR_LIMIT: they are longer than
 * LIMIT_PLUGIN_SECRET_BYTES together. ERR_NOMEM. G is done with
 * grants_done() in either case. */
int grants_init(struct grants *g, const struct plugin_grants *from, struct err *err) WARN_UNUSED;
/* Wipes the secrets. `{0}` is fine. */
void grants_done(struct grants *g);

/* The value of secret NAME, NUL-terminated behind its length; empty: there is none. */
struct str grants_secret(const struct plugin_grants *g, struct str name);

#endif
