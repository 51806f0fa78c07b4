#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "gauntlet.h"
#include "io/child.h"
#include "io/loop.h"
#include "plugin/cage.h"
#include "tools/plugin-host/check_wire.h"

enum { CLOSING_MS = 5000, OUTPUT_MAX = 2 * 1024 * 1024 };

/* What a step said and how it ended. */
struct ending {
    struct gauntlet *g;
    struct str output;
    int result;
    bool over;
    struct err err;
};

/* Where a step is, as its lines are read. */
struct reading {
    const struct gauntlet_step *step;
    char place[200];
    char ended_itself[200]; /* "exit() in create" */
    char allocation[120];   /* "the 7th allocation, calloc in create": */
    int64_t at;             /* the call, or -1 */
};

/* ---- What a step is told ----------------------------------------------------------------------*/

bool
gauntlet_dry(const struct gauntlet *g, const struct gauntlet_tool *tool)
{
    return !g->write && tool->def->effect != EFFECT_READ;
}

struct str
gauntlet_name(struct gauntlet *g, const struct gauntlet_call *call)
{
    const struct gauntlet_tool *tool = &g->tools[call->tool];
    struct str label = tool->fit.items[call->set].label;
    return arena_printf(g->arena, "%" STR_FMT ", %" STR_FMT, STR_ARG(tool->def->name),
                        STR_ARG(label));
}

static void
put_paths(struct js_out *out, const char *key, const char *const *paths)
{
    js_key(out, str_c(key));
    js_begin_array(out);
    for (; paths && *paths; paths++) {
        js_add_str(out, str_c(*paths));
    }
    js_end_array(out);
}

static void
put_ids(struct js_out *out, const struct manifest *m)
{
    js_key(out, STR("granted"));
    js_begin_array(out);
    for (size_t i = 0; i < m->requires_count; i++) {
        js_add_str(out, m->requires[i]);
    }
    for (size_t i = 0; i < m->optional_count; i++) {
        js_add_str(out, m->optional[i]);
    }
    js_end_array(out);
}

static void
put_calls(struct js_out *out, const struct gauntlet *g, const struct gauntlet_step *step)
{
    js_key(out, STR("calls"));
    js_begin_array(out);
    for (size_t i = 0; i < step->count; i++) {
        const struct gauntlet_call *call = &step->calls[i];
        const struct gauntlet_tool *tool = &g->tools[call->tool];
        js_begin_object(out);
        js_put_str(out, "tool", tool->def->name);
        js_put_str(out, "arguments", tool->fit.items[call->set].text);
        js_put_int(out, "timeout_ms", call->timeout_ms);
        js_put_int(out, "cancel_ms", call->cancel_ms);
        js_put_bool(out, "dry_run", gauntlet_dry(g, tool));
        js_put_bool(out, "parallel", tool->def->parallel);
        js_end_object(out);
    }
    js_end_array(out);
}

/* The folder of the plugin's file. */
static struct str
folder_of(struct str path)
{
    size_t len = path.len;
    while (len > 1 && path.ptr[len - 1] != '/') {
        len--;
    }
    return str_sub(path, 0, len > 1 ? len - 1 : 1);
}

static void
put_step(struct buf *text, const struct gauntlet *g, const struct gauntlet_step *step, bool alone)
{
    struct js_out out;
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_str(&out, "path", g->path);
    js_put_str(&out, "folder", folder_of(g->path));
    put_paths(&out, "read", g->cage->read);
    put_paths(&out, "write", g->cage->write);
    js_put_bool(&out, "network", false);
    js_put_int(&out, "memory", g->cage->memory);
    /* Valgrind needs what a cage takes away. */
    js_put_int(&out, "without", alone ? CAGE_ALL : g->cage->without);
    js_put_str(&out, "name", g->manifest->name);
    js_put_bool(&out, "threads", g->manifest->threads);
    js_put_str(&out, "config", g->config);
    js_put_str(&out, "kind", str_c(step->kind));
    js_put_int(&out, "limit_ms", step->limit_ms);
    js_put_int(&out, "cycles", step->cycles);
    js_put_bool(&out, "alone", alone);
    put_ids(&out, g->manifest);
    put_calls(&out, g, step);
    js_end_object(&out);
}

/* ---- Running it -------------------------------------------------------------------------------*/

static void
on_end(void *arg, int result, struct str output, const struct err *err)
{
    struct ending *e = arg;
    e->over = true;
    e->result = result;
    e->output = arena_str(e->g->arena, output);
    if (err) {
        e->err = *err;
    }
}

static int
run(struct gauntlet *g, const char *const argv[], const struct gauntlet_step *step, bool alone,
    struct ending *e, struct err *err)
{
    AUTO(buf) struct buf text;
    struct child *child;
    *e = (struct ending){.g = g};
    buf_init(&text, CHECK_STEP_BYTES);
    put_step(&text, g, step, alone);
    int result = buf_finish(&text, "a step", err);
    if (result < 0) {
        return result;
    }
    const struct child_limits limits = {
        .timeout_ms = step->limit_ms + CLOSING_MS,
        .output_max = OUTPUT_MAX,
        .input = buf_str(&text),
    };
    result = child_start(g->loop, argv, &limits, on_end, e, &child, err);
    while (result == 0 && !e->over) {
        result = loop_step(g->loop, 1000, err);
    }
    return result;
}

/* ---- What it says -----------------------------------------------------------------------------*/

struct misdeed {
    const char *word; /* as check_wire.h's "found" */
    const char *what;
    const char *mend;
};

static const struct misdeed misdeeds[] = {
    {"process", "it starts a process", "Have the desk do it (a command tool), or do without."},
    {"exit", "it ends its process", "Answer with host->fail(), or refuse in create."},
    {"kill", "it sends signals", "A plugin has no process but its own, and may not end that."},
    {"signal", "it changes what signals do", "They belong to the process it is a guest of."},
    {"setenv", "it changes the environment", "Keep settings in the instance."},
    {"setlocale", "it changes the locale",
     "Other calls run at the same time; use newlocale() and "
     "the functions that end in _l."},
    {"chdir", "it changes the working folder", "Open files by whole paths, or with openat()."},
    {"umask", "it changes the umask", "Give open() a mode, or call fchmod()."},
    {"undeclared", "it starts threads and its manifest does not say so",
     "Say \"threads\": true, and join them before destroy returns."},
    {"thread", "it leaves threads behind", "Join them before destroy returns."},
    {"descriptors", "it leaves descriptors open", "Close what create and calls have opened."},
    {"close", "it closes descriptors that it did not open", "Close your own, once."},
    {"stray", "it writes to descriptors that it did not open",
     "Write to your own; a closed one's number may be another's by now."},
    {"output", "it writes to stdout or stderr", "Use dh.log/1."},
    {"log", "it floods the log", "A line a call is much; a desk drops what is beyond."},
    {"memory", "it ran out of memory",
     "Answer with less at once; desk.yaml's memory_mb is the "
     "limit."},
    {"late", "it answers calls that have returned",
     "The handle is dead then: answer before call() returns."},
};

static void
note_misdeed(struct gauntlet *g, const struct js *line)
{
    struct str word = js_get_text(line, "what");
    struct str detail = js_get_text(line, "detail");
    for (size_t i = 0; i < sizeof(misdeeds) / sizeof(*misdeeds); i++) {
        if (str_eq_c(word, misdeeds[i].word) && !(g->misdeeds & 1u << i)) {
            g->misdeeds |= 1u << i; /* once is enough */
            report_failure(&g->manners, misdeeds[i].mend, "%s: %" STR_FMT, misdeeds[i].what,
                           STR_ARG(detail));
        }
    }
}

static void
note_place(struct gauntlet *g, struct reading *r, const struct js *line)
{
    int64_t i = js_get_int(line, "i", -1);
    struct str where = js_get_text(line, "where");
    r->at = i >= 0 && (size_t)i < r->step->count ? i : -1;
    if (r->at >= 0) {
        where = gauntlet_name(g, &r->step->calls[i]);
    }
    (void)snprintf(r->place, sizeof(r->place), "%" STR_FMT, STR_ARG(where));
}

/* "in create", "order_status, all members: the 2nd allocation (calloc) failed" */
static void
note_death(struct gauntlet *g, const struct reading *r, const struct js *line)
{
    int64_t number = js_get_int(line, "signal", 0);
    char how[260];
    const char *mend = "Build it with -g, and make that call under a debugger or valgrind. An "
                       "extension that the manifest does not list is NULL.";
    if (r->ended_itself[0]) {
        (void)snprintf(how, sizeof(how), "it ended the process: %s", r->ended_itself);
        mend = "Answer with host->fail() instead, or refuse in create.";
    } else if (number) {
        (void)snprintf(how, sizeof(how), "killed by signal %lld (%s)", (long long)number,
                       strsignal((int)number));
    } else if (js_get_int(line, "status", 0) == CHECK_EXIT_CLOSED) {
        (void)snprintf(how, sizeof(how), "it closed descriptors that it did not open");
        mend = "Close your own, once.";
    } else if (js_get_int(line, "status", 0) == CHECK_EXIT_STARVED) {
        (void)snprintf(how, sizeof(how), "there was no memory or no thread left for the next call");
        mend = "Look at what the calls before it keep.";
    } else {
        (void)snprintf(how, sizeof(how), "its process ended with status %lld",
                       (long long)js_get_int(line, "status", 0));
    }
    if (r->at >= 0) {
        g->tools[r->step->calls[r->at].tool].broken = true;
    }
    g->starts = g->starts && strcmp(r->place, "create") != 0;
    if (r->allocation[0]) {
        g->starts = true;
        report_failure(&g->report, "Check what it returns there, and fail or refuse.",
                       "out of memory at %s: %s", r->allocation, how);
    } else {
        report_failure(&g->report, mend, "%s: %s", r->place, how);
    }
}

static const char *
ordinal(int64_t n)
{
    return n % 100 / 10 == 1 ? "th"
           : n % 10 == 1     ? "st"
           : n % 10 == 2     ? "nd"
           : n % 10 == 3     ? "rd"
                             : "th";
}

static void
note_allocation(struct reading *r, const struct js *line)
{
    int64_t n = js_get_int(line, "n", 0);
    (void)snprintf(r->allocation, sizeof(r->allocation),
                   "the %lld%s allocation (%" STR_FMT " in %" STR_FMT ")", (long long)n, ordinal(n),
                   STR_ARG(js_get_text(line, "function")), STR_ARG(js_get_text(line, "in")));
}

static void
note_deaf(struct gauntlet *g, struct reading *r, const struct js *line)
{
    int64_t i = js_get_int(line, "i", 0);
    bool asked = js_get_int(line, "asked", 0) > 0;
    if (i >= 0 && (size_t)i < r->step->count) {
        g->tools[r->step->calls[i].tool].broken = true;
        struct str name = gauntlet_name(g, &r->step->calls[i]);
        report_failure(&g->report,
                       "Ask host->canceled(call) in every long loop, give all that waits a limit, "
                       "and return.",
                       "%" STR_FMT ": still running after %lld ms, a second after nobody waited "
                       "for it any more; it %s canceled()",
                       STR_ARG(name), (long long)js_get_int(line, "ms", 0),
                       asked ? "does not heed" : "never asks");
    }
}

static void
note_refusal(struct gauntlet *g, const struct reading *r, const struct js *line)
{
    struct str why = js_get_text(line, "why");
    if (r->allocation[0]) {
        return; /* as it should */
    }
    report_failure(&g->report,
                   str_eq_c(js_get_text(line, "at"), "create")
                       ? "If it is the configuration's fault give it one that works: --config, "
                         "and --read for files that it names."
                       : NULL,
                   "%" STR_FMT ": %" STR_FMT, STR_ARG(js_get_text(line, "at")), STR_ARG(why));
    g->starts = false;
}

static void
read_line(struct gauntlet *g, struct reading *r, const struct js *line)
{
    struct str event = js_get_text(line, "e");
    if (str_eq_c(event, "run")) {
        r->place[0] = r->ended_itself[0] = r->allocation[0] = '\0';
        r->at = -1;
    } else if (str_eq_c(event, "at")) {
        note_place(g, r, line);
    } else if (str_eq_c(event, "found")) {
        note_misdeed(g, line);
        if (str_eq_c(js_get_text(line, "what"), "exit")) {
            (void)snprintf(r->ended_itself, sizeof(r->ended_itself), "%" STR_FMT,
                           STR_ARG(js_get_text(line, "detail")));
        }
    } else if (str_eq_c(event, "failed")) {
        note_allocation(r, line);
    } else if (str_eq_c(event, "died")) {
        note_death(g, r, line);
    } else if (str_eq_c(event, "deaf")) {
        note_deaf(g, r, line);
    } else if (str_eq_c(event, "refused")) {
        note_refusal(g, r, line);
    } else if (str_eq_c(event, "end")) {
        g->missing |= (unsigned)js_get_int(line, "missing", 0);
    }
    if (r->step->line) {
        r->step->line(g, r->step, line);
    }
}

static void
read_lines(struct gauntlet *g, const struct gauntlet_step *step, struct str output)
{
    struct reading r = {.step = step};
    struct str text;
    while (str_split(&output, '\n', &text)) {
        AUTO(arena) struct arena arena = {0};
        struct js *line;
        struct err ignored; /* what is no JSON is valgrind's, or a plugin's */
        if (js_parse_object(text, "line", &arena, &line, &ignored) == 0) {
            read_line(g, &r, line);
        }
    }
}

int
gauntlet_step(struct gauntlet *g, const struct gauntlet_step *step, struct err *err)
{
    const char *const argv[] = {g->cage->program, "--check", NULL};
    struct ending e;
    int result = run(g, argv, step, false, &e, err);
    if (result == 0 && e.result != 0) {
        *err = e.err;
        return e.result < 0 ? e.result : err_set(err, ERR_PLUGIN, "%s", e.err.message);
    }
    if (result == 0) {
        read_lines(g, step, e.output);
    }
    return result;
}

int
gauntlet_valgrind(struct gauntlet *g, const struct gauntlet_step *step, struct str *ret_output,
                  struct err *err)
{
    const char *const argv[] = {"valgrind",
                                "-q",
                                "--log-fd=1",
                                "--leak-check=full",
                                "--show-leak-kinds=definite",
                                "--num-callers=20",
                                g->cage->program,
                                "--check",
                                NULL};
    struct ending e;
    *ret_output = (struct str){0};
    int result = run(g, argv, step, true, &e, err);
    if (result == ERR_NOTFOUND) {
        return 0;
    }
    if (result == 0) {
        *ret_output = e.result == 0 ? e.output : STR("");
    }
    return result;
}
