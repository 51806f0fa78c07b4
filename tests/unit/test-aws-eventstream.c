/* AWS's event streams: the vectors of three of its clients, frames broken on purpose, recorded
 * answers; all whole and byte by byte, and what was read written again to the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/aws_eventstream.h"
#include "model/crc32.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FILE_MAX = 1024 * 1024, MESSAGES_MAX = 64 };

/* ---- vectors ---- */

static struct str
read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("%s cannot be read", path);
    }
    char *text = arena_alloc(arena, FILE_MAX);
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX, file);
    (void)fclose(file);
    assert_true(len < FILE_MAX);
    return (struct str){text, len};
}

static struct js *
read_json(struct arena *arena, const char *path)
{
    struct err err = {0};
    struct js *root = NULL;
    assert_int_equal(js_parse_object(read_file(arena, path), path, arena, &root, &err), 0);
    return root;
}

/* The files that PATTERN below the vectors names; skips the test when there are none. */
static glob_t
find_vectors(const char *pattern)
{
    char path[4096]; /* skip() runs no clean-up, so no arena */
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/vectors/%s", shared ? shared : "../shared", pattern);
    glob_t files = {0};
    if (glob(path, 0, NULL, &files) != 0) {
        globfree(&files);
        print_message("SKIP: no shared data\n");
        skip();
    }
    return files;
}

static const char *
base_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

static struct str
from_hex(struct arena *arena, struct str text)
{
    char *bytes = arena_alloc(arena, text.len / 2 + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < text.len / 2; i++) {
        char pair[3] = {text.ptr[2 * i], text.ptr[2 * i + 1]};
        bytes[i] = (char)strtol(pair, NULL, 16);
    }
    return (struct str){bytes, text.len / 2};
}

static struct str
from_base64(struct arena *arena, struct str text)
{
    AUTO(buf) struct buf bytes;
    buf_init(&bytes, FILE_MAX);
    assert_true(base64_decode(text, &bytes));
    return buf_to_arena(&bytes, arena);
}

/* ---- what a stream gave ---- */

struct got {
    struct arena arena;
    struct eventstream_message messages[MESSAGES_MAX];
    size_t count;
    size_t stop_at; /* the message that ends the stream; 0: none */
    int result;
    bool unfinished;
    struct err err;
    struct buf written; /* the messages as eventstream_write() writes them */
};

static int
take_message(void *arg, const struct eventstream_message *m)
{
    struct got *g = arg;
    struct eventstream_header headers[LIMIT_EVENTSTREAM_HEADERS];
    size_t count = 0;
    struct str rest = m->headers;
    while (eventstream_next(&rest, &headers[count])) {
        count++;
    }
    assert_int_equal(rest.len, 0);
    assert_int_equal(eventstream_write(&g->written, headers, count, m->payload, &g->err), 0);
    assert_true(g->count < MESSAGES_MAX);
    g->messages[g->count++] = (struct eventstream_message){arena_str(&g->arena, m->headers),
                                                           arena_str(&g->arena, m->payload)};
    return g->count == g->stop_at ? 77 : 0;
}

/* BYTES in pieces, each in storage of its own so that a view kept too long is seen. */
static void
feed(struct str bytes, size_t piece, struct got *g)
{
    AUTO(eventstream) struct eventstream es;
    eventstream_init(&es);
    es.message = take_message;
    es.arg = g;
    buf_init(&g->written, LIMIT_OUTPUT_BYTES);
    for (size_t at = 0; at < bytes.len && g->result == 0; at += piece) {
        struct str part = str_sub(bytes, at, piece);
        char *copy = malloc(part.len);
        assert_non_null(copy);
        memcpy(copy, part.ptr, part.len);
        g->result = eventstream_feed(&es, (struct str){copy, part.len}, &g->err);
        free(copy);
    }
    g->unfinished = eventstream_unfinished(&es);
    if (g->result != 0) {
        struct err again;
        assert_int_equal(eventstream_feed(&es, STR("more"), &again), g->result);
    }
}

static void
got_done(struct got *g)
{
    arena_done(&g->arena);
    buf_done(&g->written);
}

/* The same whole and in pieces of 1 to 13 bytes; what was read, written again, is what was read. */
static void
feed_every_way(const char *name, struct str bytes, struct got *g)
{
    feed(bytes, bytes.len + 1, g);
    for (size_t piece = 1; piece <= 13; piece++) {
        struct got other = {.stop_at = g->stop_at};
        feed(bytes, piece, &other);
        bool same = other.result == g->result && other.count == g->count &&
                    str_eq(buf_str(&other.written), buf_str(&g->written));
        /* What is behind a fault is read or not, as the pieces have it. */
        same = same && (g->result != 0 || other.unfinished == g->unfinished);
        if (!same) {
            fail_msg("%s: pieces of %zu: %d %s, %zu messages; whole: %d %s, %zu", name, piece,
                     other.result, other.err.message, other.count, g->result, g->err.message,
                     g->count);
        }
        got_done(&other);
    }
    assert_true(g->result >= 0 || str_starts(str_c(g->err.message), STR("event stream: ")));
    struct str sound = str_sub(bytes, 0, g->written.len);
    if (!str_eq(buf_str(&g->written), sound)) {
        fail_msg("%s: written otherwise", name);
    }
}

static void
expect_sound(const char *name, const struct got *g)
{
    if (g->result != 0 || g->unfinished || g->count != 1) {
        fail_msg("%s: %d %s, %zu messages", name, g->result, g->err.message, g->count);
    }
}

static void
expect_refused(const char *name, const struct got *g)
{
    if ((g->result != ERR_REMOTE && g->result != ERR_LIMIT) || g->count != 0) {
        fail_msg("%s: %d, %zu messages", name, g->result, g->count);
    }
}

/* Is H what the clients' files say: a boolean, a number, or BYTES already decoded? */
static void
check_value(const char *file, const struct eventstream_header *h, const struct js *value,
            struct str bytes)
{
    bool same;
    if (js_type(value) == JS_BOOL) {
        same = h->type == (js_bool(value, false) ? EVENTSTREAM_TRUE : EVENTSTREAM_FALSE) &&
               h->number == js_bool(value, false);
    } else if (js_type(value) == JS_INT) {
        same = h->number == js_int(value, 0) && h->bytes.len == 0;
    } else {
        same = str_eq(h->bytes, bytes);
    }
    if (!same) {
        fail_msg("%s: header %.*s", file, (int)h->name.len, h->name.ptr);
    }
}

/* ---- smithy-rs ---- */

static void
compare_rust(const char *name, const struct js *want, struct got *g)
{
    expect_sound(name, g);
    const struct js *headers = js_get_c(want, "headers_name_type_value");
    struct eventstream_header h;
    struct str rest = g->messages[0].headers;
    size_t count = 0;
    while (eventstream_next(&rest, &h)) {
        const struct js *one = js_at(headers, count++);
        const struct js *value = js_at(one, 2);
        assert_true(str_eq(h.name, js_text(js_at(one, 0))));
        assert_int_equal(h.type, js_int(js_at(one, 1), -1));
        bool is_text = h.type == EVENTSTREAM_STRING;
        check_value(name, &h, value,
                    is_text ? js_text(value) : from_hex(&g->arena, js_text(value)));
    }
    assert_int_equal(count, js_count(headers));
    assert_true(str_eq(g->messages[0].payload, js_get_text(want, "payload_utf8")));
}

static void
test_smithy_rust(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    glob_t files = find_vectors("eventstream/smithy-rs/*valid_*");
    struct str index =
        arena_printf(&arena, "%.*sexpected.json",
                     (int)(base_name(files.gl_pathv[0]) - files.gl_pathv[0]), files.gl_pathv[0]);
    const struct js *cases = js_get_c(read_json(&arena, index.ptr), "cases");
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *name = base_name(files.gl_pathv[i]);
        const struct js *want = js_get_c(cases, name);
        struct got g = {0};
        feed_every_way(name, read_file(&arena, files.gl_pathv[i]), &g);
        if (js_has(want, STR("smithy_rs_error"))) {
            expect_refused(name, &g);
        } else {
            compare_rust(name, want, &g);
        }
        got_done(&g);
    }
    print_message("smithy-rs: %zu frames\n", files.gl_pathc);
    assert_int_equal(files.gl_pathc, js_count(cases));
    globfree(&files);
}

/* ---- smithy-typescript ---- */

static void
compare_typescript(const char *name, const struct js *want, struct got *g)
{
    expect_sound(name, g);
    const struct js *headers = js_get_c(want, "headers");
    struct eventstream_header h;
    struct str rest = g->messages[0].headers;
    size_t count = 0;
    while (eventstream_next(&rest, &h)) {
        const struct js *one = js_at(headers, count++);
        const struct js *value = js_get_c(one, "value");
        assert_true(str_eq(h.name, js_get_text(one, "name")));
        assert_int_equal(h.type, js_get_int(one, "type", -1));
        check_value(name, &h, value, from_base64(&g->arena, js_text(value)));
    }
    assert_int_equal(count, js_count(headers));
    struct str payload = from_base64(&g->arena, js_get_text(want, "payload"));
    assert_true(str_eq(g->messages[0].payload, payload));
    assert_int_equal(g->written.len, js_get_int(want, "total_length", 0));
    assert_int_equal(g->messages[0].headers.len, js_get_int(want, "headers_length", -1));
}

static void
test_smithy_typescript(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    glob_t good = find_vectors("eventstream/smithy-typescript/encoded/positive/*");
    for (size_t i = 0; i < good.gl_pathc; i++) {
        const char *path = good.gl_pathv[i];
        struct got g = {0};
        feed_every_way(path, read_file(&arena, path), &g);
        const char *at = strstr(path, "/encoded/");
        struct str want = arena_printf(&arena, "%.*s/decoded/positive/%s", (int)(at - path), path,
                                       base_name(path));
        compare_typescript(base_name(path), read_json(&arena, want.ptr), &g);
        got_done(&g);
    }
    glob_t bad = find_vectors("eventstream/smithy-typescript/encoded/negative/*");
    for (size_t i = 0; i < bad.gl_pathc; i++) {
        struct got g = {0};
        feed_every_way(bad.gl_pathv[i], read_file(&arena, bad.gl_pathv[i]), &g);
        expect_refused(bad.gl_pathv[i], &g);
        got_done(&g);
    }
    print_message("smithy-typescript: %zu sound, %zu damaged\n", good.gl_pathc, bad.gl_pathc);
    assert_true(good.gl_pathc == 5 && bad.gl_pathc == 4);
    globfree(&good);
    globfree(&bad);
}

/* ---- botocore ---- */

static void
compare_botocore(const char *name, const struct js *want, struct got *g)
{
    expect_sound(name, g);
    const struct js *headers = js_get_c(want, "headers");
    struct eventstream_header h;
    size_t count = 0;
    for (struct str rest = g->messages[0].headers; eventstream_next(&rest, &h); count++) {
        const struct js *value = js_get(headers, h.name);
        assert_non_null(value);
        bool is_text = js_type(value) == JS_STRING;
        struct str hex = js_get_text(value, "$hex");
        check_value(name, &h, value, is_text ? js_text(value) : from_hex(&g->arena, hex));
        struct str text = eventstream_text(&g->messages[0], arena_str(&g->arena, h.name).ptr);
        assert_true(str_eq(text, is_text ? js_text(value) : (struct str){0}));
    }
    assert_int_equal(count, js_count(headers));
    assert_null(eventstream_text(&g->messages[0], "no such header").ptr);
    struct str payload = from_hex(&g->arena, js_get_text(js_get_c(want, "payload"), "$hex"));
    assert_true(str_eq(g->messages[0].payload, payload));
    assert_int_equal(crc32_add(0, str_sub(buf_str(&g->written), 0, g->written.len - 4)),
                     js_get_int(want, "crc", 0));
}

static void
test_botocore(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    glob_t files = find_vectors("eventstream/botocore_cases.json");
    const struct js *cases = js_get_c(read_json(&arena, files.gl_pathv[0]), "cases");
    size_t sound = 0;
    size_t generated = 0;
    for (size_t i = 0; i < js_count(cases); i++) {
        const struct js *one = js_at(cases, i);
        const char *name = js_get_text(one, "name").ptr;
        struct str hex = js_get_text(one, "hex");
        if (hex.len == 0) {
            /* 24 MiB of zeros behind this prelude, which need not come. */
            assert_true(js_has(one, STR("generate")));
            hex = STR("0180002100000000dd3f33b1");
            generated++;
        }
        struct got g = {0};
        feed_every_way(name, from_hex(&arena, hex), &g);
        if (js_has(one, STR("expect"))) {
            compare_botocore(name, js_get_c(one, "expect"), &g);
            sound++;
        } else {
            expect_refused(name, &g);
        }
        got_done(&g);
    }
    print_message("botocore: %zu cases, %zu of them sound, %zu generated\n", js_count(cases), sound,
                  generated);
    assert_true(sound > 0 && generated == 1);
    globfree(&files);
}

/* ---- checksums right, the rest not ---- */

static void
test_malformed_with_right_checksums(void **state)
{
    (void)state;
    static const char *const decodable[] = {"payload_not_json.bin", "no_message_type.bin",
                                            "message_type_not_string.bin"};
    AUTO(arena) struct arena arena = {0};
    glob_t files = find_vectors("eventstream/malformed_with_valid_crc/*.bin");
    size_t sound = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *name = base_name(files.gl_pathv[i]);
        bool good = false;
        for (size_t j = 0; j < COUNT(decodable); j++) {
            good = good || strcmp(name, decodable[j]) == 0;
        }
        struct got g = {0};
        feed_every_way(name, read_file(&arena, files.gl_pathv[i]), &g);
        if (good) {
            expect_sound(name, &g);
            struct str type = eventstream_text(&g.messages[0], ":message-type");
            assert_int_equal(type.ptr != NULL, strcmp(name, "payload_not_json.bin") == 0);
            sound++;
        } else {
            expect_refused(name, &g);
        }
        got_done(&g);
    }
    print_message("malformed: %zu frames, %zu of them only in what they mean\n", files.gl_pathc,
                  sound);
    assert_true(files.gl_pathc == 17 && sound == 3);
    globfree(&files);
}

/* ---- recorded answers ---- */

static void
compare_frame(const char *name, const struct js *want, struct got *g, size_t index)
{
    const struct eventstream_message *m = &g->messages[index];
    const struct js *headers = js_get_c(want, "headers");
    struct eventstream_header h;
    size_t count = 0;
    for (struct str rest = m->headers; eventstream_next(&rest, &h); count++) {
        assert_int_equal(h.type, EVENTSTREAM_STRING);
        assert_true(str_eq(h.bytes, js_text(js_get(headers, h.name))));
    }
    assert_int_equal(count, js_count(headers));
    assert_int_equal(16 + m->headers.len + m->payload.len, js_get_int(want, "length", 0));
    if (m->payload.len > 0) {
        struct js *payload = NULL;
        assert_int_equal(js_parse(m->payload, &g->arena, &payload, &g->err), 0);
        if (!js_equal(payload, js_get_c(want, "payload"))) {
            fail_msg("%s: payload %zu", name, index);
        }
    }
}

static size_t
compare_answer(const char *path)
{
    AUTO(arena) struct arena arena = {0};
    struct got g = {0};
    const char *name = base_name(path);
    struct str expected = arena_printf(&arena, "%.*s.expected.json", (int)strlen(path) - 4, path);
    const struct js *root = read_json(&arena, expected.ptr);
    const struct js *frames = js_get_c(root, "frames");
    struct str bytes = read_file(&arena, path);
    feed_every_way(name, bytes, &g);
    size_t count = 0;
    while (count < js_count(frames) && js_has(js_at(frames, count), STR("length"))) {
        count++;
    }
    if (g.count != count) {
        fail_msg("%s: %zu frames, wanted %zu: %s", name, g.count, count, g.err.message);
    }
    for (size_t i = 0; i < count; i++) {
        compare_frame(name, js_at(frames, i), &g, i);
    }
    /* Sound to the end, cut, or refused. */
    bool all = g.written.len == bytes.len;
    bool cut = strcmp(name, "truncated_frame.bin") == 0;
    bool broken = strncmp(name, "corrupt_", 8) == 0 || strncmp(name, "html_", 5) == 0;
    assert_int_equal(all, !cut && !broken);
    assert_int_equal(g.unfinished && g.result == 0, cut);
    assert_int_equal(g.result, broken ? ERR_REMOTE : 0);
    got_done(&g);
    return count;
}

static void
test_recorded_answers(void **state)
{
    (void)state;
    glob_t files = find_vectors("captured/eventstream/*.bin");
    size_t frames = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        frames += compare_answer(files.gl_pathv[i]);
    }
    print_message("captured: %zu streams, %zu frames\n", files.gl_pathc, frames);
    assert_true(frames > 0);
    globfree(&files);
}

/* ---- without vectors ---- */

static void
test_every_type_comes_back(void **state)
{
    (void)state;
    static const struct eventstream_header headers[] = {
        {STR_INIT("t"), EVENTSTREAM_TRUE, 1, {0}},
        {STR_INIT("f"), EVENTSTREAM_FALSE, 0, {0}},
        {STR_INIT("8"), EVENTSTREAM_INT8, -128, {0}},
        {STR_INIT("16"), EVENTSTREAM_INT16, 32767, {0}},
        {STR_INIT("32"), EVENTSTREAM_INT32, INT32_MIN, {0}},
        {STR_INIT("64"), EVENTSTREAM_INT64, INT64_MIN, {0}},
        {STR_INIT("bytes"), EVENTSTREAM_BYTES, 0, STR_INIT("\0\xFF")},
        {STR_INIT("none"), EVENTSTREAM_BYTES, 0, STR_INIT("")},
        {STR_INIT("text"), EVENTSTREAM_STRING, 0, STR_INIT("\xC3\x9F")},
        {STR_INIT("time"), EVENTSTREAM_TIMESTAMP, INT64_MAX, {0}},
        {STR_INIT("uuid"), EVENTSTREAM_UUID, 0, STR_INIT("0123456789abcdef")},
    };
    AUTO(buf) struct buf out;
    struct got g = {0};
    struct err err = {0};
    buf_init(&out, FILE_MAX);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(eventstream_write(&out, headers, COUNT(headers), STR("payload"), &err), 0);
    }
    feed_every_way("types", buf_str(&out), &g);
    assert_int_equal(g.result, 0);
    assert_int_equal(g.count, 3);
    struct eventstream_header h;
    size_t count = 0;
    for (struct str rest = g.messages[2].headers; eventstream_next(&rest, &h); count++) {
        assert_true(str_eq(h.name, headers[count].name));
        assert_int_equal(h.type, headers[count].type);
        assert_true(h.number == headers[count].number);
        assert_true(str_eq(h.bytes, headers[count].bytes));
    }
    assert_int_equal(count, COUNT(headers));
    assert_true(str_eq_c(g.messages[2].payload, "payload"));
    got_done(&g);
}

static void
test_what_cannot_be_written(void **state)
{
    (void)state;
    static char many[40000];
    memset(many, 'x', sizeof(many));
    const struct eventstream_header rows[] = {
        {STR(""), EVENTSTREAM_TRUE, 1, {0}},
        {{many, 256}, EVENTSTREAM_TRUE, 1, {0}},
        {STR("a"), EVENTSTREAM_TYPE_COUNT, 1, {0}},
        {STR("a"), EVENTSTREAM_INT8, 128, {0}},
        {STR("a"), EVENTSTREAM_INT16, -32769, {0}},
        {STR("a"), EVENTSTREAM_INT32, INT64_C(1) << 31, {0}},
        {STR("a"), EVENTSTREAM_STRING, 0, {many, 32768}},
        {STR("a"), EVENTSTREAM_UUID, 0, {many, 15}},
    };
    AUTO(buf) struct buf out;
    struct err err = {0};
    buf_init(&out, FILE_MAX);
    buf_add_c(&out, "before");
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(eventstream_write(&out, &rows[i], 1, STR(""), &err), ERR_INVALID);
        assert_true(str_eq_c(buf_str(&out), "before"));
    }
    struct eventstream_header longest = {{many, 255}, EVENTSTREAM_STRING, 0, {many, 32767}};
    assert_int_equal(eventstream_write(&out, &longest, 1, STR(""), &err), 0);
    struct got g = {0};
    feed_every_way("longest", str_sub(buf_str(&out), 6, SIZE_MAX), &g);
    expect_sound("longest", &g);
    got_done(&g);
}

/* One frame with COUNT headers of different names, and a payload. */
static void
write_many(struct buf *out, size_t count, struct str payload)
{
    struct eventstream_header headers[LIMIT_EVENTSTREAM_HEADERS + 1];
    static char names[LIMIT_EVENTSTREAM_HEADERS + 1];
    struct err err = {0};
    buf_init(out, LIMIT_OUTPUT_BYTES);
    for (size_t i = 0; i < count; i++) {
        names[i] = (char)(i + 1);
        headers[i] = (struct eventstream_header){{&names[i], 1}, EVENTSTREAM_TRUE, 1, {0}};
    }
    assert_int_equal(eventstream_write(out, headers, count, payload, &err), 0);
}

static void
test_frames_are_bounded(void **state)
{
    (void)state;
    AUTO(mem) char *zeros = mem_zero(LIMIT_EVENTSTREAM_FRAME, 1);
    assert_non_null(zeros);
    const struct {
        size_t headers;
        size_t payload;
        int want;
    } rows[] = {
        {LIMIT_EVENTSTREAM_HEADERS, 0, 0},
        {LIMIT_EVENTSTREAM_HEADERS + 1, 0, ERR_LIMIT},
        {0, LIMIT_EVENTSTREAM_FRAME - 16, 0},
        {0, LIMIT_EVENTSTREAM_FRAME - 15, ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf) struct buf out;
        write_many(&out, rows[i].headers, (struct str){zeros, rows[i].payload});
        for (size_t piece = 4096; piece <= out.len * 4096; piece *= out.len) {
            struct got g = {0};
            feed(buf_str(&out), piece, &g);
            assert_int_equal(g.result, rows[i].want);
            assert_int_equal(g.count, rows[i].want == 0);
            got_done(&g);
        }
    }
}

static void
put32(struct buf *out, size_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_add_char(out, (char)(value >> shift & 255));
    }
}

/* Lengths that contradict are seen before the rest of the frame is there. */
static void
test_a_prelude_is_enough(void **state)
{
    (void)state;
    static const struct {
        uint32_t total;
        uint32_t headers;
        int want;
    } rows[] = {
        {0, 0, ERR_REMOTE},
        {3, 0, ERR_REMOTE},
        {15, 0, ERR_REMOTE},
        {16, 0, 0},
        {16, 1, ERR_REMOTE},
        {17, UINT32_MAX, ERR_REMOTE},
        {UINT32_MAX, 0, ERR_LIMIT},
        {LIMIT_EVENTSTREAM_FRAME, LIMIT_EVENTSTREAM_HEADER_BYTES, 0},
        {LIMIT_EVENTSTREAM_FRAME, LIMIT_EVENTSTREAM_HEADER_BYTES + 1, ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf) struct buf out;
        struct got g = {0};
        buf_init(&out, FILE_MAX);
        put32(&out, rows[i].total);
        put32(&out, rows[i].headers);
        put32(&out, crc32_add(0, buf_str(&out)));
        feed_every_way("prelude", buf_str(&out), &g);
        assert_int_equal(g.result, rows[i].want);
        assert_int_equal(g.count, 0);
        got_done(&g);
    }
}

/* AWS counts a value's length in 15 bits. */
static void
test_a_value_too_long(void **state)
{
    (void)state;
    AUTO(buf) struct buf out;
    AUTO(mem) char *value = mem_zero(32768, 1);
    struct got g = {0};
    assert_non_null(value);
    buf_init(&out, FILE_MAX);
    put32(&out, 16 + 5 + 32768);
    put32(&out, 5 + 32768);
    put32(&out, crc32_add(0, buf_str(&out)));
    buf_add(&out, STR("\x01"
                      "a\x07\x80\x00"));
    buf_add(&out, (struct str){value, 32768});
    put32(&out, crc32_add(0, buf_str(&out)));
    feed_every_way("value", buf_str(&out), &g);
    expect_refused("value", &g);
    got_done(&g);
}

static void
test_a_callback_ends_the_stream(void **state)
{
    (void)state;
    AUTO(buf) struct buf out;
    struct err err = {0};
    write_many(&out, 1, STR("one"));
    assert_int_equal(eventstream_write(&out, NULL, 0, STR("two"), &err), 0);
    assert_int_equal(eventstream_write(&out, NULL, 0, STR("three"), &err), 0);
    struct got g = {.stop_at = 2};
    feed_every_way("stopped", buf_str(&out), &g);
    assert_int_equal(g.result, 77);
    assert_int_equal(g.count, 2);
    got_done(&g);
}

/* Against the sum bit by bit, at every length and every place. */
static void
test_checksum(void **state)
{
    (void)state;
    unsigned char bytes[80];
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(random >> 24);
    }
    for (size_t from = 0; from < 8; from++) {
        uint32_t want = 0xFFFFFFFF;
        for (size_t to = from; to < sizeof(bytes); to++) {
            struct str whole = {(const char *)bytes + from, to - from};
            assert_int_equal(crc32_add(0, whole), ~want);
            uint32_t first = crc32_add(0, str_sub(whole, 0, whole.len / 3));
            assert_int_equal(crc32_add(first, str_sub(whole, whole.len / 3, SIZE_MAX)), ~want);
            want ^= bytes[to];
            for (int bit = 0; bit < 8; bit++) {
                want = want & 1 ? want >> 1 ^ 0xEDB88320 : want >> 1;
            }
        }
    }
    assert_int_equal(crc32_add(0, STR("123456789")), 0xCBF43926);
}

static void
test_memory(void **state)
{
    (void)state;
    AUTO(buf) struct buf out;
    struct got g = {0};
    write_many(&out, 3, STR("{\"contentBlockIndex\":0}"));
    buf_init(&g.written, FILE_MAX);
    AUTO(eventstream) struct eventstream es;
    eventstream_init(&es);
    es.message = take_message;
    es.arg = &g;
    /* What lies whole in the bytes fed takes none. */
    for (int i = 0; i < 10; i++) {
        assert_int_equal(eventstream_feed(&es, buf_str(&out), &g.err), 0);
    }
    assert_null(es.frame.text);
    assert_int_equal(eventstream_feed(&es, (struct str){0}, &g.err), 0);
    assert_int_equal(g.count, 10);
    if (fault_configure(STR("alloc:1"))) {
        assert_int_equal(eventstream_feed(&es, str_sub(buf_str(&out), 0, 20), &g.err), ERR_NOMEM);
        (void)fault_configure(STR(""));
    }
    got_done(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smithy_rust),
        cmocka_unit_test(test_smithy_typescript),
        cmocka_unit_test(test_botocore),
        cmocka_unit_test(test_malformed_with_right_checksums),
        cmocka_unit_test(test_recorded_answers),
        cmocka_unit_test(test_every_type_comes_back),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_frames_are_bounded),
        cmocka_unit_test(test_a_prelude_is_enough),
        cmocka_unit_test(test_a_value_too_long),
        cmocka_unit_test(test_a_callback_ends_the_stream),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("aws-eventstream", tests, NULL, NULL);
}
