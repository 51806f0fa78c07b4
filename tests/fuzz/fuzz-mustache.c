/* Any bytes as TEMPLATE NUL PARTIAL NUL DATA: refused with the template's name and a line, or
 * rendered, twice to the same text, within the bounds. The partial is called p and may include
 * itself. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/must.h"
#include "prompt/mustache.h"

enum { OUT_MAX = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mustache *
find(void *context, struct str name)
{
    return str_eq_c(name, "p") ? context : NULL;
}

static int
render(const struct mustache *t, const struct js *values, const struct mustache_options *options,
       struct buf *out)
{
    struct err err = {0};
    int rc = mustache_render(t, values, options, out, &err);
    must(rc == 0 || err.message[0] != '\0');
    must(out->len <= OUT_MAX);
    return rc;
}

static void
render_both_ways(const struct mustache *t, const struct mustache *partial,
                 const struct js *values, bool strict)
{
    struct mustache_options options = {.escape = strict ? MUSTACHE_PLAIN : MUSTACHE_HTML,
                                       .strict = strict, .find = find,
                                       .context = (void *)(uintptr_t)partial};
    AUTO(buf) struct buf first;
    AUTO(buf) struct buf second;
    buf_init(&first, OUT_MAX);
    buf_init(&second, OUT_MAX);
    int rc = render(t, values, &options, &first);
    must(rc == render(t, values, &options, &second));
    must(str_eq(buf_str(&first), buf_str(&second)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(mustache) struct mustache *t = NULL;
    AUTO(mustache) struct mustache *partial = NULL;
    struct str rest = {(const char *)data, size};
    struct str template = {0};
    struct str inner = {0};
    struct js *values = NULL;
    struct err err = {0};
    (void)str_split(&rest, '\0', &template);
    (void)str_split(&rest, '\0', &inner);
    if (mustache_compile(STR("t"), template, 1, &t, &err) < 0) {
        must(str_starts(str_c(err.message), STR("t: ")));
        return 0;
    }
    if (mustache_compile(STR("p"), inner, 1, &partial, &err) < 0) {
        must(str_starts(str_c(err.message), STR("p: ")));
    }
    if (js_parse(rest, &arena, &values, &err) < 0) {
        values = NULL;
    }
    render_both_ways(t, partial, values, false);
    render_both_ways(t, partial, values, true);
    return 0;
}
