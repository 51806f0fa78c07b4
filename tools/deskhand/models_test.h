/* models_test: one model asked for real, to see that it works and how fast.
 *
 * A small talk of two calls: the model is offered one harmless tool and asked something that only
 * the tool can answer; its call is checked and answered, and the model is to say it in words. It
 * costs a few hundred tokens. Each step is told as it happens.
 *
 * Asked alone (models_get_alone()): no retry and no fallback hides what the server says. [loop] */
#ifndef DESKHAND_MODELS_TEST_H
#define DESKHAND_MODELS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct clock;
struct loop;
struct models;
struct models_entry;

enum models_test_state {
    MODELS_TEST_OK,
    MODELS_TEST_NO_TOOLS, /* it answers, but does not use a tool as it should */
    MODELS_TEST_FAILED,
};

struct models_test {
    struct loop *loop;
    const struct clock *clock;
    struct models *models;
    const struct models_entry *entry;
    /* A step that is done, in words; may be NULL. */
    void (*step)(void *arg, const char *name, struct str words);
    void *arg;
    struct arena arena; /* `{0}`; what the result points to is in it */

    /* The result: */
    enum models_test_state state;
    struct err err;        /* FAILED */
    struct str warning;    /* what is odd; may be empty, but not with NO_TOOLS */
    struct str credential; /* where it comes from; may be empty */
    struct str answer;     /* the model's last words */
    int64_t first_ms;      /* to the first text of the first call that showed any; -1: none did */
    int64_t tool_ms;       /* to the end of the call that asked for the tool; -1: none did */
    int64_t answer_ms;     /* the last call's; -1: there was no answer */
    int64_t total_ms;
    size_t pieces;        /* that the answer came in */
    int64_t input_tokens; /* of all calls */
    int64_t output_tokens;
};

/* Ask, on the loop, which is run until all is said. What came of it is in T, failures too. Ctrl-C
 * is a failure, ERR_CANCELED. */
void models_test_run(struct models_test *t);
void models_test_done(struct models_test *t);

#endif
