/* A model in use: mapped, checked once, then only read. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "nlu/intent_file.h"

static const double none_below = 0.5;

struct intent_model {
    struct intent_file file;
    void *map; /* NULL: the bytes are borrowed */
    size_t map_size;
};

void
intent_model_free(struct intent_model *m)
{
    if (m && m->map) {
        (void)munmap(m->map, m->map_size);
    }
    mem_free(m);
}

int
intent_model_borrow(struct str bytes, struct str name, struct intent_model **ret, struct err *err)
{
    AUTO(intent_model) struct intent_model *m = mem_zero(1, sizeof(*m));
    must((uintptr_t)bytes.ptr % 8 == 0);
    if (!m) {
        return err_nomem(err);
    }
    int result = intent_file_read(bytes, &m->file, err);
    if (result < 0) {
        return err_wrap(err, "%" STR_FMT, STR_ARG(name));
    }
    *ret = TAKE(m);
    return 0;
}

static int
map_file(int fd, const char *path, struct str *ret, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, errno, "%s", path);
    }
    if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > INTENT_MODEL_BYTES) {
        return err_set(err, ERR_INVALID,
                       "%s: no model of intents: make one with `deskhand "
                       "intents train`",
                       path);
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        return err_set_errno(err, errno, "%s", path);
    }
    *ret = (struct str){map, (size_t)st.st_size};
    return 0;
}

int
intent_model_open(const char *path, struct intent_model **ret, struct err *err)
{
    struct str bytes = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        int seen = errno;
        return seen == ENOENT ? err_set(err, ERR_NOTFOUND, "%s: no such file", path)
                              : err_set_errno(err, seen, "%s", path);
    }
    int result = map_file(fd, path, &bytes, err);
    (void)close(fd);
    if (result < 0) {
        return result;
    }
    result = intent_model_borrow(bytes, str_c(path), ret, err);
    if (result < 0) {
        (void)munmap((void *)bytes.ptr, bytes.len);
        return result;
    }
    (*ret)->map = (void *)bytes.ptr;
    (*ret)->map_size = bytes.len;
    return 0;
}

size_t
intent_model_labels(const struct intent_model *m)
{
    return m->file.header->labels;
}

static struct str
label_of(const struct intent_file *f, size_t index)
{
    return (struct str){f->text + f->names[index], f->names[index + 1] - f->names[index]};
}

struct str
intent_model_label(const struct intent_model *m, size_t index)
{
    return label_of(&m->file, index);
}

uint32_t
intent_model_examples(const struct intent_model *m, size_t index)
{
    return m->file.examples[index];
}

double
intent_model_accuracy(const struct intent_model *m)
{
    return m->file.header->accuracy;
}

/* ---- Prediction -----------------------------------------------------------------------------*/

static void
add_row(float *restrict scores, const int8_t *restrict row, float factor)
{
    for (size_t i = 0; i < INTENT_LANES; i++) {
        scores[i] += factor * (float)row[i];
    }
}

static void
score(const struct intent_file *f, const struct intent_vector *v, float *scores)
{
    size_t stride = intent_stride(f->header->labels);
    for (size_t i = 0; i < v->count; i++) {
        const int8_t *row = f->weights + v->index[i] * stride;
        float factor = v->value[i] * f->scales[v->index[i]];
        for (size_t k = 0; k < stride; k += INTENT_LANES) {
            add_row(scores + k, row + k, factor);
        }
    }
}

/* SCORES into probabilities; a model's file may hold numbers that lead beyond all numbers. */
static void
weigh(const struct intent_file *f, const float *scores, double *shares)
{
    size_t labels = f->header->labels;
    double best = scores[intent_best(scores, labels)];
    double all = 0;
    for (size_t i = 0; i < labels; i++) {
        double share = exp((double)f->header->steepness * (scores[i] - best));
        shares[i] = share >= 0 && share <= 1 ? share : 0;
        all += shares[i];
    }
    for (size_t i = 0; i < labels; i++) {
        shares[i] /= all > 0 ? all : 1;
    }
}

static void
pick(const struct intent_file *f, double *shares, size_t top, struct intent_answer *ret)
{
    size_t labels = f->header->labels;
    while (ret->count < top) {
        size_t best = 0;
        for (size_t i = 1; i < labels; i++) {
            best = shares[i] > shares[best] ? i : best;
        }
        ret->guesses[ret->count++] = (struct intent_guess){label_of(f, best), best, shares[best]};
        shares[best] = -1;
    }
}

struct room {
    struct intent_words words;
    struct intent_bag bag;
    struct intent_vector vector;
    float *scores; /* and as many for the signals */
    double *shares;
};

static bool
make_room(struct room *r, size_t labels, struct arena *arena)
{
    r->scores = arena_zero(arena, 2 * intent_stride(labels), sizeof(float));
    r->shares = arena_zero(arena, labels, sizeof(double));
    return r->scores && r->shares;
}

int
intent_predict(const struct intent_model *m, struct str text, size_t top, struct arena *arena,
               struct intent_answer *ret, struct err *err)
{
    return intent_file_predict(&m->file, text, top, arena, ret, err);
}

int
intent_file_predict(const struct intent_file *f, struct str text, size_t top, struct arena *arena,
                    struct intent_answer *ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    size_t labels = f->header->labels;
    struct intent_view view = {&f->shape, f->met, labels};
    struct room *r = arena_alloc(&scratch, sizeof(*r));
    float signals[INTENT_SIGNALS];
    struct intent_answer answer = {0};
    top = top < 1 ? 1 : top > labels ? labels : top;
    answer.guesses = arena_zero(arena, top, sizeof(*answer.guesses));
    if (!r || !answer.guesses || !make_room(r, labels, &scratch)) {
        return err_nomem(err);
    }
    intent_words_read(text, &r->words);
    if (!intent_bag_of(&r->words, &scratch, &r->bag) ||
        !intent_vector_of(&f->dictionary, &r->bag, &scratch, &r->vector)) {
        return err_nomem(err);
    }
    score(f, &r->vector, r->scores);
    intent_signals(&view, &r->vector, r->scores, r->scores + intent_stride(labels), signals);
    weigh(f, r->scores, r->shares);
    pick(f, r->shares, top, &answer);
    double known = intent_judge_ask(&f->header->judge, signals);
    /* A text in which nothing was ever seen is about nothing that is known. */
    answer.known = r->vector.count > 1 && known >= 0 ? known : 0;
    answer.none = answer.known < none_below;
    *ret = answer;
    return 0;
}
