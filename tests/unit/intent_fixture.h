/* Examples of some labels, made from a few patterns: enough to learn from, and quick. */
#ifndef TESTS_INTENT_FIXTURE_H
#define TESTS_INTENT_FIXTURE_H

#include "base/buf.h"
#include "base/limits.h"
#include "nlu/intent.h"

static const char *const fixture_patterns[][6] = {
    /* the label, its sentences: %s is a thing */
    {"delivery", "where is my %s", "when will the %s arrive", "my %s has not come yet",
     "track the delivery of my %s", "has the %s been shipped"},
    {"refund", "i want my money back for the %s", "please refund the %s", "refund my %s now",
     "how do i get a refund for the %s", "money back for this %s please"},
    {"trouble", "my %s does not work", "the %s is broken", "the %s will not switch on",
     "cannot connect the %s to wifi", "the %s keeps losing its connection"},
    {"thanks", "thanks for the %s", "thank you, the %s is great", "many thanks, love the %s",
     "the %s is lovely, thanks a lot", "cheers, thank you for the %s"},
    {INTENT_OOS, "tell me a joke about a %s", "who invented the %s", "write a poem on the %s",
     "how do you spell %s in french", "what rhymes with %s"},
};
static const char *const fixture_things[] = {"hub",        "camera",  "lamp",
                                             "thermostat", "speaker", "door lock"};

/* The first LABELS of them (5: with oos) as a training set's text. */
static inline void
fixture_tsv(struct buf *text, size_t labels)
{
    buf_init(text, LIMIT_OUTPUT_BYTES);
    for (size_t label = 0; label < labels; label++) {
        const char *const *p = fixture_patterns[label];
        for (size_t i = 1; i < 6; i++) {
            for (size_t thing = 0; thing < 6; thing++) {
                size_t at = str_find(str_c(p[i]), STR("%s"), 0);
                buf_add(text, str_sub(str_c(p[i]), 0, at));
                buf_add_c(text, fixture_things[thing]);
                buf_add(text, str_sub(str_c(p[i]), at + 2, SIZE_MAX));
                buf_add_char(text, '\t');
                buf_add_c(text, p[0]);
                buf_add_char(text, '\n');
            }
        }
    }
}

#endif
