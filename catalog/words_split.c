#include "catalog/words_parts.h"

#include <limits.h>
#include <string.h>

/* Text is walked once. A run is letters and digits of an alphabet with single joiners between: its
 * parts are gathered before any is told, since the whole belongs to the first one's position. */
struct splitter {
    struct words_core *core;
    struct str text;
    size_t pos;
    uint32_t position;
    bool plain;
    words_each each;
    void *arg;
    bool stopped;
    bool failed; /* no memory */
    size_t count;
    struct words_part parts[WORDS_PARTS];
};

static void
tell(struct splitter *s, const struct words_token *token)
{
    s->stopped = s->stopped || !s->each(s->arg, token);
}

/* The character at AT, whatever it is; NONE at the end. */
static struct letter
letter_at(struct str text, size_t at)
{
    return at < text.len ? words_letter(text.ptr + at, text.len - at) : (struct letter){0};
}

static bool
is_alphabetic(struct letter letter)
{
    return letter.kind == LETTER_LETTER || letter.kind == LETTER_DIGIT;
}

/* Bytes of the apostrophe at AT, 0 for anything else. */
static size_t
apostrophe_at(struct str text, size_t at)
{
    char c = text.ptr[at];
    if (c == '\'') {
        return 1;
    }
    if (c != '\xE2' && c != '\xCA') {
        return 0;
    }
    struct str rest = str_sub(text, at, 3);
    return str_eq_c(rest, "\xE2\x80\x99") ? 3 : str_starts(rest, STR("\xCA\xBC")) ? 2 : 0;
}

/* Where the ending at AT, behind an apostrophe, is over that says nothing: "the lamp's", "I'd". 0:
 * there is none. */
static size_t
ending_after(const struct words_core *core, struct str text, size_t at)
{
    struct str endings = str_c(core->facts && core->facts->endings ? core->facts->endings : "s");
    struct str ending;
    while (str_split(&endings, ' ', &ending)) {
        size_t end = at + ending.len;
        if (str_eq_nocase(str_sub(text, at, ending.len), ending) &&
            letter_at(text, end).kind == LETTER_NONE) {
            return end;
        }
    }
    return 0;
}

/* Within a word an apostrophe is nothing ("won't"), or an ending that is left out. Returns where
 * the word goes on; AT where it ends. *RET_END is set where what follows is passed over. */
static size_t
pass_apostrophe(const struct words_core *core, struct str text, size_t at,
                const struct words_part *part, size_t *ret_end)
{
    size_t width = apostrophe_at(text, at);
    if (width == 0 || part->digits || letter_at(text, at + width).kind != LETTER_LETTER ||
        (core->facts && core->facts->elides)) {
        return at;
    }
    size_t tail = at + width;
    size_t end = ending_after(core, text, tail);
    if (end > 0) {
        *ret_end = end;
        return at;
    }
    return tail;
}

/* The letter or digit C folded, 0 for anything else. */
static char
fold_ascii(char c)
{
    return (unsigned char)c < 128 ? words_ascii[(unsigned char)c] : 0;
}

/* ASCII letters and digits from POS on, the greater part of most texts. Letters have LETTER_BIT and
 * digits have not. */
static size_t
read_ascii(struct str text, size_t pos, struct words_part *part)
{
    enum { LETTER_BIT = 0x40 };
    const char *from = text.ptr + pos;
    char *to = part->raw + part->len;
    size_t room = sizeof(part->raw) - part->len;
    size_t most = text.len - pos < room ? text.len - pos : room;
    size_t len = 0;
    char any = 0;
    char all = LETTER_BIT;
    char folded;
    while (len < most && (folded = fold_ascii(from[len])) != 0) {
        any |= folded;
        all &= folded;
        to[len++] = folded;
    }
    part->len = (uint8_t)(part->len + len);
    /* What is too long to be kept is still one word. */
    while (len >= room && pos + len < text.len && (folded = fold_ascii(from[len])) != 0) {
        any |= folded;
        all &= folded;
        len++;
    }
    part->letters |= (any & LETTER_BIT) != 0;
    part->digits |= all == 0;
    return pos + len;
}

/* A character beyond ASCII that belongs to the word. */
static void
append(struct words_part *part, const struct letter *letter)
{
    part->digits |= letter->kind == LETTER_DIGIT;
    part->letters |= letter->kind == LETTER_LETTER;
    if (part->len + letter->len <= sizeof(part->raw)) {
        memcpy(part->raw + part->len, letter->text, letter->len);
        part->len = (uint8_t)(part->len + letter->len);
    }
}

/* The word at POS, which a letter or digit begins. Returns where to go on. */
static size_t
read_part(const struct words_core *core, struct str text, size_t pos, struct words_part *part)
{
    size_t after = 0;
    part->start = pos;
    part->letters = false;
    part->digits = false;
    part->len = 0;
    while ((pos = read_ascii(text, pos, part)) < text.len) {
        unsigned char c = (unsigned char)text.ptr[pos];
        struct letter letter = c < 128 ? (struct letter){0} : letter_at(text, pos);
        if (letter.kind == LETTER_IDEOGRAPH) {
            break;
        }
        if (letter.kind != LETTER_NONE) {
            append(part, &letter);
            pos += letter.bytes;
            continue;
        }
        size_t next = pass_apostrophe(core, text, pos, part, &after);
        if (next == pos) {
            break;
        }
        pos = next;
    }
    part->end = pos;
    return after > 0 ? after : pos;
}

void
words_part_read(const struct words_core *core, struct str text, struct words_part *ret)
{
    ret->joiner = 0;
    (void)read_part(core, text, 0, ret);
    words_part_settle(ret);
}

/* What joins the run so far to the word behind it, as ASCII; 0: nothing does. */
static char
joiner_at(const struct splitter *s, size_t *ret_width)
{
    /* Most words have a blank behind them. */
    if (s->pos >= s->text.len || s->text.ptr[s->pos] == ' ') {
        return 0;
    }
    const struct words_part *last = &s->parts[s->count - 1];
    char c = s->text.ptr[s->pos];
    *ret_width = 1;
    if (c == '_') {
        c = '-';
    } else if (c == '\xE2') {
        /* Hyphens of typesetters. */
        struct str rest = str_sub(s->text, s->pos, 3);
        bool hyphen = str_eq_c(rest, "\xE2\x80\x90") || str_eq_c(rest, "\xE2\x80\x91");
        c = hyphen ? '-' : c;
        *ret_width = 3;
    }
    if (c != '-' && (!last->digits || (c != '.' && c != ',' && c != '/'))) {
        return 0;
    }
    struct letter next = letter_at(s->text, s->pos + *ret_width);
    if (c == ',' && (last->letters || next.kind != LETTER_DIGIT)) {
        return 0;
    }
    return is_alphabetic(next) ? c : 0;
}

static void
tell_whole(struct splitter *s, struct str stem, size_t end, size_t span)
{
    struct words_token token = {
        .stem = stem,
        .start = s->parts[0].start,
        .end = end,
        .position = s->position,
        .span = (uint32_t)span,
        .kind = WORDS_WHOLE,
    };
    tell(s, &token);
}

/* What the run is beside its parts. */
static void
tell_wholes(struct splitter *s)
{
    char text[WORDS_WHOLE_BYTES];
    bool word = false;
    size_t end = s->parts[s->count - 1].end;
    size_t len = words_whole(s->parts, s->count, text, &word);
    if (len > 0) {
        struct str whole = {text, len};
        whole = word ? words_stem(s->core, whole) : whole;
        s->failed = s->failed || !whole.ptr;
        tell_whole(s, whole, end, s->count);
    }
    len = words_measure(s->parts, s->count, s->text, s->pos, text, &end, &word);
    if (len > 0) {
        tell_whole(s, (struct str){text, len}, end, s->count + (word ? 1 : 0));
    }
}

static void
tell_part(struct splitter *s, struct words_part *part, uint32_t position)
{
    struct words_token token = {
        .stem = {part->raw, part->len},
        .start = part->start,
        .end = part->end,
        .position = position,
        .span = 1,
        .kind = WORDS_WORD,
    };
    if (!part->digits) {
        token.stem = words_stem(s->core, token.stem);
        if (!token.stem.ptr) {
            s->failed = true;
            return;
        }
    }
    tell(s, &token);
}

static void
tell_run(struct splitter *s, bool whole)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->parts[i].digits && s->parts[i].letters) {
            words_part_settle(&s->parts[i]);
        }
    }
    for (size_t i = 0; i < s->count && !s->stopped && !s->failed; i++) {
        tell_part(s, &s->parts[i], s->position + (uint32_t)i);
        if (i == 0 && whole && !s->stopped && (s->count > 1 || !s->parts[0].letters)) {
            tell_wholes(s);
        }
    }
    s->position += (uint32_t)s->count;
    s->count = 0;
}

static void
read_run(struct splitter *s)
{
    bool over = false;
    char joiner = 0;
    size_t width = 0;
    s->count = 0;
    do {
        if (s->count == WORDS_PARTS) {
            over = true;
            tell_run(s, false);
        }
        s->pos += width;
        struct words_part *part = &s->parts[s->count++];
        part->joiner = joiner;
        s->pos = read_part(s->core, s->text, s->pos, part);
        joiner = joiner_at(s, &width);
    } while (joiner && !s->stopped && !s->failed);
    if (s->count == 1 && !over && !s->parts[0].digits) {
        /* Most runs are one word. */
        tell_part(s, &s->parts[0], s->position++);
        return;
    }
    tell_run(s, !over);
}

static struct words_token
characters(const struct splitter *s, const char *text, size_t len, size_t start, size_t end)
{
    return (struct words_token){
        .stem = {text, len},
        .start = start,
        .end = end,
        .position = s->position,
        .span = 1,
        .kind = WORDS_WORD,
    };
}

/* Every character with the next one; beside it, for who asks for one alone, the character. The
 * last one stands beside the last pair. */
static void
read_ideographs(struct splitter *s)
{
    char pair[8];
    size_t before = 0; /* bytes of the character before */
    size_t start = s->pos;
    size_t end = s->pos;
    bool alone = true;
    while (s->pos < s->text.len && !s->stopped) {
        struct letter letter = letter_at(s->text, s->pos);
        if (letter.kind != LETTER_IDEOGRAPH && letter.kind != LETTER_MARK) {
            break;
        }
        size_t at = s->pos;
        s->pos += letter.bytes;
        if (letter.kind == LETTER_MARK) {
            continue;
        }
        memcpy(pair + before, letter.text, letter.len);
        if (before > 0) {
            struct words_token token = characters(s, pair, before + letter.len, start, s->pos);
            s->position += alone ? 0 : 1;
            token.position = s->position;
            alone = false;
            tell(s, &token);
            token = characters(s, pair, before, start, end);
            token.kind = WORDS_CHARACTER;
            if (!s->plain && !s->stopped) {
                tell(s, &token);
            }
            memmove(pair, pair + before, letter.len);
        }
        before = letter.len;
        start = at;
        end = s->pos;
    }
    struct words_token last = characters(s, pair, before, start, end);
    last.kind = alone ? WORDS_WORD : WORDS_CHARACTER;
    if (!s->stopped && (alone || !s->plain)) {
        tell(s, &last);
    }
    s->position++;
}

int
words_walk(struct words_core *core, struct str text, bool plain, words_each each, void *arg,
           struct err *err)
{
    struct splitter s;
    s.core = core;
    s.text = (struct str){text.ptr, text.len < INT_MAX ? text.len : INT_MAX};
    s.pos = 0;
    s.position = 0;
    s.plain = plain;
    s.each = each;
    s.arg = arg;
    s.stopped = false;
    s.failed = false;
    while (s.pos < s.text.len && !s.stopped && !s.failed) {
        unsigned char c = (unsigned char)s.text.ptr[s.pos];
        if (c < 128) {
            if (words_ascii[c]) {
                read_run(&s);
            } else {
                s.pos++;
            }
            continue;
        }
        struct letter letter = letter_at(s.text, s.pos);
        if (letter.kind == LETTER_IDEOGRAPH) {
            read_ideographs(&s);
        } else if (is_alphabetic(letter)) {
            read_run(&s);
        } else {
            s.pos += letter.bytes;
        }
    }
    return s.failed ? err_nomem(err) : 0;
}
