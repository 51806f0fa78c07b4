/* Searches: what to search for, and what to say of what was found. */
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

/* Leave out what costs more than was asked for, or less; a tool may not know limits. */
static void
drop_by_price(struct fact_products *found, double min_price, double max_price)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct fact_product *p = &found->items[i];
        bool priced = p->price.len > 0;
        bool dear = max_price > 0 && (!priced || p->price_value > max_price);
        bool poor = min_price > 0 && (!priced || p->price_value < min_price);
        if (!dear && !poor) {
            found->items[kept++] = *p;
        }
    }
    found->count = kept;
}

/* Leave out what its own data rules out: for the garden, what is for indoor use. */
static void
drop_ruled_out(const struct talk *t, struct fact_products *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (!line_rules_out(t, &found->items[i])) {
            found->items[kept++] = found->items[i];
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

/* Letters and digits: "E27", "CR2450". */
static bool
is_code(struct str word)
{
    bool digit = false;
    bool letter = false;
    for (size_t i = 0; i < word.len; i++) {
        bool is_digit = word.ptr[i] >= '0' && word.ptr[i] <= '9';
        digit = digit || is_digit;
        letter = letter || !is_digit;
    }
    return digit && letter;
}

static bool
has_code(struct str name, struct str query)
{
    for (struct str word; str_split(&query, ' ', &word);) {
        if (is_code(word) && shop_overlap(name, word) > 0) {
            return true;
        }
    }
    return false;
}

/* How well do its name and kind fit the question? What is wanted weighs more than what is said of
 * it, and what can be had goes first among equals. 0: not at all. */
static size_t
named_by(const struct fact_product *p, struct str query, struct str head)
{
    size_t words = shop_overlap(p->name, query) + shop_overlap(p->category, query);
    bool is_it = shop_overlap(p->name, head) + shop_overlap(p->category, head) > 0 ||
                 has_code(p->name, query);
    if (head.len > 0 && !is_it) {
        return 0;
    }
    return words == 0 ? 0 : words * 2 + (p->stock != FACT_STOCK_OUT);
}

/* What is called what was asked for goes first, and where something is, what is not goes: a search
 * also finds the switch that works with a hub when a hub is wanted. False: nothing is. */
static bool
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
    return most > 0;
}

static size_t
hits_of(const struct fact_product *p, struct str word)
{
    bool hit = shop_overlap(p->name, word) + shop_overlap(p->category, word) +
                   shop_overlap(p->description, word) >
               0;
    for (size_t i = 0; i < p->feature_count; i++) {
        hit = hit || shop_overlap(p->features[i], word) > 0;
    }
    for (size_t i = 0; i < p->specification_count; i++) {
        hit = hit || shop_overlap(p->specifications[i], word) > 0;
    }
    return hit;
}

/* Where none is called what was asked for, by what their data says: what lacks the telling words,
 * those that few of them have, goes. */
static void
keep_covering(struct fact_products *found, struct str query)
{
    double weights[FACT_PRODUCTS_MAX] = {0};
    double best = 0;
    size_t words = 0;
    size_t met = 0;
    for (struct str rest = query, word; str_split(&rest, ' ', &word);) {
        size_t having = 0;
        words += word.len >= SHOP_WORD_MIN;
        for (size_t i = 0; i < found->count; i++) {
            having += hits_of(&found->items[i], word);
        }
        met += having > 0;
        for (size_t i = 0; i < found->count; i++) {
            weights[i] += hits_of(&found->items[i], word) ? 1.0 / (double)having : 0;
            best = weights[i] > best ? weights[i] : best;
        }
    }
    /* One word of many is a coincidence. */
    bool chance = words >= 3 && met <= 1;
    size_t kept = 0;
    for (size_t i = 0; i < found->count && !chance; i++) {
        if (weights[i] * 2 >= best) {
            found->items[kept++] = found->items[i];
        }
    }
    found->count = kept;
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

void
shop_say_failed(struct talk *t, const char *what)
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

/* What was asked for in all those words was not found: then what they are about is searched for,
 * with its code if it has one ("lights E27"). */
static bool
search_wider(struct talk *t, struct str query)
{
    struct str wider = wanted(t);
    struct talk_result last;
    /* Once: the last search of this turn is not such a one already. */
    bool first = !talk_find(t, TOOL_SEARCH, t->now + 1, t->result.index, &last);
    for (struct str rest = query, word; wider.len > 0 && str_split(&rest, ' ', &word);) {
        if (is_code(word) && !str_eq_nocase(word, wider)) {
            wider = arena_printf(t->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(wider), STR_ARG(word));
        }
    }
    if (!first || query.len == 0 || wider.len == 0 || str_eq_nocase(wider, query)) {
        return false;
    }
    ask_search(t, wider, t->reading.max_price);
    return true;
}

/* What of FOUND answers the message. */
static void
sift(struct talk *t, struct fact_products *found, struct str query, double max_price)
{
    bool stock = (t->reading.cues & NLU_CUE_STOCK) != 0 && t->reading.fresh;
    struct talk_result last;
    bool wider = talk_find(t, TOOL_SEARCH, t->now + 1, t->result.index, &last);
    drop_by_price(found, t->reading.min_price, max_price);
    bool named = named_first(found, query, wanted(t));
    if (!named && wider) {
        found->count = 0;
    } else if (!named) {
        keep_covering(found, query);
    }
    drop_ruled_out(t, found);
    fits_keep(t, found);
    keep_named(found, query);
    size_t kept = 0;
    for (size_t i = 0; stock && found->count > 1 && i < found->count; i++) {
        if (found->items[i].stock != FACT_STOCK_OUT) {
            found->items[kept++] = found->items[i];
        }
    }
    found->count = kept > 0 ? kept : found->count;
    if (t->reading.cheap) {
        cheapest_first(found);
    }
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
    sift(t, &found, query, max_price);
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
        drop_by_price(&found, 0, limit_of(t, &result));
        (void)named_first(&found, query, (struct str){0});
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
