/* What a search needs: the words that say something, the price somebody is ready to pay, which of
 * several is meant; and for trouble the sentence itself. */
#include "base/buf.h"
#include "base/utf8.h"
#include "nlu/parts.h"
#include "nlu/phrases.h"

enum {
    THING_WORDS = 4,
    NUMBER_MAX = 24,
    PRICE_MAX = 1000000,
};

static bool
is(const struct nlu_words *words, size_t at, const char *list)
{
    return at < words->count && nlu_in_list(&words->items[at], list);
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A comma or point is decimal when one or two digits follow it to the end, and thousands
 * otherwise. */
static bool
is_decimal_mark(struct str digits, size_t at)
{
    size_t behind = digits.len - at - 1;
    return (digits.ptr[at] == '.' || digits.ptr[at] == ',') && behind >= 1 && behind <= 2;
}

/* "20", "19.90", "1.299,00", "20euros"; of "20-50" the last. *REST is what follows the number. */
static bool
read_number(struct str text, double *ret, struct str *rest)
{
    size_t dash = str_find_char(text, '-', 0);
    if (dash != SIZE_MAX && dash + 1 < text.len && is_digit(text.ptr[dash + 1])) {
        text = str_sub(text, dash + 1, SIZE_MAX);
    }
    size_t len = 0;
    while (len < text.len && (is_digit(text.ptr[len]) ||
                              (len > 0 && (text.ptr[len] == '.' || text.ptr[len] == ',')))) {
        len++;
    }
    struct str digits = str_sub(text, 0, len);
    char plain[NUMBER_MAX];
    size_t used = 0;
    for (size_t i = 0; i < digits.len && used < NUMBER_MAX; i++) {
        if (is_digit(digits.ptr[i])) {
            plain[used++] = digits.ptr[i];
        } else if (is_decimal_mark(digits, i)) {
            plain[used++] = '.';
        }
    }
    *rest = str_sub(text, len, SIZE_MAX);
    return used > 0 && used < NUMBER_MAX && str_to_double((struct str){plain, used}, ret);
}

static bool
spelt_number(const struct nlu_word *word, double *ret)
{
    static const struct {
        const char *word;
        double value;
    } numbers[] = {
        {"ten", 10},    {"fifteen", 15}, {"twenty", 20},   {"thirty", 30},
        {"forty", 40},  {"fifty", 50},   {"sixty", 60},    {"seventy", 70},
        {"eighty", 80}, {"ninety", 90},  {"hundred", 100},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (nlu_same_word(word, str_c(numbers[i].word))) {
            *ret = numbers[i].value;
            return true;
        }
    }
    return false;
}

/* Does what stands before AT announce a highest price? *START is where the announcement begins. */
static bool
is_limit_before(const struct nlu_words *words, size_t at, size_t *start)
{
    size_t i = at;
    while (i > 0 && is(words, i - 1, "of is a the euro eur usd gbp about around")) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    bool pair = i >= 2 && ((is(words, i - 1, "than") && is(words, i - 2, "less cheaper lower")) ||
                           (is(words, i - 1, "to") && is(words, i - 2, "up")) ||
                           (is(words, i - 1, "most") && is(words, i - 2, "at")));
    *start = i - (pair ? 2 : 1);
    return pair || is(words, i - 1, nlu_limits);
}

/* Is the number a lowest price? "over 50 euros" asks for no limit from above. */
static bool
is_floor(const struct nlu_words *words, size_t at)
{
    size_t i = at > 0 && is(words, at - 1, nlu_currencies) ? at - 1 : at;
    bool more = i >= 2 && is(words, i - 1, "than") && is(words, i - 2, "more greater");
    return more || (i >= 1 && is(words, i - 1, "over above minimum least from"));
}

/* Take the price out: its words are marked in SPENT, so that no query holds them. */
static void
read_price(const struct nlu_words *words, bool *spent, struct nlu_reading *ret)
{
    for (size_t i = 0; i < words->count; i++) {
        double value = 0;
        struct str rest = {0};
        bool spelt = spelt_number(&words->items[i], &value);
        if (!spelt && !read_number(words->items[i].lower, &value, &rest)) {
            continue;
        }
        struct nlu_word tail = {.lower = rest};
        tail.stem = nlu_stem(rest, tail.stem_bytes);
        bool money_here = rest.len > 0 && nlu_in_list(&tail, nlu_currencies);
        bool money_behind = rest.len == 0 && is(words, i + 1, nlu_currencies);
        bool money_before = i > 0 && is(words, i - 1, nlu_currencies);
        bool money = money_here || money_behind || money_before;
        size_t start = i;
        bool limit = is_limit_before(words, i, &start) && (rest.len == 0 || money_here) &&
                     !is(words, i + 1, nlu_units);
        /* "It costs 1 euro" asks for nothing. */
        bool told = !limit && i > 0 && is(words, money_before ? i - 2 : i - 1, nlu_told_prices);
        bool usable = (money || limit) && !told && value > 0 && value < PRICE_MAX;
        if (!usable) {
            continue;
        }
        for (size_t k = limit ? start : i; k <= i; k++) {
            spent[k] = true;
        }
        /* "between 20 and 50 euros" */
        bool range =
            i >= 2 && is(words, i - 1, "and to") && is_digit(words->items[i - 2].lower.ptr[0]);
        if (range) {
            struct str ignored;
            spent[i - 2] = true;
            (void)read_number(words->items[i - 2].lower, &ret->min_price, &ignored);
        }
        if (is_floor(words, i)) {
            ret->min_price = value;
        } else {
            ret->max_price = value;
        }
    }
}

static void
read_ordinal(const struct nlu_words *words, struct nlu_reading *ret)
{
    static const struct {
        const char *words;
        int value;
    } ordinals[] = {
        {"first|1st", 1},
        {"second|2nd", 2},
        {"third|3rd", 3},
        {"fourth|4th", 4},
        {"fifth|5th", 5},
        {"last", NLU_LAST},
        {"number|option|no|nr one|1", 1},
        {"number|option|no|nr two|2", 2},
        {"number|option|no|nr three|3", 3},
        {"^1 $", 1},
        {"^2 $", 2},
        {"^3 $", 3},
        {"^one $", 1},
        {"^two $", 2},
        {"^three $", 3},
        {"^1 please $", 1},
        {"^2 please $", 2},
        {"^3 please $", 3},
    };
    for (size_t i = 0; i < sizeof(ordinals) / sizeof(ordinals[0]); i++) {
        if (nlu_match(words, ordinals[i].words) == SIZE_MAX) {
            continue;
        }
        int value = ordinals[i].value;
        if (ret->ordinal == 0) {
            ret->ordinal = value;
        } else if (ret->ordinal != value && ret->ordinal_too == 0) {
            ret->ordinal_too = value;
        }
    }
}

static void
read_flags(const struct nlu_words *words, struct nlu_reading *ret)
{
    size_t at = 0;
    while (is(words, at,
              "ok okay well so and but hi hello yes something one ones it should must "
              "be it's is to better preferably ideally rather maybe mainly")) {
        at++;
    }
    ret->details = is(words, at,
                      "for in with without outside outdoors inside indoors on at under "
                      "above that which where waterproof wireless cheap");
    for (size_t i = 0; i < words->count; i++) {
        const struct nlu_word *w = &words->items[i];
        bool wants = i > 0 && nlu_in_list(w, "need want") && is(words, i - 1, "i we");
        ret->fresh = ret->fresh || wants;
        ret->cheap = ret->cheap || nlu_in_list(w, "cheap cheaper cheapest affordable inexpensive");
        ret->cheaper = ret->cheaper || nlu_in_list(w, "cheaper");
        ret->refers = ret->refers || nlu_in_list(w, "it this that them these those one ones");
        ret->fresh =
            ret->fresh ||
            nlu_in_list(w, "a an any some something anything have sell stock looking another "
                           "other");
    }
}

/* Could the word be what is wanted? A code or a number only says which. */
static bool
is_noun(struct str word)
{
    bool digits = false;
    for (size_t i = 0; i < word.len; i++) {
        digits = digits || is_digit(word.ptr[i]);
    }
    return word.len >= 3 && !digits;
}

/* Where what is asked for begins: the first sentence that asks, and says for what. What is told
 * before it is no part of the wish ("sorry, that was the cat. do you sell ...?"). */
static size_t
asking_from(const struct nlu_words *words, const bool *spent)
{
    size_t start = SIZE_MAX;
    for (size_t i = 0; i < words->count; i++) {
        const struct nlu_word *w = &words->items[i];
        size_t at = i;
        while (w->opens_sentence && at + 1 < words->count && is(words, at, nlu_greetings)) {
            at++;
        }
        if (w->opens_sentence) {
            start = is(words, at,
                       "which what do does can could is are any have has how where need "
                       "i we show looking want would who give find")
                        ? i
                        : SIZE_MAX;
        }
        if (start != SIZE_MAX && !spent[i] && !nlu_in_list(w, nlu_noise)) {
            return start;
        }
    }
    return 0;
}

/* The words left when everything polite, vague or about money is gone, in their order. */
static bool
build_query(const struct nlu_words *words, const bool *spent, struct arena *arena,
            struct nlu_reading *ret, size_t *ret_count)
{
    AUTO(buf) struct buf out;
    buf_init(&out, NLU_QUERY_MAX * 2);
    const char *last = NULL;
    bool headed = false; /* what stands behind "for" or "with" is no head */
    *ret_count = 0;
    for (size_t i = asking_from(words, spent); i < words->count; i++) {
        const struct nlu_word *w = &words->items[i];
        bool same = w->raw.ptr == last; /* an alias' further words */
        last = w->raw.ptr;
        /* "Something that ..." names nothing: what follows is what it is for. */
        bool vague = i > 0 && is(words, i - 1, "something anything thing one");
        headed = headed || ((ret->head.len > 0 || vague) && nlu_in_list(w, nlu_behind_head));
        if (same || spent[i] || nlu_in_list(w, nlu_noise)) {
            continue;
        }
        if (out.len + w->raw.len + 1 > NLU_QUERY_MAX) {
            break;
        }
        buf_add_c(&out, out.len ? " " : "");
        buf_add(&out, w->raw);
        *ret_count += 1;
        if (!headed && is_noun(w->raw)) {
            ret->head = w->raw;
        }
    }
    ret->query = out.len ? buf_to_arena(&out, arena) : (struct str){0};
    return !out.failed && (out.len == 0 || ret->query.ptr);
}

/* From the first word that is no greeting to the last that is no thanks, on one line. */
static bool
build_issue(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret)
{
    size_t from = 0;
    size_t to = words->count;
    while (from < to && nlu_in_list(&words->items[from], nlu_greetings)) {
        from++;
    }
    while (to > from && nlu_in_list(&words->items[to - 1], nlu_courtesies)) {
        to--;
    }
    if (from == to) {
        return true;
    }
    const char *start = words->items[from].raw.ptr;
    const char *end = words->items[to - 1].raw.ptr + words->items[to - 1].raw.len;
    AUTO(buf) struct buf out;
    buf_init(&out, NLU_ISSUE_MAX + 1);
    for (const char *p = start; p < end && out.len < NLU_ISSUE_MAX; p++) {
        bool space = *p == ' ' || *p == '\n';
        if (!space || (out.len > 0 && out.text[out.len - 1] != ' ')) {
            buf_add_char(&out, space ? ' ' : *p);
        }
    }
    if (out.len > 0 && !out.failed) {
        buf_truncate(&out, utf8_valid_prefix(buf_str(&out)));
    }
    ret->issue = str_trim(buf_to_arena(&out, arena));
    return ret->issue.ptr != NULL;
}

/* "my hub won't ...": hub. */
static void
find_thing(const struct nlu_words *words, struct nlu_reading *ret)
{
    for (size_t i = 0; i + 1 < words->count; i++) {
        if (!is(words, i, "my our")) {
            continue;
        }
        size_t first = i + 1;
        size_t end = first;
        while (end < words->count && end - first < THING_WORDS && !words->items[end].opens_clause &&
               !nlu_in_list(&words->items[end], nlu_thing_ends) &&
               (end == first || !str_ends(words->items[end].lower, STR("ing")))) {
            end++;
        }
        if (end == first || is(words, first, nlu_not_things) ||
            is(words, end - 1, nlu_not_things)) {
            continue;
        }
        const char *start = words->items[first].raw.ptr;
        const struct nlu_word *last = &words->items[end - 1];
        ret->thing = (struct str){start, (size_t)(last->raw.ptr + last->raw.len - start)};
        return;
    }
}

bool
nlu_extract(const struct nlu_words *words, struct arena *arena, struct nlu_reading *ret,
            size_t *ret_searchable)
{
    bool *spent = arena_zero(arena, words->count + 1, sizeof(*spent));
    if (!spent) {
        return false;
    }
    read_price(words, spent, ret);
    read_ordinal(words, ret);
    read_flags(words, ret);
    find_thing(words, ret);
    return build_query(words, spent, arena, ret, ret_searchable) && build_issue(words, arena, ret);
}
