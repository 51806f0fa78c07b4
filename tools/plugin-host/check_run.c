#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "check_watch.h"
#include "check_wire.h"
#include "plugin/cage.h"
#include "plugin/code.h"

enum { HIGH_FD = 210, LATE_MS = 30 };

static void
say_refused(struct check *c, const char *at, const struct err *err)
{
    struct check_line line;
    check_line_open(&line, "refused");
    js_put_str(&line.out, "at", str_c(at));
    js_put_str(&line.out, "why", str_c(err->message));
    check_line_say(c, &line);
}

static void
say_end(struct check *c, int64_t left_behind)
{
    struct check_line line;
    check_line_open(&line, "end");
    js_put_bool(&line.out, "failed", check_watch_failed());
    js_put_int(&line.out, "missing", c->missing);
    js_put_int(&line.out, "bytes", left_behind);
    check_line_say(c, &line);
}

/* ---- Into the cage, and the plugin's code behind it ------------------------------------------*/

static const char *const *
paths(struct check *c, const char *member)
{
    const struct js *array = js_get_c(c->step, member);
    size_t count = js_count(array);
    const char **list = arena_zero(&c->arena, count + 1, sizeof(*list));
    for (size_t i = 0; list && i < count; i++) {
        list[i] = js_text(js_at(array, i)).ptr;
    }
    return list;
}

/* As the child of a desk does it; see main.c. */
static int
enter(struct check *c, const char *path, int file, struct err *err)
{
    const struct cage cage = {
        .read = paths(c, "read"),
        .write = paths(c, "write"),
        .folder = js_get_text(c->step, "folder").ptr,
        .network = js_get_bool(c->step, "network", false),
        .memory = js_get_int(c->step, "memory", 0),
        .without = (unsigned)js_get_int(c->step, "without", 0),
    };
    struct str by_number = arena_printf(&c->arena, "/proc/self/fd/%d", file);
    if (!cage.read || !cage.write || !by_number.ptr) {
        return err_nomem(err);
    }
    int result = plugin_code_check(path, err);
    if (result == 0) {
        result = cage_enter(&cage, &c->missing, err);
    }
    if (result < 0) {
        return result;
    }
    check_state_take(&c->before);
    return plugin_code_open(access(path, R_OK) == 0 ? path : by_number.ptr, 0, &c->code.abi, err);
}

static bool
load(struct check *c, int64_t fail_at)
{
    struct err err = {0};
    const char *path = js_get_text(c->step, "path").ptr;
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (!path || enter(c, path, file, &err) < 0) {
        say_refused(c, "load", &err);
        return false;
    }
    (void)check_watch(c, (const void *)c->code.abi.call, fail_at);
    return true;
}

/* ---- Instances --------------------------------------------------------------------------------*/

/* The plugin's own create(), behind ours: the host that it gets is a member of our instance, and
 * there is no other way to see who asks whether a call is still wanted. */
static void *(*create_behind)(const struct dh_host *host, const struct dh_setup *setup);

static void *
create(const struct dh_host *host, const struct dh_setup *setup)
{
    ((struct dh_host *)host)->canceled = check_canceled;
    return create_behind(host, setup);
}

static struct plugin_instance *
begin(struct check *c)
{
    struct plugin_instance *i = NULL;
    struct err err = {0};
    check_at(c, "create");
    if (plugin_instance_new(&c->code, &i, &err) < 0) {
        say_refused(c, "create", &err);
        return NULL;
    }
    return i;
}

static void
end(struct check *c, struct plugin_instance *i)
{
    if (i) {
        check_at(c, "destroy");
        plugin_instance_free(i);
    }
}

/* One instance from its beginning to its end; false when it could not be made. */
static bool
once(struct check *c, size_t from)
{
    const struct timespec pause = {.tv_nsec = LATE_MS * 1000000L};
    bool at_once = str_eq_c(js_get_text(c->step, "kind"), CHECK_PARALLEL);
    struct plugin_instance *i = begin(c);
    if (!i) {
        return false;
    }
    if (at_once) {
        check_parallel(c, i);
    } else {
        check_calls(c, i, from);
    }
    if (str_eq_c(js_get_text(c->step, "kind"), CHECK_CALLS)) {
        (void)nanosleep(&pause, NULL);
        check_late_answers(c);
    }
    end(c, i);
    check_calls_done(c);
    return true;
}

/* Two instances side by side, as when a desk is reloaded, and what they leave behind again and
 * again; the first rounds fill what libraries keep for good. *RET_LEFT: the least that a round
 * left, 0 when one left nothing. */
static bool
cycles(struct check *c, int64_t *ret_left)
{
    int64_t count = js_get_int(c->step, "cycles", 1);
    int64_t least = INT64_MAX;
    size_t before = 0;
    /* Threads of calls come and go: what one heap or another keeps for them is no leak. */
    (void)mallopt(M_ARENA_MAX, 1);
    struct plugin_instance *first = begin(c);
    struct plugin_instance *second = first ? begin(c) : NULL;
    end(c, first);
    end(c, second);
    if (!second) {
        return false;
    }
    for (int64_t n = 0; n < count && n < CHECK_CYCLES_MAX; n++) {
        if (!once(c, 0)) {
            return false;
        }
        check_kept_done(c);
        size_t now = mallinfo2().uordblks;
        int64_t grown = (int64_t)now - (int64_t)before;
        least = n >= count / 2 && grown < least ? grown : least;
        before = now;
    }
    *ret_left = count > 3 && least > 0 ? least : 0;
    return true;
}

/* ---- A run ------------------------------------------------------------------------------------*/

static void
run(struct check *c, size_t from)
{
    int64_t left = 0;
    bool ran =
        str_eq_c(js_get_text(c->step, "kind"), CHECK_CYCLES) ? cycles(c, &left) : once(c, from);
    if (ran) {
        check_state_compare(c, &c->before);
    }
    say_end(c, left);
}

void
check_run(struct check *c, size_t from, int64_t fail_at)
{
    int out = fcntl(c->out, F_DUPFD_CLOEXEC, HIGH_FD);
    if (out < 0 || !check_state_prepare(&c->before)) {
        _exit(CHECK_EXIT_STARVED);
    }
    (void)close(c->out);
    c->out = out;
    if (load(c, fail_at)) {
        create_behind = c->code.abi.create;
        c->code.abi.create = create;
        run(c, from);
    }
    check_calls_done(c);
    check_kept_done(c);
    check_state_done(&c->before);
}
