#include "catalog/writing.h"

#include <string.h>

#include "base/limits.h"
#include "catalog/price.h"

/* A value's fault: where it stands, and its field's name before the reason. */
static int
writing_fault(struct writing *w, const struct source_value *value, const char *field)
{
    w->note->fault = value;
    return err_wrap(w->err, "%s", field);
}

int
writing_fault_set(struct writing *w, const struct source_value *value, const char *field,
                  const char *reason)
{
    (void)err_set(w->err, ERR_INVALID, "%s", reason);
    return writing_fault(w, value, field);
}

bool
writing_absent(const struct source_value *value)
{
    return !value || (!value->json && str_trim(value->text).len == 0);
}

/* A scalar as text: a string trimmed, a number as it was spelled, true and false. False for
 * arrays, objects and null. */
static bool
scalar_text(const struct js *json, struct arena *arena, struct str *ret)
{
    switch (js_type(json)) {
    case JS_STRING:
        *ret = str_trim(js_text(json));
        return true;
    case JS_INT:
    case JS_DOUBLE:
        *ret = js_number_text(json, arena);
        return true;
    case JS_BOOL:
        *ret = js_bool(json, false) ? STR("true") : STR("false");
        return true;
    default:
        return false;
    }
}

/* An array of scalars as "a, b". */
static int
join_items(struct writing *w, const struct source_value *value, const char *field, struct str *ret)
{
    AUTO(buf) struct buf joined;
    buf_init(&joined, LIMIT_IMPORT_LINE);
    size_t count = js_count(value->json);
    for (size_t i = 0; i < count; i++) {
        struct str item;
        if (!scalar_text(js_at(value->json, i), w->arena, &item)) {
            return writing_fault_set(w, value, field, "must be text, is a nested array");
        }
        buf_add_c(&joined, joined.len > 0 && item.len > 0 ? ", " : "");
        buf_add(&joined, item);
    }
    *ret = buf_to_arena(&joined, w->arena);
    return ret->ptr ? 0 : err_nomem(w->err);
}

/* The value as one text, empty when absent. */
int
writing_text(struct writing *w, const struct source_value *value, const char *field,
             struct str *ret)
{
    *ret = (struct str){0};
    if (writing_absent(value)) {
        return 0;
    }
    if (!value->json) {
        *ret = str_trim(value->text);
        return 0;
    }
    if (scalar_text(value->json, w->arena, ret)) {
        return 0;
    }
    if (js_type(value->json) == JS_ARRAY) {
        return join_items(w, value, field, ret);
    }
    return writing_fault_set(w, value, field, "must be text, is an object");
}

static int
write_text(struct writing *w, const struct field_row *field, const struct source_value *value)
{
    struct str text;
    int rc = writing_text(w, value, field->names[0], &text);
    if (rc == 0 && text.len > 0) {
        js_put_str(&w->json, field->names[0], text);
    }
    return rc;
}

/* JSON inside a text field, as exports to CSV like to have it: '["a","b"]', '{"k":"v"}'. NULL
 * when it is none. */
static const struct js *
inner_json(struct writing *w, const struct source_value *value, char first)
{
    struct js *json = NULL;
    struct str text = str_trim(value->json ? js_text(value->json) : value->text);
    bool may_be = text.len > 1 && text.ptr[0] == first;
    if (!may_be || js_parse(text, w->arena, &json, &(struct err){0}) != 0) {
        return NULL;
    }
    return json;
}

/* The separator a list in one text uses: the first of CANDIDATES that is in it. */
static char
find_separator(struct str text, const char *candidates)
{
    for (const char *c = candidates; *c; c++) {
        if (memchr(text.ptr, *c, text.len)) {
            return *c;
        }
    }
    return '\n';
}

static void
write_split(struct writing *w, struct str text, const char *candidates)
{
    char separator = find_separator(text, candidates);
    struct str rest = text;
    struct str part;
    while (str_split(&rest, separator, &part)) {
        part = str_trim(part);
        if (part.len > 0) {
            js_add_str(&w->json, part);
        }
    }
}

static void
write_items(struct writing *w, const struct js *array)
{
    size_t count = js_count(array);
    for (size_t i = 0; i < count; i++) {
        const struct js *item = js_at(array, i);
        struct str text;
        if (!scalar_text(item, w->arena, &text)) {
            js_add_value(&w->json, item);
        } else if (text.len > 0) {
            js_add_str(&w->json, text);
        }
    }
}

static int
write_list(struct writing *w, const struct field_row *field, const struct source_value *value)
{
    if (writing_absent(value)) {
        return 0;
    }
    const struct js *array =
        js_type(value->json) == JS_ARRAY ? value->json : inner_json(w, value, '[');
    if (js_type(value->json) == JS_OBJECT) {
        return writing_fault_set(w, value, field->names[0], "must be an array, is an object");
    }
    js_key(&w->json, str_c(field->names[0]));
    js_begin_array(&w->json);
    struct str text;
    if (js_type(array) == JS_ARRAY) {
        write_items(w, array);
    } else if (!value->json || scalar_text(value->json, w->arena, &text)) {
        write_split(w, value->json ? text : value->text,
                    field->shape == SHAPE_LINES ? "\n|" : "\n|;");
    }
    js_end_array(&w->json);
    return 0;
}

/* "colour: red; weight: 2 kg", a pair a line or between ';' or '|'. */
static int
write_pairs(struct writing *w, const struct source_value *value)
{
    struct str text = str_trim(value->json ? js_text(value->json) : value->text);
    char separator = find_separator(text, "\n|;");
    struct str rest = text;
    struct str part;
    while (str_split(&rest, separator, &part)) {
        part = str_trim(part);
        if (part.len == 0) {
            continue;
        }
        size_t colon = str_find_char(part, ':', 0);
        colon = colon == SIZE_MAX ? str_find_char(part, '=', 0) : colon;
        if (colon == SIZE_MAX || colon == 0) {
            return writing_fault_set(w, value, "specifications",
                                     "must be pairs 'name: value; ...'");
        }
        js_key(&w->json, str_trim(str_sub(part, 0, colon)));
        js_add_str(&w->json, str_trim(str_sub(part, colon + 1, SIZE_MAX)));
    }
    return 0;
}

/* [{"name": ..., "value": ...}], as several shop systems export attributes. */
static void
write_named_values(struct writing *w, const struct js *array)
{
    size_t count = js_count(array);
    for (size_t i = 0; i < count; i++) {
        const struct js *item = js_at(array, i);
        struct str name = js_get_text(item, "name");
        name = name.len > 0 ? name : js_get_text(item, "key");
        if (name.len > 0) {
            js_key(&w->json, name);
            js_add_value(&w->json, js_get_c(item, "value"));
        }
    }
}

static void
write_members(struct writing *w, const struct js *object)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        if (member.value) {
            js_key(&w->json, member.key);
            js_add_value(&w->json, member.value);
        }
    }
}

void
writing_value(struct writing *w, const struct source_value *value)
{
    if (value->json) {
        js_add_value(&w->json, value->json);
    } else {
        js_add_str(&w->json, str_trim(value->text));
    }
}

/* Columns that are one specification each. Returns how many there are. */
static size_t
write_single_specs(struct writing *w, bool write)
{
    size_t count = 0;
    for (size_t i = 0; i < w->row->count; i++) {
        if (w->spec_names[i].len == 0 || writing_absent(&w->row->values[i])) {
            continue;
        }
        count++;
        if (write) {
            js_key(&w->json, w->spec_names[i]);
            writing_value(w, &w->row->values[i]);
        }
    }
    return count;
}

static int
write_specs(struct writing *w, const struct field_row *field, const struct source_value *value)
{
    bool absent = writing_absent(value);
    if (absent && write_single_specs(w, false) == 0) {
        return 0;
    }
    int rc = 0;
    js_key(&w->json, str_c(field->names[0]));
    js_begin_object(&w->json);
    if (!absent) {
        const struct js *object =
            js_type(value->json) == JS_OBJECT ? value->json : inner_json(w, value, '{');
        if (object) {
            write_members(w, object);
        } else if (js_type(value->json) == JS_ARRAY) {
            write_named_values(w, value->json);
        } else {
            rc = write_pairs(w, value);
        }
    }
    (void)write_single_specs(w, true);
    js_end_object(&w->json);
    return rc;
}

static void
put_price(struct writing *w, const struct catalog_price *price)
{
    char text[PRICE_TEXT];
    price_format(price, text);
    js_put_raw(&w->json, "price", str_c(text));
    if (price->currency.len > 0) {
        js_put_str(&w->json, "currency", price->currency);
    }
}

/* A JSON number's '.' is a decimal point whatever stands behind it. */
static int
read_price(struct writing *w, const struct source_value *value, struct str text,
           struct str currency, struct catalog_price *price)
{
    double number = value->json ? js_double(value->json, -1) : -1;
    bool machine = js_type(value->json) == JS_INT || js_type(value->json) == JS_DOUBLE;
    if (!machine) {
        return price_parse(text, currency, price, &w->note->price_guessed, w->err);
    }
    /* 1e3 and the like have no digits to read: take the value. */
    if (memchr(text.ptr, 'e', text.len) || memchr(text.ptr, 'E', text.len)) {
        if (number > 1e12) {
            return err_set(w->err, ERR_INVALID, "is more than any price");
        }
        text = arena_printf(w->arena, "%.3f", number);
    }
    return text.ptr ? price_parse_number(text, currency, price, w->err) : err_nomem(w->err);
}

static int
write_price(struct writing *w)
{
    const struct source_value *minor = w->slots[FIELD_PRICE_MINOR].value;
    const struct source_value *value = w->slots[FIELD_PRICE].value;
    bool in_minor = writing_absent(value) && !writing_absent(minor);
    value = in_minor ? minor : value;
    struct str text;
    struct str currency;
    struct catalog_price price = {0};
    const struct source_value *where = w->slots[FIELD_CURRENCY].value;
    int rc = writing_text(w, where, "currency", &currency);
    if (rc == 0 && currency.len > 0 && price_currency(currency).len == 0) {
        (void)err_set(w->err, ERR_INVALID, "'%" STR_FMT "' is no currency known here",
                      STR_ARG(str_sub(currency, 0, 20)));
        return writing_fault(w, where, "currency");
    }
    rc = rc != 0 ? rc : writing_text(w, value, "price", &text);
    if (rc != 0 || text.len == 0) {
        return rc;
    }
    rc = in_minor ? price_parse_minor(text, currency, &price, w->err)
                  : read_price(w, value, text, currency, &price);
    if (rc < 0) {
        return writing_fault(w, value, "price");
    }
    if (rc == 0) {
        put_price(w, &price);
    }
    return 0;
}

static int
write_stock(struct writing *w, const struct field_row *field, const struct source_value *value)
{
    struct str text;
    bool in_stock = false;
    int rc = writing_text(w, value, field->names[0], &text);
    if (rc != 0 || text.len == 0) {
        return rc;
    }
    rc = stock_parse(text, &in_stock, w->err);
    if (rc < 0) {
        return writing_fault(w, value, field->names[0]);
    }
    if (rc == 0) {
        js_put_bool(&w->json, field->names[0], in_stock);
    }
    return 0;
}

int
writing_field(struct writing *w, const struct field_row *field)
{
    const struct source_value *value = w->slots[field->field].value;
    switch (field->shape) {
    case SHAPE_TEXT:
        return write_text(w, field, value);
    case SHAPE_LIST:
    case SHAPE_LINES:
        return write_list(w, field, value);
    case SHAPE_MEMBERS:
        return write_specs(w, field, value);
    case SHAPE_PRICE:
        return write_price(w);
    case SHAPE_STOCK:
        return write_stock(w, field, value);
    case SHAPE_PRICE_MINOR: /* with the price */
    case SHAPE_CURRENCY:
        return 0;
    }
    return 0;
}
