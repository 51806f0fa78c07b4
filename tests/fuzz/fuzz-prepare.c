/* Any messages, a line of JSON each (its first byte chooses the role), repaired and prepared for
 * each API: what validate_request() then refuses is what nobody can mend, and nothing breaks. The
 * first line is a tool's schema. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/must.h"
#include "memory/repair.h"
#include "model/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES_MAX = 64 };

static void
check_dialect(const struct model_request *r, enum validate_dialect dialect)
{
    AUTO(arena) struct arena a = {0};
    struct model_request once;
    struct model_request twice;
    struct err err = {0};
    struct validate_caps caps = {0};
    must(request_prepare(r, dialect, &a, &once, &err) == 0);
    must(once.message_count == r->message_count);
    int result = validate_request(&once, dialect, &caps, &err);
    must(result == 0 || (result == ERR_INVALID && err.message[0] != '\0'));
    /* What is prepared stays as it is. */
    must(request_prepare(&once, dialect, &a, &twice, &err) == 0);
    for (size_t i = 0; result == 0 && i < once.message_count; i++) {
        const struct message *x = &once.messages[i];
        const struct message *y = &twice.messages[i];
        must(str_eq(message_content_json(x->blocks, x->count, &a),
                    message_content_json(y->blocks, y->count, &a)));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct message messages[MESSAGES_MAX];
    struct model_tool tool = {STR("look"), STR("Looks."), STR("")};
    struct str rest = {(const char *)data, size};
    struct str line;
    struct err err = {0};
    size_t count = 0;
    (void)str_split(&rest, '\n', &tool.schema);
    while (count < MESSAGES_MAX && str_split(&rest, '\n', &line)) {
        struct message *m = &messages[count];
        *m = (struct message){.role = str_starts(line, STR("a")) ? ROLE_ASSISTANT : ROLE_USER};
        struct str content = str_sub(line, 1, line.len);
        count += message_parse_content(content, &a, &m->blocks, &m->count, &err) == 0;
    }
    must(repair_history(messages, &count, &a, &err) == 0);
    struct model_request r = {
        .messages = messages, .message_count = count, .tools = &tool, .tool_count = size % 2};
    check_dialect(&r, DIALECT_CONVERSE);
    check_dialect(&r, DIALECT_ANTHROPIC);
    check_dialect(&r, DIALECT_OPENAI);
    return 0;
}
