/* JSON as rows, by the tables of record_fields.c; nothing of it is believed. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/message.h"
#include "desk/record.h"
#include "desk/record_check.h"
#include "desk/record_fields.h"

enum { PLACE_MAX = 96 };

/* Where the reader is: "tickets[2].events[0]", empty at the top. */
struct reader {
    struct arena *arena;
    struct err *err;
    char place[PLACE_MAX];
};

static int read_object(struct reader *r, const struct record_object *object, const struct js *value,
                       void *row);

static int fault(struct reader *r, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
fault(struct reader *r, const char *member, const char *format, ...)
{
    char what[160];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return err_set(r->err, ERR_INVALID, "%s%s%s: %s", r->place, r->place[0] ? "." : "", member,
                   what);
}

static int
wrong_type(struct reader *r, const char *member, const char *want, const struct js *value)
{
    return value ? fault(r, member, "must be %s, is %s", want, js_type_name(js_type(value)))
                 : fault(r, member, "is missing: it must be %s", want);
}

/* ---- Members ---------------------------------------------------------------------------------*/

/* Text or null. */
static int
read_text(struct reader *r, const struct record_field *field, const struct js *value,
          struct str *ret)
{
    if (value && js_type(value) != JS_STRING) {
        return wrong_type(r, field->name, "text", value);
    }
    *ret = js_text(value);
    if (ret->len > LIMIT_REPLY_BYTES) {
        return fault(r, field->name, "has %zu bytes, more than a record holds", ret->len);
    }
    return 0;
}

static int
read_id(struct reader *r, const struct record_field *field, const struct js *value, struct str *ret)
{
    int result = read_text(r, field, value, ret);
    if (result < 0 || (ret->len == 0 && field->kind == RECORD_REF)) {
        return result;
    }
    if (!value) {
        return wrong_type(r, field->name, "an id", value);
    }
    return id_plausible(*ret)
               ? 0
               : fault(r, field->name, "an id is 1 to 64 letters, digits, '_', '.', ':' or '-'");
}

static int
read_word(struct reader *r, const struct record_field *field, const struct js *value,
          struct str *ret)
{
    int result = read_text(r, field, value, ret);
    if (result < 0) {
        return result;
    }
    if (!value) {
        *ret = field->fallback;
        bool fine = field->fallback.len > 0 || field->kind == RECORD_WORD_OR_NULL;
        return fine ? 0 : wrong_type(r, field->name, "a word", value);
    }
    for (const struct str *word = field->words; word->len; word++) {
        if (str_eq(*ret, *word)) {
            *ret = *word;
            return 0;
        }
    }
    return fault(r, field->name, "'%" STR_FMT "' is none of its words",
                 STR_ARG(str_sub(*ret, 0, 40)));
}

static int
read_bool(struct reader *r, const struct record_field *field, const struct js *value, int64_t *ret)
{
    *ret = js_bool(value, false);
    return !value || js_type(value) == JS_BOOL ? 0
                                               : wrong_type(r, field->name, "true or false", value);
}

static int
read_int(struct reader *r, const struct record_field *field, const struct js *value, int64_t *ret)
{
    const int64_t most = INT64_C(1) << 53;
    if (!value) {
        *ret = field->number;
        return 0;
    }
    *ret = js_int(value, -1);
    return *ret >= 0 && *ret <= most ? 0
                                     : fault(r, field->name, "must be a whole number, 0 or more");
}

static int
read_time(struct reader *r, const struct record_field *field, const struct js *value, int64_t *ret)
{
    const int64_t year_10000 = INT64_C(253402300800000);
    *ret = 0;
    if (!value && field->kind == RECORD_TIME_OR_NULL) {
        return 0;
    }
    if (!value || js_type(value) != JS_STRING) {
        return wrong_type(r, field->name, "a time like 2026-11-21T09:30:00.000Z", value);
    }
    bool fine = clock_parse(js_text(value), ret) && *ret > 0 && *ret < year_10000;
    return fine ? 0 : fault(r, field->name, "must be a time like 2026-11-21T09:30:00.000Z");
}

static int
read_number(struct reader *r, const struct record_field *field, const struct js *value,
            int64_t *ret)
{
    if (!value && field->kind == RECORD_NUMBER_OR_NULL) {
        *ret = 0;
        return 0;
    }
    if (!value || js_type(value) != JS_STRING) {
        return wrong_type(r, field->name, "a number as text, like \"12\"", value);
    }
    struct str text = js_text(value);
    bool fine = text.len <= 15 && str_to_i64(text, ret) && *ret > 0 && text.ptr[0] != '0';
    return fine ? 0 : fault(r, field->name, "must be a number as text, like \"12\"");
}

/* JSON of TYPE as text; null is the empty text. */
static int
read_json(struct reader *r, const struct record_field *field, const struct js *value,
          enum js_type type, struct str *ret)
{
    *ret = (struct str){0};
    if (!value) {
        return 0;
    }
    if (js_type(value) != type) {
        return wrong_type(r, field->name, type == JS_ARRAY ? "an array" : "an object", value);
    }
    *ret = js_to_arena(value, r->arena);
    return ret->ptr ? 0 : err_nomem(r->err);
}

static int
read_blocks(struct reader *r, const struct record_field *field, const struct js *value,
            struct str *ret)
{
    struct err why = {0};
    struct block *blocks;
    size_t count;
    if (!value) {
        return wrong_type(r, field->name, "an array of blocks", value);
    }
    int result = read_json(r, field, value, JS_ARRAY, ret);
    if (result < 0) {
        return result;
    }
    result = message_parse_content(*ret, r->arena, &blocks, &count, &why);
    if (result == ERR_INVALID) {
        return fault(r, field->name, "%s", why.message);
    }
    if (result < 0) {
        *r->err = why;
    }
    return result;
}

static int
read_result(struct reader *r, const struct record_field *field, const struct js *value,
            struct str *ret)
{
    int result = read_json(r, field, value, JS_ARRAY, ret);
    for (size_t i = 0; result == 0 && i < js_count(value); i++) {
        if (js_type(js_at(value, i)) != JS_OBJECT) {
            return fault(r, field->name, "block %zu must be an object", i);
        }
    }
    return result;
}

/* The text wins, but it must say what the object says, and nothing where there is none. */
static int
read_arguments_text(struct reader *r, const struct record_field *field, const struct js *value,
                    const struct js *object, struct str *ret)
{
    struct err ignored = {0};
    struct str text;
    struct js *parsed = NULL;
    int result = read_text(r, field, value, &text);
    if (result < 0 || text.len == 0) {
        return result;
    }
    if (js_parse_object(text, "arguments", r->arena, &parsed, &ignored) == ERR_NOMEM) {
        return err_nomem(r->err);
    }
    const struct js *arguments = js_get_c(object, "arguments");
    if ((parsed || arguments) && !js_equal(parsed, arguments)) {
        return fault(r, field->name, "is not what \"arguments\" says");
    }
    *ret = text;
    return 0;
}

static int
read_summary_line(struct reader *r, const struct js *line, size_t i)
{
    struct js_member member;
    bool fine = js_type(js_get_c(line, "kind")) == JS_STRING &&
                js_type(js_get_c(line, "text")) == JS_STRING &&
                js_type(js_get_c(line, "evidence")) == JS_ARRAY;
    for (struct js_iter it = js_iter(line); fine && js_next(&it, &member);) {
        fine = str_eq(member.key, STR("kind")) || str_eq(member.key, STR("text")) ||
               str_eq(member.key, STR("evidence"));
    }
    const struct js *evidence = js_get_c(line, "evidence");
    for (size_t k = 0; fine && k < js_count(evidence); k++) {
        fine = id_plausible(js_text(js_at(evidence, k)));
    }
    return fine ? 0
                : fault(r, "summary.lines",
                        "line %zu must be {\"kind\",\"text\",\"evidence\":[ids]}", i);
}

static int
read_summary(struct reader *r, const struct js *value, struct ticket_row *ticket)
{
    static const struct record_field by = {.name = "summary.by"};
    static const struct record_field lines_field = {.name = "summary.lines"};
    struct js_member member;
    if (value && js_type(value) != JS_OBJECT) {
        return wrong_type(r, "summary", "an object", value);
    }
    for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
        if (!str_eq(member.key, STR("by")) && !str_eq(member.key, STR("lines"))) {
            return fault(r, "summary", "holds \"by\" and \"lines\", nothing else");
        }
    }
    const struct js *lines = js_get_c(value, "lines");
    int result = read_text(r, &by, js_get_c(value, "by"), &ticket->summary_by);
    if (result == 0) {
        result = read_json(r, &lines_field, lines, JS_ARRAY, &ticket->summary);
    }
    for (size_t i = 0; result == 0 && i < js_count(lines); i++) {
        result = read_summary_line(r, js_at(lines, i), i);
    }
    ticket->summary = ticket->summary.len ? ticket->summary : STR("[]");
    return result;
}

/* ---- Rows ------------------------------------------------------------------------------------*/

static int
read_list(struct reader *r, const struct record_field *field, const struct js *value, void *row)
{
    char outer[PLACE_MAX];
    size_t count = js_count(value);
    if (value && js_type(value) != JS_ARRAY) {
        return wrong_type(r, field->name, "an array", value);
    }
    char *rows = arena_zero(r->arena, count + 1, field->of->size);
    if (!rows) {
        return err_nomem(r->err);
    }
    int result = 0;
    memcpy(outer, r->place, sizeof(outer));
    for (size_t i = 0; result == 0 && i < count; i++) {
        (void)snprintf(r->place, sizeof(r->place), "%.40s%s%s[%zu]", outer, outer[0] ? "." : "",
                       field->name, i);
        result = read_object(r, field->of, js_at(value, i), rows + i * field->of->size);
    }
    memcpy(r->place, outer, sizeof(outer));
    memcpy(record_at(row, field), &rows, sizeof(rows));
    memcpy((char *)row + field->count_offset, &count, sizeof(count));
    return result;
}

static int
read_part(struct reader *r, const struct record_field *field, const struct js *value, void *row)
{
    if (!value) {
        return 0;
    }
    (void)snprintf(r->place, sizeof(r->place), "%s", field->name);
    int result = read_object(r, field->of, value, row);
    r->place[0] = '\0';
    return result;
}

static int
read_field(struct reader *r, const struct record_field *field, const struct js *object, void *row)
{
    const struct js *value = js_get_c(object, field->name);
    void *at = record_at(row, field);
    switch (field->kind) {
    case RECORD_ID:
    case RECORD_REF:
        return read_id(r, field, value, at);
    case RECORD_TEXT:
        return read_text(r, field, value, at);
    case RECORD_WORD:
    case RECORD_WORD_OR_NULL:
        return read_word(r, field, value, at);
    case RECORD_BOOL:
        return read_bool(r, field, value, at);
    case RECORD_INT:
        return read_int(r, field, value, at);
    case RECORD_TIME:
    case RECORD_TIME_OR_NULL:
        return read_time(r, field, value, at);
    case RECORD_NUMBER:
    case RECORD_NUMBER_OR_NULL:
        return read_number(r, field, value, at);
    case RECORD_BLOCKS:
        return read_blocks(r, field, value, at);
    case RECORD_RESULT:
        return read_result(r, field, value, at);
    case RECORD_OBJECT:
    case RECORD_ARGUMENTS:
        return read_json(r, field, value, JS_OBJECT, at);
    case RECORD_ARGUMENTS_TEXT:
        return read_arguments_text(r, field, value, object, at);
    case RECORD_SUMMARY:
        return read_summary(r, value, row);
    case RECORD_PART:
        return read_part(r, field, value, row);
    case RECORD_LIST:
        return read_list(r, field, value, row);
    }
    return err_set(r->err, ERR_BUG, "%s: has no kind", field->name);
}

/* What we do not know we would lose. */
static int
refuse_unknown(struct reader *r, const struct record_object *object, const struct js *value)
{
    struct js_member member;
    for (struct js_iter it = js_iter(value); js_next(&it, &member);) {
        bool known = false;
        for (size_t i = 0; !known && i < object->count; i++) {
            known = str_eq_c(member.key, object->fields[i].name);
        }
        if (!known) {
            char name[48];
            (void)snprintf(name, sizeof(name), "%" STR_FMT, STR_ARG(str_sub(member.key, 0, 40)));
            return fault(r, name, "a %s has no such member; a newer Deskhand may know it",
                         object->what);
        }
    }
    return 0;
}

static int
read_object(struct reader *r, const struct record_object *object, const struct js *value, void *row)
{
    if (js_type(value) != JS_OBJECT) {
        const char *where = r->place[0] ? r->place : object->what;
        return err_set(r->err, ERR_INVALID, "%s: must be an object, is %s", where,
                       js_type_name(js_type(value)));
    }
    int result = refuse_unknown(r, object, value);
    for (size_t i = 0; result == 0 && i < object->count; i++) {
        result = read_field(r, &object->fields[i], value, row);
    }
    return result;
}

/* ---- The whole ---------------------------------------------------------------------------*/

int
record_read(struct str text, struct arena *arena, struct record *ret, struct err *err)
{
    struct reader r = {.arena = arena, .err = err};
    struct record rec = {0};
    struct js *root = NULL;
    int result = js_parse_object(text, "conversation", arena, &root, err);
    if (result == 0) {
        result = read_object(&r, &record_conversation, root, &rec);
    }
    if (result == 0) {
        result = record_fill(&rec, arena, err);
    }
    if (result == 0) {
        result = record_check(&rec, arena, err);
    }
    if (result == 0) {
        *ret = rec;
    }
    return result;
}
