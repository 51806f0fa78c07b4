#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"

void
buf_init(struct buf *b, size_t max)
{
    must(max > 0 && max < SIZE_MAX / 4);
    *b = (struct buf){.max = max};
}

void
buf_done(struct buf *b)
{
    mem_free(b->text);
    *b = (struct buf){.max = b->max};
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = 0;
    if (b->text) {
        b->text[0] = '\0';
    }
}

/* Room for MORE bytes and the NUL behind them. */
static bool
reserve(struct buf *b, size_t more)
{
    if (b->failed) {
        return false;
    }
    must(b->max > 0);
    if (more > b->max || b->len > b->max - more) {
        b->failed = ERR_LIMIT;
        return false;
    }
    size_t needed = b->len + more + 1;
    if (needed <= b->capacity) {
        return true;
    }
    /* By half where there is much: a streamed answer is kept while it grows, for long. */
    size_t more_room = b->capacity < 1024 ? b->capacity : b->capacity / 2;
    size_t capacity = b->capacity ? b->capacity + more_room : 128;
    capacity = capacity < needed ? needed : capacity;
    char *grown = mem_resize(b->text, capacity, 1);
    if (!grown) {
        b->failed = ERR_NOMEM;
        return false;
    }
    b->text = grown;
    b->capacity = capacity;
    return true;
}

void
buf_reserve(struct buf *b, size_t len)
{
    if (b->len <= b->max && len <= b->max - b->len) {
        (void)reserve(b, len);
    }
}

void
buf_add(struct buf *b, struct str s)
{
    if (!reserve(b, s.len)) {
        return;
    }
    if (s.len) {
        memcpy(b->text + b->len, s.ptr, s.len);
    }
    b->len += s.len;
    b->text[b->len] = '\0';
}

void
buf_add_c(struct buf *b, const char *text)
{
    buf_add(b, str_c(text));
}

void
buf_add_char(struct buf *b, char c)
{
    buf_add(b, (struct str){&c, 1});
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(b, (size_t)length)) {
        (void)vsnprintf(b->text + b->len, (size_t)length + 1, format, again);
        b->len += (size_t)length;
    }
    va_end(again);
}

void
buf_truncate(struct buf *b, size_t len)
{
    must(len <= b->len);
    b->len = len;
    if (b->text) {
        b->text[len] = '\0';
    }
}

struct str
buf_str(const struct buf *b)
{
    return (struct str){b->text, b->len};
}

int
buf_finish(const struct buf *b, const char *what, struct err *err)
{
    if (b->failed == ERR_LIMIT) {
        return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", what, b->max);
    }
    return b->failed ? err_nomem(err) : 0;
}

struct str
buf_to_arena(const struct buf *b, struct arena *arena)
{
    return b->failed ? (struct str){0} : arena_str(arena, buf_str(b));
}
