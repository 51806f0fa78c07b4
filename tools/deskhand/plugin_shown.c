#include "plugin_shown.h"

#include "base/json.h"
#include "plugin/manifest.h"

struct str
plugin_name_of_file(struct str path)
{
    size_t start = path.len;
    while (start > 0 && path.ptr[start - 1] != '/') {
        start--;
    }
    struct str name = str_sub(path, start, SIZE_MAX);
    return str_ends(name, STR(".so")) ? str_sub(name, 0, name.len - 3) : name;
}

void
plugin_tools_json(struct js_out *out, const struct manifest *m)
{
    js_key(out, STR("tools"));
    js_begin_array(out);
    for (size_t i = 0; m && i < m->tool_count; i++) {
        js_begin_object(out);
        js_put_str(out, "name", m->tools[i].name);
        js_put_str(out, "effect", tool_effect_name(m->tools[i].effect));
        js_put_str(out, "description", m->tools[i].description);
        js_put_int(out, "timeout_ms", m->tools[i].timeout_ms);
        js_put_bool(out, "parallel", m->tools[i].parallel);
        js_end_object(out);
    }
    js_end_array(out);
}
