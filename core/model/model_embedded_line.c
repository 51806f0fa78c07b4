/* Which line of a product's data answers a question: the one with most of its words, a
 * specification's name counting twice. People do not ask in the words of a data sheet, so that
 * some words bring others along: who asks whether it is waterproof wants to see its protection. */
#include "model/model_embedded.h"

static const struct {
    const char *asked;   /* words, separated by spaces */
    const char *name;    /* of specifications that answer */
    const char *against; /* a value with this word says no; NULL: none does */
} meanings[] = {
    {"waterproof weatherproof splash rain wet outdoors outside outdoor garden", "protection",
     "indoor"},
    {"big size large small wide tall deep high measurements measure", "dimensions", NULL},
    {"heavy weigh weighs", "weight", NULL},
    {"guarantee guaranteed", "warranty", NULL},
    {"far reach reaches distance", "range", NULL},
    {"bright lumen lumens dim", "brightness", NULL},
    {"sharp pixels megapixels hd 4k", "resolution", NULL},
    {"batteries rechargeable charge charging charged", "battery power", NULL},
    {"last lasts lifespan", "battery life lifetime", NULL},
    {"electricity mains cable cord supply adapter adaptor usb", "power", NULL},
    {"wireless zigbee thread bluetooth protocol matter wi-fi wifi", "radio", NULL},
    {"screw base socket bulb holder", "fitting", NULL},
    {"devices connect", "max devices", NULL},
    {"dark night sees", "night vision", NULL},
    {"record records recording recordings memory card", "storage", NULL},
    {"loud louder", "output", NULL},
    {"watts watt wattage draw", "max load power output", NULL},
    {"angle see", "field of view", NULL},
    {"outage blackout", "backup", NULL},
    {"open opens key keypad phone fob", "opens with", NULL},
    {"warm white colour colours color colors", "colour", NULL},
    {"amps ampere load kettle heater", "max load", NULL},
    {"metering meter meters energy consumption", "energy metering", NULL},
    {"neutral", "neutral wire", NULL},
    {"measure measures detect detects", "measures", NULL},
    {"assistant voice alexa siri google", "voice assistant", NULL},
};

/* About the question itself, or about a price or the stock, which is said anyway. */
static const char nothing_special[] = "one ones thing details detail information more long way";

static bool
in_list(const char *list, struct str word)
{
    struct str rest = str_c(list);
    for (struct str one; str_split(&rest, ' ', &one);) {
        if (str_eq_nocase(one, word)) {
            return true;
        }
    }
    return false;
}

static struct str
bare(struct str word)
{
    while (word.len > 0 && str_find_char(STR("?!.,"), word.ptr[word.len - 1], 0) != SIZE_MAX) {
        word.len--;
    }
    return word;
}

static bool
is_named(struct str word, const struct fact_product *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (talk_pick_name(&items[i].name, 1, word) == 0) {
            return true;
        }
    }
    return false;
}

struct str
line_keys(const struct talk *t, const struct fact_product *items, size_t count)
{
    AUTO(buf) struct buf out;
    buf_init(&out, 4 * NLU_QUERY_MAX);
    struct str rest = t->reading.query;
    for (struct str word; str_split(&rest, ' ', &word);) {
        if (word.len >= SHOP_WORD_MIN && !is_named(word, items, count) &&
            !in_list(nothing_special, word)) {
            buf_add(&out, word);
            buf_add_c(&out, " ");
        }
    }
    /* Words that a search leaves out may still ask for something: "how big is it?" */
    rest = t->reading.issue;
    for (struct str word; str_split(&rest, ' ', &word);) {
        word = bare(word);
        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
            if (in_list(meanings[i].asked, word) && !is_named(word, items, count)) {
                buf_add_c(&out, meanings[i].name);
                buf_add_c(&out, " ");
            }
        }
    }
    /* Too long for a question: then it is none. */
    return out.failed || out.len == 0 ? (struct str){0} : str_trim(buf_to_arena(&out, t->arena));
}

static size_t
score_of(struct str line, struct str keys, bool specification)
{
    size_t colon = specification ? str_find(line, STR(": "), 0) : SIZE_MAX;
    size_t name = colon == SIZE_MAX ? 0 : shop_overlap(str_sub(line, 0, colon), keys);
    return 2 * name + shop_overlap(str_sub(line, colon == SIZE_MAX ? 0 : colon, SIZE_MAX), keys);
}

size_t
line_answers(const struct fact_product *p, struct str keys, struct str ret[LINES_MAX])
{
    size_t best = 1;
    size_t count = 0;
    for (size_t i = 0; i < p->feature_count + p->specification_count; i++) {
        bool specification = i >= p->feature_count;
        struct str line = specification ? p->specifications[i - p->feature_count] : p->features[i];
        size_t score = score_of(line, keys, specification);
        if (score > best) {
            best = score;
            count = 0;
        }
        if (score == best && count < LINES_MAX) {
            ret[count++] = line;
        }
    }
    return count;
}

struct str
line_value(const struct fact_product *p, struct str key)
{
    for (size_t i = 0; i < p->specification_count; i++) {
        struct str line = p->specifications[i];
        size_t colon = str_find(line, STR(": "), 0);
        if (colon != SIZE_MAX && str_eq(str_sub(line, 0, colon), key)) {
            return str_sub(line, colon + 2, SIZE_MAX);
        }
    }
    return (struct str){0};
}

bool
line_rules_out(const struct talk *t, const struct fact_product *p)
{
    struct str rest = t->reading.issue;
    for (struct str word; str_split(&rest, ' ', &word);) {
        word = bare(word);
        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
            if (meanings[i].against && in_list(meanings[i].asked, word) &&
                shop_overlap(line_value(p, str_c(meanings[i].name)), str_c(meanings[i].against))) {
                return true;
            }
        }
    }
    return false;
}
