#include "io/sse.h"

#include <string.h>

/* One sse_feed. An event that lies whole within the fed bytes is handed on as views into them; only
 * what is unfinished at their end is copied, once, by settle(). The unfinished line of the feed
 * before is completed in its buf and stays there untouched until settle(), so views into it are as
 * good as views into the fed bytes. */
struct feed {
    struct sse *s;
    struct str data; /* ptr NULL: the event's data, if any, is in s->data */
    struct str name; /* ptr NULL: its name, if any, is in s->name */
    bool line_used;  /* s->line was completed and taken */
    /* The next LF and CR at or after where we read, or the end. Each is searched once, so that a
     * stream of CRs alone is not searched for a LF at every line. */
    const char *lf;
    const char *cr;
    const char *end;
};

void
sse_init(struct sse *s, size_t event_max)
{
    *s = (struct sse){0};
    buf_init(&s->line, event_max);
    buf_init(&s->data, event_max);
    buf_init(&s->name, event_max);
    buf_init(&s->id, event_max);
}

void
sse_done(struct sse *s)
{
    buf_done(&s->line);
    buf_done(&s->data);
    buf_done(&s->name);
    buf_done(&s->id);
}

bool
sse_unfinished(const struct sse *s)
{
    bool comment = s->line.len > 0 && s->line.text[0] == ':';
    return s->has_data || s->name.len > 0 || (s->line.len > 0 && !comment);
}

static int
check(const struct buf *b, const char *what, struct err *err)
{
    return b->failed ? buf_finish(b, what, err) : 0;
}

static int
add_data(struct sse *s, struct str value, struct err *err)
{
    buf_add(&s->data, value);
    return check(&s->data, "event stream: an event", err);
}

static int
take_data(struct feed *f, struct str value, struct err *err)
{
    struct sse *s = f->s;
    if (!s->has_data) {
        s->has_data = true;
        f->data = value;
        return 0;
    }
    int result = 0;
    if (f->data.ptr) {
        result = add_data(s, f->data, err);
        f->data = (struct str){0};
    }
    if (result == 0) {
        result = add_data(s, STR("\n"), err);
    }
    return result == 0 ? add_data(s, value, err) : result;
}

/* The id stays for the events that follow, so it is always copied; few streams have one. */
static int
take_id(struct sse *s, struct str value, struct err *err)
{
    if (str_find_char(value, '\0', 0) != SIZE_MAX) {
        return 0; /* the specification ignores it */
    }
    buf_clear(&s->id);
    buf_add(&s->id, value);
    return check(&s->id, "event stream: an id", err);
}

/* Digits alone, or it is ignored. */
static void
take_retry(struct sse *s, struct str value)
{
    int64_t ms;
    if (value.len > 0 && value.ptr[0] >= '0' && value.ptr[0] <= '9' && str_to_i64(value, &ms)) {
        s->retry_ms = ms;
    }
}

static int
dispatch(struct feed *f)
{
    struct sse *s = f->s;
    struct sse_event event = {
        .name = f->name.ptr ? f->name : buf_str(&s->name),
        .data = f->data.ptr ? f->data : buf_str(&s->data),
        .id = buf_str(&s->id),
    };
    if (event.name.len == 0) {
        event.name = STR("message");
    }
    int result = s->has_data ? s->event(s->arg, &event) : 0;
    f->name = (struct str){0};
    f->data = (struct str){0};
    buf_clear(&s->name);
    buf_clear(&s->data);
    s->has_data = false;
    return result;
}

/* A line that is neither of the specification's fields nor a comment. */
static int
take_other(struct sse *s, struct str line, struct str field, struct str value)
{
    if (str_eq(field, STR("error")) && value.len > 0) {
        struct sse_event event = {.name = field, .data = value, .id = buf_str(&s->id)};
        return s->event(s->arg, &event);
    }
    return s->other ? s->other(s->arg, line) : 0;
}

static int
take_field(struct feed *f, struct str line, struct err *err)
{
    size_t colon = str_find_char(line, ':', 0);
    struct str field = str_sub(line, 0, colon);
    struct str value =
        colon == SIZE_MAX ? str_sub(line, line.len, 0) : str_sub(line, colon + 1, SIZE_MAX);
    if (value.len > 0 && value.ptr[0] == ' ') {
        value = str_sub(value, 1, SIZE_MAX);
    }
    if (str_eq(field, STR("data"))) {
        return take_data(f, value, err);
    }
    if (str_eq(field, STR("event"))) {
        f->name = value;
        return 0;
    }
    if (str_eq(field, STR("id"))) {
        return take_id(f->s, value, err);
    }
    if (str_eq(field, STR("retry"))) {
        take_retry(f->s, value);
        return 0;
    }
    return take_other(f->s, line, field, value);
}

static int
take_line(struct feed *f, struct str line, struct err *err)
{
    struct str mark = STR("\xEF\xBB\xBF");
    if (!f->s->begun && str_starts(line, mark)) {
        line = str_sub(line, mark.len, SIZE_MAX);
    }
    f->s->begun = true;
    if (line.len == 0) {
        return dispatch(f);
    }
    return line.ptr[0] == ':' ? 0 : take_field(f, line, err);
}

static const char *
find(const char *from, const char *end, char c)
{
    const char *hit = memchr(from, c, (size_t)(end - from));
    return hit ? hit : end;
}

static const char *
end_of_line(struct feed *f, const char *at)
{
    if (f->lf < at) {
        f->lf = find(at, f->end, '\n');
    }
    if (f->cr < at) {
        f->cr = find(at, f->end, '\r');
    }
    return f->lf < f->cr ? f->lf : f->cr;
}

/* PIECE ends a line, which may have begun in a feed before. */
static int
complete_line(struct feed *f, struct str piece, struct err *err)
{
    struct sse *s = f->s;
    if (f->line_used || s->line.len == 0) {
        if (piece.len > s->line.max) {
            return err_set(err, ERR_LIMIT, "event stream: a line: larger than %zu bytes",
                           s->line.max);
        }
        return take_line(f, piece, err);
    }
    buf_add(&s->line, piece);
    f->line_used = true;
    int result = check(&s->line, "event stream: a line", err);
    return result == 0 ? take_line(f, buf_str(&s->line), err) : result;
}

/* Keep what the next feed will need: the event's parts so far, and REST, a line without its end. */
static int
settle(struct feed *f, struct str rest, struct err *err)
{
    struct sse *s = f->s;
    if (f->data.ptr) {
        buf_add(&s->data, f->data);
    }
    if (f->name.ptr) {
        buf_clear(&s->name);
        buf_add(&s->name, f->name);
    }
    if (f->line_used) {
        buf_clear(&s->line);
    }
    if (rest.len > 0) { /* adding nothing would allocate */
        buf_add(&s->line, rest);
    }
    int result = check(&s->data, "event stream: an event", err);
    if (result == 0) {
        result = check(&s->name, "event stream: an event's name", err);
    }
    return result == 0 ? check(&s->line, "event stream: a line", err) : result;
}

static int
read_lines(struct feed *f, const char *at, struct err *err)
{
    struct sse *s = f->s;
    while (at < f->end) {
        const char *eol = end_of_line(f, at);
        if (eol == f->end) {
            break;
        }
        int result = complete_line(f, (struct str){at, (size_t)(eol - at)}, err);
        if (result != 0) {
            return result;
        }
        at = eol + 1;
        if (*eol == '\r') {
            s->after_cr = at == f->end;
            at += at < f->end && *at == '\n';
        }
    }
    return settle(f, (struct str){at, (size_t)(f->end - at)}, err);
}

int
sse_feed(struct sse *s, struct str bytes, struct err *err)
{
    if (s->ended != 0) {
        return s->ended < 0 ? err_set(err, (enum err_code)s->ended, "event stream: ended before")
                            : s->ended;
    }
    if (bytes.len == 0) {
        return 0;
    }
    const char *at = bytes.ptr + (s->after_cr && bytes.ptr[0] == '\n');
    s->after_cr = false;
    struct feed f = {.s = s, .end = bytes.ptr + bytes.len};
    f.lf = find(at, f.end, '\n');
    f.cr = find(at, f.end, '\r');
    s->ended = read_lines(&f, at, err);
    return s->ended;
}
