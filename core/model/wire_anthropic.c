#include "model/wire_anthropic.h"

#include "base/json.h"
#include "model/settings.h"
#include "model/validate.h"

/* From this version on sampling parameters are refused, even at their defaults. Versions are dates;
 * Bedrock's older "bedrock-2023-05-31" is before all of them. */
static bool
refuses_sampling(struct str version)
{
    return version.len && version.ptr[0] >= '0' && version.ptr[0] <= '9' &&
           str_cmp(version, STR("2026-10-21")) >= 0;
}

static int
check_sampling(const struct anthropic_options *o, const struct model_params *params,
               struct err *err)
{
    const char *which = NULL;
    if (!refuses_sampling(o->version)) {
        return 0;
    }
    if (params->has_temperature || js_get_c(o->extra, "temperature")) {
        which = "temperature";
    } else if (params->has_top_p || js_get_c(o->extra, "top_p")) {
        which = "top_p";
    } else if (js_get_c(o->extra, "top_k")) {
        which = "top_k";
    }
    if (which) {
        return err_set(err, ERR_INVALID,
                       "models.%" STR_FMT ": version %" STR_FMT " of the protocol takes no %s: "
                       "leave it out, or set an older version",
                       STR_ARG(o->name), STR_ARG(o->version), which);
    }
    return 0;
}

static int
check_extra(const struct anthropic_options *o, struct err *err)
{
    static const char *const ours[] = {"messages", "system", "tools", "model", "stream"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (js_has(o->extra, str_c(ours[i]))) {
            return err_set(err, ERR_INVALID,
                           "models.%" STR_FMT ": extra must not hold %s: it is made for every "
                           "request",
                           STR_ARG(o->name), ours[i]);
        }
    }
    struct str thinking = js_get_text(js_get_c(o->extra, "thinking"), "type");
    if (o->prefill && thinking.len && !str_eq_c(thinking, "disabled")) {
        return err_set(err, ERR_INVALID,
                       "models.%" STR_FMT ": prefill and extra.thinking exclude each other: the "
                       "server refuses to think behind half an answer",
                       STR_ARG(o->name));
    }
    return 0;
}

int
anthropic_options_read(struct str name, const struct js *settings, bool invoke, struct arena *arena,
                       struct anthropic_options *ret, struct err *err)
{
    struct anthropic_options o = {
        .invoke = invoke,
        .stream = js_get_bool(settings, "stream", true),
        .prefill = js_get_bool(settings, "prefill", false),
        .cache_system = setting_has(settings, "cache", "system"),
        .cache_tools = setting_has(settings, "cache", "tools"),
        .cache_messages = setting_has(settings, "cache", "messages"),
        .cache_ttl = js_get_text(settings, "cache_ttl"),
        .name = name,
        .model = js_get_text(settings, "id"),
        .version = js_get_text(settings, "version"),
        .service_tier = js_get_text(settings, "service_tier"),
        .betas = js_get_c(settings, "betas"),
        .metadata = js_get_c(settings, "metadata"),
        .extra = js_get_c(settings, "extra"),
    };
    if (o.version.len == 0) {
        o.version = invoke ? STR("bedrock-2023-05-31") : STR("2023-06-01");
    }
    int result = setting_params(settings, arena, &o.params, err);
    if (result == 0) {
        result = check_extra(&o, err);
    }
    if (result == 0) {
        result = check_sampling(&o, &o.params, err);
    }
    if (result == 0) {
        *ret = o;
    }
    return result;
}

int
anthropic_ready(const struct anthropic_options *o, const struct model_request *request,
                struct tools_memo *memo, struct arena *arena, struct model_request *ret,
                struct err *err)
{
    struct model_request r = *request;
    const struct validate_caps caps = {
        .prefill = o->prefill,
        .cache_points = (unsigned)o->cache_system + o->cache_tools + o->cache_messages,
    };
    r.params = params_over(&o->params, &request->params);
    int result = check_sampling(o, &r.params, err);
    return result < 0 ? result : request_ready(&r, DIALECT_ANTHROPIC, &caps, memo, arena, ret, err);
}
