#include "catalog/words_parts.h"

#include <string.h>

/* Neighbours that may be one model number: "wh 1000 xm4", "iphone 11". Which of them exist only the
 * index knows; here they are told. */
enum {
    JOINT_WORDS = 4,
    JOINT_WORD_BYTES = 16,
};

struct asking {
    const struct words *words;
    const struct words_record *record;
    words_each each;
    void *arg;
};

/* The next word behind token I with nothing but one blank or hyphen between; count for none. */
static size_t
next_neighbour(const struct words_record *r, size_t i)
{
    size_t end = r->tokens[i].end;
    for (size_t k = i + 1; k < r->count; k++) {
        if (r->tokens[k].kind != WORDS_WORD) {
            continue;
        }
        size_t start = r->tokens[k].start;
        char between = start == end + 1 ? r->text.ptr[end] : '\0';
        return between == ' ' || between == '-' ? k : r->count;
    }
    return r->count;
}

/* Does the index put STEM beside the word at POSITION anyway? */
static bool
is_told(const struct words_record *r, size_t first, struct str stem, uint32_t span)
{
    for (size_t i = first; i < r->count; i++) {
        struct words_token token = words_record_token(r, i);
        if (token.position != r->tokens[first].position) {
            return false;
        }
        if (token.kind == WORDS_WHOLE && (str_eq(token.stem, stem) || token.span == span)) {
            return true;
        }
    }
    return false;
}

/* The neighbours from token FIRST on, put together one by one. */
static bool
tell_joints(const struct asking *a, size_t first)
{
    const struct words_record *r = a->record;
    struct words_part part;
    char text[WORDS_WHOLE_BYTES];
    size_t len = 0;
    bool letters = false;
    bool digits = false;
    size_t i = first;
    for (uint32_t span = 1; span <= JOINT_WORDS && i < r->count; span++) {
        const struct words_recorded *word = &r->tokens[i];
        struct str slice = str_sub(r->text, word->start, word->end - word->start);
        words_part_read(a->words->core, slice, &part);
        if (part.len == 0 || part.len > JOINT_WORD_BYTES || len + part.len > sizeof(text)) {
            return true;
        }
        memcpy(text + len, part.raw, part.len);
        len += part.len;
        letters = letters || part.letters;
        digits = digits || part.digits;
        struct words_token token = words_record_token(r, first);
        token.stem = (struct str){text, len};
        token.end = word->end;
        token.span = span;
        token.kind = WORDS_JOINT;
        if (span > 1 && letters && digits && !is_told(r, first, token.stem, span) &&
            !a->each(a->arg, &token)) {
            return false;
        }
        i = next_neighbour(r, i);
    }
    return true;
}

static void
tell_query(const struct asking *a)
{
    const struct words_record *r = a->record;
    size_t word = 0; /* the last one: joints come behind everything at its position */
    for (size_t i = 0; i < r->count; i++) {
        struct words_token token = words_record_token(r, i);
        word = token.kind == WORDS_WORD ? i : word;
        if (token.kind != WORDS_CHARACTER && !a->each(a->arg, &token)) {
            return;
        }
        bool last = i + 1 == r->count || r->tokens[i + 1].kind == WORDS_WORD;
        if (last && !tell_joints(a, word)) {
            return;
        }
    }
}

int
words_split_query(const struct words *w, struct str text, words_each each, void *arg,
                  struct err *err)
{
    AUTO(words_record) struct words_record record = {0};
    int rc = words_record_text(w, text, &record, err);
    if (rc == 0) {
        struct asking asking = {.words = w, .record = &record, .each = each, .arg = arg};
        tell_query(&asking);
    }
    return rc;
}
