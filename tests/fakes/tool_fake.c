#include "tool_fake.h"

#include "base/alloc.h"
#include "base/json.h"
#include "io/loop.h"
#include "schema/schema.h"
#include "tool/tool.h"

enum kind {
    KIND_LOOK,
    KIND_WRITE,
    KIND_FAIL,
    KIND_STUCK,
    KIND_HUMAN,
    KIND_CANCEL,
    KIND_PAGE,
    KIND_COUNT
};

static const struct fake_def {
    const char *name;
    enum tool_effect effect;
    bool parallel;
    bool hands_over;
    int64_t timeout_ms;
    const char *confirm;
    bool untrusted;
} defs[KIND_COUNT] = {
    [KIND_LOOK] = {"look", EFFECT_READ, true, false, 5000, "", false},
    [KIND_WRITE] = {"write", EFFECT_WRITE, false, false, 5000, "", false},
    [KIND_FAIL] = {"fail", EFFECT_READ, true, false, 5000, "", false},
    [KIND_STUCK] = {"stuck", EFFECT_READ, true, false, 50, "", false},
    [KIND_HUMAN] = {"human", EFFECT_WRITE, false, true, 5000, "", false},
    [KIND_CANCEL] = {"cancel", EFFECT_IRREVERSIBLE, false, false, 5000, "Cancel {q}.", false},
    [KIND_PAGE] = {"page", EFFECT_READ, true, false, 5000, "", true},
};

#define SCHEMA_TEXT                                                                                \
    "{\"type\":\"object\",\"properties\":{\"ms\":{\"type\":\"integer\",\"minimum\":0},"            \
    "\"q\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"},"                                \
    "\"priority\":{\"enum\":[\"low\",\"medium\",\"high\",\"urgent\"]}}}"

struct tool_fake {
    struct tool_source source;
    struct loop *loop;
    struct schema *schema;
    unsigned writes;
    unsigned cancels;
    unsigned active;
    unsigned peak;
};

struct fake_run {
    struct tool_fake *fake;
    struct tool_run *run;
    struct loop_timer timer;
    struct arena arena;
    struct str arguments;
    enum kind kind;
};

static void
release(struct fake_run *r)
{
    r->fake->active--;
    loop_timer_done(&r->timer);
    arena_done(&r->arena);
    mem_free(r);
}

static void
finish(struct loop_timer *timer)
{
    struct fake_run *r = OWNER_OF(timer, struct fake_run, timer);
    struct err err = {0};
    struct js *arguments = NULL;
    struct tool_result result = {.status = TOOL_OK};
    if (js_parse(r->arguments, &r->arena, &arguments, &err) < 0) {
        arguments = NULL;
    }
    result.json = arena_printf(&r->arena, "{\"found\":%" STR_FMT "}", STR_ARG(r->arguments));
    if (r->kind == KIND_FAIL) {
        result = (struct tool_result){.status = TOOL_ERROR,
                                      .error_code = STR("not_found"),
                                      .message = STR("there is no such order")};
    } else if (r->kind == KIND_WRITE) {
        r->fake->writes++;
    } else if (r->kind == KIND_CANCEL) {
        r->fake->cancels += !r->run->scope.dry_run;
    } else if (r->kind == KIND_HUMAN) {
        result.json = STR("{\"status\":\"handing over\"}");
        struct str reason = js_get_text(arguments, "reason");
        struct str priority = js_get_text(arguments, "priority");
        result.staged = (struct tool_staged){
            .escalate = true,
            .reason = reason.len ? reason : STR("asked"),
            .priority = priority.len ? priority : STR("medium"),
        };
    }
    tool_run_done done = r->run->done;
    struct tool_run *run = r->run;
    done(run, &result);
    release(r);
}

static int
fake_start(struct tool_source *s, struct tool_run *run, struct err *err)
{
    struct tool_fake *f = (struct tool_fake *)s;
    struct fake_run *r = mem_zero(1, sizeof(*r));
    struct js *arguments = NULL;
    if (!r || loop_timer_init(&r->timer, f->loop, finish, err) < 0) {
        mem_free(r);
        return err_nomem(err);
    }
    r->fake = f;
    r->run = run;
    r->kind = (enum kind)((const struct fake_def *)run->def->source_data - defs);
    r->arguments = arena_str(&r->arena, run->arguments);
    run->source_run = r;
    f->active++;
    f->peak = f->active > f->peak ? f->active : f->peak;
    if (js_parse(r->arguments, &r->arena, &arguments, err) < 0) {
        release(r);
        return ERR_INVALID;
    }
    if (r->kind != KIND_STUCK) {
        loop_timer_start(&r->timer, js_get_int(arguments, "ms", 0));
    }
    return 0;
}

static void
fake_abandon(struct tool_source *s, struct tool_run *run, bool late)
{
    (void)s;
    (void)late;
    release(run->source_run);
}

static struct str
fake_unavailable(struct tool_source *s, const struct tool_def *def)
{
    (void)s;
    (void)def;
    return (struct str){0};
}

static const struct tool_source_ops fake_ops = {fake_start, fake_abandon, fake_unavailable};

int
tool_fake_new(struct loop *l, struct tool_fake **ret, struct err *err)
{
    struct tool_fake *f = mem_zero(1, sizeof(*f));
    if (!f) {
        return err_nomem(err);
    }
    f->source.ops = &fake_ops;
    f->loop = l;
    int result = schema_compile(STR(SCHEMA_TEXT), &f->schema, err);
    if (result < 0) {
        mem_free(f);
        return result;
    }
    *ret = f;
    return 0;
}

void
tool_fake_free(struct tool_fake *f)
{
    if (f) {
        schema_free(f->schema);
        mem_free(f);
    }
}

int
tool_fake_register(struct tool_fake *f, struct tool_registry *r, struct err *err)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct tool_def def = {
            .name = str_c(defs[i].name),
            .description = STR("a fake"),
            .schema_text = STR(SCHEMA_TEXT),
            .schema = f->schema,
            .effect = defs[i].effect,
            .timeout_ms = defs[i].timeout_ms,
            .parallel = defs[i].parallel,
            .hands_over = defs[i].hands_over,
            .untrusted = defs[i].untrusted,
            .confirm = str_c(defs[i].confirm),
            .plugin = STR("fake"),
            .source = &f->source,
            .source_data = (void *)&defs[i],
        };
        int result = tool_registry_add(r, &def, err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

unsigned
tool_fake_writes(const struct tool_fake *f)
{
    return f->writes;
}

unsigned
tool_fake_cancels(const struct tool_fake *f)
{
    return f->cancels;
}

unsigned
tool_fake_peak(const struct tool_fake *f)
{
    return f->peak;
}
