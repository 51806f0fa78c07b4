#include "agent.h"

#include <pwd.h>
#include <unistd.h>

#include "app.h"
#include "args.h"
#include "config/config.h"
#include "parts.h"
#include "prompt/prompt.h"
#include "store/store.h"

struct act {
    agent_fn fn;
    const struct desk_action *action;
    struct arena *arena;
    struct ticket_row *ret;
};

static int
body(struct store_tx *tx, void *arg, struct err *err)
{
    const struct act *a = arg;
    return a->fn(tx, a->action, a->arena, a->ret, err);
}

int
agent_act(struct store *s, agent_fn fn, const struct desk_action *a, struct arena *arena,
          struct ticket_row *ret, struct err *err)
{
    struct act act = {fn, a, arena, ret};
    long long n = (long long)a->number;
    int result = store_write_wait(s, body, &act, err);
    switch (result) {
    case DESK_TAKEN:
        return err_set(err, ERR_BUSY,
                       "ticket %lld: %" STR_FMT " has it: ask, or take it over with claim --take",
                       n, STR_ARG(ret->assignee));
    case DESK_NOT_YOURS:
        return err_set(err, ERR_AUTH, "ticket %lld: nobody has claimed it: claim it first", n);
    case DESK_OVER:
        return err_set(err, ERR_INVALID, "ticket %lld: is resolved already", n);
    default:
        return result;
    }
}

int
agent_return(struct app *app, struct desk_action *a, struct arena *arena, struct ticket_row *ret,
             struct err *err)
{
    AUTO(prompt) struct prompt *decided = NULL;
    struct prompt_path path;
    int result = parts_prompt_path(app, &path, err);
    if (result == 0) {
        result = prompt_load(&path, STR("decided"), &decided, err);
    }
    if (result == 0) {
        result = parts_vars(app, STR("{}"), &a->line_vars, err);
    }
    if (result < 0) {
        return result;
    }
    a->decided = decided;
    result = agent_act(app->store, desk_return, a, arena, ret, err);
    a->decided = NULL;
    return result;
}

struct decide {
    const struct desk_decision *decision;
    struct arena *arena;
    struct desk_decided *ret;
};

static int
decide_body(struct store_tx *tx, void *arg, struct err *err)
{
    const struct decide *d = arg;
    return desk_decide(tx, d->decision, d->arena, d->ret, err);
}

int
agent_decide(struct store *s, const struct desk_decision *d, struct arena *arena,
             struct desk_decided *ret, struct err *err)
{
    struct decide decide = {d, arena, ret};
    return store_write_wait(s, decide_body, &decide, err);
}

int
agent_name(const struct args *args, struct str *ret, struct err *err)
{
    struct str name = args_value(args, "agent", NULL);
    const char *from_env = config_env("DESKHAND_AGENT");
    if (!name.ptr && from_env && *from_env) {
        name = str_c(from_env);
    }
    if (!name.ptr) {
        const struct passwd *user = getpwuid(getuid());
        name = str_c(user ? user->pw_name : NULL);
    }
    if (!desk_agent_valid(name)) {
        return err_set(err, ERR_INVALID,
                       "--agent: say who you are: 1 to 40 letters, digits, '_', '.' or '-'");
    }
    *ret = name;
    return 0;
}

int
agent_number(struct str word, int64_t *ret, struct err *err)
{
    struct str digits = str_starts(word, STR("#")) ? str_sub(word, 1, SIZE_MAX) : word;
    if (!str_to_i64(digits, ret) || *ret < 1) {
        return err_set(err, ERR_INVALID, "'%" STR_FMT "' is not a ticket's number", STR_ARG(word));
    }
    return 0;
}
