/* words_parts: what the files words*.c share; for these only.
 *
 * From the bottom: words_letter.c says what one character is, words_stem.c and words_stop.c what a
 * word is in a language, words_split.c and words_whole.c what a text's tokens are, words_query.c
 * what a query has beside them; words_fts5.c hands them to FTS5, words_record.c keeps them. */
#ifndef CATALOG_WORDS_PARTS_H
#define CATALOG_WORDS_PARTS_H

#include "catalog/words.h"

enum {
    WORDS_CORE_MAGIC = 0x776F7264,
    /* Parts of one model number. */
    WORDS_PARTS = 8,
    /* A whole is no longer than this; longer ones are their parts alone. */
    WORDS_WHOLE_BYTES = 40,
    WORDS_STOPS = 320,
    WORDS_STOP_BYTES = 28,
};

/* A language as a row of words_stop.c's table. */
struct words_facts {
    const char *code;
    const char *stemmer; /* Snowball's name */
    bool elides;         /* an apostrophe ends a word: l'eau */
    const char *endings; /* left out behind an apostrophe; NULL: "s" */
    const char *low;     /* function words, a space between, folded */
    const char *asking;  /* question words */
};

struct words_stop {
    char stem[WORDS_STOP_BYTES];
    float weight;
};

struct sb_stemmer;
struct stem_slot;

struct words_core {
    unsigned magic;
    unsigned references; /* the struct words, FTS5's registration, its tables */
    char language[WORDS_LANGUAGE_BYTES];
    const struct words_facts *facts; /* NULL: no stemmer, no stop words */
    struct sb_stemmer *stemmer;
    struct stem_slot *cache;
    struct words_stop stops[WORDS_STOPS]; /* sorted */
    size_t stop_count;
    const struct words_record *replayed;
    size_t replayed_count;
    size_t replayed_next;
};

/* words.c */
int words_core_new(struct str language, struct words_core **ret, struct err *err) WARN_UNUSED;
struct words_core *words_core_ref(struct words_core *core);
void words_core_unref(struct words_core *core);

/* words_letter.c: the character at P, folded. */
enum letter_kind {
    LETTER_NONE,      /* stands between words */
    LETTER_MARK,      /* an accent, a joiner: left out of words */
    LETTER_LETTER,    /* of an alphabet */
    LETTER_DIGIT,     /* decimal, as ASCII */
    LETTER_IDEOGRAPH, /* of a script without spaces */
};
struct letter {
    enum letter_kind kind;
    uint8_t bytes; /* in the text, 1 to 4 */
    uint8_t len;   /* of the folded text, 1 to 4 where it is a letter or digit */
    char text[4];
};
struct letter words_letter(const char *p, size_t left);
/* ASCII letters in lower case and digits as they are, 0 for what is neither. */
extern const char words_ascii[128];

/* words_stem.c: the stem of WORD, folded letters; borrowed until the next call. ptr NULL: no
 * memory. */
struct str words_stem(struct words_core *core, struct str word);
int words_stem_open(struct words_core *core, struct err *err) WARN_UNUSED;
void words_stem_close(struct words_core *core);

/* words_stop.c */
const struct words_facts *words_facts_find(struct str language);
int words_stop_fill(struct words_core *core, struct err *err) WARN_UNUSED;

/* words_split.c */
struct words_part {
    size_t start;
    size_t end;
    char joiner; /* before it; 0: it is the first */
    bool letters;
    bool digits;
    uint8_t len;
    char raw[WORDS_STEM_BYTES];
};
/* The first word of TEXT, folded, as far as it goes. */
void words_part_read(const struct words_core *core, struct str text, struct words_part *ret);
/* Every token of TEXT; PLAIN: words and wholes only. */
int words_walk(struct words_core *core, struct str text, bool plain, words_each each, void *arg,
               struct err *err) WARN_UNUSED;

/* words_whole.c */
/* A mixed part that is a number and a unit, in the unit's one spelling. */
void words_part_settle(struct words_part *part);
/* The parts as one, in OUT: its length, 0 for none. *RET_LETTERS: it wants a stem. */
size_t words_whole(const struct words_part *parts, size_t count, char out[WORDS_WHOLE_BYTES],
                   bool *ret_letters);
/* The parts with the unit that follows them in TEXT at AT. *RET_END: where that ends, *RET_WORD:
 * the unit is a word of its own. */
size_t words_measure(const struct words_part *parts, size_t count, struct str text, size_t at,
                     char out[WORDS_WHOLE_BYTES], size_t *ret_end, bool *ret_word);

/* words_fts5.c: register CORE with API; API's registration holds a reference. */
int words_fts5_register(struct words_core *core, fts5_api *api, struct err *err) WARN_UNUSED;

#endif
