#include "model/provider.h"

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
provider_at(size_t index)
{
    return index < PROVIDER_COUNT ? providers[index] : NULL;
}

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
