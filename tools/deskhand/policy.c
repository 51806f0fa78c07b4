#include "policy.h"

#include "app.h"
#include "base/json.h"
#include "base/log.h"
#include "config/config.h"
#include "memory/preview.h"
#include "tool/policy.h"

/* Who else brings tools, by desk.yaml. */
struct latecomers {
    struct arena arena;
    struct js *servers;
    struct js *commands;
    bool served; /* the servers had their chance */
};

static void
latecomers_done(struct latecomers *l)
{
    arena_done(&l->arena);
}
AUTO_DEFINE_VALUE(latecomers, struct latecomers, latecomers_done)

/* A server's tools are called SERVER_TOOL (core/mcp/mcp_client.h). */
static bool
comes_from(const struct js_member *server, struct str tool)
{
    size_t length = server->key.len;
    return tool.len > length + 1 && str_starts(tool, server->key) && tool.ptr[length] == '_';
}

static bool
may_come(void *arg, struct str name)
{
    const struct latecomers *l = arg;
    struct js_member m;
    for (struct js_iter it = js_iter(l->servers); js_next(&it, &m);) {
        if (!comes_from(&m, name)) {
            continue;
        }
        if (l->served && js_get_bool(m.value, "enabled", true)) {
            log_line(LOG_WARN, "policy", STR(""),
                     "policy.%" STR_FMT ": the MCP server brings no such tool now", STR_ARG(name));
        }
        return true;
    }
    return js_has(l->commands, name) || str_eq(name, RESULT_TOOL);
}

/* With the file and line that said so. */
static int
place(const struct app *app, int result, struct err *err)
{
    unsigned line = config_line(app->config, "policy");
    return result == ERR_INVALID && line > 0 ? err_wrap(err, "desk.yaml:%u", line) : result;
}

static int
read_latecomers(const struct app *app, struct latecomers *l, struct err *err)
{
    int result = js_parse(config_json(app->config, "mcp"), &l->arena, &l->servers, err);
    return result < 0
               ? result
               : js_parse(config_json(app->config, "commands"), &l->arena, &l->commands, err);
}

static int
open_rules(const struct app *app, const struct tool_registry *r, struct latecomers *l,
           struct tool_policy **ret, size_t *ret_count, struct err *err)
{
    AUTO(tool_policy) struct tool_policy *p = NULL;
    struct js *rules = NULL;
    const struct tool_latecomers late = {may_come, l};
    int result = read_latecomers(app, l, err);
    if (result == 0) {
        result = js_parse(config_json(app->config, "policy"), &l->arena, &rules, err);
    }
    if (result == 0) {
        result = tool_policy_new(rules, config_text(app->config, "desk.timezone"), &p, err);
    }
    if (result == 0) {
        result = tool_policy_check(p, r, &late, err);
    }
    if (result < 0) {
        return place(app, result, err);
    }
    *ret_count = js_count(rules);
    *ret = TAKE(p);
    return 0;
}

int
policy_open(struct app *app, const struct tool_registry *r, bool served, struct tool_policy **ret,
            struct err *err)
{
    AUTO(latecomers) struct latecomers late = {.served = served};
    size_t ignored;
    return open_rules(app, r, &late, ret, &ignored, err);
}

int
policy_check(struct app *app, const struct tool_registry *r, size_t *ret_count, struct err *err)
{
    AUTO(latecomers) struct latecomers late = {0};
    AUTO(tool_policy) struct tool_policy *p = NULL;
    return open_rules(app, r, &late, &p, ret_count, err);
}
