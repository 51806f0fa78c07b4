/* escalate: hands the conversation to a human. One tool, escalate_to_human.
 *
 * The plugin only asks; the desk makes the ticket, takes the conversation from the bot and tells
 * the customer, all together with the storing of this call's result. */
#include <stdlib.h>

#include "sdk/deskhand_plugin.h"

struct escalate {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    const struct dh_desk_1 *desk;
};

static const char manifest[] =
    "{\"name\":\"escalate\",\"version\":\"1.0\","
    "\"description\":\"Lets the model hand a conversation over to a human.\","
    "\"requires\":[\"dh.json/1\",\"dh.desk/1\"],"
    "\"tools\":[{\"name\":\"escalate_to_human\",\"effect\":\"write\",\"hands_over\":true,"
    "\"timeout_ms\":5000,"
    "\"description\":\"Hands this conversation over to a human agent and opens a ticket. Use it "
    "when the customer asks for a person, is angry or in distress, when the steps you know did not "
    "help, when money, safety or an account is at stake, or when you cannot help. Call it once. "
    "After it the agent takes over and the desk tells the customer so: write nothing more. Returns "
    "{handed_over, priority, ticket}.\","
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"reason\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":500,\"pattern\":\"\\\\S\","
    "\"description\":\"For the agent, in one or two sentences: what the customer needs and why you "
    "hand over.\"},"
    "\"priority\":{\"type\":\"string\",\"enum\":[\"low\",\"medium\",\"high\",\"urgent\"],"
    "\"description\":\"urgent: danger to people or property; high: the customer is angry or cannot "
    "use what they bought at all; medium: most cases; low: a question that can wait\"}},"
    "\"required\":[\"reason\",\"priority\"]}}]}";

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct escalate *e = calloc(1, sizeof(*e));
    if (!e) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    e->host = host;
    e->json = host->get_extension(host, DH_JSON_1);
    e->desk = host->get_extension(host, DH_DESK_1);
    return e;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct escalate *e = instance;
    const struct dh_json_1 *json = e->json;
    struct dh_str none = {0};
    const struct dh_json *arguments = json->arguments(call);
    struct dh_str reason = json->text(json->find(arguments, "/reason"));
    struct dh_str priority = json->text(json->find(arguments, "/priority"));
    int32_t dry_run = (call->flags & DH_CALL_DRY_RUN) != 0;

    if (!dry_run && e->desk->escalate(call, reason, priority, none) != 0) {
        e->host->fail(call, DH_STR("refused"),
                      DH_STR("The desk did not take the hand-over. Give a reason in plain words, "
                             "and one of low, medium, high, urgent as the priority."),
                      0);
        return;
    }
    struct dh_json_out *out = json->write(call);
    json->put_object(out, none);
    json->put_boolean(out, DH_STR("handed_over"), !dry_run);
    if (dry_run) {
        json->put_boolean(out, DH_STR("dry_run"), 1);
    }
    json->put_text(out, DH_STR("priority"), priority);
    json->end(out);
    e->host->result(call, json->finish(out));
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
