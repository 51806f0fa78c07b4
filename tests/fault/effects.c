/* effects: a plugin whose effects can be counted. `append` puts its idempotency key on a line of a
 * file, durably, so that a test sees after any crash what really happened; so does `cancel`, which
 * cannot be undone; `look` changes nothing. All take their time on request ("ms") and ask meanwhile
 * whether anybody still waits. */
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "plugins/sdk/deskhand_plugin.h"

enum { PATH_BYTES = 1024, KEY_BYTES = 128, STEP_MS = 1 };

struct effects {
    const struct dh_host *host;
    const struct dh_json_1 *json;
    char path[PATH_BYTES];
};

#define TOOL_INPUT                                                                                 \
    "\"input_schema\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"        \
    "\"ms\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":60000},"                               \
    "\"q\":{\"type\":\"string\"}}}"

static const char manifest[] =
    "{\"name\":\"effects\",\"version\":\"1.0\","
    "\"description\":\"For tests: effects that can be counted.\","
    "\"requires\":[\"dh.json/1\"],"
    "\"config_schema\":{\"type\":\"object\",\"additionalProperties\":false,"
    "\"required\":[\"file\"],\"properties\":{\"file\":{\"type\":\"string\",\"maxLength\":200}}},"
    "\"tools\":["
    "{\"name\":\"look\",\"effect\":\"read\",\"parallel\":true,\"timeout_ms\":60000,"
    "\"description\":\"Looks.\"," TOOL_INPUT "},"
    "{\"name\":\"append\",\"effect\":\"write\",\"timeout_ms\":60000,"
    "\"description\":\"Appends its key to the file.\"," TOOL_INPUT "},"
    "{\"name\":\"cancel\",\"effect\":\"irreversible\",\"timeout_ms\":60000,"
    "\"description\":\"Appends its key for good.\"," TOOL_INPUT "}]}";

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    struct effects *e = calloc(1, sizeof(*e));
    if (!e) {
        host->refuse(setup, DH_STR("out of memory"));
        return NULL;
    }
    e->host = host;
    e->json = host->get_extension(host, DH_JSON_1);
    struct dh_json_doc *config = e->json->open(host, setup->config);
    struct dh_str file = e->json->text(e->json->find(e->json->root(config), "/file"));
    if (file.len > 0 && file.len < sizeof(e->path)) {
        memcpy(e->path, file.ptr, file.len);
    }
    e->json->close(config);
    if (!e->path[0]) {
        host->refuse(setup, DH_STR("no file"));
        free(e);
        return NULL;
    }
    return e;
}

/* 0 when nobody waits any more. */
static int
take_time(const struct effects *e, const struct dh_call *call)
{
    struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    int64_t ms = e->json->integer(e->json->find(e->json->arguments(call), "/ms"), 0);
    while (ms > 0 && !e->host->canceled(call)) {
        (void)nanosleep(&step, NULL);
        ms -= STEP_MS;
    }
    return !e->host->canceled(call);
}

static int
append_key(const struct effects *e, const struct dh_call *call)
{
    char line[KEY_BYTES];
    uint64_t len = call->idempotency_key.len;
    int fd = open(e->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || len >= sizeof(line)) {
        return -1;
    }
    memcpy(line, call->idempotency_key.ptr, len);
    line[len] = '\n';
    int failed = write(fd, line, len + 1) != (ssize_t)(len + 1) || fsync(fd) != 0;
    (void)close(fd);
    return failed ? -1 : 0;
}

static void
call(void *instance, const struct dh_call *call)
{
    const struct effects *e = instance;
    if (!take_time(e, call)) {
        return;
    }
    if (!dh_str_is(call->tool, "look") && append_key(e, call) != 0) {
        e->host->fail(call, DH_STR("io"), DH_STR("The file could not be written."), 0);
        return;
    }
    e->host->result(call, DH_STR("{\"done\":true}"));
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
