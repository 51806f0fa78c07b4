/* The child's half of the host's extensions: the host's own tables, except for two that do their
 * work where they are. What needs the desk goes there as a message, and is decided there
 * (core/host): the process that this runs in is the plugin's as soon as the plugin wants it to be.
 */
#include "base/utf8.h"
#include "host/tables.h"
#include "io/loop.h"
#include "serve.h"

/* Above what the desk accepts of any text, so that it is the desk that refuses. */
enum { LINE_BYTES = 1000, TEXT_BYTES = 4096 };

static struct served *
served_of(const struct dh_call *handle)
{
    struct plugin_call *call = plugin_call_live(handle);
    return call ? OWNER_OF(call, struct served, call) : NULL;
}

static void
write_line(const struct dh_host *host, const struct dh_call *handle, uint32_t level,
           struct dh_str text)
{
    struct served *c = served_of(handle);
    if (!host || (handle && !c)) {
        return;
    }
    struct manifest *m = (struct manifest *)plugin_instance_manifest(host);
    struct serve *s = OWNER_OF(m, struct serve, manifest);
    struct saying line;
    link_open(&line, "tell");
    js_put_str(&line.out, "ext", STR(DH_LOG_1));
    js_put_int(&line.out, "id", c ? c->id : 0);
    js_key(&line.out, STR("q"));
    js_begin_object(&line.out);
    js_put_int(&line.out, "level", level);
    js_end_object(&line.out);
    link_say(s->link, &line, str_sub(str_from_dh(text), 0, LINE_BYTES));
}

static bool
can_travel(struct str text)
{
    return text.len <= TEXT_BYTES && utf8_valid(text);
}

static uint32_t
escalate(const struct dh_call *handle, struct dh_str reason, struct dh_str priority,
         struct dh_str category)
{
    struct served *c = served_of(handle);
    struct str why = str_from_dh(reason);
    struct str word = str_from_dh(priority);
    struct str kind = str_from_dh(category);
    struct ask_question question;
    struct ask_reply reply;
    if (!c || !can_travel(why) || !can_travel(word) || !can_travel(kind)) {
        return 1;
    }
    ask_open(&question);
    js_put_str(&question.out, "priority", word);
    js_put_str(&question.out, "category", kind);
    return plugin_ask(&c->call, DH_DESK_1, &question, why, &reply) != 0 || reply.value != 0;
}

static const struct dh_log_1 log_1 = {.struct_size = sizeof(log_1), .write = write_line};
static const struct dh_desk_1 desk_1 = {.struct_size = sizeof(desk_1), .escalate = escalate};

const struct plugin_extension *
serve_extensions(size_t *ret_count)
{
    static const struct plugin_extension extensions[] = {
        {.id = DH_CLOCK_1, .table = &host_clock_1},   {.id = DH_DESK_1, .table = &desk_1},
        {.id = DH_HTTP_1, .table = &host_http_1},     {.id = DH_JSON_1, .table = &host_json_1},
        {.id = DH_KV_1, .table = &host_kv_1},         {.id = DH_LOG_1, .table = &log_1},
        {.id = DH_METRIC_1, .table = &host_metric_1}, {.id = DH_SECRET_1, .table = &host_secret_1},
    };
    *ret_count = sizeof(extensions) / sizeof(*extensions);
    return extensions;
}
