/* What the tests of Anthropic's format share: captured bytes, JSON in short, requests in JSON. */
#ifndef TESTS_UNIT_ANTHROPIC_FIXTURE_H
#define TESTS_UNIT_ANTHROPIC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/message.h"
#include "model/model.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A captured file; ptr NULL where there is no shared data. */
static inline struct str
captured(const char *name, struct arena *a)
{
    const char *shared = getenv("DESKHAND_SHARED");
    struct str path =
        arena_printf(a, "%s/vectors/captured/%s", shared ? shared : "../shared", name);
    FILE *file = fopen(path.ptr, "rb");
    if (!file) {
        return (struct str){0};
    }
    char *bytes = arena_alloc(a, 256 * 1024);
    size_t len = fread(bytes, 1, 256 * 1024, file);
    (void)fclose(file);
    return (struct str){bytes, len};
}

static inline struct js *
parse(struct str text, struct arena *a)
{
    struct err err = {0};
    struct js *value = NULL;
    if (js_parse(text, a, &value, &err) != 0) {
        fail_msg("%.*s: %s", (int)text.len, text.ptr, err.message);
    }
    return value;
}

static inline void
assert_json(const char *name, struct js *got, struct js *want, struct arena *a)
{
    if (!js_equal(got, want)) {
        fail_msg("%s:\n got %s\nwant %s", name, js_to_arena(got, a).ptr, js_to_arena(want, a).ptr);
    }
}

/* {"system","messages":[{"role","content"}],"tools":[{"name","description","schema"}],"partial"},
 * messages in the inside format. */
static inline struct model_request
request_of(struct str json, struct arena *a)
{
    const struct js *r = parse(json, a);
    const struct js *messages = js_get_c(r, "messages");
    const struct js *tools = js_get_c(r, "tools");
    struct message *made = arena_zero(a, js_count(messages) + 1, sizeof(*made));
    struct model_tool *offered = arena_zero(a, js_count(tools) + 1, sizeof(*offered));
    struct err err = {0};
    for (size_t i = 0; i < js_count(messages); i++) {
        const struct js *m = js_at(messages, i);
        made[i].role = str_eq_c(js_get_text(m, "role"), "assistant") ? ROLE_ASSISTANT : ROLE_USER;
        if (message_parse_content(js_to_arena(js_get_c(m, "content"), a), a, &made[i].blocks,
                                  &made[i].count, &err) < 0) {
            fail_msg("%s", err.message);
        }
    }
    for (size_t i = 0; i < js_count(tools); i++) {
        const struct js *t = js_at(tools, i);
        offered[i].name = js_get_text(t, "name");
        offered[i].description = js_get_text(t, "description");
        offered[i].schema = js_to_arena(js_get_c(t, "schema"), a);
    }
    return (struct model_request){
        .system = js_get_text(r, "system"),
        .messages = made,
        .message_count = js_count(messages),
        .tools = offered,
        .tool_count = js_count(tools),
        .partial = js_get_text(r, "partial"),
    };
}

#endif
