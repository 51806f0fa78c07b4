#include "desk_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/message.h"
#include "memory/memory.h"
#include "model/model.h"
#include "model_scripted.h"
#include "prompt/prompt.h"
#include "tool/tool.h"
#include "tool_fake.h"

static void
parse_prompt(struct desk_fixture *f, size_t index, const char *name, const char *text)
{
    struct err err = {0};
    if (prompt_parse(str_c(name), str_c(text), &f->prompts[index], &err) < 0) {
        fail_msg("%s: %s", name, err.message);
    }
}

void
desk_fixture_open_on(struct desk_fixture *f, struct loop *loop, struct store *store,
                     const char *script, const struct turn_limits *limits)
{
    static const struct turn_limits usual = {8, 20, 3, 10000, 100000};
    struct err err = {0};
    *f = (struct desk_fixture){.loop = loop, .store = store, .borrowed_store = true};
    parse_prompt(
        f, 0, "handoff",
        "{{! handoff: the line.\n    ticket required the number\n    urgent \"\" danger }}\n"
        "{{#urgent}}Danger! {{/urgent}}Ticket {{ticket}}.");
    parse_prompt(f, 1, "limit_reached",
                 "{{! limit_reached: the sentence.\n    reason required why }}\nSorry: {{reason}}. "
                 "Shall I get a human?");
    parse_prompt(f, 2, "apology", "{{! apology: after a failure. }}\nSorry, that went wrong.");
    parse_prompt(f, 3, "confirm",
                 "{{! confirm: the question.\n    actions required what, a line each }}\n"
                 "May I?\n{{actions}}\nYes or no?");
    assert_int_equal(model_scripted_new(loop, str_c(script), &f->model, &err), 0);
    assert_int_equal(tool_registry_new(loop, &f->tools, &err), 0);
    assert_int_equal(tool_fake_new(loop, &f->fake, &err), 0);
    assert_int_equal(tool_fake_register(f->fake, f->tools, &err), 0);
    f->parts = (struct engine_parts){
        .loop = loop,
        .clock = clock_real(),
        .store = store,
        .model = f->model,
        .tools = f->tools,
        .handoff = f->prompts[0],
        .limit_reached = f->prompts[1],
        .apology = f->prompts[2],
        .confirm = f->prompts[3],
        .line_vars = STR("{}"),
        .limits = limits ? *limits : usual,
        .memory = {40, 200000, 0},
        .queue_max = 2,
        .busy_wait_ms = 500,
    };
    desk_fixture_renew(f);
}

void
desk_fixture_renew(struct desk_fixture *f)
{
    struct err err = {0};
    engine_free(f->engine);
    f->engine = NULL;
    if (engine_new(&f->parts, &f->engine, &err) < 0) {
        fail_msg("engine: %s", err.message);
    }
}

void
desk_fixture_open(struct desk_fixture *f, const char *script, const struct turn_limits *limits)
{
    struct err err = {0};
    struct loop *loop = NULL;
    struct store *store = NULL;
    struct store_options options = {.create = true};
    assert_int_equal(loop_new(&loop, &err), 0);
    if (store_open_memory(&options, loop, &store, &err) < 0) {
        fail_msg("store: %s", err.message);
    }
    desk_fixture_open_on(f, loop, store, script, limits);
    f->borrowed_store = false;
}

void
desk_fixture_close(struct desk_fixture *f)
{
    engine_free(f->engine);
    model_free(f->model);
    tool_registry_free(f->tools);
    tool_fake_free(f->fake);
    for (size_t i = 0; i < sizeof(f->prompts) / sizeof(f->prompts[0]); i++) {
        prompt_free(f->prompts[i]);
    }
    if (!f->borrowed_store) {
        store_free(f->store);
        loop_free(f->loop);
    }
    arena_done(&f->arena);
}

/* ---- Talking ---------------------------------------------------------------------------------*/

static void
saw_started(void *arg, struct str conversation)
{
    struct talk *t = arg;
    t->conversation = arena_str(&t->f->arena, conversation);
    if (t->on_started) {
        t->on_started(t);
    }
}

static void
saw_text(void *arg, struct str delta)
{
    struct talk *t = arg;
    buf_add(&t->text, delta);
    if (t->on_text) {
        t->on_text(t);
    }
}

static void
saw_tool(void *arg, struct str name)
{
    struct talk *t = arg;
    (void)name;
    if (t->on_tool) {
        t->on_tool(t);
    }
}

static void
saw_tool_end(void *arg, struct str name, bool ok, int64_t ms)
{
    struct talk *t = arg;
    (void)name;
    (void)ok;
    (void)ms;
    t->finished_tools++;
    if (t->on_tool_end) {
        t->on_tool_end(t);
    }
}

static void
saw_retracted(void *arg)
{
    struct talk *t = arg;
    t->retracted++;
    buf_clear(&t->text);
}

static void
saw_handed_over(void *arg, int64_t ticket, struct str line)
{
    struct talk *t = arg;
    (void)ticket;
    (void)line;
    t->handed_over++;
}

static void
saw_done(void *arg, const struct turn_report *report)
{
    struct talk *t = arg;
    struct arena *a = &t->f->arena;
    assert_false(t->done);
    t->done = true;
    t->conversation = arena_str(a, report->conversation);
    t->outcome = arena_str(a, report->outcome);
    t->reply = arena_str(a, report->reply);
    t->reason = arena_str(a, report->reason);
    t->ticket = report->ticket;
    t->tools = report->tool_count;
    t->input_tokens = report->input_tokens;
    if (t->on_done) {
        t->on_done(t);
    }
    loop_stop(t->f->loop);
}

static const struct turn_observer observer = {
    .started = saw_started,
    .text = saw_text,
    .tool_started = saw_tool,
    .tool_finished = saw_tool_end,
    .retracted = saw_retracted,
    .handed_over = saw_handed_over,
    .done = saw_done,
};

struct turn_input
talk_input(struct str conversation, const char *text)
{
    return (struct turn_input){
        .conversation = conversation,
        .customer = STR("anna"),
        .channel = STR("test"),
        .text = str_c(text),
        .prompt_name = STR("p"),
        .prompt_hash = STR("982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"),
        .prompt_text = STR("text"),
        .prompt_vars = STR("{}"),
        .system = STR("be kind"),
    };
}

void
talk_submit(struct talk *t, struct desk_fixture *f, const struct turn_input *input)
{
    struct err err = {0};
    t->f = f;
    t->done = false;
    buf_init(&t->text, LIMIT_REPLY_BYTES);
    t->submit = engine_submit(f->engine, input, &observer, t, &t->id, &err);
}

void
talk_start(struct talk *t, struct desk_fixture *f, struct str conversation, const char *text)
{
    struct turn_input input = talk_input(conversation, text);
    talk_submit(t, f, &input);
}

void
talk_wait(struct talk *t)
{
    struct err err = {0};
    assert_int_equal(t->submit, 0);
    while (!t->done) {
        assert_int_equal(loop_run(t->f->loop, &err), 0);
    }
}

void
talk_done(struct talk *t)
{
    buf_done(&t->text);
}

void
talk_say(struct talk *t, struct desk_fixture *f, struct str conversation, const char *text)
{
    talk_start(t, f, conversation, text);
    talk_wait(t);
    talk_done(t);
}

/* ---- Looking ---------------------------------------------------------------------------------*/

struct look {
    struct desk_fixture *f;
    struct str conversation;
    struct buf out;
};

static const char *
kind_word(enum block_kind kind)
{
    switch (kind) {
    case BLOCK_TEXT:
        return "text";
    case BLOCK_TOOL_USE:
        return "use";
    case BLOCK_TOOL_RESULT:
        return "res";
    default:
        return "other";
    }
}

static int
describe_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    struct message_row *rows;
    size_t count;
    AUTO(arena) struct arena arena = {0};
    int result = store_message_list(tx, l->conversation, 0, 0, &arena, &rows, &count, err);
    buf_clear(&l->out);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct message m = {0};
        result = message_parse_content(rows[i].content, &arena, &m.blocks, &m.count, err);
        buf_printf(&l->out, "%s%" STR_FMT "%s:", i ? " " : "", STR_ARG(rows[i].author),
                   str_eq(rows[i].state, MESSAGE_DISCARDED) ? "*" : "");
        for (size_t b = 0; result == 0 && b < m.count; b++) {
            buf_printf(&l->out, "%s%s", b ? "+" : "", kind_word(m.blocks[b].kind));
        }
    }
    return result;
}

static int
calls_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    struct tool_call_row *rows;
    size_t count;
    AUTO(arena) struct arena arena = {0};
    int result = store_tool_call_list(tx, l->conversation, STR(""), &arena, &rows, &count, err);
    buf_clear(&l->out);
    for (size_t i = 0; result == 0 && i < count; i++) {
        buf_printf(&l->out, "%s%" STR_FMT, i ? " " : "", STR_ARG(rows[i].status));
    }
    return result;
}

static int
approvals_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    const struct approval_filter filter = {.conversation = l->conversation};
    struct approval_row *rows;
    size_t count;
    AUTO(arena) struct arena arena = {0};
    int result = store_approval_list(tx, &filter, &arena, &rows, &count, err);
    buf_clear(&l->out);
    for (size_t i = 0; result == 0 && i < count; i++) {
        buf_printf(&l->out, "%s%" STR_FMT, i ? " " : "", STR_ARG(rows[i].state));
    }
    return result;
}

static int
sound_body(struct store_tx *tx, void *arg, struct err *err)
{
    struct look *l = arg;
    AUTO(arena) struct arena arena = {0};
    struct memory_limits limits = {1000, 10000000, 0};
    struct memory_view view;
    struct turn_row *open;
    struct tool_call_row *calls;
    size_t open_count, call_count;
    int result = store_turn_list_open(tx, l->conversation, &arena, &open, &open_count, err);
    if (result == 0) {
        result =
            store_tool_call_list(tx, l->conversation, STR(""), &arena, &calls, &call_count, err);
    }
    if (result == 0) {
        result = memory_build(tx, l->conversation, &limits, &arena, &view, err);
    }
    if (result < 0) {
        return result;
    }
    if (open_count > 0) {
        return err_set(err, ERR_BUG, "%zu turns are open", open_count);
    }
    for (size_t i = 0; i < call_count; i++) {
        if (str_eq(calls[i].status, CALL_OPEN) || calls[i].result.len == 0) {
            return err_set(err, ERR_BUG, "call %zu has no result", i);
        }
    }
    return memory_check(view.messages, view.count, err);
}

static struct str
look(struct desk_fixture *f, struct str conversation, store_body body)
{
    struct err err = {0};
    struct look l = {.f = f, .conversation = conversation};
    buf_init(&l.out, 65536);
    if (store_read_wait(f->store, body, &l, &err) < 0) {
        fail_msg("look: %s", err.message);
    }
    struct str text = buf_to_arena(&l.out, &f->arena);
    buf_done(&l.out);
    return text.ptr ? text : STR("");
}

struct str
desk_describe(struct desk_fixture *f, struct str conversation)
{
    return look(f, conversation, describe_body);
}

struct str
desk_calls(struct desk_fixture *f, struct str conversation)
{
    return look(f, conversation, calls_body);
}

struct str
desk_approvals(struct desk_fixture *f, struct str conversation)
{
    return look(f, conversation, approvals_body);
}

void
desk_assert_sound(struct desk_fixture *f, struct str conversation)
{
    (void)look(f, conversation, sound_body);
}
