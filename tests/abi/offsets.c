/* offsets: the ABI's layout, nailed down. A line here changes only with DH_ABI_MAJOR. There is
 * nothing to run: it compiles or it does not. */
#include "plugins/sdk/deskhand_plugin.h"

#define AT(type, member, offset)                                                                   \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " moved")
#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " changed its size")

_Static_assert(sizeof(void *) == 8, "these are the offsets of 64-bit machines");

SIZE(dh_str, 16);
AT(dh_str, ptr, 0);
AT(dh_str, len, 8);

/* The first four are frozen for ever, whatever the major. */
AT(dh_plugin, magic, 0);
AT(dh_plugin, struct_size, 4);
AT(dh_plugin, abi_major, 8);
AT(dh_plugin, abi_minor, 12);
AT(dh_plugin, manifest, 16);
AT(dh_plugin, create, 32);
AT(dh_plugin, call, 40);
AT(dh_plugin, destroy, 48);
SIZE(dh_plugin, 56);

AT(dh_call, struct_size, 0);
AT(dh_call, flags, 4);
AT(dh_call, tool, 8);
AT(dh_call, arguments, 24);
AT(dh_call, call_id, 40);
AT(dh_call, turn_id, 56);
AT(dh_call, conversation_id, 72);
AT(dh_call, customer_id, 88);
AT(dh_call, idempotency_key, 104);
AT(dh_call, deadline_ms, 120);
SIZE(dh_call, 128);

AT(dh_setup, struct_size, 0);
AT(dh_setup, config, 8);
SIZE(dh_setup, 24);

AT(dh_host, struct_size, 0);
AT(dh_host, get_extension, 8);
AT(dh_host, refuse, 16);
AT(dh_host, result, 24);
AT(dh_host, fail, 32);
AT(dh_host, canceled, 40);
SIZE(dh_host, 48);

AT(dh_log_1, struct_size, 0);
AT(dh_log_1, write, 8);
SIZE(dh_log_1, 16);

AT(dh_clock_1, struct_size, 0);
AT(dh_clock_1, wall_ms, 8);
AT(dh_clock_1, mono_ms, 16);
SIZE(dh_clock_1, 24);

AT(dh_json_iter, value, 0);
AT(dh_json_iter, key, 8);
AT(dh_json_iter, state, 24);
SIZE(dh_json_iter, 40);

AT(dh_json_1, struct_size, 0);
AT(dh_json_1, arguments, 8);
AT(dh_json_1, open, 16);
AT(dh_json_1, root, 24);
AT(dh_json_1, close, 32);
AT(dh_json_1, find, 40);
AT(dh_json_1, type, 48);
AT(dh_json_1, text, 56);
AT(dh_json_1, integer, 64);
AT(dh_json_1, number, 72);
AT(dh_json_1, boolean, 80);
AT(dh_json_1, count, 88);
AT(dh_json_1, next, 96);
AT(dh_json_1, write, 104);
AT(dh_json_1, put_object, 112);
AT(dh_json_1, put_array, 120);
AT(dh_json_1, end, 128);
AT(dh_json_1, put_text, 136);
AT(dh_json_1, put_integer, 144);
AT(dh_json_1, put_number, 152);
AT(dh_json_1, put_boolean, 160);
AT(dh_json_1, put_null, 168);
AT(dh_json_1, put_json, 176);
AT(dh_json_1, finish, 184);
SIZE(dh_json_1, 192);

AT(dh_desk_1, struct_size, 0);
AT(dh_desk_1, escalate, 8);
SIZE(dh_desk_1, 16);
