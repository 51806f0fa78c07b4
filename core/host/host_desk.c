#include "base/json.h"
#include "base/utf8.h"
#include "host/tables.h"
#include "plugin/call.h"

/* Nothing happens here: the request is kept in the call, and leaves it only with the call's one
 * result. */

enum { REASON_MAX = 2000, CATEGORY_MAX = 100 };

static bool
text_fits(struct str text, size_t max)
{
    return text.len <= max && utf8_valid(text);
}

static uint32_t
escalate(const struct dh_call *handle, struct dh_str reason, struct dh_str priority,
         struct dh_str category)
{
    struct plugin_call *call = plugin_call_live(handle);
    struct str why = str_trim(str_from_dh(reason));
    struct str word = str_from_dh(priority);
    struct str kind = str_trim(str_from_dh(category));
    if (!call || call->staged.escalate || why.len == 0 || !text_fits(why, REASON_MAX) ||
        !text_fits(kind, CATEGORY_MAX) || !tool_priority_valid(word)) {
        return 1;
    }
    struct tool_staged staged = {
        .escalate = true,
        .reason = arena_str(&call->arena, why),
        .priority = arena_str(&call->arena, word),
        .category = arena_str(&call->arena, kind),
    };
    if (!staged.reason.ptr || !staged.priority.ptr || !staged.category.ptr) {
        return 1;
    }
    call->staged = staged;
    return 0;
}

const struct dh_desk_1 host_desk_1 = {
    .struct_size = sizeof(host_desk_1),
    .escalate = escalate,
};

int64_t
host_desk_remote(void *context, const struct manifest *m, struct plugin_call *call,
                 const struct js *head, struct str body)
{
    (void)context;
    (void)m;
    return call
               ? escalate(&call->abi, dh_from_str(body), dh_from_str(js_get_text(head, "priority")),
                          dh_from_str(js_get_text(head, "category")))
               : 1;
}
