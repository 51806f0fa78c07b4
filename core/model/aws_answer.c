#include "model/aws_answer.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

int
aws_found_set(struct aws_found *ret, struct str access_key, struct str secret_key,
              struct str session_token, const char *from, struct err *err)
{
    if (access_key.len == 0 || secret_key.len == 0) {
        return err_set(err, ERR_AUTH, "%s: has %s", from,
                       access_key.len   ? "an access key, but not its secret"
                       : secret_key.len ? "a secret, but not its access key"
                                        : "no access key");
    }
    /* The access key stands in a list within a header; the secret is never sent. */
    if (!aws_text_is_token(access_key) || memchr(access_key.ptr, '/', access_key.len) ||
        memchr(access_key.ptr, ',', access_key.len) ||
        memchr(access_key.ptr, '"', access_key.len)) {
        return err_set(err, ERR_AUTH,
                       "%s: the access key has a character that no access key has; quotes do not "
                       "belong around it",
                       from);
    }
    if (session_token.len > 0 && !aws_text_is_token(session_token)) {
        return err_set(err, ERR_AUTH, "%s: the session token has a character that none has", from);
    }
    if (!aws_text_set(&ret->access_key, access_key) ||
        !aws_text_set(&ret->secret_key, secret_key) ||
        !aws_text_set(&ret->session_token, session_token)) {
        aws_found_done(ret);
        return err_nomem(err);
    }
    return 0;
}

void
aws_found_done(struct aws_found *f)
{
    aws_text_done(&f->api_key);
    aws_text_done(&f->access_key);
    aws_text_done(&f->secret_key);
    aws_text_done(&f->session_token);
    f->expires_ms = 0;
}

/* The parser frees its texts as they are. */
static void
wipe_texts(const struct js *object)
{
    struct js_member member;
    for (struct js_iter it = js_iter(object); js_next(&it, &member);) {
        struct str text = js_text(member.value);
        if (text.len > 0) {
            explicit_bzero((char *)text.ptr, text.len);
        }
    }
}

/* A server's code for a refusal ("AssumeRoleUnauthorizedAccess"), where it is a plain word. */
static bool
is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return s.len > 0 && s.len <= 64;
}

static int
check_form(enum aws_answer kind, const struct js *object, const char *from, struct err *err)
{
    if (kind == AWS_ANSWER_PROCESS && js_get_int(object, "Version", 0) != 1) {
        return err_set(err, ERR_REMOTE, "%s: its answer does not say \"Version\": 1", from);
    }
    struct str code = js_get_text(object, "Code");
    if (kind == AWS_ANSWER_METADATA && code.len > 0 && !str_eq_c(code, "Success")) {
        return err_set(err, ERR_AUTH, "%s: refused%s%" STR_FMT, from, is_word(code) ? ": " : "",
                       STR_ARG(is_word(code) ? code : STR("")));
    }
    return 0;
}

/* What the three kinds call things. */
static const struct {
    const char *access_key;
    const char *secret_key;
    const char *session_token;
    const char *expires;
} names[] = {
    [AWS_ANSWER_PROCESS] = {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"},
    [AWS_ANSWER_METADATA] = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"},
    [AWS_ANSWER_SSO] = {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"},
};

static int
read_expiry(enum aws_answer kind, const struct js *object, const char *from, int64_t *ret,
            struct err *err)
{
    const char *key = names[kind].expires;
    if (kind == AWS_ANSWER_SSO) {
        int64_t ms = js_get_int(object, key, 0);
        *ret = ms > 0 ? ms : 0;
        return 0;
    }
    struct str text = js_get_text(object, key);
    if (text.len > 0 && !clock_parse(text, ret)) {
        return err_set(err, ERR_REMOTE, "%s: its answer's %s is not a time", from, key);
    }
    return 0;
}

static int
read_object(enum aws_answer kind, const struct js *object, const char *from, struct aws_found *ret,
            struct err *err)
{
    int64_t expires = 0;
    int result = check_form(kind, object, from, err);
    if (result == 0) {
        result = read_expiry(kind, object, from, &expires, err);
    }
    if (result == 0) {
        result = aws_found_set(ret, js_get_text(object, names[kind].access_key),
                               js_get_text(object, names[kind].secret_key),
                               js_get_text(object, names[kind].session_token), from, err);
    }
    if (result == 0) {
        ret->expires_ms = expires;
    }
    return result;
}

int
aws_answer_read(enum aws_answer kind, struct str text, const char *from, struct aws_found *ret,
                struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    int result = js_parse_object(text, from, &arena, &root, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    if (result < 0) {
        return err_set(err, ERR_REMOTE, "%s: its answer is not a JSON object", from);
    }
    const struct js *object = kind == AWS_ANSWER_SSO ? js_get_c(root, "roleCredentials") : root;
    result = read_object(kind, object, from, ret, err);
    wipe_texts(object);
    return result;
}

int
aws_sso_token_read(struct str text, const char *from, struct aws_sso_token *ret, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct js *root = NULL;
    int result = js_parse_object(text, from, &arena, &root, err);
    if (result == ERR_NOMEM) {
        return result;
    }
    struct str token = result == 0 ? js_get_text(root, "accessToken") : (struct str){0};
    struct str expires = result == 0 ? js_get_text(root, "expiresAt") : (struct str){0};
    int64_t expires_ms = 0;
    if (!aws_text_is_token(token) || !clock_parse(expires, &expires_ms)) {
        result = err_set(err, ERR_INVALID, "%s: holds no accessToken with its expiresAt", from);
    } else if (!aws_text_set(&ret->token, token)) {
        result = err_nomem(err);
    } else {
        ret->expires_ms = expires_ms;
        result = 0;
    }
    wipe_texts(root);
    return result;
}
