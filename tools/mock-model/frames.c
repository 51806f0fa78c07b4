#include "frames.h"

#include <string.h>

enum { PRELUDE = 12, TYPE_STRING = 7 };

uint32_t
frames_crc(uint32_t crc, struct str s)
{
    /* A byte is two halves whose look-ups do not wait for each other: 32 words do what 256 do. */
    static const uint32_t low[16] = {
        0x00000000, 0x77073096, 0xee0e612c, 0x990951ba, 0x076dc419, 0x706af48f,
        0xe963a535, 0x9e6495a3, 0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988,
        0x09b64c2b, 0x7eb17cbd, 0xe7b82d07, 0x90bf1d91,
    };
    static const uint32_t high[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.ptr[i];
        crc = low[crc & 15] ^ high[crc >> 4 & 15] ^ (crc >> 8);
    }
    return ~crc;
}

static void
store32(char *at, size_t value)
{
    at[0] = (char)(value >> 24 & 255);
    at[1] = (char)(value >> 16 & 255);
    at[2] = (char)(value >> 8 & 255);
    at[3] = (char)(value & 255);
}

static void
add_header(struct buf *out, struct str name, struct str value)
{
    buf_add_char(out, (char)name.len);
    buf_add(out, name);
    buf_add_char(out, TYPE_STRING);
    buf_add_char(out, (char)(value.len >> 8));
    buf_add_char(out, (char)(value.len & 255));
    buf_add(out, value);
}

static size_t
begin(struct buf *out, struct str header, const char *type, struct str message_type)
{
    size_t start = out->len;
    buf_add(out, (struct str){"\0\0\0\0\0\0\0\0\0\0\0", PRELUDE});
    add_header(out, header, str_c(type));
    add_header(out, STR(":content-type"), STR("application/json"));
    add_header(out, STR(":message-type"), message_type);
    if (!out->failed) {
        store32(out->text + start + 4, out->len - start - PRELUDE);
    }
    return start;
}

size_t
frames_begin_event(struct buf *out, const char *type)
{
    return begin(out, STR(":event-type"), type, STR("event"));
}

size_t
frames_begin_exception(struct buf *out, const char *type)
{
    return begin(out, STR(":exception-type"), type, STR("exception"));
}

void
frames_end(struct buf *out, size_t start)
{
    buf_add(out, (struct str){"\0\0\0", 4});
    if (out->failed) {
        return;
    }
    char *frame = out->text + start;
    size_t length = out->len - start;
    store32(frame, length);
    store32(frame + 8, frames_crc(0, (struct str){frame, 8}));
    store32(frame + length - 4, frames_crc(0, (struct str){frame, length - 4}));
}

void
frames_end_padded(struct buf *out, size_t start)
{
    static const char padding[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    buf_add_c(out, ",\"p\":\"");
    buf_add(out, (struct str){padding, out->len % (sizeof(padding) - 1)});
    buf_add_c(out, "\"}");
    frames_end(out, start);
}

void
frames_throttled(struct buf *out)
{
    size_t start = frames_begin_exception(out, "throttlingException");
    buf_add_c(out, "{\"message\":\"Too many tokens, please wait before trying again.\"}");
    frames_end(out, start);
}

void
frames_base64(struct buf *out, struct str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.len; i += 3) {
        unsigned char in[3] = {0};
        size_t count = s.len - i < 3 ? s.len - i : 3;
        memcpy(in, s.ptr + i, count);
        char quad[4] = {digits[in[0] >> 2], digits[(in[0] & 3) << 4 | in[1] >> 4],
                        digits[(in[1] & 15) << 2 | in[2] >> 6], digits[in[2] & 63]};
        memset(quad + count + 1, '=', 3 - count);
        buf_add(out, (struct str){quad, 4});
    }
}
