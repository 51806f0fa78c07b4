#include "memory/digest.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/lineup.h"
#include "model/errand.h"
#include "prompt/prompt.h"
#include "store/call_book.h"

struct digest {
    struct digests *owner;
    const struct lineup_item *item; /* the conversation, and what its window takes */
    struct arena arena;
    struct memory_source source;
    struct digest_plan plan;
    struct store_request request;
    bool storing; /* the database has REQUEST */
    struct errand errand;
    struct model_call_row call_row; /* what it took */
    struct digest_row row;          /* its text empty: nothing usable came */
    bool written;
};

struct digests {
    struct digests_parts parts;
    struct lineup lineup;
    struct digest *now; /* the one under way, or NULL */
};

static void
digest_free(struct digest *d)
{
    if (d) {
        errand_cancel(&d->errand);
        arena_done(&d->arena);
        mem_free(d);
    }
}

/* Without a digest the conversation goes on as well: nothing to trouble anybody with. */
static void
log_failure(const struct digest *d, const struct err *err)
{
    log_err(LOG_INFO, "digest", str_c(d->item->name), err);
}

/* Over, one way or the other. */
static void
finish(struct digest *d, const struct err *err)
{
    struct digests *all = d->owner;
    struct lineup_item item = *d->item;
    bool written = d->written;
    if (err) {
        log_failure(d, err);
    }
    all->now = NULL;
    digest_free(d);
    lineup_over(&all->lineup);
    if (all->parts.finished && !all->lineup.closed) {
        all->parts.finished(all->parts.arg, str_c(item.name), written);
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
    int result = d->call_row.id.ptr ? call_book_record(d->owner->parts.book, tx, &d->call_row, err)
                                    : err_nomem(err);
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
take_usage(struct digest *d, const struct model_reply *reply)
{
    struct model_call_row *row = &d->call_row;
    row->outcome = STR("ok");
    row->model = arena_str(&d->arena, reply->model);
    row->error = arena_str(&d->arena, reply->note);
    row->stop_reason = str_c(model_stop_name(reply->stop));
    row->input_tokens = reply->usage.input_tokens;
    row->output_tokens = reply->usage.output_tokens;
    row->cached_tokens = reply->usage.cached_tokens;
    row->written_tokens = reply->usage.written_tokens;
}

/* The call is recorded whatever came of it. */
static void
on_answered(void *arg, int result, struct str text, const struct model_reply *reply,
            const struct err *err)
{
    struct digest *d = arg;
    struct err text_err = {0};
    if (reply) {
        take_usage(d, reply);
    } else {
        d->call_row.outcome = STR("error");
        d->call_row.error = arena_str(&d->arena, str_c(err->message));
    }
    if (result == 0) {
        result = digest_text(text, &d->arena, &d->row.text, &text_err);
        err = &text_err;
    }
    if (result < 0) {
        log_failure(d, err);
        d->row.text = (struct str){0};
    }
    d->row.model = d->call_row.model;
    run_body(d, store_digest, on_stored, true);
}

static void
ask(struct digest *d)
{
    struct err err = {0};
    const struct digests_parts *parts = &d->owner->parts;
    const struct digest_row *before = d->source.digest;
    struct errand_order order = {
        .name = "digest", .conversation = d->row.conversation, .words = "Write the summary now."};
    const struct prompt_values values = {
        .offered = parts->vars,
        .named = {{STR("previous"), before ? before->text : STR("")},
                  {STR("transcript"), d->plan.transcript}},
    };
    int result = prompt_fill(parts->prompt, &values, &d->arena, &order.system, &err);
    if (result < 0) {
        finish(d, &err);
        return;
    }
    result = errand_start(&d->errand, parts->model, &order, &d->arena, on_answered, d, &err);
    d->call_row.estimated_tokens = d->errand.estimated_tokens;
    if (result < 0) {
        on_answered(d, result, (struct str){0}, NULL, &err);
    }
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static int
read_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct digest *d = arg;
    const struct digests_parts *parts = &d->owner->parts;
    const struct memory_limits limits = {
        .messages = parts->messages,
        .tokens = d->item->number,
        .result_bytes = parts->result_bytes,
    };
    arena_clear(&d->arena);
    int result = call_book_allows(parts->book, tx, str_c(d->item->name), err);
    if (result == 0) {
        result = memory_read(tx, str_c(d->item->name), 0, &d->arena, &d->source, err);
    }
    if (result == 0) {
        result = digest_plan(&d->source, &limits, &d->arena, &d->plan, err);
    }
    return result == 0 && d->plan.count == 0 ? STORE_NONE : result;
}

static void
on_read(void *arg, int result, const struct err *err)
{
    struct digest *d = arg;
    d->storing = false;
    if (result != 0 || d->owner->lineup.closed) {
        finish(d, result < 0 ? err : NULL);
        return;
    }
    const struct message_row *rows = d->source.rows;
    struct str conversation = str_c(d->item->name);
    d->row = (struct digest_row){
        .conversation = conversation,
        .to_seq = rows[d->plan.count - 1].seq,
        .covers = d->plan.covers,
    };
    d->call_row = (struct model_call_row){
        .conversation = conversation,
        .model = model_name(d->owner->parts.model),
        .started_at = clock_wall_ms(clock_real()),
        .seen_from = rows[0].seq,
        .digest = d->source.digest ? d->source.digest->id : (struct str){0},
    };
    ask(d);
}

static void
begin(struct lineup *lineup, const struct lineup_item *item)
{
    struct digests *all = OWNER_OF(lineup, struct digests, lineup);
    struct digest *d = mem_zero(1, sizeof(*d));
    if (!d) {
        lineup_over(lineup); /* the next turn asks again */
        return;
    }
    d->owner = all;
    d->item = item;
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
    lineup_init(&all->lineup, parts->loop, begin);
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
    lineup_close(&all->lineup);
    while (all->now && all->now->storing && loop_step(all->parts.loop, 100, &ignored) == 0) {
    }
    digest_free(all->now);
    mem_free(all);
}

void
digests_want(struct digests *all, struct str conversation, int64_t tokens)
{
    lineup_add(&all->lineup, conversation, tokens);
}

size_t
digests_active(const struct digests *all)
{
    return lineup_count(&all->lineup);
}
