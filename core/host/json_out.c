#include "host/json_out.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/limits.h"
#include "plugin/call.h"

struct dh_json_out {
    struct buf buf;
    struct js_out out;
    uint64_t objects; /* one bit a level: is it an object */
    unsigned depth;
    bool begun;  /* the one value at the top is there */
    bool broken; /* what was put is no JSON */
};

static void
release(void *object)
{
    struct dh_json_out *out = object;
    buf_done(&out->buf);
}

struct dh_json_out *
json_out_new(const struct dh_call *handle)
{
    struct plugin_call *call = plugin_call_of(handle);
    struct dh_json_out *out = call ? arena_zero(&call->arena, 1, sizeof(*out)) : NULL;
    if (!out) {
        return NULL;
    }
    buf_init(&out->buf, LIMIT_TOOL_RESULT_BYTES);
    js_out_init(&out->out, &out->buf);
    return arena_defer(&call->arena, release, out) == 0 ? out : NULL;
}

static bool
in_object(const struct dh_json_out *out)
{
    return out->depth > 0 && (out->objects >> (out->depth - 1) & 1);
}

/* A value is about to come: may it, under this key? Writes the key. */
static bool
admit(struct dh_json_out *out, struct dh_str key)
{
    if (!out || out->broken) {
        return false;
    }
    bool fits = in_object(out) == (key.len > 0);
    if (!fits || (out->depth == 0 && out->begun)) {
        out->broken = true;
        return false;
    }
    if (in_object(out)) {
        js_key(&out->out, str_from_dh(key));
    }
    out->begun = true;
    return true;
}

static void
open_level(struct dh_json_out *out, struct dh_str key, bool object)
{
    if (!admit(out, key)) {
        return;
    }
    if (out->depth >= LIMIT_JSON_DEPTH) {
        out->broken = true;
        return;
    }
    uint64_t bit = UINT64_C(1) << out->depth++;
    out->objects = object ? out->objects | bit : out->objects & ~bit;
    if (object) {
        js_begin_object(&out->out);
    } else {
        js_begin_array(&out->out);
    }
}

void
json_out_object(struct dh_json_out *out, struct dh_str key)
{
    open_level(out, key, true);
}

void
json_out_array(struct dh_json_out *out, struct dh_str key)
{
    open_level(out, key, false);
}

void
json_out_end(struct dh_json_out *out)
{
    if (!out || out->broken) {
        return;
    }
    if (out->depth == 0) {
        out->broken = true;
        return;
    }
    if (in_object(out)) {
        js_end_object(&out->out);
    } else {
        js_end_array(&out->out);
    }
    out->depth--;
}

void
json_out_text(struct dh_json_out *out, struct dh_str key, struct dh_str text)
{
    if (admit(out, key)) {
        js_add_str(&out->out, str_from_dh(text));
    }
}

void
json_out_integer(struct dh_json_out *out, struct dh_str key, int64_t value)
{
    if (admit(out, key)) {
        js_add_int(&out->out, value);
    }
}

void
json_out_number(struct dh_json_out *out, struct dh_str key, double value)
{
    if (admit(out, key)) {
        js_add_double(&out->out, value);
    }
}

void
json_out_boolean(struct dh_json_out *out, struct dh_str key, uint32_t value)
{
    if (admit(out, key)) {
        js_add_bool(&out->out, value != 0);
    }
}

void
json_out_null(struct dh_json_out *out, struct dh_str key)
{
    if (admit(out, key)) {
        js_add_null(&out->out);
    }
}

void
json_out_json(struct dh_json_out *out, struct dh_str key, struct dh_str json)
{
    struct err err = {0};
    if (!admit(out, key)) {
        return;
    }
    if (js_check(str_from_dh(json), &err) < 0) {
        out->broken = true;
        return;
    }
    js_add_raw(&out->out, str_from_dh(json));
}

struct dh_str
json_out_finish(struct dh_json_out *out)
{
    if (!out || out->broken || out->depth > 0 || !out->begun || out->buf.failed) {
        return (struct dh_str){0};
    }
    return dh_from_str(buf_str(&out->buf));
}
