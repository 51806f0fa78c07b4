/* Converse: bodies as AWS's own client writes them, and what the settings may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "converse_fixture.h"
#include "model/wire_converse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Bodies ----------------------------------------------------------------------------------*/

static bool
has_cache_point(const struct js *array)
{
    return js_count(array) > 0 && js_has(js_at(array, js_count(array) - 1), STR("cachePoint"));
}

/* Settings that give what BODY, as AWS's client wrote it, says beside the conversation. */
static struct js *
settings_of(struct arena *a, const struct js *body, bool stream)
{
    AUTO(buf) struct buf buf;
    struct js_out out;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    js_begin_object(&out);
    js_put_bool(&out, "stream", stream);
    js_key(&out, STR("cache"));
    js_begin_array(&out);
    if (has_cache_point(js_get_c(body, "system"))) {
        js_add_str(&out, STR("system"));
    }
    if (has_cache_point(js_get_c(js_get_c(body, "toolConfig"), "tools"))) {
        js_add_str(&out, STR("tools"));
    }
    js_end_array(&out);
    const struct js *guardrail = js_get_c(body, "guardrailConfig");
    if (guardrail) {
        js_key(&out, STR("guardrail"));
        js_begin_object(&out);
        js_put_str(&out, "identifier", js_get_text(guardrail, "guardrailIdentifier"));
        js_put_str(&out, "version", js_get_text(guardrail, "guardrailVersion"));
        js_put_str(&out, "trace", js_get_text(guardrail, "trace"));
        js_put_str(&out, "stream_mode", js_get_text(guardrail, "streamProcessingMode"));
        js_end_object(&out);
    }
    static const char *const copied[][2] = {{"additionalModelRequestFields", "extra"},
                                            {"requestMetadata", "metadata"}};
    for (size_t i = 0; i < COUNT(copied); i++) {
        if (js_get_c(body, copied[i][0])) {
            js_key(&out, str_c(copied[i][1]));
            js_add_value(&out, js_get_c(body, copied[i][0]));
        }
    }
    js_put_str(&out, "performance", js_get_text(js_get_c(body, "performanceConfig"), "latency"));
    js_put_str(&out, "service_tier", js_get_text(js_get_c(body, "serviceTier"), "type"));
    js_end_object(&out);
    return fixture_parse(a, buf_to_arena(&buf, a));
}

static void
take_messages(struct arena *a, const struct js *body, struct model_request *r)
{
    struct err err = {0};
    const struct js *messages = js_get_c(body, "messages");
    struct message *m = arena_zero(a, js_count(messages), sizeof(*m));
    for (size_t i = 0; i < js_count(messages); i++) {
        const struct js *message = js_at(messages, i);
        struct str content = js_to_arena(js_get_c(message, "content"), a);
        m[i].role = str_eq_c(js_get_text(message, "role"), "user") ? ROLE_USER : ROLE_ASSISTANT;
        assert_int_equal(message_parse_content(content, a, &m[i].blocks, &m[i].count, &err), 0);
    }
    r->messages = m;
    r->message_count = js_count(messages);
    r->system = js_get_text(js_at(js_get_c(body, "system"), 0), "text");
}

static void
take_tools(struct arena *a, const struct js *config, struct model_request *r)
{
    const struct js *tools = js_get_c(config, "tools");
    struct model_tool *t = arena_zero(a, js_count(tools) + 1, sizeof(*t));
    for (size_t i = 0; i < js_count(tools); i++) {
        const struct js *spec = js_get_c(js_at(tools, i), "toolSpec");
        if (spec) {
            t[r->tool_count++] = (struct model_tool){
                js_get_text(spec, "name"), js_get_text(spec, "description"),
                js_to_arena(js_get_c(js_get_c(spec, "inputSchema"), "json"), a)};
        }
    }
    const struct js *choice = js_get_c(config, "toolChoice");
    const struct js *tool = js_get_c(choice, "tool");
    r->tools = t;
    r->params.tool_choice = tool                       ? js_get_text(tool, "name")
                            : js_get_c(choice, "auto") ? STR("auto")
                                                       : STR("");
}

static void
take_params(struct arena *a, const struct js *config, struct model_request *r)
{
    const struct js *stop = js_get_c(config, "stopSequences");
    struct str *stops = arena_zero(a, js_count(stop) + 1, sizeof(*stops));
    for (size_t i = 0; i < js_count(stop); i++) {
        stops[i] = js_text(js_at(stop, i));
    }
    r->params.stop = stops;
    r->params.stop_count = js_count(stop);
    r->params.max_tokens = js_get_int(config, "maxTokens", 0);
    r->params.has_temperature = js_get_c(config, "temperature") != NULL;
    r->params.temperature = js_get_double(config, "temperature", 0);
    r->params.has_top_p = js_get_c(config, "topP") != NULL;
    r->params.top_p = js_get_double(config, "topP", 0);
}

/* BODY without what no setting can express. */
static struct js *
expressible(struct arena *a, const struct js *body)
{
    AUTO(buf) struct buf buf;
    struct js_out out;
    struct js_member member;
    buf_init(&buf, LIMIT_JSON_BYTES);
    js_out_init(&out, &buf);
    js_begin_object(&out);
    for (struct js_iter it = js_iter(body); js_next(&it, &member);) {
        if (!str_eq_c(member.key, "additionalModelResponseFieldPaths")) {
            js_key(&out, member.key);
            js_add_value(&out, member.value);
        }
    }
    js_end_object(&out);
    return fixture_parse(a, buf_to_arena(&buf, a));
}

static void
check_body(const char *path)
{
    AUTO(arena) struct arena a = {0};
    struct err err = {0};
    struct converse_options o;
    struct model_request r = {0};
    AUTO(buf) struct buf out = {0};
    const struct js *capture = fixture_read_json(&a, path);
    const struct js *body = js_get_c(capture, "body_json");
    bool stream = str_ends(js_get_text(capture, "request_target"), STR("-stream"));
    struct js *settings = settings_of(&a, body, stream);
    take_messages(&a, body, &r);
    take_tools(&a, js_get_c(body, "toolConfig"), &r);
    take_params(&a, js_get_c(body, "inferenceConfig"), &r);
    assert_int_equal(converse_options_read(STR("m"), settings, &a, &o, &err), 0);
    if (converse_body(&o, &r, NULL, &out, &err) < 0) {
        fail_msg("%s: %s", path, err.message);
    }
    struct str got = buf_str(&out);
    if (!js_equal(fixture_parse(&a, got), expressible(&a, body))) {
        fail_msg("%s: %.*s", path, (int)got.len, got.ptr);
    }
}

static void
test_bodies_are_those_of_awss_client(void **state)
{
    (void)state;
    size_t checked = 0;
    glob_t files = fixture_find("captured/aws/converse_*.json");
    for (size_t i = 0; i < files.gl_pathc; i++) {
        if (strstr(files.gl_pathv[i], "prompt_arn")) {
            continue; /* a stored prompt with variables: no setting says that */
        }
        check_body(files.gl_pathv[i]);
        checked++;
    }
    globfree(&files);
    assert_true(checked >= 11);
}

static const struct {
    const char *settings;
    const char *content; /* of the user's message; NULL: "hi" */
    struct model_tool tool;
    struct model_params params;
    struct str system;
    struct str partial;
    const char *want;
} bodies[] = {
    {.settings = "{}",
     .want = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}"},
    {.settings = "{\"max_tokens\":9,\"temperature\":0.25,\"stop\":[\"a\"]}",
     .params = {.max_tokens = 7},
     .want =
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}],"
         "\"inferenceConfig\":{\"maxTokens\":7,\"temperature\":0.25,\"stopSequences\":[\"a\"]}}"},
    {.settings = "{\"cache\":[\"system\",\"tools\",\"messages\"],\"cache_ttl\":\"1h\"}",
     .system = STR_INIT("be kind"),
     .tool = {STR_INIT("look"), STR_INIT(""), STR_INIT("{\"type\":\"object\"}")},
     .params = {.tool_choice = STR_INIT("any")},
     .want =
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"},"
         "{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}]}],"
         "\"system\":[{\"text\":\"be kind\"},"
         "{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}],"
         "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"look\",\"inputSchema\":{\"json\":"
         "{\"type\":\"object\"}}}},{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}],"
         "\"toolChoice\":{\"any\":{}}}}"},
    {.settings = "{\"cache\":[\"system\",\"tools\"]}",
     .system = STR_INIT(" \n"),
     .want = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]}]}"},
    {.settings = "{\"prefill\":true}",
     .partial = STR_INIT("It ships \n"),
     .want = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hi\"}]},"
             "{\"role\":\"assistant\",\"content\":[{\"text\":\"It ships\"}]}]}"},
    {.settings =
         "{\"stream\":false,\"guardrail\":{\"identifier\":\"g1\",\"version\":\"DRAFT\","
         "\"trace\":\"enabled_full\",\"stream_mode\":\"sync\"},\"performance\":\"optimized\"}",
     .content = "[{\"novelty\":{\"a\":[1.50]}},{\"text\":\"x\",\"more\":true}]",
     .want =
         "{\"messages\":[{\"role\":\"user\",\"content\":[{\"novelty\":{\"a\":[1.50]}},"
         "{\"text\":\"x\",\"more\":true}]}],\"guardrailConfig\":{\"guardrailIdentifier\":\"g1\","
         "\"guardrailVersion\":\"DRAFT\",\"trace\":\"enabled_full\"},"
         "\"performanceConfig\":{\"latency\":\"optimized\"}}"},
};

static void
test_what_is_set_is_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct converse_options o;
        AUTO(buf) struct buf out = {0};
        struct message m = {.role = ROLE_USER};
        const char *content = bodies[i].content ? bodies[i].content : "[{\"text\":\"hi\"}]";
        assert_int_equal(message_parse_content(str_c(content), &a, &m.blocks, &m.count, &err), 0);
        struct js *settings = fixture_parse(&a, str_c(bodies[i].settings));
        struct model_request r = {.system = bodies[i].system,
                                  .messages = &m,
                                  .message_count = 1,
                                  .tools = &bodies[i].tool,
                                  .tool_count = bodies[i].tool.name.len > 0,
                                  .params = bodies[i].params,
                                  .partial = bodies[i].partial};
        assert_int_equal(converse_options_read(STR("m"), settings, &a, &o, &err), 0);
        assert_int_equal(converse_body(&o, &r, NULL, &out, &err), 0);
        struct str got = buf_str(&out);
        if (!str_eq_c(got, bodies[i].want)) {
            fail_msg("case %zu: %.*s", i, (int)got.len, got.ptr);
        }
    }
}

static void
test_settings_bedrock_refuses(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "{\"service_tier\":\"gold\"}",
        "{\"metadata\":{\"tenant\":\"a&b\"}}",
        "{\"metadata\":{\"te{}nt\":\"a\"}}",
        "{\"guardrail\":{\"identifier\":\"GR 1\",\"version\":\"1\"}}",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        AUTO(arena) struct arena a = {0};
        struct err err = {0};
        struct converse_options o;
        struct js *settings = fixture_parse(&a, str_c(refused[i]));
        assert_int_equal(converse_options_read(STR("smart"), settings, &a, &o, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "models.smart."));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_those_of_awss_client),
        cmocka_unit_test(test_what_is_set_is_sent),
        cmocka_unit_test(test_settings_bedrock_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
