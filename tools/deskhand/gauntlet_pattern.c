/* One text for a regular expression of the simple kind: letters, classes, groups, alternatives and
 * counts. Of each choice the first is taken, of each count the least, but one where it may be none:
 * "^[A-Z]{2}-\d+$" gives "AA-0". What looks ahead or back is beyond this. */
#include "base/buf.h"
#include "gauntlet_arguments.h"

enum { DEPTH_MAX = 16, TIMES_MAX = 200 };

struct sampler {
    struct str rest;
    unsigned depth;
    bool lost;
};

static bool sample_choice(struct sampler *s, struct buf *out);

static char
peek(const struct sampler *s)
{
    return s->rest.len ? s->rest.ptr[0] : '\0';
}

static char
take(struct sampler *s)
{
    char c = peek(s);
    s->rest = str_sub(s->rest, 1, SIZE_MAX);
    return c;
}

static bool
take_if(struct sampler *s, char c)
{
    if (s->rest.len == 0 || s->rest.ptr[0] != c) {
        return false;
    }
    (void)take(s);
    return true;
}

/* The character that stands for what was escaped. */
static char
escaped(struct sampler *s)
{
    char c = take(s);
    switch (c) {
    case 'd':
        return '0';
    case 'w':
        return 'a';
    case 's':
        return ' ';
    case 'D':
    case 'S':
        return 'a';
    case 'W':
        return '-';
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    default:
        /* Punctuation is itself; other letters mean something else. */
        s->lost = s->lost || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '\0';
        return c;
    }
}

/* [...]: its first member; of a negated one a letter that is likely to be outside. */
static char
sample_class(struct sampler *s)
{
    bool negated = take_if(s, '^');
    char first = '\0';
    bool any = false;
    while (s->rest.len && (peek(s) != ']' || !any)) {
        char c = take(s);
        c = c == '\\' ? escaped(s) : c;
        first = any ? first : c;
        any = true;
    }
    s->lost = s->lost || !take_if(s, ']');
    return negated ? (first == 'x' ? 'y' : 'x') : first;
}

static size_t
take_number(struct sampler *s, size_t fallback)
{
    size_t n = 0;
    bool any = false;
    while (peek(s) >= '0' && peek(s) <= '9') {
        n = n < TIMES_MAX ? n * 10 + (size_t)(take(s) - '0') : (take(s), n);
        any = true;
    }
    return any ? n : fallback;
}

/* How often what stands before is wanted. */
static size_t
take_times(struct sampler *s)
{
    size_t times = 1;
    if (take_if(s, '?') || take_if(s, '*') || take_if(s, '+')) {
        times = 1;
    } else if (take_if(s, '{')) {
        times = take_number(s, 0);
        size_t most = take_if(s, ',') ? take_number(s, SIZE_MAX) : times;
        s->lost = s->lost || !take_if(s, '}');
        times = times == 0 && most > 0 ? 1 : times;
    }
    (void)(take_if(s, '?') || take_if(s, '+'));
    return times < TIMES_MAX ? times : TIMES_MAX;
}

static void
sample_group(struct sampler *s, struct buf *out)
{
    if (take_if(s, '?') && !take_if(s, ':')) {
        s->lost = true;
        return;
    }
    s->lost = s->lost || ++s->depth > DEPTH_MAX || !sample_choice(s, out) || !take_if(s, ')');
    s->depth--;
}

/* One atom with its count. */
static void
sample_atom(struct sampler *s, struct buf *out)
{
    size_t start = out->len;
    char c = take(s);
    if (c == '(') {
        sample_group(s, out);
    } else if (c == '[') {
        buf_add_char(out, sample_class(s));
    } else if (c == '.') {
        buf_add_char(out, 'x');
    } else if (c == '\\') {
        buf_add_char(out, escaped(s));
    } else {
        buf_add_char(out, c);
    }
    size_t length = out->len - start;
    size_t times = take_times(s);
    if (times == 0) {
        buf_truncate(out, start);
    }
    for (size_t i = 1; i < times && !out->failed && !s->lost; i++) {
        for (size_t k = 0; k < length; k++) {
            buf_add_char(out, out->text[start + k]);
        }
    }
}

/* Alternatives up to a ')' or the end; the first is kept. */
static bool
sample_choice(struct sampler *s, struct buf *out)
{
    size_t first = SIZE_MAX;
    while (s->rest.len && peek(s) != ')' && !s->lost && !out->failed) {
        if (take_if(s, '|')) {
            first = first == SIZE_MAX ? out->len : first;
        } else if (!take_if(s, '^') && !take_if(s, '$')) {
            sample_atom(s, out);
        }
    }
    if (first != SIZE_MAX) {
        buf_truncate(out, first);
    }
    return !s->lost;
}

bool
pattern_sample(struct str pattern, struct buf *out)
{
    struct sampler s = {.rest = pattern};
    return sample_choice(&s, out) && s.rest.len == 0 && !out->failed;
}
