/* Follow-ups: which of the products in mind a message means, and their data, fetched anew: what was
 * said before is no source. A question about several takes several calls, one after another; the
 * message is read the same way each time, so that each round finds where it stands. */
#include "base/json.h"
#include "model/model.h"
#include "model/model_embedded.h"

/* ---- Which ---------------------------------------------------------------------------------- */

void
refs_add(struct refs *r, struct str name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq_nocase(r->names[i], name)) {
            return;
        }
    }
    if (r->count < REFS_MAX && name.len > 0) {
        r->names[r->count++] = name;
    }
}

static void
add_ordinal(const struct talk *t, int ordinal, struct refs *r)
{
    const struct str *names = t->list_count > 0 ? t->list : t->shown;
    size_t count = t->list_count > 0 ? t->list_count : t->shown_count;
    if (ordinal == NLU_LAST && count > 0) {
        refs_add(r, names[count - 1]);
    } else if (ordinal > 0 && (size_t)ordinal <= count) {
        refs_add(r, names[ordinal - 1]);
    }
}

/* The one of the list that was not gone into; with one product only, the one before it. */
static void
add_other(const struct talk *t, struct refs *r)
{
    struct str now = t->shown_count == 1 ? t->shown[0] : (struct str){0};
    for (size_t i = 0; i < t->list_count; i++) {
        if (!str_eq(t->list[i], now)) {
            refs_add(r, t->list[i]);
            return;
        }
    }
    for (size_t i = 0; i < t->mind_count && r->count == 0; i++) {
        if (!str_eq(t->mind[i], now)) {
            refs_add(r, t->mind[i]);
        }
    }
}

/* "And in stock?": of what is in mind. */
static bool
asks_briefly(const struct talk *t)
{
    return (t->reading.cues & (NLU_CUE_STOCK | NLU_CUE_PRICE)) != 0 && t->reading.query.len == 0;
}

void
refs_read(const struct talk *t, struct refs *ret)
{
    const struct nlu_reading *r = &t->reading;
    *ret = (struct refs){0};
    add_ordinal(t, r->ordinal, ret);
    add_ordinal(t, r->ordinal_too, ret);
    if (ret->count > 0) {
        return;
    }
    struct fact_product cheapest;
    bool cheap = r->cheap && !r->fresh && t->list_count > 1 &&
                 shop_find_cheapest(t, t->list, t->list_count, &cheapest);
    if (cheap) {
        refs_add(ret, cheapest.name);
    } else if (r->cues & NLU_CUE_OTHER) {
        add_other(t, ret);
    } else if (r->cues & (NLU_CUE_MANY | NLU_CUE_BOTH)) {
        bool both = (r->cues & NLU_CUE_BOTH) != 0;
        bool list = t->list_count > 0 && !(both && t->list_count != 2);
        const struct str *names = list ? t->list : t->mind;
        size_t count = list ? t->list_count : t->mind_count;
        count = both && count > 2 ? 2 : count;
        for (size_t i = 0; i < count; i++) {
            refs_add(ret, names[i]);
        }
    } else if (r->refers || asks_briefly(t)) {
        for (size_t i = 0; i < t->shown_count && t->last != SAID_CHOICE; i++) {
            refs_add(ret, t->shown[i]);
        }
    }
}

/* ---- Their data ------------------------------------------------------------------------------ */

static struct str
input_text(const struct talk *t, const struct talk_result *result, const char *key)
{
    struct js *input = NULL;
    struct err ignored = {0};
    return js_parse_object(result->input, "input", t->arena, &input, &ignored) == 0
               ? js_get_text(input, key)
               : (struct str){0};
}

/* The one of FOUND that NAME means; the best when its name has any of the words. */
static bool
pick_of(const struct fact_products *found, struct str name, struct fact_product *ret)
{
    struct str names[FACT_PRODUCTS_MAX];
    for (size_t i = 0; i < found->count; i++) {
        names[i] = found->items[i].name;
        if (str_eq(names[i], name)) {
            *ret = found->items[i];
            return true;
        }
    }
    size_t pick = talk_pick_name(names, found->count, name);
    bool near = found->count > 0 && shop_overlap(names[0], name) > 0;
    pick = pick == SIZE_MAX && near ? 0 : pick;
    if (pick != SIZE_MAX) {
        *ret = found->items[pick];
    }
    return pick != SIZE_MAX;
}

/* The answer this turn has on NAME or on ID. */
static enum fetched
fetched_already(const struct talk *t, struct str name, struct str id, struct fact_product *ret)
{
    struct talk_result r;
    for (size_t before = t->request->message_count; talk_find(t, STR(""), t->now + 1, before, &r);
         before = r.index) {
        bool by_id =
            id.len > 0 && str_eq(r.name, TOOL_PRODUCT) && str_eq(input_text(t, &r, "id"), id);
        bool by_name = str_eq(r.name, TOOL_SEARCH) && str_eq(input_text(t, &r, "query"), name);
        if (!by_id && !by_name) {
            continue;
        }
        if (r.error) {
            return FETCH_FAILED;
        }
        if (by_id) {
            return fact_read_product(r.content, t->arena, ret) ? FETCH_HAVE : FETCH_NONE;
        }
        struct fact_products found = fact_read_products(r.content, t->arena);
        return !found.readable              ? FETCH_FAILED
               : pick_of(&found, name, ret) ? FETCH_HAVE
                                            : FETCH_NONE;
    }
    return FETCH_ASKED;
}

enum fetched
shop_fetch(struct talk *t, struct str name, struct fact_product *ret)
{
    struct fact_product known = {0};
    bool shown = shop_find_shown(t, name, &known);
    struct str id = shown && talk_offers(t, TOOL_PRODUCT) ? known.id : (struct str){0};
    enum fetched have = fetched_already(t, name, id, ret);
    if (have != FETCH_ASKED) {
        return have;
    }
    if (id.len > 0) {
        ask_product(t, id);
    } else if (talk_offers(t, TOOL_SEARCH)) {
        ask_search(t, name, 0);
    } else if (shown) {
        *ret = known; /* a tool's word, though an older one: no tool can be asked again */
        return FETCH_HAVE;
    } else {
        return FETCH_NONE;
    }
    return FETCH_ASKED;
}

bool
shop_fetch_all(struct talk *t, const struct refs *r, struct fact_product *ret)
{
    for (size_t i = 0; i < r->count; i++) {
        switch (shop_fetch(t, r->names[i], &ret[i])) {
        case FETCH_HAVE:
            break;
        case FETCH_ASKED:
            return false;
        case FETCH_FAILED:
            shop_say_failed(t, "looking at that product");
            return false;
        case FETCH_NONE:
            buf_printf(&t->out, "I found nothing called \"%" STR_FMT "\" in our catalogue. ",
                       STR_ARG(say_clean(t->arena, r->names[i], FACT_NAME_MAX)));
            say_offer(t);
            return false;
        }
    }
    return true;
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* A name of something found before, without anything that refers. */
static void
add_named(const struct talk *t, struct refs *r)
{
    struct talk_result result;
    struct str query = t->reading.query;
    if (t->reading.fresh || query.len == 0 || !talk_find(t, TOOL_SEARCH, 0, t->now, &result)) {
        return;
    }
    struct fact_products found = fact_read_products(result.content, t->arena);
    struct str names[FACT_PRODUCTS_MAX];
    for (size_t i = 0; i < found.count; i++) {
        names[i] = found.items[i].name;
    }
    size_t pick = talk_pick_name(names, found.count, query);
    bool ends = pick != SIZE_MAX && names[pick].len >= query.len &&
                str_eq_nocase(str_sub(names[pick], names[pick].len - query.len, SIZE_MAX), query);
    /* "Hub 3" is no Hub 3 Plus: that has to be searched for. */
    if (ends || (pick != SIZE_MAX && str_find_char(query, ' ', 0) == SIZE_MAX)) {
        refs_add(r, names[pick]);
    }
}

/* "A camera that works outside" is a new search though it says "that". */
static bool
goes_on(const struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool asks = (r->cues & (NLU_CUE_MANY | NLU_CUE_STOCK | NLU_CUE_PRICE | NLU_CUE_BUY)) != 0;
    bool about_one = t->shown_count == 1 && t->last == SAID_PRODUCT;
    return (r->cues & NLU_CUE_BOTH) || asks_briefly(t) ||
           (r->refers && (!r->fresh || asks || about_one));
}

static void
say_answer(struct talk *t, const struct fact_product *items, size_t count)
{
    if (t->reading.cues & NLU_CUE_BUY) {
        say(t, "I cannot take orders or fill a basket myself. What I can tell you:\n\n");
        shop_say_facts(t, items, count);
    } else if (count == 1) {
        shop_say_product(t, &items[0]);
    } else {
        shop_say_facts(t, items, count);
    }
}

static bool
follow_products(struct talk *t)
{
    const struct nlu_reading *r = &t->reading;
    bool yes = r->intent == NLU_YES && t->last == SAID_PRODUCTS && t->shown_count == 1;
    bool listed = t->last == SAID_PRODUCTS || t->last == SAID_PRODUCT || t->last == SAID_COMPARED;
    struct refs refs = {0};
    struct fact_product items[REFS_MAX];
    if (r->ordinal != 0 || r->cheap || (r->cues & NLU_CUE_OTHER) || goes_on(t)) {
        refs_read(t, &refs);
    }
    if (yes) {
        refs_add(&refs, t->shown[0]);
    }
    if (refs.count == 0 && listed) {
        add_named(t, &refs);
    }
    if (refs.count == 0) {
        return false;
    }
    if (shop_fetch_all(t, &refs, items)) {
        say_answer(t, items, refs.count);
    }
    return true;
}

/* "Do you sell those?", when the last answer quoted one line of data: what that line names. */
static bool
follow_part(struct talk *t)
{
    struct str rest = t->last_text;
    struct str quoted = {0};
    size_t count = 0;
    for (struct str line; str_split(&rest, '\n', &line);) {
        /* "- battery: 1 x CR2450", or behind the stock of a list's first. */
        bool bullet = str_starts(line, STR("- "));
        size_t stock = bullet ? 0 : str_find(line, STR(" in stock. "), 0);
        size_t colon = stock == SIZE_MAX ? SIZE_MAX : str_find(line, STR(": "), stock);
        if (colon != SIZE_MAX && count++ == 0) {
            quoted = str_trim(str_sub(line, colon + 2, SIZE_MAX));
        }
    }
    bool asks = (t->reading.cues & NLU_CUE_SELL) && t->reading.query.len == 0;
    if (!asks || count == 0 || quoted.len == 0 || !talk_offers(t, TOOL_SEARCH)) {
        return false;
    }
    ask_search(t, quoted, 0);
    return true;
}

bool
shop_follow(struct talk *t)
{
    enum nlu_intent intent = t->reading.intent;
    bool listed = t->last == SAID_PRODUCTS || t->last == SAID_PRODUCT || t->last == SAID_COMPARED;
    bool product = intent == NLU_PRODUCT || intent == NLU_UNKNOWN;
    bool asks = (t->reading.cues & (NLU_CUE_STOCK | NLU_CUE_PRICE | NLU_CUE_BUY)) != 0;
    if (product && !t->walk.active && (compare_follow(t) || fits_follow(t))) {
        return true;
    }
    if (intent == NLU_NEXT && listed && !t->has_result) {
        shop_more(t);
        return true;
    }
    if (t->mind_count == 0 || t->walk.active || (t->reading.cues & NLU_CUE_LIKE)) {
        return false;
    }
    if (!t->has_result && follow_part(t)) {
        return true;
    }
    bool warranty = intent == NLU_ORDER && t->reading.refers && listed;
    bool part = t->has_result && (t->reading.cues & NLU_CUE_SELL);
    if (part && str_eq(t->result.name, TOOL_SEARCH)) {
        return false;
    }
    bool on_topic = product || (listed && intent == NLU_YES) || asks || warranty;
    return on_topic && follow_products(t);
}
