#include "model/aws_eventstream.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "model/crc32.h"

enum { PRELUDE = 12, TRAILER = 4, FRAME_MIN = PRELUDE + TRAILER, VALUE_MAX = 32767 };

/* Bytes of a value; -1: two bytes in front of it say how many. */
static const int value_sizes[EVENTSTREAM_TYPE_COUNT] = {
    [EVENTSTREAM_TRUE] = 0,   [EVENTSTREAM_FALSE] = 0,   [EVENTSTREAM_INT8] = 1,
    [EVENTSTREAM_INT16] = 2,  [EVENTSTREAM_INT32] = 4,   [EVENTSTREAM_INT64] = 8,
    [EVENTSTREAM_BYTES] = -1, [EVENTSTREAM_STRING] = -1, [EVENTSTREAM_TIMESTAMP] = 8,
    [EVENTSTREAM_UUID] = 16,
};

static bool
is_number(enum eventstream_type type)
{
    return type != EVENTSTREAM_UUID && value_sizes[type] > 0;
}

/* Big-endian, unsigned. */
static uint64_t
load(const char *p, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | (unsigned char)p[i];
    }
    return value;
}

static int64_t
load_signed(const char *p, size_t size)
{
    unsigned unused = 64 - 8 * (unsigned)size;
    return (int64_t)(load(p, size) << unused) >> unused;
}

/* ---- reading ---- */

void
eventstream_init(struct eventstream *es)
{
    *es = (struct eventstream){0};
    buf_init(&es->frame, LIMIT_EVENTSTREAM_FRAME);
}

void
eventstream_done(struct eventstream *es)
{
    buf_done(&es->frame);
}

bool
eventstream_unfinished(const struct eventstream *es)
{
    return es->frame.len > 0;
}

/* Cut LEN bytes off REST. */
static bool
cut(struct str *rest, size_t len, struct str *ret)
{
    if (len > rest->len) {
        return false;
    }
    *ret = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len, SIZE_MAX);
    return true;
}

/* Cut a length of SIZE bytes and what it counts. */
static bool
cut_counted(struct str *rest, size_t size, struct str *ret)
{
    struct str length;
    return cut(rest, size, &length) && cut(rest, load(length.ptr, size), ret);
}

bool
eventstream_next(struct str *rest, struct eventstream_header *ret)
{
    struct str left = *rest;
    struct str type;
    struct eventstream_header h = {0};
    if (!cut_counted(&left, 1, &h.name) || h.name.len == 0 || !cut(&left, 1, &type) ||
        (unsigned char)type.ptr[0] >= EVENTSTREAM_TYPE_COUNT) {
        return false;
    }
    h.type = (enum eventstream_type)type.ptr[0];
    int size = value_sizes[h.type];
    bool whole = size < 0 ? cut_counted(&left, 2, &h.bytes) && h.bytes.len <= VALUE_MAX
                          : cut(&left, (size_t)size, &h.bytes);
    if (!whole) {
        return false;
    }
    if (size >= 0 && h.type != EVENTSTREAM_UUID) {
        h.number =
            is_number(h.type) ? load_signed(h.bytes.ptr, h.bytes.len) : h.type == EVENTSTREAM_TRUE;
        h.bytes = (struct str){0};
    }
    *rest = left;
    *ret = h;
    return true;
}

struct str
eventstream_text(const struct eventstream_message *m, const char *name)
{
    struct eventstream_header h;
    for (struct str rest = m->headers; eventstream_next(&rest, &h);) {
        if (str_eq_c(h.name, name)) {
            return h.type == EVENTSTREAM_STRING ? h.bytes : (struct str){0};
        }
    }
    return (struct str){0};
}

static int
check_headers(struct str headers, struct err *err)
{
    struct str names[LIMIT_EVENTSTREAM_HEADERS];
    struct eventstream_header h;
    size_t count = 0;
    while (headers.len > 0) {
        if (!eventstream_next(&headers, &h)) {
            return err_set(err, ERR_REMOTE, "event stream: header %zu is broken", count + 1);
        }
        if (!utf8_valid(h.name) || (h.type == EVENTSTREAM_STRING && !utf8_valid(h.bytes))) {
            return err_set(err, ERR_REMOTE, "event stream: header %zu is no text", count + 1);
        }
        if (count == LIMIT_EVENTSTREAM_HEADERS) {
            return err_set(err, ERR_LIMIT, "event stream: more than %d headers in a message",
                           LIMIT_EVENTSTREAM_HEADERS);
        }
        for (size_t i = 0; i < count; i++) {
            if (str_eq(names[i], h.name)) {
                return err_set(err, ERR_REMOTE, "event stream: a header comes twice");
            }
        }
        names[count++] = h.name;
    }
    return 0;
}

/* The first PRELUDE bytes of a frame: may it come, and how long is it? */
static int
check_prelude(const char *p, size_t *ret_total, struct err *err)
{
    size_t total = load(p, 4);
    size_t headers = load(p + 4, 4);
    if (crc32_add(0, (struct str){p, 8}) != load(p + 8, 4)) {
        return err_set(err, ERR_REMOTE,
                       "event stream: damaged on its way, or no event stream at all");
    }
    if (total < FRAME_MIN || headers > total - FRAME_MIN) {
        return err_set(err, ERR_REMOTE, "event stream: a message whose lengths contradict");
    }
    if (total > LIMIT_EVENTSTREAM_FRAME) {
        return err_set(err, ERR_LIMIT, "event stream: a message of %zu bytes, at most %d", total,
                       LIMIT_EVENTSTREAM_FRAME);
    }
    if (headers > LIMIT_EVENTSTREAM_HEADER_BYTES) {
        return err_set(err, ERR_LIMIT, "event stream: %zu bytes of headers, at most %d", headers,
                       LIMIT_EVENTSTREAM_HEADER_BYTES);
    }
    *ret_total = total;
    return 0;
}

/* FRAME is whole, its prelude checked. */
static int
take_frame(struct eventstream *es, struct str frame, struct err *err)
{
    size_t sum_at = frame.len - TRAILER;
    size_t headers = load(frame.ptr + 4, 4);
    if (crc32_add(0, str_sub(frame, 0, sum_at)) != load(frame.ptr + sum_at, TRAILER)) {
        return err_set(err, ERR_REMOTE, "event stream: a message was damaged on its way");
    }
    struct eventstream_message m = {
        .headers = str_sub(frame, PRELUDE, headers),
        .payload = str_sub(frame, PRELUDE + headers, sum_at - PRELUDE - headers),
    };
    int result = check_headers(m.headers, err);
    return result == 0 ? es->message(es->arg, &m) : result;
}

/* Add at most what is missing until the frame has UNTIL bytes. */
static int
collect(struct eventstream *es, struct str *bytes, size_t until, struct err *err)
{
    size_t missing = until - es->frame.len;
    struct str part = str_sub(*bytes, 0, missing);
    *bytes = str_sub(*bytes, part.len, SIZE_MAX);
    buf_add(&es->frame, part);
    return buf_finish(&es->frame, "event stream: a message", err);
}

/* Go on with the frame in the buf. */
static int
feed_buffered(struct eventstream *es, struct str *bytes, struct err *err)
{
    int result = 0;
    if (es->total == 0) {
        result = collect(es, bytes, PRELUDE, err);
        if (result == 0 && es->frame.len == PRELUDE) {
            result = check_prelude(es->frame.text, &es->total, err);
        }
    }
    if (result == 0 && es->total > 0) {
        result = collect(es, bytes, es->total, err);
    }
    if (result == 0 && es->total > 0 && es->frame.len == es->total) {
        result = take_frame(es, buf_str(&es->frame), err);
        buf_clear(&es->frame);
        es->total = 0;
    }
    return result;
}

static int
feed(struct eventstream *es, struct str bytes, struct err *err)
{
    int result = 0;
    while (result == 0 && bytes.len > 0) {
        size_t total;
        if (es->frame.len > 0 || bytes.len < PRELUDE) {
            result = feed_buffered(es, &bytes, err);
            continue;
        }
        result = check_prelude(bytes.ptr, &total, err);
        if (result == 0 && total > bytes.len) {
            es->total = total;
            result = collect(es, &bytes, total, err);
        } else if (result == 0) {
            result = take_frame(es, str_sub(bytes, 0, total), err);
            bytes = str_sub(bytes, total, SIZE_MAX);
        }
    }
    return result;
}

int
eventstream_feed(struct eventstream *es, struct str bytes, struct err *err)
{
    if (es->ended < 0) {
        return err_set(err, (enum err_code)es->ended, "event stream: ended by an earlier fault");
    }
    if (es->ended == 0) {
        es->ended = feed(es, bytes, err);
    }
    return es->ended;
}

/* ---- writing ---- */

static void
put(struct buf *out, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        buf_add_char(out, (char)(value >> (8 * (i - 1)) & 255));
    }
}

static bool
may_write(const struct eventstream_header *h)
{
    if (h->name.len == 0 || h->name.len > UINT8_MAX || h->type >= EVENTSTREAM_TYPE_COUNT) {
        return false;
    }
    if (h->type == EVENTSTREAM_UUID) {
        return h->bytes.len == (size_t)value_sizes[h->type];
    }
    if (is_number(h->type)) {
        unsigned unused = 64 - 8 * (unsigned)value_sizes[h->type];
        return (int64_t)((uint64_t)h->number << unused) >> unused == h->number;
    }
    return h->bytes.len <= VALUE_MAX;
}

/* Its bytes in a frame, when it may be written. */
static size_t
header_size(const struct eventstream_header *h)
{
    int size = value_sizes[h->type];
    return 2 + h->name.len + (size < 0 ? 2 + h->bytes.len : (size_t)size);
}

static void
write_header(struct buf *out, const struct eventstream_header *h)
{
    put(out, h->name.len, 1);
    buf_add(out, h->name);
    put(out, h->type, 1);
    if (is_number(h->type)) {
        put(out, (uint64_t)h->number, (size_t)value_sizes[h->type]);
        return;
    }
    if (value_sizes[h->type] < 0) {
        put(out, h->bytes.len, 2);
    }
    if (value_sizes[h->type] != 0) {
        buf_add(out, h->bytes);
    }
}

int
eventstream_write(struct buf *out, const struct eventstream_header *headers, size_t count,
                  struct str payload, struct err *err)
{
    size_t from = out->len;
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (!may_write(&headers[i])) {
            return err_set(err, ERR_INVALID, "event stream: header %zu cannot be written", i + 1);
        }
        size += header_size(&headers[i]);
    }
    if (size > UINT32_MAX || payload.len > UINT32_MAX - FRAME_MIN - size) {
        return err_set(err, ERR_INVALID, "event stream: a message of more than 4 GiB");
    }
    put(out, FRAME_MIN + size + payload.len, 4);
    put(out, size, 4);
    put(out, crc32_add(0, str_sub(buf_str(out), from, SIZE_MAX)), 4);
    for (size_t i = 0; i < count; i++) {
        write_header(out, &headers[i]);
    }
    buf_add(out, payload);
    put(out, crc32_add(0, str_sub(buf_str(out), from, SIZE_MAX)), TRAILER);
    return 0;
}
