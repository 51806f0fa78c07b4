/* aws_sign: AWS Signature Version 4 in request headers.
 *
 * What is signed is what is sent: path and query are given as they stand in the request line, the
 * body as its exact bytes. A path that is percent-encoded already is encoded once more for signing
 * (":" sent as %3A is signed as %253A), which is the servers' rule for every service but S3. The
 * order of headers does not matter, their names may be in any case; of several of one name all are
 * signed. Headers that proxies change (connection, user-agent, expect, te, ...) are left out, so a
 * caller may hand in all it sends.
 *
 * Not here: finding credentials (aws_credentials.h), asking again after a clock error. No state, no
 * I/O: [any]. Secrets and the keys derived from them are wiped before the return; the session token
 * is in the results, because it is sent, and is wiped with their arena. A signature takes some 10
 * microseconds and the body's hashing; keeping the day's derived key would save four, and is not
 * offered. */
#ifndef MODEL_AWS_SIGN_H
#define MODEL_AWS_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "io/http_client.h"

struct arena;

/* Long-lived keys have no session token. */
struct aws_credentials {
    struct str access_key;
    struct str secret_key;
    struct str session_token;
};

/* Everything is borrowed for the call. */
struct aws_sign_request {
    struct str method;
    struct str path;  /* as sent, percent-encoded, without the query; empty is "/" */
    struct str query; /* as sent, without the question mark */
    /* `host` must be among them; x-amz-date, x-amz-security-token and x-amz-content-sha256 must
     * not: they are made here. */
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str payload_hash; /* of a signature of the same body before; empty: hashed now */
    struct str region;
    struct str service; /* "bedrock" */
    int64_t wall_ms;    /* the time there, as exactly as it is known */
    const struct aws_credentials *credentials;
    bool normalize_path;     /* sign without empty, "." and ".." segments: all but S3 */
    bool send_payload_hash;  /* in x-amz-content-sha256, signed: S3 wants it */
    bool omit_session_token; /* send it unsigned: a few old services */
    bool explain;            /* keep what was signed, for tests */
};

struct aws_signature {
    struct http_header headers[4]; /* to be sent besides the request's own, authorization first */
    size_t header_count;
    struct str payload_hash; /* hexadecimal */
    struct str signature;    /* hexadecimal */
    /* With `explain`. The canonical request holds the session token: it is not for printing. */
    struct str canonical_request;
    struct str string_to_sign;
};

/* Sign R; everything in *RET lies in A or is a literal. ERR_INVALID: a part is missing, a header is
 * the signer's, the time is outside the years 1970 to 9999; ERR_NOMEM. */
int aws_sign(const struct aws_sign_request *r, struct arena *a, struct aws_signature *ret,
             struct err *err) WARN_UNUSED;

/* LABEL as one segment of a path: all but A-Z a-z 0-9 - . _ ~ percent-encoded, slashes and colons
 * too. Model ids and ARNs go into URLs like this. ptr NULL when memory ran out. */
struct str aws_path_segment(struct arena *a, struct str label);

#endif
