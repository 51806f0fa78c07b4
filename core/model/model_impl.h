/* model_impl: what a provider offers. One file a provider, one row in model.c.
 *
 * An implementation embeds struct model first in its own object, and struct model_call first in
 * its calls. It must keep the promises of model.h: no event inside start, exactly one done, no
 * event after cancel. */
#ifndef MODEL_MODEL_IMPL_H
#define MODEL_MODEL_IMPL_H

#include "model/model.h"

struct provider_ops {
    const char *name;
    const char *help; /* one line for `deskhand models list` */
    int (*open)(struct loop *l, struct model **ret, struct err *err);
    void (*free)(struct model *m);
    int (*start)(struct model *m, const struct model_request *request,
                 const struct model_events *events, void *arg, struct model_call **ret,
                 struct err *err);
    void (*cancel)(struct model_call *call);
};

struct model {
    const struct provider_ops *ops;
};

struct model_call {
    struct model *model;
};

extern const struct provider_ops model_embedded_ops;

#endif
