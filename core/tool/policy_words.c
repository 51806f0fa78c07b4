#include "tool/policy_words.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tool/policy_hours.h"

/* What a model is told again of its own arguments; longer ones stand in its call. */
enum { ARGUMENTS_TOLD = 2000, ID_TOLD = 200 };

struct str
policy_words_not_enabled(struct str tool, struct arena *arena)
{
    return arena_printf(arena,
                        "%" STR_FMT " is not available in this conversation, and nothing was done. "
                        "Do not call it again. Tell the customer that you cannot do this here, and "
                        "offer to hand the conversation to a colleague.",
                        STR_ARG(tool));
}

struct str
policy_words_wrong_customer(struct str tool, struct str field, struct str customer,
                            struct arena *arena)
{
    AUTO(buf) struct buf b = {0};
    struct js_out json;
    buf_init(&b, 4096);
    buf_printf(&b, "%" STR_FMT " was not run: its argument ", STR_ARG(tool));
    buf_add(&b, utf8_cut(field, ID_TOLD));
    buf_add_c(&b, " names somebody other than the customer of this conversation, who is ");
    js_out_init(&json, &b);
    js_add_str(&json, utf8_cut(customer, ID_TOLD));
    buf_add_c(&b, ". Only what belongs to this customer can be seen or changed here. Do not try "
                  "other names. If the customer asked for somebody else's data, tell them that you "
                  "can help with their own only, or offer to hand the conversation to a "
                  "colleague.");
    return buf_to_arena(&b, arena);
}

struct str
policy_words_no_customer(struct str tool, struct arena *arena)
{
    return arena_printf(arena,
                        "%" STR_FMT " was not run: it needs to know who the customer is, and "
                        "nobody is signed in. What the customer says of themselves is no proof. "
                        "Tell them that for this they have to sign in and begin a new "
                        "conversation, or offer to hand this one to a colleague. Do not call it "
                        "again here.",
                        STR_ARG(tool));
}

struct str
policy_words_closed(struct str tool, const struct policy_hours *h, unsigned minute, struct str zone,
                    struct arena *arena)
{
    struct str now = policy_hours_clock(minute, arena);
    struct str next = policy_hours_clock(policy_hours_next(h, minute), arena);
    if (!now.ptr || !next.ptr) {
        return (struct str){0};
    }
    return arena_printf(arena,
                        "%" STR_FMT " can be used %" STR_FMT " only (time zone %" STR_FMT
                        "); there it is %s now, and the next time is %s. Nothing was done.",
                        STR_ARG(tool), STR_ARG(h->text), STR_ARG(zone), now.ptr, next.ptr);
}

struct str
policy_words_later(struct str why, struct arena *arena)
{
    return arena_printf(arena,
                        "%" STR_FMT " Tell the customer when it is possible, or offer to hand the "
                        "conversation to a colleague.",
                        STR_ARG(why));
}

struct str
policy_words_limit(struct str tool, int64_t most, const char *within, const char *when,
                   struct arena *arena)
{
    return arena_printf(arena,
                        "%" STR_FMT " was not run: it may be used %lld time%s %s, and that is used "
                        "up; it can be used again %s. Do not call it again before. Tell the "
                        "customer so, or offer to hand the conversation to a colleague.",
                        STR_ARG(tool), (long long)most, most == 1 ? "" : "s", within, when);
}

/* "call this tool again with ..." */
static void
add_again(struct buf *b, struct str arguments)
{
    buf_add_c(b, "call this tool again with exactly ");
    if (arguments.len > ARGUMENTS_TOLD) {
        buf_add_c(b, "the same arguments.");
        return;
    }
    buf_add_c(b, "these arguments: ");
    buf_add(b, arguments);
}

struct str
policy_words_ask_customer(struct str summary, struct str arguments, struct arena *arena)
{
    AUTO(buf) struct buf b = {0};
    buf_init(&b, 16 * 1024);
    buf_add_c(&b, "Nothing was done yet. The customer has been asked: ");
    buf_add(&b, summary);
    buf_add_c(&b, "\nDo not say that it is done, and do not call it again before they answered. If "
                  "the customer does not agree, leave it. If the customer agrees, ");
    add_again(&b, arguments);
    return buf_to_arena(&b, arena);
}

struct str
policy_words_ask_agent(struct str summary, struct str arguments, struct arena *arena)
{
    AUTO(buf) struct buf b = {0};
    buf_init(&b, 16 * 1024);
    buf_add_c(&b, "Nothing was done yet. A colleague has to decide on this, and the conversation "
                  "is handed over for it: ");
    buf_add(&b, summary);
    buf_add_c(&b, "\nDo not say that it is done or that it will be. If it is allowed and the "
                  "conversation comes back to you, ");
    add_again(&b, arguments);
    return buf_to_arena(&b, arena);
}
