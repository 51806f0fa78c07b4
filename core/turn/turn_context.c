/* CONTEXT: what the model will see: the history, within its budget, and the tools. */
#include "base/must.h"
#include "memory/preview.h"
#include "tool/policy.h"
#include "turn/turn_impl.h"

/* What policy keeps from this prompt is not offered. What read_result reads on is offered to who
 * sees the beginning of something, and to nobody else. */
static bool
is_offered(const struct turn *t, const struct tool_def *def)
{
    return (t->view.previews > 0 || !str_eq(def->name, RESULT_TOOL)) &&
           tool_policy_offers(t->engine->parts.policy, def, t->input.prompt_name);
}

static bool
list_tools(struct turn *t)
{
    const struct tool_registry *registry = t->engine->parts.tools;
    size_t count = tool_count(registry);
    struct model_tool *tools = arena_zero(&t->arena, count + 1, sizeof(*tools));
    t->tools = tools;
    t->tool_count = 0;
    for (size_t i = 0; tools && i < count; i++) {
        const struct tool_def *def = tool_at(registry, i);
        if (is_offered(t, def)) {
            tools[t->tool_count++] =
                (struct model_tool){def->name, def->description, def->schema_text};
        }
    }
    return tools != NULL;
}

bool
turn_count_tokens(struct turn *t)
{
    bool previews = t->view.previews > 0;
    if ((!t->tools || previews != t->previews_seen) && !list_tools(t)) {
        return false;
    }
    t->previews_seen = previews;
    /* What is in the registry, and what of it is offered. */
    uint64_t there = tool_generation(t->engine->parts.tools) * 2 + 2 + previews;
    uint64_t key = (str_hash(t->input.prompt_name) << 20) + there;
    const struct token_tools tools = {t->tools, t->tool_count, key};
    t->tokens = tokens_around(&t->engine->book, t->input.system, &tools) + t->view.tokens;
    return true;
}

/* The budget is the model's tokens; a window is measured in ours. Of a small model's context a
 * quarter is left for the answer and what the tools bring. */
static struct memory_limits
window_limits(const struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    struct memory_limits limits = parts->memory;
    int64_t context = parts->context_tokens / 4 * 3;
    if (context > 0 && context < limits.tokens) {
        limits.tokens = context;
    }
    limits.tokens =
        tokens_from_model(&t->engine->book, model_name(parts->model), limits.tokens) - t->tokens;
    return limits;
}

/* [store thread] */
static int
read_history(struct store_tx *tx, void *arg, struct err *err)
{
    struct turn *t = arg;
    return memory_build(tx, t->row.conversation, &t->window, &t->arena, &t->view, err);
}

static void
on_history(void *arg, int result, const struct err *err)
{
    struct turn *t = arg;
    struct err nomem = {0};
    t->writes--;
    if (turn_settle(t)) {
        return;
    }
    if (result != 0) {
        turn_fail(t, err);
    } else if (!turn_count_tokens(t)) {
        (void)err_nomem(&nomem);
        turn_fail(t, &nomem);
    } else {
        t->messages = t->view.messages;
        t->message_count = t->view.count;
        t->message_capacity = t->view.count;
        if (turn_add_knowledge(t)) {
            turn_go(t, TURN_MODEL);
        } else {
            (void)err_nomem(&nomem);
            turn_fail(t, &nomem);
        }
    }
}

void
turn_enter_context(struct turn *t)
{
    struct err nomem = {0};
    if (!turn_count_tokens(t)) {
        (void)err_nomem(&nomem);
        turn_fail(t, &nomem);
        return;
    }
    t->window = window_limits(t);
    turn_read(t, read_history, on_history, t);
}

bool
turn_add_message(struct turn *t, const struct message *m)
{
    if (t->message_count == t->message_capacity) {
        size_t capacity = t->message_capacity * 2 + 8;
        struct message *grown = arena_alloc(&t->arena, capacity * sizeof(*grown));
        if (!grown) {
            return false;
        }
        for (size_t i = 0; i < t->message_count; i++) {
            grown[i] = t->messages[i];
        }
        t->messages = grown;
        t->message_capacity = capacity;
    }
    t->messages[t->message_count++] = *m;
    t->view.tokens += tokens_of_message(m);
    return true;
}

bool
turn_add_results(struct turn *t, struct message *m)
{
    struct err err = {0};
    int result = preview_results(m, t->window.result_bytes, &t->arena, &t->view.previews, &err);
    return result == 0 && turn_add_message(t, m) && turn_count_tokens(t);
}

void
turn_remember(struct turn *t)
{
    const struct engine_parts *parts = &t->engine->parts;
    if (t->view.due && parts->memory_due) {
        parts->memory_due(parts->memory_arg, t->row.conversation, t->window.tokens);
    }
}
