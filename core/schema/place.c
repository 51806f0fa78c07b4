#include "schema/place.h"

#include "base/buf.h"
#include "base/utf8.h"

/* A pointer is read by a person or a model. */
enum { POINTER_MAX = 1000, KEY_MAX = 100, DEEPEST = 128 };

static void
add_key(struct buf *out, struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (c == '~') {
            buf_add_c(out, "~0");
        } else if (c == '/') {
            buf_add_c(out, "~1");
        } else {
            buf_add_char(out, c);
        }
    }
}

static void
add_step(struct buf *out, const struct place *at)
{
    if (at->is_index) {
        buf_printf(out, "/%zu", at->index);
        return;
    }
    buf_add_char(out, '/');
    if (at->key.len > KEY_MAX) {
        add_key(out, utf8_cut(at->key, KEY_MAX));
        buf_add_c(out, "...");
    } else {
        add_key(out, at->key);
    }
}

struct str
place_pointer(const struct place *at, struct arena *arena)
{
    const struct place *steps[DEEPEST];
    size_t count = 0;
    for (; at && at->parent && count < DEEPEST; at = at->parent) {
        steps[count++] = at;
    }
    AUTO(buf) struct buf text = {0};
    buf_init(&text, POINTER_MAX + KEY_MAX * 3);
    while (count > 0 && text.len < POINTER_MAX) {
        add_step(&text, steps[--count]);
    }
    if (count > 0) {
        buf_add_c(&text, "/...");
    }
    return text.len == 0 && !text.failed ? STR("") : buf_to_arena(&text, arena);
}

bool
place_next_token(struct str *rest, struct arena *arena, struct str *ret)
{
    if (rest->len == 0 || rest->ptr[0] != '/') {
        return false;
    }
    size_t end = str_find_char(*rest, '/', 1);
    end = end == SIZE_MAX ? rest->len : end;
    char *token = arena_alloc(arena, end);
    if (!token) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 1; i < end; i++) {
        char c = rest->ptr[i];
        char next = i + 1 < end ? rest->ptr[i + 1] : 0;
        if (c == '~' && (next == '0' || next == '1')) {
            c = next == '0' ? '~' : '/';
            i++;
        }
        token[len++] = c;
    }
    *ret = (struct str){token, len};
    *rest = str_sub(*rest, end, rest->len);
    return true;
}
