#include "conversation_metrics.h"

#include <stdio.h>

#include "base/json.h"
#include "base/message.h"
#include "desk/record.h"
#include "report/report.h"

/* A reply that only asked for tools is none that anybody read. */
static bool
has_words(const struct message_row *row)
{
    AUTO(arena) struct arena arena = {0};
    struct err ignored = {0};
    struct message m = {0};
    return message_parse_content(row->content, &arena, &m.blocks, &m.count, &ignored) == 0 &&
           message_has(&m, BLOCK_TEXT);
}

static void
count_messages(const struct record *r, struct conversation_metrics *m)
{
    for (size_t i = 0; i < r->message_count; i++) {
        const struct message_row *row = &r->messages[i];
        if (str_eq(row->state, MESSAGE_DISCARDED)) {
            m->discarded++;
        } else if (str_eq(row->author, AUTHOR_CUSTOMER)) {
            m->customer_messages++;
        } else if (str_starts(row->author, AUTHOR_AGENT_PREFIX)) {
            m->agent_messages++;
        } else if (str_eq(row->author, AUTHOR_BOT) || str_eq(row->author, AUTHOR_SYSTEM)) {
            m->bot_messages += has_words(row);
        }
    }
}

static const struct report_price *
price_of(struct str model, const struct report_price *prices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(prices[i].model, model)) {
            return &prices[i];
        }
    }
    return NULL;
}

static void
count_model_calls(const struct record *r, const struct report_price *prices, size_t price_count,
                  struct conversation_metrics *m)
{
    m->model_calls = r->model_call_count;
    m->priced = price_count > 0;
    for (size_t i = 0; i < r->model_call_count; i++) {
        const struct model_call_row *row = &r->model_calls[i];
        const struct report_price *price = price_of(row->model, prices, price_count);
        m->input_tokens += row->input_tokens;
        m->output_tokens += row->output_tokens;
        m->cached_tokens += row->cached_tokens;
        if (!price) {
            m->priced = false;
            continue;
        }
        double fresh = (double)(row->input_tokens - row->cached_tokens);
        m->cost += (fresh * price->input + (double)row->cached_tokens * price->cached +
                    (double)row->output_tokens * price->output) /
                   1e6;
    }
}

static void
count_tools(const struct record *r, struct conversation_metrics *m)
{
    m->tool_calls = r->call_count;
    for (size_t i = 0; i < r->call_count; i++) {
        m->tools_ok += str_eq(r->calls[i].status, CALL_OK);
        m->tool_ms += r->calls[i].ended_at - r->calls[i].started_at;
    }
}

static void
count_turns(const struct record *r, struct conversation_metrics *m)
{
    m->turns = r->turn_count;
    for (size_t i = 0; i < r->turn_count; i++) {
        const struct turn_row *row = &r->turns[i];
        int64_t took = row->closed_at ? row->closed_at - row->opened_at : 0;
        m->turn_ms = took > m->turn_ms ? took : m->turn_ms;
        m->first_text_ms =
            row->first_text_ms > m->first_text_ms ? row->first_text_ms : m->first_text_ms;
        m->outcome = row->outcome;
    }
}

/* The human side: the clock starts at the first hand-over. */
static void
count_human_times(const struct record *r, struct conversation_metrics *m)
{
    m->first_human_ms = -1;
    m->resolution_ms = -1;
    if (r->ticket_count == 0) {
        return;
    }
    int64_t begin = r->tickets[0].row.created_at;
    for (size_t i = 0; i < r->message_count && m->first_human_ms < 0; i++) {
        const struct message_row *row = &r->messages[i];
        if (str_starts(row->author, AUTHOR_AGENT_PREFIX) && row->at >= begin) {
            m->first_human_ms = row->at - begin;
        }
    }
    for (size_t i = 0; i < r->ticket_count; i++) {
        if (r->tickets[i].row.resolved_at) {
            m->resolution_ms = r->tickets[i].row.resolved_at - begin;
        }
    }
}

void
conversation_metrics_count(const struct record *r, const struct report_price *prices,
                           size_t price_count, struct conversation_metrics *ret)
{
    *ret = (struct conversation_metrics){0};
    count_messages(r, ret);
    count_model_calls(r, prices, price_count, ret);
    count_tools(r, ret);
    count_turns(r, ret);
    count_human_times(r, ret);
    for (size_t i = 0; i < r->feedback_count; i++) {
        ret->rating = r->feedback[i].rating;
    }
}

static void
print_time(const char *what, int64_t ms)
{
    if (ms < 0) {
        (void)printf("  %-16s -\n", what);
    } else if (ms < 10000) {
        (void)printf("  %-16s %lld ms\n", what, (long long)ms);
    } else {
        (void)printf("  %-16s %lld s\n", what, (long long)(ms / 1000));
    }
}

void
conversation_metrics_print(const struct conversation_metrics *m, struct str currency)
{
    (void)printf("  %-16s %zu from the customer, %zu from the bot, %zu from agents", "messages",
                 m->customer_messages, m->bot_messages, m->agent_messages);
    (void)printf(m->discarded ? ", %zu discarded\n" : "\n", m->discarded);
    (void)printf("  %-16s %zu, with %zu model calls\n", "turns", m->turns, m->model_calls);
    (void)printf("  %-16s %lld in (%lld of them cached), %lld out\n", "tokens",
                 (long long)m->input_tokens, (long long)m->cached_tokens,
                 (long long)m->output_tokens);
    if (m->priced) {
        (void)printf("  %-16s %.4f %" STR_FMT "\n", "cost", m->cost, STR_ARG(currency));
    } else {
        (void)printf("  %-16s - (not every model that answered has a price)\n", "cost");
    }
    (void)printf("  %-16s %zu, %zu ok, %lld ms in all\n", "tool calls", m->tool_calls, m->tools_ok,
                 (long long)m->tool_ms);
    print_time("first text", m->first_text_ms ? m->first_text_ms : -1);
    print_time("longest turn", m->turns ? m->turn_ms : -1);
    (void)printf("  %-16s %" STR_FMT "\n", "last outcome",
                 STR_ARG(m->outcome.len ? m->outcome : STR("-")));
    if (m->rating) {
        (void)printf("  %-16s %lld of 5\n", "rating", (long long)m->rating);
    } else {
        (void)printf("  %-16s -\n", "rating");
    }
    print_time("first human", m->first_human_ms);
    print_time("resolution", m->resolution_ms);
}

static void
put_time(struct js_out *out, const char *key, int64_t ms)
{
    if (ms < 0) {
        js_put_null(out, key);
    } else {
        js_put_int(out, key, ms);
    }
}

void
conversation_metrics_write(const struct conversation_metrics *m, struct str conversation,
                           struct str currency, struct js_out *out)
{
    js_begin_object(out);
    js_put_str(out, "conversation", conversation);
    js_put_int(out, "customer_messages", (int64_t)m->customer_messages);
    js_put_int(out, "bot_messages", (int64_t)m->bot_messages);
    js_put_int(out, "agent_messages", (int64_t)m->agent_messages);
    js_put_int(out, "discarded", (int64_t)m->discarded);
    js_put_int(out, "turns", (int64_t)m->turns);
    js_put_int(out, "model_calls", (int64_t)m->model_calls);
    js_put_int(out, "input_tokens", m->input_tokens);
    js_put_int(out, "output_tokens", m->output_tokens);
    js_put_int(out, "cached_tokens", m->cached_tokens);
    if (m->priced) {
        js_put_double(out, "cost", m->cost);
        js_put_str(out, "currency", currency);
    } else {
        js_put_null(out, "cost");
        js_put_null(out, "currency");
    }
    js_put_int(out, "tool_calls", (int64_t)m->tool_calls);
    js_put_int(out, "tools_ok", (int64_t)m->tools_ok);
    js_put_int(out, "tool_ms", m->tool_ms);
    put_time(out, "first_text_ms", m->first_text_ms ? m->first_text_ms : -1);
    put_time(out, "turn_ms", m->turns ? m->turn_ms : -1);
    js_put_str_or_null(out, "outcome", m->outcome);
    put_time(out, "rating", m->rating ? m->rating : -1);
    put_time(out, "first_human_ms", m->first_human_ms);
    put_time(out, "resolution_ms", m->resolution_ms);
    js_end_object(out);
}
