/* Configuration: good files, every mistake with its line, secrets, whose desk it is, the docs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/limits.h"
#include "config/config.h"
#include "config/config_impl.h"
#include "schema/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct config *
load(const char *text)
{
    struct err err = {0};
    struct config *c = NULL;
    if (config_parse(str_c(text), STR("desk.yaml"), &c, &err) != 0) {
        fail_msg("%s", err.message);
    }
    return c;
}

static void
assert_text(struct str got, const char *want)
{
    if (!str_eq_c(got, want)) {
        fail_msg("want %s, got %.*s", want, (int)got.len, got.ptr ? got.ptr : "");
    }
}

/* ---- good files ---- */

static void
test_defaults(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(config) struct config *c = NULL;
    assert_int_equal(config_default(&c, &err), 0);
    assert_text(config_text(c, "desk.name"), "Deskhand");
    assert_text(config_text(c, "desk.timezone"), "UTC");
    assert_text(config_text(c, "model"), "embedded");
    assert_text(config_text(c, "prompt"), "customer_service");
    assert_text(config_text(c, "prompts.dir"), "");
    assert_text(config_text(c, "store.sync"), "full");
    assert_text(config_text(c, "log.level"), "warn");
    assert_text(config_json(c, "plugins"), "[]");
    assert_text(config_json(c, "prompt.vars"), "{}");
    assert_int_equal(config_int(c, "turn.max_model_calls"), 8);
    assert_int_equal(config_int(c, "turn.max_tool_calls"), 20);
    assert_int_equal(config_int(c, "turn.max_repeats"), 3);
    assert_int_equal(config_int(c, "turn.timeout"), 120000);
    assert_int_equal(config_int(c, "turn.max_tokens"), 100000);
    assert_int_equal(config_int(c, "store.readers"), 2);
    assert_int_equal(config_int(c, "tools.threads"), 4);
    assert_int_equal(config_int(c, "memory.messages"), 40);
    assert_int_equal(config_int(c, "memory.tokens"), 24000);
    assert_int_equal(config_int(c, "memory.result_bytes"), 8000);
    assert_true(config_bool(c, "memory.summary"));
    assert_int_equal(config_int(c, "conversation.queue"), 8);
    assert_int_equal(config_line(c, "model"), 0);
}

static void
test_every_row_is_sound(void **state)
{
    (void)state;
    size_t count;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const struct config_key *k = &keys[i];
        struct err err = {0};
        struct arena arena = {0};
        assert_true(i == 0 || strcmp(keys[i - 1].name, k->name) < 0);
        assert_true(str_ends(str_c(k->help), STR(".")));
        if (k->type == CONFIG_JSON) {
            AUTO(schema) struct schema *schema = NULL;
            struct js *value;
            struct schema_report report = {0};
            assert_int_equal(schema_compile(str_c(k->schema), &schema, &err), 0);
            assert_int_equal(js_parse(str_c(k->fallback), &arena, &value, &err), 0);
            assert_int_equal(schema_check(schema, value, &arena, &report, &err), 0);
        }
        arena_done(&arena);
    }
}

static void
test_maps_and_dots_are_the_same(void **state)
{
    (void)state;
    AUTO(config)
    struct config *c = load("# a desk\n"
                            "desk: {name: 'Haus & Hof', timezone: Europe/Berlin}\n"
                            "turn:\n"
                            "  max_tokens: 5000\n"
                            "  timeout: 2m\n"
                            "turn.max_repeats: 1\n"
                            "store.sync: off\n"
                            "model:\n"
                            "log.level: ~\n"
                            "memory:\n"
                            "prompt: tutor\n"
                            "prompt.vars:\n"
                            "  answer: no\n"
                            "  time: 1:30\n"
                            "  zip: 01234\n"
                            "  hex: 0x1F\n"
                            "  yes: 'true'\n"
                            "  lines: |\n"
                            "    one\n"
                            "    two\n");
    assert_text(config_text(c, "desk.name"), "Haus & Hof");
    assert_text(config_text(c, "desk.timezone"), "Europe/Berlin");
    assert_int_equal(config_int(c, "turn.max_tokens"), 5000);
    assert_int_equal(config_int(c, "turn.timeout"), 120000);
    assert_int_equal(config_int(c, "turn.max_repeats"), 1);
    assert_text(config_text(c, "store.sync"), "off");
    assert_text(config_text(c, "model"), "embedded");
    assert_text(config_text(c, "log.level"), "warn");
    assert_text(config_text(c, "prompt"), "tutor");
    assert_text(config_json(c, "prompt.vars"),
                "{\"answer\":\"no\",\"time\":\"1:30\",\"zip\":\"01234\",\"hex\":\"0x1F\","
                "\"yes\":\"true\",\"lines\":\"one\\ntwo\\n\"}");
    assert_int_equal(config_line(c, "turn.max_tokens"), 4);
    assert_int_equal(config_line(c, "turn.max_repeats"), 6);
}

static void
test_plugins(void **state)
{
    (void)state;
    AUTO(config)
    struct config *c = load("plugins:\n"
                            "  - name: catalog_search\n"
                            "  - path: ./loyalty.so\n"
                            "    enabled: false\n"
                            "    config: {rate: 1.50, on: true, none: null, no: no}\n");
    assert_text(config_json(c, "plugins"),
                "[{\"name\":\"catalog_search\",\"config\":{},\"enabled\":true},"
                "{\"path\":\"./loyalty.so\",\"enabled\":false,"
                "\"config\":{\"rate\":1.50,\"on\":true,\"none\":null,\"no\":\"no\"}}]");
    AUTO(config) struct config *dir = load("plugins: {dir: /opt/x}\n");
    assert_text(config_text(dir, "plugins.dir"), "/opt/x");
}

static void
test_json_is_taken_too(void **state)
{
    (void)state;
    AUTO(config)
    struct config *c =
        load("{\n\t\"desk\":{\"name\":\"A\\u00e9\\/\\\"\"},\n\t\"turn.timeout\":\"500000ms\",\n"
             "\t\"plugins\":[{\"name\":\"a\",\"config\":{\"n\":-1.5e3}}]}\n");
    assert_text(config_text(c, "desk.name"), "A\xC3\xA9/\"");
    assert_int_equal(config_int(c, "turn.timeout"), 500000);
    assert_text(config_json(c, "plugins"),
                "[{\"name\":\"a\",\"config\":{\"n\":-1.5e3},\"enabled\":true}]");
    AUTO(config) struct config *empty = load("{}");
    assert_int_equal(config_int(empty, "store.readers"), 2);
    AUTO(config) struct config *comment = load("# nothing yet\n---\n");
    assert_int_equal(config_int(comment, "store.readers"), 2);
}

/* ---- mistakes ---- */

static const struct {
    const char *text;
    const char *want;
} mistakes[] = {
    {"model: a\nturn:\n  timeout: 5s\n  max_model_cals: 3\n",
     "desk.yaml:4: turn.max_model_cals: no such key: did you mean turn.max_model_calls?"},
    {"trun:\n  timeout: 5s\n", "desk.yaml:1: trun: no such key: did you mean turn?"},
    {"\nxyzzy: 1\n", "desk.yaml:2: xyzzy: no such key; docs/configuration.md lists them"},
    {"turn: 5\n", "desk.yaml:1: turn: expected a map of keys such as turn.max_model_calls"},
    {"turn:\n  max_tokens: many\n",
     "desk.yaml:2: turn.max_tokens: expected a whole number from 1000 to 100000000, got 'many'"},
    {"turn.max_model_calls: 0\n",
     "desk.yaml:1: turn.max_model_calls: expected a whole number from 1 to 100, got '0'"},
    {"turn.max_model_calls: 8.5\n",
     "desk.yaml:1: turn.max_model_calls: expected a whole number from 1 to 100, got '8.5'"},
    {"turn.max_model_calls: 99999999999999999999\n",
     "desk.yaml:1: turn.max_model_calls: expected a whole number from 1 to 100, got "
     "'99999999999999999999'"},
    {"turn.max_model_calls: [1]\n",
     "desk.yaml:1: turn.max_model_calls: expected a whole number from 1 to 100, got a list"},
    {"turn.timeout: 120\n",
     "desk.yaml:1: turn.timeout: expected a duration (like 500ms, 90s, 5m, 2h) from 1s to 1h, got "
     "'120'"},
    {"turn.timeout: 2h\n",
     "desk.yaml:1: turn.timeout: expected a duration (like 500ms, 90s, 5m, 2h) from 1s to 1h, got "
     "'2h'"},
    {"turn.timeout: 9999999999999999999h\n",
     "desk.yaml:1: turn.timeout: expected a duration (like 500ms, 90s, 5m, 2h) from 1s to 1h, got "
     "'9999999999999999999h'"},
    {"turn.timeout: -5s\n",
     "desk.yaml:1: turn.timeout: expected a duration (like 500ms, 90s, 5m, 2h) from 1s to 1h, got "
     "'-5s'"},
    {"store.sync: fast\n", "desk.yaml:1: store.sync: expected full, normal or off, got 'fast'"},
    {"desk.name:\n  - a\n", "desk.yaml:1: desk.name: expected a text of at most 1000 bytes, got a "
                            "list"},
    {"desk.name: ${HOME}\n", "desk.yaml:1: desk.name: ${HOME} is filled in for secrets only"},
    {"plugins: yes\n", "desk.yaml:1: plugins: expected a list, got 'yes'"},
    {"prompt.vars: [a]\n", "desk.yaml:1: prompt.vars: the whole value: expected an object, got an "
                           "array of 1 item"},
    {"prompt.vars:\n  a: b\n  year: 2026\n",
     "desk.yaml:3: prompt.vars: /year: expected a string, got the number 2026"},
    {"plugins:\n  - name: a\n    enabled: yes\n",
     "desk.yaml:3: plugins: /0/enabled: expected true or false, got the string \"yes\""},
    {"plugins:\n  - name: a\n  - enabeld: true\n    name: b\n",
     "desk.yaml:3: plugins: /1/enabeld: expected no member but \"config\", \"enabled\", "
     "\"http\", \"http_private\", \"isolation\", \"memory_mb\", \"name\", \"network\", \"path\", "
     "\"read\", \"secrets\", \"write\", got \"enabeld\": did you mean \"enabled\"?"},
    {"plugins:\n\n  - enabled: true\n",
     "desk.yaml:3: plugins: /0: expected a member \"name\" or a member \"path\", got an object "
     "with 1 member"},
    {"model: a\nmodel: b\n", "desk.yaml:2: 'model' is there already, on line 1"},
    {"turn:\n  timeout: 5s\nturn.timeout: 6s\n",
     "desk.yaml:3: turn.timeout: is set already, on line 2"},
    {"model: &m a\nprompt: *m\n", "desk.yaml:1: anchors (&name) are not taken"},
    {"model: *m\n", "desk.yaml:1: aliases (*name) are not taken; write the value out"},
    {"model: !!str 5\n", "desk.yaml:1: tags (!name) are not taken"},
    {"turn: !map\n  timeout: 5s\n", "desk.yaml:1: tags (!name) are not taken"},
    {"model: a\n---\nmodel: b\n", "desk.yaml:2: a second document begins; there can be only one"},
    {"- a\n", "desk.yaml:1: expected keys and values, like \"model: embedded\""},
    {"hello\n", "desk.yaml:1: expected keys and values, like \"model: embedded\""},
    {"? [a]\n: b\n", "desk.yaml:1: the name of a member must be a plain text"},
    {"model: a\n\tprompt: b\n",
     "desk.yaml:2: found a tab character that violates indentation, while scanning a plain scalar "
     "(line 1): indent with spaces, not with tabs"},
    {"model: a\nturn:\n\ttimeout: 5s\n",
     "desk.yaml:3: found character that cannot start any token, while scanning for the next token "
     "(line 3): indent with spaces, not with tabs"},
    {"policy:\n  *:\n    per_day: 1\n",
     "desk.yaml:2: did not find expected alphabetic or numeric character, while scanning an alias "
     "(line 2): text that begins with * or & needs quotes"},
    {"desk.name: Tea: green\n",
     "desk.yaml:1: mapping values are not allowed in this context: indent it by its parent, and "
     "put text with a colon in quotes"},
    {"turn:\n   timeout: 5s\n  max_tokens: 5000\n",
     "desk.yaml:3: did not find expected key, while parsing a block mapping (line 1): are these "
     "lines indented alike?"},
    {"plugins:\n  refund:\n    path: a.so\n",
     "desk.yaml:2: plugins: expected a list: begin each of its entries with `- `"},
    {"plugins:\n  - name: a\n    path: b.so\n",
     "desk.yaml:2: plugins: /0: expected either `name` or `path`, got both"},
    {"mcp:\n  a:\n    url: example.com\n",
     "desk.yaml:3: mcp: /a/url: expected https://... or, on this machine or a private network, "
     "http://..."},
    {"mcp:\n  a:\n    url: https://a.example/\n    bearer: hunter2\n",
     "desk.yaml:4: mcp: /a/bearer: expected ${NAME} or file:PATH (a secret does not stand in "
     "desk.yaml)"},
    {"models:\n  a:\n    provider: openai\n    id: b\n    key: hunter2\n",
     "desk.yaml:5: models: /a/key: expected ${NAME} or file:PATH (a secret does not stand in "
     "desk.yaml)"},
    {"mcp:\n  a:\n    command: [b]\n    url: https://a.example/\n",
     "desk.yaml:3: mcp: /a/command: does not go with the other settings here: a server has "
     "`command`, and maybe `env`, or it has `url`, and maybe `bearer`, `headers` and `ca_file`"},
    {"mcp:\n  a:\n    tools: [b]\n", "desk.yaml:2: mcp: /a: expected a member \"command\" or a "
                                     "member \"url\", got an object without "
                                     "it"},
    {"mcp:\n  a:\n    command: [b]\n    timeout: 5\n",
     "desk.yaml:4: mcp: /a/timeout: expected a duration, as in 500ms, 90s, 5m or 2h, got the "
     "number 5"},
    {"mcp:\n  a:\n    comand: [b]\n",
     "desk.yaml:3: mcp: /a/comand: expected no member but \"bearer\", \"ca_file\", \"command\", "
     "\"enabled\", \"env\", \"headers\", \"timeout\", \"tools\", \"url\", got \"comand\": did you "
     "mean "
     "\"command\"?"},
    {"policy:\n  a:\n    aproval: agent\n",
     "desk.yaml:3: policy: /a/aproval: expected no member but \"approval\", \"approval_time\", "
     "\"confirm\", \"dry_run\", \"enabled\", \"hours\", \"per_customer_day\", \"per_day\", "
     "\"per_minute\", \"prompts\", \"trust\", got \"aproval\": did you mean \"approval\"?"},
    {"model: [a\n", "desk.yaml:2: did not find expected ',' or ']', while parsing a flow sequence "
                    "(line 1)"},
    {"model: a\nprompt: \xFF\n", "desk.yaml:2: this is not UTF-8 text"},
    {"model: a\nprompt: \x01\n", "desk.yaml:2: control characters are not allowed"},
};

static void
test_mistakes_are_named_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct err err = {0};
        struct config *c = NULL;
        int result = config_parse(str_c(mistakes[i].text), STR("desk.yaml"), &c, &err);
        if (result != ERR_INVALID || strcmp(err.message, mistakes[i].want) != 0) {
            fail_msg("%s: %d\nwant %s\ngot  %s", mistakes[i].text, result, mistakes[i].want,
                     err.message);
        }
        assert_null(c);
    }
}

static void
test_size_and_depth_are_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    struct config *c = NULL;
    AUTO(buf) struct buf text = {0};
    buf_init(&text, LIMIT_CONFIG_BYTES * 2);
    for (int i = 0; i < 100000; i++) {
        buf_add_char(&text, '[');
    }
    assert_int_equal(config_parse(buf_str(&text), STR("desk.yaml"), &c, &err), ERR_INVALID);
    assert_string_equal(err.message, "desk.yaml:1: more than 32 levels of maps and lists");
    buf_clear(&text);
    for (int i = 0; i < 1001; i++) {
        buf_printf(&text, "k%d:\n", i);
    }
    assert_int_equal(config_parse(buf_str(&text), STR("desk.yaml"), &c, &err), ERR_INVALID);
    assert_string_equal(err.message, "desk.yaml:1001: more than 1000 members in one map");
    buf_clear(&text);
    while (text.len <= LIMIT_CONFIG_BYTES) {
        buf_add_c(&text, "# 9 chars\n");
    }
    assert_int_equal(config_parse(buf_str(&text), STR("desk.yaml"), &c, &err), ERR_LIMIT);
    /* A NUL ends nothing early. */
    struct str cut = STR("model: a\0\nnonsense: 1\n");
    assert_int_equal(config_parse(cut, STR("desk.yaml"), &c, &err), ERR_INVALID);
}

/* ---- no memory ---- */

static int
parse_failing(const char *text, unsigned long n, unsigned long *ret_passed)
{
    AUTO(config) struct config *c = NULL;
    struct err err = {0};
    char spec[32];
    (void)snprintf(spec, sizeof(spec), "alloc:%lu", n);
    assert_true(fault_configure(str_c(spec)));
    int result = config_parse(str_c(text), STR("desk.yaml"), &c, &err);
    *ret_passed = fault_passed();
    (void)fault_configure(STR(""));
    return result;
}

static void
test_every_failed_allocation_is_said(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ("model: a\nturn: {timeout: 5s}\nprompt.vars: {a: b}\n"
         "plugins:\n  - name: catalog_search\n    config: {rate: 1.50, long: [1, 2, 3]}\n"),
        "turn:\n  max_model_cals: 3\n",
        "plugins:\n  - name: a\n    enabled: yes\n",
        "turn.timeout: 120\n",
    };
    if (!fault_configure(STR("alloc:1"))) {
        print_message("SKIP: built without fault hooks\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        unsigned long count;
        unsigned long unused;
        (void)parse_failing(texts[i], 1000000, &count);
        assert_true(count > 0);
        for (unsigned long n = 1; n <= count; n++) {
            int result = parse_failing(texts[i], n, &unused);
            if (result != ERR_NOMEM) {
                fail_msg("%s: allocation %lu of %lu: %d", texts[i], n, count, result);
            }
        }
    }
}

/* ---- files ---- */

struct place {
    char dir[64];
};

static int
make_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    (void)snprintf(p->dir, sizeof(p->dir), "/tmp/test-config-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    assert_int_equal(chdir(p->dir), 0);
    *state = p;
    return 0;
}

static int
remove_place(void **state)
{
    struct place *p = *state;
    static const char *const files[] = {"desk.yaml",      "key",         "open",
                                        "link/desk.yaml", "a/desk.yaml", "real.yaml"};
    for (size_t i = 0; i < COUNT(files); i++) {
        (void)unlink(files[i]);
    }
    (void)rmdir("a/b");
    (void)rmdir("a");
    (void)rmdir("desk.yaml");
    assert_int_equal(chdir("/"), 0);
    (void)rmdir(p->dir);
    free(p);
    return 0;
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void
test_loading_a_file(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(config) struct config *c = NULL;
    assert_int_equal(config_load(STR("desk.yaml"), &c, &err), ERR_IO);
    assert_int_equal(err.saved_errno, ENOENT);
    write_file("desk.yaml", "model: mine\n", 0644);
    assert_int_equal(config_load(STR("desk.yaml"), &c, &err), 0);
    assert_text(config_text(c, "model"), "mine");
    struct config *none = NULL;
    assert_int_equal(config_load(STR("/dev/zero"), &none, &err), ERR_INVALID);
    assert_string_equal(err.message, "/dev/zero: is not a regular file");
}

static const struct config_key secret_keys[] = {
    {.name = "model.flag", .type = CONFIG_BOOL, .fallback = "false", .help = "A flag."},
    {.name = "model.key", .type = CONFIG_SECRET, .fallback = "", .help = "A key."},
};

static int
try_secret(const char *text, struct secret **ret, struct err *err)
{
    AUTO(config) struct config *c = NULL;
    *err = (struct err){0};
    int result =
        config_parse_table(secret_keys, COUNT(secret_keys), str_c(text), STR("desk.yaml"), &c, err);
    return result < 0 ? result : config_secret(c, "model.key", ret, err);
}

/* Do the kernel's flags for the memory at P say that core dumps leave it out? */
static bool
is_left_out_of_dumps(const void *p)
{
    char line[512];
    unsigned long from;
    unsigned long to;
    bool within = false;
    bool found = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            within = from <= (unsigned long)p && (unsigned long)p < to;
        }
        found = found || (within && strstr(line, "VmFlags:") && strstr(line, " dd"));
    }
    (void)fclose(file);
    return found;
}

static void
test_secrets(void **state)
{
    (void)state;
    struct err err;
    struct secret *s = NULL;
    assert_int_equal(try_secret("", &s, &err), CONFIG_UNSET);
    assert_int_equal(try_secret("model.key: sk-12345\n", &s, &err), ERR_INVALID);
    assert_string_equal(err.message, "desk.yaml:1: model.key: expected ${NAME} or file:PATH (a "
                                     "secret does not stand in desk.yaml)");
    assert_int_equal(setenv("DESKHAND_TEST_KEY", "hush", 1), 0);
    assert_int_equal(try_secret("model: {key: '${DESKHAND_TEST_KEY}'}", &s, &err), 0);
    assert_text(secret_reveal(s), "hush");
    assert_true(is_left_out_of_dumps(secret_reveal(s).ptr));
    assert_false(is_left_out_of_dumps(state));
    secret_free(s);
    assert_int_equal(unsetenv("DESKHAND_TEST_KEY"), 0);
    assert_int_equal(try_secret("model.key: ${DESKHAND_TEST_KEY}", &s, &err), ERR_NOTFOUND);
    assert_string_equal(err.message,
                        "model.key: the environment variable DESKHAND_TEST_KEY is not set");
    write_file("key", "from a file\n", 0600);
    assert_int_equal(try_secret("model.key: file:key", &s, &err), 0);
    assert_text(secret_reveal(s), "from a file");
    secret_free(s);
    write_file("open", "for all", 0644);
    assert_int_equal(try_secret("model.key: file:open", &s, &err), ERR_AUTH);
    assert_string_equal(err.message, "model.key: everybody may read or write open; mend it with: "
                                     "chmod 600 open");
    assert_int_equal(try_secret("model.key: file:none", &s, &err), ERR_IO);
    secret_free(NULL);
}

static void
test_booleans(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(config) struct config *c = NULL;
    assert_int_equal(config_parse_table(secret_keys, COUNT(secret_keys), STR("model.flag: true"),
                                        STR("desk.yaml"), &c, &err),
                     0);
    assert_true(config_bool(c, "model.flag"));
    struct config *bad = NULL;
    assert_int_equal(config_parse_table(secret_keys, COUNT(secret_keys), STR("model.flag: yes"),
                                        STR("desk.yaml"), &bad, &err),
                     ERR_INVALID);
    assert_string_equal(err.message, "desk.yaml:1: model.flag: expected true or false, got 'yes'");
}

/* ---- whose desk ---- */

static void
test_the_nearest_desk_is_found(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    struct arena arena = {0};
    struct str dir;
    assert_int_equal(mkdir("a", 0755), 0);
    assert_int_equal(mkdir("a/b", 0755), 0);
    assert_int_equal(config_find_desk(STR("a/b"), &arena, &dir, &err), ERR_NOTFOUND);
    assert_string_equal(err.message, "no desk.yaml in a/b or above it: make a desk with `deskhand "
                                     "init`, or name one with --desk DIR");
    assert_int_equal(config_find_desk(STR("nowhere"), &arena, &dir, &err), ERR_IO);
    write_file("desk.yaml", "", 0644);
    assert_int_equal(config_find_desk(STR("a/b"), &arena, &dir, &err), 0);
    assert_text(dir, p->dir);
    write_file("a/desk.yaml", "", 0644);
    assert_int_equal(config_find_desk(STR("a/b"), &arena, &dir, &err), 0);
    assert_true(str_ends(dir, STR("/a")));
    assert_int_equal(config_find_desk(STR(""), &arena, &dir, &err), 0);
    assert_text(dir, p->dir);
    arena_done(&arena);
}

static void
test_a_desk_others_can_change_is_refused(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    struct arena arena = {0};
    struct str dir;
    char want[256];
    write_file("desk.yaml", "", 0666);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_AUTH);
    (void)snprintf(want, sizeof(want),
                   "%s/desk.yaml can be changed by everybody, and it names code to load; mend it "
                   "with: chmod o-w '%s/desk.yaml'",
                   p->dir, p->dir);
    assert_string_equal(err.message, want);
    assert_int_equal(chmod("desk.yaml", 0644), 0);
    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_AUTH);
    assert_int_equal(chmod(".", 01777), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), 0);
    assert_int_equal(unlink("desk.yaml"), 0);
    assert_int_equal(mkdir("desk.yaml", 0755), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_INVALID);
    arena_done(&arena);
}

static void
test_a_strangers_desk_is_refused(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    struct arena arena = {0};
    struct str dir;
    if (geteuid() != 0) {
        print_message("SKIP: giving files away needs root\n");
        skip();
    }
    write_file("desk.yaml", "", 0644);
    assert_int_equal(chown("desk.yaml", 65534, 65534), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_AUTH);
    assert_non_null(strstr(err.message, p->dir));
    assert_non_null(strstr(err.message, "/desk.yaml belongs to "));
    assert_non_null(strstr(err.message, "uid 65534), neither to you, root (uid 0), nor to root"));
    assert_non_null(strstr(err.message, "chown 0 '"));
    /* A link does not launder a file, nor a directory its own file. */
    assert_int_equal(chown("desk.yaml", 0, 0), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), 0);
    assert_int_equal(rename("desk.yaml", "real.yaml"), 0);
    assert_int_equal(symlink("real.yaml", "desk.yaml"), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), 0);
    assert_int_equal(lchown("desk.yaml", 65534, 65534), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_AUTH);
    assert_int_equal(lchown("desk.yaml", 0, 0), 0);
    assert_int_equal(chown(".", 65534, 65534), 0);
    assert_int_equal(config_find_desk(STR("."), &arena, &dir, &err), ERR_AUTH);
    /* To its owner, and with root's file in it, it is fine. */
    assert_int_equal(seteuid(65534), 0);
    int result = config_find_desk(STR("."), &arena, &dir, &err);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(result, 0);
    arena_done(&arena);
}

/* ---- the documentation ---- */

static void
test_the_reference_is_current(void **state)
{
    (void)state;
    struct err err = {0};
    struct arena arena = {0};
    struct stat st;
    struct str file;
    AUTO(buf) struct buf want = {0};
    buf_init(&want, LIMIT_CONFIG_BYTES);
    config_write_reference(&want);
    assert_int_equal(buf_finish(&want, "reference", &err), 0);
    const char *source = getenv("DESKHAND_SOURCE");
    struct str path = arena_printf(&arena, "%s/docs/configuration.md", source ? source : ".");
    if (file_read(path, LIMIT_CONFIG_BYTES, &arena, &file, &st, &err) != 0 ||
        !str_eq(file, buf_str(&want))) {
        fail_msg("docs/configuration.md is not what the tables say; write it anew with\n"
                 "    test-config --print-reference > docs/configuration.md");
    }
    arena_done(&arena);
}

static int
print_reference(void)
{
    AUTO(buf) struct buf out = {0};
    buf_init(&out, LIMIT_CONFIG_BYTES);
    config_write_reference(&out);
    return fwrite(out.text, 1, out.len, stdout) == out.len ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print-reference") == 0) {
        return print_reference();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_row_is_sound),
        cmocka_unit_test(test_maps_and_dots_are_the_same),
        cmocka_unit_test(test_plugins),
        cmocka_unit_test(test_json_is_taken_too),
        cmocka_unit_test(test_mistakes_are_named_with_their_line),
        cmocka_unit_test(test_size_and_depth_are_bounded),
        cmocka_unit_test(test_every_failed_allocation_is_said),
        cmocka_unit_test_setup_teardown(test_loading_a_file, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_secrets, make_place, remove_place),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test_setup_teardown(test_the_nearest_desk_is_found, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_a_desk_others_can_change_is_refused, make_place,
                                        remove_place),
        cmocka_unit_test_setup_teardown(test_a_strangers_desk_is_refused, make_place, remove_place),
        cmocka_unit_test(test_the_reference_is_current),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
