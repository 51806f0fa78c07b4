#include "desk/brief.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/message.h"
#include "base/must.h"
#include "io/loop.h"
#include "model/model.h"
#include "prompt/prompt.h"
#include "store/store.h"

enum { WAITING_MAX = 32 };

struct brief {
    struct briefs *owner;
    int64_t number;
    struct arena arena;
    struct ticket_row ticket;
    struct brief_source source;
    struct store_request request;
    bool storing; /* the database has REQUEST */
    struct message asked;
    struct block block;
    struct model_request model_request;
    struct model_call *call;
    struct buf answer;
    struct model_call_row row; /* what it took */
    struct str summary;        /* empty: nothing usable came */
    bool written;
};

struct briefs {
    struct briefs_parts parts;
    int64_t waiting[WAITING_MAX];
    size_t waiting_count;
    struct brief *now; /* the one under way, or NULL */
    struct loop_task next;
    bool next_posted;
    bool closing;
};

static void
brief_free(struct brief *b)
{
    if (b) {
        buf_done(&b->answer);
        arena_done(&b->arena);
        mem_free(b);
    }
}

static void
take_next_soon(struct briefs *all)
{
    if (!all->next_posted && !all->closing) {
        all->next_posted = true;
        loop_post(all->parts.loop, &all->next);
    }
}

/* Over, one way or the other. A brief nobody got is worth a line in the log and nothing more. */
static void
finish(struct brief *b, const struct err *err)
{
    struct briefs *all = b->owner;
    int64_t number = b->number;
    bool written = b->written;
    if (err) {
        log_err(LOG_WARN, "brief", b->ticket.conversation, err);
    }
    all->now = NULL;
    brief_free(b);
    take_next_soon(all);
    if (all->parts.finished && !all->closing) {
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
    int result = b->row.id.ptr ? store_model_call_add(tx, &b->row, err) : err_nomem(err);
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
on_text(void *arg, struct str delta)
{
    struct brief *b = arg;
    buf_add(&b->answer, delta);
}

static void
on_retracted(void *arg)
{
    struct brief *b = arg;
    buf_clear(&b->answer);
}

static void
on_answered(void *arg, int result, const struct model_reply *reply, const struct err *err)
{
    struct brief *b = arg;
    struct err check_err = {0};
    size_t refused = 0;
    b->call = NULL;
    if (result < 0) {
        finish(b, err);
        return;
    }
    buf_clear(&b->answer);
    for (size_t i = 0; i < reply->part_count; i++) {
        if (reply->parts[i].kind == MODEL_PART_TEXT) {
            buf_add(&b->answer, reply->parts[i].text);
        }
    }
    b->row.outcome = STR("ok");
    b->row.model = arena_str(&b->arena, reply->model);
    b->row.stop_reason = str_c(model_stop_name(reply->stop));
    b->row.input_tokens = reply->usage.input_tokens;
    b->row.output_tokens = reply->usage.output_tokens;
    b->row.cached_tokens = reply->usage.cached_tokens;
    b->row.written_tokens = reply->usage.written_tokens;
    result = buf_finish(&b->answer, "the model's summary", &check_err);
    if (result == 0) {
        result = brief_check(buf_str(&b->answer), &b->source, &b->arena, &b->summary, &refused,
                             &check_err);
    }
    if (result < 0) {
        log_err(LOG_WARN, "brief", b->ticket.conversation, &check_err);
        b->summary = (struct str){0};
    }
    run_body(b, store_brief, on_stored, true);
}

/* The desk's variables with the two of the prompt. */
static int
fill_prompt(struct brief *b, struct str *ret, struct err *err)
{
    AUTO(buf) struct buf text = {0};
    struct js_out out;
    struct js *vars = NULL;
    struct js_member member;
    struct str transcript;
    buf_init(&text, LIMIT_REPLY_BYTES);
    js_out_init(&out, &text);
    int result = brief_transcript(&b->source, &b->arena, &transcript, err);
    if (result == 0) {
        result = js_parse_object(b->owner->parts.vars, "variables", &b->arena, &vars, err);
    }
    if (result < 0) {
        return result;
    }
    js_begin_object(&out);
    for (struct js_iter it = js_iter(vars); js_next(&it, &member);) {
        js_key(&out, member.key);
        js_add_value(&out, member.value);
    }
    js_put_str(&out, "reason", b->ticket.reason);
    js_put_str(&out, "transcript", transcript);
    js_end_object(&out);
    result = buf_finish(&text, "variables", err);
    const struct prompt_values values = {.offered = buf_str(&text)};
    return result == 0 ? prompt_fill(b->owner->parts.prompt, &values, &b->arena, ret, err) : result;
}

static int
ask(struct brief *b, struct err *err)
{
    static const struct model_events events = {on_text, on_retracted, on_answered};
    struct str system;
    int result = fill_prompt(b, &system, err);
    if (result < 0) {
        return result;
    }
    if (!block_text(&b->arena, STR("Write the note now."), &b->block)) {
        return err_nomem(err);
    }
    b->asked = (struct message){.role = ROLE_USER, .blocks = &b->block, .count = 1};
    b->model_request = (struct model_request){.turn = STR("brief"),
                                              .conversation = b->ticket.conversation,
                                              .system = system,
                                              .messages = &b->asked,
                                              .message_count = 1};
    return model_start(b->owner->parts.model, &b->model_request, &events, b, &b->call, err);
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
    result = store_message_list(tx, b->ticket.conversation, 0, 0, &b->arena, &messages,
                                &b->source.message_count, err);
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
    struct err ask_err = {0};
    b->storing = false;
    b->row = (struct model_call_row){
        .conversation = b->ticket.conversation,
        .started_at = clock_wall_ms(clock_real()),
    };
    if (result != 0 || b->owner->closing) {
        finish(b, result < 0 ? err : NULL);
    } else if (ask(b, &ask_err) < 0) {
        finish(b, &ask_err);
    }
}

static void
take_next(struct loop_task *task)
{
    struct briefs *all = OWNER_OF(task, struct briefs, next);
    all->next_posted = false;
    if (all->now || all->waiting_count == 0) {
        return;
    }
    struct brief *b = mem_zero(1, sizeof(*b));
    if (!b) {
        return; /* the extractive summary stands */
    }
    b->owner = all;
    b->number = all->waiting[0];
    all->waiting_count--;
    for (size_t i = 0; i < all->waiting_count; i++) {
        all->waiting[i] = all->waiting[i + 1];
    }
    buf_init(&b->answer, LIMIT_REPLY_BYTES);
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
    all->next.fn = take_next;
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
    all->closing = true;
    if (all->next_posted) {
        loop_unpost(all->parts.loop, &all->next);
    }
    while (all->now && all->now->storing && loop_step(all->parts.loop, 100, &ignored) == 0) {
    }
    if (all->now && all->now->call) {
        model_cancel(all->now->call);
    }
    brief_free(all->now);
    mem_free(all);
}

void
briefs_want(struct briefs *all, int64_t number)
{
    bool known = all->now && all->now->number == number;
    for (size_t i = 0; i < all->waiting_count; i++) {
        known = known || all->waiting[i] == number;
    }
    if (!known && all->waiting_count < WAITING_MAX) {
        all->waiting[all->waiting_count++] = number;
        take_next_soon(all);
    }
}

size_t
briefs_active(const struct briefs *all)
{
    return all->waiting_count + (all->now ? 1 : 0);
}
