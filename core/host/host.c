#include "host/host.h"

#include "base/clock.h"
#include "host/host_impl.h"
#include "host/tables.h"

enum { CLOSING_MAX_MS = 10 * 1000 }; /* twice what the store waits for another process */

const struct plugin_extension *
host_extensions(size_t *ret_count)
{
    static const struct plugin_extension extensions[] = {
        {.id = DH_CLOCK_1, .table = &host_clock_1},
        {.id = DH_DESK_1, .table = &host_desk_1, .remote = host_desk_remote},
        {.id = DH_HTTP_1, .table = &host_http_1, .begin = host_http_begin, .drop = host_http_drop},
        {.id = DH_JSON_1, .table = &host_json_1},
        {.id = DH_KV_1, .table = &host_kv_1, .begin = host_kv_begin, .drop = host_kv_drop},
        {.id = DH_LOG_1, .table = &host_log_1, .remote = host_log_remote},
        {.id = DH_METRIC_1, .table = &host_metric_1, .remote = host_metric_remote},
        {.id = DH_SECRET_1, .table = &host_secret_1},
    };
    *ret_count = sizeof(extensions) / sizeof(*extensions);
    return extensions;
}

int
host_new(const struct host_parts *parts, struct host **ret, struct err *err)
{
    AUTO(host) struct host *h = mem_zero(1, sizeof(*h));
    if (!h) {
        return err_nomem(err);
    }
    h->parts = *parts;
    if (parts->store) {
        int result = host_figures_new(h, &h->figures, err);
        if (result < 0) {
            return result;
        }
    }
    *ret = TAKE(h);
    return 0;
}

void
host_free(struct host *h)
{
    if (!h) {
        return;
    }
    int64_t until = clock_mono_ms(clock_real()) + CLOSING_MAX_MS;
    if (h->figures) {
        host_figures_write(h->figures);
    }
    while (h->under_way > 0 && clock_mono_ms(clock_real()) < until) {
        struct err err = {0};
        if (loop_step(h->parts.loop, 20, &err) < 0) {
            break;
        }
    }
    /* What the store still holds would come back to nothing: it is left behind. */
    if (h->under_way == 0) {
        host_figures_free(h->figures);
        mem_free(h);
    }
}

void
host_write(struct host *h, struct store_request *request)
{
    h->under_way++;
    store_write(h->parts.store, request);
}

void
host_read(struct host *h, struct store_request *request)
{
    h->under_way++;
    store_read(h->parts.store, request);
}

void
host_done(struct host *h)
{
    h->under_way--;
}
