/* aws_credentials: where the keys, the region and the address for Bedrock come from, and the time
 * its servers keep.
 *
 * A source finds credentials where the AWS command line finds them, in this order:
 *   1. a Bedrock API key: options, else AWS_BEARER_TOKEN_BEDROCK. Nothing is signed then
 *   2. keys given in the options
 *   3. the profile named in the options
 *   4. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN
 *   5. the profile AWS_PROFILE, else `default`: single sign-on (aws sso login), keys, or
 *      credential_process
 *   6. the container's credentials, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
 *   7. the machine's role, from EC2's metadata service
 * Roles to be assumed through STS (role_arn, web identity) are refused with what to do instead.
 * The environment and the files are read at the first aws_source_get(), not at opening; an access
 * to a region or address that the options do not give reads them too. They are small local files
 * and are read on the loop.
 *
 * Credentials that expire are renewed in the background, from 5 to 15 minutes before (a random
 * moment, so that many processes do not ask at once); until they have expired, a renewal that
 * fails is not told to anyone. All that wait share one renewal.
 *
 * Everything is [loop]. Secrets are wiped when replaced and freed, and are in no message. */
#ifndef MODEL_AWS_CREDENTIALS_H
#define MODEL_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct aws_credentials;
struct aws_source;
struct aws_wait;
struct clock;
struct http_client;
struct http_head;
struct loop;

/* What desk.yaml says; empty views where it says nothing. The strings are copied, the rest is
 * borrowed until aws_source_free(). */
struct aws_options {
    struct str api_key;
    struct str access_key;
    struct str secret_key;
    struct str session_token;
    struct str profile;
    struct str region;
    struct str base_url;
    struct loop *loop;
    const struct clock *clock;
    /* Asked when a server has to be. */
    int (*http)(void *arg, struct http_client **ret, struct err *err);
    void *http_arg;
};

/* Reads nothing yet. ERR_INVALID: region or base_url are none, or half a key was given;
 * ERR_NOMEM. */
int aws_source_new(const struct aws_options *options, struct aws_source **ret,
                   struct err *err) WARN_UNUSED;
/* Nobody may wait. A renewal under way is given up. NULL is fine. */
void aws_source_free(struct aws_source *s);
AUTO_DEFINE(aws_source, struct aws_source *, aws_source_free)

/* Credentials for a request to be signed now. 0: they are there. AWS_WAIT: READY(arg, err) comes
 * once, later, unless aws_source_forget(*RET) came first; ERR is NULL when they are there then.
 * *RET is dead when READY is called, which may call anything but aws_source_free(). <0: ERR_AUTH
 * (there are none, or not complete: where was looked, and what to do), ERR_NOTFOUND (no such
 * profile or program), ERR_INVALID (a file that cannot be read as one, a way that is not
 * supported), ERR_IO, ERR_LIMIT, ERR_REMOTE, ERR_TIMEOUT, ERR_NOMEM. */
enum { AWS_WAIT = 1 };
int aws_source_get(struct aws_source *s, void (*ready)(void *arg, const struct err *err), void *arg,
                   struct aws_wait **ret, struct err *err) WARN_UNUSED;
/* READY does not come. The renewal goes on, for the next who asks. */
void aws_source_forget(struct aws_source *s, struct aws_wait *wait);

/* What there is, from a get that returned 0 or from inside READY, until the loop goes on. With an
 * API key aws_source_keys() is NULL; without one aws_source_api_key() is empty. */
struct str aws_source_api_key(const struct aws_source *s);
const struct aws_credentials *aws_source_keys(const struct aws_source *s);
/* Where they came from, for `doctor` and error messages: "profile shop", "the environment". Empty
 * before the first. */
struct str aws_source_origin(const struct aws_source *s);

/* A server said that the credentials have expired: the next get finds fresh ones, reading files
 * and environment again. Those less than 30 seconds old stay: they are what an earlier answer of
 * this kind brought, and the server's word was about others. */
void aws_source_expire(struct aws_source *s);

/* Region: the options, AWS_REGION, AWS_DEFAULT_REGION, the profile's. ERR_NOTFOUND: nobody names
 * one; ERR_INVALID. Borrowed from S. */
int aws_source_region(struct aws_source *s, struct str *ret, struct err *err) WARN_UNUSED;
/* Address, without a slash at its end: the options, AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
 * AWS_ENDPOINT_URL, the profile's, else the region's. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true
 * leaves only the first and the last. Borrowed from S. */
int aws_source_endpoint(struct aws_source *s, struct str *ret, struct err *err) WARN_UNUSED;

/* The time to sign with: ours, put right by what the servers said. */
int64_t aws_source_now_ms(const struct aws_source *s);
/* A refusal that a wrong clock may be behind (its name says so: aws_is_clock_refusal) came with
 * HEAD. True: our clock is four minutes or more off, and was not known to be so; sign again, once.
 * An answer out of a cache (with an Age) tells nothing, nor does one more than two days off. */
bool aws_source_learn_clock(struct aws_source *s, const struct http_head *head);
/* RequestTimeTooSkewed and the other names AWS has for it. */
bool aws_is_clock_refusal(struct str name);

#endif
