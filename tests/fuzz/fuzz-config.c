/* Any bytes as desk.yaml: refused with file and reason, or a configuration whose every value can
 * be asked for. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_key(const struct config *c, const struct config_key *key)
{
    struct err err = {0};
    switch (key->type) {
    case CONFIG_TEXT:
        must(config_text(c, key->name).len <= (size_t)key->max);
        break;
    case CONFIG_CHOICE:
        must(config_text(c, key->name).len > 0);
        break;
    case CONFIG_INT:
    case CONFIG_DURATION:
        must(config_int(c, key->name) >= key->min && config_int(c, key->name) <= key->max);
        break;
    case CONFIG_BOOL:
        (void)config_bool(c, key->name);
        break;
    case CONFIG_JSON:
        must(js_check(config_json(c, key->name), &err) == 0);
        break;
    case CONFIG_SECRET:
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(config) struct config *c = NULL;
    struct str text = {(const char *)data, size};
    struct err err = {0};
    if (config_parse(text, STR("desk.yaml"), &c, &err) < 0) {
        must(str_starts(str_c(err.message), STR("desk.yaml:")));
        must(utf8_valid(str_c(err.message)));
        return 0;
    }
    size_t count;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        check_key(c, &keys[i]);
    }
    return 0;
}
