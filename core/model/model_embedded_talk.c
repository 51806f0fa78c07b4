/* Where the conversation stands, read from its messages. */
#include <string.h>

#include "base/limits.h"
#include "model/model.h"
#include "model/model_embedded.h"

static struct str
last_text_of(const struct message *m)
{
    for (size_t i = m->count; i > 0; i--) {
        const struct block *b = &m->blocks[i - 1];
        if (b->kind == BLOCK_TEXT && str_trim(b->text).len > 0) {
            return b->text;
        }
    }
    return (struct str){0};
}

struct str
talk_answer(const struct talk *t, size_t index)
{
    const struct message *m = &t->request->messages[index];
    return m->role == ROLE_ASSISTANT ? last_text_of(m) : (struct str){0};
}

bool
talk_offers(const struct talk *t, struct str tool)
{
    for (size_t i = 0; i < t->request->tool_count; i++) {
        if (str_eq(t->request->tools[i].name, tool)) {
            return true;
        }
    }
    return false;
}

bool
talk_called(const struct talk *t, struct str tool, struct str input)
{
    for (size_t i = t->now + 1; i < t->request->message_count; i++) {
        const struct message *m = &t->request->messages[i];
        for (size_t b = 0; b < m->count; b++) {
            const struct block *use = &m->blocks[b];
            if (use->kind == BLOCK_TOOL_USE && str_eq(use->name, tool) &&
                str_eq(use->json, input)) {
                return true;
            }
        }
    }
    return false;
}

size_t
talk_count_calls(const struct talk *t)
{
    size_t count = 0;
    for (size_t i = t->now + 1; i < t->request->message_count; i++) {
        const struct message *m = &t->request->messages[i];
        for (size_t b = 0; b < m->count; b++) {
            count += m->blocks[b].kind == BLOCK_TOOL_USE;
        }
    }
    return count;
}

/* The call that RESULT answers: it is in the message before. */
static const struct block *
find_use(const struct talk *t, size_t index, struct str id)
{
    if (index == 0) {
        return NULL;
    }
    const struct message *m = &t->request->messages[index - 1];
    for (size_t b = 0; b < m->count; b++) {
        if (m->blocks[b].kind == BLOCK_TOOL_USE && str_eq(m->blocks[b].tool_use_id, id)) {
            return &m->blocks[b];
        }
    }
    return NULL;
}

static bool
find_in_message(const struct talk *t, struct str tool, size_t index, struct talk_result *ret)
{
    const struct message *m = &t->request->messages[index];
    for (size_t b = m->count; b > 0; b--) {
        const struct block *result = &m->blocks[b - 1];
        if (result->kind != BLOCK_TOOL_RESULT) {
            continue;
        }
        const struct block *use = find_use(t, index, result->tool_use_id);
        if (use && (tool.len == 0 || str_eq(use->name, tool))) {
            *ret = (struct talk_result){index, use->name, use->json, result->json, result->error};
            return true;
        }
    }
    return false;
}

bool
talk_find(const struct talk *t, struct str tool, size_t from, size_t before,
          struct talk_result *ret)
{
    for (size_t i = before; i > from; i--) {
        if (find_in_message(t, tool, i - 1, ret)) {
            return true;
        }
    }
    return false;
}

/* The names TEXT shows: "1. **Name**..." a line, or for ALONE "**Name**..." on top. */
static size_t
read_names(struct str text, bool alone, struct str names[SHOWN_MAX])
{
    size_t count = 0;
    for (struct str line; count < SHOWN_MAX && str_split(&text, '\n', &line);) {
        bool numbered = line.len > 5 && line.ptr[0] >= '1' && line.ptr[0] <= '9' &&
                        str_starts(str_sub(line, 1, SIZE_MAX), STR(". **"));
        if (!numbered && !(alone && str_starts(line, STR("**")))) {
            continue;
        }
        struct str name = str_sub(line, numbered ? 5 : 2, SIZE_MAX);
        name = str_sub(name, 0, str_find(name, STR("**"), 0));
        if (name.len > 0) {
            names[count++] = name;
        }
    }
    return count;
}

static void
add_to_mind(struct talk *t, struct str name)
{
    for (size_t i = 0; i < t->mind_count; i++) {
        if (str_eq(t->mind[i], name)) {
            return;
        }
    }
    if (t->mind_count < MIND_MAX) {
        t->mind[t->mind_count++] = name;
    }
}

/* Products stay in mind through the conversation; titles to choose from are gone with the answer
 * that offered them. */
static void
read_shown(struct talk *t)
{
    if (t->last == SAID_CHOICE) {
        t->shown_count = read_names(t->last_text, false, t->shown);
    }
    for (size_t i = t->now; i > 0 && t->mind_count < MIND_MAX; i--) {
        struct str text = talk_answer(t, i - 1);
        enum said kind = say_kind(text);
        struct str names[SHOWN_MAX];
        if (kind != SAID_PRODUCTS && kind != SAID_PRODUCT && kind != SAID_COMPARED) {
            continue;
        }
        size_t count = read_names(text, kind == SAID_PRODUCT, names);
        for (size_t k = 0; k < count; k++) {
            add_to_mind(t, names[k]);
        }
        if (count > 0 && t->shown_count == 0) {
            memcpy(t->shown, names, sizeof(names));
            t->shown_count = count;
        }
        if (count > 1 && t->list_count == 0) {
            memcpy(t->list, names, sizeof(names));
            t->list_count = count;
        }
    }
}

/* Go back over the steps given, to the first one and the article they came from. */
static void
read_walk(struct talk *t)
{
    if (t->last != SAID_STEP && t->last != SAID_UNSURE) {
        return;
    }
    for (size_t i = t->now; i > 0; i--) {
        struct str text = talk_answer(t, i - 1);
        enum said kind = say_kind(text);
        size_t step = 0;
        size_t count = 0;
        if (kind == SAID_NOTHING || kind == SAID_UNSURE) {
            continue;
        }
        if (kind != SAID_STEP || !say_find_step(text, &step, &count)) {
            return;
        }
        if (!t->walk.active) {
            t->walk = (struct walk){.active = true, .step = step, .count = count};
        }
        t->walk.failures += say_is_sorry(text);
        if (step == 1) {
            struct talk_result found;
            t->walk.has_article = talk_find(t, TOOL_LOOKUP, 0, i - 1, &found) &&
                                  fact_read_article(found.content, t->arena, &t->walk.article) &&
                                  t->walk.article.step_count == t->walk.count;
            return;
        }
    }
}

/* Did an answer that is not ours offer a person (the line that ends a turn at its limit does)? A
 * colleague who wrote it is one. */
static bool
offers_person(struct str text)
{
    static const char *const words[] = {"human", "colleague", "person", "somebody", "someone"};
    bool by_person = str_starts(text, STR("["));
    for (size_t i = 0; !by_person && i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_find(text, str_c(words[i]), 0) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

static void
read_last_answer(struct talk *t)
{
    for (size_t i = t->now; i > 0 && t->last_text.len == 0; i--) {
        t->last_text = talk_answer(t, i - 1);
    }
    t->last = say_kind(t->last_text);
    t->offered_human =
        t->last == SAID_OFFER || (t->last == SAID_OTHER && offers_person(t->last_text));
}

int
talk_read(const struct model_request *request, struct arena *arena, struct talk *t, struct err *err)
{
    memset(t, 0, sizeof(*t));
    t->request = request;
    t->arena = arena;
    buf_init(&t->out, LIMIT_REPLY_BYTES);
    for (size_t i = request->message_count; i > 0 && t->text.len == 0; i--) {
        const struct message *m = &request->messages[i - 1];
        if (m->role == ROLE_USER) {
            t->text = last_text_of(m);
            t->now = i - 1;
        }
    }
    int result = nlu_read_with(request->intents, t->text, arena, &t->reading, err);
    if (result < 0) {
        return result;
    }
    read_last_answer(t);
    read_shown(t);
    read_walk(t);
    t->has_result = talk_find(t, STR(""), request->message_count ? t->now + 1 : 0,
                              request->message_count, &t->result);
    return 0;
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Is WORD, letters' case aside, a word of TEXT? */
static bool
has_word(struct str text, struct str word)
{
    for (struct str one; str_split(&text, ' ', &one);) {
        one = one.len > 0 && (str_ends(one, STR(",")) || str_ends(one, STR(".")))
                  ? str_sub(one, 0, one.len - 1)
                  : one;
        /* "bulbs" names a bulb too. */
        bool plural = word.len == one.len + 1 && lower(word.ptr[one.len]) == 's';
        if (one.len > 0 && str_eq_nocase(one, plural ? str_sub(word, 0, one.len) : word)) {
            return true;
        }
    }
    return false;
}

/* If the name lacks a word, something else is meant. */
static bool
has_all_words(struct str name, struct str query)
{
    for (struct str word; str_split(&query, ' ', &word);) {
        if (!has_word(name, word)) {
            return false;
        }
    }
    return true;
}

size_t
talk_pick_ordinal(const struct talk *t)
{
    int ordinal = t->reading.ordinal;
    if (ordinal == NLU_LAST && t->shown_count > 0) {
        return t->shown_count - 1;
    }
    return ordinal > 0 && (size_t)ordinal <= t->shown_count ? (size_t)ordinal - 1 : SIZE_MAX;
}

size_t
talk_pick_name(const struct str *names, size_t count, struct str query)
{
    size_t best = SIZE_MAX;
    size_t fitting = 0;
    for (size_t i = 0; i < count && query.len > 0; i++) {
        if (!has_all_words(names[i], query)) {
            continue;
        }
        fitting++;
        /* "Hub 3" is the Hub 3 rather than the Hub 3 Plus. */
        if (best == SIZE_MAX || names[i].len < names[best].len) {
            best = i;
        }
    }
    if (fitting <= 1) {
        return best;
    }
    /* Several have these words: one is meant only if its name ends there. */
    struct str name = names[best];
    bool whole = name.len >= query.len &&
                 str_eq_nocase(str_sub(name, name.len - query.len, SIZE_MAX), query);
    return whole ? best : SIZE_MAX;
}
