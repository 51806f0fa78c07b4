/* What the scores of sentences of one label look like, all labels' scores together.
 *
 * A sentence about a missing card has a high score for that label, and a middling one for the
 * label of cards on their way: the whole row of scores tells more than its highest. The rows of
 * each label scatter around that label's middle, all labels alike (one covariance). A triangular
 * matrix turns that scatter round, so that plain distance in the new coordinates says how unusual
 * a row is for a label (Mahalanobis' distance). */
#include <math.h>
#include <string.h>

#include "nlu/intent_parts.h"

static void
find_centers(const float *scores, const uint16_t *labels, size_t count, size_t label_count,
             float *centers, uint32_t *members)
{
    size_t stride = intent_stride(label_count);
    for (size_t i = 0; i < count; i++) {
        if (labels[i] == INTENT_NO_LABEL) {
            continue;
        }
        members[labels[i]]++;
        members[label_count]++;
        for (size_t k = 0; k < label_count; k++) {
            centers[labels[i] * label_count + k] += scores[i * stride + k];
            centers[label_count * label_count + k] += scores[i * stride + k];
        }
    }
    for (size_t label = 0; label <= label_count; label++) {
        for (size_t k = 0; k < label_count && members[label] > 0; k++) {
            centers[label * label_count + k] /= (float)members[label];
        }
    }
}

/* The lower triangle of the covariance within labels. Few sentences say little about it: the fewer
 * they are, the rounder it is taken. OFF: a place a label. */
static void
find_scatter(const float *scores, const uint16_t *labels, size_t count, size_t label_count,
             const float *centers, double *off, double *scatter)
{
    size_t stride = intent_stride(label_count);
    double members = 0;
    double trace = 0;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] == INTENT_NO_LABEL) {
            continue;
        }
        members++;
        for (size_t k = 0; k < label_count; k++) {
            off[k] = (double)scores[i * stride + k] - centers[labels[i] * label_count + k];
            for (size_t m = 0; m <= k; m++) {
                scatter[k * label_count + m] += off[k] * off[m];
            }
        }
    }
    double n = (double)label_count;
    for (size_t k = 0; k < label_count; k++) {
        trace += scatter[k * label_count + k];
    }
    double round = n / (n + members);
    double plain = trace / n / (members > 0 ? members : 1) + 1e-6;
    for (size_t k = 0; k < label_count; k++) {
        for (size_t m = 0; m <= k; m++) {
            double *at = &scatter[k * label_count + m];
            *at = *at * (1 - round) / (members > 0 ? members : 1) + (k == m ? round * plain : 0);
        }
        scatter[k * label_count + k] += 1e-6;
    }
}

/* In place: a lower triangle L with L L' the matrix (Cholesky). */
static void
take_root(double *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= i; k++) {
            double sum = m[i * n + k];
            for (size_t j = 0; j < k; j++) {
                sum -= m[i * n + j] * m[k * n + j];
            }
            m[i * n + k] = i == k ? sqrt(sum > 1e-9 ? sum : 1e-9) : sum / m[k * n + k];
        }
    }
}

/* The inverse of the lower triangle ROOT, into TO. */
static void
invert(const double *root, size_t n, float *to)
{
    for (size_t column = 0; column < n; column++) {
        for (size_t i = column; i < n; i++) {
            double sum = i == column ? 1 : 0;
            for (size_t j = column; j < i; j++) {
                sum -= root[i * n + j] * (double)to[j * n + column];
            }
            to[i * n + column] = (float)(sum / root[i * n + i]);
        }
    }
}

static void
turn(const float *whiten, size_t n, float *row, float *scratch)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t j = 0; j <= i; j++) {
            sum += whiten[i * n + j] * row[j];
        }
        scratch[i] = sum;
    }
    memcpy(row, scratch, n * sizeof(*row));
}

bool
intent_shape_of(const float *scores, const uint16_t *labels, size_t count, size_t label_count,
                struct arena *arena, struct intent_shape *ret)
{
    size_t n = label_count;
    float *whiten = arena_zero(arena, n * n, sizeof(float));
    float *centers = arena_zero(arena, (n + 1) * n, sizeof(float));
    AUTO(mem) uint32_t *members = mem_zero(n + 1, sizeof(uint32_t));
    AUTO(mem) double *scatter = mem_zero(n * n, sizeof(double));
    AUTO(mem) double *off = mem_zero(n, sizeof(double));
    AUTO(mem) float *scratch = mem_zero(n, sizeof(float));
    if (!whiten || !centers || !members || !scatter || !off || !scratch) {
        return false;
    }
    find_centers(scores, labels, count, n, centers, members);
    find_scatter(scores, labels, count, n, centers, off, scatter);
    take_root(scatter, n);
    invert(scatter, n, whiten);
    for (size_t label = 0; label <= n; label++) {
        turn(whiten, n, centers + label * n, scratch);
    }
    *ret = (struct intent_shape){whiten, centers};
    return true;
}
