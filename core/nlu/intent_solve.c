/* The learning itself: for each label a plane that parts its sentences from all others, as flat as
 * it can be (a linear support vector machine, L2-regularised, with squared hinge loss), found by
 * dual coordinate descent (Hsieh et al., "A Dual Coordinate Descent Method for Large-scale Linear
 * SVM", 2008).
 *
 * Each sentence i has for each label k a multiplier a[i][k] >= 0, and the weights are always
 * sum over i of a[i][k] y[i][k] x[i], where y is 1 for the sentence's own label and -1 else. One
 * step takes one sentence and moves its multiplier to where the dual objective is best while all
 * others stand still: that has a closed form, needs the sentence's score only, and never makes the
 * objective worse. A round takes every sentence once, in a new order.
 *
 * The problems of the labels know nothing of each other, but they are solved in step, sentence by
 * sentence: the weights of one feature for all labels stand together in memory, and the processor
 * does several labels at once. That is more than ten times as fast as one label after another,
 * though it must visit sentences that some labels are done with. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "nlu/intent_parts.h"

/* A round in which no multiplier moved further than this ends the learning. */
static const float settled = 1e-3F;

static void
add_lanes(float *restrict to, const float *restrict from, float factor)
{
    for (size_t i = 0; i < INTENT_LANES; i++) {
        to[i] += factor * from[i];
    }
}

void
intent_scores(const struct intent_vector *v, const float *weights, size_t stride, float *scores)
{
    for (size_t i = 0; i < v->count; i++) {
        const float *row = weights + (size_t)v->index[i] * stride;
        for (size_t k = 0; k < stride; k += INTENT_LANES) {
            add_lanes(scores + k, row + k, v->value[i]);
        }
    }
}

struct descent {
    const struct intent_problem *p;
    float *weights;
    float *multipliers; /* a sentence's stand together, as the weights of a feature do */
    float *squares;     /* of each sentence's length */
    uint32_t *order;
    float *scores;
    size_t stride;
};

/* What SCORES say, turned into how far each label's weights shall move along this sentence.
 * Returns the furthest move. */
static float
find_moves(const struct descent *d, size_t sentence, float *restrict scores)
{
    const float slack = 0.5F / d->p->cost;
    const float scale = 1 / (d->squares[sentence] + slack);
    float *restrict multiplier = d->multipliers + sentence * d->stride;
    uint16_t own = d->p->labels[sentence];
    float furthest = 0;
    if (own != INTENT_NO_LABEL) {
        scores[own] = -scores[own];
    }
    for (size_t k = 0; k < d->stride; k++) {
        float gradient = -scores[k] - 1 + multiplier[k] * slack;
        float next = multiplier[k] - gradient * scale;
        next = next > 0 ? next : 0;
        scores[k] = multiplier[k] - next;
        multiplier[k] = next;
        float size = fabsf(scores[k]);
        furthest = size > furthest ? size : furthest;
    }
    if (own != INTENT_NO_LABEL) {
        scores[own] = -scores[own];
    }
    return furthest;
}

static float
visit(struct descent *d, size_t sentence)
{
    const struct intent_vector *v = d->p->vectors[sentence];
    memset(d->scores, 0, d->stride * sizeof(float));
    intent_scores(v, d->weights, d->stride, d->scores);
    float furthest = find_moves(d, sentence, d->scores);
    if (furthest < settled * settled) {
        return furthest;
    }
    for (size_t i = 0; i < v->count; i++) {
        float *row = d->weights + (size_t)v->index[i] * d->stride;
        for (size_t k = 0; k < d->stride; k += INTENT_LANES) {
            add_lanes(row + k, d->scores + k, v->value[i]);
        }
    }
    return furthest;
}

static void
descend(struct descent *d)
{
    const struct intent_problem *p = d->p;
    uint64_t seed = 1;
    for (size_t i = 0; i < p->count; i++) {
        const struct intent_vector *v = p->vectors[i];
        d->order[i] = (uint32_t)i;
        for (size_t at = 0; at < v->count; at++) {
            d->squares[i] += v->value[at] * v->value[at];
        }
    }
    for (unsigned round = 0; round < p->rounds; round++) {
        float furthest = 0;
        intent_shuffle(d->order, p->count, &seed);
        for (size_t i = 0; i < p->count; i++) {
            float move = visit(d, d->order[i]);
            furthest = move > furthest ? move : furthest;
        }
        if (furthest < settled) {
            break;
        }
    }
}

bool
intent_solve(const struct intent_problem *p, float *weights)
{
    size_t stride = intent_stride(p->label_count);
    AUTO(mem) float *multipliers = mem_zero(p->count * stride, sizeof(float));
    AUTO(mem) float *squares = mem_zero(p->count, sizeof(float));
    AUTO(mem) uint32_t *order = mem_zero(p->count, sizeof(uint32_t));
    AUTO(mem) float *scores = mem_zero(stride, sizeof(float));
    if (!multipliers || !squares || !order || !scores) {
        return false;
    }
    struct descent d = {p, weights, multipliers, squares, order, scores, stride};
    descend(&d);
    return true;
}
