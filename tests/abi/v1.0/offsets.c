/* offsets: plugin ABI 1.0 to the last byte. There is nothing to run: it compiles or it does not.
 *
 * It is compiled twice. Against the header beside it, which is 1.0 for good, everything is exactly
 * as here; against today's, it is still all there, with the same values, types and offsets: what
 * came since came at the ends. A line here changes only with DH_ABI_MAJOR. */
#ifdef FROZEN
#include "deskhand_plugin.h"
#define GROWN(now, then) ((now) == (then))
#else
#include "plugins/sdk/deskhand_plugin.h"
#define GROWN(now, then) ((now) >= (then))
#endif

#define IS(expression, ...) _Generic((expression), __VA_ARGS__ : 1, default : 0)
#define OF(type, member) (((struct type *)0)->member)

#define AT(type, member, offset, ...)                                                              \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " moved");         \
    _Static_assert(IS(&OF(type, member), __VA_ARGS__), #type "." #member " is something else")
/* A function of the type RESULT (*)(PARAMETERS). */
#define CALLS(type, member, offset, result, ...) AT(type, member, offset, result (**)(__VA_ARGS__))
/* Whoever reads it asks its struct_size. */
#define SIZE(type, size)                                                                           \
    _Static_assert(GROWN(sizeof(struct type), (size)), #type " changed its size")
/* It has no struct_size, and is what it is for ever. */
#define EXACT(type, size) _Static_assert(sizeof(struct type) == (size), #type " changed its size")
#define VALUE(name, value) _Static_assert((name) == (value), #name " is another number")

_Static_assert(sizeof(void *) == 8, "these are the offsets of 64-bit machines");

AT(dh_str, ptr, 0, const char **);
AT(dh_str, len, 8, uint64_t *);
EXACT(dh_str, 16);

AT(dh_call, struct_size, 0, uint32_t *);
AT(dh_call, flags, 4, uint32_t *);
AT(dh_call, tool, 8, struct dh_str *);
AT(dh_call, arguments, 24, struct dh_str *);
AT(dh_call, call_id, 40, struct dh_str *);
AT(dh_call, turn_id, 56, struct dh_str *);
AT(dh_call, conversation_id, 72, struct dh_str *);
AT(dh_call, customer_id, 88, struct dh_str *);
AT(dh_call, idempotency_key, 104, struct dh_str *);
AT(dh_call, deadline_ms, 120, int64_t *);
SIZE(dh_call, 128);

AT(dh_setup, struct_size, 0, uint32_t *);
AT(dh_setup, reserved, 4, uint32_t *);
AT(dh_setup, config, 8, struct dh_str *);
SIZE(dh_setup, 24);

AT(dh_host, struct_size, 0, uint32_t *);
AT(dh_host, reserved, 4, uint32_t *);
CALLS(dh_host, get_extension, 8, const void *, const struct dh_host *, const char *);
CALLS(dh_host, refuse, 16, void, const struct dh_setup *, struct dh_str);
CALLS(dh_host, result, 24, void, const struct dh_call *, struct dh_str);
CALLS(dh_host, fail, 32, void, const struct dh_call *, struct dh_str, struct dh_str, uint32_t);
CALLS(dh_host, canceled, 40, uint32_t, const struct dh_call *);
SIZE(dh_host, 48);

/* The first four are frozen for ever, whatever the major. */
AT(dh_plugin, magic, 0, uint32_t *);
AT(dh_plugin, struct_size, 4, uint32_t *);
AT(dh_plugin, abi_major, 8, uint32_t *);
AT(dh_plugin, abi_minor, 12, uint32_t *);
AT(dh_plugin, manifest, 16, struct dh_str *);
CALLS(dh_plugin, create, 32, void *, const struct dh_host *, const struct dh_setup *);
CALLS(dh_plugin, call, 40, void, void *, const struct dh_call *);
CALLS(dh_plugin, destroy, 48, void, void *);
SIZE(dh_plugin, 56);

AT(dh_log_1, struct_size, 0, uint32_t *);
AT(dh_log_1, reserved, 4, uint32_t *);
CALLS(dh_log_1, write, 8, void, const struct dh_host *, const struct dh_call *, uint32_t,
      struct dh_str);
SIZE(dh_log_1, 16);

AT(dh_clock_1, struct_size, 0, uint32_t *);
AT(dh_clock_1, reserved, 4, uint32_t *);
CALLS(dh_clock_1, wall_ms, 8, int64_t, const struct dh_host *);
CALLS(dh_clock_1, mono_ms, 16, int64_t, const struct dh_host *);
SIZE(dh_clock_1, 24);

AT(dh_json_iter, value, 0, const struct dh_json **);
AT(dh_json_iter, key, 8, struct dh_str *);
AT(dh_json_iter, state, 24, uint64_t (*)[2]);
EXACT(dh_json_iter, 40);

AT(dh_json_1, struct_size, 0, uint32_t *);
AT(dh_json_1, reserved, 4, uint32_t *);
CALLS(dh_json_1, arguments, 8, const struct dh_json *, const struct dh_call *);
CALLS(dh_json_1, open, 16, struct dh_json_doc *, const struct dh_host *, struct dh_str);
CALLS(dh_json_1, root, 24, const struct dh_json *, const struct dh_json_doc *);
CALLS(dh_json_1, close, 32, void, struct dh_json_doc *);
CALLS(dh_json_1, find, 40, const struct dh_json *, const struct dh_json *, const char *);
CALLS(dh_json_1, type, 48, uint32_t, const struct dh_json *);
CALLS(dh_json_1, text, 56, struct dh_str, const struct dh_json *);
CALLS(dh_json_1, integer, 64, int64_t, const struct dh_json *, int64_t);
CALLS(dh_json_1, number, 72, double, const struct dh_json *, double);
CALLS(dh_json_1, boolean, 80, uint32_t, const struct dh_json *, uint32_t);
CALLS(dh_json_1, count, 88, uint64_t, const struct dh_json *);
CALLS(dh_json_1, next, 96, uint32_t, const struct dh_json *, struct dh_json_iter *);
CALLS(dh_json_1, write, 104, struct dh_json_out *, const struct dh_call *);
CALLS(dh_json_1, put_object, 112, void, struct dh_json_out *, struct dh_str);
CALLS(dh_json_1, put_array, 120, void, struct dh_json_out *, struct dh_str);
CALLS(dh_json_1, end, 128, void, struct dh_json_out *);
CALLS(dh_json_1, put_text, 136, void, struct dh_json_out *, struct dh_str, struct dh_str);
CALLS(dh_json_1, put_integer, 144, void, struct dh_json_out *, struct dh_str, int64_t);
CALLS(dh_json_1, put_number, 152, void, struct dh_json_out *, struct dh_str, double);
CALLS(dh_json_1, put_boolean, 160, void, struct dh_json_out *, struct dh_str, uint32_t);
CALLS(dh_json_1, put_null, 168, void, struct dh_json_out *, struct dh_str);
CALLS(dh_json_1, put_json, 176, void, struct dh_json_out *, struct dh_str, struct dh_str);
CALLS(dh_json_1, finish, 184, struct dh_str, struct dh_json_out *);
SIZE(dh_json_1, 192);

AT(dh_desk_1, struct_size, 0, uint32_t *);
AT(dh_desk_1, reserved, 4, uint32_t *);
CALLS(dh_desk_1, escalate, 8, uint32_t, const struct dh_call *, struct dh_str, struct dh_str,
      struct dh_str);
SIZE(dh_desk_1, 16);

AT(dh_secret_1, struct_size, 0, uint32_t *);
AT(dh_secret_1, reserved, 4, uint32_t *);
CALLS(dh_secret_1, get, 8, struct dh_str, const struct dh_host *, const char *);
SIZE(dh_secret_1, 16);

AT(dh_kv_1, struct_size, 0, uint32_t *);
AT(dh_kv_1, reserved, 4, uint32_t *);
CALLS(dh_kv_1, get, 8, uint32_t, const struct dh_call *, struct dh_str, struct dh_str *);
CALLS(dh_kv_1, put, 16, uint32_t, const struct dh_call *, struct dh_str, struct dh_str, uint64_t);
CALLS(dh_kv_1, add, 24, uint32_t, const struct dh_call *, struct dh_str, struct dh_str, uint64_t);
CALLS(dh_kv_1, remove, 32, uint32_t, const struct dh_call *, struct dh_str);
CALLS(dh_kv_1, next, 40, uint32_t, const struct dh_call *, struct dh_str, struct dh_str,
      struct dh_str *);
SIZE(dh_kv_1, 48);

AT(dh_metric_1, struct_size, 0, uint32_t *);
AT(dh_metric_1, reserved, 4, uint32_t *);
CALLS(dh_metric_1, count, 8, void, const struct dh_host *, struct dh_str, uint64_t);
CALLS(dh_metric_1, observe, 16, void, const struct dh_host *, struct dh_str, int64_t);
SIZE(dh_metric_1, 24);

AT(dh_http_header, name, 0, struct dh_str *);
AT(dh_http_header, value, 16, struct dh_str *);
EXACT(dh_http_header, 32);

AT(dh_http_request, struct_size, 0, uint32_t *);
AT(dh_http_request, flags, 4, uint32_t *);
AT(dh_http_request, method, 8, struct dh_str *);
AT(dh_http_request, url, 24, struct dh_str *);
AT(dh_http_request, headers, 40, const struct dh_http_header **);
AT(dh_http_request, header_count, 48, uint64_t *);
AT(dh_http_request, body, 56, struct dh_str *);
AT(dh_http_request, secret, 72, struct dh_str *);
AT(dh_http_request, secret_header, 88, struct dh_str *);
AT(dh_http_request, secret_prefix, 104, struct dh_str *);
AT(dh_http_request, timeout_ms, 120, uint64_t *);
AT(dh_http_request, answer_max, 128, uint64_t *);
SIZE(dh_http_request, 136);

AT(dh_http_answer, struct_size, 0, uint32_t *);
AT(dh_http_answer, status, 4, uint32_t *);
AT(dh_http_answer, headers, 8, const struct dh_http_header **);
AT(dh_http_answer, header_count, 16, uint64_t *);
AT(dh_http_answer, body, 24, struct dh_str *);
AT(dh_http_answer, why, 40, struct dh_str *);
SIZE(dh_http_answer, 56);

AT(dh_http_1, struct_size, 0, uint32_t *);
AT(dh_http_1, reserved, 4, uint32_t *);
CALLS(dh_http_1, send, 8, uint32_t, const struct dh_call *, const struct dh_http_request *,
      struct dh_http_answer *);
SIZE(dh_http_1, 16);

VALUE(DH_MAGIC, 0x31504844u);
VALUE(DH_ABI_MAJOR, 1u);
_Static_assert(GROWN(DH_ABI_MINOR, 0u), "DH_ABI_MINOR went back");
VALUE(DH_CALL_DRY_RUN, 1u);
VALUE(DH_LOG_DEBUG, 0u);
VALUE(DH_LOG_INFO, 1u);
VALUE(DH_LOG_WARN, 2u);
VALUE(DH_LOG_ERROR, 3u);
VALUE(DH_JSON_NULL, 0u);
VALUE(DH_JSON_BOOL, 1u);
VALUE(DH_JSON_INT, 2u);
VALUE(DH_JSON_DOUBLE, 3u);
VALUE(DH_JSON_STRING, 4u);
VALUE(DH_JSON_ARRAY, 5u);
VALUE(DH_JSON_OBJECT, 6u);
VALUE(DH_KV_OK, 0u);
VALUE(DH_KV_NONE, 1u);
VALUE(DH_KV_EXISTS, 2u);
VALUE(DH_KV_FULL, 3u);
VALUE(DH_KV_INVALID, 4u);
VALUE(DH_KV_REFUSED, 5u);
VALUE(DH_KV_FAILED, 6u);
VALUE(DH_HTTP_OK, 0u);
VALUE(DH_HTTP_INVALID, 1u);
VALUE(DH_HTTP_REFUSED, 2u);
VALUE(DH_HTTP_FAILED, 3u);
VALUE(DH_HTTP_TIMEOUT, 4u);
VALUE(DH_HTTP_TOO_LARGE, 5u);
VALUE(DH_HTTP_FOLLOW, 1u);
