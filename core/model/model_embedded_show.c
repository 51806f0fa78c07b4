/* What is said of products: every word of it from a tool's result. */
#include "model/model_embedded.h"

enum {
    LIST_MAX = 3, /* products in one answer: what somebody reads to the end */
    DETAIL_LINES = 3,
};

static bool
is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

/* At the opening of a word, letters' case aside; NEEDLE not empty. */
static bool
contains(struct str text, struct str needle)
{
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if ((i == 0 || !is_word_char(text.ptr[i - 1])) &&
            str_eq_nocase(str_sub(text, i, needle.len), needle)) {
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

void
shop_say_price_and_stock(struct talk *t, const struct fact_product *p)
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

/* The line that answers most of the question; the first feature where none does. */
static struct str
telling_line(const struct talk *t, const struct fact_product *p)
{
    struct str lines[LINES_MAX];
    if (line_answers(p, line_keys(t, p, 1), lines) > 0) {
        return lines[0];
    }
    return p->feature_count ? p->features[0] : p->description;
}

static void
say_item(struct talk *t, size_t number, const struct fact_product *p)
{
    struct str line = telling_line(t, p);
    buf_printf(&t->out, "%zu. **%" STR_FMT "**: ", number, STR_ARG(p->name));
    shop_say_price_and_stock(t, p);
    if (line.len > 0) {
        bool ended = str_find_char(STR(".!?"), line.ptr[line.len - 1], 0) != SIZE_MAX;
        buf_printf(&t->out, " %" STR_FMT "%s", STR_ARG(line), ended ? "" : ".");
    }
    say(t, "\n");
}

void
shop_say_list(struct talk *t, const struct fact_product *items, size_t count)
{
    for (size_t i = 0; i < count && i < LIST_MAX; i++) {
        say_item(t, i + 1, &items[i]);
    }
    say(t, "\n");
    say_mark(t, SAID_PRODUCTS);
}

/* "battery: none" is no battery. */
static bool
denies(struct str line)
{
    size_t colon = str_find(line, STR(": "), 0);
    struct str value = colon == SIZE_MAX ? line : str_sub(line, colon + 2, SIZE_MAX);
    struct str first = str_sub(value, 0, str_find_char(value, ' ', 0));
    first = str_sub(first, 0, str_find_char(first, ',', 0));
    return str_eq_nocase(first, STR("no")) || str_eq_nocase(first, STR("none")) ||
           str_eq_nocase(first, STR("not"));
}

/* Those of ITEMS whose data says yes to "which of those has ...?"; how many are left. */
static size_t
keep_answering(const struct fact_product *items, size_t count, struct str keys,
               struct fact_product kept[REFS_MAX])
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        struct str lines[LINES_MAX];
        size_t found = line_answers(&items[i], keys, lines);
        if (found > 0 && !denies(lines[0])) {
            kept[left++] = items[i];
        }
    }
    return left;
}

/* What each one's data says on the question. */
static void
say_lines(struct talk *t, const struct fact_product *p, struct str keys)
{
    struct str lines[LINES_MAX];
    size_t count = line_answers(p, keys, lines);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&t->out, "   - %" STR_FMT "\n", STR_ARG(lines[i]));
    }
    if (keys.len > 0 && count == 0) {
        say(t, "   - On your question its data says nothing.\n");
    }
}

void
shop_say_facts(struct talk *t, const struct fact_product *items, size_t count)
{
    struct str keys = line_keys(t, items, count);
    struct fact_product kept[REFS_MAX];
    bool which = (t->reading.cues & NLU_CUE_WHICH) && keys.len > 0 && count > 1;
    size_t left = which ? keep_answering(items, count, keys, kept) : 0;
    if (which && left == 0) {
        say(t, "By their data, none of them does:\n\n");
    } else if (which && left < count) {
        say_either(t, "By its data, this is the answer:\n\n", "Going by the data, it is this:\n\n");
        items = kept;
        count = left;
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(&t->out, "%zu. **%" STR_FMT "**: ", i + 1, STR_ARG(items[i].name));
        shop_say_price_and_stock(t, &items[i]);
        say(t, "\n");
        say_lines(t, &items[i], keys);
    }
    say(t, "\n");
    say_mark(t, count > 1 ? SAID_PRODUCTS : SAID_PRODUCT);
}

/* One question, one answer. */
static void
say_answering(struct talk *t, const struct fact_product *p, struct str keys)
{
    struct str lines[LINES_MAX];
    size_t count = line_answers(p, keys, lines);
    if (count == 0) {
        say(t, " About the rest of your question its data says nothing, and I would rather not "
               "guess.\n");
        return;
    }
    say(t, " On your question its data says:\n\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(lines[i]));
    }
}

/* Features and specifications from AT on, at most MAX of each. */
static void
say_details(struct talk *t, const struct fact_product *p, size_t at, size_t max)
{
    for (size_t i = at; i < p->feature_count && i < at + max; i++) {
        buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(p->features[i]));
    }
    for (size_t i = at; i < p->specification_count && i < at + max; i++) {
        buf_printf(&t->out, "- %" STR_FMT "\n", STR_ARG(p->specifications[i]));
    }
}

static void
say_whole(struct talk *t, const struct fact_product *p)
{
    if (p->description.len > 0) {
        buf_printf(&t->out, "\n\n%" STR_FMT, STR_ARG(p->description));
    }
    say(t, "\n\n");
    say_details(t, p, 0, DETAIL_LINES);
    say(t, p->feature_count + p->specification_count ? "\n" : "");
}

void
shop_say_product(struct talk *t, const struct fact_product *p)
{
    struct str keys = line_keys(t, p, 1);
    unsigned asks = t->reading.cues & (NLU_CUE_STOCK | NLU_CUE_PRICE);
    bool again = t->last == SAID_PRODUCT && t->shown_count == 1 && str_eq(t->shown[0], p->name);
    buf_printf(&t->out, "**%" STR_FMT "**", STR_ARG(p->name));
    if (p->brand.len > 0 && keys.len == 0 && !again) {
        buf_printf(&t->out, " by %" STR_FMT, STR_ARG(p->brand));
    }
    say(t, ": ");
    shop_say_price_and_stock(t, p);
    if (keys.len > 0) {
        say_answering(t, p, keys);
        say(t, "\n");
    } else if (asks) {
        say(t, "\n\n");
    } else if (again) {
        say(t, "\n\n");
        say_details(t, p, DETAIL_LINES, FACT_LINES_MAX);
        say(t, "\n");
    } else {
        say_whole(t, p);
    }
    say_mark(t, SAID_PRODUCT);
}
