#include "model/estimate.h"

#include <stdbool.h>

#include "base/message.h"
#include "base/utf8.h"
#include "model/model.h"

/* How the constants came about. 2,544 texts: customers' messages (banking77, Bitext), manuals and
 * threads (e-manual, StackFAQ, a shop's policy), product titles and records (Icecat), a shop's
 * orders and tool schemas as JSON (tau2-bench), and the translations of free programs' messages
 * into twelve languages. Their tokens in o200k_base, counted with js-tiktoken 1.0; half of the
 * texts to fit the classes below by least squares of the relative error, none negative, English and
 * JSON weighing most; half to measure. Mean error and the error nine of ten stay below:
 *
 *                                      ours          bytes / 4
 *     English and JSON, o200k_base     4.5%   8.7%   19.9%  31.5%
 *     English and JSON, cl100k_base    4.8%   9.2%
 *     German, o200k_base               8.6%  15.5%
 *     German, cl100k_base             16.9%  26.5%
 *     the twelve languages, o200k      8.6%  18.8%   16.2%  32.3%
 *
 * With the factor learned on the way: German in cl100k 6.4% and 13.6%, Russian 6.9% and 13.2%
 * (24.9% without), English as before. Texts' errors even out: requests of a prompt, tools and some
 * ten to thirty texts are 1.1% off, nine of ten less than 2.3%, 0.9% and 1.8% with the factor.
 *
 * Further marks in a row cost nothing in the fit: runs of them are tokens of their own. */
enum {
    /* In hundredths of a token. */
    WORD = 91,          /* a word behind a space or at a line's start */
    GLUED = 95,         /* one directly behind something else, and each hump of camelCase */
    OVER_5 = 12,        /* a letter beyond a word's fifth */
    OVER_10 = 64,       /* one beyond its tenth */
    CAPITAL = 35,       /* a letter beyond the first of a word in capitals */
    DIGITS = 145,       /* up to three digits */
    MARKS = 81,         /* marks in a row */
    BREAK = 69,         /* a line's end, or spaces in a row */
    ACCENT = 115,       /* an accented letter, beside what its word costs */
    FOREIGN_WORD = 108, /* in another alphabet: Greek, Cyrillic, Arabic, ... */
    FOREIGN_LETTER = 15,
    HAN = 79,
    KANA = 69,
    HANGUL = 74,
    OTHER = 94, /* emoji, typographic marks */
};

/* Rules of thumb, from what servers' documentation says of their own. */
enum {
    REQUEST_TOKENS = 3,
    MESSAGE_TOKENS = 4,
    TOOL_TOKENS = 8,
    IMAGE_TOKENS = 1200,
    PAGE_TOKENS = 2000,      /* a PDF is read as text and as a picture */
    PAGE_BASE64 = 64 * 1024, /* of a document that is no text */
};

enum class {
    CLASS_BREAK,
    CLASS_SPACE,
    CLASS_LOWER,
    CLASS_UPPER,
    CLASS_ACCENTED,
    CLASS_DIGIT,
    CLASS_MARK,
    CLASS_FOREIGN,
    CLASS_HAN,
    CLASS_KANA,
    CLASS_HANGUL,
    CLASS_OTHER,
};

static enum class class_of_ascii(int32_t c) { if (c >= 'a' && c <= 'z'){return CLASS_LOWER;}
if (c >= 'A' && c <= 'Z')
{
    return CLASS_UPPER;
}
if (c >= '0' && c <= '9') {
    return CLASS_DIGIT;
}
if (c == '\n' || c == '\r') {
    return CLASS_BREAK;
}
return c <= ' ' ? CLASS_SPACE : CLASS_MARK;
}

static enum class class_of(int32_t c) {
    static const struct {int32_t first; int32_t last; enum class class;}
ranges[] = {
    {0x00C0, 0x00D6, CLASS_ACCENTED}, {0x00D8, 0x00F6, CLASS_ACCENTED},
    {0x00F8, 0x024F, CLASS_ACCENTED}, {0x0370, 0x10FF, CLASS_FOREIGN},
    {0x1100, 0x11FF, CLASS_HANGUL},   {0x1200, 0x1DFF, CLASS_FOREIGN},
    {0x1E00, 0x1EFF, CLASS_ACCENTED}, {0x3041, 0x30FF, CLASS_KANA},
    {0x3130, 0x318F, CLASS_HANGUL},   {0x2E80, 0x9FFF, CLASS_HAN},
    {0xAC00, 0xD7AF, CLASS_HANGUL},   {0xF900, 0xFAFF, CLASS_HAN},
    {0xFF00, 0xFFEF, CLASS_HAN},      {0x20000, 0x3FFFF, CLASS_HAN},
};
if (c < 0x80) {
    return class_of_ascii(c);
}
for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
    if (c >= ranges[i].first && c <= ranges[i].last) {
        return ranges[i].class;
    }
}
return CLASS_OTHER;
}

struct count {
    int64_t sum; /* hundredths */
    enum class last;
    int64_t run;      /* characters of LAST's run; of a word: its letters */
    int64_t capitals; /* of the word under way */
};

static bool is_letter(enum class class)
{
    return class == CLASS_LOWER || class == CLASS_UPPER || class == CLASS_ACCENTED;
}

static void
end_word(struct count *n)
{
    enum { LONG = 5, VERY_LONG = 10 };
    int64_t letters = n->run;
    if (letters > LONG) {
        n->sum += ((letters < VERY_LONG ? letters : VERY_LONG) - LONG) * OVER_5;
    }
    if (letters > VERY_LONG) {
        n->sum += (letters - VERY_LONG) * OVER_10;
    }
    if (letters > 1 && n->capitals == letters) {
        n->sum += (letters - 1) * CAPITAL;
    }
}

static void
take_letter(struct count *n, enum class class)
{
    bool goes_on = is_letter(n->last);
    bool hump = goes_on && n->last == CLASS_LOWER && class == CLASS_UPPER;
    if (hump) {
        end_word(n);
    }
    if (!goes_on || hump) {
        bool apart = n->last == CLASS_SPACE || n->last == CLASS_BREAK;
        n->sum += apart ? WORD : GLUED;
        n->run = 0;
        n->capitals = 0;
    }
    n->run++;
    n->capitals += class == CLASS_UPPER;
    n->sum += class == CLASS_ACCENTED ? ACCENT : 0;
}

static void
take_other(struct count *n, enum class class)
{
    static const unsigned char each[] = {[CLASS_FOREIGN] = FOREIGN_LETTER,
                                         [CLASS_HAN] = HAN,
                                         [CLASS_KANA] = KANA,
                                         [CLASS_HANGUL] = HANGUL,
                                         [CLASS_OTHER] = OTHER};
    bool first = class != n->last;
    if (is_letter(n->last)) {
        end_word(n);
    }
    n->run = first ? 1 : n->run + 1;
    switch (class) {
    case CLASS_DIGIT:
        n->sum += n->run % 3 == 1 ? DIGITS : 0;
        break;
    case CLASS_MARK:
        n->sum += first ? MARKS : 0;
        break;
    case CLASS_BREAK:
        n->sum += first ? BREAK : 0;
        break;
    case CLASS_SPACE:
        /* One belongs to the word behind it. */
        n->sum += n->run == 2 ? BREAK : 0;
        break;
    default:
        n->sum += each[class] + (class == CLASS_FOREIGN && first ? FOREIGN_WORD : 0);
        break;
    }
}

static int64_t
hundredths(struct str text)
{
    struct count n = {.last = CLASS_BREAK};
    size_t at = 0;
    while (at < text.len) {
        unsigned char byte = (unsigned char)text.ptr[at];
        enum class class =
            byte < 0x80 ? class_of_ascii(text.ptr[at++]) : class_of(utf8_next(text, &at));
        if (is_letter(class)) {
            take_letter(&n, class);
        } else {
            take_other(&n, class);
        }
        n.last = class;
    }
    if (is_letter(n.last)) {
        end_word(&n);
    }
    return n.sum;
}

/* Of a long text, its beginning, middle and end speak for the rest: a tool's result of kilobytes is
 * the same stuff all through, and is estimated for every turn it stays in sight. */
enum { SAMPLED_FROM = 2048, SAMPLE = 512 };

int64_t
estimate_text(struct str text)
{
    if (text.len <= SAMPLED_FROM) {
        return (hundredths(text) + 99) / 100;
    }
    int64_t sum = hundredths(utf8_cut(text, SAMPLE));
    for (size_t i = 1; i <= 2; i++) {
        size_t from = (text.len - SAMPLE) / 2 * i;
        sum += hundredths(str_sub(text, from, SAMPLE));
    }
    return (int64_t)((double)sum / (3 * SAMPLE) * (double)text.len / 100) + 1;
}

/* ---- Requests ---- */

static bool
holds(struct str raw, struct str what)
{
    return str_find(raw, what, 0) != SIZE_MAX;
}

/* Told from RAW, which may have megabytes: nothing is parsed for an estimate. */
static int64_t
estimate_document(struct str raw)
{
    bool is_text = holds(raw, STR("\"txt\"")) || holds(raw, STR("\"md\"")) ||
                   holds(raw, STR("\"csv\"")) || holds(raw, STR("\"html\""));
    /* Four bytes of base64 are three of text, and four of these about a token. */
    return is_text ? (int64_t)(raw.len / 16 * 3)
                   : (int64_t)(raw.len / PAGE_BASE64 + 1) * PAGE_TOKENS;
}

static int64_t
estimate_block(const struct block *b)
{
    switch (b->kind) {
    case BLOCK_TEXT:
        return estimate_text(b->text);
    case BLOCK_TOOL_USE:
        return TOOL_TOKENS + estimate_text(b->name) + estimate_text(b->json);
    case BLOCK_TOOL_RESULT:
        return MESSAGE_TOKENS + estimate_text(b->json);
    case BLOCK_IMAGE:
        return IMAGE_TOKENS;
    case BLOCK_DOCUMENT:
        return estimate_document(b->raw);
    default:
        return estimate_text(b->raw);
    }
}

int64_t
estimate_request(const struct model_request *r)
{
    int64_t sum = REQUEST_TOKENS + estimate_text(r->system) + estimate_text(r->partial);
    for (size_t i = 0; i < r->message_count; i++) {
        sum += MESSAGE_TOKENS;
        for (size_t k = 0; k < r->messages[i].count; k++) {
            sum += estimate_block(&r->messages[i].blocks[k]);
        }
    }
    for (size_t i = 0; i < r->tool_count; i++) {
        const struct model_tool *tool = &r->tools[i];
        sum += TOOL_TOKENS + estimate_text(tool->name) + estimate_text(tool->description) +
               estimate_text(tool->schema);
    }
    return sum;
}

/* ---- Correction ---- */

/* Where one answer may push the factor. Tokenizers in use are within a third of each other for
 * English and within a factor of two for other languages. */
static const double factor_least = 0.25;
static const double factor_most = 4.0;
/* What a new answer counts for at least, however many came before: a desk's texts change. */
static const double newest_weight = 0.05;
enum { LEARN_LEAST = 50 };

int64_t
estimate_corrected(const struct estimate_factor *f, int64_t estimated)
{
    if (estimated <= 0 || f->seen == 0) {
        return estimated;
    }
    double tokens = (double)estimated * f->factor + 0.5;
    return tokens < 1 ? 1 : (int64_t)tokens;
}

/* The mean of all answers and of one that needed no correction, then of the latest. */
void
estimate_learn(struct estimate_factor *f, int64_t estimated, int64_t actual)
{
    if (estimated < LEARN_LEAST || actual < LEARN_LEAST) {
        return;
    }
    double ratio = (double)actual / (double)estimated;
    double before = f->seen > 0 ? f->factor : 1;
    double weight = 1.0 / ((double)f->seen + 2);
    ratio = ratio < factor_least ? factor_least : ratio > factor_most ? factor_most : ratio;
    weight = weight < newest_weight ? newest_weight : weight;
    f->factor = before + (ratio - before) * weight;
    f->seen += f->seen < UINT32_MAX;
}
