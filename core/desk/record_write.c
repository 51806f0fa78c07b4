/* Rows as JSON, by the tables of record_fields.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/media.h"
#include "desk/record.h"
#include "desk/record_fields.h"

/* After a failure nothing more is written: what stands in `out` is half of something. */
struct writer {
    struct js_out out;
    bool ticket; /* a ticket's own JSON: without the inner members */
    struct err *err;
};

static int write_object(struct writer *w, const struct record_object *object, const void *row);

static struct str
text_at(const void *row, const struct record_field *field)
{
    return *(const struct str *)record_at(row, field);
}

static int64_t
int_at(const void *row, const struct record_field *field)
{
    return *(const int64_t *)record_at(row, field);
}

static void
write_text(struct writer *w, struct str text)
{
    if (text.len) {
        js_add_str(&w->out, text);
    } else {
        js_add_null(&w->out);
    }
}

static void
write_time(struct writer *w, int64_t at)
{
    char text[CLOCK_TEXT];
    if (at == 0) {
        js_add_null(&w->out);
        return;
    }
    clock_format(at, text);
    js_add_str(&w->out, str_c(text));
}

static void
write_number(struct writer *w, int64_t number)
{
    char text[24];
    if (number == 0) {
        js_add_null(&w->out);
        return;
    }
    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    js_add_str(&w->out, str_c(text));
}

/* JSON text of the record, spelled as we spell it, on one line whatever stands there. */
static int
write_json(struct writer *w, struct str text)
{
    AUTO(arena) struct arena arena = {0};
    struct js *value = NULL;
    if (text.len == 0) {
        js_add_null(&w->out);
        return 0;
    }
    int result = js_parse(text, &arena, &value, w->err);
    if (result == 0) {
        js_add_value(&w->out, value);
    }
    return result;
}

/* Megabytes of pictures are for the database; here a line tells of each. */
static int
write_blocks(struct writer *w, struct str content)
{
    AUTO(arena) struct arena arena = {0};
    struct str outline;
    int result = media_outline(content, &arena, &outline, w->err);
    return result < 0 ? result : write_json(w, outline);
}

/* What a model sent may be broken: that is no failure of the record. */
static int
write_arguments(struct writer *w, struct str text, bool as_text)
{
    AUTO(arena) struct arena arena = {0};
    struct err ignored = {0};
    struct js *value = NULL;
    int result = js_parse_object(text, "arguments", &arena, &value, &ignored);
    if (result == ERR_NOMEM) {
        return err_nomem(w->err);
    }
    if (!as_text) {
        js_add_value(&w->out, result == 0 ? value : NULL);
        return 0;
    }
    struct str ours = result == 0 ? js_to_arena(value, &arena) : STR("");
    if (!ours.ptr) {
        return err_nomem(w->err);
    }
    write_text(w, str_eq(ours, text) ? STR("") : text);
    return 0;
}

static int
write_summary(struct writer *w, const struct ticket_row *ticket)
{
    js_begin_object(&w->out);
    js_put_str_or_null(&w->out, "by", ticket->summary_by);
    js_key(&w->out, STR("lines"));
    int result = write_json(w, ticket->summary.len ? ticket->summary : STR("[]"));
    if (result == 0) {
        js_end_object(&w->out);
    }
    return result;
}

static int
write_list(struct writer *w, const struct record_object *object, const void *rows, size_t count)
{
    int result = 0;
    js_begin_array(&w->out);
    for (size_t i = 0; result == 0 && i < count; i++) {
        result = write_object(w, object, (const char *)rows + i * object->size);
        if (result < 0) {
            return err_wrap(w->err, "%s %zu", object->what, i + 1);
        }
    }
    js_end_array(&w->out);
    return result;
}

static int
write_list_at(struct writer *w, const void *row, const struct record_field *field)
{
    const void *rows;
    size_t count;
    memcpy(&rows, record_at(row, field), sizeof(rows));
    memcpy(&count, (const char *)row + field->count_offset, sizeof(count));
    return write_list(w, field->of, rows, count);
}

static int
write_field(struct writer *w, const void *row, const struct record_field *field)
{
    switch (field->kind) {
    case RECORD_BOOL:
        js_add_bool(&w->out, int_at(row, field) != 0);
        return 0;
    case RECORD_INT:
        js_add_int(&w->out, int_at(row, field));
        return 0;
    case RECORD_TIME:
    case RECORD_TIME_OR_NULL:
        write_time(w, int_at(row, field));
        return 0;
    case RECORD_NUMBER:
    case RECORD_NUMBER_OR_NULL:
        write_number(w, int_at(row, field));
        return 0;
    case RECORD_BLOCKS:
        return write_blocks(w, text_at(row, field));
    case RECORD_RESULT:
    case RECORD_OBJECT:
        return write_json(w, text_at(row, field));
    case RECORD_ARGUMENTS:
        return write_arguments(w, text_at(row, field), false);
    case RECORD_ARGUMENTS_TEXT:
        return write_arguments(w, text_at(row, field), true);
    case RECORD_SUMMARY:
        return write_summary(w, row);
    case RECORD_PART:
        return write_object(w, field->of, row);
    case RECORD_LIST:
        return write_list_at(w, row, field);
    default:
        write_text(w, text_at(row, field));
        return 0;
    }
}

static int
write_fields(struct writer *w, const struct record_object *object, const void *row)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct record_field *field = &object->fields[i];
        if (w->ticket && field->inner) {
            continue;
        }
        js_key(&w->out, str_c(field->name));
        int result = write_field(w, row, field);
        if (result < 0) {
            return field->kind == RECORD_LIST ? result : err_wrap(w->err, "%s", field->name);
        }
    }
    return 0;
}

static int
write_object(struct writer *w, const struct record_object *object, const void *row)
{
    js_begin_object(&w->out);
    int result = write_fields(w, object, row);
    if (result == 0) {
        js_end_object(&w->out);
    }
    return result;
}

int
record_write(const struct record *r, struct buf *out, struct err *err)
{
    struct writer w = {.err = err};
    js_out_init(&w.out, out);
    int result = write_object(&w, &record_conversation, r);
    if (result < 0) {
        return err_wrap(err, "conversation %" STR_FMT, STR_ARG(r->conversation.id));
    }
    return buf_finish(out, "conversation", err);
}

static int
write_ticket(struct writer *w, const struct record *r, const struct record_ticket *ticket)
{
    js_begin_object(&w->out);
    int result = write_fields(w, &record_ticket, ticket);
    if (result == 0) {
        js_key(&w->out, STR("transcript"));
        result = write_list(w, &record_message, r->messages, r->message_count);
    }
    if (result == 0) {
        js_key(&w->out, STR("tool_calls"));
        result = write_list(w, &record_call, r->calls, r->call_count);
    }
    if (result == 0) {
        js_key(&w->out, STR("approvals"));
        result = write_list(w, &record_approval, r->approvals, r->approval_count);
    }
    if (result == 0) {
        js_key(&w->out, STR("events"));
        result = write_list(w, &record_event, ticket->events, ticket->event_count);
    }
    if (result == 0) {
        js_end_object(&w->out);
    }
    return result;
}

int
record_write_ticket(const struct record *r, int64_t number, struct buf *out, struct err *err)
{
    struct writer w = {.ticket = true, .err = err};
    for (size_t i = 0; i < r->ticket_count; i++) {
        if (r->tickets[i].row.number != number) {
            continue;
        }
        js_out_init(&w.out, out);
        int result = write_ticket(&w, r, &r->tickets[i]);
        if (result < 0) {
            return err_wrap(err, "ticket %" PRId64, number);
        }
        return buf_finish(out, "ticket", err);
    }
    return err_set(err, ERR_NOTFOUND, "ticket %" PRId64 ": there is none", number);
}
