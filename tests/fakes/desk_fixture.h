/* desk_fixture: an engine on a store, with a scripted model and fake tools; and what a test wants
 * to know afterwards. */
#ifndef FAKES_DESK_FIXTURE_H
#define FAKES_DESK_FIXTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "io/loop.h"
#include "store/store.h"
#include "turn/turn.h"

struct tool_fake;

struct desk_fixture {
    struct loop *loop;
    struct store *store;
    bool borrowed_store;
    struct model *model;
    struct tool_registry *tools;
    struct tool_fake *fake;
    struct prompt *prompts[4];
    struct engine_parts parts;
    struct engine *engine;
    struct arena arena; /* for what tests read back */
};

/* A desk on a memory store; SCRIPT as in model_scripted.h. LIMITS may be NULL. */
void desk_fixture_open(struct desk_fixture *f, const char *script,
                       const struct turn_limits *limits);
/* The same on STORE, which stays the caller's, and LOOP likewise. */
void desk_fixture_open_on(struct desk_fixture *f, struct loop *loop, struct store *store,
                          const char *script, const struct turn_limits *limits);
/* A new engine, of the parts as a test has changed them. */
void desk_fixture_renew(struct desk_fixture *f);
void desk_fixture_close(struct desk_fixture *f);

/* What one turn did, as an observer saw it. Strings live in the fixture's arena. */
struct talk {
    struct desk_fixture *f;
    uint64_t id;
    bool done;
    int submit; /* engine_submit()'s result */
    struct str conversation;
    struct str outcome;
    struct str reply;
    struct str reason;
    int64_t ticket;
    size_t tools;
    int64_t input_tokens;
    unsigned retracted;
    unsigned handed_over;
    unsigned finished_tools;
    struct buf text;                    /* streamed and not retracted */
    void (*on_started)(struct talk *t); /* `conversation` is known */
    void (*on_text)(struct talk *t);
    void (*on_tool)(struct talk *t);
    void (*on_tool_end)(struct talk *t);
    void (*on_done)(struct talk *t);
};

/* What talk_start() submits: TEXT to CONVERSATION (empty: new). */
struct turn_input talk_input(struct str conversation, const char *text);
void talk_submit(struct talk *t, struct desk_fixture *f, const struct turn_input *input);
/* Both. */
void talk_start(struct talk *t, struct desk_fixture *f, struct str conversation, const char *text);
/* Run the loop until T is done. */
void talk_wait(struct talk *t);
void talk_done(struct talk *t);
/* All of it. */
void talk_say(struct talk *t, struct desk_fixture *f, struct str conversation, const char *text);

/* The record of a conversation as one line: author[*discarded]:kinds, e.g.
 * "customer:text bot:use tool:res system:text". */
struct str desk_describe(struct desk_fixture *f, struct str conversation);
/* Statuses of its tool calls, joined by spaces. */
struct str desk_calls(struct desk_fixture *f, struct str conversation);
/* States of its approvals, joined by spaces. */
struct str desk_approvals(struct desk_fixture *f, struct str conversation);
/* No turn of it is open, every call has its result, and its history is valid. Fails the test. */
void desk_assert_sound(struct desk_fixture *f, struct str conversation);

#endif
