#include "model/model.h"

#include "base/buf.h"
#include "base/must.h"
#include "model/model_impl.h"

/* One row a provider. */
static const struct provider_ops *const providers[] = {
    &model_embedded_ops,
};
enum { PROVIDER_COUNT = sizeof(providers) / sizeof(providers[0]) };

const char *
model_stop_name(enum model_stop stop)
{
    switch (stop) {
    case MODEL_STOP_END:
        return "end";
    case MODEL_STOP_TOOL_USE:
        return "tool_use";
    case MODEL_STOP_MAX_TOKENS:
        return "max_tokens";
    case MODEL_STOP_FILTERED:
        return "filtered";
    case MODEL_STOP_OTHER:
        return "other";
    }
    unreachable();
}

int
model_open(struct str name, struct loop *l, struct model **ret, struct err *err)
{
    AUTO(buf) struct buf known;
    buf_init(&known, ERR_MESSAGE_MAX);
    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        if (str_eq_c(name, providers[i]->name)) {
            return providers[i]->open(l, ret, err);
        }
        buf_printf(&known, "%s%s", i ? ", " : "", providers[i]->name);
    }
    return err_set(err, ERR_NOTFOUND, "model '%" STR_FMT "': there is none of that name: use %s",
                   STR_ARG(name), known.text);
}

void
model_free(struct model *m)
{
    if (m) {
        m->ops->free(m);
    }
}

struct str
model_name(const struct model *m)
{
    return str_c(m->ops->name);
}

int
model_start(struct model *m, const struct model_request *request, const struct model_events *events,
            void *arg, struct model_call **ret, struct err *err)
{
    return m->ops->start(m, request, events, arg, ret, err);
}

void
model_cancel(struct model_call *call)
{
    call->model->ops->cancel(call);
}

const char *
model_provider_name(size_t index)
{
    return index < PROVIDER_COUNT ? providers[index]->name : NULL;
}

const char *
model_provider_help(size_t index)
{
    return index < PROVIDER_COUNT ? providers[index]->help : NULL;
}
