/* Any bytes as an event stream of AWS's, cut in two ways: the same messages, the same end; and what
 * was accepted is written again to the same bytes.
 *
 * No fuzzer guesses a checksum, so half of the inputs are put into frames with right ones: the
 * second byte says how much of what follows is headers, the rest is payload. */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "model/aws_eventstream.h"
#include "model/crc32.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
take_message(void *arg, const struct eventstream_message *m)
{
    struct eventstream_header headers[LIMIT_EVENTSTREAM_HEADERS];
    struct err err = {0};
    struct str rest = m->headers;
    size_t count = 0;
    while (eventstream_next(&rest, &headers[count])) {
        count++;
    }
    must(rest.len == 0);
    must(eventstream_write(arg, headers, count, m->payload, &err) == 0);
    (void)eventstream_text(m, ":event-type");
    return str_eq_c(m->payload, "stop") ? 7 : 0;
}

static int
feed(struct str bytes, size_t piece, struct buf *out, bool *ret_unfinished)
{
    AUTO(eventstream) struct eventstream es;
    struct err err = {0};
    int result = 0;
    eventstream_init(&es);
    es.message = take_message;
    es.arg = out;
    for (size_t at = 0; at < bytes.len && result == 0; at += piece) {
        /* A copy that dies at once: no view may outlive its feed. */
        struct str part = str_sub(bytes, at, piece);
        AUTO(mem) char *copy = mem_str(part);
        must(copy != NULL);
        result = eventstream_feed(&es, (struct str){copy, part.len}, &err);
        must(result >= 0 || err.message[0] != '\0');
    }
    *ret_unfinished = eventstream_unfinished(&es);
    return result;
}

static void
check(struct str bytes, size_t piece)
{
    AUTO(buf) struct buf a;
    AUTO(buf) struct buf b;
    bool a_unfinished;
    bool b_unfinished;
    buf_init(&a, LIMIT_OUTPUT_BYTES);
    buf_init(&b, LIMIT_OUTPUT_BYTES);
    int result = feed(bytes, bytes.len + 1, &a, &a_unfinished);
    must(feed(bytes, piece, &b, &b_unfinished) == result);
    must(str_eq(buf_str(&a), buf_str(&b)));
    must(str_starts(bytes, buf_str(&a)));
    must(result != 0 || a_unfinished == b_unfinished);
    must(result != 0 || a_unfinished == (a.len < bytes.len));
}

static void
put32(struct buf *out, size_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_add_char(out, (char)(value >> shift & 255));
    }
}

static void
add_frame(struct buf *out, struct str body, size_t headers)
{
    size_t from = out->len;
    put32(out, 16 + body.len);
    put32(out, headers);
    put32(out, crc32_add(0, str_sub(buf_str(out), from, SIZE_MAX)));
    buf_add(out, body);
    put32(out, crc32_add(0, str_sub(buf_str(out), from, SIZE_MAX)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct str text = {(const char *)data + 2, size - 2};
    size_t piece = 1 + (data[0] & 127);
    if (data[0] & 128) {
        check(text, piece);
        return 0;
    }
    AUTO(buf) struct buf frames;
    buf_init(&frames, LIMIT_OUTPUT_BYTES);
    add_frame(&frames, str_sub(text, 0, data[1]), data[1]);
    add_frame(&frames, text, data[1]);
    add_frame(&frames, STR("stop"), 0);
    check(buf_str(&frames), piece);
    return 0;
}
