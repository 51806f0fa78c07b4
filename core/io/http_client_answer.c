#include "io/http_client_impl.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

/* What the inbox keeps for the next time; what a burst took above that is given back. */
enum { INBOX_KEEP = 256 * 1024 };

/* Put down why; to take fewer bytes than there are makes curl end the transfer. */
static size_t
refuse(struct http_call *call, enum http_verdict verdict)
{
    if (call->verdict == HTTP_FINE) {
        call->verdict = verdict;
    }
    return 0;
}

static bool
add_piece(struct http_inbox *inbox, struct http_call *call, struct str bytes)
{
    must(!inbox->delivering);
    struct http_piece *last = inbox->count ? &inbox->pieces[inbox->count - 1] : NULL;
    bool joins = last && last->call == call && last->len > 0 && bytes.len > 0;
    if (!joins && !mem_grow(inbox->pieces, inbox->count, inbox->capacity)) {
        return false;
    }
    size_t before = inbox->bytes.len;
    buf_add(&inbox->bytes, bytes);
    if (inbox->bytes.failed) {
        /* Refused whole; what the others have in here is sound. */
        inbox->bytes.failed = 0;
        must(inbox->bytes.len == before);
        return false;
    }
    if (joins) {
        last->len += bytes.len;
    } else {
        inbox->pieces[inbox->count++] = (struct http_piece){call, bytes.len};
    }
    return true;
}

size_t
http_answer_data(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = size * count;
    MUST_MAGIC(call, HTTP_CALL_MAGIC);
    if (call->verdict != HTTP_FINE) {
        return 0;
    }
    if (call->status == 0) {
        return refuse(call, HTTP_NOT_HTTP);
    }
    if (len > call->answer_max - call->answer_bytes) {
        return refuse(call, HTTP_TOO_LARGE);
    }
    call->answer_bytes += len;
    call->last_byte = clock_mono_ms(clock_real());
    if (len && !add_piece(&call->client->inbox, call, (struct str){bytes, len})) {
        return refuse(call, HTTP_NOMEM);
    }
    return len;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200": 200. 0 when it is none. */
static int
status_of(struct str line)
{
    struct str version;
    struct str code;
    int64_t status;
    if (!str_starts(line, STR("HTTP/")) || !str_split(&line, ' ', &version) ||
        !str_split(&line, ' ', &code) || !str_to_i64(str_trim(code), &status) || status < 100 ||
        status > 999) {
        return 0;
    }
    return (int)status;
}

/* A blank line: the head is whole. Interim ones (1xx) make room for the next; 101 would change to a
 * protocol nobody asked for. */
static bool
end_head(struct http_call *call)
{
    struct str rest = buf_str(&call->head);
    struct str first;
    int status = str_split(&rest, '\n', &first) ? status_of(first) : 0;
    if (status == 0 || status == 101) {
        (void)refuse(call, HTTP_NOT_HTTP);
        return false;
    }
    if (status < 200) {
        buf_clear(&call->head);
        call->head_lines = 0;
        return true;
    }
    call->status = status;
    call->last_byte = clock_mono_ms(clock_real());
    http_call_watch_time(call);
    if (!add_piece(&call->client->inbox, call, (struct str){0})) {
        (void)refuse(call, HTTP_NOMEM);
        return false;
    }
    return true;
}

/* One line into the head. A folded line continues the one before, as RFC 9112 has it, with
 * spaces. */
static void
add_line(struct http_call *call, struct str line)
{
    bool folded = call->head_lines > 1 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
    if (folded) {
        buf_truncate(&call->head, str_trim(buf_str(&call->head)).len);
        buf_add_char(&call->head, ' ');
        line = str_trim(line);
    } else {
        call->head_lines++;
    }
    while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) {
        line.len--;
    }
    buf_add(&call->head, line);
    buf_add_char(&call->head, '\n');
}

size_t
http_answer_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    struct str line = {bytes, size * count};
    MUST_MAGIC(call, HTTP_CALL_MAGIC);
    if (call->verdict != HTTP_FINE || line.len == 0) {
        return 0;
    }
    call->head_bytes += line.len;
    if (call->head_bytes > LIMIT_HTTP_HEADER_BYTES || call->head_lines > LIMIT_HTTP_HEADERS) {
        return refuse(call, HTTP_HEAD_LARGE);
    }
    if (call->status != 0) {
        return line.len; /* trailers: nobody reads them */
    }
    if (str_trim(line).len == 0) {
        return end_head(call) ? line.len : 0;
    }
    add_line(call, line);
    return call->head.failed ? refuse(call, HTTP_NOMEM) : line.len;
}

static void
deliver_head(struct http_call *call)
{
    struct buf text = call->head;
    size_t capacity = call->head_lines;
    buf_init(&call->head, LIMIT_HTTP_HEADER_BYTES);
    AUTO(buf) struct buf kept = text;
    AUTO(mem) struct http_header *headers = mem_zero(capacity, sizeof(*headers));
    if (!headers) {
        call->verdict = HTTP_NOMEM;
        http_call_end(call, CURLE_OK);
        return;
    }
    struct http_head head = {.status = call->status, .headers = headers};
    struct str rest = buf_str(&kept);
    struct str line;
    (void)str_split(&rest, '\n', &line); /* the status */
    while (head.header_count < capacity && str_split(&rest, '\n', &line)) {
        struct str name;
        if (str_find_char(line, ':', 0) != SIZE_MAX && str_split(&line, ':', &name)) {
            headers[head.header_count++] = (struct http_header){name, str_trim(line)};
        }
    }
    if (call->events.head) {
        call->events.head(call->arg, &head);
    }
}

void
http_inbox_deliver(struct http_client *c)
{
    struct http_inbox *inbox = &c->inbox;
    size_t offset = 0;
    if (inbox->delivering) {
        return;
    }
    inbox->delivering = true;
    for (inbox->next = 0; inbox->next < inbox->count;) {
        struct http_piece piece = inbox->pieces[inbox->next++];
        if (piece.call && piece.len == 0) {
            deliver_head(piece.call);
        } else if (piece.call && piece.call->events.data) {
            struct str bytes = {inbox->bytes.text + offset, piece.len};
            piece.call->events.data(piece.call->arg, bytes);
        }
        offset += piece.len;
    }
    inbox->delivering = false;
    inbox->count = 0;
    if (inbox->bytes.capacity > INBOX_KEEP) {
        buf_done(&inbox->bytes);
    }
    buf_clear(&inbox->bytes);
}

void
http_inbox_forget(struct http_inbox *inbox, const struct http_call *call)
{
    for (size_t i = 0; i < inbox->count; i++) {
        if (inbox->pieces[i].call == call) {
            inbox->pieces[i].call = NULL;
        }
    }
}
