/* What is said of products: every word of it from a tool's result. */
#include "model/model_embedded.h"

enum {
    LIST_MAX = 3, /* products in one answer: what somebody reads to the end */
    DETAIL_LINES = 3,
};

/* Letters' case aside; NEEDLE not empty. */
static bool
contains(struct str text, struct str needle)
{
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (str_eq_nocase(str_sub(text, i, needle.len), needle)) {
            return true;
        }
    }
    return false;
}

size_t
shop_overlap(struct str text, struct str query)
{
    size_t count = 0;
    for (struct str word; str_split(&query, ' ', &word);) {
        bool plural = word.len > SHOP_WORD_MIN && str_ends(word, STR("s"));
        bool changed = word.len > SHOP_WORD_MIN + 2 && str_ends(word, STR("ies"));
        word.len -= changed ? 3 : plural; /* batter(y), plug */
        count += word.len >= SHOP_WORD_MIN && contains(text, word);
    }
    return count;
}

static void
say_price_and_stock(struct talk *t, const struct fact_product *p)
{
    if (p->price.len > 0) {
        buf_printf(&t->out, "%" STR_FMT "%s%" STR_FMT, STR_ARG(p->price),
                   p->currency.len ? " " : "", STR_ARG(p->currency));
    } else {
        say(t, "no price given");
    }
    if (p->stock != FACT_STOCK_UNKNOWN) {
        say(t, p->stock == FACT_STOCK_IN ? ", in stock" : ", out of stock at the moment");
    }
    say(t, ".");
}

/* The feature that answers most of the question; the first where none does. */
static struct str
telling_line(const struct fact_product *p, struct str query)
{
    struct str best = p->feature_count ? p->features[0] : p->description;
    size_t most = 0;
    for (size_t i = 0; i < p->feature_count; i++) {
        size_t hits = shop_overlap(p->features[i], query);
        if (hits > most) {
            most = hits;
            best = p->features[i];
        }
    }
    return best;
}

static void
say_item(struct talk *t, size_t number, const struct fact_product *p, struct str query)
{
    struct str line = telling_line(p, query);
    buf_printf(&t->out, "%zu. **%" STR_FMT "**: ", number, STR_ARG(p->name));
    say_price_and_stock(t, p);
    if (line.len > 0) {
        bool ended = str_find_char(STR(".!?"), line.ptr[line.len - 1], 0) != SIZE_MAX;
        buf_printf(&t->out, " %" STR_FMT "%s", STR_ARG(line), ended ? "" : ".");
    }
    say(t, "\n");
}

void
shop_say_list(struct talk *t, const struct fact_product *items, size_t count, struct str query)
{
    for (size_t i = 0; i < count && i < LIST_MAX; i++) {
        say_item(t, i + 1, &items[i], query);
    }
    say(t, "\n");
    say_mark(t, SAID_PRODUCTS);
}

/* Up to DETAIL_LINES of LINES: those that answer the question first. */
static void
say_lines(struct talk *t, const struct str *lines, size_t count, struct str query)
{
    size_t said = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count && said < DETAIL_LINES; i++) {
            bool answers = shop_overlap(lines[i], query) > 0;
            if (answers == (pass == 0)) {
                buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(lines[i]));
                said++;
            }
        }
    }
}

/* Those of LINES that hold HITS of the question's words. */
static void
say_answering(struct talk *t, const struct str *lines, size_t count, struct str query, size_t hits)
{
    size_t said = 0;
    for (size_t i = 0; i < count && said < DETAIL_LINES; i++) {
        if (shop_overlap(lines[i], query) == hits) {
            buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(lines[i]));
            said++;
        }
    }
}

static size_t
most_hits(const struct str *lines, size_t count, struct str query, size_t most)
{
    for (size_t i = 0; i < count; i++) {
        size_t hits = shop_overlap(lines[i], query);
        most = hits > most ? hits : most;
    }
    return most;
}

/* A further question about a product that was just described: only what answers it. */
static void
say_further(struct talk *t, const struct fact_product *p)
{
    struct str query = t->reading.query;
    size_t hits = most_hits(p->features, p->feature_count, query, 0);
    hits = most_hits(p->specifications, p->specification_count, query, hits);
    buf_printf(&t->out, "**%" STR_FMT "**: ", STR_ARG(p->name));
    say_price_and_stock(t, p);
    if (query.len > 0 && hits == 0) {
        say(t, " About the rest of your question its data says nothing, and I would rather not "
               "guess.\n\n");
    } else if (hits > 0) {
        say(t, " On your question its data says:\n\n");
        say_answering(t, p->features, p->feature_count, query, hits);
        say_answering(t, p->specifications, p->specification_count, query, hits);
        say(t, "\n");
    } else {
        say(t, "\n\n");
    }
    say_mark(t, SAID_PRODUCT);
}

void
shop_say_product(struct talk *t, const struct fact_product *p)
{
    if (t->last == SAID_PRODUCT && t->shown_count > 0 && str_eq(t->shown[0], p->name)) {
        say_further(t, p);
        return;
    }
    buf_printf(&t->out, "**%" STR_FMT "**", STR_ARG(p->name));
    if (p->brand.len > 0) {
        buf_printf(&t->out, " by %" STR_FMT, STR_ARG(p->brand));
    }
    say(t, ": ");
    say_price_and_stock(t, p);
    if (p->description.len > 0) {
        buf_printf(&t->out, "\n\n%" STR_FMT, STR_ARG(p->description));
    }
    say(t, "\n\n");
    say_lines(t, p->features, p->feature_count, t->reading.query);
    say_lines(t, p->specifications, p->specification_count, t->reading.query);
    say(t, p->feature_count + p->specification_count ? "\n" : "");
    say_mark(t, SAID_PRODUCT);
}
