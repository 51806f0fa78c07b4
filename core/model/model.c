#include "model/model.h"

#include "base/must.h"
#include "model/model_impl.h"

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
    return m->name;
}

int
model_carries(const struct model *m, const struct block *attachment, struct err *err)
{
    return m->ops->carries ? m->ops->carries(m, attachment, err) : 0;
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
