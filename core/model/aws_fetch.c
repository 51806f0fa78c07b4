/* A program and most servers are one question. EC2's metadata service is three: a token (PUT), the
 * name of the machine's role, the role's credentials. `step` counts them. */
#include "model/aws_fetch.h"

#include <string.h>

#include "base/must.h"
#include "io/child.h"
#include "io/http_client.h"
#include "model/aws_plan.h"

enum {
    /* Helpers ask servers of their own; one that waits for a person to type waits in vain. */
    PROCESS_MS = 60000,
    /* On a machine that is none of Amazon's, nobody answers at the metadata service's address. */
    NEAR_CONNECT_MS = 1000,
    MACHINE_MS = 1000,
    CONTAINER_MS = 5000,
    PORTAL_CONNECT_MS = 5000,
    PORTAL_MS = 15000,
    /* Credentials are some 2 KB. */
    ANSWER_MAX = 64 * 1024,
    ROLE_MAX = 128,
};

enum machine_step { MACHINE_TOKEN, MACHINE_ROLE, MACHINE_KEYS };

struct aws_fetch {
    const struct aws_plan *plan;
    aws_fetch_done done;
    void *arg;
    struct child *child;
    struct http_client *http;
    struct http_call *call;
    struct http_request request;
    struct http_header header;
    struct arena arena; /* urls */
    enum machine_step step;
    int status;
    bool starved;
    struct aws_text body;
    struct aws_text machine_token;
};

static void
fetch_free(struct aws_fetch *f)
{
    aws_text_done(&f->body);
    aws_text_done(&f->machine_token);
    arena_done(&f->arena);
    mem_free(f);
}

static void
fail(struct aws_fetch *f, const struct err *err)
{
    f->done(f->arg, NULL, err);
    fetch_free(f);
}

/* ANSWER is all there was to come. */
static void
finish(struct aws_fetch *f, enum aws_answer kind, struct str answer)
{
    AUTO(aws_found) struct aws_found found = {0};
    struct err err = {0};
    if (aws_answer_read(kind, answer, f->plan->origin.ptr, &found, &err) < 0) {
        fail(f, &err);
        return;
    }
    f->done(f->arg, &found, NULL);
    fetch_free(f);
}

/* ---- a program ---- */

static void
process_done(void *arg, int result, struct str output, const struct err *err)
{
    struct aws_fetch *f = arg;
    f->child = NULL;
    if (result == 0) {
        finish(f, AWS_ANSWER_PROCESS, output);
        return;
    }
    struct err told = *err;
    if (result > 0) {
        /* What it says is mostly "log in again". */
        told.code = ERR_AUTH;
    }
    (void)err_wrap(&told, "%s: credential_process", f->plan->origin.ptr);
    fail(f, &told);
}

static int
start_process(struct aws_fetch *f, struct loop *loop, struct err *err)
{
    const struct child_limits limits = {.timeout_ms = PROCESS_MS, .output_max = ANSWER_MAX};
    int result = child_start(loop, f->plan->argv, &limits, process_done, f, &f->child, err);
    return result < 0 ? err_wrap(err, "%s: credential_process", f->plan->origin.ptr) : 0;
}

/* ---- a server ---- */

static int ask(struct aws_fetch *f, struct err *err);

static void
answer_head(void *arg, const struct http_head *head)
{
    struct aws_fetch *f = arg;
    f->status = head->status;
}

static void
answer_data(void *arg, struct str bytes)
{
    struct aws_fetch *f = arg;
    f->starved = f->starved || !aws_text_add(&f->body, bytes);
}

/* The server refused, with a status. Its words are not shown: they may quote what it was asked. */
static void
refused(struct aws_fetch *f, struct err *err)
{
    const struct aws_plan *p = f->plan;
    bool retryable = f->status == 429 || f->status >= 500;
    if (p->method == AWS_BY_SSO && f->status == 401) {
        (void)err_set(err, ERR_AUTH,
                      "%s: the login is no longer valid; run: aws sso login "
                      "--profile %" STR_FMT,
                      p->origin.ptr, STR_ARG(p->profile));
    } else if (p->method == AWS_BY_SSO && f->status == 403) {
        (void)err_set(err, ERR_AUTH,
                      "%s: single sign-on does not allow this role in this account; "
                      "check sso_role_name and sso_account_id",
                      p->origin.ptr);
    } else if (p->method == AWS_BY_MACHINE && f->step == MACHINE_ROLE && f->status == 404) {
        (void)aws_plan_nothing(p->profile, "this machine has no role", err);
    } else {
        (void)err_set(err, retryable ? ERR_REMOTE : ERR_AUTH,
                      "%s: it answered with HTTP status %d instead of credentials", p->origin.ptr,
                      f->status);
    }
    if (retryable) {
        (void)err_retryable(err);
    }
}

/* Nobody answered. On a machine without a metadata service that is no fault of the network. */
static void
unreachable_server(struct aws_fetch *f, struct err *err)
{
    const struct aws_plan *p = f->plan;
    bool nobody = err->code == ERR_REMOTE || err->code == ERR_TIMEOUT;
    if (nobody && p->method == AWS_BY_MACHINE && f->step == MACHINE_TOKEN) {
        (void)aws_plan_nothing(p->profile, "", err);
        return;
    }
    (void)err_wrap(err, "%s", p->origin.ptr);
}

/* The role's name becomes part of the next address. */
static bool
take_role(struct aws_fetch *f)
{
    struct str all = str_trim(aws_text_str(&f->body));
    struct str role;
    if (!str_split(&all, '\n', &role)) {
        return false;
    }
    role = str_trim(role);
    bool fits = aws_text_is_token(role) && role.len <= ROLE_MAX &&
                str_find_char(role, '/', 0) == SIZE_MAX &&
                str_find_char(role, '?', 0) == SIZE_MAX &&
                str_find_char(role, '#', 0) == SIZE_MAX && str_find_char(role, '%', 0) == SIZE_MAX;
    f->request.url =
        fits ? arena_printf(&f->arena,
                            "%" STR_FMT "/latest/meta-data/iam/security-credentials/%" STR_FMT,
                            STR_ARG(f->plan->url), STR_ARG(role))
             : (struct str){0};
    return f->request.url.ptr != NULL;
}

/* A 200 of the metadata service's first two steps: on to the next. */
static int
next_step(struct aws_fetch *f, struct err *err)
{
    struct str body = str_trim(aws_text_str(&f->body));
    if (f->step == MACHINE_TOKEN) {
        if (!aws_text_is_token(body)) {
            return err_set(err, ERR_REMOTE, "%s: its token makes no sense", f->plan->origin.ptr);
        }
        if (!aws_text_set(&f->machine_token, body)) {
            return err_nomem(err);
        }
        f->request.method = STR("GET");
        f->header =
            (struct http_header){STR("X-aws-ec2-metadata-token"), aws_text_str(&f->machine_token)};
        f->request.url =
            arena_printf(&f->arena, "%" STR_FMT "/latest/meta-data/iam/security-credentials/",
                         STR_ARG(f->plan->url));
        if (!f->request.url.ptr) {
            return err_nomem(err);
        }
    } else if (!take_role(f)) {
        return f->arena.starved ? err_nomem(err)
                                : err_set(err, ERR_REMOTE, "%s: its role's name makes no sense",
                                          f->plan->origin.ptr);
    }
    f->step++;
    return ask(f, err);
}

static void
answer_done(void *arg, int result, const struct err *why)
{
    struct aws_fetch *f = arg;
    struct err err = {0};
    f->call = NULL;
    if (result < 0) {
        err = *why;
        unreachable_server(f, &err);
        fail(f, &err);
        return;
    }
    if (f->starved) {
        (void)err_nomem(&err);
        fail(f, &err);
        return;
    }
    if (f->status != 200) {
        refused(f, &err);
        fail(f, &err);
        return;
    }
    if (f->plan->method == AWS_BY_MACHINE && f->step != MACHINE_KEYS) {
        if (next_step(f, &err) < 0) {
            fail(f, &err);
        }
        return;
    }
    enum aws_answer kind = f->plan->method == AWS_BY_SSO ? AWS_ANSWER_SSO : AWS_ANSWER_METADATA;
    finish(f, kind, aws_text_str(&f->body));
}

static int
ask(struct aws_fetch *f, struct err *err)
{
    static const struct http_events events = {answer_head, answer_data, answer_done};
    f->status = 0;
    aws_text_done(&f->body);
    f->request.headers = &f->header;
    f->request.header_count = f->header.value.len ? 1 : 0;
    int result = http_start(f->http, &f->request, &events, f, &f->call, err);
    return result < 0 ? err_wrap(err, "%s", f->plan->origin.ptr) : 0;
}

static void
write_request(struct aws_fetch *f)
{
    const struct aws_plan *p = f->plan;
    struct str token = aws_text_str(&p->token);
    f->request = (struct http_request){.method = STR("GET"),
                                       .url = p->url,
                                       .connect_ms = NEAR_CONNECT_MS,
                                       .direct = true,
                                       .total_ms = CONTAINER_MS,
                                       .answer_max = ANSWER_MAX};
    f->header = (struct http_header){STR("Authorization"), token};
    if (p->method == AWS_BY_SSO) {
        f->request.direct = false;
        f->request.connect_ms = PORTAL_CONNECT_MS;
        f->request.total_ms = PORTAL_MS;
        f->header.name = STR("x-amz-sso_bearer_token");
    }
    if (p->method == AWS_BY_MACHINE) {
        f->request.total_ms = MACHINE_MS;
        f->request.method = STR("PUT");
        f->request.url = arena_printf(&f->arena, "%" STR_FMT "/latest/api/token", STR_ARG(p->url));
        f->header = (struct http_header){STR("X-aws-ec2-metadata-token-ttl-seconds"), STR("21600")};
    }
}

static int
start_server(struct aws_fetch *f, const struct aws_fetch_parts *parts, struct err *err)
{
    int result = parts->http(parts->http_arg, &f->http, err);
    if (result < 0) {
        return result;
    }
    write_request(f);
    return f->request.url.ptr ? ask(f, err) : err_nomem(err);
}

int
aws_fetch_start(const struct aws_fetch_parts *parts, const struct aws_plan *plan,
                aws_fetch_done done, void *arg, struct aws_fetch **ret, struct err *err)
{
    must(plan->method != AWS_BY_HAND);
    struct aws_fetch *f = mem_zero(1, sizeof(*f));
    if (!f) {
        return err_nomem(err);
    }
    f->plan = plan;
    f->done = done;
    f->arg = arg;
    int result = plan->method == AWS_BY_PROCESS ? start_process(f, parts->loop, err)
                                                : start_server(f, parts, err);
    if (result < 0) {
        fetch_free(f);
        return result;
    }
    *ret = f;
    return 0;
}

void
aws_fetch_cancel(struct aws_fetch *f)
{
    if (!f) {
        return;
    }
    if (f->child) {
        child_cancel(f->child);
    }
    if (f->call) {
        http_cancel(f->call);
    }
    fetch_free(f);
}
