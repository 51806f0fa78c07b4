/* Any bytes as text, in several languages: tokens lie within it, begin in ascending order, are
 * valid and bounded, and are the same when they were recorded and when they were not. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "catalog/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct checking {
    size_t bytes;
    size_t start;
    uint32_t words;
    size_t tokens;
    uint64_t hash; /* of the tokens in their order */
};

static bool
check(void *arg, const struct words_token *token)
{
    struct checking *c = arg;
    must(token->start >= c->start && token->start < token->end && token->end <= c->bytes);
    must(token->stem.len > 0 && token->stem.len <= WORDS_STEM_BYTES && utf8_valid(token->stem));
    must(!memchr(token->stem.ptr, '"', token->stem.len));
    must(!memchr(token->stem.ptr, WORDS_STEM_OR[0], token->stem.len));
    c->words += words_colocated(token) ? 0 : 1;
    must(token->position + 1 == c->words && token->span >= 1 && token->span <= 9);
    c->start = token->start;
    c->tokens++;
    c->hash = c->hash * 31 + str_hash(token->stem) + token->end;
    return true;
}

static void
check_text(const struct words *words, struct str text, struct words_record *record)
{
    struct checking plain = {.bytes = text.len};
    struct checking kept = {.bytes = text.len};
    struct checking query = {.bytes = text.len};
    struct err err = {0};
    must(words_split(words, text, check, &plain, &err) == 0);
    must(words_record_text(words, text, record, &err) == 0);
    for (size_t i = 0; i < record->count; i++) {
        struct words_token token = words_record_token(record, i);
        must(check(&kept, &token));
    }
    must(kept.tokens == plain.tokens && kept.hash == plain.hash);
    must(words_split_query(words, text, check, &query, &err) == 0);
    must(query.words == plain.words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const languages[] = {"en", "fr", "ru", "fi", "none"};
    static struct words words[5];
    static struct words_record record;
    struct err err = {0};
    for (size_t i = 0; i < 5; i++) {
        must(words[i].core || words_open(&words[i], str_c(languages[i]), &err) == 0);
        check_text(&words[i], (struct str){(const char *)data, size}, &record);
    }
    return 0;
}
