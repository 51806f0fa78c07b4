/* names: texts and the order they were first met in; finds a text's number fast. For a report's
 * conversations, groups and items. One user at a time; `{0}` is empty. */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum { NAMES_NONE = UINT32_MAX };

struct names {
    struct arena texts;
    struct str *items; /* by number */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* number + 1; 0: free */
    size_t slot_count; /* a power of two */
};

void names_done(struct names *n);
AUTO_DEFINE_VALUE(names, struct names, names_done)

/* TEXT's number, or NAMES_NONE. */
uint32_t names_find(const struct names *n, struct str text);
/* The same, TEXT kept by copy when it is new; NAMES_NONE when memory ran out. */
uint32_t names_add(struct names *n, struct str text);

#endif
