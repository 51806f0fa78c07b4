#include "model/aws_sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "model/aws_canon.h"

/* The one-shot HMAC() and EVP_Digest() look their algorithm up at every call, about a microsecond.
 * A signature has six such calls and belongs to a request that takes the server seconds; objects to
 * keep the algorithms in would have to live somewhere and be shared by threads. */

enum { HASH_BYTES = 32, HEX_BYTES = 2 * HASH_BYTES, SECRET_MAX = 256 };

AUTO_DEFINE(digest, EVP_MD_CTX *, EVP_MD_CTX_free)

static int
crypto_failed(struct err *err)
{
    return err_set(err, ERR_NOMEM,
                   "sign for AWS: OpenSSL could not compute SHA-256: out of memory");
}

static struct str
hex(struct arena *a, const unsigned char *bytes)
{
    char *text = arena_alloc(a, HEX_BYTES + 1);
    if (!text) {
        return (struct str){0};
    }
    for (size_t i = 0; i < HASH_BYTES; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[HEX_BYTES] = '\0';
    return (struct str){text, HEX_BYTES};
}

struct signing {
    const struct aws_sign_request *r;
    struct arena *arena;
    struct str date;  /* 20260115T120000Z */
    struct str day;   /* 20260115 */
    struct str scope; /* 20260115/us-east-1/bedrock/aws4_request */
    struct str names;
    struct pairs headers;
};

static bool
hmac(const unsigned char *key, size_t key_len, struct str text, unsigned char out[HASH_BYTES])
{
    unsigned len = 0;
    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text.ptr, text.len, out,
                &len) != NULL;
}

/* TEXT's signature; the secret's copy and all derived keys are wiped. */
static bool
derive_and_sign(const struct signing *s, struct str text, unsigned char out[HASH_BYTES])
{
    struct str secret = s->r->credentials->secret_key;
    unsigned char first[4 + SECRET_MAX] = {'A', 'W', 'S', '4'};
    unsigned char keys[2][HASH_BYTES];
    memcpy(first + 4, secret.ptr, secret.len);
    bool good = hmac(first, 4 + secret.len, s->day, keys[0]) &&
                hmac(keys[0], HASH_BYTES, s->r->region, keys[1]) &&
                hmac(keys[1], HASH_BYTES, s->r->service, keys[0]) &&
                hmac(keys[0], HASH_BYTES, STR("aws4_request"), keys[1]) &&
                hmac(keys[1], HASH_BYTES, text, out);
    explicit_bzero(first, sizeof(first));
    explicit_bzero(keys, sizeof(keys));
    return good;
}

static int
hash_body(const struct signing *s, struct str *ret, struct err *err)
{
    if (s->r->payload_hash.len > 0) {
        *ret = arena_str(s->arena, s->r->payload_hash);
        return ret->ptr ? 0 : err_nomem(err);
    }
    unsigned char bytes[HASH_BYTES];
    struct str body = s->r->body.len > 0 ? s->r->body : STR("");
    if (EVP_Digest(body.ptr, body.len, bytes, NULL, EVP_sha256(), NULL) != 1) {
        return crypto_failed(err);
    }
    *ret = hex(s->arena, bytes);
    return ret->ptr ? 0 : err_nomem(err);
}

static int
put_request(struct canon *c, struct signing *s, struct str payload_hash, struct err *err)
{
    canon_put(c, s->r->method);
    canon_put(c, STR("\n"));
    int result = canon_put_path(c, s->r->path, s->r->normalize_path, s->arena, err);
    canon_put(c, STR("\n"));
    if (result == 0) {
        result = canon_put_query(c, s->r->query, s->arena, err);
    }
    canon_put(c, STR("\n"));
    canon_put_headers(c, &s->headers);
    canon_put(c, STR("\n"));
    canon_put(c, s->names);
    canon_put(c, STR("\n"));
    canon_put(c, payload_hash);
    return result;
}

/* The canonical request's hash, hexadecimal. */
static int
hash_request(struct signing *s, struct aws_signature *sig, struct str *ret, struct err *err)
{
    AUTO(digest) EVP_MD_CTX *hash = EVP_MD_CTX_new();
    AUTO(buf) struct buf copy;
    unsigned char bytes[HASH_BYTES];
    buf_init(&copy, LIMIT_OUTPUT_BYTES);
    if (!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
        return crypto_failed(err);
    }
    struct canon c = {.hash = hash, .copy = s->r->explain ? &copy : NULL};
    int result = put_request(&c, s, sig->payload_hash, err);
    if (result < 0) {
        return result;
    }
    if (c.failed || EVP_DigestFinal_ex(hash, bytes, NULL) != 1) {
        return crypto_failed(err);
    }
    *ret = hex(s->arena, bytes);
    if (s->r->explain) {
        sig->canonical_request = buf_to_arena(&copy, s->arena);
    }
    return ret->ptr && (!s->r->explain || sig->canonical_request.ptr) ? 0 : err_nomem(err);
}

static void
add_header(struct aws_signature *sig, struct str name, struct str value)
{
    sig->headers[sig->header_count++] = (struct http_header){name, value};
}

static void
wipe(void *object)
{
    struct str *secret = object;
    explicit_bzero((char *)(uintptr_t)secret->ptr, secret->len);
}

/* The session token, wiped with the arena. */
static int
copy_token(struct signing *s, struct str *ret, struct err *err)
{
    struct str *copy = arena_alloc(s->arena, sizeof(*copy));
    if (!copy) {
        return err_nomem(err);
    }
    *copy = arena_str(s->arena, s->r->credentials->session_token);
    if (!copy->ptr || arena_defer(s->arena, wipe, copy) < 0) {
        return err_nomem(err);
    }
    *ret = *copy;
    return 0;
}

/* The headers that are made here, to be sent and, but for an omitted token, signed. */
static int
add_ours(struct signing *s, struct aws_signature *sig, struct err *err)
{
    add_header(sig, STR("authorization"), (struct str){0}); /* its value comes last */
    add_header(sig, STR("x-amz-date"), s->date);
    canon_insert_header(&s->headers, (struct pair){STR("x-amz-date"), s->date});
    if (s->r->credentials->session_token.len > 0) {
        struct str token;
        int result = copy_token(s, &token, err);
        if (result < 0) {
            return result;
        }
        add_header(sig, STR("x-amz-security-token"), token);
        if (!s->r->omit_session_token) {
            canon_insert_header(&s->headers, (struct pair){STR("x-amz-security-token"), token});
        }
    }
    if (s->r->send_payload_hash) {
        struct pair header = {STR("x-amz-content-sha256"), sig->payload_hash};
        add_header(sig, header.name, header.value);
        canon_insert_header(&s->headers, header);
    }
    return 0;
}

static int
check_request(const struct aws_sign_request *r, struct err *err)
{
    const struct aws_credentials *keys = r->credentials;
    if (keys->access_key.len == 0 || keys->secret_key.len == 0) {
        return err_set(err, ERR_INVALID, "sign for AWS: access key or secret key is empty");
    }
    if (keys->secret_key.len > SECRET_MAX) {
        return err_set(err, ERR_INVALID, "sign for AWS: a secret key has at most %d characters",
                       SECRET_MAX);
    }
    if (r->method.len == 0 || r->region.len == 0 || r->service.len == 0) {
        return err_set(err, ERR_INVALID, "sign for AWS: method, region or service is missing");
    }
    if (r->payload_hash.len != 0 && r->payload_hash.len != HEX_BYTES) {
        return err_set(err, ERR_INVALID, "sign for AWS: the payload's hash is none");
    }
    return 0;
}

/* Date and scope out of the wall clock. */
static int
set_time(struct signing *s, struct err *err)
{
    const int64_t year_10000 = INT64_C(253402300800);
    int64_t wall = s->r->wall_ms;
    struct tm tm;
    time_t seconds = (time_t)(wall / 1000);
    if (wall < 0 || wall / 1000 >= year_10000 || !gmtime_r(&seconds, &tm)) {
        return err_set(err, ERR_INVALID, "sign for AWS: this machine's clock shows no usable time");
    }
    s->date = arena_printf(s->arena, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                           tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    s->day = str_sub(s->date, 0, 8);
    s->scope = arena_printf(s->arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/aws4_request",
                            STR_ARG(s->day), STR_ARG(s->r->region), STR_ARG(s->r->service));
    return s->date.ptr && s->scope.ptr ? 0 : err_nomem(err);
}

/* Everything is known: the signature, and the authorization that carries it. */
static int
finish(struct signing *s, struct str request_hash, struct aws_signature *sig, struct err *err)
{
    unsigned char bytes[HASH_BYTES];
    struct str text =
        arena_printf(s->arena, "AWS4-HMAC-SHA256\n%" STR_FMT "\n%" STR_FMT "\n%" STR_FMT,
                     STR_ARG(s->date), STR_ARG(s->scope), STR_ARG(request_hash));
    if (!text.ptr) {
        return err_nomem(err);
    }
    if (!derive_and_sign(s, text, bytes)) {
        return crypto_failed(err);
    }
    sig->string_to_sign = s->r->explain ? text : (struct str){0};
    sig->signature = hex(s->arena, bytes);
    sig->headers[0].value = arena_printf(s->arena,
                                         "AWS4-HMAC-SHA256 Credential=%" STR_FMT "/%" STR_FMT
                                         ", SignedHeaders=%" STR_FMT ", Signature=%" STR_FMT,
                                         STR_ARG(s->r->credentials->access_key), STR_ARG(s->scope),
                                         STR_ARG(s->names), STR_ARG(sig->signature));
    return sig->signature.ptr && sig->headers[0].value.ptr ? 0 : err_nomem(err);
}

static int
prepare(struct signing *s, struct aws_signature *sig, struct err *err)
{
    enum { OURS = 3 };
    s->headers.items = arena_zero(s->arena, s->r->header_count + OURS, sizeof(struct pair));
    if (!s->headers.items) {
        return err_nomem(err);
    }
    int result = canon_take_headers(s->r, s->arena, &s->headers, err);
    if (result == 0) {
        result = set_time(s, err);
    }
    if (result == 0) {
        result = hash_body(s, &sig->payload_hash, err);
    }
    if (result == 0) {
        result = add_ours(s, sig, err);
    }
    if (result < 0) {
        return result;
    }
    s->names = canon_signed_names(&s->headers, s->arena);
    return s->names.ptr ? 0 : err_nomem(err);
}

int
aws_sign(const struct aws_sign_request *r, struct arena *a, struct aws_signature *ret,
         struct err *err)
{
    struct signing s = {.r = r, .arena = a};
    struct aws_signature sig = {0};
    struct str request_hash;
    int result = check_request(r, err);
    if (result == 0) {
        result = prepare(&s, &sig, err);
    }
    if (result == 0) {
        result = hash_request(&s, &sig, &request_hash, err);
    }
    if (result == 0) {
        result = finish(&s, request_hash, &sig, err);
    }
    if (result == 0) {
        *ret = sig;
    }
    return result;
}
