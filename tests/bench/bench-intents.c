/* How good is the intent classifier? Prints, for the two real sets in DESKHAND_SHARED/data, the
 * measures beside their marks: accuracy and macro-F1 on the development half, with typing errors
 * as data/README.md defines them, how well strangers are told when a tenth of the labels is held
 * out of training (seeded, the mean of some splits), the time of training and of one prediction
 * (of the processor), and the size of the model. Not a test: it fails only when it cannot run.
 *
 *     bench-intents [SPLITS]        how often labels are held out (default 5)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "misspell.h"
#include "nlu/intent.h"

enum { HELD_OUT = 10, SPLITS = 5 };

static double
processor_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench-intents: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

static uint64_t
next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static struct str
read_file(const char *shared, const char *set, const char *half, struct arena *arena)
{
    AUTO(buf) struct buf text;
    char path[1200];
    char chunk[65536];
    size_t got;
    buf_init(&text, INTENT_SET_BYTES);
    (void)snprintf(path, sizeof(path), "%s/data/%s/%s.tsv", shared, set, half);
    FILE *file = fopen(path, "rbe");
    if (!file) {
        fail(path, NULL);
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        buf_add(&text, (struct str){chunk, got});
    }
    (void)fclose(file);
    return buf_to_arena(&text, arena);
}

/* ---- Measures -------------------------------------------------------------------------------*/

struct halves {
    struct arena arena;
    struct intent_set train;
    struct intent_set dev;
};

/* A model of SET in *MODEL, its bytes in *BYTES. Returns the seconds it took. */
static double
train(const struct intent_set *set, struct buf *bytes, struct intent_model **model,
      struct intent_report *report)
{
    struct err err = {0};
    double start = processor_seconds();
    buf_init(bytes, INTENT_MODEL_BYTES);
    if (intent_train(set, NULL, bytes, report, &err) < 0 ||
        intent_model_borrow(buf_str(bytes), STR("model"), model, &err) < 0) {
        fail("train", &err);
    }
    return processor_seconds() - start;
}

static struct intent_figures
judge(const struct intent_model *model, const struct intent_set *set, struct arena *arena)
{
    struct intent_figures figures;
    struct err err = {0};
    if (intent_evaluate(model, set, arena, &figures, &err) < 0) {
        fail("test", &err);
    }
    return figures;
}

static struct intent_figures
judge_misspelt(const struct intent_model *model, const struct halves *h, struct arena *arena)
{
    struct intent_set set = h->dev;
    uint64_t seed = 42;
    set.items = arena_zero(arena, set.count, sizeof(*set.items));
    for (size_t i = 0; i < set.count; i++) {
        set.items[i].text = misspell(h->dev.items[i].text, arena, &seed);
        set.items[i].label = h->dev.items[i].label;
    }
    return judge(model, &set, arena);
}

/* SET without the labels that are HELD (LABELS of them stay), or with their rows as oos. */
static struct intent_set
without(const struct intent_set *set, const bool *held, bool as_oos, struct arena *arena)
{
    struct intent_set less = *set;
    int *numbers = arena_zero(arena, set->label_count, sizeof(*numbers));
    less.items = arena_zero(arena, set->count, sizeof(*less.items));
    less.labels = arena_zero(arena, set->label_count, sizeof(*less.labels));
    less.examples = arena_zero(arena, set->label_count, sizeof(*less.examples));
    less.count = 0;
    less.label_count = 0;
    less.none_count = 0;
    for (size_t i = 0; i < set->label_count; i++) {
        numbers[i] = held[i] ? -1 : (int)less.label_count;
        if (!held[i]) {
            less.examples[less.label_count] = set->examples[i];
            less.labels[less.label_count++] = set->labels[i];
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        int label = numbers[set->items[i].label];
        if (label >= 0 || as_oos) {
            less.items[less.count++] = (struct intent_example){set->items[i].text, label};
            less.none_count += label < 0;
        }
    }
    return less;
}

/* Train without a tenth of the labels; how well are their rows told from the others? */
static double
judge_strangers(const struct halves *h, unsigned split)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf bytes;
    AUTO(intent_model) struct intent_model *model = NULL;
    struct intent_report report;
    bool held[INTENT_LABELS_MAX] = {false};
    uint64_t seed = 1000 + split;
    size_t out = (h->train.label_count + HELD_OUT / 2) / HELD_OUT;
    while (out > 0) {
        size_t label = next_random(&seed) % h->train.label_count;
        out -= !held[label];
        held[label] = true;
    }
    struct intent_set known = without(&h->train, held, false, &arena);
    struct intent_set all = without(&h->dev, held, true, &arena);
    (void)train(&known, &bytes, &model, &report);
    struct intent_figures f = judge(model, &all, &arena);
    printf("    split %u: AUC %.3f; said to be none: %.3f of strangers, %.3f of known\n", split,
           f.auc, (double)f.strange_refused / (double)f.strange,
           (double)f.known_refused / (double)f.known);
    return f.auc;
}

static double
time_predictions(const struct intent_model *model, const struct intent_set *set)
{
    double start = processor_seconds();
    for (size_t i = 0; i < set->count; i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct intent_answer answer;
        if (intent_predict(model, set->items[i].text, 3, &arena, &answer, &err) < 0) {
            fail("predict", &err);
        }
    }
    return (processor_seconds() - start) * 1e6 / (double)set->count;
}

static void
print(const char *what, double value, const char *mark, const char *digits)
{
    printf("  %-36s ", what);
    printf(strcmp(digits, "3") == 0 ? "%10.3f" : "%10.1f", value);
    printf("   mark: %s\n", mark);
}

struct marks {
    const char *set;
    const char *accuracy;
    const char *misspelt;
};

static void
run_set(const struct marks *marks, const char *shared, unsigned splits)
{
    AUTO(buf) struct buf bytes;
    AUTO(intent_model) struct intent_model *model = NULL;
    struct halves h = {0};
    struct intent_report report;
    struct err err = {0};
    struct str text = read_file(shared, marks->set, "train", &h.arena);
    struct str dev = read_file(shared, marks->set, "dev", &h.arena);
    if (intent_set_read(text, STR("train.tsv"), &h.arena, &h.train, &err) < 0 ||
        intent_set_read(dev, STR("dev.tsv"), &h.arena, &h.dev, &err) < 0) {
        fail(marks->set, &err);
    }
    double seconds = train(&h.train, &bytes, &model, &report);
    struct intent_figures f = judge(model, &h.dev, &h.arena);
    printf("%s: %zu examples of %zu labels, %zu features; by cross-validation %.3f, rehearsed AUC "
           "%.3f\n",
           marks->set, report.examples, report.labels, report.features, report.accuracy,
           report.auc);
    print("accuracy", f.accuracy, marks->accuracy, "3");
    print("macro-F1", f.macro_f1, "none", "3");
    struct intent_figures typos = judge_misspelt(model, &h, &h.arena);
    print("accuracy with typing errors", typos.accuracy, marks->misspelt, "3");
    print("training, seconds", seconds, "20", "1");
    print("prediction, microseconds", time_predictions(model, &h.dev), "100", "1");
    print("model, KB", (double)bytes.len / 1024, "10240", "1");
    double auc = 0;
    for (unsigned i = 0; i < splits; i++) {
        auc += judge_strangers(&h, i) / splits;
    }
    print("AUC, a tenth of the labels held out", auc, ".95", "3");
    arena_done(&h.arena);
}

int
main(int argc, char **argv)
{
    static const struct marks sets[] = {
        {"intent_banking77", ".92", ".82"},
        {"intent_bitext", ".99", "none"},
    };
    const char *shared = getenv("DESKHAND_SHARED");
    int64_t splits = SPLITS;
    shared = shared ? shared : "../shared";
    if (argc > 1 && (!str_to_i64(str_c(argv[1]), &splits) || splits < 1 || splits > 100)) {
        (void)fprintf(stderr, "usage: bench-intents [SPLITS]\n");
        return 2;
    }
    if (access(shared, R_OK) != 0) {
        printf("SKIP: no shared data at %s\n", shared);
        return 0;
    }
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        run_set(&sets[i], shared, (unsigned)splits);
    }
    return 0;
}
