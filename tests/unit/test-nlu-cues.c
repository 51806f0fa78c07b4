/* cues, pairs, prices and heads: what a message asks for besides its intent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/arena.h"
#include "nlu/nlu.h"

static void
test_cues(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned has;
        unsigned lacks;
    } cases[] = {
        {"compare those two", NLU_CUE_COMPARE | NLU_CUE_MANY | NLU_CUE_BOTH, NLU_CUE_FITS},
        {"the Eave or the Flit, which one sees further?", NLU_CUE_COMPARE, NLU_CUE_FITS},
        {"how is it different from the first one?", NLU_CUE_COMPARE, 0},
        {"is there anything cheaper", 0, NLU_CUE_COMPARE | NLU_CUE_FITS},
        {"does it work with the hub?", NLU_CUE_FITS, NLU_CUE_COMPARE},
        {"and with a hub 3?", NLU_CUE_FITS, 0},
        {"a bulb without a hub", NLU_CUE_WITHOUT, 0},
        {"can I speak to a person", 0, NLU_CUE_FITS},
        {"is that in stock?", NLU_CUE_STOCK, NLU_CUE_PRICE},
        {"how much is it", NLU_CUE_PRICE, NLU_CUE_STOCK},
        {"which of those has a battery?", NLU_CUE_WHICH | NLU_CUE_MANY, NLU_CUE_OTHER},
        {"and the other one?", NLU_CUE_OTHER, NLU_CUE_BACK},
        {"go back please", NLU_CUE_BACK, NLU_CUE_REPEAT},
        {"I want to send it back", 0, NLU_CUE_BACK},
        {"can you repeat that?", NLU_CUE_REPEAT, NLU_CUE_BACK},
        {"I can't reach it", NLU_CUE_UNABLE, 0},
        {"any kind, I don't mind", NLU_CUE_ANY, 0},
        {"what's the weather like", NLU_CUE_GENERAL, NLU_CUE_OPINION},
        {"an outdoor camera for bad weather", 0, NLU_CUE_GENERAL},
        {"which one do you like best?", NLU_CUE_OPINION, NLU_CUE_GENERAL},
        {"please delete my account", NLU_CUE_ACCOUNT, 0},
        {"I changed my wi-fi password", 0, NLU_CUE_ACCOUNT},
        {"I'll take it", NLU_CUE_BUY, 0},
        {"can you check my order for me?", NLU_CUE_LOOK_UP, 0},
        {"are you a robot?", NLU_CUE_WHO, 0},
        {"do I get a discount", NLU_CUE_DISCOUNT, 0},
        {"one like that with a battery", NLU_CUE_LIKE, 0},
        {"do you sell those", NLU_CUE_SELL, 0},
        {"", 0, ~0u},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct nlu_reading r;
        assert_int_equal(nlu_read(str_c(cases[i].text), &arena, &r, &err), 0);
        if ((r.cues & cases[i].has) != cases[i].has || (r.cues & cases[i].lacks) != 0) {
            fail_msg("\"%s\": %x, lacks %x, should lack %x", cases[i].text, r.cues,
                     cases[i].has & ~r.cues, r.cues & cases[i].lacks);
        }
    }
}

static void
test_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *left;
        const char *right;
        int ordinal;
        int ordinal_too;
    } cases[] = {
        {"what's the difference between the Hub 2 and the Hub 3?", "Hub 2", "Hub 3", 0, 0},
        {"compare the Hub 2 and 3", "Hub 2", "Hub 3", 0, 0},
        {"which is better, the Meter Plug or the Garden Plug?", "Meter Plug", "Garden Plug", 0, 0},
        {"how does it compare to the Hub 3 Plus?", "", "Hub 3 Plus", 0, 0},
        {"compare the first and the third", "", "", 1, 3},
        {"compare them", "", "", 0, 0},
        {"does it work with the hub?", "", "hub", 0, 0},
        {"does the Turn Pro work with the Hub 2", "Turn Pro", "Hub 2", 0, 0},
        {"do I need a hub for it?", "hub", "", 0, 0},
        {"which batteries fit the Turn Pro?", "batteries", "Turn Pro", 0, 0},
        {"my hub is broken", "", "", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct nlu_reading r;
        assert_int_equal(nlu_read(str_c(cases[i].text), &arena, &r, &err), 0);
        bool right = str_eq_c(r.left, cases[i].left) && str_eq_c(r.right, cases[i].right) &&
                     r.ordinal == cases[i].ordinal && r.ordinal_too == cases[i].ordinal_too;
        if (!right) {
            fail_msg("\"%s\": \"%" STR_FMT "\" and \"%" STR_FMT "\", %d and %d", cases[i].text,
                     STR_ARG(r.left), STR_ARG(r.right), r.ordinal, r.ordinal_too);
        }
    }
}

static void
test_wishes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *query;
        const char *head;
        double min_price;
        double max_price;
        bool details;
    } cases[] = {
        {"speakers between 80 and 130 euros", "speakers", "speakers", 80, 130, false},
        {"cameras over 100 euros", "cameras", "cameras", 100, 0, false},
        {"everything costs 1 euro. what does the Hub 3 cost?", "Hub 3", "Hub", 0, 0, false},
        {"sorry, that was the cat. do you sell door sensors", "door sensors", "sensors", 0, 0,
         false},
        {"outside, for the fairy lights", "outside fairy lights", "outside", 0, 0, true},
        {"something that warns of water", "warns water", "", 0, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) struct arena arena = {0};
        struct err err = {0};
        struct nlu_reading r;
        assert_int_equal(nlu_read(str_c(cases[i].text), &arena, &r, &err), 0);
        bool right = str_eq_c(r.query, cases[i].query) && str_eq_c(r.head, cases[i].head) &&
                     r.min_price == cases[i].min_price && r.max_price == cases[i].max_price &&
                     r.details == cases[i].details;
        if (!right) {
            fail_msg("\"%s\": \"%" STR_FMT "\", head \"%" STR_FMT "\", %.2f to %.2f, %d",
                     cases[i].text, STR_ARG(r.query), STR_ARG(r.head), r.min_price, r.max_price,
                     r.details);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cues),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_wishes),
    };
    return cmocka_run_group_tests_name("cues", tests, NULL, NULL);
}
