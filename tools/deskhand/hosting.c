#include "hosting.h"

#include "app.h"
#include "base/alloc.h"
#include "host/host.h"
#include "host/http_errand.h"

struct hosting {
    struct http_errands *http;
    struct host *host;
};

int
hosting_open(struct app *app, struct loop *l, struct hosting **ret, struct err *err)
{
    struct hosting *h = mem_zero(1, sizeof(*h));
    if (!h) {
        return err_nomem(err);
    }
    int result = http_errands_new(l, STR(""), &h->http, err);
    if (result == 0) {
        const struct host_parts parts = {.loop = l, .store = app->store, .http = h->http};
        result = host_new(&parts, &h->host, err);
    }
    if (result < 0) {
        hosting_close(h);
        return result;
    }
    *ret = h;
    return 0;
}

void
hosting_close(struct hosting *h)
{
    if (h) {
        host_free(h->host);
        http_errands_free(h->http);
        mem_free(h);
    }
}

struct host *
hosting_host(const struct hosting *h)
{
    return h ? h->host : NULL;
}
