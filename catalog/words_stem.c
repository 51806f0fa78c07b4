#include "catalog/words_parts.h"

#include <libstemmer.h>
#include <string.h>

/* Words come again and again: of a hundred in a catalogue some ninety-five were met shortly before.
 * A table of one slot a hash keeps their stems; a word that meets another's slot takes it. */
enum {
    SLOTS = 16384, /* a power of two; a quarter of it costs 8 ns a word more */
    SLOT_WORD = 30,
    SLOT_STEM = 32,
    /* What is shorter has no ending. */
    SHORTEST = 3,
};

struct stem_slot {
    uint8_t len; /* 0: free */
    uint8_t stem_len;
    char word[SLOT_WORD];
    char stem[SLOT_STEM];
};

int
words_stem_open(struct words_core *core, struct err *err)
{
    if (!core->facts) {
        return 0;
    }
    core->cache = mem_zero(SLOTS, sizeof(struct stem_slot));
    core->stemmer = sb_stemmer_new(core->facts->stemmer, "UTF_8");
    return core->cache && core->stemmer ? 0 : err_nomem(err);
}

void
words_stem_close(struct words_core *core)
{
    sb_stemmer_delete(core->stemmer);
    mem_free(core->cache);
    core->stemmer = NULL;
    core->cache = NULL;
}

/* Up to eight bytes as one number; what is behind them is not looked at. */
static uint64_t
load(const char *p, size_t len)
{
    uint64_t value = 0;
    if (len >= 8) {
        memcpy(&value, p, 8);
    } else if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, p, 4);
        memcpy(&last, p + len - 4, 4);
        value = first | (uint64_t)last << 32;
    } else {
        for (size_t i = 0; i < len; i++) {
            value = value << 8 | (unsigned char)p[i];
        }
    }
    return value;
}

static uint32_t
hash_of(struct str word)
{
    uint64_t hash = word.len;
    for (size_t i = 0; i < word.len; i += 8) {
        hash = (hash ^ load(word.ptr + i, word.len - i)) * 0x9E3779B97F4A7C15U;
    }
    return (uint32_t)(hash >> 40);
}

static bool
is_same(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        if (load(a + i, len - i) != load(b + i, len - i)) {
            return false;
        }
    }
    return true;
}

struct str
words_stem(struct words_core *core, struct str word)
{
    if (!core->stemmer || word.len < SHORTEST) {
        return word;
    }
    struct stem_slot *slot = &core->cache[hash_of(word) & (SLOTS - 1)];
    if (slot->len == word.len && is_same(slot->word, word.ptr, word.len)) {
        return (struct str){slot->stem, slot->stem_len};
    }
    const sb_symbol *stem =
        sb_stemmer_stem(core->stemmer, (const sb_symbol *)word.ptr, (int)word.len);
    int len = stem ? sb_stemmer_length(core->stemmer) : 0;
    struct str found = {(const char *)stem, (size_t)len};
    if (!stem || len <= 0) {
        return stem ? word : (struct str){0};
    }
    if (word.len <= SLOT_WORD && found.len <= SLOT_STEM) {
        slot->len = (uint8_t)word.len;
        slot->stem_len = (uint8_t)found.len;
        memcpy(slot->word, word.ptr, word.len);
        memcpy(slot->stem, found.ptr, found.len);
    }
    return found.len <= WORDS_STEM_BYTES ? found : word;
}
