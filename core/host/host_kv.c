/* dh.kv/1, where the plugin runs: each function asks and waits. */
#include "host/kv_rules.h"
#include "host/tables.h"
#include "plugin/ask.h"
#include "plugin/call.h"

/* What the desk said, or why it said nothing. */
static uint32_t
ask(const struct dh_call *handle, struct ask_question *q, struct str body, struct ask_reply *reply)
{
    struct plugin_call *call = plugin_call_of(handle);
    int result = plugin_ask(call, DH_KV_1, q, body, reply);
    if (result != 0) {
        return result == ASK_DEAD ? DH_KV_REFUSED : DH_KV_FAILED;
    }
    return reply->value >= DH_KV_OK && reply->value <= DH_KV_FAILED ? (uint32_t)reply->value
                                                                    : DH_KV_FAILED;
}

static void
open_question(struct ask_question *q, const char *what, struct str key)
{
    ask_open(q);
    js_put_str(&q->out, "do", str_c(what));
    js_put_str(&q->out, "key", key);
}

static uint32_t
get(const struct dh_call *handle, struct dh_str key, struct dh_str *ret)
{
    struct ask_question q;
    struct ask_reply reply;
    if (!plugin_call_live(handle)) {
        return DH_KV_REFUSED;
    }
    if (!ret || !kv_is_key(str_from_dh(key))) {
        return DH_KV_INVALID;
    }
    open_question(&q, "get", str_from_dh(key));
    uint32_t result = ask(handle, &q, STR(""), &reply);
    if (result == DH_KV_OK) {
        *ret = dh_from_str(reply.body);
    }
    return result;
}

/* A question that would change something. */
static uint32_t
change(const struct dh_call *handle, const char *what, struct str key, struct str value,
       uint64_t ttl_ms)
{
    struct ask_question q;
    struct ask_reply reply;
    if (!plugin_call_live(handle) || (handle->flags & DH_CALL_DRY_RUN)) {
        return DH_KV_REFUSED;
    }
    if (!kv_is_key(key) || !kv_is_text(value, KV_VALUE_MAX)) {
        return DH_KV_INVALID;
    }
    open_question(&q, what, key);
    js_put_int(&q.out, "ttl", ttl_ms < INT64_MAX ? (int64_t)ttl_ms : INT64_MAX);
    return ask(handle, &q, value, &reply);
}

static uint32_t
put(const struct dh_call *handle, struct dh_str key, struct dh_str value, uint64_t ttl_ms)
{
    return change(handle, "put", str_from_dh(key), str_from_dh(value), ttl_ms);
}

static uint32_t
add(const struct dh_call *handle, struct dh_str key, struct dh_str value, uint64_t ttl_ms)
{
    return change(handle, "add", str_from_dh(key), str_from_dh(value), ttl_ms);
}

static uint32_t
remove_key(const struct dh_call *handle, struct dh_str key)
{
    return change(handle, "remove", str_from_dh(key), STR(""), 0);
}

static uint32_t
next(const struct dh_call *handle, struct dh_str prefix, struct dh_str after, struct dh_str *ret)
{
    struct ask_question q;
    struct ask_reply reply;
    if (!plugin_call_live(handle)) {
        return DH_KV_REFUSED;
    }
    if (!ret || !kv_is_text(str_from_dh(prefix), KV_KEY_MAX) ||
        !kv_is_text(str_from_dh(after), KV_KEY_MAX)) {
        return DH_KV_INVALID;
    }
    open_question(&q, "next", str_from_dh(after));
    js_put_str(&q.out, "prefix", str_from_dh(prefix));
    uint32_t result = ask(handle, &q, STR(""), &reply);
    if (result == DH_KV_OK) {
        *ret = dh_from_str(reply.body);
    }
    return result;
}

const struct dh_kv_1 host_kv_1 = {
    .struct_size = sizeof(host_kv_1),
    .get = get,
    .put = put,
    .add = add,
    .remove = remove_key,
    .next = next,
};
