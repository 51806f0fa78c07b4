/* template: a plugin to copy. It brings one tool, say_hello, that greets by name.
 *
 * To make your own: copy this file, rename what is called "template" and "say_hello", describe
 * your tool for the model, declare its arguments, and answer. The rules are in
 * sdk/deskhand_plugin.h, which is all a plugin includes. */
#include <stdlib.h>

#include "sdk/deskhand_plugin.h"

/* What one instance knows. There may be several instances, so nothing is kept outside. */
struct hello {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    const struct dh_log_1 *log; /* optional: may be NULL */
    char greeting[101];
    uint64_t greeting_len;
};

/* Read before any of its functions runs: what the plugin is, needs and offers. The description
 * is what the model decides by: say when to call the tool, and what comes back. */
static const char manifest[] =
    "{\"name\":\"template\",\"version\":\"1.0\","
    "\"description\":\"An example to copy: greets by name.\","
    "\"requires\":[\"dh.json/1\"],\"optional\":[\"dh.log/1\"],"
    "\"config_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"greeting\":{\"type\":\"string\",\"maxLength\":25,\"default\":\"Hello\","
    "\"description\":\"how people are greeted\"}}},"
    "\"tools\":[{\"name\":\"say_hello\",\"effect\":\"read\",\"parallel\":true,"
    "\"timeout_ms\":1000,"
    "\"description\":\"Makes a greeting for a person. Use it when the customer wants to be greeted "
    "by name. Returns {greeting, name}.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,"
    "\"description\":\"the person's name, as they wrote it\"}},\"required\":[\"name\"]}}]}";

/* Text from the host is borrowed: what is needed later is copied. The schema allows 25 characters,
 * which are at most 100 bytes. */
static void
read_config(struct hello *h, const struct dh_setup *setup)
{
    struct dh_json_doc *config = h->json->open(h->host, setup->config);
    struct dh_str greeting = h->json->text(h->json->find(h->json->root(config), "/greeting"));
    if (greeting.len < sizeof(h->greeting)) {
        memcpy(h->greeting, greeting.ptr ? greeting.ptr : "", greeting.len);
        h->greeting_len = greeting.len;
    }
    h->json->close(config);
}

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct hello *h = calloc(1, sizeof(*h));
    if (!h) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    h->host = host;
    h->json = host->get_extension(host, DH_JSON_1); /* required, so it is there */
    h->log = host->get_extension(host, DH_LOG_1);
    read_config(h, setup);
    return h;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct hello *h = instance;
    const struct dh_json_1 *json = h->json;
    struct dh_str none = {0};
    /* The schema was checked already: name is there, a string of 1 to 100 characters. */
    struct dh_str name = json->text(json->find(json->arguments(call), "/name"));

    /* What to tell the model when it does not work: what was wrong, and what to do. */
    if (dh_str_is(name, "nobody")) {
        h->host->fail(call, DH_STR("no_such_person"),
                      DH_STR("Nobody cannot be greeted. Ask the customer for their name."), 0);
        return;
    }
    if (h->log) {
        h->log->write(h->host, call, DH_LOG_DEBUG, DH_STR("greeting someone"));
    }
    struct dh_json_out *out = json->write(call);
    json->put_object(out, none);
    json->put_text(out, DH_STR("greeting"), dh_str_of(h->greeting, h->greeting_len));
    json->put_text(out, DH_STR("name"), name);
    json->end(out);
    h->host->result(call, json->finish(out));
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
