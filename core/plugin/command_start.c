#include "plugin/command_start.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "io/child.h"
#include "io/loop.h"

/* Linux takes at most 128 KiB in one argument. */
enum { SETTINGS_MAX = 120 * 1024, HOST_WORDS = 3 };

static void
put_settings(const struct command_settings *s, bool probe, struct buf *text)
{
    struct js_out out;
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_int(&out, "parent", getpid());
    js_put_str_or_null(&out, "dir", str_c(s->dir));
    js_put_str_or_null(&out, "folder", str_c(s->folder));
    js_put_texts(&out, "read", s->cage.read);
    js_put_texts(&out, "write", s->cage.write);
    js_put_bool(&out, "network", s->cage.network);
    js_put_int(&out, "memory", s->cage.memory);
    js_put_int(&out, "without", s->cage.without);
    js_put_bool(&out, "probe", probe);
    js_end_object(&out);
}

static int
make_argv(const struct command_settings *s, bool probe, struct arena *arena, const char ***ret,
          struct err *err)
{
    AUTO(buf) struct buf text;
    size_t count = 0;
    buf_init(&text, SETTINGS_MAX);
    put_settings(s, probe, &text);
    int result = buf_finish(&text, "the paths granted", err);
    if (result < 0) {
        return result;
    }
    while (s->argv[count]) {
        count++;
    }
    const char **argv = arena_zero(arena, HOST_WORDS + count + 1, sizeof(*argv));
    struct str settings = buf_to_arena(&text, arena);
    if (!argv || !settings.ptr) {
        return err_nomem(err);
    }
    argv[0] = s->cage.program;
    argv[1] = "--command";
    argv[2] = settings.ptr;
    memcpy(argv + HOST_WORDS, s->argv, count * sizeof(*argv));
    *ret = argv;
    return 0;
}

static int
make_env(const char *const *env, char ***ret, struct err *err)
{
    size_t count = 0;
    while (env && env[count]) {
        count++;
    }
    *ret = mem_zero(count + 1, sizeof(**ret));
    if (!*ret) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(env[i]);
        char *copy = mem_alloc(len + 2);
        if (!copy) {
            return err_nomem(err);
        }
        copy[0] = '+';
        memcpy(copy + 1, env[i], len + 1);
        (*ret)[i] = copy;
    }
    return 0;
}

int
command_start_init(struct command_start *start, const struct command_settings *settings,
                   struct arena *arena, struct err *err)
{
    *start = (struct command_start){0};
    int result = make_env(settings->env, &start->env, err);
    if (result == 0) {
        result = make_argv(settings, false, arena, &start->argv, err);
    }
    return result == 0 ? make_argv(settings, true, arena, &start->probe, err) : result;
}

void
command_start_done(struct command_start *start)
{
    for (size_t i = 0; start->env && start->env[i]; i++) {
        explicit_bzero(start->env[i], strlen(start->env[i]));
        mem_free(start->env[i]);
    }
    mem_free(start->env);
    *start = (struct command_start){0};
}

void
command_start_input(const struct tool_run *run, int64_t left_ms, struct buf *text)
{
    struct js_out out;
    js_out_init(&out, text);
    js_begin_object(&out);
    js_put_str(&out, "tool", run->def->name);
    js_put_raw(&out, "arguments", run->arguments);
    js_put_str_or_null(&out, "customer", run->scope.customer);
    js_put_str(&out, "conversation", run->scope.conversation);
    js_put_str(&out, "turn", run->scope.turn);
    js_put_str(&out, "call", run->scope.call);
    js_put_str(&out, "idempotency_key", run->scope.call);
    js_put_int(&out, "deadline_ms", left_ms);
    js_put_bool(&out, "dry_run", run->scope.dry_run);
    js_end_object(&out);
    buf_add_char(text, '\n');
}

/* ---- A look -----------------------------------------------------------------------------------*/

struct probe {
    struct child *child;
    bool over;
    int result;
    int64_t missing;
    struct err err;
};

static void
on_probe(void *arg, int result, struct str output, const struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct probe *p = arg;
    struct js *root;
    p->over = true;
    if (result != 0) {
        struct str said = str_trim(utf8_for_terminal(&arena, child_complaint(p->child)));
        p->result = said.len ? err_set(&p->err, ERR_PLUGIN, "%" STR_FMT, STR_ARG(said))
                             : err_set(&p->err, ERR_PLUGIN, "%s", err->message);
        return;
    }
    p->result = js_parse_object(output, "what was seen", &arena, &root, &p->err);
    if (p->result < 0) {
        return;
    }
    struct str trouble = js_get_text(root, "trouble");
    p->missing = js_get_int(root, "missing", 0);
    if (trouble.len) {
        p->result = err_set(&p->err, ERR_PLUGIN, "%" STR_FMT, STR_ARG(trouble));
    }
}

int
command_start_probe(const struct command_start *start, struct loop *l, unsigned *ret_missing,
                    struct err *err)
{
    struct probe p = {.over = false};
    const struct child_limits limits = {
        .timeout_ms = COMMAND_PROBE_MS,
        .grace_ms = COMMAND_GRACE_MS,
        .env = (const char *const *)start->env,
    };
    int result = child_start(l, start->probe, &limits, on_probe, &p, &p.child, err);
    while (result == 0 && !p.over) {
        result = loop_step(l, COMMAND_PROBE_MS, err);
        if (result < 0) {
            child_cancel(p.child);
        }
    }
    if (result == 0 && p.result < 0) {
        *err = p.err;
        return p.result;
    }
    *ret_missing = (unsigned)p.missing;
    return result;
}
