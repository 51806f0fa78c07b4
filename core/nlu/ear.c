/* Rules and the trained classifier, together.
 *
 * The phrases know what they know for certain and are silent on everything else; the classifier
 * has an opinion on any sentence and none that is certain. Where a phrase is as loud as can be the
 * rules decide. Else each intent's points are
 *
 *     1.2 ln(share + 0.02) + 4.5 loud + 0.8 where the rules chose it
 *
 * with the classifier's share of it and how loudly the phrases spoke for it; for NLU_UNKNOWN they
 * are what the classifier's chance of "none of these" is worth; hard words speak for a complaint.
 * The greatest wins, but what is acted upon at once (a yes, a call for a person) has to win
 * clearly where no phrase spoke for it.
 *
 * The numbers began as a logistic regression over the sentences of catalog/sample/intents.tsv,
 * each classified by a model that had not learned from it; then the phrases were made louder,
 * which is as good there and leaves more of the reading to tables that a person can look into.
 * Tried and dropped: answers of the classifier only above a share, for all intents; worse
 * throughout. Of those sentences the rules alone read 58 % as people meant them, the classifier
 * alone 66 %, both 74 %; tests/unit/test-nlu-ear.c does the same for sentences that nobody
 * learned from.
 *
 * Danger and mood are the rules' alone: they must not depend on which sentences were collected. */
#include <math.h>

#include "nlu/intent.h"
#include "nlu/parts.h"

static const double share_points = 1.2;
static const double share_least = 0.02; /* a share of nothing is not impossible */
static const double loud_points = 4.5;
static const double chosen_points = 0.8;
static const double none_points = 1.2;
/* What is acted upon at once, a yes that was none, needs more where no phrase spoke for it. */
static const double act_share = 0.5;
static const double known_least = 0.01;
static const double angry_points = 2.8;
static const double annoyed_points = 2.3;

static double
points_of_none(double known)
{
    double chance = fmin(fmax(known, known_least), 1 - known_least);
    return none_points * log((1 - chance) / chance);
}

/* NLU_UNKNOWN: no intent is called so. */
static enum nlu_intent
intent_of(struct str label)
{
    for (size_t i = NLU_UNKNOWN + 1; i < NLU_INTENT_COUNT; i++) {
        if (str_eq_c(label, nlu_intent_name((enum nlu_intent)i))) {
            return (enum nlu_intent)i;
        }
    }
    return NLU_UNKNOWN;
}

/* The share of each intent; labels that are no intents count for none of them. */
static void
shares_of(const struct intent_answer *answer, double shares[NLU_INTENT_COUNT])
{
    for (size_t i = 0; i < answer->count; i++) {
        shares[intent_of(answer->guesses[i].label)] = answer->guesses[i].probability;
    }
}

/* A shop's own model where it has a say, else the built-in one. */
static int
classify(const struct intent_model *intents, struct str text, struct arena *arena,
         struct intent_answer *ret, struct err *err)
{
    if (intents) {
        int result = intent_predict(intents, text, INTENT_LABELS_MAX, arena, ret, err);
        if (result < 0 || (!ret->none && intent_of(ret->guesses[0].label) != NLU_UNKNOWN)) {
            return result;
        }
    }
    return intent_predict_builtin(text, NLU_INTENT_COUNT, arena, ret, err);
}

static enum nlu_intent
best_of(const double points[NLU_INTENT_COUNT], double *ret_share)
{
    enum nlu_intent best = NLU_UNKNOWN;
    double all = 0;
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++) {
        best = points[i] > points[best] ? (enum nlu_intent)i : best;
    }
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++) {
        all += exp(points[i] - points[best]);
    }
    *ret_share = 1 / all;
    return best;
}

static bool
acts(enum nlu_intent intent)
{
    return intent == NLU_YES || intent == NLU_NO || intent == NLU_NEXT || intent == NLU_HUMAN;
}

int
nlu_listen(const struct intent_model *intents, struct str text, const double loud[NLU_INTENT_COUNT],
           struct arena *arena, struct nlu_reading *ret, struct err *err)
{
    struct intent_answer answer;
    double points[NLU_INTENT_COUNT];
    double shares[NLU_INTENT_COUNT] = {0};
    double share;
    if (ret->intent != NLU_UNKNOWN && loud[ret->intent] >= 1) {
        return 0; /* nothing is in doubt */
    }
    int result = classify(intents, text, arena, &answer, err);
    if (result < 0) {
        return result;
    }
    shares_of(&answer, shares);
    points[NLU_UNKNOWN] = points_of_none(answer.known);
    for (size_t i = NLU_UNKNOWN + 1; i < NLU_INTENT_COUNT; i++) {
        points[i] = share_points * log(shares[i] + share_least) + loud_points * loud[i];
        points[i] += ret->intent == i ? chosen_points : 0;
    }
    points[NLU_COMPLAINT] += ret->mood == NLU_ANGRY     ? angry_points
                             : ret->mood == NLU_ANNOYED ? annoyed_points
                                                        : 0;
    enum nlu_intent best = best_of(points, &share);
    if (loud[best] <= 0 && acts(best) && share < act_share) {
        return 0;
    }
    /* Where both say the same, how sure the rules are says more: they know bare names. */
    if (best != ret->intent) {
        ret->intent = best;
        ret->confidence = best == NLU_UNKNOWN ? 0 : share;
    }
    return 0;
}
