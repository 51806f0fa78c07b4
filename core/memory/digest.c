#include "memory/digest.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "io/loop.h"
#include "memory/preview.h"
#include "model/estimate.h"
#include "model/model.h"
#include "prompt/prompt.h"
#include "store/store.h"

enum { WAITING_MAX = 32, CONVERSATION_MAX = 64 };

struct wanted {
    char conversation[CONVERSATION_MAX + 1];
    int64_t tokens;
};

struct digest {
    struct digests *owner;
    struct wanted wanted;
    struct arena arena;
    struct memory_source source;
    struct digest_plan plan;
    struct store_request request;
    bool storing; /* the database has REQUEST */
    struct message asked;
    struct block block;
    struct model_request model_request;
    struct model_call *call;
    struct buf answer;
    struct model_call_row call_row; /* what it took */
    struct digest_row row;          /* its text empty: nothing usable came */
    bool written;
};

struct digests {
    struct digests_parts parts;
    struct wanted waiting[WAITING_MAX];
    size_t waiting_count;
    struct digest *now; /* the one under way, or NULL */
    struct loop_task next;
    bool next_posted;
    bool closing;
};

static void
digest_free(struct digest *d)
{
    if (d) {
        buf_done(&d->answer);
        arena_done(&d->arena);
        mem_free(d);
    }
}

static void
take_next_soon(struct digests *all)
{
    if (!all->next_posted && !all->closing) {
        all->next_posted = true;
        loop_post(all->parts.loop, &all->next);
    }
}

/* Over, one way or the other. A digest that did not come is worth a line in the log. */
static void
finish(struct digest *d, const struct err *err)
{
    struct digests *all = d->owner;
    struct wanted wanted = d->wanted;
    bool written = d->written;
    if (err) {
        log_err(LOG_WARN, "digest", str_c(wanted.conversation), err);
    }
    all->now = NULL;
    digest_free(d);
    take_next_soon(all);
    if (all->parts.finished && !all->closing) {
        all->parts.finished(all->parts.arg, str_c(wanted.conversation), written);
    }
}

/* ---- Storing ---------------------------------------------------------------------------------*/

/* The call is recorded in any case; the digest only while none that reaches as far was written by
 * another process. */
static int
store_digest(struct store_tx *tx, void *arg, struct err *err)
{
    struct digest *d = arg;
    struct digest_row newest = {0};
    AUTO(arena) struct arena arena = {0};
    d->written = false;
    d->call_row.id = store_new_id(tx, 'k', &arena);
    d->call_row.ended_at = store_now(tx);
    int result = d->call_row.id.ptr ? store_model_call_add(tx, &d->call_row, err) : err_nomem(err);
    if (result == 0 && d->row.text.len) {
        result = store_digest_newest(tx, d->row.conversation, &arena, &newest, err);
    }
    if (result < 0 || d->row.text.len == 0 || newest.to_seq >= d->row.to_seq) {
        return result < 0 ? result : 0;
    }
    d->row.id = store_new_id(tx, 'd', &arena);
    d->row.at = store_now(tx);
    result = d->row.id.ptr ? store_digest_add(tx, &d->row, err) : err_nomem(err);
    d->written = result == 0;
    return result;
}

static void
on_stored(void *arg, int result, const struct err *err)
{
    struct digest *d = arg;
    d->storing = false;
    d->written = d->written && result == 0;
    finish(d, result < 0 ? err : NULL);
}

static void
run_body(struct digest *d, store_body body, store_done done, bool write)
{
    d->request = (struct store_request){.body = body, .done = done, .arg = d};
    d->storing = true;
    if (write) {
        store_write(d->owner->parts.store, &d->request);
    } else {
        store_read(d->owner->parts.store, &d->request);
    }
}

/* ---- Asking ----------------------------------------------------------------------------------*/

static void
on_text(void *arg, struct str delta)
{
    struct digest *d = arg;
    buf_add(&d->answer, delta);
}

static void
on_retracted(void *arg)
{
    struct digest *d = arg;
    buf_clear(&d->answer);
}

static void
take_usage(struct digest *d, const struct model_reply *reply)
{
    const struct digests_parts *parts = &d->owner->parts;
    struct model_call_row *row = &d->call_row;
    row->outcome = STR("ok");
    row->model = arena_str(&d->arena, reply->model);
    row->stop_reason = str_c(model_stop_name(reply->stop));
    row->input_tokens = reply->usage.input_tokens;
    row->output_tokens = reply->usage.output_tokens;
    row->cached_tokens = reply->usage.cached_tokens;
    row->written_tokens = reply->usage.written_tokens;
    if (parts->cost) {
        row->micros = parts->cost(parts->cost_arg, row->model, &reply->usage);
    }
}

static void
on_answered(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct digest *d = arg;
    struct err text_err = {0};
    d->call = NULL;
    if (result < 0) {
        finish(d, err);
        return;
    }
    buf_clear(&d->answer);
    for (size_t i = 0; i < reply->part_count; i++) {
        if (reply->parts[i].kind == MODEL_PART_TEXT) {
            buf_add(&d->answer, reply->parts[i].text);
        }
    }
    take_usage(d, reply);
    result = buf_finish(&d->answer, "the model's summary", &text_err);
    if (result == 0) {
        result = digest_text(buf_str(&d->answer), &d->arena, &d->row.text, &text_err);
    }
    if (result < 0) {
        log_err(LOG_WARN, "digest", d->row.conversation, &text_err);
        d->row.text = (struct str){0};
    }
    d->row.model = d->call_row.model;
    run_body(d, store_digest, on_stored, true);
}

/* The desk's variables with the two of the prompt. */
static int
fill_prompt(struct digest *d, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text = {0};
    struct js_out out;
    struct js *vars = NULL;
    struct js_member member;
    buf_init(&text, LIMIT_REPLY_BYTES);
    js_out_init(&out, &text);
    int result = js_parse_object(d->owner->parts.vars, "variables", &d->arena, &vars, err);
    if (result < 0) {
        return result;
    }
    js_begin_object(&out);
    for (struct js_iter it = js_iter(vars); js_next(&it, &member);) {
        js_key(&out, member.key);
        js_add_value(&out, member.value);
    }
    js_put_str(&out, "previous", d->source.digest ? d->source.digest->text : STR(""));
    js_put_str(&out, "transcript", d->plan.transcript);
    js_end_object(&out);
    result = buf_finish(&text, "variables", err);
    const struct prompt_values values = {.offered = buf_str(&text)};
    return result == 0 ? prompt_fill(d->owner->parts.prompt, &values, &d->arena, ret, err) : result;
}

static int
ask(struct digest *d, struct err *err)
{
    static const struct model_events events = {on_text, on_retracted, on_answered};
    struct str system;
    int result = fill_prompt(d, &system, err);
    if (result < 0) {
        return result;
    }
    if (!block_text(&d->arena, STR("Write the summary now."), &d->block)) {
        return err_nomem(err);
    }
    d->asked = (struct message){.role = ROLE_USER, .blocks = &d->block, .count = 1};
    d->model_request = (struct model_request){.turn = STR("digest"),
                                              .conversation = d->row.conversation,
                                              .system = system,
                                              .messages = &d->asked,
                                              .message_count = 1};
    d->call_row.estimated_tokens = estimate_request(&d->model_request);
    return model_start(d->owner->parts.model, &d->model_request, &events, d, &d->call, err);
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static int
read_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct digest *d = arg;
    const struct digests_parts *parts = &d->owner->parts;
    const struct memory_limits limits = {
        .messages = parts->messages,
        .tokens = d->wanted.tokens,
        .result_bytes = parts->result_bytes,
    };
    arena_clear(&d->arena);
    int result = memory_read(tx, str_c(d->wanted.conversation), 0, &d->arena, &d->source, err);
    if (result == 0) {
        result = digest_plan(&d->source, &limits, &d->arena, &d->plan, err);
    }
    return result == 0 && d->plan.count == 0 ? STORE_NONE : result;
}

static void
on_read(void *arg, int result, const struct err *err)
{
    struct digest *d = arg;
    struct err ask_err = {0};
    d->storing = false;
    if (result != 0 || d->owner->closing) {
        finish(d, result < 0 ? err : NULL);
        return;
    }
    const struct message_row *rows = d->source.rows;
    struct str conversation = str_c(d->wanted.conversation);
    d->row = (struct digest_row){
        .conversation = conversation,
        .to_seq = rows[d->plan.count - 1].seq,
        .covers = d->plan.covers,
    };
    d->call_row = (struct model_call_row){
        .conversation = conversation,
        .started_at = clock_wall_ms(clock_real()),
        .seen_from = rows[0].seq,
        .digest = d->source.digest ? d->source.digest->id : (struct str){0},
    };
    if (ask(d, &ask_err) < 0) {
        finish(d, &ask_err);
    }
}

static void
take_next(struct loop_task *task)
{
    struct digests *all = OWNER_OF(task, struct digests, next);
    all->next_posted = false;
    if (all->now || all->waiting_count == 0) {
        return;
    }
    struct digest *d = mem_zero(1, sizeof(*d));
    if (!d) {
        return; /* the next turn asks again */
    }
    d->owner = all;
    d->wanted = all->waiting[0];
    all->waiting_count--;
    memmove(all->waiting, all->waiting + 1, all->waiting_count * sizeof(all->waiting[0]));
    buf_init(&d->answer, LIMIT_REPLY_BYTES);
    all->now = d;
    run_body(d, read_body, on_read, false);
}

/* ---- The set ---------------------------------------------------------------------------------*/

int
digests_new(const struct digests_parts *parts, struct digests **ret, struct err *err)
{
    struct digests *all = mem_zero(1, sizeof(*all));
    if (!all) {
        return err_nomem(err);
    }
    all->parts = *parts;
    all->next.fn = take_next;
    *ret = all;
    return 0;
}

void
digests_free(struct digests *all)
{
    struct err ignored = {0};
    if (!all) {
        return;
    }
    all->closing = true;
    if (all->next_posted) {
        loop_unpost(all->parts.loop, &all->next);
    }
    while (all->now && all->now->storing && loop_step(all->parts.loop, 100, &ignored) == 0) {
    }
    if (all->now && all->now->call) {
        model_cancel(all->now->call);
    }
    digest_free(all->now);
    mem_free(all);
}

void
digests_want(struct digests *all, struct str conversation, int64_t tokens)
{
    bool known = all->now && str_eq_c(conversation, all->now->wanted.conversation);
    for (size_t i = 0; i < all->waiting_count; i++) {
        known = known || str_eq_c(conversation, all->waiting[i].conversation);
    }
    if (known || conversation.len > CONVERSATION_MAX || all->waiting_count == WAITING_MAX) {
        return;
    }
    struct wanted *w = &all->waiting[all->waiting_count++];
    memcpy(w->conversation, conversation.ptr, conversation.len);
    w->conversation[conversation.len] = '\0';
    w->tokens = tokens;
    take_next_soon(all);
}

size_t
digests_active(const struct digests *all)
{
    return all->waiting_count + (all->now ? 1 : 0);
}
