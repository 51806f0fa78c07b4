/* dh.http/1 where the plugin is: it looks at a request, sends it to the desk as a question
 * (host_http_desk.c), and reads the answer. The desk looks again: it may not believe a child. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "host/http_errand_check.h"
#include "host/tables.h"
#include "plugin/ask.h"
#include "plugin/call.h"

/* What the writer of *FROM knew; the rest is zero. */
static struct dh_http_request
request_of(const struct dh_http_request *from)
{
    struct dh_http_request r = {0};
    memcpy(&r, from, from->struct_size < sizeof(r) ? from->struct_size : sizeof(r));
    return r;
}

/* Fill what fits into *RET. */
static void
put_answer(const struct dh_http_answer *from, struct dh_http_answer *ret)
{
#define PUT(member)                                                                                \
    if (DH_HAS(ret, member)) {                                                                     \
        ret->member = from->member;                                                                \
    }
    PUT(status)
    PUT(headers)
    PUT(header_count)
    PUT(body)
    PUT(why)
#undef PUT
}

static uint32_t
fail(struct plugin_call *call, uint32_t code, struct str why, struct dh_http_answer *ret)
{
    const struct dh_http_answer answer = {.why = dh_from_str(arena_str(&call->arena, why))};
    put_answer(&answer, ret);
    return code;
}

/* As the desk reads it. False: memory ran out. */
static bool
read_request(struct plugin_call *call, const struct dh_http_request *from,
             struct http_errand_request *ret)
{
    *ret = (struct http_errand_request){
        .method = str_from_dh(from->method),
        .url = str_from_dh(from->url),
        .body = str_from_dh(from->body),
        .secret = str_from_dh(from->secret),
        .secret_header = str_from_dh(from->secret_header),
        .secret_prefix = str_from_dh(from->secret_prefix),
        .follow = (from->flags & DH_HTTP_FOLLOW) != 0,
        .dry_run = (call->abi.flags & DH_CALL_DRY_RUN) != 0,
        .timeout_ms = from->timeout_ms,
        .answer_max = from->answer_max,
    };
    /* One too many is enough to be refused. */
    size_t count = from->headers ? (size_t)from->header_count : 0;
    count = count <= HTTP_ERRAND_HEADERS_MAX ? count : HTTP_ERRAND_HEADERS_MAX + 1;
    struct http_header *headers = arena_zero(&call->arena, count + 1, sizeof(*headers));
    for (size_t i = 0; headers && i < count; i++) {
        headers[i].name = str_from_dh(from->headers[i].name);
        headers[i].value = str_from_dh(from->headers[i].value);
    }
    ret->headers = headers;
    ret->header_count = count;
    return headers != NULL;
}

static int
check(const struct http_errand_request *r, struct err *err)
{
    struct http_target ignored;
    int result = http_errand_check(r, err);
    return result < 0 ? result : http_target_parse(r->url, &ignored, err);
}

static int
ask_desk(struct plugin_call *call, const struct http_errand_request *r, struct ask_reply *ret)
{
    struct ask_question q;
    ask_open(&q);
    js_put_str(&q.out, "method", r->method);
    js_put_str(&q.out, "url", r->url);
    js_put_str(&q.out, "secret", r->secret);
    js_put_str(&q.out, "secret_header", r->secret_header);
    js_put_str(&q.out, "secret_prefix", r->secret_prefix);
    js_put_bool(&q.out, "follow", r->follow);
    js_put_int(&q.out, "timeout", (int64_t)r->timeout_ms);
    js_put_int(&q.out, "most", (int64_t)r->answer_max);
    js_key(&q.out, STR("headers"));
    js_begin_array(&q.out);
    for (size_t i = 0; i < r->header_count; i++) {
        js_begin_array(&q.out);
        js_add_str(&q.out, r->headers[i].name);
        js_add_str(&q.out, r->headers[i].value);
        js_end_array(&q.out);
    }
    js_end_array(&q.out);
    return plugin_ask(call, DH_HTTP_1, &q, r->body, ret);
}

static bool
read_answer(struct plugin_call *call, const struct ask_reply *reply, struct dh_http_answer *ret)
{
    const struct js *list = js_get_c(reply->head, "headers");
    size_t count = js_count(list);
    struct dh_http_header *headers = arena_zero(&call->arena, count + 1, sizeof(*headers));
    for (size_t i = 0; headers && i < count; i++) {
        headers[i].name = dh_from_str(js_text(js_at(js_at(list, i), 0)));
        headers[i].value = dh_from_str(js_text(js_at(js_at(list, i), 1)));
    }
    *ret = (struct dh_http_answer){
        .status = (uint32_t)js_get_int(reply->head, "status", 0),
        .headers = headers,
        .header_count = count,
        .body = dh_from_str(reply->body),
        .why = dh_from_str(js_get_text(reply->head, "why")),
    };
    return headers != NULL;
}

static uint32_t
send_it(struct plugin_call *call, const struct dh_http_request *from, struct dh_http_answer *ret)
{
    struct err err = {0};
    struct http_errand_request r;
    struct ask_reply reply;
    struct dh_http_answer answer;
    if (!read_request(call, from, &r)) {
        return fail(call, DH_HTTP_FAILED, STR("out of memory"), ret);
    }
    int result = check(&r, &err);
    if (result < 0) {
        return fail(call, http_errand_code(result), str_c(err.message), ret);
    }
    result = ask_desk(call, &r, &reply);
    if (result == ASK_DEAD) {
        return fail(call, DH_HTTP_TIMEOUT,
                    STR("the call's time is up, or nobody waits for it any more"), ret);
    }
    if (result != 0 || !read_answer(call, &reply, &answer)) {
        return fail(call, DH_HTTP_FAILED, STR("the desk could not be asked; it is too busy"), ret);
    }
    put_answer(&answer, ret);
    return (uint32_t)reply.value;
}

static uint32_t
send(const struct dh_call *handle, const struct dh_http_request *request,
     struct dh_http_answer *ret)
{
    struct plugin_call *call = plugin_call_live(handle);
    const struct dh_http_answer nothing = {0};
    if (!request || !ret) {
        return DH_HTTP_INVALID;
    }
    put_answer(&nothing, ret);
    if (!call) {
        return DH_HTTP_TIMEOUT;
    }
    const struct dh_http_request known = request_of(request);
    return send_it(call, &known, ret);
}

const struct dh_http_1 host_http_1 = {
    .struct_size = sizeof(host_http_1),
    .send = send,
};
