/* intent_parts: the steps between labelled sentences and a model. Only for the intent_* files here
 * and their tests.
 *
 * A sentence becomes words (intent_text.c), words become a bag of features, each a 64-bit hash
 * (intent_features.c); a dictionary numbers and weighs them (intent_dictionary.c); from the
 * vectors the solver learns weights (intent_solve.c). What the scores of known sentences look like
 * is their shape (intent_shape.c); signals tell how well a new one fits (intent_signals.c).
 * intent_fit.c does all of it for a set of sentences, intent_train.c rehearses with labels left
 * out and fits the whole, intent_file.c writes and reads what was learned. [any], no state. */
#ifndef NLU_INTENT_PARTS_H
#define NLU_INTENT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "nlu/intent.h"

enum {
    /* What of one sentence counts; longer words go on as another word. */
    INTENT_WORDS_MAX = 256,
    INTENT_WORD_CHARS = 32,
    INTENT_CHARS_MAX = 2048,
    /* Features of one dictionary; beyond it the rarest are left out. */
    INTENT_FEATURES_MAX = 1 << 20,
    /* Weights in memory while learning: 256 MB. */
    INTENT_WEIGHTS_MAX = 1 << 26,
    /* Features whose hashes begin alike: far above what chance does. */
    INTENT_BUCKET_MAX = 64,
    INTENT_BUCKET_BITS_MIN = 4,
    INTENT_BUCKET_BITS_MAX = 20,
};

/* ---- intent_text.c: words of folded code points, one behind another -------------------------*/

struct intent_words {
    size_t count;
    uint16_t starts[INTENT_WORDS_MAX + 1]; /* starts[count]: the end of the last */
    int32_t chars[INTENT_CHARS_MAX];
};
void intent_words_read(struct str text, struct intent_words *ret);
/* One random edit in every word of more than four letters, in place. SEED goes on. */
void intent_words_misspell(struct intent_words *words, uint64_t *seed);

/* splitmix64: the next number of a seeded row. */
uint64_t intent_random(uint64_t *seed);
void intent_shuffle(uint32_t *order, size_t count, uint64_t *seed);

/* ---- intent_features.c: what is counted in a sentence ---------------------------------------*/

struct intent_bag {
    const uint64_t *features; /* ascending, each once, none is 0 */
    const uint16_t *counts;
    size_t count;
};
/* In ARENA; false when memory ran out. */
bool intent_bag_of(const struct intent_words *words, struct arena *arena, struct intent_bag *ret);

/* The lowest bit tells features of words from those of characters. */
static inline bool
intent_is_word(uint64_t feature)
{
    return feature & 1;
}

/* ---- intent_dictionary.c: the features that were met, and a sentence as a row of numbers ------*/

/* Number 0 is no feature but 1 in every sentence: its weight is a label's bias. */
struct intent_dictionary {
    const uint32_t *buckets; /* (1 << bits) + 1: where features whose hash begins so start */
    const uint32_t *keys;    /* a hash's lower half; keys[0] is not looked at */
    const float *rarity;
    uint32_t count;
    unsigned bits;
};
struct intent_vector {
    const uint32_t *index;
    const float *value;
    size_t count;
    float unseen; /* share of the words, by rarity, that no sentence had, 0..1 */
};
/* From COUNT bags; features with few sentences are left out where LABELS would not fit otherwise.
 * False when memory ran out. */
bool intent_dictionary_build(const struct intent_bag *const *bags, size_t count, size_t labels,
                             struct arena *arena, struct intent_dictionary *ret);
bool intent_vector_of(const struct intent_dictionary *d, const struct intent_bag *bag,
                      struct arena *arena, struct intent_vector *ret);

/* ---- intent_solve.c: the weights ------------------------------------------------------------*/

enum { INTENT_LANES = 8, INTENT_NO_LABEL = UINT16_MAX };
/* Weights of one feature for all labels stand together; their number is a multiple of
 * INTENT_LANES, so that the loops over them have no rest. */
static inline size_t
intent_stride(size_t labels)
{
    return (labels + INTENT_LANES - 1) / INTENT_LANES * INTENT_LANES;
}

struct intent_problem {
    const struct intent_vector *const *vectors;
    const uint16_t *labels; /* INTENT_NO_LABEL: none of them */
    size_t count;
    size_t label_count;
    float cost; /* of a sentence on the wrong side; the price of a weight is 1 */
    unsigned rounds;
};
/* WEIGHTS: features * intent_stride(label_count), zeroed. False when memory ran out. */
bool intent_solve(const struct intent_problem *p, float *weights);
/* SCORES, of STRIDE places, += the vector times the weights. */
void intent_scores(const struct intent_vector *v, const float *weights, size_t stride,
                   float *scores);

/* ---- intent_shape.c: what the scores of known sentences look like -----------------------------*/

/* In coordinates in which the scores of one label's sentences scatter alike in all directions. */
struct intent_shape {
    const float *whiten;  /* labels * labels, lower triangle: scores into those coordinates */
    const float *centers; /* (labels + 1) * labels: of each label, and of all */
};
/* SCORES: COUNT rows of STRIDE, of sentences that had no part in the weights. */
bool intent_shape_of(const float *scores, const uint16_t *labels, size_t count, size_t label_count,
                     struct arena *arena, struct intent_shape *ret);

/* ---- intent_signals.c: how well does a sentence fit ------------------------------------------*/

enum {
    INTENT_SIGNAL_MAX,      /* the best label's score */
    INTENT_SIGNAL_MARGIN,   /* its distance to the next */
    INTENT_SIGNAL_SHARE,    /* its share, when scores compete */
    INTENT_SIGNAL_UNSEEN,   /* words that no sentence had */
    INTENT_SIGNAL_COVERED,  /* features that sentences of this label had */
    INTENT_SIGNAL_OWN,      /* distance of the scores from what this label's look like */
    INTENT_SIGNAL_NEAREST,  /* ... from the label whose look is nearest */
    INTENT_SIGNAL_RELATIVE, /* ... compared with the distance from all labels' middle */
    INTENT_SIGNAL_APART,    /* ... and with that from the second nearest */
    INTENT_SIGNALS
};
struct intent_view {
    const struct intent_shape *shape;
    const uint8_t *met; /* a bit a label, intent_met_bytes() a feature: sentences had it */
    size_t label_count;
};
static inline size_t
intent_met_bytes(size_t labels)
{
    return (labels + 7) / 8;
}
size_t intent_best(const float *scores, size_t count);
/* SCRATCH: label_count places. */
void intent_signals(const struct intent_view *view, const struct intent_vector *v,
                    const float *scores, float *scratch, float ret[INTENT_SIGNALS]);

/* Known or not, as learned from signals of sentences of both kinds. */
struct intent_judge {
    float mean[INTENT_SIGNALS];
    float spread[INTENT_SIGNALS];
    float weight[INTENT_SIGNALS];
    float bias;
};
struct intent_case {
    float signals[INTENT_SIGNALS];
    bool known;
};
/* All zero where only one kind is there: then every sentence is known as likely as not. */
void intent_judge_learn(const struct intent_case *cases, size_t count, struct intent_judge *ret);
/* The chance that it is known, 0..1. */
double intent_judge_ask(const struct intent_judge *j, const float signals[INTENT_SIGNALS]);

/* ---- intent_fit.c: everything that is learned from some sentences -----------------------------*/

struct intent_sentence {
    struct intent_bag clean;
    struct intent_bag misspelt;
    uint16_t label; /* INTENT_NO_LABEL: none of them */
};
struct intent_fit {
    struct intent_dictionary dictionary;
    struct intent_shape shape;
    size_t label_count;
    float *weights;
    uint8_t *met;
    /* Of each sentence, from weights that were learned without it: intent_stride() a row. */
    float *unbiased;
};
/* Called with steps done of all; may be NULL. False stops. */
struct intent_steps {
    bool (*tell)(void *arg, unsigned done, unsigned all);
    void *arg;
    unsigned done;
    unsigned all;
};
enum { INTENT_FIT_STEPS = 4 };
/* In ARENA. ERR_NOMEM, ERR_CANCELED. */
int intent_fit(const struct intent_sentence *sentences, size_t count, size_t label_count,
               struct intent_steps *steps, struct arena *arena, struct intent_fit *ret,
               struct err *err) WARN_UNUSED;
/* FOLDS of PARTS that hold as many of each label as of the others. RET: count places. */
bool intent_deal(const struct intent_sentence *sentences, size_t count, size_t label_count,
                 unsigned parts, uint64_t seed, uint8_t *ret);

/* ---- intent_file.c ----------------------------------------------------------------------------*/

struct intent_learned {
    const struct intent_fit *fit;
    const struct intent_judge *judge;
    float steepness; /* of scores into probabilities */
    float accuracy;  /* on sentences that had no part in it */
    const struct str *labels;
    const uint32_t *examples; /* of each label */
};
bool intent_file_write(const struct intent_learned *l, struct buf *to);

#endif
