/* preload-malloc: an LD_PRELOAD library that fails allocations of one other library, which has no
 * hook of its own (json-c, SQLite, libevent, ...).
 *
 *     DESKHAND_FAIL_FROM=libjson-c DESKHAND_FAIL_AT=17 LD_PRELOAD=preload-malloc.so deskhand ...
 *
 * fails the 17th malloc, calloc or realloc that comes from an object whose file name holds
 * "libjson-c", once, and says at the end on stderr how many there were. For programs without a
 * sanitizer: those have an allocator of their own. */
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, under the names it exports them by besides. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum { RANGES_MAX = 8 };

/* Written once before main(). */
static struct {
    uintptr_t from[RANGES_MAX];
    uintptr_t to[RANGES_MAX];
    size_t count;
} ranges;
static long fail_at;
static atomic_long passed;

static int
add_ranges(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    if (!info->dlpi_name || !strstr(info->dlpi_name, arg)) {
        return 0;
    }
    for (int i = 0; i < info->dlpi_phnum && ranges.count < RANGES_MAX; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X)) {
            ranges.from[ranges.count] = info->dlpi_addr + part->p_vaddr;
            ranges.to[ranges.count] = info->dlpi_addr + part->p_vaddr + part->p_memsz;
            ranges.count++;
        }
    }
    return 0;
}

static void __attribute__((constructor)) begin(void)
{
    const char *from = getenv("DESKHAND_FAIL_FROM");
    const char *at = getenv("DESKHAND_FAIL_AT");
    if (from && at) {
        (void)dl_iterate_phdr(add_ranges, (void *)from);
        fail_at = strtol(at, NULL, 10);
    }
}

static void __attribute__((destructor)) end(void)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "passed %ld\n", atomic_load(&passed));
    if (fail_at > 0 && write(STDERR_FILENO, line, (size_t)len) < 0) {
        /* Nobody listens. */
        return;
    }
}

static bool
fails(const void *caller)
{
    for (size_t i = 0; i < ranges.count; i++) {
        if ((uintptr_t)caller >= ranges.from[i] && (uintptr_t)caller < ranges.to[i]) {
            bool now = atomic_fetch_add(&passed, 1) + 1 == fail_at;
            errno = now ? ENOMEM : errno;
            return now;
        }
    }
    return false;
}

__attribute__((visibility("default"))) void *
malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

__attribute__((visibility("default"))) void *
calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *
realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
