#include "gauntlet.h"

#include "base/json.h"
#include "plugin/cage.h"

/* The schemas as trees, as they stand in the manifest. */
static int
read_schemas(struct gauntlet *g, struct err *err)
{
    size_t count = g->manifest->tool_count;
    g->tools = arena_zero(g->arena, count, sizeof(*g->tools));
    if (!g->tools) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct js *schema;
        g->tools[i].def = &g->manifest->tools[i];
        int result = js_parse(g->manifest->tools[i].schema_text, g->arena, &schema, err);
        if (result < 0) {
            return result;
        }
        g->tools[i].schema = schema;
    }
    return 0;
}

/* All that it did in any step. */
static void
tell_manners(struct gauntlet *g)
{
    report_begin(&g->report, "manners");
    for (const struct gauntlet_finding *f = g->manners.first->first; f; f = f->next) {
        report_failure(&g->report, f->mend.ptr, "%" STR_FMT, STR_ARG(f->what));
    }
    for (unsigned part = 1; part <= CAGE_ALL; part <<= 1) {
        if (g->missing & part) {
            struct str name = cage_part_name(part);
            report_note(&g->report, NULL,
                        "its cage was not whole (%" STR_FMT "): elsewhere it may be refused more",
                        STR_ARG(name));
        }
    }
    report_end(&g->report, "processes, threads, descriptors, output, and what is not its own");
}

static void
skip_what_needs_calls(struct gauntlet *g, const char *why)
{
    static const char *const names[] = {"cancel", "parallel", "memory", "rounds", "valgrind"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        report_skip(&g->report, names[i], why);
    }
}

static bool
any_left(const struct gauntlet *g)
{
    for (size_t i = 0; i < g->manifest->tool_count; i++) {
        if (g->tools[i].plain > 0 && !g->tools[i].broken) {
            return true;
        }
    }
    return false;
}

static int
run_slow_groups(struct gauntlet *g, struct err *err)
{
    if (g->quick) {
        report_skip(&g->report, "memory", "--quick");
        report_skip(&g->report, "rounds", "--quick");
        report_skip(&g->report, "valgrind", "--quick");
        return 0;
    }
    int result = gauntlet_group_memory(g, err);
    if (result == 0) {
        result = gauntlet_group_rounds(g, err);
    }
    if (result == 0 && g->report.failed > 0) {
        report_skip(&g->report, "valgrind", "mend the rest first");
        return 0;
    }
    return result == 0 ? gauntlet_group_valgrind(g, err) : result;
}

static int
run_groups(struct gauntlet *g, struct err *err)
{
    int result = gauntlet_group_calls(g, err);
    if (result == 0 && (!g->starts || !any_left(g))) {
        skip_what_needs_calls(g, g->starts ? "there is no tool left to call" : "it did not start");
        return 0;
    }
    if (result == 0) {
        result = gauntlet_group_cancel(g, err);
    }
    if (result == 0) {
        result = gauntlet_group_parallel(g, err);
    }
    return result == 0 ? run_slow_groups(g, err) : result;
}

int
gauntlet_run(struct gauntlet *g, struct err *err)
{
    g->starts = true;
    g->manners = (struct gauntlet_report){.json = true, .arena = g->arena};
    report_begin(&g->manners, "manners");
    int result = read_schemas(g, err);
    if (result < 0) {
        return result;
    }
    gauntlet_words(g);
    result = gauntlet_arguments(g, err);
    if (result == 0) {
        result = run_groups(g, err);
    }
    if (result == 0) {
        tell_manners(g);
    }
    if (result == 0 && (g->report.lost || g->manners.lost)) {
        result = err_nomem(err);
    }
    return result;
}
