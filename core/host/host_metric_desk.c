/* dh.metric/1 on the desk. What plugins count is added up in memory, by plugin, name and day, and
 * added to the store's rows once a second, all in one transaction. Figures in that transaction's
 * hands are apart from those that go on growing; when it fails they are added back. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "host/host_impl.h"
#include "host/metric_rules.h"
#include "host/tables.h"
#include "plugin/manifest.h"

enum { WRITE_MS = 1000, DAY_LEN = 10, PLUGIN_NAME_MAX = 40 };

struct figure {
    struct figure *next;
    char plugin[PLUGIN_NAME_MAX + 1];
    char name[METRIC_NAME_MAX + 1];
    char day[DAY_LEN + 1];
    bool counts;
    int64_t count;
    int64_t sum;
    int64_t least;
    int64_t most;
};

struct host_figures {
    struct host *host;
    struct loop_timer timer;
    bool armed;
    struct figure *growing;
    struct figure *writing; /* in REQUEST's hands; NULL: none is under way */
    struct store_request request;
};

static int64_t
add_up(int64_t a, int64_t b)
{
    int64_t sum;
    bool over = __builtin_add_overflow(a, b, &sum);
    return over ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

static void
merge(struct figure *into, const struct figure *more)
{
    into->count = add_up(into->count, more->count);
    into->sum = add_up(into->sum, more->sum);
    into->least = more->least < into->least ? more->least : into->least;
    into->most = more->most > into->most ? more->most : into->most;
}

static bool
same_owner(const struct figure *a, const struct figure *b)
{
    return strcmp(a->plugin, b->plugin) == 0 && strcmp(a->day, b->day) == 0;
}

/* Add MORE, which is of one plugin and day, to what grows. False: it is one name too many, or of
 * another kind than before, or there is no memory for it. */
static bool
grow(struct host_figures *f, const struct figure *more)
{
    size_t names = 0;
    for (struct figure *at = f->growing; at; at = at->next) {
        if (same_owner(at, more) && strcmp(at->name, more->name) == 0) {
            if (at->counts == more->counts) {
                merge(at, more);
            }
            return at->counts == more->counts;
        }
        names += same_owner(at, more);
    }
    struct figure *fresh = names < METRIC_NAMES_MAX ? mem_alloc(sizeof(*fresh)) : NULL;
    if (!fresh) {
        return false;
    }
    *fresh = *more;
    fresh->next = f->growing;
    f->growing = fresh;
    return true;
}

static void
free_figures(struct figure *first)
{
    while (first) {
        struct figure *next = first->next;
        mem_free(first);
        first = next;
    }
}

/* ---- Writing ----------------------------------------------------------------------------------*/

static int
body_write(struct store_tx *tx, void *arg, struct err *err)
{
    const struct host_figures *f = arg;
    int result = 0;
    for (const struct figure *at = f->writing; at && result == 0; at = at->next) {
        AUTO(arena) struct arena scratch = {0};
        const struct plugin_metric_row row = {
            .id = arena_printf(&scratch, "%s/%s/%s", at->day, at->plugin, at->name),
            .plugin = str_c(at->plugin),
            .name = str_c(at->name),
            .kind = at->counts ? PLUGIN_METRIC_COUNT : PLUGIN_METRIC_VALUE,
            .day = str_c(at->day),
            .count = at->count,
            .sum = at->sum,
            .least = at->least,
            .most = at->most,
        };
        result =
            row.id.ptr ? store_plugin_metric_add(tx, &row, METRIC_NAMES_MAX, err) : err_nomem(err);
        result = result == STORE_NONE ? 0 : result; /* too many, or of another kind: dropped */
    }
    return result;
}

static void
arm(struct host_figures *f)
{
    if (!f->armed && f->growing) {
        f->armed = true;
        loop_timer_start(&f->timer, WRITE_MS);
    }
}

static void
on_written(void *arg, int result, const struct err *err)
{
    struct host_figures *f = arg;
    struct figure *written = f->writing;
    f->writing = NULL;
    host_done(f->host);
    if (result < 0) {
        log_line(LOG_WARN, "plugin", STR(""), "plugins' metrics, tried again: %s", err->message);
        for (const struct figure *at = written; at; at = at->next) {
            (void)grow(f, at);
        }
    }
    free_figures(written);
    arm(f);
}

void
host_figures_write(struct host_figures *f)
{
    if (!f->growing || f->writing) {
        return;
    }
    f->writing = f->growing;
    f->growing = NULL;
    f->request = (struct store_request){.body = body_write, .done = on_written, .arg = f};
    host_write(f->host, &f->request);
}

static void
on_timer(struct loop_timer *timer)
{
    struct host_figures *f = OWNER_OF(timer, struct host_figures, timer);
    f->armed = false;
    host_figures_write(f);
}

int
host_figures_new(struct host *h, struct host_figures **ret, struct err *err)
{
    struct host_figures *f = mem_zero(1, sizeof(*f));
    if (!f) {
        return err_nomem(err);
    }
    f->host = h;
    int result = loop_timer_init(&f->timer, h->parts.loop, on_timer, err);
    if (result < 0) {
        mem_free(f);
        return result;
    }
    *ret = f;
    return 0;
}

void
host_figures_free(struct host_figures *f)
{
    if (f) {
        loop_timer_done(&f->timer);
        free_figures(f->growing);
        mem_free(f);
    }
}

/* ---- Counting ---------------------------------------------------------------------------------*/

static void
set_text(char *to, size_t max, struct str text)
{
    memcpy(to, text.ptr, text.len < max ? text.len : max);
}

int64_t
host_metric_remote(void *context, const struct manifest *m, struct plugin_call *call,
                   const struct js *head, struct str body)
{
    struct host *h = context;
    struct str name = js_get_text(head, "name");
    int64_t number = js_get_int(head, "number", 0);
    bool counts = js_get_bool(head, "counts", true);
    char now[CLOCK_TEXT];
    (void)call;
    (void)body;
    if (!h || !h->figures || !metric_is_name(name) || (counts && number < 0)) {
        return 0;
    }
    clock_format(clock_wall_ms(clock_real()), now);
    struct figure figure = {
        .counts = counts,
        .count = counts ? number : 1,
        .sum = number,
        .least = number,
        .most = number,
    };
    set_text(figure.plugin, PLUGIN_NAME_MAX, m->name);
    set_text(figure.name, METRIC_NAME_MAX, name);
    set_text(figure.day, DAY_LEN, str_c(now));
    (void)grow(h->figures, &figure);
    arm(h->figures);
    return 0;
}
