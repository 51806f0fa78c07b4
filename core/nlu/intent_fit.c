/* Everything that is learned from one set of sentences.
 *
 * Each sentence is learned from twice: as it stands, and with typing errors in its longer words
 * (seeded: the same ones each time). That costs a little time and wins half of what customers'
 * typing errors would lose.
 *
 * Scores of sentences that were learned from flatter. Where scores shall say something about new
 * sentences, they come from weights that were learned without those: a part of the sentences is
 * left out at a time. */
#include <string.h>

#include "nlu/intent_parts.h"

enum { PARTS = INTENT_FIT_STEPS - 1, ROUNDS_WHOLE = 12, ROUNDS_PART = 8 };

static const float cost = 1;

struct work {
    const struct intent_sentence *sentences;
    size_t count;
    size_t stride;
    struct intent_vector *vectors; /* clean ones, then misspelt ones */
    uint8_t *parts;
    uint16_t *labels; /* of the clean ones */
    /* What one learning takes. */
    const struct intent_vector **taken;
    uint16_t *taken_labels;
};

bool
intent_deal(const struct intent_sentence *sentences, size_t count, size_t label_count,
            unsigned parts, uint64_t seed, uint8_t *ret)
{
    AUTO(mem) uint32_t *order = mem_zero(count, sizeof(uint32_t));
    AUTO(mem) uint32_t *dealt = mem_zero(label_count + 1, sizeof(uint32_t));
    if (!order || !dealt) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint32_t)i;
    }
    intent_shuffle(order, count, &seed);
    for (size_t i = 0; i < count; i++) {
        uint16_t label = sentences[order[i]].label;
        size_t at = label == INTENT_NO_LABEL ? label_count : label;
        /* Labels of one sentence each shall not all be in the first part. */
        ret[order[i]] = (uint8_t)((dealt[at]++ + at) % parts);
    }
    return true;
}

static bool
find_vectors(struct work *w, size_t label_count, struct arena *arena, struct intent_fit *fit)
{
    AUTO(mem) const struct intent_bag **bags = mem_alloc((w->count + 1) * sizeof(*bags));
    if (!bags) {
        return false;
    }
    for (size_t i = 0; i < w->count; i++) {
        bags[i] = &w->sentences[i].clean;
        w->labels[i] = w->sentences[i].label;
    }
    bool ok = intent_dictionary_build(bags, w->count, label_count, arena, &fit->dictionary);
    for (size_t i = 0; ok && i < w->count; i++) {
        const struct intent_sentence *s = &w->sentences[i];
        ok = intent_vector_of(&fit->dictionary, &s->clean, arena, &w->vectors[i]) &&
             intent_vector_of(&fit->dictionary, &s->misspelt, arena, &w->vectors[w->count + i]);
    }
    return ok;
}

/* Learn from all sentences but those of PART. */
static bool
learn(struct work *w, const struct intent_fit *fit, unsigned part, unsigned rounds, float *weights)
{
    size_t taken = 0;
    for (size_t i = 0; i < 2 * w->count; i++) {
        size_t sentence = i % w->count;
        if (w->parts[sentence] != part) {
            w->taken[taken] = &w->vectors[i];
            w->taken_labels[taken++] = w->labels[sentence];
        }
    }
    struct intent_problem problem = {
        .vectors = w->taken,
        .labels = w->taken_labels,
        .count = taken,
        .label_count = fit->label_count,
        .cost = cost,
        .rounds = rounds,
    };
    return intent_solve(&problem, weights);
}

static int
step(struct intent_steps *steps, struct err *err)
{
    steps->done++;
    if (steps->tell && !steps->tell(steps->arg, steps->done, steps->all)) {
        return err_set(err, ERR_CANCELED, "training: interrupted, nothing was written");
    }
    return 0;
}

static int
learn_parts(struct work *w, struct intent_steps *steps, struct intent_fit *fit, struct err *err)
{
    size_t places = fit->dictionary.count * w->stride;
    for (unsigned part = 0; part < PARTS; part++) {
        memset(fit->weights, 0, places * sizeof(float));
        if (!learn(w, fit, part, ROUNDS_PART, fit->weights)) {
            return err_nomem(err);
        }
        for (size_t i = 0; i < w->count; i++) {
            if (w->parts[i] == part) {
                intent_scores(&w->vectors[i], fit->weights, w->stride,
                              fit->unbiased + i * w->stride);
            }
        }
        int result = step(steps, err);
        if (result < 0) {
            return result;
        }
    }
    memset(fit->weights, 0, places * sizeof(float));
    return learn(w, fit, PARTS, ROUNDS_WHOLE, fit->weights) ? step(steps, err) : err_nomem(err);
}

static void
mark_met(const struct work *w, struct intent_fit *fit)
{
    size_t bytes = intent_met_bytes(fit->label_count);
    for (size_t i = 0; i < w->count; i++) {
        uint16_t label = w->labels[i];
        for (size_t k = 0; label != INTENT_NO_LABEL && k < w->vectors[i].count; k++) {
            uint8_t *bits = &fit->met[w->vectors[i].index[k] * bytes + label / 8];
            *bits = (uint8_t)(*bits | 1U << (label % 8));
        }
    }
}

/* The rooms; false when memory ran out. */
static bool
make_room(struct work *w, struct arena *scratch)
{
    w->vectors = arena_zero(scratch, 2 * w->count + 1, sizeof(*w->vectors));
    w->parts = arena_zero(scratch, w->count + 1, 1);
    w->labels = arena_zero(scratch, w->count + 1, sizeof(*w->labels));
    w->taken = arena_zero(scratch, 2 * w->count + 1, sizeof(*w->taken));
    w->taken_labels = arena_zero(scratch, 2 * w->count + 1, sizeof(*w->taken_labels));
    return w->vectors && w->parts && w->labels && w->taken && w->taken_labels;
}

int
intent_fit(const struct intent_sentence *sentences, size_t count, size_t label_count,
           struct intent_steps *steps, struct arena *arena, struct intent_fit *ret, struct err *err)
{
    struct work w = {.sentences = sentences, .count = count, .stride = intent_stride(label_count)};
    *ret = (struct intent_fit){.label_count = label_count};
    if (!make_room(&w, arena) || !find_vectors(&w, label_count, arena, ret) ||
        !intent_deal(sentences, count, label_count, PARTS, 7, w.parts)) {
        return err_nomem(err);
    }
    ret->weights = arena_alloc(arena, ret->dictionary.count * w.stride * sizeof(float));
    ret->unbiased = arena_zero(arena, count * w.stride + 1, sizeof(float));
    ret->met = arena_zero(arena, ret->dictionary.count, intent_met_bytes(label_count));
    if (!ret->weights || !ret->unbiased || !ret->met) {
        return err_nomem(err);
    }
    int result = learn_parts(&w, steps, ret, err);
    if (result < 0) {
        return result;
    }
    mark_met(&w, ret);
    return intent_shape_of(ret->unbiased, w.labels, count, label_count, arena, &ret->shape)
               ? 0
               : err_nomem(err);
}
