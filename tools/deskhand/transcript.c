#include "transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/media.h"
#include "base/message.h"
#include "base/utf8.h"
#include "desk/record.h"
#include "term.h"

/* Something that happened between two messages. */
struct happening {
    int64_t at;
    size_t order; /* of those at the same time */
    struct str text;
};

struct happenings {
    struct arena *arena;
    struct happening *items;
    size_t count;
    size_t next;      /* the first not yet printed */
    size_t next_call; /* likewise, of the record's calls */
    bool failed;      /* memory ran out for one of them */
};

void
transcript_time(int64_t at, char out[TRANSCRIPT_TIME])
{
    char text[CLOCK_TEXT];
    clock_format(at, text);
    memcpy(out, text, TRANSCRIPT_TIME - 1);
    out[10] = ' ';
    out[TRANSCRIPT_TIME - 1] = '\0';
}

static void
print_time(int64_t at)
{
    char text[TRANSCRIPT_TIME];
    transcript_time(at, text);
    (void)printf("%s%s%s  ", term_style(stdout, TERM_DIM), text, term_style(stdout, TERM_PLAIN));
}

/* ---- What happened ---------------------------------------------------------------------------*/

static void
add(struct happenings *h, int64_t at, struct str text)
{
    h->failed |= !text.ptr;
    h->items[h->count] = (struct happening){at, h->count, text};
    h->count++;
}

/* " (TEXT)", or nothing. */
static struct str
aside(struct happenings *h, struct str text)
{
    struct str out = text.len ? arena_printf(h->arena, " (%" STR_FMT ")", STR_ARG(text)) : STR("");
    h->failed |= !out.ptr;
    return out;
}

static struct str
call_text(struct happenings *h, const struct tool_call_row *c)
{
    int64_t ms = c->ended_at > c->started_at ? c->ended_at - c->started_at : 0;
    struct str end = c->ended_at ? arena_printf(h->arena, ", %" PRId64 " ms", ms) : STR("");
    return arena_printf(h->arena,
                        "tool %" STR_FMT " %" STR_FMT ": %" STR_FMT "%" STR_FMT "%" STR_FMT,
                        STR_ARG(c->name), STR_ARG(utf8_cut(c->arguments, 120)), STR_ARG(c->status),
                        STR_ARG(aside(h, c->error_code)), STR_ARG(end));
}

static void
add_turns(struct happenings *h, const struct record *r)
{
    for (size_t i = 0; i < r->turn_count; i++) {
        const struct turn_row *t = &r->turns[i];
        bool open = str_eq(t->state, TURN_OPEN);
        if (open ||
            !(str_eq(t->outcome, OUTCOME_ANSWERED) || str_eq(t->outcome, OUTCOME_HANDED_OVER))) {
            add(h, open ? t->opened_at : t->closed_at,
                arena_printf(h->arena, "the bot's turn: %" STR_FMT "%" STR_FMT,
                             STR_ARG(open ? t->state : t->outcome), STR_ARG(aside(h, t->reason))));
        }
    }
}

/* Those that went well at once are no news. */
static void
add_models(struct happenings *h, const struct record *r)
{
    for (size_t i = 0; i < r->model_call_count; i++) {
        const struct model_call_row *c = &r->model_calls[i];
        if (c->error.len) {
            add(h, c->ended_at,
                arena_printf(h->arena, "model %" STR_FMT ": %" STR_FMT " (%" STR_FMT ")",
                             STR_ARG(c->model), STR_ARG(c->outcome), STR_ARG(c->error)));
        }
    }
}

static void
add_owners(struct happenings *h, const struct record *r)
{
    for (size_t i = 1; i < r->owner_count; i++) {
        const struct owner_row *o = &r->owners[i];
        add(h, o->at,
            arena_printf(h->arena, "owner %" STR_FMT " -> %" STR_FMT ", by %" STR_FMT "%" STR_FMT,
                         STR_ARG(r->owners[i - 1].owner), STR_ARG(o->owner), STR_ARG(o->who),
                         STR_ARG(aside(h, o->reason))));
    }
}

static void
add_tickets(struct happenings *h, const struct record *r)
{
    for (size_t i = 0; i < r->ticket_count; i++) {
        const struct record_ticket *t = &r->tickets[i];
        for (size_t k = 0; k < t->event_count; k++) {
            const struct ticket_event_row *e = &t->events[k];
            add(h, e->at,
                arena_printf(h->arena, "ticket %" PRId64 " %" STR_FMT " by %" STR_FMT "%" STR_FMT,
                             t->row.number, STR_ARG(e->what), STR_ARG(e->who),
                             STR_ARG(aside(h, e->detail))));
        }
    }
}

static void
add_approvals(struct happenings *h, const struct record *r)
{
    for (size_t i = 0; i < r->approval_count; i++) {
        const struct approval_row *a = &r->approvals[i];
        add(h, a->created_at,
            arena_printf(h->arena, "approval asked of %s: %" STR_FMT,
                         str_eq(a->needs, APPROVAL_AGENT) ? "an agent" : "the customer",
                         STR_ARG(a->summary)));
    }
}

static int
by_time(const void *a, const void *b)
{
    const struct happening *x = a;
    const struct happening *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static int
collect(struct happenings *h, const struct record *r, struct err *err)
{
    size_t most = r->turn_count + r->model_call_count + r->owner_count + r->feedback_count +
                  r->approval_count;
    for (size_t i = 0; i < r->ticket_count; i++) {
        most += r->tickets[i].event_count;
    }
    h->items = arena_zero(h->arena, most + 1, sizeof(*h->items));
    if (!h->items) {
        return err_nomem(err);
    }
    add_models(h, r);
    add_turns(h, r);
    add_approvals(h, r);
    add_tickets(h, r);
    add_owners(h, r);
    for (size_t i = 0; i < r->feedback_count; i++) {
        const struct feedback_row *f = &r->feedback[i];
        add(h, f->at,
            arena_printf(h->arena, "rated %" PRId64 " of 5%" STR_FMT, f->rating,
                         STR_ARG(aside(h, f->comment))));
    }
    qsort(h->items, h->count, sizeof(*h->items), by_time);
    return h->failed ? err_nomem(err) : 0;
}

static void
print_happening(int64_t at, struct str text)
{
    print_time(at);
    (void)printf("%s- ", term_style(stdout, TERM_DIM));
    term_line(stdout, text);
    (void)printf("%s\n", term_style(stdout, TERM_PLAIN));
}

/* What happened up to UNTIL. */
static void
print_happenings(struct happenings *h, int64_t until)
{
    for (; h->next < h->count && h->items[h->next].at <= until; h->next++) {
        print_happening(h->items[h->next].at, h->items[h->next].text);
    }
}

/* The calls that message ID asked for, which stand together; all that are left when it is empty. */
static int
print_calls(struct happenings *h, const struct record *r, struct str id, struct err *err)
{
    for (; h->next_call < r->call_count; h->next_call++) {
        const struct tool_call_row *c = &r->calls[h->next_call];
        if (id.len > 0 && !str_eq(c->message, id)) {
            return 0;
        }
        struct str text = call_text(h, c);
        if (!text.ptr || h->failed) {
            return err_nomem(err);
        }
        print_happening(c->started_at, text);
    }
    return 0;
}

/* ---- What was said ---------------------------------------------------------------------------*/

/* Every line of TEXT behind four blanks: no text can pass for one of ours. */
static void
print_indented(struct str text)
{
    struct str rest = text;
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        (void)printf("    ");
        term_text(stdout, line);
        (void)printf("\n");
    }
}

static void
print_block(const struct block *b, struct arena *arena)
{
    switch (b->kind) {
    case BLOCK_TEXT:
        print_indented(b->text);
        break;
    case BLOCK_IMAGE:
    case BLOCK_DOCUMENT:
        print_indented(media_describe(b, arena));
        break;
    default:
        break; /* tools are told of by their calls; the rest is between model and provider */
    }
}

static bool
says_something(const struct message *m)
{
    return message_has(m, BLOCK_TEXT) || message_has(m, BLOCK_IMAGE) ||
           message_has(m, BLOCK_DOCUMENT);
}

static int
print_message(const struct message_row *row, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct message m = {0};
    int result = message_parse_content(row->content, &arena, &m.blocks, &m.count, err);
    if (result < 0) {
        return err_wrap(err, "message %" STR_FMT, STR_ARG(row->id));
    }
    if (!says_something(&m) || str_eq(row->author, AUTHOR_TOOL)) {
        return 0;
    }
    bool customer = str_eq(row->author, AUTHOR_CUSTOMER);
    print_time(row->at);
    (void)printf("%s", term_style(stdout, customer ? TERM_BOLD : TERM_GREEN));
    term_text(stdout, row->author);
    (void)printf("%s%s\n", term_style(stdout, TERM_PLAIN),
                 str_eq(row->state, MESSAGE_DISCARDED) ? " (discarded: the customer never saw it)"
                                                       : "");
    for (size_t i = 0; i < m.count; i++) {
        print_block(&m.blocks[i], &arena);
    }
    return 0;
}

int
transcript_print(const struct record *r, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct happenings h = {.arena = &arena};
    int result = collect(&h, r, err);
    for (size_t i = 0; result == 0 && i < r->message_count; i++) {
        const struct message_row *m = &r->messages[i];
        /* The desk's lines tell of what was done in the same commit; other words come first. */
        print_happenings(&h, str_eq(m->author, AUTHOR_SYSTEM) ? m->at : m->at - 1);
        result = print_message(m, err);
        if (result == 0) {
            result = print_calls(&h, r, m->id, err);
        }
    }
    if (result == 0) {
        result = print_calls(&h, r, STR(""), err);
    }
    if (result == 0) {
        print_happenings(&h, INT64_MAX);
    }
    return result;
}

/* ---- Heads -----------------------------------------------------------------------------------*/

static void
print_fact(const char *name, struct str text)
{
    (void)printf("  %s%-12s%s ", term_style(stdout, TERM_DIM), name,
                 term_style(stdout, TERM_PLAIN));
    term_text(stdout, text.len ? text : STR("-"));
    (void)printf("\n");
}

static void
print_fact_time(const char *name, int64_t at)
{
    char text[TRANSCRIPT_TIME];
    if (at) {
        transcript_time(at, text);
        print_fact(name, str_c(text));
    }
}

void
transcript_print_head(const struct record *r)
{
    const struct conversation_row *c = &r->conversation;
    (void)printf("%sConversation ", term_style(stdout, TERM_BOLD));
    term_text(stdout, c->id);
    (void)printf("%s (times are UTC)\n", term_style(stdout, TERM_PLAIN));
    print_fact("customer", c->customer);
    print_fact("channel", c->channel);
    print_fact("topic", c->topic);
    print_fact("prompt", c->prompt_name);
    print_fact("version", str_sub(c->prompt_version, 0, 12));
    print_fact("owner", c->owner);
    print_fact_time("begun", c->created_at);
    print_fact_time("last", c->updated_at);
    (void)printf("\n");
}

static void
print_line(struct str kind, struct str text)
{
    (void)printf("  ");
    term_text(stdout, kind);
    (void)printf("%*s ", kind.len < 12 ? (int)(12 - kind.len) : 0, "");
    term_text(stdout, text);
    (void)printf("\n");
}

static int
print_summary(const struct ticket_row *t, struct err *err)
{
    AUTO(arena) struct arena arena = {0};
    struct js *lines = NULL;
    int result = js_parse(t->summary.len ? t->summary : STR("[]"), &arena, &lines, err);
    if (result < 0) {
        return err_wrap(err, "ticket %" PRId64 ": summary", t->number);
    }
    (void)printf("\nSummary (");
    term_text(stdout, t->summary_by.len ? t->summary_by : STR("none"));
    (void)printf(")\n");
    for (size_t i = 0; i < js_count(lines); i++) {
        const struct js *line = js_at(lines, i);
        print_line(js_get_text(line, "kind"), js_get_text(line, "text"));
        const struct js *evidence = js_get_c(line, "evidence");
        (void)printf("  %12s%s ", "", term_style(stdout, TERM_DIM));
        for (size_t k = 0; k < js_count(evidence); k++) {
            (void)printf("%s", k ? " " : "[");
            term_text(stdout, js_text(js_at(evidence, k)));
        }
        (void)printf("%s%s\n", js_count(evidence) ? "]" : "", term_style(stdout, TERM_PLAIN));
    }
    return 0;
}

int
transcript_print_ticket(const struct record *r, const struct record_ticket *ticket, struct err *err)
{
    const struct ticket_row *t = &ticket->row;
    (void)printf("%sTicket %" PRId64 "%s (times are UTC)\n", term_style(stdout, TERM_BOLD),
                 t->number, term_style(stdout, TERM_PLAIN));
    print_fact("status", t->status);
    print_fact("priority", t->priority);
    if (t->category.len) {
        print_fact("category", t->category);
    }
    print_fact("reason", t->reason);
    print_fact("assignee", t->assignee);
    print_fact("customer", t->customer);
    print_fact("conversation", r->conversation.id);
    print_fact_time("created", t->created_at);
    print_fact_time("updated", t->updated_at);
    print_fact_time("resolved", t->resolved_at);
    int result = print_summary(t, err);
    (void)printf("\n");
    return result;
}
