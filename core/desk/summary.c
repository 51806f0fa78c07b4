/* The extractive summary: no word in it that was not said or found, each line with its evidence.
 *
 *   wants   the customer's first real message
 *   fact    what a tool found: its names and titles, from the stored result
 *   claim   what else the customer said
 *   step    an instruction the bot gave, and what the customer answered to it
 *   promise a sentence of the desk's side that says what will be done
 *   open    a call that failed or has no known outcome; a question left without an answer
 *   next    why it was handed over */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "desk/desk.h"
#include "store/store.h"

/* Enough for an agent to read in half a minute. */
enum { LINE_BYTES = 240, CLAIMS_MAX = 5, STEPS_MAX = 6, FACTS_MAX = 6, NAMES_MAX = 3 };

struct said {
    const struct message_row *row;
    struct str text;
    bool customer;
};

struct summary {
    struct arena *arena;
    struct js_out out;
    struct said *said;
    size_t said_count;
    const struct tool_call_row *calls;
    size_t call_count;
};

static void
add_line(struct summary *s, const char *kind, struct str text, struct str evidence,
         struct str more_evidence)
{
    struct str cut = utf8_cut(text, LINE_BYTES);
    js_begin_object(&s->out);
    js_put_str(&s->out, "kind", str_c(kind));
    js_key(&s->out, STR("text"));
    if (cut.len < text.len) {
        js_add_str(&s->out, arena_printf(s->arena, "%" STR_FMT "...", STR_ARG(str_trim(cut))));
    } else {
        js_add_str(&s->out, text);
    }
    js_key(&s->out, STR("evidence"));
    js_begin_array(&s->out);
    js_add_str(&s->out, evidence);
    if (more_evidence.len) {
        js_add_str(&s->out, more_evidence);
    }
    js_end_array(&s->out);
    js_end_object(&s->out);
}

static size_t
word_count(struct str text)
{
    size_t words = 0;
    struct str rest = text;
    struct str word;
    while (str_split(&rest, ' ', &word)) {
        words += word.len > 0;
    }
    return words;
}

/* TEXT without line breaks and without Markdown's asterisks. */
static struct str
on_one_line(struct arena *arena, struct str text)
{
    struct str from = str_trim(text);
    char *out = arena_alloc(arena, from.len + 1);
    size_t used = 0;
    for (size_t i = 0; out && i < from.len; i++) {
        char c = from.ptr[i];
        if (c == '*') {
            continue;
        }
        out[used++] = c == '\n' || c == '\t' ? ' ' : c;
    }
    return (struct str){out, used};
}

/* ---- What was said ---------------------------------------------------------------------------*/

static int
collect_said(struct summary *s, const struct message_row *rows, size_t count, struct err *err)
{
    s->said = arena_zero(s->arena, count + 1, sizeof(*s->said));
    if (!s->said) {
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct message m = {0};
        bool said = str_eq(rows[i].state, MESSAGE_SENT) && !str_eq(rows[i].author, AUTHOR_TOOL) &&
                    !str_eq(rows[i].author, AUTHOR_NOTE);
        if (!said) {
            continue;
        }
        int result = message_parse_content(rows[i].content, s->arena, &m.blocks, &m.count, err);
        if (result < 0) {
            return result;
        }
        struct str text = on_one_line(s->arena, media_text(&m, s->arena));
        if (text.len > 0) {
            bool customer = str_eq(rows[i].author, AUTHOR_CUSTOMER);
            s->said[s->said_count++] = (struct said){&rows[i], text, customer};
        }
    }
    return 0;
}

/* The first message of three words or more; else the first one. */
static const struct said *
first_wish(const struct summary *s)
{
    const struct said *first = NULL;
    for (size_t i = 0; i < s->said_count; i++) {
        if (!s->said[i].customer) {
            continue;
        }
        if (word_count(s->said[i].text) >= 3) {
            return &s->said[i];
        }
        first = first ? first : &s->said[i];
    }
    return first;
}

/* The newest claims, in the order they were made. */
static void
add_claims(struct summary *s, const struct said *wish)
{
    size_t claims = 0;
    for (size_t i = 0; i < s->said_count; i++) {
        const struct said *x = &s->said[i];
        claims += x->customer && x != wish && word_count(x->text) >= 3;
    }
    size_t skip = claims > CLAIMS_MAX ? claims - CLAIMS_MAX : 0;
    for (size_t i = 0; i < s->said_count; i++) {
        const struct said *x = &s->said[i];
        if (!x->customer || x == wish || word_count(x->text) < 3) {
            continue;
        }
        if (skip > 0) {
            skip--;
            continue;
        }
        add_line(s, "claim", x->text, x->row->id, (struct str){0});
    }
}

/* "Step 2 of 5: ..." wherever a sentence of the bot's opens with it. */
static size_t
find_step(struct str text)
{
    for (size_t at = str_find(text, STR("Step "), 0); at != SIZE_MAX;
         at = str_find(text, STR("Step "), at + 1)) {
        bool opens = at == 0 || text.ptr[at - 1] == ' ';
        bool numbered = at + 5 < text.len && text.ptr[at + 5] >= '1' && text.ptr[at + 5] <= '9';
        if (opens && numbered) {
            return at;
        }
    }
    return SIZE_MAX;
}

static void
add_steps(struct summary *s)
{
    size_t steps = 0;
    for (size_t i = 0; i < s->said_count && steps < STEPS_MAX; i++) {
        const struct said *x = &s->said[i];
        size_t at = x->customer ? SIZE_MAX : find_step(x->text);
        if (at == SIZE_MAX) {
            continue;
        }
        steps++;
        struct str step = utf8_cut(str_sub(x->text, at, SIZE_MAX), LINE_BYTES / 2);
        const struct said *answer = NULL;
        if (i + 1 < s->said_count && s->said[i + 1].customer) {
            answer = &s->said[i + 1];
        }
        struct str line =
            answer ? arena_printf(s->arena, "%" STR_FMT " -> \"%" STR_FMT "\"", STR_ARG(step),
                                  STR_ARG(utf8_cut(answer->text, LINE_BYTES / 3)))
                   : step;
        add_line(s, "step", line, x->row->id, answer ? answer->row->id : (struct str){0});
    }
}

static bool
sounds_like_promise(struct str sentence)
{
    static const struct str marks[] = {
        STR_INIT("I'll "),  STR_INIT("I will "),  STR_INIT("we'll "),
        STR_INIT("We'll "), STR_INIT("we will "), STR_INIT("We will "),
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (str_find(sentence, marks[i], 0) != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

static void
add_promises(struct summary *s)
{
    for (size_t i = 0; i < s->said_count; i++) {
        const struct said *x = &s->said[i];
        struct str rest = x->text;
        struct str sentence;
        while (!x->customer && str_split(&rest, '.', &sentence)) {
            if (sounds_like_promise(sentence)) {
                add_line(s, "promise", str_trim(sentence), x->row->id, (struct str){0});
            }
        }
    }
}

/* ---- What was found --------------------------------------------------------------------------*/

static struct str
name_of(const struct js *object)
{
    struct str name = js_get_text(object, "name");
    return name.len ? name : js_get_text(object, "title");
}

static void
add_name(struct buf *names, size_t *count, struct str name)
{
    if (name.len > 0 && *count < NAMES_MAX) {
        buf_printf(names, "%s%" STR_FMT, *count ? ", " : "", STR_ARG(name));
        (*count)++;
    }
}

/* The names and titles a result speaks of: its own, those of its members, those in its lists. */
static void
collect_names(const struct js *result, struct buf *names)
{
    size_t count = 0;
    struct js_member member;
    add_name(names, &count, name_of(result));
    for (struct js_iter it = js_iter(result); js_next(&it, &member);) {
        add_name(names, &count, name_of(member.value));
        for (size_t i = 0; js_type(member.value) == JS_ARRAY && i < js_count(member.value); i++) {
            add_name(names, &count, name_of(js_at(member.value, i)));
        }
    }
}

static void
add_fact(struct summary *s, const struct tool_call_row *call)
{
    struct err ignored = {0};
    struct js *content = NULL;
    AUTO(buf) struct buf names;
    buf_init(&names, LIMIT_TOOL_RESULT_BYTES);
    if (js_parse(call->result, s->arena, &content, &ignored) == 0) {
        collect_names(js_get_c(js_at(content, 0), "json"), &names);
    }
    struct str found = names.len ? buf_str(&names) : STR("nothing by name");
    add_line(s, "fact",
             arena_printf(s->arena, "%" STR_FMT " %" STR_FMT " found: %" STR_FMT,
                          STR_ARG(call->name), STR_ARG(utf8_cut(call->arguments, LINE_BYTES / 3)),
                          STR_ARG(found)),
             call->id, (struct str){0});
}

static void
add_facts(struct summary *s)
{
    size_t facts = 0;
    for (size_t i = s->call_count; i > 0 && facts < FACTS_MAX; i--) {
        const struct tool_call_row *call = &s->calls[i - 1];
        if (str_eq(call->status, CALL_OK) && str_eq(call->effect, STR("read"))) {
            facts++;
            add_fact(s, call);
        }
    }
}

static void
add_open_ends(struct summary *s)
{
    for (size_t i = 0; i < s->call_count; i++) {
        const struct tool_call_row *call = &s->calls[i];
        if (str_eq(call->status, CALL_OK) || str_eq(call->status, CALL_OPEN)) {
            continue;
        }
        add_line(s, "open",
                 arena_printf(s->arena, "%" STR_FMT " %" STR_FMT ": %" STR_FMT, STR_ARG(call->name),
                              STR_ARG(utf8_cut(call->arguments, LINE_BYTES / 2)),
                              STR_ARG(call->status)),
                 call->id, (struct str){0});
    }
    const struct said *last = s->said_count ? &s->said[s->said_count - 1] : NULL;
    if (last && last->customer && str_ends(last->text, STR("?"))) {
        add_line(s, "open", last->text, last->row->id, (struct str){0});
    }
}

static void
write_lines(struct summary *s, struct str reason)
{
    const struct said *wish = first_wish(s);
    const struct said *last = NULL;
    for (size_t i = 0; i < s->said_count; i++) {
        last = s->said[i].customer ? &s->said[i] : last;
    }
    js_begin_array(&s->out);
    if (wish) {
        add_line(s, "wants", wish->text, wish->row->id, (struct str){0});
    }
    add_facts(s);
    add_claims(s, wish);
    add_steps(s);
    add_promises(s);
    add_open_ends(s);
    if (last) {
        struct str why = reason.len ? reason : STR("a human is asked for");
        add_line(s, "next", on_one_line(s->arena, why), last->row->id, (struct str){0});
    }
    js_end_array(&s->out);
}

int
desk_summary(struct store_tx *tx, struct str conversation, struct str reason, struct arena *arena,
             struct str *ret, struct err *err)
{
    struct summary s = {.arena = arena};
    struct message_row *rows = NULL;
    struct tool_call_row *calls = NULL;
    size_t row_count = 0;
    AUTO(buf) struct buf text;
    buf_init(&text, LIMIT_REPLY_BYTES);
    js_out_init(&s.out, &text);
    int result = store_message_list(tx, conversation, 0, 0, arena, &rows, &row_count, err);
    if (result == 0) {
        result = store_tool_call_list(tx, conversation, STR(""), arena, &calls, &s.call_count, err);
    }
    if (result == 0) {
        s.calls = calls;
        result = collect_said(&s, rows, row_count, err);
    }
    if (result < 0) {
        return result;
    }
    write_lines(&s, reason);
    result = buf_finish(&text, "ticket summary", err);
    *ret = buf_to_arena(&text, arena);
    return result == 0 && !ret->ptr ? err_nomem(err) : result;
}
