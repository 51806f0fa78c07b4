#include "schema/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/utf8.h"

/* Findings are read by a model that pays by the word. */
enum { WORDS_MAX = 400, TEXT_SHOWN = 40, CHOICES_SHOWN = 12, FINDING_STEPS = 16 };

static struct str
describe_text(struct arena *arena, struct str text)
{
    struct str cut = utf8_cut(text, TEXT_SHOWN);
    AUTO(buf) struct buf out = {0};
    buf_init(&out, TEXT_SHOWN * 6 + 64);
    struct js_out writer;
    js_out_init(&writer, &out);
    js_add_str(&writer, cut);
    if (out.failed) {
        return (struct str){0};
    }
    if (cut.len == text.len) {
        return arena_printf(arena, "the string %" STR_FMT, STR_ARG(buf_str(&out)));
    }
    return arena_printf(arena, "the string %" STR_FMT "... (%zu characters)",
                        STR_ARG(buf_str(&out)), utf8_count(text));
}

static struct str
describe(struct arena *arena, const struct js *value)
{
    size_t count = js_count(value);
    const char *plural = count == 1 ? "" : "s";
    switch (js_type(value)) {
    case JS_NULL:
        return STR("null");
    case JS_BOOL:
        return js_bool(value, false) ? STR("true") : STR("false");
    case JS_INT:
    case JS_DOUBLE: {
        struct str text = js_number_text(value, arena);
        return text.ptr ? arena_printf(arena, "the number %" STR_FMT, STR_ARG(text)) : text;
    }
    case JS_STRING:
        return describe_text(arena, js_text(value));
    case JS_ARRAY:
        return arena_printf(arena, "an array of %zu item%s", count, plural);
    case JS_OBJECT:
        return arena_printf(arena, "an object with %zu member%s", count, plural);
    }
    return STR("a value");
}

static void
describe_types(struct buf *out, unsigned types)
{
    /* "number" says "integer" too. */
    types = types & TYPE_NUMBER ? types & ~(unsigned)TYPE_INTEGER : types;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types & type_names[i].bit) {
            buf_printf(out, "%s%s", out->len > 0 ? " or " : "", type_names[i].phrase);
        }
    }
}

static void
describe_constants(struct buf *out, const struct constants *constants)
{
    buf_add_c(out, constants->count == 0   ? "nothing (the choice is empty)"
                   : constants->count == 1 ? ""
                                           : "one of ");
    for (size_t i = 0; i < constants->count && i < CHOICES_SHOWN; i++) {
        buf_add_c(out, i > 0 ? ", " : "");
        buf_add(out, constants->items[i].shown);
    }
    if (constants->count > CHOICES_SHOWN) {
        buf_printf(out, " and %zu more", constants->count - CHOICES_SHOWN);
    }
}

struct str
report_describe_node(struct check *c, const struct node *node)
{
    if (!c->report) {
        return STR("");
    }
    AUTO(buf) struct buf out = {0};
    buf_init(&out, 4096);
    if (node->fixed || node->choice) {
        describe_constants(&out, node->fixed ? node->fixed : node->choice);
    } else {
        describe_types(&out, node->types);
    }
    struct str words = out.len > 0 ? buf_to_arena(&out, c->arena) : STR("");
    c->out_of_memory = c->out_of_memory || out.failed == ERR_NOMEM || (out.len > 0 && !words.ptr);
    return words;
}

int
report_finding(struct check *c, struct schema_finding finding)
{
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    if (c->out_of_memory || !finding.path.ptr || !finding.expected.ptr || !finding.found.ptr) {
        return err_nomem(c->err);
    }
    if (c->report->count < SCHEMA_FINDINGS) {
        c->report->findings[c->report->count++] = finding;
    }
    return SCHEMA_MISMATCH;
}

static int report_formatted(struct check *c, const struct place *at, struct str found,
                            const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static int
report_formatted(struct check *c, const struct place *at, struct str found, const char *format,
                 va_list args)
{
    int result = check_charge(c, FINDING_STEPS);
    if (result < 0) {
        return result;
    }
    char words[WORDS_MAX];
    int length = vsnprintf(words, sizeof(words), format, args);
    struct str expected = str_c(length < 0 ? "" : words);
    if ((size_t)length >= sizeof(words)) {
        expected = utf8_cut(expected, WORDS_MAX - 4);
    }
    const char *more = expected.len < (size_t)length ? "..." : "";
    struct schema_finding finding = {
        .path = place_pointer(at, c->arena),
        .expected = arena_printf(c->arena, "%" STR_FMT "%s", STR_ARG(expected), more),
        .found = found,
    };
    return report_finding(c, finding);
}

int
report_value(struct check *c, const struct place *at, const struct js *value, const char *format,
             ...)
{
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    va_list args;
    va_start(args, format);
    int result = report_formatted(c, at, describe(c->arena, value), format, args);
    va_end(args);
    return result;
}

int
report_words(struct check *c, const struct place *at, struct str found, const char *format, ...)
{
    if (!c->report) {
        return SCHEMA_MISMATCH;
    }
    va_list args;
    va_start(args, format);
    int result = report_formatted(c, at, found, format, args);
    va_end(args);
    return result;
}

void
schema_report_write(const struct schema_report *report, struct buf *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct schema_finding *f = &report->findings[i];
        buf_add_c(out, i > 0 ? "\n" : "");
        buf_add(out, f->path.len > 0 ? f->path : STR("the whole value"));
        buf_printf(out, ": expected %" STR_FMT ", got %" STR_FMT, STR_ARG(f->expected),
                   STR_ARG(f->found));
    }
}

const struct schema_finding *
schema_report_telling(const struct schema_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (str_find(report->findings[i].found, STR(": did you mean "), 0) != SIZE_MAX) {
            return &report->findings[i];
        }
    }
    return &report->findings[0];
}

int
schema_report_err(const struct schema_report *report, struct err *err)
{
    if (report->count == 0) {
        return err_set(err, ERR_INVALID, "does not fit its schema");
    }
    const struct schema_finding *f = schema_report_telling(report);
    struct str path = f->path.len > 0 ? f->path : STR("the whole value");
    return err_set(err, ERR_INVALID, "%" STR_FMT ": expected %" STR_FMT ", got %" STR_FMT,
                   STR_ARG(path), STR_ARG(f->expected), STR_ARG(f->found));
}
