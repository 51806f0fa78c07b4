#include "conversation_memory.h"

#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/message.h"
#include "config/config.h"
#include "desk/record.h"
#include "memory/memory.h"
#include "memory/preview.h"
#include "model/estimate.h"
#include "store/store.h"
#include "term.h"
#include "transcript.h"

/* What would be seen now. */
struct sight {
    struct str conversation;
    struct memory_limits limits;
    struct arena *arena;
    struct memory_view view;
    struct digest_row digest; /* its id empty: none */
};

static int
look(struct store_tx *tx, void *arg, struct err *err)
{
    struct sight *s = arg;
    struct memory_source source;
    int result = memory_read(tx, s->conversation, s->limits.messages, s->arena, &source, err);
    s->digest = (struct digest_row){0};
    if (result == 0) {
        result = memory_from_rows(&source, &s->limits, s->arena, &s->view, err);
    }
    if (result == 0 && source.digest) {
        s->digest = *source.digest;
    }
    return result;
}

static int64_t
covered(const struct digest_row *digest)
{
    AUTO(arena) struct arena arena = {0};
    struct err ignored = {0};
    struct js *ids = NULL;
    return js_parse(digest->covers, &arena, &ids, &ignored) == 0 ? (int64_t)js_count(ids) : 0;
}

/* memory.tokens, or three quarters of what the model takes, as the engine has it. */
static int
budget(struct app *app, int64_t *ret, struct err *err)
{
    struct js *models = NULL;
    const struct config *config = app->config;
    int result = js_parse(config_json(config, "models"), &app->arena, &models, err);
    if (result < 0) {
        return err_wrap(err, "models");
    }
    const struct js *model = js_get(models, config_text(config, "model"));
    int64_t context = js_get_int(model, "context_tokens", 0) / 4 * 3;
    int64_t tokens = config_int(config, "memory.tokens");
    *ret = context > 0 && context < tokens ? context : tokens;
    return 0;
}

/* ---- As a person reads it --------------------------------------------------------------------*/

static struct str
number(struct arena *arena, int64_t n)
{
    return arena_printf(arena, "%" PRId64, n);
}

static struct str
money(struct arena *arena, int64_t micros, struct str currency)
{
    return micros > 0
               ? arena_printf(arena, "%.4f %" STR_FMT, (double)micros / 1e6, STR_ARG(currency))
               : STR("-");
}

static int
print_calls(struct app *app, const struct record *r, struct err *err)
{
    static const char *const headings[] = {"time",      "for", "model",  "from message", "digest",
                                           "estimated", "in",  "cached", "out",          "cost"};
    struct str currency = config_text(app->config, "model.currency");
    struct arena *a = &app->arena;
    struct term_table table;
    term_table_init(&table, a, headings, 10);
    for (size_t i = 0; i < r->model_call_count; i++) {
        const struct model_call_row *c = &r->model_calls[i];
        char at[TRANSCRIPT_TIME];
        transcript_time(c->started_at, at);
        const struct str cells[] = {
            str_c(at),
            c->turn.len ? STR("turn") : STR("desk"),
            c->model,
            c->seen_from ? number(a, c->seen_from) : STR("-"),
            c->digest.len ? c->digest : STR("-"),
            number(a, c->estimated_tokens),
            number(a, c->input_tokens),
            number(a, c->cached_tokens),
            number(a, c->output_tokens),
            money(a, c->micros, currency),
        };
        term_table_add(&table, cells);
    }
    if (table.failed || a->starved) {
        return err_nomem(err);
    }
    if (r->model_call_count > 0) {
        term_table_print(&table);
    }
    return 0;
}

static int
print_block(const struct block *b, struct arena *a, struct err *err)
{
    struct str text = b->kind == BLOCK_TEXT ? b->text : b->raw;
    int result = 0;
    switch (b->kind) {
    case BLOCK_TEXT:
        break;
    case BLOCK_TOOL_USE:
        (void)printf("- calls ");
        term_text(stdout, b->name);
        (void)putchar(' ');
        text = b->json;
        break;
    case BLOCK_TOOL_RESULT:
        (void)printf(b->error ? "- result (error) " : "- result ");
        result = preview_text(b->json, a, &text, err);
        break;
    default:
        (void)printf("- ");
        break;
    }
    if (result == 0) {
        term_text(stdout, text);
        (void)putchar('\n');
    }
    return result;
}

static int
print_sight(const struct sight *s, struct err *err)
{
    const struct memory_view *v = &s->view;
    (void)printf("\na model would be sent now, some %" PRId64 " of %" PRId64 " tokens:\n",
                 v->tokens, s->limits.tokens);
    (void)printf("  messages from %" PRId64 " on", v->seen_from);
    if (s->digest.id.len) {
        (void)printf(", and a digest of the %" PRId64 " up to %" PRId64 " (", covered(&s->digest),
                     s->digest.to_seq);
        term_text(stdout, s->digest.id);
        (void)printf(", by ");
        term_text(stdout, s->digest.model);
        (void)printf(")");
    }
    if (v->previews) {
        (void)printf(", %zu of the results in part", v->previews);
    }
    (void)printf("\n");
    int result = 0;
    for (size_t i = 0; result == 0 && i < v->count; i++) {
        (void)printf("\n%s%s%s\n", term_style(stdout, TERM_BOLD), role_name(v->messages[i].role),
                     term_style(stdout, TERM_PLAIN));
        for (size_t b = 0; result == 0 && b < v->messages[i].count; b++) {
            result = print_block(&v->messages[i].blocks[b], s->arena, err);
        }
    }
    return result;
}

/* ---- As a program reads it -------------------------------------------------------------------*/

static void
write_calls(const struct record *r, struct arena *arena, struct js_out *out)
{
    js_key(out, STR("model_calls"));
    js_begin_array(out);
    for (size_t i = 0; i < r->model_call_count; i++) {
        const struct model_call_row *c = &r->model_calls[i];
        js_begin_object(out);
        js_put_str(out, "at", clock_to_arena(c->started_at, arena));
        js_put_str_or_null(out, "turn", c->turn);
        js_put_str(out, "model", c->model);
        js_put_str(out, "outcome", c->outcome);
        js_put_int(out, "seen_from", c->seen_from);
        js_put_str_or_null(out, "digest", c->digest);
        js_put_int(out, "estimated_tokens", c->estimated_tokens);
        js_put_int(out, "input_tokens", c->input_tokens);
        js_put_int(out, "cached_tokens", c->cached_tokens);
        js_put_int(out, "written_tokens", c->written_tokens);
        js_put_int(out, "output_tokens", c->output_tokens);
        if (c->micros > 0) {
            js_put_double(out, "cost", (double)c->micros / 1e6);
        } else {
            js_put_null(out, "cost");
        }
        js_end_object(out);
    }
    js_end_array(out);
}

static void
write_digest(const struct digest_row *d, struct arena *arena, struct js_out *out)
{
    if (d->id.len == 0) {
        js_put_null(out, "digest");
        return;
    }
    js_key(out, STR("digest"));
    js_begin_object(out);
    js_put_str(out, "id", d->id);
    js_put_int(out, "to_seq", d->to_seq);
    js_put_raw(out, "covers", d->covers);
    js_put_str(out, "text", d->text);
    js_put_str(out, "model", d->model);
    js_put_str(out, "at", clock_to_arena(d->at, arena));
    js_end_object(out);
}

static int
write_json(const struct record *r, const struct sight *s, struct str currency, struct err *err)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    const struct memory_view *v = &s->view;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_str(&out, "conversation", r->conversation.id);
    js_put_str(&out, "currency", currency);
    write_calls(r, s->arena, &out);
    js_key(&out, STR("now"));
    js_begin_object(&out);
    js_put_int(&out, "tokens", v->tokens);
    js_put_int(&out, "budget", s->limits.tokens);
    js_put_int(&out, "seen_from", v->seen_from);
    js_put_int(&out, "previews", (int64_t)v->previews);
    write_digest(&s->digest, s->arena, &out);
    js_key(&out, STR("messages"));
    js_begin_array(&out);
    for (size_t i = 0; i < v->count; i++) {
        const struct message *m = &v->messages[i];
        js_begin_object(&out);
        js_put_str(&out, "role", str_c(role_name(m->role)));
        js_put_raw(&out, "content", message_content_json(m->blocks, m->count, s->arena));
        js_end_object(&out);
    }
    js_end_array(&out);
    js_end_object(&out);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return s->arena->starved ? err_nomem(err) : term_output(&text, "memory", err);
}

int
conversation_memory_show(struct app *app, const struct record *record, bool json, struct err *err)
{
    const struct config *config = app->config;
    struct sight s = {
        .conversation = record->conversation.id,
        .limits =
            {
                .messages = (size_t)config_int(config, "memory.messages"),
                .result_bytes = (size_t)config_int(config, "memory.result_bytes"),
            },
        .arena = &app->arena,
    };
    int result = budget(app, &s.limits.tokens, err);
    if (result == 0) {
        s.limits.tokens -= estimate_text(record->prompt_text);
        result = store_read_wait(app->store, look, &s, err);
    }
    if (result < 0) {
        return result;
    }
    if (json) {
        return write_json(record, &s, config_text(config, "model.currency"), err);
    }
    result = print_calls(app, record, err);
    return result == 0 ? print_sight(&s, err) : result;
}
