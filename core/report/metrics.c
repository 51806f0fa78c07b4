/* The table of metrics. The words follow what the field means by them: Fin's involvement,
 * resolution and abandonment, Ada's containment, Zendesk's and Genesys' times, Chatwoot's CSAT.
 *
 * Each involved conversation is exactly one of: handed over, still open, resolved, abandoned. So
 * escalation, resolution and abandonment add up to 100 % but for those that go on. */
#include "report/metric.h"

/* New conversations of the period. Tests are left out, and what was never the bot's to answer. */
#define COUNTED                                                                                    \
    " c.created_at >= $1 AND c.created_at < $2 AND c.channel <> 'test'"                            \
    " AND (c.owner = 'bot' OR EXISTS (SELECT 1 FROM ownership o"                                   \
    " WHERE o.conversation = c.id AND o.owner = 'bot'))"

/* A tool that searches says "found": true or false in its result, which is JSON text: a quotation
 * mark inside one of its strings is escaped, so these letters can only be a member of that name.
 * The spelling with a blank is that of plugins that do not write compactly. The conditions are
 * those of two indexes, letter by letter. */
#define SEARCHED " x.status = 'ok' AND (x.result LIKE '%\"found\":%')"
#define FOUND_NOTHING                                                                              \
    " x.status = 'ok' AND (x.result LIKE '%\"found\":false%'"                                      \
    " OR x.result LIKE '%\"found\": false%')"

/* The conversation's last turn is the one that says how it was left. */
#define LAST_TURN(what)                                                                            \
    "(SELECT t." what " FROM turn t WHERE t.conversation = c.id"                                   \
    " ORDER BY t.opened_at DESC, t.id DESC LIMIT 1)"
/* It searched, and nothing was found by any of its searches. */
#define LAST_TURN_EMPTY                                                                            \
    "EXISTS (SELECT 1 FROM tool_call x WHERE x.conversation = c.id AND" FOUND_NOTHING              \
    " AND x.turn = " LAST_TURN("id") ")"                                                           \
    " AND NOT EXISTS (SELECT 1 FROM tool_call x WHERE x.conversation = c.id AND" SEARCHED          \
    " AND NOT (x.result LIKE '%\"found\":false%'"                                                  \
    " OR x.result LIKE '%\"found\": false%')"                                                      \
    " AND x.turn = " LAST_TURN("id") ")"

/* What the metrics of whole conversations rest on, read once for all of them:
 *   last_turn  outcome of the last turn; NULL: the bot was never in it
 *   tickets    0: never handed over; 1: all resolved; 2: one is not
 *   rating     the last one; 0: none
 *   silent, empty   1 or 0 */
#define FACTS                                                                                      \
    "SELECT c.id AS conversation, CASE WHEN c.updated_at <= $3 THEN 1 ELSE 0 END AS silent, "      \
    LAST_TURN("outcome") " AS last_turn,"                                                          \
    " COALESCE((SELECT MAX(CASE WHEN k.status = 'resolved' THEN 1 ELSE 2 END) FROM ticket k"       \
    " WHERE k.conversation = c.id), 0) AS tickets,"                                                \
    " COALESCE((SELECT r.rating FROM feedback r WHERE r.conversation = c.id"                       \
    " ORDER BY r.at DESC, r.id DESC LIMIT 1), 0) AS rating,"                                       \
    " CASE WHEN " LAST_TURN_EMPTY " THEN 1 ELSE 0 END AS empty"                                    \
    " FROM conversation c WHERE" COUNTED
#define WITH_FACTS "WITH f AS MATERIALIZED (" FACTS ") "

/* Conditions on a row of facts. */
#define NEW "f.silent IN (0, 1)"
#define INVOLVED "f.last_turn IS NOT NULL"
#define ENDED "f.silent = 1 AND f.tickets < 2"
#define LEFT_TO_BOT "f.last_turn IS NOT NULL AND f.silent = 1 AND f.tickets = 0"
/* Confirmed by a good rating, or assumed after a real answer that nobody rated badly. */
#define SETTLED                                                                                    \
    "(f.rating >= 4 OR (f.rating NOT IN (1, 2) AND f.last_turn = 'answered' AND f.empty = 0))"
#define OUTCOME                                                                                    \
    "CASE WHEN f.tickets > 0 THEN 'handed_over' WHEN f.last_turn IS NULL THEN 'unanswered'"        \
    " WHEN f.silent = 0 THEN 'open' WHEN " SETTLED " THEN 'answered'"                              \
    " WHEN f.last_turn IN ('limit', 'failed') THEN f.last_turn ELSE 'abandoned' END"

#define FACTS_SQL(condition)                                                                       \
    WITH_FACTS "SELECT f.conversation AS conversation, 1 AS n FROM f WHERE " condition
#define NUMERATOR(condition) .numerator = FACTS_SQL(condition), .numerator_when = condition
#define DENOMINATOR(condition) .denominator = FACTS_SQL(condition), .denominator_when = condition

/* Tickets: a stretch begins when the conversation comes to the desk, a reopening included, and ends
 * when the ticket is resolved or returned. */
#define STRETCHES                                                                                  \
    " FROM conversation c JOIN ticket k ON k.conversation = c.id"                                  \
    " JOIN ticket_event e ON e.ticket = k.number"
#define BETWEEN(words, from, to)                                                                   \
    " AND NOT EXISTS (SELECT 1 FROM ticket_event b WHERE b.ticket = k.number AND b.what IN ("      \
    words ") AND b.at > " from " AND b.at < " to ")"
#define TICKETS_SQL                                                                                \
    "SELECT c.id AS conversation, 1 AS n FROM conversation c"                                      \
    " JOIN ticket k ON k.conversation = c.id WHERE" COUNTED

#define TURNS_SQL                                                                                  \
    "SELECT c.id AS conversation, 1 AS n, t.model AS k FROM conversation c"                        \
    " CROSS JOIN turn t WHERE t.conversation = c.id AND" COUNTED " AND t.state = 'closed'"

#define CALLS_SQL(condition)                                                                       \
    "SELECT c.id AS conversation, 1 AS n, x.name AS k FROM conversation c"                         \
    " CROSS JOIN tool_call x WHERE x.conversation = c.id AND" COUNTED " AND" condition

static const struct metric table[] = {
    {
        .name = "involvement",
        .kind = METRIC_RATE,
        .sentence = "How many of the new conversations the bot tried to answer.",
        .formula = "conversations in which the bot began at least one turn / new conversations",
        .unit = "%",
        NUMERATOR(INVOLVED),
        DENOMINATOR(NEW),
        .caveat = "Conversations that never were the bot's, and those of the channel `test`, are "
                  "in neither number of any metric.",
    },
    {
        .name = "containment",
        .kind = METRIC_RATE,
        .sentence = "How many conversations came to their end without a human.",
        .formula = "ended without ever being handed over / involved and ended",
        .unit = "%",
        NUMERATOR(LEFT_TO_BOT),
        DENOMINATOR(INVOLVED " AND " ENDED),
        .caveat = "Counts people who gave up: read it beside resolution and abandonment.",
    },
    {
        .name = "resolution",
        .kind = METRIC_RATE,
        .sentence = "How many conversations the bot settled by itself.",
        .formula = "silent, never handed over, and either rated 4 or 5 or left after a real "
                   "answer that was not rated 1 or 2 / involved",
        .unit = "%",
        NUMERATOR(LEFT_TO_BOT " AND " SETTLED),
        DENOMINATOR(INVOLVED),
        .caveat = "Mostly assumed from silence: resolution_confirmed has the part that customers "
                  "said. A real answer is one whose turn ended as answered and whose searches, if "
                  "there were any, found something; an exchange of greetings passes for one. A "
                  "customer who comes back is judged anew by the last turn. Open conversations "
                  "count as not resolved yet.",
    },
    {
        .name = "resolution_confirmed",
        .kind = METRIC_RATE,
        .sentence = "How many conversations the bot settled and the customer said so.",
        .formula = "silent, never handed over, last rated 4 or 5 / involved",
        .unit = "%",
        NUMERATOR(LEFT_TO_BOT " AND f.rating >= 4"),
        DENOMINATOR(INVOLVED),
        .caveat = "Few customers rate: the strict number beside resolution, the loose one.",
    },
    {
        .name = "escalation",
        .kind = METRIC_RATE,
        .sentence = "How many conversations the bot was in went to a human.",
        .formula = "involved conversations with at least one ticket / involved",
        .unit = "%",
        NUMERATOR(INVOLVED " AND f.tickets > 0"),
        DENOMINATOR(INVOLVED),
        .caveat = "Several hand-overs of one conversation count once.",
    },
    {
        .name = "abandonment",
        .kind = METRIC_RATE,
        .sentence = "How many customers left without what they came for.",
        .formula = "silent for 30 minutes after a reply that did not settle it (a limit, a "
                   "failure, no reply, searches that found nothing, or a last rating of 1 or 2), "
                   "never handed over / involved",
        .unit = "%",
        NUMERATOR(LEFT_TO_BOT " AND NOT " SETTLED),
        DENOMINATOR(INVOLVED),
        .caveat = "A customer who leaves an answer that was wrong, and does not say so, counts as "
                  "resolved.",
    },
    {
        .name = "outcomes",
        .kind = METRIC_LIST,
        .sentence = "How the conversations the bot was in have ended so far.",
        .formula = "involved conversations by outcome: handed_over, answered (resolution), limit, "
                   "failed and abandoned (together abandonment), open",
        .unit = "conversations",
        .numerator = WITH_FACTS "SELECT f.conversation AS conversation, 1 AS n, '' AS k, " OUTCOME
                                " AS item FROM f WHERE " INVOLVED,
        .numerator_when = INVOLVED,
        DENOMINATOR(INVOLVED),
        .caveat = "Each conversation has one outcome, and it may still change.",
    },
    {
        .name = "csat",
        .kind = METRIC_RATE,
        .sentence = "How many of the customers who rated were satisfied.",
        .formula = "conversations last rated 4 or 5 / rated conversations",
        .unit = "%",
        NUMERATOR("f.rating >= 4"),
        DENOMINATOR("f.rating >= 1"),
        .caveat = "Of several ratings of a conversation the last one counts. `--by outcome` tells "
                  "the bot's ratings from those of conversations with a human.",
    },
    {
        .name = "csat_response",
        .kind = METRIC_RATE,
        .sentence = "How many of the conversations that ended were rated.",
        .formula = "ended and rated / ended (silent for 30 minutes, every ticket resolved)",
        .unit = "%",
        NUMERATOR(ENDED " AND f.rating >= 1"),
        DENOMINATOR(ENDED),
        .caveat = "Every conversation that ended counts as asked.",
    },
    {
        .name = "first_response",
        .kind = METRIC_TIME,
        .sentence = "How long customers wait for a human's first words after a hand-over.",
        .formula = "first reply of an agent - hand-over; a reopened ticket waits anew",
        .unit = "ms",
        .numerator = "SELECT c.id AS conversation, MIN(r.at) - e.at AS n" STRETCHES
                     " JOIN ticket_event r ON r.ticket = k.number AND r.what = 'replied'"
                     " AND r.at >= e.at WHERE" COUNTED " AND e.what IN ('created', 'reopened')"
                     BETWEEN("'resolved', 'returned'", "e.at", "r.at")
                     " GROUP BY c.id, e.id, e.at",
        .denominator = "SELECT c.id AS conversation, 1 AS n" STRETCHES " WHERE" COUNTED
                       " AND e.what IN ('created', 'reopened')",
        .caveat = "By the clock on the wall, closing hours included; the bot's time before the "
                  "hand-over is not in it. Those not answered yet are in no median.",
    },
    {
        .name = "handle_time",
        .kind = METRIC_TIME,
        .sentence = "How long an agent has a ticket in hand.",
        .formula = "resolved or returned - first claimed, for each time the ticket was worked",
        .unit = "ms",
        .numerator = "SELECT c.id AS conversation, e.at - MIN(r.at) AS n" STRETCHES
                     " JOIN ticket_event r ON r.ticket = k.number AND r.what = 'claimed'"
                     " AND r.at <= e.at WHERE" COUNTED " AND e.what IN ('resolved', 'returned')"
                     BETWEEN("'resolved', 'returned', 'reopened'", "r.at", "e.at")
                     " GROUP BY c.id, e.id, e.at",
        .denominator = "SELECT c.id AS conversation, 1 AS n" STRETCHES " WHERE" COUNTED
                       " AND e.what IN ('resolved', 'returned')",
        .caveat = "By the clock on the wall: waiting for the customer is in it, and so is all an "
                  "agent does besides.",
    },
    {
        .name = "resolution_time",
        .kind = METRIC_TIME,
        .sentence = "How long it takes from the hand-over to the end of the ticket.",
        .formula = "last resolved or returned - hand-over, for tickets that are resolved now",
        .unit = "ms",
        .numerator = "SELECT c.id AS conversation, k.resolved_at - k.created_at AS n"
                     " FROM conversation c JOIN ticket k ON k.conversation = c.id WHERE" COUNTED
                     " AND k.status = 'resolved'",
        .denominator = TICKETS_SQL,
        .caveat = "A reopened ticket counts again from its first hand-over once it is resolved.",
    },
    {
        .name = "tool_success",
        .kind = METRIC_RATE,
        .sentence = "How many of the bot's tool calls did what they should.",
        .formula = "calls that ended ok / ok + error + timeout + rejected arguments",
        .unit = "%",
        .numerator = CALLS_SQL(" x.status = 'ok'"),
        .denominator = CALLS_SQL(" x.status IN ('ok', 'error', 'timeout', 'rejected')"),
        .key = BY_TOOL,
        .caveat = "Counts calls, not conversations. Canceled calls and those whose outcome is "
                  "unknown are left out. A search that finds nothing did what it should.",
    },
    {
        .name = "queries_without_result",
        .kind = METRIC_LIST,
        .sentence = "What the bot searched for and did not find.",
        .formula = "searches that found nothing / searches that ran, by what was asked",
        .unit = "queries",
        .numerator = "SELECT c.id AS conversation, 1 AS n, x.name AS k, x.arguments AS item"
                     " FROM tool_call x JOIN conversation c ON c.id = x.conversation WHERE" COUNTED
                     " AND" FOUND_NOTHING,
        .denominator = CALLS_SQL(SEARCHED),
        .key = BY_TOOL,
        .arguments = true,
        .caveat = "A search is a call of a tool whose result says `found`. What the model asked, "
                  "which is not always what the customer wrote.",
    },
    {
        .name = "top_handover_reasons",
        .kind = METRIC_LIST,
        .sentence = "Why conversations went to a human.",
        .formula = "tickets by reason / tickets",
        .unit = "tickets",
        .numerator = "SELECT c.id AS conversation, 1 AS n, '' AS k, k.reason AS item"
                     " FROM conversation c JOIN ticket k ON k.conversation = c.id WHERE" COUNTED,
        .denominator = TICKETS_SQL,
        .caveat = "Reasons are the words of who handed over; the same reason in other words is "
                  "another.",
    },
    {
        .name = "tokens_per_conversation",
        .kind = METRIC_MEAN,
        .sentence = "How many tokens a conversation takes.",
        .formula = "tokens in and out of all model calls / involved conversations",
        .unit = "tokens",
        .numerator = "SELECT c.id AS conversation, m.input_tokens + m.output_tokens AS n,"
                     " m.model AS k FROM conversation c CROSS JOIN model_call m"
                     " WHERE m.conversation = c.id AND" COUNTED,
        DENOMINATOR(INVOLVED),
        .key = BY_MODEL,
        .caveat = "Cached tokens are counted like others. What a call that failed had used is "
                  "known only where the model's provider says it.",
    },
    {
        .name = "cost_per_conversation",
        .kind = METRIC_COST,
        .sentence = "What a conversation costs in model calls.",
        .formula = "tokens of all model calls times the model's price / involved conversations",
        .unit = "",
        .numerator = "SELECT c.id AS conversation, m.input_tokens AS n, m.model AS k,"
                     " m.output_tokens AS output, m.cached_tokens AS cached FROM conversation c"
                     " CROSS JOIN model_call m WHERE m.conversation = c.id AND" COUNTED,
        DENOMINATOR(INVOLVED),
        .key = BY_MODEL,
        .caveat = "Only where `model.prices` is configured, by the prices there now. Calls of "
                  "models without a price are named and cost nothing here.",
    },
    {
        .name = "turn_time",
        .kind = METRIC_TIME,
        .sentence = "How long the bot takes for a message, from its arrival to its end.",
        .formula = "closed - opened, over all turns but those whose process died",
        .unit = "ms",
        .numerator = "SELECT c.id AS conversation, t.closed_at - t.opened_at AS n, t.model AS k"
                     " FROM conversation c CROSS JOIN turn t"
                     " WHERE t.conversation = c.id AND" COUNTED
                     " AND t.state = 'closed' AND t.outcome <> 'crashed'",
        .denominator = TURNS_SQL,
        .key = BY_MODEL,
        .caveat = "Turns of every outcome, canceled ones included.",
    },
    {
        .name = "first_text_time",
        .kind = METRIC_TIME,
        .sentence = "How long a customer looks at nothing: until the bot's first words.",
        .formula = "first text shown - opened, over turns that showed any",
        .unit = "ms",
        .numerator = "SELECT c.id AS conversation, t.first_text_ms AS n, t.model AS k"
                     " FROM conversation c CROSS JOIN turn t"
                     " WHERE t.conversation = c.id AND" COUNTED
                     " AND t.state = 'closed' AND t.first_text_ms > 0",
        .denominator = TURNS_SQL,
        .key = BY_MODEL,
        .caveat = "Text that was retracted later was shown, too.",
    },
};

const struct metric *
metric_table(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct metric *
metric_find(struct str name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (str_eq_c(name, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}

const char *
metric_outcome_sql(void)
{
    return WITH_FACTS "SELECT f.conversation, " OUTCOME " AS word FROM f";
}

const char *
metric_facts_sql(void)
{
    return WITH_FACTS "SELECT f.conversation AS conversation, " OUTCOME " AS word";
}

const char *
metric_facts_sum_sql(void)
{
    return WITH_FACTS "SELECT '' AS conversation, " OUTCOME " AS word";
}

static const char *const by_names[] = {
    [BY_NONE] = "",       [BY_DAY] = "day",   [BY_WEEK] = "week",       [BY_PROMPT] = "prompt",
    [BY_MODEL] = "model", [BY_TOOL] = "tool", [BY_CHANNEL] = "channel", [BY_OUTCOME] = "outcome",
};

bool
metric_by_parse(struct str word, enum metric_by *ret)
{
    for (size_t i = BY_NONE + 1; i < sizeof(by_names) / sizeof(by_names[0]); i++) {
        if (str_eq_c(word, by_names[i])) {
            *ret = (enum metric_by)i;
            return true;
        }
    }
    return false;
}

const char *
metric_by_name(enum metric_by by)
{
    return by_names[by];
}
