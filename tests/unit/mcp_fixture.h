/* mcp_fixture: an MCP client with a loop and a registry, and what its tools' calls are heard to
 * say.
 */
#ifndef TESTS_MCP_FIXTURE_H
#define TESTS_MCP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/loop.h"
#include "mcp/mcp_client.h"
#include "tool/tool.h"

enum { WAIT_MS = 30000 };

struct place {
    struct loop *loop;
    struct tool_registry *tools;
    struct mcp_client *client;
    struct arena arena;
};

struct heard {
    bool done;
    enum tool_status status;
    char *text; /* the result's JSON or the error's message */
    char code[70];
    int64_t ms;
};

static inline int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static inline void
place_open(struct place *p)
{
    struct err err = {0};
    *p = (struct place){0};
    assert_int_equal(loop_new(&p->loop, &err), 0);
    assert_int_equal(tool_registry_new(p->loop, &p->tools, &err), 0);
}

static inline void
place_start(struct place *p, const struct mcp_settings *settings)
{
    struct err err = {0};
    int64_t until = now_ms() + WAIT_MS;
    assert_int_equal(mcp_client_new(p->loop, settings, p->tools, &p->client, &err), 0);
    while (!mcp_client_settled(p->client)) {
        assert_true(now_ms() < until);
        assert_true(loop_step(p->loop, 20, &err) >= 0);
    }
}

static inline void
place_done(struct place *p)
{
    tool_registry_free(p->tools);
    mcp_client_free(p->client);
    loop_free(p->loop);
    arena_done(&p->arena);
}

static inline void
on_done(void *arg, const struct tool_result *result)
{
    struct heard *h = arg;
    AUTO(arena) struct arena arena = {0};
    assert_false(h->done);
    h->done = true;
    h->status = result->status;
    h->ms = result->ms;
    struct str text = tool_result_content(result, &arena); /* as a model sees it */
    h->text = strndup(text.ptr ? text.ptr : "", text.len); /* tests make our own fail */
    assert_non_null(h->text);
    (void)snprintf(h->code, sizeof(h->code), "%" STR_FMT, STR_ARG(result->error_code));
}

static inline struct tool_call *
begin_as(struct place *p, const char *name, const char *arguments, bool dry_run, struct heard *h)
{
    struct err err = {0};
    struct tool_call *call = NULL;
    const struct tool_scope scope = {STR("x-1"), STR("c-1"), STR(""), STR("t-1"), dry_run};
    *h = (struct heard){0};
    assert_int_equal(tool_call_start(p->tools, str_c(name), str_c(arguments), &scope, &p->arena,
                                     on_done, h, &call, &err),
                     0);
    return call;
}

static inline struct tool_call *
begin(struct place *p, const char *name, const char *arguments, struct heard *h)
{
    return begin_as(p, name, arguments, false, h);
}

static inline void
await(struct place *p, struct heard *h)
{
    struct err err = {0};
    int64_t until = now_ms() + WAIT_MS;
    while (!h->done) {
        assert_true(now_ms() < until);
        assert_true(loop_step(p->loop, 20, &err) >= 0);
    }
}

static inline void
heard_done(struct heard *h)
{
    free(h->text);
    *h = (struct heard){0};
}

/* Call NAME and expect STATUS and words in what comes. */
static inline void
expect(struct place *p, const char *name, const char *arguments, enum tool_status status,
       const char *want)
{
    struct heard h;
    (void)begin(p, name, arguments, &h);
    await(p, &h);
    if (h.status != status || !strstr(h.text, want)) {
        print_message("%s: status %d, %s: %.600s\n", name, (int)h.status, h.code, h.text);
    }
    assert_int_equal(h.status, status);
    assert_non_null(strstr(h.text, want));
    heard_done(&h);
}

static inline void
pass_time(struct place *p, int64_t ms)
{
    struct err err = {0};
    int64_t until = now_ms() + ms;
    while (now_ms() < until) {
        assert_true(loop_step(p->loop, 20, &err) >= 0);
    }
}

static inline void
await_trouble(struct place *p)
{
    int64_t until = now_ms() + WAIT_MS;
    while (!mcp_client_trouble(p->client).len) {
        assert_true(now_ms() < until);
        pass_time(p, 50);
    }
}

#endif
