#include "schema/check.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { PATTERN_STEPS = 32, BYTES_PER_STEP = 32, NAMES_SHOWN = 12, NAME_SHOWN = 60 };

static struct str
quoted(struct check *c, struct str name)
{
    AUTO(buf) struct buf out = {0};
    buf_init(&out, NAME_SHOWN * 6 + 16);
    struct js_out writer;
    js_out_init(&writer, &out);
    js_add_str(&writer, utf8_cut(name, NAME_SHOWN));
    buf_add_c(&out, name.len > NAME_SHOWN ? "..." : "");
    struct str shown = buf_to_arena(&out, c->arena);
    c->out_of_memory = c->out_of_memory || !shown.ptr;
    return shown;
}

/* The nearest known name, when it is near enough to be a slip. */
static struct str
nearest_name(const struct object_rules *o, struct str name)
{
    struct str best = {0};
    size_t best_distance = name.len / 3 + 2;
    for (size_t i = 0; i < o->property_count; i++) {
        size_t distance = str_distance(name, o->properties[i].name);
        if (distance < best_distance) {
            best = o->properties[i].name;
            best_distance = distance;
        }
    }
    return best;
}

static int
report_unknown(struct check *c, const struct place *at, const struct object_rules *o,
               struct str name)
{
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    AUTO(buf) struct buf known = {0};
    buf_init(&known, 4096);
    for (size_t i = 0; o && i < o->property_count && i < NAMES_SHOWN; i++) {
        struct str shown = quoted(c, o->properties[i].name);
        if (o->properties[i].name.len > 0) {
            buf_printf(&known, "%s%" STR_FMT, known.len > 0 ? ", " : "", STR_ARG(shown));
        }
    }
    c->out_of_memory = c->out_of_memory || known.failed == ERR_NOMEM;
    if (known.len == 0) {
        return report_words(c, at, quoted(c, name), "no member of that name");
    }
    struct str near = nearest_name(o, name);
    struct str got = quoted(c, name);
    if (near.len > 0) {
        struct str shown = quoted(c, near);
        got = arena_printf(c->arena, "%" STR_FMT ": did you mean %" STR_FMT "?", STR_ARG(got),
                           STR_ARG(shown));
    }
    return report_words(c, at, got, "no member but %" STR_FMT "%s", STR_ARG(buf_str(&known)),
                        o->property_count > NAMES_SHOWN ? ", ..." : "");
}

static int
check_member_patterns(struct check *c, struct frame *f, const struct js_member *m,
                      const struct place *at, bool *ret_known)
{
    const struct object_rules *o = f->node->object;
    int result = 0;
    for (size_t i = 0; i < o->pattern_count; i++) {
        int got = check_charge(c, PATTERN_STEPS + m->key.len / BYTES_PER_STEP);
        got = got < 0 ? got : pattern_match(o->patterns[i].pattern, m->key, c->err);
        if (got == PATTERN_NO_MATCH) {
            continue;
        }
        *ret_known = true;
        got = got < 0 ? got : check_node(c, o->patterns[i].node, m->value, at, NULL);
        if (check_settled(c, &result, got)) {
            return result;
        }
    }
    return result;
}

static int
check_member(struct check *c, struct frame *f, const struct js_member *m, size_t index)
{
    const struct object_rules *o = f->node->object;
    struct place at = place_member(f->at, m->key);
    const struct node *property = rules_property(o, m->key);
    bool known = property != NULL;
    int result = 0;
    if (property && check_settled(c, &result, check_node(c, property, m->value, &at, NULL))) {
        return result;
    }
    if (check_settled(c, &result, check_member_patterns(c, f, m, &at, &known))) {
        return result;
    }
    if (!known && o->additional) {
        int got = o->additional->verdict == VERDICT_NEVER
                      ? report_unknown(c, &at, o, m->key)
                      : check_node(c, o->additional, m->value, &at, NULL);
        (void)check_settled(c, &result, got);
        known = true;
    }
    if (known) {
        marks_set(&f->marks, index);
    }
    return result;
}

/* propertyNames looks at keys as if they were strings, so they are made into some. */
static int
check_name(struct check *c, struct frame *f, const struct js_member *m)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(buf) struct buf text = {0};
    buf_init(&text, m->key.len * 6 + 16);
    struct js_out writer;
    js_out_init(&writer, &text);
    js_add_str(&writer, m->key);
    struct js *name;
    int result = check_charge(c, 4 + m->key.len / BYTES_PER_STEP);
    result = result < 0 ? result : buf_finish(&text, "member name", c->err);
    result = result < 0 ? result : js_parse(buf_str(&text), &scratch, &name, c->err);
    if (result < 0) {
        return result;
    }
    struct place at = place_member(f->at, m->key);
    result = check_quietly(c, f->node->object->names, name, &at, NULL);
    if (result != SCHEMA_MISMATCH || !c->report) {
        return result;
    }
    /* The finding speaks of the member's name where its path would say the member's value. */
    struct schema_report inner = {0};
    struct schema_report *report = c->report;
    c->report = &inner;
    result = check_node(c, f->node->object->names, name, &at, NULL);
    c->report = report;
    if (result < 0) {
        return result;
    }
    struct str wanted = inner.count > 0 ? inner.findings[0].expected : STR("another");
    return report_words(c, &at, quoted(c, m->key), "a member name that is %" STR_FMT,
                        STR_ARG(wanted));
}

static int
check_members(struct check *c, struct frame *f)
{
    const struct object_rules *o = f->node->object;
    struct js_member m;
    size_t index = 0;
    int result = 0;
    for (struct js_iter it = js_iter(f->value); js_next(&it, &m); index++) {
        if (o->names && check_settled(c, &result, check_name(c, f, &m))) {
            return result;
        }
        int got = check_charge(c, 1);
        if (check_settled(c, &result, got < 0 ? got : check_member(c, f, &m, index))) {
            return result;
        }
    }
    return result;
}

static int
report_missing(struct check *c, struct frame *f, struct str name, struct str because)
{
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    struct str wanted = quoted(c, name);
    struct str reason = because.ptr ? quoted(c, because) : STR("");
    return report_words(c, f->at, STR("an object without it"), "a member %" STR_FMT "%s%" STR_FMT,
                        STR_ARG(wanted), because.ptr ? " beside " : "", STR_ARG(reason));
}

/* BECAUSE: the member that asks for the others, ptr NULL when they are always required. */
static int
check_required(struct check *c, struct frame *f, const struct str *names, size_t count,
               struct str because)
{
    int result = check_charge(c, count / 4);
    for (size_t i = 0; result >= 0 && i < count; i++) {
        if (js_has(f->value, names[i])) {
            continue;
        }
        if (check_settled(c, &result, report_missing(c, f, names[i], because))) {
            return result;
        }
    }
    return result;
}

static int
check_dependencies(struct check *c, struct frame *f)
{
    const struct object_rules *o = f->node->object;
    int result = 0;
    for (size_t i = 0; i < o->dependency_count; i++) {
        const struct dependency *d = &o->dependencies[i];
        if (!js_has(f->value, d->name)) {
            continue;
        }
        int got = d->node ? check_node(c, d->node, f->value, f->at, &f->marks)
                          : check_required(c, f, d->required, d->required_count, d->name);
        if (check_settled(c, &result, got)) {
            return result;
        }
    }
    return result;
}

static int
check_size(struct check *c, struct frame *f)
{
    const struct range *size = &f->node->object->size;
    size_t count = js_count(f->value);
    if (count >= size->min && count <= size->max) {
        return 0;
    }
    size_t limit = count < size->min ? size->min : size->max;
    return report_value(c, f->at, f->value, "an object with at %s %zu member%s",
                        count < size->min ? "least" : "most", limit, limit == 1 ? "" : "s");
}

int
check_object(struct check *c, struct frame *f)
{
    const struct object_rules *o = f->node->object;
    int result = 0;
    if (!o || js_type(f->value) != JS_OBJECT) {
        return 0;
    }
    if (check_settled(c, &result,
                      check_required(c, f, o->required, o->required_count, (struct str){0})) ||
        check_settled(c, &result, check_members(c, f)) ||
        check_settled(c, &result, check_size(c, f))) {
        return result;
    }
    (void)check_settled(c, &result, check_dependencies(c, f));
    return result;
}

int
check_unevaluated_properties(struct check *c, struct frame *f)
{
    const struct node *node = f->node->unevaluated_properties;
    struct js_member m;
    size_t index = 0;
    int result = 0;
    if (!node || js_type(f->value) != JS_OBJECT) {
        return 0;
    }
    for (struct js_iter it = js_iter(f->value); js_next(&it, &m); index++) {
        if (marks_has(&f->marks, index)) {
            continue;
        }
        struct place at = place_member(f->at, m.key);
        int got = node->verdict == VERDICT_NEVER ? report_unknown(c, &at, f->node->object, m.key)
                                                 : check_node(c, node, m.value, &at, NULL);
        if (check_settled(c, &result, got)) {
            return result;
        }
        marks_set(&f->marks, index);
    }
    return result;
}
