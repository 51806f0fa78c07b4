/* media: images and documents of a message, looked at before anybody else does.
 *
 * Files come from customers. What a file is, its bytes say, never its name alone: an image by its
 * signature and header, which must give its dimensions; a PDF, Word or Excel file by its signature
 * and, where several kinds share that, its table of contents; a text by its name's extension and
 * by being UTF-8 from end to end. A file that is two things at once is what it begins with, or
 * nothing. Nothing is decoded: whether the pixels make a picture is the model's server's business.
 *
 * In a message they are blocks in Converse's shape (message.h):
 *   {"image":{"format":"png","source":{"bytes":"BASE64"}}}
 *   {"document":{"format":"pdf","name":"...","source":{"bytes":"BASE64"}}}
 * or with "source":{"s3Location":{"uri":"s3://BUCKET/KEY"}} for a server that fetches it itself,
 * of which nothing is known here but the extension.
 *
 * The record keeps them whole. Whoever shows or writes out a message shows the line of
 * media_describe() instead. Pure, [any]. */
#ifndef BASE_MEDIA_H
#define BASE_MEDIA_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

enum media_kind { MEDIA_IMAGE, MEDIA_DOCUMENT };

struct media {
    const char *format; /* as Converse names it: "png", "docx"; static */
    uint32_t width;     /* images; 0: not known */
    uint32_t height;
};

/* What image BYTES are, by their beginning: the rest may be missing. ERR_INVALID: none of png,
 * jpeg, gif, webp, or a header that is cut or says nonsense. */
int media_image(struct str bytes, struct media *ret, struct err *err) WARN_UNUSED;
/* What document BYTES of the file NAME are. ERR_INVALID. */
int media_document(struct str name, struct str bytes, struct media *ret,
                   struct err *err) WARN_UNUSED;

/* The file NAME with BYTES as a block in ARENA, checked: its kind, LIMIT_IMAGE_BYTES and
 * LIMIT_IMAGE_PIXELS, or LIMIT_DOCUMENT_BYTES. ERR_INVALID in words that go behind the file's name;
 * ERR_NOMEM. */
int media_block(enum media_kind kind, struct str name, struct str bytes, struct arena *arena,
                struct block *ret, struct err *err) WARN_UNUSED;
/* The same of URI, s3://BUCKET/KEY, whose extension names the format. */
int media_block_s3(enum media_kind kind, struct str uri, struct arena *arena, struct block *ret,
                   struct err *err) WARN_UNUSED;

/* May these COUNT blocks, made by whomever, go with one message of a customer? Each is one of the
 * shapes above and what it says it is; at most LIMIT_IMAGES and LIMIT_DOCUMENTS of them and
 * LIMIT_MEDIA_BYTES together; where there is a document there must be WORDS. ERR_INVALID. */
int media_check(const struct block *blocks, size_t count, bool words, struct err *err) WARN_UNUSED;

/* "[image, png, 640x480, 12 KB]", "[document, pdf, invoice 12, 90 KB]" in ARENA; ptr NULL when
 * memory ran out. */
struct str media_describe(const struct block *b, struct arena *arena);
/* message_text() with those lines among the texts: what a person reads. */
struct str media_text(const struct message *m, struct arena *arena);
/* A content array's JSON with each such block become a text of its line; CONTENT itself where it
 * has none. ERR_INVALID, ERR_NOMEM. */
int media_outline(struct str content, struct arena *arena, struct str *ret,
                  struct err *err) WARN_UNUSED;

/* The format that NAME's extension stands for, static; NULL: none of ours. */
const char *media_extension_format(struct str name);
/* NAME, a file's, as a document may be called: without folders and extension, 1 to 200 of letters,
 * digits, single spaces, -()[]; "document" where nothing is left. */
struct str media_document_name(struct str name, struct arena *arena);

#endif
