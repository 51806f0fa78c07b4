#include "desk/brief.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/lineup.h"
#include "model/errand.h"
#include "prompt/prompt.h"
#include "store/call_book.h"

struct brief {
    struct briefs *owner;
    int64_t number;
    struct arena arena;
    struct ticket_row ticket;
    struct brief_source source;
    struct store_request request;
    bool storing; /* the database has REQUEST */
    struct errand errand;
    struct model_call_row row; /* what it took */
    struct str summary;        /* empty: nothing usable came */
    bool written;
};

struct briefs {
    struct briefs_parts parts;
    struct lineup lineup;
    struct brief *now; /* the one under way, or NULL */
};

static void
brief_free(struct brief *b)
{
    if (b) {
        errand_cancel(&b->errand);
        arena_done(&b->arena);
        mem_free(b);
    }
}

/* The ticket has the extractive summary: nothing to trouble anybody with. */
static void
log_failure(const struct brief *b, const struct err *err)
{
    log_err(LOG_INFO, "brief", b->ticket.conversation, err);
}

/* Over, one way or the other. */
static void
finish(struct brief *b, const struct err *err)
{
    struct briefs *all = b->owner;
    int64_t number = b->number;
    bool written = b->written;
    if (err) {
        log_failure(b, err);
    }
    all->now = NULL;
    brief_free(b);
    lineup_over(&all->lineup);
    if (all->parts.finished && !all->lineup.closed) {
        all->parts.finished(all->parts.arg, number, written);
    }
}

/* ---- Storing ---------------------------------------------------------------------------------*/

/* Only over the extractive summary: what another process or a person wrote meanwhile stays. */
static int
store_brief(struct store_tx *tx, void *arg, struct err *err)
{
    struct brief *b = arg;
    struct ticket_row now;
    AUTO(arena) struct arena arena = {0};
    b->written = false;
    b->row.id = store_new_id(tx, 'k', &arena);
    b->row.ended_at = store_now(tx);
    int result =
        b->row.id.ptr ? call_book_record(b->owner->parts.book, tx, &b->row, err) : err_nomem(err);
    if (result == 0 && b->summary.len) {
        result = store_ticket_get(tx, b->number, &arena, &now, err);
    }
    if (result != 0 || b->summary.len == 0 || !str_eq(now.summary_by, STR("extractive"))) {
        return result < 0 ? result : 0;
    }
    now.summary = b->summary;
    now.summary_by = b->row.model;
    result = store_ticket_update(tx, &now, err);
    b->written = result == 0;
    return result;
}

static void
on_stored(void *arg, int result, const struct err *err)
{
    struct brief *b = arg;
    b->storing = false;
    finish(b, result < 0 ? err : NULL);
}

static void
run_body(struct brief *b, store_body body, store_done done, bool write)
{
    b->request = (struct store_request){.body = body, .done = done, .arg = b};
    b->storing = true;
    if (write) {
        store_write(b->owner->parts.store, &b->request);
    } else {
        store_read(b->owner->parts.store, &b->request);
    }
}

/* ---- Asking ----------------------------------------------------------------------------------*/

static void
take_usage(struct brief *b, const struct model_reply *reply)
{
    struct model_call_row *row = &b->row;
    row->outcome = STR("ok");
    row->model = arena_str(&b->arena, reply->model);
    row->error = arena_str(&b->arena, reply->note);
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
    struct brief *b = arg;
    struct err check_err = {0};
    size_t refused = 0;
    if (reply) {
        take_usage(b, reply);
    } else {
        b->row.outcome = STR("error");
        b->row.error = arena_str(&b->arena, str_c(err->message));
    }
    if (result == 0) {
        result = brief_check(text, &b->source, &b->arena, &b->summary, &refused, &check_err);
        err = &check_err;
    }
    if (result < 0) {
        log_failure(b, err);
        b->summary = (struct str){0};
    }
    run_body(b, store_brief, on_stored, true);
}

static void
ask(struct brief *b)
{
    struct err err = {0};
    const struct briefs_parts *parts = &b->owner->parts;
    struct errand_order order = {
        .name = "brief", .conversation = b->ticket.conversation, .words = "Write the note now."};
    struct prompt_values values = {
        .offered = parts->vars,
        .named = {{STR("reason"), b->ticket.reason}, {STR("transcript"), {0}}},
    };
    int result = brief_transcript(&b->source, &b->arena, &values.named[1].value, &err);
    if (result == 0) {
        result = prompt_fill(parts->prompt, &values, &b->arena, &order.system, &err);
    }
    if (result < 0) {
        finish(b, &err);
        return;
    }
    result = errand_start(&b->errand, parts->model, &order, &b->arena, on_answered, b, &err);
    b->row.estimated_tokens = b->errand.estimated_tokens;
    if (result < 0) {
        on_answered(b, result, (struct str){0}, NULL, &err);
    }
}

/* ---- Reading ---------------------------------------------------------------------------------*/

static int
read_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct brief *b = arg;
    struct message_row *messages = NULL;
    struct tool_call_row *calls = NULL;
    arena_clear(&b->arena);
    int result = store_ticket_get(tx, b->number, &b->arena, &b->ticket, err);
    if (result != 0 || !str_eq(b->ticket.summary_by, STR("extractive"))) {
        return result < 0 ? result : STORE_NONE;
    }
    result = call_book_allows(b->owner->parts.book, tx, b->ticket.conversation, err);
    if (result == 0) {
        result = store_message_list(tx, b->ticket.conversation, 0, 0, &b->arena, &messages,
                                    &b->source.message_count, err);
    }
    if (result == 0) {
        result = store_tool_call_list(tx, b->ticket.conversation, STR(""), &b->arena, &calls,
                                      &b->source.call_count, err);
    }
    b->source.messages = messages;
    b->source.calls = calls;
    return result;
}

static void
on_read(void *arg, int result, const struct err *err)
{
    struct brief *b = arg;
    b->storing = false;
    b->row = (struct model_call_row){
        .conversation = b->ticket.conversation,
        .model = model_name(b->owner->parts.model),
        .started_at = clock_wall_ms(clock_real()),
    };
    if (result != 0 || b->owner->lineup.closed) {
        finish(b, result < 0 ? err : NULL);
    } else {
        ask(b);
    }
}

static void
begin(struct lineup *lineup, const struct lineup_item *item)
{
    struct briefs *all = OWNER_OF(lineup, struct briefs, lineup);
    struct brief *b = mem_zero(1, sizeof(*b));
    if (!b) {
        lineup_over(lineup); /* the extractive summary stands */
        return;
    }
    b->owner = all;
    b->number = item->number;
    all->now = b;
    run_body(b, read_body, on_read, false);
}

/* ---- The set ---------------------------------------------------------------------------------*/

int
briefs_new(const struct briefs_parts *parts, struct briefs **ret, struct err *err)
{
    struct briefs *all = mem_zero(1, sizeof(*all));
    if (!all) {
        return err_nomem(err);
    }
    all->parts = *parts;
    lineup_init(&all->lineup, parts->loop, begin);
    *ret = all;
    return 0;
}

void
briefs_free(struct briefs *all)
{
    struct err ignored = {0};
    if (!all) {
        return;
    }
    lineup_close(&all->lineup);
    while (all->now && all->now->storing && loop_step(all->parts.loop, 100, &ignored) == 0) {
    }
    brief_free(all->now);
    mem_free(all);
}

void
briefs_want(struct briefs *all, int64_t number)
{
    char name[24];
    (void)snprintf(name, sizeof(name), "%" PRId64, number);
    lineup_add(&all->lineup, str_c(name), number);
}

size_t
briefs_active(const struct briefs *all)
{
    return lineup_count(&all->lineup);
}
