/* place: where we are in a JSON value, as a chain on the stack.
 *
 * Walking down costs nothing; the JSON pointer is written only when somebody has to be told. */
#ifndef SCHEMA_PLACE_H
#define SCHEMA_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct place {
    const struct place *parent; /* NULL: the whole value */
    struct str key;
    size_t index;
    bool is_index;
};

static inline struct place
place_member(const struct place *parent, struct str key)
{
    return (struct place){.parent = parent, .key = key};
}

static inline struct place
place_item(const struct place *parent, size_t index)
{
    return (struct place){.parent = parent, .index = index, .is_index = true};
}

/* "/items/2/a~1b", cut with "..." when keys are absurdly long; empty for the whole value. ptr
 * NULL when memory ran out. */
struct str place_pointer(const struct place *at, struct arena *arena);

/* Cut the first token off *REST ("/a~1b/c" -> "a/b"). False at the end or where *REST does not
 * start with '/' or memory ran out; *REST is then not empty. */
bool place_next_token(struct str *rest, struct arena *arena, struct str *ret);

#endif
