/* Products: what to search for, and what to say of what was found. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

static size_t
count_words(struct str query)
{
    size_t count = 0;
    for (struct str word; str_split(&query, ' ', &word);) {
        count += word.len > 0;
    }
    return count;
}

/* The search that led to RESULT. */
static struct str
query_of(const struct talk *t, const struct talk_result *result)
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

/* Leave out what costs more than was asked for; a tool may not know limits. */
static void
drop_dear(struct fact_products *found, double max_price)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct fact_product *p = &found->items[i];
        if (max_price <= 0 || (p->price.len > 0 && p->price_value <= max_price)) {
            found->items[kept++] = *p;
        }
    }
    found->count = kept;
}

/* Does the question name a product? Then those whose names lack a word of it are beside it. */
static void
keep_named(struct fact_products *found, struct str query)
{
    size_t words = 0;
    for (struct str rest = query, word; str_split(&rest, ' ', &word);) {
        words += word.len >= SHOP_WORD_MIN;
    }
    if (found->count == 0 || words == 0 || count_words(query) < 2 ||
        shop_overlap(found->items[0].name, query) < words) {
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (shop_overlap(found->items[i].name, query) == words) {
            found->items[kept++] = found->items[i];
        }
    }
    found->count = kept;
}

/* How well do its name and kind fit the question? What is wanted weighs more than what is said of
 * it, and what can be had goes first among equals. 0: not at all. */
static size_t
named_by(const struct fact_product *p, struct str query, struct str head)
{
    size_t words = shop_overlap(p->name, query) + shop_overlap(p->category, query);
    bool is_it = shop_overlap(p->name, head) + shop_overlap(p->category, head) > 0;
    if (head.len > 0 && !is_it) {
        return 0;
    }
    return words == 0 ? 0 : words * 2 + (p->stock != FACT_STOCK_OUT);
}

/* What is called what was asked for goes first, and where something is, what is not goes: a search
 * also finds the switch that works with a hub when a hub is wanted. */
static void
named_first(struct fact_products *found, struct str query, struct str head)
{
    size_t most = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct fact_product moving = found->items[i];
        size_t hits = named_by(&moving, query, head);
        size_t at = i;
        while (at > 0 && hits > named_by(&found->items[at - 1], query, head)) {
            found->items[at] = found->items[at - 1];
            at--;
        }
        found->items[at] = moving;
        most = hits > most ? hits : most;
    }
    while (most > 0 && named_by(&found->items[found->count - 1], query, head) == 0) {
        found->count--;
    }
}

static bool
is_cheaper(const struct fact_product *a, const struct fact_product *b, struct str category)
{
    bool a_fits = str_eq(a->category, category);
    bool b_fits = str_eq(b->category, category);
    if (a_fits != b_fits) {
        return a_fits;
    }
    if ((a->price.len > 0) != (b->price.len > 0)) {
        return a->price.len > 0;
    }
    return a->price.len > 0 && a->price_value < b->price_value;
}

/* Of the best hit's category the cheapest first; the order among equals is the search's. */
static void
cheapest_first(struct fact_products *found)
{
    struct str category = found->count ? found->items[0].category : (struct str){0};
    for (size_t i = 1; i < found->count; i++) {
        struct fact_product moving = found->items[i];
        size_t at = i;
        while (at > 0 && is_cheaper(&moving, &found->items[at - 1], category)) {
            found->items[at] = found->items[at - 1];
            at--;
        }
        found->items[at] = moving;
    }
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

static void
say_failed(struct talk *t, const char *what)
{
    buf_printf(&t->out, "I am sorry, %s did not work just now. Please try again in a moment. ",
               what);
    say_offer(t);
}

/* What is wanted: said now, or before ("a camera for the garden", then "under 100 euros"). */
static struct str
wanted(const struct talk *t)
{
    struct nlu_reading before = {0};
    struct err ignored = {0};
    if (t->reading.head.len > 0 || t->reading.query.len > 0) {
        return t->reading.head;
    }
    for (size_t i = t->now; i > 0 && before.query.len == 0; i--) {
        const struct message *m = &t->request->messages[i - 1];
        struct str text = m->role == ROLE_USER ? message_text(m, t->arena) : (struct str){0};
        if (text.len > 0 && nlu_read(text, t->arena, &before, &ignored) < 0) {
            break;
        }
    }
    return before.head;
}

void
shop_found(struct talk *t)
{
    if (t->result.error) {
        say_failed(t, "the search in our catalogue");
        return;
    }
    struct fact_products found = fact_read_products(t->result.content, t->arena);
    if (!found.readable) {
        say_failed(t, "the search in our catalogue");
        return;
    }
    struct str query = query_of(t, &t->result);
    double max_price = limit_of(t, &t->result);
    drop_dear(&found, max_price);
    named_first(&found, query, wanted(t));
    keep_named(&found, query);
    if (t->reading.cheap) {
        cheapest_first(&found);
    }
    if (found.count == 0) {
        say_none(t, max_price);
        return;
    }
    say(t, found.count == 1 ? "This is what I found:\n\n"
        : t->reading.cheap  ? "Here is what I found, the cheapest first:\n\n"
                            : "Here is what I found:\n\n");
    shop_say_list(t, found.items, found.count, query);
}

void
shop_product(struct talk *t)
{
    struct fact_product product;
    if (t->result.error || !fact_read_product(t->result.content, t->arena, &product)) {
        say_failed(t, "looking at that product");
        return;
    }
    shop_say_product(t, &product);
}

static bool
show_one(struct talk *t, struct str name)
{
    struct fact_product product;
    if (!shop_find_shown(t, name, &product)) {
        return false;
    }
    if (talk_offers(t, TOOL_PRODUCT) && product.id.len > 0) {
        ask_product(t, product.id);
    } else {
        shop_say_product(t, &product);
    }
    return true;
}

static void
show_more(struct talk *t)
{
    struct talk_result result;
    struct fact_products found = {0};
    struct str query = {0};
    if (talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        found = fact_read_products(result.content, t->arena);
        query = query_of(t, &result);
        drop_dear(&found, limit_of(t, &result));
        named_first(&found, query, (struct str){0});
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
    shop_say_list(t, found.items, kept, query);
}

/* "Something cheaper", "under 30 euros": the last search again, with a price. */
static bool
search_again(struct talk *t)
{
    struct talk_result result;
    if (!talk_offers(t, TOOL_SEARCH) || !talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        return false;
    }
    struct str query = query_of(t, &result);
    double max_price = t->reading.max_price > 0 ? t->reading.max_price : limit_of(t, &result);
    struct fact_product cheapest;
    if (t->reading.cheaper && t->reading.max_price == 0 && shop_find_cheapest(t, &cheapest)) {
        max_price = cheapest.price_value - 0.01;
    }
    if (query.len == 0 || max_price < 0) {
        return false;
    }
    ask_search(t, query, max_price);
    return true;
}

/* One of those found last, shown or not, by its name. */
static bool
show_named(struct talk *t)
{
    struct talk_result result;
    struct str query = t->reading.query;
    if (t->reading.fresh || query.len == 0 || !talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        return false;
    }
    struct fact_products found = fact_read_products(result.content, t->arena);
    struct str names[FACT_PRODUCTS_MAX];
    for (size_t i = 0; i < found.count; i++) {
        names[i] = found.items[i].name;
    }
    size_t pick = talk_pick_name(names, found.count, query);
    return pick != SIZE_MAX && show_one(t, names[pick]);
}

static bool
follow_choice(struct talk *t)
{
    size_t pick = talk_pick_ordinal(t);
    if (pick == SIZE_MAX && show_named(t)) {
        return true;
    }
    bool one = t->shown_count == 1;
    bool about_it = t->reading.refers && (t->last == SAID_PRODUCT || t->reading.query.len == 0);
    if (pick == SIZE_MAX && one && (about_it || t->reading.intent == NLU_YES)) {
        pick = 0;
    }
    struct fact_product cheapest;
    bool cheaper_one = t->reading.cheap && t->shown_count > 1 && t->reading.query.len == 0 &&
                       t->reading.refers && !t->reading.fresh;
    if (pick == SIZE_MAX && cheaper_one && shop_find_cheapest(t, &cheapest)) {
        return show_one(t, cheapest.name);
    }
    if (pick != SIZE_MAX) {
        return show_one(t, t->shown[pick]);
    }
    return t->reading.refers && !t->reading.fresh && shop_compare_shown(t);
}

bool
shop_follow(struct talk *t)
{
    enum nlu_intent intent = t->reading.intent;
    bool listed = t->last == SAID_PRODUCTS || t->last == SAID_PRODUCT;
    bool on_topic = intent == NLU_PRODUCT || intent == NLU_UNKNOWN || intent == NLU_YES ||
                    intent == NLU_NEXT;
    if (!listed || !on_topic) {
        return false;
    }
    if (intent == NLU_NEXT) {
        show_more(t);
        return true;
    }
    return follow_choice(t);
}

void
shop_question(struct talk *t)
{
    bool searchable = t->reading.query.len > 0;
    if (!searchable && (t->reading.cheap || t->reading.max_price > 0) && search_again(t)) {
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
    ask_search(t, t->reading.query, t->reading.max_price);
}
