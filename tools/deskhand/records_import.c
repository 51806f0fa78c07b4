/* catalog import and articles import. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "args.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "command.h"
#include "progress.h"
#include "records.h"
#include "term.h"

/* Notices printed; the rest is counted. */
enum { NOTICES_PRINTED = 20 };

struct importing_view {
    struct progress progress;
    uint64_t notices;
};

static void
on_notice(void *arg, const struct catalog_notice *notice)
{
    struct importing_view *v = arg;
    /* A remark is about the whole import; there are as many as maps at most. */
    if (notice->kind != CATALOG_REMARK && ++v->notices > NOTICES_PRINTED) {
        return;
    }
    progress_clear(&v->progress);
    term_text(stderr, str_c(notice->file));
    if (notice->line > 0) {
        (void)fprintf(stderr, ":%llu:%llu", (unsigned long long)notice->line,
                      (unsigned long long)notice->column);
    }
    (void)fprintf(stderr, ": ");
    term_text(stderr, str_c(notice->reason));
    (void)fprintf(stderr, "%s\n", notice->kind == CATALOG_REJECTED ? ": row left out" : "");
}

/* Ctrl-C while an import runs waits until it is asked for: then the import is taken back whole,
 * its half-made file too. Whoever started this with Ctrl-C ignored keeps it so. */
static void
interrupts_hold(sigset_t *before)
{
    struct sigaction now;
    sigset_t interrupt;
    (void)sigemptyset(&interrupt);
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
        (void)sigaddset(&interrupt, SIGINT);
    }
    (void)sigprocmask(SIG_BLOCK, &interrupt, before);
}

static bool
interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1;
}

/* One that came is answered by now. */
static void
interrupts_release(const sigset_t *before)
{
    const struct timespec now = {0};
    sigset_t interrupt;
    (void)sigemptyset(&interrupt);
    (void)sigaddset(&interrupt, SIGINT);
    if (interrupted()) {
        (void)sigtimedwait(&interrupt, NULL, &now);
    }
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

static bool
on_progress(void *arg, const struct catalog_progress *progress)
{
    struct importing_view *v = arg;
    progress_show(&v->progress, progress->rows, progress->bytes_done, progress->bytes_total);
    return !interrupted();
}

static int
read_maps(const struct args *args, enum catalog_kind kind, struct arena *arena,
          struct catalog_import *options, struct err *err)
{
    struct str text;
    while (args_repeated(args, "map", options->map_count, &text)) {
        options->map_count++;
    }
    struct catalog_map *maps = arena_zero(arena, options->map_count + 1, sizeof(*maps));
    if (!maps) {
        return err_nomem(err);
    }
    options->map = maps;
    for (size_t i = 0; args_repeated(args, "map", i, &text); i++) {
        int result = catalog_map_parse(kind, text, &maps[i], err);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

/* The files named; "-" is standard input. */
static int
read_files(const struct args *args, struct arena *arena, const char *const **ret, size_t *ret_count,
           struct err *err)
{
    size_t count = args_count(args);
    const char **files = arena_zero(arena, count + 1, sizeof(*files));
    if (!files) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct str file = args_at(args, i);
        files[i] = str_eq(file, STR("-")) ? "/dev/stdin" : file.ptr;
    }
    *ret = files;
    *ret_count = count;
    return 0;
}

static int
print_json(const struct catalog_report *report, int64_t ms, struct err *err)
{
    struct js_out out;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    js_out_init(&out, &text);
    js_begin_object(&out);
    js_put_int(&out, "rows", (int64_t)report->rows);
    js_put_int(&out, "added", (int64_t)report->added);
    js_put_int(&out, "changed", (int64_t)report->changed);
    js_put_int(&out, "unchanged", (int64_t)report->unchanged);
    js_put_int(&out, "removed", (int64_t)report->removed);
    js_put_int(&out, "rejected", (int64_t)report->rejected);
    js_put_int(&out, "duplicates", (int64_t)report->duplicates);
    js_put_int(&out, "ms", ms);
    js_end_object(&out);
    buf_add_char(&text, '\n');
    return term_output(&text, "import", err);
}

static void
add_count(struct buf *out, uint64_t count, const char *what)
{
    if (count > 0) {
        buf_printf(out, ", %llu %s", (unsigned long long)count, what);
    }
}

static int
print_text(const struct catalog_report *report, enum catalog_kind kind, int64_t ms, struct err *err)
{
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_OUTPUT_BYTES);
    buf_printf(&text, "%s: %llu row%s: %llu added",
               kind == CATALOG_PRODUCTS ? "products" : "articles", (unsigned long long)report->rows,
               report->rows == 1 ? "" : "s", (unsigned long long)report->added);
    add_count(&text, report->changed, "changed");
    add_count(&text, report->unchanged, "unchanged");
    add_count(&text, report->removed, "removed");
    add_count(&text, report->duplicates, "replaced by a later row of the same id");
    add_count(&text, report->rejected, "left out");
    buf_printf(&text, " (%.1f s)\n", (double)ms / 1000.0);
    return term_output(&text, "import", err);
}

int
records_import(struct app *app, const struct args *args, enum catalog_kind kind, struct err *err)
{
    struct importing_view view = {0};
    struct catalog_import options = {
        .kind = kind,
        .replace = args_flag(args, "replace"),
        .language = args_value(args, "language", NULL),
        .notice = on_notice,
        .progress = on_progress,
        .arg = &view,
    };
    struct catalog_report report;
    struct str path;
    sigset_t mask;
    const char *const *files = NULL;
    size_t count = 0;
    int result = read_maps(args, kind, &app->arena, &options, err);
    if (result == ERR_INVALID) {
        term_error(err);
        return EXIT_USAGE;
    }
    if (result < 0) {
        return result;
    }
    result = read_files(args, &app->arena, &files, &count, err);
    if (result == 0) {
        result = app_catalog_path(app, &path, err);
    }
    if (result < 0) {
        return result;
    }
    int64_t began = clock_mono_ms(clock_real());
    progress_begin(&view.progress, "importing", "rows");
    interrupts_hold(&mask);
    result = catalog_import(path.ptr, files, count, &options, &report, err);
    interrupts_release(&mask);
    progress_clear(&view.progress);
    if (view.notices > NOTICES_PRINTED) {
        (void)fprintf(stderr, "... and %llu more\n",
                      (unsigned long long)(view.notices - NOTICES_PRINTED));
    }
    if (result < 0) {
        return result;
    }
    int64_t ms = clock_mono_ms(clock_real()) - began;
    return args_flag(args, "json") ? print_json(&report, ms, err)
                                   : print_text(&report, kind, ms, err);
}
