#include "schema/check.h"

#include "base/buf.h"

enum { JOINED_MAX = 2048 };

/* Looking for the alternative that was meant, when none fits. */
struct nearest {
    struct str here; /* the value's own path */
    struct schema_report report;
    size_t wrong_constants;
    bool found;
    bool deeper;       /* some alternative got past the value itself */
    struct buf joined; /* what they want of the value itself: "a string or null" */
    size_t count;      /* of those joined */
};

static int
check_all(struct check *c, struct frame *f, const struct node_list *list)
{
    int result = 0;
    for (size_t i = 0; i < list->count; i++) {
        int got = check_node(c, list->items[i], f->value, f->at, &f->marks);
        if (check_settled(c, &result, got)) {
            return result;
        }
    }
    return result;
}

/* Nearer: one that got past the value itself (the others wanted another type altogether), no wrong
 * constant (an alternative is mostly told by one, {"kind":"card"}), fewer findings, further down.
 */
static bool
is_nearer(const struct nearest *n, const struct schema_report *report, size_t wrong_constants)
{
    size_t depth = report->findings[0].path.len;
    size_t known = n->report.findings[0].path.len;
    bool past = depth > n->here.len;
    bool known_past = known > n->here.len;
    if (!n->found || past != known_past) {
        return !n->found || past;
    }
    if (wrong_constants != n->wrong_constants) {
        return wrong_constants < n->wrong_constants;
    }
    if (report->count != n->report.count) {
        return report->count < n->report.count;
    }
    return depth > known;
}

static void
consider(struct nearest *n, const struct schema_report *report, size_t wrong_constants)
{
    if (report->count == 0) {
        return;
    }
    const struct schema_finding *first = &report->findings[0];
    if (first->path.len > n->here.len) {
        n->deeper = true;
    } else {
        buf_add_c(&n->joined, n->count++ > 0 ? " or " : "");
        buf_add(&n->joined, first->expected);
    }
    if (is_nearer(n, report, wrong_constants)) {
        n->report = *report;
        n->wrong_constants = wrong_constants;
        n->found = true;
    }
}

/* One alternative, with a report of its own when anybody reads reports. */
static int
try_one(struct check *c, struct frame *f, const struct node *node, struct nearest *n)
{
    if (!c->report) {
        return check_node(c, node, f->value, f->at, &f->marks);
    }
    struct schema_report inner = {0};
    struct schema_report *outer = c->report;
    size_t constants = c->wrong_constants;
    c->report = &inner;
    c->wrong_constants = 0;
    int result = check_node(c, node, f->value, f->at, &f->marks);
    consider(n, &inner, c->wrong_constants);
    c->report = outer;
    c->wrong_constants = constants;
    return result;
}

/* How many of LIST fit; stops at ENOUGH. Each is checked once, also when reporting: twice would
 * double the work at every level of alternatives within alternatives. */
static int
count_fits(struct check *c, struct frame *f, const struct node_list *list, size_t enough,
           struct nearest *n, size_t *ret)
{
    if (c->report) {
        n->here = place_pointer(f->at, c->arena);
        c->out_of_memory = c->out_of_memory || !n->here.ptr;
    }
    for (size_t i = 0; i < list->count && *ret < enough; i++) {
        int result = try_one(c, f, list->items[i], n);
        if (result < 0) {
            return result;
        }
        *ret += result == 0;
    }
    return 0;
}

/* None of LIST fits: say what would. */
static int
report_none(struct check *c, struct frame *f, const struct node_list *list, struct nearest *n)
{
    if (n->count > 1 && !n->deeper && !n->joined.failed) {
        return report_value(c, f->at, f->value, "%" STR_FMT, STR_ARG(buf_str(&n->joined)));
    }
    if (!n->found) {
        return report_value(c, f->at, f->value, "a value that fits one of %zu alternatives",
                            list->count);
    }
    int result = SCHEMA_MISMATCH;
    for (size_t i = 0; i < n->report.count && result >= 0; i++) {
        result = report_finding(c, n->report.findings[i]);
    }
    return result;
}

/* anyOf, and oneOf when EXACTLY_ONE. */
static int
check_alternatives(struct check *c, struct frame *f, const struct node_list *list, bool exactly_one)
{
    if (list->count == 0) {
        return 0;
    }
    /* The first that fits will do for anyOf, unless somebody asks what all of them evaluated. */
    size_t enough = exactly_one || f->marks.bits ? SIZE_MAX : 1;
    size_t fits = 0;
    struct nearest n = {0};
    buf_init(&n.joined, JOINED_MAX);
    int result = count_fits(c, f, list, enough, &n, &fits);
    if (result == 0 && n.joined.failed == ERR_NOMEM) {
        result = err_nomem(c->err);
    } else if (result == 0 && fits == 0) {
        result = report_none(c, f, list, &n);
    } else if (result == 0 && exactly_one && fits > 1) {
        struct str found =
            c->report ? arena_printf(c->arena, "one that fits %zu of them", fits) : STR("");
        result = report_words(c, f->at, found, "a value that fits exactly one of %zu alternatives",
                              list->count);
    }
    buf_done(&n.joined);
    return result;
}

static int
check_not(struct check *c, struct frame *f, const struct node *node)
{
    int result = node ? check_quietly(c, node, f->value, f->at, NULL) : SCHEMA_MISMATCH;
    if (result != 0) {
        return result < 0 ? result : 0;
    }
    struct str what = report_describe_node(c, node);
    if (what.len == 0) {
        return report_value(c, f->at, f->value, "anything but what \"not\" describes");
    }
    return report_value(c, f->at, f->value, "anything but %" STR_FMT, STR_ARG(what));
}

static int
check_condition(struct check *c, struct frame *f, const struct logic_rules *l)
{
    if (!l->condition) {
        return 0;
    }
    int result = check_quietly(c, l->condition, f->value, f->at, &f->marks);
    if (result < 0) {
        return result;
    }
    const struct node *next = result == 0 ? l->then : l->otherwise;
    return next ? check_node(c, next, f->value, f->at, &f->marks) : 0;
}

int
check_logic(struct check *c, struct frame *f)
{
    const struct logic_rules *l = f->node->logic;
    int result = 0;
    if (!l || check_settled(c, &result, check_all(c, f, &l->all)) ||
        check_settled(c, &result, check_alternatives(c, f, &l->any, false)) ||
        check_settled(c, &result, check_alternatives(c, f, &l->one, true)) ||
        check_settled(c, &result, check_not(c, f, l->not ))) {
        return result;
    }
    (void)check_settled(c, &result, check_condition(c, f, l));
    return result;
}
