/* policy_fixture: a record in memory for policy to ask, and the asking. */
#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/tz.h"
#include "schema/schema.h"
#include "tool/policy.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- What the record says ---------------------------------------------------------------------*/

enum { RECORD_WINDOWS = 32, RECORD_ID = 200 };

struct record {
    struct record_window {
        char id[RECORD_ID];
        int64_t uses;
        int64_t expires;
    } windows[RECORD_WINDOWS];
    size_t window_count;
    const char *agreed; /* to these arguments, once; NULL: to none */
    const char *agreed_by;
    bool outside;
    int asked;         /* whether text from outside is there */
    int added;         /* uses */
    const char *fails; /* "use", "take", "outside" */
};

static inline int
record_fails(const struct record *r, const char *what, struct err *err)
{
    return r->fails && strcmp(r->fails, what) == 0 ? err_set(err, ERR_IO, "the disk is gone") : 0;
}

static inline struct record_window *
record_window(struct record *r, const char *id)
{
    for (size_t i = 0; i < r->window_count; i++) {
        if (strcmp(r->windows[i].id, id) == 0) {
            return &r->windows[i];
        }
    }
    return NULL;
}

static inline int
record_use(void *arg, struct str id, int64_t by, int64_t expires, int64_t *ret, struct err *err)
{
    struct record *r = arg;
    char name[RECORD_ID];
    assert_true(snprintf(name, sizeof(name), "%" STR_FMT, STR_ARG(id)) < RECORD_ID);
    struct record_window *w = record_window(r, name);
    if (!w && by > 0) {
        assert_in_range(r->window_count, 0, RECORD_WINDOWS - 1);
        w = &r->windows[r->window_count++];
        memcpy(w->id, name, sizeof(name));
    }
    if (w) {
        w->uses += by;
        w->expires = expires;
    }
    r->added += (int)by;
    *ret = w ? w->uses : 0;
    return record_fails(r, "use", err);
}

static inline int
record_take(void *arg, const struct tool_def *def, struct str arguments, struct str needs,
            bool *ret, struct err *err)
{
    struct record *r = arg;
    assert_true(def->name.len > 0);
    assert_true(str_eq_c(needs, "customer") || str_eq_c(needs, "agent"));
    *ret = r->agreed && str_eq_c(arguments, r->agreed) &&
           (str_eq_c(needs, r->agreed_by) || strcmp(r->agreed_by, "agent") == 0);
    if (*ret) {
        r->agreed = NULL;
    }
    return record_fails(r, "take", err);
}

static inline int
record_outside(void *arg, bool *ret, struct err *err)
{
    struct record *r = arg;
    r->asked++;
    *ret = r->outside;
    return record_fails(r, "outside", err);
}

/* ---- The tool, the rules, the question --------------------------------------------------------*/

static const char refund_schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"customer\":{\"type\":\"string\",\"scope\":\"customer\"},"
    "\"order\":{\"type\":\"string\"},\"amount\":{\"type\":\"number\"},"
    "\"lines\":{\"type\":\"array\"}},\"additionalProperties\":false}";

struct desk {
    struct arena arena;
    struct schema *schema;
    struct tool_def def;
    struct tool_policy *policy;
    struct record record;
    struct str arguments;
    struct str prompt;
    struct str customer;
    int64_t now;
    struct tool_judgement said;
};

static inline int64_t
at(const char *time)
{
    int64_t ms = 0;
    assert_true(clock_parse(str_c(time), &ms));
    return ms;
}

static inline int
read_policy(const char *rules, const char *zone, struct tool_policy **ret, struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    struct js *tree;
    assert_int_equal(js_parse(str_c(rules), &scratch, &tree, err), 0);
    return tool_policy_new(tree, str_c(zone), ret, err);
}

static inline void
desk_rules(struct desk *d, const char *rules)
{
    struct err err = {0};
    tool_policy_free(d->policy);
    d->policy = NULL;
    if (read_policy(rules, "Europe/Berlin", &d->policy, &err) != 0) {
        fail_msg("%s: %s", rules, err.message);
    }
}

/* A tool "refund" for anna, on Monday 2026-03-02 at 12:00 in Berlin, and no rules. */
static inline void
desk_init(struct desk *d)
{
    struct err err = {0};
    memset(d, 0, sizeof(*d));
    assert_int_equal(schema_compile(str_c(refund_schema), &d->schema, &err), 0);
    d->def = (struct tool_def){
        .name = STR("refund"),
        .schema_text = str_c(refund_schema),
        .schema = d->schema,
        .timeout_ms = 1000,
    };
    d->arguments = STR("{\"order\":\"W1\",\"amount\":5}");
    d->prompt = STR("service");
    d->customer = STR("anna");
    d->now = at("2026-03-02T11:00:00Z");
}

static inline void
desk_done(struct desk *d)
{
    tool_policy_free(d->policy);
    schema_free(d->schema);
    arena_done(&d->arena);
}

static inline int
desk_try(struct desk *d, struct err *err)
{
    const struct tool_question question = {&d->def, d->arguments, d->prompt, d->customer, d->now};
    const struct tool_facts facts = {record_use, record_take, record_outside, &d->record};
    return tool_policy_judge(d->policy, &question, &facts, &d->arena, &d->said, err);
}

/* The judgement's code, "" where it may run. */
static inline const char *
desk_ask(struct desk *d)
{
    struct err err = {0};
    if (desk_try(d, &err) != 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(d->said.verdict == TOOL_MAY_RUN, d->said.code.len == 0);
    assert_int_equal(d->said.verdict == TOOL_MAY_RUN, d->said.message.len == 0);
    const char *code = arena_str(&d->arena, d->said.code).ptr;
    assert_non_null(code);
    return code;
}

static inline void
assert_has(struct str text, const char *part)
{
    if (str_find(text, str_c(part), 0) == SIZE_MAX) {
        fail_msg("'%s' is not in '%" STR_FMT "'", part, STR_ARG(text));
    }
}

static inline void
assert_text(struct str text, const char *want)
{
    if (!str_eq_c(text, want)) {
        fail_msg("'%" STR_FMT "', wanted '%s'", STR_ARG(text), want);
    }
}

#endif
