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

/* Is C, within a string, what a js_out writes there? NEXT stands behind it. */
static bool
is_plain_char(char c, char next)
{
    switch (c) {
    case '\\':
        return next != '\0' && strchr("\"\\bfnrt", next) != NULL;
    case '\x7F':
        return false;
    case '\xC2': /* a C1 control? */
        return (unsigned char)next >= 0xA0;
    default:
        return true;
    }
}

/* The string whose opening quote was passed, if a js_out would have written it so. */
static bool
pass_plain_string(struct at *at)
{
    const char *p = at->now;
    while (p + 1 < at->end && *p != '"') {
        if (!is_plain_char(*p, p[1])) {
            return false;
        }
        p += *p == '\\' ? 2 : 1;
    }
    if (p >= at->end || *p != '"') {
        return false;
    }
    at->now = p + 1;
    return true;
}

/* An object, if a js_out would have written it so. */
static bool
pass_plain_object(struct at *at)
{
    int depth = 0;
    if (at->now >= at->end || *at->now != '{') {
        return false;
    }
    do {
        char c = *at->now++;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if ((unsigned char)c <= ' ' || (c == '"' && !pass_plain_string(at))) {
            return false;
        }
    } while (depth > 0 && at->now < at->end);
    return depth == 0;
}

/* A string, if it is plain and its first letter is one: it is not blank then. */
static bool
pass_plain_text(struct at *at)
{
    return pass(at, STR("\"")) && at->now < at->end && (unsigned char)*at->now > ' ' &&
           *at->now != '\\' && *at->now != '"' && pass_plain_string(at);
}

/* A result's content of one plain item; nothing is passed where it is another. */
static bool
pass_plain_content(struct at *at, struct str *ret)
{
    struct at ahead = *at;
    bool plain = pass(&ahead, STR("[{\"json\":"))   ? pass_plain_object(&ahead)
                 : pass(&ahead, STR("[{\"text\":")) ? pass_plain_text(&ahead)
                                                    : false;
    if (!plain || !pass(&ahead, STR("}]"))) {
        return false;
    }
    *ret = (struct str){at->now, (size_t)(ahead.now - at->now)};
    *at = ahead;
    return true;
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
    b->plain = true;
    return pass_string(at, &b->text, &escapes) && (!escapes || unescape(b->text, a, &b->text)) &&
           pass(at, STR("}"));
}

static bool
scan_tool_use(struct at *at, struct block *b)
{
    bool id_escapes;
    bool name_escapes;
    b->kind = BLOCK_TOOL_USE;
    bool known = pass_string(at, &b->tool_use_id, &id_escapes) && !id_escapes &&
                 pass(at, STR(",\"name\":\"")) && pass_string(at, &b->name, &name_escapes) &&
                 !name_escapes && pass(at, STR(",\"input\":")) && pass_value(at, '{', &b->json) &&
                 pass(at, STR("}}")) && b->tool_use_id.len && b->name.len;
    b->plain = known && str_find(b->json, STR("\\u"), 0) == SIZE_MAX;
    return known;
}

static bool
scan_tool_result(struct at *at, struct block *b)
{
    bool escapes;
    b->kind = BLOCK_TOOL_RESULT;
    if (!pass_string(at, &b->tool_use_id, &escapes) || escapes || b->tool_use_id.len == 0 ||
        !pass(at, STR(",\"content\":"))) {
        return false;
    }
    b->plain = pass_plain_content(at, &b->json);
    if (!b->plain && !pass_value(at, '[', &b->json)) {
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
