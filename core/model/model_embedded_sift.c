/* What of a search's result answers the message: what costs too much or is ruled out by its own
 * data goes, what is called what was asked for goes first; where nothing is called so, what has the
 * telling words stays. */
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
bool
sift_is_code(struct str word)
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
        if (sift_is_code(word) && shop_overlap(name, word) > 0) {
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

/* Said now, or else in the search: "a camera for the garden", then "under 100 euros". */
struct str
sift_wanted(const struct talk *t)
{
    struct nlu_reading before = {0};
    struct err ignored = {0};
    if (t->reading.head.len > 0 || t->reading.query.len > 0) {
        return t->reading.head;
    }
    bool read = t->has_result && str_eq(t->result.name, TOOL_SEARCH) &&
                nlu_read(shop_query_of(t, &t->result), t->arena, &before, &ignored) == 0;
    return read ? before.head : (struct str){0};
}

void
sift_found(struct talk *t, struct fact_products *found, struct str query, double max_price)
{
    bool stock = (t->reading.cues & NLU_CUE_STOCK) != 0 && t->reading.fresh;
    struct talk_result last;
    bool wider = talk_find(t, TOOL_SEARCH, t->now + 1, t->result.index, &last);
    drop_by_price(found, t->reading.min_price, max_price);
    /* "Something that warns me when ...": it is told by what it does, not by its name. */
    struct str head = sift_wanted(t);
    bool named = (head.len > 0 || count_words(query) < 3) && named_first(found, query, head);
    /* A cheaper camera is a camera. */
    bool other_kind = t->reading.cheaper && head.len > 0;
    if (!named && (wider || other_kind)) {
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
sift_more(struct fact_products *found, struct str query, double max_price)
{
    drop_by_price(found, 0, max_price);
    (void)named_first(found, query, (struct str){0});
}
