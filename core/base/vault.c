#include "base/vault.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fault.h"

struct vault {
    size_t size; /* of the pages */
    alignas(max_align_t) unsigned char bytes[];
};

void *
vault_new(size_t size)
{
    void *pages = MAP_FAILED;
    if (size < SIZE_MAX / 2 && !fault_alloc()) {
        pages = mmap(NULL, sizeof(struct vault) + size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (pages == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(pages, sizeof(struct vault) + size, MADV_DONTDUMP);
    struct vault *v = pages;
    v->size = sizeof(*v) + size;
    return v->bytes;
}

void
vault_free(void *p)
{
    if (p) {
        struct vault *v = (struct vault *)(void *)((char *)p - offsetof(struct vault, bytes));
        size_t size = v->size;
        explicit_bzero(v, size);
        (void)munmap(v, size);
    }
}
