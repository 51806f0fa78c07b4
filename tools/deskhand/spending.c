#include "spending.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/json.h"
#include "base/must.h"
#include "base/tz.h"
#include "config/config.h"
#include "report/report.h"

static void
day_there(void *arg, int64_t wall_ms, char ret[SPEND_DAY_TEXT], int64_t *ret_end)
{
    const struct tz *tz = arg;
    struct tz_date d;
    tz_local(tz, wall_ms, &d);
    /* What wall time can be is from 1970 to 9999. */
    (void)snprintf(ret, SPEND_DAY_TEXT, "%04u-%02u-%02u", (unsigned)d.year % 10000, d.month % 100,
                   d.day % 100);
    *ret_end = tz_midnight(tz, d.year, d.month, d.day + 1);
}

static enum spend_scope
scope_of(struct str per)
{
    static const char *const names[SPEND_SCOPE_COUNT] = {"turn", "conversation", "customer", "day"};
    for (size_t i = 0; i < SPEND_SCOPE_COUNT; i++) {
        if (str_eq_c(per, names[i])) {
            return (enum spend_scope)i;
        }
    }
    unreachable(); /* the schema knows no other */
}

static enum spend_action
action_of(struct str then)
{
    return str_eq_c(then, "cheaper") ? SPEND_CHEAPER
           : str_eq_c(then, "human") ? SPEND_HUMAN
                                     : SPEND_TEXT;
}

static int
read_brakes(struct app *app, struct spend_rules *rules, struct err *err)
{
    struct js *list = NULL;
    int result = js_parse(config_json(app->config, "spend.brakes"), &app->arena, &list, err);
    if (result < 0) {
        return err_wrap(err, "spend.brakes");
    }
    struct spend_brake *brakes = arena_zero(&app->arena, js_count(list) + 1, sizeof(*brakes));
    if (!brakes) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js *b = js_at(list, i);
        brakes[i] = (struct spend_brake){
            .scope = scope_of(js_get_text(b, "per")),
            .tokens = js_get_int(b, "tokens", 0),
            .micros = (int64_t)ceil(js_get_double(b, "money", 0) * 1e6),
            .then = action_of(js_get_text(b, "then")),
        };
    }
    rules->brakes = brakes;
    rules->brake_count = js_count(list);
    return 0;
}

static int
read_prices(struct app *app, struct spend_rules *rules, struct err *err)
{
    struct report_price *from = NULL;
    size_t count = 0;
    int result =
        report_prices(config_json(app->config, "model.prices"), &app->arena, &from, &count, err);
    struct spend_price *prices = arena_zero(&app->arena, count + 1, sizeof(*prices));
    if (result == 0 && !prices) {
        return err_nomem(err);
    }
    for (size_t i = 0; result == 0 && i < count; i++) {
        prices[i] =
            (struct spend_price){from[i].model, from[i].input, from[i].output, from[i].cached};
    }
    rules->prices = prices;
    rules->price_count = result == 0 ? count : 0;
    return result;
}

int
spending_rules(struct app *app, struct spend_rules *ret, struct err *err)
{
    const struct tz *tz = NULL;
    *ret = (struct spend_rules){.day = day_there};
    int result = read_brakes(app, ret, err);
    if (result == 0) {
        result = read_prices(app, ret, err);
    }
    /* Without brakes nobody asks for the day, and no zone's file need be read. */
    if (result == 0 && ret->brake_count > 0) {
        result = tz_load(config_text(app->config, "desk.timezone"), &app->arena, &tz, err);
    }
    ret->day_arg = (void *)tz;
    return result;
}
