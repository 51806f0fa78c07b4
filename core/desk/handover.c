#include "desk/desk.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/message.h"
#include "prompt/prompt.h"
#include "store/store.h"

/* Lowest first. */
static const struct str priorities[] = {STR_INIT("low"), STR_INIT("medium"), STR_INIT("high"),
                                        STR_INIT("urgent")};
enum { PRIORITIES = sizeof(priorities) / sizeof(priorities[0]) };

/* -1: no priority's word. */
static int
priority_rank(struct str word)
{
    for (int i = 0; i < PRIORITIES; i++) {
        if (str_eq(word, priorities[i])) {
            return i;
        }
    }
    return -1;
}

bool
desk_priority_valid(struct str word)
{
    return priority_rank(word) >= 0;
}

struct str
desk_priority_higher(struct str a, struct str b)
{
    return priority_rank(b) > priority_rank(a) ? b : a;
}

int
desk_queue_order(const void *a, const void *b)
{
    const struct ticket_row *x = a;
    const struct ticket_row *y = b;
    int over = (int)str_eq(x->status, TICKET_RESOLVED) - (int)str_eq(y->status, TICKET_RESOLVED);
    if (over != 0) {
        return over;
    }
    int rank = priority_rank(y->priority) - priority_rank(x->priority);
    if (rank != 0) {
        return rank;
    }
    if (x->created_at != y->created_at) {
        return x->created_at < y->created_at ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* The conversation, if it is still the bot's to give away. */
static int
take_conversation(struct store_tx *tx, const struct desk_handover *h, struct arena *arena,
                  struct conversation_row *ret, struct err *err)
{
    int result = store_conversation_get(tx, h->conversation, arena, ret, err);
    if (result == STORE_NONE) {
        return err_set(err, ERR_NOTFOUND, "conversation %" STR_FMT ": there is none",
                       STR_ARG(h->conversation));
    }
    if (result == 0 && (ret->epoch != h->epoch || !str_eq(ret->owner, OWNER_BOT))) {
        return STORE_STALE;
    }
    return result;
}

static int
add_ticket(struct store_tx *tx, const struct desk_handover *h, const struct conversation_row *c,
           struct arena *arena, int64_t *ret_number, struct err *err)
{
    int64_t now = store_now(tx);
    struct ticket_row ticket = {
        .conversation = c->id,
        .customer = c->customer,
        .channel = c->channel,
        .status = TICKET_OPEN,
        .priority = desk_priority_valid(h->priority) ? h->priority : STR("medium"),
        .category = h->category,
        .reason = h->reason,
        .summary_by = STR("extractive"),
        .version = 1,
        .created_at = now,
        .updated_at = now,
    };
    int result = desk_summary(tx, c->id, h->reason, arena, &ticket.summary, err);
    if (result == 0) {
        result = store_ticket_add(tx, &ticket, ret_number, err);
    }
    if (result != 0) {
        return result;
    }
    struct ticket_event_row event = {
        .id = store_new_id(tx, 'e', arena),
        .ticket = *ret_number,
        .who = h->who,
        .what = STR("created"),
        .detail = h->reason,
        .at = now,
    };
    return event.id.ptr ? store_ticket_event_add(tx, &event, err) : err_nomem(err);
}

/* What the template is offered: the desk's variables, and "urgent" where somebody may be in danger.
 * The desk's own word for that, if it has one, does not count. */
static int
offer_values(const struct desk_handover *h, struct arena *arena, struct str *ret, struct err *err)
{
    struct js *given = NULL;
    *ret = h->line_vars;
    if (!str_eq(h->priority, STR("urgent"))) {
        return 0;
    }
    struct str text = h->line_vars.len > 0 ? h->line_vars : STR("{}");
    int result = js_parse_object(text, "the hand-over's variables", arena, &given, err);
    if (result < 0) {
        return result;
    }
    AUTO(buf) struct buf out;
    struct js_out json;
    struct js_member member;
    buf_init(&out, text.len * 6 + 64);
    js_out_init(&json, &out);
    js_begin_object(&json);
    for (struct js_iter it = js_iter(given); js_next(&it, &member);) {
        if (!str_eq(member.key, STR("urgent"))) {
            js_key(&json, member.key);
            js_add_value(&json, member.value);
        }
    }
    js_put_bool(&json, "urgent", true);
    js_end_object(&json);
    result = buf_finish(&out, "the hand-over's variables", err);
    *ret = result < 0 ? *ret : buf_to_arena(&out, arena);
    return result < 0 || ret->ptr ? result : err_nomem(err);
}

/* The template with the ticket's number in it. */
static int
fill_line(const struct desk_handover *h, int64_t number, struct arena *arena, struct str *ret,
          struct err *err)
{
    char digits[24];
    struct str values;
    (void)snprintf(digits, sizeof(digits), "%lld", (long long)number);
    int result = offer_values(h, arena, &values, err);
    return result < 0
               ? result
               : prompt_render_with(h->line, values, STR("ticket"), str_c(digits), arena, ret, err);
}

int
desk_say(struct store_tx *tx, struct str conversation, struct str turn, struct str text,
         struct arena *arena, struct err *err)
{
    struct block block;
    if (!block_text(arena, text, &block)) {
        return err_nomem(err);
    }
    struct message_row message = {
        .id = store_new_id(tx, 'm', arena),
        .conversation = conversation,
        .turn = turn,
        .role = STR("assistant"),
        .author = AUTHOR_SYSTEM,
        .state = MESSAGE_SENT,
        .content = message_content_json(&block, 1, arena),
        .at = store_now(tx),
    };
    if (!message.id.ptr || !message.content.ptr) {
        return err_nomem(err);
    }
    return store_message_add(tx, &message, NULL, err);
}

int
desk_hand_over(struct store_tx *tx, const struct desk_handover *h, struct arena *arena,
               struct desk_ticket *ret, struct err *err)
{
    struct conversation_row conversation;
    int result = take_conversation(tx, h, arena, &conversation, err);
    if (result == 0) {
        result = add_ticket(tx, h, &conversation, arena, &ret->number, err);
    }
    if (result == 0) {
        result = fill_line(h, ret->number, arena, &ret->line, err);
    }
    if (result == 0) {
        result = store_owner_set(tx, h->conversation, h->epoch, OWNER_NOBODY, h->who, h->reason,
                                 &ret->epoch, err);
    }
    return result;
}
