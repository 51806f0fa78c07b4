/* Which calls want to be agreed to, and in what spelling, the judge says himself: it is asked the
 * same as in a turn, with a record in which nobody has agreed to anything. The approvals are
 * written when the customer's message is durable, before the model is asked. */
#include "approve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/must.h"
#include "tool/policy.h"

static int
count_use(void *arg, struct str id, int64_t by, int64_t expires, int64_t *ret, struct err *err)
{
    (void)arg;
    (void)id;
    (void)by;
    (void)expires;
    (void)err;
    *ret = 0;
    return 0;
}

static int
take(void *arg, const struct tool_def *def, struct str arguments, struct str needs, bool *ret,
     struct err *err)
{
    (void)arg;
    (void)def;
    (void)arguments;
    (void)needs;
    (void)err;
    *ret = false;
    return 0;
}

static int
outside(void *arg, bool *ret, struct err *err)
{
    (void)arg;
    (void)err;
    *ret = false;
    return 0;
}

static void
approve(struct approver *a, const struct tool_def *def, const struct js *arguments)
{
    static const struct tool_facts facts = {count_use, take, outside, NULL};
    struct arena *arena = &a->talk.f->arena;
    struct tool_judgement said;
    struct err err = {0};
    const struct tool_question question = {
        .def = def, .arguments = js_to_arena(arguments, arena), .customer = a->customer};
    assert_int_equal(tool_policy_judge(NULL, &question, &facts, arena, &said, &err), 0);
    if (said.verdict != TOOL_ASK_CUSTOMER) {
        return;
    }
    assert_true(a->count < APPROVE_MAX);
    a->rows[a->count] = (struct approval_row){
        .id = arena_printf(arena, "a-%zu", a->count),
        .conversation = a->talk.conversation,
        .tool = def->name,
        .arguments = said.arguments,
        .summary = said.summary,
        .needs = APPROVAL_AGENT,
        .state = APPROVAL_APPROVED,
        .decided_by = STR("agent:replay"),
        .expires_at = INT64_MAX,
    };
    a->count++;
}

/* [store thread] */
static int
add_all(struct store_tx *tx, void *arg, struct err *err)
{
    const struct approver *a = arg;
    int result = 0;
    for (size_t i = 0; result == 0 && i < a->count; i++) {
        result = store_approval_add(tx, &a->rows[i], err);
    }
    return result;
}

static void
added(void *arg, int result, const struct err *err)
{
    (void)arg;
    if (result != 0) {
        fail_msg("%s", err->message);
    }
}

static void
on_started(struct talk *t)
{
    struct approver *a = OWNER_OF(t, struct approver, talk);
    for (size_t i = 0; i < js_count(a->calls); i++) {
        const struct js *call = js_at(a->calls, i);
        const struct tool_def *def = tool_find(t->f->tools, js_get_text(call, "name"));
        if (def) {
            approve(a, def, js_get_c(call, "arguments"));
        }
    }
    a->request = (struct store_request){.body = add_all, .done = added, .arg = a};
    store_write(t->f->store, &a->request);
}

void
approver_init(struct approver *a, const struct js *calls, struct str customer)
{
    *a = (struct approver){.talk.on_started = on_started, .calls = calls, .customer = customer};
}
