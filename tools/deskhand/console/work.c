/* What an agent does with the ticket in hand. */
#include <stdio.h>

#include "../agent.h"
#include "../approvals.h"
#include "../term.h"
#include "base/id.h"
#include "console.h"
#include "store/rows.h"

static int
act(struct console *c, agent_fn fn, int64_t number, struct str text, bool take,
    struct ticket_row *ret, struct err *err)
{
    struct desk_action action = {.number = number, .agent = c->agent, .text = text, .take = take};
    int result = fn == desk_return ? agent_return(c->app, &action, &c->arena, ret, err)
                                   : agent_act(c->store, fn, &action, &c->arena, ret, err);
    if (result == 0) {
        console_take_up(c, number);
    }
    return result;
}

int
console_claim(struct console *c, struct str rest, struct err *err)
{
    struct ticket_row row;
    int64_t number;
    int result = console_ticket(c, &rest, &number, err);
    bool take = str_eq(rest, STR("--take"));
    if (result == 0 && rest.len && !take) {
        return err_set(err, ERR_INVALID, "claim: '%" STR_FMT "': write claim [N] [--take]",
                       STR_ARG(rest));
    }
    if (result == 0) {
        result = act(c, desk_claim, number, STR(""), take, &row, err);
    }
    if (result == 0) {
        (void)printf("Ticket %lld is yours. The bot stays silent until you `return` it.\n",
                     (long long)number);
    }
    return result;
}

/* Text for the ticket in hand, then FN; SAID is printed afterwards. The bot can do without. */
static int
write_text(struct console *c, agent_fn fn, struct str rest, const char *said, struct err *err)
{
    struct ticket_row row;
    struct str text;
    if (c->ticket == 0) {
        return err_set(err, ERR_INVALID, "which ticket? open one first: `queue`, then `open N`");
    }
    int result = console_compose(c, rest, &text, err);
    bool may_be_empty = fn == desk_return;
    if (result == COMPOSE_GIVEN_UP || (result == COMPOSE_EMPTY && !may_be_empty)) {
        (void)printf("(nothing was sent)\n");
        return 0;
    }
    if (result >= 0) {
        result = act(c, fn, c->ticket, text, false, &row, err);
    }
    if (result == 0) {
        (void)printf("%s\n", said);
    }
    return result;
}

int
console_reply(struct console *c, struct str rest, struct err *err)
{
    return write_text(c, desk_reply, rest, "Sent. The ticket waits for the customer.", err);
}

int
console_note(struct console *c, struct str rest, struct err *err)
{
    return write_text(c, desk_note, rest, "Noted, for colleagues only.", err);
}

int
console_return(struct console *c, struct str rest, struct err *err)
{
    if (rest.len == 0) {
        (void)printf("What is the bot to know? It may be nothing.\n");
    }
    return write_text(c, desk_return, rest,
                      "The bot has it again, knows what you wrote, and answers when the customer "
                      "writes.",
                      err);
}

/* The id of an approval that REST may begin with, then a reason. Only "a-" makes an id here: other
 * words are the reason's. */
static struct str
take_id(struct str *rest)
{
    struct str after = *rest;
    struct str word = {0};
    (void)str_split(&after, ' ', &word);
    if (!str_starts(word, STR("a-")) || !id_plausible(word)) {
        return (struct str){0};
    }
    *rest = str_trim(after);
    return word;
}

static int
decide(struct console *c, struct str rest, bool approved, struct err *err)
{
    struct desk_decided decided;
    struct desk_decision d = {.number = c->ticket, .agent = c->agent, .approved = approved};
    if (c->ticket == 0) {
        return err_set(err, ERR_INVALID, "which ticket? open one first: `queue`, then `open N`");
    }
    d.approval = take_id(&rest);
    d.reason = rest;
    int result = agent_decide(c->store, &d, &c->arena, &decided, err);
    if (result == DESK_WHICH) {
        (void)err_set(
            err, ERR_INVALID, "%zu approvals %s here: name one, `%s ID`", decided.waiting_count,
            str_eq(decided.waiting[0].state, APPROVAL_PENDING) ? "wait" : "may be taken back",
            approved ? "approve" : "decline");
        term_error(err);
        approvals_print_choice(decided.waiting, decided.waiting_count);
        return 0;
    }
    if (result < 0) {
        return result;
    }
    (void)printf("%s: ", approved ? "Approved" : "Declined");
    term_line(stdout, decided.row.summary);
    (void)printf("\n");
    if (!str_eq(decided.owner, OWNER_BOT)) {
        (void)printf(approved
                         ? "The bot may do it once within 24 hours: `return` gives it the "
                           "conversation back\nand tells the customer. It acts when they write "
                           "next; until then, `decline` takes it back.\n"
                         : "`return` tells the customer and gives the bot the conversation "
                           "back. It explains\nwhen they write next.\n");
    }
    return 0;
}

int
console_approve(struct console *c, struct str rest, struct err *err)
{
    return decide(c, rest, true, err);
}

int
console_decline(struct console *c, struct str rest, struct err *err)
{
    return decide(c, rest, false, err);
}

int
console_resolve(struct console *c, struct str rest, struct err *err)
{
    struct ticket_row row;
    if (c->ticket == 0) {
        return err_set(err, ERR_INVALID, "which ticket? open one first: `queue`, then `open N`");
    }
    int64_t number = c->ticket;
    int result = act(c, desk_resolve, number, rest, false, &row, err);
    if (result == 0) {
        (void)printf("Ticket %lld is resolved. It opens again if the customer writes.\n",
                     (long long)number);
        console_take_up(c, 0);
    }
    return result;
}
