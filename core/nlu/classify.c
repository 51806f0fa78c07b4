/* From phrases to an intent.
 *
 * Each phrase that is found adds its weight once. The loudest intent wins; among equals the one
 * that must not be missed. Two things need more than a sum: "it still doesn't work" is a no,
 * "my hub still doesn't work" is trouble (a no may be meant; its score says so); and a few bare
 * words in a shop are most likely the name of something to buy. */
#include <string.h>

#include "nlu/parts.h"
#include "nlu/phrases.h"

enum {
    SURE = 5,       /* a weight from which on nothing is in doubt */
    BARE_WORDS = 5, /* so many words without a phrase may be a product's name */
    ANGRY = 3,
    SHOUTED_WORDS = 3,
    OWNED_TROUBLE = 2,  /* "my hub ...": what is told of one's own thing is rarely praise */
    DANGER_TROUBLE = 4, /* what smokes is in trouble, however it is said */
};

/* Among equals, who goes first. */
static const enum nlu_intent precedence[] = {
    NLU_HUMAN,   NLU_ORDER,   NLU_TROUBLE, NLU_NO,   NLU_YES,
    NLU_PRODUCT, NLU_GOODBYE, NLU_THANKS,  NLU_NEXT, NLU_GREETING,
};

static void
sum(const struct nlu_words *words, int totals[NLU_INTENT_COUNT])
{
    for (size_t i = 0; i < nlu_phrase_count; i++) {
        const struct nlu_phrase *p = &nlu_phrases[i];
        if (nlu_match(words, p->words) != SIZE_MAX) {
            totals[p->intent] += p->weight;
        }
    }
}

static enum nlu_intent
loudest(const int totals[NLU_INTENT_COUNT])
{
    enum nlu_intent best = NLU_UNKNOWN;
    for (size_t i = 0; i < sizeof(precedence) / sizeof(precedence[0]); i++) {
        if (totals[precedence[i]] > totals[best]) {
            best = precedence[i];
        }
    }
    return best;
}

/* Could a message that no phrase spoke for be the name of something? Mostly words that a search
 * can use, and few; and nobody curses a product to find it. */
static bool
is_bare_name(const struct nlu_words *words, size_t searchable, const struct nlu_reading *r)
{
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++) {
        count += !nlu_in_list(&words->items[i], "a an some any please hi hello hey");
    }
    return searchable > 0 && searchable * 2 >= count && words->count <= BARE_WORDS &&
           r->mood == NLU_CALM;
}

static void
classify_intent(const struct nlu_words *words, size_t searchable, struct nlu_reading *ret,
                double loud[NLU_INTENT_COUNT])
{
    int totals[NLU_INTENT_COUNT] = {0};
    sum(words, totals);
    totals[NLU_TROUBLE] += ret->urgency == NLU_DANGER ? DANGER_TROUBLE : 0;
    totals[NLU_TROUBLE] += ret->thing.len > 0 ? OWNED_TROUBLE : 0;
    if (searchable == 0 && totals[NLU_NO] > 0 && totals[NLU_TROUBLE] > 0) {
        totals[NLU_NO] += totals[NLU_TROUBLE];
        totals[NLU_TROUBLE] = 0;
    }
    enum nlu_intent best = loudest(totals);
    /* A greeting before bare words is only polite. */
    bool silent = best == NLU_UNKNOWN || (totals[best] == 1 && best == NLU_GREETING);
    if (silent && is_bare_name(words, searchable, ret)) {
        best = NLU_PRODUCT;
        totals[best] = 1;
        totals[NLU_GREETING] = 0;
    }
    int all = 0;
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++) {
        all += totals[i] > 0 ? totals[i] : 0;
    }
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++) {
        ret->scores[i] = totals[i] > 0 ? (double)totals[i] / all : 0;
        loud[i] = totals[i] <= 0 ? 0 : totals[i] < SURE ? (double)totals[i] / SURE : 1;
    }
    /* How clear of the others, and how loud. */
    double sure = 0.4 + 0.6 * loud[best];
    ret->intent = best;
    ret->confidence = best == NLU_UNKNOWN ? 0 : sure * (0.5 + 0.5 * ret->scores[best]);
    if (best == NLU_PRODUCT && totals[best] == 1) {
        ret->confidence = 0.3;
    }
}

static bool
is_negated(const struct nlu_words *words, size_t at)
{
    return at > 0 && at < words->count && nlu_in_list(&words->items[at - 1], "not no never");
}

static int
sum_tones(const struct nlu_words *words, const struct nlu_tone *tones, size_t count)
{
    int total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = nlu_match(words, tones[i].words);
        if (at != SIZE_MAX && !is_negated(words, at)) {
            total += tones[i].weight;
        }
    }
    return total;
}

static int
loudness(const struct nlu_words *words)
{
    size_t shouted = 0;
    for (size_t i = 0; i < words->count; i++) {
        shouted += words->items[i].shouted;
    }
    bool marks = str_find(words->text, STR("!!"), 0) != SIZE_MAX;
    return (shouted >= SHOUTED_WORDS) + marks;
}

static enum nlu_mood
classify_mood(const struct nlu_words *words)
{
    int total = sum_tones(words, nlu_moods, nlu_mood_count);
    /* Shouting alone may be joy; with a hard word it is not. */
    int loud = loudness(words);
    total += total > 0 ? loud : 0;
    if (total == 0 && loud == 2) {
        total = 1;
    }
    return total >= ANGRY ? NLU_ANGRY : total > 0 ? NLU_ANNOYED : NLU_CALM;
}

static enum nlu_urgency
classify_urgency(const struct nlu_words *words)
{
    int danger = 0;
    int high = 0;
    for (size_t i = 0; i < nlu_urgency_count; i++) {
        const struct nlu_tone *tone = &nlu_urgencies[i];
        if (nlu_match(words, tone->words) == SIZE_MAX) {
            continue;
        }
        bool haste = tone->weight == NLU_HIGH || tone->weight == -NLU_HIGH;
        danger += haste ? 0 : tone->weight;
        high += haste ? tone->weight : 0;
    }
    return danger > 0 ? NLU_DANGER : high > 0 ? NLU_HIGH : NLU_NORMAL;
}

void
nlu_classify(const struct nlu_words *words, size_t searchable, struct nlu_reading *ret,
             double loud[NLU_INTENT_COUNT])
{
    ret->mood = classify_mood(words);
    ret->urgency = classify_urgency(words);
    classify_intent(words, searchable, ret, loud);
}
