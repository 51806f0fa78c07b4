#include "mcp_prompts.h"

#include "app.h"
#include "base/json.h"
#include "base/log.h"
#include "parts.h"
#include "prompt/prompt.h"

static bool
engines_own(struct str name)
{
    for (size_t i = 0; i < PROMPT_NEEDED; i++) {
        if (str_eq(name, prompt_needed[i])) {
            return true;
        }
    }
    return false;
}

/* P as the protocol shows it. What the desk gives need not be given. */
static int
describe(const struct prompt *p, const struct js *vars, struct arena *arena, struct mcp_prompt *ret,
         struct err *err)
{
    struct mcp_prompt_argument *arguments =
        arena_zero(arena, p->variable_count + 1, sizeof(*arguments));
    if (!arguments) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < p->variable_count; i++) {
        const struct prompt_variable *v = &p->variables[i];
        arguments[i] = (struct mcp_prompt_argument){
            .name = v->name,
            .description = v->meaning,
            .required = v->required && !js_has(vars, v->name),
        };
    }
    *ret = (struct mcp_prompt){
        .name = p->name,
        .description = p->purpose,
        .arguments = arguments,
        .argument_count = p->variable_count,
    };
    return 0;
}

static int
render(void *arg, size_t index, struct str values, struct arena *arena, struct str *ret,
       struct err *err)
{
    const struct mcp_prompt_set *set = arg;
    const struct prompt_values all = {.given = values, .offered = set->vars};
    return prompt_fill(set->loaded[index], &all, arena, ret, err);
}

/* Load what ENTRIES name. */
static int
load_all(struct mcp_prompt_set *set, struct app *app, const struct prompt_path *path,
         const struct prompt_entry *entries, size_t count, struct err *err)
{
    struct js *vars = NULL;
    struct mcp_prompt *items = arena_zero(&app->arena, count + 1, sizeof(*items));
    set->loaded = arena_zero(&app->arena, count + 1, sizeof(struct prompt *));
    if (!items || !set->loaded) {
        return err_nomem(err);
    }
    int result = js_parse_object(set->vars, "variables", &app->arena, &vars, err);
    set->prompts.items = items;
    for (size_t i = 0; result == 0 && i < count; i++) {
        size_t at = set->prompts.count;
        struct err why = {0};
        if (engines_own(entries[i].name)) {
            continue;
        }
        if (prompt_load(path, entries[i].name, &set->loaded[at], &why) < 0) {
            log_err(LOG_WARN, "mcp", STR(""), &why);
            continue;
        }
        set->prompts.count++;
        result = describe(set->loaded[at], vars, &app->arena, &items[at], err);
    }
    return result;
}

int
mcp_prompts_init(struct mcp_prompt_set *ret, struct app *app, struct err *err)
{
    struct prompt_path path;
    struct prompt_entry *entries = NULL;
    size_t count = 0;
    *ret = (struct mcp_prompt_set){.prompts = {.render = render, .arg = ret}};
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = parts_vars(app, STR(""), &ret->vars, err);
    }
    if (result == 0) {
        result = prompt_list(&path, &app->arena, &entries, &count, err);
    }
    return result < 0 ? result : load_all(ret, app, &path, entries, count, err);
}

void
mcp_prompts_done(struct mcp_prompt_set *set)
{
    for (size_t i = 0; i < set->prompts.count; i++) {
        prompt_free(set->loaded[i]);
    }
    set->prompts.count = 0;
}
