/* The tokenizer: what a text's tokens are, what a query has beside them, by language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "catalog/words.h"

/* Tokens as text: words with a blank between, behind each what shares its position: +whole,
 * *character, ~joint. */
struct shown {
    struct buf text;
    size_t bytes;       /* of the text that is split */
    uint32_t positions; /* words so far */
    size_t start;
};

static bool
show(void *arg, const struct words_token *token)
{
    static const char marks[] = {[WORDS_WHOLE] = '+', [WORDS_CHARACTER] = '*', [WORDS_JOINT] = '~'};
    struct shown *s = arg;
    assert_true(token->start >= s->start && token->start < token->end && token->end <= s->bytes);
    assert_true(token->stem.len > 0 && token->stem.len <= WORDS_STEM_BYTES);
    assert_true(utf8_valid(token->stem));
    assert_int_equal(words_colocated(token), token->kind != WORDS_WORD);
    s->start = token->start;
    if (token->kind == WORDS_WORD) {
        assert_int_equal(token->position, s->positions);
        s->positions++;
        buf_add_c(&s->text, s->text.len > 0 ? " " : "");
    } else {
        assert_int_equal(token->position + 1, s->positions);
        buf_add_char(&s->text, marks[token->kind]);
    }
    buf_add(&s->text, token->stem);
    if (token->span != 1) {
        buf_printf(&s->text, "/%u", (unsigned)token->span);
    }
    return true;
}

/* TEXT's tokens in the arena. */
static const char *
split(const char *language, struct str text, bool query, struct arena *arena)
{
    AUTO(words) struct words words = {0};
    struct err err = {0};
    struct shown shown = {.bytes = text.len};
    if (words_open(&words, str_c(language), &err) != 0) {
        fail_msg("%s", err.message);
    }
    buf_init(&shown.text, 1024 * 1024);
    int rc = query ? words_split_query(&words, text, show, &shown, &err)
                   : words_split(&words, text, show, &shown, &err);
    assert_int_equal(rc, 0);
    const char *copy = shown.text.len > 0 ? buf_to_arena(&shown.text, arena).ptr : "";
    buf_done(&shown.text);
    return copy;
}

struct split_case {
    const char *language;
    const char *text;
    const char *want;
};

static void
check_splits(const struct split_case *cases, size_t count, bool query)
{
    for (size_t i = 0; i < count; i++) {
        AUTO(arena) struct arena arena = {0};
        const char *got = split(cases[i].language, str_c(cases[i].text), query, &arena);
        if (strcmp(got, cases[i].want) != 0) {
            fail_msg("%s '%s': '%s', not '%s'", cases[i].language, cases[i].text, got,
                     cases[i].want);
        }
    }
}

#define CHECK_SPLITS(cases, query) check_splits(cases, sizeof(cases) / sizeof((cases)[0]), query)

static void
test_words(void **state)
{
    (void)state;
    static const struct split_case cases[] = {
        {"en", "", ""},
        {"en", " \t\r\n.,;:!?()[]{}\"'", ""},
        {"en", "Pairing the Hubs", "pair the hub"},
        {"en", "d battery", "d batteri"},
        {"en", "AA batteries", "aa batteri"},
        {"en", "won't", "wont"},
        {"en", "won\xE2\x80\x99t", "wont"},
        {"en", "John's lamp", "john lamp"},
        {"en", "JOHN'S", "john"},
        {"en", "dogs' bowl", "dog bowl"},
        {"en", "I'd we've you'll they're I'm", "i we you they i"},
        {"en", "'quoted'", "quot"},
        {"en", "rock'n'roll", "rocknrol"},
        {"en", "C++ & C#", "c c"},
        {"en", "and/or", "and or"},
        {"en", "a.b@example.com", "a b exampl com"},
        {"none", "Pairing the Hubs", "pairing the hubs"},
        {"none", "\xF0\x9F\x98\x80 ok \xF0\x9F\x92\xA1\xEF\xB8\x8F", "ok"},
        /* Diacritics, case, ligatures. */
        {"none", "Caf\xC3\xA9 CAFE\xCC\x81 \xC3\x85ngstr\xC3\xB6m", "cafe cafe angstrom"},
        {"none",
         "Stra\xC3\x9F"
         "e \xE1\xBA\x9E \xC3\x86on \xC5\x93uvre \xC5\x81\xC3\xB3"
         "d\xC5\xBA",
         "strasse ss aeon oeuvre lodz"},
        {"none", "\xE1\xBA\xA4m \xC4\xB0stanbul \xC4\xB1s\xC4\xB1", "am istanbul isi"},
        {"none", "\xCE\x86\xCE\xBB\xCF\x86\xCE\xB1 \xE1\xBC\x84\xCE\xBB\xCF\x86\xCE\xB1",
         "\xCE\xB1\xCE\xBB\xCF\x86\xCE\xB1 \xCE\xB1\xCE\xBB\xCF\x86\xCE\xB1"},
        {"none", "\xCE\xA3\xCE\xBF\xCF\x86\xCF\x8C\xCF\x82",
         "\xCF\x83\xCE\xBF\xCF\x86\xCE\xBF\xCF\x83"},
        {"none", "\xD0\x81\xD0\x9B\xD0\x9A\xD0\x90 \xD0\x9C\xD0\x9E\xD0\x99",
         "\xD0\xB5\xD0\xBB\xD0\xBA\xD0\xB0 \xD0\xBC\xD0\xBE\xD0\xB9"},
        {"none", "\xEF\xBC\xA7\xEF\xBC\xB5\xEF\xBC\x91\xEF\xBC\x90", "gu10"},
        {"none", "\xD9\xA1\xD9\xA2 m\xC2\xB2", "12 m2"},
        {"none", "soft\xC2\xADhyphen", "softhyphen"},
        {"none", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"},
    };
    CHECK_SPLITS(cases, false);
}

static void
test_numbers_and_wholes(void **state)
{
    (void)state;
    static const struct split_case cases[] = {
        {"en", "WH-1000XM4", "wh+wh1000xm4/2 1000xm4"},
        {"en", "wh1000xm4", "wh1000xm4"},
        {"en", "HS-HUB-2", "hs+hshub2/3 hub 2"},
        {"en", "HS_HUB_2", "hs+hshub2/3 hub 2"},
        {"en", "GU10", "gu10"},
        {"en", "MK322ZM/A", "mk322zm+mk322zma/2 a"},
        {"en",
         "WH\xE2\x80\x91"
         "1000XM4",
         "wh+wh1000xm4/2 1000xm4"},
        {"en", "wi-fi", "wi+wifi/2 fi"},
        {"en", "all-in-one", "all+allinon/3 in one"},
        {"en", "state-of-the-art", "state of the art"},
        /* Numbers: a point is kept, thousands are joined, ranges are not. */
        {"en", "2.4", "2+2.4/2 4"},
        {"en", "1.2.3", "1+1.2.3/3 2 3"},
        {"en", "1,000 pcs", "1+1000/2 000 pcs"},
        {"en", "2,4", "2 4"},
        {"en", "1-2", "1 2"},
        {"en", "16/9", "16 9"},
        {"en", "555-1234", "555+5551234/2 1234"},
        /* A number with its unit, however it is written. */
        {"en", "55\"", "55+55in"},
        {"en", "55''", "55+55in"},
        {"en", "55\xE2\x80\xB3", "55+55in"},
        {"en", "55 inch TV", "55+55in/2 inch tv"},
        {"en", "55-inch", "55+55in/2 inch"},
        {"en", "55in", "55in"},
        {"en", "55inches", "55in"},
        {"en", "2.4 GHz", "2+2.4/2+2.4ghz/3 4 ghz"},
        {"en", "2.4GHz", "2+2.4ghz/2 4ghz"},
        {"en", "1 TB", "1+1tb/2 tb"},
        {"en", "1 table", "1 tabl"},
        {"en", "12\xC2\xA0V", "12+12v/2 v"},
        {"en", "12 v\xC3\xA9lo", "12 velo"},
        {"de", "55 Zoll", "55+55in/2 zoll"},
        /* Too many parts and too much text for one. */
        {"en", "1-2-3-4-5-6-7-8-9-x", "1 2 3 4 5 6 7 8 9 x"},
        {"en", "a1-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
         "a1 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
    };
    CHECK_SPLITS(cases, false);
}

static void
test_scripts_without_spaces(void **state)
{
    (void)state;
    static const struct split_case cases[] = {
        /* "smart lock", one character, two, and Latin around them. */
        {"zh", "\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81",
         "\xE6\x99\xBA\xE8\x83\xBD*\xE6\x99\xBA "
         "\xE8\x83\xBD\xE9\x94\x81*\xE8\x83\xBD*\xE9\x94\x81"},
        {"zh", "\xE9\x94\x81", "\xE9\x94\x81"},
        {"zh", "X1\xE9\x94\x81Pro", "x1 \xE9\x94\x81 pro"},
        {"zh", "\xE6\x99\xBA\xE8\x83\xBD\xE3\x80\x82\xE9\x94\x81",
         "\xE6\x99\xBA\xE8\x83\xBD*\xE6\x99\xBA*\xE8\x83\xBD \xE9\x94\x81"},
        {"ja", "\xE3\x82\xB9\xE3\x83\x9E\xE3\x83\xBC",
         "\xE3\x82\xB9\xE3\x83\x9E*\xE3\x82\xB9 "
         "\xE3\x83\x9E\xE3\x83\xBC*\xE3\x83\x9E*\xE3\x83\xBC"},
        {"ko", "\xEC\x9E\xA0\xEA\xB8\x88 \xEC\x9E\xA0",
         "\xEC\x9E\xA0\xEA\xB8\x88*\xEC\x9E\xA0*\xEA\xB8\x88 \xEC\x9E\xA0"},
    };
    static const struct split_case queries[] = {
        {"zh", "\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81",
         "\xE6\x99\xBA\xE8\x83\xBD \xE8\x83\xBD\xE9\x94\x81"},
        {"zh", "\xE9\x94\x81", "\xE9\x94\x81"},
    };
    CHECK_SPLITS(cases, false);
    CHECK_SPLITS(queries, true);
}

static void
test_queries(void **state)
{
    (void)state;
    static const struct split_case cases[] = {
        {"en", "usb hub", "usb hub"},
        {"en", "wh 1000 xm4", "wh~wh1000/2~wh1000xm4/3 1000~1000xm4/2 xm4"},
        {"en", "iphone 11 case", "iphon~iphone11/2~iphone11case/3 11~11case/2 case"},
        {"en", "WH-1000XM4", "wh+wh1000xm4/2 1000xm4"},
        {"en", "55 inch tv", "55+55in/2~55inchtv/3 inch tv"},
        {"en", "2 x  4", "2~2x/2 x 4"},
        {"en", "1 2 3", "1 2 3"},
    };
    CHECK_SPLITS(cases, true);
}

static void
test_languages(void **state)
{
    (void)state;
    static const struct split_case cases[] = {
        {"de", "Ger\xC3\xA4te", "gerat"},
        {"de", "Lampen", "lamp"},
        {"fr",
         "l'\xC3\xA9"
         "cran d\xE2\x80\x99"
         "accueil",
         "l ecran d accueil"},
        {"es",
         "bater\xC3\xAD"
         "as baterias",
         "bateri bateri"},
        {"it", "dell'acqua", "dell acqua"},
        {"nl", "lampen", "lamp"},
        {"pt", "l\xC3\xA2mpadas lampadas", "lamp lamp"},
        {"sv", "lamporna", "lamp"},
        {"da", "lamperne", "lamp"},
        {"no", "lampene", "lamp"},
        {"nb", "lampene", "lamp"},
        {"fi", "lamppuja", "lampu"},
        {"ru", "\xD0\xBB\xD0\xB0\xD0\xBC\xD0\xBF\xD1\x8B \xD0\xBB\xD0\xB0\xD0\xBC\xD0\xBF\xD0\xB0",
         "\xD0\xBB\xD0\xB0\xD0\xBC\xD0\xBF \xD0\xBB\xD0\xB0\xD0\xBC\xD0\xBF"},
        {"zz", "lamps", "lamps"},
    };
    CHECK_SPLITS(cases, false);
    static const struct {
        const char *language;
        bool valid;
    } codes[] = {
        {"en", true},  {"none", true}, {"", false},    {"e", false},         {"EN", false},
        {"e'", false}, {"e\n", false}, {"e n", false}, {"abcdefghi", false},
    };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        AUTO(words) struct words words = {0};
        struct err err = {0};
        assert_int_equal(words_language_valid(str_c(codes[i].language)), codes[i].valid);
        assert_int_equal(words_open(&words, str_c(codes[i].language), &err),
                         codes[i].valid ? 0 : ERR_INVALID);
    }
}

static void
test_weights(void **state)
{
    (void)state;
    static const struct {
        const char *language;
        const char *word;
        bool heavy;
    } cases[] = {
        {"en", "the", false},        {"en", "please", false},
        {"en", "what", false},       {"en", "don't", false},
        {"en", "hub", true},         {"en", "der", true},
        {"de", "der", false},        {"de", "f\xC3\xBCr", false},
        {"de", "warum", false},      {"de", "the", true},
        {"fr", "le", false},         {"es", "qu\xC3\xA9", false},
        {"it", "che", false},        {"nl", "het", false},
        {"pt", "n\xC3\xA3o", false}, {"sv", "och", false},
        {"da", "ikke", false},       {"no", "ikke", false},
        {"fi", "ei", false},         {"ru", "\xD0\xBA\xD0\xB0\xD0\xBA", false},
        {"none", "the", true},       {"en", "WH-1000XM4", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(words) struct words words = {0};
        AUTO(buf) struct buf stem;
        struct err err = {0};
        buf_init(&stem, 256);
        assert_int_equal(words_open(&words, str_c(cases[i].language), &err), 0);
        assert_int_equal(words_key(&words, str_c(cases[i].word), &stem, &err), 0);
        double weight = words_weight(&words, buf_str(&stem));
        if (cases[i].heavy ? weight < 1 : weight <= 0 || weight > 0.5) {
            fail_msg("%s '%s' weighs %g", cases[i].language, cases[i].word, weight);
        }
        assert_true(words_weight(&words, (struct str){0}) >= 1);
    }
}

static void
test_keys(void **state)
{
    (void)state;
    AUTO(words) struct words words = {0};
    AUTO(buf) struct buf key;
    struct err err = {0};
    buf_init(&key, 64);
    assert_int_equal(words_open(&words, STR("en"), &err), 0);
    assert_int_equal(words_key(&words, STR("Smart Lights WH-1000XM4"), &key, &err), 0);
    assert_string_equal(key.text, "smart light wh 1000xm4");
    /* A part of a name without spaces is a part of its key. */
    assert_int_equal(words_key(&words, STR("\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81"), &key, &err), 0);
    assert_string_equal(key.text, "\xE6\x99\xBA\xE8\x83\xBD \xE8\x83\xBD\xE9\x94\x81");
    assert_int_equal(words_key(&words,
                               STR("a name that is longer than its key may be, by far, and"
                                   " then some more of it"),
                               &key, &err),
                     ERR_LIMIT);
}

static void
test_hostile_text(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *want;
    } cases[] = {
        {STR_INIT("\xFF\xFEhub\xC3"), "hub"},
        {STR_INIT("a\xC0\x80"
                  "b"),
         "a b"},
        {STR_INIT("a\xED\xA0\x80"
                  "b"),
         "a b"},
        {STR_INIT("a\xF4\x90\x80\x80"
                  "b"),
         "a b"},
        {STR_INIT("hub\0lamp"), "hub lamp"},
        {STR_INIT("\xCC\x81\xCC\x81"), ""},
        {STR_INIT("\xCC\x81"
                  "a\xCC\x81"),
         "a"},
        {STR_INIT("\xE6\x99"), ""},
        {STR_INIT("a-"), "a"},
        {STR_INIT("-a--b-"), "a b"},
        {STR_INIT("5.'"), "5"},
        {STR_INIT("5 "), "5"},
        {STR_INIT("a'\xFF"), "a"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        assert_string_equal(split("none", cases[i].text, false, &arena), cases[i].want);
        assert_string_equal(split("none", cases[i].text, true, &arena), cases[i].want);
    }
}

/* A word of a million letters is one word, kept in part. */
static void
test_huge_words(void **state)
{
    (void)state;
    static const char *const letters[] = {"x", "\xC3\xBE", "\xD1\x84", "7", "x-", "'x"};
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(buf) struct buf text;
        buf_init(&text, 4 * 1024 * 1024);
        for (size_t k = 0; k < (i < 4 ? 1000000U : 10000U); k++) {
            buf_add_c(&text, letters[i]);
        }
        const char *got = split("en", buf_str(&text), false, &arena);
        assert_int_equal(strchr(got, ' ') == NULL, i != 4);
        assert_true(strlen(got) > 0);
        (void)split("ru", buf_str(&text), true, &arena);
    }
}

static bool
stop_at_third(void *arg, const struct words_token *token)
{
    (void)token;
    return ++*(int *)arg < 3;
}

static void
test_a_walk_ends_when_told(void **state)
{
    (void)state;
    static const char *const texts[] = {"a b c d e", "a-b-c-d 5\" 6\"", "5 in 6 in",
                                        "\xE6\x99\xBA\xE8\x83\xBD\xE9\x94\x81\xE9\x94\x81"};
    AUTO(words) struct words words = {0};
    struct err err = {0};
    assert_int_equal(words_open(&words, STR("en"), &err), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int told = 0;
        assert_int_equal(words_split(&words, str_c(texts[i]), stop_at_third, &told, &err), 0);
        assert_int_equal(told, 3);
    }
}

/* What a text's tokens are does not hang on what was split before: the cache of stems. */
static void
test_stems_stay_the_same(void **state)
{
    (void)state;
    AUTO(words) struct words words = {0};
    AUTO(buf) struct buf first;
    AUTO(buf) struct buf again;
    AUTO(buf) struct buf word;
    struct err err = {0};
    buf_init(&first, 256);
    buf_init(&again, 256);
    buf_init(&word, 64);
    assert_int_equal(words_open(&words, STR("en"), &err), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20000; i++) {
            AUTO(words) struct words fresh = {0};
            buf_clear(&word);
            for (int n = i * 7919 + 26; n > 0; n /= 26) {
                buf_add_char(&word, (char)('a' + n % 26));
            }
            buf_add_c(&word, i % 3 == 0 ? "ings" : i % 3 == 1 ? "ational" : "");
            assert_int_equal(words_key(&words, buf_str(&word), &first, &err), 0);
            if (i % 500 == 0) {
                assert_int_equal(words_open(&fresh, STR("en"), &err), 0);
                assert_int_equal(words_key(&fresh, buf_str(&word), &again, &err), 0);
                assert_string_equal(first.text, again.text);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_numbers_and_wholes),
        cmocka_unit_test(test_scripts_without_spaces),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_huge_words),
        cmocka_unit_test(test_a_walk_ends_when_told),
        cmocka_unit_test(test_stems_stay_the_same),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
