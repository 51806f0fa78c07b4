#include "schema/check.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Prices in steps, so that the limit means about the same time whatever is done. */
enum { PATTERN_STEPS = 32, BYTES_PER_STEP = 32, MARKS_PER_STEP = 64 };

int
check_charge(struct check *c, size_t work)
{
    if (work > LIMIT_SCHEMA_STEPS - c->steps) {
        return err_set(c->err, ERR_LIMIT,
                       "checking the value against its schema takes more than %d steps; make the "
                       "value smaller",
                       LIMIT_SCHEMA_STEPS);
    }
    c->steps += work;
    return 0;
}

bool
check_settled(const struct check *c, int *result, int got)
{
    if (got == 0) {
        return false;
    }
    *result = got;
    return got < 0 || !c->report || c->report->count == SCHEMA_FINDINGS;
}

void
marks_set(struct marks *m, size_t index)
{
    if (m->bits && index < m->count) {
        m->bits[index / 8] |= (unsigned char)(1u << (index % 8));
    }
}

/* ---- parts of a frame: type, constants, numbers, text ---- */

static int
read_number(struct check *c, const struct js *value, struct decimal *ret)
{
    return decimal_read(js_number_text(value, c->arena), ret) ? 0 : err_nomem(c->err);
}

static int
type_of(struct check *c, const struct js *value, unsigned *ret)
{
    static const unsigned bits[] = {
        [JS_NULL] = TYPE_NULL,     [JS_BOOL] = TYPE_BOOLEAN,  [JS_INT] = TYPE_INTEGER | TYPE_NUMBER,
        [JS_DOUBLE] = TYPE_NUMBER, [JS_STRING] = TYPE_STRING, [JS_ARRAY] = TYPE_ARRAY,
        [JS_OBJECT] = TYPE_OBJECT,
    };
    struct decimal d;
    *ret = bits[js_type(value)];
    if (js_type(value) != JS_DOUBLE) {
        return 0;
    }
    int result = read_number(c, value, &d);
    *ret |= result == 0 && decimal_is_integer(&d) ? TYPE_INTEGER : 0;
    return result;
}

static int
check_type(struct check *c, struct frame *f)
{
    unsigned wanted = f->node->types;
    unsigned got = 0;
    int result = wanted == 0 ? 0 : type_of(c, f->value, &got);
    if (result < 0 || wanted == 0 || (wanted & got)) {
        return result;
    }
    struct str words = report_describe_node(c, &(struct node){.types = wanted});
    return report_value(c, f->at, f->value, "%" STR_FMT, STR_ARG(words));
}

static int
check_ref(struct check *c, struct frame *f)
{
    return f->node->ref ? check_node(c, f->node->ref, f->value, f->at, &f->marks) : 0;
}

static int
check_choice(struct check *c, struct frame *f, const struct constants *constants)
{
    struct arena scratch = {0};
    struct str canonical = js_canonical(f->value, &scratch);
    if (!canonical.ptr) {
        arena_done(&scratch);
        return err_nomem(c->err);
    }
    int result = check_charge(c, 1 + canonical.len / BYTES_PER_STEP + constants->count / 8);
    bool found = false;
    for (size_t i = 0; i < constants->count && !found; i++) {
        found = str_eq(constants->items[i].canonical, canonical);
    }
    arena_done(&scratch);
    if (result < 0 || found) {
        return result;
    }
    c->wrong_constants++;
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    struct node alone = {.choice = (struct constants *)constants};
    struct str words = report_describe_node(c, &alone);
    return report_value(c, f->at, f->value, "%" STR_FMT, STR_ARG(words));
}

static int
check_constants(struct check *c, struct frame *f)
{
    int result = 0;
    if (f->node->fixed && check_settled(c, &result, check_choice(c, f, f->node->fixed))) {
        return result;
    }
    if (f->node->choice) {
        (void)check_settled(c, &result, check_choice(c, f, f->node->choice));
    }
    return result;
}

static int
check_number(struct check *c, struct frame *f)
{
    const struct number_rules *n = f->node->number;
    enum js_type type = js_type(f->value);
    struct decimal d;
    if (!n || (type != JS_INT && type != JS_DOUBLE)) {
        return 0;
    }
    int result = read_number(c, f->value, &d);
    if (result < 0) {
        return result;
    }
    struct {
        const struct bound *bound;
        bool allowed;
        const char *words;
    } rules[] = {
        {&n->minimum, decimal_compare(&d, &n->minimum.value) >= 0, "a number of at least"},
        {&n->maximum, decimal_compare(&d, &n->maximum.value) <= 0, "a number of at most"},
        {&n->above, decimal_compare(&d, &n->above.value) > 0, "a number above"},
        {&n->below, decimal_compare(&d, &n->below.value) < 0, "a number below"},
        {&n->multiple_of,
         n->multiple_of.shown.len == 0 || decimal_is_multiple(&d, &n->multiple_of.value),
         "a multiple of"},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].bound->shown.len == 0 || rules[i].allowed) {
            continue;
        }
        int got = report_value(c, f->at, f->value, "%s %" STR_FMT, rules[i].words,
                               STR_ARG(rules[i].bound->shown));
        if (check_settled(c, &result, got)) {
            return result;
        }
    }
    return result;
}

static int
check_pattern(struct check *c, struct frame *f, const struct pattern *pattern)
{
    struct str text = js_text(f->value);
    int result = check_charge(c, PATTERN_STEPS + text.len / BYTES_PER_STEP);
    if (result < 0) {
        return result;
    }
    result = pattern_match(pattern, text, c->err);
    if (result != PATTERN_NO_MATCH) {
        return result;
    }
    struct str source = pattern_source(pattern);
    return report_value(c, f->at, f->value,
                        "a string that matches the regular expression "
                        "%" STR_FMT,
                        STR_ARG(source));
}

static int
check_string(struct check *c, struct frame *f)
{
    const struct string_rules *s = f->node->string;
    if (!s || js_type(f->value) != JS_STRING) {
        return 0;
    }
    size_t length = utf8_count(js_text(f->value));
    int result = check_charge(c, js_text(f->value).len / (BYTES_PER_STEP * 8));
    if (result == 0 && length < s->length.min) {
        result = report_value(c, f->at, f->value, "a string of at least %zu character%s",
                              s->length.min, s->length.min == 1 ? "" : "s");
    } else if (result == 0 && length > s->length.max) {
        result = report_value(c, f->at, f->value, "a string of at most %zu character%s",
                              s->length.max, s->length.max == 1 ? "" : "s");
    }
    if (result < 0 || !s->pattern) {
        return result;
    }
    (void)check_settled(c, &result, check_pattern(c, f, s->pattern));
    return result;
}

/* ---- the frame itself ---- */

static int (*const parts[])(struct check *c, struct frame *f) = {
    check_ref,
    check_constants,
    check_number,
    check_string,
    check_array,
    check_object,
    check_logic,
    check_unevaluated_items,
    check_unevaluated_properties,
};

static int
make_marks(struct check *c, struct frame *f, const struct marks *outer)
{
    bool asked =
        (outer && outer->bits) || f->node->unevaluated_items || f->node->unevaluated_properties;
    size_t count = js_count(f->value);
    if (!asked || count == 0) {
        return 0;
    }
    int result = check_charge(c, 1 + count / MARKS_PER_STEP);
    if (result < 0) {
        return result;
    }
    f->marks.bits = arena_zero(c->arena, count / 8 + 1, 1);
    f->marks.count = count;
    return f->marks.bits ? 0 : err_nomem(c->err);
}

static int
check_parts(struct check *c, struct frame *f, struct marks *outer)
{
    /* Of another type altogether: whatever else is wrong would only confuse. */
    int result = check_type(c, f);
    if (result != 0) {
        return result;
    }
    result = make_marks(c, f, outer);
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (check_settled(c, &result, parts[i](c, f))) {
            return result;
        }
    }
    for (size_t i = 0; result == 0 && outer && i < f->marks.count; i++) {
        if (marks_has(&f->marks, i)) {
            marks_set(outer, i);
        }
    }
    return result;
}

int
check_node(struct check *c, const struct node *node, const struct js *value, const struct place *at,
           struct marks *outer)
{
    int result = check_charge(c, 1);
    if (result < 0 || node->verdict == VERDICT_ALWAYS) {
        return result;
    }
    if (node->verdict == VERDICT_NEVER) {
        return report_value(c, at, value, "nothing here");
    }
    if (c->depth == LIMIT_SCHEMA_DEPTH) {
        return err_set(c->err, ERR_LIMIT,
                       "checking the value against its schema goes more than %d levels deep",
                       LIMIT_SCHEMA_DEPTH);
    }
    c->depth++;
    struct frame f = {.node = node, .value = value, .at = at};
    result = check_parts(c, &f, outer);
    c->depth--;
    return result;
}

int
check_quietly(struct check *c, const struct node *node, const struct js *value,
              const struct place *at, struct marks *outer)
{
    struct schema_report *report = c->report;
    c->report = NULL;
    int result = check_node(c, node, value, at, outer);
    c->report = report;
    return result;
}

/* What was found, out of the check's arena and into the caller's. */
static int
hand_out(struct schema_report *report, struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < report->count; i++) {
        struct schema_finding *f = &report->findings[i];
        f->path = arena_str(arena, f->path);
        f->expected = arena_str(arena, f->expected);
        f->found = arena_str(arena, f->found);
        if (!f->path.ptr || !f->expected.ptr || !f->found.ptr) {
            return err_nomem(err);
        }
    }
    return SCHEMA_MISMATCH;
}

int
schema_check(const struct schema *s, const struct js *value, struct arena *arena,
             struct schema_report *ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct place top = {0};
    struct schema_report report = {0};
    struct check c = {.schema = s, .arena = &scratch, .err = err};
    int result = check_node(&c, s->root, value, &top, NULL);
    if (result != SCHEMA_MISMATCH) {
        return result;
    }
    c = (struct check){.schema = s, .arena = &scratch, .report = &report, .err = err};
    result = check_node(&c, s->root, value, &top, NULL);
    if (result == ERR_LIMIT && report.count > 0) {
        /* It does not fit, that much is known; collecting more words takes too long. */
        result = SCHEMA_MISMATCH;
    }
    if (result == SCHEMA_MISMATCH) {
        result = hand_out(&report, arena, err);
    }
    if (result == SCHEMA_MISMATCH) {
        *ret = report;
    }
    return result;
}
