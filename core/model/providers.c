#include "model/provider.h"

#include "base/alloc.h"

/* One row a provider. */
static const struct provider_ops *const providers[] = {
    &provider_embedded,
    &provider_anthropic,
    &provider_bedrock,
    &provider_bedrock_invoke,
    &provider_openai,
};
enum { PROVIDER_COUNT = sizeof(providers) / sizeof(providers[0]) };

const struct provider_ops *
provider_find(struct str name)
{
    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        if (str_eq_c(name, providers[i]->name)) {
            return providers[i];
        }
    }
    return NULL;
}

int
provider_new(size_t size,
             int (*init)(struct provider *p, const struct provider_parts *parts, struct err *err),
             void (*release)(struct provider *p), const struct provider_parts *parts,
             struct provider **ret, struct err *err)
{
    struct provider *p = mem_zero(1, size);
    if (!p) {
        return err_nomem(err);
    }
    int result = init(p, parts, err);
    if (result < 0) {
        release(p);
        return result;
    }
    *ret = p;
    return 0;
}
