/* The desk that a measurement runs on: desk.yaml is written anew for each, a key's file and a
 * catalogue where they are missing. Everything that costs is at its default, the durable commits
 * above all; only the limits that would end a turn are out of the way. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "bench.h"
#include "catalog/catalog.h"
#include "newdesk.h"

static const char mark[] = "# Written by `deskhand bench turns`, anew for each run.\n";

/* Servers to measure against want a key and do not care which. The name keeps real ones out. */
static const char dummy_key[] = "deskhand-bench-no-real-key";

/* ---- desk.yaml -------------------------------------------------------------------------------*/

static void
add_model(struct js_out *out, const struct bench_options *o)
{
    bool bedrock = str_eq(o->provider, STR("bedrock"));
    js_key(out, STR("models"));
    js_begin_object(out);
    js_key(out, STR("bench"));
    js_begin_object(out);
    js_put_str(out, "provider", o->provider);
    js_put_str(out, "base_url", o->base_url);
    js_put_str(out, "id", o->model);
    if (bedrock) {
        js_put_str(out, "region", STR("us-east-1"));
    } else {
        js_put_str(out, "key", STR("file:key"));
    }
    if (o->ca_file.len) {
        js_put_str(out, "ca_file", o->ca_file);
    }
    js_end_object(out);
    js_end_object(out);
}

/* JSON is YAML. */
static void
write_settings(const struct bench_options *o, struct str catalog, struct buf *out)
{
    struct js_out js;
    buf_add_c(out, mark);
    js_out_init(&js, out);
    js_begin_object(&js);
    js_put_str(&js, "desk.name", STR("Hearth & Signal"));
    js_put_str(&js, "model", STR("bench"));
    add_model(&js, o);
    js_key(&js, STR("plugins"));
    js_add_raw(&js, STR("[{\"name\":\"catalog_search\"}]"));
    js_put_str(&js, "catalog.path", catalog);
    js_put_str(&js, "store.sync", STR("full"));
    js_put_int(&js, "turn.max_model_calls", 100);
    js_put_int(&js, "turn.max_tokens", 100000000);
    js_put_str(&js, "turn.timeout", STR("1h"));
    js_end_object(&js);
    buf_add_char(out, '\n');
}

/* ---- Files -----------------------------------------------------------------------------------*/

/* Did we write the desk.yaml at PATH? */
static bool
is_ours(const char *path)
{
    char head[sizeof(mark)] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, head, sizeof(mark) - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    return got == (ssize_t)sizeof(mark) - 1 && memcmp(head, mark, sizeof(mark) - 1) == 0;
}

static int
write_key(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_set_errno(err, errno, "make %s", path);
    }
    ssize_t put = write(fd, dummy_key, sizeof(dummy_key) - 1);
    int seen = errno;
    (void)close(fd);
    return put == (ssize_t)sizeof(dummy_key) - 1 ? 0 : err_set_errno(err, seen, "write %s", path);
}

static int
import_sample(struct app *app, const char *to, struct err *err)
{
    struct str dir;
    struct stat st;
    struct catalog_report report;
    struct catalog_import options = {.kind = CATALOG_PRODUCTS};
    if (stat(to, &st) == 0) {
        return 0;
    }
    int result = app_part_dir(app, APP_SAMPLE, &dir, err);
    if (result < 0) {
        return result;
    }
    struct str source = app_join(&app->arena, dir, STR("products.jsonl"));
    return source.ptr ? catalog_import(to, &source.ptr, 1, &options, &report, err) : err_nomem(err);
}

/* FILE as it is found from anywhere: desk.yaml's names are relative to the desk. */
static int
absolute(struct app *app, const char *what, struct str file, struct str *ret, struct err *err)
{
    char real[PATH_MAX];
    if (file.len == 0) {
        *ret = file;
        return 0;
    }
    struct str path = arena_str(&app->arena, file);
    if (path.ptr && !realpath(path.ptr, real)) {
        return err_set_errno(err, errno, "%s %s", what, path.ptr);
    }
    *ret = path.ptr ? arena_str(&app->arena, str_c(real)) : path;
    return ret->ptr ? 0 : err_nomem(err);
}

/* ---- The desk --------------------------------------------------------------------------------*/

static int
fill(struct app *app, const struct newdesk *n, struct bench_options *o, struct err *err)
{
    struct str key = app_join(&app->arena, n->dir, STR("key"));
    struct str sample = app_join(&app->arena, n->dir, STR("catalog.db"));
    if (!key.ptr || !sample.ptr) {
        return err_nomem(err);
    }
    int result = write_key(key.ptr, err);
    if (result == 0 && o->catalog.len == 0) {
        o->catalog = sample;
        result = import_sample(app, sample.ptr, err);
    }
    if (result == 0) {
        result = absolute(app, "--catalog", o->catalog, &o->catalog, err);
    }
    return result < 0 ? result : absolute(app, "--ca-file", o->ca_file, &o->ca_file, err);
}

static int
make(struct app *app, struct bench_options *o, struct err *err)
{
    AUTO(buf) struct buf yaml;
    AUTO(newdesk) struct newdesk n = {.fd = -1};
    buf_init(&yaml, LIMIT_CONFIG_BYTES);
    struct str path = app_join(&app->arena, o->state_dir, STR("desk.yaml"));
    if (!path.ptr) {
        return err_nomem(err);
    }
    if (is_ours(path.ptr) && unlink(path.ptr) != 0) {
        return err_set_errno(err, errno, "remove %s", path.ptr);
    }
    int result = newdesk_begin(&n, o->state_dir, &app->arena, err);
    if (result == NEWDESK_THERE) {
        return err_set(err, ERR_BUSY,
                       "--state-dir: %s is a desk's, and was not written here: name a folder of "
                       "the measurement's own",
                       path.ptr);
    }
    if (result == 0) {
        result = fill(app, &n, o, err);
    }
    if (result < 0) {
        return result;
    }
    write_settings(o, o->catalog, &yaml);
    result = buf_finish(&yaml, "desk.yaml", err);
    return result < 0 ? result : newdesk_finish(&n, buf_str(&yaml), err);
}

/* Bedrock's credentials come from the environment before anything else, so that no real ones are
 * shown to a server that is measured. No other thread runs yet. */
static int
pretend_credentials(struct err *err)
{
    (void)unsetenv("AWS_BEARER_TOKEN_BEDROCK");
    (void)unsetenv("AWS_SESSION_TOKEN");
    if (setenv("AWS_ACCESS_KEY_ID", "AKIADESKHANDBENCH000", 1) != 0 ||
        setenv("AWS_SECRET_ACCESS_KEY", dummy_key, 1) != 0) {
        return err_nomem(err);
    }
    return 0;
}

int
bench_desk_make(struct app *app, const struct bench_options *options, struct err *err)
{
    struct bench_options o = *options;
    int result = make(app, &o, err);
    if (result < 0) {
        return result;
    }
    app->desk_option = o.state_dir;
    return pretend_credentials(err);
}
