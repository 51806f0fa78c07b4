/* The speller against a distance table written out plainly: made-up words, real ones, other
 * scripts, and bytes that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "catalog/index/spell.h"

enum {
    VOCABULARY_BYTES = 1 << 24,
    WORDS_MAX = 20000,
};

static uint32_t
pick(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (uint32_t)(((uint64_t)(*seed >> 8) * below) >> 24);
}

static size_t
characters(struct str text, int32_t out[SPELL_WORD_BYTES])
{
    size_t count = 0;
    for (size_t pos = 0; pos < text.len;) {
        out[count++] = utf8_next(text, &pos);
    }
    return count;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, the whole table. */
static uint32_t
distance(struct str left, struct str right)
{
    static uint32_t d[SPELL_WORD_BYTES + 1][SPELL_WORD_BYTES + 1];
    int32_t a[SPELL_WORD_BYTES];
    int32_t b[SPELL_WORD_BYTES];
    size_t rows = characters(left, a);
    size_t columns = characters(right, b);
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (uint32_t)(i + j);
                continue;
            }
            d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                            least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[rows][columns];
}

static int
by_nearness(const void *left, const void *right)
{
    const struct spell_hit *a = left;
    const struct spell_hit *b = right;
    if (a->distance != b->distance) {
        return a->distance < b->distance ? -1 : 1;
    }
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return str_cmp((struct str){a->text, a->len}, (struct str){b->text, b->len});
}

struct vocabulary {
    struct spell_word *words;
    size_t count;
    struct buf bytes;
};

static void
vocabulary_make(struct vocabulary *v, struct spell_word *words, size_t count)
{
    struct err err = {0};
    *v = (struct vocabulary){words, count, {0}};
    buf_init(&v->bytes, VOCABULARY_BYTES);
    assert_int_equal(spell_encode(words, count, &v->bytes, &err), 0);
}

static size_t
plain_near(const struct vocabulary *v, struct str word, struct spell_hit *all)
{
    int32_t scratch[SPELL_WORD_BYTES];
    size_t count = 0;
    uint32_t reach = characters(word, scratch) >= SPELL_LONG ? 2 : 1;
    for (size_t i = 0; i < v->count; i++) {
        struct str text = v->words[i].text;
        size_t apart = text.len > word.len ? text.len - word.len : word.len - text.len;
        if (!spell_fits(text) || apart > 8) { /* two characters of four bytes */
            continue;
        }
        uint32_t d = distance(word, text);
        if (d > 0 && d <= reach) {
            struct spell_hit *hit = &all[count++];
            *hit = (struct spell_hit){.len = text.len, .count = v->words[i].count, .distance = d};
            memcpy(hit->text, text.ptr, text.len);
        }
    }
    qsort(all, count, sizeof(all[0]), by_nearness);
    return count < SPELL_HITS ? count : SPELL_HITS;
}

/* Both ways find the same; returns how many. */
static size_t
check_near(const struct vocabulary *v, struct str word)
{
    static struct spell_hit want[WORDS_MAX];
    struct spell_hit hits[SPELL_HITS];
    size_t count = spell_near(buf_str(&v->bytes), word, hits);
    uint32_t there = 0;
    for (size_t i = 0; i < v->count; i++) {
        there += str_eq(v->words[i].text, word) && spell_fits(word) ? v->words[i].count : 0;
    }
    assert_int_equal(spell_count(buf_str(&v->bytes), word), there);
    size_t wanted = spell_fits(word) ? plain_near(v, word, want) : 0;
    if (count != wanted) {
        print_message("'%.*s': %zu found, %zu wanted\n", STR_ARG(word), count, wanted);
    }
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hits[i].len, want[i].len);
        assert_memory_equal(hits[i].text, want[i].text, want[i].len);
        assert_int_equal(hits[i].distance, want[i].distance);
        assert_int_equal(hits[i].count, want[i].count);
    }
    return count;
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(((const struct spell_word *)a)->text, ((const struct spell_word *)b)->text);
}

/* Sort, make doubles one, count them. */
static size_t
make_unique(struct spell_word *words, size_t count)
{
    size_t kept = 0;
    qsort(words, count, sizeof(words[0]), by_text);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && str_eq(words[kept - 1].text, words[i].text)) {
            words[kept - 1].count += words[i].count;
        } else {
            words[kept++] = words[i];
        }
    }
    return kept;
}

/* One random edit of WORD (letters from ALPHABET), at a character's border. */
static struct str
mistype(struct str word, struct str alphabet, uint32_t *seed, char out[64])
{
    int32_t chars[SPELL_WORD_BYTES + 1];
    int32_t letters[SPELL_WORD_BYTES];
    size_t count = characters(word, chars);
    size_t at = pick(seed, (uint32_t)count);
    int32_t letter = letters[pick(seed, (uint32_t)characters(alphabet, letters))];
    switch (pick(seed, 4)) {
    case 0:
        chars[at] = letter;
        break;
    case 1:
        memmove(chars + at, chars + at + 1, (count - at - 1) * sizeof(chars[0]));
        count--;
        break;
    case 2:
        memmove(chars + at + 1, chars + at, (count - at) * sizeof(chars[0]));
        chars[at] = letter;
        count++;
        break;
    default:
        if (at + 1 < count) {
            int32_t left = chars[at];
            chars[at] = chars[at + 1];
            chars[at + 1] = left;
        }
    }
    size_t len = 0;
    for (size_t i = 0; i < count && len + 4 <= 64; i++) {
        len += utf8_encode(chars[i], out + len);
    }
    return (struct str){out, len};
}

static void
test_what_fits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits;
    } cases[] = {
        {"lamp", true},
        {"cam", false},
        {"", false},
        {"usb2", false},
        {"LAMP", false},
        {"wi-fi", false},
        {"two words", false},
        {"stra\xC3\x9F"
         "e",
         true},
        {"\xC3\xA9t\xC3\xA9", false}, /* three characters */
        {"\xD0\xBB\xD0\xB0\xD0\xBC\xD0\xBF\xD0\xB0", true},
        {"abc\xC2\xB2", false},
        {"abc\xC3\x97", false},
        {"abc\xD9\xA3", false},
        {"\xE5\x86\xB7\xE8\x94\xB5\xE5\xBA\xAB\xE5\x86\xB7", false}, /* ideographs */
        {"lam\xC3", false},
        {"lam\xFFp", false},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv", true},   /* 48 */
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw", false}, /* 49 */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (spell_fits(str_c(cases[i].text)) != cases[i].fits) {
            fail_msg("'%s'", cases[i].text);
        }
    }
    assert_false(spell_fits((struct str){0}));
    assert_false(spell_fits((struct str){"la\0mp", 5}));
}

static void
test_what_is_near(void **state)
{
    (void)state;
    static struct spell_word words[] = {
        {STR_INIT("camera"), 500},   {STR_INIT("cameras"), 40}, {STR_INIT("cartridge"), 900},
        {STR_INIT("cartridges"), 9}, {STR_INIT("come"), 3},     {STR_INIT("game"), 70},
        {STR_INIT("keyboard"), 60},  {STR_INIT("lame"), 80},    {STR_INIT("mame"), 80},
        {STR_INIT("same"), 70},      {STR_INIT("usb2"), 50},    {STR_INIT("xyz"), 50},
    };
    static const struct {
        const char *word;
        const char *want;
    } cases[] = {
        {"camrea", "camera:1"},  /* swapped */
        {"amera", "camera:1"},   /* the first left out */
        {"kamera", "camera:1"},  /* the first wrong */
        {"acmera", "camera:1"},  /* the first two swapped */
        {"camera", "cameras:1"}, /* not itself */
        {"camer", "camera:1"},   /* too short for two */
        {"cartrigde", "cartridge:1 cartridges:2"},
        {"katridge", "cartridge:2"},
        {"cratrigde", "cartridge:2"},
        {"kybord", ""}, /* two, and six characters */
        {"kexbaord", "keyboard:2"},
        {"tame", "lame:1 mame:1 game:1 same:1"}, /* the commoner, then by bytes */
        {"usbx", ""},
        {"xyzz", ""},
        {"cam", ""},
        {"camera1", ""},
    };
    struct vocabulary v;
    vocabulary_make(&v, words, sizeof(words) / sizeof(words[0]));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct spell_hit hits[SPELL_HITS];
        char got[256] = "";
        size_t count = spell_near(buf_str(&v.bytes), str_c(cases[i].word), hits);
        for (size_t k = 0; k < count; k++) {
            (void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s:%u",
                           k > 0 ? " " : "", (int)hits[k].len, hits[k].text, hits[k].distance);
        }
        assert_string_equal(got, cases[i].want);
        (void)check_near(&v, str_c(cases[i].word));
    }
    buf_done(&v.bytes);
}

static void
test_an_empty_vocabulary(void **state)
{
    (void)state;
    static struct spell_word words[] = {{STR_INIT("usb2"), 1}, {STR_INIT("xyz"), 1}};
    struct spell_hit hits[SPELL_HITS];
    for (size_t count = 0; count <= 2; count += 2) {
        struct vocabulary v;
        vocabulary_make(&v, words, count);
        assert_int_equal(spell_near(buf_str(&v.bytes), STR("lamp"), hits), 0);
        buf_done(&v.bytes);
    }
    assert_int_equal(spell_near((struct str){0}, STR("lamp"), hits), 0);
}

static void
test_limits_are_said(void **state)
{
    (void)state;
    static struct spell_word words[] = {{STR_INIT("camera"), 1}};
    struct err err = {0};
    struct buf out;
    buf_init(&out, 4);
    assert_int_equal(spell_encode(words, 1, &out, &err), ERR_LIMIT);
    assert_int_equal(spell_encode(words, (size_t)SPELL_WORDS + 1, &out, &err), ERR_LIMIT);
    buf_done(&out);
}

/* Words of few letters are all near each other; every script has its length of a character. */
static void
test_made_up_words(void **state)
{
    (void)state;
    static const struct {
        const char *alphabet;
        uint32_t shortest;
        uint32_t longest;
        size_t count;
    } cases[] = {
        {"ab", 4, 12, 700},
        {"abc", 6, 11, 3000},
        {"abcdefghij", 4, 14, 3000},
        {"a\xC3\xA4\xC3\x9F", 4, 12, 1500},
        {"\xD0\xB0\xD0\xB1\xD1\x80\xE1\xB8\x81z", 4, 11, 1500}, /* two and three bytes, and one */
        {"ab", 44, 48, 300},
    };
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct spell_word words[WORDS_MAX];
        AUTO(arena) struct arena arena = {0};
        int32_t letters[SPELL_WORD_BYTES];
        uint32_t letter_count = (uint32_t)characters(str_c(cases[i].alphabet), letters);
        for (size_t k = 0; k < cases[i].count; k++) {
            char text[4 * 48];
            size_t len = 0;
            uint32_t length =
                cases[i].shortest + pick(&seed, cases[i].longest - cases[i].shortest + 1);
            for (uint32_t n = 0; n < length; n++) {
                len += utf8_encode(letters[pick(&seed, letter_count)], text + len);
            }
            words[k].text = arena_str(&arena, (struct str){text, len});
            words[k].count = 1 + pick(&seed, 3);
        }
        struct vocabulary v;
        size_t found = 0;
        vocabulary_make(&v, words, make_unique(words, cases[i].count));
        for (size_t k = 0; k < 400; k++) {
            char once[64];
            char twice[64];
            struct str word = v.words[pick(&seed, (uint32_t)v.count)].text;
            word = mistype(word, str_c(cases[i].alphabet), &seed, once);
            if (k % 2 == 0 && word.len <= SPELL_WORD_BYTES) {
                word = mistype(word, str_c(cases[i].alphabet), &seed, twice);
            }
            found += check_near(&v, word);
        }
        assert_true(found > 200);
        buf_done(&v.bytes);
    }
}

/* The words of the first records of a real catalogue. */
static size_t
real_words(struct arena *arena, struct spell_word *words)
{
    char path[600];
    static char text[1 << 20];
    const char *shared = getenv("DESKHAND_SHARED");
    (void)snprintf(path, sizeof(path), "%s/data/product_icecat/products.jsonl",
                   shared ? shared : "../shared");
    FILE *file = fopen(path, "r");
    if (!file) {
        return 0;
    }
    size_t len = fread(text, 1, sizeof(text), file);
    size_t count = 0;
    (void)fclose(file);
    for (size_t i = 0, start = 0; i <= len; i++) {
        char c = i < len ? (char)(text[i] | 0x20) : ' ';
        if (c >= 'a' && c <= 'z') {
            text[i] = c;
            continue;
        }
        struct str word = {text + start, i - start};
        start = i + 1;
        if (spell_fits(word) && count < WORDS_MAX) {
            words[count++] = (struct spell_word){arena_str(arena, word), 1};
        }
    }
    return make_unique(words, count);
}

static void
test_real_words(void **state)
{
    (void)state;
    static struct spell_word words[WORDS_MAX];
    AUTO(arena) struct arena arena = {0};
    size_t count = real_words(&arena, words);
    if (count == 0) {
        print_message("SKIP: no shared data\n");
        skip();
    }
    struct vocabulary v;
    uint32_t seed = 11;
    size_t mended = 0;
    vocabulary_make(&v, words, count);
    assert_true(v.bytes.len < 20 * count);
    for (size_t i = 0; i < 400; i++) {
        char typed[64];
        struct spell_hit hits[SPELL_HITS];
        struct str meant = words[pick(&seed, (uint32_t)count)].text;
        struct str word = mistype(meant, STR("etaoinsrhldu"), &seed, typed);
        size_t found = check_near(&v, word) > 0 ? spell_near(buf_str(&v.bytes), word, hits) : 0;
        for (size_t k = 0; k < found; k++) {
            mended += str_eq((struct str){hits[k].text, hits[k].len}, meant);
        }
    }
    print_message("%zu words, %zu bytes; %zu of 400 mistyped words lead back\n", count, v.bytes.len,
                  mended);
    assert_true(mended > 340);
    buf_done(&v.bytes);
}

/* Every byte of a vocabulary changed, every length cut: an answer that is text, and no more. The
 * bytes lie in a block of their exact size, for the tools that watch its ends. */
static void
test_bytes_that_lie(void **state)
{
    (void)state;
    static struct spell_word words[] = {
        {STR_INIT("camera"), 500},
        {STR_INIT("cartridge"), 900},
        {STR_INIT("cartridges"), 300},
        {STR_INIT("stra\xC3\x9F"
                  "enlampe"),
         1},
    };
    static const unsigned char values[] = {0, 1, 0x3F, 0x41, 0x80, 0x81, 0xC1, 0xC3, 0xFF};
    struct vocabulary v;
    vocabulary_make(&v, words, sizeof(words) / sizeof(words[0]));
    for (size_t len = 0; len <= v.bytes.len; len++) {
        for (size_t k = 0; k < sizeof(values) * len + 1; k++) {
            char *bytes = malloc(len > 0 ? len : 1);
            assert_non_null(bytes);
            memcpy(bytes, v.bytes.text, len);
            if (k < sizeof(values) * len) {
                bytes[k / sizeof(values)] = (char)values[k % sizeof(values)];
            }
            struct spell_hit hits[SPELL_HITS];
            (void)spell_count((struct str){bytes, len}, STR("cartridge"));
            size_t count = spell_near((struct str){bytes, len}, STR("cartrigde"), hits);
            assert_true(count <= SPELL_HITS);
            for (size_t i = 0; i < count; i++) {
                assert_true(hits[i].len <= SPELL_WORD_BYTES);
                assert_true(utf8_valid((struct str){hits[i].text, hits[i].len}));
            }
            free(bytes);
        }
    }
    buf_done(&v.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits),           cmocka_unit_test(test_what_is_near),
        cmocka_unit_test(test_an_empty_vocabulary), cmocka_unit_test(test_limits_are_said),
        cmocka_unit_test(test_made_up_words),       cmocka_unit_test(test_real_words),
        cmocka_unit_test(test_bytes_that_lie),
    };
    return cmocka_run_group_tests_name("spell", tests, NULL, NULL);
}
