/* Any bytes as a message's content array: refused, or written and read back to the same blocks. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static bool
same_json(struct str one, struct str other, struct arena *a)
{
    struct err err = {0};
    struct js *left = NULL;
    struct js *right = NULL;
    return one.len + other.len == 0 ||
           (js_parse(one, a, &left, &err) == 0 && js_parse(other, a, &right, &err) == 0 &&
            js_equal(left, right));
}

/* A blank in front, and the general reader reads what the quick one did. */
static void
check_alike(struct str text, const struct message *m, struct arena *a)
{
    struct message other = {.role = ROLE_USER};
    struct err err = {0};
    struct str spaced = arena_printf(a, " %" STR_FMT, STR_ARG(text));
    must(spaced.len == text.len + 1);
    must(message_parse_content(spaced, a, &other.blocks, &other.count, &err) == 0);
    must(other.count == m->count);
    for (size_t i = 0; i < m->count; i++) {
        const struct block *x = &m->blocks[i];
        const struct block *y = &other.blocks[i];
        must(x->kind == y->kind && x->error == y->error && str_eq(x->text, y->text));
        must(str_eq(x->tool_use_id, y->tool_use_id) && str_eq(x->name, y->name));
        must(same_json(x->json, y->json, a) && same_json(x->raw, y->raw, a));
    }
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
    if (!memchr(data, '\0', size)) {
        check_alike(text, &m, &a);
    }
    struct str written = message_content_json(m.blocks, m.count, &a);
    struct message again = {.role = ROLE_USER};
    must(message_parse_content(written, &a, &again.blocks, &again.count, &err) == 0);
    must(again.count == m.count);
    must(str_eq(message_content_json(again.blocks, again.count, &a), written));
    must(str_eq(message_text(&again, &a), message_text(&m, &a)));
    return 0;
}
