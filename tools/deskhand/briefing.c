#include "briefing.h"

#include "app.h"
#include "base/clock.h"
#include "config/config.h"
#include "desk/brief.h"
#include "model/model.h"
#include "model/models.h"
#include "parts.h"
#include "prompt/prompt.h"
#include "spending.h"
#include "store/call_book.h"

struct briefing {
    struct spend_rules spend;
    struct call_book book;
    struct models *own; /* NULL: borrowed ones */
    struct prompt *prompt;
    struct briefs *briefs;
};

void
briefing_close(struct briefing *b)
{
    if (b) {
        briefs_free(b->briefs);
        prompt_free(b->prompt);
        models_free(b->own);
        mem_free(b);
    }
}

static int
open_prompt(struct app *app, struct briefing *b, struct str *ret_vars, struct err *err)
{
    struct prompt_path path;
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = prompt_load(&path, STR("summary"), &b->prompt, err);
    }
    return result == 0 ? parts_vars(app, STR("{}"), ret_vars, err) : result;
}

static struct str
model_of(const struct app *app)
{
    struct str name = config_text(app->config, "model.background");
    return name.len ? name : config_text(app->config, "model");
}

int
briefing_open(struct app *app, struct loop *loop, struct models *models,
              void (*finished)(void *arg, int64_t ticket, bool written), void *arg,
              struct briefing **ret, struct err *err)
{
    *ret = NULL;
    int result = app_config(app, err);
    if (result < 0 || str_eq_c(model_of(app), "embedded")) {
        return result;
    }
    AUTO(briefing) struct briefing *b = mem_zero(1, sizeof(*b));
    if (!b) {
        return err_nomem(err);
    }
    struct briefs_parts parts = {
        .loop = loop, .store = app->store, .book = &b->book, .finished = finished, .arg = arg};
    b->book = (struct call_book){spend_allows, spend_record, &b->spend};
    result = spending_rules(app, &b->spend, err);
    if (result == 0 && !models) {
        const struct models_parts needed = {loop, clock_real(), app->config};
        result = models_new(&needed, &b->own, err);
        models = b->own;
    }
    if (result == 0) {
        result = models_get(models, model_of(app), &parts.model, err);
    }
    if (result == 0) {
        result = open_prompt(app, b, &parts.vars, err);
    }
    parts.prompt = b->prompt;
    if (result == 0) {
        result = briefs_new(&parts, &b->briefs, err);
    }
    if (result == 0) {
        *ret = TAKE(b);
    }
    return result;
}

void
briefing_want(struct briefing *b, int64_t ticket)
{
    if (b) {
        briefs_want(b->briefs, ticket);
    }
}
