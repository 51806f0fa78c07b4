/* validate_fixture: requests written as JSON, for the tests of validate.h. */
#ifndef VALIDATE_FIXTURE_H
#define VALIDATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "model/validate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCHEMA "{\"type\":\"object\",\"properties\":{}}"
#define PNG "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"iVBORw0KGgo=\"}}}"
#define DOC(name)                                                                                  \
    "{\"document\":{\"format\":\"txt\",\"name\":\"" name "\",\"source\":{\"bytes\":\"b3I=\"}}}"
#define TEXT(t) "{\"text\":\"" t "\"}"
#define USE(id) "{\"toolUse\":{\"toolUseId\":\"" id "\",\"name\":\"look\",\"input\":{}}}"
#define RES(id)                                                                                    \
    "{\"toolResult\":{\"toolUseId\":\"" id "\",\"content\":[{\"text\":\"ok\"}],\"status\":"        \
    "\"success\"}}"
#define RESULT(id, content, status)                                                                \
    "{\"toolResult\":{\"toolUseId\":\"" id "\",\"content\":" content ",\"status\":\"" status "\"}" \
    "}"
#define SIGNED "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\",\"signature\":\"c2ln\"}}}"
#define UNSIGNED "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}"
#define CACHE "{\"cachePoint\":{\"type\":\"default\"}}"

static const enum validate_dialect dialects[] = {DIALECT_CONVERSE, DIALECT_ANTHROPIC,
                                                 DIALECT_OPENAI};
static const char *const dialect_names[] = {"converse", "anthropic", "openai"};
static const struct validate_caps strict = {0};

static struct model_tool look = {STR_INIT("look"), STR_INIT("Looks."), STR_INIT(SCHEMA)};

/* "u[..]" and "a[..]": a role and a content array each, one after the other in an array of C
 * strings that ends with NULL. */
static inline struct model_request
request(struct arena *a, const char *const *rows)
{
    struct err err = {0};
    size_t count = 0;
    while (rows[count]) {
        count++;
    }
    struct message *m = arena_zero(a, count + 1, sizeof(*m));
    for (size_t i = 0; i < count; i++) {
        m[i].role = rows[i][0] == 'u' ? ROLE_USER : ROLE_ASSISTANT;
        if (message_parse_content(str_c(rows[i] + 1), a, &m[i].blocks, &m[i].count, &err) < 0) {
            fail_msg("%s: %s", rows[i], err.message);
        }
    }
    return (struct model_request){
        .messages = m, .message_count = count, .tools = &look, .tool_count = 1};
}

#endif
