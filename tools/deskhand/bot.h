/* bot: the engine as a desk's configuration wants it, ready to answer.
 *
 * Opens what answering needs and nothing more: the store, the model, the plugins' tools, the
 * prompts. Commands that answer customers (ask, chat) share it. [loop] */
#ifndef DESKHAND_BOT_H
#define DESKHAND_BOT_H

#include "base/err.h"
#include "base/str.h"
#include "turn/turn.h"

struct app;
struct args;
struct bot;
struct loop;
struct turn_input;

/* The options every answering command takes: --prompt, --var, --customer, -c. */
#define BOT_OPTIONS                                                                                \
    {"conversation", 'c', "ID", "go on with this conversation"},                                   \
        {"customer", 0, "ID", "who the customer is"},                                              \
        {"prompt", 0, "NAME", "how the bot speaks (see `deskhand prompts list`)"},                 \
    {                                                                                              \
        "var", 0, "NAME=VALUE", "a variable of the prompt; may be repeated"                        \
    }

/* CHANNEL is recorded with new conversations. */
int bot_open(struct app *app, const struct args *args, const char *channel, struct bot **ret,
             struct err *err) WARN_UNUSED;
/* NULL is fine. */
void bot_close(struct bot *b);
AUTO_DEFINE(bot, struct bot *, bot_close)

/* For programs that stay: have plugins loaded anew when somebody asks for it (reloading.h). The
 * loop must not be running. */
int bot_watch_plugins(struct bot *b, struct err *err) WARN_UNUSED;

struct loop *bot_loop(struct bot *b);
struct engine *bot_engine(struct bot *b);

/* A turn handed over: its ticket's summary is written by the desk's model, in the background. */
void bot_handed_over(struct bot *b, int64_t ticket);

/* What to submit for TEXT in CONVERSATION (empty: a new one, opened with GREETING). Borrowed from
 * B. */
struct turn_input bot_input(struct bot *b, struct str conversation, struct str text,
                            struct str greeting);
/* The greeting's line. */
int bot_greeting(struct bot *b, struct str *ret, struct err *err) WARN_UNUSED;

/* ERR_NOTFOUND where there is no such conversation, ERR_AUTH where it is another customer's. */
int bot_check_conversation(struct bot *b, struct str conversation, struct err *err) WARN_UNUSED;

/* Hand CONVERSATION over because its customer asks for it (no turn may run). BOT_WITH_HUMAN when it
 * is with the team already. Blocking; LINE is borrowed from B until the next call. */
enum { BOT_WITH_HUMAN = 1 };
int bot_hand_over(struct bot *b, struct str conversation, int64_t *ret_ticket, struct str *ret_line,
                  struct err *err) WARN_UNUSED;

#endif
