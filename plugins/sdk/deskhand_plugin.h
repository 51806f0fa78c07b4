/* deskhand_plugin.h: the plugin ABI, version 1.0.
 *
 * This is the only header a plugin needs, and its manual. A plugin is one shared object with one
 * exported symbol, `deskhand_plugin`. It brings tools: functions that a language model may call
 * while it talks to a customer. plugins/template.c is a small one to copy. Build:
 *
 *     cc -std=c11 -shared -fPIC -fvisibility=hidden -Wl,-Bsymbolic -o my_tool.so my_tool.c
 *
 * How it runs. The host reads the version from the file, loads it, checks the manifest, and calls
 * nothing before that. create() makes an instance with the operator's configuration, when one of
 * its tools is first called. call() runs one call and answers it through the host, exactly once,
 * before it returns. destroy() ends the instance. There is no other init: no state outside
 * instances, since there may be several, one after another or side by side.
 *
 * The cage. The same file may run on a thread of the host or in a child process that can be killed;
 * a plugin cannot tell and must not care. It must not fork, exit, abort, install signal handlers,
 * write to stdout or stderr, call setenv, setlocale, chdir or umask, close descriptors it did not
 * open, or start threads unless its manifest says so ("threads": true). The object is never
 * unloaded before the process ends.
 *
 * Threads. create, call and destroy come on any thread, but a serial tool's call never overlaps
 * another serial call of its instance. Tools declared "parallel": true may overlap every other
 * call of the instance. create is over before the first call, and the last call before destroy.
 * Host functions may be called from any thread, by one thread at a time for one call handle; only
 * canceled() may be called beside others.
 *
 * Ownership. Whatever one side hands to the other is borrowed until the called function returns,
 * unless a comment says otherwise; who needs it longer copies it. Nobody frees what the other side
 * allocated. Text is UTF-8 with a length; it is not NUL-terminated and may hold NULs.
 *
 * Trust. Arguments were checked against the tool's input_schema, but their text is written by a
 * model, on behalf of a stranger. Who the customer is comes from the call handle, never from
 * arguments. Results are checked by the host: valid JSON, at most 256 KiB. Keep them small and
 * plain; the model reads them.
 *
 * Compatibility. Structs open with struct_size as their writer knew it. Members are only ever
 * added at the end: use DH_HAS() before reading one that is newer than your minimum. An absent
 * member means zero, and zero means "as before". An abi_major other than the host's is refused;
 * abi_minor is for people. Functions beyond those of dh_host come as extensions, named "dh.x/1":
 * a change of meaning gets a new number, and both may be offered for years. Values that a reader
 * does not know are to be treated as the documented default.
 *
 * The manifest is a JSON object. Unknown members are refused, so that a typing error is seen:
 *
 *   name          [a-z0-9_-]{1,40}, unique on a desk
 *   version       of the plugin, any text
 *   description   one sentence for the operator
 *   requires      ids of extensions it cannot work without; a host that lacks one refuses it
 *   optional      ids of those it uses when they are there. Others are never handed out
 *   isolation     "child": only in a process of its own; "either" (the default)
 *   threads       true: starts threads of its own, and joins them in time
 *   config_schema JSON Schema of the configuration, checked before create()
 *   tools         1 to 64 objects:
 *     name          [a-zA-Z0-9_-]{1,64}, unique on a desk
 *     description   for the model: when to use it, what comes back
 *     input_schema  JSON Schema (draft 2020-12) of the arguments, "type": "object"
 *     effect        "read": can be repeated at will; "write"; "irreversible": needs approval
 *     timeout_ms    1 to 600000, default 10000; the call is given up afterwards
 *     parallel      default false; see Threads
 *     hands_over    true: a call may hand the conversation over; the desk's line then stands
 *                   alone, without what the model said beside the call
 *     trust         "untrusted": its results hold text that strangers wrote. The model gets them
 *                   behind a fence, and nothing irreversible is done afterwards without an agent
 *     confirm       what a call would do, for whoever has to agree to it: one line with {argument}
 *                   in it ("Cancel order {order_id}"). Default: made from name and arguments
 *
 * In an input_schema, a property with "scope": "customer" is the one that names the customer. The
 * host refuses a call in which it is another than the customer of the conversation. */
#ifndef DESKHAND_PLUGIN_H
#define DESKHAND_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DH_MAGIC 0x31504844u /* "DHP1" on a little-endian machine */
#define DH_ABI_MAJOR 1u
#define DH_ABI_MINOR 0u
#define DH_EXPORT __attribute__((visibility("default")))

/* Is MEMBER inside what the writer of *POINTER knew? */
#define DH_HAS(pointer, member)                                                   \
    ((const char *)(&(pointer)->member + 1) <=                                    \
     (const char *)(pointer) + (pointer)->struct_size)

/* ---- Text -------------------------------------------------------------------------------------*/

/* The one struct without struct_size; it never changes. {0} is empty. */
struct dh_str {
    const char *ptr;
    uint64_t len;
};

/* A literal where a constant is needed (static data), and as an expression. */
#define DH_STR_INIT(literal) {"" literal "", sizeof(literal) - 1}
#define DH_STR(literal) dh_str_of(literal, sizeof(literal) - 1)

static inline struct dh_str
dh_str_of(const char *ptr, uint64_t len)
{
    struct dh_str s;
    s.ptr = ptr;
    s.len = len;
    return s;
}

/* The view of NUL-terminated TEXT; NULL gives the empty one. */
static inline struct dh_str
dh_str_c(const char *text)
{
    return dh_str_of(text, text ? (uint64_t)strlen(text) : 0);
}

/* 1 when S is exactly TEXT. */
static inline int32_t
dh_str_is(struct dh_str s, const char *text)
{
    return s.len == (uint64_t)strlen(text) && (s.len == 0 || memcmp(s.ptr, text, s.len) == 0);
}

/* ---- What the host hands in -------------------------------------------------------------------*/

#define DH_CALL_DRY_RUN 1u /* say what would happen, change nothing */

/* One call, and the handle to answer it with. Dead when call() returns. */
struct dh_call {
    uint32_t struct_size;
    uint32_t flags;
    struct dh_str tool;
    struct dh_str arguments;       /* a JSON object that fits the tool's input_schema */
    struct dh_str call_id;
    struct dh_str turn_id;
    struct dh_str conversation_id;
    struct dh_str customer_id;     /* empty: anonymous */
    struct dh_str idempotency_key; /* the same for every attempt at this call */
    int64_t deadline_ms;           /* on the clock of CLOCK_MONOTONIC and dh.clock/1 */
};

/* How an instance is to be made. Dead when create() returns. */
struct dh_setup {
    uint32_t struct_size;
    uint32_t reserved;
    struct dh_str config; /* a JSON object that fits config_schema, its defaults filled in */
};

/* The host of one instance: valid from create() until destroy() has returned. */
struct dh_host {
    uint32_t struct_size;
    uint32_t reserved;
    /* The function table of extension ID ("dh.json/1"); NULL unless the manifest lists it and the
     * host has it. Those under "requires" are always there. Valid as long as the host. */
    const void *(*get_extension)(const struct dh_host *host, const char *id);
    /* Why create() is going to return NULL, for the operator. */
    void (*refuse)(const struct dh_setup *setup, struct dh_str why);
    /* Answer CALL with one JSON value; an object is best. The text is copied. */
    void (*result)(const struct dh_call *call, struct dh_str json);
    /* Or answer that it failed. CODE: one word in lower case ("not_found"). MESSAGE is for the
     * model: what was wrong, what to do instead. RETRYABLE 1: the same call may work later. */
    void (*fail)(const struct dh_call *call, struct dh_str code, struct dh_str message,
                 uint32_t retryable);
    /* 1 when nobody waits for CALL any more: return soon, without an answer if you like. Cheap;
     * ask in every long loop and before every effect. */
    uint32_t (*canceled)(const struct dh_call *call);
};

/* ---- What a plugin is -------------------------------------------------------------------------*/

/* The first four members are frozen for ever: the host reads them from the file. */
struct dh_plugin {
    uint32_t magic;       /* DH_MAGIC */
    uint32_t struct_size; /* sizeof(struct dh_plugin) */
    uint32_t abi_major;   /* DH_ABI_MAJOR */
    uint32_t abi_minor;   /* DH_ABI_MINOR */
    struct dh_str manifest;
    /* The new instance, anything but NULL; NULL when it cannot be, after host->refuse(). */
    void *(*create)(const struct dh_host *host, const struct dh_setup *setup);
    /* Exactly one of host->result() and host->fail() before it returns. Neither, or two, is a
     * plugin fault: the call fails and what it staged is dropped. */
    void (*call)(void *instance, const struct dh_call *call);
    void (*destroy)(void *instance);
};

/* Define it in the plugin: const struct dh_plugin deskhand_plugin = {.magic = DH_MAGIC, ...}; */
DH_EXPORT extern const struct dh_plugin deskhand_plugin;

/* ---- dh.log/1: lines in the host's log --------------------------------------------------------*/

#define DH_LOG_1 "dh.log/1"
#define DH_LOG_DEBUG 0u
#define DH_LOG_INFO 1u
#define DH_LOG_WARN 2u
#define DH_LOG_ERROR 3u

struct dh_log_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* CALL may be NULL. Cut at 1000 bytes. No customer's words above debug, no secrets at all. */
    void (*write)(const struct dh_host *host, const struct dh_call *call, uint32_t level,
                  struct dh_str text);
};

/* ---- dh.clock/1 -------------------------------------------------------------------------------*/

#define DH_CLOCK_1 "dh.clock/1"

struct dh_clock_1 {
    uint32_t struct_size;
    uint32_t reserved;
    int64_t (*wall_ms)(const struct dh_host *host); /* since 1970 UTC */
    int64_t (*mono_ms)(const struct dh_host *host); /* what deadlines are counted on */
};

/* ---- dh.json/1: read arguments, build results -------------------------------------------------*/

#define DH_JSON_1 "dh.json/1"
#define DH_JSON_NULL 0u /* also: no such value */
#define DH_JSON_BOOL 1u
#define DH_JSON_INT 2u
#define DH_JSON_DOUBLE 3u
#define DH_JSON_STRING 4u
#define DH_JSON_ARRAY 5u
#define DH_JSON_OBJECT 6u

struct dh_json_doc; /* a parsed text */
struct dh_json;     /* one value in it; NULL stands for null and for what is not there */
struct dh_json_out; /* a text being written */

/* {0} before the first next(). */
struct dh_json_iter {
    const struct dh_json *value;
    struct dh_str key; /* empty in arrays */
    uint64_t state[2]; /* the host's */
};

struct dh_json_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* The call's arguments; borrowed until call() returns. */
    const struct dh_json *(*arguments)(const struct dh_call *call);
    /* Any other text, strictly by RFC 8259. NULL when it is no JSON or memory ran out; else owned,
     * free with close(). A document belongs to one thread at a time. */
    struct dh_json_doc *(*open)(const struct dh_host *host, struct dh_str text);
    const struct dh_json *(*root)(const struct dh_json_doc *doc);
    void (*close)(struct dh_json_doc *doc); /* NULL is fine */

    /* The value at POINTER (RFC 6901: "/query", "/items/0/price"; "" is VALUE itself). */
    const struct dh_json *(*find)(const struct dh_json *value, const char *pointer);
    uint32_t (*type)(const struct dh_json *value);
    /* These take NULL and any type: what does not fit gives the fallback or the empty text. */
    struct dh_str (*text)(const struct dh_json *value); /* borrowed from the document */
    int64_t (*integer)(const struct dh_json *value, int64_t fallback); /* takes 2.0, not 2.5 */
    double (*number)(const struct dh_json *value, double fallback);
    uint32_t (*boolean)(const struct dh_json *value, uint32_t fallback);
    uint64_t (*count)(const struct dh_json *value); /* of members or items */
    /* 1 and the next member or item of CONTAINER in *ITER; 0 at the end:
     *     struct dh_json_iter it = {0};
     *     while (json->next(list, &it)) { use(it.value); } */
    uint32_t (*next)(const struct dh_json *container, struct dh_json_iter *iter);

    /* A new text, owned by the call and freed with it. NULL when memory ran out; every put takes
     * NULL. Inside an object each put needs a KEY; inside an array and at the top it is empty. */
    struct dh_json_out *(*write)(const struct dh_call *call);
    void (*put_object)(struct dh_json_out *out, struct dh_str key); /* until its end() */
    void (*put_array)(struct dh_json_out *out, struct dh_str key);
    void (*end)(struct dh_json_out *out);
    void (*put_text)(struct dh_json_out *out, struct dh_str key, struct dh_str text);
    void (*put_integer)(struct dh_json_out *out, struct dh_str key, int64_t value);
    void (*put_number)(struct dh_json_out *out, struct dh_str key, double value);
    void (*put_boolean)(struct dh_json_out *out, struct dh_str key, uint32_t value);
    void (*put_null)(struct dh_json_out *out, struct dh_str key);
    void (*put_json)(struct dh_json_out *out, struct dh_str key, struct dh_str json);
    /* The whole text, for host->result(); borrowed until call() returns. Empty when a put was
     * wrong (no key, an end too many or too few), or when it is longer than a result may be. */
    struct dh_str (*finish)(struct dh_json_out *out);
};

/* ---- dh.desk/1: what a call may ask of the desk -----------------------------------------------*/

#define DH_DESK_1 "dh.desk/1"

struct dh_desk_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* Hand the conversation to a human. PRIORITY: "low", "medium", "high", "urgent". CATEGORY may
     * be empty. This stages: the host does it together with the call's one result, or not at all,
     * and then adds the ticket's number to the result, as "ticket". 0 staged; 1 refused: a blank
     * or over-long (2000 bytes) REASON, an unknown PRIORITY, a second time, or a dead call. */
    uint32_t (*escalate)(const struct dh_call *call, struct dh_str reason, struct dh_str priority,
                         struct dh_str category);
};

/* ---- dh.secret/1: what the operator entrusts by name ------------------------------------------*/

#define DH_SECRET_1 "dh.secret/1"

struct dh_secret_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* The secret NAME of this plugin's `secrets` in desk.yaml; borrowed as long as the host. Empty:
     * there is none. It belongs in no result, no error, no log line. For dh.http/1 you do not need
     * it: a request names the secret, and the host puts it in. */
    struct dh_str (*get)(const struct dh_host *host, const char *name);
};

/* ---- dh.kv/1: values that outlive the process -------------------------------------------------*/

#define DH_KV_1 "dh.kv/1"
#define DH_KV_OK 0u
#define DH_KV_NONE 1u    /* no such key */
#define DH_KV_EXISTS 2u  /* add(): the key is there */
#define DH_KV_FULL 3u    /* the quota: 10,000 keys and 4 MiB a plugin */
#define DH_KV_INVALID 4u /* a key of 1 to 200 bytes, a value up to 64 KiB, both UTF-8 without NUL  \
                          */
#define DH_KV_REFUSED 5u /* a dead call, or one with DH_CALL_DRY_RUN that would change something   \
                          */
#define DH_KV_FAILED 6u  /* the desk cannot do it now; nothing was changed */

/* Keys are the plugin's own, and the same in every process of a desk. What is written is durable
 * when the function returns, also when the call fails afterwards. */
struct dh_kv_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* Into *RET, borrowed until call() returns. */
    uint32_t (*get)(const struct dh_call *call, struct dh_str key, struct dh_str *ret);
    /* TTL_MS 0: for good. */
    uint32_t (*put)(const struct dh_call *call, struct dh_str key, struct dh_str value,
                    uint64_t ttl_ms);
    /* Only where KEY is not there: of two calls that add the same key one gets DH_KV_EXISTS. */
    uint32_t (*add)(const struct dh_call *call, struct dh_str key, struct dh_str value,
                    uint64_t ttl_ms);
    uint32_t (*remove)(const struct dh_call *call, struct dh_str key);
    /* The first key behind AFTER that begins with PREFIX, by its bytes; begin with AFTER empty. */
    uint32_t (*next)(const struct dh_call *call, struct dh_str prefix, struct dh_str after,
                     struct dh_str *ret_key);
};

/* ---- dh.metric/1: figures of your own, by day, for `deskhand plugins metrics` -----------------*/

#define DH_METRIC_1 "dh.metric/1"

/* NAME is [a-z0-9_]{1,40}; a plugin has 50 of them at most, what is beyond is dropped. Written
 * within a second: a crash may cost the last ones. */
struct dh_metric_1 {
    uint32_t struct_size;
    uint32_t reserved;
    void (*count)(const struct dh_host *host, struct dh_str name, uint64_t by);
    /* One of many: their number, sum, least and most are kept. */
    void (*observe)(const struct dh_host *host, struct dh_str name, int64_t value);
};

/* ---- dh.http/1: requests through the host -----------------------------------------------------*/

#define DH_HTTP_1 "dh.http/1"
#define DH_HTTP_OK 0u      /* there is an answer, whatever its status */
#define DH_HTTP_INVALID 1u /* the request makes no sense; `why` says what is wrong */
#define DH_HTTP_REFUSED 2u /* a server that the operator did not allow, or a private address */
#define DH_HTTP_FAILED 3u  /* no answer: no such host, no connection, TLS */
#define DH_HTTP_TIMEOUT 4u
#define DH_HTTP_TOO_LARGE 5u

#define DH_HTTP_FOLLOW 1u /* up to 5 redirects of a GET or HEAD, each checked like the first */

/* Like dh_str it never changes. */
struct dh_http_header {
    struct dh_str name;
    struct dh_str value;
};

struct dh_http_request {
    uint32_t struct_size;
    uint32_t flags;
    struct dh_str method; /* empty: GET */
    struct dh_str url; /* https://..., or http:// where the operator allowed it for that server */
    const struct dh_http_header *headers; /* up to 40 */
    uint64_t header_count;
    struct dh_str body; /* up to 1 MiB */
    /* The secret of that name (dh.secret/1), in a header more: "Authorization", "Bearer ". It is
     * not sent on to another server by a redirect. */
    struct dh_str secret;
    struct dh_str secret_header;
    struct dh_str secret_prefix;
    uint64_t timeout_ms; /* 0: until the call's deadline, which it never outlives */
    uint64_t answer_max; /* bytes of body; 0: 256 KiB, at most 4 MiB */
};

struct dh_http_answer {
    uint32_t struct_size;                 /* set it; the host fills what fits */
    uint32_t status;                      /* 200, 404, ... */
    const struct dh_http_header *headers; /* names in lower case */
    uint64_t header_count;
    struct dh_str body;
    struct dh_str why; /* unless DH_HTTP_OK: in words, without secrets */
};

struct dh_http_1 {
    uint32_t struct_size;
    uint32_t reserved;
    /* Waits for the answer; all of *RET is borrowed until call() returns. Servers are those of this
     * plugin's `http` in desk.yaml. A call that was answered over HTTP is untrusted: see the
     * manifest's "trust". A request is sent once; if nobody knows whether it arrived it has
     * failed. Only GET and HEAD may be sent again, where a connection that the server had closed
     * was taken for them. With DH_CALL_DRY_RUN only GET and HEAD are sent. */
    uint32_t (*send)(const struct dh_call *call, const struct dh_http_request *request,
                     struct dh_http_answer *ret);
};

#ifdef __cplusplus
}
#endif
#endif
