/* Scenarios are rows of a table: a model's id picks one, its flags and its two words (how the
 * answer is built, how it ends) say the rest. Texts are made of a fixed list of words in an order
 * that the request's hash decides. */
#include "scenario.h"

#include <string.h>

#include "arguments.h"
#include "base/limits.h"
#include "base/utf8.h"

enum build { BUILD_TEXT, BUILD_EMPTY, BUILD_REASONING, BUILD_CALLS, BUILD_BRIEF };

enum {
    QUOTE_MAX = 60,     /* of the user's words, in answers and arguments */
    ARGUMENT_PIECE = 8, /* bytes of arguments a delta, about */
    BREAK_AFTER = 3,    /* pieces of text before an answer breaks */
    FIXED_WORDS = 64,   /* of a text that is always the same, at most */
    RECORD_ID = 16,     /* bytes of "m-6fkw3ma7qx1bd2" */
};

struct scenario {
    const char *name;
    const char *help;
    enum build build;
    unsigned calls;  /* in one reply */
    unsigned rounds; /* of calls before the text */
    enum stop stop;  /* STOP_END: what the build says */
    enum ending ending;
    enum refusal_kind refusal;
    bool no_lead;   /* calls come without text before them */
    bool split;     /* arguments in tiny pieces, all beyond ASCII escaped */
    bool half;      /* only the first half of the arguments or of the text */
    bool malformed; /* arguments that are no JSON */
    bool slow;
    bool thinks;      /* before its calls */
    const char *tool; /* call this one */
};

static const struct scenario scenarios[] = {
    {.name = "text", .help = "an answer of --tokens pieces"},
    {.name = "tool",
     .help = "one tool call, then text",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1},
    {.name = "two-tools",
     .help = "two calls in one reply, then text",
     .build = BUILD_CALLS,
     .calls = 2,
     .rounds = 1},
    {.name = "chain",
     .help = "a call, its result, a second call, then text",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 2},
    {.name = "split",
     .help = "one call, its arguments in pieces of one to three bytes",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .split = true},
    {.name = "throttled",
     .help = "refused --throttle times for each last user message, then text",
     .refusal = REFUSED_THROTTLED},
    {.name = "error500", .help = "500", .refusal = REFUSED_ERROR},
    {.name = "cut",
     .help = "text that ends without the format's end; HTTP ends properly",
     .ending = ENDING_CUT},
    {.name = "cut-tool",
     .help = "the same within a call's arguments",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .no_lead = true,
     .ending = ENDING_CUT},
    {.name = "cut-frame", .help = "the connection breaks within a frame", .ending = ENDING_RESET},
    {.name = "stall",
     .help = "some text, then nothing, the connection open",
     .ending = ENDING_STALL},
    {.name = "exception",
     .help = "some text, then an error in the stream (no stream: overload)",
     .ending = ENDING_BROKEN},
    {.name = "max-tokens",
     .help = "text stopped half way by the limit",
     .half = true,
     .stop = STOP_MAX_TOKENS},
    {.name = "max-tokens-tool",
     .help = "a call stopped within its arguments by the limit",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .no_lead = true,
     .half = true,
     .stop = STOP_MAX_TOKENS},
    {.name = "filtered",
     .help = "text stopped by a content filter",
     .half = true,
     .stop = STOP_FILTERED},
    {.name = "bad-json",
     .help = "a call whose arguments are no JSON",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .malformed = true},
    {.name = "unknown-tool",
     .help = "a call of a tool that nobody offered",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .tool = "no_such_tool"},
    {.name = "empty", .help = "an answer without content", .build = BUILD_EMPTY},
    {.name = "reasoning",
     .help = "thinking with a signature, a redacted block, then text",
     .build = BUILD_REASONING},
    {.name = "brief",
     .help = "a ticket's summary that cites the ids of the transcript sent; text without one",
     .build = BUILD_BRIEF},
    {.name = "reasoning-tool",
     .help = "the same thinking before a call, then text",
     .build = BUILD_CALLS,
     .calls = 1,
     .rounds = 1,
     .thinks = true},
    {.name = "slow", .help = "text at a tenth of the speed, at least 100 ms a piece", .slow = true},
    {.name = "validation", .help = "400", .refusal = REFUSED_INVALID},
    {.name = "access", .help = "403", .refusal = REFUSED_ACCESS},
    {.name = "notfound", .help = "404", .refusal = REFUSED_NOT_FOUND},
    {.name = "overloaded", .help = "503 (529 at /v1/messages)", .refusal = REFUSED_OVERLOADED},
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(*scenarios) };

const struct scenario *
scenario_at(size_t index, const char **ret_name, const char **ret_help)
{
    if (index >= SCENARIOS) {
        return NULL;
    }
    *ret_name = scenarios[index].name;
    *ret_help = scenarios[index].help;
    return &scenarios[index];
}

const struct scenario *
scenario_choose(struct str model)
{
    const struct scenario *best = &scenarios[0];
    size_t best_length = 0;
    for (size_t i = 0; i < SCENARIOS; i++) {
        struct str name = str_c(scenarios[i].name);
        if (name.len > best_length && str_find(model, name, 0) != SIZE_MAX) {
            best = &scenarios[i];
            best_length = name.len;
        }
    }
    return best;
}

const char *
scenario_name(const struct scenario *s)
{
    return s->name;
}

/* Each conversation is refused so often, then answered once, then refused anew: whoever repeats a
 * test against the same server sees the same. */
static bool
throttled_now(const struct scenario_options *options, const struct asked *a)
{
    uint64_t hash = str_hash(a->user_text) ^ (str_hash(a->model) * 31);
    atomic_uint *count = &options->throttles->refused[(hash ^ hash >> 32) % THROTTLE_SLOTS];
    unsigned before = atomic_fetch_add(count, 1);
    if (before < options->throttle) {
        return true;
    }
    atomic_store(count, 0);
    return false;
}

int
scenario_refuses(const struct scenario *s, const struct scenario_options *options,
                 const struct asked *a, struct refusal *refused)
{
    if (s->ending == ENDING_BROKEN && !a->stream) {
        return refuse(refused, REFUSED_OVERLOADED, "%s", "");
    }
    if (s->refusal == REFUSED_NOT ||
        (s->refusal == REFUSED_THROTTLED && !throttled_now(options, a))) {
        return 0;
    }
    return refuse(refused, s->refusal, "%s", "");
}

/* A reply while it is built. */
struct making {
    const struct scenario *scenario;
    const struct scenario_options *options;
    const struct asked *asked;
    struct arena *arena;
    struct reply *reply;
    struct buf text; /* of the part at hand */
};

static struct part *
add_part(struct making *m, enum part_kind kind)
{
    struct part *part = &m->reply->parts[m->reply->part_count++];
    *part = (struct part){.kind = kind};
    buf_clear(&m->text);
    return part;
}

/* An answer does not end with a space: some services refuse it when it comes back as history. */
static void
trim_end(struct making *m, size_t *ends, size_t count)
{
    size_t length = count > 0 ? ends[count - 1] : 0;
    buf_truncate(&m->text, length);
    if (length > 0 && !m->text.failed && m->text.text[length - 1] == ' ') {
        ends[count - 1]--;
        buf_truncate(&m->text, length - 1);
    }
}

/* The text gathered becomes PART's pieces, cut before the offsets in ENDS. */
static void
set_pieces(struct making *m, struct part *part, const size_t *ends, size_t count)
{
    part->whole = buf_to_arena(&m->text, m->arena);
    part->pieces = arena_zero(m->arena, count ? count : 1, sizeof(*part->pieces));
    if (!part->whole.ptr || !part->pieces) {
        m->arena->starved = true;
        return;
    }
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        part->pieces[i] = (struct str){part->whole.ptr + from, ends[i] - from};
        from = ends[i];
    }
    part->piece_count = count;
}

/* Append WORDS to the text, one piece each with the space behind it; the pieces so far. */
static size_t
add_words(struct making *m, struct str words, size_t *ends, size_t count, size_t max)
{
    struct str word;
    while (count < max && str_split(&words, ' ', &word)) {
        buf_add(&m->text, word);
        buf_add_char(&m->text, ' ');
        ends[count++] = m->text.len;
    }
    return count;
}

/* The longest run of letters and digits in TEXT: what a word of a result is. */
static struct str
longest_word(struct str text)
{
    struct str best = {0};
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : ' ';
        bool inside = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!inside) {
            if (i - start > best.len && i - start <= QUOTE_MAX) {
                best = (struct str){text.ptr + start, i - start};
            }
            start = i + 1;
        }
    }
    return best;
}

static size_t
add_filler(struct making *m, size_t *ends, size_t count, size_t max)
{
    static const char *const words[] = {
        "the",    "order",  "leaves", "our",     "warehouse", "today", "café",  "and",
        "you",    "will",   "get",    "a",       "message",   "📦",     "when",  "it",
        "is",     "ready,", "please", "tell",    "me",        "if",    "that",  "helps.",
        "réglé,", "within", "thirty", "working", "days",      "at",    "most.", "Danke",
    };
    uint64_t state = m->reply->key;
    while (count < max) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        buf_add_c(&m->text, words[state >> 59]);
        buf_add_char(&m->text, ' ');
        ends[count++] = m->text.len;
    }
    return count;
}

/* How many pieces a text may have, and whether the caller's limit is what says so. */
static size_t
text_length(const struct making *m, bool *ret_limited)
{
    size_t want = m->options->tokens;
    *ret_limited = m->asked->max_tokens > 0 && (size_t)m->asked->max_tokens < want;
    return *ret_limited ? (size_t)m->asked->max_tokens : want;
}

static void
add_text(struct making *m)
{
    bool limited;
    size_t max = text_length(m, &limited);
    struct part *part = add_part(m, PART_TEXT);
    if (m->options->stamp) {
        part->piece_count = m->scenario->half ? (max + 1) / 2 : max;
    } else {
        size_t *ends = arena_zero(m->arena, max, sizeof(*ends));
        if (!ends) {
            return;
        }
        size_t count = 0;
        if (m->asked->has_results) {
            struct str word = longest_word(m->asked->result_text);
            count = add_words(m, STR("This is what I found:"), ends, count, max);
            count = add_words(m, word.len > 0 ? word : STR("nothing"), ends, count, max);
        } else {
            count = add_words(m, STR("You wrote:"), ends, count, max);
            count = add_words(m, utf8_cut(m->asked->user_text, QUOTE_MAX), ends, count, max);
        }
        count = add_filler(m, ends, count, max);
        count = m->scenario->half ? (count + 1) / 2 : count;
        trim_end(m, ends, count);
        set_pieces(m, part, ends, count);
    }
    if (limited && m->reply->stop == STOP_END) {
        m->reply->stop = STOP_MAX_TOKENS;
    }
}

static void
add_fixed(struct making *m, enum part_kind kind, struct str words)
{
    struct part *part = add_part(m, kind);
    size_t ends[FIXED_WORDS];
    size_t count = add_words(m, words, ends, 0, FIXED_WORDS);
    trim_end(m, ends, count);
    set_pieces(m, part, ends, count);
}

static void
add_reasoning(struct making *m)
{
    char id[REPLY_ID];
    add_fixed(m, PART_REASONING, STR("The user wants something. Let me think about it."));
    struct part *part = &m->reply->parts[m->reply->part_count - 1];
    reply_id(str_hash(part->whole), 24, id);
    part->signature = arena_printf(m->arena, "Mock%s==", id);
    part = add_part(m, PART_REDACTED);
    part->whole = arena_str(m->arena, STR("b3BhcXVlLXJlZGFjdGVk"));
}

/* What stands between two escapes is copied; what is beyond ASCII becomes \uXXXX. */
static void
escape_all(struct making *m)
{
    struct str plain = buf_to_arena(&m->text, m->arena);
    buf_clear(&m->text);
    for (size_t at = 0; plain.ptr && at < plain.len;) {
        int32_t c = utf8_next(plain, &at);
        if (c < 0x80) {
            buf_add_char(&m->text, (char)c);
        } else if (c < 0x10000) {
            buf_printf(&m->text, "\\u%04x", (unsigned)c);
        } else {
            unsigned rest = (unsigned)c - 0x10000;
            buf_printf(&m->text, "\\u%04x\\u%04x", 0xd800 + (rest >> 10), 0xdc00 + (rest & 1023));
        }
    }
}

/* Where a piece of arguments that starts at FROM ends; WHICH counts the pieces. */
static size_t
piece_end(const struct making *m, size_t from, size_t which)
{
    size_t want = from + (m->scenario->split ? 1 + which % 3 : ARGUMENT_PIECE);
    if (want >= m->text.len) {
        return m->text.len;
    }
    size_t end = utf8_floor(m->text.text, want);
    return end > from ? end : want;
}

static void
cut_arguments(struct making *m, struct part *part)
{
    size_t *ends = arena_zero(m->arena, m->text.len + 1, sizeof(*ends));
    if (!ends) {
        return;
    }
    size_t count = 1; /* the first piece is empty, as the services have it */
    for (size_t from = 0; from < m->text.len;) {
        from = piece_end(m, from, count);
        ends[count++] = from;
    }
    if (m->scenario->half) {
        count = count / 2 + 1;
        buf_truncate(&m->text, ends[count - 1]);
    }
    set_pieces(m, part, ends, count);
}

/* The tool for call WHICH of the conversation: the first one is the catalogue's search if there is
 * one, the second another one if there is one. */
static const struct offered *
pick_tool(const struct asked *a, size_t which)
{
    size_t first = 0;
    for (size_t i = 0; i < a->tool_count; i++) {
        if (str_eq_c(a->tools[i].name, "search_product_catalog")) {
            first = i;
            break;
        }
    }
    return &a->tools[(first + which) % a->tool_count];
}

static void
add_call(struct making *m, size_t call)
{
    const struct asked *a = m->asked;
    size_t which = call + a->rounds;
    const struct offered *tool = pick_tool(a, which);
    struct part *part = add_part(m, PART_TOOL);
    struct str query = str_trim(utf8_cut(a->user_text, QUOTE_MAX));
    query = query.len > 0 ? query : STR("help");
    if (which > 0) {
        query = arena_printf(m->arena, "%" STR_FMT " %zu", STR_ARG(query), which + 1);
    }
    part->name = arena_str(m->arena, m->scenario->tool ? str_c(m->scenario->tool) : tool->name);
    part->token = m->reply->key + call + 1;
    part->tool_index = call;
    arguments_fill(m->scenario->tool ? NULL : tool->schema, query, &m->text);
    if (m->scenario->malformed && m->text.len > 0) {
        buf_truncate(&m->text, m->text.len - 1);
        buf_add_c(&m->text, ",,");
    }
    if (m->scenario->split) {
        escape_all(m);
    }
    cut_arguments(m, part);
}

static void
add_calls(struct making *m)
{
    const struct scenario *s = m->scenario;
    if (m->asked->tool_count == 0 || (m->asked->has_results && m->asked->rounds >= s->rounds)) {
        add_text(m);
        return;
    }
    if (s->thinks) {
        add_reasoning(m);
    }
    if (!s->no_lead) {
        add_fixed(m, PART_TEXT, STR("I'll look that up."));
    }
    for (size_t i = 0; i < s->calls; i++) {
        add_call(m, i);
    }
    if (m->reply->stop == STOP_END) {
        m->reply->stop = STOP_TOOL;
    }
}

/* The id of an entry of the transcript in BODY, from AT on: "[m-6fkw3ma7qx1bd2] customer: ...". */
static struct str
find_entry(struct str body, struct str opening, struct str who, size_t *at)
{
    while ((*at = str_find(body, opening, *at)) != SIZE_MAX) {
        struct str id = str_sub(body, *at + 1, RECORD_ID);
        struct str rest = str_sub(body, *at + 1 + RECORD_ID, SIZE_MAX);
        *at += opening.len;
        if (str_starts(rest, who)) {
            return id;
        }
    }
    return (struct str){0};
}

static void
add_line(struct buf *out, const char *kind, const char *words, struct str id)
{
    buf_printf(out, "%s{\"kind\":\"%s\",\"text\":\"%s\",\"evidence\":[\"%" STR_FMT "\"]}",
               out->len > 0 ? "," : "", kind, words, STR_ARG(id));
}

static void
add_brief(struct making *m)
{
    struct str body = m->asked->body;
    AUTO(buf) struct buf lines;
    size_t at = 0;
    struct str wants = find_entry(body, STR("[m-"), STR("] customer: "), &at);
    if (wants.len == 0) {
        add_text(m);
        return;
    }
    buf_init(&lines, LIMIT_REPLY_BYTES);
    add_line(&lines, "wants", "The customer wants a working lamp.", wants);
    struct str claim = find_entry(body, STR("[m-"), STR("] customer: "), &at);
    add_line(&lines, "claim", "The customer says that it still fails.", claim.len ? claim : wants);
    at = 0;
    struct str call = find_entry(body, STR("[x-"), STR("] tool "), &at);
    if (call.len > 0) {
        add_line(&lines, "fact", "The bot looked up what may help.", call);
    }
    struct str all = buf_str(&lines);
    add_fixed(m, PART_TEXT, arena_printf(m->arena, "{\"lines\":[%" STR_FMT "]}", STR_ARG(all)));
}

static void
set_break(struct reply *r)
{
    const struct part *last = &r->parts[r->part_count - 1];
    r->break_part = r->part_count - 1;
    r->break_piece = last->piece_count > BREAK_AFTER ? BREAK_AFTER : last->piece_count / 2;
}

void
scenario_answer(const struct scenario *s, const struct scenario_options *options,
                const struct asked *a, struct arena *arena, struct reply *r)
{
    struct making m = {.scenario = s, .options = options, .asked = a, .arena = arena, .reply = r};
    buf_init(&m.text, LIMIT_REPLY_BYTES);
    *r = (struct reply){.model = arena_str(arena, a->model),
                        .key = a->key ^ str_hash(a->model) ^ options->seed * 0x9e3779b97f4a7c15U,
                        .stop = s->stop,
                        .ending = s->ending,
                        .include_usage = a->include_usage,
                        .slow = s->slow};
    if (s->build == BUILD_REASONING) {
        add_reasoning(&m);
    }
    if (s->build == BUILD_CALLS) {
        add_calls(&m);
    } else if (s->build == BUILD_BRIEF) {
        add_brief(&m);
    } else if (s->build != BUILD_EMPTY) {
        add_text(&m);
    }
    int64_t bytes = 0;
    for (size_t i = 0; i < r->part_count; i++) {
        const struct part *part = &r->parts[i];
        bytes += (int64_t)(part->pieces ? part->whole.len : part->piece_count * 12);
    }
    r->input_tokens = (int64_t)(a->body.len + 3) / 4;
    r->output_tokens = (bytes + 3) / 4;
    if (r->ending != ENDING_WHOLE && r->part_count > 0) {
        set_break(r);
    }
    arena->starved = arena->starved || m.text.failed != 0;
    buf_done(&m.text);
}
