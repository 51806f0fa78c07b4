#include "model/aws_plan_remote.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "model/aws_endpoint.h"
#include "model/aws_home.h"
#include "model/aws_sign.h"

enum { PLAN_NONE = 1 };

/* A token's file: JWTs of some kilobytes. What single sign-on keeps beside it is no larger. */
enum { TOKEN_FILE_MAX = 64 * 1024 };

/* ---- single sign-on ---- */

struct sso {
    struct str session; /* empty: the older form, by start URL alone */
    struct str start_url;
    struct str region;
    struct str account;
    struct str role;
};

/* KEY of the session, else of the profile. */
static struct str
sso_value(const struct aws_profiles *files, struct str session, struct str profile, const char *key)
{
    struct str value =
        session.len ? aws_profiles_get(files, AWS_SSO_SESSION, session, key) : (struct str){0};
    return value.len ? value : aws_profiles_get(files, AWS_PROFILE, profile, key);
}

/* ~/.aws/sso/cache/<sha1 of the session's name or the start URL>.json */
static int
sso_cache_path(const struct sso *s, struct arena *arena, struct str *ret, struct err *err)
{
    struct str key = s->session.len ? s->session : s->start_url;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char name[sizeof("sso/cache/.json") + 2 * sizeof(digest)] = "sso/cache/";
    size_t at = strlen(name);
    if (EVP_Digest(key.ptr, key.len, digest, &len, EVP_sha1(), NULL) != 1) {
        return err_nomem(err);
    }
    for (unsigned i = 0; i < len; i++) {
        at += (size_t)snprintf(name + at, sizeof(name) - at, "%02x", digest[i]);
    }
    (void)snprintf(name + at, sizeof(name) - at, ".json");
    return aws_home_path(name, arena, ret, err);
}

static int
sso_login_needed(const struct aws_plan *p, const char *why, struct err *err)
{
    return err_set(err, ERR_AUTH, "%s: %s; run: aws sso login --profile %" STR_FMT, p->origin.ptr,
                   why, STR_ARG(p->profile));
}

static int
sso_take_token(struct aws_plan *p, const struct sso *s, int64_t now_ms, struct err *err)
{
    AUTO(aws_text) struct aws_text text = {0};
    struct aws_sso_token token = {0};
    struct str path;
    int result = sso_cache_path(s, &p->arena, &path, err);
    if (result == 0) {
        result = aws_text_read(path.ptr, TOKEN_FILE_MAX, &text, err);
    }
    if (result == ERR_NOTFOUND) {
        return sso_login_needed(p, "nobody is logged in", err);
    }
    if (result == 0) {
        result = aws_sso_token_read(aws_text_str(&text), path.ptr, &token, err);
    }
    if (result < 0) {
        return result;
    }
    p->token = token.token;
    return token.expires_ms > now_ms ? 0 : sso_login_needed(p, "the login has expired", err);
}

static int
sso_make_url(struct aws_plan *p, const struct sso *s, struct err *err)
{
    struct str role = aws_path_segment(&p->arena, s->role);
    struct str account = aws_path_segment(&p->arena, s->account);
    struct str base = aws_env("AWS_ENDPOINT_URL_SSO");
    int result = base.len ? aws_endpoint_check(base, "AWS_ENDPOINT_URL_SSO", &base, err)
                          : aws_region_check(s->region, "sso_region", err);
    if (result < 0) {
        return err_wrap(err, "%s", p->origin.ptr);
    }
    if (base.len == 0) {
        const char *suffix =
            str_starts(s->region, STR("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";
        base = arena_printf(&p->arena, "https://portal.sso.%" STR_FMT ".%s", STR_ARG(s->region),
                            suffix);
    }
    p->url = arena_printf(&p->arena,
                          "%" STR_FMT "/federation/credentials?role_name=%" STR_FMT
                          "&account_id=%" STR_FMT,
                          STR_ARG(base), STR_ARG(role), STR_ARG(account));
    return role.ptr && account.ptr && base.ptr && p->url.ptr ? 0 : err_nomem(err);
}

int
aws_plan_sso(struct aws_plan *p, const struct aws_profiles *files, int64_t now_ms, struct err *err)
{
    struct str session = aws_profiles_get(files, AWS_PROFILE, p->profile, "sso_session");
    struct sso s = {
        .session = session,
        .start_url = sso_value(files, session, p->profile, "sso_start_url"),
        .region = sso_value(files, session, p->profile, "sso_region"),
        .account = sso_value(files, session, p->profile, "sso_account_id"),
        .role = sso_value(files, session, p->profile, "sso_role_name"),
    };
    /* Without account and role, single sign-on is for other tools of this profile. */
    if ((s.session.len == 0 && s.start_url.len == 0) || s.account.len == 0 || s.role.len == 0) {
        return PLAN_NONE;
    }
    if (s.session.len > 0 && !aws_profiles_has(files, AWS_SSO_SESSION, s.session)) {
        return err_set(err, ERR_INVALID, "%s: there is no [sso-session %" STR_FMT "]",
                       p->origin.ptr, STR_ARG(s.session));
    }
    p->method = AWS_BY_SSO;
    int result = sso_make_url(p, &s, err);
    return result < 0 ? result : sso_take_token(p, &s, now_ms, err);
}

/* ---- a container ---- */

/* The host of "http://HOST[:PORT][/...]", an IPv6 address without its brackets. Empty when it is
 * not plainly one. */
static struct str
plain_host(struct str url)
{
    struct str rest = str_sub(url, sizeof("http://") - 1, url.len);
    size_t end = str_find_char(rest, '/', 0);
    struct str host = str_sub(rest, 0, end == SIZE_MAX ? rest.len : end);
    if (host.len > 0 && host.ptr[0] == '[') {
        size_t close = str_find_char(host, ']', 0);
        bool port = close + 1 < host.len && host.ptr[close + 1] == ':';
        bool fits = close != SIZE_MAX && (port || close + 1 == host.len);
        return fits ? str_sub(host, 1, close - 1) : (struct str){0};
    }
    size_t colon = str_find_char(host, ':', 0);
    return colon == SIZE_MAX ? host : str_sub(host, 0, colon);
}

static bool
is_near_host(struct str host)
{
    static const char *const near[] = {"localhost", "169.254.170.2", "169.254.170.23"};
    char text[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    struct in6_addr agent;
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        if (str_eq_nocase(host, str_c(near[i]))) {
            return true;
        }
    }
    if (host.len == 0 || host.len >= sizeof(text)) {
        return false;
    }
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, text, &v6) == 1 &&
           inet_pton(AF_INET6, "fd00:ec2::23", &agent) == 1 &&
           (IN6_IS_ADDR_LOOPBACK(&v6) || memcmp(&v6, &agent, sizeof(v6)) == 0);
}

bool
aws_container_url_allowed(struct str url)
{
    /* Whatever two readers of an address could see differently is not let through. */
    for (size_t i = 0; i < url.len; i++) {
        char c = url.ptr[i];
        if (c <= ' ' || c > '~' || c == '@' || c == '\\' || c == '#') {
            return false;
        }
    }
    if (str_starts(url, STR("https://"))) {
        return url.len > sizeof("https://") - 1;
    }
    return str_starts(url, STR("http://")) && is_near_host(plain_host(url));
}

/* What the agent wants to see: the file is written anew by EKS, so it comes first. */
static int
container_token(struct aws_plan *p, struct err *err)
{
    struct str path = arena_str(&p->arena, aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
    struct str token = aws_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *from = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    AUTO(aws_text) struct aws_text text = {0};
    if (!path.ptr) {
        return err_nomem(err);
    }
    if (path.len > 0) {
        from = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
        int result = aws_text_read(path.ptr, TOKEN_FILE_MAX, &text, err);
        if (result < 0) {
            return err_wrap(err, "%s", from);
        }
        token = str_trim(aws_text_str(&text));
    }
    /* "Basic abc": a blank inside is fine, a line break would be a second header. */
    for (size_t i = 0; i < token.len; i++) {
        if (token.ptr[i] < ' ' || token.ptr[i] > '~') {
            return err_set(err, ERR_INVALID, "%s: has a character that no header may have", from);
        }
    }
    return aws_text_set(&p->token, token) ? 0 : err_nomem(err);
}

int
aws_plan_container(struct aws_plan *p, struct err *err)
{
    struct str relative = aws_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    struct str full = aws_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative.len == 0 && full.len == 0) {
        return PLAN_NONE;
    }
    if (relative.len > 0 && relative.ptr[0] != '/') {
        return err_set(err, ERR_INVALID,
                       "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: expected a path with / in front");
    }
    p->method = AWS_BY_CONTAINER;
    p->origin = STR("the container's agent");
    p->url = relative.len
                 ? arena_printf(&p->arena, "http://169.254.170.2%" STR_FMT, STR_ARG(relative))
                 : arena_str(&p->arena, full);
    if (!p->url.ptr) {
        return err_nomem(err);
    }
    if (!aws_container_url_allowed(p->url)) {
        return err_set(err, ERR_INVALID,
                       "AWS_CONTAINER_CREDENTIALS_%s_URI: expected https://, or http:// to this "
                       "machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                       relative.len ? "RELATIVE" : "FULL");
    }
    return container_token(p, err);
}

/* ---- a machine ---- */

int
aws_plan_machine(struct aws_plan *p, struct err *err)
{
    struct str url = aws_env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    url = url.len ? url : STR("http://169.254.169.254");
    int result = aws_endpoint_check(url, "AWS_EC2_METADATA_SERVICE_ENDPOINT", &url, err);
    if (result < 0) {
        return result;
    }
    p->method = AWS_BY_MACHINE;
    p->origin = STR("EC2's metadata service");
    p->url = arena_str(&p->arena, url);
    return p->url.ptr ? 0 : err_nomem(err);
}
