/* What was shown before, found again in the search results. */
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
    return talk_find(t, TOOL_PRODUCT, 0, t->now, &result) &&
           fact_read_product(result.content, t->arena, ret) && str_eq(ret->name, name);
}

bool
shop_find_cheapest(const struct talk *t, struct fact_product *ret)
{
    bool found = false;
    for (size_t i = 0; i < t->shown_count; i++) {
        struct fact_product p;
        if (shop_find_shown(t, t->shown[i], &p) && p.price.len > 0 &&
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

/* What P's data says on the question; empty when nothing. */
static struct str
answering_line(const struct fact_product *p, struct str query)
{
    struct str best = {0};
    size_t most = 0;
    for (size_t i = 0; i < p->feature_count + p->specification_count; i++) {
        struct str line = i < p->feature_count ? p->features[i]
                                               : p->specifications[i - p->feature_count];
        size_t hits = shop_overlap(line, query);
        if (hits > most) {
            most = hits;
            best = line;
        }
    }
    return best;
}

bool
shop_compare_shown(struct talk *t)
{
    size_t answers = 0;
    struct str lines[SHOWN_MAX] = {0};
    for (size_t i = 0; i < t->shown_count; i++) {
        struct fact_product p;
        if (shop_find_shown(t, t->shown[i], &p)) {
            lines[i] = answering_line(&p, t->reading.query);
        }
        answers += lines[i].len > 0;
    }
    if (answers == 0) {
        return false;
    }
    say(t, "On that, their data says:\n\n");
    for (size_t i = 0; i < t->shown_count; i++) {
        buf_printf(&t->out, "%zu. **%" STR_FMT "**: ", i + 1, STR_ARG(t->shown[i]));
        buf_add(&t->out, lines[i].len ? lines[i] : STR("nothing"));
        say(t, "\n");
    }
    say(t, "\n");
    say_mark(t, SAID_PRODUCTS);
    return true;
}
