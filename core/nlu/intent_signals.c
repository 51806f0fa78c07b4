/* Known or not? No single number of a sentence tells it well; some weak ones together do better.
 * The weights of the signals are learned by logistic regression from sentences of both kinds,
 * which the rehearsals of intent_train.c provide. */
#include <math.h>
#include <string.h>

#include "nlu/intent_parts.h"

enum { TERMS = INTENT_SIGNALS + 1, NEWTON_STEPS = 12 };

/* How sharply the labels compete for a sentence in INTENT_SIGNAL_SHARE. */
static const float sharpness = 6;
/* Signals further off than this are taken for this: one odd message moves nothing. */
static const float clip = 4;
/* Of a shop's messages, so many are taken to be about one of its labels. */
static const double known_share = 0.75;
/* The price of a weight: keeps them finite where a signal parts the two kinds cleanly. */
static const double price = 1;

size_t
intent_best(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        best = scores[i] > scores[best] ? i : best;
    }
    return best;
}

static void
signal_scores(const float *scores, size_t count, size_t best, float *ret)
{
    float next = -1;
    float all = 0;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        all += expf(sharpness * (scores[i] - scores[best]));
        if (i != best && (!any || scores[i] > next)) {
            next = scores[i];
            any = true;
        }
    }
    ret[INTENT_SIGNAL_MAX] = scores[best];
    ret[INTENT_SIGNAL_MARGIN] = scores[best] - next;
    ret[INTENT_SIGNAL_SHARE] = 1 / all;
}

static float
covered(const struct intent_view *view, const struct intent_vector *v, size_t label)
{
    size_t bytes = intent_met_bytes(view->label_count);
    float met = 0;
    float all = 0;
    for (size_t i = 1; i < v->count; i++) {
        float weight = v->value[i] * v->value[i];
        uint8_t bits = view->met[v->index[i] * bytes + label / 8];
        all += weight;
        met += bits >> (label % 8) & 1 ? weight : 0;
    }
    return all > 0 ? met / all : 0;
}

/* Squared. */
static float
distance(const float *a, const float *b, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static void
signal_shape(const struct intent_shape *shape, const float *scores, size_t count, size_t best,
             float *turned, float *ret)
{
    float nearest = INFINITY;
    float second = INFINITY;
    for (size_t i = 0; i < count; i++) {
        turned[i] = 0;
        for (size_t k = 0; k <= i; k++) {
            turned[i] += shape->whiten[i * count + k] * scores[k];
        }
    }
    for (size_t label = 0; label < count; label++) {
        float d = distance(turned, shape->centers + label * count, count);
        if (label == best) {
            ret[INTENT_SIGNAL_OWN] = d;
        }
        if (d < nearest) {
            second = nearest;
            nearest = d;
        } else if (d < second) {
            second = d;
        }
    }
    float middle = distance(turned, shape->centers + count * count, count);
    ret[INTENT_SIGNAL_NEAREST] = nearest;
    ret[INTENT_SIGNAL_RELATIVE] = middle - nearest;
    ret[INTENT_SIGNAL_APART] = count > 1 ? second - nearest : 0;
}

void
intent_signals(const struct intent_view *view, const struct intent_vector *v, const float *scores,
               float *scratch, float ret[INTENT_SIGNALS])
{
    size_t best = intent_best(scores, view->label_count);
    memset(ret, 0, INTENT_SIGNALS * sizeof(*ret));
    signal_scores(scores, view->label_count, best, ret);
    ret[INTENT_SIGNAL_UNSEEN] = v->unseen;
    ret[INTENT_SIGNAL_COVERED] = covered(view, v, best);
    signal_shape(view->shape, scores, view->label_count, best, scratch, ret);
}

/* ---- The judge ------------------------------------------------------------------------------*/

static double
level(const struct intent_judge *j, const float *signals, size_t i)
{
    float z = (signals[i] - j->mean[i]) / j->spread[i];
    /* A signal that is no number says nothing. */
    return z >= -clip ? (z <= clip ? z : clip) : z < -clip ? -clip : 0;
}

static double
likely(double z)
{
    return 1 / (1 + exp(-z));
}

double
intent_judge_ask(const struct intent_judge *j, const float signals[INTENT_SIGNALS])
{
    double z = j->bias;
    for (size_t i = 0; i < INTENT_SIGNALS; i++) {
        z += j->weight[i] * level(j, signals, i);
    }
    return likely(z);
}

static void
measure(const struct intent_case *cases, size_t count, struct intent_judge *j)
{
    for (size_t s = 0; s < INTENT_SIGNALS; s++) {
        double sum = 0;
        double squares = 0;
        for (size_t i = 0; i < count; i++) {
            sum += cases[i].signals[s];
        }
        double mean = sum / (double)count;
        for (size_t i = 0; i < count; i++) {
            double off = cases[i].signals[s] - mean;
            squares += off * off;
        }
        j->mean[s] = (float)mean;
        j->spread[s] = (float)sqrt(squares / (double)count) + 1e-6F;
    }
}

/* M x = B for a symmetric, positive M, in place; the answer in B. */
static void
solve(double m[TERMS][TERMS], double b[TERMS])
{
    for (size_t i = 0; i < TERMS; i++) {
        for (size_t row = i + 1; row < TERMS; row++) {
            double factor = m[row][i] / m[i][i];
            for (size_t k = i; k < TERMS; k++) {
                m[row][k] -= factor * m[i][k];
            }
            b[row] -= factor * b[i];
        }
    }
    for (size_t i = TERMS; i-- > 0;) {
        for (size_t k = i + 1; k < TERMS; k++) {
            b[i] -= m[i][k] * b[k];
        }
        b[i] /= m[i][i];
    }
}

/* One of Newton's steps; WEIGHTS of a known and of a strange case. */
static void
improve(struct intent_judge *j, const struct intent_case *cases, size_t count,
        const double weights[2])
{
    double slope[TERMS] = {0};
    double bend[TERMS][TERMS] = {{0}};
    double x[TERMS];
    for (size_t i = 0; i < count; i++) {
        double weight = weights[cases[i].known];
        double p = intent_judge_ask(j, cases[i].signals);
        for (size_t k = 0; k < INTENT_SIGNALS; k++) {
            x[k] = level(j, cases[i].signals, k);
        }
        x[INTENT_SIGNALS] = 1;
        for (size_t k = 0; k < TERMS; k++) {
            slope[k] += weight * (cases[i].known - p) * x[k];
            for (size_t m = 0; m < TERMS; m++) {
                bend[k][m] += weight * p * (1 - p) * x[k] * x[m];
            }
        }
    }
    for (size_t k = 0; k < TERMS; k++) {
        slope[k] -= k < INTENT_SIGNALS ? price * j->weight[k] : 0;
        bend[k][k] += k < INTENT_SIGNALS ? price : 1e-3;
    }
    solve(bend, slope);
    for (size_t k = 0; k < INTENT_SIGNALS; k++) {
        j->weight[k] += (float)slope[k];
    }
    j->bias += (float)slope[INTENT_SIGNALS];
}

void
intent_judge_learn(const struct intent_case *cases, size_t count, struct intent_judge *ret)
{
    size_t known = 0;
    *ret = (struct intent_judge){0};
    for (size_t i = 0; i < count; i++) {
        known += cases[i].known;
    }
    for (size_t s = 0; s < INTENT_SIGNALS; s++) {
        ret->spread[s] = 1;
    }
    if (known == 0 || known == count) {
        return;
    }
    double all = (double)count;
    const double weights[2] = {(1 - known_share) * all / (double)(count - known),
                               known_share * all / (double)known};
    measure(cases, count, ret);
    for (unsigned i = 0; i < NEWTON_STEPS; i++) {
        improve(ret, cases, count, weights);
    }
}
