/* The shapes of blocks that Deskhand itself writes, read without a tree.
 *
 * A history of dozens of messages is read for every turn, and building trees for tool calls and
 * their results was most of what that costs. Stored content is nearly always as block_text(),
 * block_tool_use() and block_tool_result() write it: members in their order, no white space outside
 * of values. What looks so is read here, after the strict scan that everything passes (js_check),
 * so that a value can be skipped by its brackets and quotes alone; anything else, down to a blank
 * or another order, is left to the general reader. */
#include "base/message_scan.h"

#include <string.h>

#include "base/json.h"

enum { BLOCKS_MAX = 64 };

struct at {
    const char *now;
    const char *end;
};

/* Is LITERAL here? Then it is passed. */
static bool
pass(struct at *at, struct str literal)
{
    if ((size_t)(at->end - at->now) < literal.len ||
        memcmp(at->now, literal.ptr, literal.len) != 0) {
        return false;
    }
    at->now += literal.len;
    return true;
}

/* The string whose opening quote was passed; its closing quote is passed, too. */
static bool
pass_string(struct at *at, struct str *ret, bool *ret_escapes)
{
    const char *start = at->now;
    *ret_escapes = false;
    for (; at->now < at->end && *at->now != '"'; at->now++) {
        if (*at->now == '\\') {
            *ret_escapes = true;
            at->now++;
        }
    }
    if (at->now >= at->end) {
        return false;
    }
    *ret = (struct str){start, (size_t)(at->now - start)};
    at->now++;
    return true;
}

/* An object or array, which opens with OPEN. */
static bool
pass_value(struct at *at, char open, struct str *ret)
{
    const char *start = at->now;
    struct str skipped;
    bool escapes;
    int depth = 0;
    if (at->now >= at->end || *at->now != open) {
        return false;
    }
    do {
        char c = *at->now++;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (c == '"' && !pass_string(at, &skipped, &escapes)) {
            return false;
        }
    } while (depth > 0 && at->now < at->end);
    *ret = (struct str){start, (size_t)(at->now - start)};
    return depth == 0;
}

/* A text's escapes undone. \u is rare enough for the general reader. */
static bool
unescape(struct str text, struct arena *a, struct str *ret)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    char *out = arena_alloc(a, text.len + 1);
    size_t used = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\') {
            const char *known = strchr(from, text.ptr[++i]);
            if (!known || !*known) {
                return false;
            }
            c = to[known - from];
        }
        out[used++] = c;
    }
    if (out) {
        out[used] = '\0';
    }
    *ret = (struct str){out, used};
    return out != NULL;
}

static bool
scan_text(struct at *at, struct arena *a, struct block *b)
{
    bool escapes;
    b->kind = BLOCK_TEXT;
    return pass_string(at, &b->text, &escapes) && (!escapes || unescape(b->text, a, &b->text)) &&
           pass(at, STR("}"));
}

static bool
scan_tool_use(struct at *at, struct block *b)
{
    bool id_escapes;
    bool name_escapes;
    b->kind = BLOCK_TOOL_USE;
    return pass_string(at, &b->tool_use_id, &id_escapes) && !id_escapes &&
           pass(at, STR(",\"name\":\"")) && pass_string(at, &b->name, &name_escapes) &&
           !name_escapes && pass(at, STR(",\"input\":")) && pass_value(at, '{', &b->json) &&
           pass(at, STR("}}")) && b->tool_use_id.len && b->name.len;
}

static bool
scan_tool_result(struct at *at, struct block *b)
{
    bool escapes;
    b->kind = BLOCK_TOOL_RESULT;
    if (!pass_string(at, &b->tool_use_id, &escapes) || escapes || b->tool_use_id.len == 0 ||
        !pass(at, STR(",\"content\":")) || !pass_value(at, '[', &b->json)) {
        return false;
    }
    b->error = pass(at, STR(",\"status\":\"error\"}}"));
    return b->error || pass(at, STR(",\"status\":\"success\"}}"));
}

static bool
scan_block(struct at *at, struct arena *a, struct block *ret)
{
    const char *start = at->now;
    *ret = (struct block){0};
    bool known = pass(at, STR("{\"text\":\""))                        ? scan_text(at, a, ret)
                 : pass(at, STR("{\"toolUse\":{\"toolUseId\":\""))    ? scan_tool_use(at, ret)
                 : pass(at, STR("{\"toolResult\":{\"toolUseId\":\"")) ? scan_tool_result(at, ret)
                                                                      : false;
    ret->raw = (struct str){start, (size_t)(at->now - start)};
    return known;
}

bool
message_scan(struct str json, struct arena *a, struct block **ret_blocks, size_t *ret_count)
{
    struct block found[BLOCKS_MAX];
    struct err ignored = {0};
    size_t count = 0;
    if (!str_starts(json, STR("[{\"t")) || js_check(json, &ignored) < 0) {
        return false;
    }
    /* Everything found is a view of this one copy. */
    struct str copy = arena_str(a, json);
    struct at at = {copy.ptr, copy.ptr ? copy.ptr + copy.len : NULL};
    if (!copy.ptr || !pass(&at, STR("["))) {
        return false;
    }
    do {
        if (count == BLOCKS_MAX || !scan_block(&at, a, &found[count++])) {
            return false;
        }
    } while (pass(&at, STR(",")));
    if (!pass(&at, STR("]")) || at.now != at.end) {
        return false;
    }
    *ret_blocks = arena_alloc(a, count * sizeof(**ret_blocks));
    if (!*ret_blocks) {
        return false;
    }
    memcpy(*ret_blocks, found, count * sizeof(**ret_blocks));
    *ret_count = count;
    return true;
}
