/* Headers of images, as far as width and height. Every offset is checked before it is read. */
#include <string.h>

#include "base/media.h"

static uint32_t
byte_at(struct str s, size_t at)
{
    return (uint8_t)s.ptr[at];
}

static uint32_t
big16(struct str s, size_t at)
{
    return byte_at(s, at) << 8 | byte_at(s, at + 1);
}

static uint32_t
big32(struct str s, size_t at)
{
    return big16(s, at) << 16 | big16(s, at + 2);
}

static uint32_t
little16(struct str s, size_t at)
{
    return byte_at(s, at) | byte_at(s, at + 1) << 8;
}

static uint32_t
little24(struct str s, size_t at)
{
    return little16(s, at) | byte_at(s, at + 2) << 16;
}

static uint32_t
little32(struct str s, size_t at)
{
    return little16(s, at) | little16(s, at + 2) << 16;
}

/* Each reader gets bytes that begin with its signature; false: cut, or nonsense. */

static bool
read_png(struct str s, struct media *m)
{
    if (s.len < 24 || big32(s, 8) != 13 || memcmp(s.ptr + 12, "IHDR", 4) != 0) {
        return false;
    }
    m->width = big32(s, 16);
    m->height = big32(s, 20);
    return true;
}

static bool
read_gif(struct str s, struct media *m)
{
    if (s.len < 10) {
        return false;
    }
    m->width = little16(s, 6);
    m->height = little16(s, 8);
    return true;
}

/* A frame's header: SOF0 to SOF15 without the three markers among them that are something else. */
static bool
is_frame(uint32_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Segments up to the frame's header; it must come before the picture (SOS) and the end. */
static bool
read_jpeg(struct str s, struct media *m)
{
    for (size_t at = 2; at + 4 <= s.len;) {
        if (byte_at(s, at) != 0xFF) {
            return false;
        }
        uint32_t marker = byte_at(s, at + 1);
        if (marker == 0xFF) {
            at++; /* fill */
            continue;
        }
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xDA)) {
            return false;
        }
        uint32_t size = big16(s, at + 2);
        if (is_frame(marker)) {
            if (size < 8 || at + 9 > s.len) {
                return false;
            }
            m->height = big16(s, at + 5);
            m->width = big16(s, at + 7);
            return true;
        }
        if (size < 2) {
            return false;
        }
        at += 2 + size;
    }
    return false;
}

static bool
read_webp(struct str s, struct media *m)
{
    if (s.len < 30 || little32(s, 4) < 22 || memcmp(s.ptr + 8, "WEBP", 4) != 0) {
        return false;
    }
    const char *chunk = s.ptr + 12;
    if (memcmp(chunk, "VP8X", 4) == 0) {
        m->width = little24(s, 24) + 1;
        m->height = little24(s, 27) + 1;
        return true;
    }
    if (memcmp(chunk, "VP8L", 4) == 0 && byte_at(s, 20) == 0x2F) {
        uint32_t bits = little32(s, 21);
        m->width = (bits & 0x3FFF) + 1;
        m->height = (bits >> 14 & 0x3FFF) + 1;
        return true;
    }
    if (memcmp(chunk, "VP8 ", 4) == 0 && memcmp(s.ptr + 23, "\x9D\x01\x2A", 3) == 0) {
        m->width = little16(s, 26) & 0x3FFF;
        m->height = little16(s, 28) & 0x3FFF;
        return true;
    }
    return false;
}

int
media_image(struct str bytes, struct media *ret, struct err *err)
{
    static const struct {
        struct str signature;
        const char *format;
        bool (*read)(struct str s, struct media *m);
    } kinds[] = {
        {STR_INIT("\x89PNG\r\n\x1A\n"), "png", read_png},
        {STR_INIT("\xFF\xD8\xFF"), "jpeg", read_jpeg},
        {STR_INIT("GIF87a"), "gif", read_gif},
        {STR_INIT("GIF89a"), "gif", read_gif},
        {STR_INIT("RIFF"), "webp", read_webp},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct media m = {.format = kinds[i].format};
        if (!str_starts(bytes, kinds[i].signature)) {
            continue;
        }
        if (!kinds[i].read(bytes, &m) || m.width == 0 || m.height == 0) {
            return err_set(err, ERR_INVALID, "a damaged image: its %s header is cut or wrong",
                           m.format);
        }
        *ret = m;
        return 0;
    }
    return err_set(err, ERR_INVALID, "no image: png, jpeg, gif and webp can be sent");
}
