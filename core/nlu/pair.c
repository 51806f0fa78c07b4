/* The two sides of "LEFT or RIGHT", "does LEFT work with RIGHT".
 *
 * The words that carry something are kept on either side of the first word that parts them. "Hub 2
 * and 3" is two hubs: a right side that is only a number takes over what the left one is. */
#include "base/buf.h"
#include "nlu/parts.h"
#include "nlu/phrases.h"

static const char compare_parts[] = "and or vs versus than with to against from";
static const char fits_parts[] = "with without to for on fit fits suit suits support supports in";
/* Say that things belong together, and name none of them. */
static const char verbs[] =
    "pair connect support fit suit run control link hook talk speak communicate join use add "
    "combine require compatible together old existing";

struct side {
    size_t first;
    size_t last;
    size_t count;
};

static bool
carries(const struct nlu_words *words, size_t i)
{
    const struct nlu_word *w = &words->items[i];
    bool alias = i > 0 && words->items[i - 1].raw.ptr == w->raw.ptr;
    return !alias && !nlu_in_list(w, nlu_noise) && !nlu_in_list(w, verbs);
}

static void
take(struct side *s, size_t i)
{
    s->first = s->count == 0 ? i : s->first;
    s->last = i;
    s->count++;
}

/* The words of S that carry something, joined. PREFIX: those of another side without its last. */
static bool
side_text(const struct nlu_words *words, const struct side *s, const struct side *prefix,
          struct arena *arena, struct str *ret)
{
    AUTO(buf) struct buf out;
    buf_init(&out, NLU_QUERY_MAX);
    for (size_t i = prefix ? prefix->first : 0; prefix && i < prefix->last; i++) {
        if (carries(words, i)) {
            buf_add(&out, words->items[i].raw);
            buf_add_c(&out, " ");
        }
    }
    size_t before = out.len;
    for (size_t i = s->first; s->count > 0 && i <= s->last; i++) {
        if (carries(words, i)) {
            buf_add_c(&out, out.len > before ? " " : "");
            buf_add(&out, words->items[i].raw);
        }
    }
    /* What is too long to be a name is none. */
    if (out.failed == ERR_LIMIT || out.len == 0) {
        return true;
    }
    *ret = buf_to_arena(&out, arena);
    return ret->ptr != NULL;
}

static bool
is_number(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9') {
            return false;
        }
    }
    return word.len > 0;
}

bool
nlu_read_pair(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret)
{
    bool compares = (ret->cues & NLU_CUE_COMPARE) != 0;
    if (!compares && !(ret->cues & NLU_CUE_FITS)) {
        return true;
    }
    const char *list = compares ? compare_parts : fits_parts;
    struct side sides[2] = {0};
    size_t side = 0;
    for (size_t i = 0; i < words->count; i++) {
        const struct nlu_word *w = &words->items[i];
        /* "Which is better: the Hub 2 or the Hub 3?": what comes first is no side. */
        bool parts = nlu_in_list(w, list) || (compares && w->opens_clause && sides[side].count > 0);
        if (parts && side == 1 && sides[1].count > 0) {
            break;
        }
        side = parts && (compares ? sides[0].count > 0 || i > 0 : true) ? 1 : side;
        if (compares && side == 1 && sides[0].count == 0 && !ret->refers && ret->ordinal == 0) {
            side = 0;
        }
        if (carries(words, i) && !nlu_in_list(w, list)) {
            take(&sides[side], i);
        }
    }
    bool number =
        sides[1].count == 1 && sides[0].count > 1 && is_number(words->items[sides[1].first].raw);
    return side_text(words, &sides[0], NULL, arena, &ret->left) &&
           side_text(words, &sides[1], number ? &sides[0] : NULL, arena, &ret->right);
}
