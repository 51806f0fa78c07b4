/* Searches: what to search for, and what to say of what was found. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

struct str
shop_query_of(const struct talk *t, const struct talk_result *result)
{
    struct js *input = NULL;
    struct err ignored = {0};
    return js_parse_object(result->input, "input", t->arena, &input, &ignored) == 0
               ? js_get_text(input, "query")
               : (struct str){0};
}

static double
limit_of(const struct talk *t, const struct talk_result *result)
{
    struct js *input = NULL;
    struct err ignored = {0};
    return js_parse_object(result->input, "input", t->arena, &input, &ignored) == 0
               ? js_get_double(input, "max_price", 0)
               : 0;
}

static void
say_none(struct talk *t, double max_price)
{
    if (max_price > 0) {
        say(t, "I found nothing that fits within that price. A higher limit or other words may "
               "help. ");
    } else if (t->reading.confidence < 0.5) {
        say(t, "I am not sure I understood you: our catalogue has nothing by those words. ");
        say_mark(t, SAID_UNKNOWN);
        return;
    } else {
        say(t, "I found nothing in our catalogue that fits. Other words may help, or the name of "
               "a brand. ");
    }
    say_offer(t);
}

void
shop_say_failed(struct talk *t, const char *what)
{
    if (!refused_say(t, what)) {
        buf_printf(&t->out, "I am sorry, %s did not work just now. Please try again in a moment. ",
                   what);
    }
    say_offer(t);
}

/* What was asked for in all those words was not found: then what they are about is searched for,
 * with its code if it has one ("lights E27"). */
static bool
search_wider(struct talk *t, struct str query)
{
    struct str wider = sift_wanted(t);
    struct talk_result last;
    /* Once: the last search of this turn is not such a one already. */
    bool first = !talk_find(t, TOOL_SEARCH, t->now + 1, t->result.index, &last);
    for (struct str rest = query, word; wider.len > 0 && str_split(&rest, ' ', &word);) {
        if (sift_is_code(word) && !str_eq_nocase(word, wider)) {
            wider = arena_printf(t->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(wider), STR_ARG(word));
        }
    }
    if (!first || query.len == 0 || wider.len == 0 || str_eq_nocase(wider, query)) {
        return false;
    }
    ask_search(t, wider, t->reading.max_price);
    return true;
}

void
shop_found(struct talk *t)
{
    struct fact_products found = fact_read_products(t->result.content, t->arena);
    if (t->result.error || !found.readable) {
        shop_say_failed(t, "the search in our catalogue");
        return;
    }
    struct str query = shop_query_of(t, &t->result);
    double max_price = limit_of(t, &t->result);
    sift_found(t, &found, query, max_price);
    if (found.count == 0) {
        if (!search_wider(t, query)) {
            say_none(t, max_price);
        }
        return;
    }
    if (kinds_ask(t, &found, query)) {
        return;
    }
    if (t->reading.cheap && found.count > 1) {
        say_either(t, "Here is what I found, the cheapest first:\n\n",
                   "These are there, the cheapest first:\n\n");
    } else {
        say_either(t, "Here is what I found:\n\n", "These are there:\n\n");
    }
    shop_say_list(t, found.items, found.count);
}

void
shop_product(struct talk *t)
{
    struct fact_product product;
    if (t->result.error || !fact_read_product(t->result.content, t->arena, &product)) {
        shop_say_failed(t, "looking at that product");
        return;
    }
    shop_say_product(t, &product);
}

void
shop_more(struct talk *t)
{
    struct talk_result result;
    struct fact_products found = {0};
    struct str query = {0};
    if (talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        found = fact_read_products(result.content, t->arena);
        query = shop_query_of(t, &result);
        sift_more(&found, query, limit_of(t, &result));
    }
    size_t kept = 0;
    for (size_t i = 0; i < found.count; i++) {
        if (!shop_was_shown(t, found.items[i].name, result.index)) {
            found.items[kept++] = found.items[i];
        }
    }
    if (kept == 0) {
        say(t, "That was all I found by those words. I can search for something else. ");
        say_mark(t, SAID_ASK);
        return;
    }
    say(t, "There is also:\n\n");
    shop_say_list(t, found.items, kept);
}

/* "Something cheaper", "under 30 euros". */
bool
shop_search_again(struct talk *t)
{
    struct talk_result result;
    if (!talk_offers(t, TOOL_SEARCH) || !talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        return false;
    }
    struct str query = shop_query_of(t, &result);
    double max_price = t->reading.max_price > 0 ? t->reading.max_price : limit_of(t, &result);
    struct fact_product cheapest;
    if (t->reading.cheaper && t->reading.max_price == 0 &&
        shop_find_cheapest(t, t->shown, t->shown_count, &cheapest)) {
        max_price = cheapest.price_value - 0.01;
    }
    if (query.len == 0 || max_price < 0) {
        return false;
    }
    ask_search(t, query, max_price);
    return true;
}

void
shop_question(struct talk *t)
{
    bool searchable = t->reading.query.len > 0;
    if (!searchable && (t->reading.cheap || t->reading.max_price > 0) && shop_search_again(t)) {
        return;
    }
    if (!talk_offers(t, TOOL_SEARCH)) {
        say(t, "I cannot look into our catalogue from here, and I will not guess. ");
        say_offer(t);
        return;
    }
    if (!searchable) {
        say(t, t->last == SAID_PRODUCTS
                   ? "I can tell you more about each of them by its number or name. "
                   : "I can search our whole catalogue: a kind of product, a brand, a price "
                     "limit. ");
        say_mark(t, t->last == SAID_PRODUCTS ? SAID_PRODUCTS : SAID_ASK);
        return;
    }
    struct talk_result before;
    bool like = (t->reading.cues & NLU_CUE_LIKE) != 0;
    bool adds = (like || (t->reading.details && !t->reading.fresh)) &&
                (like || t->last == SAID_PRODUCTS || t->last == SAID_KIND) &&
                talk_find(t, TOOL_SEARCH, 0, t->now, &before);
    struct str query = t->reading.query;
    if (adds) {
        query = arena_printf(t->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(shop_query_of(t, &before)),
                             STR_ARG(query));
    }
    ask_search(t, str_sub(query, 0, NLU_QUERY_MAX), t->reading.max_price);
}
