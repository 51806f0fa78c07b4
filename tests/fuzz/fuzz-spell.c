/* Any bytes as a vocabulary, and any words made into one: searches stay within the bytes, hand out
 * text in their order, and a vocabulary finds each of its words by a word one letter off. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "catalog/index/spell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 512 };

static struct str
hit_text(const struct spell_hit *hit)
{
    return (struct str){hit->text, hit->len};
}

static size_t
check_near(struct str bytes, struct str word, struct spell_hit hits[SPELL_HITS])
{
    size_t count = spell_near(bytes, word, hits);
    (void)spell_count(bytes, word);
    must(count <= SPELL_HITS);
    for (size_t i = 0; i < count; i++) {
        must(hits[i].len <= SPELL_WORD_BYTES && utf8_valid(hit_text(&hits[i])));
        must(hits[i].distance >= 1 && hits[i].distance <= 2);
        must(!str_eq(hit_text(&hits[i]), word));
        must(i == 0 || hits[i - 1].distance < hits[i].distance ||
             (hits[i - 1].distance == hits[i].distance && hits[i - 1].count >= hits[i].count));
    }
    return count;
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(((const struct spell_word *)a)->text, ((const struct spell_word *)b)->text);
}

static void
check_word(struct str bytes, struct str meant)
{
    char typed[SPELL_WORD_BYTES];
    struct spell_hit hits[SPELL_HITS];
    must(meant.len <= SPELL_WORD_BYTES);
    memcpy(typed, meant.ptr, meant.len);
    typed[meant.len - 1] = typed[meant.len - 1] == 'q' ? 'z' : 'q';
    struct str word = {typed, meant.len};
    if (!spell_fits(word)) {
        return;
    }
    size_t count = check_near(bytes, word, hits);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(hit_text(&hits[i]), meant)) {
            must(hits[i].distance == 1);
            return;
        }
    }
    must(count == SPELL_HITS && hits[count - 1].distance == 1);
}

/* The words of TEXT as a vocabulary. */
static void
check_made(struct str text)
{
    struct spell_word words[WORDS_MAX];
    struct spell_word unique[WORDS_MAX];
    size_t count = 0;
    size_t kept = 0;
    struct str part;
    while (count < WORDS_MAX && str_split(&text, ' ', &part)) {
        words[count] = (struct spell_word){part, (uint32_t)(1 + count % 7)};
        count++;
    }
    qsort(words, count, sizeof(words[0]), by_text);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !str_eq(unique[kept - 1].text, words[i].text)) {
            unique[kept++] = words[i];
        }
    }
    struct buf out;
    struct err err = {0};
    buf_init(&out, 1 << 20);
    must(spell_encode(unique, kept, &out, &err) == 0);
    for (size_t i = 0; i < kept; i++) {
        if (spell_fits(unique[i].text)) {
            check_word(buf_str(&out), unique[i].text);
        }
    }
    buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spell_hit hits[SPELL_HITS];
    struct str bytes = {(const char *)data, size};
    (void)check_near(bytes, STR("lamp"), hits);
    (void)check_near(bytes, STR("cartridges"), hits);
    (void)check_near(bytes,
                     STR("stra\xC3\x9F"
                         "enlampe"),
                     hits);
    /* The head of the input as the word, the rest as the vocabulary. */
    size_t head = size > 0 ? data[0] % (SPELL_WORD_BYTES + 1) : 0;
    (void)check_near(str_sub(bytes, 1 + head, SIZE_MAX), str_sub(bytes, 1, head), hits);
    check_made(bytes);
    return 0;
}
