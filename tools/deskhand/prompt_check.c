#include "prompt_check.h"

#include "app.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "config/config.h"

/* What the engine always fills in itself: prompt.h. Not `approved` and `declined` of decided:
 * either may be empty, and a template that requires one would fail without it. */
static const struct {
    struct str prompt;
    struct str variable;
} offered[] = {
    {STR_INIT("handoff"), STR_INIT("ticket")},
    {STR_INIT("limit_reached"), STR_INIT("reason")},
    {STR_INIT("confirm"), STR_INIT("actions")},
    {STR_INIT("summary"), STR_INIT("transcript")},
    {STR_INIT("summary"), STR_INIT("reason")},
    {STR_INIT("digest"), STR_INIT("transcript")},
    {STR_INIT("digest"), STR_INIT("previous")},
};

static bool
engine_offers(struct str prompt, struct str variable)
{
    for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++) {
        if (str_eq(prompt, offered[i].prompt) && str_eq(variable, offered[i].variable)) {
            return true;
        }
    }
    return false;
}

bool
prompt_check_in_use(const struct app *app, struct str name)
{
    for (size_t i = 0; i < PROMPT_NEEDED; i++) {
        if (str_eq(name, prompt_needed[i])) {
            return true;
        }
    }
    return str_eq(name, config_text(app->config, "prompt"));
}

/* VARS with a stand-in for what somebody else will give. */
static int
with_stand_ins(const struct prompt *p, bool in_use, struct str vars, struct arena *arena,
               struct str *ret, struct err *err)
{
    struct js *known;
    struct js_out out;
    struct js_member member;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_TEMPLATE_BYTES * 2);
    js_out_init(&out, &text);
    int result = js_parse_object(vars, "variables", arena, &known, err);
    if (result < 0) {
        return result;
    }
    js_begin_object(&out);
    for (struct js_iter it = js_iter(known); js_next(&it, &member);) {
        js_key(&out, member.key);
        js_add_value(&out, member.value);
    }
    for (size_t i = 0; i < p->variable_count; i++) {
        struct str name = p->variables[i].name;
        bool missing = p->variables[i].required && !js_has(known, name);
        if (missing && (!in_use || engine_offers(p->name, name))) {
            js_key(&out, name);
            js_add_str(&out, name);
        }
    }
    js_end_object(&out);
    result = buf_finish(&text, "variables", err);
    *ret = buf_to_arena(&text, arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}

int
prompt_check(struct app *app, const struct prompt_path *path, struct str vars, struct str name,
             struct err *err)
{
    AUTO(prompt) struct prompt *p = NULL;
    AUTO(arena) struct arena arena = {0};
    struct prompt_values values = {0};
    struct str text;
    int result = prompt_load(path, name, &p, err);
    if (result == 0) {
        result =
            with_stand_ins(p, prompt_check_in_use(app, name), vars, &arena, &values.offered, err);
    }
    return result == 0 ? prompt_fill(p, &values, &arena, &text, err) : result;
}
