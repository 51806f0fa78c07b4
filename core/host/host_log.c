#include "base/log.h"
#include "base/utf8.h"
#include "host/tables.h"
#include "plugin/call.h"
#include "plugin/instance.h"
#include "plugin/manifest.h"

enum { LINE_MAX_BYTES = 1000 };

static void
write_line(const struct dh_host *host, const struct dh_call *handle, uint32_t level,
           struct dh_str text)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR};
    const struct plugin_call *call = plugin_call_live(handle);
    if (!host || (handle && !call)) {
        return;
    }
    struct str name = plugin_instance_manifest(host)->name;
    struct str turn = call ? str_from_dh(call->abi.turn_id) : (struct str){0};
    struct str line = utf8_cut(str_sub(str_from_dh(text), 0, LINE_MAX_BYTES), LINE_MAX_BYTES);
    log_line(level <= DH_LOG_ERROR ? levels[level] : LOG_INFO, "plugin", turn,
             "%" STR_FMT ": %" STR_FMT, STR_ARG(name), STR_ARG(line));
}

const struct dh_log_1 host_log_1 = {
    .struct_size = sizeof(host_log_1),
    .write = write_line,
};
