#include "plugin/frame.h"

#include <stdint.h>
#include <string.h>

#include "base/limits.h"

/* What one feed may bring beyond an unfinished frame. */
enum { FEED_SLACK = 256 * 1024 };

void
frames_init(struct frames *f, size_t body_max)
{
    *f = (struct frames){.body_max = body_max};
    buf_init(&f->bytes, FRAME_LENGTHS + LIMIT_FRAME_HEAD_BYTES + body_max + FEED_SLACK);
}

void
frames_done(struct frames *f)
{
    buf_done(&f->bytes);
}

int
frames_feed(struct frames *f, struct str bytes, struct err *err)
{
    if (f->at > 0) {
        size_t rest = f->bytes.len - f->at;
        memmove(f->bytes.text, f->bytes.text + f->at, rest);
        buf_truncate(&f->bytes, rest);
        f->at = 0;
    }
    buf_add(&f->bytes, bytes);
    return buf_finish(&f->bytes, "frames", err);
}

static uint32_t
read_u32(const char *from)
{
    const unsigned char *b = (const unsigned char *)from;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

int
frames_next(struct frames *f, struct frame *ret, struct err *err)
{
    struct str rest = str_sub(buf_str(&f->bytes), f->at, SIZE_MAX);
    if (rest.len < FRAME_LENGTHS) {
        return FRAME_NONE;
    }
    size_t head = read_u32(rest.ptr);
    size_t body = read_u32(rest.ptr + 4);
    if (head < 2 || head > LIMIT_FRAME_HEAD_BYTES || body > f->body_max) {
        return err_set(err, ERR_INVALID, "it sent something else than messages");
    }
    if (rest.len - FRAME_LENGTHS < head + body) {
        return FRAME_NONE;
    }
    ret->head = str_sub(rest, FRAME_LENGTHS, head);
    ret->body = str_sub(rest, FRAME_LENGTHS + head, body);
    f->at += FRAME_LENGTHS + head + body;
    return FRAME_READY;
}

void
frame_lengths(struct str head, struct str body, unsigned char ret[FRAME_LENGTHS])
{
    for (unsigned i = 0; i < 4; i++) {
        ret[i] = (unsigned char)(head.len >> (8 * i) & 255);
        ret[4 + i] = (unsigned char)(body.len >> (8 * i) & 255);
    }
}

void
frame_add(struct buf *out, struct str head, struct str body)
{
    unsigned char lengths[FRAME_LENGTHS];
    frame_lengths(head, body, lengths);
    buf_add(out, (struct str){(const char *)lengths, FRAME_LENGTHS});
    buf_add(out, head);
    buf_add(out, body);
}
