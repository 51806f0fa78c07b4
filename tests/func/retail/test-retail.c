/* The retail plugin on a small shop of our own: what it refuses, what it changes and what it must
 * not, whose data a call reaches, and a call that is made twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "plugins/sdk/deskhand_plugin.h"
#include "tests/abi/bench.h"

#include "shop.h"
#include "shop_sql.h"

#define ADDRESS                                                                                    \
    "\"address1\":\"3 Mill\",\"address2\":\"\",\"city\":\"Bruges\",\"state\":\"WV\","              \
    "\"country\":\"Belgium\",\"zip\":\"8000\""
#define SWAP(order, from, to, method)                                                              \
    "{\"order_id\":\"" order "\",\"item_ids\":[" from "],\"new_item_ids\":[" to                    \
    "],\"payment_method_id\":\"" method "\"}"

/* A desk with the plugin on a fresh copy of the shop. */
struct desk {
    struct bench bench;
    char folder[64];
    char pristine[96];
    char shop[96];
};

static void
desk_load(struct desk *d)
{
    struct err err = {0};
    const struct plugin *p;
    struct str config = arena_printf(&d->bench.arena, "{\"database\":\"%s\"}", d->shop);
    if (plugin_load(d->bench.set, getenv("RETAIL_PLUGIN"), config, d->bench.registry, &p, &err) <
        0) {
        fail_msg("%s", err.message);
    }
}

static void
desk_open(struct desk *d)
{
    struct arena arena = {0};
    bench_init(&d->bench);
    (void)snprintf(d->folder, sizeof(d->folder), "/tmp/deskhand-retail-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    (void)snprintf(d->pristine, sizeof(d->pristine), "%s/pristine.db", d->folder);
    (void)snprintf(d->shop, sizeof(d->shop), "%s/shop.db", d->folder);
    assert_int_equal(shop_import(shop_read_file(getenv("RETAIL_SHOP"), &arena), d->pristine), 8);
    shop_copy(d->pristine, d->shop);
    desk_load(d);
    arena_done(&arena);
}

static void
desk_close(struct desk *d)
{
    bench_done(&d->bench);
    (void)unlink(d->shop);
    (void)unlink(d->pristine);
    assert_int_equal(rmdir(d->folder), 0); /* and no journal is left */
}

/* Who calls: the customer, the key, and whether it is only said what would be. */
struct caller {
    const char *customer;
    const char *key;
    bool dry_run;
};

static const struct tool_result *
desk_call(struct desk *d, const struct caller *who, const char *tool, const char *arguments)
{
    struct err err = {0};
    struct bench *b = &d->bench;
    struct bench_call *c = &b->calls[b->call_count++ % BENCH_CALLS];
    const struct tool_scope scope = {.call = str_c(who->key),
                                     .conversation = STR("c-1"),
                                     .customer = str_c(who->customer),
                                     .turn = STR("t-1"),
                                     .dry_run = who->dry_run};
    *c = (struct bench_call){.bench = b};
    assert_int_equal(tool_call_start(b->registry, str_c(tool), str_c(arguments), &scope, &b->arena,
                                     bench_on_done, c, &c->call, &err),
                     0);
    bench_wait(b, b->done + 1);
    return &c->result;
}

/* A call of nobody the desk knows, with a key of its own. */
static const struct tool_result *
desk_run(struct desk *d, const char *tool, const char *arguments)
{
    struct str key = arena_printf(&d->bench.arena, "x-%zu", d->bench.call_count);
    const struct caller anybody = {"", key.ptr, false};
    return desk_call(d, &anybody, tool, arguments);
}

/* The records that differ from those imported, as JSON. */
static const char *
changed(struct desk *d)
{
    struct arena *a = &d->bench.arena;
    return js_to_arena(shop_changed(d->pristine, d->shop, a), a).ptr;
}

/* The value at KEY of a record, as JSON. */
static const char *
member(struct desk *d, const char *kind, const char *id, const char *key)
{
    struct arena *a = &d->bench.arena;
    return js_to_arena(js_get_c(shop_record(d->shop, kind, str_c(id), a), key), a).ptr;
}

static void
assert_done(const struct tool_result *r)
{
    if (r->status != TOOL_OK) {
        fail_msg("%s: %s", r->error_code.ptr, r->message.ptr);
    }
}

/* ---- Sums -------------------------------------------------------------------------------------*/

static void
test_sums(void **state)
{
    static const struct {
        const char *expression;
        const char *want; /* or, with a !, what is wrong */
    } cases[] = {
        {"2 + 2", "4"},
        {"135.24 - 153.23", "-17.99"},
        {"0.1 + 0.2", "0.3"},
        {"2 + 3 * 4 - 10 / 4", "11.5"},
        {"(2 + 3) * (4 - 1)", "15"},
        {"-(1 + 2) * -3", "9"},
        {"8 / 4 / 2", "1"},
        {"10 - 4 - 3", "3"},
        {"1.005", "1"}, /* as a double it is less */
        {"2.675 * 100", "267.5"},
        {".5 + 1.", "1.5"},
        {"0 - 0.004", "0"},
        {"999999999999.99 + 0.01", "1000000000000"},
        {"((((((((((1))))))))))", "1"},
        {"", "!"},
        {" ", "!missing"},
        {"1 +", "!missing"},
        {"1 2", "!operator"},
        {"(1", "!not closed"},
        {"1)", "!operator"},
        {"1 / 0", "!zero"},
        {"1 / (2 - 2)", "!zero"},
        {".", "!missing"},
        {"1.2.3", "!operator"},
        {"1e5", "!operator"},
        {"abs(1)", "!missing"},
        {"1234567890123456", "!15 digits"},
        {"999999999999999 * 999999999999999", "!too large"},
    };
    struct desk d;
    (void)state;
    desk_open(&d);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str arguments =
            arena_printf(&d.bench.arena, "{\"expression\":\"%s\"}", cases[i].expression);
        const struct tool_result *r = desk_run(&d, "calculate", arguments.ptr);
        bool wrong = cases[i].want[0] == '!';
        struct str want = arena_printf(&d.bench.arena, "\"%s\"", cases[i].want);
        bool fits = wrong ? str_find(r->message, str_c(cases[i].want + 1), 0) != SIZE_MAX
                          : str_eq(r->json, want);
        if ((r->status == TOOL_OK) == wrong || !fits) {
            fail_msg("%s: %s%s", cases[i].expression, r->json.ptr, r->message.ptr);
        }
    }
    desk_close(&d);
}

static void
test_deep_parentheses(void **state)
{
    struct desk d;
    char arguments[200] = "{\"expression\":\"";
    (void)state;
    desk_open(&d);
    size_t used = strlen(arguments);
    memset(arguments + used, '(', 100);
    (void)snprintf(arguments + used + 100, sizeof(arguments) - used - 100, "1\"}");
    assert_contains(desk_run(&d, "calculate", arguments)->message, "too many parentheses");
    desk_close(&d);
}

/* ---- What is refused --------------------------------------------------------------------------*/

static const struct refusal {
    const char *tool;
    const char *arguments;
    const char *code;
    const char *words;
} refusals[] = {
    {"find_user_id_by_email", "{\"email\":\"nobody@example.com\"}", "not_found", "User not found"},
    {"find_user_id_by_email", "{\"email\":\"%\"}", "not_found", "User not found"},
    {"find_user_id_by_name_zip",
     "{\"first_name\":\"Anna\",\"last_name\":\"Berg\",\"zip\":\"9001\"}", "not_found",
     "User not found"},
    {"get_user_details", "{\"user_id\":\"x\"}", "not_found", "User not found"},
    {"get_order_details", "{\"order_id\":\"W1\"}", "not_found", "Order not found"},
    {"get_order_details", "{\"order_id\":\"' OR 1=1 --\"}", "not_found", "Order not found"},
    {"get_product_details", "{\"product_id\":\"L1\"}", "not_found", "Product not found"},
    {"get_item_details", "{\"item_id\":\"10\"}", "not_found", "Item not found"},
    {"cancel_pending_order", "{\"order_id\":\"#W2\",\"reason\":\"no longer needed\"}",
     "wrong_status", "Non-pending"},
    {"cancel_pending_order", "{\"order_id\":\"#W1\",\"reason\":\"too blue\"}", "invalid_reason",
     "Invalid reason"},
    {"cancel_pending_order", "{\"order_id\":\"#W1\"}", "invalid_arguments", "reason"},
    {"cancel_pending_order",
     "{\"order_id\":\"#W1\",\"reason\":\"no longer needed\",\"user_id\":\"ben_cole_2\"}",
     "invalid_arguments", "user_id"},
    {"modify_pending_order_address", "{\"order_id\":\"#W4\"," ADDRESS "}", "wrong_status",
     "Non-pending"},
    {"modify_user_address", "{\"user_id\":\"nobody\"," ADDRESS "}", "not_found", "User not found"},
    {"modify_pending_order_payment",
     "{\"order_id\":\"#W1\",\"payment_method_id\":\"credit_card_1\"}", "same_method", "different"},
    {"modify_pending_order_payment", "{\"order_id\":\"#W1\",\"payment_method_id\":\"gift_card_1\"}",
     "insufficient_balance", "Insufficient"},
    {"modify_pending_order_payment", "{\"order_id\":\"#W1\",\"payment_method_id\":\"paypal_2\"}",
     "not_found", "Payment method"},
    {"modify_pending_order_payment", "{\"order_id\":\"#W2\",\"payment_method_id\":\"gift_card_1\"}",
     "wrong_status", "Non-pending"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"M2\"", "paypal_1"), "not_found",
     "M2: new item not found"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L4\"", "paypal_1"), "not_available",
     "L4: new item not available"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L1\"", "paypal_1"), "not_available",
     "the same"},
    {"modify_pending_order_items", SWAP("#W1", "\"L3\"", "\"L1\"", "paypal_1"), "not_found",
     "L3: item not found"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\",\"L1\"", "\"L2\",\"L3\"", "paypal_1"),
     "not_found", "not that many times"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\",\"L2\"", "\"L3\"", "paypal_1"),
     "invalid_arguments", "number of items"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L3\"", "gift_card_1"),
     "insufficient_balance", "Insufficient gift card balance to pay for the price difference"},
    {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L2\"", "gift_card_2"), "not_found",
     "Payment method"},
    {"modify_pending_order_items", SWAP("#W1", "", "", "paypal_1"), "invalid_arguments",
     "item_ids"},
    {"exchange_delivered_order_items", SWAP("#W1", "\"L1\"", "\"L2\"", "paypal_1"), "wrong_status",
     "Non-delivered"},
    {"exchange_delivered_order_items",
     SWAP("#W2", "\"M1\",\"M1\",\"M1\"", "\"M2\",\"M2\",\"M2\"", "paypal_1"), "not_found",
     "not that many times"},
    {"return_delivered_order_items",
     "{\"order_id\":\"#W2\",\"item_ids\":[\"M1\"],\"payment_method_id\":\"credit_card_1\"}",
     "wrong_method", "original payment method or a gift card"},
    {"return_delivered_order_items",
     "{\"order_id\":\"#W2\",\"item_ids\":[\"L1\"],\"payment_method_id\":\"paypal_1\"}", "not_found",
     "L1: item not found"},
    {"return_delivered_order_items",
     "{\"order_id\":\"#W1\",\"item_ids\":[\"L1\"],\"payment_method_id\":\"credit_card_1\"}",
     "wrong_status", "Non-delivered"},
    {"transfer_to_human_agents", "{\"summary\":\" \"}", "refused", "summary in words"},
};

static void
test_what_is_refused_changes_nothing(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *c = &refusals[i];
        const struct tool_result *r = desk_run(&d, c->tool, c->arguments);
        if (r->status == TOOL_OK || !str_eq_c(r->error_code, c->code) ||
            str_find(r->message, str_c(c->words), 0) == SIZE_MAX) {
            fail_msg("%s %s: %s: %s", c->tool, c->arguments, r->error_code.ptr, r->message.ptr);
        }
        assert_false(r->retryable);
        assert_string_equal(changed(&d), "[]");
    }
    desk_close(&d);
}

/* ---- What is changed --------------------------------------------------------------------------*/

static void
test_looking_shows_what_is_there(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    assert_string_equal(desk_run(&d, "list_all_product_types", "{}")->json.ptr,
                        "{\"Lamp\":\"10\",\"Mug\":\"11\"}");
    assert_string_equal(desk_run(&d, "get_item_details", "{\"item_id\":\"L4\"}")->json.ptr,
                        "{\"item_id\":\"L4\",\"options\":{\"colour\":\"none\"},"
                        "\"available\":false,\"price\":1}");
    assert_string_equal(
        desk_run(&d, "find_user_id_by_email", "{\"email\":\"Anna.BERG@example.com\"}")->json.ptr,
        "\"anna_berg_1\"");
    assert_string_equal(
        desk_run(&d, "find_user_id_by_name_zip",
                 "{\"first_name\":\"anna\",\"last_name\":\"BERG\",\"zip\":\"9000\"}")
            ->json.ptr,
        "\"anna_berg_1\"");
    assert_contains(desk_run(&d, "get_user_details", "{\"user_id\":\"anna_berg_1\"}")->json,
                    "\"gift_card_1\":{\"id\":\"gift_card_1\",\"source\":\"gift_card\","
                    "\"balance\":30}");
    assert_string_equal(changed(&d), "[]");
    desk_close(&d);
}

static void
test_swapped_items_take_each_others_place(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    assert_done(desk_run(&d, "modify_pending_order_items",
                         SWAP("#W1", "\"L1\",\"L2\"", "\"L2\",\"L3\"", "paypal_1")));
    assert_string_equal(
        member(&d, "orders", "#W1", "items"),
        "[{\"name\":\"Lamp\",\"product_id\":\"10\",\"item_id\":\"L2\",\"price\":25.5,"
        "\"options\":{\"colour\":\"blue\"}},"
        "{\"name\":\"Lamp\",\"product_id\":\"10\",\"item_id\":\"L3\",\"price\":60.0,"
        "\"options\":{\"colour\":\"gold\"}},"
        "{\"name\":\"Mug\",\"product_id\":\"11\",\"item_id\":\"M1\",\"price\":7.25,"
        "\"options\":{\"size\":\"small\"}}]");
    assert_contains(str_c(member(&d, "orders", "#W1", "payment_history")),
                    "{\"transaction_type\":\"payment\",\"amount\":40.0,"
                    "\"payment_method_id\":\"paypal_1\"}]");
    assert_string_equal(changed(&d), "[\"orders #W1\"]");
    /* Once an order. */
    assert_contains(
        desk_run(&d, "modify_pending_order_items", SWAP("#W1", "\"M1\"", "\"M2\"", "paypal_1"))
            ->message,
        "only once");
    desk_close(&d);
}

static void
test_gift_cards_pay_and_are_paid(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    assert_done(
        desk_run(&d, "modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L2\"", "gift_card_1")));
    assert_contains(str_c(member(&d, "users", "anna_berg_1", "payment_methods")),
                    "\"balance\":24.5");
    assert_done(desk_run(&d, "modify_pending_order_payment",
                         "{\"order_id\":\"#W3\",\"payment_method_id\":\"paypal_2\"}"));
    assert_contains(str_c(member(&d, "users", "ben_cole_2", "payment_methods")),
                    "\"balance\":25.0");
    /* What was paid twice and given back once is given back once more, to whom it is owed. */
    assert_done(desk_run(&d, "cancel_pending_order",
                         "{\"order_id\":\"#W3\",\"reason\":\"ordered by mistake\"}"));
    assert_contains(str_c(member(&d, "users", "ben_cole_2", "payment_methods")),
                    "\"balance\":25.0");
    assert_contains(str_c(member(&d, "orders", "#W3", "payment_history")),
                    "{\"transaction_type\":\"refund\",\"amount\":20.0,"
                    "\"payment_method_id\":\"paypal_2\"}]");
    assert_string_equal(member(&d, "orders", "#W3", "status"), "\"cancelled\"");
    assert_string_equal(changed(&d), "[\"orders #W1\",\"orders #W3\",\"users anna_berg_1\",\"users "
                                     "ben_cole_2\"]");
    desk_close(&d);
}

static void
test_a_payment_is_changed_once(void **state)
{
    static const char to_paypal[] = "{\"order_id\":\"#W1\",\"payment_method_id\":\"paypal_1\"}";
    struct desk d;
    (void)state;
    desk_open(&d);
    assert_done(desk_run(&d, "modify_pending_order_payment", to_paypal));
    assert_true(str_eq_c(desk_run(&d, "modify_pending_order_payment", to_paypal)->error_code,
                         "already_changed"));
    desk_close(&d);
}

static void
test_what_was_delivered_comes_back(void **state)
{
    static const char return_one[] = "{\"order_id\":\"#W2\",\"item_ids\":[\"M1\"],"
                                     "\"payment_method_id\":\"gift_card_1\"}";
    struct desk d;
    (void)state;
    desk_open(&d);
    assert_done(desk_run(&d, "return_delivered_order_items", return_one));
    assert_string_equal(member(&d, "orders", "#W2", "return_items"), "[\"M1\"]");
    assert_string_equal(member(&d, "orders", "#W2", "return_payment_method_id"), "\"gift_card_1\"");
    /* The money goes when the items are back; and once is once. */
    assert_string_equal(changed(&d), "[\"orders #W2\"]");
    assert_true(str_eq_c(desk_run(&d, "return_delivered_order_items", return_one)->error_code,
                         "wrong_status"));
    desk_close(&d);
}

static void
test_an_exchange_lists_its_items_sorted(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    sqlite3 *db = shop_open(d.shop, SQLITE_OPEN_READWRITE);
    shop_check(db,
               sqlite3_exec(db, "UPDATE orders SET status = 'delivered' WHERE id = '#W1'", NULL,
                            NULL, NULL),
               "deliver");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_done(desk_run(&d, "exchange_delivered_order_items",
                         SWAP("#W1", "\"M1\",\"L2\"", "\"M2\",\"L1\"", "paypal_1")));
    assert_string_equal(member(&d, "orders", "#W1", "exchange_items"), "[\"L2\",\"M1\"]");
    assert_string_equal(member(&d, "orders", "#W1", "exchange_new_items"), "[\"L1\",\"M2\"]");
    assert_string_equal(member(&d, "orders", "#W1", "exchange_price_difference"), "-3.75");
    desk_close(&d);
}

static void
test_a_transfer_is_staged(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    const struct tool_result *r =
        desk_run(&d, "transfer_to_human_agents", "{\"summary\":\"wants a discount\"}");
    assert_done(r);
    assert_true(r->staged.escalate);
    assert_string_equal(r->staged.reason.ptr, "wants a discount");
    desk_close(&d);
}

/* ---- For whom ---------------------------------------------------------------------------------*/

static void
test_a_known_customer_reaches_their_own(void **state)
{
    static const struct {
        const char *tool;
        const char *arguments;
        bool own;
    } cases[] = {
        {"get_order_details", "{\"order_id\":\"#W3\"}", true},
        {"get_order_details", "{\"order_id\":\"#W1\"}", false},
        {"get_user_details", "{\"user_id\":\"ben_cole_2\"}", true},
        {"get_user_details", "{\"user_id\":\"anna_berg_1\"}", false},
        {"find_user_id_by_email", "{\"email\":\"ben@example.com\"}", true},
        {"find_user_id_by_email", "{\"email\":\"anna.berg@example.com\"}", false},
        {"find_user_id_by_name_zip",
         "{\"first_name\":\"Anna\",\"last_name\":\"Berg\",\"zip\":\"9000\"}", false},
        {"cancel_pending_order", "{\"order_id\":\"#W1\",\"reason\":\"no longer needed\"}", false},
        {"modify_pending_order_items", SWAP("#W1", "\"L1\"", "\"L2\"", "paypal_1"), false},
        {"modify_pending_order_payment",
         "{\"order_id\":\"#W1\",\"payment_method_id\":\"paypal_1\"}", false},
        {"modify_pending_order_address", "{\"order_id\":\"#W1\"," ADDRESS "}", false},
        {"modify_user_address", "{\"user_id\":\"anna_berg_1\"," ADDRESS "}", false},
        {"exchange_delivered_order_items", SWAP("#W2", "\"M1\"", "\"M2\"", "paypal_1"), false},
        {"return_delivered_order_items",
         "{\"order_id\":\"#W2\",\"item_ids\":[\"M1\"],\"payment_method_id\":\"paypal_1\"}", false},
        {"get_product_details", "{\"product_id\":\"10\"}", true},
    };
    struct desk d;
    (void)state;
    desk_open(&d);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct caller ben = {"ben_cole_2", "x-ben", false};
        const struct tool_result *r = desk_call(&d, &ben, cases[i].tool, cases[i].arguments);
        bool refused = r->status == TOOL_ERROR && str_eq_c(r->error_code, "not_found");
        if (cases[i].own ? r->status != TOOL_OK : !refused) {
            fail_msg("%s %s: %s", cases[i].tool, cases[i].arguments, r->message.ptr);
        }
    }
    assert_string_equal(changed(&d), "[]");
    desk_close(&d);
}

static void
test_a_dry_run_shows_and_changes_nothing(void **state)
{
    static const char cancel[] = "{\"order_id\":\"#W1\",\"reason\":\"no longer needed\"}";
    const struct caller dry = {"", "x-1", true};
    const struct caller real = {"", "x-1", false};
    struct desk d;
    (void)state;
    desk_open(&d);
    const struct tool_result *r = desk_call(&d, &dry, "cancel_pending_order", cancel);
    assert_done(r);
    assert_contains(r->json, "\"status\":\"cancelled\"");
    assert_string_equal(changed(&d), "[]");
    /* Nor is it remembered. */
    assert_done(desk_call(&d, &real, "cancel_pending_order", cancel));
    assert_string_equal(changed(&d), "[\"orders #W1\"]");
    desk_close(&d);
}

/* ---- Twice ------------------------------------------------------------------------------------*/

static const char address_of_w1[] = "{\"order_id\":\"#W1\"," ADDRESS "}";
static const char cancel_w3[] = "{\"order_id\":\"#W3\",\"reason\":\"no longer needed\"}";

static void
test_a_key_is_carried_out_once(void **state)
{
    const struct caller first = {"", "x-1", false};
    const struct caller other = {"", "x-2", false};
    struct desk d;
    (void)state;
    desk_open(&d);
    const struct tool_result *r = desk_call(&d, &first, "cancel_pending_order", cancel_w3);
    assert_done(r);
    struct str result = r->json;
    r = desk_call(&d, &first, "cancel_pending_order", cancel_w3);
    assert_done(r);
    assert_string_equal(r->json.ptr, result.ptr);
    assert_contains(str_c(member(&d, "users", "ben_cole_2", "payment_methods")),
                    "\"balance\":25.0");
    /* Another key is another wish. */
    r = desk_call(&d, &other, "cancel_pending_order", cancel_w3);
    assert_true(str_eq_c(r->error_code, "wrong_status"));
    /* A key for something else is the host's mistake. */
    r = desk_call(&d, &first, "modify_pending_order_address", address_of_w1);
    assert_true(str_eq_c(r->error_code, "key_reused"));
    assert_string_equal(changed(&d), "[\"orders #W3\",\"users ben_cole_2\"]");
    desk_close(&d);
}

static void
die(const struct dh_host *host, const struct dh_call *call, uint32_t level, struct dh_str text)
{
    (void)host;
    (void)call;
    (void)level;
    if (dh_str_is(text, "done")) {
        (void)raise(SIGKILL);
    }
}

/* In a process of its own: a desk whose log is the end of it. The plugin says "done" between its
 * commit and its answer. */
static void
call_and_die(const struct desk *d)
{
    static const struct dh_log_1 log = {.struct_size = sizeof(log), .write = die};
    const struct caller who = {"", "x-1", false};
    struct plugin_extension extensions[32];
    size_t count;
    const struct plugin_extension *all = host_extensions(&count);
    struct desk child = *d;
    if (count > sizeof(extensions) / sizeof(extensions[0])) {
        _exit(3);
    }
    for (size_t i = 0; i < count; i++) {
        extensions[i] = all[i];
        if (strcmp(all[i].id, DH_LOG_1) == 0) {
            extensions[i].table = &log;
        }
    }
    bench_init_with(&child.bench, extensions, count);
    desk_load(&child);
    (void)desk_call(&child, &who, "cancel_pending_order", cancel_w3);
    _exit(4);
}

static void
test_an_answer_lost_with_its_process_is_found(void **state)
{
    const struct caller who = {"", "x-1", false};
    struct desk d;
    int status;
    (void)state;
    desk_open(&d);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        call_and_die(&d);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_string_equal(member(&d, "orders", "#W3", "status"), "\"cancelled\"");
    const struct tool_result *r = desk_call(&d, &who, "cancel_pending_order", cancel_w3);
    assert_done(r);
    assert_contains(r->json, "\"status\":\"cancelled\"");
    assert_contains(str_c(member(&d, "users", "ben_cole_2", "payment_methods")),
                    "\"balance\":25.0");
    desk_close(&d);
}

/* ---- The database -----------------------------------------------------------------------------*/

static void
test_another_program_writes(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    sqlite3 *other = shop_open(d.shop, SQLITE_OPEN_READWRITE);
    shop_check(other, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), "begin");
    assert_done(desk_run(&d, "get_order_details", "{\"order_id\":\"#W1\"}"));
    const struct tool_result *r = desk_run(&d, "modify_pending_order_address", address_of_w1);
    assert_true(str_eq_c(r->error_code, "unavailable"));
    assert_true(r->retryable);
    shop_check(other, sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), "commit");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_done(desk_run(&d, "modify_pending_order_address", address_of_w1));
    desk_close(&d);
}

/* It waits for another program's transaction, and when that is over nobody waits for it. */
static void
test_a_call_that_was_given_up_changes_nothing(void **state)
{
    const struct tool_scope scope = {
        .call = STR("x-1"), .conversation = STR("c-1"), .turn = STR("t-1")};
    struct desk d;
    struct err err = {0};
    (void)state;
    desk_open(&d);
    struct bench *b = &d.bench;
    struct bench_call *c = &b->calls[b->call_count++];
    *c = (struct bench_call){.bench = b};
    sqlite3 *other = shop_open(d.shop, SQLITE_OPEN_READWRITE);
    shop_check(other, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), "begin");
    assert_int_equal(tool_call_start(b->registry, STR("modify_pending_order_address"),
                                     str_c(address_of_w1), &scope, &b->arena, bench_on_done, c,
                                     &c->call, &err),
                     0);
    bench_idle(b, 200);
    tool_call_cancel(c->call);
    shop_check(other, sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), "commit");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    bench_idle(b, 500);
    assert_string_equal(changed(&d), "[]");
    assert_int_equal(c->count, 0);
    desk_close(&d);
}

static void
test_no_database(void **state)
{
    static const char *const contents[] = {NULL, "this is no database, whatever it says it is", ""};
    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct desk d;
        desk_open(&d);
        assert_int_equal(unlink(d.shop), 0);
        FILE *file = contents[i] ? fopen(d.shop, "wb") : NULL;
        if (file) {
            assert_true(fputs(contents[i], file) >= 0);
            assert_int_equal(fclose(file), 0);
        }
        const struct tool_result *r = desk_run(&d, "get_order_details", "{\"order_id\":\"#W1\"}");
        assert_int_equal(r->status, TOOL_ERROR);
        assert_contains(r->message, "correct the path");
        desk_close(&d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_deep_parentheses),
        cmocka_unit_test(test_what_is_refused_changes_nothing),
        cmocka_unit_test(test_looking_shows_what_is_there),
        cmocka_unit_test(test_swapped_items_take_each_others_place),
        cmocka_unit_test(test_gift_cards_pay_and_are_paid),
        cmocka_unit_test(test_a_payment_is_changed_once),
        cmocka_unit_test(test_what_was_delivered_comes_back),
        cmocka_unit_test(test_an_exchange_lists_its_items_sorted),
        cmocka_unit_test(test_a_transfer_is_staged),
        cmocka_unit_test(test_a_known_customer_reaches_their_own),
        cmocka_unit_test(test_a_dry_run_shows_and_changes_nothing),
        cmocka_unit_test(test_a_key_is_carried_out_once),
        cmocka_unit_test(test_an_answer_lost_with_its_process_is_found),
        cmocka_unit_test(test_another_program_writes),
        cmocka_unit_test(test_a_call_that_was_given_up_changes_nothing),
        cmocka_unit_test(test_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
