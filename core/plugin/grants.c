#include "plugin/grants.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "base/vault.h"

/* As a line or lines of text: nothing of it is longer than twice its bytes in a message. */
static bool
is_text(struct str value)
{
    bool plain = utf8_valid(value);
    for (size_t i = 0; plain && i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        plain = (c >= ' ' && c != 0x7f) || c == '\n' || c == '\r' || c == '\t';
    }
    return plain;
}

static int
check_secrets(const struct plugin_grants *from, size_t *ret_size, struct err *err)
{
    size_t size = 0;
    for (size_t i = 0; i < from->secret_count; i++) {
        const struct plugin_secret *s = &from->secrets[i];
        if (!is_text(s->value)) {
            return err_set(err, ERR_INVALID,
                           "its secret %" STR_FMT " is no text: only UTF-8 without control "
                           "characters can be handed to a plugin; encode it, in base64 say",
                           STR_ARG(s->name));
        }
        size += s->name.len + s->value.len + 1;
        if (size > LIMIT_PLUGIN_SECRET_BYTES) {
            return err_set(err, ERR_LIMIT, "its secrets are longer than %d bytes together",
                           LIMIT_PLUGIN_SECRET_BYTES);
        }
    }
    *ret_size = size;
    return 0;
}

/* False when memory ran out. */
static bool
copy_secrets(struct grants *g, const struct plugin_grants *from, size_t size)
{
    struct plugin_secret *list = arena_zero(&g->arena, from->secret_count + 1, sizeof(*list));
    g->values = vault_new(size + 1);
    char *at = g->values;
    if (!list || !at) {
        return false;
    }
    for (size_t i = 0; i < from->secret_count; i++) {
        struct str value = from->secrets[i].value;
        list[i].name = arena_str(&g->arena, from->secrets[i].name);
        list[i].value = (struct str){at, value.len};
        if (value.len) {
            memcpy(at, value.ptr, value.len);
        }
        at += value.len + 1;
    }
    g->view.secrets = list;
    g->view.secret_count = from->secret_count;
    return true;
}

int
grants_init(struct grants *g, const struct plugin_grants *from, struct err *err)
{
    size_t size = 0;
    *g = (struct grants){0};
    if (!from) {
        return 0;
    }
    int result = check_secrets(from, &size, err);
    if (result < 0) {
        return result;
    }
    struct str *hosts = arena_zero(&g->arena, from->http_count + 1, sizeof(*hosts));
    for (size_t i = 0; hosts && i < from->http_count; i++) {
        hosts[i] = arena_str(&g->arena, from->http[i]);
    }
    if (!copy_secrets(g, from, size) || g->arena.starved) {
        return err_nomem(err);
    }
    g->view.http = hosts;
    g->view.http_count = from->http_count;
    g->view.http_private = from->http_private;
    return 0;
}

void
grants_done(struct grants *g)
{
    vault_free(g->values);
    arena_done(&g->arena);
    *g = (struct grants){0};
}

struct str
grants_secret(const struct plugin_grants *g, struct str name)
{
    for (size_t i = 0; g && i < g->secret_count; i++) {
        if (str_eq(g->secrets[i].name, name)) {
            return g->secrets[i].value;
        }
    }
    return (struct str){0};
}
