#include "plugin/room_ask.h"

#include <stddef.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "plugin/ask.h"
#include "plugin/manifest.h"
#include "plugin/room.h"

enum {
    LINES_A_SECOND = 200, /* of a plugin's in the log */
    TOLD_A_SECOND = 5000, /* of anything else */
    QUEUE_SPARE = 1024 * 1024,
};

/* One question of a child's call. */
struct room_ask {
    struct plugin_ask ask;
    struct room *room;
    struct child_call *call;
};

static void
say_answer(struct room *r, int64_t id, const struct ask_answer *answer)
{
    struct saying s;
    /* A child that reads slowly while much is answered loses answers, not its life. */
    size_t size = r->cell.out.len + answer->head.len + answer->body.len;
    bool failed = answer->failed || size > LIMIT_FRAME_QUEUE_BYTES - QUEUE_SPARE;
    room_open(&s, "answer");
    js_put_int(&s.out, "id", id);
    js_put_int(&s.out, "value", failed ? 0 : answer->value);
    if (failed) {
        js_put_bool(&s.out, "failed", true);
    } else if (answer->head.len) {
        js_put_raw(&s.out, "a", answer->head);
    }
    room_say(r, &s, failed ? STR("") : answer->body);
}

static void
answered(struct plugin_ask *ask, const struct ask_answer *answer)
{
    struct room_ask *a = OWNER_OF(ask, struct room_ask, ask);
    struct child_call *c = a->call;
    c->ask = NULL;
    c->call.untrusted = c->call.untrusted || ask->untrusted;
    say_answer(a->room, c->id, answer);
    mem_free(a);
}

void
room_drop_ask(struct child_call *c)
{
    struct room_ask *a = c->ask;
    if (a) {
        c->ask = NULL;
        asks_drop(&a->ask);
        mem_free(a);
    }
}

static bool
begin_ask(struct room *r, struct child_call *c, const struct js *head, struct str body)
{
    const struct ask_answer failed = {.failed = true};
    struct room_ask *a = plugin_call_live(&c->call.abi) ? mem_zero(1, sizeof(*a)) : NULL;
    if (!a) {
        say_answer(r, c->id, &failed);
        return true;
    }
    *a = (struct room_ask){
        .ask = {.deadline_ms = c->call.abi.deadline_ms,
                .dry_run = (c->call.abi.flags & DH_CALL_DRY_RUN) != 0,
                .head = js_get_c(head, "q"),
                .body = body,
                .turn = str_from_dh(c->call.abi.turn_id),
                .answered = answered},
        .room = r,
        .call = c,
    };
    c->ask = a;
    if (!asks_begin(r->parts->asks, &a->ask, js_get_text(head, "ext"))) {
        c->ask = NULL;
        mem_free(a);
        return false;
    }
    return true;
}

bool
room_take_ask(struct room *r, struct child_call *c, const struct js *head, struct str body)
{
    struct ask_answer answer = {0};
    if (c->ask) {
        return false;
    }
    if (asks_tell(r->parts->asks, &c->call, js_get_text(head, "ext"), js_get_c(head, "q"), body,
                  &answer.value)) {
        say_answer(r, c->id, &answer);
        return true;
    }
    return begin_ask(r, c, head, body);
}

/* A second's worth is let in a second. */
static bool
too_many(struct room *r, bool line)
{
    unsigned max = line ? LINES_A_SECOND : TOLD_A_SECOND;
    unsigned *count = line ? &r->lines : &r->told;
    int64_t now = clock_mono_ms(clock_real());
    if (now - r->lines_ms >= 1000) {
        r->lines_ms = now;
        r->lines = 0;
        r->told = 0;
    }
    (*count)++;
    if (*count == max + 1) {
        struct str name = r->parts->code->manifest->name;
        log_line(LOG_WARN, "plugin", STR(""),
                 "%" STR_FMT ": more than %u %s a second; the rest is left out", STR_ARG(name), max,
                 line ? "lines" : "messages");
    }
    return *count > max;
}

bool
room_take_tell(struct room *r, struct child_call *c, const struct js *head, struct str body)
{
    struct str ext = js_get_text(head, "ext");
    int64_t value;
    if (asks_hears(r->parts->asks, ext) && too_many(r, str_eq_c(ext, DH_LOG_1))) {
        return true;
    }
    return asks_tell(r->parts->asks, c ? &c->call : NULL, ext, js_get_c(head, "q"), body, &value);
}
