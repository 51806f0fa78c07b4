#include "config/config_impl.h"

#include <string.h>
#include <sys/stat.h>

#include "base/must.h"
#include "base/vault.h"

/* Keys, tokens and passwords have at most some kilobytes. */
enum { SECRET_MAX = 16 * 1024 };

/* In a vault. */
struct secret {
    size_t len;
    char text[];
};

static int
keep(struct str text, struct secret **ret, struct err *err)
{
    struct secret *s = vault_new(sizeof(*s) + text.len + 1);
    if (!s) {
        return err_nomem(err);
    }
    s->len = text.len;
    memcpy(s->text, text.ptr, text.len);
    s->text[text.len] = '\0';
    *ret = s;
    return 0;
}

static int
from_variable(const char *key, struct str name, struct arena *arena, struct secret **ret,
              struct err *err)
{
    struct str copy = arena_str(arena, name);
    if (!copy.ptr) {
        return err_nomem(err);
    }
    struct str value = str_c(env_get(copy.ptr));
    if (value.len == 0) {
        return err_set(err, ERR_NOTFOUND, "%s: the environment variable %s is not set", key,
                       copy.ptr);
    }
    return keep(value, ret, err);
}

/* Relative to the directory of the configuration's file. */
static struct str
resolve_path(struct str file, struct str path, struct arena *arena)
{
    size_t dir = file.len;
    while (dir > 0 && file.ptr[dir - 1] != '/') {
        dir--;
    }
    dir = str_starts(path, STR("/")) ? 0 : dir;
    return arena_printf(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(str_sub(file, 0, dir)),
                        STR_ARG(path));
}

static int
from_file(const char *key, struct str path, struct arena *arena, struct secret **ret,
          struct err *err)
{
    struct str text;
    struct stat st;
    if (!path.ptr) {
        return err_nomem(err);
    }
    int result = file_read(path, SECRET_MAX, arena, &text, &st, err);
    if (result < 0) {
        return err_wrap(err, "%s", key);
    }
    if (st.st_mode & (S_IROTH | S_IWOTH)) {
        result =
            err_set(err, ERR_AUTH, "%s: everybody may read or write %s; mend it with: chmod 600 %s",
                    key, path.ptr, path.ptr);
    } else {
        /* Editors end a file with a newline that is no part of the secret. */
        while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
            text.len--;
        }
        result = text.len > 0 ? keep(text, ret, err)
                              : err_set(err, ERR_INVALID, "%s: %s is empty", key, path.ptr);
    }
    explicit_bzero((char *)text.ptr, text.len);
    return result;
}

int
config_secret_from(const struct config *c, const char *what, struct str spec, struct secret **ret,
                   struct err *err)
{
    if (spec.len == 0) {
        return CONFIG_UNSET;
    }
    if (!value_is_secret(spec)) {
        return err_set(err, ERR_INVALID,
                       "%s: expected ${NAME} or file:PATH (a secret does not stand in desk.yaml)",
                       what);
    }
    AUTO(arena) struct arena scratch = {0};
    if (spec.ptr[0] == '$') {
        return from_variable(what, str_sub(spec, 2, spec.len - 3), &scratch, ret, err);
    }
    struct str path = resolve_path(c->file, str_sub(spec, 5, spec.len), &scratch);
    return from_file(what, path, &scratch, ret, err);
}

int
config_secret(const struct config *c, const char *key, struct secret **ret, struct err *err)
{
    size_t i = config_index(c, key);
    must(c->keys[i].type == CONFIG_SECRET);
    return config_secret_from(c, key, c->values[i].text, ret, err);
}

struct str
secret_reveal(const struct secret *s)
{
    return (struct str){s->text, s->len};
}

void
secret_free(struct secret *s)
{
    vault_free(s);
}
