/* replay PLUGIN worker|child: the 74 recorded talks of a shop, made again with our tools.
 *
 * Each line of replay.jsonl is a customer's case: which tools were called, with what, what each
 * answered, and what was different in the shop's data afterwards. Here a scripted model makes the
 * same calls, one at a time, in a turn of the real engine: registry, schema check, dispatch, ledger
 * and plugin are those of a desk. Then
 *
 *   - every call's stored result must be the recorded one: ok or not; the recorded words, when it
 *     was words; and a result that was a record is spelled as the recording spelled it and must
 *     have the recorded hash;
 *   - every change to the data must be in the recorded list with the same value before and after,
 *     and every recorded change must have happened.
 *
 * The recording's program is not right everywhere, and ours is not wrong to please it: what ours
 * gave is put into its form before it is compared, and then nothing but equality will do.
 *
 *   - It adds doubles and does not always round (0.04999999999999716), we count cents: amounts are
 *     compared in whole cents, and hashes with the recorded spelling of the same cents.
 *   - It puts the price and the options of one item on others: see recorded_slip(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "desk_fixture.h"
#include "host/host.h"
#include "model_scripted.h"
#include "plugin/plugin.h"
#include "tool/tool.h"

#include "approve.h"
#include "recorded.h"
#include "shop.h"

enum { CALLS_MAX = 40 };

struct replay {
    const char *plugin;      /* the path of retail.so */
    const char *where;       /* it runs */
    const char *granted[2];  /* our folder, for the journals beside the database */
    struct plugin_cage cage; /* of the child */
    bool isolated;
    size_t every;       /* of the talks one in so many is made */
    char pristine[128]; /* the shop as imported */
    char copy[128];     /* the shop of the talk that runs */
    size_t talks;
    size_t calls;
    size_t failures; /* recorded ones */
    size_t changes;
    size_t approvals; /* that calls waited for */
    size_t slips;     /* orders */
    struct recorded_hashes hashes;
};

/* ---- One talk ---------------------------------------------------------------------------------*/

/* The model's part: each call, one at a time, then a word. */
static struct str
write_script(const struct js *calls, struct arena *arena)
{
    AUTO(buf) struct buf text;
    struct js_out out;
    buf_init(&text, LIMIT_JSON_BYTES);
    js_out_init(&out, &text);
    js_begin_array(&out);
    for (size_t i = 0; i < js_count(calls); i++) {
        const struct js *call = js_at(calls, i);
        js_begin_object(&out);
        js_key(&out, STR("calls"));
        js_begin_array(&out);
        js_begin_object(&out);
        js_put_str(&out, "name", js_get_text(call, "name"));
        js_key(&out, STR("input"));
        js_add_value(&out, js_get_c(call, "arguments"));
        js_end_object(&out);
        js_end_array(&out);
        js_end_object(&out);
    }
    js_begin_object(&out);
    js_put_str(&out, "text", STR("That is done."));
    js_end_object(&out);
    js_end_array(&out);
    struct str script = buf_to_arena(&text, arena);
    assert_non_null(script.ptr);
    return script;
}

/* Whose talk it is: the desk knows its customer, and the plugin holds each call to that. */
static struct str
customer_of(const struct js *calls)
{
    for (size_t i = 0; i < js_count(calls); i++) {
        const struct js *call = js_at(calls, i);
        if (str_starts(js_get_text(call, "name"), STR("find_user_id")) &&
            js_get_bool(call, "ok", false)) {
            return js_get_text(call, "result");
        }
    }
    return STR("");
}

/* The turn's calls as the ledger has them. */
struct ledger_calls_read {
    struct str conversation;
    struct tool_call_row *rows;
    size_t count;
    struct arena *arena;
};

static int
read_calls(struct store_tx *tx, void *arg, struct err *err)
{
    struct ledger_calls_read *r = arg;
    return store_tool_call_list(tx, r->conversation, STR(""), r->arena, &r->rows, &r->count, err);
}

static struct plugin_set *
load_plugin(const struct replay *r, struct desk_fixture *f)
{
    struct err err = {0};
    struct plugin_set *set = NULL;
    const struct plugin *loaded;
    struct plugin_parts parts = {.loop = f->loop, .threads = 2};
    parts.extensions = host_extensions(&parts.extension_count);
    struct str config = arena_printf(&f->arena, "{\"database\":\"%s\"}", r->copy);
    const struct plugin_wish wish = {.config = config, .cage = r->isolated ? &r->cage : NULL};
    unsigned missing;
    if (plugin_set_new(&parts, &set, &err) < 0 ||
        plugin_load_in(set, r->plugin, &wish, f->tools, &loaded, &err) < 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(plugin_isolated(loaded, &missing), r->isolated);
    return set;
}

/* What a model would get to see of a call: its value, or its words. */
static const struct js *
value_of(struct str content, struct arena *arena)
{
    struct err err = {0};
    struct js *blocks;
    assert_int_equal(js_parse(content, arena, &blocks, &err), 0);
    const struct js *block = js_at(blocks, 0);
    return js_has(block, STR("json")) ? js_get_c(block, "json") : js_get_c(block, "text");
}

static void
compare_calls(struct replay *r, const struct js *talk, const struct ledger_calls_read *made,
              struct arena *arena)
{
    const struct js *calls = js_get_c(talk, "calls");
    const struct js *diff = js_get_c(talk, "state_diff");
    assert_int_equal(made->count, js_count(calls));
    for (size_t i = 0; i < made->count; i++) {
        const struct js *call = js_at(calls, i);
        const struct tool_call_row *row = &made->rows[i];
        bool ok = js_get_bool(call, "ok", false);
        assert_true(str_eq(row->name, js_get_text(call, "name")));
        if (str_eq(row->status, CALL_OK) != ok ||
            !recorded_matches(call, diff, recorded_slip(value_of(row->result, arena), calls, arena),
                              &r->hashes, arena)) {
            fail_msg("talk %s, call %zu, %s: %s, %s", js_get_text(talk, "id").ptr, i, row->name.ptr,
                     row->status.ptr, row->result.ptr);
        }
        r->calls++;
        r->failures += !ok;
    }
}

/* Each record that changed, before and after, makes a list of changes; all of them together must
 * be the recorded ones. */
static void
compare_state(struct replay *r, const struct js *talk, struct arena *arena)
{
    const struct js *want = js_get_c(talk, "state_diff");
    const struct js *changed = shop_changed(r->pristine, r->copy, arena);
    size_t seen = 0;
    for (size_t i = 0; i < js_count(changed); i++) {
        struct str what = js_text(js_at(changed, i));
        struct str id = what;
        struct str kind;
        assert_true(str_split(&id, ' ', &kind));
        const char *name = arena_str(arena, kind).ptr;
        struct str path = arena_printf(arena, "/%s/%" STR_FMT, name, STR_ARG(id));
        struct str why = {0};
        const struct js *before = shop_record(r->pristine, name, id, arena);
        const struct js *ours = shop_record(r->copy, name, id, arena);
        const struct js *after = recorded_slip(ours, js_get_c(talk, "calls"), arena);
        r->slips += after != ours;
        seen += recorded_changes(want, path, before, after, arena, &why);
        if (why.ptr) {
            fail_msg("talk %s: %s", js_get_text(talk, "id").ptr, why.ptr);
        }
    }
    assert_int_equal(seen, js_count(want));
    r->changes += seen;
}

/* The tools that cannot be undone run because an agent has agreed to each call. */
static void
make_talk(struct replay *r, const struct js *talk, struct arena *arena)
{
    static const struct turn_limits raised = {CALLS_MAX, CALLS_MAX, CALLS_MAX, 60000, 10000000};
    const struct js *calls = js_get_c(talk, "calls");
    struct desk_fixture f;
    struct approver approver;
    struct talk *t = &approver.talk;
    struct err err = {0};
    bool transfers = false;
    for (size_t i = 0; i < js_count(calls); i++) {
        transfers = transfers ||
                    str_eq(js_get_text(js_at(calls, i), "name"), STR("transfer_to_human_agents"));
    }
    desk_fixture_open(&f, write_script(calls, arena).ptr, &raised);
    struct plugin_set *set = load_plugin(r, &f);
    struct turn_input input = talk_input(STR(""), "please help me");
    input.customer = customer_of(calls);
    approver_init(&approver, calls, input.customer);
    talk_submit(t, &f, &input);
    talk_wait(t);
    talk_done(t);
    assert_string_equal(t->outcome.ptr, transfers ? "handed_over" : "answered");
    desk_assert_sound(&f, t->conversation);
    r->approvals += approver.count;
    struct ledger_calls_read made = {.conversation = t->conversation, .arena = arena};
    assert_int_equal(store_read_wait(f.store, read_calls, &made, &err), 0);
    compare_calls(r, talk, &made, arena);
    engine_free(f.engine);
    f.engine = NULL;
    tool_registry_free(f.tools);
    f.tools = NULL;
    plugin_set_free(set);
    desk_fixture_close(&f);
    compare_state(r, talk, arena);
}

/* ---- All of them ------------------------------------------------------------------------------*/

static struct str
shared_file(const char *name, struct arena *arena)
{
    return arena_printf(arena, "%s/data/tau2_retail/%s", getenv("DESKHAND_SHARED"), name);
}

static void
test_replay(void **state)
{
    struct replay *r = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct str line;
    size_t seen = 0;
    struct str rest = shop_read_file(shared_file("replay.jsonl", &arena).ptr, &arena);
    while (str_split(&rest, '\n', &line)) {
        struct arena talk_arena = {0};
        struct js *talk;
        if (str_trim(line).len == 0 || seen++ % r->every != 0) {
            continue;
        }
        assert_int_equal(js_parse_object(line, "talk", &talk_arena, &talk, &err), 0);
        shop_copy(r->pristine, r->copy);
        assert_int_equal(chmod(r->copy, 0666), 0);
        make_talk(r, talk, &talk_arena);
        (void)unlink(r->copy);
        arena_done(&talk_arena);
        r->talks++;
    }
    assert_int_equal(seen, 74);
    assert_int_equal(r->talks, (74 + r->every - 1) / r->every);
    assert_true(r->failures > 0);
    assert_true(r->approvals > 0);
    arena_done(&arena);
}

/* What was imported is what was there: the onlooker reads every record back. */
static void
test_import(void **state)
{
    static const char *const kinds[] = {"users", "orders", "products"};
    struct replay *r = *state;
    struct arena arena = {0};
    struct err err = {0};
    struct js *root;
    struct js_member m;
    struct str source = shop_read_file(shared_file("db.json", &arena).ptr, &arena);
    assert_int_equal(js_parse_object(source, "db.json", &arena, &root, &err), 0);
    size_t count = shop_import(source, r->pristine);
    assert_int_equal(count, 1550);
    for (size_t k = 0; k < 3; k++) {
        for (struct js_iter it = js_iter(js_get_c(root, kinds[k])); js_next(&it, &m); count--) {
            struct arena step = {0};
            struct str why = {0};
            size_t seen =
                recorded_changes(NULL, STR(""), m.value,
                                 shop_record(r->pristine, kinds[k], m.key, &step), &step, &why);
            if (seen > 0 || why.ptr) {
                fail_msg("%s %s: %s", kinds[k], m.key.ptr, why.ptr);
            }
            arena_done(&step);
        }
    }
    assert_int_equal(count, 0);
    arena_done(&arena);
}

/* Where the plugin runs: on a worker of this process, or in a child, which may write where the
 * database is and nowhere else. */
static bool
choose_cage(struct replay *r, const char *where, const char *folder)
{
    r->where = where;
    r->isolated = strcmp(where, "child") == 0;
    r->granted[0] = folder;
    r->cage = (struct plugin_cage){
        .program = getenv("DESKHAND_TEST_HOST"),
        .write = r->granted,
        .memory = (int64_t)256 * 1024 * 1024,
    };
    return r->isolated ? r->cage.program != NULL : strcmp(where, "worker") == 0;
}

static int
run(struct replay *r, const char *folder)
{
    (void)snprintf(r->pristine, sizeof(r->pristine), "%s/pristine.db", folder);
    (void)snprintf(r->copy, sizeof(r->copy), "%s/shop.db", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_import, r),
        cmocka_unit_test_prestate(test_replay, r),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(r->pristine);
    (void)unlink(r->copy);
    (void)printf("%zu of 74 talks, %s: %zu calls, %zu of them meant to fail; %zu changes of the "
                 "data; %zu results of the recorded hash, %zu more to the cent; %zu orders with "
                 "the recording's slip\n",
                 r->talks, r->where, r->calls, r->failures, r->changes, r->hashes.equal,
                 r->hashes.to_the_cent, r->slips);
    return failed;
}

int
main(int argc, char **argv)
{
    struct replay r = {0};
    struct arena arena = {0};
    char folder[] = "/tmp/deskhand-replay-XXXXXX";
    r.every = argc == 4 ? strtoul(argv[3], NULL, 10) : 1;
    if (argc < 3 || argc > 4 || r.every == 0 || !choose_cage(&r, argv[2], folder)) {
        (void)fprintf(stderr, "usage: replay PLUGIN worker|child [EVERY-NTH]; a child wants "
                              "DESKHAND_TEST_HOST\n");
        return 2;
    }
    r.plugin = argv[1];
    if (!getenv("DESKHAND_SHARED") || access(shared_file("db.json", &arena).ptr, R_OK) != 0) {
        (void)printf("SKIP: no shared data\n");
        arena_done(&arena);
        return 77;
    }
    arena_done(&arena);
    /* A child of root's is somebody else. */
    if (!mkdtemp(folder) || chmod(folder, 0777) != 0) {
        perror(folder);
        return 2;
    }
    int failed = run(&r, folder);
    (void)rmdir(folder);
    return failed;
}
