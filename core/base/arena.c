#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Blocks grow from 1 KB to 64 KB, each time four times as much is there: little of a turn that
 * waits is an empty end, and an idle conversation costs none. What would fill half of the next
 * block or more has one of its own, of just its size: it does not leave the current one half
 * empty. */
enum {
    BLOCK_FIRST = 1024,
    BLOCK_MAX = 65536,
    BLOCKS_OF_A_SIZE = 4,
    ALIGNMENT = _Alignof(max_align_t),
};

struct arena_block {
    struct arena_block *next;
    size_t next_size; /* of the block that follows when this one, then the newest, is full */
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

struct arena_release {
    struct arena_release *next;
    void (*release)(void *object);
    void *object;
};

void
arena_clear(struct arena *a)
{
    while (a->releases) {
        struct arena_release *r = a->releases;
        a->releases = r->next;
        r->release(r->object);
    }
    while (a->blocks) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        mem_free(block);
    }
    a->used = 0;
    a->starved = false;
}

void
arena_done(struct arena *a)
{
    arena_clear(a);
}

static struct arena_block *
add_block(struct arena *a, size_t wanted)
{
    size_t regular = a->blocks ? a->blocks->next_size : BLOCK_FIRST;
    bool own = wanted >= regular / 2;
    size_t size = own ? wanted : regular;
    struct arena_block *block = mem_alloc(sizeof(*block) + size);
    if (!block) {
        return NULL;
    }
    block->size = size;
    block->used = 0;
    block->next_size =
        regular < BLOCK_MAX && a->used / BLOCKS_OF_A_SIZE >= regular ? regular * 2 : regular;
    if (own && a->blocks) {
        /* Behind the newest, which still has room for small things. */
        block->next = a->blocks->next;
        a->blocks->next = block;
    } else {
        block->next = a->blocks;
        a->blocks = block;
    }
    return block;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = a->blocks;
    if (!block || block->size - block->used < size) {
        block = add_block(a, size);
        if (!block) {
            a->starved = true;
            return NULL;
        }
    }
    void *p = block->bytes + block->used;
    block->used += size;
    a->used += size;
    return p;
}

void *
arena_zero(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    void *p = arena_alloc(a, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

struct str
arena_str(struct arena *a, struct str s)
{
    char *copy = s.len < SIZE_MAX / 2 ? arena_alloc(a, s.len + 1) : NULL;
    if (!copy) {
        return (struct str){0};
    }
    if (s.len) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return (struct str){copy, s.len};
}

struct str
arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (text) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return (struct str){text, text ? (size_t)length : 0};
}

int
arena_defer(struct arena *a, void (*release)(void *object), void *object)
{
    struct arena_release *r = arena_alloc(a, sizeof(*r));
    if (!r) {
        release(object);
        return ERR_NOMEM;
    }
    *r = (struct arena_release){a->releases, release, object};
    a->releases = r;
    return 0;
}
