/* model: whoever writes the bot's words. What callers see.
 *
 * A model gets the conversation so far and the tools it may ask for, and answers with events: text
 * as it comes, then exactly one done. It never runs a tool and never stores anything. Which
 * provider stands behind it (the embedded assistant, Bedrock, Anthropic, anything
 * OpenAI-compatible), how often it was asked and which model stood in for it is nobody's business
 * but models.h's: what comes from here was retried, waited for and fallen back on already.
 *
 * Everything here is [loop]. No event comes inside model_start(). */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/message.h"
#include "base/str.h"

struct intent_model;
struct loop;
struct model;
struct model_call;

struct model_tool {
    struct str name;
    struct str description;
    struct str schema; /* JSON Schema of its arguments */
};

/* What a request may ask of a model beside words. Everything is unset by default ({0}), and what is
 * unset is not sent: newer models refuse sampling parameters even at their default. */
struct model_params {
    int64_t max_tokens; /* 0: unset */
    bool has_temperature;
    bool has_top_p;
    double temperature;
    double top_p;
    const struct str *stop; /* sequences */
    size_t stop_count;
    struct str tool_choice; /* "", "auto", "any", "none" or a tool's name */
};

struct model_request {
    struct str turn;         /* for logs */
    struct str conversation; /* whose turn it is in a quota's queue; may be empty */
    /* The model that gave the turn's replies so far: where it stands in for another it is asked
     * first, so that a server that is down is waited for once a turn. May be empty. */
    struct str prefer;
    struct str system;       /* the rendered system prompt; may be empty */
    /* Alternating, first a user's; every tool use answered in the next message. */
    const struct message *messages;
    size_t message_count;
    const struct model_tool *tools;
    size_t tool_count;
    struct model_params params; /* what is set here wins over the model's own settings */
    /* For the built-in assistant: the shop's own intents. NULL: the built-in ones. */
    const struct intent_model *intents;
    /* Set by route.c alone: text of this reply that was shown before the stream broke; the server
     * is to go on behind it. */
    struct str partial;
};

enum model_stop {
    MODEL_STOP_END,
    MODEL_STOP_TOOL_USE,
    MODEL_STOP_MAX_TOKENS, /* cut: a tool use at the end may be half */
    MODEL_STOP_FILTERED,
    MODEL_STOP_OTHER,
};
const char *model_stop_name(enum model_stop stop);

/* What a server may count for one reply; more is nonsense, and cut to this. */
enum { MODEL_TOKENS_MAX = 1000000000 };

/* All 0: the server did not say. Never negative, none above MODEL_TOKENS_MAX, and what was cached
 * and written is within the input, whatever the server says. */
struct model_usage {
    int64_t input_tokens; /* the whole prompt, cache reads and writes included */
    int64_t output_tokens;
    int64_t cached_tokens;  /* of the input, read from the provider's cache */
    int64_t written_tokens; /* of the input, written to it */
};

enum model_part_kind { MODEL_PART_TEXT, MODEL_PART_TOOL_USE, MODEL_PART_REASONING };

/* A piece of a reply as the provider decoded it. Nothing of it is trusted: names may be unknown,
 * input may be broken JSON. The turn puts it right, once for all providers. */
struct model_part {
    enum model_part_kind kind;
    struct str text;  /* TEXT */
    struct str id;    /* TOOL_USE: the provider's */
    struct str name;  /* TOOL_USE */
    struct str input; /* TOOL_USE: the arguments' text; empty means {} */
    struct str raw;   /* REASONING: the block's JSON, kept verbatim */
};

struct model_reply {
    struct str model; /* which model really answered: its name in desk.yaml */
    const struct model_part *parts;
    size_t part_count;
    enum model_stop stop;
    struct model_usage usage;
    /* What went wrong before this reply came: which models gave none and why, how often this one
     * was tried. Bounded, for the record and its readers, without credentials. Empty: nothing. */
    struct str note;
};

struct model_events {
    /* More text. Provisional until done. */
    void (*text)(void *arg, struct str delta);
    /* All text so far is withdrawn: a retry begins afresh. */
    void (*retracted)(void *arg);
    /* The end, exactly once unless cancelled: RESULT 0 and REPLY, borrowed for the call, or a
     * failure with ERR. The call is dead when it returns. */
    void (*done)(void *arg, int result, const struct model_reply *reply, const struct err *err);
};

/* Models come from models.h. No call may be under way. NULL is fine. */
void model_free(struct model *m);
AUTO_DEFINE(model, struct model *, model_free)

struct str model_name(const struct model *m);

/* Would the model's server take ATTACHMENT, an image or a document, in a customer's message? The
 * first model of a route decides: those it falls back on leave out what they cannot carry.
 * ERR_INVALID says why not, in words for whoever sends it. */
int model_carries(const struct model *m, const struct block *attachment,
                  struct err *err) WARN_UNUSED;

/* REQUEST and all it points to are borrowed until done or cancel; EVENTS until then too. */
int model_start(struct model *m, const struct model_request *request,
                const struct model_events *events, void *arg, struct model_call **ret,
                struct err *err) WARN_UNUSED;
/* No event follows. CALL is dead when it returns. */
void model_cancel(struct model_call *call);

#endif
