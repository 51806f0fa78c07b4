#include "schema/check.h"

#include <stdlib.h>

enum { BYTES_PER_STEP = 32 };

static int
check_item(struct check *c, struct frame *f, const struct node *node, size_t index)
{
    struct place at = place_item(f->at, index);
    int result = check_node(c, node, js_at(f->value, index), &at, NULL);
    if (result == 0) {
        marks_set(&f->marks, index);
    }
    return result;
}

static int
check_items(struct check *c, struct frame *f)
{
    const struct array_rules *a = f->node->array;
    size_t count = js_count(f->value);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node *node = i < a->prefix.count ? a->prefix.items[i] : a->items;
        if (!node) {
            break;
        }
        if (node->verdict == VERDICT_NEVER && i >= a->prefix.count) {
            int got = report_value(c, f->at, f->value, "an array of at most %zu item%s",
                                   a->prefix.count, a->prefix.count == 1 ? "" : "s");
            (void)check_settled(c, &result, got);
            return result;
        }
        if (check_settled(c, &result, check_item(c, f, node, i))) {
            return result;
        }
    }
    return result;
}

static int
check_contains(struct check *c, struct frame *f)
{
    const struct array_rules *a = f->node->array;
    size_t count = js_count(f->value);
    size_t matches = 0;
    for (size_t i = 0; a->contains && i < count; i++) {
        struct place at = place_item(f->at, i);
        int result = check_quietly(c, a->contains, js_at(f->value, i), &at, NULL);
        if (result < 0) {
            return result;
        }
        if (result == 0) {
            matches++;
            marks_set(&f->marks, i);
        }
    }
    if (!a->contains || (matches >= a->matches.min && matches <= a->matches.max)) {
        return 0;
    }
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    struct str what = report_describe_node(c, a->contains);
    bool few = matches < a->matches.min;
    struct str found = arena_printf(c->arena, "%zu of them among %zu items", matches, count);
    return report_words(c, f->at, found, "an array with at %s %zu item%s%s%" STR_FMT,
                        few ? "least" : "most", few ? a->matches.min : a->matches.max,
                        (few ? a->matches.min : a->matches.max) == 1 ? "" : "s",
                        what.len > 0 ? " being " : " of the kind asked for by \"contains\"",
                        STR_ARG(what));
}

struct item_text {
    struct str canonical;
    size_t index;
};

static int
by_text(const void *a, const void *b)
{
    const struct item_text *x = a;
    const struct item_text *y = b;
    int order = str_cmp(x->canonical, y->canonical);
    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Canonical texts, sorted: equal items become neighbours. Comparing each with each would be a gift
 * to whoever sends long arrays. */
static int
find_twins(struct check *c, struct frame *f, struct arena *scratch, struct item_text **ret)
{
    size_t count = js_count(f->value);
    struct item_text *items = arena_zero(scratch, count, sizeof(*items));
    if (!items) {
        return err_nomem(c->err);
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct item_text){js_canonical(js_at(f->value, i), scratch), i};
        if (!items[i].canonical.ptr) {
            return err_nomem(c->err);
        }
        int result = check_charge(c, 1 + items[i].canonical.len / BYTES_PER_STEP);
        if (result < 0) {
            return result;
        }
    }
    qsort(items, count, sizeof(*items), by_text);
    *ret = NULL;
    for (size_t i = 1; i < count && !*ret; i++) {
        *ret = str_eq(items[i - 1].canonical, items[i].canonical) ? &items[i - 1] : NULL;
    }
    return 0;
}

static int
check_unique(struct check *c, struct frame *f)
{
    if (!f->node->array->unique || js_count(f->value) < 2) {
        return 0;
    }
    AUTO(arena) struct arena scratch = {0};
    struct item_text *twins = NULL;
    int result = find_twins(c, f, &scratch, &twins);
    if (result < 0 || !twins) {
        return result;
    }
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    struct str found = arena_printf(c->arena, "the same value as item %zu and item %zu",
                                    twins[0].index, twins[1].index);
    return report_words(c, f->at, found, "items that all differ");
}

static int
check_length(struct check *c, struct frame *f)
{
    const struct range *length = &f->node->array->length;
    size_t count = js_count(f->value);
    if (count >= length->min && count <= length->max) {
        return 0;
    }
    size_t limit = count < length->min ? length->min : length->max;
    return report_value(c, f->at, f->value, "an array of at %s %zu item%s",
                        count < length->min ? "least" : "most", limit, limit == 1 ? "" : "s");
}

int
check_array(struct check *c, struct frame *f)
{
    static int (*const rules[])(struct check * c, struct frame * f) = {
        check_length,
        check_items,
        check_contains,
        check_unique,
    };
    int result = 0;
    if (!f->node->array || js_type(f->value) != JS_ARRAY) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (check_settled(c, &result, rules[i](c, f))) {
            return result;
        }
    }
    return result;
}

int
check_unevaluated_items(struct check *c, struct frame *f)
{
    const struct node *node = f->node->unevaluated_items;
    int result = 0;
    if (!node || js_type(f->value) != JS_ARRAY) {
        return 0;
    }
    for (size_t i = 0; i < js_count(f->value); i++) {
        if (marks_has(&f->marks, i)) {
            continue;
        }
        if (check_settled(c, &result, check_item(c, f, node, i))) {
            return result;
        }
    }
    return result;
}
