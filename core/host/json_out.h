/* json_out: the writing half of dh.json/1, for host_json.c. A plugin may put anything anywhere;
 * what would not become JSON marks the text as broken, and a broken text is never handed out. A
 * writer belongs to its call: [worker], one thread at a time. NULL writers are fine everywhere. */
#ifndef HOST_JSON_OUT_H
#define HOST_JSON_OUT_H

#include "plugins/sdk/deskhand_plugin.h"

/* Owned by the call behind HANDLE; NULL when there is none or memory ran out. */
struct dh_json_out *json_out_new(const struct dh_call *handle);

/* The members of struct dh_json_1 with these names; their sentences are in deskhand_plugin.h. */
void json_out_object(struct dh_json_out *out, struct dh_str key);
void json_out_array(struct dh_json_out *out, struct dh_str key);
void json_out_end(struct dh_json_out *out);
void json_out_text(struct dh_json_out *out, struct dh_str key, struct dh_str text);
void json_out_integer(struct dh_json_out *out, struct dh_str key, int64_t value);
void json_out_number(struct dh_json_out *out, struct dh_str key, double value);
void json_out_boolean(struct dh_json_out *out, struct dh_str key, uint32_t value);
void json_out_null(struct dh_json_out *out, struct dh_str key);
void json_out_json(struct dh_json_out *out, struct dh_str key, struct dh_str json);
struct dh_str json_out_finish(struct dh_json_out *out);

#endif
