#include "check.h"

#include <string.h>

#include "base/limits.h"
#include "sigv4.h"

bool
check_name(struct str name, const char *extra)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '_' && c != '-' && (c == '\0' || !strchr(extra, c))) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= 64;
}

bool
pending_add(struct pending *p, struct str id)
{
    if (p->count == sizeof(p->ids) / sizeof(*p->ids)) {
        return false;
    }
    p->answered[p->count] = false;
    p->ids[p->count++] = id;
    return true;
}

bool
pending_answer(struct pending *p, struct str id)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!p->answered[i] && str_eq(p->ids[i], id)) {
            p->answered[i] = true;
            return true;
        }
    }
    return false;
}

struct str
pending_missing(const struct pending *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!p->answered[i]) {
            return p->ids[i];
        }
    }
    return (struct str){0};
}

int
check_aws_auth(const struct asked *a, struct refusal *refused)
{
    struct str auth = asked_header(a, "authorization");
    if (auth.len == 0) {
        return refuse(refused, REFUSED_NO_KEY, "Missing Authentication Token");
    }
    if (str_starts(auth, STR("Bearer ")) && auth.len > 7) {
        return 0;
    }
    return sigv4_check(a, refused);
}

int
check_body(struct asked *a, const struct js **ret, struct refusal *refused)
{
    struct err err;
    struct js *body;
    if (js_parse_object(a->body, "the request", a->arena, &body, &err)) {
        return refuse(refused, REFUSED_INVALID, "%s", err.message);
    }
    if (asked_has_lone_surrogate(a->body)) {
        return refuse(refused, REFUSED_INVALID,
                      "The request body is not valid JSON: no low surrogate in string");
    }
    *ret = body;
    return 0;
}

struct str
check_flatten(const struct js *text, const struct asked *a)
{
    if (js_type(text) == JS_STRING) {
        return js_text(text);
    }
    struct str all = {0};
    for (size_t i = 0; i < js_count(text); i++) {
        const struct js *block = js_at(text, i);
        if (!str_eq_c(js_get_text(block, "type"), "text")) {
            continue;
        }
        struct str more = js_get_text(block, "text");
        all = all.len == 0
                  ? more
                  : arena_printf(a->arena, "%" STR_FMT " %" STR_FMT, STR_ARG(all), STR_ARG(more));
    }
    return all;
}
