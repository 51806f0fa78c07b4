#include "mcp_place.h"

#include <string.h>

#include "app.h"
#include "base/alloc.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/mcp_http.h"

static const char scheme[] = "Bearer ";

void
mcp_secrets_done(struct mcp_secrets *s)
{
    if (s->bearer) {
        explicit_bzero(s->bearer, strlen(s->bearer));
        mem_free(s->bearer);
    }
    environment_done(&s->headers);
    *s = (struct mcp_secrets){0};
}

static int
read_bearer(struct app *app, struct str what, struct str spec, struct mcp_secrets *s,
            struct err *err)
{
    AUTO(secret) struct secret *secret = NULL;
    struct str place = arena_printf(&app->arena, "%" STR_FMT ".bearer", STR_ARG(what));
    int result =
        place.ptr ? config_secret_from(app->config, place.ptr, spec, &secret, err) : err_nomem(err);
    if (result != 0) {
        return result < 0 ? result : 0; /* there is none */
    }
    struct str value = secret_reveal(secret);
    s->bearer = mem_alloc(sizeof(scheme) + value.len);
    if (!s->bearer) {
        return err_nomem(err);
    }
    memcpy(s->bearer, scheme, sizeof(scheme) - 1);
    memcpy(s->bearer + sizeof(scheme) - 1, value.ptr, value.len);
    s->bearer[sizeof(scheme) - 1 + value.len] = '\0';
    return 0;
}

/* What was read, as headers. */
static int
list_headers(struct arena *arena, struct mcp_secrets *s, struct mcp_place *ret, struct err *err)
{
    s->list = arena_zero(arena, s->headers.count + 1, sizeof(*s->list));
    if (!s->list) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < s->headers.count; i++) {
        struct str value = str_c(s->headers.list[i]);
        struct str name;
        (void)str_split(&value, '=', &name);
        s->list[ret->header_count++] = (struct http_header){name, value};
    }
    if (s->bearer) {
        s->list[ret->header_count++] = (struct http_header){STR("Authorization"), str_c(s->bearer)};
    }
    ret->headers = s->list;
    return 0;
}

int
mcp_place_read(struct app *app, struct arena *arena, struct str what, const struct js *entry,
               struct mcp_secrets *secrets, struct mcp_place *ret, struct err *err)
{
    struct str file = js_get_text(entry, "ca_file");
    struct str names = arena_printf(arena, "%" STR_FMT ".headers", STR_ARG(what));
    *ret = (struct mcp_place){
        .url = arena_str(arena, js_get_text(entry, "url")),
        .ca_file = file.len ? app_join(arena, app->desk, file) : STR(""),
    };
    if (!names.ptr || !ret->url.ptr || !ret->ca_file.ptr) {
        return err_nomem(err);
    }
    int result = environment_read(app, names, js_get_c(entry, "headers"), &secrets->headers, err);
    if (result == 0) {
        result = read_bearer(app, what, js_get_text(entry, "bearer"), secrets, err);
    }
    return result == 0 ? list_headers(arena, secrets, ret, err) : result;
}
