#include "base/buf.h"
#include "base/json.h"
#include "desk/actions.h"
#include "desk/approval.h"
#include "desk/desk.h"
#include "desk/inside.h"
#include "prompt/prompt.h"
#include "store/store.h"

/* Told at once. Nobody decides more for one customer, and what is rendered stays within bounds. */
enum { TOLD_MAX = 20 };

/* A summary grows so much in JSON, and the list around it so much. */
enum { JSON_GROWTH = 6, JSON_AROUND = 256 };

struct telling {
    struct approval_row *rows; /* decided since the hand-over */
    size_t count;
    int64_t now;
    struct arena *arena;
};

/* What an agent decided at TICKET and still stands. A hand-over makes a ticket of its own, and a
 * ticket is given back once: what was decided before it was told at that time. */
static int
find_decided(struct store_tx *tx, const struct ticket_row *ticket, struct telling *t,
             struct err *err)
{
    const struct approval_filter filter = {.conversation = ticket->conversation};
    size_t count = 0;
    int result = store_approval_list(tx, &filter, t->arena, &t->rows, &count, err);
    for (size_t i = 0; result == 0 && i < count && t->count < TOLD_MAX; i++) {
        const struct approval_row *row = &t->rows[i];
        struct str state = desk_approval_state(row, t->now);
        bool stands = str_eq(state, APPROVAL_APPROVED) || str_eq(state, APPROVAL_DECLINED);
        bool agents = str_starts(row->decided_by, AUTHOR_AGENT_PREFIX);
        if (stands && agents && row->decided_at >= ticket->created_at) {
            t->rows[t->count++] = *row;
        }
    }
    return result;
}

/* "NAME":[summary, ...] of those in STATE. */
static int
put_list(const struct telling *t, const char *name, struct str state, struct js_out *out,
         struct err *err)
{
    js_key(out, str_c(name));
    js_begin_array(out);
    for (size_t i = 0; i < t->count; i++) {
        if (!str_eq(t->rows[i].state, state)) {
            continue;
        }
        struct str line = desk_one_line(t->rows[i].summary, t->arena);
        if (!line.ptr) {
            return err_nomem(err);
        }
        js_add_str(out, line);
    }
    js_end_array(out);
    return 0;
}

/* The desk's variables and the two lists. The desk's own values of those names do not count. */
static int
offer_values(const struct telling *t, struct str vars, struct str *ret, struct err *err)
{
    struct js *given = NULL;
    struct js_out json;
    struct js_member member;
    size_t room = (vars.len + JSON_AROUND) * JSON_GROWTH;
    int result =
        js_parse_object(vars.len ? vars : STR("{}"), "the line's variables", t->arena, &given, err);
    if (result < 0) {
        return result;
    }
    for (size_t i = 0; i < t->count; i++) {
        room += (t->rows[i].summary.len + JSON_AROUND) * JSON_GROWTH;
    }
    AUTO(buf) struct buf out;
    buf_init(&out, room);
    js_out_init(&json, &out);
    js_begin_object(&json);
    for (struct js_iter it = js_iter(given); js_next(&it, &member);) {
        if (!str_eq_c(member.key, "approved") && !str_eq_c(member.key, "declined")) {
            js_key(&json, member.key);
            js_add_value(&json, member.value);
        }
    }
    result = put_list(t, "approved", APPROVAL_APPROVED, &json, err);
    if (result == 0) {
        result = put_list(t, "declined", APPROVAL_DECLINED, &json, err);
    }
    js_end_object(&json);
    if (result == 0) {
        result = buf_finish(&out, "the line's variables", err);
    }
    *ret = result == 0 ? buf_to_arena(&out, t->arena) : STR("");
    return result < 0 || ret->ptr ? result : err_nomem(err);
}

int
desk_tell_decided(struct store_tx *tx, const struct desk_action *a, const struct ticket_row *ticket,
                  struct arena *arena, struct err *err)
{
    struct telling t = {.now = store_now(tx), .arena = arena};
    struct prompt_values values = {0};
    struct str line = {0};
    int result = a->decided ? find_decided(tx, ticket, &t, err) : 0;
    if (result < 0 || t.count == 0) {
        return result;
    }
    result = offer_values(&t, a->line_vars, &values.offered, err);
    if (result == 0) {
        result = prompt_fill(a->decided, &values, arena, &line, err);
    }
    /* A desk whose template has no words for it has nothing said. */
    if (result < 0 || str_trim(line).len == 0) {
        return result;
    }
    return desk_say(tx, ticket->conversation, STR(""), str_trim(line), arena, err);
}
