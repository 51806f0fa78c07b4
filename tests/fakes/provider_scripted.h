/* provider_scripted: a provider whose attempts end as a script says, one step an attempt. Past the
 * script's end the last step is repeated. Every piece of text and the end come from the loop, one
 * a turn of it. */
#ifndef FAKES_PROVIDER_SCRIPTED_H
#define FAKES_PROVIDER_SCRIPTED_H

#include "model/provider.h"

struct scripted_step {
    const char *text;        /* streamed, split at '|'; NULL: none */
    enum failure_kind fails; /* NONE: a reply of that text */
    int64_t retry_after_ms;  /* 0: none */
    enum failure_advice advice;
    int64_t delay_ms;          /* before each piece and the end */
    bool hangs;                /* never ends */
    enum err_code start_fails; /* 0: it starts */
    bool tool;                 /* a tool use behind the text */
    enum model_stop stop;
    struct model_usage usage;
};

struct provider_scripted {
    struct provider provider; /* stays first */
    struct loop *loop;
    const struct scripted_step *steps;
    size_t count;
    bool continues;
    const char *refuses; /* what check() says; NULL: it takes everything */
    /* What happened: */
    size_t attempts;
    size_t under_way;
    size_t most_under_way;
    size_t canceled;
    size_t partials; /* attempts that were to continue */
    char partial[256];
    int64_t max_tokens; /* of the last attempt's params */
};

void provider_scripted_init(struct provider_scripted *p, struct loop *l,
                            const struct scripted_step *steps, size_t count);

#endif
