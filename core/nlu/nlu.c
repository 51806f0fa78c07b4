#include "nlu/nlu.h"

#include "base/must.h"
#include "nlu/parts.h"
#include "nlu/words.h"

const char *
nlu_intent_name(enum nlu_intent intent)
{
    static const char *const names[NLU_INTENT_COUNT] = {
        [NLU_UNKNOWN] = "unknown", [NLU_GREETING] = "greeting",
        [NLU_THANKS] = "thanks",   [NLU_GOODBYE] = "goodbye",
        [NLU_PRODUCT] = "product", [NLU_TROUBLE] = "trouble",
        [NLU_ORDER] = "order",     [NLU_COMPLAINT] = "complaint",
        [NLU_HUMAN] = "human",     [NLU_YES] = "yes",
        [NLU_NO] = "no",           [NLU_NEXT] = "next",
    };
    must(intent >= 0 && intent < NLU_INTENT_COUNT);
    return names[intent];
}

const char *
nlu_mood_name(enum nlu_mood mood)
{
    switch (mood) {
    case NLU_CALM:
        return "calm";
    case NLU_ANNOYED:
        return "annoyed";
    case NLU_ANGRY:
        return "angry";
    }
    unreachable();
}

const char *
nlu_urgency_name(enum nlu_urgency urgency)
{
    switch (urgency) {
    case NLU_NORMAL:
        return "normal";
    case NLU_HIGH:
        return "high";
    case NLU_DANGER:
        return "danger";
    }
    unreachable();
}

int
nlu_read(struct str text, struct arena *arena, struct nlu_reading *ret, struct err *err)
{
    return nlu_read_with(NULL, text, arena, ret, err);
}

int
nlu_read_with(const struct intent_model *intents, struct str text, struct arena *arena,
              struct nlu_reading *ret, struct err *err)
{
    struct nlu_words words = {0};
    *ret = (struct nlu_reading){0};
    size_t searchable = 0;
    if (!nlu_split(text, arena, &words) || !nlu_extract(&words, arena, ret, &searchable)) {
        return err_nomem(err);
    }
    ret->language = nlu_language_of(words.text);
    ret->cues = nlu_read_cues(&words);
    if (!nlu_read_pair(&words, arena, ret)) {
        return err_nomem(err);
    }
    double loud[NLU_INTENT_COUNT];
    nlu_classify(&words, searchable, ret, loud);
    return words.count > 0 ? nlu_listen(intents, words.text, loud, arena, ret, err) : 0;
}
