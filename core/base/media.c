/* Blocks of images and documents: made, checked, told of. */
#include "base/media.h"

#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"

enum {
    /* What is decoded of an image to say how large it is: photographs carry some 100 KB before. */
    DESCRIBED_BYTES = 1024 * 1024,
    URI_MAX_BYTES = 1024 + 64, /* S3: a key has at most 1024 bytes, a bucket 63 */
};

static const char *
member_of(enum media_kind kind)
{
    return kind == MEDIA_IMAGE ? "image" : "document";
}

/* ---- Making ----------------------------------------------------------------------------------*/

/* The block of BYTES, or, where there is one, of URI. */
static int
make(enum media_kind kind, const char *format, struct str name, struct str bytes, struct str uri,
     struct arena *arena, struct block *ret, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_JSON_BYTES);
    AUTO(buf) struct buf base64;
    buf_init(&base64, LIMIT_JSON_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_key(&out, str_c(member_of(kind)));
    js_begin_object(&out);
    js_put_str(&out, "format", str_c(format));
    if (kind == MEDIA_DOCUMENT) {
        js_put_str(&out, "name", media_document_name(name, arena));
    }
    js_key(&out, STR("source"));
    js_begin_object(&out);
    if (uri.len) {
        js_key(&out, STR("s3Location"));
        js_begin_object(&out);
        js_put_str(&out, "uri", uri);
        js_end_object(&out);
    } else {
        base64_encode(bytes, &base64);
        js_put_str(&out, "bytes", buf_str(&base64));
    }
    js_end_object(&out);
    js_end_object(&out);
    js_end_object(&out);
    struct block made = {.kind = kind == MEDIA_IMAGE ? BLOCK_IMAGE : BLOCK_DOCUMENT,
                         .raw = buf_to_arena(&text, arena)};
    if (!made.raw.ptr || base64.failed || arena->starved) {
        return err_nomem(err);
    }
    *ret = made;
    return 0;
}

/* What BYTES are, and whether they may go. */
static int
look(enum media_kind kind, struct str name, struct str bytes, struct media *ret, struct err *err)
{
    size_t max = kind == MEDIA_IMAGE ? LIMIT_IMAGE_BYTES : LIMIT_DOCUMENT_BYTES;
    if (bytes.len > max) {
        return err_set(err, ERR_INVALID, "too large: %zu KB, of at most %zu for %s",
                       (bytes.len + 1023) / 1024, max / 1024,
                       kind == MEDIA_IMAGE ? "an image" : "a document");
    }
    int result =
        kind == MEDIA_IMAGE ? media_image(bytes, ret, err) : media_document(name, bytes, ret, err);
    if (result == 0 && (ret->width > LIMIT_IMAGE_PIXELS || ret->height > LIMIT_IMAGE_PIXELS)) {
        return err_set(err, ERR_INVALID, "too large: %ux%u pixels, of at most %dx%d", ret->width,
                       ret->height, LIMIT_IMAGE_PIXELS, LIMIT_IMAGE_PIXELS);
    }
    return result;
}

int
media_block(enum media_kind kind, struct str name, struct str bytes, struct arena *arena,
            struct block *ret, struct err *err)
{
    struct media m;
    int result = look(kind, name, bytes, &m, err);
    return result < 0 ? result : make(kind, m.format, name, bytes, STR(""), arena, ret, err);
}

static bool
is_image_format(const char *format)
{
    static const char *const images[] = {"png", "jpeg", "gif", "webp"};
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        if (strcmp(format, images[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* s3://BUCKET/KEY: a bucket of 3 to 63 small letters, digits, dots and hyphens, a key that is not
 * empty, and nothing that a terminal or a server would take for more than characters. */
static bool
is_s3_uri(struct str uri)
{
    struct str rest = str_sub(uri, 5, SIZE_MAX);
    struct str bucket;
    if (uri.len > URI_MAX_BYTES || !str_starts(uri, STR("s3://")) ||
        !str_split(&rest, '/', &bucket) || bucket.len < 3 || bucket.len > 63 || rest.len == 0) {
        return false;
    }
    for (size_t i = 0; i < bucket.len; i++) {
        char c = bucket.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')) {
            return false;
        }
    }
    for (size_t i = 0; i < rest.len; i++) {
        if ((uint8_t)rest.ptr[i] < 0x20 || rest.ptr[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

int
media_block_s3(enum media_kind kind, struct str uri, struct arena *arena, struct block *ret,
               struct err *err)
{
    const char *format = media_extension_format(uri);
    if (!is_s3_uri(uri)) {
        return err_set(err, ERR_INVALID, "no address in S3: write s3://BUCKET/KEY");
    }
    if (!format || is_image_format(format) != (kind == MEDIA_IMAGE)) {
        return err_set(err, ERR_INVALID, "its name must say which kind of %s it is, as in %s",
                       member_of(kind), kind == MEDIA_IMAGE ? ".png" : ".pdf");
    }
    return make(kind, format, uri, STR(""), uri, arena, ret, err);
}

/* ---- Checking --------------------------------------------------------------------------------*/

/* Of a source that lies in S3 only the words can be checked. */
static int
check_s3(enum media_kind kind, const struct js *media, struct str uri, struct err *err)
{
    struct str format = js_get_text(media, "format");
    const char *known = media_extension_format(uri);
    if (!is_s3_uri(uri)) {
        return err_set(err, ERR_INVALID, "no address in S3: s3://BUCKET/KEY");
    }
    if (!known || !str_eq_c(format, known) || is_image_format(known) != (kind == MEDIA_IMAGE)) {
        return err_set(err, ERR_INVALID, "its address does not end as its format does");
    }
    return 0;
}

static int
check_bytes(enum media_kind kind, const struct js *media, struct str base64, size_t *total,
            struct err *err)
{
    struct media m;
    struct str format = js_get_text(media, "format");
    AUTO(buf) struct buf name = {0};
    AUTO(buf) struct buf bytes = {0};
    buf_init(&name, LIMIT_MESSAGE_BYTES);
    buf_init(&bytes, LIMIT_MEDIA_BYTES);
    /* A text is what the block says it is: there is no file any more. */
    buf_printf(&name, "x.%" STR_FMT, STR_ARG(str_sub(format, 0, 20)));
    if (!base64_decode(base64, &bytes)) {
        return err_set(err, ERR_INVALID, "its bytes are not base64");
    }
    int result = buf_finish(&bytes, member_of(kind), err);
    if (result == 0) {
        result = look(kind, buf_str(&name), buf_str(&bytes), &m, err);
    }
    if (result == 0 && !str_eq_c(format, m.format)) {
        return err_set(err, ERR_INVALID, "it is said to be %" STR_FMT " and is %s",
                       STR_ARG(str_sub(format, 0, 20)), m.format);
    }
    *total += bytes.len;
    return result;
}

static int
check_block(const struct block *b, size_t *total, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    enum media_kind kind = b->kind == BLOCK_IMAGE ? MEDIA_IMAGE : MEDIA_DOCUMENT;
    int result = js_parse_object(b->raw, "block", &arena, &root, err);
    if (result < 0) {
        return result;
    }
    const struct js *media = js_get_c(root, member_of(kind));
    const struct js *source = js_get_c(media, "source");
    struct str name = js_get_text(media, "name");
    struct str uri = js_get_text(js_get_c(source, "s3Location"), "uri");
    struct str bytes = js_get_text(source, "bytes");
    if (kind == MEDIA_DOCUMENT && !str_eq(name, media_document_name(name, &arena))) {
        return arena.starved ? err_nomem(err)
                             : err_set(err, ERR_INVALID,
                                       "its name is not 1 to 200 of letters, digits, single "
                                       "spaces and -()[]");
    }
    if ((uri.len > 0) == (bytes.len > 0)) {
        return err_set(err, ERR_INVALID, "its source must have either bytes or an s3Location");
    }
    return uri.len ? check_s3(kind, media, uri, err) : check_bytes(kind, media, bytes, total, err);
}

int
media_check(const struct block *blocks, size_t count, bool words, struct err *err)
{
    size_t images = 0;
    size_t documents = 0;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].kind != BLOCK_IMAGE && blocks[i].kind != BLOCK_DOCUMENT) {
            return err_set(err, ERR_INVALID, "attachment %zu is neither an image nor a document",
                           i + 1);
        }
        images += blocks[i].kind == BLOCK_IMAGE;
        documents += blocks[i].kind == BLOCK_DOCUMENT;
    }
    if (images > LIMIT_IMAGES || documents > LIMIT_DOCUMENTS) {
        return err_set(err, ERR_INVALID,
                       "%zu images and %zu documents are too many: at most %d and %d", images,
                       documents, LIMIT_IMAGES, LIMIT_DOCUMENTS);
    }
    if (documents > 0 && !words) {
        return err_set(err, ERR_INVALID, "a document needs words with it: say what to do with it");
    }
    for (size_t i = 0; i < count; i++) {
        int result = check_block(&blocks[i], &total, err);
        if (result < 0) {
            return err_wrap(err, "attachment %zu", i + 1);
        }
    }
    if (total > LIMIT_MEDIA_BYTES) {
        return err_set(err, ERR_INVALID, "attachments of %zu KB are too large: at most %d together",
                       total / 1024, LIMIT_MEDIA_BYTES / 1024);
    }
    return 0;
}

/* ---- Telling ---------------------------------------------------------------------------------*/

static void
add_dimensions(struct buf *out, struct str base64)
{
    struct media m;
    struct err ignored = {0};
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, DESCRIBED_BYTES);
    if (base64_decode(str_sub(base64, 0, DESCRIBED_BYTES / 3 * 4), &bytes) &&
        media_image(buf_str(&bytes), &m, &ignored) == 0) {
        buf_printf(out, ", %ux%u", m.width, m.height);
    }
}

static void
add_size(struct buf *out, struct str base64)
{
    size_t bytes = base64.len / 4 * 3;
    if (bytes < 1024) {
        buf_printf(out, ", %zu bytes", bytes);
    } else {
        buf_printf(out, ", %zu KB", (bytes + 512) / 1024);
    }
}

/* A word from outside: one line, not long. */
static void
add_word(struct buf *out, struct str word)
{
    word = str_sub(word, 0, 100);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        buf_add_char(out,
                     (uint8_t)c < 0x20 || (uint8_t)c >= 0x7F || c == '[' || c == ']' ? ' ' : c);
    }
}

struct str
media_describe(const struct block *b, struct arena *arena)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(buf) struct buf out;
    struct js *root = NULL;
    struct err ignored = {0};
    buf_init(&out, LIMIT_MESSAGE_BYTES);
    if (js_parse(b->raw, &scratch, &root, &ignored) == ERR_NOMEM) {
        return (struct str){0};
    }
    enum media_kind kind = b->kind == BLOCK_IMAGE ? MEDIA_IMAGE : MEDIA_DOCUMENT;
    const struct js *media = js_get_c(root, member_of(kind));
    const struct js *source = js_get_c(media, "source");
    struct str bytes = js_get_text(source, "bytes");
    struct str uri = js_get_text(js_get_c(source, "s3Location"), "uri");
    struct str name = js_get_text(media, "name");
    buf_printf(&out, "[%s, ", member_of(kind));
    add_word(&out, js_get_text(media, "format"));
    if (kind == MEDIA_IMAGE) {
        add_dimensions(&out, bytes);
    }
    buf_add_c(&out, name.len ? ", " : "");
    add_word(&out, name);
    buf_add_c(&out, uri.len ? ", " : "");
    add_word(&out, uri);
    if (bytes.len) {
        add_size(&out, bytes);
    }
    buf_add_char(&out, ']');
    return buf_to_arena(&out, arena);
}

static bool
is_media(const struct block *b)
{
    return b->kind == BLOCK_IMAGE || b->kind == BLOCK_DOCUMENT;
}

struct str
media_text(const struct message *m, struct arena *arena)
{
    if (!message_has(m, BLOCK_IMAGE) && !message_has(m, BLOCK_DOCUMENT)) {
        return message_text(m, arena);
    }
    AUTO(buf) struct buf out;
    buf_init(&out, LIMIT_JSON_BYTES);
    for (size_t i = 0; i < m->count; i++) {
        const struct block *b = &m->blocks[i];
        if (b->kind == BLOCK_TEXT || is_media(b)) {
            buf_add_c(&out, out.len ? "\n" : "");
            buf_add(&out, is_media(b) ? media_describe(b, arena) : b->text);
        }
    }
    return buf_to_arena(&out, arena);
}

int
media_outline(struct str content, struct arena *arena, struct str *ret, struct err *err)
{
    struct block *blocks = NULL;
    size_t count = 0;
    if (str_find(content, STR("\"image\""), 0) == SIZE_MAX &&
        str_find(content, STR("\"document\""), 0) == SIZE_MAX) {
        *ret = content;
        return 0;
    }
    int result = message_parse_content(content, arena, &blocks, &count, err);
    if (result < 0) {
        return result;
    }
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        if (is_media(&blocks[i])) {
            struct str line = media_describe(&blocks[i], arena);
            changed = true;
            if (!line.ptr || !block_text(arena, line, &blocks[i])) {
                return err_nomem(err);
            }
        }
    }
    struct str made = changed ? message_content_json(blocks, count, arena) : content;
    if (!made.ptr) {
        return err_nomem(err);
    }
    *ret = made;
    return 0;
}
