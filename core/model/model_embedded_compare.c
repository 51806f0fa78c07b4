/* Two or three products side by side, from their specifications line by line: first what
 * differs, then what is the same. A line that one of them lacks is said to be missing. */
#include "model/model_embedded.h"

enum { SAME_MAX = 6 };

/* What the message compares: two names, a name with what is in mind, or those in mind. */
static void
read_sides(const struct talk *t, struct refs *refs)
{
    const struct nlu_reading *r = &t->reading;
    bool names = r->left.len > 0 || r->right.len > 0;
    if (r->ordinal != 0 || (r->cues & NLU_CUE_OTHER) || (!names && r->refers)) {
        refs_read(t, refs);
    }
    if (names && r->refers && refs->count == 0 && t->shown_count > 0 && t->last != SAID_CHOICE) {
        refs_add(refs, t->shown[0]);
    }
    if (r->left.len > 0) {
        refs_add(refs, shop_name_of(t, r->left));
    }
    if (r->right.len > 0) {
        refs_add(refs, shop_name_of(t, r->right));
    }
    bool focus = refs->count == 1 && t->shown_count == 1;
    if (focus) {
        refs_add(refs, t->shown[0]);
    }
    for (size_t i = 0; i < t->mind_count && refs->count < 2 && !names; i++) {
        refs_add(refs, t->mind[i]);
    }
}

static bool
is_same(const struct fact_product *items, size_t count, struct str key)
{
    struct str first = line_value(&items[0], key);
    for (size_t i = 1; i < count; i++) {
        if (!str_eq(first, line_value(&items[i], key))) {
            return false;
        }
    }
    return true;
}

/* Each key once, in the order of the first product that has it. */
static size_t
collect_keys(const struct fact_product *items, size_t count, struct str *keys, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < items[i].specification_count && found < max; k++) {
            struct str line = items[i].specifications[k];
            struct str key = str_sub(line, 0, str_find(line, STR(": "), 0));
            bool known = false;
            for (size_t n = 0; n < found; n++) {
                known = known || str_eq(keys[n], key);
            }
            if (!known) {
                keys[found++] = key;
            }
        }
    }
    return found;
}

static void
say_same(struct talk *t, const struct fact_product *items, size_t count, const struct str *keys,
         size_t key_count)
{
    size_t said = 0;
    for (size_t i = 0; i < key_count && said < SAME_MAX; i++) {
        if (is_same(items, count, keys[i])) {
            struct str value = line_value(&items[0], keys[i]);
            say(t, said == 0 ? "\nThe same for all: " : "; ");
            buf_printf(&t->out, "%" STR_FMT ": %" STR_FMT, STR_ARG(keys[i]), STR_ARG(value));
            said++;
        }
    }
    say(t, said > 0 ? ".\n" : "");
}

/* One product's lines in which it differs from the others. */
static void
say_different(struct talk *t, const struct fact_product *items, size_t count, size_t which,
              const struct str *keys, size_t key_count)
{
    buf_printf(&t->out, "%zu. **%" STR_FMT "**: ", which + 1, STR_ARG(items[which].name));
    shop_say_price_and_stock(t, &items[which]);
    say(t, "\n");
    for (size_t i = 0; i < key_count; i++) {
        struct str value = line_value(&items[which], keys[i]);
        if (!is_same(items, count, keys[i])) {
            buf_printf(&t->out, "   - %" STR_FMT ": %" STR_FMT "\n", STR_ARG(keys[i]),
                       STR_ARG(value.len > 0 ? value : STR("not given in its data")));
        }
    }
}

static void
say_compared(struct talk *t, const struct fact_product *items, size_t count)
{
    struct str keys[REFS_MAX * FACT_LINES_MAX];
    size_t key_count = collect_keys(items, count, keys, REFS_MAX * FACT_LINES_MAX);
    say_either(t, "This is where they differ, by their data:\n\n",
               "Here they are next to each other, by their data:\n\n");
    for (size_t i = 0; i < count; i++) {
        say_different(t, items, count, i, keys, key_count);
    }
    say_same(t, items, count, keys, key_count);
    say(t, "\n");
    say_mark(t, SAID_COMPARED);
}

/* "A camera or a doorbell" are two kinds of things: nothing to lay side by side. */
static bool
is_kind(const struct talk *t, struct str words)
{
    return t->reading.fresh && words.len > 0 && str_find_char(words, ' ', 0) == SIZE_MAX &&
           shop_name_of(t, words).ptr == words.ptr;
}

bool
compare_follow(struct talk *t)
{
    struct refs refs = {0};
    struct fact_product items[REFS_MAX];
    const struct nlu_reading *r = &t->reading;
    if (!(r->cues & NLU_CUE_COMPARE) || is_kind(t, r->left) || is_kind(t, r->right)) {
        return false;
    }
    read_sides(t, &refs);
    if (refs.count < 2) {
        return false;
    }
    if (!shop_fetch_all(t, &refs, items)) {
        return true;
    }
    for (size_t i = 1; i < refs.count; i++) {
        if (str_eq(items[i].name, items[0].name)) {
            shop_say_product(t, &items[0]);
            return true;
        }
    }
    say_compared(t, items, refs.count);
    return true;
}
