/* Groups that a plugin passes by what it does not do: crash without memory, leave things behind. */

#include "base/json.h"
#include "gauntlet.h"
#include "plugin/cage.h"
#include "tools/plugin-host/check_wire.h"

enum {
    MEMORY_MS = 4000, /* for all allocations together */
    ROUNDS_MS = 6000,
    ROUNDS = 20,
    VALGRIND_MS = 60 * 1000,
    CALL_MS = 2000,
    LEAK_BYTES = 16, /* a round: less is malloc's own */
    SHOWN_ERRORS = 5,
};

struct counted {
    int64_t runs;
    int64_t failed;
    int64_t left_bytes;
    bool stopped;
    bool ended;
};

/* One plain call of each tool that can be called. */
static size_t
plain_calls(const struct gauntlet *g, int64_t timeout_ms, struct gauntlet_call *calls)
{
    size_t count = 0;
    for (size_t i = 0; i < g->manifest->tool_count; i++) {
        const struct gauntlet_tool *tool = &g->tools[i];
        if (tool->plain > 0 && !tool->broken) {
            calls[count++] = (struct gauntlet_call){i, tool->plain - 1, timeout_ms, -1};
        }
    }
    return count;
}

static void
count_line(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line)
{
    struct counted *c = step->arg;
    struct str event = js_get_text(line, "e");
    (void)g;
    c->runs += str_eq_c(event, "run");
    c->failed += str_eq_c(event, "failed");
    c->stopped = c->stopped || str_eq_c(event, "stopped");
    if (str_eq_c(event, "end")) {
        c->ended = true;
        c->left_bytes = js_get_int(line, "bytes", 0);
    }
}

/* ---- Out of memory ----------------------------------------------------------------------------*/

static void
look_at_memory(struct gauntlet *g, const struct gauntlet_step *step, const struct js *line)
{
    int64_t i = js_get_int(line, "i", -1);
    count_line(g, step, line);
    if (str_eq_c(js_get_text(line, "e"), "answer") && i >= 0 && (size_t)i < step->count &&
        str_eq_c(js_get_text(line, "code"), "plugin_fault")) {
        struct str name = gauntlet_name(g, &step->calls[i]);
        report_failure(&g->report, "Answer with host->fail() when memory runs out.",
                       "%" STR_FMT ": no proper answer after an allocation had failed",
                       STR_ARG(name));
    }
}

int
gauntlet_group_memory(struct gauntlet *g, struct err *err)
{
    struct counted c = {0};
    struct gauntlet_call *calls = arena_zero(g->arena, g->manifest->tool_count, sizeof(*calls));
    if (!calls) {
        return err_nomem(err);
    }
    const struct gauntlet_step step = {
        .kind = CHECK_MEMORY,
        .calls = calls,
        .count = plain_calls(g, CALL_MS, calls),
        .limit_ms = MEMORY_MS,
        .line = look_at_memory,
        .arg = &c,
    };
    report_begin(&g->report, "memory");
    int result = gauntlet_step(g, &step, err);
    if (result == 0) {
        report_end(&g->report, "%lld allocation%s of its own failed, one at a time%s",
                   (long long)c.failed, c.failed == 1 ? "" : "s",
                   c.stopped ? "; time was up before the last" : "");
    }
    return result;
}

/* ---- Again and again --------------------------------------------------------------------------*/

int
gauntlet_group_rounds(struct gauntlet *g, struct err *err)
{
    struct counted c = {0};
    struct gauntlet_call *calls = arena_zero(g->arena, g->manifest->tool_count, sizeof(*calls));
    if (!calls) {
        return err_nomem(err);
    }
    const struct gauntlet_step step = {
        .kind = CHECK_CYCLES,
        .calls = calls,
        .count = plain_calls(g, CALL_MS, calls),
        .limit_ms = ROUNDS_MS,
        .cycles = ROUNDS,
        .line = count_line,
        .arg = &c,
    };
    report_begin(&g->report, "rounds");
    int result = gauntlet_step(g, &step, err);
    if (c.left_bytes >= LEAK_BYTES) {
        report_failure(&g->report,
                       "Free in destroy what create allocated, and in call what calls did.",
                       "each round of create, calls and destroy leaves %lld bytes behind",
                       (long long)c.left_bytes);
    }
    if (result == 0) {
        report_end(&g->report, "created, called and destroyed %d times%s", ROUNDS,
                   c.stopped ? "; time was up before the last" : "");
    }
    return result;
}

/* ---- valgrind ---------------------------------------------------------------------------------*/

/* "==12== Invalid read of size 4" without its number; empty: it is none of valgrind's. */
static struct str
words_of(struct str line)
{
    size_t end = str_find(line, STR("== "), 2);
    return str_starts(line, STR("==")) && end != SIZE_MAX ? str_sub(line, end + 3, SIZE_MAX)
                                                          : (struct str){0};
}

/* "order_find (order.c:12)" of a frame; empty: it is no frame, or not the plugin's. */
static struct str
frame_of(struct str words)
{
    words = str_trim(words);
    size_t name = str_find(words, STR(": "), 0);
    bool frame = str_starts(words, STR("at 0x")) || str_starts(words, STR("by 0x"));
    bool ours = str_find(words, STR("(vg_"), 0) != SIZE_MAX ||
                str_find(words, STR("(check_"), 0) != SIZE_MAX ||
                str_find(words, STR("/lib"), 0) != SIZE_MAX;
    return frame && !ours && name != SIZE_MAX ? str_sub(words, name + 2, SIZE_MAX)
                                              : (struct str){0};
}

/* An error is a line and the frames below it, up to an empty one. */
static void
read_errors(struct gauntlet *g, struct str output)
{
    struct str line;
    struct str title = {0};
    bool told = true;
    while (str_split(&output, '\n', &line)) {
        struct str words = words_of(line);
        struct str frame = frame_of(words);
        if (str_trim(words).len == 0) {
            told = true;
            title = (struct str){0};
        } else if (!title.len && !str_starts(words, STR("Thread "))) {
            title = words;
            told = false;
        } else if (!told && frame.len) {
            report_failure(&g->report, "Run it under valgrind yourself for the whole stack.",
                           "%" STR_FMT ", in %" STR_FMT, STR_ARG(title), STR_ARG(frame));
            told = true;
        }
    }
}

int
gauntlet_group_valgrind(struct gauntlet *g, struct err *err)
{
    struct counted c = {0};
    struct str output;
    if (cage_built_without() != 0) {
        report_skip(&g->report, "valgrind", "a build with sanitizers does not run under it");
        return 0;
    }
    struct gauntlet_call *calls = arena_zero(g->arena, g->manifest->tool_count, sizeof(*calls));
    if (!calls) {
        return err_nomem(err);
    }
    const struct gauntlet_step step = {
        .kind = CHECK_CALLS,
        .calls = calls,
        .count = plain_calls(g, VALGRIND_MS / 2, calls),
        .limit_ms = VALGRIND_MS,
        .arg = &c,
    };
    int result = gauntlet_valgrind(g, &step, &output, err);
    if (result < 0) {
        return result;
    }
    if (!output.ptr || str_find(output, STR("\"e\":\"end\""), 0) == SIZE_MAX) {
        report_skip(&g->report, "valgrind",
                    output.ptr ? "it cannot run this build: leaks were not looked for"
                               : "it is not installed: leaks were not looked for");
        return 0;
    }
    report_begin(&g->report, "valgrind");
    read_errors(g, output);
    report_end(&g->report, "a call of each tool, for leaks and reads of what is not there");
    return 0;
}
