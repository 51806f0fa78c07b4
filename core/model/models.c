#include "model/models.h"

#include "base/must.h"
#include "model/model_impl.h"
#include "model/provider.h"

/* A provider asked directly, once. */
struct direct {
    struct model model;
    struct provider *provider;
};

struct direct_call {
    struct model_call call;
    struct attempt *attempt;
    const struct model_events *events;
    void *arg;
};

struct models {
    struct models_parts parts;
    struct direct embedded;
};

static void
on_text(void *arg, struct str delta)
{
    struct direct_call *c = arg;
    c->events->text(c->arg, delta);
}

static void
on_done(void *arg, const struct attempt_end *end)
{
    struct direct_call *c = arg;
    if (end->reply) {
        struct model_reply reply = *end->reply;
        reply.model = c->call.model->name;
        c->events->done(c->arg, 0, &reply, NULL);
    } else {
        c->events->done(c->arg, end->failure->err.code, NULL, &end->failure->err);
    }
    mem_free(c);
}

static int
direct_start(struct model *m, const struct model_request *request,
             const struct model_events *events, void *arg, struct model_call **ret, struct err *err)
{
    static const struct attempt_events attempt_events = {on_text, on_done};
    struct provider *p = ((struct direct *)(void *)m)->provider;
    struct direct_call *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    *c = (struct direct_call){.call.model = m, .events = events, .arg = arg};
    int result = p->ops->start(p, request, &attempt_events, c, &c->attempt, err);
    if (result < 0) {
        mem_free(c);
        return result;
    }
    *ret = &c->call;
    return 0;
}

static void
direct_cancel(struct model_call *call)
{
    struct direct_call *c = (struct direct_call *)(void *)call;
    c->attempt->provider->ops->cancel(c->attempt);
    mem_free(c);
}

static void
direct_free(struct model *m)
{
    (void)m; /* the set's */
}

static const struct model_ops direct_ops = {direct_free, direct_start, direct_cancel};

int
models_new(const struct models_parts *parts, struct models **ret, struct err *err)
{
    AUTO(models) struct models *m = mem_zero(1, sizeof(*m));
    if (!m) {
        return err_nomem(err);
    }
    m->parts = *parts;
    m->embedded.model = (struct model){.ops = &direct_ops, .name = STR("embedded")};
    const struct provider_parts provider = {.loop = parts->loop,
                                            .clock = parts->clock,
                                            .config = parts->config,
                                            .name = m->embedded.model.name};
    int result = provider_embedded.open(&provider, &m->embedded.provider, err);
    if (result < 0) {
        return result;
    }
    *ret = TAKE(m);
    return 0;
}

void
models_free(struct models *m)
{
    if (m) {
        if (m->embedded.provider) {
            m->embedded.provider->ops->free(m->embedded.provider);
        }
        mem_free(m);
    }
}

int
models_get(struct models *m, struct str name, struct model **ret, struct err *err)
{
    if (!str_eq(name, m->embedded.model.name)) {
        return err_set(err, ERR_NOTFOUND,
                       "model '%" STR_FMT "': there is none of that name: use embedded",
                       STR_ARG(name));
    }
    *ret = &m->embedded.model;
    return 0;
}

int
models_get_alone(struct models *m, struct str name, struct model **ret, struct err *err)
{
    return models_get(m, name, ret, err);
}

bool
models_at(const struct models *m, size_t index, struct models_entry *ret)
{
    *ret = (struct models_entry){
        .name = m->embedded.model.name,
        .provider = str_c(provider_embedded.name),
        .help = provider_embedded.help,
    };
    return index == 0;
}
