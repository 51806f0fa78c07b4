/* converse_fixture: the shared vectors, and a decoder of Converse run over bytes. */
#ifndef CONVERSE_FIXTURE_H
#define CONVERSE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/decoder.h"
#include "model/failure_aws.h"
#include "model/wire_converse.h"

/* The files that PATTERN below the vectors names; skips the test when there are none. */
static inline glob_t
fixture_find(const char *pattern)
{
    char path[1024];
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/vectors/%s", shared ? shared : "../shared", pattern);
    glob_t files = {0};
    if (glob(path, 0, NULL, &files) != 0) {
        print_message("SKIP: no shared data\n");
        skip(); /* never returns, frees nothing */
    }
    return files;
}

static inline struct str
fixture_read(struct arena *a, const char *path)
{
    enum { FILE_MAX = 1024 * 1024 };
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("%s cannot be read", path);
    }
    char *text = arena_alloc(a, FILE_MAX);
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    assert_true(len < FILE_MAX);
    return (struct str){text, len};
}

static inline struct js *
fixture_parse(struct arena *a, struct str text)
{
    struct err err = {0};
    struct js *root = NULL;
    if (js_parse(text, a, &root, &err) < 0) {
        fail_msg("%.*s: %s", (int)text.len, text.ptr, err.message);
    }
    return root;
}

static inline struct js *
fixture_read_json(struct arena *a, const char *path)
{
    return fixture_parse(a, fixture_read(a, path));
}

static const struct aws_place fixture_place = {STR_INIT("smart"), STR_INIT("a.model-v1:0"),
                                               STR_INIT("us-east-1")};

/* One answer: its decoder, the assembly, the text as it was handed on, how it failed. */
struct fixture_run {
    struct decoder *decoder;
    struct assembly out;
    struct buf text;
    struct failure failure;
};

static inline void
fixture_on_text(void *arg, struct str delta)
{
    struct fixture_run *run = arg;
    buf_add(&run->text, delta);
}

static inline void
fixture_run_init(struct fixture_run *run, bool whole)
{
    *run = (struct fixture_run){0};
    buf_init(&run->text, LIMIT_REPLY_BYTES);
    assembly_init(&run->out, fixture_on_text, run);
    run->decoder = whole ? converse_whole_new(&fixture_place, &run->out)
                         : converse_stream_new(&fixture_place, &run->out);
    assert_non_null(run->decoder);
}

static inline void
fixture_run_feed(struct fixture_run *run, struct str bytes, size_t piece)
{
    int result = 0;
    for (size_t at = 0; result >= 0 && at < bytes.len; at += piece) {
        result = decoder_feed(run->decoder, str_sub(bytes, at, piece));
        assert_int_equal(result == DECODER_END, run->out.ended && result >= 0);
    }
    result = result < 0 ? result : decoder_finish(run->decoder);
    assert_int_equal(result < 0, run->decoder->failure.kind != FAILURE_NONE);
    run->failure = run->decoder->failure;
}

static inline void
fixture_run_stream(struct fixture_run *run, struct str bytes, size_t piece)
{
    fixture_run_init(run, false);
    fixture_run_feed(run, bytes, piece);
}

static inline void
fixture_run_done(struct fixture_run *run)
{
    decoder_free(run->decoder);
    assembly_done(&run->out);
    buf_done(&run->text);
}

#endif
