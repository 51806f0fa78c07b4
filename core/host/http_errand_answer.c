#include "host/http_errand_inside.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "host/http_errand_check.h"

/* The name in lower case, the value as one line of text. */
static bool
keep_header(struct http_errand *errand, const struct http_header *h)
{
    struct str name = arena_str(&errand->arena, h->name);
    struct str value = arena_str(&errand->arena, h->value);
    if (!name.ptr || !value.ptr) {
        return false;
    }
    char *letters = (char *)name.ptr;
    for (size_t i = 0; i < name.len; i++) {
        letters[i] = (char)(letters[i] >= 'A' && letters[i] <= 'Z' ? letters[i] + 32 : letters[i]);
    }
    utf8_sanitize_c(letters);
    utf8_sanitize_c((char *)value.ptr);
    errand->answer_headers[errand->answer_header_count++] =
        (struct http_header){str_c(name.ptr), str_c(value.ptr)};
    return true;
}

static int
keep_head(struct http_errand *errand, const struct http_head *head, struct err *err)
{
    size_t size = 0;
    for (size_t i = 0; i < head->header_count; i++) {
        size += head->headers[i].name.len + head->headers[i].value.len;
    }
    if (size > HTTP_ERRAND_ANSWER_HEAD) {
        return err_set(err, ERR_LIMIT, "%s: the head of its answer has more than %d bytes",
                       errand->target.origin.host, HTTP_ERRAND_ANSWER_HEAD);
    }
    errand->answer_header_count = 0;
    errand->answer_headers =
        arena_zero(&errand->arena, head->header_count + 1, sizeof(*errand->answer_headers));
    for (size_t i = 0; errand->answer_headers && i < head->header_count; i++) {
        if (!keep_header(errand, &head->headers[i])) {
            return err_nomem(err);
        }
    }
    return errand->answer_headers ? 0 : err_nomem(err);
}

/* What belongs to one server is not for another. */
static void
leave_behind(struct http_errand *errand)
{
    size_t kept = 0;
    for (size_t i = 0; i < errand->header_count; i++) {
        if (!http_errand_is_personal(&errand->headers[i], errand->grants)) {
            errand->headers[kept++] = errand->headers[i];
        }
    }
    errand->header_count = kept;
}

static int
check_target(const struct http_errand *errand, const struct http_target *target, struct err *err)
{
    if (errand->target.origin.tls && !target->origin.tls) {
        return err_set(err, ERR_AUTH, "from https to http");
    }
    return http_errand_check_server(errand->grants, &target->origin, err);
}

/* The errand goes where LOCATION says. */
static int
move_on(struct http_errand *errand, struct str location, struct err *err)
{
    struct http_target target;
    AUTO(buf) struct buf url = {0};
    buf_init(&url, (size_t)LIMIT_URL_BYTES * 2);
    if (errand->redirects == HTTP_ERRAND_REDIRECTS) {
        return err_set(err, ERR_REMOTE, "%s: more than %d redirects", errand->target.origin.host,
                       HTTP_ERRAND_REDIRECTS);
    }
    errand->redirects++;
    http_errand_resolve(&errand->target, location, &url);
    struct str kept = buf_to_arena(&url, &errand->arena);
    if (!kept.ptr) {
        return buf_finish(&url, "a redirect", err) < 0 ? err->code : err_nomem(err);
    }
    int result = http_target_parse(kept, &target, err);
    if (result < 0) {
        err->code = ERR_AUTH; /* the plugin's own URL was sound */
    } else {
        result = check_target(errand, &target, err);
    }
    if (result < 0) {
        (void)err_wrap(err, "%s redirects", errand->target.origin.host);
        return err->code;
    }
    if (!http_origin_eq(&errand->target.origin, &target.origin)) {
        leave_behind(errand);
    }
    errand->target = target;
    errand->status = 0;
    return http_errand_send(errand, err);
}

static void
on_head(void *arg, const struct http_head *head)
{
    struct http_errand *errand = arg;
    struct err err = {0};
    struct str location = http_head_get(head, "Location");
    errand->status = head->status;
    int result;
    if (errand->follow && http_errand_is_redirect(head->status) && location.ptr) {
        http_errand_stop_call(errand); /* its body is for nobody */
        result = move_on(errand, location, &err);
    } else {
        result = keep_head(errand, head, &err);
    }
    if (result < 0) {
        http_errand_finish(errand, &err);
    }
}

static void
on_data(void *arg, struct str bytes)
{
    struct http_errand *errand = arg;
    struct err err = {0};
    buf_add(&errand->answer, bytes);
    if (buf_finish(&errand->answer, "its answer", &err) < 0) {
        http_errand_finish(errand, &err);
    }
}

static void
on_done(void *arg, int result, const struct err *err)
{
    struct http_errand *errand = arg;
    errand->call = NULL;
    http_errand_finish(errand, result < 0 ? err : NULL);
}

const struct http_events http_errand_events = {on_head, on_data, on_done};
