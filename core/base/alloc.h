/* alloc: the one place heap memory comes from.
 *
 * Nothing above base calls malloc. Two reasons: a countdown can make the n-th allocation fail
 * (fault.h), and every size computation is checked for overflow here. All functions are [any];
 * those that return memory return NULL when there is none, and the caller says err_nomem(). Memory
 * from here is *owned, free with mem_free*. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

#include "base/str.h"

#define ALLOC_RESULT __attribute__((malloc, warn_unused_result))

/* COUNT * SIZE bytes, zeroed. */
void *mem_zero(size_t count, size_t size) ALLOC_RESULT;
/* SIZE bytes, not initialised. */
void *mem_alloc(size_t size) ALLOC_RESULT;
/* P resized to COUNT * SIZE; P stays as it was on failure. */
void *mem_resize(void *p, size_t count, size_t size) __attribute__((warn_unused_result));
/* A NUL-terminated copy of S, NULs inside kept. */
char *mem_str(struct str s) ALLOC_RESULT;
/* NULL is fine. */
void mem_free(void *p);

/* Make room for one more element in a growing array: ITEMS (a pointer variable), COUNT in use,
 * CAPACITY (a size_t variable). False when memory ran out; the array is then unchanged. */
#define mem_grow(items, count, capacity)                                                     \
    ((count) < (capacity) || mem_grow_array((void **)&(items), (count), &(capacity),          \
                                            sizeof(*(items))))
bool mem_grow_array(void **items, size_t count, size_t *capacity, size_t size);

/* AUTO(x): call x_clean when the local variable leaves its scope, early returns included.
 *     AUTO(mem) char *copy = mem_str(name);
 *     return TAKE(copy);                       -- handed out, not freed
 * A module offers the word for its type with AUTO_DEFINE. */
#define AUTO(kind) __attribute__((cleanup(auto_clean_##kind)))
#define TAKE(pointer)                       \
    (__extension__({                        \
        __auto_type taken_ = (pointer);     \
        (pointer) = NULL;                   \
        taken_;                             \
    }))
/* AUTO_DEFINE(loop, struct loop *, loop_free): for pointers, FREE accepts NULL.
 * AUTO_DEFINE_VALUE(arena, struct arena, arena_done): for storage on the stack. */
#define AUTO_DEFINE(kind, type, free_fn)                   \
    static inline void auto_clean_##kind(type *pointer)    \
    {                                                      \
        free_fn(*pointer);                                 \
    }
#define AUTO_DEFINE_VALUE(kind, type, done_fn)             \
    static inline void auto_clean_##kind(type *value)      \
    {                                                      \
        done_fn(value);                                    \
    }

static inline void
auto_clean_mem(void *pointer)
{
    mem_free(*(void **)pointer);
}

#endif
