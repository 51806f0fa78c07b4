#include "catalog/search.h"

#include <string.h>

#include "base/utf8.h"

enum {
    /* A snippet is a line or two on a terminal. */
    SNIPPET_BYTES = 180,
    /* A text is looked through this far: manuals have more pages than anyone waits for. */
    SNIPPET_TEXT = 16 * 1024,
    SNIPPET_MARKS = 128,
};

/* A word of the text that the query has. */
struct mark {
    size_t start;
    size_t end;
    size_t term;
};

struct marking {
    const struct query *query;
    struct mark marks[SNIPPET_MARKS];
    size_t count;
};

static bool
take_mark(void *arg, const struct words_token *token)
{
    struct marking *m = arg;
    for (size_t i = 0; i < m->query->count; i++) {
        if (query_term_is(&m->query->terms[i], token->stem)) {
            m->marks[m->count++] = (struct mark){token->start, token->end, i};
            break;
        }
    }
    return m->count < SNIPPET_MARKS;
}

/* What the marks from FIRST that fit into one snippet are worth: each term once. */
static double
window_worth(const struct marking *m, size_t first)
{
    bool seen[QUERY_TERMS] = {0};
    double worth = 0;
    for (size_t i = first; i < m->count; i++) {
        if (m->marks[i].end - m->marks[first].start > SNIPPET_BYTES - 40) {
            break;
        }
        size_t term = m->marks[i].term;
        worth += seen[term] ? 0.05 : m->query->terms[term].weight;
        seen[term] = true;
    }
    return worth;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* From the start of the line or sentence before START, or some words before it. */
static size_t
window_start(struct str text, size_t start)
{
    size_t low = start > 60 ? start - 60 : 0;
    size_t word = start;
    for (size_t i = start; i > low; i--) {
        char c = text.ptr[i - 1];
        if (c == '\n' || (c == '.' && is_blank(text.ptr[i]))) {
            return i;
        }
        if (is_blank(c)) {
            word = i;
        }
    }
    return low == 0 ? 0 : word;
}

/* Runs of blanks as one space; a line break behind a word as "; ", since lines are list items. */
static struct str
flatten(struct arena *arena, struct str text, bool cut_before, bool cut_after)
{
    AUTO(buf) struct buf out;
    buf_init(&out, (size_t)3 * SNIPPET_BYTES);
    buf_add_c(&out, cut_before ? "..." : "");
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char before = i > 0 ? text.ptr[i - 1] : ' ';
        if (!is_blank(c)) {
            buf_add_char(&out, c);
        } else if (!is_blank(before)) {
            buf_add_c(&out, c == '\n' && !strchr(".,;:!?", before) ? "; " : " ");
        }
    }
    buf_add_c(&out, cut_after ? "..." : "");
    return buf_to_arena(&out, arena);
}

/* Where the query's words stand in what is shown. */
static int
mark_snippet(const struct words *words, const struct query *query, struct arena *arena,
             struct catalog_hit *hit, struct err *err)
{
    struct marking marking = {.query = query};
    int rc = words_split(words, hit->snippet, take_mark, &marking, err);
    struct catalog_mark *marks = arena_zero(arena, marking.count + 1, sizeof(*marks));
    if (rc != 0 || !marks) {
        return rc != 0 ? rc : err_nomem(err);
    }
    for (size_t i = 0; i < marking.count; i++) {
        const struct mark *m = &marking.marks[i];
        struct catalog_mark *before = hit->mark_count > 0 ? &marks[hit->mark_count - 1] : NULL;
        /* A model number and its first part begin together: the longer one is shown. */
        if (before && m->start < before->start + before->len) {
            size_t end = before->start + before->len;
            before->len = (m->end > end ? m->end : end) - before->start;
            continue;
        }
        marks[hit->mark_count++] = (struct catalog_mark){m->start, m->end - m->start};
    }
    hit->marks = marks;
    return 0;
}

int
snippet_make(const struct words *words, const struct query *query, struct str text,
             struct arena *arena, struct catalog_hit *hit, struct err *err)
{
    struct marking marking = {.query = query};
    text = utf8_cut(text, SNIPPET_TEXT);
    int rc = words_split(words, text, take_mark, &marking, err);
    if (rc != 0 || marking.count == 0) {
        return rc;
    }
    size_t best = 0;
    double most = 0;
    for (size_t i = 0; i < marking.count; i++) {
        double worth = window_worth(&marking, i);
        if (worth > most) {
            most = worth;
            best = i;
        }
    }
    size_t start = window_start(text, marking.marks[best].start);
    struct str rest = str_sub(text, start, SIZE_MAX);
    struct str cut = utf8_cut(rest, SNIPPET_BYTES);
    bool whole = cut.len == rest.len;
    while (!whole && cut.len > 0 && !is_blank(cut.ptr[cut.len - 1])) {
        cut.len--;
    }
    cut = cut.len > 0 ? cut : utf8_cut(rest, SNIPPET_BYTES);
    hit->snippet = flatten(arena, str_trim(cut), start > 0, !whole);
    return hit->snippet.ptr ? mark_snippet(words, query, arena, hit, err) : err_nomem(err);
}
