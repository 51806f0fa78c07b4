#include "policy.h"

#include "app.h"
#include "base/json.h"
#include "base/log.h"
#include "config/config.h"
#include "tool/policy.h"

/* A server's tools are called SERVER_TOOL (core/mcp/mcp_client.h). One that is down brings them
 * later, or never: a name that is wrong is then no worse than a rule for nothing, and is said. */
static bool
may_come(void *arg, struct str name)
{
    const struct js *servers = arg;
    struct js_member m;
    for (struct js_iter it = js_iter(servers); js_next(&it, &m);) {
        if (name.len > m.key.len + 1 && str_starts(name, m.key) && name.ptr[m.key.len] == '_' &&
            js_get_bool(m.value, "enabled", true)) {
            log_line(LOG_WARN, "policy", STR(""),
                     "policy.%" STR_FMT ": the MCP server brings no such tool now", STR_ARG(name));
            return true;
        }
    }
    return false;
}

static int
read_rules(struct app *app, const struct tool_registry *r, struct tool_policy **ret,
           struct err *err)
{
    AUTO(arena) struct arena scratch = {0};
    AUTO(tool_policy) struct tool_policy *p = NULL;
    struct js *rules = NULL;
    struct js *servers = NULL;
    int result = js_parse(config_json(app->config, "policy"), &scratch, &rules, err);
    result =
        result < 0 ? result : js_parse(config_json(app->config, "mcp"), &scratch, &servers, err);
    if (result == 0) {
        result = tool_policy_new(rules, config_text(app->config, "desk.timezone"), &p, err);
    }
    if (result == 0) {
        const struct tool_latecomers late = {may_come, servers};
        result = tool_policy_check(p, r, &late, err);
    }
    if (result == 0) {
        *ret = TAKE(p);
    }
    return result;
}

int
policy_open(struct app *app, const struct tool_registry *r, struct tool_policy **ret,
            struct err *err)
{
    int result = read_rules(app, r, ret, err);
    unsigned line = config_line(app->config, "policy");
    return result == ERR_INVALID && line > 0 ? err_wrap(err, "desk.yaml:%u", line) : result;
}
