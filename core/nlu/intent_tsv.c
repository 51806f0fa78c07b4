/* Examples as text: a sentence, a tab, a label, whatever else a line may have. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "nlu/intent.h"

struct reading {
    struct intent_set set;
    struct str *names; /* of each example, until the labels have numbers */
    size_t room;
    struct str name;
    struct arena *arena;
};

static void
complain(struct intent_set *set, size_t line, const char *why)
{
    if (set->fault_count < INTENT_FAULTS_MAX) {
        set->faults[set->fault_count] = (struct intent_fault){line, why};
    }
    set->fault_count++;
}

static bool
has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F) {
            return true;
        }
    }
    return false;
}

/* What is wrong with the line; NULL: nothing. */
static const char *
read_line(struct str line, struct str *ret_text, struct str *ret_label)
{
    struct str text = {0};
    struct str label = {0};
    if (!utf8_valid(line)) {
        return "not UTF-8: save the file in that encoding";
    }
    if (!str_split(&line, '\t', &text) || !str_split(&line, '\t', &label)) {
        return "no tab: a line is a sentence, a tab, its label";
    }
    *ret_text = str_trim(text);
    *ret_label = str_trim(label);
    if (ret_text->len == 0) {
        return "no sentence before the tab";
    }
    if (ret_label->len == 0) {
        return "no label behind the tab";
    }
    if (ret_label->len > INTENT_LABEL_BYTES) {
        return "the label is longer than 100 bytes";
    }
    return has_control(*ret_label) ? "the label has control characters" : NULL;
}

static int
add_line(struct reading *r, size_t number, struct str line, struct err *err)
{
    struct intent_set *set = &r->set;
    struct str text = {0};
    struct str label = {0};
    const char *why = read_line(line, &text, &label);
    if (why) {
        complain(set, number, why);
        return 0;
    }
    if (set->count == r->room) {
        return err_set(err, ERR_LIMIT, "%" STR_FMT ": line %zu: more than %d examples",
                       STR_ARG(r->name), number, INTENT_EXAMPLES_MAX);
    }
    r->names[set->count] = label;
    set->items[set->count++].text = text;
    return 0;
}

static int
by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The labels, each once, sorted; as many of a kind as INTENT_LABELS_MAX + 1 at most. */
static int
collect_labels(struct reading *r, struct err *err)
{
    struct intent_set *set = &r->set;
    AUTO(mem) struct str *sorted = mem_alloc((set->count + 1) * sizeof(*sorted));
    if (!sorted) {
        return err_nomem(err);
    }
    memcpy(sorted, r->names, set->count * sizeof(*sorted));
    qsort(sorted, set->count, sizeof(*sorted), by_text);
    for (size_t i = 0; i < set->count; i++) {
        bool known = set->label_count > 0 && str_eq(sorted[i], set->labels[set->label_count - 1]);
        if (known || str_eq_c(sorted[i], INTENT_OOS)) {
            continue;
        }
        if (set->label_count == INTENT_LABELS_MAX) {
            return err_set(err, ERR_LIMIT,
                           "%" STR_FMT ": more than %d labels: is the second column the label?",
                           STR_ARG(r->name), INTENT_LABELS_MAX);
        }
        set->labels[set->label_count++] = sorted[i];
    }
    return 0;
}

static void
number_labels(struct reading *r)
{
    struct intent_set *set = &r->set;
    for (size_t i = 0; i < set->count; i++) {
        const struct str *found =
            bsearch(&r->names[i], set->labels, set->label_count, sizeof(*set->labels), by_text);
        set->items[i].label = found ? (int)(found - set->labels) : -1;
        set->none_count += !found;
        if (found) {
            set->examples[found - set->labels]++;
        }
    }
}

static size_t
count_lines(struct str bytes)
{
    size_t lines = 1;
    for (size_t at = 0; (at = str_find_char(bytes, '\n', at)) != SIZE_MAX; at++) {
        lines++;
    }
    return lines;
}

static int
make_room(struct reading *r, struct str bytes, struct err *err)
{
    if (bytes.len > INTENT_SET_BYTES) {
        return err_set(err, ERR_LIMIT,
                       "%" STR_FMT ": longer than 16 MB: fewer examples of each "
                       "label serve as well",
                       STR_ARG(r->name));
    }
    size_t lines = count_lines(bytes);
    r->room = lines < INTENT_EXAMPLES_MAX ? lines : INTENT_EXAMPLES_MAX;
    r->names = arena_alloc(r->arena, r->room * sizeof(*r->names));
    r->set.items = arena_zero(r->arena, r->room, sizeof(*r->set.items));
    r->set.labels = arena_alloc(r->arena, INTENT_LABELS_MAX * sizeof(*r->set.labels));
    r->set.examples = arena_zero(r->arena, INTENT_LABELS_MAX, sizeof(*r->set.examples));
    return r->names && r->set.items && r->set.labels && r->set.examples ? 0 : err_nomem(err);
}

int
intent_set_read(struct str bytes, struct str name, struct arena *arena, struct intent_set *ret,
                struct err *err)
{
    struct reading r = {.name = name, .arena = arena};
    struct str line = {0};
    size_t number = 0;
    int result = make_room(&r, bytes, err);
    if (str_starts(bytes, STR("\xEF\xBB\xBF"))) {
        bytes = str_sub(bytes, 3, SIZE_MAX);
    }
    while (result == 0 && str_split(&bytes, '\n', &line)) {
        number++;
        if (str_trim(line).len > 0) {
            result = add_line(&r, number, line, err);
        }
    }
    if (result == 0 && r.set.count == 0 && r.set.fault_count > 0) {
        return err_set(err, ERR_INVALID, "%" STR_FMT ": no line can be used: line %zu: %s",
                       STR_ARG(name), r.set.faults[0].line, r.set.faults[0].why);
    }
    if (result == 0 && r.set.count == 0) {
        return err_set(err, ERR_INVALID,
                       "%" STR_FMT ": empty: a line is a sentence, a tab, its label",
                       STR_ARG(name));
    }
    result = result == 0 ? collect_labels(&r, err) : result;
    if (result == 0) {
        number_labels(&r);
        *ret = r.set;
    }
    return result;
}
