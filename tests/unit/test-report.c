/* Reports: twenty conversations whose numbers were worked out by hand (report_fixture.h). What a
 * report is made of is in test-report-parts.c; that it reads what the metrics' own SQL says, in
 * test-report-sets.c. */
#include "report_fixture.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "report/format.h"

/* ---- Cases ---------------------------------------------------------------------------------- */

static void
test_rates(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    /* New: c-01 to c-18. The bot was in all but c-17. */
    check_line(&d, "involvement", "", "", 17, 18);
    /* Silent and never handed over: c-01 to c-12. Ended besides: c-13, c-14, c-16 (c-15 waits,
     * c-18 goes on). */
    check_line(&d, "containment", "", "", 12, 15);
    /* c-01 02 03 05 06 10 12. */
    check_line(&d, "resolution", "", "", 7, 17);
    /* c-01 c-10. */
    check_line(&d, "resolution_confirmed", "", "", 2, 17);
    /* c-13 14 15 16. */
    check_line(&d, "escalation", "", "", 4, 17);
    /* c-04 07 08 09 11; with 7 resolved, 4 handed over and c-18 that makes 17. */
    check_line(&d, "abandonment", "", "", 5, 17);
    /* Rated: c-01 5, c-03 3, c-09 1, c-10 4 (after a 1), c-13 5, c-16 2. */
    check_line(&d, "csat", "", "", 3, 6);
    /* Ended: c-01 to c-14, c-16, c-17. */
    check_line(&d, "csat_response", "", "", 6, 16);
    /* ok: c-03 1, c-04 1, c-05 2, c-06 2; c-02 has an error, a timeout and a rejected one. */
    check_line(&d, "tool_success", "", "", 6, 9);
    /* c-02's one, of all that ran or were rejected. */
    check_line(&d, "refused_by_policy", "", "", 1, 10);
    /* c-02 2, c-05 2, c-13, c-14, c-15 2; a test's is not counted. */
    check_line(&d, "approvals_asked", "", "", 8, 17);
    /* c-02 2, c-05 the one that was used, c-14 which expired unused. */
    check_line(&d, "approvals_granted", "", "", 4, 8);
    /* 23 turns of 1100 tokens. */
    check_line(&d, "tokens_per_conversation", "", "", 25300, 17);
    /* 19 turns of "large": (600 * 3 + 400 * 0.3 + 100 * 15) / 1e6 = 0.00342 each. */
    check_line(&d, "cost_per_conversation", "", "", 0.06498, 17);
    assert_int_equal(d.report.unpriced_count, 1);
    assert_str(d.report.unpriced[0], "small");
    const struct report_line *line = line_of(&d, "containment", "", "");
    assert_true(line->has_value && line->value == 80);
    close_desk(&d);
}

static void
test_lists(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    check_line(&d, "outcomes", "", "", 17, 17);
    check_line(&d, "outcomes", "", "answered", 7, 17);
    check_line(&d, "outcomes", "", "handed_over", 4, 17);
    check_line(&d, "outcomes", "", "abandoned", 3, 17); /* c-04 09 11 */
    check_line(&d, "outcomes", "", "limit", 1, 17);
    check_line(&d, "outcomes", "", "failed", 1, 17);
    check_line(&d, "outcomes", "", "open", 1, 17);
    check_line(&d, "top_handover_reasons", "", "", 5, 5);
    check_line(&d, "top_handover_reasons", "", "refund", 2, 5);
    check_line(&d, "top_handover_reasons", "", "warranty", 2, 5);
    check_line(&d, "top_handover_reasons", "", "asked", 1, 5);
    check_line(&d, "queries_without_result", "", "", 3, 6);
    check_line(&d, "queries_without_result", "", "garden lamp", 2, 6);
    check_line(&d, "queries_without_result", "", "solar", 1, 6);
    assert_null(line_of(&d, "queries_without_result", "", "test"));
    close_desk(&d);
}

static void
test_times(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        double median;
        double p90;
        double count;
        double of;
    } cases[] = {
        /* Minutes 7, 12, 3, and 4 after the reopening; c-15 waits, c-17 got no reply. Six
         * stretches: one each of five tickets, and c-16's second. */
        {"first_response", 5.5 * MINUTE, 12 * MINUTE, 4, 6},
        /* 15, 20, 9, 17, 2. */
        {"handle_time", 15 * MINUTE, 20 * MINUTE, 5, 5},
        /* 20, 30, 120, 4; c-15 is not resolved. */
        {"resolution_time", 25 * MINUTE, 120 * MINUTE, 4, 5},
        /* 4 and 6, 2, 9; c-15's two nobody decided. */
        {"approval_wait", 5 * MINUTE, 9 * MINUTE, 4, 6},
        /* 16 of 1 s (17 first turns, c-12's crashed), 5 of 2 s, 1 of 3 s: the 20th of 22 is 2 s. */
        {"turn_time", 1000, 2000, 22, 23},
        /* 11 of 100 ms, 3 of 200 ms (c-02 06 12), 1 of 300 ms: the 14th of 15 is 200 ms. */
        {"first_text_time", 100, 200, 15, 23},
    };
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct report_line *line = line_of(&d, cases[i].metric, "", "");
        assert_non_null(line);
        check_line(&d, cases[i].metric, "", "", cases[i].count, cases[i].of);
        if (line->value != cases[i].median || line->p90 != cases[i].p90) {
            fail_msg("%s: %g, %g", cases[i].metric, line->value, line->p90);
        }
    }
    close_desk(&d);
}

static void
test_split(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_DAY);
    check_line(&d, "involvement", "2026-03-02", "", 6, 6);
    check_line(&d, "involvement", "2026-03-03", "", 6, 6);
    check_line(&d, "involvement", "2026-03-04", "", 5, 6);
    assert_null(line_of(&d, "involvement", "2026-03-01", ""));
    check_line(&d, "turn_time", "2026-03-02", "", 8, 8);
    check_line(&d, "outcomes", "2026-03-02", "answered", 5, 6);
    ask(&d, BY_WEEK);
    check_line(&d, "involvement", "2026-W10", "", 17, 18);
    ask(&d, BY_CHANNEL);
    check_line(&d, "involvement", "web", "", 9, 9);
    check_line(&d, "involvement", "cli", "", 8, 9);
    assert_null(line_of(&d, "involvement", "test", ""));
    ask(&d, BY_TOPIC);
    check_line(&d, "involvement", "product", "", 4, 4);
    check_line(&d, "resolution", "product", "", 3, 4);
    check_line(&d, "involvement", "(none)", "", 13, 14);
    ask(&d, BY_PROMPT);
    check_line(&d, "resolution", "customer_service@01234567", "", 5, 6);
    check_line(&d, "resolution", "customer_service@abcdefgh", "", 2, 11);
    ask(&d, BY_OUTCOME);
    check_line(&d, "csat", "answered", "", 2, 3);
    check_line(&d, "csat", "abandoned", "", 0, 1);
    check_line(&d, "csat", "handed_over", "", 1, 2);
    ask(&d, BY_MODEL);
    check_line(&d, "tokens_per_conversation", "large", "", 20900, 14);
    check_line(&d, "tokens_per_conversation", "small", "", 4400, 3);
    ask(&d, BY_TOOL);
    check_line(&d, "tool_success", "search_product_catalog", "", 4, 4);
    check_line(&d, "tool_success", "lookup_troubleshooting_steps", "", 2, 2);
    check_line(&d, "tool_success", "get_order", "", 0, 3);
    check_line(&d, "refused_by_policy", "get_order", "", 1, 4);
    check_line(&d, "approvals_granted", "get_order", "", 4, 8);
    check_line(&d, "queries_without_result", "lookup_troubleshooting_steps", "solar", 1, 2);
    close_desk(&d);

    open_desk(&d, true);
    ok(tz_load(STR("UTC"), &d.arena, &d.request.tz, &(struct err){0}), &(struct err){0});
    ask(&d, BY_DAY);
    check_line(&d, "involvement", "2026-03-01", "", 1, 1);
    check_line(&d, "involvement", "2026-03-02", "", 5, 5);
    close_desk(&d);
}

static void
test_period(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    d.request.since = 0; /* c-21 besides */
    ask(&d, BY_NONE);
    check_line(&d, "involvement", "", "", 18, 19);
    d.request.since = monday;
    d.request.until = monday + DAY;
    ask(&d, BY_NONE);
    check_line(&d, "involvement", "", "", 5, 5); /* c-02 to c-06 */
    close_desk(&d);
}

static void
join(const struct str *ids, size_t count, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s%s", i ? " " : "", ids[i].ptr + 2);
    }
}

static void
test_explain(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        const char *numerator;
        const char *denominator;
    } cases[] = {
        {"resolution", "01 02 03 05 06 10 12",
         "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18"},
        {"abandonment", "04 07 08 09 11", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18"},
        {"containment", "01 02 03 04 05 06 07 08 09 10 11 12",
         "01 02 03 04 05 06 07 08 09 10 11 12 13 14 16"},
        {"csat", "01 10 13", "01 03 09 10 13 16"},
        {"csat_response", "01 03 09 10 13 16", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 16 17"},
        {"first_response", "13 14 16", "13 14 15 16 17"},
        {"tool_success", "03 04 05 06", "02 03 04 05 06"},
        {"queries_without_result", "04 05 06", "03 04 05 06"},
        {"refused_by_policy", "02", "02 03 04 05 06"},
        {"approvals_asked", "02 05 13 14 15", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18"},
        {"approvals_granted", "02 05 14", "02 05 13 14 15"},
        {"approval_wait", "02 13 14", "02 13 14 15"},
    };
    struct desk d;
    char text[256];
    open_desk(&d, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d.explain = metric_find(str_c(cases[i].metric));
        ask(&d, BY_NONE);
        join(d.sets.numerator, d.sets.numerator_count, text, sizeof(text));
        assert_string_equal(text, cases[i].numerator);
        join(d.sets.denominator, d.sets.denominator_count, text, sizeof(text));
        assert_string_equal(text, cases[i].denominator);
    }
    close_desk(&d);
}

/* The one pass over all conversations and each metric's own SQL must agree. */
static void
test_explain_agrees(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    ask(&d, BY_NONE);
    size_t checked = 0;
    for (size_t i = 0; i < d.request.metric_count; i++) {
        const struct metric *m = d.metrics[i];
        if (m->numerator.set->with[0] == '\0') { /* not of whole conversations */
            continue;
        }
        d.explain = m;
        ask(&d, BY_NONE);
        check_line(&d, m->name, "", "", (double)d.sets.numerator_count,
                   (double)d.sets.denominator_count);
        checked++;
    }
    assert_int_equal(checked, 9);
    close_desk(&d);
}

static void
test_empty(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, false);
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        ask(&d, (enum metric_by)by);
        assert_int_equal(d.report.count, by == BY_NONE ? d.request.metric_count : 0);
        for (size_t i = 0; i < d.report.count; i++) {
            const struct report_line *line = &d.report.lines[i];
            assert_false(line->has_value);
            assert_true(line->numerator == 0 && line->denominator == 0);
        }
    }
    close_desk(&d);
}

static void
test_forms(void **state)
{
    (void)state;
    struct desk d;
    struct err err = {0};
    open_desk(&d, true);
    for (unsigned by = BY_NONE; by <= BY_OUTCOME; by++) {
        AUTO(buf) struct buf json;
        AUTO(buf) struct buf text;
        struct js *root;
        buf_init(&json, LIMIT_OUTPUT_BYTES);
        buf_init(&text, LIMIT_OUTPUT_BYTES);
        ask(&d, (enum metric_by)by);
        report_write(&json, &d.request, &d.report, REPORT_JSON);
        report_write(&text, &d.request, &d.report, REPORT_TEXT);
        ok(js_parse_object(buf_str(&json), "report", &d.arena, &root, &err), &err);
        /* Where nothing falls into any group, the metric is left out. */
        size_t count = js_count(js_get_c(root, "metrics"));
        assert_true(by == BY_NONE ? count == d.request.metric_count : count > 10);
        assert_true(text.len > 0 && !text.failed);
    }
    close_desk(&d);
}

/* docs/metrics.md is what the table says. */
static void
test_manual(void **state)
{
    (void)state;
    AUTO(buf) struct buf want;
    AUTO(arena) struct arena arena = {0};
    const char *source = getenv("DESKHAND_SOURCE");
    struct str path = arena_printf(&arena, "%s/docs/metrics.md", source ? source : ".");
    char *bytes = arena_zero(&arena, 1, 200000);
    FILE *file = fopen(path.ptr, "r");
    buf_init(&want, LIMIT_OUTPUT_BYTES);
    metric_write_manual(&want);
    if (file) {
        bytes[fread(bytes, 1, 199999, file)] = '\0';
        (void)fclose(file);
    }
    if (strcmp(bytes, want.text) != 0) {
        fail_msg("docs/metrics.md is not what the table says; write it anew with\n"
                 "    test-report --print-manual > docs/metrics.md");
    }
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print-manual") == 0) {
        AUTO(buf) struct buf out;
        buf_init(&out, LIMIT_OUTPUT_BYTES);
        metric_write_manual(&out);
        return fputs(out.text, stdout) < 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),     cmocka_unit_test(test_lists),
        cmocka_unit_test(test_times),     cmocka_unit_test(test_split),
        cmocka_unit_test(test_period),    cmocka_unit_test(test_explain),
        cmocka_unit_test(test_explain_agrees), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_manual),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
