/* How good is a model? Its answers held against labels. */
#include <stdlib.h>
#include <string.h>

#include "nlu/intent.h"

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double
intent_auc(double *high, size_t high_count, double *low, size_t low_count)
{
    double won = 0;
    size_t below = 0; /* of `low`, less than the one at hand */
    size_t upto = 0;  /* ... or equal */
    qsort(high, high_count, sizeof(*high), by_value);
    qsort(low, low_count, sizeof(*low), by_value);
    for (size_t i = 0; i < high_count; i++) {
        while (below < low_count && low[below] < high[i]) {
            below++;
        }
        while (upto < low_count && low[upto] <= high[i]) {
            upto++;
        }
        won += (double)(below + upto) / 2;
    }
    return won / ((double)high_count * (double)low_count);
}

struct judging {
    const struct intent_model *model;
    const struct intent_set *set;
    int *given;        /* the set's label of each of the model's, -1: not there */
    uint32_t *pairs;   /* set label * (set labels + 1) + answer; the last: another one */
    double *known;     /* chances of rows with a label */
    double *strange;   /* ... of oos */
    struct str *other; /* an answer that the set does not have, of each set label */
};

static int
ask(struct judging *j, struct intent_figures *f, struct err *err)
{
    size_t labels = j->set->label_count;
    for (size_t i = 0; i < j->set->count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct intent_answer answer;
        int label = j->set->items[i].label;
        int result = intent_predict(j->model, j->set->items[i].text, 1, &arena, &answer, err);
        if (result < 0) {
            return result;
        }
        if (label < 0) {
            f->strange_refused += answer.none;
            j->strange[f->strange++] = answer.known;
            continue;
        }
        int taken = j->given[answer.guesses[0].index];
        f->known_refused += answer.none;
        j->known[f->known++] = answer.known;
        j->pairs[(size_t)label * (labels + 1) + (taken < 0 ? labels : (size_t)taken)]++;
        j->other[label] = taken < 0 ? answer.guesses[0].label : j->other[label];
    }
    return 0;
}

static void
match_labels(struct judging *j, struct intent_figures *f)
{
    size_t met = 0;
    for (size_t i = 0; i < intent_model_labels(j->model); i++) {
        struct str name = intent_model_label(j->model, i);
        j->given[i] = -1;
        for (size_t k = 0; k < j->set->label_count; k++) {
            if (str_eq(name, j->set->labels[k])) {
                j->given[i] = (int)k;
                met++;
            }
        }
    }
    f->foreign = j->set->label_count - met;
}

/* The harmonic mean of how many of the label's rows were found, and how many that were said to be
 * its are. */
static double
f1_of(const struct judging *j, size_t label)
{
    size_t labels = j->set->label_count;
    double right = j->pairs[label * (labels + 1) + label];
    double rows = 0;
    double said = 0;
    for (size_t k = 0; k <= labels; k++) {
        rows += j->pairs[label * (labels + 1) + k];
        said += k < labels ? j->pairs[k * (labels + 1) + label] : 0;
    }
    return rows + said > 0 ? 2 * right / (rows + said) : 0;
}

static int
most_first(const void *a, const void *b)
{
    const struct intent_confusion *x = a;
    const struct intent_confusion *y = b;
    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    int labels = str_cmp(x->label, y->label);
    return labels ? labels : str_cmp(x->taken_for, y->taken_for);
}

static bool
list_confusions(const struct judging *j, struct arena *arena, struct intent_figures *f)
{
    size_t labels = j->set->label_count;
    size_t count = 0;
    for (size_t i = 0; i < labels * (labels + 1); i++) {
        count += j->pairs[i] > 0;
    }
    f->confusions = arena_zero(arena, count + 1, sizeof(*f->confusions));
    if (!f->confusions) {
        return false;
    }
    for (size_t i = 0; i < labels * (labels + 1); i++) {
        size_t label = i / (labels + 1);
        size_t taken = i % (labels + 1);
        if (j->pairs[i] > 0 && label != taken) {
            f->confusions[f->confusion_count++] = (struct intent_confusion){
                j->set->labels[label], taken < labels ? j->set->labels[taken] : j->other[label],
                j->pairs[i]};
        }
    }
    qsort(f->confusions, f->confusion_count, sizeof(*f->confusions), most_first);
    return true;
}

static void
sum_up(struct judging *j, struct intent_figures *f)
{
    size_t labels = j->set->label_count;
    for (size_t i = 0; i < labels; i++) {
        f->accuracy += (double)j->pairs[i * (labels + 1) + i];
        f->macro_f1 += f1_of(j, i) / (double)labels;
    }
    f->accuracy /= f->known > 0 ? (double)f->known : 1;
    f->has_auc = f->known > 0 && f->strange > 0;
    f->auc = f->has_auc ? intent_auc(j->known, f->known, j->strange, f->strange) : 0;
}

int
intent_evaluate(const struct intent_model *m, const struct intent_set *set, struct arena *arena,
                struct intent_figures *ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    size_t labels = set->label_count;
    struct intent_figures f = {0};
    struct judging j = {
        .model = m,
        .set = set,
        .given = arena_zero(&scratch, intent_model_labels(m), sizeof(*j.given)),
        .pairs = arena_zero(&scratch, labels * (labels + 1) + 1, sizeof(*j.pairs)),
        .known = arena_zero(&scratch, set->count, sizeof(*j.known)),
        .strange = arena_zero(&scratch, set->count, sizeof(*j.strange)),
        .other = arena_zero(&scratch, labels + 1, sizeof(*j.other)),
    };
    if (!j.given || !j.pairs || !j.known || !j.strange || !j.other) {
        return err_nomem(err);
    }
    match_labels(&j, &f);
    int result = ask(&j, &f, err);
    if (result < 0) {
        return result;
    }
    sum_up(&j, &f);
    if (!list_confusions(&j, arena, &f)) {
        return err_nomem(err);
    }
    *ret = f;
    return 0;
}
