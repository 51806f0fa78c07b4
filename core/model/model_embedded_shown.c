/* What was shown before, found again in the tools' results. */
#include "model/model.h"
#include "model/model_embedded.h"

bool
shop_find_shown(const struct talk *t, struct str name, struct fact_product *ret)
{
    struct talk_result result;
    for (size_t before = t->now; talk_find(t, TOOL_SEARCH, 0, before, &result);
         before = result.index) {
        struct fact_products found = fact_read_products(result.content, t->arena);
        for (size_t i = 0; i < found.count; i++) {
            if (str_eq(found.items[i].name, name)) {
                *ret = found.items[i];
                return true;
            }
        }
    }
    for (size_t before = t->now; talk_find(t, TOOL_PRODUCT, 0, before, &result);
         before = result.index) {
        if (fact_read_product(result.content, t->arena, ret) && str_eq(ret->name, name)) {
            return true;
        }
    }
    return false;
}

bool
shop_find_cheapest(const struct talk *t, const struct str *names, size_t count,
                   struct fact_product *ret)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        struct fact_product p;
        if (shop_find_shown(t, names[i], &p) && p.price.len > 0 &&
            (!found || p.price_value < ret->price_value)) {
            *ret = p;
            found = true;
        }
    }
    return found;
}

bool
shop_was_shown(const struct talk *t, struct str name, size_t index)
{
    struct str bold = arena_printf(t->arena, "**%" STR_FMT "**", STR_ARG(name));
    for (size_t i = index; i < t->now; i++) {
        if (str_find(talk_answer(t, i), bold, 0) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

/* "the lock" is the Keldhasp Turn where that is the lock in mind: by its category. */
static struct str
name_by_category(const struct talk *t, struct str words)
{
    for (size_t i = 0; i < t->mind_count; i++) {
        struct fact_product p;
        bool known = words.len > 0 && shop_find_shown(t, t->mind[i], &p) && p.category.len > 0;
        if (known && (talk_pick_name(&words, 1, p.category) == 0 ||
                      talk_pick_name(&p.category, 1, words) == 0)) {
            return t->mind[i];
        }
    }
    return words;
}

/* A name that ends with WORDS: "Hub 3" is no Hub 3 Plus. A single word may stand anywhere. */
static size_t
pick_exact(const struct str *names, size_t count, struct str words)
{
    size_t pick = talk_pick_name(names, count, words);
    if (pick == SIZE_MAX || str_find_char(words, ' ', 0) == SIZE_MAX) {
        return pick;
    }
    struct str name = names[pick];
    bool ends = name.len >= words.len &&
                str_eq_nocase(str_sub(name, name.len - words.len, SIZE_MAX), words);
    return ends ? pick : SIZE_MAX;
}

struct str
shop_name_of(const struct talk *t, struct str words)
{
    size_t pick = t->last == SAID_CHOICE ? SIZE_MAX : pick_exact(t->shown, t->shown_count, words);
    if (pick != SIZE_MAX) {
        return t->shown[pick];
    }
    pick = pick_exact(t->mind, t->mind_count, words);
    if (pick != SIZE_MAX) {
        return t->mind[pick];
    }
    return str_find_char(words, ' ', 0) == SIZE_MAX ? name_by_category(t, words) : words;
}
