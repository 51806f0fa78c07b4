/* model_embedded: how the built-in assistant thinks. Shared by its files, not for anyone else.
 *
 * A pure function from a request to a reply: a text, or one tool call. It keeps nothing between
 * calls; where a conversation stands is read back from the conversation itself:
 *   - what it said last, by the sentence each of its answers ends with (enum said). Text from
 *     tools never stands at an answer's end and never holds an asterisk, so that nothing a tool
 *     returned can be mistaken for the assistant's own words;
 *   - which step of which article, by "**Step 2 of 5.**" and the tool result before it;
 *   - which products are in mind, by the bold names in its answers and the search results.
 *
 * What it says of products, prices and steps comes from tool results, cleaned and cut, and of a
 * product that is asked about again from a result of this very turn; without the tool it says
 * that it can't look. No call is made twice in a turn, and only a few in all.
 *
 * Files: facts (tool results, read), talk (where the conversation stands), say (words out),
 * ask (tool calls out); shop (searches), sift (their results), kinds (which kind of it?), show
 * (lists and one product), line (which line of its data answers), shown (what is in mind), follow
 * (which of them is meant, and its facts), compare, fits; help (articles), steps (walking them),
 * limits (what it cannot do), language (English only), route (who answers). */
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
    SAID_COMPARED, /* several, side by side */
    SAID_KIND,     /* asked which kind of it */
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

enum {
    SHOWN_MAX = 9,
    MIND_MAX = 12,
    REFS_MAX = 3, /* products one answer speaks of */
    CALLS_MAX = 6 /* in one turn */
};

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
    struct str shown[SHOWN_MAX]; /* names in the newest answer that showed any, or its titles */
    size_t shown_count;
    struct str list[SHOWN_MAX]; /* in the newest that showed several products */
    size_t list_count;
    struct str mind[MIND_MAX]; /* of all products shown, the newest first */
    size_t mind_count;
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
/* Was it called with this INPUT since the customer's last words? How many calls were made since? */
bool talk_called(const struct talk *t, struct str tool, struct str input);
size_t talk_count_calls(const struct talk *t);
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
/* A or B: the one that the last answer did not say. */
void say_either(struct talk *t, const char *a, const char *b);
/* The sentence that ends an answer of this kind; never the one the last answer ended with. */
void say_mark(struct talk *t, enum said kind);
enum said say_kind(struct str text);
/* Offer a human, or say that there is none to be had from here. */
void say_offer(struct talk *t);
void say_step(struct talk *t, const struct fact_article *article, size_t step);
/* "**Step 2 of 5.**" at the start of a line of TEXT. */
bool say_find_step(struct str text, size_t *ret_step, size_t *ret_count);
/* Does TEXT open a step after one that did not help? */
bool say_is_sorry(struct str text);
void say_sorry(struct talk *t);

/* ask.c. Each sets the reply's tool call. */
void ask_search(struct talk *t, struct str query, double max_price);
void ask_product(struct talk *t, struct str id);
void ask_lookup(struct talk *t, struct str issue, struct str product);
/* The trouble in the customer's words: as it was last looked up, else as said now. */
struct str ask_issue(const struct talk *t);
/* Hand over, or say honestly that it can't be done from here. WHY opens the reason; how urgent it
 * is comes from the message: danger, anger, haste. */
void ask_human(struct talk *t, const char *why);

/* shop.c: searches. */
void shop_question(struct talk *t);
void shop_found(struct talk *t);   /* a search's result came */
void shop_product(struct talk *t); /* one product's data came */
/* The last one, with another price; what else it found. */
bool shop_search_again(struct talk *t);
void shop_more(struct talk *t);
/* The query of a search's call. */
struct str shop_query_of(const struct talk *t, const struct talk_result *result);
void shop_say_failed(struct talk *t, const char *what);

/* refused.c: did the desk's policy refuse the call whose result is at hand? Then why, of WHAT ("the
 * search"), and until when. */
bool refused_say(struct talk *t, const char *what);

/* sift.c: what of FOUND answers the message, in the order it is told. For "what else is there?":
 * all that may be shown. */
void sift_found(struct talk *t, struct fact_products *found, struct str query, double max_price);
void sift_more(struct fact_products *found, struct str query, double max_price);
/* The word for what is wanted; empty: none was said. Letters and digits: "E27", "CR2450"? */
struct str sift_wanted(const struct talk *t);
bool sift_is_code(struct str word);

/* kinds.c: is what was found too wide a range to choose from? Then it is asked once which kind,
 * with the kinds there are. kinds_follow: the answer to that. */
bool kinds_ask(struct talk *t, const struct fact_products *found, struct str query);
bool kinds_follow(struct talk *t);

/* show.c: what is said of products. The first three of a list; one in detail; its price and stock;
 * what its data says on the question. */
void shop_say_list(struct talk *t, const struct fact_product *items, size_t count);
void shop_say_product(struct talk *t, const struct fact_product *p);
void shop_say_price_and_stock(struct talk *t, const struct fact_product *p);
void shop_say_facts(struct talk *t, const struct fact_product *items, size_t count);
/* How many words of QUERY, short ones aside, does TEXT hold? */
enum { SHOP_WORD_MIN = 3 };
size_t shop_overlap(struct str text, struct str query);

/* line.c: which of a product's lines answer a question. The words a line must have, those of the
 * names of the COUNT products asked about left out; empty: nothing special was asked. */
struct str line_keys(const struct talk *t, const struct fact_product *items, size_t count);
enum { LINES_MAX = 3 };
/* The best of P's lines, at most LINES_MAX; returns how many. */
size_t line_answers(const struct fact_product *p, struct str keys, struct str ret[LINES_MAX]);

/* Does P's own data rule out what the message asks for? "Indoor use", for the garden. */
bool line_rules_out(const struct talk *t, const struct fact_product *p);
/* The value of the specification KEY; empty where there is none. */
struct str line_value(const struct fact_product *p, struct str key);

/* shown.c: what was shown before. The product of that name, from the newest result that has it; the
 * cheapest of those; was NAME in an answer since the search at INDEX? */
bool shop_find_shown(const struct talk *t, struct str name, struct fact_product *ret);
bool shop_find_cheapest(const struct talk *t, const struct str *names, size_t count,
                        struct fact_product *ret);
bool shop_was_shown(const struct talk *t, struct str name, size_t index);
/* The product in mind that WORDS name, as shown; else WORDS. */
struct str shop_name_of(const struct talk *t, struct str words);

/* follow.c: products a message refers to. */
struct refs {
    struct str names[REFS_MAX]; /* as shown, or in the customer's words */
    size_t count;
};
void refs_add(struct refs *r, struct str name);
/* Those meant by "it", "those", "the second one", "the other one". */
void refs_read(const struct talk *t, struct refs *ret);
enum fetched {
    FETCH_HAVE,
    FETCH_ASKED, /* a tool was called: the answer waits for it */
    FETCH_NONE,
    FETCH_FAILED,
};
/* NAME's data from a result of this turn. */
enum fetched shop_fetch(struct talk *t, struct str name, struct fact_product *ret);
/* The data of all of R, or the reply has what there is to say instead. */
bool shop_fetch_all(struct talk *t, const struct refs *r, struct fact_product *ret);
/* Does the message go on about products, or compare them? Then it is answered, now or when the
 * tools it asks for have answered. */
bool shop_follow(struct talk *t);

/* compare.c, fits.c: the same, for their questions. */
bool compare_follow(struct talk *t);
bool fits_follow(struct talk *t);
/* Of FOUND only what fits, where the message names what it must work with, or without. */
void fits_keep(const struct talk *t, struct fact_products *found);

/* help.c: articles. help_follow: within steps, or a choice, or a question for detail. */
bool help_follow(struct talk *t);
void help_trouble(struct talk *t);
void help_found(struct talk *t); /* the article search's result came */

/* steps.c: what a message means within steps; false: something else. An article was found: its
 * first step. The step after the last one; FAILED: that one did not help. */
bool steps_follow(struct talk *t);
void steps_begin(struct talk *t, const struct fact_article *a);
void steps_next(struct talk *t, bool failed);
void steps_say_unsure(struct talk *t);

/* language.c: says kindly that it only knows English; false: the message is English. */
bool language_answer(struct talk *t);

/* limits.c: what it cannot do, said plainly; false: nothing of the kind was asked. */
bool limits_answer(struct talk *t);
/* A word in front of an article on orders or the account. */
void limits_say_hands_off(struct talk *t);

#endif
