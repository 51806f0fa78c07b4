#include "catalog/query.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

/* Positions FROM to before TO, said in one word. */
struct span {
    struct str stem;
    size_t from;
    size_t to;
};

/* Reading a query: collects terms as the tokenizer finds them. */
struct reading {
    const struct words *words;
    struct query *query;
    struct arena *arena;
    bool failed;
    size_t span_count;
    struct span spans[QUERY_SPANS];
};

const char *
query_origin_name(enum query_origin origin)
{
    static const char *const names[] = {
        [QUERY_TYPED] = "typed",   [QUERY_WHOLE] = "whole",   [QUERY_JOINED] = "joined",
        [QUERY_MENDED] = "mended", [QUERY_HALVES] = "halves",
    };
    return names[origin];
}

bool
query_term_is(const struct query_term *term, struct str stem)
{
    for (size_t i = 0; i < term->count; i++) {
        if (str_eq(term->ways[i].stem, stem)) {
            return true;
        }
    }
    return false;
}

size_t
query_way_count(const struct query *query)
{
    size_t count = 0;
    for (size_t i = 0; i < query->count; i++) {
        count += query->terms[i].count;
    }
    return count;
}

void
query_add_way(struct query_term *term, struct query_way way)
{
    if (term->count < QUERY_WAYS && !query_term_is(term, way.stem)) {
        term->ways[term->count++] = way;
    }
}

static bool
is_known(const struct query *query, struct str stem)
{
    for (size_t i = 0; i < query->count; i++) {
        if (str_eq(query->terms[i].ways[0].stem, stem)) {
            return true;
        }
    }
    return false;
}

/* A whole or a joint says the words from its position on in another way. Those come later or are
 * here already; what is kept waits for them in `spans`. */
static bool
keep_span(struct reading *r, const struct words_token *token, struct str stem)
{
    if (r->span_count < QUERY_SPANS) {
        r->spans[r->span_count++] =
            (struct span){stem, token->position, token->position + token->span};
    }
    return true;
}

static bool
take_word(void *arg, const struct words_token *token)
{
    struct reading *r = arg;
    struct query *query = r->query;
    if (token->kind == WORDS_WORD && is_known(query, token->stem)) {
        return true;
    }
    if (token->kind == WORDS_WORD && query->count == QUERY_TERMS) {
        return false;
    }
    struct str copy = arena_str(r->arena, token->stem);
    if (!copy.ptr) {
        r->failed = true;
        return false;
    }
    if (token->kind != WORDS_WORD) {
        return keep_span(r, token, copy);
    }
    query->terms[query->count++] = (struct query_term){
        .text = str_sub(query->text, token->start, token->end - token->start),
        .weight = words_weight(r->words, copy),
        .position = token->position,
        .ways = {{.stem = copy, .factor = 1.0, .origin = QUERY_TYPED}},
        .count = 1,
    };
    return true;
}

/* Give every term the other ways to say it. */
static void
settle_spans(const struct reading *r)
{
    for (size_t i = 0; i < r->query->count; i++) {
        struct query_term *term = &r->query->terms[i];
        for (size_t k = 0; k < r->span_count; k++) {
            if (term->position >= r->spans[k].from && term->position < r->spans[k].to) {
                query_add_way(term, (struct query_way){.stem = r->spans[k].stem,
                                                       .factor = 1.0,
                                                       .origin = QUERY_WHOLE});
            }
        }
    }
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
    int rc = words_split_query(words, ret->text, take_word, &reading, err);
    if (rc != 0 || reading.failed) {
        return rc != 0 ? rc : err_nomem(err);
    }
    settle_spans(&reading);
    settle_stop_words(ret, stop);
    return 0;
}

/* One way as a phrase; the halves of a word one behind the other. */
static void
add_phrase(const struct query_way *way, struct buf *out)
{
    struct str rest = way->stem;
    struct str stem;
    for (const char *joint = ""; str_split(&rest, ' ', &stem); joint = " + ") {
        buf_printf(out, "%s\"" WORDS_STEM_MARK "%" STR_FMT "\"", joint, STR_ARG(stem));
    }
}

void
query_match(const struct query *query, const char *joint, struct buf *out)
{
    for (size_t i = 0; i < query->count; i++) {
        const struct query_term *term = &query->terms[i];
        if (i > 0) {
            buf_printf(out, " %s ", joint);
        }
        buf_add_c(out, term->count > 1 ? "(" : "");
        for (size_t k = 0; k < term->count; k++) {
            buf_add_c(out, k > 0 ? " OR " : "");
            add_phrase(&term->ways[k], out);
        }
        buf_add_c(out, term->count > 1 ? ")" : "");
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
