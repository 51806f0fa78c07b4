/* aws_answer: credentials as programs and servers hand them out, in JSON. Decodes, checks, holds;
 * opens nothing. Everything is [any]. What it holds is wiped when freed, and so is what the JSON
 * parser kept of it; messages hold no part of an answer but the server's code for a refusal. */
#ifndef MODEL_AWS_ANSWER_H
#define MODEL_AWS_ANSWER_H

#include <stdint.h>

#include "model/aws_text.h"

enum aws_answer {
    AWS_ANSWER_PROCESS,  /* of a credential_process: Version 1, SessionToken, Expiration */
    AWS_ANSWER_METADATA, /* of a container or a machine: Code, Token, Expiration */
    AWS_ANSWER_SSO,      /* of the portal: roleCredentials, expiration in milliseconds */
};

/* Credentials found. `{0}` is a valid empty one. */
struct aws_found {
    struct aws_text api_key; /* set: the others are empty, and nothing is signed */
    struct aws_text access_key;
    struct aws_text secret_key;
    struct aws_text session_token; /* may be empty */
    int64_t expires_ms;            /* wall time; 0: never */
};

/* Put keys into RET, which is empty. FROM names where they stand ("profile shop"). ERR_AUTH: one
 * half is missing, or a character is one no key has; ERR_NOMEM; RET is then still empty. */
int aws_found_set(struct aws_found *ret, struct str access_key, struct str secret_key,
                  struct str session_token, const char *from, struct err *err) WARN_UNUSED;
void aws_found_done(struct aws_found *f);
AUTO_DEFINE_VALUE(aws_found, struct aws_found, aws_found_done)

/* Read TEXT, an answer of KIND by FROM, into RET, which is empty. ERR_REMOTE: not of that form;
 * ERR_AUTH: refused, or half of it is missing; ERR_NOMEM. */
int aws_answer_read(enum aws_answer kind, struct str text, const char *from, struct aws_found *ret,
                    struct err *err) WARN_UNUSED;

/* The file that `aws sso login` leaves. */
struct aws_sso_token {
    struct aws_text token;
    int64_t expires_ms;
};
/* ERR_INVALID: not of that form; ERR_NOMEM. */
int aws_sso_token_read(struct str text, const char *from, struct aws_sso_token *ret,
                       struct err *err) WARN_UNUSED;

#endif
