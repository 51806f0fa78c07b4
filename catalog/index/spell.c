/* Two radix trees over the words, one from their first character and one from their last, written
 * in preorder. A node is
 *
 *     1 byte    bits 0 to 5 the length of its label, bit 6 a word ends here, bit 7 it has children
 *     label     whole characters
 *     varint    the word's count, where one ends here
 *     varint    the bytes of all its children, where it has some
 *     children
 *
 * and the vocabulary is a format byte, the size of the forward tree as a varint, and both trees.
 *
 * A search walks a tree with the set of cells of the edit-distance table that are within reach, a
 * bit a character of the word asked about, one set an edit (Wu and Manber's automaton, with swaps).
 * A node costs some ten operations a character, and an empty set ends its whole subtree.
 *
 * Two edits anywhere make such a walk long: nearly every beginning of four letters is within two
 * edits of a given one. So they are looked for from both ends. The word asked about is cut at
 * column M. Either at most one edit lies before M: the forward walk allows one there, two behind.
 * Or both lie before M: then what is behind M is right to the letter, and the backward walk allows
 * no edit there. Column M itself counts as behind in both walks, since letters that are too many
 * at the cut belong to either side. One edit is cheap from one end, and only words that a long
 * one can reach by two are in the backward tree. */
#include "catalog/index/spell.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/must.h"
#include "base/utf8.h"

enum {
    FORMAT = 1,
    EDITS = 2,
    NODE_LENGTH = 0x3F,
    NODE_WORD = 0x40,
    NODE_CHILDREN = 0x80,
    VARINT_BYTES = 5,
    ASCII = 128,
};

/* Words -----------------------------------------------------------------------------------------
 */

/* What a tokenizer may hand out that is not a letter somebody mistypes: digits, numerals and signs
 * of other scripts; ideographs, kana and Hangul, which come as pairs. */
static const int32_t unfit[][2] = {
    {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},     {0xD7, 0xD7},
    {0xF7, 0xF7},     {0x660, 0x669},   {0x6F0, 0x6F9},   {0x7C0, 0x7C9},   {0x966, 0x96F},
    {0x9E6, 0x9EF},   {0xE50, 0xE59},   {0x1100, 0x11FF}, {0x2000, 0x2BFF}, {0x2E80, 0xA4CF},
    {0xAC00, 0xD7FF}, {0xE000, 0xFAFF}, {0xFF00, 0xFF20}, {0xFF66, 0xFFFF}, {0x1F000, 0x10FFFF},
};

static bool
is_letter(int32_t c)
{
    if (c < ASCII) {
        return c >= 'a' && c <= 'z';
    }
    for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
        if (c >= unfit[i][0] && c <= unfit[i][1]) {
            return false;
        }
    }
    return true;
}

/* The characters of TEXT where it fits, else 0. */
static size_t
fitting_length(struct str text)
{
    if (text.len < SPELL_SHORTEST || text.len > SPELL_WORD_BYTES || !utf8_valid(text)) {
        return 0;
    }
    size_t count = 0;
    for (size_t pos = 0; pos < text.len; count++) {
        if (!is_letter(utf8_next(text, &pos))) {
            return 0;
        }
    }
    return count >= SPELL_SHORTEST ? count : 0;
}

bool
spell_fits(struct str text)
{
    return fitting_length(text) > 0;
}

/* TEXT (valid) with its characters in the opposite order; OUT has room for as many bytes. */
static void
turn_round(struct str text, char *out)
{
    size_t end = text.len;
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        (void)utf8_next(text, &pos);
        end -= pos - start;
        memcpy(out + end, text.ptr + start, pos - start);
    }
}

/* Encoding --------------------------------------------------------------------------------------
 */

/* The trees are written from their end to their beginning, so that a node's children have a known
 * size when its head is written. */
struct writer {
    char *start;
    char *at; /* the first byte written so far */
};

static void
put_byte(struct writer *w, unsigned value)
{
    must(w->at > w->start);
    *--w->at = (char)value;
}

static void
put_varint(struct writer *w, uint32_t value)
{
    unsigned char bytes[VARINT_BYTES];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7) {
        bytes[len++] = (unsigned char)(value | 0x80);
    }
    bytes[len++] = (unsigned char)value;
    while (len > 0) {
        put_byte(w, bytes[--len]);
    }
}

/* How many bytes two words share, whole characters only. */
static size_t
shared(struct str a, struct str b)
{
    size_t limit = a.len < b.len ? a.len : b.len;
    size_t n = 0;
    while (n < limit && a.ptr[n] == b.ptr[n]) {
        n++;
    }
    while (n > 0 && ((n < a.len && ((unsigned char)a.ptr[n] & 0xC0) == 0x80) ||
                     (n < b.len && ((unsigned char)b.ptr[n] & 0xC0) == 0x80))) {
        n--;
    }
    return n;
}

static void put_children(struct writer *w, const struct spell_word *words, size_t count,
                         size_t depth);

/* WORDS all begin alike and go on alike behind DEPTH: one node. */
static void
put_node(struct writer *w, const struct spell_word *words, size_t count, size_t depth)
{
    struct str first = words[0].text;
    size_t end = count > 1 ? shared(first, words[count - 1].text) : first.len;
    bool word = first.len == end;
    size_t below = word ? count - 1 : count;
    unsigned head = (unsigned)(end - depth);
    if (below > 0) {
        char *behind = w->at;
        put_children(w, words + (count - below), below, end);
        put_varint(w, (uint32_t)(behind - w->at));
        head |= NODE_CHILDREN;
    }
    if (word) {
        put_varint(w, words[0].count);
        head |= NODE_WORD;
    }
    for (size_t i = end; i > depth; i--) {
        put_byte(w, (unsigned char)first.ptr[i - 1]);
    }
    put_byte(w, head);
}

/* WORDS share their first DEPTH bytes and are all longer: a node for each way to go on. */
static void
put_children(struct writer *w, const struct spell_word *words, size_t count, size_t depth)
{
    while (count > 0) {
        struct str last = words[count - 1].text;
        size_t from = count - 1;
        while (from > 0 && shared(words[from - 1].text, last) > depth) {
            from--;
        }
        put_node(w, words + from, count - from, depth);
        count = from;
    }
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(((const struct spell_word *)a)->text, ((const struct spell_word *)b)->text);
}

/* What the two trees are made of: the words that fit, and the long ones turned round. */
struct shelf {
    struct spell_word *words;
    struct spell_word *turned;
    char *letters; /* of the turned ones */
    char *tree;
    size_t words_count;
    size_t turned_count;
    size_t letters_len;
    size_t room;
};

static void
shelf_done(struct shelf *s)
{
    mem_free(s->words);
    mem_free(s->turned);
    mem_free(s->letters);
    mem_free(s->tree);
}
AUTO_DEFINE_VALUE(shelf, struct shelf, shelf_done)

static int
shelf_open(struct shelf *s, const struct spell_word *words, size_t count, struct err *err)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += words[i].text.len <= SPELL_WORD_BYTES ? words[i].text.len : 0;
    }
    /* Each word brings at most one leaf and one fork, in each tree. */
    s->room = 2 * (bytes + count * (2 * (1 + VARINT_BYTES) + VARINT_BYTES)) + 1 + VARINT_BYTES;
    s->words = mem_alloc((count + 1) * sizeof(*s->words));
    s->turned = mem_alloc((count + 1) * sizeof(*s->turned));
    s->letters = mem_alloc(bytes + 1);
    s->tree = mem_alloc(s->room);
    return s->words && s->turned && s->letters && s->tree ? 0 : err_nomem(err);
}

static void
shelf_add(struct shelf *s, const struct spell_word *word)
{
    size_t length = fitting_length(word->text);
    if (length == 0) {
        return;
    }
    must(s->words_count == 0 || str_cmp(s->words[s->words_count - 1].text, word->text) < 0);
    s->words[s->words_count++] = *word;
    if (length + EDITS >= SPELL_LONG) {
        char *letters = s->letters + s->letters_len;
        turn_round(word->text, letters);
        s->letters_len += word->text.len;
        s->turned[s->turned_count++] = (struct spell_word){{letters, word->text.len}, word->count};
    }
}

int
spell_encode(const struct spell_word *words, size_t count, struct buf *out, struct err *err)
{
    AUTO(shelf) struct shelf s = {0};
    if (count > SPELL_WORDS) {
        return err_set(err, ERR_LIMIT, "vocabulary: more than %d words", SPELL_WORDS);
    }
    int rc = shelf_open(&s, words, count, err);
    if (rc != 0) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        shelf_add(&s, &words[i]);
    }
    qsort(s.turned, s.turned_count, sizeof(s.turned[0]), by_text);
    struct writer w = {s.tree, s.tree + s.room};
    put_children(&w, s.turned, s.turned_count, 0);
    char *forward_end = w.at;
    put_children(&w, s.words, s.words_count, 0);
    put_varint(&w, (uint32_t)(forward_end - w.at));
    put_byte(&w, FORMAT);
    buf_add(out, (struct str){w.at, (size_t)(s.tree + s.room - w.at)});
    return buf_finish(out, "vocabulary", err);
}

/* Searching -------------------------------------------------------------------------------------
 */

/* Cut LEN bytes off REST. */
static bool
take(struct str *rest, size_t len, struct str *ret)
{
    if (len > rest->len) {
        return false;
    }
    *ret = (struct str){rest->ptr, len};
    *rest = (struct str){rest->ptr + len, rest->len - len};
    return true;
}

static bool
take_varint(struct str *rest, uint32_t *ret)
{
    uint32_t value = 0;
    for (size_t i = 0; i < VARINT_BYTES && i < rest->len; i++) {
        unsigned char byte = (unsigned char)rest->ptr[i];
        value |= (uint32_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *rest = (struct str){rest->ptr + i + 1, rest->len - i - 1};
            *ret = value;
            return true;
        }
    }
    return false;
}

struct node {
    struct str label;
    struct str children;
    uint32_t count;
    bool word;
};

/* Cut a node with all below it off REST. */
static bool
take_node(struct str *rest, struct node *ret)
{
    unsigned head = (unsigned char)rest->ptr[0];
    uint32_t below = 0;
    *rest = (struct str){rest->ptr + 1, rest->len - 1};
    *ret = (struct node){.word = (head & NODE_WORD) != 0};
    return (head & NODE_LENGTH) > 0 && take(rest, head & NODE_LENGTH, &ret->label) &&
           (!ret->word || take_varint(rest, &ret->count)) &&
           (!(head & NODE_CHILDREN) || take_varint(rest, &below)) &&
           take(rest, below, &ret->children);
}

/* Bit J of a set is column J of the table: the first J characters of the word asked about. */
struct cells {
    uint64_t now[EDITS + 1]; /* by edits: reached with at most so many */
    uint64_t before[EDITS];  /* a character ago */
    uint64_t same;           /* the columns that hold the last character */
};

struct search {
    uint64_t same[ASCII]; /* by character: the columns that hold it */
    int32_t chars[SPELL_WORD_BYTES];
    size_t length;
    uint64_t allowed[EDITS + 1]; /* by edits: columns that may be reached with so many */
    struct str word;
    bool turned;
    char path[SPELL_WORD_BYTES]; /* the labels from the root to here */
    struct spell_hit *hits;
    size_t hit_count;
};

static uint64_t
columns_of(const struct search *s, int32_t c)
{
    if (c < ASCII) {
        return s->same[c];
    }
    uint64_t columns = 0;
    for (size_t i = 0; i < s->length; i++) {
        columns |= (uint64_t)(s->chars[i] == c) << (i + 1);
    }
    return columns;
}

/* One more character of a word of the vocabulary: a row of the table. */
static void
cells_step(const struct search *s, struct cells *c, uint64_t same)
{
    uint64_t swapped = c->same & (same << 1);
    uint64_t next[EDITS + 1];
    next[0] = (c->now[0] << 1) & same & s->allowed[0];
    for (size_t d = 1; d <= EDITS; d++) {
        /* right, too many, wrong, left out, swapped */
        next[d] = (((c->now[d] << 1) & same) | c->now[d - 1] | (c->now[d - 1] << 1) |
                   (next[d - 1] << 1) | ((c->before[d - 1] << 2) & swapped)) &
                  s->allowed[d];
    }
    memcpy(c->before, c->now, sizeof(c->before));
    memcpy(c->now, next, sizeof(c->now));
    c->same = same;
}

/* False: nothing that begins like this is within reach. */
static bool
cells_feed(const struct search *s, struct cells *c, struct str label)
{
    for (size_t pos = 0; pos < label.len;) {
        int32_t next = (unsigned char)label.ptr[pos];
        if (next < ASCII) {
            pos++;
        } else {
            next = utf8_next(label, &pos);
        }
        cells_step(s, c, columns_of(s, next));
        if ((c->now[0] | c->now[1] | c->now[2]) == 0) {
            return false;
        }
    }
    return true;
}

/* Before 0: A is the better hit. */
static int
hit_compare(const struct spell_hit *a, const struct spell_hit *b)
{
    if (a->distance != b->distance) {
        return a->distance < b->distance ? -1 : 1;
    }
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return str_cmp((struct str){a->text, a->len}, (struct str){b->text, b->len});
}

/* What was found from the front is found from the back again, there perhaps by a longer way. */
static void
keep(struct search *s, const struct spell_hit *hit)
{
    size_t at = s->hit_count;
    for (size_t i = s->hit_count; i > 0; i--) {
        const struct spell_hit *other = &s->hits[i - 1];
        if (other->len == hit->len && memcmp(other->text, hit->text, hit->len) == 0) {
            return;
        }
        at = hit_compare(hit, other) < 0 ? i - 1 : at;
    }
    if (at == SPELL_HITS) {
        return;
    }
    s->hit_count += s->hit_count < SPELL_HITS;
    memmove(&s->hits[at + 1], &s->hits[at], (s->hit_count - at - 1) * sizeof(s->hits[0]));
    s->hits[at] = *hit;
}

/* The path is a word; is it one to hand out? */
static void
consider(struct search *s, const struct cells *c, size_t len, uint32_t count)
{
    struct str text = {s->path, len};
    uint64_t end = (uint64_t)1 << s->length;
    uint32_t distance = 0;
    while (distance <= EDITS && !(c->now[distance] & end)) {
        distance++;
    }
    if (distance == 0 || distance > EDITS || !utf8_valid(text)) {
        return;
    }
    struct spell_hit hit = {.len = len, .count = count, .distance = distance};
    if (s->turned) {
        turn_round(text, hit.text);
    } else {
        memcpy(hit.text, text.ptr, len);
    }
    keep(s, &hit);
}

/* As deep as a word is long: each label has a byte or more. */
static void
walk(struct search *s, struct str nodes, const struct cells *from, size_t depth)
{
    struct node node;
    while (nodes.len > 0 && take_node(&nodes, &node)) {
        size_t end = depth + node.label.len;
        struct cells cells = *from;
        if (end > SPELL_WORD_BYTES || !cells_feed(s, &cells, node.label)) {
            continue;
        }
        memcpy(s->path + depth, node.label.ptr, node.label.len);
        if (node.word) {
            consider(s, &cells, end, node.count);
        }
        walk(s, node.children, &cells, end);
    }
}

static void
search_begin(struct search *s, struct str word)
{
    memset(s->same, 0, sizeof(s->same));
    s->length = 0;
    for (size_t pos = 0; pos < word.len; s->length++) {
        int32_t c = utf8_next(word, &pos);
        s->chars[s->length] = c;
        if (c < ASCII) {
            s->same[c] |= (uint64_t)1 << (s->length + 1);
        }
    }
}

/* Walk NODES with at most FEW edits in the columns before CUT and MANY from there on. */
static void
search_tree(struct search *s, struct str nodes, size_t cut, size_t few, size_t many)
{
    uint64_t columns = ((uint64_t)1 << (s->length + 1)) - 1;
    uint64_t behind = columns & ~(((uint64_t)1 << cut) - 1);
    struct cells start = {.now = {1}};
    s->allowed[0] = columns;
    for (size_t d = 1; d <= EDITS; d++) {
        s->allowed[d] = d <= few ? columns : d <= many ? behind : 0;
        start.now[d] = (start.now[d - 1] | (start.now[d - 1] << 1)) & s->allowed[d];
    }
    walk(s, nodes, &start, 0);
}

/* The two trees of a vocabulary. False for what is none. */
static bool
open_trees(struct str bytes, struct str *ret_forward, struct str *ret_backward)
{
    uint32_t forward_len;
    if (bytes.len == 0 || bytes.ptr[0] != FORMAT) {
        return false;
    }
    *ret_backward = (struct str){bytes.ptr + 1, bytes.len - 1};
    return take_varint(ret_backward, &forward_len) && take(ret_backward, forward_len, ret_forward);
}

uint32_t
spell_count(struct str bytes, struct str word)
{
    struct str nodes;
    struct str backward;
    struct node node;
    if (!open_trees(bytes, &nodes, &backward)) {
        return 0;
    }
    /* As far down as labels fit; brothers begin with different characters. */
    while (nodes.len > 0 && take_node(&nodes, &node)) {
        if (!str_starts(word, node.label)) {
            continue;
        }
        word = str_sub(word, node.label.len, SIZE_MAX);
        if (word.len == 0) {
            return node.word ? node.count : 0;
        }
        nodes = node.children;
    }
    return 0;
}

size_t
spell_near(struct str bytes, struct str word, struct spell_hit hits[SPELL_HITS])
{
    struct search s = {.hits = hits};
    struct str forward;
    struct str rest;
    if (!spell_fits(word) || !open_trees(bytes, &forward, &rest)) {
        return 0;
    }
    search_begin(&s, word);
    if (s.length < SPELL_LONG) {
        search_tree(&s, forward, 0, 0, 1);
        return s.hit_count;
    }
    size_t cut = s.length / 2 + 1;
    search_tree(&s, forward, cut, 1, 2);
    char letters[SPELL_WORD_BYTES];
    turn_round(word, letters);
    search_begin(&s, (struct str){letters, word.len});
    s.turned = true;
    search_tree(&s, rest, s.length - cut + 1, 0, 2);
    return s.hit_count;
}
