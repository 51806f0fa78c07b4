#include "catalog/words_parts.h"

#include <string.h>

struct recording {
    struct words_record *record;
    bool failed;
};

static bool
make_room(struct words_record *r, size_t len)
{
    if (r->stems_len + len > r->stems_capacity) {
        size_t capacity = r->stems_capacity * 2 + 256 + len;
        char *stems = mem_resize(r->stems, capacity, 1);
        if (!stems) {
            return false;
        }
        r->stems = stems;
        r->stems_capacity = capacity;
    }
    return mem_grow(r->tokens, r->count, r->capacity);
}

static bool
keep_token(void *arg, const struct words_token *token)
{
    struct recording *recording = arg;
    struct words_record *r = recording->record;
    if (!make_room(r, token->stem.len)) {
        recording->failed = true;
        return false;
    }
    memcpy(r->stems + r->stems_len, token->stem.ptr, token->stem.len);
    r->tokens[r->count++] = (struct words_recorded){
        .stem = (uint32_t)r->stems_len,
        .start = (uint32_t)token->start,
        .end = (uint32_t)token->end,
        .position = token->position,
        .len = (uint8_t)token->stem.len,
        .span = (uint8_t)token->span,
        .kind = (uint8_t)token->kind,
    };
    r->stems_len += token->stem.len;
    return true;
}

int
words_record_text(const struct words *w, struct str text, struct words_record *r, struct err *err)
{
    struct recording recording = {.record = r};
    r->text = text;
    r->count = 0;
    r->stems_len = 0;
    int rc = words_walk(w->core, text, false, keep_token, &recording, err);
    if (rc != 0 || recording.failed) {
        /* Half a record is none: nothing to replay. */
        r->text = (struct str){0};
        r->count = 0;
    }
    return rc != 0 ? rc : recording.failed ? err_nomem(err) : 0;
}

void
words_record_done(struct words_record *r)
{
    mem_free(r->tokens);
    mem_free(r->stems);
    *r = (struct words_record){0};
}

void
words_replay(const struct words *w, const struct words_record *records, size_t count)
{
    w->core->replayed = records;
    w->core->replayed_count = count;
    w->core->replayed_next = 0;
}
