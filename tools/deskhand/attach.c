#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"

static int
read_file(struct str path, struct arena *arena, struct buf *out, struct err *err)
{
    char piece[16384];
    size_t got;
    struct str name = arena_str(arena, path);
    FILE *file = name.ptr ? fopen(name.ptr, "rbe") : NULL;
    if (!file) {
        return name.ptr ? err_set_errno(err, errno, "%s", name.ptr) : err_nomem(err);
    }
    while (!out->failed && (got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_add(out, (struct str){piece, got});
    }
    int result = ferror(file) ? err_set_errno(err, errno, "%s", name.ptr) : 0;
    (void)fclose(file);
    if (result == 0 && out->failed == ERR_LIMIT) {
        result = err_set(err, ERR_INVALID, "%s: too large: at most %zu KB can be sent", name.ptr,
                         out->max / 1024);
    }
    return result < 0 ? result : buf_finish(out, name.ptr, err);
}

int
attach_add(struct attachments *a, enum media_kind kind, struct str source, struct err *err)
{
    struct block b;
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, kind == MEDIA_IMAGE ? LIMIT_IMAGE_BYTES : LIMIT_DOCUMENT_BYTES);
    if (a->count == sizeof(a->blocks) / sizeof(a->blocks[0])) {
        return err_set(err, ERR_INVALID, "%" STR_FMT ": no more files can go with one message",
                       STR_ARG(source));
    }
    int result = 0;
    if (str_starts(source, STR("s3://"))) {
        result = media_block_s3(kind, source, &a->arena, &b, err);
    } else {
        result = read_file(source, &a->arena, &bytes, err);
        if (result < 0) {
            return result;
        }
        result = media_block(kind, source, buf_str(&bytes), &a->arena, &b, err);
    }
    if (result < 0) {
        return err_wrap(err, "%" STR_FMT, STR_ARG(source));
    }
    a->blocks[a->count++] = b;
    return 0;
}

int
attach_args(struct attachments *a, const struct args *args, struct err *err)
{
    int result = 0;
    struct str source;
    for (size_t i = 0; result == 0 && args_repeated(args, "image", i, &source); i++) {
        result = attach_add(a, MEDIA_IMAGE, source, err);
    }
    for (size_t i = 0; result == 0 && args_repeated(args, "document", i, &source); i++) {
        result = attach_add(a, MEDIA_DOCUMENT, source, err);
    }
    return result;
}

void
attach_clear(struct attachments *a)
{
    arena_done(&a->arena);
    memset(a, 0, sizeof(*a));
}
