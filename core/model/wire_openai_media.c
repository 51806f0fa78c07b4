#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/wire_openai.h"

/* What a block holds that is no text of its own: images, documents, tools' results. */

static const struct {
    const char *format;
    const char *mime;
} image_formats[] = {
    {"png", "image/png"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
};

static const char *const text_formats[] = {"txt", "md", "csv", "html"};

static int
read_image(const struct js *image, struct arena *arena, struct openai_media *ret, struct err *err)
{
    struct str format = js_get_text(image, "format");
    struct str bytes = js_get_text(js_get_c(image, "source"), "bytes");
    const char *mime = NULL;
    for (size_t i = 0; i < sizeof(image_formats) / sizeof(image_formats[0]); i++) {
        if (str_eq_c(format, image_formats[i].format)) {
            mime = image_formats[i].mime;
        }
    }
    if (!mime) {
        return err_set(
            err, ERR_INVALID,
            "an image of the format '%" STR_FMT
            "' cannot be sent to an OpenAI-compatible server: png, jpeg, gif and webp can",
            STR_ARG(str_sub(format, 0, 20)));
    }
    if (bytes.len == 0 || !base64_valid(bytes)) {
        return err_set(err, ERR_INVALID,
                       "an image must be in the message itself, as base64, to be "
                       "sent to an OpenAI-compatible server");
    }
    /* Not printed: pictures have megabytes. */
    AUTO(buf) struct buf uri = {0};
    buf_init(&uri, LIMIT_JSON_BYTES);
    buf_printf(&uri, "data:%s;base64,", mime);
    buf_add(&uri, bytes);
    ret->is_image = true;
    ret->uri = buf_to_arena(&uri, arena);
    return ret->uri.ptr ? 0 : err_nomem(err);
}

/* The document's text: {"bytes"}, {"text"} or {"content":[{"text"}..]}. */
static bool
document_text(const struct js *source, struct buf *out)
{
    struct str bytes = js_get_text(source, "bytes");
    const struct js *content = js_get_c(source, "content");
    if (bytes.len) {
        return base64_decode(bytes, out);
    }
    size_t before = out->len;
    buf_add(out, js_get_text(source, "text"));
    for (size_t i = 0; i < js_count(content); i++) {
        buf_add(out, js_get_text(js_at(content, i), "text"));
    }
    return out->len > before || out->failed;
}

static int
read_document(const struct js *document, struct arena *arena, struct openai_media *ret,
              struct err *err)
{
    struct str format = js_get_text(document, "format");
    struct str name = js_get_text(document, "name");
    bool is_text = false;
    for (size_t i = 0; i < sizeof(text_formats) / sizeof(text_formats[0]); i++) {
        is_text = is_text || str_eq_c(format, text_formats[i]);
    }
    if (!is_text) {
        return err_set(err, ERR_INVALID,
                       "a document of the format '%" STR_FMT
                       "' cannot be sent to an OpenAI-compatible server: only texts can (txt, md, "
                       "csv, html)",
                       STR_ARG(str_sub(format, 0, 20)));
    }
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_JSON_BYTES);
    buf_printf(&text, "[document %" STR_FMT ".%" STR_FMT "]\n", STR_ARG(name), STR_ARG(format));
    if (!document_text(js_get_c(document, "source"), &text)) {
        return err_set(err, ERR_INVALID,
                       "a document must be in the message itself to be sent to "
                       "an OpenAI-compatible server");
    }
    buf_add_c(&text, "\n[end of the document]");
    ret->text = buf_to_arena(&text, arena);
    return ret->text.ptr ? 0 : err_nomem(err);
}

int
openai_media(const struct block *b, struct arena *arena, struct openai_media *ret, struct err *err)
{
    struct js *block;
    int result = js_parse_object(b->raw, "a message's block", arena, &block, err);
    if (result < 0) {
        return result;
    }
    *ret = (struct openai_media){0};
    return b->kind == BLOCK_IMAGE ? read_image(js_get_c(block, "image"), arena, ret, err)
                                  : read_document(js_get_c(block, "document"), arena, ret, err);
}

static void
add_result_item(const struct js *item, struct arena *arena, struct buf *out)
{
    const struct js *json = js_get_c(item, "json");
    if (js_has(item, STR("json"))) {
        struct str text = json ? js_to_arena(json, arena) : STR("null");
        buf_add(out, text);
    } else if (js_get_c(item, "text")) {
        buf_add(out, js_get_text(item, "text"));
    } else {
        buf_add_c(out, "[something that is no text]");
    }
}

struct str
openai_result_text(const struct block *b, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    struct js *content = NULL;
    struct err ignored;
    buf_init(&out, LIMIT_JSON_BYTES);
    if (b->json.len > 0 && js_parse(b->json, arena, &content, &ignored) < 0) {
        return (struct str){0};
    }
    buf_add_c(&out, b->error ? "error: " : "");
    for (size_t i = 0; i < js_count(content); i++) {
        buf_add_c(&out, i > 0 ? "\n" : "");
        add_result_item(js_at(content, i), arena, &out);
    }
    struct str text = buf_to_arena(&out, arena);
    return arena->starved ? (struct str){0} : text;
}
