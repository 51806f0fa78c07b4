/* confirm_plugin: one tool that cannot be undone, for test-confirm.py: cancel_order writes a line
 * into the file that its configuration names. */
#include <stdio.h>
#include <stdlib.h>

#include "plugins/sdk/deskhand_plugin.h"

enum { PATH_MAX_BYTES = 500 };

struct shop {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    char journal[PATH_MAX_BYTES + 1];
};

static const char manifest[] =
    "{\"name\":\"confirm\",\"version\":\"1.0\",\"description\":\"Cancels orders.\","
    "\"requires\":[\"dh.json/1\"],"
    "\"config_schema\":{\"type\":\"object\",\"required\":[\"journal\"],\"properties\":{"
    "\"journal\":{\"type\":\"string\",\"maxLength\":500}}},"
    "\"tools\":[{\"name\":\"cancel_order\",\"effect\":\"irreversible\",\"timeout_ms\":5000,"
    "\"confirm\":\"Cancel order {order} and refund it.\","
    "\"description\":\"Cancels an order for good.\","
    "\"input_schema\":{\"type\":\"object\",\"properties\":{"
    "\"order\":{\"enum\":[\"A-1042\"]}},\"required\":[\"order\"]}}]}";

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct shop *s = calloc(1, sizeof(*s));
    if (!s) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    s->host = host;
    s->json = host->get_extension(host, DH_JSON_1);
    struct dh_json_doc *config = s->json->open(host, setup->config);
    struct dh_str path = s->json->text(s->json->find(s->json->root(config), "/journal"));
    if (path.len <= PATH_MAX_BYTES) {
        memcpy(s->journal, path.ptr, path.len);
    }
    s->json->close(config);
    return s;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct shop *s = instance;
    FILE *f = fopen(s->journal, "a");
    if (!f || fputs("cancelled\n", f) < 0 || fclose(f) != 0) {
        s->host->fail(call, DH_STR("no_journal"), DH_STR("The journal cannot be written."), 0);
        return;
    }
    s->host->result(call, DH_STR("{\"cancelled\":true}"));
}

static void
destroy(void *instance)
{
    free(instance);
}

const struct dh_plugin deskhand_plugin = {
    .magic = DH_MAGIC,
    .struct_size = sizeof(struct dh_plugin),
    .abi_major = DH_ABI_MAJOR,
    .abi_minor = DH_ABI_MINOR,
    .manifest = {manifest, sizeof(manifest) - 1},
    .create = create,
    .call = call,
    .destroy = destroy,
};
