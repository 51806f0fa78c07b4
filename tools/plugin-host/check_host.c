/* The extensions as a checked plugin gets them. What only computes is the host's own. The rest acts
 * as a desk that has nothing yet: keys are kept as long as the process, figures go nowhere, a
 * request meets no server, and a secret is a made-up word. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "check.h"
#include "host/tables.h"
#include "io/loop.h"

enum {
    KEYS_MAX = 10000,
    KEY_BYTES = 200,
    VALUE_BYTES = 64 * 1024,
};

struct kept_value {
    struct kept_value *next;
    char *key;
    char *value;
    size_t key_length;
    size_t value_length;
};

static struct check *
check_of(const struct dh_host *host)
{
    struct manifest *m = (struct manifest *)plugin_instance_manifest(host);
    return OWNER_OF(m, struct check, manifest);
}

/* ---- dh.log/1, dh.metric/1, dh.secret/1 -------------------------------------------------------*/

static void
write_line(const struct dh_host *host, const struct dh_call *handle, uint32_t level,
           struct dh_str text)
{
    (void)level;
    (void)text;
    if (host) {
        check_logged(check_of(host), plugin_call_live(handle));
    }
}

static void
count(const struct dh_host *host, struct dh_str name, uint64_t by)
{
    (void)host;
    (void)name;
    (void)by;
}

static void
observe(const struct dh_host *host, struct dh_str name, int64_t value)
{
    (void)host;
    (void)name;
    (void)value;
}

static struct dh_str
secret(const struct dh_host *host, const char *name)
{
    (void)host;
    return name ? DH_STR("a-made-up-secret") : (struct dh_str){0};
}

/* ---- dh.kv/1 ----------------------------------------------------------------------------------*/

static struct str
key_of(const struct kept_value *v)
{
    return (struct str){v->key, v->key_length};
}

/* The first of the keys, which are in order, that is not before KEY. */
static struct kept_value **
find(struct check *c, struct str key)
{
    struct kept_value **at = &c->kept;
    while (*at && str_cmp(key_of(*at), key) < 0) {
        at = &(*at)->next;
    }
    return at;
}

static bool
is_there(const struct kept_value *v, struct str key)
{
    return v && str_eq(key_of(v), key);
}

static bool
fits(struct str text, size_t least, size_t most)
{
    return text.len >= least && text.len <= most && utf8_valid(text) &&
           !memchr(text.len ? text.ptr : "", 0, text.len);
}

static uint32_t
get(const struct dh_call *handle, struct dh_str key, struct dh_str *ret)
{
    struct plugin_call *call = plugin_call_live(handle);
    struct str name = str_from_dh(key);
    if (!call || !ret || !fits(name, 1, KEY_BYTES)) {
        return call ? DH_KV_INVALID : DH_KV_REFUSED;
    }
    struct check *c = OWNER_OF(call, struct check_live, call)->check;
    (void)pthread_mutex_lock(&c->keeping);
    const struct kept_value *v = *find(c, name);
    bool there = is_there(v, name);
    struct str copy =
        arena_str(&call->arena, there ? (struct str){v->value, v->value_length} : (struct str){0});
    (void)pthread_mutex_unlock(&c->keeping);
    if (there && copy.ptr) {
        *ret = dh_from_str(copy);
    }
    return !there ? DH_KV_NONE : copy.ptr ? DH_KV_OK : DH_KV_FAILED;
}

static void
drop(struct check *c, struct kept_value **at)
{
    struct kept_value *v = *at;
    *at = v->next;
    mem_free(v->key);
    mem_free(v->value);
    mem_free(v);
    c->kept_count--;
}

/* With the lock. */
static uint32_t
keep(struct check *c, struct str key, struct str value, bool anew)
{
    struct kept_value **at = find(c, key);
    if (is_there(*at, key)) {
        if (anew) {
            return DH_KV_EXISTS;
        }
        drop(c, at);
    }
    if (c->kept_count >= KEYS_MAX) {
        return DH_KV_FULL;
    }
    struct kept_value *v = mem_zero(1, sizeof(*v));
    if (!v) {
        return DH_KV_FAILED;
    }
    *v = (struct kept_value){.next = *at,
                             .key = mem_str(key),
                             .value = mem_str(value),
                             .key_length = key.len,
                             .value_length = value.len};
    *at = v;
    c->kept_count++;
    if (!v->key || !v->value) {
        v->key_length = 0;
        drop(c, at);
        return DH_KV_FAILED;
    }
    return DH_KV_OK;
}

static uint32_t
change(const struct dh_call *handle, struct dh_str key, struct dh_str value, bool anew)
{
    struct plugin_call *call = plugin_call_live(handle);
    if (!call || handle->flags & DH_CALL_DRY_RUN) {
        return DH_KV_REFUSED;
    }
    if (!fits(str_from_dh(key), 1, KEY_BYTES) || !fits(str_from_dh(value), 0, VALUE_BYTES)) {
        return DH_KV_INVALID;
    }
    struct check *c = OWNER_OF(call, struct check_live, call)->check;
    (void)pthread_mutex_lock(&c->keeping);
    uint32_t outcome = keep(c, str_from_dh(key), str_from_dh(value), anew);
    (void)pthread_mutex_unlock(&c->keeping);
    return outcome;
}

static uint32_t
put(const struct dh_call *handle, struct dh_str key, struct dh_str value, uint64_t ttl_ms)
{
    (void)ttl_ms; /* longer than this process lives, in any case */
    return change(handle, key, value, false);
}

static uint32_t
add(const struct dh_call *handle, struct dh_str key, struct dh_str value, uint64_t ttl_ms)
{
    (void)ttl_ms;
    return change(handle, key, value, true);
}

static uint32_t
take_away(const struct dh_call *handle, struct dh_str key)
{
    struct plugin_call *call = plugin_call_live(handle);
    struct str name = str_from_dh(key);
    if (!call || handle->flags & DH_CALL_DRY_RUN) {
        return DH_KV_REFUSED;
    }
    if (!fits(name, 1, KEY_BYTES)) {
        return DH_KV_INVALID;
    }
    struct check *c = OWNER_OF(call, struct check_live, call)->check;
    (void)pthread_mutex_lock(&c->keeping);
    struct kept_value **at = find(c, name);
    bool there = is_there(*at, name);
    if (there) {
        drop(c, at);
    }
    (void)pthread_mutex_unlock(&c->keeping);
    return there ? DH_KV_OK : DH_KV_NONE;
}

static uint32_t
next(const struct dh_call *handle, struct dh_str prefix, struct dh_str after, struct dh_str *ret)
{
    struct plugin_call *call = plugin_call_live(handle);
    struct str begin = str_from_dh(prefix);
    struct str last = str_from_dh(after);
    if (!call || !ret || !fits(begin, 0, KEY_BYTES) || !fits(last, 0, KEY_BYTES)) {
        return call ? DH_KV_INVALID : DH_KV_REFUSED;
    }
    struct check *c = OWNER_OF(call, struct check_live, call)->check;
    (void)pthread_mutex_lock(&c->keeping);
    const struct kept_value *v = *find(c, str_cmp(last, begin) > 0 ? last : begin);
    v = last.len && is_there(v, last) ? v->next : v;
    bool there = v && str_starts(key_of(v), begin);
    struct str copy = arena_str(&call->arena, there ? key_of(v) : (struct str){0});
    (void)pthread_mutex_unlock(&c->keeping);
    if (there && copy.ptr) {
        *ret = dh_from_str(copy);
    }
    return !there ? DH_KV_NONE : copy.ptr ? DH_KV_OK : DH_KV_FAILED;
}

/* ---- dh.http/1 --------------------------------------------------------------------------------*/

static uint32_t
send_nothing(const struct dh_call *handle, const struct dh_http_request *request,
             struct dh_http_answer *ret)
{
    const struct plugin_call *call = plugin_call_live(handle);
    bool whole = request && ret && DH_HAS(request, url) && DH_HAS(ret, why);
    if (!call || !whole || request->url.len == 0) {
        return DH_HTTP_INVALID;
    }
    ret->status = 0;
    ret->headers = NULL;
    ret->header_count = 0;
    ret->body = (struct dh_str){0};
    ret->why = DH_STR("no server is reached while a plugin is checked");
    return DH_HTTP_FAILED;
}

/* ---- The table --------------------------------------------------------------------------------*/

static const struct dh_log_1 log_1 = {.struct_size = sizeof(log_1), .write = write_line};
static const struct dh_metric_1 metric_1 = {
    .struct_size = sizeof(metric_1), .count = count, .observe = observe};
static const struct dh_secret_1 secret_1 = {.struct_size = sizeof(secret_1), .get = secret};
static const struct dh_kv_1 kv_1 = {.struct_size = sizeof(kv_1),
                                    .get = get,
                                    .put = put,
                                    .add = add,
                                    .remove = take_away,
                                    .next = next};
static const struct dh_http_1 http_1 = {.struct_size = sizeof(http_1), .send = send_nothing};

const struct plugin_extension *
check_extensions(size_t *ret_count)
{
    static const struct plugin_extension extensions[] = {
        {.id = DH_CLOCK_1, .table = &host_clock_1},
        {.id = DH_DESK_1, .table = &host_desk_1},
        {.id = DH_HTTP_1, .table = &http_1},
        {.id = DH_JSON_1, .table = &host_json_1},
        {.id = DH_KV_1, .table = &kv_1},
        {.id = DH_LOG_1, .table = &log_1},
        {.id = DH_METRIC_1, .table = &metric_1},
        {.id = DH_SECRET_1, .table = &secret_1},
    };
    *ret_count = sizeof(extensions) / sizeof(*extensions);
    return extensions;
}

void
check_kept_done(struct check *c)
{
    while (c->kept) {
        drop(c, &c->kept);
    }
}
