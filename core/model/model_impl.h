/* model_impl: the table behind struct model. route.c implements it for real models; a test's
 * scripted model does so too. A server's protocol is a provider (provider.h), not a model.
 *
 * An implementation embeds struct model first in its own object, and struct model_call first in
 * its calls. It must keep the promises of model.h: no event inside start, exactly one done, no
 * event after cancel. */
#ifndef MODEL_MODEL_IMPL_H
#define MODEL_MODEL_IMPL_H

#include "model/model.h"

struct model_ops {
    void (*free)(struct model *m);
    int (*start)(struct model *m, const struct model_request *request,
                 const struct model_events *events, void *arg, struct model_call **ret,
                 struct err *err);
    void (*cancel)(struct model_call *call);
    /* NULL: it takes every attachment. */
    int (*carries)(const struct model *m, const struct block *attachment, struct err *err);
};

struct model {
    const struct model_ops *ops;
    struct str name; /* in desk.yaml; lives as long as the model */
};

struct model_call {
    struct model *model;
};

#endif
