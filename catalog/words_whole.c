#include "catalog/words_parts.h"

#include <endian.h>
#include <string.h>

/* What several parts are as one word: model numbers without their punctuation, hyphenated words,
 * numbers with their unit. A point between digits stays: 2.4 is not 24. */
enum {
    /* "all-in-one" is a word that people write as one; longer chains are phrases. */
    HYPHENS_PARTS = 3,
    HYPHENS_BYTES = 24,
    /* Digits with hyphens between: from here on a number of something, before it a range. */
    NUMBER_DIGITS = 5,
    UNIT_BYTES = 8,
};

struct unit {
    char word[UNIT_BYTES];
    char unit[UNIT_BYTES];
};

/* Sorted. What is written in several ways or stuck to its number. */
static const struct unit units[] = {
    {"cm", "cm"},    {"db", "db"},     {"dpi", "dpi"},   {"feet", "ft"},   {"foot", "ft"},
    {"fps", "fps"},  {"ft", "ft"},     {"g", "g"},       {"gb", "gb"},     {"gbps", "gbps"},
    {"ghz", "ghz"},  {"gr", "g"},      {"gram", "g"},    {"grams", "g"},   {"hz", "hz"},
    {"in", "in"},    {"inch", "in"},   {"inches", "in"}, {"kb", "kb"},     {"kg", "kg"},
    {"khz", "khz"},  {"km", "km"},     {"kw", "kw"},     {"kwh", "kwh"},   {"l", "l"},
    {"lb", "lb"},    {"lbs", "lb"},    {"liter", "l"},   {"liters", "l"},  {"litre", "l"},
    {"litres", "l"}, {"lm", "lm"},     {"lumen", "lm"},  {"lumens", "lm"}, {"m", "m"},
    {"mah", "mah"},  {"mb", "mb"},     {"mbps", "mbps"}, {"meter", "m"},   {"meters", "m"},
    {"metre", "m"},  {"metres", "m"},  {"mg", "mg"},     {"mhz", "mhz"},   {"ml", "ml"},
    {"mm", "mm"},    {"mp", "mp"},     {"ms", "ms"},     {"ounce", "oz"},  {"ounces", "oz"},
    {"oz", "oz"},    {"pouces", "in"}, {"rpm", "rpm"},   {"tb", "tb"},     {"v", "v"},
    {"va", "va"},    {"volt", "v"},    {"volts", "v"},   {"w", "w"},       {"watt", "w"},
    {"watts", "w"},  {"wh", "wh"},     {"zoll", "in"},
};

/* Eight bytes as a number that sorts as they do. */
static uint64_t
key_of(const char word[UNIT_BYTES])
{
    uint64_t key;
    memcpy(&key, word, sizeof(key));
    return be64toh(key);
}

static const char *
find_unit(struct str word)
{
    char padded[UNIT_BYTES] = {0};
    size_t low = 0;
    size_t high = sizeof(units) / sizeof(units[0]);
    if (word.len == 0 || word.len >= sizeof(padded)) {
        return NULL;
    }
    memcpy(padded, word.ptr, word.len);
    uint64_t key = key_of(padded);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t there = key_of(units[middle].word);
        if (there == key) {
            return units[middle].unit;
        }
        if (there < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

void
words_part_settle(struct words_part *part)
{
    size_t digits = 0;
    while (digits < part->len && part->raw[digits] >= '0' && part->raw[digits] <= '9') {
        digits++;
    }
    struct str rest = {part->raw + digits, part->len - digits};
    const char *unit = digits > 0 ? find_unit(rest) : NULL;
    if (unit) {
        /* No unit is longer than the word for it. */
        size_t len = strlen(unit);
        memcpy(part->raw + digits, unit, len);
        part->len = (uint8_t)(digits + len);
    }
}

/* Text put together in OUT; `len` is more than WORDS_WHOLE_BYTES when it did not fit. */
struct joint {
    char *out;
    size_t len;
};

static void
add(struct joint *j, struct str text)
{
    if (j->len + text.len <= WORDS_WHOLE_BYTES) {
        memcpy(j->out + j->len, text.ptr, text.len);
        j->len += text.len;
    } else {
        j->len = WORDS_WHOLE_BYTES + 1;
    }
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void
add_part(struct joint *j, const struct words_part *part)
{
    bool point = part->joiner == '.' && j->len > 0 && j->len <= WORDS_WHOLE_BYTES &&
                 is_digit(j->out[j->len - 1]) && is_digit(part->raw[0]);
    if (point) {
        add(j, STR("."));
    }
    add(j, (struct str){part->raw, part->len});
}

static bool
same_joiners(const struct words_part *parts, size_t count, char joiner)
{
    for (size_t i = 1; i < count; i++) {
        if (parts[i].joiner != joiner) {
            return false;
        }
    }
    return true;
}

static bool
all_digits(const struct words_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].letters) {
            return false;
        }
    }
    return true;
}

/* Digits and points, thousands, a long number in groups: not a range, a date or a share. */
static bool
is_number(const struct words_part *parts, size_t count)
{
    size_t digits = 0;
    bool thousands = true;
    for (size_t i = 0; i < count; i++) {
        digits += parts[i].len;
        thousands = thousands && (i == 0 || parts[i].len == 3);
    }
    return same_joiners(parts, count, '.') || (thousands && same_joiners(parts, count, ',')) ||
           (digits >= NUMBER_DIGITS && same_joiners(parts, count, '-'));
}

static bool
is_hyphenated(const struct words_part *parts, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += parts[i].len;
    }
    return count <= HYPHENS_PARTS && bytes <= HYPHENS_BYTES && same_joiners(parts, count, '-');
}

size_t
words_whole(const struct words_part *parts, size_t count, char out[WORDS_WHOLE_BYTES],
            bool *ret_letters)
{
    struct joint joint = {.out = out};
    bool letters = false;
    bool digits = false;
    for (size_t i = 0; i < count; i++) {
        letters = letters || parts[i].letters;
        digits = digits || parts[i].digits;
    }
    *ret_letters = !digits;
    if (count < 2 || (!digits && !is_hyphenated(parts, count)) ||
        (!letters && !is_number(parts, count))) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct str raw = {parts[i].raw, parts[i].len};
        const char *unit =
            i + 1 == count && i > 0 && digits && all_digits(parts, i) ? find_unit(raw) : NULL;
        if (unit) {
            add(&joint, str_c(unit));
        } else {
            add_part(&joint, &parts[i]);
        }
    }
    return joint.len <= WORDS_WHOLE_BYTES ? joint.len : 0;
}

/* Inches as a sign, right behind the number: its length. */
static size_t
inch_sign(struct str text)
{
    static const struct str signs[] = {STR_INIT("\""), STR_INIT("''"), STR_INIT("\xE2\x80\xB3"),
                                       STR_INIT("\xE2\x80\x9D")};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (str_starts(text, signs[i])) {
            return signs[i].len;
        }
    }
    return 0;
}

/* A unit as the next word behind a blank: its length, the blank included. */
static size_t
unit_word(struct str text, const char **ret_unit)
{
    size_t at = str_starts(text, STR(" ")) ? 1 : str_starts(text, STR("\xC2\xA0")) ? 2 : 0;
    char word[UNIT_BYTES];
    size_t len = 0;
    if (at == 0) {
        return 0;
    }
    while (at + len < text.len && len < sizeof(word)) {
        unsigned char c = (unsigned char)text.ptr[at + len];
        if (c >= 128 || !words_ascii[c]) {
            break;
        }
        word[len++] = words_ascii[c];
    }
    bool ends = at + len == text.len || len == 0 ||
                words_letter(text.ptr + at + len, text.len - at - len).kind == LETTER_NONE;
    *ret_unit = ends ? find_unit((struct str){word, len}) : NULL;
    return *ret_unit ? at + len : 0;
}

size_t
words_measure(const struct words_part *parts, size_t count, struct str text, size_t at,
              char out[WORDS_WHOLE_BYTES], size_t *ret_end, bool *ret_word)
{
    if (!all_digits(parts, count) || !same_joiners(parts, count, '.')) {
        return 0;
    }
    struct str rest = str_sub(text, at, SIZE_MAX);
    const char *unit = "in";
    size_t taken = rest.len > 0 && rest.ptr[0] == ' ' ? 0 : inch_sign(rest);
    *ret_word = taken == 0;
    taken = taken > 0 ? taken : unit_word(rest, &unit);
    if (taken == 0) {
        return 0;
    }
    struct joint joint = {.out = out};
    for (size_t i = 0; i < count; i++) {
        add_part(&joint, &parts[i]);
    }
    add(&joint, str_c(unit));
    *ret_end = at + taken;
    return joint.len <= WORDS_WHOLE_BYTES ? joint.len : 0;
}
