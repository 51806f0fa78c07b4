/* What a model gets to read for a brief, and which lines of its answer are believed. */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "desk/brief.h"

/* One thing that can be cited. */
struct source {
    struct str id;
    struct str text;
    bool customer;
    bool call;
};

/* ---- The transcript --------------------------------------------------------------------------*/

static struct str
row_text(const struct message_row *row, struct arena *arena)
{
    struct message m = {0};
    struct err ignored = {0};
    if (message_parse_content(row->content, arena, &m.blocks, &m.count, &ignored) < 0) {
        return (struct str){0};
    }
    return str_trim(media_text(&m, arena));
}

static bool
is_speech(const struct message_row *row)
{
    return str_eq(row->state, MESSAGE_SENT) && !str_eq(row->author, AUTHOR_TOOL);
}

static void
add_calls(const struct brief_source *from, struct str message, struct buf *out)
{
    enum { RESULT_SHOWN = 2000 };
    for (size_t i = 0; i < from->call_count; i++) {
        const struct tool_call_row *c = &from->calls[i];
        if (str_eq(c->message, message)) {
            buf_printf(out,
                       "[%" STR_FMT "] tool %" STR_FMT " %" STR_FMT ", %" STR_FMT ": %" STR_FMT
                       "\n\n",
                       STR_ARG(c->id), STR_ARG(c->name), STR_ARG(utf8_cut(c->arguments, 500)),
                       STR_ARG(c->status), STR_ARG(utf8_cut(c->result, RESULT_SHOWN)));
        }
    }
}

int
brief_transcript(const struct brief_source *from, struct arena *arena, struct str *ret,
                 struct err *err)
{
    AUTO(buf) struct buf out = {0};
    buf_init(&out, LIMIT_REPLY_BYTES * 4);
    for (size_t i = 0; i < from->message_count; i++) {
        const struct message_row *row = &from->messages[i];
        struct str text = is_speech(row) ? row_text(row, arena) : (struct str){0};
        if (text.len) {
            buf_printf(&out, "[%" STR_FMT "] %" STR_FMT ": %" STR_FMT "\n\n", STR_ARG(row->id),
                       STR_ARG(row->author), STR_ARG(text));
        }
        add_calls(from, row->id, &out);
    }
    int result = buf_finish(&out, "transcript", err);
    if (result < 0) {
        return result;
    }
    struct str all = buf_str(&out);
    if (all.len > BRIEF_TRANSCRIPT_MAX) {
        size_t cut = str_find(all, STR("\n\n["), all.len - BRIEF_TRANSCRIPT_MAX);
        all =
            cut == SIZE_MAX ? utf8_cut(all, BRIEF_TRANSCRIPT_MAX) : str_sub(all, cut + 2, all.len);
    }
    *ret = arena_str(arena, all);
    return ret->ptr ? 0 : err_nomem(err);
}

/* ---- Citations -------------------------------------------------------------------------------*/

static int
collect_sources(const struct brief_source *from, struct arena *arena, struct source **ret,
                size_t *ret_count, struct err *err)
{
    struct source *sources =
        arena_zero(arena, from->message_count + from->call_count + 1, sizeof(*sources));
    size_t count = 0;
    if (!sources) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < from->message_count; i++) {
        const struct message_row *row = &from->messages[i];
        if (is_speech(row)) {
            sources[count++] = (struct source){.id = row->id,
                                               .text = row_text(row, arena),
                                               .customer = str_eq(row->author, AUTHOR_CUSTOMER)};
        }
    }
    for (size_t i = 0; i < from->call_count; i++) {
        const struct tool_call_row *c = &from->calls[i];
        struct str text = arena_printf(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(c->arguments),
                                       STR_ARG(c->result));
        sources[count++] = (struct source){.id = c->id, .text = text, .call = true};
    }
    *ret = sources;
    *ret_count = count;
    return arena->starved ? err_nomem(err) : 0;
}

static const struct source *
find_source(const struct source *sources, size_t count, struct str id)
{
    for (size_t i = 0; id.len && i < count; i++) {
        if (str_eq(sources[i].id, id)) {
            return &sources[i];
        }
    }
    return NULL;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next run of two digits or more at or after *AT: a price, an order number, an error code. */
static bool
next_number(struct str text, size_t *at, struct str *ret)
{
    for (size_t i = *at; i < text.len; i++) {
        size_t end = i;
        while (end < text.len && is_digit(text.ptr[end])) {
            end++;
        }
        if (end - i >= 2) {
            *ret = str_sub(text, i, end - i);
            *at = end;
            return true;
        }
        i = end > i ? end - 1 : i;
    }
    return false;
}

struct cited {
    const struct source *sources[8];
    size_t count;
};

static bool
numbers_hold(struct str text, const struct cited *cited)
{
    struct str number;
    size_t at = 0;
    while (next_number(text, &at, &number)) {
        bool found = false;
        for (size_t i = 0; i < cited->count; i++) {
            found = found || str_find(cited->sources[i]->text, number, 0) != SIZE_MAX;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* Whose word a kind of line may rest on. */
static bool
sort_holds(struct str kind, const struct cited *cited)
{
    bool customer = false;
    bool call = false;
    bool desk = false;
    for (size_t i = 0; i < cited->count; i++) {
        customer = customer || cited->sources[i]->customer;
        call = call || cited->sources[i]->call;
        desk = desk || (!cited->sources[i]->customer && !cited->sources[i]->call);
    }
    if (str_eq_c(kind, "fact")) {
        return call;
    }
    if (str_eq_c(kind, "wants") || str_eq_c(kind, "claim")) {
        return customer;
    }
    if (str_eq_c(kind, "promise")) {
        return desk;
    }
    return str_eq_c(kind, "step") || str_eq_c(kind, "open") || str_eq_c(kind, "next");
}

static bool
read_evidence(const struct js *line, const struct source *sources, size_t count, struct cited *ret)
{
    const struct js *evidence = js_get_c(line, "evidence");
    size_t cited = js_count(evidence);
    if (js_type(evidence) != JS_ARRAY || cited == 0 ||
        cited > sizeof(ret->sources) / sizeof(ret->sources[0])) {
        return false;
    }
    for (size_t i = 0; i < cited; i++) {
        ret->sources[i] = find_source(sources, count, js_text(js_at(evidence, i)));
        if (!ret->sources[i]) {
            return false;
        }
    }
    ret->count = cited;
    return true;
}

static bool
line_holds(const struct js *line, const struct source *sources, size_t count, struct cited *ret)
{
    struct str text = str_trim(js_get_text(line, "text"));
    return text.len > 0 && text.len <= BRIEF_LINE_MAX && read_evidence(line, sources, count, ret) &&
           sort_holds(js_get_text(line, "kind"), ret) && numbers_hold(text, ret);
}

static void
write_line(struct js_out *out, const struct js *line, const struct cited *cited,
           struct arena *arena)
{
    js_begin_object(out);
    js_put_str(out, "kind", js_get_text(line, "kind"));
    js_put_str(out, "text", utf8_for_terminal(arena, str_trim(js_get_text(line, "text"))));
    js_key(out, STR("evidence"));
    js_begin_array(out);
    for (size_t i = 0; i < cited->count; i++) {
        js_add_str(out, cited->sources[i]->id);
    }
    js_end_array(out);
    js_end_object(out);
}

/* From the first brace to the last: models put fences and words around JSON. */
static struct str
json_in(struct str answer)
{
    size_t first = str_find_char(answer, '{', 0);
    size_t last = answer.len;
    while (first != SIZE_MAX && last > first && answer.ptr[last - 1] != '}') {
        last--;
    }
    return first == SIZE_MAX ? (struct str){0} : str_sub(answer, first, last - first);
}

int
brief_check(struct str answer, const struct brief_source *from, struct arena *arena,
            struct str *ret, size_t *ret_refused, struct err *err)
{
    AUTO(buf) struct buf text = {0};
    struct js_out out;
    struct js *object = NULL;
    struct source *sources = NULL;
    size_t source_count = 0;
    bool wants = false;
    buf_init(&text, LIMIT_REPLY_BYTES);
    js_out_init(&out, &text);
    *ret_refused = 0;
    int result = js_parse_object(json_in(answer), "the model's summary", arena, &object, err);
    if (result == 0) {
        result = collect_sources(from, arena, &sources, &source_count, err);
    }
    if (result < 0) {
        return result;
    }
    const struct js *lines = js_get_c(object, "lines");
    js_begin_array(&out);
    for (size_t i = 0; i < js_count(lines); i++) {
        const struct js *line = js_at(lines, i);
        struct cited cited = {0};
        if (i >= BRIEF_LINES_MAX || !line_holds(line, sources, source_count, &cited)) {
            (*ret_refused)++;
            continue;
        }
        wants = wants || str_eq_c(js_get_text(line, "kind"), "wants");
        write_line(&out, line, &cited, arena);
    }
    js_end_array(&out);
    result = buf_finish(&text, "summary", err);
    if (result == 0 && !wants) {
        return err_set(
            err, ERR_INVALID,
            "the model's summary does not say what the customer wants: %zu lines refused",
            *ret_refused);
    }
    *ret = buf_to_arena(&text, arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}
