#include "environment.h"

#include <string.h>

#include "app.h"
#include "base/alloc.h"
#include "base/json.h"
#include "config/config.h"

static bool
is_secret(struct str text)
{
    return (str_starts(text, STR("${")) && str_ends(text, STR("}"))) ||
           str_starts(text, STR("file:"));
}

/* NAME=VALUE, owned. */
static char *
variable(struct str name, struct str value)
{
    char *text = mem_alloc(name.len + value.len + 2);
    if (text) {
        memcpy(text, name.ptr, name.len);
        text[name.len] = '=';
        memcpy(text + name.len + 1, value.ptr, value.len);
        text[name.len + 1 + value.len] = '\0';
    }
    return text;
}

static int
read_variable(struct app *app, struct str what, const struct js_member *m, struct environment *e,
              struct err *err)
{
    AUTO(secret) struct secret *secret = NULL;
    struct str value = js_text(m->value);
    if (is_secret(value)) {
        struct str place =
            arena_printf(&app->arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(what), STR_ARG(m->key));
        int result = place.ptr ? config_secret_from(app->config, place.ptr, value, &secret, err)
                               : err_nomem(err);
        if (result < 0) {
            return result;
        }
        value = secret_reveal(secret);
    }
    e->list[e->count] = variable(m->key, value);
    if (!e->list[e->count]) {
        return err_nomem(err);
    }
    e->count++;
    return 0;
}

int
environment_read(struct app *app, struct str what, const struct js *map, struct environment *ret,
                 struct err *err)
{
    struct js_member member;
    int result = 0;
    *ret = (struct environment){arena_zero(&app->arena, js_count(map) + 1, sizeof(*ret->list)), 0};
    if (!ret->list) {
        return err_nomem(err);
    }
    for (struct js_iter it = js_iter(map); result == 0 && js_next(&it, &member);) {
        result = read_variable(app, what, &member, ret, err);
    }
    return result;
}

void
environment_done(struct environment *e)
{
    for (size_t i = 0; i < e->count; i++) {
        explicit_bzero(e->list[i], strlen(e->list[i]));
        mem_free(e->list[i]);
    }
    *e = (struct environment){0};
}
