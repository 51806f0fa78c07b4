/* Any bytes as a child's messages, fed whole and cut: the same frames, the same end; and what was
 * taken is written again to the same bytes. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "plugin/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1000 };

static int
read_all(struct str bytes, size_t piece, struct buf *out)
{
    AUTO(frames) struct frames f;
    struct err err = {0};
    int result = 0;
    frames_init(&f, BODY_MAX);
    for (size_t at = 0; at < bytes.len && result == 0; at += piece) {
        struct str part = str_sub(bytes, at, piece);
        AUTO(mem) char *copy = mem_str(part); /* dies at once: no view may outlive its feed */
        struct frame got;
        must(copy != NULL);
        must(frames_feed(&f, (struct str){copy, part.len}, &err) == 0);
        while ((result = frames_next(&f, &got, &err)) == FRAME_READY) {
            must(got.head.len >= 2 && got.body.len <= BODY_MAX);
            frame_add(out, got.head, got.body);
        }
        must(result == 0 || (result == ERR_INVALID && err.message[0] != '\0'));
    }
    return result;
}

static void
check(struct str bytes, size_t piece)
{
    AUTO(buf) struct buf whole;
    AUTO(buf) struct buf cut;
    buf_init(&whole, LIMIT_OUTPUT_BYTES);
    buf_init(&cut, LIMIT_OUTPUT_BYTES);
    must(read_all(bytes, bytes.len + 1, &whole) == read_all(bytes, piece, &cut));
    must(str_eq(buf_str(&whole), buf_str(&cut)));
    must(str_starts(bytes, buf_str(&whole)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    struct str text = {(const char *)data + 3, size - 3};
    size_t piece = 1 + (data[0] & 63);
    AUTO(buf) struct buf frames;
    /* As it stands, and behind a frame that is right. */
    check(text, piece);
    buf_init(&frames, LIMIT_OUTPUT_BYTES);
    frame_add(&frames, str_sub(text, 0, (size_t)data[1] + 2), str_sub(text, 1, data[2]));
    buf_add(&frames, text);
    check(buf_str(&frames), piece);
    return 0;
}
