#include "model/aws_home.h"

#include "base/arena.h"
#include "base/limits.h"
#include "config/config.h"
#include "model/aws_endpoint.h"
#include "model/aws_text.h"

struct str
aws_env(const char *name)
{
    return str_trim(str_c(config_env(name)));
}

bool
aws_env_true(const char *name)
{
    return str_eq_nocase(aws_env(name), STR("true"));
}

int
aws_home_path(const char *name, struct arena *arena, struct str *ret, struct err *err)
{
    struct str home = aws_env("HOME");
    if (home.len == 0) {
        return err_set(err, ERR_NOTFOUND, "~/.aws/%s: HOME is not set", name);
    }
    *ret = arena_printf(arena, "%" STR_FMT "/.aws/%s", STR_ARG(home), name);
    return ret->ptr ? 0 : err_nomem(err);
}

/* Where VARIABLE says, "~/" standing for the user's directory, or NAME in ~/.aws. */
static int
find_file(const char *variable, const char *name, struct arena *arena, struct str *ret,
          struct err *err)
{
    struct str chosen = aws_env(variable);
    if (chosen.len == 0) {
        return aws_home_path(name, arena, ret, err);
    }
    *ret = str_starts(chosen, STR("~/"))
               ? arena_printf(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(aws_env("HOME")),
                              STR_ARG(str_sub(chosen, 1, chosen.len)))
               : arena_str(arena, chosen);
    return ret->ptr ? 0 : err_nomem(err);
}

static int
load_file(struct aws_profiles *p, enum aws_file file, struct err *err)
{
    bool config = file == AWS_FILE_CONFIG;
    AUTO(arena) struct arena arena = {0};
    AUTO(aws_text) struct aws_text text = {0};
    struct err why = {0};
    struct str path;
    int result = find_file(config ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE",
                           config ? "config" : "credentials", &arena, &path, &why);
    if (result == 0) {
        result = aws_text_read(path.ptr, LIMIT_AWS_FILE_BYTES, &text, &why);
    }
    if (result == 0) {
        result = aws_profiles_add(p, file, path, aws_text_str(&text), &why);
    }
    if (result < 0 && result != ERR_NOTFOUND) {
        *err = why;
        return result;
    }
    return 0;
}

int
aws_home_profile(struct str given, struct aws_profiles *p, struct str *ret_name, struct err *err)
{
    struct str from_env = aws_env("AWS_PROFILE");
    struct str name = given.len ? given : from_env;
    int result = load_file(p, AWS_FILE_CREDENTIALS, err);
    if (result == 0) {
        result = load_file(p, AWS_FILE_CONFIG, err);
    }
    if (result < 0) {
        return result;
    }
    if (name.len > 0 && !str_eq_c(name, "default") && !aws_profiles_has(p, AWS_PROFILE, name)) {
        return err_set(err, ERR_NOTFOUND,
                       "%sprofile %" STR_FMT ": stands neither in ~/.aws/config nor in "
                       "~/.aws/credentials; `aws configure list-profiles` shows those that do",
                       given.len ? "" : "AWS_PROFILE: ", STR_ARG(name));
    }
    *ret_name = name.len ? name : STR("default");
    return 0;
}

/* The profile's own, checked. Empty when it has none. */
static int
region_of_profile(struct str given, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(aws_profiles) struct aws_profiles p = {0};
    struct str name;
    int result = aws_home_profile(given, &p, &name, err);
    if (result < 0) {
        return result;
    }
    struct str region = aws_profiles_get(&p, AWS_PROFILE, name, "region");
    if (region.len == 0) {
        return err_set(err, ERR_NOTFOUND,
                       "no AWS region: set `region` of the model in desk.yaml, or AWS_REGION, or "
                       "`region` of profile %" STR_FMT " in ~/.aws/config",
                       STR_ARG(name));
    }
    result = aws_region_check(region, "~/.aws/config: region", err);
    if (result == 0) {
        *ret = arena_str(arena, region);
        result = ret->ptr ? 0 : err_nomem(err);
    }
    return result;
}

int
aws_home_region(struct str given, struct str profile, struct arena *arena, struct str *ret,
                struct err *err)
{
    const struct {
        const char *from;
        struct str region;
    } places[] = {
        {"region", given},
        {"AWS_REGION", aws_env("AWS_REGION")},
        {"AWS_DEFAULT_REGION", aws_env("AWS_DEFAULT_REGION")},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].region.len == 0) {
            continue;
        }
        int result = aws_region_check(places[i].region, places[i].from, err);
        if (result == 0) {
            *ret = arena_str(arena, places[i].region);
            result = ret->ptr ? 0 : err_nomem(err);
        }
        return result;
    }
    return region_of_profile(profile, arena, ret, err);
}

static int
keep_endpoint(struct str url, const char *from, struct arena *arena, struct str *ret,
              struct err *err)
{
    struct str clean;
    int result = aws_endpoint_check(url, from, &clean, err);
    if (result == 0) {
        *ret = arena_str(arena, clean);
        result = ret->ptr ? 0 : err_nomem(err);
    }
    return result;
}

/* A service's own address beats the one for all, in [services ...] as in the environment. */
static int
endpoint_of_profile(struct str given, struct arena *arena, struct str *ret, struct err *err)
{
    AUTO(aws_profiles) struct aws_profiles p = {0};
    struct str name;
    int result = aws_home_profile(given, &p, &name, err);
    if (result < 0) {
        return result;
    }
    struct str services = aws_profiles_get(&p, AWS_PROFILE, name, "services");
    struct str url =
        aws_profiles_get_sub(&p, AWS_SERVICES, services, "bedrock_runtime", "endpoint_url");
    if (url.len == 0) {
        url = aws_profiles_get(&p, AWS_PROFILE, name, "endpoint_url");
    }
    if (url.len == 0) {
        *ret = (struct str){0};
        return 0;
    }
    return keep_endpoint(url, "~/.aws/config: endpoint_url", arena, ret, err);
}

int
aws_home_endpoint(struct str profile, struct arena *arena, struct str *ret, struct err *err)
{
    static const char *const variables[] = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"};
    if (aws_env_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        *ret = (struct str){0};
        return 0;
    }
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        struct str url = aws_env(variables[i]);
        if (url.len > 0) {
            return keep_endpoint(url, variables[i], arena, ret, err);
        }
    }
    return endpoint_of_profile(profile, arena, ret, err);
}
