/* bench: a desk's plugins for a test: loop, registry, set, and calls that are waited for. Included
 * once by each test of this folder. */
#ifndef ABI_BENCH_H
#define ABI_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "host/host.h"
#include "host/http_errand.h"
#include "io/loop.h"
#include "plugin/plugin.h"
#include "store/store.h"
#include "tool/tool.h"

enum { BENCH_CALLS = 64, BENCH_THREADS = 3, BENCH_WAIT_MS = 60 * 1000 };

struct bench;

struct bench_call {
    struct bench *bench;
    struct tool_call *call;
    int count;
    struct tool_result result; /* copied into the bench's arena */
};

struct bench {
    struct loop *loop;
    struct tool_registry *registry;
    struct plugin_set *set;
    struct arena arena;
    struct bench_call calls[BENCH_CALLS];
    size_t call_count;
    size_t done;
    struct plugin_cage cage; /* PROGRAM NULL: plugins are loaded into this process */
    struct plugin_grants grants;
    struct store *store; /* NULL: none */
    struct host *host;   /* NULL: none */
    struct http_errands *http;
    bool dry_run; /* of the calls that follow */
};

/* The same tests are run for both cages: where a plugin runs is what DESKHAND_TEST_HOST says, the
 * program that a child is. */
static inline bool
bench_isolates(void)
{
    return getenv("DESKHAND_TEST_HOST") != NULL;
}

/* A loop and a registry; bench_set() comes next, with bench_store() or bench_http()
 * before it or without. */
static inline void
bench_open(struct bench *b)
{
    struct err err = {0};
    memset(b, 0, sizeof(*b));
    b->cage =
        (struct plugin_cage){.program = getenv("DESKHAND_TEST_HOST"), .memory = 256 * 1024 * 1024};
    assert_int_equal(loop_new(&b->loop, &err), 0);
    assert_int_equal(tool_registry_new(b->loop, &b->registry, &err), 0);
}

/* The desk in FOLDER, made where there is none, and what the extensions do with it. */
static inline void
bench_store(struct bench *b, const char *folder)
{
    const struct store_options options = {
        .path = str_c(folder), .create = true, .sync = STORE_SYNC_NORMAL, .busy_ms = 20000};
    struct err err = {0};
    assert_int_equal(store_open_sqlite(&options, b->loop, &b->store, &err), 0);
    const struct host_parts parts = {.loop = b->loop, .store = b->store};
    assert_int_equal(host_new(&parts, &b->host, &err), 0);
}

/* Without a store, what makes requests. */
static inline void
bench_http(struct bench *b)
{
    struct err err = {0};
    assert_int_equal(http_errands_new(b->loop, STR(""), &b->http, &err), 0);
    const struct host_parts parts = {.loop = b->loop, .http = b->http};
    assert_int_equal(host_new(&parts, &b->host, &err), 0);
}

static inline void
bench_set(struct bench *b, const struct plugin_extension *extensions, size_t count, void *context)
{
    struct err err = {0};
    struct plugin_parts parts = {.loop = b->loop,
                                 .extensions = extensions,
                                 .extension_count = count,
                                 .context = context,
                                 .threads = BENCH_THREADS};
    assert_int_equal(plugin_set_new(&parts, &b->set, &err), 0);
}

static inline void
bench_init_with(struct bench *b, const struct plugin_extension *extensions, size_t count)
{
    bench_open(b);
    bench_set(b, extensions, count, NULL);
}

static inline void
bench_init(struct bench *b)
{
    size_t count;
    const struct plugin_extension *extensions = host_extensions(&count);
    bench_init_with(b, extensions, count);
}

static inline void
bench_done(struct bench *b)
{
    tool_registry_free(b->registry);
    plugin_set_free(b->set);
    host_free(b->host);
    http_errands_free(b->http);
    store_free(b->store);
    loop_free(b->loop);
    arena_done(&b->arena);
}

/* The path of module NAME ("good") in FOLDER_VARIABLE's folder. */
static inline struct str
bench_path(struct bench *b, const char *folder_variable, const char *name)
{
    const char *folder = getenv(folder_variable);
    assert_non_null(folder);
    return arena_printf(&b->arena, "%s/%s.so", folder, name);
}

static inline const struct plugin *
bench_load(struct bench *b, const char *folder_variable, const char *name, const char *config)
{
    struct err err = {0};
    const struct plugin *p = NULL;
    const struct plugin_wish wish = {
        .config = str_c(config), .cage = b->cage.program ? &b->cage : NULL, .grants = &b->grants};
    if (plugin_load_in(b->set, bench_path(b, folder_variable, name).ptr, &wish, b->registry, &p,
                       &err) < 0) {
        fail_msg("%s", err.message);
    }
    return p;
}

static inline void
bench_on_done(void *arg, const struct tool_result *r)
{
    struct bench_call *c = arg;
    struct arena *a = &c->bench->arena;
    c->count++;
    c->bench->done++;
    c->result = *r;
    c->result.json = arena_str(a, r->json);
    c->result.message = arena_str(a, r->message);
    c->result.error_code = arena_str(a, r->error_code);
    c->result.staged.reason = arena_str(a, r->staged.reason);
    c->result.staged.priority = arena_str(a, r->staged.priority);
    c->result.staged.category = arena_str(a, r->staged.category);
}

static inline struct bench_call *
bench_start(struct bench *b, const char *tool, const char *arguments)
{
    struct err err = {0};
    struct bench_call *c = &b->calls[b->call_count++];
    assert_true(b->call_count <= BENCH_CALLS);
    struct tool_scope scope = {.call = STR("x-1"),
                               .conversation = STR("c-1"),
                               .customer = STR("anna"),
                               .turn = STR("t-1"),
                               .dry_run = b->dry_run};
    c->bench = b;
    assert_int_equal(tool_call_start(b->registry, str_c(tool), str_c(arguments), &scope, &b->arena,
                                     bench_on_done, c, &c->call, &err),
                     0);
    return c;
}

static inline void
bench_wait(struct bench *b, size_t done)
{
    struct err err = {0};
    int64_t until = clock_mono_ms(clock_real()) + BENCH_WAIT_MS;
    while (b->done < done && clock_mono_ms(clock_real()) < until) {
        assert_int_equal(loop_step(b->loop, 20, &err), 0);
    }
    assert_int_equal(b->done, done);
}

/* Let the loop run for MS. */
static inline void
bench_idle(struct bench *b, int64_t ms)
{
    struct err err = {0};
    int64_t until = clock_mono_ms(clock_real()) + ms;
    while (clock_mono_ms(clock_real()) < until) {
        assert_int_equal(loop_step(b->loop, 5, &err), 0);
    }
}

static inline const struct tool_result *
bench_run(struct bench *b, const char *tool, const char *arguments)
{
    struct bench_call *c = bench_start(b, tool, arguments);
    bench_wait(b, b->done + 1);
    assert_int_equal(c->count, 1);
    return &c->result;
}

static inline void
assert_contains(struct str text, const char *part)
{
    if (str_find(text, str_c(part), 0) == SIZE_MAX) {
        fail_msg("'%s' is not in '%" STR_FMT "'", part, STR_ARG(text));
    }
}

#endif
