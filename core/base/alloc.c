#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

void *
mem_zero(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || fault_alloc()) {
        return NULL;
    }
    return calloc(1, bytes ? bytes : 1);
}

void *
mem_alloc(size_t size)
{
    return fault_alloc() ? NULL : malloc(size ? size : 1);
}

void *
mem_resize(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || fault_alloc()) {
        return NULL;
    }
    return realloc(p, bytes ? bytes : 1);
}

char *
mem_str(struct str s)
{
    if (s.len == SIZE_MAX) {
        return NULL;
    }
    char *copy = mem_alloc(s.len + 1);
    if (!copy) {
        return NULL;
    }
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return copy;
}

void
mem_free(void *p)
{
    free(p);
}

bool
mem_grow_array(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    /* Large elements begin one by one: of most there is only one. */
    size_t first = size >= 128 ? 1 : size >= 64 ? 4 : 8;
    size_t wanted = *capacity ? *capacity * 2 : first;
    if (wanted <= *capacity) {
        return false;
    }
    void *grown = mem_resize(*items, wanted, size);
    if (!grown) {
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}
