/* Does one thing work with another? Yes, no, or "the catalogue does not say", and the line of data
 * it rests on. Yes: one names the other among what it works with or fits, or one of its lines has
 * what was asked for (a radio, a fitting). No: its list names others of the kind and leaves this
 * one out, or its radio line names other radios. Everything else the catalogue does not say. */
#include "model/model_embedded.h"

enum verdict { VERDICT_SILENT, VERDICT_YES, VERDICT_NO, VERDICT_LIST };

struct finding {
    enum verdict verdict;
    struct str owner; /* whose line it is */
    struct str line;
};

/* "Hearth Hub 2" of "works with: Hearth Hub 2, Hearth Hub 3". */
static const struct str lists[] = {
    STR_INIT("works with"),
    STR_INIT("fits"),
    STR_INIT("compatible with"),
    STR_INIT("supports"),
};
static const struct str radios[] = {STR_INIT("radio"), STR_INIT("wireless"),
                                    STR_INIT("connectivity"), STR_INIT("network")};
static const char radio_words[] = "zigbee thread bluetooth wi-fi wifi z-wave matter ethernet nfc";

static bool
has_key(struct str line, const struct str *keys, size_t count, struct str *ret_value)
{
    size_t colon = str_find(line, STR(": "), 0);
    for (size_t i = 0; colon != SIZE_MAX && i < count; i++) {
        if (str_eq_nocase(str_sub(line, 0, colon), keys[i])) {
            *ret_value = str_sub(line, colon + 2, SIZE_MAX);
            return true;
        }
    }
    return false;
}

static struct str
last_word(struct str text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != ' ') {
        at--;
    }
    return str_sub(text, at, SIZE_MAX);
}

static size_t
read_list(struct str value, struct str items[SHOWN_MAX])
{
    size_t count = 0;
    for (struct str one; count < SHOWN_MAX && str_split(&value, ',', &one);) {
        one = str_trim(one);
        if (one.len > 0) {
            items[count++] = one;
        }
    }
    return count;
}

/* Do any of ITEMS share a word with WORDS that names their kind ("Hub", "Turn")? */
static bool
same_kind(const struct str *items, size_t count, struct str words)
{
    for (size_t i = 0; i < count; i++) {
        if (shop_overlap(items[i], words) > 0) {
            return true;
        }
    }
    return false;
}

/* P's list, held against what is asked for: as it is called (NAME), or as the customer said it. */
static struct finding
try_lists(const struct fact_product *p, struct str name, struct str words)
{
    struct finding found = {VERDICT_SILENT, p->name, {0}};
    for (size_t i = 0; i < p->specification_count; i++) {
        struct str value;
        struct str items[SHOWN_MAX];
        if (!has_key(p->specifications[i], lists, sizeof(lists) / sizeof(lists[0]), &value)) {
            continue;
        }
        size_t count = read_list(value, items);
        bool listed = false;
        for (size_t k = 0; k < count; k++) {
            listed = listed || str_eq_nocase(items[k], name);
        }
        size_t pick = talk_pick_name(items, count, words);
        bool some = same_kind(items, count, words) || same_kind(items, count, name);
        if (listed || pick != SIZE_MAX) {
            found.verdict = VERDICT_YES;
        } else if (some) {
            /* "The hub", and all of them are hubs: the list is the answer. */
            bool general = name.len == 0 && str_find_char(words, ' ', 0) == SIZE_MAX;
            found.verdict = general ? VERDICT_LIST : VERDICT_NO;
        } else {
            continue;
        }
        found.line = p->specifications[i];
        return found;
    }
    return found;
}

static bool
is_radio(struct str word)
{
    struct str rest = str_c(radio_words);
    for (struct str one; str_split(&rest, ' ', &one);) {
        if (str_eq_nocase(one, word)) {
            return true;
        }
    }
    return false;
}

/* A line that holds every word of what was asked for. */
static struct finding
try_lines(const struct fact_product *p, struct str words)
{
    struct finding found = {VERDICT_SILENT, p->name, {0}};
    size_t want = 0;
    for (struct str rest = words, one; str_split(&rest, ' ', &one);) {
        want += one.len >= SHOP_WORD_MIN;
    }
    for (size_t i = 0; want > 0 && i < p->specification_count; i++) {
        struct str value = {0};
        struct str line = p->specifications[i];
        size_t colon = str_find(line, STR(": "), 0);
        value = str_sub(line, colon == SIZE_MAX ? 0 : colon + 2, SIZE_MAX);
        bool radio = has_key(line, radios, 2, &value);
        bool holds = shop_overlap(value, words) == want;
        if (holds || (radio && is_radio(words) && found.line.len == 0)) {
            found.verdict = holds ? VERDICT_YES : VERDICT_NO;
            found.line = line;
        }
        if (holds) {
            return found;
        }
    }
    for (size_t i = 0; want > 0 && i < p->feature_count; i++) {
        if (shop_overlap(p->features[i], words) == want) {
            found.line = p->features[i];
            found.verdict = VERDICT_LIST;
        }
    }
    return found;
}

/* P needs no hub, and a hub is what was asked about. */
static struct finding
try_no_need(const struct fact_product *p, struct str words)
{
    struct finding found = {VERDICT_SILENT, p->name, {0}};
    for (size_t i = 0; i < p->specification_count; i++) {
        struct str value;
        if (has_key(p->specifications[i], lists, 1, &value) && str_starts(value, STR("no ")) &&
            shop_overlap(value, words) > 0) {
            found.verdict = VERDICT_LIST;
            found.line = p->specifications[i];
        }
    }
    return found;
}

/* OTHER: the data of what was asked for, or NULL; WORDS: how the customer calls it. */
static struct finding
judge(const struct fact_product *p, const struct fact_product *other, struct str words)
{
    struct str name = other ? other->name : (struct str){0};
    struct finding found = try_no_need(p, words);
    struct finding back = {0};
    found = found.verdict == VERDICT_SILENT ? try_lists(p, name, words) : found;
    if (other && found.verdict != VERDICT_YES) {
        back = try_lists(other, p->name, p->name);
    }
    if (back.verdict == VERDICT_YES ||
        (back.verdict != VERDICT_SILENT && found.verdict == VERDICT_SILENT)) {
        return back;
    }
    return found.verdict == VERDICT_SILENT && !other ? try_lines(p, words) : found;
}

static void
say_finding(struct talk *t, const struct fact_product *p, const struct finding *f, struct str words)
{
    static const char *const openings[] = {
        [VERDICT_SILENT] = "The catalogue does not say whether it does.",
        [VERDICT_YES] = "Yes, going by the catalogue.",
        [VERDICT_NO] = "No, not by what the catalogue says.",
        [VERDICT_LIST] = "This is what the catalogue says.",
    };
    buf_printf(&t->out, "**%" STR_FMT "**, %" STR_FMT ": ", STR_ARG(p->name),
               STR_ARG(say_clean(t->arena, words, FACT_NAME_MAX)));
    say(t, openings[f->verdict]);
    if (f->line.len > 0) {
        buf_printf(&t->out, " The data of the %" STR_FMT " reads \"%" STR_FMT "\".",
                   STR_ARG(f->owner), STR_ARG(f->line));
    } else {
        say(t, " I would rather not guess.");
    }
    say(t, "\n");
}

/* What is asked about on either side. */
struct question {
    struct refs subjects;
    struct str words; /* the other side, as the customer says it */
    struct str name;  /* where it is a product in mind: its name */
};

static bool
read_question(const struct talk *t, struct question *q)
{
    const struct nlu_reading *r = &t->reading;
    *q = (struct question){.words = r->right.len > 0 ? r->right : r->left};
    bool both = r->left.len > 0 && r->right.len > 0;
    if (q->words.len == 0) {
        return false;
    }
    if (both) {
        refs_add(&q->subjects, shop_name_of(t, r->left));
    } else {
        refs_read(t, &q->subjects);
    }
    /* "Does the Zigbee one ...", "can I use ... with a hub?": of what is in mind, if at all. */
    if (q->subjects.count == 0 && !both && r->left.len == 0 && t->shown_count == 1) {
        refs_add(&q->subjects, t->shown[0]);
    }
    struct str name = shop_name_of(t, q->words);
    for (size_t i = 0; i < q->subjects.count; i++) {
        name = str_eq(name, q->subjects.names[i]) ? q->words : name;
    }
    q->name = name.ptr == q->words.ptr ? (struct str){0} : name;
    return q->subjects.count > 0;
}

/* A kind ("plugs", "a light bulb") and no product: that is a search. */
static bool
is_kind(const struct talk *t, struct str words)
{
    return words.len > 0 && shop_name_of(t, words).ptr == words.ptr &&
           (t->reading.fresh || str_ends(words, STR("s")));
}

void
fits_keep(const struct talk *t, struct fact_products *found)
{
    const struct nlu_reading *r = &t->reading;
    struct str words = r->right.len > 0 ? r->right : r->left;
    bool without = (r->cues & NLU_CUE_WITHOUT) != 0;
    size_t kept = 0;
    if (!(r->cues & (NLU_CUE_FITS | NLU_CUE_WITHOUT))) {
        return;
    }
    struct fact_product *items = arena_zero(t->arena, found->count + 1, sizeof(*items));
    for (size_t i = 0; items && i < found->count; i++) {
        const struct fact_product *p = &found->items[i];
        struct str need = without && words.len == 0 ? STR("hub") : words;
        enum verdict verdict =
            without ? try_no_need(p, need).verdict : judge(p, NULL, need).verdict;
        if (without ? verdict == VERDICT_LIST : verdict == VERDICT_YES) {
            items[kept++] = *p;
        }
    }
    if (kept > 0) {
        found->items = items;
        found->count = kept;
    }
}

/* The other side's data: wanted when its name alone decides nothing. */
static enum fetched
fetch_other(struct talk *t, const struct question *q, const struct fact_product *items,
            struct fact_product *ret)
{
    struct str name = q->name.len > 0 ? q->name : q->words;
    bool decided = q->name.len == 0;
    for (size_t i = 0; i < q->subjects.count; i++) {
        enum verdict verdict = judge(&items[i], NULL, q->words).verdict;
        decided = decided && verdict != VERDICT_SILENT;
    }
    if (decided || is_radio(q->words)) {
        return FETCH_NONE;
    }
    enum fetched got = shop_fetch(t, name, ret);
    /* What only shares a word with it is something else. */
    bool it = got == FETCH_HAVE &&
              (q->name.len > 0 || talk_pick_name(&ret->name, 1, last_word(q->words)) == 0);
    return got == FETCH_HAVE && !it ? FETCH_NONE : got;
}

bool
fits_follow(struct talk *t)
{
    struct question q;
    struct fact_product items[REFS_MAX];
    struct fact_product other;
    const struct nlu_reading *r = &t->reading;
    /* "Do I need a hub for it?": then the kind is the other side. */
    bool other_side = r->refers && r->right.len == 0;
    if (!(r->cues & NLU_CUE_FITS) || !read_question(t, &q) ||
        (!other_side && is_kind(t, r->left))) {
        return false;
    }
    if (!shop_fetch_all(t, &q.subjects, items)) {
        return true;
    }
    enum fetched got = fetch_other(t, &q, items, &other);
    if (got == FETCH_ASKED) {
        return true;
    }
    struct str words = got == FETCH_HAVE ? other.name : q.words;
    for (size_t i = 0; i < q.subjects.count; i++) {
        struct finding f = judge(&items[i], got == FETCH_HAVE ? &other : NULL, q.words);
        if (q.subjects.count > 1) {
            buf_printf(&t->out, "%zu. ", i + 1);
        }
        say_finding(t, &items[i], &f, words);
    }
    say(t, "\n");
    say_mark(t, q.subjects.count > 1 ? SAID_PRODUCTS : SAID_PRODUCT);
    return true;
}
