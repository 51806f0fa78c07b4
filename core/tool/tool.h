/* tool: what a model may call, and how a call runs.
 *
 * A tool is described by a tool_def and comes from a source: a plugin in this process, later a
 * plugin in a child or an MCP server. The registry holds all of them under unique names. Dispatch
 * carries one call from a model's words to exactly one result: unknown name, arguments that are no
 * JSON or break the schema, a refusal of policy, a source that fails, hands back garbage or too
 * much, or misses the deadline all become an error result that tells the model what to do better.
 * Nothing here stores anything: the turn commits the call before tool_call_start() and its result
 * after.
 *
 * Everything is [loop] unless tagged. */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct js;
struct loop;
struct schema;
struct tool_registry;
struct tool_source;

enum tool_effect { EFFECT_READ, EFFECT_WRITE, EFFECT_IRREVERSIBLE };

/* "read", "write", "irreversible" */
struct str tool_effect_name(enum tool_effect effect);
bool tool_effect_from_name(struct str name, enum tool_effect *ret);

struct tool_def {
    struct str name;        /* [a-zA-Z0-9_-]{1,64}, unique on a desk */
    struct str description; /* for the model */
    struct str schema_text; /* JSON Schema of the arguments; root has "type":"object" */
    struct schema *schema;  /* compiled, borrowed from the source */
    enum tool_effect effect;
    int64_t timeout_ms;
    bool parallel;      /* may overlap every other call of its source; else serial: see below */
    bool hands_over;    /* may end in a hand-over (manifest: "hands_over": true): what the model
                           says beside a call of it is withdrawn, the desk's line stands alone */
    bool untrusted;     /* all it returns comes from outside the shop: see tool/policy.h */
    struct str confirm; /* what a call would do, for who has to agree: text with {argument} in it;
                           empty: made from its name and arguments */
    struct str customer_field; /* JSON pointer of the argument that names the customer, if any */
    struct str plugin;  /* who brings it, for people */
    struct tool_source *source;
    void *source_data; /* the source's own handle for the tool */
};

/* Who asks, for whom: from the host, never from a model's arguments. */
struct tool_scope {
    struct str call;         /* tool_call_row.id; also the idempotency key */
    struct str conversation;
    struct str customer;     /* empty: anonymous */
    struct str turn;
    bool dry_run;
};

enum tool_status {
    TOOL_OK,
    TOOL_ERROR,    /* the tool said no, broke its contract, or its source is gone */
    TOOL_TIMEOUT,  /* deadline missed */
    TOOL_REJECTED, /* never ran: unknown tool, bad arguments, policy */
    TOOL_CANCELED,
};

/* What a call asked of the desk. It only happens when the turn commits it with the result. */
struct tool_staged {
    bool escalate;
    struct str reason;
    struct str priority; /* "low" | "medium" | "high" | "urgent" */
    struct str category; /* may be empty */
};

/* Is WORD one of the four? */
bool tool_priority_valid(struct str word);

struct tool_result {
    enum tool_status status;
    struct str json;       /* TOOL_OK: the tool's result, checked JSON */
    struct str error_code; /* else: one word ("invalid_arguments", "plugin_fault", ...) */
    struct str message;    /* else: for the model: what was wrong, what to do */
    bool retryable;
    int64_t ms;
    bool untrusted;            /* text of it comes from outside the shop, whatever the def says */
    struct str source;         /* whose words they are, for a fence ("What ... said"); dispatch
                                  fills in what is empty, and leaves it so where they are its own */
    bool rehearsal;            /* dispatch: the call was a dry run, nothing was changed */
    struct tool_staged staged; /* only with TOOL_OK */
};

/* A result that says what went wrong: CODE, and MESSAGE for the model. Its ptr NULL: there was no
 * memory for it, and that is what is said. [any] */
struct tool_result tool_failure(const char *code, struct str message, bool retryable);

/* ---- Sources ---------------------------------------------------------------------------------*/

/* One call under way, in the hands of its source. */
struct tool_run;

/* The source is done with RUN: RESULT is borrowed for the call. [loop], exactly once, never inside
 * start() or abandon(). A source that sees the deadline pass before dispatch does says
 * TOOL_TIMEOUT; the words are dispatch's. */
typedef void (*tool_run_done)(struct tool_run *run, const struct tool_result *result);

struct tool_run {
    const struct tool_def *def;
    struct tool_scope scope;  /* borrowed until done or abandoned */
    struct str arguments;     /* checked JSON object; the same lifetime */
    int64_t deadline_mono_ms;
    tool_run_done done;
    void *source_run; /* the source's own */
};

struct tool_source_ops {
    /* Begin. Negative: could not begin, DONE does not follow. Inputs must be copied before return
     * if they are needed beyond done/abandon. */
    int (*start)(struct tool_source *s, struct tool_run *run, struct err *err);
    /* Deadline passed or the turn was cancelled: RUN is forgotten, DONE will not be called, and
     * whatever still runs can do nothing any more. The source decides whether the tool stays
     * usable (LATE: the deadline was missed); a serial call may be started right after. */
    void (*abandon)(struct tool_source *s, struct tool_run *run, bool late);
    /* Why this tool cannot be called now (quarantined, child down); empty when it can. */
    struct str (*unavailable)(struct tool_source *s, const struct tool_def *def);
};

struct tool_source {
    const struct tool_source_ops *ops;
};

/* ---- The registry -----------------------------------------------------------------------------*/

int tool_registry_new(struct loop *l, struct tool_registry **ret, struct err *err) WARN_UNUSED;
/* No call may be under way. NULL is fine. */
void tool_registry_free(struct tool_registry *r);
AUTO_DEFINE(tool_registry, struct tool_registry *, tool_registry_free)

/* DEF is copied; its views and schema stay the source's and must outlive the registry. ERR_INVALID
 * names what is wrong: a bad name, a name that is taken (and by which plugin). */
int tool_registry_add(struct tool_registry *r, const struct tool_def *def,
                      struct err *err) WARN_UNUSED;
/* All tools of the source FROM make way for the COUNT ones of DEFS, which are another source's.
 * Names may go, come or stay; those that stay keep their place. What is under way goes on with the
 * old defs, which are kept to the end, as their views must be. All or nothing; ERR_INVALID as
 * above. */
int tool_registry_replace(struct tool_registry *r, const struct tool_source *from,
                          const struct tool_def *defs, size_t count, struct err *err) WARN_UNUSED;
/* Calls of that source's tools that are not over. */
size_t tool_source_active(const struct tool_registry *r, const struct tool_source *source);
/* Another number whenever the registry has changed. */
uint64_t tool_generation(const struct tool_registry *r);
size_t tool_count(const struct tool_registry *r);
/* In the order added. */
const struct tool_def *tool_at(const struct tool_registry *r, size_t index);
/* NULL when there is none. */
const struct tool_def *tool_find(const struct tool_registry *r, struct str name);

/* ---- Dispatch ---------------------------------------------------------------------------------*/

struct tool_call;
/* [loop], exactly once a started call, never inside tool_call_start(); RESULT is borrowed for the
 * call and already bounded, valid UTF-8 and valid JSON. */
typedef void (*tool_call_done)(void *arg, const struct tool_result *result);

/* Run tool NAME with the model's ARGUMENTS text (may be broken; blank stands for {}). Serial tools
 * of one source wait for each other, in order; parallel ones neither wait nor are waited for.
 * Waiting counts against nobody's deadline. The source gets the arguments written anew, so that
 * what it reads is what was checked, duplicate keys included. ARENA is the step's: CALL and copies
 * of its inputs live in it until DONE ran or the call was cancelled. Only running out of memory
 * fails here; everything else is a result. */
int tool_call_start(struct tool_registry *r, struct str name, struct str arguments,
                    const struct tool_scope *scope, struct arena *arena, tool_call_done done,
                    void *arg, struct tool_call **ret, struct err *err) WARN_UNUSED;
/* Give up: DONE will not be called. CALL is dead afterwards. */
void tool_call_cancel(struct tool_call *call);

/* The pointer of the one property of SCHEMA, or of an object in it, with "scope": "customer";
 * empty: there is none. ERR_INVALID: two, no string, another word as its scope, or one where it
 * would not be heeded (in "items", "anyOf", "$defs" ...). [any] */
int tool_customer_field(const struct js *schema, struct arena *arena, struct str *ret,
                        struct err *err) WARN_UNUSED;

/* The result as the model sees it: a content array, [{"json":{...}}] or, for anything but an
 * object, [{"text":"..."}]. What is untrusted, errors included, is text behind a fence
 * (base/fence.h); a rehearsal says so first, in a text of its own. ptr NULL when memory ran out.
 * [any] */
struct str tool_result_content(const struct tool_result *result, struct arena *arena);

#endif
