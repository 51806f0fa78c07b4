#include <stdio.h>

#include "base/json.h"
#include "gauntlet.h"
#include "io/loop.h"
#include "tool/policy_summary.h"
#include "tool/tool.h"

enum {
    SAYS_WHEN = 40,          /* bytes of a description below which it hardly says when to call */
    PATIENCE_MS = 60 * 1000, /* of a customer, at the very most */
    NEST_MAX = 6,
};

/* ---- Words ------------------------------------------------------------------------------------*/

/* Members without a description, below PLACE. The number of members. */
static size_t
look_at_members(struct gauntlet *g, const struct js *root, const struct js *node, const char *place,
                unsigned depth)
{
    size_t count = 0;
    struct js_member member;
    char inside[160];
    node = schema_follow(root, node);
    for (struct js_iter it = js_iter(js_get_c(node, "properties")); js_next(&it, &member);) {
        const struct js *target = schema_follow(root, member.value);
        (void)snprintf(inside, sizeof(inside), "%s.%" STR_FMT, place,
                       STR_ARG(str_sub(member.key, 0, 60)));
        if (str_trim(js_get_text(target, "description")).len == 0 &&
            str_trim(js_get_text(member.value, "description")).len == 0) {
            report_note(&g->report,
                        "Give each member of a schema a \"description\": the model fills it in by "
                        "that.",
                        "%s has no description", inside);
        }
        count++;
        if (depth < NEST_MAX) {
            count += look_at_members(g, root, member.value, inside, depth + 1);
            count += look_at_members(g, root, js_get_c(target, "items"), inside, depth + 1);
        }
    }
    return count;
}

/* A name that changes something, and an effect that does not. */
static bool
sounds_like_writing(struct str name)
{
    static const char *const verbs[] = {"create_", "update_", "delete_", "set_",    "cancel_",
                                        "add_",    "remove_", "modify_", "refund_", "send_"};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (str_starts(name, str_c(verbs[i]))) {
            return true;
        }
    }
    return false;
}

static void
look_at_tool(struct gauntlet *g, const struct manifest_tool *t)
{
    if (str_trim(t->description).len < SAYS_WHEN) {
        report_note(&g->report,
                    "Say in it when to use the tool and what comes back: it is all that the model "
                    "knows of it.",
                    "the description of %" STR_FMT " is short: \"%" STR_FMT "\"", STR_ARG(t->name),
                    STR_ARG(t->description));
    }
    if (t->effect == EFFECT_READ && sounds_like_writing(t->name)) {
        report_note(&g->report,
                    "If it changes something say \"effect\": \"write\", or \"irreversible\": a "
                    "read may be repeated at will.",
                    "%" STR_FMT " sounds as if it wrote, and its effect is \"read\"",
                    STR_ARG(t->name));
    }
    if (t->timeout_ms > PATIENCE_MS) {
        report_note(&g->report, "Nobody waits that long for a line of chat.",
                    "timeout_ms of %" STR_FMT " is %lld s", STR_ARG(t->name),
                    (long long)t->timeout_ms / 1000);
    }
    if (t->effect == EFFECT_IRREVERSIBLE && t->confirm.len == 0) {
        report_note(
            &g->report, "Give it a \"confirm\": the line that whoever has to agree gets to read.",
            "%" STR_FMT " cannot be undone, and does not say what it would do", STR_ARG(t->name));
    }
}

/* Each {argument} of its question has to be one of the tool's: else whoever is asked reads "(not
 * given)". */
static void
look_at_confirm(struct gauntlet *g, const struct manifest_tool *t, const struct js *schema)
{
    struct str rest = t->confirm;
    struct str words;
    struct str name;
    const struct js *properties = js_get_c(schema, "properties");
    if (js_get_bool(schema, "additionalProperties", true)) {
        return; /* it may have others than those it lists */
    }
    while (policy_template_next(&rest, &words, &name)) {
        if (name.len && !js_has(properties, name)) {
            report_failure(&g->report, "Name an argument of its input_schema.",
                           "the confirm of %" STR_FMT " has {%" STR_FMT "}: the tool has no such "
                           "argument",
                           STR_ARG(t->name), STR_ARG(str_sub(name, 0, 64)));
        }
    }
}

void
gauntlet_words(struct gauntlet *g)
{
    size_t members = 0;
    report_begin(&g->report, "words");
    for (size_t i = 0; i < g->manifest->tool_count; i++) {
        char place[80];
        const struct manifest_tool *t = &g->manifest->tools[i];
        (void)snprintf(place, sizeof(place), "%" STR_FMT, STR_ARG(t->name));
        look_at_tool(g, t);
        look_at_confirm(g, t, g->tools[i].schema);
        members += look_at_members(g, g->tools[i].schema, g->tools[i].schema, place, 0);
    }
    report_end(&g->report, "%zu tool%s with %zu member%s: what a model reads of them",
               g->manifest->tool_count, g->manifest->tool_count == 1 ? "" : "s", members,
               members == 1 ? "" : "s");
}

/* ---- A registry whose calls reach nobody -----------------------------------------------------*/

/* It stands for the plugin: what comes to it would have come there. */
struct counter {
    struct tool_source source;
    struct arena *arena;
    struct str arguments; /* ptr NULL: nothing came */
};

static int
note_call(struct tool_source *s, struct tool_run *run, struct err *err)
{
    struct counter *c = OWNER_OF(s, struct counter, source);
    c->arguments = arena_str(c->arena, run->arguments);
    return err_set(err, ERR_CANCELED, "this far and no further");
}

static void
abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    (void)s;
    (void)run;
    (void)late;
}

static struct str
unavailable(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return STR("");
}

static const struct tool_source_ops counter_ops = {
    .start = note_call, .abandon = abandon, .unavailable = unavailable};

struct trial {
    struct gauntlet *g;
    struct tool_registry *registry;
    struct counter counter;
    bool over;
    bool refused;
};

static void
on_done(void *arg, const struct tool_result *r)
{
    struct trial *t = arg;
    t->over = true;
    t->refused = r->status == TOOL_REJECTED;
}

/* Call TOOL with TEXT as the engine would. */
static int
try(struct trial *t, struct str tool, struct str text, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct tool_call *call;
    const struct tool_scope scope = {.call = STR("x-check"),
                                     .conversation = STR("c-check"),
                                     .customer = STR("check"),
                                     .turn = STR("t-check"),
                                     .dry_run = true};
    t->over = t->refused = false;
    t->counter.arguments = (struct str){0};
    int result = tool_call_start(t->registry, tool, text, &scope, &arena, on_done, t, &call, err);
    while (result == 0 && !t->over) {
        result = loop_step(t->g->loop, 1000, err);
    }
    return result;
}

static int
open_registry(struct trial *t, struct err *err)
{
    t->counter = (struct counter){.source = {&counter_ops}, .arena = t->g->arena};
    int result = tool_registry_new(t->g->loop, &t->registry, err);
    for (size_t i = 0; result == 0 && i < t->g->manifest->tool_count; i++) {
        const struct manifest_tool *m = &t->g->manifest->tools[i];
        const struct tool_def def = {
            .name = m->name,
            .description = m->description,
            .schema_text = m->schema_text,
            .schema = m->schema,
            .effect = m->effect,
            .timeout_ms = m->timeout_ms,
            .plugin = t->g->manifest->name,
            .source = &t->counter.source,
        };
        result = tool_registry_add(t->registry, &def, err);
    }
    return result;
}

/* ---- Arguments --------------------------------------------------------------------------------*/

/* Those of what was made that the registry lets through, as it hands them on. */
static int
keep_fitting(struct trial *t, struct gauntlet_tool *tool, struct err *err)
{
    struct argument_sets made = {.arena = t->g->arena};
    arguments_make(tool->schema, STR("check"), &made);
    int result = made.failed ? err_nomem(err) : 0;
    tool->fit = (struct argument_sets){.arena = t->g->arena};
    for (size_t i = 0; result == 0 && i < made.count; i++) {
        result = try(t, tool->def->name, made.items[i].text, err);
        if (result == 0 && !t->refused && t->counter.arguments.ptr) {
            made.items[i].text = t->counter.arguments;
            argument_sets_add(&tool->fit, made.items[i]);
            tool->plain += !made.items[i].hostile;
        }
    }
    return result < 0 || !tool->fit.failed ? result : err_nomem(err);
}

static int
try_broken(struct trial *t, struct gauntlet_tool *tool, size_t *broken, struct err *err)
{
    struct argument_sets wrong = {.arena = t->g->arena};
    struct js *base;
    int result = js_parse(tool->fit.items[tool->plain - 1].text, t->g->arena, &base, err);
    if (result < 0) {
        return result;
    }
    arguments_break(tool->schema, base, &wrong);
    result = wrong.failed ? err_nomem(err) : 0;
    for (size_t i = 0; result == 0 && i < wrong.count; i++) {
        result = try(t, tool->def->name, wrong.items[i].text, err);
        if (result == 0 && !t->refused) {
            report_failure(&t->g->report,
                           "The schema does not say what it seems to: look at what stands beside "
                           "that rule.",
                           "%" STR_FMT " was let through with %" STR_FMT, STR_ARG(tool->def->name),
                           STR_ARG(wrong.items[i].label));
        }
    }
    *broken += wrong.count;
    return result;
}

static void
look_at_schema(struct gauntlet *g, const struct gauntlet_tool *tool)
{
    bool closed = !js_get_bool(tool->schema, "additionalProperties", true) ||
                  !js_get_bool(tool->schema, "unevaluatedProperties", true) ||
                  js_type(js_get_c(tool->schema, "additionalProperties")) == JS_OBJECT;
    if (!closed && js_count(js_get_c(tool->schema, "properties"))) {
        report_note(&g->report,
                    "Add \"additionalProperties\": false: a misspelt argument is then told to the "
                    "model instead of being passed over.",
                    "%" STR_FMT " takes members that its schema does not know",
                    STR_ARG(tool->def->name));
    }
    if (tool->plain == 0) {
        report_note(&g->report,
                    "Give its schema \"examples\", or the members that are hard to guess theirs.",
                    "no arguments could be made for %" STR_FMT ": it was not called",
                    STR_ARG(tool->def->name));
    }
}

int
gauntlet_arguments(struct gauntlet *g, struct err *err)
{
    struct trial t = {.g = g};
    size_t fit = 0;
    size_t broken = 0;
    report_begin(&g->report, "arguments");
    int result = open_registry(&t, err);
    for (size_t i = 0; result == 0 && i < g->manifest->tool_count; i++) {
        struct gauntlet_tool *tool = &g->tools[i];
        result = keep_fitting(&t, tool, err);
        if (result == 0) {
            look_at_schema(g, tool);
            fit += tool->fit.count;
        }
        if (result == 0 && tool->plain > 0) {
            result = try_broken(&t, tool, &broken, err);
        }
    }
    tool_registry_free(t.registry);
    if (result == 0) {
        report_end(&g->report,
                   "%zu made from the schemas; %zu that break them%s refused before any call", fit,
                   broken, report_failing(&g->report) ? " were not all" : " were");
    }
    return result;
}
