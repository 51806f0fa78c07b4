#include "plugin/plugin_child.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/faults.h"
#include "base/log.h"
#include "base/must.h"
#include "io/loop.h"
#include "plugin/ask.h"
#include "plugin/manifest.h"
#include "plugin/room.h"
#include "plugin/room_ask.h"

enum {
    OLD_ROOMS_MAX = 4,
    TICK_SLACK_MS = 1,
};

struct plugin_child {
    struct tool_source source;
    struct child_parts parts;
    struct plugin_asks asks;
    char *manifest; /* as it was first heard; NULL: not yet */
    struct str manifest_text;
    unsigned missing;
    struct room *current; /* NULL: none at present */
    struct room *old;
    struct child_call *waiting; /* oldest first */
    uint64_t round;
    int64_t last_id;
    struct loop_timer timer;
    int64_t due_ms;
    struct faults faults;
    bool closing;
    char trouble[400]; /* why it is quarantined; empty: it is not */
};

static void advance(struct plugin_child *s);

static int64_t
now_ms(void)
{
    return clock_mono_ms(clock_real());
}

static struct plugin_child *
child_of(struct tool_source *source)
{
    return OWNER_OF(source, struct plugin_child, source);
}

/* Look after things at MS at the latest. */
static void
look_at(struct plugin_child *s, int64_t ms)
{
    if (ms < s->due_ms) {
        int64_t left = ms - now_ms();
        s->due_ms = ms;
        loop_timer_start(&s->timer, left > 0 ? left + TICK_SLACK_MS : 0);
    }
}

/* ---- Answers ----------------------------------------------------------------------------------*/

static void
free_call(struct child_call *c)
{
    room_drop_ask(c);
    plugin_call_done(&c->call);
    mem_free(c);
}

/* The call's answer, if anybody waits for it. */
static void
answer(struct child_call *c, const struct tool_result *result)
{
    if (c->run) {
        c->run->done(c->run, result);
    }
    free_call(c);
}

static void
fail_unstarted(struct child_call *c, const char *why)
{
    struct tool_result result = {.status = TOOL_ERROR, .error_code = STR("unavailable")};
    if (c->run) {
        struct str name = c->run->def->name;
        result.message = arena_printf(&c->call.arena, "%" STR_FMT " could not be started: %s",
                                      STR_ARG(name), why);
    }
    answer(c, &result);
}

static void
fail_lost(struct child_call *c, const char *why)
{
    struct tool_result result = {.status = TOOL_ERROR, .error_code = STR("plugin_fault")};
    if (c->run) {
        const struct tool_def *def = c->run->def;
        result.retryable = def->effect == EFFECT_READ;
        result.message = arena_printf(
            &c->call.arena, "%" STR_FMT " was lost: its process %s. %s", STR_ARG(def->name), why,
            result.retryable ? "You may try once more, or go on without it."
                             : "Whether it took effect is not known: do not call it again for "
                               "this, and tell the customer that it has to be checked.");
    }
    answer(c, &result);
}

/* ---- Those in line ----------------------------------------------------------------------------*/

static struct child_call **
find_waiting(struct plugin_child *s, const struct child_call *c)
{
    struct child_call **at = &s->waiting;
    while (*at && *at != c) {
        at = &(*at)->next;
    }
    return at;
}

/* All that wait now hear WHY. One at a time from the head: what they do then may start and cancel
 * others, which belong to the next round. */
static void
fail_waiting(struct plugin_child *s, const char *why)
{
    s->round++;
    while (s->waiting && s->waiting->round < s->round) {
        struct child_call *c = s->waiting;
        s->waiting = c->next;
        fail_unstarted(c, why);
    }
}

static void
hand_in(struct plugin_child *s)
{
    struct child_call **at = &s->waiting;
    while (*at && s->current) {
        struct child_call *c = *at;
        if (room_takes(s->current, c)) {
            *at = c->next;
            room_call(s->current, c);
        } else {
            at = &c->next;
        }
    }
}

/* ---- Faults -----------------------------------------------------------------------------------*/

static bool
is_held(struct plugin_child *s)
{
    if (!faults_hold(&s->faults, now_ms())) {
        s->trouble[0] = 0;
    }
    return s->trouble[0] != 0;
}

static void
note_fault(struct plugin_child *s, const char *why)
{
    const struct manifest *m = s->parts.code->manifest;
    bool held = faults_note(&s->faults, now_ms());
    if (held) {
        (void)snprintf(s->trouble, sizeof(s->trouble),
                       "its plugin is quarantined after %zu faults; the last: its process %s",
                       s->faults.count, why);
    }
    log_line(LOG_WARN, "plugin", STR(""), "%" STR_FMT ": its process %s; %s", STR_ARG(m->name), why,
             s->trouble[0] ? "the plugin is quarantined" : "the next call gets a new one");
    if (held && s->parts.quarantined) {
        s->parts.quarantined(s->parts.arg, s->trouble);
    }
}

void
child_quarantine(struct plugin_child *s, struct str why, int64_t for_ms)
{
    faults_quarantine(&s->faults, now_ms(), for_ms);
    (void)snprintf(s->trouble, sizeof(s->trouble), "%" STR_FMT, STR_ARG(why));
}

/* ---- Rooms ------------------------------------------------------------------------------------*/

static struct plugin_child *
owner_of(const struct room *r)
{
    return r->owner;
}

/* It takes no more calls; where it has none it ends. */
static void
retire(struct plugin_child *s, struct room *r)
{
    size_t count = 0;
    if (s->current == r) {
        s->current = NULL;
        r->next = s->old;
        s->old = r;
    }
    r->retired = true;
    if (!r->calls) {
        room_end(r);
        look_at(s, r->due_ms);
    }
    for (struct room *at = s->old; at; at = at->next) {
        if (++count > OLD_ROOMS_MAX) {
            at->ends = true;
            cell_kill(&at->cell, "was replaced too often");
        }
    }
}

static void
on_loaded(struct room *r, struct str manifest, unsigned missing)
{
    struct plugin_child *s = owner_of(r);
    if (!s->manifest) {
        s->missing = missing;
        s->manifest = mem_str(manifest);
        s->manifest_text = (struct str){s->manifest, manifest.len};
        if (!s->manifest) {
            cell_starve(&r->cell);
        }
        return;
    }
    if (!str_eq(s->manifest_text, manifest)) {
        cell_kill(&r->cell, "found another plugin than before in its file: run `deskhand plugins "
                            "reload`");
        return;
    }
    advance(s);
}

static void
on_created(struct room *r, const char *why)
{
    struct plugin_child *s = owner_of(r);
    if (why) {
        fail_waiting(s, why);
    }
    advance(s);
}

static void
on_done(struct room *r, struct child_call *c)
{
    struct plugin_child *s = owner_of(r);
    struct tool_result result;
    plugin_call_settle(&c->call, &result);
    if (r->retired && !r->calls) {
        retire(s, r);
    }
    answer(c, &result);
    if (s->waiting) {
        advance(s);
    }
}

static void
unlink_room(struct plugin_child *s, struct room *r)
{
    struct room **at = &s->old;
    while (*at && *at != r) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = r->next;
    }
    if (s->current == r) {
        s->current = NULL;
    }
}

static void
on_gone(struct room *r, const char *why)
{
    struct plugin_child *s = owner_of(r);
    bool current = s->current == r;
    unlink_room(s, r);
    if (!r->ends) {
        note_fault(s, why);
    }
    while (r->calls) {
        struct child_call *c = r->calls;
        r->calls = c->next;
        fail_lost(c, why);
    }
    /* Those who waited for its instance have heard what there is to hear. */
    if (current && r->state != ROOM_READY) {
        char text[400];
        (void)snprintf(text, sizeof(text), "its process %s", why);
        fail_waiting(s, text);
    }
    room_free(r);
    advance(s);
}

static const struct room_ops room_ops = {
    .loaded = on_loaded, .created = on_created, .done = on_done, .gone = on_gone};

/* ---- What is due ------------------------------------------------------------------------------*/

/* A call that nobody waits for, and that has had its time. */
static void
give_up(struct plugin_child *s, struct room *r, struct child_call *c, int64_t now)
{
    int64_t last = c->call.abi.deadline_ms + CHILD_GRACE_MS;
    if (c->late || now >= last) {
        retire(s, r);
        cell_stop(&r->cell, "had to be killed: a call did not end when its time was up");
        return;
    }
    c->give_up_ms = last;
    if (c->serial && !r->retired) {
        retire(s, r);
    }
}

static void
look_after_room(struct plugin_child *s, struct room *r)
{
    int64_t now = now_ms();
    if (r->cell.state != CELL_LIVE) {
        return;
    }
    if (now >= r->due_ms) {
        r->due_ms = INT64_MAX;
        cell_kill(&r->cell, r->ends ? "did not end" : "took too long to start");
        return;
    }
    look_at(s, r->due_ms);
    for (struct child_call *c = r->calls; c && r->cell.state == CELL_LIVE; c = c->next) {
        if (!c->run && now >= c->give_up_ms) {
            give_up(s, r, c, now);
        }
        if (!c->run) {
            look_at(s, c->give_up_ms);
        }
    }
}

static void
on_timer(struct loop_timer *timer)
{
    struct plugin_child *s = OWNER_OF(timer, struct plugin_child, timer);
    struct room *next;
    s->due_ms = INT64_MAX;
    if (s->current) {
        look_after_room(s, s->current);
    }
    for (struct room *r = s->old; r; r = next) {
        next = r->next;
        look_after_room(s, r);
    }
    advance(s);
}

/* ---- The source -------------------------------------------------------------------------------*/

static void
need_room(struct plugin_child *s)
{
    struct err err;
    if (now_ms() < s->faults.not_before_ms) {
        look_at(s, s->faults.not_before_ms);
    } else if (room_new(&s->parts, &room_ops, s, &s->current, &err) < 0) {
        fail_waiting(s, err.message);
    } else {
        look_at(s, s->current->due_ms);
    }
}

/* Whatever can go on goes on. Not from inside start() or abandon(). */
static void
advance(struct plugin_child *s)
{
    if (!s->waiting || s->closing) {
        return;
    }
    if (is_held(s)) {
        fail_waiting(s, s->trouble);
    } else if (!s->current) {
        need_room(s);
    } else if (s->current->state == ROOM_LOADED && s->current->cell.state == CELL_LIVE) {
        room_create(s->current);
        look_at(s, s->current->due_ms);
    }
    hand_in(s);
}

static int
start(struct tool_source *source, struct tool_run *run, struct err *err)
{
    struct plugin_child *s = child_of(source);
    struct child_call *c = mem_zero(1, sizeof(*c));
    if (!c) {
        return err_nomem(err);
    }
    int result = plugin_call_init(&c->call, run, err);
    if (result < 0) {
        mem_free(c);
        return result;
    }
    c->run = run;
    run->source_run = c;
    c->id = ++s->last_id;
    c->serial = !run->def->parallel;
    c->round = s->round;
    if (s->current && !s->waiting && room_takes(s->current, c)) {
        room_call(s->current, c);
        return 0;
    }
    struct child_call **last = &s->waiting;
    while (*last) {
        last = &(*last)->next;
    }
    *last = c;
    look_at(s, now_ms());
    return 0;
}

static struct room *
room_with(struct plugin_child *s, const struct child_call *c)
{
    struct room *rooms[2] = {s->current, s->old};
    for (size_t i = 0; i < 2; i++) {
        for (struct room *r = rooms[i]; r; r = r->next) {
            const struct child_call *at = r->calls;
            while (at && at != c) {
                at = at->next;
            }
            if (at) {
                return r;
            }
        }
    }
    return NULL;
}

static void
abandon(struct tool_source *source, struct tool_run *run, bool late)
{
    struct plugin_child *s = child_of(source);
    struct child_call *c = run->source_run;
    struct child_call **waiting = find_waiting(s, c);
    if (*waiting) {
        *waiting = c->next;
        free_call(c);
        return;
    }
    struct room *r = room_with(s, c);
    plugin_call_kill(&c->call);
    c->run = NULL;
    c->late = late;
    c->give_up_ms = now_ms() + CHILD_GRACE_MS;
    if (r) {
        room_cancel(r, c);
    }
    look_at(s, c->give_up_ms);
}

struct str
child_trouble(struct plugin_child *s)
{
    return is_held(s) ? str_c(s->trouble) : (struct str){0};
}

static struct str
unavailable(struct tool_source *source, const struct tool_def *def)
{
    (void)def;
    return child_trouble(child_of(source));
}

/* ---- From start to end ------------------------------------------------------------------------*/

static int
wait_until_loaded(struct plugin_child *s, struct err *err)
{
    struct room *r = s->current;
    int64_t most = s->parts.load_ms ? s->parts.load_ms : CHILD_LOAD_MS;
    int64_t until = now_ms() + most;
    while (r->state < ROOM_LOADED && r->cell.state != CELL_DEAD) {
        int64_t left = until - now_ms();
        if (left <= 0) {
            return err_set(err, ERR_TIMEOUT, "its process did not load it within %lld ms",
                           (long long)most);
        }
        cell_wait(&r->cell, left);
    }
    if (r->cell.starved) {
        return err_nomem(err);
    }
    if (r->cell.state != CELL_LIVE) {
        return r->refused ? err_set(err, ERR_INVALID, "%s", r->cell.why)
                          : err_set(err, ERR_PLUGIN, "its process %s", r->cell.why);
    }
    return 0;
}

int
child_new(const struct child_parts *parts, struct plugin_child **ret, struct str *ret_manifest,
          struct err *err)
{
    static const struct tool_source_ops ops = {
        .start = start, .abandon = abandon, .unavailable = unavailable};
    struct plugin_child *s = mem_zero(1, sizeof(*s));
    if (!s) {
        return err_nomem(err);
    }
    s->source.ops = &ops;
    s->parts = *parts;
    s->asks.code = parts->code;
    s->parts.asks = &s->asks;
    s->due_ms = INT64_MAX;
    int result = loop_timer_init(&s->timer, parts->loop, on_timer, err);
    if (result == 0) {
        result = room_new(&s->parts, &room_ops, s, &s->current, err);
    }
    if (result == 0) {
        result = wait_until_loaded(s, err);
    }
    if (result < 0) {
        child_free(s);
        return result;
    }
    *ret_manifest = s->manifest_text;
    *ret = s;
    return 0;
}

void
child_close(struct plugin_child *s)
{
    must(!s->waiting);
    s->closing = true;
    if (s->current) {
        retire(s, s->current);
    }
}

bool
child_idle(const struct plugin_child *s)
{
    return !s->current && !s->old;
}

static void
drop_room(struct room *r)
{
    while (r && r->calls) {
        struct child_call *c = r->calls;
        r->calls = c->next;
        must(!c->run);
        free_call(c);
    }
    room_free(r);
}

void
child_free(struct plugin_child *s)
{
    if (!s) {
        return;
    }
    drop_room(s->current);
    while (s->old) {
        struct room *r = s->old;
        s->old = r->next;
        drop_room(r);
    }
    loop_timer_done(&s->timer);
    mem_free(s->manifest);
    mem_free(s);
}

struct tool_source *
child_source(struct plugin_child *s)
{
    return &s->source;
}

unsigned
child_missing(const struct plugin_child *s)
{
    return s->missing;
}
