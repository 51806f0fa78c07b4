/* search --explain: a hit's `why`, in words for somebody who runs a shop. */
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "records.h"
#include "term.h"

/* "specs" -> "specifications" */
static struct str
field_label(struct str field)
{
    static const struct {
        struct str field;
        struct str label;
    } labels[] = {
        {STR_INIT("code"), STR_INIT("model number")},
        {STR_INIT("specs"), STR_INIT("specifications")},
        {STR_INIT("issues"), STR_INIT("common issues")},
        {STR_INIT("products"), STR_INIT("products it is about")},
    };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (str_eq(labels[i].field, field)) {
            return labels[i].label;
        }
    }
    return field;
}

/* How a word was understood where that needs a word: `sensr, taken for "Sensor"`. */
static void
add_reading(struct buf *out, const struct js *word)
{
    static const struct {
        struct str how;
        const char *text;
    } readings[] = {
        {STR_INIT("whole"), "as a part of"},
        {STR_INIT("joined"), "written as one"},
        {STR_INIT("mended"), "taken for"},
        {STR_INIT("halves"), "taken apart as"},
    };
    struct str typed = js_get_text(word, "word");
    struct str as = js_get_text(word, "as");
    struct str how = js_get_text(word, "how");
    const char *text = "as";
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        text = str_eq(readings[i].how, how) ? readings[i].text : text;
    }
    buf_add(out, typed);
    if (!str_eq_nocase(typed, as)) {
        buf_printf(out, ", %s \"%" STR_FMT "\"", text, STR_ARG(as));
    }
}

static void
add_word(struct buf *out, const struct js *word)
{
    const char *joint = ": in ";
    struct js_member field;
    add_reading(out, word);
    for (struct js_iter it = js_iter(js_get_c(word, "fields")); js_next(&it, &field);) {
        int64_t times = js_int(field.value, 0);
        buf_printf(out, "%s%" STR_FMT, joint, STR_ARG(field_label(field.key)));
        if (times > 1) {
            buf_printf(out, " (%lld times)", (long long)times);
        }
        joint = ", ";
    }
    buf_add_char(out, '\n');
}

static void
add_list(struct buf *out, const char *label, const struct js *list)
{
    for (size_t i = 0; i < js_count(list); i++) {
        buf_add_c(out, i == 0 ? label : ", ");
        buf_add(out, js_text(js_at(list, i)));
    }
    buf_add_c(out, js_count(list) > 0 ? "\n" : "");
}

static void
add_why(struct buf *out, const struct js *why)
{
    const struct js *words = js_get_c(why, "words");
    if (js_get_bool(why, "exact", false)) {
        buf_add_c(out, "asked for by its id, model number or SKU\n");
    }
    for (size_t i = 0; i < js_count(words); i++) {
        add_word(out, js_at(words, i));
    }
    add_list(out, "side by side: ", js_get_c(why, "side_by_side"));
    add_list(out, "not found: ", js_get_c(why, "missing"));
    buf_printf(out, "%.0f %% of the query, rare words counting most; score %.2f\n",
               100.0 * js_get_double(why, "share", 0), js_get_double(why, "score", 0));
}

int
records_print_why(const struct catalog_hit *hit, struct arena *arena, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js *why = NULL;
    struct str line;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    if (hit->why.len == 0) {
        return 0;
    }
    int result = js_parse_object(hit->why, "explanation", arena, &why, err);
    if (result < 0) {
        return result;
    }
    add_why(&text, why);
    result = buf_finish(&text, "explanation", err);
    for (struct str rest = buf_str(&text); result == 0 && str_split(&rest, '\n', &line);) {
        (void)printf("%s%s", line.len > 0 ? "    " : "", term_style(stdout, TERM_DIM));
        term_text(stdout, line);
        (void)printf("%s%s", term_style(stdout, TERM_PLAIN), line.len > 0 ? "\n" : "");
    }
    return result;
}
