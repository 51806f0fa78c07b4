/* One attempt at one server: begun, its text handed on, and what its end means. */
#include <stdint.h>

#include "base/must.h"
#include "model/route_call.h"

static bool
may_continue(const struct route_entry *entry)
{
    const struct provider *p = entry->provider;
    return p->ops->continues && p->ops->continues(p);
}

/* Nothing but CONTINUE keeps what was shown. */
static bool
take_failure(struct route_call *c, const struct failure *f)
{
    const struct route_entry *entry = route_entry_of(c);
    struct str partial = route_text_partial(&c->text);
    const struct retry_case case_ = {
        .failure = f,
        .spent_ms = route_spent(c),
        .continuable = partial.len > 0 && may_continue(entry),
    };
    struct retry_decision d =
        retry_decide(&c->retry, &entry->rules, &case_, &c->route->parts.random);
    if (d.action == RETRY_CONTINUE) {
        route_text_continue(&c->text);
        c->asked.partial = partial;
    } else {
        route_text_withdraw(&c->text);
        c->asked.partial = (struct str){0};
    }
    if (d.action == RETRY_AGAIN || d.action == RETRY_CONTINUE) {
        route_words_again(&c->words, &f->err);
        route_wait(c, d.after_ms);
        return true;
    }
    if (d.action == RETRY_NEXT) {
        return route_leave_entry(c, &f->err);
    }
    route_words_add(&c->words, entry->name, &f->err);
    c->at = c->route->count - 1; /* nobody is asked after this one */
    return false;
}

static void
on_text(void *arg, struct str delta)
{
    struct route_call *c = arg;
    MUST_MAGIC(c, ROUTE_CALL_MAGIC);
    delta = route_text_add(&c->text, delta, may_continue(route_entry_of(c)));
    if (delta.len) {
        c->events->text(c->arg, delta);
    }
}

static int64_t
between(int64_t count, int64_t most)
{
    return count < 0 ? 0 : count > most ? most : count;
}

/* What the server counted, who may say anything. */
static struct model_usage
sane(const struct model_usage *said)
{
    struct model_usage u = {
        .input_tokens = between(said->input_tokens, MODEL_TOKENS_MAX),
        .output_tokens = between(said->output_tokens, MODEL_TOKENS_MAX),
    };
    u.cached_tokens = between(said->cached_tokens, u.input_tokens);
    u.written_tokens = between(said->written_tokens, u.input_tokens - u.cached_tokens);
    return u;
}

static void
take_reply(struct route_call *c, const struct model_reply *reply)
{
    AUTO(arena) struct arena arena = {0};
    struct model_reply joined;
    struct err err = {0};
    int result = route_text_join(&c->text, reply, &arena, &joined, &err);
    joined.model = route_entry_of(c)->name;
    joined.usage = sane(&reply->usage);
    /* Without memory for it the reply is as good. */
    joined.note =
        route_words_note(&c->words, c->route->entries[c->first].name, joined.model, &arena);
    c->events->done(c->arg, result, result == 0 ? &joined : NULL, result == 0 ? NULL : &err);
    route_release(c);
}

/* Did the server do the work, so that it counts against our tokens, before it failed? */
static bool
was_worked_on(enum failure_kind kind)
{
    return kind == FAILURE_CUT || kind == FAILURE_TIMEOUT || kind == FAILURE_ONCE;
}

static void
settle(struct route_call *c, const struct attempt_end *end)
{
    const struct route_entry *entry = route_entry_of(c);
    struct model_usage usage = end->reply ? sane(&end->reply->usage) : (struct model_usage){0};
    int64_t tokens = usage.input_tokens + usage.output_tokens;
    if (entry->quota && (end->reply ? tokens > 0 : !was_worked_on(end->failure->kind))) {
        quota_settle(entry->quota, &c->place, tokens);
    }
    if (entry->breaker && end->reply) {
        breaker_succeeded(entry->breaker, c->pass);
    } else if (entry->breaker) {
        breaker_failed(entry->breaker, c->pass, end->failure);
    }
}

static void
on_done(void *arg, const struct attempt_end *end)
{
    struct route_call *c = arg;
    MUST_MAGIC(c, ROUTE_CALL_MAGIC);
    must(c->state == ROUTE_ASKING);
    c->attempt = NULL;
    c->state = ROUTE_DECIDING;
    settle(c, end);
    if (end->reply) {
        take_reply(c, end->reply);
        return;
    }
    bool shown = c->text.shown;
    route_after_step(c, shown, take_failure(c, end->failure));
}

bool
route_ask(struct route_call *c)
{
    static const struct attempt_events events = {on_text, on_done};
    const struct route_entry *entry = route_entry_of(c);
    struct provider *p = entry->provider;
    struct err err = {0};
    c->pass = entry->breaker ? breaker_enter(entry->breaker) : BREAKER_PASSED;
    must(c->pass != BREAKER_REFUSED);
    c->state = ROUTE_ASKING;
    if (p->ops->start(p, &c->asked, &events, c, &c->attempt, &err) == 0) {
        return true;
    }
    struct failure failure = {0};
    failure_from_err(&failure, &err);
    c->state = ROUTE_DECIDING;
    if (entry->breaker) {
        breaker_left(entry->breaker, c->pass);
    }
    if (entry->quota) {
        quota_give_back(entry->quota, &c->place);
    }
    return take_failure(c, &failure);
}
