/* dh.http/1 on the desk's loop: a question becomes an errand, its outcome the answer. */
#include "base/json.h"
#include "host/host_impl.h"
#include "host/http_errand.h"
#include "host/tables.h"
#include "plugin/ask.h"

static void
answer(struct plugin_ask *ask, const struct http_errand_result *r)
{
    struct js_out out;
    AUTO(buf) struct buf head = {0};
    buf_init(&head, ASK_HEAD_MAX);
    js_out_init(&out, &head);
    js_begin_object(&out);
    js_put_int(&out, "status", r->status);
    js_put_str(&out, "why", r->why);
    js_key(&out, STR("headers"));
    js_begin_array(&out);
    for (size_t i = 0; i < r->header_count; i++) {
        js_begin_array(&out);
        js_add_str(&out, r->headers[i].name);
        js_add_str(&out, r->headers[i].value);
        js_end_array(&out);
    }
    js_end_array(&out);
    js_end_object(&out);
    ask->untrusted = ask->untrusted || r->answered;
    if (head.failed) {
        plugin_ask_answer(ask, DH_HTTP_TOO_LARGE,
                          STR("{\"why\":\"the head of its answer is too large\"}"), STR(""));
    } else {
        plugin_ask_answer(ask, r->code, buf_str(&head), r->body);
    }
}

static void
refuse(struct plugin_ask *ask, unsigned code, const char *why)
{
    answer(ask, &(struct http_errand_result){.code = code, .why = str_c(why)});
}

static void
on_done(void *arg, const struct http_errand_result *result)
{
    answer(arg, result);
}

/* Whatever is no text becomes the empty one, which is refused where it must not be. */
static struct http_header *
read_headers(const struct js *list, struct arena *arena)
{
    size_t count = js_count(list);
    struct http_header *headers = arena_zero(arena, count + 1, sizeof(*headers));
    for (size_t i = 0; headers && i < count; i++) {
        headers[i].name = js_text(js_at(js_at(list, i), 0));
        headers[i].value = js_text(js_at(js_at(list, i), 1));
    }
    return headers;
}

void
host_http_begin(void *context, struct plugin_ask *ask)
{
    const struct host *h = context;
    const struct js *q = ask->head;
    AUTO(arena) struct arena arena = {0};
    struct http_errand *errand = NULL;
    struct err err = {0};
    struct http_header *headers = read_headers(js_get_c(q, "headers"), &arena);
    if (!h || !h->parts.http) {
        refuse(ask, DH_HTTP_FAILED, "nothing here makes requests for plugins");
        return;
    }
    if (!headers) {
        refuse(ask, DH_HTTP_FAILED, "out of memory");
        return;
    }
    const struct http_errand_request request = {
        .plugin = ask->manifest,
        .grants = ask->grants,
        .method = js_get_text(q, "method"),
        .url = js_get_text(q, "url"),
        .headers = headers,
        .header_count = js_count(js_get_c(q, "headers")),
        .body = ask->body,
        .secret = js_get_text(q, "secret"),
        .secret_header = js_get_text(q, "secret_header"),
        .secret_prefix = js_get_text(q, "secret_prefix"),
        .follow = js_get_bool(q, "follow", false),
        .dry_run = ask->dry_run,
        .timeout_ms = (uint64_t)js_get_int(q, "timeout", 0),
        .answer_max = (uint64_t)js_get_int(q, "most", 0),
        .deadline_ms = ask->deadline_ms,
    };
    int result = http_errand_start(h->parts.http, &request, on_done, ask, &errand, &err);
    if (result < 0) {
        refuse(ask, http_errand_code(result), err.message);
        return;
    }
    ask->own = errand;
}

void
host_http_drop(void *context, struct plugin_ask *ask)
{
    (void)context;
    http_errand_cancel(ask->own);
}
