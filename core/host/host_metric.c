/* dh.metric/1, where the plugin runs: it tells the desk, which counts. */
#include "host/metric_rules.h"
#include "host/tables.h"
#include "plugin/ask.h"
#include "plugin/call.h"

static void
tell(const struct dh_host *host, struct str name, bool counts, int64_t number)
{
    struct ask_question q;
    if (!host || !metric_is_name(name)) {
        return;
    }
    ask_open(&q);
    js_put_str(&q.out, "name", name);
    js_put_bool(&q.out, "counts", counts);
    js_put_int(&q.out, "number", number);
    plugin_tell(host, DH_METRIC_1, &q, STR(""));
}

static void
count(const struct dh_host *host, struct dh_str name, uint64_t by)
{
    tell(host, str_from_dh(name), true, by < INT64_MAX ? (int64_t)by : INT64_MAX);
}

static void
observe(const struct dh_host *host, struct dh_str name, int64_t value)
{
    tell(host, str_from_dh(name), false, value);
}

const struct dh_metric_1 host_metric_1 = {
    .struct_size = sizeof(host_metric_1),
    .count = count,
    .observe = observe,
};
