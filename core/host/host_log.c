#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "host/tables.h"
#include "plugin/call.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"

enum { LINE_MAX_BYTES = 1000 };

static void
write_for(const struct manifest *m, const struct plugin_call *call, uint32_t level, struct str text)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    struct str turn = call ? str_from_dh(call->abi.turn_id) : (struct str){0};
    struct str line = utf8_cut(str_sub(text, 0, LINE_MAX_BYTES), LINE_MAX_BYTES);
    log_line(level <= DH_LOG_ERROR ? levels[level] : LOG_INFO, "plugin", turn,
             "%" STR_FMT ": %" STR_FMT, STR_ARG(m->name), STR_ARG(line));
}

static void
write_line(const struct dh_host *host, const struct dh_call *handle, uint32_t level,
           struct dh_str text)
{
    const struct plugin_call *call = plugin_call_live(handle);
    if (host && (!handle || call)) {
        write_for(plugin_instance_manifest(host), call, level, str_from_dh(text));
    }
}

int64_t
host_log_remote(void *context, const struct manifest *m, struct plugin_call *call,
                const struct js *head, struct str body)
{
    (void)context;
    if (!call || plugin_call_live(&call->abi)) {
        write_for(m, call, (uint32_t)js_get_int(head, "level", DH_LOG_INFO), body);
    }
    return 0;
}

const struct dh_log_1 host_log_1 = {
    .struct_size = sizeof(host_log_1),
    .write = write_line,
};
