/* ANSWERS: a first question that was answered before is answered the same again, from the record.
 *
 * Off unless the desk wants it. An answer is kept under the SHA-256 of all it follows from: the
 * question (small letters, single spaces), the whole system prompt, the version of the catalogue,
 * the model's name, and the customer, where one is named: tools may know customers. Each part
 * stands behind its length, so that no two lists of parts look alike.
 *
 * Only what anybody may be told again is kept: the one text of a turn that was answered, whole, by
 * the model that is configured, to a conversation's first message, where every tool that was asked
 * only read and had an answer, none from outside the shop. What was handed over, cut, limited,
 * failed, taken over, or waits for somebody to agree is not.
 *
 * A kept answer is a turn like any other, but that no model was called: its row names the model
 * "cache" and no tokens. The answer belongs to the conversation it was given in and goes with it.
 * A record that cannot be read is no reason not to answer: the model is asked. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "prompt/prompt.h"
#include "turn/turn_impl.h"

static bool
is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* The question as it is compared: ASCII letters small, white space single. */
static void
add_question(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_space(c)) {
            buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
        } else if (i > 0 && !is_space(text.ptr[i - 1])) {
            buf_add_char(out, ' ');
        }
    }
}

static void
add_part(struct buf *out, struct str part)
{
    buf_printf(out, "%zu:", part.len);
    buf_add(out, part);
}

/* The id that T's answer is kept under; empty: none is. */
static struct str
answer_id(struct turn *t)
{
    const struct turn_input *in = &t->input;
    const struct engine_parts *parts = &t->engine->parts;
    char hash[PROMPT_HASH_TEXT];
    struct err err = {0};
    AUTO(buf) struct buf question;
    AUTO(buf) struct buf key;
    buf_init(&question, LIMIT_MESSAGE_BYTES);
    buf_init(&key, LIMIT_JSON_BYTES);
    add_question(&question, in->text);
    add_part(&key, buf_str(&question));
    add_part(&key, in->system);
    add_part(&key, in->catalog_version);
    add_part(&key, model_name(parts->model));
    add_part(&key, t->open.customer);
    if (question.failed || key.failed || prompt_hash(buf_str(&key), hash, &err) < 0) {
        return (struct str){0};
    }
    return arena_str(&t->arena, str_c(hash));
}

bool
turn_wants_answer(const struct turn *t)
{
    return t->engine->parts.answer_time_ms > 0 && t->input.conversation.len == 0 &&
           t->input.text.len > 0 && t->input.attachment_count == 0;
}

/* [store thread] 0, or STORE_NONE where none is there that is young enough. */
static int
look_up(struct store_tx *tx, void *arg, struct err *err)
{
    struct turn *t = arg;
    int result = store_answer_get(tx, t->answer.id, &t->arena, &t->answer, err);
    if (result == 0 && t->answer.at + t->engine->parts.answer_time_ms <= store_now(tx)) {
        return STORE_NONE;
    }
    return result;
}

static void
say_again(struct turn *t)
{
    int64_t now = clock_mono_ms(t->engine->parts.clock);
    t->answered_before = true;
    t->last_text = t->answer.text;
    t->row.model = STR("cache");
    t->row.outcome = OUTCOME_ANSWERED;
    t->row.first_text_ms = now > t->started_mono ? now - t->started_mono : 1;
    buf_add(&t->provisional, t->last_text);
    if (t->observer->text) {
        t->observer->text(t->observer_arg, t->last_text);
    }
    turn_go(t, TURN_REPLY);
}

static void
on_looked_up(void *arg, int result, const struct err *err)
{
    struct turn *t = arg;
    t->writes--;
    if (result < 0) {
        log_err(LOG_WARN, "answers", t->row.id, err);
    }
    if (turn_settle(t)) {
        return;
    }
    if (result == 0) {
        say_again(t);
    } else {
        turn_go(t, turn_wants_knowledge(t) ? TURN_KNOWLEDGE : TURN_CONTEXT);
    }
}

void
turn_enter_answers(struct turn *t)
{
    t->answer.id = answer_id(t);
    if (t->answer.id.len == 0) {
        turn_go(t, turn_wants_knowledge(t) ? TURN_KNOWLEDGE : TURN_CONTEXT);
        return;
    }
    turn_read(t, look_up, on_looked_up, t);
}

/* Every tool that was asked only reads, and had an answer. */
static bool
only_read(const struct turn *t)
{
    for (size_t i = 0; i < t->report_count; i++) {
        const struct tool_def *def = tool_find(t->engine->parts.tools, t->reports[i].name);
        if (!def || def->effect != EFFECT_READ || !t->reports[i].ok) {
            return false;
        }
    }
    return t->report_count == (size_t)t->row.tool_calls;
}

static bool
may_be_kept(const struct turn *t)
{
    const struct model_call_row *last =
        t->model_row_count ? &t->model_rows[t->model_row_count - 1] : NULL;
    return t->answer.id.len && !t->answered_before && last &&
           str_eq(t->row.outcome, OUTCOME_ANSWERED) && t->committed.len == 0 && only_read(t) &&
           !t->outside && !t->asks_customer &&
           str_eq(last->stop_reason, str_c(model_stop_name(MODEL_STOP_END))) &&
           str_eq(last->model, model_name(t->engine->parts.model));
}

void
turn_keep_answer(struct turn *t, struct ledger_close *close)
{
    if (t->answered_before && str_eq(t->row.outcome, OUTCOME_ANSWERED)) {
        close->answer_hit = t->answer.id;
    } else if (may_be_kept(t)) {
        close->answer = (struct answer_row){
            .id = t->answer.id,
            .conversation = t->row.conversation,
            .text = t->last_text,
            .model = t->row.model,
        };
        close->answer_time_ms = t->engine->parts.answer_time_ms;
    }
}
