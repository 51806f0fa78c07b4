/* The canonical request is built from what arrived: the path's bytes as sent, each segment encoded
 * once more, the signed headers in the order in which SignedHeaders names them. */
#include "sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

enum { HASH = 32, HASH_TEXT = 64 };

struct credential {
    struct str date, region, service, scope; /* scope: date/region/service/aws4_request */
    struct str signed_headers, signature;
};

/* The value behind NAME in AUTH, to the next comma. */
static struct str
field(struct str auth, struct str name)
{
    size_t at = str_find(auth, name, 0);
    if (at == SIZE_MAX) {
        return (struct str){0};
    }
    struct str rest = str_sub(auth, at + name.len, SIZE_MAX);
    return str_trim(str_sub(rest, 0, str_find_char(rest, ',', 0)));
}

static bool
read_credential(struct str auth, struct credential *c)
{
    struct str rest = field(auth, STR("Credential="));
    struct str part;
    if (!str_starts(auth, STR("AWS4-HMAC-SHA256 ")) || !str_split(&rest, '/', &part)) {
        return false;
    }
    c->scope = rest;
    c->signed_headers = field(auth, STR("SignedHeaders="));
    c->signature = field(auth, STR("Signature="));
    return part.len > 0 && str_split(&rest, '/', &c->date) && str_split(&rest, '/', &c->region) &&
           str_split(&rest, '/', &c->service) && c->date.len == 8 && c->region.len > 0 &&
           str_eq_c(c->service, "bedrock") && str_eq_c(rest, "aws4_request") &&
           c->signature.len == HASH_TEXT;
}

static bool
signs(const struct credential *c, struct str name)
{
    struct str rest = c->signed_headers;
    struct str part;
    while (str_split(&rest, ';', &part)) {
        if (str_eq(part, name)) {
            return true;
        }
    }
    return false;
}

/* Every header that must be signed is. */
static int
check_signed(const struct asked *a, const struct credential *c, struct refusal *refused)
{
    if (!signs(c, STR("host"))) {
        return refuse(refused, REFUSED_BAD_SIGNATURE,
                      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    for (size_t i = 0; i < a->header_count; i++) {
        struct str name = a->headers[i].name;
        if (str_starts(name, STR("x-amz-")) && !signs(c, name)) {
            return refuse(refused, REFUSED_BAD_SIGNATURE,
                          "There were headers present in the request which were not signed: "
                          "%" STR_FMT,
                          STR_ARG(name));
        }
    }
    return 0;
}

static void
add_hex(struct buf *out, const unsigned char hash[HASH])
{
    for (size_t i = 0; i < HASH; i++) {
        buf_printf(out, "%02x", hash[i]);
    }
}

static void
add_hash(struct buf *out, struct str text)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    if (EVP_Digest(text.ptr, text.len, hash, NULL, EVP_sha256(), NULL) == 1) {
        add_hex(out, hash);
    }
}

static void
keyed_hash(unsigned char key[EVP_MAX_MD_SIZE], size_t length, struct str text)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    (void)HMAC(EVP_sha256(), key, (int)length, (const unsigned char *)text.ptr, text.len, hash,
               NULL);
    memcpy(key, hash, HASH);
}

static void
add_path(struct buf *out, struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || (c != '\0' && strchr("-._~/", c))) {
            buf_add_char(out, c);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)c);
        }
    }
}

/* NAME's values, trimmed, inner runs of spaces made one, joined with commas. */
static void
add_values(struct buf *out, const struct asked *a, struct str name)
{
    bool first = true;
    for (size_t i = 0; i < a->header_count; i++) {
        if (!str_eq(a->headers[i].name, name)) {
            continue;
        }
        buf_add(out, first ? (struct str){0} : STR(","));
        first = false;
        struct str value = str_trim(a->headers[i].value);
        for (size_t j = 0; j < value.len; j++) {
            if (value.ptr[j] != ' ' || value.ptr[j - 1] != ' ') {
                buf_add_char(out, value.ptr[j]);
            }
        }
    }
}

static void
add_canonical(struct buf *out, const struct asked *a, const struct credential *c)
{
    struct str rest = c->signed_headers;
    struct str name;
    size_t query = str_find_char(a->target, '?', 0);
    buf_add(out, a->method);
    buf_add_char(out, '\n');
    add_path(out, str_sub(a->target, 0, query));
    buf_add_char(out, '\n');
    buf_add(out, query == SIZE_MAX ? (struct str){0} : str_sub(a->target, query + 1, SIZE_MAX));
    buf_add_char(out, '\n');
    while (str_split(&rest, ';', &name)) {
        buf_add(out, name);
        buf_add_char(out, ':');
        add_values(out, a, name);
        buf_add_char(out, '\n');
    }
    buf_add_char(out, '\n');
    buf_add(out, c->signed_headers);
    buf_add_char(out, '\n');
    add_hash(out, a->body);
}

/* The signature that belongs to A, in hexadecimal. */
static void
sign(const struct asked *a, const struct credential *c, struct buf *out)
{
    AUTO(buf) struct buf canonical;
    AUTO(buf) struct buf to_sign;
    buf_init(&canonical, LIMIT_REPLY_BYTES);
    buf_init(&to_sign, LIMIT_REPLY_BYTES);
    add_canonical(&canonical, a, c);
    buf_printf(&to_sign, "AWS4-HMAC-SHA256\n%" STR_FMT "\n%" STR_FMT "\n",
               STR_ARG(asked_header(a, "x-amz-date")), STR_ARG(c->scope));
    add_hash(&to_sign, buf_str(&canonical));

    unsigned char key[EVP_MAX_MD_SIZE] = "AWS4";
    size_t length =
        a->aws_secret.len < EVP_MAX_MD_SIZE - 4 ? a->aws_secret.len : EVP_MAX_MD_SIZE - 4;
    memcpy(key + 4, a->aws_secret.ptr, length);
    keyed_hash(key, length + 4, c->date);
    keyed_hash(key, HASH, c->region);
    keyed_hash(key, HASH, c->service);
    keyed_hash(key, HASH, STR("aws4_request"));
    keyed_hash(key, HASH, buf_str(&to_sign));
    add_hex(out, key);
}

int
sigv4_check(const struct asked *a, struct refusal *refused)
{
    struct credential c = {0};
    if (!read_credential(asked_header(a, "authorization"), &c) ||
        !asked_has_header(a, "x-amz-date")) {
        return refuse(refused, REFUSED_BAD_SIGNATURE,
                      "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' "
                      "parameters, and the request an 'X-Amz-Date' header.");
    }
    if (check_signed(a, &c, refused)) {
        return 1;
    }
    if (a->aws_secret.len == 0) {
        return 0;
    }
    AUTO(buf) struct buf signature;
    buf_init(&signature, LIMIT_REPLY_BYTES);
    sign(a, &c, &signature);
    if (!str_eq(buf_str(&signature), c.signature)) {
        return refuse(refused, REFUSED_BAD_SIGNATURE,
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your AWS Secret Access Key and signing method.");
    }
    return 0;
}
