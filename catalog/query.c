#include "catalog/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

/* Words that stand in every question whatever it is about, sorted. They are weighed down rather
 * than dropped where they may carry meaning ("what is X" against "turn X on"). */
static const char *const stop_words[] = {
    "a",       "about",  "after", "all",    "also",     "am",     "an",      "and",    "any",
    "anybody", "anyone", "are",   "as",     "at",       "be",     "because", "been",   "but",
    "by",      "can",    "could", "did",    "do",       "does",   "doing",   "done",   "explain",
    "for",     "from",   "get",   "give",   "had",      "has",    "have",    "having", "hello",
    "help",    "hey",    "hi",    "how",    "i",        "if",     "im",      "in",     "into",
    "is",      "it",     "its",   "ive",    "just",     "kindly", "let",     "like",   "looking",
    "make",    "may",    "me",    "mean",   "might",    "my",     "need",    "of",     "on",
    "one",     "or",     "our",   "please", "possible", "s",      "should",  "show",   "so",
    "some",    "steps",  "tell",  "than",   "thanks",   "that",   "the",     "their",  "them",
    "then",    "there",  "these", "they",   "this",     "those",  "to",      "too",    "us",
    "use",     "used",   "using", "want",   "was",      "way",    "we",      "were",   "what",
    "whats",   "when",   "where", "which",  "who",      "whom",   "whose",   "why",    "will",
    "with",    "would",  "you",   "your",
};

/* Against a word of weight 1; from the two article sets, flat between .05 and .4. */
static const double stop_weight = 0.2;

static int
compare_word(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool
is_stop_word(struct str word)
{
    char lower[16];
    if (word.len == 0 || word.len >= sizeof(lower)) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    lower[word.len] = '\0';
    return bsearch(lower, stop_words, sizeof(stop_words) / sizeof(stop_words[0]),
                   sizeof(stop_words[0]), compare_word) != NULL;
}

/* Reading a query: collects terms as the tokenizer finds them. */
struct reading {
    const struct words *words;
    struct query *query;
    struct arena *arena;
    size_t position;
    size_t last_end; /* where the word before ended */
    bool failed;
};

/* Is the word at START the tail of a contraction: 's, 't, 'll? Typographic apostrophes are three
 * bytes. */
static bool
is_contraction_tail(const struct reading *r, size_t start)
{
    struct str between = str_sub(r->query->text, r->last_end, start - r->last_end);
    return r->position > 0 && (str_eq_c(between, "'") || str_eq_c(between, "\xE2\x80\x99"));
}

/* Does S alone tokenize to the one word STEM? Only such a slice may stand in an expression: a
 * phrase that FTS5 reads as none or two would shift the numbering. */
struct lone {
    struct str stem;
    size_t count;
    bool same;
};

static bool
take_lone(void *arg, struct str stem, size_t start, size_t end)
{
    (void)start;
    (void)end;
    struct lone *lone = arg;
    lone->count++;
    lone->same = lone->count == 1 && str_eq(stem, lone->stem);
    return lone->count < 2;
}

static bool
stands_alone(const struct words *words, struct str slice, struct str stem)
{
    struct lone lone = {.stem = stem};
    return words_split(words, slice, take_lone, &lone, &(struct err){0}) == 0 && lone.same;
}

static bool
is_known(const struct query *query, struct str stem)
{
    for (size_t i = 0; i < query->count; i++) {
        if (str_eq(query->terms[i].stem, stem)) {
            return true;
        }
    }
    return false;
}

static bool
take_word(void *arg, struct str stem, size_t start, size_t end)
{
    struct reading *r = arg;
    struct query *query = r->query;
    bool tail = is_contraction_tail(r, start);
    struct str slice = str_sub(query->text, start, end - start);
    size_t position = r->position++;
    r->last_end = end;
    if (tail) {
        /* "don't": what stood before the n't says as little as "do". */
        if (str_eq_c(slice, "t") && query->count > 0 &&
            query->terms[query->count - 1].position + 1 == position) {
            query->terms[query->count - 1].weight = stop_weight;
        }
        return true;
    }
    if (is_known(query, stem) || !stands_alone(r->words, slice, stem)) {
        return true;
    }
    struct str copy = arena_str(r->arena, stem);
    if (!copy.ptr) {
        r->failed = true;
        return false;
    }
    query->terms[query->count++] = (struct query_term){
        .text = slice,
        .stem = copy,
        .weight = is_stop_word(slice) ? stop_weight : 1.0,
        .position = position,
    };
    return query->count < QUERY_TERMS;
}

/* Valid UTF-8 without NUL, cut to what a person types. */
static struct str
clean_text(struct str text, struct arena *arena)
{
    struct str cut = {text.ptr, text.len < LIMIT_QUERY_BYTES ? text.len : LIMIT_QUERY_BYTES};
    struct str copy = arena_str(arena, cut);
    if (!copy.ptr) {
        return copy;
    }
    char *bytes = (char *)copy.ptr;
    for (size_t bad = 0; (bad = utf8_valid_prefix(copy)) < copy.len;) {
        bytes[bad] = ' ';
    }
    for (size_t i = 0; i < copy.len; i++) {
        bytes[i] = bytes[i] == '\0' ? ' ' : bytes[i];
    }
    return copy;
}

static void
settle_stop_words(struct query *query, enum query_stop stop)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->count; i++) {
        kept += query->terms[i].weight >= 1.0;
    }
    if (kept == 0) {
        for (size_t i = 0; i < query->count; i++) {
            query->terms[i].weight = 1.0;
        }
        return;
    }
    if (stop == QUERY_STOP_WEIGH) {
        return;
    }
    kept = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (query->terms[i].weight >= 1.0) {
            query->terms[kept++] = query->terms[i];
        }
    }
    query->count = kept;
}

int
query_read(const struct words *words, struct str text, enum query_stop stop, struct arena *arena,
           struct query *ret, struct err *err)
{
    ret->count = 0;
    ret->text = clean_text(text, arena);
    if (!ret->text.ptr) {
        return err_nomem(err);
    }
    struct reading reading = {.words = words, .query = ret, .arena = arena};
    int rc = words_split(words, ret->text, take_word, &reading, err);
    if (rc != 0 || reading.failed) {
        return rc != 0 ? rc : err_nomem(err);
    }
    settle_stop_words(ret, stop);
    return 0;
}

void
query_match(const struct query *query, const char *joint, struct buf *out)
{
    for (size_t i = 0; i < query->count; i++) {
        if (i > 0) {
            buf_printf(out, " %s ", joint);
        }
        buf_add_char(out, '"');
        buf_add(out, query->terms[i].text);
        buf_add_char(out, '"');
    }
}

size_t
query_code(struct str text, char out[QUERY_CODE_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (c < '0' || c > '9')) {
            continue;
        }
        if (len == QUERY_CODE_BYTES - 1) {
            out[0] = '\0';
            return 0;
        }
        out[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    out[len] = '\0';
    return len;
}

/* Worth a look-up: a digit in it, and long enough that it is no size or count. Digits alone must
 * be longer: "2600" is a number before it is a model. */
static bool
looks_like_code(const char *code, size_t len)
{
    size_t digits = strspn(code, "0123456789");
    bool has_digit = strpbrk(code, "0123456789") != NULL;
    return has_digit && len >= (digits == len ? 5U : 4U);
}

static size_t
add_code(char codes[QUERY_CODES][QUERY_CODE_BYTES], size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(codes[i], code) == 0) {
            return count;
        }
    }
    if (count < QUERY_CODES) {
        memcpy(codes[count++], code, strlen(code) + 1);
    }
    return count;
}

/* The next run of characters other than white space. */
static struct str
next_chunk(struct str text, size_t *pos)
{
    static const char white[] = " \t\r\n\f\v";
    while (*pos < text.len && strchr(white, text.ptr[*pos])) {
        (*pos)++;
    }
    size_t start = *pos;
    while (*pos < text.len && !strchr(white, text.ptr[*pos])) {
        (*pos)++;
    }
    return str_sub(text, start, *pos - start);
}

size_t
query_codes(const struct query *query, char codes[QUERY_CODES][QUERY_CODE_BYTES])
{
    char code[QUERY_CODE_BYTES];
    size_t count = 0;
    struct str whole = str_trim(query->text);
    if (query_code(whole, code) > 0 &&
        (strpbrk(code, "0123456789") || !memchr(whole.ptr, ' ', whole.len))) {
        count = add_code(codes, count, code);
    }
    struct str before = {0};
    size_t pos = 0;
    struct str chunk;
    while ((chunk = next_chunk(query->text, &pos)).len > 0) {
        size_t len = query_code(chunk, code);
        if (len > 0 && looks_like_code(code, len)) {
            count = add_code(codes, count, code);
        }
        struct str pair = {before.ptr, (size_t)(chunk.ptr + chunk.len - before.ptr)};
        len = before.ptr ? query_code(pair, code) : 0;
        if (len > 0 && looks_like_code(code, len)) {
            count = add_code(codes, count, code);
        }
        before = chunk;
    }
    return count;
}
