/* intent: which of a shop's own topics a message is about, learned from labelled examples.
 *
 * A training set is text: one example a line, the sentence, a tab, its label; further columns are
 * ignored. The label `oos` ("out of scope") says that a sentence is about none of the topics. From
 * it intent_train() makes a model, one file; intent_predict() asks the model: the labels that fit
 * best with their probabilities, and how likely it is that the message is about any topic at all.
 * That chance is learned too, by rehearsals in which some labels are left out of training and
 * their sentences come as strangers.
 *
 * Any language whose words are parted by spaces does well, others do. Same set, same bytes: there
 * is no chance in it. A model is read only and for any number of threads at once. [any]
 *
 * Not here: what the built-in assistant understands without training (nlu.h). */
#ifndef NLU_INTENT_H
#define NLU_INTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;

enum {
    /* A training set: some ten thousand sentences. */
    INTENT_SET_BYTES = 16 * 1024 * 1024,
    INTENT_EXAMPLES_MAX = 50000,
    INTENT_LABELS_MAX = 512,
    INTENT_LABEL_BYTES = 100,
    /* Examples times labels: what learning keeps for each pair stays below 200 MB. */
    INTENT_PAIRS_MAX = 20 * 1000 * 1000,
    /* Bad lines that are told one by one; the rest is counted. */
    INTENT_FAULTS_MAX = 10,
    /* A model's file: the largest that these limits allow stays below it. */
    INTENT_MODEL_BYTES = 256 * 1024 * 1024,
};
#define INTENT_OOS "oos"

/* ---- Examples -------------------------------------------------------------------------------*/

struct intent_example {
    struct str text;
    int label; /* an index of `labels`, -1: none of them */
};
struct intent_fault {
    size_t line;
    const char *why; /* static */
};
struct intent_set {
    struct intent_example *items;
    size_t count;
    struct str *labels; /* sorted, without oos */
    uint32_t *examples; /* of each label */
    size_t label_count;
    size_t none_count; /* of oos */
    struct intent_fault faults[INTENT_FAULTS_MAX];
    size_t fault_count; /* all of them; those lines are left out */
};
/* The examples in BYTES; views are borrowed from it, the rest is in ARENA. A byte-order mark and
 * Windows' line ends are fine; empty lines are passed over. ERR_INVALID: no line could be used;
 * ERR_LIMIT: too many labels or examples. NAME is for messages. */
int intent_set_read(struct str bytes, struct str name, struct arena *arena, struct intent_set *ret,
                    struct err *err) WARN_UNUSED;

/* ---- Learning -------------------------------------------------------------------------------*/

struct intent_training {
    /* How far it is; false stops it. May be NULL. */
    bool (*progress)(void *arg, unsigned done, unsigned all);
    void *arg;
};
struct intent_report {
    size_t examples;
    size_t none;
    size_t labels;
    size_t features;
    double accuracy; /* by cross-validation */
    double auc;      /* known against unknown in the rehearsals */
};
/* Learn SET and append the model's bytes to MODEL. ERR_INVALID where there are fewer than two
 * labels, ERR_LIMIT, ERR_NOMEM, ERR_CANCELED. Seconds for ten thousand examples. */
int intent_train(const struct intent_set *set, const struct intent_training *how, struct buf *model,
                 struct intent_report *ret, struct err *err) WARN_UNUSED;

/* ---- Asking ---------------------------------------------------------------------------------*/

struct intent_model;

/* Map the file at PATH, a NUL-terminated string. ERR_INVALID: no model, damaged, or of another
 * version; ERR_NOTFOUND; ERR_IO. */
int intent_model_open(const char *path, struct intent_model **ret, struct err *err) WARN_UNUSED;
/* The same for bytes in memory, borrowed for the model's life, aligned to 8. */
int intent_model_borrow(struct str bytes, struct str name, struct intent_model **ret,
                        struct err *err) WARN_UNUSED;
void intent_model_free(struct intent_model *m);
AUTO_DEFINE(intent_model, struct intent_model *, intent_model_free)

/* The model the program was built with, learned from catalog/sample/intents.tsv. ERR_INVALID on a
 * machine whose byte order is not little-endian. */
int intent_model_builtin(struct intent_model **ret, struct err *err) WARN_UNUSED;

size_t intent_model_labels(const struct intent_model *m);
struct str intent_model_label(const struct intent_model *m, size_t index);
/* How many examples taught it this label. */
uint32_t intent_model_examples(const struct intent_model *m, size_t index);
double intent_model_accuracy(const struct intent_model *m);

struct intent_guess {
    struct str label; /* borrowed from the model */
    size_t index;
    double probability; /* provided that it is about one of the labels */
};
struct intent_answer {
    struct intent_guess *guesses; /* best first, at least one */
    size_t count;
    double known; /* chance that it is about one of the labels, 0..1 */
    bool none;    /* more likely than not it is about none of them */
};
/* Read TEXT; at most TOP guesses, in ARENA. ERR_NOMEM. */
int intent_predict(const struct intent_model *m, struct str text, size_t top, struct arena *arena,
                   struct intent_answer *ret, struct err *err) WARN_UNUSED;

/* The same of the built-in model, without opening it first. */
int intent_predict_builtin(struct str text, size_t top, struct arena *arena,
                           struct intent_answer *ret, struct err *err) WARN_UNUSED;

/* ---- Judging --------------------------------------------------------------------------------*/

struct intent_confusion {
    struct str label;
    struct str taken_for;
    size_t count;
};
struct intent_figures {
    size_t known;   /* rows with a label, that the model may not know */
    size_t strange; /* rows of oos */
    size_t foreign; /* labels that the model does not know */
    double accuracy;
    double macro_f1;                     /* mean over the labels that the rows have */
    bool has_auc;                        /* rows of both kinds are there */
    double auc;                          /* known rows against those of oos */
    size_t known_refused;                /* known rows said to be none of the labels */
    size_t strange_refused;              /* rows of oos said to be so */
    struct intent_confusion *confusions; /* most frequent first */
    size_t confusion_count;
};
/* Ask M for each row of SET. ERR_NOMEM. */
int intent_evaluate(const struct intent_model *m, const struct intent_set *set, struct arena *arena,
                    struct intent_figures *ret, struct err *err) WARN_UNUSED;
/* Area under the ROC: how often one of HIGH's COUNT is above one of LOW's, halves for ties. Both
 * are sorted. */
double intent_auc(double *high, size_t high_count, double *low, size_t low_count);

#endif
