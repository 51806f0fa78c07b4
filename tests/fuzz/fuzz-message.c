/* Any bytes as a message's content array: refused, or written and read back to the same blocks. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/message.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_block(const struct block *b)
{
    struct err err = {0};
    must(js_check(b->raw, &err) == 0);
    bool has_json = b->kind == BLOCK_TOOL_USE || b->kind == BLOCK_TOOL_RESULT;
    must(!has_json || (b->tool_use_id.len > 0 && js_check(b->json, &err) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena a = {0};
    struct str text = {(const char *)data, size};
    struct message m = {.role = ROLE_USER};
    struct err err = {0};
    if (message_parse_content(text, &a, &m.blocks, &m.count, &err) < 0) {
        must(err.message[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < m.count; i++) {
        check_block(&m.blocks[i]);
    }
    struct str written = message_content_json(m.blocks, m.count, &a);
    struct message again = {.role = ROLE_USER};
    must(message_parse_content(written, &a, &again.blocks, &again.count, &err) == 0);
    must(again.count == m.count);
    must(str_eq(message_content_json(again.blocks, again.count, &a), written));
    must(str_eq(message_text(&again, &a), message_text(&m, &a)));
    return 0;
}
