/* model_embedded: how the built-in assistant thinks. Shared by its files, not for anyone else.
 *
 * A pure function from a request to a reply: a text, or one tool call. It keeps nothing between
 * calls; where a conversation stands is read back from the conversation itself:
 *   - what it said last, by the sentence each of its answers ends with (enum said). Text from
 *     tools never stands at an answer's end and never holds an asterisk, so that nothing a tool
 *     returned can be mistaken for the assistant's own words;
 *   - which step of which article, by "**Step 2 of 5.**" and the tool result before it;
 *   - which products were shown, by the bold names in its list and the search results.
 *
 * What it says of products, prices and steps comes from tool results, cleaned and cut; without
 * the tool it says that it can't look. At most one call of each tool a turn.
 *
 * Files: facts (tool results, read), talk (where the conversation stands), say (words out),
 * ask (tool calls out), shop, show and shown (products), help (articles, steps, people), route
 * (who answers). */
#ifndef MODEL_MODEL_EMBEDDED_H
#define MODEL_MODEL_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/message.h"
#include "base/str.h"
#include "model/model_embedded_facts.h"
#include "nlu/nlu.h"

struct model_request;

#define TOOL_SEARCH STR("search_product_catalog")
#define TOOL_PRODUCT STR("get_product")
#define TOOL_LOOKUP STR("lookup_troubleshooting_steps")
#define TOOL_HUMAN STR("escalate_to_human")

/* What an answer was, told by its last sentence. */
enum said {
    SAID_NOTHING, /* no answer yet */
    SAID_OTHER,   /* not the assistant's: a person's, a template's, another model's */
    SAID_HELLO,
    SAID_PRODUCTS, /* a list */
    SAID_PRODUCT,  /* one in detail */
    SAID_ASK,      /* what to search for */
    SAID_STEP,
    SAID_UNSURE, /* within steps: did not understand whether the last one helped */
    SAID_CHOICE, /* which of several articles */
    SAID_DETAIL, /* no article: asked for more */
    SAID_UNKNOWN,
    SAID_OFFER, /* of a human */
    SAID_GLAD,
    SAID_WELCOME,
    SAID_BYE,
    SAID_COUNT
};

enum { SHOWN_MAX = 9 };

/* Steps being walked through. */
struct walk {
    bool active;
    bool has_article; /* false: its tool result is out of sight */
    struct fact_article article;
    size_t step; /* the last given, from 1 */
    size_t count;
    size_t failures; /* how often it did not help */
};

/* One tool call and what came of it. */
struct talk_result {
    size_t index; /* of the message with the result */
    struct str name;
    struct str input;
    struct str content;
    bool error;
};

struct talk {
    const struct model_request *request;
    struct arena *arena;
    size_t now; /* the message that holds the customer's last words */
    struct str text;
    struct nlu_reading reading;
    struct str last_text; /* the last answer before it */
    enum said last;
    bool offered_human; /* by the last answer, whoever wrote it */
    struct walk walk;
    struct str shown[SHOWN_MAX]; /* names in the last answer, as shown */
    size_t shown_count;
    bool has_result; /* the last tool result of this turn */
    struct talk_result result;
    /* The reply. */
    struct buf out;
    struct str tool;
    struct str input;
};

struct assistant_reply {
    struct str text; /* or */
    struct str tool;
    struct str input;
};

/* route.c. Views in *RET are borrowed from ARENA and REQUEST. ERR_NOMEM, ERR_LIMIT. */
int assistant_answer(const struct model_request *request, struct arena *arena,
                     struct assistant_reply *ret, struct err *err) WARN_UNUSED;

/* talk.c. Where REQUEST's conversation stands; free T->out with buf_done(), also on failure. */
int talk_read(const struct model_request *request, struct arena *arena, struct talk *t,
              struct err *err) WARN_UNUSED;
/* Is the tool in the request? */
bool talk_offers(const struct talk *t, struct str tool);
/* Was it called since the customer's last words? */
bool talk_called(const struct talk *t, struct str tool);
/* The newest result of TOOL (empty: of any) in the messages [FROM, BEFORE). */
bool talk_find(const struct talk *t, struct str tool, size_t from, size_t before,
               struct talk_result *ret);
/* The assistant's text in message INDEX; empty when it is the customer's or has none. */
struct str talk_answer(const struct talk *t, size_t index);
/* Which of the shown is meant by "the second"; which of NAMES by QUERY's words. SIZE_MAX: none. */
size_t talk_pick_ordinal(const struct talk *t);
size_t talk_pick_name(const struct str *names, size_t count, struct str query);

/* say.c. All append to the answer; failures are the buf's. */
void say(struct talk *t, const char *words);
/* Text from a tool or a customer: on one line, without markup, cut at MAX bytes; empty when memory
 * ran out. */
struct str say_clean(struct arena *arena, struct str text, size_t max);
/* The sentence that ends an answer of this kind. */
void say_mark(struct talk *t, enum said kind);
enum said say_kind(struct str text);
/* Offer a human, or say that there is none to be had from here. */
void say_offer(struct talk *t);
void say_step(struct talk *t, const struct fact_article *article, size_t step);
/* "**Step 2 of 5.**" at the start of a line of TEXT. */
bool say_find_step(struct str text, size_t *ret_step, size_t *ret_count);
extern const struct str say_sorry; /* opens a step after one that did not help */

/* ask.c. Each sets the reply's tool call. */
void ask_search(struct talk *t, struct str query, double max_price);
void ask_product(struct talk *t, struct str id);
void ask_lookup(struct talk *t, struct str issue, struct str product);
/* Hand over, or say honestly that it can't be done from here. WHY opens the reason. */
void ask_human(struct talk *t, const char *why, const char *priority);

/* shop.c: products. shop_follow: does the message go on about what was shown? Then it is
 * answered. */
bool shop_follow(struct talk *t);
void shop_question(struct talk *t);
void shop_found(struct talk *t);   /* a search's result came */
void shop_product(struct talk *t); /* one product's data came */

/* show.c: what is said of products. The first three of a list; one in detail. */
void shop_say_list(struct talk *t, const struct fact_product *items, size_t count,
                   struct str query);
void shop_say_product(struct talk *t, const struct fact_product *p);
/* How many words of QUERY, short ones aside, does TEXT hold? */
enum { SHOP_WORD_MIN = 3 };
size_t shop_overlap(struct str text, struct str query);

/* shown.c: what was shown before. The product of that name, from the newest result that has it; the
 * cheapest of those in the last answer; was NAME in an answer since the search at INDEX? */
bool shop_find_shown(const struct talk *t, struct str name, struct fact_product *ret);
bool shop_find_cheapest(const struct talk *t, struct fact_product *ret);
bool shop_was_shown(const struct talk *t, struct str name, size_t index);
/* What each of those in the last answer has to say on the question; false: none anything. */
bool shop_compare_shown(struct talk *t);

/* help.c: articles and steps. help_follow: within steps, or a choice, or a question for detail. */
bool help_follow(struct talk *t);
void help_trouble(struct talk *t);
void help_found(struct talk *t); /* the article search's result came */

#endif
