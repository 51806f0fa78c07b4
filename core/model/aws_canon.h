/* aws_canon: a request in the one spelling that AWS and we hash, piece by piece.
 *
 * An inside of aws_sign. The pieces go straight into the hash: nothing keeps the whole, so nothing
 * of it has to be wiped. Everything lies in the arena handed in or is borrowed. */
#ifndef MODEL_AWS_CANON_H
#define MODEL_AWS_CANON_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct arena;
struct aws_sign_request;
struct buf;

struct canon {
    EVP_MD_CTX *hash;
    struct buf *copy; /* NULL: none */
    bool failed;
};

/* A header to be signed, name in lower case; or a parameter of the query. */
struct pair {
    struct str name;
    struct str value;
};

struct pairs {
    struct pair *items;
    size_t count;
};

void canon_put(struct canon *c, struct str s);

/* The path, each segment percent-encoded once more than it was sent. ERR_INVALID: it does not begin
 * with a slash; ERR_NOMEM. */
int canon_put_path(struct canon *c, struct str path, bool normalize, struct arena *a,
                   struct err *err) WARN_UNUSED;
/* The query, its parameters sorted. ERR_NOMEM. */
int canon_put_query(struct canon *c, struct str query, struct arena *a,
                    struct err *err) WARN_UNUSED;

/* Those of R's headers that are signed, into LIST, which has room for them, sorted. ERR_INVALID:
 * one is the signer's to make, or host is missing; ERR_NOMEM. */
int canon_take_headers(const struct aws_sign_request *r, struct arena *a, struct pairs *list,
                       struct err *err) WARN_UNUSED;
/* One more, its name in lower case. Those of one name stay in their order. */
void canon_insert_header(struct pairs *list, struct pair header);
/* "host:example.com\n" and so on. */
void canon_put_headers(struct canon *c, const struct pairs *list);
/* "host;x-amz-date"; ptr NULL when memory ran out. */
struct str canon_signed_names(const struct pairs *list, struct arena *a);

#endif
