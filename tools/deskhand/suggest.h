/* suggest: "did you mean". The nearest of the known words, if it is near at all. */
#ifndef DESKHAND_SUGGEST_H
#define DESKHAND_SUGGEST_H

#include "base/str.h"

struct suggestion {
    struct str found; /* empty: nothing near enough */
    size_t distance;
};

/* Offer CANDIDATE for WORD: kept when it is nearer than what was found before. */
static inline void
suggest(struct suggestion *best, struct str word, struct str candidate)
{
    size_t distance = str_distance(word, candidate);
    size_t most = word.len <= 3 ? 1 : word.len <= 6 ? 2 : 3;
    bool prefix = word.len >= 2 && str_starts(candidate, word);
    if (distance > most && !prefix) {
        return;
    }
    if (!best->found.len || distance < best->distance) {
        *best = (struct suggestion){candidate, distance};
    }
}

#endif
