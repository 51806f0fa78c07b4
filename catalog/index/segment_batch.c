/* Records that wait for their segment: their words as numbers, one behind the other. This is the
 * way every word of an import goes, a hundred times a record: no allocation but growth, and of two
 * neighbours no text, only their numbers. */
#include <string.h>

#include "catalog/index/segment_parts.h"

enum {
    SLOTS_FIRST = 4096,
    /* A batch ends early when its records are long: what waits is memory. */
    BATCH_TOKENS = 24 * 1024 * 1024,
    BATCH_TERMS = 4 * 1024 * 1024,
    BATCH_TEXT = 256 * 1024 * 1024,
    /* Words looked up together: while one waits for memory the others' are on their way. */
    TOGETHER = 16,
};

void
segment_batch_done(struct segment_batch *b)
{
    mem_free(b->text);
    mem_free(b->words);
    mem_free(b->word_slots);
    mem_free(b->pairs);
    mem_free(b->pair_slots);
    mem_free(b->tokens);
    mem_free(b->records);
    memset(b, 0, sizeof(*b));
}

bool
segment_batch_full(const struct segment_batch *b)
{
    return b->record_count >= SEGMENT_DOCS || b->token_count >= BATCH_TOKENS ||
           b->word_count + b->pair_count >= BATCH_TERMS || b->text_len >= BATCH_TEXT;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t
load(const char *bytes, size_t len)
{
    uint64_t value = 0;
    memcpy(&value, bytes, len);
    return value;
}

/* Eight bytes at a time, the last of them once more: str_hash() takes as long for one word as
 * everything else here. */
static uint32_t
hash_word(struct str word)
{
    const char *end = word.ptr + word.len;
    if (word.len < 4) {
        return (uint32_t)mix(word.len, load(word.ptr, word.len));
    }
    if (word.len < 8) {
        return (uint32_t)mix(word.len, load(word.ptr, 4) << 32 | load(end - 4, 4));
    }
    uint64_t hash = word.len;
    for (const char *at = word.ptr; end - at > 8; at += 8) {
        hash = mix(hash, load(at, 8));
    }
    return (uint32_t)mix(hash, load(end - 8, 8));
}

static uint32_t
hash_two(struct segment_two two)
{
    return (uint32_t)mix(two.second, (uint64_t)two.first << 20);
}

/* Twice the room, half of it empty at most. */
static int
grow_slots(struct segment_slot **slots, size_t *slot_count, size_t used, struct err *err)
{
    if (used * 2 < *slot_count) {
        return 0;
    }
    size_t count = *slot_count == 0 ? SLOTS_FIRST : *slot_count * 2;
    struct segment_slot *grown = mem_zero(count, sizeof(*grown));
    if (!grown) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < *slot_count; i++) {
        if ((*slots)[i].at != 0) {
            size_t at = (*slots)[i].hash & (count - 1);
            while (grown[at].at != 0) {
                at = (at + 1) & (count - 1);
            }
            grown[at] = (*slots)[i];
        }
    }
    mem_free(*slots);
    *slots = grown;
    *slot_count = count;
    return 0;
}

static int
grow_text(struct segment_batch *b, size_t more, struct err *err)
{
    if (b->text_capacity - b->text_len >= more) {
        return 0;
    }
    size_t capacity = b->text_capacity * 2 + more + SLOTS_FIRST;
    char *grown = mem_resize(b->text, capacity, 1);
    if (!grown) {
        return err_nomem(err);
    }
    b->text = grown;
    b->text_capacity = capacity;
    return 0;
}

static int
too_many(struct err *err)
{
    return err_set(err, ERR_LIMIT, "catalogue: a record has too many different words");
}

/* Can WORD be a term? A space and what sorts before it would end it in a pair. */
static bool
fits(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.ptr[i] <= ' ') {
            return false;
        }
    }
    return true;
}

/* A word's text has its id and its length before it: whoever looks for one finds all it needs in
 * one place, and most of the time goes into waiting for memory. */
enum { WORD_HEAD = 5 };

static int
add_word(struct segment_batch *b, struct segment_slot *slot, uint32_t hash, struct str word,
         struct err *err)
{
    if (b->word_count + b->pair_count >= SEGMENT_TERMS) {
        return too_many(err);
    }
    int rc = grow_text(b, WORD_HEAD + word.len, err);
    if (rc != 0) {
        return rc;
    }
    if (!mem_grow(b->words, b->word_count, b->word_capacity)) {
        return err_nomem(err);
    }
    uint32_t id = (uint32_t)b->word_count;
    char *to = b->text + b->text_len;
    *slot = (struct segment_slot){hash, (uint32_t)b->text_len + 1};
    memcpy(to, &id, sizeof(id));
    to[WORD_HEAD - 1] = (char)(unsigned char)word.len;
    memcpy(to + WORD_HEAD, word.ptr, word.len);
    b->words[b->word_count++] =
        (struct segment_word){(uint32_t)b->text_len + WORD_HEAD, (uint32_t)word.len};
    b->text_len += WORD_HEAD + word.len;
    return 0;
}

/* The id of WORD, plus one; 0: it is no term. */
static int
find_word(struct segment_batch *b, struct str word, uint32_t hash, uint32_t *ret, struct err *err)
{
    int rc = grow_slots(&b->word_slots, &b->word_slot_count, b->word_count, err);
    if (rc != 0) {
        return rc;
    }
    size_t at = hash & (b->word_slot_count - 1);
    struct segment_slot *slot = &b->word_slots[at];
    while (slot->at != 0) {
        const char *there = b->text + slot->at - 1;
        if (slot->hash == hash && (unsigned char)there[WORD_HEAD - 1] == word.len &&
            memcmp(there + WORD_HEAD, word.ptr, word.len) == 0) {
            uint32_t id;
            memcpy(&id, there, sizeof(id));
            *ret = id + 1;
            return 0;
        }
        at = (at + 1) & (b->word_slot_count - 1);
        slot = &b->word_slots[at];
    }
    if (!fits(word)) {
        *ret = 0;
        return 0;
    }
    rc = add_word(b, slot, hash, word, err);
    *ret = (uint32_t)b->word_count;
    return rc;
}

static int
find_pair(struct segment_batch *b, struct segment_two two, uint32_t *ret, struct err *err)
{
    int rc = grow_slots(&b->pair_slots, &b->pair_slot_count, b->pair_count, err);
    if (rc != 0) {
        return rc;
    }
    uint32_t hash = hash_two(two);
    size_t at = hash & (b->pair_slot_count - 1);
    struct segment_slot *slot = &b->pair_slots[at];
    while (slot->at != 0) {
        const struct segment_two *there = &b->pairs[slot->at - 1];
        if (slot->hash == hash && there->first == two.first && there->second == two.second) {
            *ret = slot->at - 1;
            return 0;
        }
        at = (at + 1) & (b->pair_slot_count - 1);
        slot = &b->pair_slots[at];
    }
    if (b->word_count + b->pair_count >= SEGMENT_TERMS) {
        return too_many(err);
    }
    if (!mem_grow(b->pairs, b->pair_count, b->pair_capacity)) {
        return err_nomem(err);
    }
    b->pairs[b->pair_count++] = two;
    *slot = (struct segment_slot){hash, (uint32_t)b->pair_count};
    *ret = (uint32_t)b->pair_count - 1;
    return 0;
}

static int
add_token(struct segment_batch *b, uint32_t id, uint32_t field, struct err *err)
{
    if (!mem_grow(b->tokens, b->token_count, b->token_capacity)) {
        return err_nomem(err);
    }
    b->tokens[b->token_count++] = id << SEGMENT_FIELD_BITS | field;
    return 0;
}

/* On to another place: what stood at the one before is its neighbour, or nobody's. */
static void
move(struct segment_batch *b, int field, uint32_t position)
{
    if (field == b->field && position == b->position) {
        return;
    }
    b->before = field == b->field && position == b->position + 1 ? b->word : 0;
    b->word = 0;
    b->field = field;
    b->position = position;
    b->records[b->record_count].length[field]++;
}

int
segment_batch_begin(struct segment_batch *b, const struct segment_attributes *attributes,
                    struct err *err)
{
    if (!mem_grow(b->records, b->record_count, b->record_capacity)) {
        return err_nomem(err);
    }
    if (b->open) {
        /* The one before failed midway. */
        b->token_count = b->records[b->record_count].begin;
    }
    b->records[b->record_count] = (struct segment_record){.attributes = *attributes,
                                                          .begin = (uint32_t)b->token_count,
                                                          .sequence = (uint32_t)b->record_count};
    b->open = true;
    b->field = -1;
    b->word = 0;
    b->before = 0;
    return 0;
}

static bool
is_word(struct str stem)
{
    return stem.len > 0 && stem.len <= BLOCK_WORD_BYTES;
}

static int
put_token(struct segment_batch *b, int field, const struct segment_token *token, uint32_t hash,
          struct err *err)
{
    move(b, field, token->position);
    if (!is_word(token->stem)) {
        return 0;
    }
    uint32_t word = 0;
    int rc = find_word(b, token->stem, hash, &word, err);
    if (rc != 0 || word == 0) {
        return rc;
    }
    rc = add_token(b, word - 1, (uint32_t)field, err);
    if (rc != 0 || field != 0 || b->word != 0) {
        return rc;
    }
    b->word = word;
    if (b->before == 0) {
        return 0;
    }
    uint32_t pair = 0;
    rc = find_pair(b, (struct segment_two){b->before - 1, word - 1}, &pair, err);
    return rc != 0 ? rc : add_token(b, pair, SEGMENT_PAIR, err);
}

/* Fetch where the words will be looked for: their slots first, then the texts these name. */
static void
look_ahead(const struct segment_batch *b, const struct segment_token *tokens, size_t count,
           uint32_t hashes[TOGETHER])
{
    size_t mask = b->word_slot_count - 1;
    for (size_t i = 0; i < count; i++) {
        hashes[i] = is_word(tokens[i].stem) ? hash_word(tokens[i].stem) : 0;
        if (b->word_slots) {
            __builtin_prefetch(&b->word_slots[hashes[i] & mask]);
        }
    }
    for (size_t i = 0; b->word_slots && i < count; i++) {
        const struct segment_slot *slot = &b->word_slots[hashes[i] & mask];
        if (slot->at != 0) {
            __builtin_prefetch(b->text + slot->at - 1);
        }
    }
}

int
segment_batch_tokens(struct segment_batch *b, int field, const struct segment_token *tokens,
                     size_t count, struct err *err)
{
    int rc = 0;
    uint32_t hashes[TOGETHER];
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (i % TOGETHER == 0) {
            look_ahead(b, tokens + i, count - i < TOGETHER ? count - i : TOGETHER, hashes);
        }
        rc = put_token(b, field, &tokens[i], hashes[i % TOGETHER], err);
    }
    return rc;
}

void
segment_batch_end(struct segment_batch *b)
{
    b->open = false;
    b->records[b->record_count++].end = (uint32_t)b->token_count;
}
