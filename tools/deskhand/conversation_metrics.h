/* conversation_metrics: one conversation in numbers, for `conversations show ID --metrics`.
 *
 * Counted from its record alone, with the definitions of `deskhand report metrics`. */
#ifndef DESKHAND_CONVERSATION_METRICS_H
#define DESKHAND_CONVERSATION_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct js_out;
struct record;
struct report_price;

struct conversation_metrics {
    size_t customer_messages;
    size_t bot_messages; /* sent; the desk's templates included */
    size_t agent_messages;
    size_t discarded;
    size_t turns;
    size_t model_calls;
    int64_t input_tokens;
    int64_t output_tokens;
    int64_t cached_tokens;
    bool priced; /* every model that answered has a price */
    double cost;
    size_t tool_calls;
    size_t tools_ok;
    int64_t tool_ms;       /* of all calls together */
    int64_t first_text_ms; /* longest wait for a first word; 0: none was shown */
    int64_t turn_ms;       /* longest turn */
    struct str outcome;    /* of the last turn; empty: none */
    int64_t rating;        /* the last; 0: none */
    int64_t first_human_ms; /* from the first hand-over to the first agent's reply; -1: none */
    int64_t resolution_ms;  /* from the first hand-over to the last resolution; -1: none */
};

void conversation_metrics_count(const struct record *r, const struct report_price *prices,
                                size_t price_count, struct conversation_metrics *ret);
void conversation_metrics_print(const struct conversation_metrics *m, struct str currency);
void conversation_metrics_write(const struct conversation_metrics *m, struct str conversation,
                                struct str currency, struct js_out *out);

#endif
