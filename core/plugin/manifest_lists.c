/* By itself, so that a child, which is told what was granted, needs no schemas to look it up. */
#include "plugin/manifest.h"

static bool
among(const struct str *ids, size_t count, struct str id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(ids[i], id)) {
            return true;
        }
    }
    return false;
}

bool
manifest_lists(const struct manifest *m, struct str id)
{
    return among(m->requires, m->requires_count, id) || among(m->optional, m->optional_count, id);
}
