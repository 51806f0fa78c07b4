#include "models_desk.h"

#include "app.h"
#include "base/clock.h"
#include "config/config.h"
#include "io/loop.h"
#include "model/models.h"

void
models_desk_close(struct models_desk *d)
{
    models_free(d->models);
    config_free(d->none);
    loop_free(d->loop);
    *d = (struct models_desk){0};
}

int
models_desk_open(struct app *app, struct models_desk *d, struct err *err)
{
    int result = app_config(app, err);
    d->config = app->config;
    if (result == ERR_NOTFOUND && app->desk_option.len == 0) {
        result = config_default(&d->none, err);
        d->config = d->none;
    }
    if (result == 0) {
        result = loop_new(&d->loop, err);
    }
    const struct models_parts parts = {d->loop, clock_real(), d->config};
    return result < 0 ? result : models_new(&parts, &d->models, err);
}

static struct str
add(struct str so_far, const char *more, struct arena *arena)
{
    return so_far.len ? arena_printf(arena, "%" STR_FMT ", %s", STR_ARG(so_far), more)
                      : str_c(more);
}

struct str
models_desk_use(const struct models_desk *d, struct str name, struct arena *arena)
{
    struct str use = {0};
    struct str fallback;
    if (d->none) {
        return STR("-"); /* no desk uses any */
    }
    if (str_eq(name, config_text(d->config, "model"))) {
        use = STR("yes");
    }
    for (size_t i = 0; (fallback = models_fallback(d->models, i)).len > 0; i++) {
        if (str_eq(name, fallback)) {
            struct str words = arena_printf(arena, "fallback %zu", i + 1);
            use = words.ptr ? add(use, words.ptr, arena) : use;
        }
    }
    if (str_eq(name, config_text(d->config, "model.background"))) {
        use = add(use, "summaries", arena);
    }
    if (str_eq(name, config_text(d->config, "spend.cheaper_model"))) {
        use = add(use, "cheaper", arena);
    }
    return use.len ? use : STR("-");
}
