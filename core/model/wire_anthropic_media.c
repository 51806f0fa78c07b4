#include "model/wire_anthropic_media.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

static void
begin_block(struct js_out *out, const char *type)
{
    js_begin_object(out);
    js_put_str(out, "type", str_c(type));
}

/* {"type":"base64","media_type":MEDIA,"data":BYTES} of a Converse source. */
static int
write_source(struct js_out *out, const char *what, const struct js *source, const char *media,
             struct err *err)
{
    struct str bytes = js_get_text(source, "bytes");
    if (bytes.len == 0) {
        return err_set(err, ERR_INVALID,
                       "%s without its bytes (it lies in S3, or is empty) cannot be sent to this "
                       "server",
                       what);
    }
    if (!base64_valid(bytes)) {
        return err_set(err, ERR_INVALID, "the bytes of %s are not base64", what);
    }
    js_key(out, STR("source"));
    begin_block(out, "base64");
    js_put_str(out, "media_type", str_c(media));
    js_put_str(out, "data", bytes);
    js_end_object(out);
    return 0;
}

int
anthropic_image_write(struct js_out *out, const struct js *image, struct err *err)
{
    static const char *const formats[] = {"png", "jpeg", "gif", "webp"};
    struct str format = js_get_text(image, "format");
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (str_eq_c(format, formats[i])) {
            char media[32];
            (void)snprintf(media, sizeof(media), "image/%s", formats[i]);
            js_put_str(out, "type", STR("image"));
            return write_source(out, "an image", js_get_c(image, "source"), media, err);
        }
    }
    return err_set(err, ERR_INVALID,
                   "an image of format '%" STR_FMT
                   "' cannot be sent to this server: png, jpeg, gif "
                   "and webp can",
                   STR_ARG(format));
}

static void
write_plain_source(struct js_out *out, struct str text)
{
    js_key(out, STR("source"));
    begin_block(out, "text");
    js_put_str(out, "media_type", STR("text/plain"));
    js_put_str(out, "data", text);
    js_end_object(out);
}

/* A document of words whose bytes are base64. */
static int
write_encoded_words(struct js_out *out, struct str bytes, struct err *err)
{
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_JSON_BYTES);
    if (bytes.len == 0 || !base64_decode(bytes, &text)) {
        return err_set(err, ERR_INVALID,
                       "a document without its bytes (it lies in S3, or is empty), or with bytes "
                       "that are not base64, cannot be sent to this server");
    }
    int result = buf_finish(&text, "document", err);
    if (result < 0) {
        return result;
    }
    if (!utf8_valid(buf_str(&text))) {
        return err_set(err, ERR_INVALID, "a document said to be text is not UTF-8");
    }
    write_plain_source(out, buf_str(&text));
    return 0;
}

/* source.content: a document in pieces. */
static void
write_pieces(struct js_out *out, const struct js *content)
{
    js_key(out, STR("source"));
    begin_block(out, "content");
    js_key(out, STR("content"));
    js_begin_array(out);
    for (size_t i = 0; i < js_count(content); i++) {
        begin_block(out, "text");
        js_put_str(out, "text", js_get_text(js_at(content, i), "text"));
        js_end_object(out);
    }
    js_end_array(out);
    js_end_object(out);
}

static int
write_document_source(struct js_out *out, const struct js *document, struct err *err)
{
    static const char *const words[] = {"txt", "md", "csv", "html"};
    const struct js *source = js_get_c(document, "source");
    struct str format = js_get_text(document, "format");
    if (js_get_text(source, "text").len) {
        write_plain_source(out, js_get_text(source, "text"));
        return 0;
    }
    if (js_count(js_get_c(source, "content"))) {
        write_pieces(out, js_get_c(source, "content"));
        return 0;
    }
    if (str_eq_c(format, "pdf")) {
        return write_source(out, "a document", source, "application/pdf", err);
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_c(format, words[i])) {
            return write_encoded_words(out, js_get_text(source, "bytes"), err);
        }
    }
    return err_set(err, ERR_INVALID,
                   "a document of format '%" STR_FMT "' cannot be sent to this server: pdf, txt, "
                   "md, csv and html can",
                   STR_ARG(format));
}

int
anthropic_document_write(struct js_out *out, const struct js *document, struct err *err)
{
    struct str title = js_get_text(document, "name");
    struct str context = js_get_text(document, "context");
    js_put_str(out, "type", STR("document"));
    int result = write_document_source(out, document, err);
    if (title.len) {
        js_put_str(out, "title", title);
    }
    if (context.len) {
        js_put_str(out, "context", context);
    }
    if (js_get_bool(js_get_c(document, "citations"), "enabled", false)) {
        js_put_raw(out, "citations", STR("{\"enabled\":true}"));
    }
    return result;
}
