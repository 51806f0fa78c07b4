/* What is summed up: everything older than the newest exchanges that fill half of the window, so
 * that a new digest is due again only after some more of them. */
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "memory/digest.h"
#include "memory/preview.h"
#include "store/rows.h"

enum { WORDS_SHOWN = 4000, ARGUMENTS_SHOWN = 500, RESULT_SHOWN = 1500 };

static int
add_block(const struct message_row *row, const struct block *b, struct arena *a, struct buf *out,
          struct err *err)
{
    struct str text;
    int result = 0;
    switch (b->kind) {
    case BLOCK_TEXT:
        text = str_trim(b->text);
        if (text.len) {
            buf_printf(out, "[%" STR_FMT "] %" STR_FMT ": %" STR_FMT "%s\n\n", STR_ARG(row->id),
                       STR_ARG(row->author), STR_ARG(utf8_cut(text, WORDS_SHOWN)),
                       text.len > WORDS_SHOWN ? " [...]" : "");
        }
        break;
    case BLOCK_TOOL_USE:
        buf_printf(out, "[%" STR_FMT "] calls %" STR_FMT " %" STR_FMT "\n\n", STR_ARG(row->id),
                   STR_ARG(b->name), STR_ARG(utf8_cut(b->json, ARGUMENTS_SHOWN)));
        break;
    case BLOCK_TOOL_RESULT:
        result = preview_text(b->json, a, &text, err);
        if (result == 0) {
            buf_printf(out, "[%" STR_FMT "] %s: %" STR_FMT "%s\n\n", STR_ARG(row->id),
                       b->error ? "the tool failed" : "the tool's result",
                       STR_ARG(utf8_cut(text, RESULT_SHOWN)),
                       text.len > RESULT_SHOWN ? " [...]" : "");
        }
        break;
    default:
        break;
    }
    return result;
}

static int
add_row(const struct message_row *row, struct arena *a, struct buf *out, struct err *err)
{
    struct message m = {0};
    if (str_eq(row->state, MESSAGE_DISCARDED)) {
        return 0;
    }
    int result = message_parse_content(row->content, a, &m.blocks, &m.count, err);
    for (size_t i = 0; result == 0 && i < m.count; i++) {
        result = add_block(row, &m.blocks[i], a, out, err);
    }
    return result;
}

/* The oldest COUNT rows, or as many whole exchanges of them as the transcript holds. Of a single
 * one that is larger than that the end is missing. */
static int
write_transcript(const struct memory_source *s, size_t *count, struct arena *a, struct buf *out,
                 struct err *err)
{
    size_t whole = 0;
    size_t whole_len = 0;
    for (size_t i = 0; i < *count; i++) {
        if (i > 0 && str_eq(s->rows[i].author, AUTHOR_CUSTOMER)) {
            whole = i;
            whole_len = out->len;
        }
        size_t before = out->len;
        int result = before < DIGEST_TRANSCRIPT_MAX ? add_row(&s->rows[i], a, out, err) : 0;
        if (result < 0) {
            return result;
        }
        bool full = out->len > DIGEST_TRANSCRIPT_MAX;
        if (full && whole > 0) {
            buf_truncate(out, whole_len);
            *count = whole;
            return 0;
        }
        if (full && before <= DIGEST_TRANSCRIPT_MAX) {
            buf_truncate(out, utf8_floor(out->text, DIGEST_TRANSCRIPT_MAX));
            buf_add_c(out, " [...]\n\n");
        }
    }
    return 0;
}

static int
write_covers(const struct memory_source *s, size_t count, struct arena *a, struct buf *text,
             struct err *err)
{
    struct js *before = NULL;
    struct js_out out;
    int result = 0;
    if (s->digest) {
        result = js_parse(s->digest->covers, a, &before, err);
    }
    if (result < 0) {
        return err_wrap(err, "digest %" STR_FMT, STR_ARG(s->digest->id));
    }
    js_out_init(&out, text);
    js_begin_array(&out);
    for (size_t i = 0; i < js_count(before); i++) {
        js_add_str(&out, js_text(js_at(before, i)));
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(s->rows[i].state, MESSAGE_DISCARDED)) {
            js_add_str(&out, s->rows[i].id);
        }
    }
    js_end_array(&out);
    return buf_finish(text, "digest", err);
}

/* Rows that a view of half the size leaves out. */
static int
count_older(const struct memory_source *s, const struct memory_limits *limits, struct arena *a,
            size_t *ret, struct err *err)
{
    const struct memory_limits half = {
        .messages = limits->messages / 2,
        .tokens = limits->tokens / 2,
        .result_bytes = limits->result_bytes,
    };
    struct memory_view view;
    int result = memory_from_rows(s, limits, a, &view, err);
    *ret = 0;
    if (result < 0 || !view.due) {
        return result;
    }
    result = memory_from_rows(s, &half, a, &view, err);
    while (result == 0 && *ret < s->count && s->rows[*ret].seq < view.seen_from) {
        (*ret)++;
    }
    return result;
}

int
digest_plan(const struct memory_source *source, const struct memory_limits *limits, struct arena *a,
            struct digest_plan *ret, struct err *err)
{
    AUTO(buf) struct buf transcript = {0};
    AUTO(buf) struct buf covers = {0};
    struct digest_plan plan = {0};
    buf_init(&transcript, LIMIT_JSON_BYTES);
    buf_init(&covers, LIMIT_JSON_BYTES);
    int result = count_older(source, limits, a, &plan.count, err);
    if (result == 0 && plan.count > 0) {
        result = write_transcript(source, &plan.count, a, &transcript, err);
    }
    if (result == 0) {
        result = buf_finish(&transcript, "transcript", err);
    }
    if (result == 0) {
        result = write_covers(source, plan.count, a, &covers, err);
    }
    if (result < 0) {
        return result;
    }
    plan.transcript = buf_to_arena(&transcript, a);
    plan.covers = buf_to_arena(&covers, a);
    if (!plan.transcript.ptr || !plan.covers.ptr) {
        return err_nomem(err);
    }
    *ret = plan;
    return 0;
}

int
digest_text(struct str answer, struct arena *a, struct str *ret, struct err *err)
{
    struct str text = utf8_for_terminal(a, answer);
    if (a->starved) {
        return err_nomem(err);
    }
    text = str_trim(utf8_cut(str_trim(text), DIGEST_TEXT_MAX));
    if (text.len == 0) {
        return err_set(err, ERR_INVALID, "digest: the model's summary says nothing");
    }
    *ret = arena_str(a, text);
    return ret->ptr ? 0 : err_nomem(err);
}
