#include "memory/preview.h"

#include "base/buf.h"
#include "base/fence.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/message.h"
#include "base/utf8.h"

enum {
    /* What stands around a piece: the preview's words, or read_result's other members. */
    AROUND = 512,
    PIECE_LEAST = 64,
    FENCE = 768, /* around a piece of text from outside: its words, and as JSON */
};

/* Most results are one object, written by tool_result_content(): it is there as it stands. */
static bool
one_object(struct str content, struct str *ret)
{
    struct str open = STR("[{\"json\":");
    struct str close = STR("}]");
    if (!str_starts(content, open) || !str_ends(content, close)) {
        return false;
    }
    *ret = str_sub(content, open.len, content.len - open.len - close.len);
    return true;
}

int
preview_text(struct str content, struct arena *a, struct str *ret, struct err *err)
{
    struct js *array = NULL;
    if (one_object(content, ret)) {
        return 0;
    }
    int result = js_parse(content, a, &array, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    const struct js *item = result == 0 && js_count(array) == 1 ? js_at(array, 0) : NULL;
    const struct js *text = js_get_c(item, "text");
    *ret = js_type(text) == JS_STRING ? js_text(text) : content;
    return 0;
}

/* How many bytes of JSON the character of LENGTH bytes at P takes (base/json.h). */
static size_t
written_size(const char *p, size_t length)
{
    unsigned char c = (unsigned char)p[0];
    bool c1 = length == 2 && c == 0xC2 && (unsigned char)p[1] < 0xA0;
    if (c1 || c == 0x7F) {
        return 6;
    }
    if (c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r') {
        return 2;
    }
    return c < 0x20 ? 6 : length;
}

struct str
preview_piece(struct str text, size_t from, size_t bytes)
{
    size_t room = bytes > AROUND + PIECE_LEAST ? bytes - AROUND : PIECE_LEAST;
    size_t start = from < text.len ? from : text.len;
    while (start > 0 && start < text.len && ((unsigned char)text.ptr[start] & 0xC0) == 0x80) {
        start--;
    }
    size_t end = start;
    while (end < text.len) {
        size_t length = utf8_char_length(text.ptr + end, text.len - end);
        /* An invalid byte is written as U+FFFD. */
        size_t size = length ? written_size(text.ptr + end, length) : 3;
        if (size > room && end > start) {
            break;
        }
        room -= size < room ? size : room;
        end += length ? length : 1;
    }
    return str_sub(text, start, end - start);
}

size_t
preview_fenced_bytes(size_t bytes)
{
    return bytes > FENCE ? bytes - FENCE : 0;
}

static int
preview_block(struct block *b, size_t bytes, struct arena *a, struct err *err)
{
    AUTO(buf) struct buf content;
    struct js_out out;
    struct str text;
    struct str what;
    int result = preview_text(b->json, a, &text, err);
    if (result < 0) {
        return result;
    }
    bool outside = fence_open(text, &what, &text);
    struct str piece = preview_piece(text, 0, outside ? preview_fenced_bytes(bytes) : bytes);
    size_t end = piece.len;
    if (outside) {
        piece = fence_around(what, piece, piece.len, a);
    }
    struct str words = arena_printf(
        a,
        "[Only the beginning of this result follows: %zu of %zu bytes. To read on, call "
        "%" STR_FMT " with {\"call\": \"%" STR_FMT "\", \"from\": %zu}.]",
        end, text.len, STR_ARG(RESULT_TOOL), STR_ARG(b->tool_use_id), end);
    buf_init(&content, LIMIT_JSON_BYTES);
    js_out_init(&out, &content);
    js_begin_array(&out);
    js_begin_object(&out);
    js_put_str(&out, "text", words);
    js_end_object(&out);
    js_begin_object(&out);
    js_put_str(&out, "text", piece);
    js_end_object(&out);
    js_end_array(&out);
    struct str id = b->tool_use_id;
    bool fine = words.ptr && piece.ptr && buf_finish(&content, "preview", err) == 0 &&
                block_tool_result(a, id, buf_str(&content), b->error, b);
    return fine ? 0 : err_nomem(err);
}

int
preview_results(struct message *m, size_t bytes, struct arena *a, size_t *count, struct err *err)
{
    for (size_t i = 0; bytes > 0 && i < m->count; i++) {
        struct block *b = &m->blocks[i];
        if (b->kind != BLOCK_TOOL_RESULT || b->json.len <= bytes) {
            continue;
        }
        int result = preview_block(b, bytes, a, err);
        if (result < 0) {
            return result;
        }
        (*count)++;
    }
    return 0;
}
