/* What plugins keep on the desk, and what it keeps for them: values, secrets, figures. The same in
 * both cages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "bench.h"
#include "host/kv_rules.h"
#include "plugins/sdk/deskhand_plugin.h"

#define PLUGINS "DESKHAND_TEST_PLUGINS"

/* ---- A desk of one's own ----------------------------------------------------------------------*/

struct desk {
    char path[64];
    struct bench b;
};

static void
desk_open(struct desk *d)
{
    size_t count;
    const struct plugin_extension *extensions = host_extensions(&count);
    bench_open(&d->b);
    bench_store(&d->b, d->path);
    bench_set(&d->b, extensions, count, d->b.host);
    (void)bench_load(&d->b, PLUGINS, "asks", "");
}

static void
desk_make(struct desk *d)
{
    (void)snprintf(d->path, sizeof(d->path), "/tmp/deskhand-asks-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    desk_open(d);
}

static void
desk_remove(struct desk *d)
{
    static const char *const files[] = {"desk.db", "desk.db-wal", "desk.db-shm"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char path[100];
        (void)snprintf(path, sizeof(path), "%s/%s", d->path, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(d->path);
}

static void
desk_done(struct desk *d)
{
    bench_done(&d->b);
    desk_remove(d);
}

static struct js *
parsed(struct bench *b, const struct tool_result *r)
{
    struct js *json = NULL;
    struct err err = {0};
    if (r->status != TOOL_OK || js_parse_object(r->json, "result", &b->arena, &json, &err) < 0) {
        fail_msg("%d %" STR_FMT, (int)r->status, STR_ARG(r->message));
    }
    return json;
}

static void
forget_calls(struct bench *b)
{
    memset(b->calls, 0, sizeof(b->calls));
    b->call_count = 0;
}

/* Run TOOL; its code, and its value in *RET (may be NULL). */
static int64_t
run(struct desk *d, const char *tool, const char *arguments, struct str *ret)
{
    const struct js *json = parsed(&d->b, bench_run(&d->b, tool, arguments));
    forget_calls(&d->b);
    if (ret) {
        *ret = js_get_text(json, "value");
    }
    return js_get_int(json, "code", -1);
}

static int64_t
kv(struct desk *d, const char *arguments)
{
    return run(d, "kv", arguments, NULL);
}

static void
assert_value(struct desk *d, const char *arguments, const char *want)
{
    struct str value;
    assert_int_equal(run(d, "kv", arguments, &value), DH_KV_OK);
    assert_true(str_eq_c(value, want));
}

/* ---- dh.kv/1 ----------------------------------------------------------------------------------*/

static void
test_values_outlive_their_process(void **state)
{
    (void)state;
    struct desk d;
    desk_make(&d);
    assert_int_equal(kv(&d, "{\"do\":\"get\",\"key\":\"a\"}"), DH_KV_NONE);
    assert_int_equal(kv(&d, "{\"do\":\"remove\",\"key\":\"a\"}"), DH_KV_NONE);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"a\",\"value\":\"one\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"a\",\"value\":\"two\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"a\",\"value\":\"three\"}"), DH_KV_EXISTS);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"b\",\"value\":\"\"}"), DH_KV_OK);
    bench_done(&d.b);
    desk_open(&d);
    assert_value(&d, "{\"do\":\"get\",\"key\":\"a\"}", "two");
    assert_value(&d, "{\"do\":\"get\",\"key\":\"b\"}", "");
    assert_int_equal(kv(&d, "{\"do\":\"remove\",\"key\":\"a\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"get\",\"key\":\"a\"}"), DH_KV_NONE);
    desk_done(&d);
}

static void
test_what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *arguments;
        int64_t want;
    } cases[] = {
        {"{\"do\":\"put\",\"key\":\"\",\"value\":\"v\"}", DH_KV_INVALID},
        {"{\"do\":\"get\",\"key\":\"\"}", DH_KV_INVALID},
        {"{\"do\":\"nul\"}", DH_KV_INVALID},
        {"{\"do\":\"not_text\",\"key\":\"k\"}", DH_KV_INVALID},
        {"{\"do\":\"nowhere\",\"key\":\"k\"}", DH_KV_INVALID},
        {"{\"do\":\"nothing\",\"key\":\"k\"}", DH_KV_REFUSED},
        {"{\"do\":\"put\",\"key\":\"k\",\"size\":65537}", DH_KV_INVALID},
        {"{\"do\":\"put\",\"key\":\"k\",\"size\":65536}", DH_KV_OK},
        {"{\"do\":\"put\",\"key\":\"\\\"/%\\\\\\u00e9\",\"value\":\"v\"}", DH_KV_OK},
        {"{\"do\":\"get\",\"key\":\"\\\"/%\\\\\\u00e9\"}", DH_KV_OK},
    };
    (void)state;
    struct desk d;
    char key[300];
    desk_make(&d);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t code = kv(&d, cases[i].arguments);
        if (code != cases[i].want) {
            fail_msg("%s: %d", cases[i].arguments, (int)code);
        }
    }
    (void)snprintf(key, sizeof(key), "{\"do\":\"put\",\"key\":\"%0*d\"}", KV_KEY_MAX, 7);
    assert_int_equal(kv(&d, key), DH_KV_OK);
    (void)snprintf(key, sizeof(key), "{\"do\":\"put\",\"key\":\"%0*d\"}", KV_KEY_MAX + 1, 7);
    assert_int_equal(kv(&d, key), DH_KV_INVALID);
    desk_done(&d);
}

static void
test_what_expired_is_gone(void **state)
{
    (void)state;
    struct desk d;
    desk_make(&d);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k1\",\"value\":\"v\",\"ttl\":300}"),
                     DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k2\",\"value\":\"v\",\"ttl\":1}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k3\",\"value\":\"v\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"k1\",\"value\":\"w\"}"), DH_KV_EXISTS);
    bench_idle(&d.b, 320);
    assert_int_equal(kv(&d, "{\"do\":\"get\",\"key\":\"k1\"}"), DH_KV_NONE);
    assert_int_equal(kv(&d, "{\"do\":\"remove\",\"key\":\"k2\"}"), DH_KV_NONE);
    assert_value(&d, "{\"do\":\"next\"}", "k3");
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"k1\",\"value\":\"w\"}"), DH_KV_OK);
    assert_value(&d, "{\"do\":\"get\",\"key\":\"k1\"}", "w");
    desk_done(&d);
}

static void
test_keys_come_in_the_order_of_their_bytes(void **state)
{
    static const char *const keys[] = {"b", "a/2", "a", "a/10", "B", "\\u00e9", "a0", "a/1", "aa"};
    (void)state;
    struct desk d;
    struct str list;
    desk_make(&d);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        char put[100];
        (void)snprintf(put, sizeof(put), "{\"do\":\"put\",\"key\":\"%s\",\"value\":\"v\"}",
                       keys[i]);
        assert_int_equal(kv(&d, put), DH_KV_OK);
    }
    assert_int_equal(run(&d, "kv_list", "{}", &list), DH_KV_NONE);
    assert_true(str_eq_c(list, "B a a/1 a/10 a/2 a0 aa b \xc3\xa9 "));
    assert_int_equal(run(&d, "kv_list", "{\"prefix\":\"a/\"}", &list), DH_KV_NONE);
    assert_true(str_eq_c(list, "a/1 a/10 a/2 "));
    assert_int_equal(run(&d, "kv_list", "{\"prefix\":\"a\"}", &list), DH_KV_NONE);
    assert_true(str_eq_c(list, "a a/1 a/10 a/2 a0 aa "));
    assert_value(&d, "{\"do\":\"next\",\"prefix\":\"a\",\"after\":\"a/2\"}", "a0");
    assert_value(&d, "{\"do\":\"next\",\"prefix\":\"a/\",\"after\":\"B\"}", "a/1");
    assert_int_equal(kv(&d, "{\"do\":\"next\",\"prefix\":\"a\",\"after\":\"b\"}"), DH_KV_NONE);
    desk_done(&d);
}

static void
test_a_dry_run_changes_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_make(&d);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k\",\"value\":\"v\"}"), DH_KV_OK);
    d.b.dry_run = true;
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k\",\"value\":\"w\"}"), DH_KV_REFUSED);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"l\",\"value\":\"w\"}"), DH_KV_REFUSED);
    assert_int_equal(kv(&d, "{\"do\":\"remove\",\"key\":\"k\"}"), DH_KV_REFUSED);
    assert_value(&d, "{\"do\":\"get\",\"key\":\"k\"}", "v");
    assert_value(&d, "{\"do\":\"next\"}", "k");
    desk_done(&d);
}

static void
test_without_a_store_it_fails(void **state)
{
    (void)state;
    struct desk d = {0};
    bench_init(&d.b);
    (void)bench_load(&d.b, PLUGINS, "asks", "");
    assert_int_equal(kv(&d, "{\"do\":\"get\",\"key\":\"k\"}"), DH_KV_FAILED);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"k\",\"value\":\"v\"}"), DH_KV_FAILED);
    assert_int_equal(run(&d, "metric", "{\"name\":\"n\",\"count\":1}", NULL), 1);
    bench_done(&d.b);
}

/* ---- Its quota --------------------------------------------------------------------------------*/

/* COUNT rows of a plugin's, as if it had put them; EXPIRED of them gone already. */
struct filling {
    int64_t count;
    int64_t expired;
};

static int
body_fill(struct store_tx *tx, void *arg, struct err *err)
{
    const struct filling *f = arg;
    int64_t bytes = 0;
    int result = 0;
    for (int64_t i = 0; i < f->count && result == 0; i++) {
        char id[40];
        int len = snprintf(id, sizeof(id), "asks/fill-%05d", (int)i);
        const struct plugin_value_row row = {
            .id = {id, (size_t)len},
            .value = STR("v"),
            .expires_at = i < f->expired ? 1 : INT64_MAX,
        };
        bytes += len - 5 + 1;
        result = store_plugin_value_put(tx, &row, err);
    }
    const struct plugin_space_row space = {STR("asks"), f->count, bytes};
    return result == 0 ? store_plugin_space_set(tx, &space, err) : result;
}

static void
fill(struct desk *d, int64_t count, int64_t expired)
{
    struct filling f = {count, expired};
    struct err err = {0};
    assert_int_equal(store_write_wait(d->b.store, body_fill, &f, &err), 0);
}

/* What the row says, and what there is. */
struct used {
    struct arena arena;
    struct plugin_space_row said;
    int64_t keys;
    int64_t bytes;
};

static int
body_used(struct store_tx *tx, void *arg, struct err *err)
{
    struct used *u = arg;
    struct plugin_value_row *rows;
    size_t count;
    int result = store_plugin_space_get(tx, STR("asks"), &u->arena, &u->said, err);
    if (result == 0) {
        result = store_plugin_value_list(tx, STR("asks/"), 20000, &u->arena, &rows, &count, err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        u->keys++;
        u->bytes += (int64_t)(rows[i].id.len - 5 + rows[i].value.len);
    }
    return result;
}

static void
assert_counted(struct desk *d, int64_t keys)
{
    struct used u = {0};
    struct err err = {0};
    assert_int_equal(store_read_wait(d->b.store, body_used, &u, &err), 0);
    assert_int_equal(u.said.keys, u.keys);
    assert_int_equal(u.said.bytes, u.bytes);
    if (keys >= 0) {
        assert_int_equal(u.keys, keys);
    }
    arena_done(&u.arena);
}

static void
test_no_more_keys_than_allowed(void **state)
{
    (void)state;
    struct desk d;
    desk_make(&d);
    fill(&d, KV_KEYS_MAX - 1, 0);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"last\",\"value\":\"v\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"add\",\"key\":\"more\",\"value\":\"v\"}"), DH_KV_FULL);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"more\",\"value\":\"v\"}"), DH_KV_FULL);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"last\",\"value\":\"longer\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"remove\",\"key\":\"fill-00007\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"more\",\"value\":\"v\"}"), DH_KV_OK);
    assert_counted(&d, KV_KEYS_MAX);
    desk_done(&d);
}

static void
test_what_expired_makes_room(void **state)
{
    (void)state;
    struct desk d;
    desk_make(&d);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"a\",\"value\":\"v\"}"), DH_KV_OK);
    fill(&d, KV_KEYS_MAX, 400);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"fill-00003\",\"value\":\"v\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"more\",\"value\":\"v\"}"), DH_KV_OK);
    struct used u = {0};
    struct err err = {0};
    assert_int_equal(store_read_wait(d.b.store, body_used, &u, &err), 0);
    arena_done(&u.arena);
    /* "a" was put before the row of what is used was overwritten. */
    assert_int_equal(u.keys, u.said.keys + 1);
    assert_int_equal(u.keys, KV_KEYS_MAX - 400 + 3);
    desk_done(&d);
}

/* Several calls at once, whose values do not all fit: exactly what fits is there. */
static void
test_no_more_bytes_than_allowed(void **state)
{
    (void)state;
    struct desk d;
    int64_t fitted = 0;
    desk_make(&d);
    for (int i = 0; i < 64; i++) {
        (void)bench_start(
            &d.b, "kv",
            arena_printf(&d.b.arena, "{\"do\":\"put\",\"key\":\"%02d\",\"size\":65536}", i).ptr);
    }
    bench_wait(&d.b, 64);
    for (int i = 0; i < 64; i++) {
        int64_t code = js_get_int(parsed(&d.b, &d.b.calls[i].result), "code", -1);
        assert_true(code == DH_KV_OK || code == DH_KV_FULL);
        fitted += code == DH_KV_OK;
    }
    forget_calls(&d.b);
    assert_int_equal(fitted, KV_BYTES_MAX / (KV_VALUE_MAX + 2));
    assert_counted(&d, fitted);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"00\",\"value\":\"v\"}"), DH_KV_OK);
    assert_int_equal(kv(&d, "{\"do\":\"put\",\"key\":\"xx\",\"size\":65536}"), DH_KV_OK);
    desk_done(&d);
}

/* ---- Races ------------------------------------------------------------------------------------*/

static void
test_one_of_two_calls_adds(void **state)
{
    (void)state;
    struct desk d;
    int ok = 0;
    desk_make(&d);
    for (int i = 0; i < 12; i++) {
        (void)bench_start(&d.b, "kv", "{\"do\":\"add\",\"key\":\"k\",\"value\":\"v\"}");
    }
    bench_wait(&d.b, 12);
    for (int i = 0; i < 12; i++) {
        int64_t code = js_get_int(parsed(&d.b, &d.b.calls[i].result), "code", -1);
        assert_true(code == DH_KV_OK || code == DH_KV_EXISTS);
        ok += code == DH_KV_OK;
    }
    assert_int_equal(ok, 1);
    desk_done(&d);
}

enum { RACE_KEYS = 12, RACERS = 2 };

/* In a process of its own: add the keys, and tell by TO which ones were free. */
static void
race(struct desk *d, int from, int to)
{
    char won[RACE_KEYS];
    char go;
    (void)alarm(100);
    desk_open(d);
    (void)kv(d, "{\"do\":\"get\",\"key\":\"warm\"}");
    assert_int_equal(write(to, "r", 1), 1);
    assert_int_equal(read(from, &go, 1), 1);
    for (int i = 0; i < RACE_KEYS; i++) {
        char add[100];
        (void)snprintf(add, sizeof(add), "{\"do\":\"add\",\"key\":\"race-%d\",\"value\":\"v\"}", i);
        won[i] = (char)('0' + kv(d, add));
    }
    assert_int_equal(write(to, won, sizeof(won)), sizeof(won));
    bench_done(&d->b);
    _exit(0);
}

static void
test_one_of_two_processes_adds(void **state)
{
    (void)state;
    struct desk d;
    int go[2];
    int told[RACERS][2];
    pid_t racers[RACERS];
    char won[RACERS][RACE_KEYS];
    desk_make(&d);
    bench_done(&d.b);
    assert_int_equal(pipe(go), 0);
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(pipe(told[i]), 0);
        racers[i] = fork();
        if (racers[i] == 0) {
            race(&d, go[0], told[i][1]);
        }
    }
    for (int i = 0; i < RACERS; i++) {
        char ready;
        assert_int_equal(read(told[i][0], &ready, 1), 1);
    }
    assert_int_equal(write(go[1], "go", RACERS), RACERS);
    for (int i = 0; i < RACERS; i++) {
        int status = -1;
        assert_int_equal(read(told[i][0], won[i], RACE_KEYS), RACE_KEYS);
        assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
        assert_int_equal(status, 0);
        (void)close(told[i][0]);
        (void)close(told[i][1]);
    }
    for (int key = 0; key < RACE_KEYS; key++) {
        assert_int_equal(won[0][key] + won[1][key], '0' + DH_KV_OK + '0' + DH_KV_EXISTS);
    }
    (void)close(go[0]);
    (void)close(go[1]);
    desk_remove(&d);
}

/* ---- dh.secret/1 ------------------------------------------------------------------------------*/

static void
test_secrets_are_for_those_that_list_them(void **state)
{
    static const struct plugin_secret secrets[] = {
        {STR_INIT("token"), STR_INIT("s3cr\"et\n\xc3\xa9")}, {STR_INIT("empty"), {0}}};
    (void)state;
    struct desk d = {0};
    struct str value;
    bench_init(&d.b);
    d.b.grants = (struct plugin_grants){.secrets = secrets, .secret_count = 2};
    (void)bench_load(&d.b, PLUGINS, "asks", "");
    (void)bench_load(&d.b, PLUGINS, "asks-unlisted", "");
    assert_int_equal(run(&d, "secret", "{\"name\":\"token\"}", &value), 1);
    assert_true(str_eq_c(value, "s3cr\"et\n\xc3\xa9"));
    assert_int_equal(run(&d, "secret", "{\"name\":\"toke\"}", &value), 1);
    assert_int_equal(value.len, 0);
    assert_int_equal(run(&d, "secret", "{\"name\":\"empty\"}", &value), 1);
    assert_int_equal(value.len, 0);
    assert_int_equal(run(&d, "unlisted_secret", "{\"name\":\"token\"}", &value), 0);
    assert_int_equal(value.len, 0);
    assert_int_equal(run(&d, "unlisted_kv", "{\"do\":\"get\",\"key\":\"k\"}", NULL), 98);
    bench_done(&d.b);
}

static void
test_a_secret_has_to_be_text(void **state)
{
    static const struct {
        struct str value;
        const char *want;
    } cases[] = {
        {STR_INIT("bin\x01ry"), "its secret token is no text"},
        {STR_INIT("bin\xffry"), "its secret token is no text"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct bench b;
        struct err err = {0};
        const struct plugin *p = NULL;
        const struct plugin_secret secret = {STR("token"), cases[i].value};
        const struct plugin_grants grants = {.secrets = &secret, .secret_count = 1};
        bench_init(&b);
        const struct plugin_wish wish = {.cage = b.cage.program ? &b.cage : NULL,
                                         .grants = &grants};
        assert_int_equal(
            plugin_load_in(b.set, bench_path(&b, PLUGINS, "asks").ptr, &wish, b.registry, &p, &err),
            ERR_INVALID);
        assert_contains(str_c(err.message), cases[i].want);
        assert_true(str_find(str_c(err.message), STR("ry"), 0) == SIZE_MAX);
        bench_done(&b);
    }
}

/* ---- dh.metric/1 ------------------------------------------------------------------------------*/

struct figures {
    struct arena arena;
    struct plugin_metric_row *rows;
    size_t count;
};

static int
body_figures(struct store_tx *tx, void *arg, struct err *err)
{
    struct figures *f = arg;
    return store_plugin_metric_list(tx, STR("asks"), &f->arena, &f->rows, &f->count, err);
}

static const struct plugin_metric_row *
find_figure(const struct figures *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (str_eq_c(f->rows[i].name, name)) {
            return &f->rows[i];
        }
    }
    return NULL;
}

static void
read_figures(struct desk *d, struct figures *f)
{
    struct err err = {0};
    arena_clear(&f->arena);
    assert_int_equal(store_read_wait(d->b.store, body_figures, f, &err), 0);
}

static void
test_figures_are_added_up(void **state)
{
    (void)state;
    struct desk d;
    struct figures f = {0};
    desk_make(&d);
    assert_int_equal(run(&d, "metric", "{\"name\":\"sent\",\"count\":3}", NULL), 1);
    assert_int_equal(run(&d, "metric", "{\"name\":\"ms\",\"value\":-5}", NULL), 1);
    assert_int_equal(run(&d, "metric", "{\"name\":\"ms\",\"value\":20}", NULL), 1);
    assert_int_equal(run(&d, "metric", "{\"name\":\"No Name\",\"count\":1}", NULL), 1);
    assert_int_equal(run(&d, "metric", "{\"name\":\"ms\",\"count\":7}", NULL), 1);
    /* Within about a second they are in the store. */
    for (int i = 0; i < 100 && f.count < 2; i++) {
        bench_idle(&d.b, 50);
        read_figures(&d, &f);
    }
    assert_int_equal(f.count, 2);
    assert_int_equal(find_figure(&f, "sent")->count, 3);
    assert_int_equal(run(&d, "metric", "{\"name\":\"sent\",\"count\":4}", NULL), 1);
    bench_done(&d.b);
    desk_open(&d);
    read_figures(&d, &f);
    assert_int_equal(f.count, 3);
    assert_int_equal(find_figure(&f, "sent")->count, 7);
    /* Counted by destroy(). */
    assert_int_equal(find_figure(&f, "ended")->count, 1);
    const struct plugin_metric_row *ms = find_figure(&f, "ms");
    assert_int_equal(ms->count, 2);
    assert_int_equal(ms->sum, 15);
    assert_int_equal(ms->least, -5);
    assert_int_equal(ms->most, 20);
    assert_true(str_eq(ms->kind, PLUGIN_METRIC_VALUE));
    arena_done(&f.arena);
    desk_done(&d);
}

static void
test_fifty_names_and_no_more(void **state)
{
    (void)state;
    struct desk d;
    struct figures f = {0};
    desk_make(&d);
    assert_int_equal(run(&d, "metric", "{\"names\":99}", NULL), 1);
    bench_done(&d.b);
    desk_open(&d);
    read_figures(&d, &f);
    assert_int_equal(f.count, 50);
    /* Nor afterwards, and no name becomes of another kind. */
    const char *first = f.rows[0].name.ptr;
    char arguments[100];
    int64_t count = f.rows[0].count;
    (void)snprintf(arguments, sizeof(arguments), "{\"name\":\"%s\",\"value\":7}", first);
    assert_int_equal(run(&d, "metric", "{\"name\":\"one_more\",\"count\":1}", NULL), 1);
    assert_int_equal(run(&d, "metric", arguments, NULL), 1);
    bench_done(&d.b);
    desk_open(&d);
    read_figures(&d, &f);
    assert_int_equal(f.count, 50);
    assert_int_equal(f.rows[0].count, count);
    assert_true(str_eq(f.rows[0].kind, PLUGIN_METRIC_COUNT));
    arena_done(&f.arena);
    desk_done(&d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_two_processes_adds),
        cmocka_unit_test(test_values_outlive_their_process),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_what_expired_is_gone),
        cmocka_unit_test(test_keys_come_in_the_order_of_their_bytes),
        cmocka_unit_test(test_a_dry_run_changes_nothing),
        cmocka_unit_test(test_without_a_store_it_fails),
        cmocka_unit_test(test_no_more_keys_than_allowed),
        cmocka_unit_test(test_what_expired_makes_room),
        cmocka_unit_test(test_no_more_bytes_than_allowed),
        cmocka_unit_test(test_one_of_two_calls_adds),
        cmocka_unit_test(test_secrets_are_for_those_that_list_them),
        cmocka_unit_test(test_a_secret_has_to_be_text),
        cmocka_unit_test(test_figures_are_added_up),
        cmocka_unit_test(test_fifty_names_and_no_more),
    };
    return cmocka_run_group_tests_name("plugin-keep", tests, NULL, NULL);
}
