/* From features to numbers.
 *
 * A feature counts 1 + ln(how often) times its rarity, ln((1 + sentences) / (1 + those that have
 * it)) + 1. Words and runs of characters are brought to the same length each, then the whole to
 * length 1: a long message is not louder than a short one, and the many runs do not drown the few
 * words.
 *
 * A look-up takes the upper bits of a hash for a bucket of few features and compares the lower 32
 * bits: some fifty bits in all, which no stranger shares by chance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nlu/intent_parts.h"

/* ---- Counting -------------------------------------------------------------------------------*/

struct tally {
    uint64_t *features; /* 0: a free place */
    uint32_t *sentences;
    size_t places; /* a power of two */
    size_t used;
};

static void
tally_done(struct tally *t)
{
    mem_free(t->features);
    mem_free(t->sentences);
}
AUTO_DEFINE_VALUE(tally, struct tally, tally_done)

static bool
tally_init(struct tally *t, size_t places)
{
    *t = (struct tally){
        .features = mem_zero(places, sizeof(uint64_t)),
        .sentences = mem_zero(places, sizeof(uint32_t)),
        .places = places,
    };
    return t->features && t->sentences;
}

static void
tally_add(struct tally *t, uint64_t feature, uint32_t sentences)
{
    size_t at = (feature >> 2) & (t->places - 1);
    while (t->features[at] && t->features[at] != feature) {
        at = (at + 1) & (t->places - 1);
    }
    t->used += !t->features[at];
    t->features[at] = feature;
    t->sentences[at] += sentences;
}

static bool
tally_grow(struct tally *t)
{
    AUTO(tally) struct tally wider = {0};
    if (!tally_init(&wider, t->places * 2)) {
        return false;
    }
    for (size_t i = 0; i < t->places; i++) {
        if (t->features[i]) {
            tally_add(&wider, t->features[i], t->sentences[i]);
        }
    }
    struct tally old = *t;
    *t = wider;
    wider = old;
    return true;
}

static bool
tally_bags(struct tally *t, const struct intent_bag *const *bags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < bags[i]->count; k++) {
            if (t->used * 2 >= t->places && !tally_grow(t)) {
                return false;
            }
            tally_add(t, bags[i]->features[k], 1);
        }
    }
    return true;
}

/* ---- Building -------------------------------------------------------------------------------*/

struct entry {
    uint64_t feature;
    uint32_t sentences;
};

static int
by_feature(const void *a, const void *b)
{
    uint64_t x = ((const struct entry *)a)->feature;
    uint64_t y = ((const struct entry *)b)->feature;
    return (x > y) - (x < y);
}

/* How many sentences a feature must have for at most ROOM features to stay. */
static uint32_t
least_sentences(const struct tally *t, size_t room)
{
    size_t kept = t->used;
    uint32_t least = 1;
    while (kept > room) {
        kept = 0;
        least++;
        for (size_t i = 0; i < t->places; i++) {
            kept += t->sentences[i] >= least;
        }
    }
    return least;
}

static unsigned
bits_for(size_t count)
{
    unsigned bits = INTENT_BUCKET_BITS_MIN;
    while (bits < INTENT_BUCKET_BITS_MAX && ((size_t)1 << bits) < count) {
        bits++;
    }
    return bits;
}

static bool
fill(struct intent_dictionary *d, const struct entry *entries, size_t entry_count, size_t sentences,
     struct arena *arena)
{
    size_t bucket_count = (size_t)1 << d->bits;
    uint32_t *buckets = arena_zero(arena, bucket_count + 1, sizeof(uint32_t));
    uint32_t *keys = arena_zero(arena, entry_count + 1, sizeof(uint32_t));
    float *rarity = arena_zero(arena, entry_count + 1, sizeof(float));
    if (!buckets || !keys || !rarity) {
        return false;
    }
    uint32_t count = 1;
    size_t at = 0;
    /* What a feature that no sentence has would weigh. */
    rarity[0] = logf(1 + (float)sentences) + 1;
    for (size_t bucket = 0; bucket < bucket_count; bucket++) {
        buckets[bucket] = count;
        for (; at < entry_count && entries[at].feature >> (64 - d->bits) == bucket; at++) {
            if (count - buckets[bucket] < INTENT_BUCKET_MAX) {
                keys[count] = (uint32_t)entries[at].feature;
                rarity[count++] =
                    logf((1 + (float)sentences) / (1 + (float)entries[at].sentences)) + 1;
            }
        }
    }
    buckets[bucket_count] = count;
    d->buckets = buckets;
    d->keys = keys;
    d->rarity = rarity;
    d->count = count;
    return true;
}

bool
intent_dictionary_build(const struct intent_bag *const *bags, size_t count, size_t labels,
                        struct arena *arena, struct intent_dictionary *ret)
{
    AUTO(tally) struct tally t = {0};
    if (!tally_init(&t, 1 << 12) || !tally_bags(&t, bags, count)) {
        return false;
    }
    size_t room = INTENT_WEIGHTS_MAX / intent_stride(labels) - 1;
    room = room < INTENT_FEATURES_MAX - 1 ? room : INTENT_FEATURES_MAX - 1;
    uint32_t least = least_sentences(&t, room);
    AUTO(mem) struct entry *entries = mem_alloc((t.used + 1) * sizeof(*entries));
    if (!entries) {
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < t.places; i++) {
        if (t.sentences[i] >= least) {
            entries[kept++] = (struct entry){t.features[i], t.sentences[i]};
        }
    }
    qsort(entries, kept, sizeof(*entries), by_feature);
    *ret = (struct intent_dictionary){.bits = bits_for(kept)};
    return fill(ret, entries, kept, count, arena);
}

/* ---- Looking up -----------------------------------------------------------------------------*/

/* 0: not there. */
static uint32_t
look_up(const struct intent_dictionary *d, uint64_t feature)
{
    size_t bucket = feature >> (64 - d->bits);
    for (uint32_t i = d->buckets[bucket]; i < d->buckets[bucket + 1]; i++) {
        if (d->keys[i] == (uint32_t)feature) {
            return i;
        }
    }
    return 0;
}

enum kind { RUN, WORD, KINDS };

bool
intent_vector_of(const struct intent_dictionary *d, const struct intent_bag *bag,
                 struct arena *arena, struct intent_vector *ret)
{
    uint32_t *index = arena_alloc(arena, (bag->count + 1) * sizeof(*index));
    float *value = arena_alloc(arena, (bag->count + 1) * sizeof(*value));
    uint8_t *kinds = arena_alloc(arena, bag->count + 1);
    if (!index || !value || !kinds) {
        return false;
    }
    float seen[KINDS] = {0};
    float strange = 0; /* of words */
    size_t count = 1;
    index[0] = 0;
    value[0] = 1;
    for (size_t i = 0; i < bag->count; i++) {
        enum kind kind = intent_is_word(bag->features[i]) ? WORD : RUN;
        uint32_t number = look_up(d, bag->features[i]);
        float often = bag->counts[i] == 1 ? 1 : 1 + logf(bag->counts[i]);
        float weight = often * d->rarity[number];
        strange += number == 0 && kind == WORD ? weight * weight : 0;
        if (number) {
            seen[kind] += weight * weight;
            index[count] = number;
            value[count] = weight;
            kinds[count++] = (uint8_t)kind;
        }
    }
    float whole = sqrtf((float)((seen[RUN] > 0) + (seen[WORD] > 0)));
    for (size_t i = 1; i < count; i++) {
        value[i] /= sqrtf(seen[kinds[i]]) * whole;
    }
    float words = seen[WORD] + strange;
    *ret = (struct intent_vector){index, value, count, words > 0 ? strange / words : 1};
    return true;
}
