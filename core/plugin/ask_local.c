#include "plugin/ask_local.h"

#include "base/arena.h"
#include "base/clock.h"
#include "io/handoff.h"
#include "plugin/call.h"
#include "plugin/instance.h"

enum { TOLD_MAX = 10000 }; /* on their way: the loop is stuck, or the plugin mad */

struct ask_local {
    struct handoff *handoff;
    atomic_uint told;
    struct plugin_asks asks;
};

/* A question on its way, with copies of all that it holds: its asker may be gone before it is
 * looked at. */
struct item {
    struct handoff_item item;
    struct ask_local *owner;
    struct plugin_ask ask;
    bool told;
    struct arena arena;
    struct ask_text text;
    struct ask_answer answer;
};

static struct item *
item_of(struct handoff_item *handed)
{
    return OWNER_OF(handed, struct item, item);
}

static void
release(struct handoff_item *handed)
{
    struct item *i = item_of(handed);
    if (i->told) {
        atomic_fetch_sub(&i->owner->told, 1);
    }
    arena_done(&i->arena);
    mem_free(i);
}

static void
answered(struct plugin_ask *ask, const struct ask_answer *answer)
{
    struct item *i = OWNER_OF(ask, struct item, ask);
    i->answer = *answer;
    i->answer.head = arena_str(&i->arena, answer->head);
    i->answer.body = arena_str(&i->arena, answer->body);
    if (!i->answer.head.ptr || !i->answer.body.ptr) {
        i->answer = (struct ask_answer){.failed = true};
    }
    handoff_answer(&i->item);
}

static void
arrive(struct handoff_item *handed)
{
    struct item *i = item_of(handed);
    struct plugin_asks *asks = &i->owner->asks;
    struct err err;
    struct js *head = NULL;
    bool sound = js_parse_object(i->text.head, "question", &i->arena, &head, &err) == 0;
    if (i->told) {
        int64_t value;
        (void)(sound && asks_tell(asks, NULL, i->text.ext, head, i->text.body, &value));
        return;
    }
    i->ask.head = head;
    i->ask.body = i->text.body;
    i->ask.answered = answered;
    if (!sound || !asks_begin(asks, &i->ask, i->text.ext)) {
        answered(&i->ask, &(struct ask_answer){.failed = true});
    }
}

static void
leave(struct handoff_item *handed)
{
    asks_drop(&item_of(handed)->ask);
}

int
ask_local_new(struct loop *l, const struct plugin_code *code, struct ask_local **ret,
              struct err *err)
{
    static const struct handoff_ops ops = {.arrive = arrive, .leave = leave, .release = release};
    struct ask_local *a = mem_zero(1, sizeof(*a));
    if (!a) {
        return err_nomem(err);
    }
    a->asks.code = code;
    int result = handoff_new(l, &ops, &a->handoff, err);
    if (result < 0) {
        mem_free(a);
        return result;
    }
    *ret = a;
    return 0;
}

void
ask_local_close(struct ask_local *a)
{
    handoff_close(a->handoff);
}

void
ask_local_free(struct ask_local *a)
{
    if (a) {
        handoff_free(a->handoff);
        mem_free(a);
    }
}

/* NULL when memory ran out. */
static struct item *
new_item(struct ask_local *a, const struct ask_text *text)
{
    struct item *i = mem_zero(1, sizeof(*i));
    if (!i) {
        return NULL;
    }
    i->owner = a;
    i->text.ext = arena_str(&i->arena, text->ext);
    i->text.head = arena_str(&i->arena, text->head);
    i->text.body = arena_str(&i->arena, text->body);
    if (i->arena.starved) {
        release(&i->item);
        return NULL;
    }
    return i;
}

/* The answer into the call's arena: the item's is freed. */
static int
take_answer(struct plugin_call *call, const struct item *i, struct ask_answer *ret)
{
    *ret = i->answer;
    ret->head = arena_str(&call->arena, i->answer.head);
    ret->body = arena_str(&call->arena, i->answer.body);
    call->untrusted = call->untrusted || i->ask.untrusted;
    return ret->head.ptr && ret->body.ptr ? 0 : ASK_FAILED;
}

int
ask_local_ask(struct plugin_call *call, const struct ask_text *text, struct ask_answer *ret)
{
    struct ask_local *a = call->asker;
    struct item *i = new_item(a, text);
    if (!i) {
        return ASK_FAILED;
    }
    i->ask.deadline_ms = call->abi.deadline_ms;
    i->ask.dry_run = (call->abi.flags & DH_CALL_DRY_RUN) != 0;
    i->ask.turn = arena_str(&i->arena, str_from_dh(call->abi.turn_id));
    bool got = handoff_ask(a->handoff, &i->item, call, &call->dead, call->abi.deadline_ms);
    int result = got ? take_answer(call, i, ret) : ASK_DEAD;
    handoff_let_go(&i->item);
    return result;
}

void
ask_local_tell(struct ask_local *a, const struct ask_text *text)
{
    struct item *i = atomic_load(&a->told) < TOLD_MAX ? new_item(a, text) : NULL;
    if (i) {
        i->told = true;
        atomic_fetch_add(&a->told, 1);
        handoff_tell(a->handoff, &i->item);
    }
}

void
ask_local_drop(struct ask_local *a, const struct plugin_call *call)
{
    handoff_drop(a->handoff, call);
}
