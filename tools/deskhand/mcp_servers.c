#include "mcp_servers.h"

#include "app.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "config/config.h"
#include "environment.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "mcp/mcp_client.h"
#include "mcp_place.h"

enum {
    TIMEOUT_MS = 30 * 1000,
    TIMEOUT_MAX_MS = 600 * 1000,
    SETTLE_MS = 20 * 1000,
    STEP_MS = 20,
    LEAVE_MS = 500, /* to tell servers elsewhere that nobody will come back */
};

struct server {
    struct mcp_client *client;
    struct str name;
    struct str command;
    struct environment env;
    struct mcp_secrets secrets;
};

struct mcp_servers {
    struct arena arena;
    struct loop *loop;
    struct http_client *http; /* NULL: nobody needed it yet */
    struct server *list;
    size_t count;
};

static bool
all_have_left(const struct mcp_servers *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].client && !mcp_client_has_left(s->list[i].client)) {
            return false;
        }
    }
    return true;
}

void
mcp_servers_leave(struct mcp_servers *s)
{
    struct err ignored;
    int64_t until = clock_mono_ms(clock_real()) + LEAVE_MS;
    for (size_t i = 0; s && i < s->count; i++) {
        if (s->list[i].client) {
            mcp_client_hang_up(s->list[i].client);
        }
    }
    while (s && !all_have_left(s) && clock_mono_ms(clock_real()) < until &&
           loop_step(s->loop, STEP_MS, &ignored) >= 0) {
    }
}

void
mcp_servers_close(struct mcp_servers *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].client) {
            mcp_client_hang_up(s->list[i].client);
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        mcp_client_free(s->list[i].client);
        environment_done(&s->list[i].env);
        mcp_secrets_done(&s->list[i].secrets);
    }
    http_client_free(s->http);
    arena_done(&s->arena);
    mem_free(s);
}

/* ---- One server's settings --------------------------------------------------------------------*/

/* The texts of LIST, up to a NULL. */
static int
read_texts(struct arena *arena, const struct js *list, const char ***ret, struct err *err)
{
    size_t count = js_count(list);
    *ret = arena_zero(arena, count + 1, sizeof(**ret));
    for (size_t i = 0; *ret && i < count; i++) {
        (*ret)[i] = arena_str(arena, js_text(js_at(list, i))).ptr;
        if (!(*ret)[i]) {
            return err_nomem(err);
        }
    }
    return *ret ? 0 : err_nomem(err);
}

static struct str
command_line(struct arena *arena, const char *const *argv)
{
    AUTO(buf) struct buf b;
    buf_init(&b, LIMIT_CONFIG_BYTES);
    for (size_t i = 0; argv[i]; i++) {
        buf_printf(&b, "%s%s", i ? " " : "", argv[i]);
    }
    return buf_to_arena(&b, arena);
}

static int
read_timeout(const struct js *entry, struct str name, int64_t *ret, struct err *err)
{
    struct str text = js_get_text(entry, "timeout");
    *ret = TIMEOUT_MS;
    if (text.len && (!config_duration(text, ret) || *ret < 1 || *ret > TIMEOUT_MAX_MS)) {
        return err_set(err, ERR_INVALID,
                       "mcp.%" STR_FMT ".timeout: %" STR_FMT " is not within 1ms and 10m",
                       STR_ARG(name), STR_ARG(text));
    }
    return 0;
}

static int
read_allowed(struct arena *arena, const struct js *list, struct mcp_settings *ret, struct err *err)
{
    if (!list) {
        return 0;
    }
    ret->allowed_count = js_count(list);
    struct str *names = arena_zero(arena, ret->allowed_count + 1, sizeof(*names));
    for (size_t i = 0; names && i < ret->allowed_count; i++) {
        names[i] = arena_str(arena, js_text(js_at(list, i)));
        if (!names[i].ptr) {
            return err_nomem(err);
        }
    }
    ret->allowed = names;
    return names ? 0 : err_nomem(err);
}

/* One for all servers. */
static int
open_http(void *arg, struct http_client **ret, struct err *err)
{
    struct mcp_servers *s = arg;
    int result =
        s->http ? 0 : http_client_new(s->loop, &(struct http_client_options){0}, &s->http, err);
    if (result == 0) {
        *ret = s->http;
    }
    return result;
}

/* A program. ENABLED: its secrets are wanted, too; so for a place. */
static int
read_program(struct app *app, struct mcp_servers *all, struct server *s, const struct js *entry,
             bool enabled, struct mcp_settings *ret, struct err *err)
{
    const char **argv = NULL;
    struct str what = arena_printf(&all->arena, "mcp.%" STR_FMT ".env", STR_ARG(s->name));
    int result =
        what.ptr ? read_texts(&all->arena, js_get_c(entry, "command"), &argv, err) : err_nomem(err);
    if (result < 0) {
        return result;
    }
    s->command = command_line(&all->arena, argv);
    ret->argv = argv;
    if (enabled) {
        result = environment_read(app, what, js_get_c(entry, "env"), &s->env, err);
        ret->env = (const char *const *)s->env.list;
    }
    return result;
}

static int
read_place(struct app *app, struct mcp_servers *all, struct server *s, const struct js *entry,
           bool enabled, struct mcp_settings *ret, struct err *err)
{
    struct str what = arena_printf(&all->arena, "mcp.%" STR_FMT, STR_ARG(s->name));
    s->command = arena_str(&all->arena, js_get_text(entry, "url"));
    if (!what.ptr || !s->command.ptr) {
        return err_nomem(err);
    }
    int result =
        enabled ? mcp_place_read(app, &all->arena, what, entry, &s->secrets, &ret->place, err) : 0;
    ret->place.client = open_http;
    ret->place.arg = all;
    return result;
}

/* S->name is there. */
static int
read_settings(struct app *app, struct mcp_servers *all, struct server *s, const struct js *entry,
              struct mcp_settings *ret, struct err *err)
{
    bool enabled = js_get_bool(entry, "enabled", true);
    *ret = (struct mcp_settings){.name = s->name};
    int result = js_has(entry, STR("url")) ? read_place(app, all, s, entry, enabled, ret, err)
                                           : read_program(app, all, s, entry, enabled, ret, err);
    if (result == 0) {
        result = read_timeout(entry, s->name, &ret->timeout_ms, err);
    }
    return result == 0 ? read_allowed(&all->arena, js_get_c(entry, "tools"), ret, err) : result;
}

/* ---- All of them ------------------------------------------------------------------------------*/

static bool
all_settled(const struct mcp_servers *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].client && !mcp_client_settled(s->list[i].client)) {
            return false;
        }
    }
    return true;
}

static int
settle(const struct mcp_servers *s, struct loop *l, struct err *err)
{
    int64_t until = clock_mono_ms(clock_real()) + SETTLE_MS;
    while (!all_settled(s)) {
        if (clock_mono_ms(clock_real()) >= until) {
            log_line(LOG_WARN, "mcp", STR(""), "not every MCP server is there; going on without");
            return 0;
        }
        int result = loop_step(l, STEP_MS, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static int
open_servers(struct app *app, struct loop *l, struct tool_registry *r, struct mcp_servers *s,
             const struct js *map, struct err *err)
{
    struct js_member member;
    int result = 0;
    s->list = arena_zero(&s->arena, js_count(map) + 1, sizeof(*s->list));
    if (!s->list) {
        return err_nomem(err);
    }
    for (struct js_iter it = js_iter(map); result == 0 && js_next(&it, &member);) {
        struct server *server = &s->list[s->count++];
        struct mcp_settings settings;
        server->name = arena_str(&s->arena, member.key);
        result = server->name.ptr ? read_settings(app, s, server, member.value, &settings, err)
                                  : err_nomem(err);
        if (result == 0 && js_get_bool(member.value, "enabled", true)) {
            result = mcp_client_new(l, &settings, r, &server->client, err);
        }
    }
    return result;
}

int
mcp_servers_open(struct app *app, struct loop *l, struct tool_registry *r, struct mcp_servers **ret,
                 struct err *err)
{
    AUTO(mcp_servers) struct mcp_servers *s = mem_zero(1, sizeof(*s));
    struct js *map;
    if (!s) {
        return err_nomem(err);
    }
    s->loop = l;
    int result = js_parse(config_json(app->config, "mcp"), &s->arena, &map, err);
    if (result == 0) {
        result = open_servers(app, l, r, s, map, err);
    }
    if (result == 0) {
        result = settle(s, l, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = TAKE(s);
    return 0;
}

bool
mcp_servers_at(const struct mcp_servers *s, size_t index, struct mcp_listed *ret)
{
    if (index >= s->count) {
        return false;
    }
    const struct server *server = &s->list[index];
    *ret = (struct mcp_listed){server->name, server->command, server->client};
    return true;
}
