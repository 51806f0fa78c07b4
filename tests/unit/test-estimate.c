/* The estimate of tokens: texts against a real tokenizer's counts, its parts, requests, and the
 * factor a model's answers teach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "model/estimate.h"
#include "model/model.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Counted in o200k_base; one text alone is good to a fifth. */
static const struct {
    const char *text;
    int64_t tokens;
} texts[] = {
    {"Hello, my order has not arrived yet. I ordered two lamps on Monday and the parcel was meant "
     "to be here by Thursday. Could you please tell me where it is?",
     35},
    {"{\"order_id\":\"A-1001\",\"status\":\"shipped\",\"items\":[{\"sku\":\"LAMP-04\",\"name\":"
     "\"Desk lamp, black\",\"quantity\":2,\"price_cents\":3995}],"
     "\"shipped_at\":\"2026-03-14T09:26:53Z\"}",
     61},
    {"Guten Tag, meine Bestellung ist noch nicht angekommen. Ich habe am Montag zwei "
     "Schreibtischlampen bestellt, und das Paket sollte bis Donnerstag da sein. Können Sie mir "
     "bitte sagen, wo es bleibt? Für die Rücksendung bräuchte ich außerdem ein Etikett.",
     57},
    {"Здравствуйте, мой заказ ещё не пришёл. Я заказал две лампы в понедельник, посылка должна "
     "была прийти до четверга. Подскажите, пожалуйста, где она?",
     40},
    {"こんにちは。月曜日にデスクランプを二つ注文しましたが、まだ届いていません。"
     "木曜日までに届くはずでした。荷物がどこにあるか教えていただけますか。",
     47},
    {"ASUS ROG Strix G15 G513QM-HN064T 39.6 cm (15.6\") 1920 x 1080 144 Hz, Ryzen 9 5900HX, "
     "16 GB DDR4, 1 TB SSD, GeForce RTX 3060",
     61},
};

static void
test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t got = estimate_text(str_c(texts[i].text));
        if (llabs(got - texts[i].tokens) * 5 > texts[i].tokens) {
            fail_msg("%s: %d tokens, estimated %d", texts[i].text, (int)texts[i].tokens, (int)got);
        }
    }
}

static const struct {
    const char *text;
    int64_t tokens;
} parts[] = {
    {"", 0},
    {"a", 1},
    {" ", 0},
    {"word word", 2},
    {"12345 1234", 6}, /* three digits a piece */
    {"getOrderById", 4},
    {"HTTP", 2},
    {"----------", 1},
    {"\n\n\n\n", 0}, /* at the start: belongs to what was before */
    {"a\n\n\nb", 3},
    {"\xFF\xFE\xFD", 3},
    {"internationalization", 8},
};

static void
test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        int64_t got = estimate_text(str_c(parts[i].text));
        if (got != parts[i].tokens) {
            fail_msg("'%s': %d, not %d", parts[i].text, (int)got, (int)parts[i].tokens);
        }
    }
}

/* A longer text is never fewer tokens. */
static void
test_grows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct str text = str_c(texts[i].text);
        int64_t before = 0;
        for (size_t len = 0; len <= text.len; len++) {
            int64_t now = estimate_text(str_sub(text, 0, len));
            /* Half a character is a broken byte or two. */
            assert_true(now >= before - 3);
            before = now;
        }
    }
}

static int64_t
estimate_content(const char *content)
{
    AUTO(arena) struct arena arena = {0};
    struct message m = {.role = ROLE_USER};
    struct err err = {0};
    struct model_request r = {.messages = &m, .message_count = 1};
    if (message_parse_content(str_c(content), &arena, &m.blocks, &m.count, &err) != 0) {
        fail_msg("%s", err.message);
    }
    return estimate_request(&r);
}

static void
test_requests(void **state)
{
    (void)state;
    const struct model_tool tool = {.name = STR("get_order"),
                                    .description = STR("Look up an order."),
                                    .schema = STR("{\"type\":\"object\"}")};
    struct model_request r = {0};
    int64_t empty = estimate_request(&r);
    r.system = STR("You are a support agent.");
    int64_t with_system = estimate_request(&r);
    r.tools = &tool;
    r.tool_count = 1;
    int64_t with_tool = estimate_request(&r);
    assert_true(empty > 0 && empty < 10);
    assert_int_equal(with_system - empty, estimate_text(r.system));
    assert_true(with_tool > with_system + 10 && with_tool < with_system + 40);

    int64_t text = estimate_content("[{\"text\":\"Where is my order?\"}]");
    int64_t result = estimate_content("[{\"toolResult\":{\"toolUseId\":\"x\",\"content\":"
                                      "[{\"json\":{\"status\":\"shipped\"}}]}}]");
    int64_t image = estimate_content("[{\"image\":{\"format\":\"png\",\"source\":{}}}]");
    int64_t page = estimate_content("[{\"document\":{\"format\":\"pdf\",\"source\":{}}}]");
    int64_t note = estimate_content("[{\"document\":{\"format\":\"txt\",\"source\":{}}}]");
    assert_true(text > 8 && text < 16);
    assert_true(result > 12 && result < 40);
    assert_true(image > 1000 && image < 2000 && page > image && note < 30);
}

static void
test_learning(void **state)
{
    (void)state;
    struct estimate_factor f = {0};
    assert_int_equal(estimate_corrected(&f, 100), 100);
    for (int i = 0; i < 100; i++) {
        estimate_learn(&f, 1000, 1250);
    }
    assert_true(estimate_corrected(&f, 1000) >= 1240 && estimate_corrected(&f, 1000) <= 1250);
    assert_int_equal(estimate_corrected(&f, 1), 1);
    assert_int_equal(estimate_corrected(&f, 0), 0);

    /* What tells nothing teaches nothing. */
    struct estimate_factor before = f;
    estimate_learn(&f, 1000, 0);
    estimate_learn(&f, 10, 1000);
    estimate_learn(&f, 1000, -1);
    assert_memory_equal(&f, &before, sizeof(f));
}

/* One answer's nonsense is bounded, and forgotten. */
static void
test_nonsense(void **state)
{
    (void)state;
    struct estimate_factor f = {0};
    estimate_learn(&f, 100, INT64_MAX);
    assert_true(estimate_corrected(&f, 100) <= 250);
    for (int i = 0; i < 100; i++) {
        estimate_learn(&f, 1000, 1000);
    }
    assert_true(estimate_corrected(&f, 1000) < 1050);
    estimate_learn(&f, 1000, INT64_MAX);
    assert_true(estimate_corrected(&f, 1000) < 1200);
    for (int i = 0; i < 1000; i++) {
        estimate_learn(&f, 1000000, 50);
    }
    assert_true(estimate_corrected(&f, 1000) >= 250 && estimate_corrected(&f, 1) == 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),    cmocka_unit_test(test_parts),
        cmocka_unit_test(test_grows),    cmocka_unit_test(test_requests),
        cmocka_unit_test(test_learning), cmocka_unit_test(test_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
