/* "I need a sensor": of what kind? Asked once, with the kinds that the search returned, and only
 * where they are many: by what their names say before the word that was searched for, or else by
 * the first specification in which a few values part them. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

enum {
    MANY = 5,      /* so many products can be looked at without a question */
    KINDS_MAX = 6, /* so many kinds can be chosen from */
    KINDS_MIN = 2,
    VALUE_MAX = 40, /* bytes: a longer value names no kind */
};

struct kinds {
    struct str items[KINDS_MAX];
    size_t count;
    bool overflow;
};

static void
add_kind(struct kinds *k, struct str kind)
{
    for (size_t i = 0; i < k->count; i++) {
        if (str_eq_nocase(k->items[i], kind)) {
            return;
        }
    }
    if (k->count == KINDS_MAX) {
        k->overflow = true;
    } else if (kind.len > 0) {
        k->items[k->count++] = kind;
    }
}

/* "Door Sensor" of "Brindlewatt Door Sensor Thread", by Brindlewatt, for "sensor". Empty: the name
 * has no such word, or nothing but the brand before it. */
static struct str
kind_in_name(const struct fact_product *p, struct str head)
{
    struct str rest = p->name;
    size_t from = SIZE_MAX;
    bool words = false;
    for (struct str word; str_split(&rest, ' ', &word);) {
        size_t at = (size_t)(word.ptr - p->name.ptr);
        bool brand = !words && shop_overlap(p->brand, word) > 0;
        if (talk_pick_name(&word, 1, head) == 0) {
            size_t end = at + word.len;
            return from == SIZE_MAX ? (struct str){0} : str_sub(p->name, from, end - from);
        }
        if (!brand) {
            from = from == SIZE_MAX ? at : from;
            words = true;
        }
    }
    return (struct str){0};
}

static bool
by_name(const struct fact_products *found, struct str head, struct kinds *k)
{
    size_t named = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct str kind = kind_in_name(&found->items[i], head);
        named += kind.len > 0;
        add_kind(k, kind);
    }
    return k->count >= KINDS_MIN && named * 2 > found->count && k->count < found->count;
}

/* Does KEY part them into a few kinds? One value for all does not, nor do numbers. */
static bool
parts_by(const struct fact_products *found, struct str key, struct kinds *k)
{
    *k = (struct kinds){0};
    for (size_t i = 0; i < found->count; i++) {
        struct str value = line_value(&found->items[i], key);
        bool number = value.len > 0 && value.ptr[0] >= '0' && value.ptr[0] <= '9';
        if (value.len == 0 || value.len > VALUE_MAX || number) {
            return false;
        }
        add_kind(k, value);
    }
    return !k->overflow && k->count >= KINDS_MIN && k->count * 2 <= found->count + 1;
}

static bool
by_specification(const struct fact_products *found, struct kinds *k)
{
    const struct fact_product *first = &found->items[0];
    for (size_t i = 0; i < first->specification_count; i++) {
        struct str line = first->specifications[i];
        struct str key = str_sub(line, 0, str_find(line, STR(": "), 0));
        if (parts_by(found, key, k)) {
            return true;
        }
    }
    return false;
}

static bool
is_one_word(struct str query)
{
    return query.len >= SHOP_WORD_MIN && str_find_char(query, ' ', 0) == SIZE_MAX;
}

bool
kinds_ask(struct talk *t, const struct fact_products *found, struct str query)
{
    struct kinds k = {0};
    const struct nlu_reading *r = &t->reading;
    bool narrow = r->cheap || r->max_price > 0 || !is_one_word(query) || t->last == SAID_KIND ||
                  (r->cues & (NLU_CUE_ANY | NLU_CUE_FITS | NLU_CUE_STOCK)) != 0;
    /* A maker's name asks for all of that maker. */
    bool maker = found->count > 0 && shop_overlap(found->items[0].brand, query) > 0;
    if (narrow || maker || found->count <= MANY) {
        return false;
    }
    if (!by_name(found, query, &k)) {
        k = (struct kinds){0};
        if (!by_specification(found, &k)) {
            return false;
        }
    }
    say_either(t, "There are several kinds of that:\n\n", "I have more than one kind of that:\n\n");
    for (size_t i = 0; i < k.count; i++) {
        buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(k.items[i]));
    }
    say(t, "\n");
    say_mark(t, SAID_KIND);
    return true;
}

/* The kind of that number in the last answer. */
static struct str
kind_at(const struct talk *t, int ordinal)
{
    struct str rest = t->last_text;
    struct str last = {0};
    int number = 0;
    for (struct str line; str_split(&rest, '\n', &line);) {
        if (str_starts(line, STR("- "))) {
            last = str_sub(line, 2, SIZE_MAX);
            if (++number == ordinal) {
                return last;
            }
        }
    }
    return ordinal == NLU_LAST ? last : (struct str){0};
}

bool
kinds_follow(struct talk *t)
{
    struct talk_result before;
    struct nlu_reading *r = &t->reading;
    bool other = r->intent != NLU_PRODUCT && r->intent != NLU_UNKNOWN && r->intent != NLU_YES &&
                 r->intent != NLU_NEXT && !(r->cues & NLU_CUE_ANY);
    if (t->last != SAID_KIND || other || !talk_offers(t, TOOL_SEARCH) ||
        !talk_find(t, TOOL_SEARCH, 0, t->now, &before)) {
        return false;
    }
    struct str asked = shop_query_of(t, &before);
    struct str kind = kind_at(t, r->ordinal);
    kind = kind.len > 0 ? kind : r->query;
    bool any = (r->cues & NLU_CUE_ANY) != 0 || kind.len == 0;
    /* "A motion sensor" says it all; "motion" is one of what was asked for. */
    bool whole = shop_overlap(kind, asked) > 0;
    struct str query =
        any     ? asked
        : whole ? kind
                : arena_printf(t->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(kind), STR_ARG(asked));
    ask_search(t, query, r->max_price);
    return true;
}
