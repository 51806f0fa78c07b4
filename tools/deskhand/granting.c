#include "granting.h"

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "config/config.h"
#include "host/http_rules.h"
#include "plugin_shown.h"

static int
read_servers(struct app *app, const struct js *list, struct plugin_grants *ret, struct err *err)
{
    size_t count = js_count(list);
    struct str *servers = arena_zero(&app->arena, count + 1, sizeof(*servers));
    if (!servers) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct http_rule ignored;
        servers[i] = js_text(js_at(list, i));
        if (http_rule_parse(servers[i], &ignored, err) < 0) {
            return err_wrap(err, "http: '%" STR_FMT "'", STR_ARG(str_sub(servers[i], 0, 60)));
        }
    }
    ret->http = servers;
    ret->http_count = count;
    return 0;
}

static void
release_secret(void *secret)
{
    secret_free(secret);
}

/* It stays in APP's arena, so that a plugin can be loaded anew. */
static int
read_secret(struct app *app, const struct js_member *m, struct plugin_secret *ret, struct err *err)
{
    struct secret *secret = NULL;
    struct str place = arena_printf(&app->arena, "secrets.%" STR_FMT, STR_ARG(m->key));
    if (!place.ptr) {
        return err_nomem(err);
    }
    int result = config_secret_from(app->config, place.ptr, js_text(m->value), &secret, err);
    if (result < 0) {
        return result;
    }
    if (arena_defer(&app->arena, release_secret, secret) < 0) {
        return err_nomem(err);
    }
    *ret = (struct plugin_secret){m->key, secret_reveal(secret)};
    return 0;
}

static int
read_secrets(struct app *app, const struct js *map, struct plugin_grants *ret, struct err *err)
{
    struct plugin_secret *secrets = arena_zero(&app->arena, js_count(map) + 1, sizeof(*secrets));
    struct js_member member;
    int result = 0;
    size_t count = 0;
    if (!secrets) {
        return err_nomem(err);
    }
    for (struct js_iter it = js_iter(map); result == 0 && js_next(&it, &member);) {
        result = read_secret(app, &member, &secrets[count++], err);
    }
    ret->secrets = secrets;
    ret->secret_count = count;
    return result;
}

int
granting_read(struct app *app, const struct js *entry, struct plugin_grants *ret, struct err *err)
{
    struct str name = js_get_text(entry, "name");
    name = name.len ? name : plugin_name_of_file(js_get_text(entry, "path"));
    *ret = (struct plugin_grants){.http_private = js_get_bool(entry, "http_private", false)};
    int result = read_servers(app, js_get_c(entry, "http"), ret, err);
    if (result == 0) {
        result = read_secrets(app, js_get_c(entry, "secrets"), ret, err);
    }
    return result < 0 ? err_wrap(err, "plugins: %" STR_FMT, STR_ARG(str_sub(name, 0, 60))) : 0;
}
