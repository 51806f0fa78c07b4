/* From examples to a model.
 *
 * What strangers look like is rehearsed: a tenth of the labels is left out, and a fifth of the
 * sentences of the others; a model of the rest then judges both, and how its signals differ
 * between the two is what the final model's judge learns. Three rehearsals with other labels and
 * sentences each. Sentences labelled oos belong to no label's side in learning, and are strangers
 * in the rehearsals.
 *
 * The seeds are constants and the labels are sorted: the same examples in the same order give the
 * same bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "nlu/intent_parts.h"

enum { REHEARSALS = 3, SENTENCE_PARTS = 5, LEFT_OUT = 10 };
enum { STEEPNESS_TRIES = 60 };
static const double steepness_first = 0.5;
static const double steepness_factor = 1.08;

struct training {
    const struct intent_set *set;
    struct arena arena; /* the sentences */
    struct intent_sentence *sentences;
    uint8_t *parts;        /* of the sentences, for the rehearsals */
    uint32_t *label_order; /* which labels are left out when */
    struct intent_case *cases;
    size_t case_count;
    size_t case_room;
    size_t ends[REHEARSALS + 1]; /* of each rehearsal's cases */
    struct intent_steps steps;
};

static void
training_done(struct training *t)
{
    arena_done(&t->arena);
    mem_free(t->cases);
}
AUTO_DEFINE_VALUE(training, struct training, training_done)

static bool
copy_bag(struct arena *arena, const struct intent_bag *from, struct intent_bag *ret)
{
    uint64_t *features = arena_alloc(arena, (from->count + 1) * sizeof(*features));
    uint16_t *counts = arena_alloc(arena, (from->count + 1) * sizeof(*counts));
    if (!features || !counts) {
        return false;
    }
    memcpy(features, from->features, from->count * sizeof(*features));
    memcpy(counts, from->counts, from->count * sizeof(*counts));
    *ret = (struct intent_bag){features, counts, from->count};
    return true;
}

static bool
read_sentence(struct training *t, size_t i, struct intent_words *words)
{
    AUTO(arena) struct arena scratch = {0};
    struct intent_bag bag;
    struct intent_sentence *s = &t->sentences[i];
    uint64_t seed = i + 1;
    int label = t->set->items[i].label;
    s->label = label < 0 ? INTENT_NO_LABEL : (uint16_t)label;
    intent_words_read(t->set->items[i].text, words);
    if (!intent_bag_of(words, &scratch, &bag) || !copy_bag(&t->arena, &bag, &s->clean)) {
        return false;
    }
    intent_words_misspell(words, &seed);
    return intent_bag_of(words, &scratch, &bag) && copy_bag(&t->arena, &bag, &s->misspelt);
}

static int
prepare(struct training *t, struct err *err)
{
    size_t count = t->set->count;
    size_t labels = t->set->label_count;
    uint64_t seed = 3;
    AUTO(mem) struct intent_words *words = mem_zero(1, sizeof(*words));
    t->sentences = arena_zero(&t->arena, count, sizeof(*t->sentences));
    t->parts = arena_zero(&t->arena, count, 1);
    t->label_order = arena_zero(&t->arena, labels, sizeof(*t->label_order));
    if (!words || !t->sentences || !t->parts || !t->label_order) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_sentence(t, i, words)) {
            return err_nomem(err);
        }
    }
    for (size_t i = 0; i < labels; i++) {
        t->label_order[i] = (uint32_t)i;
    }
    intent_shuffle(t->label_order, labels, &seed);
    return intent_deal(t->sentences, count, labels, SENTENCE_PARTS, 11, t->parts) ? 0
                                                                                  : err_nomem(err);
}

/* ---- Rehearsals -----------------------------------------------------------------------------*/

/* The labels' numbers in one rehearsal; INTENT_NO_LABEL for those left out. Returns how many
 * stay. */
static size_t
leave_out(const struct training *t, unsigned rehearsal, uint16_t *numbers)
{
    size_t labels = t->set->label_count;
    size_t out = (labels + LEFT_OUT - 1) / LEFT_OUT;
    size_t stay = 0;
    memset(numbers, 0, labels * sizeof(*numbers));
    for (size_t i = 0; i < out; i++) {
        numbers[t->label_order[(rehearsal * out + i) % labels]] = INTENT_NO_LABEL;
    }
    for (size_t i = 0; i < labels; i++) {
        if (numbers[i] != INTENT_NO_LABEL) {
            numbers[i] = (uint16_t)stay++;
        }
    }
    return stay;
}

static bool
add_case(struct training *t, const struct intent_fit *fit, const struct intent_sentence *s,
         float *scores, bool known)
{
    AUTO(arena) struct arena arena = {0};
    struct intent_vector v;
    struct intent_view view = {&fit->shape, fit->met, fit->label_count};
    size_t stride = intent_stride(fit->label_count);
    if (!mem_grow(t->cases, t->case_count, t->case_room) ||
        !intent_vector_of(&fit->dictionary, &s->clean, &arena, &v)) {
        return false;
    }
    struct intent_case *c = &t->cases[t->case_count++];
    c->known = known;
    memset(scores, 0, stride * sizeof(*scores));
    intent_scores(&v, fit->weights, stride, scores);
    intent_signals(&view, &v, scores, scores + stride, c->signals);
    return true;
}

static int
judge_rest(struct training *t, unsigned rehearsal, const uint16_t *numbers,
           const struct intent_fit *fit, struct err *err)
{
    AUTO(mem) float *scores = mem_zero(2 * intent_stride(fit->label_count), sizeof(float));
    if (!scores) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < t->set->count; i++) {
        const struct intent_sentence *s = &t->sentences[i];
        bool oos = s->label == INTENT_NO_LABEL;
        bool strange = oos || numbers[s->label] == INTENT_NO_LABEL;
        bool fresh = t->parts[i] == rehearsal || (strange && !oos);
        if (fresh && !add_case(t, fit, s, scores, !strange)) {
            return err_nomem(err);
        }
    }
    t->ends[rehearsal + 1] = t->case_count;
    return 0;
}

static int
rehearse(struct training *t, unsigned rehearsal, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct intent_fit fit;
    uint16_t numbers[INTENT_LABELS_MAX];
    size_t stay = leave_out(t, rehearsal, numbers);
    size_t taken = 0;
    struct intent_sentence *sentences = arena_alloc(&arena, t->set->count * sizeof(*sentences));
    if (!sentences) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < t->set->count; i++) {
        struct intent_sentence s = t->sentences[i];
        bool oos = s.label == INTENT_NO_LABEL;
        s.label = oos ? INTENT_NO_LABEL : numbers[s.label];
        if (t->parts[i] != rehearsal && (oos || s.label != INTENT_NO_LABEL)) {
            sentences[taken++] = s;
        }
    }
    int result = intent_fit(sentences, taken, stay, &t->steps, &arena, &fit, err);
    return result < 0 ? result : judge_rest(t, rehearsal, numbers, &fit, err);
}

/* The rehearsal's cases, as a judge sees them that learned from the others. 0 where one kind is
 * missing. */
static double
rehearsal_auc(const struct training *t, unsigned rehearsal, struct intent_case *others,
              double *chances)
{
    size_t from = t->ends[rehearsal];
    size_t to = t->ends[rehearsal + 1];
    size_t high = 0;
    size_t low = 0;
    struct intent_judge judge;
    memcpy(others, t->cases, from * sizeof(*others));
    memcpy(others + from, t->cases + to, (t->case_count - to) * sizeof(*others));
    intent_judge_learn(others, t->case_count - (to - from), &judge);
    for (size_t i = from; i < to; i++) {
        double chance = intent_judge_ask(&judge, t->cases[i].signals);
        chances[t->cases[i].known ? high++ : t->case_count - ++low] = chance;
    }
    return high && low ? intent_auc(chances, high, chances + t->case_count - low, low) : 0;
}

static int
learn_judge(struct training *t, struct intent_judge *judge, double *ret_auc, struct err *err)
{
    for (unsigned i = 0; i < REHEARSALS; i++) {
        int result = rehearse(t, i, err);
        if (result < 0) {
            return result;
        }
    }
    AUTO(mem) struct intent_case *others = mem_alloc((t->case_count + 1) * sizeof(*others));
    AUTO(mem) double *chances = mem_alloc((t->case_count + 1) * sizeof(*chances));
    if (!others || !chances) {
        return err_nomem(err);
    }
    *ret_auc = 0;
    for (unsigned i = 0; i < REHEARSALS; i++) {
        *ret_auc += rehearsal_auc(t, i, others, chances) / REHEARSALS;
    }
    intent_judge_learn(t->cases, t->case_count, judge);
    return 0;
}

/* ---- The whole ------------------------------------------------------------------------------*/

static double
surprise(const struct training *t, const struct intent_fit *fit, double steepness)
{
    size_t stride = intent_stride(fit->label_count);
    double sum = 0;
    for (size_t i = 0; i < t->set->count; i++) {
        const float *scores = fit->unbiased + i * stride;
        if (t->sentences[i].label == INTENT_NO_LABEL) {
            continue;
        }
        double own = scores[t->sentences[i].label];
        double all = 0;
        for (size_t k = 0; k < fit->label_count; k++) {
            all += exp(steepness * (scores[k] - own));
        }
        sum += log(all);
    }
    return sum;
}

/* How steeply scores become probabilities: as it explains the labels of unlearned sentences
 * best. */
static float
find_steepness(const struct training *t, const struct intent_fit *fit)
{
    double best = steepness_first;
    double least = INFINITY;
    double steepness = steepness_first;
    for (unsigned i = 0; i < STEEPNESS_TRIES; i++) {
        double found = surprise(t, fit, steepness);
        if (found < least) {
            least = found;
            best = steepness;
        }
        steepness *= steepness_factor;
    }
    return (float)best;
}

static double
find_accuracy(const struct training *t, const struct intent_fit *fit)
{
    size_t stride = intent_stride(fit->label_count);
    size_t right = 0;
    for (size_t i = 0; i < t->set->count; i++) {
        right += t->sentences[i].label == intent_best(fit->unbiased + i * stride, fit->label_count);
    }
    return (double)right / (double)(t->set->count - t->set->none_count);
}

static int
check(const struct intent_set *set, struct err *err)
{
    if (set->label_count < 2) {
        return err_set(err, ERR_INVALID,
                       "training: %s: give examples of at least two labels (besides %s), better "
                       "twenty examples of each",
                       set->label_count ? "all examples have the same label" : "no label there",
                       INTENT_OOS);
    }
    if (set->count * set->label_count > INTENT_PAIRS_MAX) {
        return err_set(err, ERR_LIMIT,
                       "training: %zu examples of %zu labels are too many at once; fewer examples "
                       "of the labels that have most serve as well",
                       set->count, set->label_count);
    }
    return 0;
}

int
intent_train(const struct intent_set *set, const struct intent_training *how, struct buf *model,
             struct intent_report *ret, struct err *err)
{
    AUTO(training)
    struct training t = {
        .set = set,
        .steps = {how ? how->progress : NULL, how ? how->arg : NULL, 0,
                  INTENT_FIT_STEPS * (REHEARSALS + 1)},
    };
    AUTO(arena) struct arena arena = {0};
    struct intent_judge judge;
    struct intent_fit fit;
    double auc = 0;
    int result = check(set, err);
    result = result == 0 ? prepare(&t, err) : result;
    result = result == 0 ? learn_judge(&t, &judge, &auc, err) : result;
    result = result == 0 ? intent_fit(t.sentences, set->count, set->label_count, &t.steps, &arena,
                                      &fit, err)
                         : result;
    if (result < 0) {
        return result;
    }
    double accuracy = find_accuracy(&t, &fit);
    struct intent_learned learned = {
        .fit = &fit,
        .judge = &judge,
        .steepness = find_steepness(&t, &fit),
        .accuracy = (float)accuracy,
        .labels = set->labels,
        .examples = set->examples,
    };
    if (!intent_file_write(&learned, model)) {
        return err_nomem(err);
    }
    *ret = (struct intent_report){
        .examples = set->count - set->none_count,
        .none = set->none_count,
        .labels = set->label_count,
        .features = fit.dictionary.count - 1,
        .accuracy = accuracy,
        .auc = auc,
    };
    return buf_finish(model, "model", err);
}
