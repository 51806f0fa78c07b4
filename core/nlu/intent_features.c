/* What is counted in a sentence: its words, pairs of neighbouring words, and runs of two to five
 * characters within a word and its borders. The runs are what survives a typing error and an
 * unknown ending. */
#include <stdlib.h>

#include "nlu/intent_parts.h"

enum {
    RUN_MIN = 2,
    RUN_MAX = 5,
    /* A word of n characters, its two borders added, has at most n + 1, n, n - 1 and n - 2 runs. */
    RUNS_A_CHAR = RUN_MAX - RUN_MIN + 1,
};

static const uint64_t prime = 0x100000001B3U;
static const uint64_t word_seed = 0xCBF29CE484222325U;
static const uint64_t run_seed = 0x84222325CBF29CE4U;

static uint64_t
step(uint64_t hash, int32_t c)
{
    return (hash ^ (uint32_t)c) * prime;
}

/* Sums of this kind are poor in their upper bits, by which features are looked up. */
static uint64_t
finish(uint64_t hash, bool word)
{
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93U;
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93U;
    hash ^= hash >> 32;
    return (hash & ~(uint64_t)3) | 2 | word; /* never zero: a table of them has empty places */
}

struct raw {
    uint64_t *items;
    size_t count;
};

static void
add(struct raw *f, uint64_t hash, bool word)
{
    f->items[f->count++] = finish(hash, word);
}

static void
add_runs(struct raw *f, const int32_t *chars, size_t len)
{
    for (size_t from = 0; from < len; from++) {
        uint64_t hash = run_seed;
        for (size_t n = 1; n <= RUN_MAX && from + n <= len; n++) {
            hash = step(hash, chars[from + n - 1]);
            if (n >= RUN_MIN) {
                add(f, hash, false);
            }
        }
    }
}

static void
add_words(struct raw *f, const struct intent_words *words)
{
    uint64_t before = 0;
    for (size_t i = 0; i < words->count; i++) {
        int32_t bordered[INTENT_WORD_CHARS + 3];
        size_t len = 0;
        uint64_t hash = word_seed;
        bordered[len++] = ' ';
        for (uint16_t at = words->starts[i]; at < words->starts[i + 1]; at++) {
            bordered[len++] = words->chars[at];
            hash = step(hash, words->chars[at]);
        }
        bordered[len++] = ' ';
        add(f, hash, true);
        if (i > 0) {
            add(f, before * prime + hash, true);
        }
        before = hash;
        add_runs(f, bordered, len);
    }
}

static int
ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool
intent_bag_of(const struct intent_words *words, struct arena *arena, struct intent_bag *ret)
{
    size_t chars = words->starts[words->count];
    size_t room = 1 + 2 * words->count + RUNS_A_CHAR * (chars + 2 * words->count);
    struct raw raw = {arena_alloc(arena, room * sizeof(uint64_t)), 0};
    uint16_t *counts = arena_alloc(arena, room * sizeof(uint16_t));
    if (!raw.items || !counts) {
        return false;
    }
    add_words(&raw, words);
    qsort(raw.items, raw.count, sizeof(uint64_t), ascending);
    size_t count = 0;
    for (size_t i = 0; i < raw.count; i++) {
        if (count > 0 && raw.items[count - 1] == raw.items[i]) {
            counts[count - 1]++;
            continue;
        }
        raw.items[count] = raw.items[i];
        counts[count++] = 1;
    }
    *ret = (struct intent_bag){raw.items, counts, count};
    return true;
}
