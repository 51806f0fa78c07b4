#include "nlu/intent_file.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/must.h"
#include "base/utf8.h"

enum { ALIGNMENT = 8, WEIGHT_MAX = 127 };

static const uint64_t sum_seed = 0xCBF29CE484222325U;

/* In the manner of FNV-1a, but over words of 8 bytes: a byte at a time would be most of the time
 * of opening. */
static uint64_t
sum_of(struct str bytes, uint64_t sum)
{
    for (size_t i = 0; i + 8 <= bytes.len; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.ptr + i, sizeof(word));
        sum = (sum ^ word) * 0x100000001B3U;
        sum ^= sum >> 29;
    }
    return sum;
}

uint64_t
intent_file_sum(struct str bytes)
{
    return sum_of(str_sub(bytes, offsetof(struct intent_header, labels), SIZE_MAX), sum_seed);
}

static size_t
aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* ---- Writing --------------------------------------------------------------------------------*/

static void
add_array(struct buf *to, const void *items, size_t count, size_t size)
{
    static const char zeros[ALIGNMENT];
    buf_add(to, (struct str){items, count * size});
    buf_add(to, (struct str){zeros, aligned(count * size) - count * size});
}

static float
largest(const float *row, size_t count)
{
    float found = 0;
    for (size_t i = 0; i < count; i++) {
        found = fabsf(row[i]) > found ? fabsf(row[i]) : found;
    }
    return found;
}

/* A byte a weight: the whole loses nothing by it that a test set would see. */
static bool
add_weights(struct buf *to, const struct intent_fit *fit)
{
    size_t stride = intent_stride(fit->label_count);
    AUTO(mem) float *scales = mem_zero(fit->dictionary.count, sizeof(float));
    AUTO(mem) int8_t *weights = mem_zero(fit->dictionary.count, stride);
    if (!scales || !weights) {
        return false;
    }
    for (size_t i = 0; i < fit->dictionary.count; i++) {
        const float *row = fit->weights + i * stride;
        scales[i] = largest(row, fit->label_count) / WEIGHT_MAX;
        for (size_t k = 0; k < fit->label_count && scales[i] > 0; k++) {
            weights[i * stride + k] = (int8_t)lrintf(row[k] / scales[i]);
        }
    }
    add_array(to, scales, fit->dictionary.count, sizeof(float));
    add_array(to, weights, fit->dictionary.count, stride);
    return true;
}

/* The labels' names: where each begins, and their text. */
static bool
add_names(struct buf *to, const struct intent_learned *l)
{
    AUTO(mem) uint32_t *names = mem_zero(l->fit->label_count + 1, sizeof(uint32_t));
    AUTO(buf) struct buf text;
    buf_init(&text, INTENT_LABELS_MAX * INTENT_LABEL_BYTES + 1);
    if (!names) {
        return false;
    }
    for (size_t i = 0; i < l->fit->label_count; i++) {
        buf_add(&text, l->labels[i]);
        names[i + 1] = (uint32_t)text.len;
    }
    if (text.failed) {
        return false;
    }
    add_array(to, names, l->fit->label_count + 1, sizeof(uint32_t));
    add_array(to, text.text, text.len, 1);
    return true;
}

bool
intent_file_write(const struct intent_learned *l, struct buf *to)
{
    const struct intent_fit *fit = l->fit;
    const struct intent_dictionary *d = &fit->dictionary;
    size_t start = to->len;
    struct intent_header header = {
        .version = INTENT_FILE_VERSION,
        .endian = INTENT_FILE_ENDIAN,
        .labels = (uint32_t)fit->label_count,
        .features = d->count,
        .bits = d->bits,
        .steepness = l->steepness,
        .accuracy = l->accuracy,
        .judge = *l->judge,
    };
    memcpy(header.magic, INTENT_FILE_MAGIC, sizeof(header.magic));
    for (size_t i = 0; i < fit->label_count; i++) {
        header.text_size += (uint32_t)l->labels[i].len;
    }
    add_array(to, &header, 1, sizeof(header));
    add_array(to, d->buckets, ((size_t)1 << d->bits) + 1, sizeof(uint32_t));
    add_array(to, d->keys, d->count, sizeof(uint32_t));
    add_array(to, d->rarity, d->count, sizeof(float));
    if (!add_weights(to, fit)) {
        return false;
    }
    add_array(to, fit->met, d->count, intent_met_bytes(fit->label_count));
    add_array(to, fit->shape.whiten, fit->label_count * fit->label_count, sizeof(float));
    add_array(to, fit->shape.centers, (fit->label_count + 1) * fit->label_count, sizeof(float));
    add_array(to, l->examples, fit->label_count, sizeof(uint32_t));
    if (!add_names(to, l)) {
        return false;
    }
    if (!to->failed) {
        header.size = to->len - start;
        memcpy(to->text + start, &header, sizeof(header));
        header.sum = intent_file_sum((struct str){to->text + start, to->len - start});
        memcpy(to->text + start, &header, sizeof(header));
    }
    return true;
}

/* ---- Reading --------------------------------------------------------------------------------*/

static const void *
next_array(struct str bytes, size_t *at, size_t count, size_t size)
{
    size_t from = *at;
    *at += aligned(count * size);
    return *at <= bytes.len ? bytes.ptr + from : NULL;
}

static int
check_header(struct str bytes, const struct intent_header *h, struct err *err)
{
    if (bytes.len < sizeof(*h) || memcmp(h->magic, INTENT_FILE_MAGIC, sizeof(h->magic)) != 0) {
        return err_set(err, ERR_INVALID,
                       "no model of intents: make one with `deskhand intents "
                       "train`");
    }
    if (h->endian != INTENT_FILE_ENDIAN) {
        return err_set(err, ERR_INVALID,
                       "a model made on a machine of the other byte order: train "
                       "it here");
    }
    if (h->version != INTENT_FILE_VERSION) {
        return err_set(err, ERR_INVALID,
                       "a model of version %u, this program reads %d: train it "
                       "again",
                       h->version, INTENT_FILE_VERSION);
    }
    bool sane = h->size == bytes.len && h->labels >= 1 && h->labels <= INTENT_LABELS_MAX &&
                h->features >= 1 && h->features <= INTENT_FEATURES_MAX &&
                h->bits >= INTENT_BUCKET_BITS_MIN && h->bits <= INTENT_BUCKET_BITS_MAX &&
                h->text_size <= INTENT_LABELS_MAX * INTENT_LABEL_BYTES;
    if (!sane || h->sum != intent_file_sum(bytes)) {
        return err_set(err, ERR_INVALID, "the model is damaged or incomplete: train it again");
    }
    return 0;
}

/* Where the arrays are; false when they are not what the file holds. */
static bool
find_arrays(struct str bytes, struct intent_file *f)
{
    const struct intent_header *h = f->header;
    size_t at = aligned(sizeof(*h));
    size_t labels = h->labels;
    size_t buckets = ((size_t)1 << h->bits) + 1;
    f->dictionary.bits = h->bits;
    f->dictionary.count = h->features;
    f->dictionary.buckets = next_array(bytes, &at, buckets, sizeof(uint32_t));
    f->dictionary.keys = next_array(bytes, &at, h->features, sizeof(uint32_t));
    f->dictionary.rarity = next_array(bytes, &at, h->features, sizeof(float));
    f->scales = next_array(bytes, &at, h->features, sizeof(float));
    f->weights = next_array(bytes, &at, h->features, intent_stride(labels));
    f->met = next_array(bytes, &at, h->features, intent_met_bytes(labels));
    f->shape.whiten = next_array(bytes, &at, labels * labels, sizeof(float));
    f->shape.centers = next_array(bytes, &at, (labels + 1) * labels, sizeof(float));
    f->examples = next_array(bytes, &at, labels, sizeof(uint32_t));
    f->names = next_array(bytes, &at, labels + 1, sizeof(uint32_t));
    f->text = next_array(bytes, &at, h->text_size, 1);
    return at == bytes.len;
}

static bool
check_buckets(const struct intent_dictionary *d)
{
    size_t count = (size_t)1 << d->bits;
    for (size_t i = 0; i < count; i++) {
        if (d->buckets[i + 1] < d->buckets[i] ||
            d->buckets[i + 1] - d->buckets[i] > INTENT_BUCKET_MAX) {
            return false;
        }
    }
    return d->buckets[0] == 1 && d->buckets[count] == d->count;
}

static bool
check_floats(const float *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(items[i])) {
            return false;
        }
    }
    return true;
}

static bool
check_names(const struct intent_file *f)
{
    size_t labels = f->header->labels;
    if (f->names[0] != 0 || f->names[labels] != f->header->text_size) {
        return false;
    }
    for (size_t i = 0; i < labels; i++) {
        uint32_t from = f->names[i];
        uint32_t to = f->names[i + 1];
        if (to <= from || to > f->header->text_size || to - from > INTENT_LABEL_BYTES ||
            !utf8_valid((struct str){f->text + from, to - from})) {
            return false;
        }
    }
    return true;
}

static bool
check_numbers(const struct intent_file *f)
{
    const struct intent_header *h = f->header;
    const struct intent_judge *j = &h->judge;
    size_t labels = h->labels;
    bool judge = check_floats(j->mean, INTENT_SIGNALS) && check_floats(j->weight, INTENT_SIGNALS) &&
                 check_floats(j->spread, INTENT_SIGNALS) && isfinite(j->bias);
    for (size_t i = 0; judge && i < INTENT_SIGNALS; i++) {
        judge = j->spread[i] > 0;
    }
    return judge && isfinite(h->steepness) && h->steepness >= 0 && h->accuracy >= 0 &&
           h->accuracy <= 1 && check_floats(f->dictionary.rarity, h->features) &&
           check_floats(f->scales, h->features) && check_floats(f->shape.whiten, labels * labels) &&
           check_floats(f->shape.centers, (labels + 1) * labels);
}

int
intent_file_read(struct str bytes, struct intent_file *ret, struct err *err)
{
    struct intent_file f = {.header = (const struct intent_header *)bytes.ptr};
    int result = check_header(bytes, f.header, err);
    if (result < 0) {
        return result;
    }
    if (!find_arrays(bytes, &f) || !check_buckets(&f.dictionary) || !check_names(&f) ||
        !check_numbers(&f)) {
        return err_set(err, ERR_INVALID, "the model contradicts itself: train it again");
    }
    *ret = f;
    return 0;
}

void
intent_file_trust(struct str bytes, struct intent_file *ret)
{
    *ret = (struct intent_file){.header = (const struct intent_header *)bytes.ptr};
    must(find_arrays(bytes, ret));
}
