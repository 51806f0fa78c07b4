/* What the two tests of tools share: a source that does what each case asks of it, and a bench of
 * loop and registry that listens to the calls. */
#ifndef TEST_TOOL_FIXTURE_H
#define TEST_TOOL_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "io/loop.h"
#include "schema/schema.h"
#include "tool/tool.h"

/* ---- A source that does as it is told ---------------------------------------------------------*/

enum behaviour { ANSWER, NEVER, REFUSE_START, UNAVAILABLE };

struct fake_tool {
    enum behaviour behaviour;
    int64_t delay_ms;
    struct tool_result result;
};

struct fake_run {
    struct fake *fake;
    struct tool_run *run;
    struct loop_timer timer;
    bool used;
};

enum { RUNS = 64 };

struct fake {
    struct tool_source source; /* first */
    struct loop *loop;
    struct fake_run runs[RUNS];
    size_t started;
    size_t running;
    size_t most_running;
    size_t abandoned;
    size_t late;
    char order[256];     /* the calls' ids, as they were started */
    char arguments[256]; /* of the last one */
    struct str customer;
};

static inline void
finish(struct loop_timer *timer)
{
    struct fake_run *r = OWNER_OF(timer, struct fake_run, timer);
    const struct fake_tool *tool = r->run->def->source_data;
    struct tool_run *run = r->run;
    loop_timer_done(&r->timer);
    r->used = false;
    r->fake->running--;
    run->done(run, &tool->result);
}

static inline int
fake_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    struct fake *f = (struct fake *)s;
    const struct fake_tool *tool = run->def->source_data;
    if (tool->behaviour == REFUSE_START) {
        (void)err_set(err, ERR_BUSY, "no thread is free");
        return err_retryable(err);
    }
    struct fake_run *r = &f->runs[f->started++];
    *r = (struct fake_run){.fake = f, .run = run, .used = true};
    run->source_run = r;
    assert_int_equal(loop_timer_init(&r->timer, f->loop, finish, err), 0);
    size_t length = strlen(f->order);
    (void)snprintf(f->order + length, sizeof(f->order) - length, "%" STR_FMT " ",
                   STR_ARG(run->scope.call));
    (void)snprintf(f->arguments, sizeof(f->arguments), "%" STR_FMT, STR_ARG(run->arguments));
    f->running++;
    f->most_running = f->running > f->most_running ? f->running : f->most_running;
    if (tool->behaviour == ANSWER) {
        loop_timer_start(&r->timer, tool->delay_ms);
    }
    return 0;
}

static inline void
fake_abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    struct fake *f = (struct fake *)s;
    struct fake_run *r = run->source_run;
    loop_timer_done(&r->timer);
    r->used = false;
    f->running--;
    f->abandoned++;
    f->late += late;
}

static inline struct str
fake_unavailable(struct tool_source *s, const struct tool_def *def)
{
    const struct fake_tool *tool = def->source_data;
    (void)s;
    return tool->behaviour == UNAVAILABLE ? STR("its plugin is disabled") : (struct str){0};
}

static const struct tool_source_ops fake_ops = {
    .start = fake_start, .abandon = fake_abandon, .unavailable = fake_unavailable};

/* ---- A bench: loop, registry, sources, and who listens ----------------------------------------*/

enum { CALLS = 16 };

struct bench;

struct heard {
    struct bench *bench;
    int count;
    struct tool_result result;
};

struct bench {
    struct loop *loop;
    struct tool_registry *registry;
    struct schema *schema;
    struct fake a;
    struct fake b;
    struct fake_tool tools[CALLS];
    size_t tool_count;
    struct arena arena;
    struct heard heard[CALLS];
    struct tool_call *calls[CALLS];
    size_t call_count;
    size_t done;
    bool inside_start;
    char finished[128]; /* indices of the calls, as they ended */
};

static const char schema_text[] =
    "{\"type\":\"object\",\"properties\":{\"query\":{\"type\":\"string\"},"
    "\"limit\":{\"type\":\"integer\",\"minimum\":1}},\"required\":[\"query\"],"
    "\"additionalProperties\":false}";

static inline void
bench_init(struct bench *b)
{
    struct err err = {0};
    memset(b, 0, sizeof(*b));
    assert_int_equal(loop_new(&b->loop, &err), 0);
    assert_int_equal(tool_registry_new(b->loop, &b->registry, &err), 0);
    assert_int_equal(schema_compile(str_c(schema_text), &b->schema, &err), 0);
    b->a = (struct fake){.source.ops = &fake_ops, .loop = b->loop};
    b->b = (struct fake){.source.ops = &fake_ops, .loop = b->loop};
}

static inline void
bench_done(struct bench *b)
{
    tool_registry_free(b->registry);
    schema_free(b->schema);
    loop_free(b->loop);
    arena_done(&b->arena);
}

static inline struct tool_def
make_def(struct bench *b, struct fake *source, const char *name, struct fake_tool tool)
{
    struct fake_tool *kept = &b->tools[b->tool_count++];
    *kept = tool;
    return (struct tool_def){
        .name = str_c(name),
        .description = STR("a test's tool"),
        .schema_text = str_c(schema_text),
        .schema = b->schema,
        .timeout_ms = 2000,
        .plugin = source == &b->a ? STR("plugin-a") : STR("plugin-b"),
        .source = &source->source,
        .source_data = kept,
    };
}

static inline void
add(struct bench *b, struct tool_def def)
{
    struct err err = {0};
    assert_int_equal(tool_registry_add(b->registry, &def, &err), 0);
}

static const struct tool_result good = {.status = TOOL_OK, .json = STR_INIT("{\"found\":true}")};

static inline void
on_done(void *arg, const struct tool_result *result)
{
    struct heard *h = arg;
    struct bench *b = h->bench;
    assert_false(b->inside_start);
    h->count++;
    h->result = *result;
    h->result.message = arena_str(&b->arena, result->message);
    h->result.error_code = arena_str(&b->arena, result->error_code);
    h->result.json = arena_str(&b->arena, result->json);
    b->done++;
    size_t length = strlen(b->finished);
    (void)snprintf(b->finished + length, sizeof(b->finished) - length, "%d ", (int)(h - b->heard));
}

/* The call's index; its id is "x-INDEX". */
static inline size_t
call(struct bench *b, const char *name, struct str arguments)
{
    struct err err = {0};
    size_t i = b->call_count++;
    char id[16];
    (void)snprintf(id, sizeof(id), "x-%zu", i);
    struct tool_scope scope = {
        .call = str_c(id), .conversation = STR("c-1"), .customer = STR("anna"), .turn = STR("t-1")};
    b->heard[i].bench = b;
    b->inside_start = true;
    assert_int_equal(tool_call_start(b->registry, str_c(name), arguments, &scope, &b->arena,
                                     on_done, &b->heard[i], &b->calls[i], &err),
                     0);
    b->inside_start = false;
    return i;
}

static inline void
run_until(struct bench *b, size_t done)
{
    struct err err = {0};
    for (int i = 0; i < 2000 && b->done < done; i++) {
        assert_int_equal(loop_step(b->loop, 50, &err), 0);
    }
    assert_int_equal(b->done, done);
    /* Nothing comes twice. */
    assert_int_equal(loop_step(b->loop, 5, &err), 0);
    assert_int_equal(b->done, done);
}

#define GOOD_ARGUMENTS STR("{\"query\":\"hub\"}")

static inline void
assert_contains(struct str text, const char *part)
{
    if (str_find(text, str_c(part), 0) == SIZE_MAX) {
        fail_msg("'%s' is not in '%" STR_FMT "'", part, STR_ARG(text));
    }
}

#endif
