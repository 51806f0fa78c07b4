/* intent_file: a model's bytes. Only for intent_file.c, intent_model.c and their tests.
 *
 * One header, then arrays one behind another, each filled up to a multiple of 8 bytes, in this
 * order; all numbers little-endian, floats IEEE 754:
 *
 *     u32 buckets[(1 << bits) + 1]        where a bucket's features start, ascending, from 1
 *     u32 keys[features]                  lower halves of the features' hashes; keys[0] is unused
 *     f32 rarity[features]
 *     f32 scales[features]                what the weights of a feature are to be multiplied by
 *     i8  weights[features][stride]       stride: labels, filled up to a multiple of 8
 *     u8  met[features][(labels + 7) / 8] a bit a label: its examples had the feature
 *     f32 whiten[labels][labels]          (intent_shape.c)
 *     f32 centers[labels + 1][labels]
 *     u32 examples[labels]
 *     u32 names[labels + 1]               offsets into the text, ascending, from 0
 *     u8  text[text_size]                 the labels, UTF-8
 *
 * A file is what its header says to the byte, or it is refused. The sum finds what a disk or a
 * transfer did; whoever writes a file on purpose can write the sum as well, so everything that is
 * used as an index is checked besides. */
#ifndef NLU_INTENT_FILE_H
#define NLU_INTENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "nlu/intent_parts.h"

enum { INTENT_FILE_VERSION = 1, INTENT_FILE_ENDIAN = 0x01020304 };
#define INTENT_FILE_MAGIC "DHINTENT"

struct intent_header {
    char magic[8];
    uint32_t version;
    uint32_t endian;
    uint64_t size; /* of the file */
    uint64_t sum;  /* of all from `labels` on: intent_file_sum() */
    uint32_t labels;
    uint32_t features;
    uint32_t bits;
    uint32_t text_size;
    float steepness;
    float accuracy;
    struct intent_judge judge;
};

/* The arrays, as views into the bytes. */
struct intent_file {
    const struct intent_header *header;
    struct intent_dictionary dictionary;
    struct intent_shape shape;
    const float *scales;
    const int8_t *weights;
    const uint8_t *met;
    const uint32_t *examples;
    const uint32_t *names;
    const char *text;
};
/* What `sum` has to be. BYTES are a header at least. */
uint64_t intent_file_sum(struct str bytes);
/* Look at BYTES, aligned to 8. ERR_INVALID says what is wrong, without a name. */
int intent_file_read(struct str bytes, struct intent_file *ret, struct err *err) WARN_UNUSED;
/* The same of bytes that the program was built with: they are as they were written. */
void intent_file_trust(struct str bytes, struct intent_file *ret);

/* intent_model.c: intent_predict(), asked of the bytes. */
int intent_file_predict(const struct intent_file *f, struct str text, size_t top,
                        struct arena *arena, struct intent_answer *ret,
                        struct err *err) WARN_UNUSED;

#endif
