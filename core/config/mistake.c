/* What is wrong with a setting of a map or a list, for who wrote it: the schema's words, but for
 * those that only a programmer reads. */
#include "config/config_impl.h"
#include "schema/schema.h"

#define DURATION "a duration, as in 500ms, 90s, 5m or 2h"

/* How a pattern that a schema expects begins, and what it is to a person. */
static const struct {
    const char *pattern;
    const char *words;
    bool secret; /* what stands there instead may be one: it is not repeated */
} kinds[] = {
    {"^[0-9]{1,9}(ms|s|m|h)$", DURATION, false},
    {"^(\\$\\{[A-Za-z_]", "${NAME} or file:PATH (a secret does not stand in desk.yaml)", true},
    {"^(https://[^/?#@", "https://... or, on this machine or a private network, http://...", true},
    {"^https?://", "https://... or http://...", false},
};

static int
refuse(const struct schema_finding *f, const char *words, bool secret, struct err *err)
{
    if (secret) {
        return err_set(err, ERR_INVALID, "%" STR_FMT ": expected %s", STR_ARG(f->path), words);
    }
    return err_set(err, ERR_INVALID, "%" STR_FMT ": expected %s, got %" STR_FMT, STR_ARG(f->path),
                   words, STR_ARG(f->found));
}

/* Of two things that do not go together one is there too many. */
static int
refuse_pair(const struct config_key *key, const struct schema_finding *f, struct err *err)
{
    bool server = str_eq_c(STR("mcp"), key->name);
    return err_set(err, ERR_INVALID, "%" STR_FMT ": does not go with the other settings here%s",
                   STR_ARG(f->path),
                   server ? ": a server has `command`, and maybe `env`, or it has `url`, and "
                            "maybe `bearer`, `headers` and `ca_file`"
                          : "");
}

static bool
is_time(struct str path)
{
    return str_ends(path, STR("timeout")) || str_ends(path, STR("_time"));
}

int
mistake_set(const struct config_key *key, const struct schema_finding *f, struct err *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (str_find(f->expected, str_c(kinds[i].pattern), 0) != SIZE_MAX) {
            return refuse(f, kinds[i].words, kinds[i].secret, err);
        }
    }
    if (str_eq_c(f->expected, "a string") && str_starts(f->found, STR("the number")) &&
        is_time(f->path)) {
        return refuse(f, DURATION, false, err);
    }
    if (str_eq_c(f->expected, "nothing here")) {
        return refuse_pair(key, f, err);
    }
    if (str_eq_c(STR("plugins"), key->name) &&
        str_starts(f->expected, STR("a value that fits exactly one of"))) {
        return err_set(err, ERR_INVALID, "%" STR_FMT ": expected either `name` or `path`, got both",
                       STR_ARG(f->path));
    }
    if (str_eq_c(STR("mcp"), key->name) && str_eq_c(f->expected, "a member \"command\"")) {
        return refuse(f, "a member \"command\" or a member \"url\"", false, err);
    }
    struct str path = f->path.len > 0 ? f->path : STR("the whole value");
    return err_set(err, ERR_INVALID, "%" STR_FMT ": expected %" STR_FMT ", got %" STR_FMT,
                   STR_ARG(path), STR_ARG(f->expected), STR_ARG(f->found));
}
