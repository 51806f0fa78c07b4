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

/* The conversation's last turn is the one that says how it was left. */
#define LAST_TURN(what)                                                                            \
    "(SELECT t." what " FROM turn t WHERE t.conversation = c.id"                                   \
    " ORDER BY t.opened_at DESC, t.id DESC LIMIT 1)"
/* It searched, and nothing was found by any of its searches. Asking first whether any search of the
 * conversation was in vain spares most of them the rest. */
#define LAST_TURN_EMPTY                                                                            \
    "EXISTS (SELECT 1 FROM tool_call x WHERE x.conversation = c.id AND x.found = 0)"               \
    " AND (SELECT MAX(x.found) FROM tool_call x WHERE x.conversation = c.id"                       \
    " AND x.turn = " LAST_TURN("id") ") = 0"

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

/* ---- Sets ------------------------------------------------------------------------------------*/

#define TICKETS                                                                                    \
    " FROM conversation c JOIN ticket k ON k.conversation = c.id WHERE" COUNTED
/* What happened to tickets at an end of a stretch, which begins when the conversation comes to the
 * desk, a reopening included, and ends when the ticket is resolved or returned. */
#define STRETCHES                                                                                  \
    " FROM conversation c JOIN ticket k ON k.conversation = c.id"                                  \
    " JOIN ticket_event e ON e.ticket = k.number WHERE" COUNTED                                    \
    " AND e.what IN ('created', 'reopened', 'resolved', 'returned')"
#define TURNS                                                                                      \
    " FROM conversation c CROSS JOIN turn t WHERE t.conversation = c.id AND" COUNTED               \
    " AND t.state = 'closed'"
#define MODEL_CALLS                                                                                \
    " FROM conversation c CROSS JOIN model_call m WHERE m.conversation = c.id AND" COUNTED
#define TOOL_CALLS                                                                                 \
    " FROM conversation c CROSS JOIN tool_call x WHERE x.conversation = c.id AND" COUNTED

#define APPROVALS                                                                                  \
    " FROM conversation c CROSS JOIN approval a WHERE a.conversation = c.id AND" COUNTED

static const struct metric_set conversations = {
    .with = WITH_FACTS, .conversation = "f.conversation", .from = " FROM f"};
static const struct metric_set tickets = {.with = "", .conversation = "c.id", .from = TICKETS};
static const struct metric_set stretches = {.with = "", .conversation = "c.id", .from = STRETCHES};
static const struct metric_set turns = {
    .with = "", .conversation = "c.id", .from = TURNS, .key = "t.model", .by = BY_MODEL};
static const struct metric_set model_calls = {
    .with = "", .conversation = "c.id", .from = MODEL_CALLS, .key = "m.model", .by = BY_MODEL};
static const struct metric_set tool_calls = {
    .with = "", .conversation = "c.id", .from = TOOL_CALLS, .key = "x.name", .by = BY_TOOL};
static const struct metric_set approvals = {
    .with = "", .conversation = "c.id", .from = APPROVALS, .key = "a.tool", .by = BY_TOOL};

/* ---- Parts: what is taken of a set, and the same as SQL of its own ---------------------------*/

#define TAKEN(facts, counted, condition) .set = &(facts), .value = counted, .when = condition
#define OWN_SQL(counted) "SELECT c.id AS conversation, " counted " AS n"

#define OF_CONVERSATIONS(condition)                                                                \
    {TAKEN(conversations, "1", condition),                                                         \
     .sql = WITH_FACTS "SELECT f.conversation AS conversation, 1 AS n FROM f WHERE " condition}
#define OF_TICKETS {TAKEN(tickets, "1", NULL), .sql = OWN_SQL("1") TICKETS}
#define OF_STRETCHES(condition)                                                                    \
    {TAKEN(stretches, "1", condition), .sql = OWN_SQL("1") STRETCHES " AND " condition}
/* A stretch where what is counted did not happen has no value. */
#define TIMES_OF_STRETCHES(counted, condition)                                                     \
    {TAKEN(stretches, counted, condition),                                                         \
     .sql = "SELECT q.conversation, q.n FROM (" OWN_SQL(counted) STRETCHES " AND " condition       \
            ") q WHERE q.n IS NOT NULL"}
#define OF_TURNS {TAKEN(turns, "1", NULL), .sql = OWN_SQL("1") ", t.model AS k" TURNS}
#define TIMES_OF_TURNS(counted, condition)                                                         \
    {TAKEN(turns, counted, condition),                                                             \
     .sql = OWN_SQL(counted) ", t.model AS k" TURNS " AND " condition}
#define OF_TOOL_CALLS(condition)                                                                   \
    {TAKEN(tool_calls, "1", condition),                                                            \
     .sql = OWN_SQL("1") ", x.name AS k" TOOL_CALLS " AND " condition}

#define ALL_APPROVALS                                                                              \
    {TAKEN(approvals, "1", NULL), .sql = OWN_SQL("1") ", a.tool AS k" APPROVALS}
#define OF_APPROVALS(counted, condition)                                                           \
    {TAKEN(approvals, counted, condition),                                                         \
     .sql = OWN_SQL(counted) ", a.tool AS k" APPROVALS " AND " condition}

/* A call that ran, or was refused: not those that were canceled, or of which nobody knows. */
#define CALL_ENDED "x.status IN ('ok', 'error', 'timeout', 'rejected')"
/* Refused by policy: the codes of tool/policy.h. */
#define CALL_REFUSED                                                                               \
    "x.status = 'rejected' AND x.error_code IN ('not_enabled', 'wrong_customer', 'no_customer',"   \
    " 'closed', 'limit', 'needs_confirmation', 'needs_agent')"
/* Somebody agreed; what an agent agreed to and nobody used is expired later. */
#define GRANTED                                                                                    \
    "(a.state IN ('approved', 'used') OR (a.state = 'expired' AND a.decided_by LIKE 'agent:%'))"

/* Between the moments FROM and TO nothing of WORDS happened to the ticket. */
#define NOTHING_BETWEEN(words, from, to)                                                           \
    " AND NOT EXISTS (SELECT 1 FROM ticket_event b WHERE b.ticket = k.number AND b.what IN ("      \
    words ") AND b.at > " from " AND b.at < " to ")"
/* From a stretch's beginning to its first reply; from its first claim to its end. */
#define UNTIL_REPLY                                                                                \
    "(SELECT MIN(r.at) FROM ticket_event r WHERE r.ticket = k.number AND r.what = 'replied'"       \
    " AND r.at >= e.at" NOTHING_BETWEEN("'resolved', 'returned'", "e.at", "r.at") ") - e.at"
#define SINCE_CLAIM                                                                                \
    "e.at - (SELECT MIN(r.at) FROM ticket_event r WHERE r.ticket = k.number"                       \
    " AND r.what = 'claimed' AND r.at <= e.at"                                                     \
    NOTHING_BETWEEN("'resolved', 'returned', 'reopened'", "r.at", "e.at") ")"
#define BEGINNING "e.what IN ('created', 'reopened')"
#define END "e.what IN ('resolved', 'returned')"

static const struct metric table[] = {
    {
        .name = "involvement",
        .kind = METRIC_RATE,
        .sentence = "How many of the new conversations the bot tried to answer.",
        .formula = "conversations in which the bot began at least one turn / new conversations",
        .unit = "%",
        .numerator = OF_CONVERSATIONS(INVOLVED),
        .denominator = OF_CONVERSATIONS(NEW),
        .caveat = "Conversations that never were the bot's, and those of the channel `test`, are "
                  "in neither number of any metric.",
    },
    {
        .name = "containment",
        .kind = METRIC_RATE,
        .sentence = "How many conversations came to their end without a human.",
        .formula = "ended without ever being handed over / involved and ended",
        .unit = "%",
        .numerator = OF_CONVERSATIONS(LEFT_TO_BOT),
        .denominator = OF_CONVERSATIONS(INVOLVED " AND " ENDED),
        .caveat = "Counts people who gave up: read it beside resolution and abandonment.",
    },
    {
        .name = "resolution",
        .kind = METRIC_RATE,
        .sentence = "How many conversations the bot settled by itself.",
        .formula = "silent, never handed over, and either rated 4 or 5 or left after a real "
                   "answer that was not rated 1 or 2 / involved",
        .unit = "%",
        .numerator = OF_CONVERSATIONS(LEFT_TO_BOT " AND " SETTLED),
        .denominator = OF_CONVERSATIONS(INVOLVED),
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
        .numerator = OF_CONVERSATIONS(LEFT_TO_BOT " AND f.rating >= 4"),
        .denominator = OF_CONVERSATIONS(INVOLVED),
        .caveat = "Few customers rate: the strict number beside resolution, the loose one.",
    },
    {
        .name = "escalation",
        .kind = METRIC_RATE,
        .sentence = "How many conversations the bot was in went to a human.",
        .formula = "involved conversations with at least one ticket / involved",
        .unit = "%",
        .numerator = OF_CONVERSATIONS(INVOLVED " AND f.tickets > 0"),
        .denominator = OF_CONVERSATIONS(INVOLVED),
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
        .numerator = OF_CONVERSATIONS(LEFT_TO_BOT " AND NOT " SETTLED),
        .denominator = OF_CONVERSATIONS(INVOLVED),
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
        .numerator = {TAKEN(conversations, "1", INVOLVED), .item = OUTCOME,
                      .sql = WITH_FACTS "SELECT f.conversation AS conversation, 1 AS n, '' AS k, "
                             OUTCOME " AS item FROM f WHERE " INVOLVED},
        .denominator = OF_CONVERSATIONS(INVOLVED),
        .caveat = "Each conversation has one outcome, and it may still change.",
    },
    {
        .name = "csat",
        .kind = METRIC_RATE,
        .sentence = "How many of the customers who rated were satisfied.",
        .formula = "conversations last rated 4 or 5 / rated conversations",
        .unit = "%",
        .numerator = OF_CONVERSATIONS("f.rating >= 4"),
        .denominator = OF_CONVERSATIONS("f.rating >= 1"),
        .caveat = "Of several ratings of a conversation the last one counts. `--by outcome` tells "
                  "the bot's ratings from those of conversations with a human.",
    },
    {
        .name = "csat_response",
        .kind = METRIC_RATE,
        .sentence = "How many of the conversations that ended were rated.",
        .formula = "ended and rated / ended (silent for 30 minutes, every ticket resolved)",
        .unit = "%",
        .numerator = OF_CONVERSATIONS(ENDED " AND f.rating >= 1"),
        .denominator = OF_CONVERSATIONS(ENDED),
        .caveat = "Every conversation that ended counts as asked.",
    },
    {
        .name = "first_response",
        .kind = METRIC_TIME,
        .sentence = "How long customers wait for a human's first words after a hand-over.",
        .formula = "first reply of an agent - hand-over; a reopened ticket waits anew",
        .unit = "ms",
        .numerator = TIMES_OF_STRETCHES(UNTIL_REPLY, BEGINNING),
        .denominator = OF_STRETCHES(BEGINNING),
        .caveat = "By the clock on the wall, closing hours included; the bot's time before the "
                  "hand-over is not in it. Those not answered yet are in no median.",
    },
    {
        .name = "handle_time",
        .kind = METRIC_TIME,
        .sentence = "How long an agent has a ticket in hand.",
        .formula = "resolved or returned - first claimed, for each time the ticket was worked",
        .unit = "ms",
        .numerator = TIMES_OF_STRETCHES(SINCE_CLAIM, END),
        .denominator = OF_STRETCHES(END),
        .caveat = "By the clock on the wall: waiting for the customer is in it, and so is all an "
                  "agent does besides.",
    },
    {
        .name = "resolution_time",
        .kind = METRIC_TIME,
        .sentence = "How long it takes from the hand-over to the end of the ticket.",
        .formula = "last resolved or returned - hand-over, for tickets that are resolved now",
        .unit = "ms",
        .numerator = {TAKEN(tickets, "k.resolved_at - k.created_at", "k.status = 'resolved'"),
                      .sql = OWN_SQL("k.resolved_at - k.created_at") TICKETS
                             " AND k.status = 'resolved'"},
        .denominator = OF_TICKETS,
        .caveat = "A reopened ticket counts again from its first hand-over once it is resolved.",
    },
    {
        .name = "tool_success",
        .kind = METRIC_RATE,
        .sentence = "How many of the bot's tool calls did what they should.",
        .formula = "calls that ended ok / ok + error + timeout + rejected arguments",
        .unit = "%",
        .numerator = OF_TOOL_CALLS("x.status = 'ok'"),
        .denominator = OF_TOOL_CALLS(CALL_ENDED " AND NOT (" CALL_REFUSED ")"),
        .caveat = "Counts calls, not conversations. Canceled calls, those whose outcome is unknown "
                  "and those that policy refused are left out. A search that finds nothing did "
                  "what it should.",
    },
    {
        .name = "refused_by_policy",
        .kind = METRIC_RATE,
        .sentence = "How many of the bot's tool calls the desk's policy did not let run.",
        .formula = "calls refused as not_enabled, wrong_customer, no_customer, closed, limit, "
                   "needs_confirmation or needs_agent / calls that ran or were rejected",
        .unit = "%",
        .numerator = OF_TOOL_CALLS(CALL_REFUSED),
        .denominator = OF_TOOL_CALLS(CALL_ENDED),
        .caveat = "Counts calls: one that waits for an approval is refused first and runs as "
                  "another call later. wrong_customer is worth a look each time.",
    },
    {
        .name = "approvals_asked",
        .kind = METRIC_MEAN,
        .sentence = "How often somebody had to agree before the bot could act.",
        .formula = "approvals asked of customers and agents / involved conversations",
        .unit = "approvals",
        .numerator = ALL_APPROVALS,
        .denominator = OF_CONVERSATIONS(INVOLVED),
        .caveat = "A call that is tried again while its approval waits asks no second time.",
    },
    {
        .name = "approvals_granted",
        .kind = METRIC_RATE,
        .sentence = "How many of the approvals that were asked for were given.",
        .formula = "approved or used, or approved by an agent and expired unused / approvals asked",
        .unit = "%",
        .numerator = OF_APPROVALS("1", GRANTED),
        .denominator = ALL_APPROVALS,
        .caveat = "Those that still wait are not given yet. What a customer agreed to and went on "
                  "from before it was done counts as not given; so does what came in from another "
                  "desk while it waited.",
    },
    {
        .name = "approval_wait",
        .kind = METRIC_TIME,
        .sentence = "How long the bot waits until an agent has decided.",
        .formula = "approved or declined - asked, of approvals that need an agent",
        .unit = "ms",
        .numerator = OF_APPROVALS("a.decided_at - a.created_at",
                                  "a.needs = 'agent' AND a.decided_by LIKE 'agent:%'"),
        .denominator = OF_APPROVALS("1", "a.needs = 'agent'"),
        .caveat = "By the clock on the wall, closing hours included. Those nobody decided are in "
                  "no median.",
    },
    {
        .name = "queries_without_result",
        .kind = METRIC_LIST,
        .sentence = "What the bot searched for and did not find.",
        .formula = "searches that found nothing / searches that ran, by what was asked",
        .unit = "queries",
        .numerator = {TAKEN(tool_calls, "1", "x.found = 0"), .item = "x.arguments",
                      .sql = OWN_SQL("1") ", x.name AS k, x.arguments AS item" TOOL_CALLS
                             " AND x.found = 0"},
        .denominator = OF_TOOL_CALLS("x.found IS NOT NULL"),
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
        .numerator = {TAKEN(tickets, "1", NULL), .item = "k.reason",
                      .sql = OWN_SQL("1") ", '' AS k, k.reason AS item" TICKETS},
        .denominator = OF_TICKETS,
        .caveat = "Reasons are the words of who handed over; the same reason in other words is "
                  "another.",
    },
    {
        .name = "tokens_per_conversation",
        .kind = METRIC_MEAN,
        .sentence = "How many tokens a conversation takes.",
        .formula = "tokens in and out of all model calls / involved conversations",
        .unit = "tokens",
        .numerator = {TAKEN(model_calls, "m.input_tokens + m.output_tokens", NULL),
                      .sql = OWN_SQL("m.input_tokens + m.output_tokens") ", m.model AS k"
                             MODEL_CALLS},
        .denominator = OF_CONVERSATIONS(INVOLVED),
        .caveat = "Cached tokens are counted like others. What a call that failed had used is "
                  "known only where the model's provider says it.",
    },
    {
        .name = "cost_per_conversation",
        .kind = METRIC_COST,
        .sentence = "What a conversation costs in model calls.",
        .formula = "tokens of all model calls times the model's price / involved conversations",
        .unit = "",
        .numerator = {TAKEN(model_calls, "m.input_tokens", NULL),
                      .output = "m.output_tokens", .cached = "m.cached_tokens",
                      .sql = OWN_SQL("m.input_tokens") ", m.model AS k, m.output_tokens AS output,"
                             " m.cached_tokens AS cached" MODEL_CALLS},
        .denominator = OF_CONVERSATIONS(INVOLVED),
        .caveat = "Only where `model.prices` is configured, by the prices there now. Calls of "
                  "models without a price are named and cost nothing here.",
    },
    {
        .name = "turn_time",
        .kind = METRIC_TIME,
        .sentence = "How long the bot takes for a message, from its arrival to its end.",
        .formula = "closed - opened, over all turns but those whose process died",
        .unit = "ms",
        .numerator = TIMES_OF_TURNS("t.closed_at - t.opened_at", "t.outcome <> 'crashed'"),
        .denominator = OF_TURNS,
        .caveat = "Turns of every outcome, canceled ones included.",
    },
    {
        .name = "first_text_time",
        .kind = METRIC_TIME,
        .sentence = "How long a customer looks at nothing: until the bot's first words.",
        .formula = "first text shown - opened, over turns that showed any",
        .unit = "ms",
        .numerator = TIMES_OF_TURNS("t.first_text_ms", "t.first_text_ms > 0"),
        .denominator = OF_TURNS,
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

static const char *const by_names[] = {
    [BY_NONE] = "",       [BY_DAY] = "day",   [BY_WEEK] = "week",       [BY_PROMPT] = "prompt",
    [BY_MODEL] = "model", [BY_TOOL] = "tool", [BY_CHANNEL] = "channel", [BY_TOPIC] = "topic",
    [BY_OUTCOME] = "outcome",
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
