/* plugin: built against ABI 1.0 for good, it uses all there was: every member of every struct and
 * every function of every extension. Hosts of later years run it; what they have to answer stands
 * in test-plugin-v1.c.
 *
 * The build may say how long its entry claims to be (ENTRY_SIZE), make it one of a later minor
 * version (LATER), or let it require what it can do without (REQUIRES_ALL). */
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#include "deskhand_plugin.h"

#ifdef REQUIRES_ALL
#define WANTS                                                                                      \
    "\"requires\":[\"dh.json/1\",\"dh.clock/1\",\"dh.log/1\",\"dh.desk/1\",\"dh.secret/1\","       \
    "\"dh.kv/1\",\"dh.metric/1\",\"dh.http/1\"],"
#else
#define WANTS                                                                                      \
    "\"requires\":[\"dh.json/1\"],\"optional\":[\"dh.clock/1\",\"dh.log/1\",\"dh.desk/1\","        \
    "\"dh.secret/1\",\"dh.kv/1\",\"dh.metric/1\",\"dh.http/1\"],"
#endif
#define ANY "\"input_schema\":{\"type\":\"object\"}"
#define TOOL(name, effect, rest)                                                                   \
    "{\"name\":\"" name "\",\"description\":\"Used by a test alone, for each part of the ABI.\","  \
    "\"effect\":\"" effect "\"," rest "}"

/* clang-format off */
static const char manifest[] =
    "{\"name\":\"v1\",\"version\":\"1.0\",\"description\":\"ABI 1.0, all of it\"," WANTS
    "\"isolation\":\"either\",\"threads\":false,"
    "\"config_schema\":{\"type\":\"object\",\"properties\":{"
    "\"refuse\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\",\"default\":7}},"
    "\"additionalProperties\":false},"
    "\"tools\":["
    TOOL("call", "read", "\"parallel\":true," ANY) ","
    TOOL("extensions", "read", ANY) ","
    TOOL("json", "read", "\"timeout_ms\":5000,\"input_schema\":{\"type\":\"object\","
         "\"properties\":{\"in\":{}},\"required\":[\"in\"]}") ","
    TOOL("clock", "read", ANY) ","
    TOOL("log", "read", ANY) ","
    TOOL("desk", "write", "\"hands_over\":true," ANY) ","
    TOOL("secret", "read", ANY) ","
    TOOL("kv", "write", ANY) ","
    TOOL("metric", "read", ANY) ","
    TOOL("http", "read", "\"trust\":\"untrusted\"," ANY) ","
    TOOL("fail", "irreversible", "\"confirm\":\"Fail for {customer}\","
         "\"input_schema\":{\"type\":\"object\",\"properties\":{"
         "\"customer\":{\"type\":\"string\",\"scope\":\"customer\"}}}") ","
    TOOL("wait", "read", "\"timeout_ms\":100," ANY)
    "]}";
/* clang-format on */

struct v1 {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    const struct dh_clock_1 *clock;
    const struct dh_log_1 *log;
    const struct dh_desk_1 *desk;
    const struct dh_secret_1 *secret;
    const struct dh_kv_1 *kv;
    const struct dh_metric_1 *metric;
    const struct dh_http_1 *http;
    int64_t size;
};

static const struct dh_str none;

/* A host as it may be one day; today's must not seem to be one. */
struct later_host {
    uint32_t struct_size;
    char rest[sizeof(struct dh_host) - sizeof(uint32_t)];
    void (*more)(const struct dh_host *host);
};

/* What create() was told, read by a host function alone. */
static int
configure(struct v1 *v, const struct dh_setup *setup)
{
    const struct dh_json_1 *json = v->json;
    struct dh_json_doc *doc = json->open(v->host, setup->config);
    const struct dh_json *root = json->root(doc);
    struct dh_str refusal = json->text(json->find(root, "/refuse"));
    v->size = json->integer(json->find(root, "/size"), 0);
    if (refusal.len || setup->reserved != 0 || !DH_HAS(setup, config)) {
        v->host->refuse(setup, refusal);
    }
    int fine = refusal.len == 0;
    json->close(doc);
    return fine;
}

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct v1 *v = calloc(1, sizeof(*v));
    if (!v) {
        host->refuse(setup, DH_STR("no memory"));
        return NULL;
    }
    v->host = host;
    v->json = host->get_extension(host, DH_JSON_1);
    v->clock = host->get_extension(host, DH_CLOCK_1);
    v->log = host->get_extension(host, DH_LOG_1);
    v->desk = host->get_extension(host, DH_DESK_1);
    v->secret = host->get_extension(host, DH_SECRET_1);
    v->kv = host->get_extension(host, DH_KV_1);
    v->metric = host->get_extension(host, DH_METRIC_1);
    v->http = host->get_extension(host, DH_HTTP_1);
    if (!configure(v, setup)) {
        free(v);
        return NULL;
    }
    return v;
}

static struct dh_json_out *
begin(const struct v1 *v, const struct dh_call *call)
{
    struct dh_json_out *out = v->json->write(call);
    v->json->put_object(out, none);
    return out;
}

static void
finish(const struct v1 *v, const struct dh_call *call, struct dh_json_out *out)
{
    v->json->end(out);
    v->host->result(call, v->json->finish(out));
}

/* All that a call, and the host beside it, hold. */
static void
tell_call(const struct v1 *v, const struct dh_call *call)
{
    const struct dh_json_1 *json = v->json;
    const struct later_host *later = (const void *)v->host;
    struct dh_json_out *out = begin(v, call);
    json->put_boolean(out, DH_STR("whole"), DH_HAS(call, deadline_ms));
    json->put_integer(out, DH_STR("flags"), call->flags);
    json->put_text(out, DH_STR("tool"), call->tool);
    json->put_json(out, DH_STR("arguments"), call->arguments);
    json->put_text(out, DH_STR("call"), call->call_id);
    json->put_text(out, DH_STR("turn"), call->turn_id);
    json->put_text(out, DH_STR("conversation"), call->conversation_id);
    json->put_text(out, DH_STR("customer"), call->customer_id);
    json->put_text(out, DH_STR("key"), call->idempotency_key);
    json->put_boolean(out, DH_STR("deadline"), call->deadline_ms > 0);
    json->put_boolean(out, DH_STR("host"), DH_HAS(v->host, canceled) && v->host->reserved == 0);
    json->put_boolean(out, DH_STR("later"), DH_HAS(later, more));
    json->put_integer(out, DH_STR("size"), v->size);
    finish(v, call, out);
}

#define HAS_ALL(table, last) ((table) && DH_HAS(table, last) && (table)->reserved == 0)

static void
tell_extensions(const struct v1 *v, const struct dh_call *call)
{
    const struct dh_json_1 *json = v->json;
    struct dh_json_out *out = begin(v, call);
    json->put_boolean(out, DH_STR(DH_JSON_1), HAS_ALL(json, finish));
    json->put_boolean(out, DH_STR(DH_CLOCK_1), HAS_ALL(v->clock, mono_ms));
    json->put_boolean(out, DH_STR(DH_LOG_1), HAS_ALL(v->log, write));
    json->put_boolean(out, DH_STR(DH_DESK_1), HAS_ALL(v->desk, escalate));
    json->put_boolean(out, DH_STR(DH_SECRET_1), HAS_ALL(v->secret, get));
    json->put_boolean(out, DH_STR(DH_KV_1), HAS_ALL(v->kv, next));
    json->put_boolean(out, DH_STR(DH_METRIC_1), HAS_ALL(v->metric, observe));
    json->put_boolean(out, DH_STR(DH_HTTP_1), HAS_ALL(v->http, send));
    finish(v, call, out);
}

/* Each value of the array "in", read in every way and written in its own. */
static void
tell_json(const struct v1 *v, const struct dh_call *call)
{
    const struct dh_json_1 *json = v->json;
    const struct dh_json *in = json->find(json->arguments(call), "/in");
    struct dh_json_out *out = begin(v, call);
    struct dh_json_iter it = {0};
    json->put_array(out, DH_STR("read"));
    while (json->next(in, &it)) {
        const struct dh_json *value = it.value;
        json->put_array(out, none);
        json->put_integer(out, none, json->type(value));
        json->put_text(out, none, json->text(value));
        json->put_integer(out, none, json->integer(value, -1));
        json->put_number(out, none, json->number(value, -0.5));
        json->put_boolean(out, none, json->boolean(value, 1));
        json->put_integer(out, none, (int64_t)json->count(value));
        json->end(out);
    }
    json->put_null(out, none);
    json->end(out);
    struct dh_json_doc *wrong = json->open(v->host, DH_STR("{\"a\":"));
    json->put_boolean(out, DH_STR("wrong"), wrong != NULL);
    json->close(wrong);
    finish(v, call, out);
}

static void
tell_clock(const struct v1 *v, const struct dh_call *call)
{
    struct dh_json_out *out = begin(v, call);
    int64_t left = v->clock ? call->deadline_ms - v->clock->mono_ms(v->host) : 0;
    v->json->put_boolean(out, DH_STR("left"), left > 0 && left <= 10000);
    v->json->put_boolean(out, DH_STR("century"),
                         v->clock && v->clock->wall_ms(v->host) > 1000000000000);
    finish(v, call, out);
}

static void
write_log(const struct v1 *v, const struct dh_call *call)
{
    static const uint32_t levels[] = {DH_LOG_DEBUG, DH_LOG_INFO, DH_LOG_WARN, DH_LOG_ERROR};
    for (size_t i = 0; v->log && i < sizeof(levels) / sizeof(*levels); i++) {
        v->log->write(v->host, i % 2 ? call : NULL, levels[i], DH_STR("a line"));
    }
    v->host->result(call, DH_STR("{\"lines\":4}"));
}

static void
stage(const struct v1 *v, const struct dh_call *call)
{
    struct dh_json_out *out = begin(v, call);
    uint32_t first = v->desk ? v->desk->escalate(call, DH_STR("why"), DH_STR("high"), none) : 2;
    uint32_t second = v->desk ? v->desk->escalate(call, DH_STR("why"), DH_STR("high"), none) : 2;
    v->json->put_integer(out, DH_STR("first"), first);
    v->json->put_integer(out, DH_STR("second"), second);
    finish(v, call, out);
}

static void
tell_secret(const struct v1 *v, const struct dh_call *call)
{
    struct dh_json_out *out = begin(v, call);
    struct dh_str secret = v->secret ? v->secret->get(v->host, "no-such-secret") : none;
    v->json->put_integer(out, DH_STR("length"), (int64_t)secret.len);
    finish(v, call, out);
}

/* The outcomes, one after another; where there is no store for it they are all DH_KV_FAILED. */
static void
keep(const struct v1 *v, const struct dh_call *call)
{
    const struct dh_kv_1 *kv = v->kv;
    struct dh_str got = none;
    struct dh_json_out *out = begin(v, call);
    v->json->put_array(out, DH_STR("outcomes"));
    if (kv) {
        const uint32_t outcomes[] = {
            kv->put(call, DH_STR("v1/a"), DH_STR("1"), 0),
            kv->add(call, DH_STR("v1/a"), DH_STR("2"), 60000),
            kv->get(call, DH_STR("v1/a"), &got),
            kv->next(call, DH_STR("v1/"), none, &got),
            kv->remove(call, DH_STR("v1/a")),
            kv->get(call, DH_STR("v1/a"), &got),
        };
        for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
            v->json->put_integer(out, none, outcomes[i]);
        }
    }
    v->json->end(out);
    finish(v, call, out);
}

static void
count(const struct v1 *v, const struct dh_call *call)
{
    if (v->metric) {
        v->metric->count(v->host, DH_STR("calls"), 1);
        v->metric->observe(v->host, DH_STR("length"), -3);
    }
    v->host->result(call, DH_STR("{}"));
}

/* To a server that nobody allowed. */
static void
fetch(const struct v1 *v, const struct dh_call *call)
{
    const struct dh_http_header header = {DH_STR_INIT("Accept"), DH_STR_INIT("text/plain")};
    const struct dh_http_request request = {
        .struct_size = sizeof(request),
        .flags = DH_HTTP_FOLLOW,
        .method = DH_STR_INIT("POST"),
        .url = DH_STR_INIT("https://nobody.invalid/"),
        .headers = &header,
        .header_count = 1,
        .body = DH_STR_INIT("hello"),
        .secret = none,
        .secret_header = DH_STR_INIT("Authorization"),
        .secret_prefix = DH_STR_INIT("Bearer "),
        .timeout_ms = 1000,
        .answer_max = 1000,
    };
    struct dh_http_answer answer = {.struct_size = sizeof(answer)};
    struct dh_json_out *out = begin(v, call);
    uint32_t outcome = v->http ? v->http->send(call, &request, &answer) : DH_HTTP_REFUSED;
    v->json->put_integer(out, DH_STR("outcome"), outcome);
    v->json->put_integer(out, DH_STR("status"), answer.status);
    v->json->put_integer(out, DH_STR("headers"), answer.headers ? (int64_t)answer.header_count : 0);
    v->json->put_integer(out, DH_STR("body"), (int64_t)answer.body.len);
    v->json->put_boolean(out, DH_STR("why"), answer.why.len > 0 || !v->http);
    finish(v, call, out);
}

static void
wait_for_it(const struct v1 *v, const struct dh_call *call)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    while (!v->host->canceled(call)) {
        (void)thrd_sleep(&moment, NULL);
    }
}

static void
call(void *instance, const struct dh_call *call)
{
    static const struct {
        const char *tool;
        void (*run)(const struct v1 *v, const struct dh_call *call);
    } tools[] = {
        {"call", tell_call},     {"extensions", tell_extensions},
        {"json", tell_json},     {"clock", tell_clock},
        {"log", write_log},      {"desk", stage},
        {"secret", tell_secret}, {"kv", keep},
        {"metric", count},       {"http", fetch},
        {"wait", wait_for_it},
    };
    const struct v1 *v = instance;
    for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
        if (dh_str_is(call->tool, tools[i].tool)) {
            tools[i].run(v, call);
            return;
        }
    }
    v->host->fail(call, DH_STR("by_design"), dh_str_c("It always fails."), 1);
}

static void
destroy(void *instance)
{
    free(instance);
}

#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(struct dh_plugin)
#endif

#ifdef LATER
/* What a later minor version may add stands behind. */
struct later_plugin {
    struct dh_plugin plugin;
    void (*more)(void *instance);
};
const struct later_plugin later_plugin __asm__("deskhand_plugin")
    __attribute__((visibility("default"))) = {
        {DH_MAGIC,
         sizeof(struct later_plugin),
         DH_ABI_MAJOR,
         DH_ABI_MINOR + 7,
         {manifest, sizeof(manifest) - 1},
         create,
         call,
         destroy},
        destroy,
};
#else
const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = ENTRY_SIZE,
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
#endif
