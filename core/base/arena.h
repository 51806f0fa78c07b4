/* arena: memory that is freed all at once.
 *
 * One arena a turn, a child arena a step, freed whole. Memory from an arena is *borrowed until
 * arena_done() or arena_clear()*; nothing that outlives the arena may point into it. Releases of
 * foreign objects (json-c trees, descriptors) are tied to it with arena_defer() and run in reverse
 * order. An arena has one user at a time (it may travel between threads with the job that owns
 * it) and is no thread's shared property.
 *
 * `{0}` is a valid empty arena; it takes no memory before its first allocation. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"
#include "base/str.h"

struct arena_block;
struct arena_release;

struct arena {
    struct arena_block *blocks;     /* newest first */
    struct arena_release *releases; /* newest first */
    size_t used;                    /* bytes handed out, for limits and tests */
    /* An allocation from it failed since it was cleared: for code that reads much and asks once,
     * at the end, whether it read everything. */
    bool starved;
};

/* Frees everything; the arena is then empty and usable. NULL-safe inside `{0}`. */
void arena_clear(struct arena *a);
void arena_done(struct arena *a);
AUTO_DEFINE_VALUE(arena, struct arena, arena_done)

/* SIZE bytes aligned for any type, not initialised; NULL when memory ran out. */
void *arena_alloc(struct arena *a, size_t size) ALLOC_RESULT;
/* COUNT * SIZE bytes, zeroed. */
void *arena_zero(struct arena *a, size_t count, size_t size) ALLOC_RESULT;

/* Copies. They return a view with ptr NULL when memory ran out; a copy is NUL-terminated behind
 * its length, so `.ptr` may go to a C interface when S has no NUL inside. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Call RELEASE(OBJECT) when the arena is cleared. On failure RELEASE(OBJECT) was called at once,
 * so the caller never leaks. 0 or ERR_NOMEM. */
int arena_defer(struct arena *a, void (*release)(void *object), void *object)
    __attribute__((warn_unused_result));

#endif
