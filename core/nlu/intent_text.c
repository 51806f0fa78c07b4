/* A sentence's words: lower case, without accents, apostrophes dropped ("can't" and "cant" are one
 * word), long numbers made alike: that somebody names an order tells of his intent, which order
 * does not. */
#include <string.h>

#include "base/utf8.h"
#include "nlu/intent_parts.h"

enum {
    TYPO_LETTERS = 4,  /* longer words get a typing error */
    NUMBER_DIGITS = 5, /* so many digits and more are a number of something */
};

/* U+00C0..U+017F without accents; a space where there is no letter. */
static const char folded_latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
                                   "aaaaaaaceeeeiiiidnooooo ouuuuyty"
                                   "aaaaaaccccccccddddeeeeeeeeeegggg"
                                   "gggghhhhiiiiiiiiiiiijjkkklllllll"
                                   "lllnnnnnnnnnoooooooorrrrrrssssss"
                                   "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static bool
is_between(int32_t c, int32_t low, int32_t high)
{
    return c >= low && c <= high;
}

/* 0: dropped without parting a word. */
static int32_t
fold(int32_t c)
{
    if (c == '\'' || c == 0x2019 || is_between(c, 0x300, 0x36F) || is_between(c, 0xFE00, 0xFE0F)) {
        return 0;
    }
    if (is_between(c, 'A', 'Z')) {
        return c + ('a' - 'A');
    }
    if (c < 0x80) {
        return is_between(c, 'a', 'z') || is_between(c, '0', '9') ? c : ' ';
    }
    if (is_between(c, 0xC0, 0x17F)) {
        return folded_latin[c - 0xC0];
    }
    if (is_between(c, 0x391, 0x3A9) || is_between(c, 0x410, 0x42F)) {
        return c + 0x20;
    }
    if (is_between(c, 0x400, 0x40F)) {
        return c + 0x50;
    }
    bool space = c < 0xC0 || is_between(c, 0x2000, 0x206F) || is_between(c, 0x3000, 0x303F) ||
                 is_between(c, 0xFF00, 0xFF0F) || is_between(c, 0xFF1A, 0xFF20) || c == 0xFFFD;
    return space ? ' ' : c;
}

/* A number of NUMBER_DIGITS digits and more, alike for all. */
static void
level_number(struct intent_words *words)
{
    uint16_t start = words->starts[words->count];
    uint16_t end = words->starts[words->count + 1];
    for (uint16_t i = start; i < end; i++) {
        if (!is_between(words->chars[i], '0', '9')) {
            return;
        }
    }
    if (end - start >= NUMBER_DIGITS) {
        for (uint16_t i = 0; i < NUMBER_DIGITS; i++) {
            words->chars[start + i] = '0';
        }
        words->starts[words->count + 1] = (uint16_t)(start + NUMBER_DIGITS);
    }
}

/* The characters up to END are a word, if there are any. Returns where the next one begins. */
static uint16_t
end_word(struct intent_words *words, uint16_t end)
{
    if (end > words->starts[words->count]) {
        words->starts[words->count + 1] = end;
        level_number(words);
        words->count++;
    }
    return words->starts[words->count];
}

void
intent_words_read(struct str text, struct intent_words *ret)
{
    size_t pos = 0;
    uint16_t end = 0;
    int32_t c;
    ret->count = 0;
    ret->starts[0] = 0;
    while (ret->count < INTENT_WORDS_MAX && end < INTENT_CHARS_MAX &&
           (c = utf8_next(text, &pos)) >= 0) {
        int32_t folded = fold(c);
        if (folded == ' ') {
            end = end_word(ret, end);
        } else if (folded) {
            ret->chars[end++] = folded;
            end = end - ret->starts[ret->count] < INTENT_WORD_CHARS ? end : end_word(ret, end);
        }
    }
    if (ret->count < INTENT_WORDS_MAX) {
        (void)end_word(ret, end);
    }
}

uint64_t
intent_random(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void
intent_shuffle(uint32_t *order, size_t count, uint64_t *seed)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = intent_random(seed) % i;
        uint32_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

/* One edit of the LEN characters at WORD, which has room for one more. Returns the new length. */
static size_t
misspell(int32_t *word, size_t len, uint64_t *seed)
{
    size_t at = intent_random(seed) % len;
    int32_t letter = 'a' + (int32_t)(intent_random(seed) % 26);
    switch (intent_random(seed) % 4) {
    case 0:
        word[at] = letter;
        return len;
    case 1:
        memmove(word + at, word + at + 1, (len - at - 1) * sizeof(*word));
        return len - 1;
    case 2:
        memmove(word + at + 1, word + at, (len - at) * sizeof(*word));
        word[at] = letter;
        return len + 1;
    default:
        at = at + 1 < len ? at : len - 2;
        letter = word[at];
        word[at] = word[at + 1];
        word[at + 1] = letter;
        return len;
    }
}

void
intent_words_misspell(struct intent_words *words, uint64_t *seed)
{
    struct intent_words from = *words;
    int32_t word[INTENT_WORD_CHARS + 1];
    uint16_t end = 0;
    for (size_t i = 0; i < from.count; i++) {
        size_t len = (size_t)(from.starts[i + 1] - from.starts[i]);
        memcpy(word, from.chars + from.starts[i], len * sizeof(*word));
        len = len > TYPO_LETTERS ? misspell(word, len, seed) : len;
        len = end + len <= INTENT_CHARS_MAX ? len : (size_t)(INTENT_CHARS_MAX - end);
        memcpy(words->chars + end, word, len * sizeof(*word));
        end = (uint16_t)(end + len);
        words->starts[i + 1] = end;
    }
}
