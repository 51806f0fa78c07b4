#include "digesting.h"

#include "app.h"
#include "config/config.h"
#include "memory/digest.h"
#include "model/model.h"
#include "model/models.h"
#include "parts.h"
#include "prompt/prompt.h"
#include "store/call_book.h"
#include "turn/spend.h"

struct digesting {
    struct call_book book;
    struct prompt *prompt;
    struct digests *digests;
};

void
digesting_close(struct digesting *d)
{
    if (d) {
        digests_free(d->digests);
        prompt_free(d->prompt);
        mem_free(d);
    }
}

static int
open_prompt(struct app *app, struct digesting *d, struct str *ret_vars, struct err *err)
{
    struct prompt_path path;
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = prompt_load(&path, STR("digest"), &d->prompt, err);
    }
    return result == 0 ? parts_vars(app, STR("{}"), ret_vars, err) : result;
}

int
digesting_open(struct app *app, struct loop *loop, struct models *models,
               const struct spend_rules *spend, struct digesting **ret, struct err *err)
{
    const struct config *config = app->config;
    struct str name = config_text(config, "model.background");
    name = name.len ? name : config_text(config, "model");
    *ret = NULL;
    if (str_eq_c(name, "embedded") || !config_bool(config, "memory.summary")) {
        return 0;
    }
    AUTO(digesting) struct digesting *d = mem_zero(1, sizeof(*d));
    if (!d) {
        return err_nomem(err);
    }
    d->book = (struct call_book){spend_allows, spend_record, spend};
    struct digests_parts parts = {
        .loop = loop,
        .store = app->store,
        .messages = (size_t)config_int(config, "memory.messages"),
        .result_bytes = (size_t)config_int(config, "memory.result_bytes"),
        .book = &d->book,
    };
    int result = models_get(models, name, &parts.model, err);
    if (result == 0) {
        result = open_prompt(app, d, &parts.vars, err);
    }
    parts.prompt = d->prompt;
    if (result == 0) {
        result = digests_new(&parts, &d->digests, err);
    }
    if (result == 0) {
        *ret = TAKE(d);
    }
    return result;
}

void
digesting_want(void *arg, struct str conversation, int64_t tokens)
{
    struct digesting *d = arg;
    if (d) {
        digests_want(d->digests, conversation, tokens);
    }
}
