/* embed-intents SET OUT: learn the labelled sentences in SET and write the model to OUT, as C.
 *
 * Runs while the program is built, on the machine that builds it: the model it makes is the one
 * the program comes with (core/nlu/intent_builtin.c). The same sentences give the same bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "nlu/intent.h"

enum { WORD = 8, WORDS_A_LINE = 4 };

static int
read_text(const char *path, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text;
    char piece[16384];
    size_t got;
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return err_set_errno(err, errno, "%s", path);
    }
    buf_init(&text, INTENT_SET_BYTES);
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_add(&text, (struct str){piece, got});
    }
    bool broken = ferror(file);
    (void)fclose(file);
    if (broken) {
        return err_set(err, ERR_IO, "%s: cannot be read", path);
    }
    int result = buf_finish(&text, path, err);
    if (result < 0) {
        return result;
    }
    *ret = buf_to_arena(&text, arena);
    return ret->ptr ? 0 : err_nomem(err);
}

/* A shop's set may have bad lines; ours may not. */
static int
learn(const char *path, struct buf *model, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct str text;
    struct intent_set set;
    struct intent_report report;
    int result = read_text(path, &arena, &text, err);
    result = result == 0 ? intent_set_read(text, str_c(path), &arena, &set, err) : result;
    if (result == 0 && set.fault_count > 0) {
        return err_set(err, ERR_INVALID, "%s:%zu: %s", path, set.faults[0].line, set.faults[0].why);
    }
    result = result == 0 ? intent_train(&set, NULL, model, &report, err) : result;
    return result == 0 ? buf_finish(model, "the model", err) : result;
}

/* As numbers of 64 bits, so that it is aligned as a model has to be. A model's numbers are
 * little-endian, and so is the machine that runs it, or it refuses the model. */
static uint64_t
word_at(struct str bytes, size_t at)
{
    uint64_t word = 0;
    for (size_t i = 0; i < WORD && at + i < bytes.len; i++) {
        word |= (uint64_t)(unsigned char)bytes.ptr[at + i] << (8 * i);
    }
    return word;
}

static int
write_model(const char *path, struct str bytes, struct err *err)
{
    FILE *file = fopen(path, "wbe");
    if (!file) {
        return err_set_errno(err, errno, "%s", path);
    }
    (void)fprintf(file,
                  "/* Made by tools/embed-intents. */\n#include \"nlu/intent_builtin.h\"\n\n"
                  "const size_t intent_builtin_size = %zu;\nconst uint64_t intent_builtin[] = {",
                  bytes.len);
    for (size_t at = 0; at < bytes.len; at += WORD) {
        bool first = at / WORD % WORDS_A_LINE == 0;
        (void)fprintf(file, "%s0x%" PRIx64 ",", first ? "\n    " : " ", word_at(bytes, at));
    }
    (void)fputs("\n};\n", file);
    bool broken = ferror(file);
    return fclose(file) == 0 && !broken ? 0 : err_set(err, ERR_IO, "%s: cannot be written", path);
}

int
main(int argc, char **argv)
{
    AUTO(buf) struct buf model;
    struct err err = {0};
    buf_init(&model, INTENT_MODEL_BYTES);
    if (argc != 3) {
        (void)fputs("usage: embed-intents SET OUT\n", stderr);
        return 2;
    }
    if (learn(argv[1], &model, &err) < 0 || write_model(argv[2], buf_str(&model), &err) < 0) {
        (void)fprintf(stderr, "embed-intents: %s\n", err.message);
        return 1;
    }
    return 0;
}
