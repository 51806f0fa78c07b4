#include "asked.h"

#include <string.h>

struct str
asked_header(const struct asked *a, const char *name)
{
    for (size_t i = 0; i < a->header_count; i++) {
        if (str_eq_c(a->headers[i].name, name)) {
            return a->headers[i].value;
        }
    }
    return (struct str){0};
}

bool
asked_has_header(const struct asked *a, const char *name)
{
    return asked_header(a, name).len > 0;
}

void
asked_add_tool(struct asked *a, struct str name, const struct js *schema)
{
    if (a->tool_count < ASKED_TOOLS_MAX) {
        a->tools[a->tool_count++] = (struct offered){name, schema};
    }
}

static void
mix(struct asked *a, struct str text)
{
    a->key = (a->key ^ str_hash(text)) * 0x100000001b3U;
}

void
asked_user_says(struct asked *a, struct str text)
{
    if (text.len == 0) {
        return;
    }
    mix(a, text);
    a->user_text = text;
    a->rounds = 0;
    a->has_results = false;
    a->result_text = (struct str){0};
}

void
asked_results(struct asked *a, struct str result)
{
    mix(a, result);
    if (!a->has_results) {
        a->rounds++;
        a->result_text = result;
    }
    a->has_results = true;
}

void
asked_assistant_says(struct asked *a)
{
    mix(a, (struct str){0});
    a->has_results = false;
}

bool
asked_is_blank(struct str text)
{
    return str_trim(text).len == 0;
}

/* The value of the four hexadecimal digits at P; -1 when they are none. */
static int
hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        int c = p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i];
        const char *at = c ? strchr(digits, c) : NULL;
        if (!at) {
            return -1;
        }
        value = value * 16 + (int)(at - digits);
    }
    return value;
}

bool
asked_has_lone_surrogate(struct str body)
{
    bool high = false; /* the escape before was the first half of a pair */
    for (size_t i = 0; i < body.len; i++) {
        int unit = -1;
        if (body.ptr[i] == '\\' && i + 5 < body.len && body.ptr[i + 1] == 'u') {
            unit = hex4(body.ptr + i + 2);
        }
        bool low_half = unit >= 0xdc00 && unit <= 0xdfff;
        if (high != low_half) {
            return true;
        }
        high = unit >= 0xd800 && unit <= 0xdbff;
        if (body.ptr[i] == '\\') {
            i += unit >= 0 ? 5 : 1;
        }
    }
    return high;
}
