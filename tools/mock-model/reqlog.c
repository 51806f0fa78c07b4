#include "reqlog.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

int
reqlog_open(const char *path, int *ret, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set_errno(err, errno, "log %s", path);
    }
    *ret = fd;
    return 0;
}

static bool
is_secret(struct str name)
{
    static const char *const names[] = {"authorization", "x-api-key", "x-amz-security-token",
                                        "proxy-authorization", "cookie"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq_c(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void
add_secret(struct js_out *json, const struct asked *a, struct str value)
{
    size_t space = str_find_char(value, ' ', 0);
    struct str scheme = space == SIZE_MAX ? (struct str){0} : str_sub(value, 0, space + 1);
    js_add_str(json, arena_printf(a->arena, "%" STR_FMT "#%016llx", STR_ARG(scheme),
                                  (unsigned long long)str_hash(value)));
}

static void
add_headers(struct js_out *json, const struct asked *a)
{
    js_begin_object(json);
    for (size_t i = 0; i < a->header_count; i++) {
        const struct header *header = &a->headers[i];
        js_key(json, header->name);
        if (is_secret(header->name)) {
            add_secret(json, a, header->value);
        } else {
            js_add_str(json, header->value);
        }
    }
    js_end_object(json);
}

bool
reqlog_write(int fd, const struct asked *a, const char *scenario, int status)
{
    AUTO(buf) struct buf line;
    struct js_out json;
    buf_init(&line, LIMIT_JSON_BYTES);
    if (fd < 0) {
        return true;
    }
    js_out_init(&json, &line);
    js_begin_object(&json);
    js_put_int(&json, "t", clock_wall_ms(clock_real()));
    js_put_str(&json, "method", a->method);
    js_put_str(&json, "path", a->target);
    js_put_str(&json, "scenario", str_c(scenario));
    js_put_int(&json, "status", status);
    js_key(&json, STR("headers"));
    add_headers(&json, a);
    js_put_str(&json, "body", a->body);
    js_end_object(&json);
    buf_add_char(&line, '\n');
    return !line.failed && write(fd, line.text, line.len) == (ssize_t)line.len;
}
