/* attach: the images and documents that go with a customer's next message: files, or what lies in
 * S3 (s3://BUCKET/KEY), for a model whose server fetches it from there. */
#ifndef DESKHAND_ATTACH_H
#define DESKHAND_ATTACH_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/media.h"
#include "base/str.h"

struct args;

struct attachments {
    struct arena arena;
    struct block blocks[LIMIT_IMAGES + LIMIT_DOCUMENTS];
    size_t count;
};

/* --image and --document, for commands that take attach_args(). */
#define ATTACH_OPTIONS                                                                             \
    {"image", 0, "FILE", "send an image along, a file or s3://BUCKET/KEY; may be repeated"},       \
    {                                                                                              \
        "document", 0, "FILE", "the same for a document"                                           \
    }

/* One more. ERR_INVALID in words: no file, nothing that can be sent, too many. */
int attach_add(struct attachments *a, enum media_kind kind, struct str source,
               struct err *err) WARN_UNUSED;
/* All that ARGS name. */
int attach_args(struct attachments *a, const struct args *args, struct err *err) WARN_UNUSED;
/* None any more. */
void attach_clear(struct attachments *a);
AUTO_DEFINE_VALUE(attachments, struct attachments, attach_clear)

#endif
