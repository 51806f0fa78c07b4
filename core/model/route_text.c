#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "model/route_call.h"

void
route_text_init(struct route_text *t)
{
    *t = (struct route_text){0};
    buf_init(&t->before, LIMIT_REPLY_BYTES);
    buf_init(&t->now, LIMIT_REPLY_BYTES);
}

void
route_text_done(struct route_text *t)
{
    buf_done(&t->before);
    buf_done(&t->now);
}

static bool
is_blank(char c)
{
    return str_trim((struct str){&c, 1}).len == 0;
}

static struct str
without_blanks_in_front(struct str s)
{
    size_t blanks = 0;
    while (blanks < s.len && is_blank(s.ptr[blanks])) {
        blanks++;
    }
    return str_sub(s, blanks, s.len);
}

static struct str
without_blanks_behind(struct str s)
{
    while (s.len && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct str
route_text_add(struct route_text *t, struct str delta, bool keep)
{
    if (t->at_seam) {
        delta = without_blanks_in_front(delta);
        t->at_seam = delta.len == 0;
    }
    if (delta.len) {
        t->shown = true;
        if (keep) {
            buf_add(&t->now, delta);
        }
    }
    return delta;
}

struct str
route_text_partial(const struct route_text *t)
{
    if (t->before.len || t->now.failed) {
        return (struct str){0};
    }
    return without_blanks_behind(buf_str(&t->now));
}

void
route_text_continue(struct route_text *t)
{
    struct buf empty = t->before;
    t->before = t->now;
    t->now = empty;
    t->at_seam = is_blank(t->before.text[t->before.len - 1]);
}

void
route_text_withdraw(struct route_text *t)
{
    buf_clear(&t->before);
    buf_clear(&t->now);
    t->shown = false;
    t->at_seam = false;
}

static struct str
whole(const struct route_text *t, struct arena *arena)
{
    size_t length = t->before.len + t->now.len;
    char *text = arena_alloc(arena, length + 1);
    if (!text) {
        return (struct str){0};
    }
    memcpy(text, t->before.text, t->before.len);
    if (t->now.len) {
        memcpy(text + t->before.len, t->now.text, t->now.len);
    }
    text[length] = '\0';
    return (struct str){text, length};
}

/* The one text stands behind the reasoning and before the tool uses,
 * for that is the order servers take it back in. */
static size_t
place_of_text(const struct model_reply *reply)
{
    size_t at = 0;
    while (at < reply->part_count && reply->parts[at].kind == MODEL_PART_REASONING) {
        at++;
    }
    return at;
}

int
route_text_join(const struct route_text *t, const struct model_reply *reply, struct arena *arena,
                struct model_reply *ret, struct err *err)
{
    *ret = *reply;
    if (t->before.len == 0) {
        return 0;
    }
    if (t->now.failed) {
        return buf_finish(&t->now, "the model's continued reply", err);
    }
    struct model_part *parts = arena_zero(arena, reply->part_count + 1, sizeof(*parts));
    struct str text = whole(t, arena);
    if (!parts || !text.ptr) {
        return err_nomem(err);
    }
    size_t at = place_of_text(reply);
    size_t count = 0;
    for (size_t i = 0; i <= reply->part_count; i++) {
        if (i == at) {
            parts[count++] = (struct model_part){.kind = MODEL_PART_TEXT, .text = text};
        }
        if (i < reply->part_count && reply->parts[i].kind != MODEL_PART_TEXT) {
            parts[count++] = reply->parts[i];
        }
    }
    ret->parts = parts;
    ret->part_count = count;
    return 0;
}
