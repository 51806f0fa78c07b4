#include "plugin/plugin.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "io/loop.h"
#include "io/worker.h"
#include "plugin/plugin_inside.h"
#include "tool/tool.h"

enum {
    LOST_THREADS_MAX = 16, /* of all plugins; each may hold INPROC_LOST_MAX */
    CLOSING_MAX_MS = 2000,
    SWEEP_MS = 100,
};

static void on_sweep(struct loop_timer *timer);

int
plugin_set_new(const struct plugin_parts *parts, struct plugin_set **ret, struct err *err)
{
    AUTO(plugin_set) struct plugin_set *set = mem_zero(1, sizeof(*set));
    if (!set) {
        return err_nomem(err);
    }
    set->parts = *parts;
    int result = loop_timer_init(&set->sweep, parts->loop, on_sweep, err);
    if (result == 0) {
        result = pool_new(parts->loop, "plugin", parts->threads, LOST_THREADS_MAX, &set->pool, err);
    }
    if (result < 0) {
        return result;
    }
    *ret = TAKE(set);
    return 0;
}

/* A plugin that still runs somewhere keeps its memory. */
void
plugin_free(struct plugin *p)
{
    if (!p) {
        return;
    }
    bool idle = !p->inproc || inproc_idle(p->inproc);
    inproc_free(p->inproc);
    child_free(p->child);
    if (idle) {
        manifest_done(&p->manifest);
        grants_done(&p->grants);
        mem_free(p->config);
        mem_free(p->path);
        mem_free(p->asked);
        mem_free(p);
    }
}

/* End what can be ended of P. Each look may find that a lost thread came back. */
static bool
close_plugin(const struct plugin *p)
{
    if (p->child) {
        child_close(p->child);
        return child_idle(p->child);
    }
    inproc_close(p->inproc);
    return inproc_idle(p->inproc);
}

static bool
all_idle(const struct plugin_set *set)
{
    bool idle = true;
    for (const struct plugin *p = set->first; p; p = p->next) {
        idle = close_plugin(p) && idle;
    }
    return idle;
}

static void
wait_until_idle(struct plugin_set *set)
{
    int64_t until = clock_mono_ms(clock_real()) + CLOSING_MAX_MS;
    while (!all_idle(set) && clock_mono_ms(clock_real()) < until) {
        struct err err = {0};
        if (loop_step(set->parts.loop, 20, &err) < 0) {
            return;
        }
    }
}

void
plugin_set_free(struct plugin_set *set)
{
    if (!set) {
        return;
    }
    loop_timer_stop(&set->sweep);
    wait_until_idle(set);
    while (set->first) {
        struct plugin *p = set->first;
        set->first = p->next;
        plugin_free(p);
    }
    pool_free(set->pool);
    loop_timer_done(&set->sweep);
    mem_free(set);
}

/* ---- What was replaced ------------------------------------------------------------------------*/

static void
on_sweep(struct loop_timer *timer)
{
    const struct plugin_set *set = OWNER_OF(timer, struct plugin_set, sweep);
    bool idle = true;
    for (const struct plugin *p = set->first; p; p = p->next) {
        if (p->replaced) {
            bool over = tool_source_active(p->replaced, plugin_source(p)) == 0;
            idle = over && close_plugin(p) && idle;
        }
    }
    if (!idle) {
        loop_timer_start(timer, SWEEP_MS);
    }
}

void
plugin_replaced(struct plugin_set *set, struct plugin *p, const struct tool_registry *r)
{
    p->replaced = r;
    loop_timer_start(&set->sweep, 0);
}

const struct plugin *
plugin_at(const struct plugin_set *set, size_t index)
{
    for (const struct plugin *p = set->first; p; p = p->next) {
        if (!p->replaced && index-- == 0) {
            return p;
        }
    }
    return NULL;
}

struct tool_source *
plugin_source(const struct plugin *p)
{
    return p->child ? child_source(p->child) : inproc_source(p->inproc);
}

const struct manifest *
plugin_manifest(const struct plugin *p)
{
    return &p->manifest;
}

struct str
plugin_path(const struct plugin *p)
{
    return str_c(p->path);
}

struct str
plugin_asked(const struct plugin *p)
{
    return str_c(p->asked);
}

struct str
plugin_trouble(const struct plugin *p)
{
    return p->child ? child_trouble(p->child) : inproc_trouble(p->inproc);
}

bool
plugin_isolated(const struct plugin *p, unsigned *ret_missing)
{
    *ret_missing = p->child ? child_missing(p->child) : 0;
    return p->child != NULL;
}

void
plugin_quarantine(const struct plugin *p, struct str why, int64_t for_ms)
{
    if (p->child) {
        child_quarantine(p->child, why, for_ms);
    }
}

void
plugin_stat_text(const struct stat *st, char out[PLUGIN_FILE_TEXT])
{
    (void)snprintf(out, PLUGIN_FILE_TEXT, "%" PRIdMAX ":%" PRIdMAX ".%09ld", (intmax_t)st->st_size,
                   (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

void
plugin_file_text(const struct plugin *p, char out[PLUGIN_FILE_TEXT])
{
    plugin_stat_text(&p->file, out);
}
