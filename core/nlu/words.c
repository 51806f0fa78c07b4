#include "nlu/words.h"

#include <string.h>

#include "base/utf8.h"
#include "nlu/nlu.h"
#include "nlu/phrases.h"

enum {
    /* Typing errors are looked for in this many words; a long text has its point made by then. */
    CORRECTED_MAX = 64,
    CORRECT_LENGTH = 5, /* shorter words have too many neighbours */
    LONG_LENGTH = 9,    /* from here two errors */
    GAP_MAX = 3,
    LOWER_MAX = 48,
};

static bool
is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static bool
has_vowel(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_vowel(text[i])) {
            return true;
        }
    }
    return false;
}

static bool
ends(const char *text, size_t len, const char *suffix)
{
    size_t size = strlen(suffix);
    return len > size && memcmp(text + len - size, suffix, size) == 0;
}

/* "ing" and "ed" off, and what was doubled for them: stopp, pair. */
static size_t
cut_ending(const char *text, size_t len, const char *suffix)
{
    size_t left = len - (ends(text, len, suffix) ? strlen(suffix) : 0);
    if (left == len || left < 3 || !has_vowel(text, left)) {
        return len;
    }
    bool doubled = text[left - 1] == text[left - 2] && !is_vowel(text[left - 1]) &&
                   text[left - 1] != 'l' && text[left - 1] != 's';
    return doubled ? left - 1 : left;
}

struct str
nlu_stem(struct str word, char out[NLU_STEM_MAX])
{
    size_t len = word.len < NLU_STEM_MAX ? word.len : NLU_STEM_MAX;
    if (len > 0) {
        memcpy(out, word.ptr, len);
    }
    if (len > 4 && ends(out, len, "ies")) {
        out[len - 3] = 'y';
        len -= 2;
    } else if (len > 3 && ends(out, len, "s") && !ends(out, len, "ss") && !ends(out, len, "us") &&
               !ends(out, len, "is")) {
        len--;
        bool sibilant = ends(out, len, "oe") || ends(out, len, "xe") || ends(out, len, "che") ||
                        ends(out, len, "she") || ends(out, len, "sse");
        len -= sibilant ? 1 : 0;
    }
    size_t before = len;
    len = cut_ending(out, len, "ing");
    len = len == before ? cut_ending(out, len, "ed") : len;
    if (len > 3 && out[len - 1] == 'e') {
        len--;
    }
    return (struct str){out, len};
}

bool
nlu_same_word(const struct nlu_word *word, struct str pattern)
{
    /* A stem changes at most the last letter it keeps: most words differ before that. */
    size_t same = word->stem.len > 1 ? word->stem.len - 1 : word->stem.len;
    if (same == 0 || pattern.len < same || memcmp(word->stem.ptr, pattern.ptr, same) != 0) {
        return false;
    }
    char stem[NLU_STEM_MAX];
    return str_eq(word->stem, nlu_stem(pattern, stem));
}

bool
nlu_in_list(const struct nlu_word *word, const char *list)
{
    struct str rest = str_c(list);
    for (struct str one; str_split(&rest, ' ', &one);) {
        if (nlu_same_word(word, one)) {
            return true;
        }
    }
    return false;
}

static bool
fits(const struct nlu_word *word, struct str alternatives)
{
    for (struct str one; str_split(&alternatives, '|', &one);) {
        if (nlu_same_word(word, one)) {
            return true;
        }
    }
    return false;
}

static bool
match_here(const struct nlu_words *words, size_t at, struct str pattern)
{
    for (struct str one; str_split(&pattern, ' ', &one); at++) {
        if (str_eq(one, STR("$"))) {
            return at == words->count;
        }
        if (str_eq(one, STR("_"))) {
            for (size_t skip = 0; skip <= GAP_MAX; skip++, at++) {
                if (match_here(words, at, pattern)) {
                    return true;
                }
                if (at >= words->count || words->items[at].opens_sentence) {
                    return false;
                }
            }
            return false;
        }
        if (at >= words->count || !fits(&words->items[at], one)) {
            return false;
        }
    }
    return true;
}

size_t
nlu_match(const struct nlu_words *words, const char *pattern)
{
    struct str rest = str_c(pattern);
    bool opening = str_starts(rest, STR("^"));
    rest = opening ? str_sub(rest, 1, SIZE_MAX) : rest;
    for (size_t i = 0; i < words->count; i++) {
        if ((!opening || words->items[i].opens_clause) && match_here(words, i, rest)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Is WORD in the tables, or near to a key word there? The nearest goes to *BEST. */
struct correction {
    const struct nlu_word *word;
    struct str best;
    size_t distance;
    bool known;
};

static void
try_word(struct correction *c, struct str candidate)
{
    if (candidate.len < 2 || candidate.ptr[0] != c->word->lower.ptr[0]) {
        return;
    }
    if (nlu_same_word(c->word, candidate)) {
        c->known = true;
        return;
    }
    size_t difference = candidate.len > c->word->lower.len ? candidate.len - c->word->lower.len
                                                           : c->word->lower.len - candidate.len;
    if (candidate.len < CORRECT_LENGTH || difference >= c->distance) {
        return;
    }
    size_t distance = str_distance(c->word->lower, candidate);
    if (distance < c->distance) {
        c->distance = distance;
        c->best = candidate;
    }
}

static void
try_pattern(struct correction *c, const char *pattern)
{
    struct str rest = str_c(pattern);
    rest = str_starts(rest, STR("^")) ? str_sub(rest, 1, SIZE_MAX) : rest;
    for (struct str part; !c->known && str_split(&rest, ' ', &part);) {
        for (struct str one; str_split(&part, '|', &one);) {
            try_word(c, one);
        }
    }
}

static bool
is_plain_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 'a' || s.ptr[i] > 'z') {
            return false;
        }
    }
    return true;
}

static void
set_stem(struct nlu_word *word)
{
    word->stem = nlu_stem(word->lower, word->stem_bytes);
}

/* A typing error in a word that matters: the key word takes its place. Only where no right word
 * of ours is meant, and the first letter is right: that one people rarely miss. */
static void
correct(struct nlu_word *word)
{
    if (word->lower.len < CORRECT_LENGTH || !is_plain_word(word->lower) ||
        nlu_in_list(word, nlu_noise) || nlu_in_list(word, nlu_spelt)) {
        return;
    }
    struct correction c = {.word = word, .distance = word->lower.len >= LONG_LENGTH ? 3 : 2};
    for (size_t i = 0; i < nlu_phrase_count && !c.known; i++) {
        try_pattern(&c, nlu_phrases[i].words);
    }
    for (size_t i = 0; i < nlu_mood_count && !c.known; i++) {
        try_pattern(&c, nlu_moods[i].words);
    }
    for (size_t i = 0; i < nlu_urgency_count && !c.known; i++) {
        try_pattern(&c, nlu_urgencies[i].words);
    }
    if (!c.known && c.best.len > 0) {
        word->lower = c.best;
        set_stem(word);
    }
}

struct splitter {
    struct arena *arena;
    struct nlu_words *words;
    size_t room;
    bool sentence;
    bool clause;
    bool failed;
};

static void
add_word(struct splitter *s, struct str raw, struct str lower)
{
    if (s->words->count == s->room || lower.len == 0) {
        return;
    }
    struct nlu_word *word = &s->words->items[s->words->count++];
    *word = (struct nlu_word){.raw = raw, .lower = lower, .opens_sentence = s->sentence,
                              .opens_clause = s->clause};
    word->shouted = raw.len >= 4;
    for (size_t i = 0; i < raw.len; i++) {
        word->shouted = word->shouted && raw.ptr[i] >= 'A' && raw.ptr[i] <= 'Z';
    }
    set_stem(word);
    if (s->words->count <= CORRECTED_MAX) {
        correct(word);
    }
    s->sentence = false;
    s->clause = false;
}

/* A short form as what it stands for; false when it is none. */
static bool
add_alias(struct splitter *s, struct str raw, struct str lower)
{
    for (size_t i = 0; i < nlu_alias_count; i++) {
        if (!str_eq_c(lower, nlu_aliases[i].from)) {
            continue;
        }
        struct str rest = str_c(nlu_aliases[i].to);
        for (struct str one; str_split(&rest, ' ', &one);) {
            add_word(s, raw, one);
        }
        return true;
    }
    return false;
}

/* "isn't" is "is not"; of "hub's" the hub is left. */
static void
add_raw(struct splitter *s, struct str raw)
{
    struct str lower = arena_str(s->arena, str_sub(raw, 0, LOWER_MAX));
    char *bytes = (char *)(uintptr_t)lower.ptr;
    if (!bytes) {
        s->failed = true;
        return;
    }
    for (size_t i = 0; i < lower.len; i++) {
        bytes[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (char)(bytes[i] - 'A' + 'a') : bytes[i];
    }
    if (add_alias(s, raw, lower)) {
        return;
    }
    size_t quote = str_find_char(lower, '\'', 0);
    if (lower.len > 3 && str_ends(lower, STR("n't"))) {
        add_word(s, raw, str_sub(lower, 0, lower.len - 3));
        add_word(s, raw, STR("not"));
        return;
    }
    add_word(s, raw, str_sub(lower, 0, quote));
}

static bool
is_letter(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    struct str rest = str_sub(text, at, 3);
    if (str_starts(rest, STR("\xe2\x82\xac")) || str_starts(rest, STR("\xc2\xa3"))) {
        return false; /* euro and pound signs stand for themselves */
    }
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || (c >= 0x80 && c < 0xf0)) {
        return true;
    }
    /* Inside a word only: don't, wi-fi, 19.90. */
    bool joins = c == '\'' || c == '-' || c == '.' || c == ',';
    if (!joins || at == 0 || at + 1 >= text.len) {
        return false;
    }
    unsigned char left = (unsigned char)text.ptr[at - 1];
    unsigned char right = (unsigned char)text.ptr[at + 1];
    bool digits = left >= '0' && left <= '9' && right >= '0' && right <= '9';
    bool letters = (left | 0x20) >= 'a' && (left | 0x20) <= 'z' && (right | 0x20) >= 'a' &&
                   (right | 0x20) <= 'z';
    return c == '.' || c == ',' ? digits : letters || digits || c == '-';
}

/* Signs and emoji between words. How many bytes to step. */
static size_t
step_over(struct splitter *s, struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    bool full_stop = c == '.' || c == '!' || c == '?' || c == '\n';
    s->sentence = s->sentence || full_stop;
    s->clause = s->clause || full_stop || c == ',' || c == ';' || c == ':';
    size_t len = c >= 0x80 ? utf8_char_length(text.ptr + at, text.len - at) : 1;
    if (len > 1 || c == '$') {
        (void)add_alias(s, str_sub(text, at, len), str_sub(text, at, len));
    }
    return len ? len : 1;
}

/* What word processors make of quotes and dashes, as the keys that were meant; controls as
 * spaces. Never longer than TEXT. */
static struct str
plain_text(struct str text, struct arena *arena)
{
    static const struct {
        const char *from;
        char to;
    } signs[] = {
        {"\xe2\x80\x98", '\''}, {"\xe2\x80\x99", '\''}, {"\xe2\x80\x9c", '"'},
        {"\xe2\x80\x9d", '"'},  {"\xe2\x80\x9e", '"'},  {"\xe2\x80\x93", '-'},
        {"\xe2\x80\x94", '-'},  {"\xe2\x80\xa6", '.'},  {"\xc2\xa0", ' '},
    };
    char *out = arena_alloc(arena, text.len + 1);
    if (!out) {
        return (struct str){0};
    }
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];
        size_t step = 1;
        for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
            struct str from = str_c(signs[i].from);
            if (str_starts(str_sub(text, at, from.len), from)) {
                c = signs[i].to;
                step = from.len;
                break;
            }
        }
        bool control = ((unsigned char)c < 0x20 && c != '\n') || c == 0x7f;
        out[len++] = control ? ' ' : c;
        at += step;
    }
    return (struct str){out, len};
}

bool
nlu_split(struct str text, struct arena *arena, struct nlu_words *ret)
{
    /* Of a text as long as a book only the opening counts. */
    enum { BYTES_MAX = 16 * NLU_WORDS_MAX };
    *ret = (struct nlu_words){.text = plain_text(utf8_cut(text, BYTES_MAX), arena)};
    text = ret->text;
    /* A byte may open into a word or more; what finds no room is not read. */
    size_t room = text.len * 2 < NLU_WORDS_MAX ? text.len * 2 : NLU_WORDS_MAX;
    ret->items = text.ptr ? arena_zero(arena, room + 1, sizeof(*ret->items)) : NULL;
    if (!ret->items) {
        return false;
    }
    struct splitter s = {arena, ret, room, true, true, false};
    for (size_t at = 0; at < text.len && !s.failed;) {
        size_t end = at;
        while (end < text.len && is_letter(text, end)) {
            end++;
        }
        if (end > at) {
            add_raw(&s, str_sub(text, at, end - at));
            at = end;
        } else {
            at += step_over(&s, text, at);
        }
    }
    return !s.failed;
}
