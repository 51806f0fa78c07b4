#include "report/names.h"

#include "base/alloc.h"

enum { SLOTS_FIRST = 64 };

void
names_done(struct names *n)
{
    arena_done(&n->texts);
    mem_free(n->items);
    mem_free(n->slots);
    *n = (struct names){0};
}

/* TEXT's slot, or the free one it would take. */
static size_t
slot_of(const struct names *n, struct str text)
{
    size_t at = (size_t)str_hash(text) & (n->slot_count - 1);
    while (n->slots[at] && !str_eq(n->items[n->slots[at] - 1], text)) {
        at = (at + 1) & (n->slot_count - 1);
    }
    return at;
}

uint32_t
names_find(const struct names *n, struct str text)
{
    if (n->count == 0) {
        return NAMES_NONE;
    }
    uint32_t found = n->slots[slot_of(n, text)];
    return found ? found - 1 : NAMES_NONE;
}

static bool
grow(struct names *n)
{
    struct names wider = *n;
    if (n->count * 2 < n->slot_count) {
        return true;
    }
    wider.slot_count = n->slot_count ? n->slot_count * 2 : SLOTS_FIRST;
    wider.slots = mem_zero(wider.slot_count, sizeof(*wider.slots));
    if (!wider.slots || n->count >= NAMES_NONE - 1) {
        mem_free(wider.slots);
        return false;
    }
    for (size_t i = 0; i < n->count; i++) {
        wider.slots[slot_of(&wider, n->items[i])] = (uint32_t)i + 1;
    }
    mem_free(n->slots);
    n->slots = wider.slots;
    n->slot_count = wider.slot_count;
    return true;
}

uint32_t
names_add(struct names *n, struct str text)
{
    uint32_t found = names_find(n, text);
    if (found != NAMES_NONE) {
        return found;
    }
    struct str copy = arena_str(&n->texts, text);
    if (!copy.ptr || !grow(n) || !mem_grow(n->items, n->count, n->capacity)) {
        return NAMES_NONE;
    }
    n->items[n->count++] = copy;
    n->slots[slot_of(n, copy)] = (uint32_t)n->count;
    return (uint32_t)n->count - 1;
}
