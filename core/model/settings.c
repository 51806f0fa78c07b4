#include "model/settings.h"

#include <stdio.h>

#include "base/json.h"
#include "base/must.h"
#include "config/config.h"
#include "model/provider.h"

/* Settings that are route.c's: every model has them. */
#define SHARED_SETTINGS                                                                            \
    "provider max_tokens temperature top_p stop tool_choice attempts retry_time "                  \
    "requests_per_minute tokens_per_minute waiting context_tokens"

int64_t
setting_ms(const struct js *settings, const char *key, int64_t fallback)
{
    int64_t ms;
    struct str text = js_get_text(settings, key);
    return text.len && config_duration(text, &ms) ? ms : fallback;
}

bool
setting_has(const struct js *settings, const char *key, const char *word)
{
    const struct js *list = js_get_c(settings, key);
    for (size_t i = 0; i < js_count(list); i++) {
        if (str_eq_c(js_text(js_at(list, i)), word)) {
            return true;
        }
    }
    return false;
}

int
setting_params(const struct js *settings, struct arena *arena, struct model_params *ret,
               struct err *err)
{
    const struct js *stop = js_get_c(settings, "stop");
    struct str *stops = arena_zero(arena, js_count(stop) + 1, sizeof(*stops));
    if (!stops) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < js_count(stop); i++) {
        stops[i] = js_text(js_at(stop, i));
    }
    *ret = (struct model_params){
        .max_tokens = js_get_int(settings, "max_tokens", 0),
        .has_temperature = js_get_c(settings, "temperature") != NULL,
        .temperature = js_get_double(settings, "temperature", 0),
        .has_top_p = js_get_c(settings, "top_p") != NULL,
        .top_p = js_get_double(settings, "top_p", 0),
        .stop = stops,
        .stop_count = js_count(stop),
        .tool_choice = js_get_text(settings, "tool_choice"),
    };
    return 0;
}

struct model_params
params_over(const struct model_params *base, const struct model_params *over)
{
    struct model_params p = *base;
    if (over->max_tokens) {
        p.max_tokens = over->max_tokens;
    }
    if (over->has_temperature) {
        p.has_temperature = true;
        p.temperature = over->temperature;
    }
    if (over->has_top_p) {
        p.has_top_p = true;
        p.top_p = over->top_p;
    }
    if (over->stop_count) {
        p.stop = over->stop;
        p.stop_count = over->stop_count;
    }
    if (over->tool_choice.len) {
        p.tool_choice = over->tool_choice;
    }
    return p;
}

int
setting_secret(const struct config *c, struct str name, const struct js *settings, const char *key,
               struct secret **ret, struct err *err)
{
    char what[128];
    struct str text = js_get_text(settings, key);
    (void)snprintf(what, sizeof(what), "models.%" STR_FMT ".%s", STR_ARG(name), key);
    return text.len ? config_secret_from(c, what, text, ret, err) : CONFIG_UNSET;
}

static bool
is_word_of(struct str word, const char *words)
{
    struct str rest = str_c(words);
    struct str one;
    while (str_split(&rest, ' ', &one)) {
        if (one.len && str_eq(one, word)) {
            return true;
        }
    }
    return false;
}

int
settings_check(struct str name, const struct js *settings, const struct provider_ops *ops,
               struct err *err)
{
    struct js_member member;
    for (struct js_iter it = js_iter(settings); js_next(&it, &member);) {
        if (!is_word_of(member.key, SHARED_SETTINGS) && !is_word_of(member.key, ops->settings)) {
            return err_set(err, ERR_INVALID,
                           "models.%" STR_FMT ": the provider %s has no setting %" STR_FMT
                           ": it knows %s",
                           STR_ARG(name), ops->name, STR_ARG(member.key), ops->settings);
        }
    }
    return 0;
}
