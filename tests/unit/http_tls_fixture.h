/* http_tls_fixture: who a TLS server of ours is, and the file it is trusted by. */
#ifndef TESTS_HTTP_TLS_FIXTURE_H
#define TESTS_HTTP_TLS_FIXTURE_H

#include "http_fixture.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* A server's key and self-signed certificate, and the file a client trusts it by. */
struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    SSL_CTX *context;
    char file[64];
};

static inline void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX about;
    X509V3_set_ctx_nodb(&about);
    X509V3_set_ctx(&about, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &about, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* NAMES as in a certificate's subjectAltName; valid from now for SECONDS. */
static inline void
identity_make(struct identity *id, const char *names, long seconds)
{
    *id = (struct identity){.key = EVP_EC_gen("P-256"), .certificate = X509_new()};
    X509 *x = id->certificate;
    (void)X509_set_version(x, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(x), -7200);
    (void)X509_gmtime_adj(X509_getm_notAfter(x), seconds);
    (void)X509_set_pubkey(x, id->key);
    X509_NAME *name = X509_get_subject_name(x);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(x, name);
    add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(x, NID_subject_alt_name, names);
    assert_true(X509_sign(x, id->key, EVP_sha256()) > 0);
    (void)snprintf(id->file, sizeof(id->file), "/tmp/test-http-tls-XXXXXX");
    FILE *out = fdopen(mkstemp(id->file), "w");
    assert_int_equal(PEM_write_X509(out, x), 1);
    (void)fclose(out);
    id->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(id->context, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(id->context, id->key), 1);
}

static inline void
identity_done(struct identity *id)
{
    SSL_CTX_free(id->context);
    X509_free(id->certificate);
    EVP_PKEY_free(id->key);
    (void)unlink(id->file);
}

#endif
