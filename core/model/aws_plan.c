#include "model/aws_plan.h"

#include "model/aws_command.h"
#include "model/aws_home.h"
#include "model/aws_plan_remote.h"

/* Each way gives 0 when it is the one, PLAN_NONE when it is not open, <0 when it would be the one
 * and cannot be gone. */
enum { PLAN_NONE = 1 };

static int
set_origin(struct aws_plan *p, struct str origin, struct err *err)
{
    p->origin = origin;
    return origin.ptr ? 0 : err_nomem(err);
}

/* A Bedrock API key, from WHERE. */
static int
by_api_key(struct aws_plan *p, struct str key, const char *where, struct err *err)
{
    if (key.len == 0) {
        return PLAN_NONE;
    }
    if (!aws_text_is_token(key)) {
        return err_set(err, ERR_AUTH, "%s: the API key has a character that none has", where);
    }
    if (!aws_text_set(&p->found.api_key, key)) {
        return err_nomem(err);
    }
    return set_origin(p, arena_str(&p->arena, str_c(where)), err);
}

static int
by_keys(struct aws_plan *p, struct str access_key, struct str secret_key, struct str token,
        struct str origin, struct err *err)
{
    if (access_key.len == 0 && secret_key.len == 0) {
        return PLAN_NONE;
    }
    int result = set_origin(p, origin, err);
    if (result == 0) {
        result = aws_found_set(&p->found, access_key, secret_key, token, origin.ptr, err);
    }
    return result;
}

static int
by_environment(struct aws_plan *p, struct err *err)
{
    return by_keys(p, aws_env("AWS_ACCESS_KEY_ID"), aws_env("AWS_SECRET_ACCESS_KEY"),
                   aws_env("AWS_SESSION_TOKEN"), arena_str(&p->arena, STR("the environment")), err);
}

/* A role that only STS can give is refused, not passed over: what would be found behind it are
 * other rights than those that were asked for. */
static int
refuse_roles(const struct aws_profiles *files, struct str name, struct err *err)
{
    if (aws_profiles_get(files, AWS_PROFILE, name, "role_arn").len == 0) {
        return PLAN_NONE;
    }
    return err_set(err, ERR_INVALID,
                   "profile %" STR_FMT ": role_arn is not supported; use a profile with "
                   "credential_process = aws configure export-credentials --profile %" STR_FMT
                   " --format process",
                   STR_ARG(name), STR_ARG(name));
}

static int
by_file(struct aws_plan *p, const struct aws_profiles *files, enum aws_file file, struct err *err)
{
    struct str name = p->profile;
    return by_keys(p, aws_profiles_get_from(files, file, AWS_PROFILE, name, "aws_access_key_id"),
                   aws_profiles_get_from(files, file, AWS_PROFILE, name, "aws_secret_access_key"),
                   aws_profiles_get_from(files, file, AWS_PROFILE, name, "aws_session_token"),
                   p->origin, err);
}

static int
by_process(struct aws_plan *p, const struct aws_profiles *files, struct err *err)
{
    struct str command = aws_profiles_get(files, AWS_PROFILE, p->profile, "credential_process");
    if (command.len == 0) {
        return PLAN_NONE;
    }
    p->method = AWS_BY_PROCESS;
    int result = aws_command_split(command, &p->arena, &p->argv, err);
    return result < 0 ? err_wrap(err, "%s: credential_process", p->origin.ptr) : result;
}

/* The ways within a profile, in the order of the AWS command line. */
static int
by_profile_found(struct aws_plan *p, const struct aws_profiles *files, int64_t now_ms,
                 struct err *err)
{
    int result = refuse_roles(files, p->profile, err);
    if (result == PLAN_NONE) {
        result = aws_plan_sso(p, files, now_ms, err);
    }
    if (result == PLAN_NONE) {
        result = by_file(p, files, AWS_FILE_CREDENTIALS, err);
    }
    if (result == PLAN_NONE) {
        result = by_process(p, files, err);
    }
    if (result == PLAN_NONE) {
        result = by_file(p, files, AWS_FILE_CONFIG, err);
    }
    return result;
}

static int
by_profile(struct aws_plan *p, struct str given, int64_t now_ms, struct err *err)
{
    AUTO(aws_profiles) struct aws_profiles files = {0};
    struct str name;
    int result = aws_home_profile(given, &files, &name, err);
    if (result < 0) {
        return result;
    }
    p->profile = arena_str(&p->arena, name);
    p->origin = arena_printf(&p->arena, "profile %" STR_FMT, STR_ARG(name));
    if (!p->profile.ptr || !p->origin.ptr) {
        return err_nomem(err);
    }
    return by_profile_found(p, &files, now_ms, err);
}

int
aws_plan_nothing(struct str profile, const char *why, struct err *err)
{
    bool named = profile.len > 0 && !str_eq_c(profile, "default");
    return err_set(err, ERR_AUTH,
                   "no AWS credentials%s%" STR_FMT "%s: set AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK, or AWS_PROFILE, or run "
                   "`aws configure`%s%s",
                   named ? " (profile " : "", STR_ARG(named ? profile : STR("")),
                   named ? " has none)" : "", why[0] ? "; " : "", why);
}

/* What a cluster, a container or a machine hands to whoever runs on it. */
static int
by_place(struct aws_plan *p, struct err *err)
{
    if (aws_env("AWS_WEB_IDENTITY_TOKEN_FILE").len > 0) {
        return err_set(err, ERR_INVALID,
                       "AWS_WEB_IDENTITY_TOKEN_FILE: web identity is not supported; on EKS use Pod "
                       "Identity, elsewhere a profile with credential_process");
    }
    int result = aws_plan_container(p, err);
    if (result != PLAN_NONE) {
        return result;
    }
    if (aws_env_true("AWS_EC2_METADATA_DISABLED")) {
        return aws_plan_nothing(p->profile, "", err);
    }
    return aws_plan_machine(p, err);
}

static int
choose(struct aws_plan *p, const struct aws_given *given, int64_t now_ms, struct err *err)
{
    int result = by_api_key(p, given->api_key, "key", err);
    if (result == PLAN_NONE) {
        result =
            by_api_key(p, aws_env("AWS_BEARER_TOKEN_BEDROCK"), "AWS_BEARER_TOKEN_BEDROCK", err);
    }
    if (result == PLAN_NONE) {
        result = by_keys(p, given->access_key, given->secret_key, given->session_token,
                         arena_str(&p->arena, STR("desk.yaml")), err);
    }
    if (result == PLAN_NONE && given->profile.len == 0) {
        result = by_environment(p, err);
    }
    if (result == PLAN_NONE) {
        result = by_profile(p, given->profile, now_ms, err);
    }
    return result == PLAN_NONE ? by_place(p, err) : result;
}

int
aws_plan_make(const struct aws_given *given, int64_t now_ms, struct aws_plan *ret, struct err *err)
{
    int result = choose(ret, given, now_ms, err);
    if (result < 0) {
        aws_plan_done(ret);
    }
    return result;
}

void
aws_plan_done(struct aws_plan *p)
{
    aws_found_done(&p->found);
    aws_text_done(&p->token);
    arena_done(&p->arena);
    *p = (struct aws_plan){0};
}
