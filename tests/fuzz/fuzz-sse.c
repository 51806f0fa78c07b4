/* Any bytes as an event stream, cut in two ways: the same events, the same end. The first byte
 * chooses the cut and the limit. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "io/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_part(struct buf *b, struct str s)
{
    buf_printf(b, "%zu:", s.len);
    buf_add(b, s);
}

static int
event(void *arg, const struct sse_event *e)
{
    add_part(arg, e->name);
    add_part(arg, e->id);
    add_part(arg, e->data);
    return e->data.len == 3 ? 3 : 0;
}

static int
other(void *arg, struct str line)
{
    add_part(arg, STR("other"));
    add_part(arg, line);
    return 0;
}

static int
feed(struct str text, size_t piece, size_t max, struct buf *out, bool *ret_unfinished)
{
    struct err err = {0};
    struct sse s;
    int result = 0;
    sse_init(&s, max);
    s.event = event;
    s.other = other;
    s.arg = out;
    for (size_t at = 0; at < text.len && result == 0; at += piece) {
        /* A copy that dies at once: no view may outlive its feed. */
        AUTO(mem) char *copy = mem_str(str_sub(text, at, piece));
        must(copy != NULL);
        result = sse_feed(&s, (struct str){copy, str_sub(text, at, piece).len}, &err);
        must(result >= 0 || err.message[0] != '\0');
    }
    *ret_unfinished = sse_unfinished(&s);
    sse_done(&s);
    return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct str text = {(const char *)data + 1, size - 1};
    size_t max = data[0] & 128 ? 16 : 4096;
    size_t piece = 1 + (data[0] & 127);
    AUTO(buf) struct buf a;
    AUTO(buf) struct buf b;
    bool a_unfinished;
    bool b_unfinished;
    buf_init(&a, LIMIT_JSON_BYTES);
    buf_init(&b, LIMIT_JSON_BYTES);
    int result = feed(text, size, max, &a, &a_unfinished);
    must(feed(text, piece, max, &b, &b_unfinished) == result);
    must(str_eq(buf_str(&a), buf_str(&b)));
    must(result != 0 || a_unfinished == b_unfinished);
    return 0;
}
