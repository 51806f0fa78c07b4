#include "fault_desk.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "host/host.h"
#include "io/loop.h"
#include "model/model.h"
#include "model_scripted.h"
#include "plugin/plugin.h"
#include "prompt/prompt.h"
#include "tool/tool.h"
#include "turn/ledger.h"
#include "verify.h"

enum { PATH_BYTES = 4096, BUSY_WAIT_MS = 10000, STEP_MS = 1000, TALK_MAX_MS = 60000 };

struct fault_kept {
    struct fault_kept *next;
    char text[];
};

/* ---- Opening ---------------------------------------------------------------------------------*/

static int
open_prompts(struct fault_desk *d, struct err *err)
{
    static const struct {
        struct str name;
        struct str text;
    } lines[4] = {
        {STR_INIT("handoff"), STR_INIT("{{! handoff: the line.\n    ticket required the number }}\n"
                                       "Ticket {{ticket}}.")},
        {STR_INIT("limit_reached"),
         STR_INIT("{{! limit_reached: the sentence.\n    reason required why }}\n"
                  "Sorry: {{reason}}.")},
        {STR_INIT("apology"), STR_INIT("{{! apology: after a failure. }}\nSorry, that failed.")},
        {STR_INIT("confirm"),
         STR_INIT("{{! confirm: the question.\n    actions required what }}\nMay I? {{actions}}")},
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < 4; i++) {
        result = prompt_parse(lines[i].name, lines[i].text, &d->prompts[i], err);
    }
    return result;
}

static int
load(struct fault_desk *d, const char *folder_variable, const char *name, struct str config,
     struct err *err)
{
    const struct plugin *loaded;
    char path[PATH_BYTES];
    const char *folder = getenv(folder_variable);
    if (!folder) {
        return err_set(err, ERR_INVALID, "%s is not set: run this by `meson test`",
                       folder_variable);
    }
    (void)snprintf(path, sizeof(path), "%s/%s.so", folder, name);
    return plugin_load(d->plugins, path, config, d->tools, &loaded, err);
}

static int
open_tools(struct fault_desk *d, const char *folder, struct err *err)
{
    char file[PATH_BYTES];
    AUTO(buf) struct buf config;
    struct js_out out;
    struct plugin_parts parts = {.loop = d->loop, .threads = 4};
    (void)snprintf(file, sizeof(file), "%s/effects", folder);
    buf_init(&config, LIMIT_CONFIG_BYTES);
    js_out_init(&out, &config);
    js_begin_object(&out);
    js_put_str(&out, "file", str_c(file));
    js_end_object(&out);
    parts.extensions = host_extensions(&parts.extension_count);
    int result = buf_finish(&config, "configuration", err);
    if (result == 0) {
        result = tool_registry_new(d->loop, &d->tools, err);
    }
    if (result == 0) {
        result = plugin_set_new(&parts, &d->plugins, err);
    }
    if (result == 0) {
        result = load(d, "DESKHAND_TEST_PLUGINS", "effects", buf_str(&config), err);
    }
    return result == 0 ? load(d, "DESKHAND_SHIPPED_PLUGINS", "escalate", STR(""), err) : result;
}

static int
open_store(struct fault_desk *d, const struct fault_desk_options *o, struct err *err)
{
    struct ledger_recover r = {0};
    struct store_options options = {
        .path = str_c(o->folder), .create = true, .sync = o->sync, .busy_ms = BUSY_WAIT_MS};
    int result = o->memory ? store_open_memory(&options, d->loop, &d->store, err)
                           : store_open_sqlite(&options, d->loop, &d->store, err);
    if (result < 0 || !o->recover) {
        return result;
    }
    r.store = d->store;
    result = store_read_wait(d->store, ledger_find_dead, &r, err);
    return result == 0 && r.closed > 0 ? store_write_wait(d->store, ledger_recover, &r, err)
                                       : result;
}

static int
open_engine(struct fault_desk *d, struct err *err)
{
    d->parts = (struct engine_parts){
        .loop = d->loop,
        .clock = clock_real(),
        .store = d->store,
        .model = d->model,
        .tools = d->tools,
        .handoff = d->prompts[0],
        .limit_reached = d->prompts[1],
        .apology = d->prompts[2],
        .confirm = d->prompts[3],
        .line_vars = STR("{}"),
        .limits = {8, 20, 3, 60000, 100000},
        .memory = {100, 200000, 0},
        .queue_max = 8,
        .busy_wait_ms = BUSY_WAIT_MS,
    };
    return engine_new(&d->parts, &d->engine, err);
}

int
fault_desk_open(struct fault_desk *d, const struct fault_desk_options *options, struct err *err)
{
    memset(d, 0, sizeof(*d));
    int result = loop_new(&d->loop, err);
    if (result == 0) {
        result = open_store(d, options, err);
    }
    if (result == 0) {
        result = open_prompts(d, err);
    }
    if (result == 0) {
        result = model_scripted_new(d->loop, str_c(options->script), &d->model, err);
    }
    if (result == 0) {
        result = open_tools(d, options->folder, err);
    }
    if (result == 0) {
        result = open_engine(d, err);
    }
    if (result < 0) {
        fault_desk_close(d);
    }
    return result;
}

void
fault_desk_close(struct fault_desk *d)
{
    engine_free(d->engine);
    model_free(d->model);
    tool_registry_free(d->tools);
    plugin_set_free(d->plugins);
    for (size_t i = 0; i < 4; i++) {
        prompt_free(d->prompts[i]);
    }
    store_free(d->store);
    loop_free(d->loop);
    while (d->kept) {
        struct fault_kept *next = d->kept->next;
        free(d->kept);
        d->kept = next;
    }
    memset(d, 0, sizeof(*d));
}

/* ---- Talking ---------------------------------------------------------------------------------*/

static struct str
keep(struct fault_desk *d, struct str text)
{
    struct fault_kept *k = malloc(sizeof(*k) + text.len + 1);
    if (!k) {
        abort();
    }
    memcpy(k->text, text.len ? text.ptr : "", text.len);
    k->text[text.len] = '\0';
    k->next = d->kept;
    d->kept = k;
    return (struct str){k->text, text.len};
}

static void
tell(struct fault_talk *t, const char *name)
{
    if (t->event) {
        t->event(t, name);
    }
}

static void
on_started(void *arg, struct str conversation)
{
    struct fault_talk *t = arg;
    t->started = true;
    t->conversation = keep(t->desk, conversation);
    tell(t, "started");
}

static void
on_text(void *arg, struct str delta)
{
    struct fault_talk *t = arg;
    (void)delta;
    tell(t, "text");
}

static void
on_tool_started(void *arg, struct str name)
{
    struct fault_talk *t = arg;
    (void)name;
    t->tools_started++;
    tell(t, "tool");
}

static void
on_tool_finished(void *arg, struct str name, bool ok, int64_t ms)
{
    struct fault_talk *t = arg;
    (void)name;
    (void)ok;
    (void)ms;
    t->tools_finished++;
    tell(t, "finished");
}

static void
on_retracted(void *arg)
{
    struct fault_talk *t = arg;
    t->retracted++;
    tell(t, "retracted");
}

static void
on_handed_over(void *arg, int64_t ticket, struct str line)
{
    struct fault_talk *t = arg;
    (void)line;
    t->ticket = ticket;
    tell(t, "handed_over");
}

static void
on_done(void *arg, const struct turn_report *report)
{
    struct fault_talk *t = arg;
    struct fault_desk *d = t->desk;
    t->done = true;
    t->conversation = keep(d, report->conversation);
    t->outcome = keep(d, report->outcome);
    t->reply = keep(d, report->reply);
    t->reason = keep(d, report->reason);
    t->ticket = report->ticket;
    t->error = report->error;
    tell(t, "done");
    loop_stop(t->desk->loop);
}

static const struct turn_observer observer = {
    .started = on_started,
    .text = on_text,
    .tool_started = on_tool_started,
    .tool_finished = on_tool_finished,
    .retracted = on_retracted,
    .handed_over = on_handed_over,
    .done = on_done,
};

int
fault_talk_start(struct fault_talk *t, struct fault_desk *d, struct str conversation,
                 const char *text, struct err *err)
{
    struct turn_input input = {
        .conversation = conversation,
        .customer = STR("anna"),
        .channel = STR("test"),
        .text = str_c(text),
        .prompt_name = STR("p"),
        .prompt_hash = STR("h"),
        .prompt_text = STR("text"),
        .prompt_vars = STR("{}"),
        .system = STR("be kind"),
    };
    t->desk = d;
    t->text = text;
    return engine_submit(d->engine, &input, &observer, t, &t->id, err);
}

int
fault_talk_say(struct fault_talk *t, struct fault_desk *d, struct str conversation,
               const char *text, struct err *err)
{
    int result = fault_talk_start(t, d, conversation, text, err);
    int64_t until = clock_mono_ms(clock_real()) + TALK_MAX_MS;
    while (result == 0 && !t->done) {
        result = loop_step(d->loop, STEP_MS, err);
        if (result == 0 && clock_mono_ms(clock_real()) > until) {
            return err_set(err, ERR_TIMEOUT, "\"%s\": the turn does not end", text);
        }
    }
    return result;
}

/* The reply's messages one by one, as they stand in the record. */
static void
acknowledge_done(const struct fault_talk *t, const char *folder)
{
    struct str rest = t->reply;
    do {
        size_t end = str_find(rest, STR("\n\n"), 0);
        struct str part = str_sub(rest, 0, end);
        (void)verify_note(folder, "acks", "done %s %s %lld %" STR_FMT, t->conversation.ptr,
                          t->outcome.ptr, (long long)t->ticket, STR_ARG(part));
        rest = end == SIZE_MAX ? (struct str){0} : str_sub(rest, end + 2, SIZE_MAX);
    } while (rest.len > 0);
}

void
fault_talk_acknowledge(const struct fault_talk *t, const char *name, const char *folder)
{
    if (strcmp(name, "started") == 0) {
        (void)verify_note(folder, "acks", "started %s %s", t->conversation.ptr, t->text);
    } else if (strcmp(name, "done") == 0 && t->conversation.len > 0) {
        acknowledge_done(t, folder);
    }
}

/* ---- Folders ---------------------------------------------------------------------------------*/

int
fault_scratch_make(char *path, size_t size, const char *name, struct err *err)
{
    const char *where = getenv("TMPDIR");
    int len = snprintf(path, size, "%s/%s-XXXXXX", where ? where : "/tmp", name);
    if (len < 0 || (size_t)len >= size) {
        return err_set(err, ERR_INVALID, "TMPDIR: the path is too long");
    }
    return mkdtemp(path) ? 0 : err_set_errno(err, errno, "make %s", path);
}

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

void
fault_scratch_remove(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int
fault_folder_fresh(const char *folder, struct err *err)
{
    fault_scratch_remove(folder);
    return mkdir(folder, 0700) == 0 ? 0 : err_set_errno(err, errno, "make %s", folder);
}
