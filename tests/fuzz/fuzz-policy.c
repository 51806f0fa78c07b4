/* Any bytes as hours, and as a sentence to confirm with any arguments: hours are taken whole or not
 * at all, a template falls into its pieces and nothing else, and what is shown to people is one
 * clean line of bounded length. Input: hours, a line break, a template, a line break, arguments. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "tool/policy_hours.h"
#include "tool/policy_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct policy_hours
hours_of(struct str text, bool *ret)
{
    struct policy_hours h = {0};
    *ret = policy_hours_add(&h, text);
    return h;
}

static void
check_hours(struct str text)
{
    static const struct policy_hours closed;
    bool good;
    struct policy_hours h = hours_of(text, &good);
    if (!good) {
        must(memcmp(h.open, closed.open, sizeof(h.open)) == 0);
        return;
    }
    unsigned next = policy_hours_next(&h, (unsigned)text.len);
    must(next < HOURS_WEEK && policy_hours_open(&h, next));
    struct policy_hours again = h;
    must(policy_hours_add(&again, text));
    must(memcmp(h.open, again.open, sizeof(h.open)) == 0);
}

/* The pieces, put together again, are the template. */
static void check_template(struct str template)
{
    AUTO(buf) struct buf whole = {0};
    struct str rest = template;
    struct str words;
    struct str name;
    buf_init(&whole, template.len + 1);
    while (policy_template_next(&rest, &words, &name)) {
        must(words.len + name.len > 0);
        must(str_find_char(name, '{', 0) == SIZE_MAX && str_find_char(name, '}', 0) == SIZE_MAX);
        buf_add(&whole, words);
        if (name.len) {
            buf_add_c(&whole, "{");
            buf_add(&whole, name);
            buf_add_c(&whole, "}");
        }
    }
    must(!whole.failed && str_eq(buf_str(&whole), template));
}

static void
check_line(struct str line)
{
    size_t pos = 0;
    must(line.ptr && utf8_valid(line) && line.len <= LIMIT_APPROVAL_SUMMARY_BYTES + 3);
    must(line.len == 0 || (line.ptr[0] != ' ' && line.ptr[line.len - 1] != ' '));
    must(str_find(line, STR("  "), 0) == SIZE_MAX);
    for (int32_t c = utf8_next(line, &pos); c >= 0; c = utf8_next(line, &pos)) {
        must(c >= ' ' && !(c >= 0x7F && c <= 0x9F) && c != 0x2028 && c != 0x2029);
        must(!(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    struct str rest = {(const char *)data, size};
    struct str hours = {0};
    struct str template = {0};
    struct js *arguments = NULL;
    bool whole;
    struct err err = {0};
    (void)str_split(&rest, '\n', &hours);
    (void)str_split(&rest, '\n', &template);
    check_hours(hours);
    check_template(template);
    if (js_parse(rest, &arena, &arguments, &err) < 0) {
        arguments = NULL;
    }
    check_line(policy_summary(STR("refund"), template, arguments, &arena, &whole));
    check_line(policy_summary(STR("refund"), STR(""), arguments, &arena, &whole));
    return 0;
}
