/* Groups of calls that ought to be answered: one after the other, called off, and side by side. */
#include <stdio.h>

#include "base/json.h"
#include "gauntlet.h"
#include "tools/plugin-host/check_wire.h"

enum {
    PATIENCE_MS = 15 * 1000, /* with one call, whatever its tool wants */
    STEP_MS = 20 * 1000,     /* of one tool's calls */
    SLOW_MS = 20,            /* long enough to be called off half way */
    LONG_MS = 1000,          /* too long for never asking */
};

static int64_t
timeout_of(const struct gauntlet_tool *t)
{
    return t->def->timeout_ms < PATIENCE_MS ? t->def->timeout_ms : PATIENCE_MS;
}

static bool
callable(const struct gauntlet_tool *t)
{
    return t->plain > 0 && !t->broken;
}

/* How often something was answered, and how: what a step's lines add up to. */
struct tally {
    size_t answers;
    size_t errors;
    int64_t slowest_ms;
    struct str error; /* one of them */
};

/* ---- One after the other ----------------------------------------------------------------------*/

static void
note_fault(struct gauntlet *g, const struct gauntlet_call *call, const struct js *line)
{
    struct str name = gauntlet_name(g, call);
    struct str message = js_get_text(line, "message");
    size_t sentence = str_find(message, STR(". "), 0);
    report_failure(&g->report,
                   "Answer exactly once before call() returns, with result() or fail(), and with "
                   "valid JSON of at most 256 KiB.",
                   "%" STR_FMT ": %" STR_FMT, STR_ARG(name),
                   STR_ARG(str_sub(message, 0, sentence == SIZE_MAX ? sentence : sentence + 1)));
}

static void
note_error(struct gauntlet *g, struct tally *tally, const struct gauntlet_call *call,
           const struct js *line)
{
    struct str code = js_get_text(line, "code");
    struct str message = js_get_text(line, "message");
    tally->errors++;
    tally->error =
        arena_printf(g->arena, "%" STR_FMT ": %" STR_FMT, STR_ARG(code), STR_ARG(message));
    if (code.len == 0 || str_trim(message).len == 0) {
        struct str name = gauntlet_name(g, call);
        report_note(&g->report,
                    "Give fail() a word for the record, and a sentence for the model: what was "
                    "wrong, and what to do instead.",
                    "%" STR_FMT ": an error without words", STR_ARG(name));
    }
}

static void
note_answer(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line)
{
    struct tally *tally = step->arg;
    int64_t i = js_get_int(line, "i", -1);
    struct str status = js_get_text(line, "status");
    if (!str_eq_c(js_get_text(line, "e"), "answer") || i < 0 || (size_t)i >= step->count) {
        return;
    }
    const struct gauntlet_call *call = &step->calls[i];
    struct gauntlet_tool *tool = &g->tools[call->tool];
    int64_t ms = js_get_int(line, "ms", 0);
    tally->answers++;
    tally->slowest_ms = ms > tally->slowest_ms ? ms : tally->slowest_ms;
    tool->asks = tool->asks || js_get_int(line, "asked", 0) > 0;
    if (call->set < tool->plain && ms > tool->slowest_ms) {
        tool->slowest_ms = ms;
    }
    if (str_eq_c(status, "timeout")) {
        struct str name = gauntlet_name(g, call);
        report_failure(&g->report, "Make it quicker, give it a longer timeout_ms, or answer less.",
                       "%" STR_FMT ": no answer within %lld ms", STR_ARG(name),
                       (long long)call->timeout_ms);
    } else if (str_eq_c(js_get_text(line, "code"), "plugin_fault")) {
        note_fault(g, call, line);
    } else if (str_eq_c(status, "error")) {
        note_error(g, tally, call, line);
    } else if (tool->alone) {
        tool->alone[call->set] = arena_str(g->arena, js_get_text(line, "text"));
    }
}

/* All that was made for one tool. */
static int
call_tool(struct gauntlet *g, size_t index, struct tally *all, struct err *err)
{
    struct gauntlet_tool *tool = &g->tools[index];
    struct tally tally = {0};
    size_t count = g->quick ? tool->plain : tool->fit.count;
    struct gauntlet_call *calls = arena_zero(g->arena, count, sizeof(*calls));
    tool->alone = arena_zero(g->arena, count, sizeof(*tool->alone));
    if (!calls || !tool->alone) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        calls[i] = (struct gauntlet_call){index, i, timeout_of(tool), -1};
    }
    const struct gauntlet_step step = {
        .kind = CHECK_CALLS,
        .calls = calls,
        .count = count,
        .limit_ms = timeout_of(tool) + STEP_MS,
        .line = note_answer,
        .arg = &tally,
    };
    int result = gauntlet_step(g, &step, err);
    if (tally.answers > 0 && tally.errors == tally.answers) {
        report_note(&g->report,
                    "Fine where it wants a server or data that are not here; else give its schema "
                    "\"examples\" that find something.",
                    "%" STR_FMT " answered each call with an error: %" STR_FMT,
                    STR_ARG(tool->def->name), STR_ARG(tally.error));
    }
    all->answers += tally.answers;
    all->errors += tally.errors;
    all->slowest_ms = tally.slowest_ms > all->slowest_ms ? tally.slowest_ms : all->slowest_ms;
    return result;
}

int
gauntlet_group_calls(struct gauntlet *g, struct err *err)
{
    struct tally all = {0};
    size_t dry = 0;
    int result = 0;
    uint64_t files = gauntlet_files(g->cage->write);
    report_begin(&g->report, "calls");
    for (size_t i = 0; result == 0 && g->starts && i < g->manifest->tool_count; i++) {
        if (callable(&g->tools[i])) {
            result = call_tool(g, i, &all, err);
            dry += gauntlet_dry(g, &g->tools[i]);
        }
    }
    if (!g->write && files != gauntlet_files(g->cage->write)) {
        report_failure(&g->report,
                       "With DH_CALL_DRY_RUN in call->flags say what would happen, and do nothing.",
                       "a file changed although nothing but dry runs was asked for");
    }
    if (result == 0) {
        char errors[64] = "";
        if (all.errors) {
            (void)snprintf(errors, sizeof(errors), ", %zu of them with an error", all.errors);
        }
        report_end(&g->report, "%zu answered%s, the slowest in %lld ms%s", all.answers, errors,
                   (long long)all.slowest_ms,
                   dry ? "; what writes was asked for a dry run (--write makes real calls)" : "");
    }
    return result;
}

/* ---- Called off -------------------------------------------------------------------------------*/

/* Before it began, half way, and by a deadline that nobody can keep. */
static size_t
cancel_in_each_way(const struct gauntlet_tool *tool, size_t index, struct gauntlet_call *calls)
{
    size_t count = 0;
    size_t set = tool->plain - 1;
    calls[count++] = (struct gauntlet_call){index, set, timeout_of(tool), 0};
    calls[count++] = (struct gauntlet_call){index, set, 1, -1};
    if (tool->slowest_ms >= SLOW_MS) {
        calls[count++] = (struct gauntlet_call){index, set, timeout_of(tool), tool->slowest_ms / 2};
    }
    return count;
}

static void
note_end(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line)
{
    struct tally *tally = step->arg;
    int64_t i = js_get_int(line, "i", -1);
    if (str_eq_c(js_get_text(line, "e"), "answer") && i >= 0 && (size_t)i < step->count) {
        int64_t ms = js_get_int(line, "ms", 0);
        struct gauntlet_tool *tool = &g->tools[step->calls[i].tool];
        tally->answers++;
        tally->slowest_ms = ms > tally->slowest_ms ? ms : tally->slowest_ms;
        tool->asks = tool->asks || js_get_int(line, "asked", 0) > 0;
    }
}

int
gauntlet_group_cancel(struct gauntlet *g, struct err *err)
{
    struct tally tally = {0};
    int result = 0;
    report_begin(&g->report, "cancel");
    for (size_t i = 0; result == 0 && i < g->manifest->tool_count; i++) {
        struct gauntlet_tool *tool = &g->tools[i];
        struct gauntlet_call calls[3];
        if (!callable(tool)) {
            continue;
        }
        const struct gauntlet_step step = {
            .kind = CHECK_CALLS,
            .calls = calls,
            .count = cancel_in_each_way(tool, i, calls),
            .limit_ms = STEP_MS,
            .line = note_end,
            .arg = &tally,
        };
        result = gauntlet_step(g, &step, err);
        if (tool->slowest_ms > LONG_MS && !tool->asks) {
            report_note(&g->report, "Ask host->canceled(call) in every long loop.",
                        "%" STR_FMT " takes %lld ms and never asks whether anybody waits",
                        STR_ARG(tool->def->name), (long long)tool->slowest_ms);
        }
    }
    if (result == 0) {
        report_end(&g->report, "%zu calls that nobody waited for ended within %lld ms",
                   tally.answers, (long long)tally.slowest_ms);
    }
    return result;
}

/* ---- Side by side -----------------------------------------------------------------------------*/

static void
note_overlapped(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line)
{
    struct tally *tally = step->arg;
    int64_t i = js_get_int(line, "i", -1);
    if (!str_eq_c(js_get_text(line, "e"), "answer") || i < 0 || (size_t)i >= step->count) {
        return;
    }
    const struct gauntlet_call *call = &step->calls[i];
    const struct gauntlet_tool *tool = &g->tools[call->tool];
    struct str name = gauntlet_name(g, call);
    struct str alone = tool->alone ? tool->alone[call->set] : (struct str){0};
    tally->answers++;
    if (str_eq_c(js_get_text(line, "code"), "plugin_fault")) {
        note_fault(g, call, line);
    } else if (str_eq_c(js_get_text(line, "status"), "timeout")) {
        report_failure(&g->report, "Look for a lock that is never let go.",
                       "%" STR_FMT ": no answer beside others", STR_ARG(name));
    } else if (alone.ptr && tool->def->effect == EFFECT_READ &&
               !str_eq(alone, js_get_text(line, "text"))) {
        report_note(&g->report,
                    "Unless it tells the time or the like: what calls share wants a lock, or "
                    "\"parallel\": false.",
                    "%" STR_FMT ": another answer beside others than alone", STR_ARG(name));
    }
}

int
gauntlet_group_parallel(struct gauntlet *g, struct err *err)
{
    struct tally tally = {0};
    size_t count = 0;
    size_t overlapping = 0;
    struct gauntlet_call *calls = arena_zero(g->arena, g->manifest->tool_count, sizeof(*calls));
    if (!calls) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < g->manifest->tool_count; i++) {
        const struct gauntlet_tool *tool = &g->tools[i];
        if (callable(tool)) {
            calls[count++] = (struct gauntlet_call){i, tool->plain - 1, timeout_of(tool), -1};
            overlapping += tool->def->parallel;
        }
    }
    if (overlapping == 0) {
        report_skip(&g->report, "parallel", "no tool of it says \"parallel\": true");
        return 0;
    }
    report_begin(&g->report, "parallel");
    const struct gauntlet_step step = {
        .kind = CHECK_PARALLEL,
        .calls = calls,
        .count = count,
        .limit_ms = STEP_MS,
        .line = note_overlapped,
        .arg = &tally,
    };
    int result = gauntlet_step(g, &step, err);
    if (result == 0) {
        report_end(&g->report, "%d calls of %zu tool%s at once, and the others in line beside them",
                   CHECK_AT_ONCE, overlapping, overlapping == 1 ? "" : "s");
    }
    return result;
}
