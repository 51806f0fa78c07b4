#include "tool/policy_summary.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

/* ---- Text that stays in its line --------------------------------------------------------------*/

static bool
is_space(int32_t c)
{
    return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029;
}

/* Characters without width or ink, and those that turn the direction of others around. */
static bool
is_hidden(int32_t c)
{
    return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 ||
           (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x2800 ||
           c == 0x3164 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

/* What can be seen of S, in one line, at most MAX bytes of it, and "..." where there is more.
 * False: there is. */
static bool
add_clean(struct buf *out, struct str s, size_t max)
{
    size_t used = 0;
    size_t pos = 0;
    bool gap = false;
    for (int32_t c = utf8_next(s, &pos); c >= 0; c = utf8_next(s, &pos)) {
        char bytes[4];
        if (is_hidden(c)) {
            continue;
        }
        if (is_space(c)) {
            gap = used > 0;
            continue;
        }
        size_t length = utf8_encode(c, bytes);
        if (used + gap + length > max) {
            buf_add_c(out, "...");
            return false;
        }
        buf_add_c(out, gap ? " " : "");
        buf_add(out, (struct str){bytes, length});
        used += gap + length;
        gap = false;
    }
    return true;
}

/* ---- Values -----------------------------------------------------------------------------------*/

/* Could TEXT be taken for more than one value of a list? */
static bool
is_ambiguous(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ',' || c == ':' || c == '"') {
            return true;
        }
    }
    return text.len == 0;
}

static void
add_one(struct buf *out, const struct js *value, bool quoting)
{
    struct str text = js_text(value);
    if (js_type(value) == JS_STRING && !(quoting && is_ambiguous(text))) {
        buf_add(out, text);
        return;
    }
    struct js_out json;
    js_out_init(&json, out);
    js_add_value(&json, value);
}

/* False: it was cut. */
static bool
add_value(struct buf *out, const struct js *value, bool quoting)
{
    AUTO(buf) struct buf whole = {0};
    /* Escaped, a byte may become six. */
    buf_init(&whole, LIMIT_TOOL_ARGUMENT_BYTES * 8);
    if (js_type(value) == JS_ARRAY && js_count(value) > 0) {
        for (size_t i = 0; i < js_count(value); i++) {
            buf_add_c(&whole, i ? ", " : "");
            add_one(&whole, js_at(value, i), quoting);
        }
    } else if (js_type(value) == JS_NULL) {
        buf_add_c(&whole, "(not given)");
    } else {
        add_one(&whole, value, quoting);
    }
    size_t before = out->len;
    bool all = add_clean(out, buf_str(&whole), LIMIT_APPROVAL_VALUE_BYTES);
    if (whole.failed) {
        out->failed = whole.failed;
    } else if (out->len == before) {
        buf_add_c(out, "(empty)");
    }
    return all;
}

/* ---- The line ---------------------------------------------------------------------------------*/

bool
policy_template_next(struct str *rest, struct str *ret_words, struct str *ret_name)
{
    if (rest->len == 0) {
        return false;
    }
    size_t open = str_find_char(*rest, '{', 0);
    size_t close = open == SIZE_MAX ? SIZE_MAX : str_find_char(*rest, '}', open);
    *ret_words = *rest;
    *ret_name = (struct str){0};
    if (close == SIZE_MAX) {
        *rest = (struct str){0};
        return true;
    }
    /* Of "{{name}" the inner brace counts. */
    for (size_t i = open + 1; i < close; i++) {
        open = rest->ptr[i] == '{' ? i : open;
    }
    size_t length = close - open - 1;
    *ret_words = str_sub(*rest, 0, length ? open : close + 1);
    *ret_name = str_sub(*rest, open + 1, length);
    *rest = str_sub(*rest, close + 1, rest->len);
    return true;
}

/* Is LINE full? Then it says that there would be more. */
static bool
end_if_full(struct buf *line)
{
    if (line->len < LIMIT_APPROVAL_SUMMARY_BYTES) {
        return false;
    }
    buf_add_c(line, " ...");
    return true;
}

/* This and the next: false when something was cut. */
static bool
fill_template(struct buf *line, struct str template, const struct js *arguments)
{
    struct str words;
    struct str name;
    bool whole = true;
    while (policy_template_next(&template, &words, &name)) {
        if (end_if_full(line)) {
            return false;
        }
        buf_add(line, str_sub(words, 0, LIMIT_APPROVAL_SUMMARY_BYTES));
        whole &= words.len <= LIMIT_APPROVAL_SUMMARY_BYTES;
        if (name.len) {
            whole &= add_value(line, js_get(arguments, name), false);
        }
    }
    return whole;
}

static bool
list_arguments(struct buf *line, struct str tool, const struct js *arguments)
{
    struct js_member m;
    const char *before = ": ";
    bool whole = true;
    buf_add(line, tool);
    for (struct js_iter it = js_iter(arguments); js_next(&it, &m);) {
        if (end_if_full(line)) {
            return false;
        }
        buf_add_c(line, before);
        whole &= add_clean(line, m.key, LIMIT_APPROVAL_VALUE_BYTES);
        buf_add_c(line, ": ");
        whole &= add_value(line, m.value, true);
        before = ", ";
    }
    return whole;
}

struct str
policy_summary(struct str tool, struct str template, const struct js *arguments,
               struct arena *arena, bool *ret_whole)
{
    AUTO(buf) struct buf line = {0};
    AUTO(buf) struct buf clean = {0};
    /* Where it is full, one piece more may have gone in. */
    buf_init(&line, LIMIT_APPROVAL_SUMMARY_BYTES * 4);
    buf_init(&clean, LIMIT_APPROVAL_SUMMARY_BYTES * 2);
    bool whole = template.len ? fill_template(&line, template, arguments)
                              : list_arguments(&line, tool, arguments);
    *ret_whole = add_clean(&clean, buf_str(&line), LIMIT_APPROVAL_SUMMARY_BYTES) && whole;
    if (line.failed) {
        return (struct str){0};
    }
    return buf_to_arena(&clean, arena);
}
